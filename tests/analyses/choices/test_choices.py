"""Every combination of some choices: scores of a plain loop, one null for all of them."""

import json
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from makers import half_mask, signal, write_study
from oracles.decode_reference import decode_plainly
from sklearn.model_selection import LeaveOneGroupOut, cross_val_score

from decoding.analyses import check, permute
from decoding.analyses.choices.analysis import ANALYSIS, SCORES, Options, Values, run, run_scores
from decoding.analyses.choices.result import with_bands
from decoding.analyses.choices.scores import share_labels
from decoding.analyses.choices.universe import USUAL, make_universe, read_tick, write_tick
from decoding.analyses.decode import estimator_for
from decoding.cli.main import main
from decoding.datasets import load_subject
from decoding.errors import SpecError, UnknownChoiceError
from decoding.output.text.choices import joint_text
from decoding.recording.voxels import open_voxels
from decoding.relabel import relabel
from decoding.samples.extract import extract_samples
from decoding.samples.shared import extract_shared
from decoding.spec import DecodingSpec

UNSCALED = "Logistic regression hardly converges on voxels that are not scaled."
SPEC = DecodingSpec(subject="1", mask="brain", conditions=("cat", "face"))
MANY = Values(
    select=(0, 7),
    mask=("vt", "brain"),
    estimator=("svc", "logistic", "ridge", "gnb", "correlation"),
)


def study(folder, *, strength=8.0, n_runs=5, seed=0, shape=(4, 4, 3)):
    """Write a study of two categories in a random order with a drift, and load its subject."""
    rng, rest = np.random.default_rng(seed), ["rest"] * 2
    orders = [rng.permutation(["cat", "face"]) for _ in range(n_runs)]
    row = [[*rest, *[one] * 3, *rest, *[two] * 3, *rest] for one, two in orders]
    conditions, runs = np.concatenate(row), np.repeat(np.arange(n_runs), len(row[0]))
    values = signal(conditions, shape, seed=seed, strength=strength)
    values = values + (np.arange(values.shape[3]) % len(row[0]) * 3).astype(values.dtype)
    write_study(folder, values=values, conditions=conditions, runs=runs,
                masks={"mask4_vt": half_mask(shape)})  # fmt: skip
    return load_subject("haxby", "1", folder)


@pytest.fixture(scope="module")
def subject(tmp_path_factory):
    """Return a subject whose categories are hard to tell apart."""
    return study(tmp_path_factory.mktemp("choices"))


FEW = Values(standardize=("run",), select=(0, 7), estimator=("logistic", "gnb"))


@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
@pytest.mark.parametrize(
    ("values", "least", "threads"),
    [(FEW, 16, 1), (FEW, 16, 2), pytest.param(MANY, 200, 2, marks=pytest.mark.slow)],
)
def test_each_score_is_that_of_a_plain_loop(subject, values, least, threads, monkeypatch):
    """Every combination, also of more than 200, equals a loop over nilearn and scikit-learn."""
    monkeypatch.setenv("OMP_NUM_THREADS", str(threads))
    found = run_scores(subject, SPEC, values)
    assert len(found.combinations) >= least
    assert found.left_out == ({UNSCALED: 16} if values is MANY else {})
    folder = subject.bold[0].parent
    for one in found.combinations:
        mask = next(iter(subject.masks[one.spec.mask].files), None)
        plain = decode_plainly(folder, mask, one.spec.as_dict())
        assert one.accuracy == pytest.approx(np.mean(plain.fold_scores), abs=1e-12), one.spec


@pytest.mark.slow
def test_each_relabelled_score_is_that_of_refits(subject):
    """Twenty relabellings of ten combinations equal scikit-learn's refits, LDA and choice too."""
    values = Values(
        standardize=("run",), detrend=(True,), select=(0, 7),
        estimator=("svc", "ridge", "gnb", "correlation", "lda"),
    )  # fmt: skip
    own = replace(SPEC, samples="block", standardize="run", detrend=True)
    everybody = replace_options(values, samples=("block",), permutations=20, refit="yes")
    found = run(subject, own, everybody)
    assert len(found.combinations) == len(found.joined) == 10
    labels = share_labels(subject, [own], 20, 0)
    for one in found.combinations:
        samples = extract_samples(subject, one.spec)
        model = estimator_for(one.spec, samples).make()
        for row, score in zip(labels.of(samples)[1:], one.scores[1:], strict=True):
            plain = cross_val_score(
                model, samples.X, row, groups=samples.runs, cv=LeaveOneGroupOut()
            )
            assert score == pytest.approx(plain.mean(), abs=1e-12), one.spec


