"""Whether categories are told apart by nothing but what was shown."""

import pandas as pd

from decoding.analyses.checks.design import Design, Finding
from decoding.datasets.alike import near_alike
from decoding.numbers import count_text, list_text, number_text, p_text
from decoding.relabel import count_relabellings, find_blocks, n_renamings
from decoding.samples.kinds import SAMPLES
from decoding.samples.trials import labels_enter


def all_in_every_run(design: Design) -> Finding:
    """Ask for each category in each run."""
    counts = pd.crosstab(design.samples.runs, design.samples.y)
    lacking = [
        f"run {run} has no {condition}"
        for run, row in counts.iterrows()
        for condition, n in row.items()
        if n == 0
    ]
    if not lacking:
        return "pass", "Every category was shown in every run that is used."
    return "fail", (
        f"Some category is missing ({'; '.join(lacking)}). What differs between runs can then pass "
        "for a category. Leave the category or the run out, or choose halves that hold all of them."
    )


def balance(design: Design) -> Finding:
    """Compare how many samples of each category a run holds."""
    counts = pd.crosstab(design.samples.runs, design.samples.y)
    uneven = counts[counts.max(axis=1) != counts.min(axis=1)]
    if uneven.empty:
        return "pass", "Each run holds as many samples of one category as of another."
    return "warn", (
        f"Samples per category differ in {len(uneven)} of {number_text(len(counts), 'run')} (run "
        f"{uneven.index[0]} holds {list_text(f'{n} {c}' for c, n in uneven.iloc[0].items())}). A "
        "model can score by the larger category alone. Read balanced accuracy."
    )


def relabellings(design: Design) -> Finding:
    """Count the distinct relabellings: they set the smallest p."""
    blocks = find_blocks(design.samples.y, design.samples.runs, design.samples.blocks)
    n_distinct = count_relabellings(blocks)
    smallest = n_renamings(blocks) / n_distinct
    found = (
        f"{count_text(n_distinct)} distinct relabellings, so p cannot get smaller than "
        f"{p_text(smallest)}."
    )
    if told := labels_enter(design.subject, design.spec):
        found += " These betas' models hold the labels before they are shuffled, so no p of theirs "
        found += f"is exact. Compare with {SAMPLES['lss'].label}, whose models hold none."
    if smallest <= 0.01:
        return "warn" if told else "pass", found
    return "warn" if smallest <= 0.05 else "fail", (
        f"{found} With so few no score can be told from luck"
        f"{' with much confidence' if smallest <= 0.05 else ' at 0.05'}. Use more runs."
    )


def near_alike_names(design: Design) -> Finding:
    """Look for categories that are named almost alike."""
    found = near_alike(design.subject.conditions)
    if not found:
        return "pass", "No two categories are named almost alike."
    told = " ".join(
        f"{'Categories are' if len(names) > 1 else 'A category is'} named "
        f"{list_text(map(repr, names))}, {why}."
        for names, why in found
    )
    return "warn", (
        f"{told} Trials of one category then count as two, or no category as one. Give each "
        "category one name in the files, and call the time without any 'rest'."
    )
