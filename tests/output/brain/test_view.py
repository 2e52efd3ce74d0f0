"""Brain views: self-contained, escaped, in the theme, small, and different when the map is."""

import base64
import io
import json
import re
from dataclasses import replace

import matplotlib.image
import nibabel as nib
import numpy as np
import pytest
from makers import (
    AXIS_ORDERS,
    HEAD_AFFINE,
    HEAD_SHAPE,
    make_head,
    make_maps,
    make_search,
    make_slab,
    make_subject,
)

from decoding.analyses.searchlight.peaks import peaks_of, spheres_kept
from decoding.errors import DataError
from decoding.files import cache_dir
from decoding.grid import Grid
from decoding.numbers import place_text
from decoding.output.brain import view
from decoding.output.brain.background import (
    VOXEL_MM,
    background_image,
    mean_scan_image,
    to_view_grid,
    without_air,
)
from decoding.output.brain.colour_maps import Drawing
from decoding.output.brain.searchlight import reading_scores, score_html, surface_html
from decoding.output.brain.view import (
    brain_html,
    hidden_below,
    map_html,
    mask_html,
    mean_html,
    reading_map,
)
from decoding.output.colours import THEMES
from decoding.output.text.readings import reading_peak_table
from decoding.recording.voxels import open_voxels


def bar_ends(html):
    """Return the words at the two ends of a view's colour bar."""
    return re.findall(r"<span>([^<]+)</span>", html[html.index('<div class="bar">') :])[:2]


def params(html):
    """Return what the viewer is told."""
    start = html.index("brainsprite({") + len("brainsprite(")
    return json.JSONDecoder().raw_decode(html[start:])[0]


def sprites(html):
    """Return the embedded pictures as RGBA arrays, by their alt text."""
    found = re.findall(r'src="data:image/png;base64,([^"]+)"\s+alt="(\w*)"', html)
    return {alt: matplotlib.image.imread(io.BytesIO(base64.b64decode(s))) for s, alt in found}