def replace_options(values, **changes):
    """Return options with these values."""
    return Options(**{**vars(values), **changes})


def test_a_combinations_own_null_is_that_of_permute(subject):
    """With the same number and seed each one's relabelled scores are those of its own test."""
    found = run(subject, SPEC, Options(permutations=15, seed=3, estimator=("ridge",)))
    for one in found.combinations:
        own = permute.run(subject, one.spec, permute.Options(permutations=15, seed=3))
        assert one.accuracy == own.observed
        assert np.array_equal(one.scores[1:], own.null.scores)


def test_matrices_are_made_once_and_are_the_usual_ones(subject):
    """Combinations that differ in classifier alone share a matrix, bit for bit `decode`'s."""
    specs = make_universe(subject, SPEC, MANY.on(SPEC)).specs
    matrices = list(extract_shared(subject, specs))
    assert len(matrices) == 24
    assert sorted(map(str, specs)) == sorted(
        str(spec) for members, _ in matrices for spec in members
    )
    for members, samples in matrices:
        usual = extract_samples(subject, members[0])
        assert np.array_equal(samples.X, usual.X)
        assert np.array_equal(samples.y, usual.y)
        assert np.array_equal(samples.blocks, usual.blocks)


def test_statistics_and_moves_are_what_they_say(tmp_path):
    """Median, share and best have p = (b + 1) / (m + 1); a move is a mean of differences."""
    found = run(study(tmp_path, n_runs=6), SPEC, Options(permutations=19))
    scores, points = found.joint.scores, found.joint.points
    assert np.allclose(points, np.quantile(scores[1:], 0.95, axis=0))
    for name, of in (
        ("median", np.median),
        ("share", lambda row: np.mean(row > points + 1e-9)),
        ("best", lambda row: row.max()),
    ):
        reached = sum(of(row) >= of(scores[0]) - 1e-9 for row in scores[1:])
        assert found.joint.statistics[name] == (of(scores[0]), (reached + 1) / 20)
    by_key = {
        (one.spec.standardize, one.spec.detrend, one.spec.samples, one.spec.estimator): one.accuracy
        for one in found.combinations
    }
    trend = [abs(a - by_key[s, True, k, e]) for (s, d, k, e), a in by_key.items() if not d]
    assert found.moves["detrend"] == pytest.approx(np.mean(trend))
    assert set(found.moves) == {"standardize", "detrend", "samples", "estimator"}


class Follower:
    """Follows work as a job does, and looks at what there is with each report."""

    def __init__(self):
        self.seen, self.shares = [], []

    def show(self, look):
        """Take what tells what there is so far."""
        self.look = look

    def __call__(self, done, total):
        """Look at what there is."""
        self.shares.append(done / total)
        if (found := self.look()) is not None:
            self.seen.append(found)


def test_what_there_is_so_far_is_the_beginning_of_the_whole(subject):
    """Scores come one after another, none is another one later, and no report steps back."""
    follower, options = Follower(), Options(permutations=9, estimator=("ridge", "lda"))
    assert ANALYSIS.run(subject, SPEC, options, follower).to_come == 0
    whole, plain = follower.look(), run_scores(subject, SPEC, options)
    numbers = [len(found.combinations) for found in follower.seen]
    assert len(set(numbers)) > 6
    assert numbers == sorted(numbers)
    assert follower.shares == sorted(follower.shares)
    for found in follower.seen:
        n = len(found.combinations)
        assert n + found.to_come == len(whole.combinations) == 24
        assert np.array_equal(found.accuracies, whole.accuracies[:n])
        assert np.array_equal(found.joint.scores, whole.joint.scores[:, : len(found.joined)])
    part = next(found for found in follower.seen if 0 < len(found.joined) < 12)
    both = with_bands(plain, part)
    assert np.array_equal(both.accuracies, plain.accuracies)
    assert both.joined == part.joined
    assert both.table["p_value"].notna().sum() == len(part.joined)
    assert with_bands(plain, None) is plain
    assert with_bands(None, part) is part
    assert with_bands(part, part) is part
    assert with_bands(plain, whole) is whole


