"""The article's static figures: a mask by ``plot_roi``, weights by ``plot_stat_map``."""

from collections.abc import Callable, Sequence
from functools import partial
from io import BytesIO
from textwrap import wrap
from threading import Lock
from typing import TYPE_CHECKING, Literal, TypeAlias

import nibabel as nib
import numpy as np
from nibabel.affines import from_matvec, voxel_sizes

from decoding.datasets.base import Subject
from decoding.grid import is_placed, to_mm, without_header
from decoding.output.brain.background import is_thin, mean_scan_image, without_air
from decoding.output.brain.colour_maps import diverging_cmap, flat_cmap, sequential_cmap
from decoding.output.colours import THEMES, ThemeName

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Format: TypeAlias = Literal["png", "svg"]
SVG_SALT = "voxelscope"
"""With a salt of its own an SVG names its parts alike each time: the same bytes."""
_SIZE_INCHES = (7.2, 3.2)
_DPI = 160
_LINE_INCHES, _LINE_LETTERS = 0.12, 150
LOCK = Lock()
"""Matplotlib is not safe in threads, and a web app has several."""


def static_background(subject: Subject) -> nib.Nifti1Image:
    """Return the anatomy as recorded, or the mean scan where there is none."""
    if subject.anatomy is None:
        return mean_scan_image(subject)
    anatomy = nib.funcs.squeeze_image(nib.load(subject.anatomy))
    return nib.Nifti1Image(without_air(anatomy.get_fdata(dtype=np.float32)), anatomy.affine)


def mask_picture(
    mask: nib.Nifti1Image,
    background: nib.Nifti1Image,
    *,
    theme: ThemeName,
    words: Sequence[str] = (),
    format: Format = "png",
) -> bytes:
    """Return the mask on the brain (see `static_background`), a coronal and a sagittal cut.

    The words stand under the picture and in the file: a legend, and whose data these are.
    """
    from nilearn.plotting import plot_roi

    cmap = flat_cmap(THEMES[theme].primary)
    plot = partial(plot_roi, cmap=cmap, alpha=0.8, colorbar=False)
    return _draw(plot, mask, background, theme, words, format)


def values_picture(
    image: nib.Nifti1Image,
    background: nib.Nifti1Image,
    *,
    theme: ThemeName,
    threshold: float,
    words: Sequence[str] = (),
    format: Format = "png",
    axial: bool = False,
) -> bytes:
    """Return a 3D map of values on the brain, a coronal and a sagittal cut, maybe an axial one.

    Values whose size is at or under the threshold are not drawn, see `hidden_below`; cool colours
    stand for negative ones. The words are as for `mask_picture`, with the unit.
    """
    from nilearn.plotting import plot_stat_map

    symmetric = bool((image.get_fdata() < 0).any())
    plot = partial(
        plot_stat_map,
        cmap=diverging_cmap(theme) if symmetric else sequential_cmap(theme),
        symmetric_cbar=symmetric,
        threshold=threshold,
        colorbar=True,
        resampling_interpolation="nearest",
    )
    return _draw(plot, image, background, theme, words, format, axial=axial)


def _draw(
    plot: Callable[..., object],
    image: nib.Nifti1Image,
    background: nib.Nifti1Image,
    theme: ThemeName,
    words: Sequence[str],
    format: Format,
    *,
    axial: bool = False,
) -> bytes:
    placed = is_placed(image)
    image, background = without_header(image), without_header(background)
    if is_thin(image.shape):
        image, background = _upright(image, background)
    mode, cuts = _cuts(image, axial)
    with LOCK:
        figure, share = _new_figure(theme, words)
        plot(
            image,
            axes=(0, share, 1, 1 - share),
            bg_img=background,
            display_mode=mode,
            cut_coords=cuts,
            figure=figure,
            draw_cross=False,
            annotate=placed,
            black_bg=theme == "dark",
        )
        return _save(figure, theme, words, format)


def _upright(
    slab: nib.Nifti1Image, background: nib.Nifti1Image
) -> tuple[nib.Nifti1Image, nib.Nifti1Image]:
    """Return a slab with its axes to the right, to the front and up, whatever their order was.

    A tilted one is drawn as if it were not: a cut along the world's axes shows a stripe of it.
    """
    from nilearn.image import resample_to_img

    slab = nib.as_closest_canonical(slab)
    size = voxel_sizes(slab.affine)
    if np.allclose(slab.affine[:3, :3], np.diag(size)):
        return slab, background
    ground = resample_to_img(background, slab, interpolation="linear")
    centre = (np.array(slab.shape) - 1) / 2
    affine = from_matvec(np.diag(size), to_mm(slab.affine, centre) - size * centre)
    return nib.Nifti1Image(slab.dataobj, affine), nib.Nifti1Image(ground.dataobj, affine)


def _new_figure(theme: ThemeName, words: Sequence[str]) -> tuple["Figure", float]:
    """Return a figure with words at its foot, and the share of its height that they take.

    Pyplot does not know it, so nothing is left behind.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    width, height = _SIZE_INCHES
    lines = [line for text in words for line in wrap(text, _LINE_LETTERS)]
    foot = _LINE_INCHES * (len(lines) + 1) if lines else 0.0
    whole, colours = height + foot, THEMES[theme]
    figure = Figure(figsize=(width, whole), dpi=_DPI, facecolor=colours.background)
    FigureCanvasAgg(figure)
    for number, line in enumerate(lines):
        y = (foot - _LINE_INCHES * (number + 0.8)) / whole
        figure.text(0.01, y, line, fontsize=6, va="top", color=colours.muted, parse_math=False)
    return figure, foot / whole


def _cuts(image: nib.Nifti1Image, axial: bool) -> tuple[str, tuple[float, ...]]:
    """Return the planes, and where they cut in mm: through the strongest voxel nearest the middle.

    The article's two planes, ``yx``, or all three; a recording of one slice has only that one.
    """
    values = np.abs(image.get_fdata())
    places = np.argwhere(values == values.max())
    middle = places[np.abs(places - np.median(places, axis=0)).sum(axis=1).argmin()]
    mm = to_mm(image.affine, middle)
    if is_thin(image.shape):
        thin = int(np.argmin(image.shape))
        return "xyz"[thin], (mm[thin],)
    return ("ortho", mm) if axial else ("yx", mm[:2])


def _save(figure: "Figure", theme: ThemeName, words: Sequence[str], format: Format) -> bytes:
    from matplotlib import rc_context

    ground = THEMES[theme].background
    for axes in figure.axes:
        axes.set_facecolor(ground)
        for picture in axes.images:
            pixels = picture.get_array()
            if pixels is not None and pixels.ndim == 3:  # nilearn's own sheet of black
                picture.set_visible(False)
        for text in axes.texts:
            if (box := text.get_bbox_patch()) is not None:
                box.set_color(ground)
    file = BytesIO()
    metadata: dict[str, str | None] = {"Description": "\n".join(words)} if words else {}
    if format == "svg":
        metadata["Date"] = None  # the same bytes each time
    with rc_context({"svg.hashsalt": SVG_SALT}):
        figure.savefig(file, format=format, facecolor=ground, metadata=metadata)
    return file.getvalue()
