"""A made-up fMRIPrep derivative of the real half slice, for tests."""

import json
import shutil

import nibabel as nib
import numpy as np
import pandas as pd
from nilearn.masking import compute_epi_mask

SPACE = "MNI152NLin2009cAsym"
MOTION = ("trans_x", "trans_y", "trans_z", "rot_x", "rot_y", "rot_z")
SHIFT = 2


def preprocess(raw, root, runs=(1, 2, 3, 4), n_volumes=121):
    """Copy some runs, and beside them what fMRIPrep would have made: scans, masks, confounds.

    The scans of the template's space lie elsewhere, and a slice's edge further each run is outside
    the run's brain mask; those of the native space are as they were recorded.
    """
    func = root / "sub-1" / "func"
    func.mkdir(parents=True)
    for name in ("dataset_description.json", "task-objectviewing_bold.json"):
        shutil.copy(raw / name, root / name)
    prep = root / "derivatives" / "fmriprep"
    out = prep / "sub-1" / "func"
    out.mkdir(parents=True)
    (prep / "dataset_description.json").write_text(json.dumps({"DatasetType": "derivative"}))
    for run in runs:
        stem = f"sub-1_task-objectviewing_run-{run:02d}"
        (func / f"{stem}_bold.nii.gz").symlink_to(raw / "sub-1/func" / f"{stem}_bold.nii.gz")
        shutil.copy(raw / "sub-1/func" / f"{stem}_events.tsv", func)
        scan = nib.load(func / f"{stem}_bold.nii.gz")
        _write_space(out, stem, scan, run)
        (out / f"{stem}_desc-preproc_bold.nii.gz").symlink_to(func / f"{stem}_bold.nii.gz")
        _write_confounds(out, stem, scan, run)
    anat = prep / "sub-1" / "anat"
    anat.mkdir()
    moved = _moved(nib.load(func / f"sub-1_task-objectviewing_run-{runs[0]:02d}_bold.nii.gz"))
    for name, space in (("", "T1w"), (f"_space-{SPACE}_res-2", SPACE)):
        affine = moved if space == SPACE else np.diag([1.0, 1, 1, 1])
        image = nib.Nifti1Image(np.ones((40, 64, 64), dtype=np.uint8), affine)
        image.to_filename(anat / f"sub-1{name}_desc-preproc_T1w.nii.gz")
    return root


def _moved(scan):
    affine = scan.affine.copy()
    affine[:3, 3] += 40
    return affine


def _write_space(out, stem, scan, run):
    """Write a run that is brighter by its number, its brain mask, and its sidecar."""
    values = np.asarray(scan.dataobj)
    name = f"{stem}_space-{SPACE}_res-2"
    moved = nib.Nifti1Image(values + np.int16(run), _moved(scan), scan.header)
    moved.to_filename(out / f"{name}_desc-preproc_bold.nii.gz")
    sidecar = {"RepetitionTime": 2.5, "StartTime": 1.25}
    (out / f"{name}_desc-preproc_bold.json").write_text(json.dumps(sidecar))
    mean = nib.Nifti1Image(values.mean(axis=3), _moved(scan))
    inside = np.asarray(compute_epi_mask(mean, opening=0).dataobj)
    inside[:, : 10 + SHIFT * run] = 0
    mask = nib.Nifti1Image(inside.astype(np.uint8), _moved(scan))
    mask.to_filename(out / f"{name}_desc-brain_mask.nii.gz")


def _write_confounds(out, stem, scan, run):
    """Write confounds with fMRIPrep's names: noise, trends, components, and a jump."""
    rng = np.random.default_rng(run)
    n = scan.shape[3]
    base = (*MOTION, "csf", "white_matter", "global_signal")
    table = {name: np.cumsum(rng.normal(size=n)) for name in base}
    for name in base:
        table[f"{name}_derivative1"] = np.r_[np.nan, np.diff(table[name])]
        table[f"{name}_power2"] = table[name] ** 2
        table[f"{name}_derivative1_power2"] = table[f"{name}_derivative1"] ** 2
    table |= {f"a_comp_cor_{i:02d}": rng.normal(size=n) for i in range(run + 6)}
    times = (np.arange(n) + 0.5) / n
    table |= {f"cosine{i:02d}": np.cos(np.pi * (i + 1) * times) for i in range(4)}
    table["framewise_displacement"] = np.r_[np.nan, rng.uniform(0, 0.4, n - 1)]
    table["std_dvars"] = np.r_[np.nan, rng.uniform(0.8, 1.2, n - 1)]
    table["framewise_displacement"][[20, 60 + run]] = 0.9
    if run % 2:
        table["non_steady_state_outlier00"] = (np.arange(n) == 0).astype(int)
    columns = pd.DataFrame(table)
    file = out / f"{stem}_desc-confounds_timeseries.tsv"
    columns.to_csv(file, sep="	", na_rep="n/a", index=False)
    about = {
        f"a_comp_cor_{i:02d}": {"Mask": "combined", "Method": "aCompCor", "Retained": True}
        for i in range(run + 6)
    }
    file.with_suffix(".json").write_text(json.dumps(about))