def test_what_cannot_be_is_counted_or_refused(subject):
    """Lag with betas is counted; too many, a leaky scheme, or nothing at all is refused."""
    values = Values(samples=("volume", "lsa"), lag=(0.0, 2.5)).on(SPEC)
    universe = make_universe(subject, SPEC, values)
    reasons = Counter(why.partition(" ")[0] for why in universe.left_out)
    assert sum(universe.left_out.values()) + len(universe.specs) == 96
    assert any("cannot be combined" in why for why in universe.left_out), reasons
    with pytest.raises(SpecError, match="There are 12000 combinations, and 1000"):
        make_universe(subject, SPEC, {**MANY.on(SPEC), "select": tuple(range(100))})
    for name, label in (("standardize", "standardization"), ("samples", "kind of sample")):
        with pytest.raises(UnknownChoiceError, match=f"Unknown {label} 'typo'. Choose from: "):
            make_universe(subject, SPEC, {**MANY.on(SPEC), name: ("typo", *USUAL[name])})
        with pytest.raises(ValueError, match="typo~"):
            read_tick(name, write_tick(name, ("typo", *USUAL[name])))
    with pytest.raises(SpecError, match="leaves none out"):
        run_scores(subject, replace(SPEC, cv="kfold"), Values())
    with pytest.raises(SpecError, match=UNSCALED):
        run_scores(subject, SPEC, Values(standardize=("none",), estimator=("logistic",)))


def test_more_voxels_than_there_are_count_once(subject):
    """Beside all voxels, choosing as many or more is left out and counted; a check warns."""
    n = len(open_voxels(subject).mask_rows("vt"))
    own = replace(SPEC, mask="vt", samples="block")
    values = Values(select=(0, n - 1, n, 900), samples=("block",), estimator=("gnb",))
    found = run_scores(subject, own, values)
    assert {one.spec.select for one in found.combinations} == {0, n - 1}
    assert {f"The best {n} of {n} voxels are all of them, which is there already.": 6,
            f"The best 900 of {n} voxels are all of them, which is there already.": 6,
            } == found.left_out  # fmt: skip
    alone = run_scores(subject, own, replace_values(values, select=(900,)))
    assert len(alone.combinations) == 6 and not alone.left_out
    for select, status in ((0, "pass"), (n - 1, "pass"), (n, "warn")):
        checks = check.run(subject, replace(own, select=select)).checks
        (one,) = [one for one in checks if one.check == "chosen_voxels"]
        assert one.status == status
    assert f"the mask has {n}: all of them are decoded" in one.message


def replace_values(values, **changes):
    """Return values with others of some choices."""
    return Values(**{**vars(values), **changes})


@pytest.mark.parametrize("n_runs", [5, 6])
def test_where_no_p_reaches_it_no_point_is_told(tmp_path, n_runs):
    """Five runs of one pair reach 0.0625: no 95 % point and no share; six have both."""
    found = run(study(tmp_path, n_runs=n_runs), SPEC, Options(estimator=("ridge",)))
    reaches = n_runs == 6
    assert found.joint.each.smallest_p == (0.03125 if reaches else 0.0625)
    assert found.table["percentile_95"].notna().all() == reaches
    assert (found.joint.points is not None) == reaches
    null = found.as_json()["null"]
    assert (null["share"] is not None) == reaches and null["median"] and null["best"]
    assert ("No p of 0.05 is within reach" in joint_text(found)) != reaches
    assert ("of their own shuffled labels" in joint_text(found)) == reaches


def test_an_own_value_takes_part_and_is_found(subject):
    """The visitor's own value joins the usual ones; its place is known, elsewhere there is none."""
    own = replace(SPEC, estimator="lda", standardize="run", samples="block")
    found = run_scores(subject, own, Values())
    place = found.place_of(own)
    assert found.combinations[place].spec == own
    assert len(found.combinations) == 56
    assert found.place_of(replace(own, estimator="dummy")) is None
    request = SCORES.request(own, Values(estimator=("svc",)))
    assert request == SCORES.request(SPEC, Values(estimator=("svc",)))


