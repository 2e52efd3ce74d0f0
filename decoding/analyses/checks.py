"""What each design check looks at and finds; `decoding.analyses.check` runs them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import pandas as pd

from decoding.analyses.category_order import most_uneven_order
from decoding.analyses.circularity import circularity
from decoding.analyses.lagged_volumes import (
    MOSTLY_OUTSIDE,
    MOSTLY_WITHIN,
    RESPONSE_S,
    place_lagged,
)
from decoding.analyses.notes import notes_finding
from decoding.analyses.recorded_runs import copied_runs, still_voxels
from decoding.cross_validation import CV_SCHEMES
from decoding.datasets.alike import near_alike
from decoding.datasets.base import Subject
from decoding.folds import Folds
from decoding.numbers import count_text, list_text, number_text, p_text, percent_text
from decoding.relabel import count_relabellings, find_blocks, n_renamings
from decoding.samples.extract import Samples
from decoding.samples.kinds import SAMPLES
from decoding.samples.trials import labels_enter
from decoding.samples.volumes import each_volume
from decoding.spec import DecodingSpec

Status: TypeAlias = Literal["pass", "warn", "fail"]
COLLINEAR = 0.95
"""From this correlation of two regressors on, their betas cannot be told apart."""
OFTEN = 0.75
"""In this share of runs or more, a fixed order of two categories is worth a warning."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Design:
    """What the checks look at."""

    subject: Subject
    spec: DecodingSpec
    samples: Samples
    folds: Folds

    @property
    def blocks(self) -> pd.DataFrame:
        """One row a block of a chosen category, in order: ``block``, ``run``, ``condition``."""
        table = pd.DataFrame(
            {"block": self.samples.blocks, "run": self.samples.runs, "condition": self.samples.y}
        )
        return table.drop_duplicates("block").reset_index(drop=True)


Finding: TypeAlias = tuple[Status, str]


def _enough_runs(design: Design) -> Finding:
    n = len(np.unique(design.samples.runs))
    if n >= 3:
        return "pass", f"{n} runs hold the chosen categories."
    return "fail", (
        f"The chosen categories are in {number_text(n, 'run')} only, so the score rests on one or "
        "two models. Record or include more runs."
    )


def _training_runs(design: Design) -> Finding:
    numbers = {len(np.unique(design.samples.runs[train])) for train, _ in design.folds}
    parts = CV_SCHEMES[design.spec.cv].parts
    told = f" {parts(design.samples.runs)}" if parts else ""
    if min(numbers) > 1:
        most = "" if len(numbers) == 1 else f" to {max(numbers)}"
        return "pass", f"Every model learns from {min(numbers)}{most} runs.{told}"
    return "warn", (
        f"Some model learns from a single run.{told} What it takes for a category may be that "
        "run's own noise and drift. Choose a scheme with more training runs, or record more."
    )


def _regressors(design: Design) -> Finding:
    kind = design.spec.samples
    if not SAMPLES[kind].is_beta:
        return "pass", "Not asked: volumes and block means need no regressor."
    from decoding.analyses.regressors import most_alike  # brings nilearn.glm, which few need

    found = most_alike(design.subject, kind)
    if found is None:
        return "pass", "Not asked: no run has two regressors to compare."
    names = f"{found.first} and {found.second} of run {found.run}"
    alike = f"The regressors {names} correlate {found.r:.3f}"
    if found.r < COLLINEAR:
        return "pass", f"The model tells all regressors apart. {alike}, more than any others."
    return "warn", (
        f"{alike} once drift is taken out, so the model cannot tell them apart. A response to one "
        "is shared out between their betas. Set aside trials that mark another's onset, or merge "
        "trials that follow each other at once."
    )


def _all_in_every_run(design: Design) -> Finding:
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


