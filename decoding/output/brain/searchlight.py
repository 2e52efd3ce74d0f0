"""Brain views of a searchlight: its scores, and what was found of what was planted."""

import nibabel as nib
import numpy as np

from decoding.analyses.searchlight.peaks import TruthMatch
from decoding.analyses.searchlight.result import SearchlightResult, to_image
from decoding.grid import Place
from decoding.numbers import place_text, score_text
from decoding.output.brain.colour_maps import Drawing
from decoding.output.brain.view import brain_html, cut_text
from decoding.output.colours import THEMES, ThemeName
from decoding.output.text.wording import NO_COMPARISON

TRUTH_COLOURS = {"beyond": "#C2608F", "missed": "#C98A00", "found": "#009E73"}
"""Drawn where nothing is planted; planted and missed; planted and drawn: 1, 2 and 3."""
_HAIR = 1e-3
_PAPER = "paper_bgcolor: blackBg ? '#000' : '#fff'"
"""What nilearn's surface view is drawn on."""


def score_html(
    result: SearchlightResult,
    kept: np.ndarray,
    background: nib.Nifti1Image | None,
    *,
    theme: ThemeName,
    chance: float | None,
) -> str:
    """Return the view of the spheres kept, bool (n_spheres,); `chance` is that of `chance_for`."""
    values = drawn_scores(result, kept, chance)
    drawing = Drawing(
        symmetric=bool((values < 0).any()),
        limit=max(1.0, float(np.abs(values).max())),
        cut=best_place(result, kept),
        chance=chance,
    )
    alt = f"Brain view of the searchlight. {reading_scores(result, kept, chance)}"
    image = result.grid.image(values)
    return brain_html(image, background, theme=theme, alt=alt, drawing=drawing)


def drawn_scores(result: SearchlightResult, kept: np.ndarray, chance: float | None) -> np.ndarray:
    """Return what is drawn of spheres, (n_spheres,): points above chance, 0 for those not kept.

    Where chance is no comparison it is the score itself: no colour may stand for chance. A sphere
    kept at 0 is a hair above it, else it would not be drawn.
    """
    values = result.scores if chance is None else 100 * (result.scores - chance)
    return np.where(kept, np.where(np.abs(values) < _HAIR, _HAIR, values), 0.0)


def reading_scores(result: SearchlightResult, kept: np.ndarray, chance: float | None) -> str:
    """Say how many of the spheres, bool (n_spheres,), are drawn, and where the best one lies."""
    n = int(kept.sum())
    if not n:
        return f"None of {len(kept)} spheres is drawn: none passes the threshold."
    best = int(np.where(kept, result.scores, -1.0).argmax())
    place = best_place(result, kept)
    unit = f"by its score ({NO_COMPARISON})"
    if chance is not None:
        below = int((kept & (result.scores < chance - 1e-9)).sum())
        cool = f", {below} of them below it in cool colours" if below else ""
        unit = f"in points above chance ({score_text(chance)}){cool}"
    return (
        f"{n} of {len(kept)} spheres are drawn, each at its centre, {unit}. "
        f"The best scores {score_text(result.scores[best])}, around {place_text(place)}"
        f"{cut_text(result.grid)}.{result.grid.caveat}"
    )


def best_place(result: SearchlightResult, kept: np.ndarray) -> Place:
    """Return the centre of the best of the spheres kept, bool (n_spheres,), in mm."""
    best = int(np.where(kept, result.scores, -1.0).argmax())
    return result.grid.place(best)


def truth_html(
    result: SearchlightResult,
    match: TruthMatch,
    background: nib.Nifti1Image | None,
    *,
    theme: ThemeName,
) -> str:
    """Return the view of planted and found spheres, one colour each."""
    from matplotlib.colors import ListedColormap

    # Four equal parts of 0 to 3.
    colours = ["#808080", *TRUTH_COLOURS.values()]
    drawing = Drawing(
        threshold=0.5,
        limit=3.0,
        symmetric=False,
        cmap=ListedColormap(colours, name="voxelscope_truth"),
        colorbar=False,
        opacity=0.85,
        cut=best_place(result, match.kept),
    )
    alt = f"Brain view of planted and found spheres. {reading_truth(match)}"
    image = truth_image(result, match)
    return brain_html(image, background, theme=theme, alt=alt, drawing=drawing)


def truth_image(result: SearchlightResult, match: TruthMatch) -> nib.Nifti1Image:
    """Return 1 where only drawn, 2 where planted and missed, 3 where planted and drawn."""
    values = np.select(
        [match.planted & match.kept, match.planted, match.kept], [3.0, 2.0, 1.0], default=0.0
    )
    what = "1 drawn, 2 planted, 3 both"
    image = to_image(result, values, what)
    image.header["descrip"] = what  # all of it has room behind what `credited_image` adds
    return image


def reading_truth(match: TruthMatch) -> str:
    """Say how many planted spheres are found, and how many others."""
    others, far = int((match.kept & ~match.planted).sum()), int(match.far.sum())
    return (
        f"Green: {match.n_found} of {int(match.planted.sum())} planted voxels whose sphere is "
        f"drawn on the map; ochre: the planted ones that are not. Pink: {others} other spheres, "
        f"{others - far} with something planted within one radius and {far} without."
    )


def surface_html(
    result: SearchlightResult, kept: np.ndarray, chance: float | None, *, theme: ThemeName
) -> str:
    """Return the spheres kept on the template's cortical surface; for MNI space only."""
    from nilearn.plotting import view_img_on_surf

    image, colours = result.grid.image(drawn_scores(result, kept, chance)), THEMES[theme]
    view = view_img_on_surf(
        image, surf_mesh="fsaverage5", threshold=1e-6, title=None, black_bg=theme == "dark"
    )
    style = f"body {{ background: {colours.background}; }}"
    html = str(view.html).replace("</head>", f"<style>{style}</style></head>", 1)
    return html.replace(_PAPER, f"paper_bgcolor: '{colours.background}'")