def test_the_command_prints_the_same(subject, capfd, tmp_path):
    """Lists stand where SPEC takes one value; JSON and CSV hold what was computed."""
    folder, out = subject.bold[0].parents[2], tmp_path / "curve.csv"
    lists = ["--standardize", "run", "all", "--detrend", "none", "linear", "--estimator", "gnb"]
    files = ["--data-dir", str(folder), "--subject", "1", "--mask", "brain", "--out", str(out)]
    assert main(["choices", *files, *lists, "--permutations", "19", "--json"]) == 0
    out_err = capfd.readouterr()
    assert "depend" not in out_err.err
    told = json.loads(out_err.out)
    options = Options(
        standardize=("run", "all"), detrend=(False, True), estimator=("gnb",), permutations=19
    )
    found = run(subject, replace(SPEC, standardize="run", estimator="gnb"), options)
    assert told["combinations"] == json.loads(json.dumps(found.as_json()["combinations"]))
    assert len(told["combinations"]) == 8
    assert {*told["null"]} >= {"median", "share", "best"}
    rows = [line for line in out.read_text().splitlines() if not line.startswith("#")]
    assert len(rows) == 9
    assert ANALYSIS.name == "choices"


@pytest.mark.recordings
@pytest.mark.slow
def test_the_stated_figures_come_out(recordings):
    """On task-vt the default universe scores as design/method.md says."""
    subject = load_subject("haxby", "1", recordings / "task-vt")
    for pair, low, middle, high in (
        (("cat", "face"), 0.5833, 0.875, 0.9583),
        (("bottle", "shoe"), 0.5417, 0.7639, 0.9167),
    ):
        found = run_scores(subject, DecodingSpec(subject="1", conditions=pair), Values())
        assert len(found.combinations) == 44
        scores = found.accuracies
        assert np.round([scores.min(), np.median(scores), scores.max()], 4).tolist() == [
            low, middle, high,
        ]  # fmt: skip
        least = found.combinations[found.order[0]].spec
        assert (least.detrend, least.samples, least.estimator) == (False, "block", "gnb")
        place = found.place_of(
            DecodingSpec(samples="block", standardize="run", detrend=True,
                         estimator="ridge" if pair == ("cat", "face") else "svc")
        )  # fmt: skip
        assert found.accuracies[place] == scores.max()


N_SEEDS = 200
SMALL = Values(standardize=("all", "run"), estimator=("ridge", "gnb", "correlation"))


def p_values(folder, seed, strength):
    """Return p of the best, the best combination's own p, and p of the median, of a recording."""
    subject = study(folder, strength=strength, n_runs=12, seed=seed, shape=(3, 3, 3))
    found = run(subject, SPEC, replace_options(SMALL, permutations=79, seed=seed))
    best = int(np.argmax(found.joint.scores[0]))
    own = found.joint.each.p_value(found.joint.scores[0])[best]
    return found.joint.statistics["best"][1], own, found.joint.statistics["median"][1]


@pytest.mark.slow
def test_the_joint_null_counts_the_choice(tmp_path):
    """On noise p of the best is small in about 5 % of seeds, the best one's own far more often."""
    p = np.array([p_values(tmp_path / str(seed), seed, 0.0) for seed in range(N_SEEDS)])
    small = (p <= 0.05).mean(axis=0)
    assert 0.02 <= small[0] <= 0.09, small
    assert small[1] >= 2.5 * small[0], small
    assert 0.01 <= small[2] <= 0.09, small


@pytest.mark.slow
def test_a_signal_is_found(tmp_path):
    """With a signal both the best and the median are told from luck."""
    p = np.array([p_values(tmp_path / str(seed), seed, 6.0) for seed in range(10)])
    assert (p[:, [0, 2]] <= 0.05).mean() >= 0.8, p


def test_relabellings_are_of_all_blocks(subject):
    """Samples that lack a block share the relabellings of those that have it."""
    late = replace(SPEC, lag=5.0)
    labels = share_labels(subject, [SPEC, late], 7, 1)
    whole, part = (extract_samples(subject, spec) for spec in (SPEC, late))
    expected = relabel(whole.y, whole.runs, whole.blocks, 7, 1).labels
    assert np.array_equal(labels.of(whole), expected)
    of_block = {block: expected[:, i] for i, block in enumerate(whole.blocks)}
    for column, block in zip(labels.of(part).T, part.blocks, strict=True):
        assert np.array_equal(column, of_block[block])
