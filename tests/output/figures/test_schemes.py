"""The schemes' chart and table say what the outcomes hold."""

import numpy as np
import pytest
from makers import make_null

from decoding.analyses.schemes import SELECT_FIRST, Outcome, SchemesResult, telling
from decoding.output.figures.chart import alt_text
from decoding.output.figures.schemes import plot_schemes, reading_schemes, schemes_table
from decoding.results import PermutationResult
from decoding.spec import DecodingSpec

SPEC = DecodingSpec()


def outcome(scheme, observed, middle):
    """Return an outcome whose null lies around `middle`."""
    test = PermutationResult(
        spec=SPEC,
        observed=observed,
        null=make_null(middle + np.linspace(-0.1, 0.1, 201)),
        n_samples=216,
        n_blocks=24,
        n_voxels=7,
    )
    return Outcome(scheme=scheme, test=test)


@pytest.fixture
def result():
    """Return three schemes and one that cannot be computed."""
    outcomes = (
        outcome("leave_one_run_out", 0.7, 0.5),
        outcome("shuffled_kfold", 0.9, 0.82),
        outcome(SELECT_FIRST, 0.72, 0.62),
        Outcome(scheme="leave_two_runs_out", test=None, problem="It needs 3 runs."),
    )
    return SchemesResult(spec=SPEC, n_classes=2, outcomes=outcomes)


def test_table_has_a_row_a_scheme(result):
    """Each scheme has its score, its null and its trust; one that failed has its problem."""
    table = schemes_table(result).set_index("scheme")
    assert table.loc["shuffled_kfold", ["observed", "null_mean"]].tolist() == [
        0.9, pytest.approx(0.82),
    ]  # fmt: skip
    assert table["trust"].tolist() == ["right", "wrong", "wrong", "right"]
    assert table.loc["leave_two_runs_out", "problem"] == "It needs 3 runs."
    assert np.isnan(table.loc["leave_two_runs_out", "p_value"])


def test_marks_lie_on_the_scores(result):
    """The bands span 95 % of the relabelled scores, the marks are the observed ones."""
    figure = plot_schemes(result, "light", current="shuffled_kfold")
    band = figure.data[0]
    low, high = result.outcomes[1].test.null.band
    assert (band.base[1], band.base[1] + band.x[1]) == pytest.approx((low, high))
    observed = {y: x for trace in figure.data[2:] for x, y in zip(trace.x, trace.y, strict=True)}
    assert observed == {0: 0.7, 1: 0.9, 2: 0.72}
    (bold,) = [note.text for note in figure.layout.annotations if "selected" in note.text]
    assert bold.startswith("<b>Shuffled folds")


@pytest.mark.parametrize("circular", [False, True])
def test_chance_is_no_line_in_a_circular_mask(result, circular):
    """Where responses to the categories chose the mask no scheme's score is read against 1/K."""
    figure = plot_schemes(result, "light", circular=circular)
    assert len(figure.layout.shapes) == (not circular)
    assert ("chance" in figure.layout.xaxis.title.text) != circular
    scores = [note.text for note in figure.layout.annotations if note.x == 1]
    wrong = [circular or outcome.trust == "wrong" for outcome in result.outcomes if outcome.test]
    assert [text.startswith("<s>") for text in scores if text != "none"] == wrong


def test_reading_compares_meaningless_labels(result):
    """The sentence gives what meaningless labels score under the leaky and the sound scheme."""
    text = reading_schemes(result)
    assert "0.820 under shuffled folds and 0.500 with one run left out" in text
    assert text in alt_text(plot_schemes(result, "dark"))


def test_a_null_below_chance_is_explained(result):
    """Why shuffled labels score below guessing is said where they do, and nowhere else."""
    assert "below guessing" not in reading_schemes(result)
    below = result.with_test("shuffled_kfold", outcome("shuffled_kfold", 0.6, 0.4).test)
    assert (
        "0.400 under shuffled folds (below guessing, as each tested sample leaves"
        in reading_schemes(below)
    )


def test_fuller_test_takes_the_place(result):
    """A scheme's exact test replaces its sampled one; the others stay."""
    fuller = outcome("leave_one_run_out", 0.7, 0.4).test
    changed = result.with_test("leave_one_run_out", fuller)
    assert changed.outcomes[0].test is fuller
    assert changed.outcomes[1:] == result.outcomes[1:]


def test_telling_pair_is_the_spec_otherwise():
    """The pair that lets a leak show keeps subject, mask, scheme and estimator."""
    spec = DecodingSpec(subject="4", mask="face", cv="kfold", estimator="ridge")
    shown = telling(spec)
    assert shown.conditions == ("bottle", "shoe")
    assert (shown.subject, shown.mask, shown.cv, shown.estimator) == ("4", "face", "kfold", "ridge")
