"""Scores along an axis of time, each step with its null; and the lag chosen without peeking."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from sklearn.model_selection import LeaveOneGroupOut

from decoding.analyses.decode import estimator_for
from decoding.analyses.permute import relabelled_scores
from decoding.analyses.predict_relabelled import predict_relabelled
from decoding.analyses.timecourse.result import NestedLag, ScoreCurve, middle_best
from decoding.analyses.timecourse.windows import Windows
from decoding.cross_validation import CV_SCHEMES, make_folds
from decoding.errors import SpecError
from decoding.folds import Fold, Folds, score_folds
from decoding.progress import Progress, part_of
from decoding.relabel import Relabellings
from decoding.samples.confounds import NONE
from decoding.samples.extract import Samples
from decoding.samples.volumes import select_volumes

_WITHOUT = "Or do without the choice: --nested no."


def score_curve(
    windows: Windows,
    samples_at: Callable[[int], Samples],
    steps: Sequence[int],
    relabelled: Relabellings,
    on_progress: Progress | None = None,
) -> ScoreCurve:
    """Train and test at the same step, with the scores of the same relabellings.

    Parameters
    ----------
    samples_at : callable
        Gives a step's samples: a method of the windows.
    steps : sequence of int
        In volumes. One that cannot be decoded, as a category is lost there, is left out.
    relabelled : Relabellings
        Of all blocks; a step may lack some.

    Raises
    ------
    SpecError
        If no step can be decoded.
    """
    kept, scores, counts, problem = [], [], [], None
    for number, step in enumerate(steps):
        tell = part_of(on_progress, number / len(steps), (number + 1) / len(steps))
        try:
            samples = samples_at(step)
            labels = relabelled.labels[:, windows.places_of(samples)]
            scores.append(relabelled_scores(samples, windows.spec, labels, tell))
        except SpecError as error:
            problem = error
            continue
        kept.append(step)
        counts.append(len(samples.y))
    if problem is not None and not kept:
        raise problem
    table = np.stack(scores, axis=1)
    return ScoreCurve(
        steps=np.array(kept),
        t_r=windows.subject.t_r,
        scores=table[0],
        null=relabelled.null(table),
        n_samples=np.array(counts),
    )


def nested_lag(
    windows: Windows, lags: Sequence[int], on_progress: Progress | None = None
) -> NestedLag | None:
    """Choose the lag inside each training fold, and score it on what was left out.

    Within a training fold one run after the other is left out; the lag of the highest mean inner
    score wins, of equals the middle one. Only lags at which no volume is lost to a run's edge take
    part. None where a training fold holds a single run.

    Raises
    ------
    SpecError
        If a training fold cannot be parted again; or if volumes left out with confounds are others
        at each lag, and folds of them are no folds of runs.
    """
    kept = {lag: samples for lag in lags if (samples := _whole(windows, lag)) is not None}
    by_run = CV_SCHEMES[windows.spec.cv].by_run
    if not kept or (not by_run and any(samples.n_dropped for samples in kept.values())):
        raise SpecError(
            "The lag cannot be chosen inside each training fold: at each lag other volumes are "
            "left out with the confounds. Choose a scheme that leaves out whole runs, or other "
            "confounds.",
            remedy=_WITHOUT,
        )
    first = next(iter(kept.values()))
    tested = make_folds(windows.spec.cv, first.y, first.runs)
    if any(len(np.unique(first.runs[train])) < 2 for train, _ in tested):
        return None
    scores = {}
    for number, (lag, samples) in enumerate(kept.items()):
        tell = part_of(on_progress, number / len(kept), (number + 1) / len(kept))
        try:
            scores[lag] = _nested_scores(windows, samples, tell)
        except SpecError as error:
            raise SpecError(
                "The lag cannot be chosen inside each training fold, as that leaves one run more "
                f"out: {error}",
                remedy=_WITHOUT,
            ) from error
    names = [", ".join(map(str, np.unique(first.runs[test]))) for _, test in tested]
    return NestedLag(folds=_choose(windows, names, scores), by_run=by_run)


def _whole(windows: Windows, lag: int) -> Samples | None:
    """Return the samples at a lag, None where the edge of a run costs any, or all of a run's."""
    try:
        samples = windows.samples_at_lag(lag)
        plain = replace(windows.spec, lag=lag * windows.subject.t_r, confounds=NONE)
        n_lost = select_volumes(windows.subject, plain).n_dropped
    except SpecError:
        return None
    all_runs = set(samples.runs) == set(windows.blocks["run"])
    return samples if n_lost == 0 and all_runs else None


def _nested_scores(
    windows: Windows, samples: Samples, on_progress: Progress | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return a lag's score in each fold, and the mean of those inside its training part."""
    outer = make_folds(windows.spec.cv, samples.y, samples.runs)
    inner = [_inner_folds(samples, train) for train, _ in outer]
    every = [fold for folds in (outer, *inner) for fold in folds]
    values = _fold_scores(windows, samples, every, on_progress)
    ends = np.cumsum([len(folds) for folds in (outer, *inner)])
    return values[: ends[0]], np.array([part.mean() for part in np.split(values, ends[:-1])[1:]])


def _inner_folds(samples: Samples, train: np.ndarray) -> Folds:
    parts = LeaveOneGroupOut().split(train, groups=samples.runs[train])
    folds: list[Fold] = [(train[fitted], train[scored]) for fitted, scored in parts]
    return [fold for fold in folds if len(np.unique(samples.y[fold[0]])) > 1]


def _fold_scores(
    windows: Windows, samples: Samples, folds: Folds, on_progress: Progress | None
) -> np.ndarray:
    codes = np.unique(samples.y, return_inverse=True)[1][None]
    estimator = estimator_for(windows.spec, samples)
    predictions = predict_relabelled(estimator, samples, folds, codes, on_progress)
    return np.asarray(score_folds(predictions, codes, folds)[0])


def _choose(
    windows: Windows, names: Sequence[str], scores: dict[int, tuple[np.ndarray, np.ndarray]]
) -> pd.DataFrame:
    rows = []
    for fold, runs in enumerate(names):
        inner = {lag: float(means[fold]) for lag, (_, means) in scores.items()}
        lag = middle_best(inner)
        rows.append(
            {
                "fold": fold + 1,
                "runs": runs,
                "lag": lag,
                "seconds": lag * windows.subject.t_r,
                "inner_accuracy": inner[lag],
                "accuracy": float(scores[lag][0][fold]),
            }
        )
    return pd.DataFrame(rows)
