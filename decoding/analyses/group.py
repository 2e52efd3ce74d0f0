"""Does it hold for every subject: the rows of a sweep, side by side, and what they say of others.

A table is read, no recording: this is no analysis of one subject, and stands in no registry.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from decoding.errors import DecodingError
from decoding.kernels.prevalence import (
    Majority,
    Posterior,
    bayesian_prevalence,
    prevalence_of_minimum,
)
from decoding.null import ALPHA, SCORE_TOLERANCE
from decoding.numbers import list_text
from decoding.spec import SPEC_FIELDS

FEWEST = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class GroupRow:
    """One way to decode, in all subjects.

    Parameters
    ----------
    choices : mapping
        The fields of the spec but the subject.
    scores : pandas.DataFrame
        One row a subject: ``subject`` (str), ``accuracy``, ``p_value``, ``circular``.
    chance : float
    missing : mapping of str to str
        Subjects without a score, and why.
    majority : Majority or None
        By the smallest score of all; None with fewer than two subjects, or where the mask is
        circular.
    posterior : Posterior or None
        From how many have p <= .05; None as above, or where no p of .05 is within reach.
    """

    choices: dict[str, Any]
    scores: pd.DataFrame
    chance: float
    missing: dict[str, str]
    majority: Majority | None
    posterior: Posterior | None

    @property
    def n_significant(self) -> int:
        """How many subjects have p <= .05."""
        return int((self.scores["p_value"] <= ALPHA).sum())

    def as_json(self) -> dict[str, Any]:
        """Return what ``group --json`` holds of it."""
        majority, posterior = self.majority, self.posterior
        return {
            **self.choices,
            "chance": self.chance,
            "subjects": self.scores.to_dict("records"),
            "missing": self.missing,
            "n_significant": self.n_significant,
            "prevalence": None if majority is None else vars(majority),
            "bayesian": None if posterior is None else vars(posterior),
        }


def compare_subjects(table: pd.DataFrame) -> list[GroupRow]:
    """Return one row for each way to decode in a sweep's table; see `decoding.sweep.read_sweep`.

    Raises
    ------
    DecodingError
        If the table holds fewer than two subjects.
    """
    subjects = sorted(table["subject"].unique())
    if len(subjects) < FEWEST:
        raise DecodingError(
            f"The table holds {list_text(subjects, 'and') or 'no subject'} only; a group is two "
            "subjects or more. Sweep over more with --subject 1 2 3."
        )
    names = [name for name in SPEC_FIELDS if name != "subject"]
    texts = table[names].map(lambda value: str(list(value)) if np.ndim(value) else str(value))
    groups = table.groupby([texts[name] for name in names], sort=False, dropna=False)
    return [_row(own, names) for _, own in groups]


def _row(own: pd.DataFrame, names: list[str]) -> GroupRow:
    own = own.sort_values("subject", kind="stable")
    bad = own["problem"] != ""
    good = own[~bad]
    first = own.iloc[0]
    choices = {
        name: list(first[name]) if np.ndim(first[name]) else _plain(first[name]) for name in names
    }
    sound = len(good) >= FEWEST and not good["circular"].any()
    reachable = sound and bool((good["smallest_p"] <= ALPHA).all())
    n_found = int((good["p_value"] <= ALPHA).sum())
    return GroupRow(
        choices=choices,
        scores=good[["subject", "accuracy", "p_value", "circular"]].reset_index(drop=True),
        chance=float(good["chance"].iloc[0]) if len(good) else np.nan,
        missing=dict(zip(own[bad]["subject"], own[bad]["problem"], strict=True)),
        majority=prevalence_of_minimum(_shares(good), ALPHA) if sound else None,
        posterior=bayesian_prevalence(n_found, len(good), ALPHA) if reachable else None,
    )


def _plain(value: Any) -> Any:  # noqa: ANN401 - a field of a spec has any type
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and np.isnan(value) else value


def _shares(rows: pd.DataFrame) -> np.ndarray:
    """Return for each subject the p-value that the smallest score of all has in its own null."""
    least = float(rows["accuracy"].min()) - SCORE_TOLERANCE
    shares = []
    for row in rows.itertuples():
        scores, counts = np.asarray(row.null_scores), np.asarray(row.null_counts)
        reached, n = int(counts[scores >= least].sum()), int(counts.sum())
        shares.append(reached / n if row.exact else (reached + 1) / (n + 1))
    return np.array(shares)
