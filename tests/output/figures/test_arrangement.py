"""Categories lie and are joined as their distances say, and what is lost is said."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist, squareform

from decoding.analyses.pairs.measures import MEASURES, as_distances, place_in_plane
from decoding.output.figures.arrangement import (
    plane_table,
    plot_plane,
    plot_tree,
    reading_plane,
    reading_tree,
    tree_table,
)

PLACES = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 4.0], [1.0, 4.5]])


def test_pictures_keep_the_distances_and_say_what_they_lose():
    """Places of a plane come back but for directions; the tree joins what is nearest first."""
    names = ("a", "b", "c", "d")
    distances = squareform(pdist(PLACES))
    drawn = place_in_plane(distances)
    np.testing.assert_allclose(squareform(pdist(drawn)), distances, atol=1e-3)
    np.testing.assert_array_equal(drawn, place_in_plane(distances.copy()))
    assert "off by 0 %" in reading_plane(distances, names)
    assert reading_tree(distances, names).startswith("a and b are joined first; ")
    joined = tree_table(distances, names).set_index(["first", "second"])["joined_at"]
    assert joined["a", "b"] == 1.0 and joined["a", "c"] == joined["b", "d"]
    np.testing.assert_allclose(joined["a", "c"], distances[:2, 2:].mean())
    assert len(plot_tree(distances, names, "dark", unit="1 - r").data) == 4
    assert list(plot_plane(distances, names, "light").data[0].text) == list(names)
    assert plane_table(distances, names)["x"].tolist() == drawn[:, 0].tolist()
    assert not place_in_plane(np.zeros((3, 3))).any()
    below = as_distances(np.array([[0.0, -0.2], [-0.2, 0.0]]), MEASURES["crossnobis"])
    assert not below.any()
    told_apart = as_distances(np.array([[0.0, 0.9], [0.9, 0.0]]), MEASURES["decoding"])
    assert told_apart[0, 1] == pytest.approx(0.4)
