"""What a score is compared with, and what a p-value is said to count."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
from makers import make_null, result_of_runs

from decoding.analyses.circularity import is_circular
from decoding.analyses.schemes import Outcome, SchemesResult
from decoding.cross_validation import CV_SCHEMES
from decoding.datasets.base import WHOLE_BRAIN, Mask, MaskOrigin
from decoding.errors import UnknownChoiceError
from decoding.numbers import percent_text
from decoding.output.brain.view import reading_mean
from decoding.output.figures.null import plot_null
from decoding.output.figures.scores import plot_fold_scores, reading_fold_scores
from decoding.output.text.readings import scans_text, spacing_text
from decoding.output.text.wording import (
    NO_COMPARISON,
    answer_text,
    auc_text,
    chance_for,
    chance_text,
    compared_text,
    ground_text,
    identified_text,
    kind_text,
    left_out_text,
    luck_text,
    p_rule_text,
    smallest_text,
)
from decoding.results import PermutationResult
from decoding.spec import DecodingSpec
from pages.components.checks import show_accuracy
from pages.components.home.introduction import _map_words
from pages.components.maps import reading_likeness
from pages.components.service import View
from pages.components.validate.schemes import band_text, show_explanations, with_selected
from pages.components.validate.verdict import room_text

NOT_BY_RUN = ["kfold", "stratified", "shuffled_kfold", "resubstitution"]


HAXBY_FACE = MaskOrigin(
    chosen="by a localizer", responses_to=frozenset({"cat", "face"}), localizer=True
)
SUBJECT = SimpleNamespace(
    masks={"face": Mask(origin=HAXBY_FACE), "vt": Mask()},
    unusable={},
    conditions=("bottle", "cat", "face", "shoe"),
)


@pytest.mark.parametrize("cv", NOT_BY_RUN)
def test_a_score_of_shared_runs_is_compared_with_its_null(cv):
    """Where a scheme does not leave whole runs out, no distance from chance is said."""
    result, null = result_of_runs([18, 18]), make_null([0.546, 0.746])
    shared = replace(result, spec=replace(result.spec, cv=cv))
    told = compared_text(shared, null)
    assert told == "+25.4 points from shuffled labels, 0.646; chance is no comparison here"
    assert compared_text(shared) == NO_COMPARISON
    assert chance_for(SUBJECT, shared.spec) is None


@pytest.mark.parametrize("conditions", [("cat", "face"), ("bottle", "shoe"), ()])
@pytest.mark.parametrize("mask", ["face", "vt"])
@pytest.mark.parametrize("cv", CV_SCHEMES)
def test_no_distance_is_said_in_a_mask_that_the_categories_chose(cv, mask, conditions):
    """In a localizer's mask no score of its own categories lies so far above anything."""
    spec = replace(DecodingSpec(), mask=mask, conditions=conditions, cv=cv)
    circular = is_circular(SUBJECT, spec)
    assert circular == (mask == "face" and conditions != ("bottle", "shoe"))
    result = replace(result_of_runs([18, 17]), spec=spec, circular=circular)
    null = make_null([0.546, 0.746])
    chance = chance_for(SUBJECT, spec)
    assert (chance is None) == (circular or cv in NOT_BY_RUN)
    assert chance is None or chance == 1 / (len(conditions) or 4)
    told = compared_text(result, null), reading_fold_scores(result, null)
    assert ("points" not in told[0]) == ("above" not in told[1]) == circular
    figures = (
        plot_fold_scores(result, "light", null=null),
        plot_null(null, result.accuracy, "light", chance=chance),
    )
    dotted = [shape for figure in figures for shape in figure.layout.shapes if dotted_line(shape)]
    assert len(dotted) == (0 if circular else 1 if cv in NOT_BY_RUN else 2)
    assert ("chance" in (figures[1].layout.xaxis.title.text or "")) == (chance is not None)


@pytest.mark.parametrize("mask", ["face", "vt"])
def test_alike_halves_have_no_chance_in_a_circular_mask(mask):
    """What guessing gets is said of the paper's own analysis only where that compares."""
    told = identified_text(SUBJECT, DecodingSpec(mask=mask), 0.95)
    assert told.startswith("Counted along rows and columns as in the paper: 95 %, ")
    assert ("chance is 50 %" in told) == (NO_COMPARISON not in told) == (mask == "vt")


@pytest.mark.parametrize("cv", CV_SCHEMES)
def test_the_honest_score_beside_a_wrong_one_may_be_compared(monkeypatch, cv):
    """In a circular mask under any scheme: mask and scheme are both mended, and both are named."""
    asked, shown = [], []
    subject = SimpleNamespace(
        masks={"face": Mask(origin=HAXBY_FACE), "brain": Mask(origin=WHOLE_BRAIN)},
        unusable={}, conditions=SUBJECT.conditions,
    )  # fmt: skip

    def decoded(analysis, view):
        asked.append(view.spec)
        return replace(result_of_runs([18, 17]), spec=view.spec)

    monkeypatch.setattr("pages.components.checks.result_for", decoded)
    monkeypatch.setattr("pages.components.checks.show_metric", lambda *words: shown.append(words))
    spec = DecodingSpec(mask="face", cv=cv)
    show_accuracy(View(spec=spec, subject=subject), result_of_runs([20, 20]), "")
    scheme = "leave_one_run_out" if cv in NOT_BY_RUN else cv
    assert asked == [replace(spec, mask="brain", cv=scheme)]
    label, _, told = shown[-1]
    assert label == "Honest accuracy" and "points from chance, 0.500" in told
    assert "recorded brain" in told and (CV_SCHEMES[scheme].label in told) == (scheme != cv)


