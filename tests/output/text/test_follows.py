"""What is said of models and masks: each case of the sentence."""

import numpy as np

from decoding.analyses.pairs.compare import Fit
from decoding.analyses.pairs.masks import MaskScores, MasksResult
from decoding.analyses.pairs.models import ModelsResult
from decoding.output.text.follows import reading_masks, reading_models
from decoding.spec import DecodingSpec


def fit(name, label, rho, p, smallest=0.001):
    """Return a model's fit."""
    return Fit(
        name=name, label=label, matrix=np.zeros((4, 4)), rho=rho, partial=None, low=0.0, high=0.9,
        p_value=p, smallest_p=smallest,
    )  # fmt: skip


def result(*fits, ceiling=None):
    """Return a result of these fits."""
    return ModelsResult(
        spec=DecodingSpec(), measure="correlation", classes=("a", "b", "c", "d"),
        measured=np.zeros((4, 4)), fits=fits, ceiling=ceiling,
    )  # fmt: skip


def test_models_are_said_with_what_speaks_against_them():
    """The best one, luck, time, what is out of reach, and the ceiling."""
    animate = fit("animate", "Animate against inanimate", 0.6, 0.2, smallest=0.1)
    said = reading_models(result(animate, fit("time", "Time between blocks", 0.5, 0.01)))
    assert said.startswith(
        "Animate against inanimate follows best: rank correlation 0.600, p 0.20, "
    )
    assert "which may be luck" in said and "The time between blocks follows too (0.500" in said
    assert said.endswith("No p of .05 is within reach of animate against inanimate.")
    good = result(fit("faces", "Faces apart", 0.8, 0.004), ceiling=(0.7, 0.9))
    assert "may be luck" not in reading_models(good)
    assert reading_models(good).endswith("the best model of all would reach 0.700 to 0.900.")
    assert reading_models(result()) == "No model says anything of these categories."


def mask(name, *scores, circular=False, problem="", published=None):
    """Return a mask's scores."""
    return MaskScores(
        mask=name, n_voxels=30, auc={}, published=published or {}, accuracy=0.5,
        at_equal_size=scores, circular=circular, problem=problem,
    )  # fmt: skip


def test_masks_are_compared_at_one_size():
    """From the highest to the lowest; a larger one with its band, circular ones named."""
    masks = (mask("house", 0.4, circular=True), mask("vt", 0.5, 0.6, published={"cat": 0.9}),
             mask("face", problem="It is empty."))  # fmt: skip
    said = reading_masks(
        MasksResult(spec=DecodingSpec(), classes=("a", "b"), masks=masks, n_equal=30)
    )
    assert said.startswith("All categories at once, at 30 voxels each: ventral temporal 0.550 (")
    assert "chose house-responsive: scores there are circular" in said
    assert "nilearn's published figures" in said
    none = MasksResult(spec=DecodingSpec(), classes=(), masks=masks[2:], n_equal=0)
    assert reading_masks(none) == "No mask has a score."
