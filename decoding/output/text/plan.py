"""What a planned study can find, in sentences, and as a table."""

import pandas as pd

from decoding.analyses.plan.analysis import PlanResult
from decoding.numbers import number_text, p_text, percent_text, score_text

USUAL = 0.8
"""The power that studies are commonly planned for."""


def plan_table(result: PlanResult) -> pd.DataFrame:
    """Return one row a number of runs, as ``plan --json`` has them."""
    return pd.DataFrame(result.as_json())


def reading_plan(result: PlanResult) -> str:
    """Say which number of runs is enough, and with how many no signal can pass."""
    rows = result.rows
    enough = next((n for n, row in rows.items() if row.power >= USUAL), None)
    told = []
    if (most := result.out_of_reach) is not None:
        told.append(
            f"With {number_text(most, 'run')} p cannot get smaller than "
            f"{p_text(rows[most].smallest_p)}, however strong the signal."
        )
    if enough is None:
        told.append(
            f"None of these studies finds the effect in {percent_text(USUAL)} of cases; with "
            f"{number_text(max(rows), 'run')} it is {percent_text(rows[max(rows)].power)}."
        )
    else:
        told.append(
            f"A study of {number_text(enough, 'run')} finds the effect in "
            f"{percent_text(rows[enough].power)} of cases."
        )
    return " ".join(told)


def effect_text(result: PlanResult) -> str:
    """Say what was simulated, and where the effect comes from."""
    effect = result.effect
    study = (
        f"Simulated: {number_text(effect.blocks, 'block')} of each category in a run, "
        f"{number_text(effect.n_voxels, 'voxel')} whose noise has about "
        f"{number_text(effect.directions, 'independent direction')}, categories "
        f"{effect.size:.2f} standard deviations apart in each."
    )
    if result.is_stated:
        return f"{study} That effect was stated, not measured."
    measured = (
        "The effect is the one with which simulated studies of as many runs as here, "
        f"{result.own_runs}, score what this recording does: {score_text(result.score)} (ridge, "
        "one sample a block, each run left out once). Noise does not add to it, but one recording "
        "says little about how large it is."
    )
    if result.circular:
        measured += " These responses chose the mask, so it is too large."
    return f"{study} {measured}"
