"""Relabelled cross-validations: ours against scikit-learn's refits of each relabelling.

``python -m benchmarks.permutation`` prints rows `perm_exact`, `perm_svm` and `perm_ridge`, on real
recordings (``VOXELSCOPE_DATA``): subject 1's VT mask, run-wise standardized, leave one run out.
Both sides start from the same samples in memory and use the same number of cores: our threads, and
processes of scikit-learn that share the relabellings out; for ridge, a few matrix products, one
each. scikit-learn does some relabellings and its time is scaled to all. Predictions are
compared in every fold of 50 relabellings of three pairs, for either estimator.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from joblib import Parallel, delayed
from sklearn.linear_model import RidgeClassifier
from sklearn.svm import SVC
from threadpoolctl import threadpool_limits

from benchmarks.measuring.rows import alternate, print_row
from decoding.cross_validation import make_folds
from decoding.datasets import load_subject
from decoding.folds import Folds, score_folds
from decoding.kernels.permutation import ridge, svm
from decoding.relabel import draw_relabellings, enumerate_relabellings, find_blocks
from decoding.samples.extract import extract_samples
from decoding.service.threads import n_threads
from decoding.spec import DecodingSpec

PAIRS = (("bottle", "shoe"), ("cat", "face"), ("bottle", "scissors"))
"""The first, the hardest of all 28 in subject 1 (0.78), is timed; all three lie below 0.9."""
N_COMPARED, N_DRAWN, N_REFITTED, SEED = 50, 1000, 24, 20010928
ROOT = Path(__file__).parents[1]

ESTIMATORS = {"svm": partial(SVC, kernel="linear"), "ridge": partial(RidgeClassifier, alpha=1)}


@dataclass(frozen=True, kw_only=True, eq=False)
class Pair:
    """Samples of two categories with all relabellings, and some that were drawn."""

    X: np.ndarray
    folds: Folds
    every: np.ndarray
    drawn: np.ndarray


def read_pair(conditions: tuple[str, str]) -> Pair:
    """Read a pair of the real recordings with the house's own loader."""
    data = Path(os.environ.get("VOXELSCOPE_DATA", ROOT.parent / "shared" / "data"))
    spec = DecodingSpec(subject="1", conditions=conditions, standardize="run")
    samples = extract_samples(load_subject("haxby", "1", data / "task-vt"), spec)
    _, codes = np.unique(samples.y, return_inverse=True)
    blocks = find_blocks(codes, samples.runs, samples.blocks)
    return Pair(
        X=samples.X,
        folds=make_folds(spec.cv, samples.y, samples.runs),
        every=enumerate_relabellings(blocks),
        drawn=draw_relabellings(blocks, N_DRAWN, SEED),
    )


def ours(name: str, pair: Pair, labels: np.ndarray) -> np.ndarray:
    """Predict under each relabelling and score each fold."""
    predict: dict[str, Callable[..., np.ndarray]] = {
        "svm": partial(svm.predict_held_out, n_jobs=n_threads()),
        "ridge": ridge.predict_held_out,
    }
    predictions = predict[name](pair.X, pair.folds, labels)
    score_folds(predictions, labels, pair.folds)
    return predictions


def refit(name: str, X: np.ndarray, folds: Folds, row: np.ndarray) -> np.ndarray:
    """Refit scikit-learn's estimator in each fold of one relabelling."""
    parts = [ESTIMATORS[name]().fit(X[train], row[train]).predict(X[test]) for train, test in folds]
    return np.concatenate(parts)


def peer(workers: Parallel, name: str, pair: Pair, labels: np.ndarray) -> np.ndarray:
    """Refit each relabelling, relabellings shared out over the processes."""
    return np.array(workers(delayed(refit)(name, pair.X, pair.folds, row) for row in labels))


def check_pair(workers: Parallel, conditions: tuple[str, str]) -> Pair:
    """Assert that every fold of some relabellings predicts what scikit-learn's refit predicts."""
    pair = read_pair(conditions)
    chosen = np.random.default_rng(SEED).choice(len(pair.every), N_COMPARED, replace=False)
    for name in ESTIMATORS:
        expected = peer(workers, name, pair, pair.every[chosen])
        assert (ours(name, pair, pair.every)[chosen] == expected).all(), (name, conditions)
        expected = peer(workers, name, pair, pair.drawn[:N_REFITTED])
        assert (ours(name, pair, pair.drawn)[:N_REFITTED] == expected).all(), (name, conditions)
    print(f"{conditions}: identical in {N_COMPARED} + {N_REFITTED} relabellings", file=sys.stderr)
    return pair


def time_row(workers: Parallel, name: str, pair: Pair, labels: np.ndarray) -> tuple[float, float]:
    """Return median seconds of all relabellings, scikit-learn's scaled from some."""
    some = labels[:: len(labels) // N_REFITTED][:N_REFITTED]
    mine, theirs = alternate(
        lambda: ours(name, pair, labels), lambda: peer(workers, name, pair, some)
    )
    return mine, theirs * len(labels) / len(some)


def main() -> None:
    """Print the three rows."""
    cores = n_threads()
    # Every small product would otherwise wait for a second BLAS thread to be scheduled.
    with threadpool_limits(1, user_api="blas"), Parallel(n_jobs=cores) as workers:
        pair, *_ = [check_pair(workers, conditions) for conditions in PAIRS]
        rows = (
            ("perm_exact", "exact test, all 4096 relabellings, linear SVM", "svm", pair.every, 50),
            ("perm_svm", "1000 sampled relabellings, linear SVM", "svm", pair.drawn, 15),
        )
        for id, row, name, labels, mark in rows:
            print_row(id, row, *time_row(workers, name, pair, labels), "s", mark, note(cores))
        ridge_times = time_row(Parallel(n_jobs=1), "ridge", pair, pair.drawn)
        print_row(
            "perm_ridge", "1000 sampled relabellings, ridge", *ridge_times, "s", 1000, note(1)
        )


def note(cores: int) -> str:
    """Say what the figures of a row rest on."""
    return (
        f"cores on each side: {cores}; task-vt, bottle against shoe; scikit-learn refitted "
        f"{N_REFITTED} relabellings in each of 3 turns, scaled; identical predictions in all folds "
        f"of {N_COMPARED} relabellings of {len(PAIRS)} pairs"
    )


if __name__ == "__main__":
    main()
