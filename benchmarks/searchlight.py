"""Whole-brain searchlights and their family-wise null beside nilearn's ``SearchLight``.

``python -m benchmarks.searchlight`` prints rows `sl_gnb`, `sl_svm`, `sl_fwe` and `sl_fwe_exact`.
Face against cat, radius 5.6 mm, leave one run out. Both sides start from the same standardized
volumes in memory, in single precision as nilearn masks them, and use the same number of cores.

nilearn visits a sample of the spheres, drawn with a seed over the whole mask. Its time for a few
spheres is taken off and what is left is scaled to all, so that what it does once is counted once.
The scores of the sampled spheres are compared in the same run; those of the null, for some
relabellings, with whole maps.
"""

import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from statistics import median

import nibabel
import numpy as np
from nilearn.decoding import SearchLight
from sklearn.base import BaseEstimator
from sklearn.model_selection import LeaveOneGroupOut, cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC

from benchmarks.measuring.recording import full_size_subject
from benchmarks.measuring.rows import print_row, seconds
from decoding.analyses.searchlight.source import open_source
from decoding.cross_validation import make_folds
from decoding.folds import Folds
from decoding.kernels.searchlight.folds import SphereScores
from decoding.kernels.searchlight.naive_bayes import score_naive_bayes
from decoding.kernels.searchlight.null import NullMaxima, null_naive_bayes
from decoding.kernels.searchlight.spheres import Spheres, make_spheres
from decoding.kernels.searchlight.svm import score_svm
from decoding.relabel import draw_relabellings, enumerate_relabellings, find_blocks
from decoding.service.threads import n_threads
from decoding.spec import DecodingSpec

RADIUS, SEED = 5.6, 20010928
N_SPHERES, N_FEW, N_FOLDWISE, N_DRAWN, N_COMPARED = 240, 24, 40, 1000, 3
REPEATS = 3


@dataclass(frozen=True, kw_only=True, eq=False)
class Brain:
    """What both sides start from."""

    X: np.ndarray
    y: np.ndarray
    runs: np.ndarray
    folds: Folds
    drawn: np.ndarray
    every: np.ndarray
    mask: np.ndarray
    affine: np.ndarray
    spheres: Spheres
    image: nibabel.Nifti1Image


def read_brain() -> Brain:
    """Read and standardize the brain of a recording of Haxby's size, once for both sides."""
    spec = DecodingSpec(
        dataset="simulated", subject="1", mask="brain", conditions=("cat", "face"), estimator="gnb"
    )
    source = open_source(full_size_subject(), spec)
    starts = range(0, source.grid.n_voxels, 1024)
    pieces = [source.read(row, min(row + 1024, source.grid.n_voxels)) for row in starts]
    X = np.concatenate([piece.astype(np.float32) for piece in pieces])
    blocks = find_blocks(np.unique(source.y, return_inverse=True)[1], source.runs, source.blocks)
    return Brain(
        X=X,
        y=source.y,
        runs=source.runs,
        folds=make_folds(spec.cv, source.y, source.runs),
        drawn=draw_relabellings(blocks, N_DRAWN, SEED),
        every=enumerate_relabellings(blocks),
        mask=source.grid.mask,
        affine=source.grid.affine,
        spheres=make_spheres(source.grid.mask, source.grid.affine, RADIUS),
        image=source.grid.image(X.T),
    )


