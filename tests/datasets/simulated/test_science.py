"""The simulation's statistics: as measured in Haxby's recordings, and noise where nothing is."""

import itertools

import numpy as np
import pytest
from makers import simulate_arrays
from scipy.stats import pearsonr
from sklearn.linear_model import RidgeClassifier
from sklearn.model_selection import LeaveOneGroupOut, cross_val_score
from sklearn.svm import SVC

from decoding.datasets.simulated.parameters import CATEGORIES, SimulationParameters
from decoding.datasets.simulated.regions import make_head
from decoding.datasets.simulated.timeline import block_responses, hrf_delay

PAIRS = list(itertools.combinations(CATEGORIES, 2))


def by_run(function, X, runs):
    """Apply a function to each run's volumes."""
    return np.concatenate([function(X[runs == run]) for run in np.unique(runs)])


def z_score(X):
    """Standardize columns."""
    return (X - X.mean(axis=0)) / X.std(axis=0)


class Recording:
    """A simulated mask, standardized both ways, and its scores."""

    def __init__(self, seed=0, signal=1.0, **changes):
        self.arrays = arrays = simulate_arrays(seed, signal, **changes)
        self.conditions = arrays.volumes["condition"].to_numpy(dtype=object).astype(str)
        self.runs = arrays.volumes["run"].to_numpy()
        X = arrays.X.astype(np.float64)
        self.X = {"all": z_score(X), "run": by_run(z_score, X, self.runs)}

    def score(self, pair, standardize="run", lag=0, estimator=None):
        """Return the mean accuracy under leave-one-run-out, by scikit-learn alone."""
        X = np.roll(self.X[standardize], -lag, axis=0)
        keep = np.isin(self.conditions, pair)
        scores = cross_val_score(
            estimator or SVC(kernel="linear"),
            X[keep],
            self.conditions[keep],
            groups=self.runs[keep],
            cv=LeaveOneGroupOut(),
        )
        return scores.mean()


@pytest.fixture(scope="module")
def first():
    """Return the ventral temporal voxels of subject 1."""
    return Recording()


def autocorrelation(X, runs, lag):
    """Return the median over voxels of the autocorrelation within runs."""
    products = [
        (X[runs == run][lag:] * X[runs == run][:-lag]).sum(axis=0)
        / (X[runs == run] ** 2).sum(axis=0)
        for run in np.unique(runs)
    ]
    return np.median(np.mean(products, axis=0))


@pytest.fixture(scope="module")
def brain():
    """Return all voxels of subject 1."""
    return Recording(mask="brain")


@pytest.mark.parametrize("strength", [0.0, 1.0])
def test_noise_is_autocorrelated(strength):
    """After scaling within runs a voxel's lag-1 autocorrelation is 0.3 or more, falling off."""
    recording = Recording(3, strength)
    measured = [autocorrelation(recording.X["run"], recording.runs, lag) for lag in (1, 2, 5)]
    assert 0.35 < measured[0] < 0.65
    assert measured[0] > measured[1] > measured[2]


def test_noise_is_as_recorded(recordings, brain):
    """Autocorrelation and drift of the brain's voxels lie close to the recorded slice's."""
    import nibabel as nib

    slice_ = recordings / "slice" / "haxby2001"
    mask = np.asarray(nib.load(slice_ / "mask.nii.gz").dataobj) > 0
    scan = np.asarray(nib.load(slice_ / "subj1" / "bold.nii.gz").dataobj, dtype=float)[mask].T
    runs = np.repeat(np.arange(12), 121)
    recorded = by_run(z_score, scan, runs)
    made = brain.X["run"]
    for lag, tolerance in ((1, 0.06), (2, 0.06), (5, 0.06)):
        assert autocorrelation(made, runs, lag) == pytest.approx(
            autocorrelation(recorded, runs, lag), abs=tolerance
        )
    time = z_score(np.arange(121.0)[:, None])
    slopes = [
        np.std([(time * X[runs == run]).mean(axis=0) for run in range(12)])
        for X in (recorded, made)
    ]
    assert slopes[1] == pytest.approx(slopes[0], rel=0.2)


