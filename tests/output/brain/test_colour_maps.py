"""Colour maps of brains: what is strongest stands out, and shows its sign by its hue."""

import numpy as np
import pytest
from matplotlib.colors import rgb_to_hsv, to_hex

from decoding.output.brain.colour_maps import diverging_cmap, sequential_cmap
from decoding.output.colours import THEMES, contrast


@pytest.mark.parametrize("theme", THEMES)
def test_strong_values_have_a_hue_and_stand_out(theme):
    """Neither end is near white or black grey, and the stronger a value the higher its contrast."""
    background, diverging = THEMES[theme].background, diverging_cmap(theme)
    cool, warm = (diverging(np.linspace(0.5, end, 40))[:, :3] for end in (0.0, 1.0))
    single = sequential_cmap(theme)(np.linspace(0, 1, 40))[:, :3]
    for colours in (cool, warm, single):
        contrasts = [contrast(to_hex(one), background) for one in colours]
        assert np.all(np.diff(contrasts) > -0.02) and contrasts[-1] > 6
        assert rgb_to_hsv(colours[-1])[1] > 0.6
    assert np.abs(cool[-1] - warm[-1]).max() > 0.4
