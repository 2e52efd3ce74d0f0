"""What a time course finds, as tables; every number shown is derived from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from decoding.null import SCORE_TOLERANCE, Null
from decoding.results import plain, plain_rows
from decoding.spec import DecodingSpec

COVERED = 0.95
CHOICE_WARNING = (
    "The best lag was chosen by its score, so that score is too good. Read the p-value that "
    "counts the choice, or the nested score: there each fold's lag was chosen in its training "
    "samples."
)


@dataclass(frozen=True, kw_only=True, eq=False)
class ScoreCurve:
    """Scores along an axis, each with its own null of relabelled blocks.

    Parameters
    ----------
    steps : ndarray of int, shape (n_steps,)
        Positions from onset, or lags, in volumes.
    t_r : float
        Seconds a volume.
    scores : ndarray of float, shape (n_steps,)
        Mean fold accuracy.
    null : Null
        The same under relabellings, each of which holds for all steps: a column a step.
    n_samples : ndarray of int, shape (n_steps,)
    """

    steps: np.ndarray
    t_r: float
    scores: np.ndarray
    null: Null
    n_samples: np.ndarray

    @cached_property
    def table(self) -> pd.DataFrame:
        """One row a step.

        ``volumes``, ``seconds``, ``accuracy``; ``null_mean``, ``low`` and ``high``, the band that
        95 % of relabelled curves do not leave at any step; ``p_value``, of this step alone;
        ``p_corrected``, against the largest score of all steps; ``n_samples``.
        """
        low, high = self.band
        return pd.DataFrame(
            {
                "volumes": self.steps,
                "seconds": self.steps * self.t_r,
                "accuracy": self.scores,
                "null_mean": self.null.scores.mean(axis=0),
                "low": low,
                "high": high,
                "p_value": self.null.p_value(self.scores),
                "p_corrected": self.null.of_maxima().p_value(self.scores),
                "n_samples": self.n_samples,
            }
        )

    @cached_property
    def band(self) -> tuple[np.ndarray, np.ndarray]:
        """Between which 95 % of relabelled curves lie as wholes, two arrays of (n_steps,).

        Its width is the same number of the null's deviations at every step. A band of each step's
        own percentiles would be left somewhere by most curves that mean nothing.
        """
        scores = self.null.scores
        mean, deviation = scores.mean(axis=0), scores.std(axis=0)
        scaled = np.abs(scores - mean) / np.where(deviation > 0, deviation, 1.0)
        width = np.quantile(scaled.max(axis=1), COVERED) * deviation
        return np.maximum(mean - width, 0.0), np.minimum(mean + width, 1.0)

    @property
    def best(self) -> int:
        """The step of the highest score, the middle one of equals."""
        return middle_best(dict(zip(self.steps.tolist(), self.scores.tolist(), strict=True)))

    def at(self, step: int) -> pd.Series:
        """Return the table's row of a step."""
        return self.table.iloc[int(np.flatnonzero(self.steps == step)[0])]


def middle_best(scores: Mapping[int, float]) -> int:
    """Return the key of the highest score; of equals the middle one, for they are a plateau."""
    top = max(scores.values()) - SCORE_TOLERANCE
    equals = sorted(key for key, score in scores.items() if score >= top)
    return equals[(len(equals) - 1) // 2]


@dataclass(frozen=True, kw_only=True, eq=False)
class NestedLag:
    """The score when each fold's lag is chosen inside its training samples.

    Parameters
    ----------
    folds : pandas.DataFrame
        One row a fold: ``fold`` (from 1), ``runs`` tested, ``lag`` chosen (volumes), ``seconds``,
        ``inner_accuracy`` (what it was chosen by) and ``accuracy``.
    by_run : bool
        Whether no fold shares a run between training and test.
    """

    folds: pd.DataFrame
    by_run: bool = True

    @property
    def accuracy(self) -> float:
        """The mean of the folds' accuracies."""
        return float(self.folds["accuracy"].mean())


@dataclass(frozen=True, kw_only=True, eq=False)
class TimecourseResult:
    """When there is information: by position from onset, and by lag.

    Parameters
    ----------
    course, lags : ScoreCurve
        Trained and tested on the same position from onset, one volume a block; and on the spec's
        samples, taken so many volumes after their labels.
    generalization : ndarray of float, shape (n_positions, n_positions)
        Mean fold accuracy, trained on the row's position and tested on the column's.
    responses, expected : pandas.DataFrame
        See `decoding.analyses.timecourse.block_responses`.
    lag_samples : str
        What is decoded at each lag; block means where the spec's samples are betas.
    nested : NestedLag or None
        None where it was not asked for, or a training fold holds a single run.
    onset_source : str
        Where the onsets of the model and of betas come from.
    shifts : pandas.DataFrame or None
        Where events and labels are two sources: one row a block with ``run, condition, onset,
        onset_events, shift``, seconds.
    version : str
        Digest of the subject's files.
    """

    spec: DecodingSpec
    classes: tuple[str, ...]
    course: ScoreCurve
    generalization: np.ndarray
    responses: pd.DataFrame
    expected: pd.DataFrame
    lags: ScoreCurve
    lag_samples: str
    nested: NestedLag | None
    onset_source: str
    shifts: pd.DataFrame | None
    n_blocks: int
    n_voxels: int
    version: str

    @property
    def null(self) -> Null:
        """Whose p-values are said: that of the lags, of the same relabellings as the course's."""
        return self.lags.null

    @property
    def generalization_table(self) -> pd.DataFrame:
        """The matrix with its positions: rows trained, columns tested, in volumes."""
        steps = self.course.steps
        return pd.DataFrame(
            self.generalization,
            index=pd.Index(steps, name="trained"),
            columns=pd.Index(steps, name="tested"),
        )

    def as_json(self) -> dict[str, Any]:
        """Return what ``timecourse --json`` prints below its head."""
        best = self.lags.at(self.lags.best)
        return {
            "n_blocks": self.n_blocks,
            "n_voxels": self.n_voxels,
            "n_relabellings": self.course.null.n_relabellings,
            "smallest_p": self.course.null.smallest_p,
            "seed": self.course.null.seed,
            "timecourse": plain_rows(self.course.table),
            "generalization": {
                "positions": self.course.steps.tolist(),
                "accuracy": plain(self.generalization.tolist()),
            },
            "lags": plain_rows(self.lags.table),
            "lag_samples": self.lag_samples,
            "best_lag": {
                "volumes": self.lags.best,
                **{name: float(best[name]) for name in ("seconds", "accuracy", "p_corrected")},
                "warning": CHOICE_WARNING,
            },
            "nested_lag": None
            if self.nested is None
            else {"accuracy": self.nested.accuracy, "folds": plain_rows(self.nested.folds)},
            "responses": plain_rows(self.responses),
            "expected": plain_rows(self.expected),
            "onset_source": self.onset_source,
            "shifts": None if self.shifts is None else plain_rows(self.shifts),
        }