def _balance(design: Design) -> Finding:
    counts = pd.crosstab(design.samples.runs, design.samples.y)
    uneven = counts[counts.max(axis=1) != counts.min(axis=1)]
    if uneven.empty:
        return "pass", "Each run holds as many samples of one category as of another."
    return "warn", (
        f"Samples per category differ in {len(uneven)} of {number_text(len(counts), 'run')} (run "
        f"{uneven.index[0]} holds {list_text(f'{n} {c}' for c, n in uneven.iloc[0].items())}). A "
        "model can score by the larger category alone. Read balanced accuracy."
    )


def _whole_blocks(design: Design) -> Finding:
    split = {
        int(block)
        for train, test in design.folds
        for block in np.intersect1d(design.samples.blocks[train], design.samples.blocks[test])
    }
    if not split:
        return "pass", "No block has samples on both sides of a fold."
    return "fail", (
        f"Blocks with samples on both sides of a fold: {len(split)} of {design.samples.n_blocks}. "
        "The model is tested on neighbours of what it has learnt. Leave whole runs out."
    )


def _whole_runs(design: Design) -> Finding:
    shared = sum(
        bool(np.intersect1d(design.samples.runs[train], design.samples.runs[test]).size)
        for train, test in design.folds
    )
    if not shared:
        return "pass", "Training and testing never share a run."
    return "warn", (
        f"In {shared} of {number_text(len(design.folds), 'fold')} some run is on both sides. Its "
        "volumes share drift and noise, so the score is not one for new runs. Leave runs out."
    )


def _volume_wise(design: Design) -> Finding:
    of_volumes = SAMPLES[design.spec.samples].average is each_volume
    if not of_volumes or CV_SCHEMES[design.spec.cv].by_run:
        return "pass", "Volumes that follow each other are kept together."
    share = _share_beside_training(design)
    if share > 0:
        return "fail" if share > 0.5 else "warn", (
            f"{percent_text(share)} of the tested volumes have a neighbour of their own block in "
            f"training, {design.subject.t_r:g} s away and almost the same image. Leave "
            "whole runs out, or decode block means."
        )
    return "pass", "No tested volume has a neighbour of its own block in training."


def _share_beside_training(design: Design) -> float:
    first = np.flatnonzero(np.diff(design.samples.blocks) == 0)  # of two neighbours in a block
    beside = [
        np.isin(test, [*first[np.isin(first + 1, train)], *first[np.isin(first, train)] + 1])
        for train, test in design.folds
    ]
    return float(np.concatenate(beside).mean())


def _varying_voxels(design: Design) -> Finding:
    n, total = design.samples.n_constant, design.samples.X.shape[1]
    broken = design.samples.n_not_finite
    if n == broken == 0:
        return "pass", "Every voxel of the mask varies, and all its values are numbers."
    found = [f"Voxels that never vary: {n} of {total}; they count as 0."] if n else []
    if broken:
        found.append(
            f"Voxels with values that are no numbers: {broken} of {total}; these count as 0."
        )
    status: Status = "warn" if max(n, broken) < total / 2 else "fail"
    return status, f"{' '.join(found)} Check that the mask lies within the scanned volume."


def _chosen_voxels(design: Design) -> Finding:
    asked, total = design.spec.select, design.samples.X.shape[1]
    if not asked:
        return "pass", "All voxels of the mask are decoded."
    if asked < total:
        return "pass", f"{asked} of {total} voxels are chosen, inside each training fold."
    return "warn", (
        f"{number_text(asked, 'voxel')} should be chosen, and the mask has {total}: all of them "
        f"are decoded. Choose fewer than {total}, or a larger mask."
    )


def _relabellings(design: Design) -> Finding:
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


def _lag_within_block(design: Design) -> Finding:
    if not design.spec.lag:
        return "pass", "Without a lag every volume decoded lies in its own block."
    n_later = round(design.spec.lag / design.subject.t_r)
    found = place_lagged(design.subject.volumes, design.samples.classes, n_later)
    where = f"At a lag of {design.spec.lag:g} s {found.words}"
    share = found.share_outside if design.spec.lag > RESPONSE_S else found.share_in_another
    if share <= MOSTLY_WITHIN:
        return "pass", f"{where}."
    return "fail" if share > MOSTLY_OUTSIDE else "warn", (
        f"{where}. They may answer what was shown next, or nothing any more. Choose about 5 s."
    )


