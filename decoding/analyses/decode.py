"""Cross-validated decoding of a subject's categories."""

from dataclasses import replace
from functools import partial

import nibabel as nib
import numpy as np
import pandas as pd
from sklearn import config_context
from sklearn.base import BaseEstimator, clone

from decoding.analyses.circularity import is_circular
from decoding.analyses.record import Analysis, Output
from decoding.cross_validation import make_folds
from decoding.datasets.base import Subject
from decoding.errors import SpecError
from decoding.estimators import ESTIMATORS, Estimator
from decoding.folds import Folds
from decoding.progress import Progress, report
from decoding.registry import offer, pick
from decoding.results import DecodingResult
from decoding.samples.extract import Samples, extract_samples
from decoding.select import choosing
from decoding.settings import mask_label
from decoding.spec import DecodingSpec


def run(
    subject: Subject, spec: DecodingSpec, options: None = None, on_progress: Progress | None = None
) -> DecodingResult:
    """Decode the spec's categories under its cross-validation scheme."""
    pick_estimator(spec.estimator)  # an unknown one is refused before anything is read
    return decode_subject(subject, spec, extract_samples(subject, spec, on_progress), on_progress)


def decode_subject(
    subject: Subject, spec: DecodingSpec, samples: Samples, on_progress: Progress | None = None
) -> DecodingResult:
    """Decode samples of a subject that were extracted before; see `run`."""
    estimator = estimator_for(spec, samples)
    result = decode_samples(samples, spec, estimator, subject.version, on_progress)
    return replace(result, circular=is_circular(subject, spec), each=subject.each)


def decode_samples(
    samples: Samples,
    spec: DecodingSpec,
    estimator: Estimator,
    version: str,
    on_progress: Progress | None = None,
) -> DecodingResult:
    """Decode samples, whoever's they are; see `run`."""
    check_varies(samples, spec)
    folds = make_folds(spec.cv, samples.y, samples.runs)
    check_fits(estimator, samples, folds)
    predictions = predict_folds(samples, estimator, folds, on_progress)
    return result_of(samples, spec, predictions, version)


def result_of(
    samples: Samples, spec: DecodingSpec, predictions: pd.DataFrame, version: str
) -> DecodingResult:
    """Return the result that samples have with these predictions."""
    return DecodingResult(
        spec=spec,
        predictions=predictions,
        classes=samples.classes,
        n_samples=len(samples.y),
        n_blocks=samples.n_blocks,
        n_voxels=samples.X.shape[1],
        version=version,
        n_dropped=samples.n_dropped,
        n_constant=samples.n_constant,
    )


def pick_estimator(name: str) -> Estimator:
    """Return the registered estimator of that name."""
    return pick(ESTIMATORS, name, "estimator")


def estimator_for(spec: DecodingSpec, samples: Samples) -> Estimator:
    """Return a spec's estimator: one that chooses voxels where the spec asks for fewer than all."""
    estimator = pick_estimator(spec.estimator)
    if 0 < spec.select < samples.X.shape[1]:
        return choosing(estimator, spec.select)
    return estimator


def check_varies(samples: Samples, spec: DecodingSpec) -> None:
    """Refuse samples that are all the same."""
    if samples.n_constant == samples.X.shape[1]:
        raise SpecError(
            f"None of the {samples.n_constant} voxels of the mask '{mask_label(spec.mask)}' "
            "varies, so there is nothing to decode. Choose another mask, or check the recording."
        )


def check_has_weights(name: str) -> None:
    """Refuse an estimator without a weight map."""
    estimator = pick_estimator(name)
    if not estimator.has_weights:
        others = (key for key, other in ESTIMATORS.items() if other.has_weights)
        able, remedy = offer("estimator", ESTIMATORS, others)
        raise SpecError(
            f"There is no weight map: {estimator.label} has no single weight per voxel. Choose "
            f"{able}.",
            remedy=remedy,
        )


def predict_folds(
    samples: Samples, estimator: Estimator, folds: Folds, on_progress: Progress | None = None
) -> pd.DataFrame:
    """Fit on each training fold and predict its test fold; see `DecodingResult.predictions`.

    An estimator with a kernel form is given rows of the Gram matrix, computed once: its
    predictions are the same and the voxels are multiplied once, not once a fold.
    """
    check_size(estimator, samples)
    classes, codes = np.unique(samples.y, return_inverse=True)  # scikit-learn is faster on codes
    template, X = prepare_fit(estimator, samples.X)
    predicted, decisions = [], []
    # Everything is finite and checked once: doing it again in each fold takes longer than fitting.
    with config_context(assume_finite=True, skip_parameter_validation=True):
        for number, (train, test) in enumerate(folds):
            train_X, test_X = fold_inputs(estimator, X, train, test)
            model = fit(template, estimator, train_X, codes[train], samples.runs[train])
            predicted.append(model.predict(test_X))
            decisions.append(_decision(model, test_X, len(classes)))
            report(on_progress, number + 1, len(folds))
    return tabulate(samples, folds, classes[np.concatenate(predicted)], np.concatenate(decisions))


def tabulate(
    samples: Samples, folds: Folds, predicted: np.ndarray, decision: np.ndarray
) -> pd.DataFrame:
    """Return the table of what was predicted, fold after fold; see `DecodingResult.predictions`.

    Predictions are those of the held-out samples, (n_held_out,), and so are decision values.
    """
    tested = np.concatenate([test for _, test in folds])
    return pd.DataFrame(
        {
            "fold": np.repeat(np.arange(1, len(folds) + 1), [len(test) for _, test in folds]),
            "sample": tested,
            "run": samples.runs[tested],
            "block": samples.blocks[tested],
            "true": samples.y[tested],
            "predicted": predicted,
            "decision": decision,
        }
    )


