"""Interactive brain views: nilearn's ``view_img`` in the theme's manner, self-contained.

Nothing that a visitor wrote may reach a view: it runs with the app's own rights, and
``view_img`` does not escape its title. So a view has no title, and its alt text is escaped.
"""

from typing import Literal

import nibabel as nib
import numpy as np

from decoding.grid import Grid, Place, is_placed, middle, to_mm, without_header
from decoding.numbers import number_text, place_text
from decoding.output.brain.background import VOXEL_MM, is_thin, to_view_grid
from decoding.output.brain.colour_maps import (
    Drawing,
    diverging_cmap,
    flat_cmap,
    gray_cmap,
    sequential_cmap,
)
from decoding.output.brain.dress import dress
from decoding.output.brain.one_slice import colour_bar, slice_html
from decoding.output.brain.values import threshold_slider
from decoding.output.colours import THEMES, ThemeName
from decoding.results import WeightMaps

HIDDEN_SHARE = 0.05


def brain_html(
    image: nib.Nifti1Image,
    background: nib.Nifti1Image | None,
    *,
    theme: ThemeName,
    alt: str,
    drawing: Drawing,
) -> str:
    """Return a page that shows a 3D image in three linked planes; no outside request.

    Arrow keys move the cut sideways and front to back, page up and down move it vertically. An
    image of a slice or a few is shown as one slice. The image may be 4D with one volume; without a
    background (see `background_image`) it is drawn on itself. `alt` says what the view shows, for
    those who cannot see it; it is escaped.
    """
    values = np.nan_to_num(np.asarray(image.dataobj, dtype=np.float32))
    values = values.reshape(image.shape[:3])
    limit = drawing.limit or float(np.abs(values).max()) or 1.0
    own = diverging_cmap if drawing.symmetric else sequential_cmap
    cmap = drawing.cmap or own(theme)
    span = (-limit if drawing.symmetric else float(values.min()), limit)
    placed, image = is_placed(image), nib.Nifti1Image(values, image.affine)
    if is_thin(values.shape):
        return slice_html(
            image, background, drawing, span, cmap, theme=theme, alt=alt, placed=placed
        )
    from nilearn.plotting import view_img  # a second that one slice does without

    threshold = drawing.threshold
    if threshold is not None:  # nilearn warns where it exceeds all values
        threshold = min(threshold, float(np.abs(values).max()))
    ground = None if background is None else to_view_grid(without_header(background))
    view = view_img(
        image,
        bg_img=ground or _own_ground(image),
        cut_coords=drawing.cut or _middle(image),
        colorbar=False,  # nilearn draws it over the slices; ours stands under them
        title=None,
        threshold=threshold,
        black_bg=theme == "dark",
        cmap=cmap,
        symmetric_cmap=drawing.symmetric,
        vmax=limit,
        resampling_interpolation="nearest",
        opacity=drawing.opacity,
        show_lr=placed,
    )
    under = colour_bar(span, cmap, drawing.unit) if drawing.colorbar else ""
    if drawing.colorbar:
        under = threshold_slider(image, str(view.html), drawing, span) + under
    page = dress(str(view.html), theme, alt, slider=drawing.slider, under=under)
    voxels = [matrix.tolist() for matrix in (image.affine, np.linalg.inv(image.affine))]
    return page.replace("<html", f'<html data-voxels="{voxels}"', 1)


def hidden_below(values: np.ndarray) -> float:
    """Return the size up to which weights (n_voxels,) are left out of a view: 5 % of the largest.

    This only clears the picture of near-zero colours; it is no threshold of significance.
    """
    return HIDDEN_SHARE * float(np.abs(values).max(initial=0.0))


def strongest_tenth(values: np.ndarray) -> float:
    """Return the size that a tenth of the values (n_voxels,) that are not 0 exceed."""
    sizes = np.abs(values[values != 0])
    return float(np.quantile(sizes, 0.9)) if len(sizes) else 0.0


def map_html(
    maps: WeightMaps,
    values: np.ndarray,
    background: nib.Nifti1Image | None,
    *,
    theme: ThemeName,
    pair: int = 0,
    what: str = "weights",
    limit: float | None = None,
) -> str:
    """Return the view of one pair's weights or activation pattern, values (n_pairs, n_voxels).

    `what` is for the alt text; `limit` is the end of the colour bar, to show two maps on one scale.
    """
    drawing = Drawing(
        threshold=hidden_below(values[pair]), limit=limit, cut=maps.grid.strongest(values[pair])
    )
    alt = f"Brain view of the {what}. {reading_map(maps, values, pair=pair, what=what)}"
    image = maps.grid.image(values[pair])
    return brain_html(image, background, theme=theme, alt=alt, drawing=drawing)


