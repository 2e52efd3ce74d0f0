"""The design checks; `decoding.analyses.check` runs them."""

from collections.abc import Callable

from decoding.analyses.checks.betas import collinear_regressors
from decoding.analyses.checks.categories import (
    all_in_every_run,
    balance,
    near_alike_names,
    relabellings,
)
from decoding.analyses.checks.category_order import order_within_runs
from decoding.analyses.checks.design import Design, Finding
from decoding.analyses.checks.folds import (
    enough_runs,
    enough_samples,
    training_runs,
    volume_wise,
    whole_blocks,
    whole_runs,
)
from decoding.analyses.checks.lagged_volumes import lag_within_block
from decoding.analyses.checks.recorded_runs import copied_runs, still_voxels
from decoding.analyses.checks.voxels import chosen_voxels, varying_voxels
from decoding.analyses.circularity import circularity
from decoding.analyses.notes import notes_finding

CHECKS: dict[str, tuple[str, Callable[[Design], Finding]]] = {
    "whole_blocks": ("whole blocks", whole_blocks),
    "whole_runs": ("whole runs", whole_runs),
    "copied_runs": ("copies of runs", lambda it: copied_runs(it.subject, it.spec.mask)),
    "volume_wise_folds": ("neighbouring volumes", volume_wise),
    "order_within_runs": ("order of categories", order_within_runs),
    "circular_mask": ("circular mask", lambda it: circularity(it.subject, it.spec)),
    "lag_within_block": ("lag within the block", lag_within_block),
    "relabellings": ("number of relabellings", relabellings),
    "runs": ("number of runs", enough_runs),
    "training_runs": ("runs in training", training_runs),
    "regressors": ("regressors", collinear_regressors),
    "category_in_every_run": ("every category in every run", all_in_every_run),
    "class_balance": ("balance of categories", balance),
    "samples": ("number of samples", enough_samples),
    "constant_voxels": ("constant voxels", varying_voxels),
    "chosen_voxels": ("number of voxels chosen", chosen_voxels),
    "still_voxels": ("voxels within runs", lambda it: still_voxels(it.subject, it.spec.mask)),
    "near_alike": ("names of categories", near_alike_names),
    "reading": ("what was read", lambda it: notes_finding(it.subject, it.spec)),
}
"""By its name in JSON, each check's title and what it finds; the gravest first."""
