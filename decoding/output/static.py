"""The article's static figures: a mask by ``plot_roi``, weights by ``plot_stat_map``."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from io import BytesIO
from threading import Lock
from typing import TYPE_CHECKING, Literal, TypeAlias

import nibabel as nib
import numpy as np
from nibabel.affines import from_matvec, voxel_sizes

from decoding.datasets.base import Subject
from decoding.grid import Place, is_placed, to_mm, without_header
from decoding.numbers import place_text
from decoding.output.brain.background import (
    anatomy_image,
    is_thin,
    mean_scan_image,
    without_air,
)
from decoding.output.brain.colour_maps import diverging_cmap, flat_cmap, sequential_cmap
from decoding.output.colours import THEMES, Theme, ThemeName

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.figure import Figure
    from nilearn.plotting.displays import BaseSlicer

Format: TypeAlias = Literal["png", "svg"]
SVG_SALT = "voxelscope"
"""With a salt of its own an SVG names its parts alike each time: the same bytes."""
_SIZE_INCHES = (7.2, 3.2)
_DPI = 160
_LINE_INCHES, _LINE_POINTS, _TITLE_INCHES, _EDGE = 0.12, 6, 0.35, 0.01
_GAP_MM = 8.0
LOCK = Lock()
"""Matplotlib is not safe in threads, and a web app has several."""


def static_background(subject: Subject) -> nib.Nifti1Image:
    """Return the anatomy as recorded, or the mean scan where there is none."""
    if subject.anatomy is None:
        return mean_scan_image(subject)
    anatomy = anatomy_image(subject.anatomy)
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
    title: str = "",
    unit: str = "",
    words: Sequence[str] = (),
    format: Format = "png",
    axial: bool = False,
    cut: Place | None = None,
) -> bytes:
    """Return a 3D map of values on the brain, a coronal and a sagittal cut, maybe an axial one.

    Values whose size is at or under the threshold are not drawn, see `hidden_below`; cool colours
    stand for negative ones. The `unit` stands beside the colour bar; the words are as for
    `mask_picture`. All three planes meet at `cut`, in mm, or in the strongest voxel; an open cross
    says where.
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
    words = (title, *words) if title else words
    return _draw(
        plot, image, background, theme, words, format,
        axial=axial, cut=cut, unit=unit, titled=bool(title),
    )  # fmt: skip


def _draw(
    plot: Callable[..., "BaseSlicer"],
    image: nib.Nifti1Image,
    background: nib.Nifti1Image,
    theme: ThemeName,
    words: Sequence[str],
    format: Format,
    *,
    axial: bool = False,
    cut: Place | None = None,
    unit: str = "",
    titled: bool = False,
) -> bytes:
    placed = is_placed(image)
    image, background = without_header(image), without_header(background)
    if is_thin(image.shape):
        image, background = _upright(image, background)
    mode, cuts = _cuts(image, axial, cut)
    with LOCK:
        figure, (low, high) = _new_figure(theme, words, titled)
        display = plot(
            image,
            axes=(0, low, 0.96 if unit else 1, high - low),
            bg_img=background,
            display_mode=mode,
            cut_coords=cuts,
            figure=figure,
            draw_cross=False,
            annotate=placed,
            black_bg=theme == "dark",
        )
        _label(display, cuts if mode == "ortho" else (), unit, THEMES[theme])
        return _save(figure, theme, words, format)


def _label(display: "BaseSlicer", meeting: Sequence[float], unit: str, colours: Theme) -> None:
    """Say below each slice where it cuts, with an open cross where all three are `meeting`."""
    for plane, cut in display.axes.items():
        for text in cut.ax.texts:
            if text.get_text().startswith(f"{plane}="):
                text.set(text=f"{plane} = {place_text([cut.coord])}", size=8, position=(0.5, -0.03))
                text.set(horizontalalignment="center", verticalalignment="top")
        if meeting:
            x, y = (mm for axis, mm in zip("xyz", meeting, strict=True) if axis != plane)
            _draw_cross(cut.ax, x, y, colours.text)
    if unit:
        display._cbar.set_label(unit, size=8, color=colours.text)
        display._cbar.ax.yaxis.set_label_position("right")


def _draw_cross(axes: "Axes", x: float, y: float, colour: str) -> None:
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    for draw, at, begin, centre, end in (
        (axes.hlines, y, left, x, right),
        (axes.vlines, x, low, y, high),
    ):
        draw(
            [at, at],
            [begin, centre + _GAP_MM],
            [centre - _GAP_MM, end],
            colors=colour,
            linewidths=0.5,
            alpha=0.6,
        )
    axes.set(xlim=(left, right), ylim=(low, high))


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


def _new_figure(
    theme: ThemeName, words: Sequence[str], titled: bool
) -> tuple["Figure", tuple[float, float]]:
    """Return a figure with words at its foot, and between which shares of its height is room.

    The first of the words is the title where there is one, and stands above the room. Pyplot does
    not know the figure, so nothing is left behind.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    (width, height), colours = _SIZE_INCHES, THEMES[theme]
    figure = Figure(figsize=_SIZE_INCHES, dpi=_DPI, facecolor=colours.background)
    renderer = FigureCanvasAgg(figure).get_renderer()  # type: ignore[no-untyped-call]
    lines = [line for text in words[titled:] for line in _wrap(text, renderer)]
    foot = _LINE_INCHES * (len(lines) + 1) if lines else 0.0
    whole = height + foot + (_TITLE_INCHES if titled else 0.0)
    figure.set_size_inches(width, whole)
    if titled:
        y = 1 - 0.3 * _TITLE_INCHES / whole
        figure.text(_EDGE, y, words[0], va="top", size=10, weight="bold", color=colours.text,
                    parse_math=False)  # fmt: skip
    for number, line in enumerate(lines):
        y = (foot - _LINE_INCHES * (number + 0.8)) / whole
        figure.text(_EDGE, y, line, size=_LINE_POINTS, va="top", color=colours.muted,
                    parse_math=False)  # fmt: skip
    return figure, ((foot + 0.06 * height) / whole, (foot + height) / whole)


def _wrap(text: str, renderer: "RendererAgg") -> list[str]:
    """Return a text as lines that fit; an address is broken before the name of a choice."""
    from matplotlib.font_manager import FontProperties

    font, room = FontProperties(size=_LINE_POINTS), (1 - 2 * _EDGE) * _DPI * _SIZE_INCHES[0]
    measure, lines = renderer.get_text_width_height_descent, [""]
    for part in re.findall(r"&?[^\s&]{1,40}\s*", text):
        longer = lines[-1] + part
        if lines[-1] and measure(longer, font, False)[0] > room:  # type: ignore[no-untyped-call]
            lines.append(part)
        else:
            lines[-1] = longer
    return lines


def _cuts(image: nib.Nifti1Image, axial: bool, cut: Place | None) -> tuple[str, tuple[float, ...]]:
    """Return the planes, and where they cut in mm: through the strongest voxel nearest the middle.

    The article's two planes, ``yx``, or all three, at `cut` where it is told; a recording of one
    slice has only that one.
    """
    values = np.abs(image.get_fdata())
    places = np.argwhere(values == values.max())
    middle = places[np.abs(places - np.median(places, axis=0)).sum(axis=1).argmin()]
    mm = to_mm(image.affine, middle)
    if is_thin(image.shape):
        thin = int(np.argmin(image.shape))
        return "xyz"[thin], (mm[thin],)
    return ("ortho", cut or mm) if axial else ("yx", mm[:2])


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
