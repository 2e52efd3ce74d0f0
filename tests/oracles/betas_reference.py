"""Single-trial and run betas by nilearn's FirstLevelModel, then face against cat decoded from them.

    python betas_reference.py FOLDER [lsa|lss|lss_by_condition|run_beta] [SUBJECT] [MASK FILE]

With _t behind the kind: t values, each beta over its standard error. Several kinds, with commas
between them, print a line each.

FOLDER has the layout of nilearn's ``fetch_haxby``. It imports nothing of ours: the exported script
grows from it, and tests hold ours against it. The masker works in float64 as the rest of the
program does; FirstLevelModel's own works in float32 and moves betas by 4e-6 of their rms.
"""

import json
import sys
import warnings
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
from nilearn.glm.first_level import FirstLevelModel
from nilearn.image import index_img
from nilearn.maskers import NiftiMasker
from nilearn.signal import clean
from sklearn.base import clone
from sklearn.model_selection import LeaveOneGroupOut
from sklearn.svm import SVC

T_R = 2.5


def main(folder, kinds="lss", subject="1", mask_file="mask4_vt.nii.gz"):
    """Print one score a run, as JSON."""
    study = Path(folder) / "haxby2001"
    for kind in kinds.split(","):
        X, y, runs = beta_samples(study / f"subj{subject}", mask_file, kind)
        X = clean(X, runs=runs, detrend=False, standardize="zscore_sample")
        two = np.isin(y, ["cat", "face"])
        print(json.dumps(leave_one_run_out(X[two], y[two], runs[two])))  # noqa: T201 - a program


def beta_samples(subject, mask_file, kind):
    """Return betas (n_samples, n_voxels) in percent, their categories and runs."""
    bold = nib.load(next(subject.glob("bold.nii*")))
    masker = NiftiMasker(mask_img=subject / mask_file, standardize=None, dtype=np.float64).fit()
    labels = pd.read_csv(subject / "labels.txt", sep=r"\s+", dtype=str)
    run_of = labels["chunks"].astype(float).astype(int).to_numpy()
    condition = labels["labels"].to_numpy(dtype=object).astype(str)
    X, y, runs = [], [], []
    for run in np.unique(run_of):
        scan = index_img(bold, run_of == run)
        trials = blocks_of_run(condition[run_of == run])
        for events, samples in models_of_run(trials, kind.removesuffix("_t")):
            model = fit(scan, events, masker)
            for name, category in samples:
                X.append(estimate(model, name, masker, as_t=kind.endswith("_t")))
                y.append(category)
                runs.append(run)
    return np.array(X), np.array(y), np.array(runs)


def blocks_of_run(condition):
    """Return one row a block: onset and duration in seconds, and the category."""
    begins = np.r_[True, condition[1:] != condition[:-1]]
    rows = [
        (stretch[0] * T_R, len(stretch) * T_R, condition[stretch[0]])
        for stretch in np.split(np.arange(len(condition)), np.flatnonzero(begins)[1:])
        if condition[stretch[0]] != "rest"
    ]
    return pd.DataFrame(rows, columns=["onset", "duration", "trial_type"])


def models_of_run(trials, kind):
    """Return the events of each model of a run, with (regressor, category) of its samples."""
    categories = trials["trial_type"].tolist()
    if kind == "lsa":  # one regressor for each block
        names = [f"block_{i}" for i in range(len(trials))]
        samples = list(zip(names, categories, strict=True))
        return [(trials.assign(trial_type=names), samples)] if names else []
    if kind.startswith("lss"):  # one model for each block: itself, and all others
        others = trials["trial_type"] if kind == "lss_by_condition" else "others"  # or together
        return [
            (
                trials.assign(trial_type=np.where(np.arange(len(trials)) == i, "this", others)),
                [("this", categories[i])],
            )
            for i in range(len(trials))
        ]
    assert kind == "run_beta"  # one regressor for each category
    samples = [(category, category) for category in dict.fromkeys(categories)]
    return [(trials, samples)] if samples else []


def fit(scan, events, masker):
    """Fit one run, in percent of each voxel's mean."""
    model = FirstLevelModel(
        t_r=T_R,
        noise_model="ols",
        hrf_model="glover",
        drift_model="cosine",
        high_pass=0.01,
        slice_time_ref=0,
        signal_scaling=0,
        standardize=False,
        smoothing_fwhm=None,
        min_onset=-24,
        mask_img=masker,
    )
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Mean values of 0 observed")
        return model.fit(scan, events=events)


def estimate(model, name, masker, *, as_t):
    """Return the effect of one regressor in each voxel of the mask, or its t value."""
    column = (model.design_matrices_[0].columns == name).astype(float)
    with np.errstate(all="ignore"):  # t values of constant voxels
        effect, variance = (
            masker.transform(model.compute_contrast(column, output_type=output)).ravel()
            for output in ("effect_size", "effect_variance")
        )
    return effect / np.sqrt(variance) if as_t else effect


def leave_one_run_out(X, y, runs):
    """Return the accuracy in each run left out, by a linear SVM trained on the others."""
    estimator = SVC(kernel="linear")
    scores = []
    for train, test in LeaveOneGroupOut().split(X, y, runs):
        predicted = clone(estimator).fit(X[train], y[train]).predict(X[test])
        scores.append(float((predicted == y[test]).mean()))
    return scores


if __name__ == "__main__":
    main(*sys.argv[1:])