def overlay_slices(html):
    """Return the overlay's sagittal slices, without the sprite's empty places after the last."""
    size, sprite = params(html)["nbSlice"], sprites(html)["overlay"]
    rows = np.split(sprite, sprite.shape[0] // size["Z"], axis=0)
    tiles = [tile for row in rows for tile in np.split(row, row.shape[1] // size["Y"], axis=1)]
    return tiles[: size["X"]]


def outside_loads(html):
    """Return every address that a browser would load from somewhere else."""
    loads = re.findall(r"""(?:src|href|action|data|poster)\s*=\s*["']?([^"'\s>]+)""", html)
    loads += re.findall(r"""url\(\s*["']?([^"')]+)""", html)
    loads += re.findall(r"""@import\s+["']([^"']+)""", html)
    return [load for load in loads if re.match(r"(https?:)?//", load)]


def test_outside_loads_are_found_where_there_are_any():
    """The check itself sees links, pictures, styles and scripts."""
    page = '<link href="https://a.b/c"><img src=//x.y><style>@import "http://z"</style>'
    assert len(outside_loads(page)) == 3


@pytest.mark.parametrize("theme", THEMES)
def test_a_view_loads_nothing_from_outside(theme):
    """Scripts and pictures are embedded: weights, mask, mean scan and single slice."""
    head, maps = make_head(), make_maps()
    mask = nib.Nifti1Image(
        (maps.grid.image(maps.weights[0]).get_fdata() != 0).astype("u1"), HEAD_AFFINE
    )
    flat = nib.Nifti1Image(head.get_fdata()[:, :, 30:31], HEAD_AFFINE)
    for html in (
        map_html(maps, maps.weights, head, theme=theme),
        mask_html(mask, head, theme=theme, name="vt"),
        mean_html(head, theme=theme),
        mean_html(flat, theme=theme),
    ):
        assert outside_loads(html) == []
        assert "data:image/png;base64," in html
        assert THEMES[theme].background in html
        assert len(html) < 1_000_000


def test_words_of_a_visitor_cannot_run():
    """Alt text and names of categories and masks are escaped, and the view has no title."""
    evil = '</script><script>alert("1")</script>\\1'
    maps = make_maps(pairs=((evil, "face"),))
    for html in (
        map_html(maps, maps.weights, make_head(), theme="light"),
        mask_html(make_head(), make_head(), theme="dark", name=evil),
        brain_html(make_head((20, 20, 1)), None, theme="light", alt=evil, drawing=Drawing()),
    ):
        assert 'alert("1")' not in html
        assert "alert(&quot;1&quot;)" in html
    view = map_html(maps, maps.weights, make_head(), theme="light")
    assert params(view)["title"] is None
    assert view.count("<script>") == map_html(
        make_maps(), maps.weights, make_head(), theme="light"
    ).count("<script>")


@pytest.mark.parametrize(("theme", "ground"), [("light", "#FFFFFF"), ("dark", "#000000")])
def test_labels_and_lines_take_the_theme(theme, ground):
    """The viewer's text and cross are the theme's; its ground shines through to the page's."""
    html = map_html(make_maps(), make_maps().weights, make_head(), theme=theme)
    told = params(html)
    assert told["colorFont"] == THEMES[theme].text
    assert told["colorCrosshair"] == THEMES[theme].primary
    assert told["colorBackground"] == ground
    assert ("lighten" if theme == "dark" else "multiply") in html
    assert "px Arial" not in html


def test_the_same_map_is_the_same_page_and_another_is_not():
    """Views are steady: they can be cached, and a change of weights, scale or theme shows."""
    head, maps, other = make_head(), make_maps(), make_maps(seed=1)
    html = map_html(maps, maps.weights, head, theme="light")
    assert html == map_html(maps, maps.weights, head, theme="light")
    assert len(re.findall(r"div_viewer-[0-9a-f]+", html)) == 1
    others = {
        map_html(other, other.weights, head, theme="light"),
        map_html(maps, maps.pattern, head, theme="light"),
        map_html(maps, maps.weights, head, theme="light", limit=9.0),
        map_html(maps, maps.weights, head, theme="dark"),
        map_html(maps, maps.weights, make_head(seed=1), theme="light"),
    }
    assert len({html, *others}) == 6
    overlay, other_overlay = (
        sprites(map_html(m, m.weights, head, theme="light"))["overlay"] for m in (maps, other)
    )
    assert not np.array_equal(overlay, other_overlay)


def test_two_maps_can_share_a_scale():
    """With a limit the colour bar ends there, on both sides."""
    maps = make_maps()
    told = map_html(maps, maps.weights, make_head(), theme="light", limit=9.0)
    assert bar_ends(told) == ["-9", "9"]
    own = map_html(maps, maps.weights, make_head(), theme="light")
    largest = f"{np.abs(maps.weights).max():.2g}"
    assert bar_ends(own) == [f"-{largest}", largest]
    assert told != own


def test_the_colour_bar_stands_under_the_slices():
    """Nilearn's bar, drawn over the coronal slice and its crosshair, is not drawn."""
    maps = make_maps()
    html = map_html(maps, maps.weights, make_head(), theme="dark")
    assert "colorMap" not in params(html)
    assert html.index("</canvas>") < html.index('<div class="bar">')
    mask = nib.Nifti1Image(np.eye(12, dtype=np.uint8)[:, :, None].repeat(12, axis=2), HEAD_AFFINE)
    assert '<div class="bar">' not in mask_html(mask, None, theme="dark", name="brain")


def test_near_zero_weights_are_hidden_and_said_so():
    """Only weights over the stated size are drawn, each in its own voxel."""
    maps = make_maps()
    maps = replace(maps, weights=np.where(np.arange(400) < 100, 0.01, maps.weights))
    hidden = hidden_below(maps.weights)
    assert hidden == pytest.approx(0.05 * np.abs(maps.weights).max())
    n_drawn = int((np.abs(maps.weights) > hidden).sum())
    assert n_drawn <= 300
    assert f"{n_drawn} of 400 weights are drawn" in reading_map(maps, maps.weights)
    html = map_html(maps, maps.weights, None, theme="light")
    drawn = sum((tile[..., 3] > 0).sum() for tile in overlay_slices(html))
    # voxels of 3.5 x 3.75 x 3.75 mm become cubes of 3.5 mm, so a few more are drawn
    assert n_drawn <= drawn <= 1.35 * n_drawn


def test_weights_of_a_pair_are_put_on_the_grid():
    """Each voxel of the image holds its own weight, and the reading names the strongest."""
    maps = make_maps(pairs=(("cat", "face"), ("cat", "house")))
    image = maps.grid.image(maps.weights[1])
    np.testing.assert_array_equal(image.get_fdata().ravel()[maps.grid.voxels], maps.weights[1])
    top = np.unravel_index(maps.grid.voxels[np.abs(maps.weights[1]).argmax()], HEAD_SHAPE)
    place = place_text(nib.affines.apply_affine(HEAD_AFFINE, top))
    text = reading_map(maps, maps.weights, pair=1)
    assert text.startswith("Warm colours favour house, cool ones cat. ")
    assert text.endswith(f"The strongest lies at {place}.")
    fine = replace(maps.grid, affine=np.diag([1.5, 1.5, 1.5, 1.0]))
    finer = reading_map(replace(maps, grid=fine), maps.weights, pair=1)
    assert finer.endswith(f"; the cut opens at the nearest step of {VOXEL_MM:g} mm.")


@pytest.mark.parametrize("theme", THEMES)
def test_every_sphere_that_is_counted_is_drawn(theme):
    """Spheres below, at and above chance are all in the picture, and the sentence counts them."""
    grid = Grid((9, 8, 7), np.diag([VOXEL_MM] * 3 + [1.0]), np.arange(60, 460))
    scores = np.random.default_rng(0).integers(4, 21, grid.n_voxels) / 24
    scores[:50] = 0.5
    result, ground = make_search(scores, grid), Grid(grid.shape, grid.affine, np.arange(504))
    background = ground.image(np.arange(1.0, 505))
    for least, chance in ((0.0, 0.5), (0.5, 0.5), (0.7, 0.5), (0.0, None)):
        kept = spheres_kept(result, "score", least)
        html = score_html(result, kept, background, theme=theme, chance=chance)
        assert sum((tile[..., 3] > 0).sum() for tile in overlay_slices(html)) == kept.sum()
        told = reading_scores(result, kept, chance)
        assert told.startswith(f"{kept.sum()} of 400 spheres are drawn")
    everything = reading_scores(result, np.ones(400, dtype=bool), 0.5)
    assert f"(0.500), {(scores < 0.5).sum()} of them below it in cool colours." in everything
    assert "above chance" not in told and "by its score (chance is no comparison here)" in told


def test_no_colour_stands_for_chance_where_it_is_no_comparison():
    """Colours begin at 0 and end at 1 where chance is none; else their middle is chance."""
    grid = Grid((9, 8, 7), np.diag([VOXEL_MM] * 3 + [1.0]), np.arange(60, 460))
    result, everything = make_search(np.linspace(0.0, 0.8, 400), grid), np.ones(400, dtype=bool)
    ends = []
    for chance in (0.5, None):
        html = score_html(result, everything, None, theme="light", chance=chance)
        ends.append(bar_ends(html))
    assert ends == [["-50", "50 points"], ["0", "1"]]


def test_left_and_right_are_unknown_where_the_header_does_not_say():
    """A header that places the scan nowhere: no L and R on any view, and the sentences say so."""
    for shape in (HEAD_SHAPE, (40, 20, 1)):
        for code in (0, 1):
            maps = make_maps(shape=shape, n_voxels=50, code=code)
            html = map_html(maps, maps.weights, make_head(shape), theme="dark")
            known = "left is left" in html if shape[2] == 1 else params(html)["showLR"]
            assert known == bool(code)
            told = [html, reading_map(maps, maps.weights)]
            search = make_search(np.linspace(0.2, 0.9, 50), maps.grid)
            everything = np.ones(50, dtype=bool)
            told += [reading_scores(search, everything, 0.5)]
            told += [reading_peak_table(peaks_of(search, everything), search)]
            assert ["left and right are unknown" in text for text in told] == [code == 0] * 4
            mask = mask_html(maps.grid.image(np.ones(50)), None, theme="light", name="vt")
            assert ("left is left" in mask or '"showLR": true' in mask) == bool(code)


def test_a_single_slice_has_no_cut_to_speak_of():
    """A map of one slice names the strongest voxel and no cut."""
    maps = make_maps(shape=(40, 20, 1), n_voxels=50)
    assert reading_map(maps, maps.weights).endswith(" mm.")
    assert "cut" not in reading_map(maps, maps.weights)


def test_the_cut_goes_through_the_strongest_weight():
    """The view opens where the largest weight is."""
    maps = make_maps()
    background = to_view_grid(make_head())
    html = map_html(maps, maps.weights, background, theme="light")
    top = np.unravel_index(maps.grid.voxels[np.abs(maps.weights).argmax()], HEAD_SHAPE)
    mm = nib.affines.apply_affine(HEAD_AFFINE, top)
    voxel = nib.affines.apply_affine(np.linalg.inv(background.affine), mm)
    cut = params(html)["numSlice"]
    assert np.abs(np.array([cut["X"], cut["Y"], cut["Z"]]) - voxel).max() <= 0.5 + 1e-6


@pytest.mark.parametrize("symmetric", [True, False])
@pytest.mark.parametrize("shape", [HEAD_SHAPE, (20, 20, 1)])
def test_an_empty_map_is_still_a_view(symmetric, shape):
    """All weights zero, or not finite: nothing is drawn and nothing fails."""
    for value in (0.0, np.nan):
        image = nib.Nifti1Image(np.full(shape, value), HEAD_AFFINE)
        drawing = Drawing(symmetric=symmetric)
        html = brain_html(image, make_head(shape), theme="dark", alt="empty", drawing=drawing)
        assert "empty" in html


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_single_slice_is_shown_as_that_slice(axis):
    """One slice gives one picture of its own voxels: left is left, front or top is up."""
    shape = [8, 12, 10]
    shape[axis] = 1
    data = np.zeros(shape)
    corner = [size - 1 for size in shape]  # in an RAS grid: right, front, top
    data[tuple(corner)] = 2.0
    image = nib.Nifti1Image(data, np.diag([3.0, 3.0, 3.0, 1]))
    html = brain_html(image, None, theme="light", alt="one slice", drawing=Drawing())
    picture = re.search(r'alt="one slice"\s+src="data:image/png;base64,([^"]+)"', html)[1]
    pixels = matplotlib.image.imread(io.BytesIO(base64.b64decode(picture)))
    across, up = [size for place, size in enumerate(shape) if place != axis]
    assert pixels.shape[:2] == (up, across)
    assert np.argwhere(pixels[..., 3] > 0).tolist() == [[0, across - 1]]
    assert "<canvas" not in html
    assert ("sagittal", "coronal", "axial")[axis] in html


def test_a_slice_of_a_flipped_grid_keeps_its_sides():
    """Haxby's grid counts x from right to left; the picture does not mirror it."""
    data = np.zeros((8, 12, 1))
    data[0, 0, 0] = 1.0  # x = 68 mm: right; y lowest: back
    html = brain_html(
        nib.Nifti1Image(data, HEAD_AFFINE), None, theme="dark", alt="flipped", drawing=Drawing()
    )
    picture = re.search(r'alt="flipped"\s+src="data:image/png;base64,([^"]+)"', html)[1]
    pixels = matplotlib.image.imread(io.BytesIO(base64.b64decode(picture)))
    assert np.argwhere(pixels[..., 3] > 0).tolist() == [[11, 7]]


@pytest.mark.parametrize("order", AXIS_ORDERS[::11])
def test_each_slice_names_its_sides(order):
    """Of the sagittal slice the right side is the front (A), of the others the right (R)."""
    data = np.zeros((8, 9, 10))
    data[6, 7, 5] = 1.0  # right of the middle, and near the front
    image = nib.Nifti1Image(data, np.diag([VOXEL_MM] * 3 + [1.0])).as_reoriented(order)
    image.set_sform(image.affine, code=1)
    html = brain_html(image, None, theme="light", alt="voxel", drawing=Drawing(opens_at=0.5))
    drawn = [np.argwhere(tile[..., 3] > 0)[:, 1].tolist() for tile in overlay_slices(html)]
    assert (drawn.index([7]), len(drawn)) == (6, 8)
    assert re.findall(r"<b>(\w)</b>", html) == list("PALRLR")


@pytest.mark.parametrize("n_slices", [1, 2, 3])
@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_slab_is_one_picture_in_all_orders_of_its_axes(axis, n_slices):
    """Stored in any of 48 ways, a slab gives the page of the data stored straight."""
    slab, ground = make_slab(axis, n_slices), make_slab(axis, n_slices, seed=1)
    cut = tuple(slab.affine[:3, 3] + 1.0) if n_slices == 3 else None

    def page(order):
        return brain_html(
            slab.as_reoriented(order), ground.as_reoriented(order), theme="light", alt="slab",
            drawing=Drawing(cut=cut),
        )  # fmt: skip

    first, *others = (page(order) for order in AXIS_ORDERS)
    assert set(others) == {first}
    letter, name = "xyz"[axis], ("sagittal", "coronal", "axial")[axis]
    place = slab.affine[axis, 3] + (0 if cut else n_slices // 2) * slab.affine[axis, axis]
    count = f"{n_slices} {name} slices" if n_slices > 1 else f"one {name} slice"
    assert f"{count}, {letter} = {place:.0f} mm" in first


def test_noise_around_the_head_is_taken_away():
    """Air becomes 0, the head is kept whole, and a scan that is empty there is not touched."""
    noisy = make_head(air=60.0).get_fdata()
    clean = without_air(noisy)
    head = noisy >= 1000
    np.testing.assert_array_equal(clean[head], noisy[head])
    assert (clean[~head] != 0).mean() < 0.02
    masked = make_head().get_fdata()
    np.testing.assert_array_equal(without_air(masked), masked)


def test_resampling_leaves_no_dark_rim():
    """Every drawn voxel of a bright ball stays bright: empty ones take no part."""
    grid = to_view_grid(make_head())
    values = grid.get_fdata()
    np.testing.assert_array_equal(grid.affine[:3, :3], np.diag([VOXEL_MM] * 3))
    assert values[values != 0].min() > 990
    assert to_view_grid(grid) is grid


def test_anatomy_is_shrunk_once(tmp_path):
    """The background is the anatomy at 2 mm, kept whole in the cache and read from there."""
    fine = make_head((90, 110, 100), np.diag([-1.5, 1.5, 1.5, 1]), air=40.0)
    path = tmp_path / "anat.nii.gz"
    nib.save(fine, path)
    subject = make_subject(tmp_path / "anatomy", path)
    image = background_image(subject)
    np.testing.assert_array_equal(np.abs(np.diag(image.affine))[:3], [VOXEL_MM] * 3)
    values = image.get_fdata()
    middle = nib.affines.apply_affine(np.linalg.inv(image.affine), [-66.75, 81.75, 74.25])
    assert values[tuple(np.round(middle).astype(int))] > 9000
    assert (values[0] == 0).all()
    path.unlink()
    np.testing.assert_array_equal(background_image(subject).get_fdata(), values)
    kept = list((cache_dir() / "backgrounds").iterdir())
    assert [file.name for file in kept if subject.version in file.name] == [
        f"v3-{subject.version}.nii.gz"
    ]
    assert not [file for file in kept if file.name.startswith(".")]


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty"])
def test_a_kept_anatomy_that_was_damaged_is_made_anew(tmp_path, damage):
    """A kept picture that is cut short or changed is never drawn: the anatomy is read again."""
    path = tmp_path / "anat.nii"
    nib.save(make_head((30, 30, 30), np.diag([3.0, 3, 3, 1])), path)
    subject = replace(make_subject(tmp_path / damage), anatomy=path)
    whole = background_image(subject).get_fdata()
    (kept,) = (cache_dir() / "backgrounds").glob(f"*{subject.version}*")
    data = bytearray(kept.read_bytes())
    data[len(data) // 2 :] = {"cut": b"", "empty": b"", "flipped": data[: len(data) // 2 - 1 : -1]}[
        damage
    ]
    kept.write_bytes(b"" if damage == "empty" else bytes(data))
    assert np.array_equal(background_image(subject).get_fdata(), whole)
    assert np.array_equal(background_image(subject).get_fdata(), whole)


def test_an_anatomy_is_drawn_though_the_cache_cannot_be_written(tmp_path, monkeypatch):
    """It is not kept then, and the picture is the same."""
    path = tmp_path / "anat.nii"
    nib.save(make_head((30, 30, 30), np.diag([3.0, 3, 3, 1])), path)
    subject = replace(make_subject(tmp_path / "anatomy"), anatomy=path, version="drawn")
    kept = background_image(subject).get_fdata()
    monkeypatch.setenv("DECODING_CACHE", str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "backgrounds").write_text("")  # in place of a folder
    assert np.array_equal(background_image(subject).get_fdata(), kept)


def test_a_broken_anatomy_is_named(tmp_path):
    """A file that is no image gives one line with its name and the remedy."""
    path = tmp_path / "anat.nii.gz"
    path.write_bytes(b"not an image")
    with pytest.raises(DataError, match=r"anat\.nii\.gz is not a NIfTI file .*it is whole"):
        background_image(make_subject(tmp_path / "broken", path))


def test_without_anatomy_it_is_the_mean_scan(tmp_path):
    """The mean over volumes stands in, at 2 mm, with the head where it was."""
    subject = make_subject(tmp_path / "mean")
    image = background_image(subject)
    np.testing.assert_array_equal(image.get_fdata(), mean_scan_image(subject).get_fdata())
    assert 1000 < image.get_fdata()[image.get_fdata() != 0].mean() < 1060
    mean = open_voxels(subject).mean_image()
    extent = mean.shape * nib.affines.voxel_sizes(mean.affine)
    assert tuple(image.shape) == pytest.approx(tuple(extent / VOXEL_MM), abs=1)


def test_a_head_that_hardly_varies_is_seen(monkeypatch):
    """A phantom's mean spans half of the greys at least; a head with depth is drawn as it is."""
    drawn = []
    monkeypatch.setattr(view, "brain_html", lambda image, *rest, **how: drawn.append(image) or "")
    noise = np.random.default_rng(0).normal(size=HEAD_SHAPE)
    head = make_head().get_fdata() != 0
    for spread in (3, 300):
        values = np.where(head, (900 + spread * noise).clip(1), 0)
        mean_html(nib.Nifti1Image(values, HEAD_AFFINE), theme="light")
    flat, deep = (image.get_fdata() for image in drawn)
    assert ((flat != 0) == head).all() and (deep == values).all()
    low, high = np.quantile(flat[head], [0.02, 0.98])
    assert low < 0.6 * high


@pytest.mark.browser
@pytest.mark.parametrize("theme", THEMES)
def test_a_browser_draws_the_map_and_follows_the_keys(theme, browser):
    """The canvas fills its column, holds coloured pixels, moves with the keys, loads nothing."""
    maps = make_maps()
    html = map_html(maps, maps.weights, to_view_grid(make_head()), theme=theme)
    page = browser.new_page(viewport={"width": 700, "height": 400})
    asked, errors = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_content(html)
    page.wait_for_function("window.brainView !== undefined")
    size = page.locator("canvas").bounding_box()
    before = page.evaluate(_PIXELS)
    page.locator("canvas").focus()
    page.keyboard.press("PageUp")
    after = page.evaluate(_PIXELS)
    page.close()
    assert errors == []
    assert [url for url in asked if not url.startswith(("data:", "about:"))] == []
    assert size["width"] == pytest.approx(700, abs=4)
    assert 150 < size["height"] < 400
    assert before["coloured"] > 100
    assert before["picture"] != after["picture"]


_PIXELS = """() => {
  const canvas = document.querySelector("canvas");
  const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  let coloured = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (Math.abs(data[i] - data[i + 2]) > 60) { coloured += 1; }
  }
  return {coloured: coloured, picture: canvas.toDataURL()};
}"""


@pytest.mark.parametrize("theme", THEMES)
def test_no_view_draws_unset_memory(theme, monkeypatch):
    """A view without background shows nothing of what memory held before."""

    def unset(shape):
        return np.ma.masked_array(np.full(shape, np.nan), mask=True)

    monkeypatch.setattr(np.ma, "masked_all", unset)
    mask = nib.Nifti1Image((make_head().get_fdata() > 0).astype("u1"), HEAD_AFFINE)
    assert "data:image/png;base64," in mean_html(make_head(), theme=theme)
    assert "data:image/png;base64," in mask_html(mask, None, theme=theme, name="vt")


def test_the_surface_view_has_the_themes_ground():
    """Nilearn's black or white gives way to the page's own colour, in the page and its picture."""
    affine = np.diag([20.0, 20.0, 20.0, 1.0])
    affine[:3, 3] = -120
    grid = Grid((13, 13, 13), affine, np.arange(2197))
    search = make_search(np.linspace(0.2, 0.9, 2197), grid)
    for name, theme in THEMES.items():
        html = surface_html(search, np.ones(2197, dtype=bool), 0.5, theme=name)
        assert f"paper_bgcolor: '{theme.background}'" in html and "'#fff'" not in html
        assert f"body {{ background: {theme.background}; }}" in html
        assert ('"black_bg": true' in html) == (name == "dark")