def reading_map(
    maps: WeightMaps, values: np.ndarray, *, pair: int = 0, what: str = "weights"
) -> str:
    """Say what signs of values (n_pairs, n_voxels) favour, how much is drawn, the strongest."""
    place = place_text(maps.grid.strongest(values[pair]))
    return (
        f"{legend_map(maps, values, pair=pair, what=what)} The strongest lies at "
        f"{place}{cut_text(maps.grid)}.{maps.grid.caveat}"
    )


def legend_map(
    maps: WeightMaps, values: np.ndarray, *, pair: int = 0, what: str = "weights"
) -> str:
    """Say what each sign favours, and how much of the map is drawn."""
    first, second = maps.pairs[pair]
    own = values[pair]
    hidden = hidden_below(own)
    drawn = int((np.abs(own) > hidden).sum())
    return (
        f"Warm colours favour {second}, cool ones {first}. {drawn} of {len(own)} {what} are drawn; "
        f"those within ±{hidden:.2g} (5 % of the largest) are left out."
    )


def cut_text(grid: Grid) -> str:
    """Say how near the cut of a view opens to a place, where its steps are wider than voxels."""
    if is_thin(grid.shape) or min(grid.voxel_size) >= VOXEL_MM:
        return ""
    return f"; the cut opens at the nearest step of {VOXEL_MM:g} mm"


def mask_html(
    mask: nib.Nifti1Image, background: nib.Nifti1Image | None, *, theme: ThemeName, name: str
) -> str:
    """Return the view of a mask over the anatomy or the mean scan."""
    n_voxels = int((np.asarray(mask.dataobj) != 0).sum())
    drawing = Drawing(
        threshold=0.5,
        limit=1.0,
        symmetric=False,
        cmap=flat_cmap(THEMES[theme].primary),
        colorbar=False,
        opacity=0.75,
    )
    alt = f"Brain view of the mask {name}, {number_text(n_voxels, 'voxel')}."
    return brain_html(mask, background, theme=theme, alt=alt, drawing=drawing)


def amount_html(
    image: nib.Nifti1Image, background: nib.Nifti1Image | None, *, theme: ThemeName, alt: str
) -> str:
    """Return the view of an amount without a sign; few voxels beyond the others end no scale."""
    values = image.get_fdata()
    limit = float(np.quantile(values[values != 0], 0.98)) if values.any() else 1.0
    drawing = Drawing(symmetric=False, limit=limit)
    return brain_html(image, background, theme=theme, alt=alt, drawing=drawing)


def mean_html(mean: nib.Nifti1Image, *, theme: ThemeName) -> str:
    """Return the view of the mean scan; see `decoding.output.brain.background.mean_scan_image`."""
    drawing = Drawing(symmetric=False, cmap=gray_cmap(), colorbar=False, slider=False)
    alt = "Brain view of the mean scan over all volumes."
    return brain_html(_set_off(mean), None, theme=theme, alt=alt, drawing=drawing)


def reading_mean(n_volumes: int, shape: tuple[int, ...], each: str = "volume") -> str:
    """Say what the mean scan shows, and how its cut is moved; one slice stands still."""
    text = f"The mean of all {n_volumes} {each}s: bright where the signal is strong."
    return text if is_thin(shape) else f"{text} Click to move the cut, or use the arrow keys."


def _set_off(image: nib.Nifti1Image) -> nib.Nifti1Image:
    """Take brightness off a head that hardly varies, as a phantom: from 0 on it is all white.

    Most heads reach down so far that nothing is taken.
    """
    data = image.get_fdata()
    head = data != 0
    if not head.any() or data.min() < 0:
        return image
    low, high = np.quantile(data[head], [0.02, 0.98]).tolist()
    if (ground := 2 * low - high) <= 0:
        return image
    values = np.where(head, np.maximum(data - ground, 1e-3 * high), 0)
    return nib.Nifti1Image(values, image.affine, image.header)


def _own_ground(image: nib.Nifti1Image) -> nib.Nifti1Image | Literal[False]:
    """Return an image to draw over itself: told to draw no ground, nilearn draws unset memory.

    It is doubled, as nilearn warns of grounds of 0 and 1; a ground's grey levels have no unit.
    """
    data = image.get_fdata()
    return nib.Nifti1Image(2 * data, image.affine) if np.ptp(data) > 0 else False


def _middle(image: nib.Nifti1Image) -> Place:
    """Return the drawn voxel nearest to their common centre, in mm."""
    places = np.argwhere(image.get_fdata() != 0)
    if not len(places):
        return middle(image.shape, image.affine)
    nearest = np.abs(places - places.mean(axis=0)).sum(axis=1).argmin()
    return to_mm(image.affine, places[nearest])