def check_size(estimator: Estimator, samples: Samples) -> None:
    """Refuse an estimator whose matrices would not fit in memory, by a `SpecError`."""
    n_voxels = samples.X.shape[1]
    if estimator.max_voxels is not None and n_voxels > estimator.max_voxels:
        able, remedy = offer("estimator", ESTIMATORS, ["ridge"])
        raise SpecError(
            f"With {estimator.label} a covariance of {n_voxels} x {n_voxels} voxels, "
            f"{n_voxels**2 * 8 / 1e9:.1f} GB, is estimated; it works with up to "
            f"{estimator.max_voxels}. Choose a smaller mask, or {able}.",
            remedy=remedy,
        )


def prepare_fit(estimator: Estimator, X: np.ndarray) -> tuple[BaseEstimator, np.ndarray]:
    """Return the unfitted estimator and what it is given of samples, (n_samples, n_voxels).

    That is their Gram matrix, (n_samples, n_samples), or the samples themselves.
    """
    template = estimator.make()
    if not estimator.gram_params:
        return template, X
    return template.set_params(**estimator.gram_params), X @ X.T


def fold_inputs(
    estimator: Estimator, X: np.ndarray, train: np.ndarray, test: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return what the estimator is fitted on and tested on, from `prepare_fit`'s array.

    `train` and `test` are indices of samples; both parts have a row for each of theirs, and a
    column a voxel or, of a Gram matrix, a training sample.
    """
    if not estimator.gram_params:
        return X[train], X[test]
    return X[np.ix_(train, train)], X[np.ix_(test, train)]


def fit(
    template: BaseEstimator, estimator: Estimator, X: np.ndarray, y: np.ndarray, runs: np.ndarray
) -> BaseEstimator:
    """Fit a clone of `template`, with the runs where the estimator makes folds of its own.

    Parameters
    ----------
    X : ndarray, shape (n_train, n_voxels or n_train)
        What `fold_inputs` gives.
    y, runs : ndarray, shape (n_train,)

    Raises
    ------
    SpecError
        If a fold of its own would have a single category or run to learn from.
    """
    model = clone(template)
    if not estimator.needs_groups:
        return model.fit(X, y)
    _check_inner_folds(estimator, y, runs)
    return model.fit(X, y, **{estimator.groups: runs})


def check_fits(estimator: Estimator, samples: Samples, folds: Folds) -> None:
    """Ask whether the estimator can be fitted on every training fold, before any is fitted.

    Raises
    ------
    SpecError
        If it cannot: its matrices would be too large, or a fold of its own has nothing to learn.
    """
    check_size(estimator, samples)
    if estimator.needs_groups:
        for train, _ in folds:
            _check_inner_folds(estimator, samples.y[train], samples.runs[train])


def _check_inner_folds(estimator: Estimator, y: np.ndarray, runs: np.ndarray) -> None:
    numbers = np.unique(runs)
    able, remedy = offer("estimator", ESTIMATORS, ["svc"])
    begin = f"With {estimator.label}, training leaves out one run more, and a training fold here"
    end = f"Choose another scheme, or the {able} as it is."
    if len(numbers) < 2:
        raise SpecError(f"{begin} has only run {runs[0]}. {end}", remedy=remedy)
    for run in numbers:
        if len(np.unique(y[runs != run])) < 2:
            raise SpecError(
                f"{begin} holds a single category without run {run}. {end}", remedy=remedy
            )


def _decision(model: BaseEstimator, X: np.ndarray, n_classes: int) -> np.ndarray:
    """Return what scikit-learn ranks samples by for an AUC; NaN with more than two classes."""
    if n_classes != 2:  # also where a training fold happens to hold two of them
        return np.full(len(X), np.nan)
    return decide(model, X)[:, 1]


def decide(model: BaseEstimator, X: np.ndarray) -> np.ndarray:
    """Return what speaks for each class that a model knows, (n_samples, n_classes).

    It is scikit-learn's ``decision_function`` where there is one, of two classes once with either
    sign; else the probabilities.
    """
    if not hasattr(model, "decision_function"):
        return np.asarray(model.predict_proba(X))
    found = np.asarray(model.decision_function(X))
    return np.stack([-found, found], axis=1) if found.ndim == 1 else found


def _weights(subject: Subject, result: DecodingResult, what: str) -> nib.Nifti1Image:
    from decoding.analyses import weights  # which needs this module

    maps = weights.run(subject, result.spec)
    return weights.to_image(maps, maps.values(what), what)


ANALYSIS = Analysis(
    name="decode",
    question="Can we read the category from the activity?",
    run=run,
    tried=lambda result: [(result.spec, "")],
    outputs=(
        *(
            Output(
                flag=f"--{what}",
                help=f"write the {words}, .nii.gz",
                make=partial(_weights, what=what),
                is_image=True,
                check=lambda spec: check_has_weights(spec.estimator),
            )
            for what, words in (("weights", "weight map"), ("pattern", "activation pattern"))
        ),
        Output(
            flag="--predictions",
            help="write one row a sample and fold, .csv",
            make=lambda subject, result: result.predictions,
        ),
    ),
    command=True,
)