def dotted_line(shape):
    """Tell whether a shape is the line that scores are read against."""
    return shape.line.dash == "dot"


def test_home_counts_the_maps_and_tells_when_rest_was_cut_out():
    """With eight categories there are 28 maps; labelled volumes alone are not one every 2.5 s."""
    many = SimpleNamespace(classes=tuple("abcdefgh"), n_voxels=224, spec=DecodingSpec())
    assert "for each of 28 pairs of categories in each of 224 voxels" in _map_words(many)
    pair = SimpleNamespace(classes=("a", "b"), n_voxels=98, spec=DecodingSpec())
    assert _map_words(pair) == "One weight in each of 98 voxels, drawn on the brain."
    assert spacing_text(SimpleNamespace(t_r=2.5, has_rest=True, maps=False)) == "one every 2.5 s"
    assert "every" not in spacing_text(SimpleNamespace(t_r=2.5, has_rest=False, maps=False))
    assert spacing_text(SimpleNamespace(maps=True)) == "no series in time"


def test_the_kind_of_scan_is_said_of_a_series_in_time_only():
    """What was computed elsewhere may be no fMRI; a recording has its own repetition time."""
    assert scans_text(SimpleNamespace(maps=True)) == ""
    told = scans_text(SimpleNamespace(maps=False, t_r=0.8))
    assert told == "fMRI, scans of the brain at work, 0.8 s each: "


@pytest.mark.parametrize("cv", sorted(set(CV_SCHEMES) - set(NOT_BY_RUN)))
def test_other_scores_are_compared_with_chance(cv):
    """Every other scheme keeps chance as its comparison, null or not."""
    result = result_of_runs([18, 18])
    result = replace(result, spec=replace(result.spec, cv=cv))
    assert chance_text(chance_for(SUBJECT, result.spec)) == "chance 0.500"
    for null in (None, make_null([0.546, 0.746])):
        assert compared_text(result, null) == "+40.0 points from chance, 0.500"


@pytest.mark.parametrize("cv", NOT_BY_RUN)
def test_folds_of_shared_runs_are_not_counted_against_chance(cv):
    """The reading counts folds above the null's mean, or none as long as there is no null."""
    result, null = result_of_runs([18, 12, 19, 11]), make_null([0.546, 0.746])
    shared = replace(result, spec=replace(result.spec, cv=cv))
    assert "4 of 4 runs are above chance" in reading_fold_scores(result, null)
    told = reading_fold_scores(shared, null)
    assert "2 of 4 runs are above what shuffled labels score on average" in told
    assert "against 0.646" in told and "0.500" not in told
    assert "above" not in reading_fold_scores(shared)
    heights = [shape.y0 for shape in plot_fold_scores(shared, "light", null=null).layout.shapes]
    assert 0.5 not in heights and 0.646 in [round(height, 9) for height in heights]


def test_a_test_of_few_relabellings_is_a_first_look():
    """One that scores fewer than the full test would is marked as such."""
    assert kind_text(make_null([0.5] * 99)) == "first look"
    assert kind_text(make_null([0.5] * 1000, n_distinct=10**9)) == "sampled"
    assert kind_text(make_null([0.5] * 8, exact=True, n_distinct=8)) == "exact"


def test_what_limits_p_is_named():
    """Enumerated relabellings are limited by the runs, drawn ones by their number."""
    assert smallest_text(make_null([0.5] * 99)).startswith("with 99 relabellings")
    assert smallest_text(make_null([0.5] * 8, exact=True)).startswith("with these runs")


def test_no_luck_is_no_proof_where_the_design_failed():
    """What is hardly luck may still be the order of the blocks."""
    assert luck_text(0.016).endswith("this is hardly luck.")
    assert "a design check failed" in luck_text(0.016, sound=False)
    assert luck_text(0.2, sound=False) == luck_text(0.2)


def test_the_rule_of_p_says_what_is_counted():
    """Drawn nulls count one more on both sides; enumerated ones name what reaches the score."""
    assert p_rule_text(make_null([])).startswith("p = (1 + number that reach it) / (1 +")
    assert "the true labels and their mirror image" in p_rule_text(make_null([], exact=True))
    assert "mirror" not in p_rule_text(make_null([], exact=True, n_tied=1))


