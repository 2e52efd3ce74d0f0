"""Categories lie and are joined as their distances say, and what is lost is said."""

import numpy as np
import pytest
from scipy.spatial.distance import pdist, squareform
from sklearn.manifold import smacof

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


@pytest.mark.parametrize("n", range(3, 9))
def test_accuracies_that_no_places_fit_are_drawn_as_nearly_as_places_can(n):
    """Where a way round is shorter than the direct one, many other starts do no better."""
    rng = np.random.default_rng(n)
    for _ in range(20):
        accuracies = np.triu(rng.normal(0.55, 0.2, (n, n)), 1)
        distances = as_distances(accuracies + accuracies.T, MEASURES["decoding"])
        places = place_in_plane(distances)
        assert places.shape == (n, 2) and np.isfinite(places).all()
        if not distances.any():
            continue
        best = smacof(distances, n_init=8, random_state=0)[1]
        stress = np.square(pdist(places) - squareform(distances)).sum()
        assert stress <= 1.15 * best + 1e-6
    line = place_in_plane(np.array([[0.0, 0.0, 0.5], [0.0, 0.0, 0.2], [0.5, 0.2, 0.0]]))
    np.testing.assert_allclose(line[:, 1], 0.0, atol=1e-9)
