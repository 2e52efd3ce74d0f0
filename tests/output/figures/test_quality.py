"""Charts of a recording's quality draw what was found, and their sentences count it."""

from dataclasses import replace

import numpy as np
import pandas as pd
from makers import design

from decoding.analyses.motion import Motion
from decoding.analyses.quality import Quality
from decoding.datasets.labels import make_volumes
from decoding.grid import Grid
from decoding.output.figures.carpet import carpet_table, plot_carpet, reading_carpet
from decoding.output.figures.motion import plot_motion, reading_motion
from decoding.output.figures.steadiness import plot_steadiness, reading_steadiness

VOLUMES = make_volumes(*design(n_runs=3), "test")


def make_quality(medians=(90.0, 50.0, 100.0), n_shown=4):
    """Return a quality of three runs with a stripe in the second."""
    carpet = np.random.default_rng(0).normal(size=(n_shown, len(VOLUMES))).astype(np.float32) / 4
    carpet[:, 20] = -3
    runs = pd.DataFrame({"run": range(3), "n_volumes": 17, "median": medians, "n_still": 0})
    return Quality(
        carpet=carpet,
        places=np.arange(3 * n_shown).reshape(-1, 3),
        tsnr=np.linspace(10, 100, 60),
        grid=Grid((5, 4, 3), np.eye(4), np.arange(60)),
        runs=runs.assign(low=runs["median"] - 5, high=runs["median"] + 5),
    )


def test_a_carpet_has_a_row_a_voxel_over_what_was_shown():
    """Cells are the carpet's, runs are divided, categories have strips; a stripe is said."""
    found = make_quality()
    figure = plot_carpet(found, VOLUMES, "light")
    np.testing.assert_array_equal(figure.data[0].z, found.carpet)
    assert [line.x0 for line in figure.layout.shapes] == [16.5, 33.5]
    strips = {bar.name: bar for bar in figure.data[1:]}
    for name in ("cat", "face", "shoe"):
        (bar,) = (bar for label, bar in strips.items() if label.endswith(name))
        covered = {int(x - w / 2 + 0.5 + i) for x, w in zip(bar.x, bar.width, strict=True)
                   for i in range(int(w))}  # fmt: skip
        assert covered == set(np.flatnonzero(VOLUMES["condition"] == name))
    said = reading_carpet(found, VOLUMES)
    assert said.startswith("The voxels changed together most at volume 3 of run 1: on average 3 ")
    assert "4 evenly spaced ones of the 60 voxels" in said and "each cell" not in said
    table = carpet_table(found, VOLUMES)
    assert table["voxel (3, 4, 5)"].tolist() == found.carpet[1].tolist()


def test_a_run_that_falls_behind_is_named():
    """Dots lie at the medians, bars reach the quartiles, and the low run is said."""
    figure = plot_steadiness(make_quality(), "dark")
    (dots,) = figure.data
    assert list(dots.y) == [90, 50, 100] and list(dots.error_y.arrayminus) == [5, 5, 5]
    assert "above 90 (median of the runs)" in reading_steadiness(make_quality())
    assert "run 1 lies more than a quarter below." in reading_steadiness(make_quality())
    assert "taken out" in reading_steadiness(make_quality(medians=(-1.0, 0.0, 1.0)))
    five = make_quality()
    runs = five.runs.loc[[0, 1, 1, 0, 2]].assign(run=range(5), n_still=[0, 1, 0, 0, 0])
    said = reading_steadiness(replace(five, runs=runs))
    assert said.endswith(
        "runs 1 and 2 lie more than a quarter below. 1 voxel never varies in some run."
    )


def test_motion_is_drawn_over_the_blocks():
    """The line breaks at each run's first volume, and the sentence says who moved the head most."""
    table = VOLUMES[["run", "condition"]].reset_index(names="volume")
    table["displacement"] = np.where(table["condition"] == "shoe", 0.6, 0.1)
    table.loc[~table["run"].duplicated(), "displacement"] = np.nan
    figure = plot_motion(Motion(table=table), VOLUMES, "light")
    line = figure.data[0]
    assert np.flatnonzero(np.isnan(line.y)).tolist() == [0, 17, 34]
    assert len(figure.layout.shapes) == 9 + 2 + 1
    said = reading_motion(Motion(table=table))
    assert "more than 0.5 mm before 9 of 48 volumes. It moved most under shoe (0.60 mm)" in said
    assert "not known. Why" in reading_motion(Motion(table=table, unknown="Why."))
