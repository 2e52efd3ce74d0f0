"""Every sphere of real and simulated searchlights against scikit-learn's `cross_val_score`."""

import numpy as np
import pytest
from joblib import Parallel, delayed
from sklearn.model_selection import cross_val_score
from sklearn.svm import SVC

from decoding.analyses.decode import decode_samples
from decoding.analyses.searchlight.analysis import Options, search
from decoding.analyses.searchlight.engines import pick_engine, searchable
from decoding.analyses.searchlight.source import open_source, source_from
from decoding.cross_validation import make_folds
from decoding.datasets import load_subject
from decoding.estimators import ESTIMATORS
from decoding.grid import Grid
from decoding.kernels.searchlight.spheres import make_spheres
from decoding.samples.extract import Samples
from decoding.spec import DecodingSpec

SINGLE_VOXELS, SPHERES = 3.0, 5.6
AT_LEAST = 400
CASES = (
    ("slice", "brain", ("cat", "face"), "block", SINGLE_VOXELS),
    ("slice", "brain", ("cat", "face"), "volume", SPHERES),
    ("task-vt", "vt", ("bottle", "shoe"), "block", SPHERES),
    ("simulated", "brain", ("cat", "face"), "volume", SINGLE_VOXELS),
    ("simulated", "brain", ("bottle", "shoe"), "block", SPHERES),
    ("simulated", "brain", ("cat", "face"), "lss", SPHERES),
)
"""Recording, mask, categories, samples and radius in mm."""


def wrong_volumes(recordings, recording, mask, conditions, samples, radius):
    """Return how many spheres are compared, and in how many samples their scores differ."""
    simulated = recording == "simulated"
    subject = load_subject(
        *(("simulated", "1") if simulated else ("haxby", "1", recordings / recording))
    )
    spec = DecodingSpec(
        dataset=subject.dataset, subject="1", mask=mask, conditions=conditions, samples=samples
    )
    source = open_source(subject, spec)
    folds = make_folds(spec.cv, source.y, source.runs)
    everywhere = make_spheres(source.grid.mask, source.grid.affine, radius)
    step = max(1, everywhere.n_spheres // AT_LEAST)
    spheres = everywhere.at(np.arange(0, everywhere.n_spheres, step))
    ours = pick_engine("svc").load_score()(source.read, source.y, folds, spheres, n_threads=2)
    indptr, members = spheres.rows(0, spheres.n_spheres)
    svc = SVC(kernel="linear", tol=1e-10)
    theirs = Parallel(n_jobs=2)(
        delayed(cross_val_score)(svc, source.samples_of(rows).X, source.y, cv=folds)
        for rows in np.split(members, indptr[1:-1])
    )
    n_test = np.array([len(test) for _, test in folds])
    wrong = np.abs(ours.fold_scores - np.array(theirs)) * n_test
    return spheres.n_spheres, int(np.rint(wrong).sum())


def few_samples(n_runs, per_block=1, live=None, classes=("cat", "face"), seed=0):
    """Return a source of 60 voxels, one block of each category a run; all but `live` are 0."""
    rng = np.random.default_rng(seed)
    y = np.concatenate([np.repeat(rng.permutation(classes), per_block) for _ in range(n_runs)])
    means = rng.standard_normal((len(classes), 60))
    X = 0.7 * means[np.searchsorted(classes, y)] + rng.standard_normal((len(y), 60))
    if live is not None:
        X[:, np.setdiff1d(np.arange(60), live)] = 0.0
    return source_from(
        Samples(
            X=X,
            y=y,
            runs=np.repeat(np.arange(n_runs), per_block * len(classes)),
            blocks=np.repeat(np.arange(n_runs * len(classes)), per_block),
            grid=Grid((5, 4, 3), np.diag([3.0, 3.0, 3.0, 1.0]), np.arange(60)),
        )
    )


FEW = {
    "two runs": ("leave_one_run_out", 2, {}),
    "two runs, three categories": ("leave_one_run_out", 2, {"classes": ("cat", "chair", "face")}),
    "two of three runs left out": ("leave_two_runs_out", 3, {}),
    "halves of three runs": ("split_half", 3, {}),
    "three runs": ("leave_one_run_out", 3, {}),
    "four runs": ("leave_one_run_out", 4, {}),
    "five runs": ("leave_one_run_out", 5, {}),
    "constant voxels": ("leave_one_run_out", 4, {"per_block": 3, "live": np.arange(0, 60, 3)}),
    "one live voxel": ("leave_one_run_out", 12, {"live": [31]}),
    "two live voxels": ("leave_one_run_out", 12, {"live": [31, 34]}),
    "one live voxel, two runs": ("leave_one_run_out", 2, {"live": [31]}),
    "two live voxels, two runs": ("leave_one_run_out", 2, {"live": [31, 34]}),
}
"""Designs of few samples or few voxels that vary: scheme, runs, what else differs."""


@pytest.mark.parametrize("radius", [2.0, 4.5], ids=["single voxels", "spheres"])
@pytest.mark.parametrize("design", FEW)
@pytest.mark.parametrize("estimator", searchable())
def test_few_samples_and_few_voxels_score_as_scikit_learn(estimator, design, radius):
    """Every sphere scores as `cross_val_score` and `decode` do; where nothing varies it is told."""
    cv, n_runs, changes = FEW[design]
    source = few_samples(n_runs, **changes)
    spec = DecodingSpec(cv=cv, estimator=estimator)
    folds = make_folds(cv, source.y, source.runs)
    found = search(source, spec, Options(radius=radius), "test")
    spheres = make_spheres(source.grid.mask, source.grid.affine, radius)
    indptr, members = spheres.rows(0, spheres.n_spheres)
    classifier = ESTIMATORS[estimator].make()
    if estimator == "svc":
        classifier.set_params(tol=1e-10)
    rows_of = np.split(members, indptr[1:-1])
    live = np.ptp(source.read(0, 60), axis=1) > 0
    varies = np.array([live[rows].any() for rows in rows_of])
    np.testing.assert_array_equal(found.constant, ~varies)
    assert found.as_json()["n_constant"] == (~varies).sum()
    for place in np.flatnonzero(varies)[:: max(1, varies.sum() // 10)]:
        samples = source.samples_of(rows_of[place])
        score = cross_val_score(classifier, samples.X, source.y, cv=folds).mean()
        decoded = decode_samples(samples, spec, ESTIMATORS[estimator], "").accuracy
        assert found.scores[place] == pytest.approx(score, abs=1e-12), place
        off = 1 / len(source.y) if estimator == "svc" else 0.0  # its tolerance is the tutorial's
        assert decoded == pytest.approx(score, abs=off + 1e-12), place


@pytest.mark.slow
@pytest.mark.recordings
def test_svm_scores_are_those_of_libsvm(recordings):
    """Single voxels and spheres; blocks, volumes and betas: one volume in 2,000 spheres at most."""
    counted = [wrong_volumes(recordings, *case) for case in CASES]
    assert min(n_spheres for n_spheres, _ in counted) >= AT_LEAST
    n_spheres, n_wrong = np.sum(counted, axis=0)
    assert n_wrong <= n_spheres / 2000, counted
