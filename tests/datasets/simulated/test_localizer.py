"""Masks that a recording's own responses chose."""

from dataclasses import replace

import numpy as np

from decoding.datasets.simulated.localizer import localize
from decoding.datasets.simulated.parameters import (
    BLOCK_STARTS,
    BLOCK_VOLUMES,
    CATEGORIES,
    SimulationParameters,
)
from decoding.datasets.simulated.regions import make_head
from decoding.datasets.simulated.timeline import draw_order


def test_the_voxels_that_answer_most_are_chosen():
    """Planted far from the masks of before, they are found; other masks and the sizes stay."""
    head = make_head(15, "demo")
    order = draw_order(SimulationParameters(subject=15))
    n_voxels, n_faces = int(head.brain.sum()), int(head.masks["face"].sum())
    rng = np.random.default_rng(0)
    runs = []
    for shown in order:
        run = rng.normal(size=(121, n_voxels)).astype(np.float32)
        start = BLOCK_STARTS[shown.tolist().index(CATEGORIES.index("face"))]
        run[start : start + BLOCK_VOLUMES, :n_faces] += 5
        runs.append(run)
    found = localize(head, runs, order)
    assert np.flatnonzero(found.masks["face"][head.brain]).tolist() == list(range(n_faces))
    assert not (found.masks["face"] & found.masks["house"]).any()
    assert (found.masks["face_little"] <= found.masks["face"]).all()
    assert found.masks["vt"] is head.masks["vt"]
    assert {k: m.sum() for k, m in found.masks.items()} == {
        k: m.sum() for k, m in head.masks.items()
    }


def test_values_of_before_say_the_same():
    """A subject whose masks lie where they are planted is told from no file of before."""
    made = SimulationParameters()
    assert "localizer" not in made.as_dict()
    assert replace(made, localizer="responses").as_dict()["localizer"] == "responses"