def nilearn_scores(brain: Brain, estimator: BaseEstimator, centers: np.ndarray) -> np.ndarray:
    """Run nilearn's searchlight on some spheres, with as many processes as we have threads."""
    chosen = np.zeros(brain.mask.shape, dtype=np.int8)
    chosen[tuple(np.argwhere(brain.mask)[centers].T)] = 1
    searchlight = SearchLight(
        nibabel.Nifti1Image(brain.mask.astype(np.int8), brain.affine),
        process_mask_img=nibabel.Nifti1Image(chosen, brain.affine),
        radius=RADIUS,
        estimator=estimator,
        cv=LeaveOneGroupOut(),
        scoring="accuracy",
        n_jobs=n_threads(),
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Use a custom estimator")
        searchlight.fit(brain.image, brain.y, groups=brain.runs)
    return np.asarray(searchlight.masked_scores_)


def nilearn_seconds(
    brain: Brain, estimator: BaseEstimator, centers: np.ndarray
) -> tuple[float, np.ndarray]:
    """Return the seconds of nilearn's whole map, scaled from a sample, and the sample's scores."""
    scores = nilearn_scores(brain, estimator, centers)
    few = median(
        seconds(lambda: nilearn_scores(brain, estimator, centers[:: len(centers) // N_FEW]))
        for _ in range(REPEATS)
    )
    many = median(
        seconds(lambda: nilearn_scores(brain, estimator, centers)) for _ in range(REPEATS)
    )
    each = (many - few) / (N_SPHERES - N_FEW)
    return few + each * (brain.spheres.n_spheres - N_FEW), scores


def compare_folds(brain: Brain, ours: SphereScores, centers: np.ndarray) -> int:
    """Count held-out samples that scikit-learn's SVM scores otherwise, by fold."""
    wrong = 0.0
    for center in centers[:: len(centers) // N_FOLDWISE]:
        voxels = brain.spheres.at(np.array([center])).rows(0, 1)[1]
        svc = SVC(kernel="linear")
        theirs = cross_val_score(svc, brain.X[voxels].T, brain.y, cv=brain.folds)
        wrong += (np.abs(theirs - ours.fold_scores[center]) * ours.n_test).sum()
    return round(wrong)


def naive_bayes(brain: Brain, centers: np.ndarray, shared: str) -> tuple[SphereScores, float]:
    """Print `sl_gnb`; return our map and nilearn's seconds."""
    observed = score_naive_bayes(brain.X, brain.y, brain.folds, brain.spheres)
    ours = median(seconds(lambda: _score(brain, score_naive_bayes)) for _ in range(REPEATS))
    peer, scores = nilearn_seconds(brain, GaussianNB(), centers)
    np.testing.assert_allclose(observed.scores[centers], scores, atol=1e-9)
    note = f"{shared}; all {N_SPHERES} scores identical"
    print_row("sl_gnb", "naive Bayes searchlight, 5.6 mm", ours, peer, "s", 2000, note)
    return observed, peer


def support_vectors(brain: Brain, centers: np.ndarray, shared: str) -> None:
    """Print `sl_svm`."""
    score_svm(brain.X, brain.y, brain.folds, brain.spheres.at(centers[:2]))
    maps: list[SphereScores] = []
    ours = median(seconds(lambda: maps.append(_score(brain, score_svm))) for _ in range(REPEATS))
    peer, scores = nilearn_seconds(brain, SVC(kernel="linear"), centers)
    apart = np.abs(maps[0].scores[centers] - scores)
    wrong = compare_folds(brain, maps[0], centers)
    n_compared = len(centers[:: len(centers) // N_FOLDWISE]) * len(brain.y)
    assert apart.max() <= 3 / len(brain.y), f"a sphere differs by {apart.max()}"
    assert apart.mean() <= 1 / 200, f"spheres differ by {apart.mean()} on average"
    assert wrong <= n_compared / 200, f"{wrong} of {n_compared} samples differ"
    note = (
        f"{shared}; scores differ by {apart.mean():.5f} on average, "
        f"{wrong} of {n_compared} held-out samples by fold"
    )
    print_row("sl_svm", "linear SVM searchlight, 5.6 mm", ours, peer, "s", 25, note)


def familywise(brain: Brain, observed: SphereScores, peer: float, shared: str) -> None:
    """Print `sl_fwe` and `sl_fwe_exact`; the peer is one map without a null."""
    rows = (
        ("sl_fwe", f"family-wise p of naive Bayes, {N_DRAWN} relabellings", brain.drawn, 15),
        ("sl_fwe_exact", f"the same, all {len(brain.every)}", brain.every, 6),
    )
    for row, words, labels, mark in rows:
        work = partial(_null, brain, labels, observed)
        maxima = work().maxima
        ours = median(seconds(work) for _ in range(REPEATS))
        for place in range(0, len(labels), len(labels) // N_COMPARED):
            whole = score_naive_bayes(brain.X, labels[place], brain.folds, brain.spheres)
            assert abs(maxima[place] - whole.scores.max()) <= 1 / len(brain.y) + 1e-9
        note = f"against one map of nilearn's without a null; {shared}; maxima compared"
        print_row(row, words, ours, peer, "s", mark, note)


def _score(brain: Brain, score: Callable[..., SphereScores]) -> SphereScores:
    return score(brain.X, brain.y, brain.folds, brain.spheres, n_threads=n_threads())


def _null(brain: Brain, labels: np.ndarray, observed: SphereScores) -> NullMaxima:
    return null_naive_bayes(
        brain.X, labels, brain.folds, brain.spheres, observed.scores, n_threads=n_threads()
    )


def main() -> None:
    """Print the four rows."""
    brain = read_brain()
    rng = np.random.default_rng(SEED)
    centers = np.sort(rng.choice(brain.spheres.n_spheres, N_SPHERES, replace=False))
    shared = (
        f"{n_threads()} cores each; {brain.spheres.n_spheres} spheres, {len(brain.y)} samples; "
        f"nilearn on {N_SPHERES} spheres (seed {SEED}), scaled"
    )
    print("naive Bayes ...", file=sys.stderr)
    observed, peer = naive_bayes(brain, centers, shared)
    print("relabellings ...", file=sys.stderr)
    familywise(brain, observed, peer, shared)
    print("linear SVM ...", file=sys.stderr)
    support_vectors(brain, centers, shared)


if __name__ == "__main__":
    main()