def test_auc_is_explained_only_where_it_parts():
    """A clause stands where area and accuracy differ by more than a tenth."""
    leaning = SimpleNamespace(
        accuracy=0.685, auc=0.845, one_sided=[("run 8", 18, "cat")], spec=DecodingSpec()
    )
    assert "leans to one category (run 8: all 18 called cat)" in auc_text(leaning)
    assert auc_text(leaning).endswith("Scale within runs.")
    scaled = SimpleNamespace(**{**vars(leaning), "spec": DecodingSpec(standardize="run")})
    assert auc_text(scaled).endswith("still good.")
    spread = SimpleNamespace(**{**vars(leaning), "one_sided": []})
    assert "leans to one category" not in auc_text(spread)
    assert "ranks samples better than it names them" in auc_text(spread)
    for auc in (0.75, None):
        assert auc_text(SimpleNamespace(**{**vars(leaning), "auc": auc})) == ""


def test_the_likeness_sentence_follows_from_the_two_numbers():
    """It names the map of the higher number shown, equals as such, and claims no more."""
    more = "resembled it more than the"
    assert f"pattern {more} weights (0.62 against 0.41)" in reading_likeness(0.41, 0.62)
    assert f"weights {more} activation pattern (0.10 against -0.20)" in reading_likeness(0.1, -0.2)
    assert "equally" in reading_likeness(0.4141, 0.4139)
    assert "resembles nothing" in reading_likeness(float("nan"), 0.5)


def test_the_selected_scheme_has_one_null_on_a_page(monkeypatch):
    """Metric, figure and paragraph of the selected scheme take the page's own, fuller test."""
    few, full = (
        PermutationResult(
            spec=DecodingSpec(),
            observed=0.9,
            null=make_null(scores),
            n_samples=4,
            n_blocks=4,
            n_voxels=7,
        )
        for scores in ([0.5] * 200, [0.6] * 4096)
    )
    outcomes = tuple(Outcome(scheme=name, test=few) for name in ("leave_one_run_out", "kfold"))
    found = SchemesResult(spec=DecodingSpec(), n_classes=2, outcomes=outcomes)
    view, told = (
        SimpleNamespace(spec=DecodingSpec(), subject=SimpleNamespace(t_r=2.5, maps=False)),
        [],
    )

    def tell(text, before=""):
        told.append(before + text)

    monkeypatch.setattr("pages.components.validate.schemes.say_short", tell)
    show_explanations(view, with_selected(found, view, full))
    own, other = (
        next(text for text in told if text.startswith(f"**{CV_SCHEMES[name].label}."))
        for name in ("leave_one_run_out", "kfold")
    )
    assert "score 0.600 on average" in own and "score 0.500 on average" in other
    assert "in the selected row those of the test above" in band_text(view)


def test_a_sentence_on_a_map_says_on_what_it_is_drawn():
    """No still slice is said to have a cut, and without an anatomy none is named."""
    assert "arrow keys" in reading_mean(10, (40, 40, 20))
    assert "arrow keys" not in reading_mean(10, (40, 1, 20))
    assert ground_text(SimpleNamespace(anatomy=None)) == "mean scan"
    assert (room_text(1.0), room_text(0.979)) == ("no", "little")


def test_choices_that_hold_commas_are_told_apart():
    """A list is separated by semicolons where a label has a comma of its own."""
    labels = ["Leave one run out", "Split half, odd against even runs"]
    told = str(UnknownChoiceError("scheme", "loo", labels))
    assert told.endswith("Choose from: Leave one run out; Split half, odd against even runs.")
    assert str(UnknownChoiceError("mask", "x", ["vt", "face"])).endswith("vt, face.")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"confounds": "scrub"}, "go with the confounds."),
        ({"lag": 5.0}, "would lie past the edge of a run at this lag."),
        (
            {"confounds": "scrub", "lag": 5.0},
            "go with the confounds or would lie past the edge of a run at this lag.",
        ),
    ],
)
def test_volumes_left_out_are_told_with_what_left_them_out(changes, why):
    """A lag is blamed only where there is one, and so are confounds."""
    result = result_of_runs([18, 18])
    assert left_out_text(result) == ""
    lost = replace(result, spec=replace(result.spec, **changes), n_dropped=4)
    assert left_out_text(lost) == f"Left out: 4 volumes that {why}"


def test_the_answer_is_one_plain_sentence():
    """It says a share of scans by one rule: guessing, shuffled labels, or no comparison at all."""
    result = replace(result_of_runs([18, 18]), classes=("cat", "face"))
    score, null = percent_text(result.accuracy), make_null([0.646])
    said = f"{score} of the scans were named correctly, face or cat."
    assert answer_text(result) == f"{said} Guessing gets 50 %."
    shared = replace(result, spec=replace(result.spec, cv="shuffled_kfold"))
    assert answer_text(shared, null) == f"{said} Shuffled labels get 65 %."
    assert "%" not in answer_text(shared).removeprefix(said)
    assert "%" not in answer_text(replace(result, circular=True), null).removeprefix(said)
    many = replace(result, classes=tuple("abcdefgh"))
    assert "among 8 categories. Guessing gets 13 %." in answer_text(many)
