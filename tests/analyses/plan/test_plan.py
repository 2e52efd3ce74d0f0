"""A study is planned honestly: what it can reach at all, and how often it finds an effect."""

import json
from dataclasses import replace

import numpy as np
import pytest
from makers import simulated_samples, tiny_samples
from sklearn.linear_model import Ridge
from sklearn.model_selection import LeaveOneGroupOut

from decoding.analyses.permute import Options as Draws
from decoding.analyses.permute import permute_samples
from decoding.analyses.plan import analysis as plan
from decoding.analyses.plan import power
from decoding.analyses.plan.effect import Effect, measure_noise
from decoding.analyses.plan.power import simulate_power, size_that_scores
from decoding.cli.main import main
from decoding.cross_validation import make_folds
from decoding.errors import SpecError
from decoding.folds import score_folds
from decoding.kernels.permutation.ridge import predict_held_out
from decoding.relabel import enumerate_relabellings, find_blocks, relabel
from decoding.spec import DecodingSpec

STUDY = Effect(size=0.5, independent=0.2, blocks=1, n_voxels=100)
RIDGE = DecodingSpec(estimator="ridge")


def refitted(effect, rows, runs, rng):
    """Return a study's scores by scikit-learn's ridge, fitted on each row of labels and fold."""
    X = rng.standard_normal((len(runs), effect.directions))
    X[:, 0] += (rows[0] - 0.5) * effect.size * np.sqrt(effect.directions)
    X /= np.sqrt(X.size)
    right = np.zeros(len(rows))
    for train, test in LeaveOneGroupOut().split(X, groups=runs):
        model = Ridge(alpha=1.0).fit(X[train], 2.0 * rows[:, train].T - 1)
        named = model.predict(X[test]).reshape(len(test), -1).T > 0
        right += (named == rows[:, test]).sum(axis=1)
    return right / len(runs)


@pytest.mark.parametrize(("n_runs", "blocks"), [(3, 1), (5, 1), (6, 1), (4, 2), (14, 1), (8, 2)])
def test_the_smallest_p_is_that_of_permute(n_runs, blocks):
    """Of as many runs and blocks `permute` says the same; at 5 runs of one pair it is 0.0625."""
    found = simulate_power(replace(STUDY, blocks=blocks), n_runs, n_simulations=1)
    samples = tiny_samples(n_runs=n_runs, n_volumes=blocks)
    samples = replace(samples, blocks=np.arange(len(samples.y)))
    null = permute_samples(samples, RIDGE, Draws()).null
    assert (found.smallest_p, found.n_distinct) == (null.smallest_p, null.n_distinct)
    assert (found.smallest_p == 0.0625) is (n_runs == 5)


@pytest.mark.parametrize("blocks", [1, 3])
def test_studies_are_scored_as_ridge_scores_them(blocks):
    """Each study's scores are those of the kernel on its samples, digit for digit."""
    effect, rng = replace(STUDY, blocks=blocks), np.random.default_rng(4)
    y, runs = np.tile(np.repeat([0, 1], blocks), 4), np.repeat(np.arange(4), 2 * blocks)
    labels = relabel(y, runs, np.arange(len(y)), 40, 0).labels
    folds = make_folds("leave_one_run_out", y, runs)
    for found in power._simulate(effect, 4, labels, 3, 4):
        X = rng.standard_normal((len(y), effect.directions))
        X[:, 0] += (y - 0.5) * effect.size * np.sqrt(effect.directions)
        X /= np.sqrt(X.size)
        plain = score_folds(predict_held_out(X, folds, labels), labels, folds).mean(axis=1)
        assert np.array_equal(found, plain)


def test_no_signal_passes_the_wall():
    """Five runs of one pair never reach 0.05; six do, and a strong effect then always."""
    strong = replace(STUDY, size=5.0)
    assert simulate_power(strong, 5).power == 0.0
    assert simulate_power(strong, 6, n_simulations=20).power == 1.0
    none = simulate_power(replace(STUDY, size=0.0), 6, n_simulations=300)
    assert none.power < 0.1


