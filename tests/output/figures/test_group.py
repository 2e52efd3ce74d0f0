"""The picture of a group and its sentences: every subject a mark, filled where it is no luck."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from decoding.analyses import permute
from decoding.analyses.group import GroupRow
from decoding.kernels.prevalence import bayesian_prevalence, prevalence_of_minimum
from decoding.output.colours import THEMES
from decoding.output.figures.chart import alt_text
from decoding.output.figures.group import across_table, plot_group, reading_group
from decoding.output.text.group import (
    answer_text,
    how_tested,
    largest_bound_text,
    many_tests_text,
    missing_text,
    no_prevalence_text,
    prevalence_row,
    unreachable_text,
)


def row_of(p_values=(0.01, 0.2, 0.04), *, circular=False, smallest_p=0.01, **choices):
    """Return a row of subjects 2, 10 and x<1>."""
    names = ["2", "10", "x<1>"][: len(p_values)]
    scores = {"subject": names, "accuracy": [0.9, 0.4, 0.7][: len(names)], "p_value": p_values}
    usual = {
        "conditions": ["cat", "face"], "mask": "vt", "detrend": False, "samples": "volume",
    }  # fmt: skip
    return GroupRow(
        choices={**usual, **choices},
        scores=pd.DataFrame(scores).assign(circular=circular, smallest_p=smallest_p),
        chance=0.5,
    )


@pytest.mark.parametrize("theme", THEMES)
def test_every_subject_has_its_place(theme):
    """Two plots of one axis; marks stand by the subject, raw left of detrended, filled by p."""
    rows = [row_of(), row_of(detrend=True), row_of(mask="face", circular=True)]
    figure = plot_group(rows, theme, chance=0.5)
    marks = [one for one in figure.data if one.customdata is not None]
    raw, detrended, circular = marks
    colours = THEMES[theme]
    assert [name for (name,) in raw.customdata] == ["2", "10", "x<1>"]
    assert [round(place) for place in raw.x] == [0, 1, 2]
    assert all(a < b for a, b in zip(raw.x, detrended.x, strict=True))
    assert list(raw.marker.color) == [colours.primary, colours.background, colours.primary]
    assert (raw.marker.symbol, detrended.marker.symbol) == ("circle", "diamond")
    assert circular.marker.symbol == "x-thin" and "circular mask" in circular.text[0]
    assert raw.text[1] == "subject 10, raw: 0.400, p 0.20"
    assert "x&lt;1&gt;" in raw.text[2]
    assert figure.layout.yaxis.range == figure.layout.yaxis2.range
    assert figure.layout.xaxis.ticktext == ("2", "10", "x&lt;1&gt;")
    assert len(figure.layout.shapes) == 2
    assert "0.400 (subject 10) and 0.900 (subject 2)" in reading_group(rows)
    assert reading_group(rows) in alt_text(figure)
    assert not plot_group([row_of()], theme, chance=None).layout.shapes
    assert plot_group([row_of(())], theme, chance=0.5).data
    assert across_table(rows)["conditions"].tolist() == ["cat face"] * 9


def test_sentences():
    """Who shows it, what is not known yet, what it says of others, and who is missing."""
    raw, detrended = row_of(), row_of((0.01, 0.03, 0.04), detrend=True)
    assert answer_text(raw, detrended, comparable=True) == (
        "In 2 of 3 subjects the score of face against cat, ventral temporal is told from luck; "
        "with the trend removed, in all 3 subjects."
    )
    waiting = row_of((0.01, float("nan"), 0.04))
    assert answer_text(waiting, None, comparable=True) == (
        "40 % to 90 % of the scans were named correctly in 3 subjects: face against cat, ventral "
        "temporal. Guessing gets 50 %."
    )
    assert "Guessing" not in answer_text(raw, None, comparable=False)
    assert answer_text(row_of(()), None, comparable=True).startswith("Nobody has a score")
    full = GroupRow(
        choices=raw.choices, scores=raw.scores, chance=0.5,
        majority=prevalence_of_minimum(raw.scores["p_value"].to_numpy()),
        posterior=bayesian_prevalence(2, 3),
    )  # fmt: skip
    without = replace(full, majority=prevalence_of_minimum(np.array([0.6, 0.9, 0.5])))
    said = prevalence_row(full)
    assert said["significant"] == "2 of 3" and said["likely"].startswith("65 % (")
    assert said["bound"].endswith("%") and no_prevalence_text(full) == ""
    assert prevalence_row(waiting)["significant"] == "…"
    assert "chose the mask" in no_prevalence_text(row_of(circular=True))
    assert "not every subject can have a p of 0.05" in no_prevalence_text(raw)
    assert no_prevalence_text(row_of(())) == ""
    few = row_of((0.0625, 0.2), smallest_p=0.0625)
    assert answer_text(few, None, comparable=True).endswith(
        "In 2 subjects no score could be: p cannot get smaller than 0.063 there. More runs would "
        "help."
    )
    assert unreachable_text(row_of((0.2,), smallest_p=[0.2])).startswith("In 1 subject no score")
    assert largest_bound_text([raw, full]).startswith("3 subjects can show that more than 37 % of")
    assert many_tests_text([raw]) == "" and "in 2 ways" in many_tests_text([raw, full])
    assert prevalence_row(without)["bound"] == "no share"
    tests = [permute.Options(), permute.Options(seed=2), permute.Options(permutations=99)]
    assert [how_tested(one) for one in tests] == [
        "the full test", "the full test, seed 2", "99 relabellings, seed 0",
    ]  # fmt: skip
    assert "two subjects or more" in no_prevalence_text(row_of((0.01,)))
    told = missing_text({"3": "It is damaged."}, ("5", "6"), "Fetch it.")
    assert told == "Not here: subjects 5 and 6. Fetch it. Subject 3: It is damaged."
