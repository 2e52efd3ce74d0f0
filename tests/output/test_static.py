"""The article's static figures: real PNG and SVG, the same each time, safe in threads."""

import io
from concurrent.futures import ThreadPoolExecutor
from html import escape
from types import SimpleNamespace

import matplotlib.image
import nibabel as nib
import numpy as np
import pytest
from makers import AXIS_ORDERS, HEAD_SHAPE, make_head, make_maps, make_slab, make_subject
from PIL import Image

from decoding.output.brain.view import hidden_below, legend_map
from decoding.output.colours import THEMES
from decoding.output.static import mask_picture, static_background, values_picture


def stand_in(keep):
    """Return what keeps what nilearn is asked to draw, and draws no slice."""

    def plot(image, **asked):
        keep(image, asked)
        return SimpleNamespace(axes={})

    return plot


def rgb(colour):
    """Return ``#rrggbb`` as three numbers of 0 to 255."""
    return np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)])


def pixels(png):
    """Return a PNG's pixels, 0 to 255."""
    return np.round(matplotlib.image.imread(io.BytesIO(png))[..., :3] * 255).astype(int)


def draw(theme, format="png", seed=0):
    """Return the picture of a map and of a mask."""
    maps = make_maps(seed)
    image = maps.grid.image(maps.weights[0])
    mask = nib.Nifti1Image((image.get_fdata() != 0).astype(np.uint8), image.affine)
    threshold = hidden_below(maps.weights)
    return (
        values_picture(image, make_head(), theme=theme, threshold=threshold, format=format),
        mask_picture(mask, make_head(), theme=theme, format=format),
    )


@pytest.mark.parametrize("theme", THEMES)
def test_pictures_are_drawn_on_the_theme(theme):
    """The corner is the theme's background; the mask is the accent, the weights are coloured."""
    weights, mask = (pixels(png) for png in draw(theme))
    for picture in (weights, mask):
        np.testing.assert_array_equal(picture[1, 1], rgb(THEMES[theme].background))
    coloured = np.ptp(weights, axis=2) > 80
    assert coloured.sum() > 500
    accent = np.abs(mask - rgb(THEMES[theme].primary)).max(axis=2) < 60
    assert accent.sum() > 500


def test_svg_is_svg_and_steady():
    """An SVG opens as XML of that kind, carries no date and is the same bytes each time."""
    first, second = draw("light", "svg"), draw("light", "svg")
    for svg in first:
        assert b"<svg" in svg[:800]
        assert b"<dc:date>" not in svg
    assert first == second


@pytest.mark.parametrize("format", ["png", "svg"])
def test_a_figure_tells_its_legend_unit_and_data(format):
    """Words stand under the picture, which keeps its size, and in the file for programs to read."""
    maps = make_maps()
    words = (legend_map(maps, maps.weights), "Haxby et al. 2001, subject 1. $x$ <& ±")
    files = []
    for told in ((), words):
        image = maps.grid.image(maps.weights[0])
        files.append(
            values_picture(
                image, make_head(), theme="light", threshold=0.1, words=told, format=format
            )
        )
    bare, credited = files
    if format == "svg":
        assert escape(words[1]) in credited.decode()
        return
    assert Image.open(io.BytesIO(credited)).text["Description"] == "\n".join(words)
    rows = len(pixels(bare))
    assert 30 < len(pixels(credited)) - rows < 120
    foot = np.abs(pixels(credited)[rows + 5 :] - rgb(THEMES["light"].background)).max(axis=2)
    assert (foot > 60).any(axis=1).sum() > 12


def test_a_map_in_a_file_says_where_it_is_cut_and_what_its_colours_mean():
    """It has a title, a unit, the place under each slice; a long link ends inside the edge."""
    maps, cut = make_maps(), (1.75, -3.75, 7.5)
    link = f"http://127.0.0.1/searchlight?v=1{'&conditions=scrambledpix' * 9}&pin={'v%3D1%26' * 40}"
    told = {"title": "Searchlight", "unit": "points above chance", "words": (link,)}
    image, head = maps.grid.image(maps.weights[0]), make_head()
    png, svg = (
        values_picture(image, head, theme="light", threshold=0.1, axial=True, cut=cut, **told,
                       format=format)
        for format in ("png", "svg")
    )  # fmt: skip
    for text in ("Searchlight", "points above chance", "x = 1.8 mm", "y = -3.7 mm", "z = 7.5 mm"):
        assert f"<!-- {text} -->" in svg.decode()
    assert "<!-- &amp;conditions=scrambledpix" in svg.decode()
    margin = np.abs(pixels(png)[:, -6:] - rgb(THEMES["light"].background))
    assert margin.max() < 4


def test_another_map_is_another_picture():
    """Weights of another pair change the figure; the same give the same bytes."""
    assert draw("light")[0] == draw("light")[0]
    assert draw("light")[0] != draw("light", seed=1)[0]


