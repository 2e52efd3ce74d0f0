"""What a score is compared with, and what a p-value is said to count."""

import pytest
from makers import make_null, result_of_runs

from decoding.errors import UnknownChoiceError
from decoding.output import figures
from decoding.output.text.wording import auc_text, compared_text, p_rule_text
from pages.components.maps import reading_likeness


@pytest.mark.parametrize("cv", ["shuffled_kfold", "resubstitution"])
def test_a_leaky_score_is_compared_with_its_null(cv):
    """Under a scheme that is wrong on purpose no distance from chance is said."""
    told = compared_text(0.889, 0.5, cv, 0.646)
    assert told == "+24.3 points from relabelled 0.646; chance is no comparison here"
    assert "points" not in compared_text(0.889, 0.5, cv)


@pytest.mark.parametrize("cv", ["leave_one_run_out", "kfold"])
def test_other_scores_are_compared_with_chance(cv):
    """Every other scheme keeps chance as its comparison, null or not."""
    assert compared_text(0.889, 0.5, cv, 0.646) == "+38.9 points from chance, 0.500"


def test_folds_of_a_leaky_scheme_are_not_counted_against_chance():
    """The reading counts folds above the null's mean, or none as long as there is no null."""
    from dataclasses import replace

    result = result_of_runs([18, 12, 19, 11])
    leaky = replace(result, spec=replace(result.spec, cv="shuffled_kfold"))
    assert "4 of 4 runs are above chance" in figures.reading_fold_scores(result, 0.646)
    told = figures.reading_fold_scores(leaky, 0.646)
    assert told.startswith("2 of 4 folds are above what relabelled data score on average")
    assert "above" not in figures.reading_fold_scores(leaky)


def test_the_rule_of_p_says_what_is_counted():
    """Drawn nulls count one more on both sides; enumerated ones name what reaches the score."""
    assert p_rule_text(make_null([])).startswith("p = (1 + number that reach it) / (1 +")
    assert "the true labels and their mirror image" in p_rule_text(make_null([], exact=True))
    assert "mirror" not in p_rule_text(make_null([], exact=True, n_tied=1))


def test_auc_is_explained_only_where_it_parts():
    """A clause stands where area and accuracy differ by more than a tenth."""
    assert "needs no threshold" in auc_text(0.685, 0.845)
    assert auc_text(0.685, 0.75) == auc_text(0.685, None) == ""


def test_the_likeness_sentence_follows_from_the_two_numbers():
    """It names the map of the higher number shown, equals as such, and claims no more."""
    assert "pattern is more like it than the weights are (0.62 against 0.41)" in reading_likeness(
        0.41, 0.62
    )
    assert "weights are more like it than the pattern is (0.10 against -0.20)" in reading_likeness(
        0.1, -0.2
    )
    assert "equally" in reading_likeness(0.4141, 0.4139)
    assert "no likeness" in reading_likeness(float("nan"), 0.5)


def test_choices_that_hold_commas_are_told_apart():
    """A list is separated by semicolons where a label has a comma of its own."""
    labels = ["Leave one run out", "Split half, odd against even runs"]
    told = str(UnknownChoiceError("scheme", "loo", labels))
    assert told.endswith("Choose from: Leave one run out; Split half, odd against even runs.")
    assert str(UnknownChoiceError("mask", "x", ["vt", "face"])).endswith("vt, face.")
