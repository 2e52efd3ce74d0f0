"""Every sphere of real and simulated searchlights against scikit-learn's `cross_val_score`."""

import numpy as np
import pytest
from joblib import Parallel, delayed
from sklearn.model_selection import cross_val_score
from sklearn.svm import SVC

from decoding.analyses.searchlight.engines import ENGINES
from decoding.analyses.searchlight.source import open_source
from decoding.cross_validation import make_folds
from decoding.datasets import load_subject
from decoding.kernels.searchlight.spheres import make_spheres
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
    ours = ENGINES["svc"].load_score()(source.read, source.y, folds, spheres, n_threads=2)
    indptr, members = spheres.rows(0, spheres.n_spheres)
    svc = SVC(kernel="linear", tol=1e-10)
    theirs = Parallel(n_jobs=2)(
        delayed(cross_val_score)(svc, source.samples_of(rows).X, source.y, cv=folds)
        for rows in np.split(members, indptr[1:-1])
    )
    n_test = np.array([len(test) for _, test in folds])
    wrong = np.abs(ours.fold_scores - np.array(theirs)) * n_test
    return spheres.n_spheres, int(np.rint(wrong).sum())


@pytest.mark.slow
@pytest.mark.recordings
def test_svm_scores_are_those_of_libsvm(recordings):
    """Single voxels and spheres; blocks, volumes and betas: one volume in 2,000 spheres at most."""
    counted = [wrong_volumes(recordings, *case) for case in CASES]
    assert min(n_spheres for n_spheres, _ in counted) >= AT_LEAST
    n_spheres, n_wrong = np.sum(counted, axis=0)
    assert n_wrong <= n_spheres / 2000, counted
