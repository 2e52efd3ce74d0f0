"""A decoding as a plain loop over nilearn and scikit-learn, to hold ours against.

It imports nothing of ours and takes only names and paths. Where ours is clever (a Gram matrix,
chunks of voxels, a table on disk), this is not.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import nibabel as nib
import numpy as np
from nilearn.masking import apply_mask, compute_epi_mask
from nilearn.signal import clean
from scipy.stats import f_oneway
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    roc_auc_score,
)
from sklearn.model_selection import GridSearchCV, KFold, LeaveOneGroupOut, StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC

T_R = 2.5


@dataclass
class Reference:
    """What the loop found; `rows` holds (fold, sample, run, block, true, predicted, decision)."""

    X: np.ndarray
    y: np.ndarray
    runs: np.ndarray
    blocks: np.ndarray
    n_dropped: int
    rows: list
    fold_scores: list
    balanced: list
    aucs: list
    confusion: np.ndarray


def decode_plainly(subject_dir, mask_file, spec, *, t_r=T_R):
    """Decode one spec, given as a dict of its names.

    `mask_file` is None where the brain has to be found in the recording.
    """
    X, y, runs, blocks, n_dropped = plain_samples(subject_dir, mask_file, spec, t_r=t_r)
    classes = sorted(set(y))
    rows, scores, balanced, aucs = [], [], [], []
    for fold, (train, test) in enumerate(plain_folds(spec["cv"], y, runs)):
        kept = plain_choice(X[train], y[train], spec["select"])
        model, predicted = fit_and_predict(
            spec["estimator"], X[train][:, kept], y[train], runs[train], X[test][:, kept]
        )
        decision = decision_values(model, X[test][:, kept], classes)
        scores.append(accuracy_score(y[test], predicted))
        balanced.append(np.mean([np.mean(predicted[y[test] == k] == k) for k in set(y[test])]))
        if 1 < len(set(y[test])) >= len({*predicted, *y[test]}):  # else scikit-learn warns
            assert abs(balanced[-1] - balanced_accuracy_score(y[test], predicted)) < 1e-12
        both = len(classes) == 2 and len(set(y[test])) == 2
        aucs.append(roc_auc_score(y[test] == classes[1], decision) if both else None)
        for i, p, d in zip(test, predicted, decision, strict=True):
            rows.append((fold, int(i), int(runs[i]), int(blocks[i]), str(y[i]), str(p), d))
    confusion = confusion_matrix([r[4] for r in rows], [r[5] for r in rows], labels=classes)
    return Reference(
        X=X,
        y=y,
        runs=runs,
        blocks=blocks,
        n_dropped=n_dropped,
        rows=rows,
        fold_scores=scores,
        balanced=balanced,
        aucs=aucs,
        confusion=confusion,
    )


def plain_samples(subject_dir, mask_file, spec, *, t_r=T_R):
    """Return X, y, runs, blocks and the number of volumes that a lag dropped."""
    labels, run_of = read_rows(Path(subject_dir) / "labels.txt")
    X = masked_matrix(Path(subject_dir), mask_file)
    X = standardized(X, np.array(run_of), spec["standardize"], spec["detrend"])
    wanted = set(spec["conditions"]) or set(labels) - {"rest"}
    block_of = number_blocks(labels, run_of)
    lag = spec["lag"] / t_r
    assert lag == int(lag)
    lag, picked, n_dropped = int(lag), [], 0
    for volume, label in enumerate(labels):
        if label not in wanted:
            continue
        later = volume + lag
        if 0 <= later < len(labels) and run_of[later] == run_of[volume]:
            picked.append((later, label, run_of[volume], block_of[volume]))
        else:
            n_dropped += 1
    if spec["samples"] == "block":
        means, one_each = [], []
        for block in sorted({row[3] for row in picked}):
            members = [row for row in picked if row[3] == block]
            means.append(X[[row[0] for row in members]].mean(axis=0))
            one_each.append(members[0])
        X, picked = np.array(means), one_each
    else:
        assert spec["samples"] == "volume"
        X = X[[row[0] for row in picked]]
    _, y, runs, blocks = zip(*picked, strict=True)
    return X, np.array(y), np.array(runs), np.array(blocks), n_dropped


@lru_cache(maxsize=16)  # many specs share a recording that takes seconds to read
def masked_matrix(subject_dir, mask_file):
    """Return all volumes of the mask's voxels, (n_volumes, n_voxels)."""
    bold = nib.load(next(subject_dir.glob("bold.nii*")))
    mask = nib.load(mask_file) if mask_file else brain_of(bold)
    X = apply_mask(bold, mask, dtype=np.float64)
    X.flags.writeable = False
    return X


def read_rows(path):
    """Return the label and the run of each volume."""
    rows = [line.split() for line in Path(path).read_text().splitlines()[1:] if line.strip()]
    return [row[0] for row in rows], [int(float(row[1])) for row in rows]


