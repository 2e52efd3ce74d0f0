"""Scores along an axis of time, each step with its null; and the lag chosen without peeking."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from sklearn.model_selection import LeaveOneGroupOut

from decoding.analyses.decode import pick_estimator
from decoding.analyses.permute import relabelled_scores
from decoding.analyses.predict_relabelled import predict_relabelled
from decoding.analyses.timecourse.result import NestedLag, ScoreCurve, middle_best
from decoding.analyses.timecourse.windows import Windows
from decoding.cross_validation import CV_SCHEMES, make_folds
from decoding.errors import SpecError
from decoding.folds import Fold, Folds, score_folds
from decoding.progress import Progress, part_of
from decoding.relabel import Relabellings
from decoding.samples.extract import Samples


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
    score wins, of equals the middle one. Only lags at which no volume is lost take part, so that
    all have the same folds. None where a training fold holds a single run.
    """
    kept = {lag: samples for lag in lags if (samples := _whole(windows, lag)) is not None}
    first = next(iter(kept.values()))
    outer = make_folds(windows.spec.cv, first.y, first.runs)
    if any(len(np.unique(first.runs[train])) < 2 for train, _ in outer):
        return None
    inner = [_inner_folds(first, train) for train, _ in outer]
    every = [fold for folds in (outer, *inner) for fold in folds]
    scores = {}
    for number, (lag, samples) in enumerate(kept.items()):
        tell = part_of(on_progress, number / len(kept), (number + 1) / len(kept))
        try:
            scores[lag] = _fold_scores(windows, samples, every, tell)
        except SpecError as error:
            raise SpecError(
                "The lag cannot be chosen inside each training fold, as that leaves one run more "
                f"out: {error}",
                remedy="Or do without the choice: --nested no.",
            ) from error
    table = _choose(windows, first, scores, outer, [len(folds) for folds in inner])
    return NestedLag(folds=table, by_run=CV_SCHEMES[windows.spec.cv].by_run)


def _whole(windows: Windows, lag: int) -> Samples | None:
    try:
        samples = windows.samples_at_lag(lag)
    except SpecError:
        return None
    return samples if samples.n_dropped == 0 else None


def _inner_folds(samples: Samples, train: np.ndarray) -> Folds:
    parts = LeaveOneGroupOut().split(train, groups=samples.runs[train])
    folds: list[Fold] = [(train[fitted], train[scored]) for fitted, scored in parts]
    return [fold for fold in folds if len(np.unique(samples.y[fold[0]])) > 1]


def _fold_scores(
    windows: Windows, samples: Samples, folds: Folds, on_progress: Progress | None
) -> np.ndarray:
    codes = np.unique(samples.y, return_inverse=True)[1][None]
    estimator = pick_estimator(windows.spec.estimator)
    predictions = predict_relabelled(estimator, samples, folds, codes, on_progress)
    return np.asarray(score_folds(predictions, codes, folds)[0])


def _choose(
    windows: Windows,
    samples: Samples,
    scores: dict[int, np.ndarray],
    outer: Folds,
    n_inner: list[int],
) -> pd.DataFrame:
    rows, begin = [], len(outer)
    for fold, (_, test) in enumerate(outer):
        end = begin + n_inner[fold]
        inner = {lag: float(values[begin:end].mean()) for lag, values in scores.items()}
        lag = middle_best(inner)
        rows.append(
            {
                "fold": fold + 1,
                "runs": ", ".join(map(str, np.unique(samples.runs[test]))),
                "lag": lag,
                "seconds": lag * windows.subject.t_r,
                "inner_accuracy": inner[lag],
                "accuracy": float(scores[lag][fold]),
            }
        )
        begin = end
    return pd.DataFrame(rows)
