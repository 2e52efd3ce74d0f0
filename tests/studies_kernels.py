"""Small block designs as plain arrays, and refits by scikit-learn, for tests of the kernels."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from nilearn.masking import apply_mask
from nilearn.signal import clean
from sklearn.model_selection import LeaveOneGroupOut

from decoding.null import Blocks, find_blocks


@dataclass(frozen=True, kw_only=True, eq=False)
class Study:
    """Samples of a block design with their folds."""

    X: np.ndarray
    labels: np.ndarray
    runs: np.ndarray
    blocks: Blocks
    folds: list

    def with_folds(self, folds):
        """Return the same samples under other folds."""
        return replace(self, folds=folds)


def make_study(
    *,
    n_classes=2,
    n_runs=5,
    n_voxels=12,
    seed=0,
    signal=0.5,
    blocks_per_run=None,
    block_lengths=None,
):
    """Return noise with a category mean, leave-one-run-out; runs count from 1."""
    rng = np.random.default_rng(seed)
    plan = blocks_per_run or [rng.permutation(n_classes) for _ in range(n_runs)]
    of_block = np.concatenate(plan)
    run_of_block = np.repeat(np.arange(1, len(plan) + 1), [len(run) for run in plan])
    lengths = np.resize(block_lengths or (4,), of_block.size)
    labels, runs = np.repeat(of_block, lengths), np.repeat(run_of_block, lengths)
    blocks = np.repeat(np.arange(of_block.size), lengths)
    means = signal * rng.standard_normal((labels.max() + 1, n_voxels))
    X = means[labels] + rng.standard_normal((labels.size, n_voxels))
    return Study(
        X=X,
        labels=labels,
        runs=runs,
        blocks=find_blocks(labels, runs, blocks),
        folds=list(LeaveOneGroupOut().split(X, labels, runs)) if len(plan) > 1 else [],
    )


def refits(fit, study, labels):
    """Return held-out predictions of `fit(X, y)`, one honest refit a fold and relabelling."""
    return np.array(
        [
            np.concatenate(
                [
                    fit(study.X[train], row[train]).predict(study.X[test])
                    for train, test in study.folds
                ]
            )
            for row in labels
        ]
    )


def read_pair(recordings, pair):
    """Return run-wise standardized samples of two categories of subject 1, labels, runs, blocks."""
    folder = recordings / "task-vt" / "haxby2001" / "subj1"
    table = pd.read_csv(folder / "labels.txt", sep=" ")
    runs = table["chunks"].to_numpy()
    X = apply_mask(folder / "bold.nii.gz", folder / "mask4_vt.nii.gz", dtype=np.float64)
    X = clean(X, runs=runs, detrend=False, standardize="zscore_sample")
    change = (table["labels"] != table["labels"].shift()) | (table["chunks"].diff() != 0)
    chosen = table["labels"].isin(pair).to_numpy()
    y = (table["labels"] == max(pair)).to_numpy().astype(int)
    return X[chosen], y[chosen], runs[chosen], change.cumsum().to_numpy()[chosen]