def number_blocks(labels, run_of):
    """Return for each volume its block: a stretch of one category in a run; None in rest."""
    blocks, number, before = [], -1, None
    for label, run in zip(labels, run_of, strict=True):
        if label != "rest" and (label, run) != before:
            number += 1
        blocks.append(None if label == "rest" else number)
        before = (label, run)
    return blocks


def brain_of(bold):
    """Find the brain as method and exported script do where no file gives it."""
    mean = np.nan_to_num(
        np.asarray(bold.dataobj, dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0
    ).mean(axis=3)
    if (mean == 0).mean() > 0.5:
        return nib.Nifti1Image((mean != 0).astype(np.uint8), bold.affine)
    return compute_epi_mask(nib.Nifti1Image(mean, bold.affine), opening=2 * (min(mean.shape) > 4))


def standardized(X, runs, how, detrend):
    """Standardize all volumes; a trend is always removed within each run."""
    with np.errstate(all="ignore"):
        if how == "run":
            return clean(X, runs=runs, detrend=detrend, standardize="zscore_sample")
        if detrend:
            X = clean(X, runs=runs, detrend=True, standardize=None)
        if how == "all":
            return clean(X, runs=None, detrend=False, standardize="zscore_sample")
        assert how == "none"
        return X


def plain_folds(scheme, y, runs):
    """Return (train, test) indices; schemes by run are written out, not taken from a library."""
    numbers, everything = sorted(set(runs.tolist())), np.arange(len(y))
    if scheme == "leave_one_run_out":
        held_out = [{run} for run in numbers]
    elif scheme == "leave_two_runs_out":
        held_out = [{a, b} for i, a in enumerate(numbers) for b in numbers[i + 1 :]]
    elif scheme == "split_half":
        even = {run for run in numbers if run % 2 == 0}
        if not -1 <= len(numbers) - 2 * len(even) <= 1:
            even = set(numbers[1::2])
        held_out = [even, set(numbers) - even]
    elif scheme == "kfold":
        return list(KFold(5).split(y))
    elif scheme == "stratified":
        return list(StratifiedKFold(5).split(y, y))
    elif scheme == "shuffled_kfold":
        return list(KFold(len(numbers), shuffle=True, random_state=0).split(y))
    else:
        assert scheme == "resubstitution"
        return [(everything, everything)]
    folds = []
    for out in held_out:
        is_out = np.array([run in out for run in runs.tolist()])
        folds.append((everything[~is_out], everything[is_out]))
    return folds


def plain_choice(X, y, n):
    """Return the voxels that are decoded, by the F of each; ties to the first."""
    if n == 0 or n >= X.shape[1]:
        return list(range(X.shape[1]))
    varies = np.ptp(X, axis=0) > 0
    groups = [X[y == name][:, varies] for name in sorted(set(y))]
    F = np.full(X.shape[1], -np.inf)
    F[varies] = f_oneway(*groups, axis=0).statistic
    return sorted(sorted(range(len(F)), key=lambda voxel: (-F[voxel], voxel))[:n])


def new_estimator(name):
    """Return the estimator with the same parameters, written out once more."""
    if name == "svc_tuned":
        return GridSearchCV(
            SVC(kernel="linear"),
            {"C": [0.0001, 0.001, 0.01, 0.1, 1.0, 10.0]},
            cv=LeaveOneGroupOut(),
        )
    return {
        "svc": lambda: SVC(kernel="linear", C=1.0),
        "logistic": lambda: LogisticRegression(C=1.0, max_iter=1000),
        "lda": lambda: LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
        "ridge": lambda: RidgeClassifier(alpha=1.0),
        "gnb": GaussianNB,
        "dummy": lambda: DummyClassifier(strategy="prior"),
    }[name]()


def fit_and_predict(name, train_X, train_y, train_runs, test_X):
    """Return the fitted model and its predictions of `test_X`."""
    if name == "correlation":
        model = {k: train_X[train_y == k].mean(axis=0) for k in sorted(set(train_y))}
        r = correlations(model, test_X)
        return model, np.array([list(model)[int(np.argmax(row))] for row in r])
    model = new_estimator(name)
    groups = {"groups": train_runs} if name == "svc_tuned" else {}
    model.fit(train_X, train_y, **groups)
    return model, model.predict(test_X)


def correlations(means, X):
    """Return Pearson's r of each sample with each category's mean."""
    return np.array([[np.corrcoef(x, mean)[0, 1] for mean in means.values()] for x in X])


def decision_values(model, X, classes):
    """Return what an AUC ranks by, towards the second of two classes; None for more."""
    if len(classes) > 2:
        return [None] * len(X)
    if isinstance(model, dict):
        r = correlations(model, X)
        return r[:, 1] - r[:, 0]
    if hasattr(model, "decision_function"):
        return model.decision_function(X)
    return model.predict_proba(X)[:, 1]