def _enough_samples(design: Design) -> Finding:
    n, needed = len(design.samples.y), len(design.samples.classes) * len(design.folds)
    if n >= needed:
        return "pass", f"{number_text(n, 'sample')} for {number_text(len(design.folds), 'fold')}."
    return "fail", (
        f"{number_text(n, 'sample')} cannot give each of {number_text(len(design.folds), 'fold')} "
        f"one of each of {len(design.samples.classes)} categories to test. Choose fewer folds, or "
        "volumes as samples."
    )


def _order_within_runs(design: Design) -> Finding:
    if design.subject.maps:
        return "pass", "Not asked: the images are no series in time."
    classes = design.samples.classes
    found = most_uneven_order(design.blocks, classes, design.folds, design.samples.runs)
    n_pairs = len(classes) * (len(classes) - 1) // 2
    where = (
        f"The category {found.first} comes before {found.second} in {found.n_first} of "
        f"{number_text(found.n_runs, 'run')}"
        f"{f', the most of {n_pairs} pairs' if n_pairs > 1 else ''}"
    )
    if max(found.share, found.turned) < OFTEN and not found.reversed_in_test:
        return "pass", f"The order of categories varies over runs. {where}."
    always = found.share == 1 or found.reversed_in_test
    share = percent_text(found.chance_of_luck(n_pairs))
    luck = (
        "In some fold all training runs have one order and the test runs the other"
        if found.reversed_in_test
        else f"Random orders are as uneven in about {share} of designs"
        if found.share >= OFTEN
        else "In every fold most training runs have one order and most test runs the other"
    )
    if design.spec.detrend or SAMPLES[design.spec.samples].is_beta:
        return "warn" if always else "pass", (
            f"{where}. {luck}. A linear drift is taken out, so it cannot tell them apart. "
            "Relabelling still assumes that order was random."
        )
    return "fail" if always else "warn", (
        f"{where}. A slow drift of the scanner alone can then tell them apart, and relabelling "
        f"assumes that order was random. {luck}. Detrend, and randomise the order in a new study."
    )


def _near_alike(design: Design) -> Finding:
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


CHECKS: dict[str, tuple[str, Callable[[Design], Finding]]] = {
    "whole_blocks": ("whole blocks", _whole_blocks),
    "whole_runs": ("whole runs", _whole_runs),
    "copied_runs": ("copies of runs", lambda it: copied_runs(it.subject, it.spec.mask)),
    "volume_wise_folds": ("neighbouring volumes", _volume_wise),
    "order_within_runs": ("order of categories", _order_within_runs),
    "circular_mask": ("circular mask", lambda it: circularity(it.subject, it.spec)),
    "lag_within_block": ("lag within the block", _lag_within_block),
    "relabellings": ("number of relabellings", _relabellings),
    "runs": ("number of runs", _enough_runs),
    "training_runs": ("runs in training", _training_runs),
    "regressors": ("regressors", _regressors),
    "category_in_every_run": ("every category in every run", _all_in_every_run),
    "class_balance": ("balance of categories", _balance),
    "samples": ("number of samples", _enough_samples),
    "constant_voxels": ("constant voxels", _varying_voxels),
    "chosen_voxels": ("number of voxels chosen", _chosen_voxels),
    "still_voxels": ("voxels within runs", lambda it: still_voxels(it.subject, it.spec.mask)),
    "near_alike": ("names of categories", _near_alike),
    "reading": ("what was read", lambda it: notes_finding(it.subject, it.spec)),
}
"""By its name in JSON, each check's title and what it finds; the gravest first."""
