"""Model matrices against the measured ones, held to rsatoolbox, scipy and what was planted."""

from dataclasses import replace
from itertools import combinations, permutations

import numpy as np
import pytest
from rsatoolbox.inference import boot_noise_ceiling
from rsatoolbox.rdm import RDMs, compare
from scipy.stats import rankdata, spearmanr

from decoding.analyses.pairs import models, scores
from decoding.analyses.pairs.compare import above, ceiling, draw_runs, fit_model
from decoding.datasets import subject_of
from decoding.datasets.simulated.dataset import load_truth
from decoding.errors import SpecError
from decoding.samples.extract import extract_samples
from decoding.spec import DecodingSpec

# rsatoolbox fills whole numbers with NaN
pytestmark = pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
EIGHT = ("bottle", "cat", "chair", "face", "house", "scissors", "scrambledpix", "shoe")
SPEC = DecodingSpec(dataset="haxby", subject="1", conditions=EIGHT, standardize="run")


@pytest.fixture(scope="module")
def subject(recordings):
    """Return the subject of the ventral temporal recording."""
    return subject_of(SPEC, recordings / "task-vt")


def matrices_of(n_runs, n, seed=0):
    """Return random symmetric matrices of some runs."""
    values = np.random.default_rng(seed).uniform(size=(n_runs, n, n))
    values += np.swapaxes(values, 1, 2)
    values[:, np.arange(n), np.arange(n)] = 0
    return values


def test_rank_correlation_and_ceiling_equal_rsatoolbox():
    """Spearman's rho with ties in the model, and both ends of the noise ceiling."""
    matrices, model = matrices_of(6, 5), models.apart(EIGHT[:5], models.ANIMATE)
    found = fit_model("animate", "", model, matrices.mean(axis=0), None, draw_runs(matrices))
    theirs = compare(RDMs(matrices.mean(axis=0)[None]), RDMs(model[None]), method="spearman")
    assert found.rho == pytest.approx(float(theirs[0, 0]), abs=1e-12)
    low, high = boot_noise_ceiling(RDMs(matrices), method="spearman")
    assert ceiling(matrices) == pytest.approx((low, high), abs=1e-12)
    assert found.low < found.rho < found.high
    assert ceiling(matrices[:2]) is None


def test_partial_correlation_is_that_of_residual_ranks():
    """What is left of both once ranks of time are taken out by least squares."""
    measured, model, time = matrices_of(3, 6, seed=2)
    found = fit_model("own", "", model, measured, time, measured[None])
    ranks = [rankdata(above(matrix)) for matrix in (measured, model, time)]
    design = np.column_stack([np.ones(15), ranks[2]])
    left = [one - design @ np.linalg.lstsq(design, one)[0] for one in ranks[:2]]
    assert found.partial == pytest.approx(np.corrcoef(*left)[0, 1], abs=1e-12)


def test_p_counts_the_orders_of_the_categories():
    """All orders, those that leave the model as it is included: no p is below their share."""
    measured, _ = matrices_of(2, 5, seed=3)
    model = models.apart(EIGHT[:5], models.FACES)
    found = fit_model("faces", "", model, measured, None, measured[None])
    reached = 0
    for order in permutations(range(5)):
        rho = spearmanr(above(model[np.ix_(order, order)]), above(measured)).statistic
        reached += rho >= found.rho - 1e-9
    assert found.p_value == reached / 120
    assert found.smallest_p == pytest.approx(1 / 5)


def test_time_between_blocks_by_hand(subject):
    """The mean over runs of the seconds between the middles of two blocks."""
    matrix = models.time_between(subject, EIGHT)
    trials = subject.trials
    gaps = []
    for _, own in trials.groupby("run"):
        middle = (own["onset"] + own["duration"] / 2).set_axis(own["condition"])
        gaps.append(abs(middle["face"] - middle["house"]))
    assert matrix[3, 4] == matrix[4, 3] == pytest.approx(np.mean(gaps))
    assert (np.diag(matrix) == 0).all()
    assert models.time_between(replace(subject, maps=True), EIGHT) is None
    few = trials[~((trials["condition"] == "face") & (trials["run"] == trials["run"].iloc[0]))]
    assert models.time_between(replace(subject, trials=few), EIGHT)[3, 4] > 0
    none = trials[(trials["condition"] != "face") | (trials["run"] == -1)]
    assert models.time_between(replace(subject, trials=none), EIGHT) is None


@pytest.mark.parametrize("measure", ["correlation", "crossnobis"])
def test_models_of_a_recording(subject, measure):
    """Each model that says something of these categories is there; own tables join them."""
    own = models.apart(EIGHT, frozenset({"house"}))
    options = models.Options(measure=measure, own=tuple(map(tuple, own.tolist())))
    found = models.run(subject, SPEC, options)
    assert [fit.name for fit in found.fits] == ["animate", "faces", "time", "own"]
    low, high = found.ceiling
    assert low < high
    for fit in found.fits:
        rho = spearmanr(above(found.measured), above(fit.matrix)).statistic
        assert fit.rho == pytest.approx(rho)
        assert (fit.partial is None) == (fit.name == "time")
    if measure == "crossnobis":
        samples = extract_samples(subject, SPEC)
        np.testing.assert_allclose(found.measured, scores.crossnobis_of(samples))
    values = found.as_json()
    assert values["measure"] == measure
    assert [row["name"] for row in values["fits"]] == [fit.name for fit in found.fits]


def test_what_no_model_can_say_is_refused(subject):
    """Three categories, and tables of another size or unlike their mirror image."""
    three = replace(SPEC, conditions=EIGHT[:3])
    with pytest.raises(SpecError, match="with 3 no order"):
        models.run(subject, three, models.Options())
    for own, words in (
        (((0.0, 1.0), (1.0, 0.0)), "8 rows of 8 numbers"),
        (tuple(map(tuple, np.arange(64.0).reshape(8, 8).tolist())), "above and below"),
    ):
        with pytest.raises(SpecError, match=words):
            models.run(subject, SPEC, models.Options(own=own))


def test_groups_that_say_nothing_are_no_models():
    """All alive, or none."""
    assert models.apart(("cat", "face"), models.ANIMATE) is None
    assert models.apart(("house", "shoe"), models.ANIMATE) is None


def test_planted_similarity_is_recovered():
    """Crossnobis distances of block means rank the categories as what was planted does."""
    spec = DecodingSpec(
        dataset="simulated", subject="1", conditions=EIGHT, samples="block", standardize="run"
    )
    simulated = subject_of(spec)
    samples, truth = extract_samples(simulated, spec), load_truth(simulated)
    columns = [truth.categories.index(name) for name in samples.classes]
    planted = truth.patterns.reshape(-1, len(columns))[samples.grid.voxels][:, columns].T
    true = np.array([((planted[a] - planted[b]) ** 2).sum() for a, b in combinations(range(8), 2)])
    found = above(scores.crossnobis_of(samples))
    assert spearmanr(found, true).statistic >= 0.9