def test_noise_is_a_little_smooth(brain):
    """Neighbours share some noise, distant voxels hardly any."""
    X, mask = brain.X["run"], brain.arrays.mask
    index = np.full(mask.shape, -1)
    index[mask] = np.arange(X.shape[1])
    x, y, z = (n // 2 for n in index.shape)
    here, beside = index[x - 4, y - 6 : y, z], index[x - 5, y - 6 : y, z]
    opposite = index[x + 5, y - 6 : y, z + 6]
    near = np.mean([pearsonr(X[:, a], X[:, b])[0] for a, b in zip(here, beside, strict=True)])
    far = np.mean([pearsonr(X[:, a], X[:, b])[0] for a, b in zip(here, opposite, strict=True)])
    assert 0.1 < near < 0.4
    assert abs(far) < 0.12


def test_runs_have_levels_of_their_own(first):
    """Runs differ in level, so that scaling within runs scores higher than over all of them."""
    pairs = [("cat", "face"), ("bottle", "shoe"), ("bottle", "scissors")]
    gains = [first.score(pair, "run") - first.score(pair, "all") for pair in pairs]
    assert np.mean(gains) > 0.02


def test_first_subject_scores_as_recorded(first):
    """Face against cat 0.70 to 0.90, bottle against shoe lower, face against house near 1."""
    face_cat = first.score(("cat", "face"), "all")
    assert 0.70 <= face_cat <= 0.90
    assert 0.55 <= first.score(("bottle", "shoe"), "all") <= face_cat - 0.05
    assert first.score(("face", "house"), "all") >= 0.95
    assert first.score(("face", "house"), "run") >= 0.95


def test_masks_tell_what_they_are_named_for():
    """The face mask tells face from cat better than bottle from shoe; the house mask, houses."""
    face, house = Recording(mask="face"), Recording(mask="house")
    assert face.score(("cat", "face")) > house.score(("cat", "face")) + 0.15
    assert face.score(("cat", "face")) > face.score(("bottle", "shoe")) + 0.1
    assert house.score(("chair", "house")) > 0.8


def test_strength_orders_the_scores():
    """More signal gives a higher score, none gives chance."""
    scores = [
        np.mean([Recording(seed, strength).score(("cat", "face")) for seed in range(4)])
        for strength in (0.0, 0.5, 1.0)
    ]
    assert scores[0] < 0.6 < scores[1] < scores[2]


def test_without_signal_scores_are_chance():
    """With signal 0 the mean score over seeds is chance, for two categories and for all eight."""
    ridge = RidgeClassifier()
    two, eight = [], []
    for seed in range(20):
        recording = Recording(seed, 0.0)
        two.append(recording.score(("cat", "face"), estimator=ridge))
        eight.append(recording.score(CATEGORIES, estimator=ridge))
    assert np.mean(two) == pytest.approx(0.5, abs=3 * np.std(two) / np.sqrt(len(two)))
    assert np.mean(eight) == pytest.approx(1 / 8, abs=3 * np.std(eight) / np.sqrt(len(eight)))


@pytest.mark.parametrize("delay", [0.0, 1.0, 2.5, 5.0, 7.5])
def test_response_lags_the_labels_by_the_planted_delay(delay):
    """The labels, moved by the planted delay, overlap most with the response."""
    parameters = SimulationParameters(delay=delay)
    response = block_responses(parameters).sum(axis=2).ravel()
    volumes = simulate_arrays(0, delay=delay).volumes
    shown = (volumes["condition"] != "rest").to_numpy(dtype=float)
    lags = np.arange(-3, 7)
    overlap = [np.roll(shown, lag) @ response for lag in lags]
    assert lags[np.argmax(overlap)] * 2.5 == pytest.approx(delay, abs=1.3)


def test_response_is_haemodynamic():
    """A block's response is delayed by some seconds, reaches a plateau and undershoots."""
    assert 6 < hrf_delay() < 7.5
    block = block_responses(SimulationParameters())[0, :, 3]
    assert block.max() == pytest.approx(1, abs=0.02)
    assert block[: 49 - 3].max() == 0
    assert block.min() < -0.1


def test_early_visual_cortex_tells_scrambled_pictures_only(brain):
    """Early visual voxels tell scrambled pictures from the rest, and nothing else."""
    head = make_head(1, "demo")
    early = head.early[head.brain]
    patterns = brain.arrays.patterns[early]
    others = [CATEGORIES.index(name) for name in CATEGORIES if name != "scrambledpix"]
    assert np.ptp(patterns[:, others], axis=1).max() == 0
    assert np.abs(patterns[:, CATEGORIES.index("scrambledpix")] - patterns[:, 0]).mean() > 0.5
    brain.X["early"] = brain.X["run"][:, early]
    assert brain.score(("scrambledpix", "shoe"), "early") > 0.8
    assert brain.score(("bottle", "shoe"), "early") < 0.7


@pytest.mark.slow
def test_all_subjects_and_pairs_lie_in_the_recorded_range():
    """In all six subjects the pairs spread from about 0.6 to 1, the hard ones where they should."""
    for number in range(1, 7):
        recording = Recording(subject=number)
        scores = {pair: recording.score(pair, "all") for pair in PAIRS}
        spread = np.array(list(scores.values()))
        assert 0.70 <= scores["cat", "face"] <= 0.90
        assert scores["bottle", "shoe"] < scores["cat", "face"]
        assert scores["face", "house"] >= 0.95
        assert 0.5 < spread.min() < 0.75
        assert np.median(spread) > 0.85
        assert spread.max() > 0.97


@pytest.mark.slow
def test_subjects_differ():
    """Subjects differ in scores, masks and order of difficulty."""
    table = []
    for number in range(1, 7):
        recording = Recording(subject=number)
        table.append([recording.score(pair) for pair in PAIRS])
    table = np.array(table)
    assert table.std(axis=0).mean() > 0.01
    assert len({int(make_head(n, "demo").masks["vt"].sum()) for n in range(1, 7)}) == 6


@pytest.mark.slow
@pytest.mark.parametrize("delay", [2.5, 5.0, 7.5])
def test_lag_curve_peaks_at_the_planted_delay(delay):
    """The score against lag peaks within one volume of the planted delay, in three seeds."""
    for seed in range(3):
        recording = Recording(seed, delay=delay)
        curve = [recording.score(("cat", "face"), lag=lag) for lag in range(-2, 7)]
        best = np.argmax(curve) - 2
        assert abs(best * 2.5 - delay) <= 2.5


@pytest.mark.slow
def test_noise_rejects_no_more_than_chance_would():
    """Over 200 seeds of pure noise the mean score of face against cat is 0.5 within 0.01."""
    ridge = RidgeClassifier()
    scores = [Recording(seed, 0.0).score(("cat", "face"), estimator=ridge) for seed in range(200)]
    assert np.mean(scores) == pytest.approx(0.5, abs=0.015)
    assert 0.03 < np.std(scores) < 0.12