def test_threads_do_not_disturb_each_other():
    """Drawn in four threads at once, every picture equals the one drawn alone."""
    alone = [draw("light", seed=seed)[0] for seed in range(2)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda seed: draw("light", seed=seed % 2)[0], range(4)))
    assert together == [alone[0], alone[1]] * 2


def test_pyplot_holds_no_figure_afterwards():
    """Nothing is left in pyplot's list: a server would run out of memory."""
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    draw("dark")
    assert plt.get_fignums() == before


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_single_slice_is_drawn_as_that_plane(axis):
    """A recording of one slice gives that slice, whichever way it was cut."""
    shape = [24, 30, 26]
    shape[axis] = 1
    affine = np.diag([3.0, 3.0, 3.0, 1])
    head = make_head(tuple(shape), affine)
    mask = np.zeros(shape, dtype=np.uint8)
    mask[tuple(slice(size // 3, size // 2 + 1) for size in shape)] = 1
    png = mask_picture(nib.Nifti1Image(mask, affine), head, theme="light")
    accent = np.abs(pixels(png) - rgb(THEMES["light"].primary)).max(axis=2) < 60
    assert accent.sum() > 500


@pytest.mark.parametrize("n_slices", [1, 2, 3])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_slab_is_one_figure_in_all_orders_of_its_axes(axis, n_slices, monkeypatch):
    """Stored in any of 48 ways, nilearn is given the slab stored straight, cut across its plane."""
    told = []
    monkeypatch.setattr("nilearn.plotting.plot_stat_map", stand_in(lambda *a: told.append(a)))
    monkeypatch.setattr("decoding.output.static._save", lambda *_: b"")
    slab = make_slab(axis, n_slices)
    for order in AXIS_ORDERS:
        turned = slab.as_reoriented(order)
        values_picture(turned, turned, theme="light", threshold=0.1)
    assert len({(k["display_mode"], k["cut_coords"]) for _, k in told}) == 1
    assert told[0][1]["display_mode"] == "xyz"[axis]
    for image, _ in told:
        np.testing.assert_array_equal(image.get_fdata(), slab.get_fdata())
        np.testing.assert_allclose(image.affine, slab.affine, atol=1e-12)


def test_an_axial_cut_joins_the_two_of_the_article(monkeypatch):
    """Weights are cut in two planes or, where asked, in all three through the same voxel."""
    told = []
    monkeypatch.setattr("nilearn.plotting.plot_stat_map", stand_in(lambda _, k: told.append(k)))
    monkeypatch.setattr("decoding.output.static._save", lambda *_: b"")
    image = (maps := make_maps()).grid.image(maps.weights[0])
    for axial in (False, True):
        values_picture(image, make_head(), theme="light", threshold=0.1, axial=axial)
    two, three = (cut["cut_coords"] for cut in told)
    assert [cut["display_mode"] for cut in told] == ["yx", "ortho"]
    assert len(three) == 3 and tuple(three[:2]) == tuple(two)


@pytest.mark.parametrize("code", [0, 1])
@pytest.mark.parametrize("shape", [HEAD_SHAPE, (40, 20, 1)])
def test_no_side_is_named_where_the_header_does_not_say(shape, code, monkeypatch):
    """L, R and mm stand on a figure only where the scan's header says where it lies."""
    told = []
    monkeypatch.setattr(
        "nilearn.plotting.plot_roi", stand_in(lambda _, k: told.append(k["annotate"]))
    )
    maps = make_maps(shape=shape, n_voxels=50, code=code)
    mask_picture(maps.grid.image(np.ones(50)), make_head(shape), theme="light")
    assert told == [bool(code)]


def test_a_tilted_slice_is_drawn_whole():
    """A slice tilted by 20 degrees shows as many voxels as one that stands straight."""
    slab = make_slab(2, 1)
    mask = nib.Nifti1Image(np.ones(slab.shape, dtype=np.uint8), slab.affine)
    turn = nib.affines.from_matvec(nib.eulerangles.euler2mat(x=np.deg2rad(20)))
    accents = []
    for affine in (slab.affine, turn @ slab.affine):
        image = nib.Nifti1Image(mask.dataobj, affine)
        png = mask_picture(image, image, theme="light")
        accent = np.abs(pixels(png) - rgb(THEMES["light"].primary)).max(axis=2) < 60
        accents.append(accent.sum())
    assert accents[1] == pytest.approx(accents[0], rel=0.05)


def test_the_background_is_the_anatomy_as_recorded(tmp_path):
    """Static figures use the anatomy's own grid, or the mean scan."""
    anatomy = make_head((40, 50, 45), np.diag([2.0, 2.0, 2.0, 1]))
    path = tmp_path / "anat.nii.gz"
    nib.save(anatomy, path)
    with_anatomy = make_subject(tmp_path / "static", path)
    np.testing.assert_array_equal(static_background(with_anatomy).affine, anatomy.affine)
    without = make_subject(tmp_path / "static-mean")
    assert static_background(without).shape != anatomy.shape
