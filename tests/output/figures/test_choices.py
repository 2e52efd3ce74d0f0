"""The specification curve: a mark a combination, in order, ringed where it is the visitor's."""

import numpy as np
import pytest

from decoding.analyses.choices.result import ChoicesResult, JointNull
from decoding.analyses.choices.scores import Combination
from decoding.analyses.choices.universe import CHOICES
from decoding.output.figures.choices import plot_curve, plot_moves
from decoding.output.text.choices import (
    alone_text,
    joined_text,
    joint_text,
    moves_text,
    standing_text,
)
from decoding.relabel import relabel
from decoding.spec import DecodingSpec

SPECS = [
    DecodingSpec(detrend=detrend, estimator=name)
    for detrend in (False, True)
    for name in ("svc", "logistic")
]


def made():
    """Return four combinations, of which the two SVMs share relabellings."""
    y, runs = np.tile(["cat", "face"], 8), np.repeat(np.arange(8), 2)
    shared = relabel(y, runs, np.arange(16), 9, 0)
    rng = np.random.default_rng(0)
    scores = [np.r_[0.75, rng.uniform(0.4, 0.6, 9)], [0.5], np.r_[1.0, rng.uniform(0.4, 0.6, 9)]]
    found = [
        Combination(spec=spec, scores=np.asarray(own))
        for spec, own in zip(SPECS, [*scores, [0.875]], strict=True)
    ]
    joint = JointNull(scores=np.stack([scores[0], scores[2]], axis=1), relabelled=shared)
    values = {name: tuple(dict.fromkeys(getattr(s, name) for s in SPECS)) for name in CHOICES}
    return ChoicesResult(spec=SPECS[0], values=values, combinations=tuple(found),
                         left_out={}, joint=joint, n_classes=2, n_blocks=16)  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_marks_rise_and_lead_to_their_combination(theme):
    """Scores rise; custom data is the place; the ring and a square a choice stand where they do."""
    result = made()
    figure = plot_curve(result, theme, own=2, chance=0.5)
    traces = {trace.name: trace for trace in figure.data}
    assert list(traces["score"].y) == [0.5, 0.75, 0.875, 1.0]
    assert list(traces["score"].customdata) == [1, 0, 3, 2]
    assert (list(traces["yours"].x), list(traces["yours"].y)) == ([3], [1.0])
    assert len(figure.data[-1].x) == 8  # two choices are varied
    assert [x for x in traces["95 % of shuffled labels"].x if x is not None] == [1, 1, 3, 3]
    bars = plot_moves(result, theme).data[0]
    assert sorted(bars.x) == pytest.approx([18.8, 31.3])  # as the sentence rounds them


def test_sentences_say_the_numbers():
    """What moves most, where the own one stands, the p of the best, and who takes no part."""
    result = made()
    assert result.moves == {"detrend": pytest.approx(0.3125), "estimator": pytest.approx(0.1875)}
    told = "the trend moves the score by 31.3 points on average, the classifier by 18.8 points"
    assert told in moves_text(result)
    assert standing_text(result, SPECS[3]) == "Yours scores 0.875; 2 of the 4 score lower."
    told = joint_text(result)
    assert "scored 2 of the 4 combinations each time. The best scores 1.000 (p 0.10)." in told
    assert "it cannot get smaller than 0.10. The median is 0.875 (p 0.10). No p of 0.05" in told
    assert alone_text(result, result.combinations[result.joined[0]].spec).startswith("Yours has a")
    others = [i for i in range(4) if i not in result.joined]
    assert not alone_text(result, result.combinations[others[0]].spec)
    assert joined_text(result).startswith("Without a band: logistic regression")
