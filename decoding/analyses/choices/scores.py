"""The scores of combinations, each as `decode` gives it, and those of shared relabellings."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import pandas as pd

from decoding.analyses.decode import check_fits, check_varies, estimator_for
from decoding.analyses.predict_relabelled import FAST, predict_relabelled
from decoding.cross_validation import make_folds
from decoding.datasets.base import NO_BLOCK, Subject
from decoding.errors import DecodingError
from decoding.folds import score_folds
from decoding.progress import Progress, part_of, report
from decoding.relabel import Relabellings, relabel
from decoding.samples.extract import Samples
from decoding.samples.kinds import SAMPLES
from decoding.samples.shared import extract_shared
from decoding.samples.trials import subject_trials
from decoding.samples.volumes import chosen_conditions
from decoding.spec import DecodingSpec


@dataclass(frozen=True, kw_only=True, eq=False)
class Combination:
    """One combination's scores, or why it has none.

    Parameters
    ----------
    scores : ndarray of float, shape (1 + n_relabellings,) or (1,)
        Mean fold accuracy under the labels as they are, then under the shared relabellings where
        the combination took part in these.
    p_value : float
        Of a test of its own; NaN where there was none.
    """

    spec: DecodingSpec
    scores: np.ndarray
    n_samples: int = 0
    n_voxels: int = 0
    problem: str = ""
    p_value: float = np.nan

    @property
    def accuracy(self) -> float:
        """The score that `decode` gives."""
        return float(self.scores[0])


@dataclass(frozen=True, kw_only=True, eq=False)
class SharedLabels:
    """The same relabellings for all samples of a recording, however they are prepared.

    Parameters
    ----------
    blocks : ndarray of int, shape (n_blocks,)
        The recording's blocks of the categories, by their number.
    relabelled : Relabellings
        Of these blocks.
    """

    blocks: np.ndarray
    relabelled: Relabellings

    def of(self, samples: Samples) -> np.ndarray:
        """Return the labels of samples, (1 + n_relabellings, n_samples), as they are first."""
        place = pd.Index(self.blocks).get_indexer(samples.blocks)
        labels = self.relabelled.labels[:, place]
        return np.ascontiguousarray(labels)


def share_labels(
    subject: Subject, specs: Sequence[DecodingSpec], permutations: int, seed: int
) -> SharedLabels:
    """Relabel all blocks that some of the specs may decode; see `decoding.relabel.relabel`."""
    columns = ["block", "run", "condition"]
    tables = [subject.volumes[subject.volumes["block"] != NO_BLOCK][columns]]
    if any(SAMPLES[spec.samples].is_beta for spec in specs):
        tables.append(subject_trials(subject)[columns])
    blocks = pd.concat(tables).drop_duplicates("block")
    blocks = blocks[blocks["condition"].isin(chosen_conditions(subject, specs[0]))]
    conditions = blocks["condition"].to_numpy(dtype=object).astype(str)
    numbers = blocks["block"].to_numpy()
    relabelled = relabel(conditions, blocks["run"].to_numpy(), numbers, permutations, seed)
    return SharedLabels(blocks=numbers, relabelled=relabelled)


def is_fast(spec: DecodingSpec) -> bool:
    """Tell whether many relabellings of a spec are scored without refits."""
    return spec.estimator in FAST and not spec.select


def score_all(
    subject: Subject,
    specs: Sequence[DecodingSpec],
    labels: SharedLabels | None = None,
    joins: Callable[[DecodingSpec], bool] = is_fast,
    on_progress: Progress | None = None,
) -> Iterator[Combination]:
    """Yield each combination's scores, matrix by matrix; those that `joins` under all `labels`.

    A combination that cannot be computed has its problem instead.
    """
    done = 0
    for members, samples in extract_shared(subject, specs):
        part = part_of(on_progress, done / len(specs), (done + len(members)) / len(specs))
        yield from _score_matrix(samples, members, labels, joins, part)
        report(part, 1, 1)
        done += len(members)


def _score_matrix(
    samples: Samples,
    specs: Sequence[DecodingSpec],
    labels: SharedLabels | None,
    joins: Callable[[DecodingSpec], bool],
    on_progress: Progress | None,
) -> Iterator[Combination]:
    own = np.unique(samples.y, return_inverse=True)[1][None]
    split = cache(partial(make_folds, y=samples.y, runs=samples.runs))
    rows = own if labels is None else labels.of(samples)
    for number, spec in enumerate(specs):
        part = part_of(on_progress, number / len(specs), (number + 1) / len(specs))
        try:
            check_varies(samples, spec)
            folds = split(spec.cv)
            estimator = estimator_for(spec, samples)
            check_fits(estimator, samples, folds)
            used = rows if joins(spec) else own
            predicted = predict_relabelled(estimator, samples, folds, used, part)
        except DecodingError as error:
            yield Combination(spec=spec, scores=np.full(1, np.nan), problem=str(error))
            continue
        yield Combination(
            spec=spec,
            scores=np.asarray(score_folds(predicted, used, folds).mean(axis=1)),
            n_samples=len(samples.y),
            n_voxels=samples.X.shape[1],
        )
