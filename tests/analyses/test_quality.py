"""The quality of a recording, against nilearn's carpet, plain numpy and the formula of motion."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from makers import design, half_mask, signal, subject_from, write_image
from nilearn.masking import apply_mask
from nilearn.signal import clean

from decoding.analyses import motion, quality
from decoding.datasets.base import Mask
from decoding.errors import DataError
from decoding.recording import table
from decoding.recording.voxels import open_voxels
from decoding.spec import DecodingSpec

SPEC = DecodingSpec(standardize="none", confounds="none")


@pytest.fixture
def recording(tmp_path):
    """Return a subject of three runs whose brain is half of the grid, with a drift and a spike."""
    conditions, runs = design(n_runs=3)
    values = signal(conditions) + np.arange(len(runs), dtype=np.int16)
    values[..., 20] += 300
    values[0, 0, 0] = 7
    bold = write_image(tmp_path / "bold.nii.gz", values)
    mask = half_mask(values.shape[:3])
    path = write_image(tmp_path / "mask.nii.gz", mask.astype(np.uint8))
    return subject_from([bold], {"brain": path}, conditions, runs)


def test_the_carpet_is_nilearns(recording, monkeypatch):
    """Rows are voxels slice by slice, cleaned as `plot_carpet` does within each run."""
    found, series = (
        quality.run(recording, SPEC),
        apply_mask(recording.bold[0], recording.masks["brain"].files[0]),
    )
    runs = recording.volumes["run"].to_numpy()
    with np.errstate(invalid="ignore"):
        cleaned = clean(series, runs=runs, detrend=True, standardize="zscore_sample")
    indices = open_voxels(recording).grid.indices
    order = sorted(range(len(indices)), key=lambda row: indices[row][::-1].tolist())
    np.testing.assert_allclose(found.carpet, cleaned.T[order], atol=1e-4)
    assert found.places.tolist() == indices[order].tolist()
    assert np.abs(found.together).argmax() == 20
    monkeypatch.setattr(quality, "MAX_SHOWN", 10)
    few = quality.run(recording, SPEC)
    evenly = np.linspace(0, len(order) - 1, 10).round().astype(int)
    assert np.array_equal(few.carpet, found.carpet[evenly])
    assert few.voxel_names == [found.voxel_names[row] for row in evenly]


def test_signal_to_noise_is_the_mean_over_what_a_line_leaves(recording, monkeypatch):
    """The ratio is numpy's, in any chunks; a voxel that never varies has 0 and is counted."""
    monkeypatch.setattr(quality, "CHUNK_VOXELS", 7)
    found = quality.run(recording, SPEC)
    series = open_voxels(recording).read(slice(None))
    expected = []
    for run in range(3):
        part = series[:, recording.volumes["run"] == run].T
        time = np.arange(len(part))
        line = np.polynomial.polynomial.polyval(
            time, np.polynomial.polynomial.polyfit(time, part, 1)
        )
        spread = (part - line.T).std(axis=0)
        with np.errstate(divide="ignore"):
            expected.append(np.where(np.ptp(part, axis=0) > 0, part.mean(axis=0) / spread, 0))
    np.testing.assert_allclose(found.tsnr, np.mean(expected, axis=0))
    varying = [ratio[ratio > 0] for ratio in expected]
    np.testing.assert_allclose(found.runs["median"], list(map(np.median, varying)))
    assert found.runs["n_still"].tolist() == [1, 1, 1]
    assert found.image().get_fdata().max() == found.tsnr.max()


def test_images_have_a_carpet_and_no_ratio(recording):
    """Images that are no series in time are scaled over all of them; there is no trend to leave."""
    found = quality.run(replace(recording, maps=True, version="maps"), SPEC)
    rows = np.ptp(found.carpet, axis=1) > 0
    np.testing.assert_allclose(found.carpet[rows].std(axis=1, ddof=1), 1, rtol=1e-5)
    assert len(found.tsnr) == len(found.runs) == 0


def test_where_no_brain_is_found_all_masks_are_looked_at(recording, monkeypatch):
    """A recording that looks nowhere like a brain is steady or not in the masks that came along."""
    monkeypatch.setattr(table, "_compute_brain_mask", lambda mean, _: np.zeros(mean.shape, bool))
    masks = {"brain": Mask(), "left": recording.masks["brain"]}
    found = quality.run(replace(recording, masks=masks, version="no brain"), SPEC)
    assert np.array_equal(found.tsnr, quality.run(recording, SPEC).tsnr)


def write_confounds(folder, columns, n_volumes=17):
    """Write tables of random confounds for three runs; return the subject's mapping."""
    paths = {}
    for run in range(3):
        rng = np.random.default_rng(run)
        table = pd.DataFrame({name: rng.normal(size=n_volumes) for name in columns})
        if motion.COLUMN in table:
            table.loc[0, motion.COLUMN] = np.nan
        paths[run] = folder / f"run-{run}_desc-confounds_timeseries.tsv"
        table.to_csv(paths[run], sep="\t", na_rep="n/a", index=False)
    return paths


def test_motion_is_read_or_made_of_six_parameters(recording, tmp_path):
    """Displacement is fMRIPrep's column, else Power's sum; categories have the means of theirs."""
    n = len(recording.volumes) // 3
    read = replace(recording, confounds=write_confounds(tmp_path, [motion.COLUMN], n))
    found = motion.run(read, SPEC)
    table = pd.read_csv(read.confounds[1], sep="\t")
    own = found.table.loc[found.table["run"] == 1, "displacement"]
    np.testing.assert_array_equal(own, table[motion.COLUMN])
    means = found.table.groupby("condition")["displacement"].mean()
    assert found.by_category["mean"].tolist() == means.tolist()
    six = [*motion.SHIFTS, *motion.TURNS]
    made = replace(recording, confounds=write_confounds(tmp_path, six, n))
    moved = pd.read_csv(made.confounds[2], sep="\t").to_numpy()
    expected = np.abs(np.diff(moved, axis=0)) @ np.repeat([1.0, 50.0], 3)
    found = motion.run(made, SPEC).table
    np.testing.assert_allclose(found.loc[found["run"] == 2, "displacement"][1:], expected)


def test_motion_that_nobody_knows_is_said(recording, tmp_path):
    """Without a table nothing is known; one that does not fit is refused by its name."""
    assert "no table of confounds" in motion.run(recording, SPEC).unknown
    assert "no series" in motion.run(replace(recording, maps=True), SPEC).unknown
    short = write_confounds(tmp_path, [motion.COLUMN], 5)
    with pytest.raises(DataError, match=r"timeseries.tsv has 5 rows for 17 volumes"):
        motion.run(replace(recording, confounds=short), SPEC)
    other = write_confounds(tmp_path, ["csf"], 17)
    with pytest.raises(DataError, match="needs a column framewise_displacement"):
        motion.run(replace(recording, confounds=other), SPEC)
