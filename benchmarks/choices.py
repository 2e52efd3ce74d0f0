"""Every combination of the usual choices, and their joint null, against plain loops.

``python -m benchmarks.choices`` prints rows `choices` and `choices_null`, on real recordings
(``VOXELSCOPE_DATA``): subject 1's VT mask, face against cat, leave one run out, table open. The
peer of the first is a loop over the same 44 combinations with nilearn's ``clean`` and
scikit-learn's ``cross_val_score`` from the masked matrix, one thread on either side; scores are
compared. That of the second refits SVM, ridge and naive Bayes of each combination under some of
the relabellings, shared out over as many processes as we have threads, and its time is scaled to
all 200.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import numpy as np
from joblib import Parallel, delayed
from nilearn.signal import clean
from sklearn.base import BaseEstimator
from sklearn.model_selection import LeaveOneGroupOut, cross_val_score
from threadpoolctl import threadpool_limits

from benchmarks.measuring.rows import alternate, print_row
from decoding.analyses.choices.analysis import Options, Values, run, run_scores
from decoding.analyses.choices.scores import share_labels
from decoding.datasets import load_subject
from decoding.datasets.base import Subject
from decoding.estimators import ESTIMATORS
from decoding.recording.voxels import open_voxels
from decoding.samples.volumes import select_volumes
from decoding.service.threads import n_threads
from decoding.spec import DecodingSpec

SPEC = DecodingSpec(subject="1")
FAST = ("svc", "ridge", "gnb")
N_RELABELLINGS, N_REFITTED = 200, 4
ROOT = Path(__file__).parents[1]


def prepared(subject: Subject) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray, str]]:
    """Yield samples, labels and runs of each preparation, made plainly, and its scaling."""
    store, selection = open_voxels(subject), select_volumes(subject, SPEC)
    series = store.read(store.mask_rows(SPEC.mask)).T
    run_of = subject.volumes["run"].to_numpy()
    names, first = np.unique(selection.blocks, return_index=True)
    for standardize in ("all", "run", "none"):
        for detrend in (False, True):
            X = series
            if standardize == "run":
                X = clean(X, runs=run_of, detrend=detrend, standardize="zscore_sample")
            elif detrend:
                X = clean(X, runs=run_of, detrend=True, standardize=None)
            if standardize == "all":
                X = clean(X, detrend=False, standardize="zscore_sample")
            X = X[selection.volumes]
            yield X, selection.y, selection.runs, standardize
            means = np.stack([X[selection.blocks == name].mean(axis=0) for name in names])
            yield means, selection.y[first], selection.runs[first], standardize


def score(model: BaseEstimator, X: np.ndarray, y: np.ndarray, runs: np.ndarray) -> float:
    """Cross-validate one combination plainly."""
    return float(cross_val_score(model, X, y, groups=runs, cv=LeaveOneGroupOut()).mean())


def peer_scores(subject: Subject) -> list[float]:
    """Score the 44 combinations in a plain loop."""
    return [
        score(ESTIMATORS[name].make(), X, y, runs)
        for X, y, runs, standardize in prepared(subject)
        for name in ("svc", "logistic", "ridge", "gnb")
        if (standardize, name) != ("none", "logistic")
    ]


def peer_null(subject: Subject, workers: Parallel, rows: np.ndarray) -> np.ndarray:
    """Refit the fast combinations on some relabelled blocks, (n_rows, n_combinations)."""
    block_of = np.unique(select_volumes(subject, SPEC).blocks, return_inverse=True)[1]
    work = (
        delayed(score)(
            ESTIMATORS[name].make(), X, row if len(X) == len(row) else row[block_of], runs
        )
        for X, _, runs, _ in prepared(subject)
        for name in FAST
        for row in rows
    )
    return np.array(workers(work)).reshape(-1, len(rows)).T


def main() -> None:
    """Print both rows."""
    data = Path(os.environ.get("VOXELSCOPE_DATA", ROOT.parent / "shared" / "data"))
    subject, cores = load_subject("haxby", "1", data / "task-vt"), n_threads()
    options = Options(permutations=N_RELABELLINGS, estimator=FAST)
    with threadpool_limits(1, user_api="blas"), Parallel(n_jobs=cores) as workers:
        ours, plain = run_scores(subject, SPEC, Values()), peer_scores(subject)
        assert np.allclose(ours.accuracies, plain, atol=1e-12), "the scores differ"
        with patch.dict(os.environ, OMP_NUM_THREADS="1"):
            times = alternate(
                lambda: run_scores(subject, SPEC, Values()), lambda: peer_scores(subject), 5
            )
        note = "task-vt, face against cat, table open; all scores equal; threads on each side: 1"
        print_row("choices", "44 combinations of one pair", *times, "s", 10, note)
        rows = share_labels(subject, [SPEC], N_RELABELLINGS, 0).relabelled.labels[1:]
        rows = rows[:: N_RELABELLINGS // N_REFITTED]
        joint = run(subject, SPEC, options).joint
        assert joint is not None, "three classifiers have a fast way"
        refits = peer_null(subject, workers, rows)
        own = joint.scores[1 :: N_RELABELLINGS // N_REFITTED]
        assert np.allclose(own, refits, atol=1e-12), "relabelled scores differ"
        mine, theirs = alternate(
            lambda: run(subject, SPEC, options), lambda: peer_null(subject, workers, rows)
        )
        note = (
            f"cores on each side: {cores}; {N_RELABELLINGS} relabellings of 36 combinations (SVM, "
            f"ridge, naive Bayes); scikit-learn refitted {N_REFITTED} in each of 3 turns, scaled; "
            "their scores are equal"
        )
        scaled = theirs * N_RELABELLINGS / N_REFITTED
        print_row("choices_null", "their joint null", mine, scaled, "s", 50, note)


if __name__ == "__main__":
    main()
