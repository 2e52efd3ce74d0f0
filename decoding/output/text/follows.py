"""What models and masks say of the similarity of categories, in a sentence or two."""

from decoding.analyses.pairs.masks import MaskScores, MasksResult
from decoding.analyses.pairs.models import TIME, ModelsResult
from decoding.null import ALPHA
from decoding.numbers import list_text, number_text, p_text, score_text
from decoding.settings import mask_label


def reading_models(result: ModelsResult) -> str:
    """Say which model follows best, whether time does as well, and what any could reach."""
    best = max(result.fits, key=lambda fit: fit.rho, default=None)
    if best is None:
        return "No model says anything of these categories."
    telling = best.p_value <= ALPHA
    sentence = f"{best.label} follows best: rank correlation {score_text(best.rho)}, p "
    sentence += f"{p_text(best.p_value)}" + ("." if telling else ", which may be luck.")
    time = next((fit for fit in result.fits if fit.name == TIME), None)
    if time is not None and time.p_value <= ALPHA:
        sentence += (
            f" The time between blocks follows too ({score_text(time.rho)}, p "
            f"{p_text(time.p_value)}), so order or drift is part of this similarity: detrend, or "
            "take crossnobis."
        )
    unreachable = [fit.label.lower() for fit in result.fits if fit.smallest_p > ALPHA]
    if unreachable:
        sentence += f" No p of .05 is within reach of {list_text(unreachable, 'and')}."
    if result.ceiling is not None:
        low, high = map(score_text, result.ceiling)
        sentence += f" Given how runs differ, the best model of all would reach {low} to {high}."
    return sentence


def reading_masks(result: MasksResult) -> str:
    """Say how the masks compare at equal size, and which of them is circular."""
    scored = [one for one in result.masks if not one.problem]
    if not scored:
        return "No mask has a score."
    size = number_text(result.n_equal, "voxel")
    ranked = sorted(scored, key=_middle, reverse=True)
    parts = [f"{mask_label(one.mask)} {_at_size(one)}" for one in ranked]
    sentence = f"All categories at once, at {size} each: {list_text(parts, 'and')}."
    if any(len(one.at_equal_size) > 1 for one in scored):
        sentence += " The band of a larger mask is that of voxels drawn at random."
    circular = [mask_label(one.mask) for one in scored if one.circular]
    if circular:
        sentence += (
            f" Responses to these categories chose {list_text(circular, 'and')}: scores there are "
            "circular, and no comparison with others is fair."
        )
    if any(one.published for one in scored):
        sentence += (
            " The table's file has nilearn's published figures of a sparse SVM (l1) beside ours."
        )
    return sentence


def _middle(one: MaskScores) -> float:
    return sum(one.at_equal_size) / len(one.at_equal_size)


def _at_size(one: MaskScores) -> str:
    if len(one.at_equal_size) == 1:
        return score_text(one.at_equal_size[0])
    low, high = map(score_text, one.band)
    return f"{score_text(_middle(one))} ({low} to {high})"