def test_the_effect_that_scores_is_found_again():
    """A size gives a score, and that score gives the size; chance and less give none."""
    labels, runs = np.tile([0, 1], 12), np.repeat(np.arange(12), 2)
    rng = np.random.default_rng(5)
    scores = [refitted(STUDY, labels[None], runs, rng)[0] for _ in range(80)]
    found = size_that_scores(float(np.mean(scores)), STUDY, 12)
    assert found == pytest.approx(STUDY.size, abs=0.08)
    assert size_that_scores(0.5, STUDY, 12) == 0.0
    assert size_that_scores(1.0, STUDY, 12) < np.inf


def test_independent_directions_are_counted():
    """Independent noise has as many as voxels; noise that voxels share in threes, a third."""
    rng, shares = np.random.default_rng(0), []
    for repeat in (1, 3):
        found = []
        for _ in range(20):
            samples = tiny_samples(n_runs=12, n_volumes=1, n_voxels=60)
            X = np.repeat(rng.standard_normal((24, 60 // repeat)), repeat, axis=1)
            found.append(measure_noise(replace(samples, X=X)).independent)
        shares.append(np.mean(found))
    assert shares[0] > 0.85
    assert shares[1] == pytest.approx(1 / 3, abs=0.06)


@pytest.mark.recordings
def test_the_command_plans_from_the_recording_or_as_stated(recordings, capsys):
    """One object a number of runs; a stated effect and blocks are taken; bad lists are refused."""
    asked = ["plan", "--data-dir", str(recordings / "slice"), "--subject", "1", "--json"]
    asked += ["--conditions", "face", "cat", "--runs", "6,5"]
    assert main([*asked, "--effect", "2", "--blocks", "2"]) == 0
    five, six = json.loads(capsys.readouterr().out)
    assert set(five) >= {"n_runs", "n_distinct", "smallest_p", "power"}
    assert (five["n_runs"], five["blocks"], five["effect"]) == (5, 2, 2.0)
    assert (five["n_distinct"], six["n_distinct"]) == (6**5, 6**6)
    assert five["power"] > 0.9
    assert main([*asked[:-1], "five"]) == 2
    assert "no list of numbers of runs" in capsys.readouterr().err


def test_options_of_a_link_are_read_as_written():
    """A study in a link is the one that was written; more than two categories are refused."""
    options = plan.Options(effect=0.5, blocks=2)
    assert plan.read_options(plan.write_options(options)) == options
    assert plan.read_options("auto_auto_300") == plan.Options(voxels=300)
    with pytest.raises(SpecError, match="from 2 to 40"):
        _ = plan.Options(runs="1,4").n_runs


@pytest.mark.slow
@pytest.mark.parametrize(("n_runs", "blocks", "size"), [(6, 1, 0.6), (8, 1, 0.45), (4, 2, 0.5)])
def test_power_is_that_of_a_brute_force_simulation(n_runs, blocks, size):
    """Scikit-learn's ridge, refitted for every relabelling of other draws: within 3 points."""
    effect = replace(STUDY, size=size, blocks=blocks)
    ours = simulate_power(effect, n_runs, n_simulations=2000).power
    y = np.tile(np.repeat([0, 1], blocks), n_runs)
    runs = np.repeat(np.arange(n_runs), 2 * blocks)
    rows = enumerate_relabellings(find_blocks(y, runs, np.arange(len(y))))
    rng, found, n = np.random.default_rng(99), 0, 2000
    for _ in range(n):
        scores = refitted(effect, rows, runs, rng)
        found += (scores >= scores[0] - 1e-9).mean() <= 0.05
    assert 0.2 < ours < 0.95
    assert abs(ours - found / n) <= 0.03


@pytest.mark.slow
def test_a_planned_power_is_what_recordings_of_that_effect_show():
    """Of simulated people planned alone, the mean power is near the share that is found."""
    power, found = [], []
    for seed in range(30):
        volumes = simulated_samples(3000 + seed, signal=0.25)
        first = np.unique(volumes.blocks, return_index=True)[1]
        X = np.stack([volumes.X[volumes.blocks == b].mean(axis=0) for b in volumes.blocks[first]])
        samples = replace(
            volumes, X=X, y=volumes.y[first], runs=volumes.runs[first], blocks=volumes.blocks[first]
        )
        test = permute_samples(samples, RIDGE, Draws())
        own = measure_noise(samples)
        effect = replace(own, size=size_that_scores(test.observed, own, 12))
        power.append(simulate_power(effect, 12, n_simulations=60).power)
        found.append(test.p_value <= 0.05)
    assert abs(np.mean(power) - np.mean(found)) < 0.2
