"""Cross-validation schemes, held to what their names say."""

from itertools import combinations

import numpy as np
import pytest
from sklearn.model_selection import KFold, LeaveOneGroupOut, StratifiedKFold

from decoding.cross_validation import CV_SCHEMES, make_folds
from decoding.errors import SpecError, UnknownChoiceError

RUNS = np.repeat([0, 1, 2, 3, 5, 8, 9], 12)
Y = np.array((["a"] * 3 + ["b"] * 6 + ["c"] * 3) * 7)


def by_run(folds, runs=RUNS):
    """Return the runs held out in each fold."""
    return [sorted(set(runs[test].tolist())) for _, test in folds]


@pytest.mark.parametrize("name", [key for key, scheme in CV_SCHEMES.items() if scheme.by_run])
def test_no_run_is_on_both_sides_of_a_right_scheme(name):
    """A right scheme never trains on a run that it tests, and uses every sample."""
    for train, test in make_folds(name, Y, RUNS):
        assert not set(RUNS[train]) & set(RUNS[test])
        assert len(train) + len(test) == len(Y)


@pytest.mark.parametrize("name", [k for k in CV_SCHEMES if k != "leave_two_runs_out"])
def test_each_sample_is_tested_once(name):
    """Test folds cut the samples into pieces; leaving two runs out tests each n - 1 times."""
    tested = np.concatenate([test for _, test in make_folds(name, Y, RUNS)])
    assert sorted(tested) == list(range(len(Y)))


def test_leave_one_run_out_goes_by_run():
    """One fold a run, in the order of the runs' numbers; a gap in the numbers is no fold."""
    assert by_run(make_folds("leave_one_run_out", Y, RUNS)) == [[0], [1], [2], [3], [5], [8], [9]]


def test_leave_two_runs_out_takes_every_pair():
    """Each pair of runs is held out once."""
    numbers = sorted(set(RUNS.tolist()))
    held_out = by_run(make_folds("leave_two_runs_out", Y, RUNS))
    assert held_out == [list(pair) for pair in combinations(numbers, 2)]


def test_split_half_goes_by_the_number_in_the_file():
    """Even runs against odd runs by their number in the file, not by their rank."""
    assert by_run(make_folds("split_half", Y, RUNS)) == [[0, 2, 8], [1, 3, 5, 9]]


@pytest.mark.parametrize(
    ("name", "oracle"),
    [
        ("kfold", KFold(5).split(Y)),
        ("stratified", StratifiedKFold(5).split(Y, Y)),
        ("shuffled_kfold", KFold(7, shuffle=True, random_state=0).split(Y)),
    ],
)
def test_folds_by_sample_are_scikit_learns(name, oracle):
    """KFold(5), StratifiedKFold(5) and KFold(n_runs, shuffle=True, random_state=0)."""
    folds = make_folds(name, Y, RUNS)
    for (train, test), (oracle_train, oracle_test) in zip(folds, oracle, strict=True):
        assert np.array_equal(train, oracle_train)
        assert np.array_equal(test, oracle_test)


def test_resubstitution_tests_what_it_trained_on():
    """Training = testing has one fold of everything on both sides."""
    ((train, test),) = make_folds("resubstitution", Y, RUNS)
    assert np.array_equal(train, test)
    assert len(train) == len(Y)


def test_what_is_wrong_on_purpose_says_so():
    """Trust: three schemes are right, two the tutorial's, two wrong, and help says which."""
    trust = {name: scheme.trust for name, scheme in CV_SCHEMES.items()}
    assert [name for name in trust if trust[name] == "wrong"] == [
        "shuffled_kfold",
        "resubstitution",
    ]
    assert [name for name in trust if trust[name] == "tutorial"] == ["kfold", "stratified"]
    for name, scheme in CV_SCHEMES.items():
        assert ("wrong on purpose" in scheme.help.lower()) == (trust[name] == "wrong")


def test_an_unknown_scheme_lists_those_there_are():
    """The value and every scheme are in the message."""
    with pytest.raises(UnknownChoiceError, match=r"'loo'.*leave_one_run_out.*resubstitution"):
        make_folds("loo", Y, RUNS)


@pytest.mark.parametrize("name", CV_SCHEMES)
@pytest.mark.parametrize("n_runs", [1, 2])
def test_too_few_runs_are_an_error_or_folds(name, n_runs):
    """With one or two runs a scheme splits or says what it needs; it never fails otherwise."""
    keep = n_runs * 12
    try:
        folds = make_folds(name, Y[:keep], RUNS[:keep])
    except SpecError as error:
        assert CV_SCHEMES[name].label.lower() in str(error).lower()
        assert "Choose another scheme" in str(error)
    else:
        assert folds


@pytest.mark.parametrize(
    ("numbers", "even", "told"),
    [
        ((1, 2, 3, 4, 5), (2, 4), "runs 1, 3 and 5 against runs 2 and 4, by number."),
        ((1, 2, 3, 5, 7, 9), (2, 5, 9), "runs 1, 3 and 7 against runs 2, 5 and 9, by order, as"),
        ((1, 3, 5, 7), (3, 7), "runs 1 and 5 against runs 3 and 7, by order, as"),
        ((2, 4), (4,), "run 2 alone against run 4 alone, by order, as"),
        ((-3, 1, 4, 9), (1, 9), "runs -3 and 4 against runs 1 and 9, by order"),
        ((0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11), (0, 2, 4, 6, 8, 10), ", by number."),
        ((4, 6, 9), (4, 6), "run 9 alone against runs 4 and 6, by number."),
    ],
)
def test_halves_go_by_number_where_that_halves_and_else_by_order(numbers, even, told):
    """Halves differ by one run at most, whatever the numbers; which they are is said."""
    runs = np.repeat(numbers, 12)
    y = np.resize(Y, len(runs))
    assert by_run(make_folds("split_half", y, runs), runs)[0] == list(even)
    assert told in CV_SCHEMES["split_half"].parts(runs)
    space = {"np": np, "LeaveOneGroupOut": LeaveOneGroupOut, "X": y, "y": y, "runs": runs}
    exec(CV_SCHEMES["split_half"].code.setup, space)
    folds = eval(CV_SCHEMES["split_half"].code.expression, space)
    assert by_run(folds, runs)[0] == list(even)


def test_too_few_samples_are_refused():
    """Fewer samples than folds, or than five of a category, are said with their number."""
    with pytest.raises(SpecError, match="4 samples"):
        make_folds("kfold", Y[[0, 4, 12, 16]], RUNS[[0, 4, 12, 16]])
    few = [0, 1, 2, 12, 4, 5, 6, 7, 8, 16]
    with pytest.raises(SpecError, match="only 4 samples"):
        make_folds("stratified", Y[few], RUNS[few])


def test_a_training_fold_of_one_category_is_refused():
    """Where a training fold holds one category only, the fold and the category are named."""
    y = np.array(["a"] * 12 + ["b"] * 12)
    runs = np.repeat([0, 1], 12)
    with pytest.raises(SpecError, match=r"fold 1 are all 'b'"):
        make_folds("leave_one_run_out", y, runs)
