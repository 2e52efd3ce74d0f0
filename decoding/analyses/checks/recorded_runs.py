"""What was recorded in each run: voxels that stand still in one, and runs that are copies."""

from itertools import combinations
from typing import TypeAlias

import numpy as np

from decoding.analyses.checks.design import Finding
from decoding.datasets.base import Subject
from decoding.numbers import list_text, number_text
from decoding.recording.voxels import VoxelStore, chunks_of, open_voxels

Pairs: TypeAlias = list[tuple[int, int]]
COPY = 0.995
"""Runs whose series correlate so much are one run in other numbers: noise is never alike."""
_FEW_ROWS, _ROWS_AT_ONCE, _MOST_NAMED = 64, 4096, 3


def still_voxels(subject: Subject, mask: str) -> Finding:
    """Judge whether the voxels that vary over the recording also vary within each run."""
    if blank := _blank_volumes(subject, mask):
        return "fail" if subject.maps else "warn", (
            f"No voxel of the mask has a value other than 0 in {blank}. Look at those images, and "
            "leave out what was not recorded."
        )
    store, runs = open_voxels(subject), subject.volumes["run"].to_numpy()
    rows, numbers = store.mask_rows(mask), np.unique(runs)
    chunks = chunks_of(len(rows), _ROWS_AT_ONCE)
    n_still = np.sum([_still(store, rows[chunk], runs).sum(axis=0) for chunk in chunks], axis=0)
    most, n_runs = int(n_still.max()), int(np.count_nonzero(n_still))
    if not most:
        return "pass", "Voxels that vary over the recording vary within every run."
    worst = np.sort(np.argsort(-n_still, kind="stable")[: min(n_runs, _MOST_NAMED)])
    told = [f"run {numbers[i]} ({n_still[i]} of {len(rows)} voxels)" for i in worst]
    if n_runs > _MOST_NAMED:
        told.append(number_text(n_runs - _MOST_NAMED, "more run"))
    return "warn" if most < len(rows) / 2 else "fail", (
        f"Some voxels never vary within {list_text(told)}. They answer nothing there, and their "
        "step between runs can pass for a response. Look at those scans, and choose a mask without "
        "such voxels or leave the run out."
    )


def _blank_volumes(subject: Subject, mask: str) -> str:
    """Name the volumes that hold no value but 0 in a mask; empty where there are none."""
    store = open_voxels(subject)
    rows = store.mask_rows(mask)
    blank = np.ones(store.n_volumes, dtype=bool)
    for chunk in chunks_of(len(rows), _ROWS_AT_ONCE):
        blank &= (store.read(rows[chunk]) == 0).all(axis=0)
    numbers = subject.volumes.groupby("run").cumcount()
    told = [
        f"row {i + 2} of the table"
        if subject.maps
        else f"volume {numbers.iloc[i]} of run {subject.volumes['run'].iloc[i]}"
        for i in np.flatnonzero(blank).tolist()
    ]
    if len(told) > _MOST_NAMED:
        told[_MOST_NAMED:] = [f"{len(told) - _MOST_NAMED} more"]
    return list_text(told) if told else ""


def _still(store: VoxelStore, rows: np.ndarray, runs: np.ndarray) -> np.ndarray:
    """Return which rows stand still in each run, (n_rows, n_runs); not those that always do."""
    still = store.still_within(rows, runs)
    everywhere = np.flatnonzero(still.all(axis=1))
    always = np.ptp(store.read(rows[everywhere]), axis=1) == 0
    still[everywhere[always]] = False
    return still


def copied_runs(subject: Subject, mask: str) -> Finding:
    """Judge whether runs of equal length hold the same data, however their files store them."""
    store, runs = open_voxels(subject), subject.volumes["run"].to_numpy()
    rows = store.mask_rows(mask)
    few = rows[np.unique(np.linspace(0, len(rows) - 1, _FEW_ROWS).astype(int))]
    pairs = _alike(store, few, runs, list(combinations(np.unique(runs).tolist(), 2)))
    if pairs:
        pairs = _alike(store, rows, runs, pairs)
    if not pairs:
        return "pass", "No two runs hold the same data."
    told = list_text(f"{first} and {second}" for first, second in pairs[:_MOST_NAMED])
    more = f", and {len(pairs) - _MOST_NAMED} more pairs" if len(pairs) > _MOST_NAMED else ""
    return "fail", (
        f"Equal data are in runs {told}{more}. A model that has learnt one run knows its copy by "
        "heart, so the score is no score for new runs. Keep one file of each run, and take its "
        "copies out of the folder."
    )


def _alike(store: VoxelStore, rows: np.ndarray, runs: np.ndarray, pairs: Pairs) -> Pairs:
    """Return the pairs of runs whose series, each voxel's scaled within the run, are the same."""
    numbers, lengths = np.unique(runs, return_counts=True)
    length = dict(zip(numbers.tolist(), lengths.tolist(), strict=True))
    wanted = [pair for pair in pairs if length[pair[0]] == length[pair[1]]]
    product, size = dict.fromkeys(wanted, 0.0), dict.fromkeys(numbers.tolist(), 0.0)
    for chunk in chunks_of(len(rows), _ROWS_AT_ONCE):
        series = store.read(rows[chunk])
        scaled = {run: _scaled(series[:, runs == run]) for run in set(sum(wanted, ()))}
        for run, values in scaled.items():
            size[run] += float(np.vdot(values, values))
        for first, second in wanted:
            product[first, second] += float(np.vdot(scaled[first], scaled[second]))
    return [
        pair for pair in wanted if product[pair] > COPY * max(size[pair[0]], size[pair[1]], 1e-9)
    ]


def _scaled(series: np.ndarray) -> np.ndarray:
    centred = series - series.mean(axis=1, keepdims=True)
    norm = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.asarray(centred / np.where(norm > 0, norm, 1.0))
