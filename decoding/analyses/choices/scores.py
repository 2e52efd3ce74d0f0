"""The scores of combinations, each as `decode` gives it, and those of shared relabellings."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
import pandas as pd

from decoding.analyses.decode import check_fits, check_varies, estimator_for, pick_estimator
from decoding.analyses.predict_relabelled import predict_relabelled
from decoding.cross_validation import make_folds
from decoding.datasets.base import NO_BLOCK, Subject
from decoding.errors import DecodingError
from decoding.folds import Folds, score_folds
from decoding.progress import Progress, part_of, report
from decoding.relabel import Relabellings, relabel
from decoding.samples.extract import Samples
from decoding.samples.kinds import SAMPLES
from decoding.samples.shared import extract_shared
from decoding.samples.trials import subject_trials
from decoding.samples.volumes import chosen_conditions
from decoding.service.threads import n_threads
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
    way = pick_estimator(spec.estimator).fast_null_of(len(spec.conditions))
    return way is not None and not spec.select


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
    if labels is None:
        found = _side_by_side(subject, specs)
    else:
        found = _in_turn(subject, specs, labels, joins, on_progress)
    for done, one in enumerate(found, start=1):
        yield one
        report(part_of(on_progress, 0.0, 1.0), done, len(specs))  # in steps of its parts


def _side_by_side(subject: Subject, specs: Sequence[DecodingSpec]) -> Iterator[Combination]:
    """Score combinations as they are on threads, while the samples of the next are made.

    On a single core in turn: a second thread would only wait for the interpreter's lock.
    """
    extracted = extract_shared(subject, specs)
    if n_threads() == 1:
        for members, samples in extracted:
            yield from map(_score_alone(samples), members)
        return
    before: Iterator[Combination] = iter(())
    with ThreadPoolExecutor(n_threads(), "scores") as pool:
        for members, samples in extracted:
            started = pool.map(_score_alone(samples), members)
            yield from before
            before = started
        yield from before


def _score_alone(samples: Samples) -> Callable[[DecodingSpec], Combination]:
    """Return what scores combinations of the same samples under their own labels alone."""
    return partial(_score, samples, _splitter(samples), None)


def _in_turn(
    subject: Subject,
    specs: Sequence[DecodingSpec],
    labels: SharedLabels,
    joins: Callable[[DecodingSpec], bool],
    on_progress: Progress | None,
) -> Iterator[Combination]:
    """Score combinations that are relabelled; each spreads its own fits over threads."""
    done = 0
    for members, samples in extract_shared(subject, specs):
        split, rows = _splitter(samples), labels.of(samples)
        for spec in members:
            part = part_of(on_progress, done / len(specs), (done + 1) / len(specs))
            yield _score(samples, split, rows if joins(spec) else rows[:1], spec, part)
            done += 1


def _splitter(samples: Samples) -> Callable[[str], Folds]:
    """Return what makes the folds of a scheme, once."""
    return cache(partial(make_folds, y=samples.y, runs=samples.runs))


def _score(
    samples: Samples,
    split: Callable[[str], Folds],
    rows: np.ndarray | None,
    spec: DecodingSpec,
    on_progress: Progress | None = None,
) -> Combination:
    """Score a combination under rows of labels; without, under its own alone, in this thread."""
    n_jobs = None if rows is not None else 1
    rows = np.unique(samples.y, return_inverse=True)[1][None] if rows is None else rows
    try:
        check_varies(samples, spec)
        folds = split(spec.cv)
        estimator = estimator_for(spec, samples)
        check_fits(estimator, samples, folds)
        predicted = predict_relabelled(estimator, samples, folds, rows, on_progress, n_jobs)
    except DecodingError as error:
        return Combination(spec=spec, scores=np.full(1, np.nan), problem=str(error))
    return Combination(
        spec=spec,
        scores=np.asarray(score_folds(predicted, rows, folds).mean(axis=1)),
        n_samples=len(samples.y),
        n_voxels=samples.X.shape[1],
    )
