"""Weight maps and activation patterns of a fit on all selected samples."""

from itertools import combinations

import nibabel as nib
import numpy as np
from sklearn.pipeline import Pipeline

from decoding.analyses.decode import (
    check_has_weights,
    check_size,
    estimator_for,
    fit,
    prepare_fit,
)
from decoding.analyses.record import ALL_FIELDS, Analysis
from decoding.datasets.base import Subject
from decoding.estimators import Estimator
from decoding.progress import Progress, report
from decoding.results import WeightMaps
from decoding.samples.extract import Samples, extract_samples
from decoding.spec import DecodingSpec


def run(
    subject: Subject, spec: DecodingSpec, options: None = None, on_progress: Progress | None = None
) -> WeightMaps:
    """Fit each pair of the spec's categories on all its samples and map the weights."""
    check_has_weights(spec.estimator)
    samples = extract_samples(subject, spec, on_progress)
    estimator = estimator_for(spec, samples)
    assert samples.grid is not None, "only weights of voxels make a map"
    check_size(estimator, samples)
    pairs = tuple(combinations(samples.classes, 2))
    weights, patterns, means = [], [], []
    for number, pair in enumerate(pairs):
        chosen = samples if len(pairs) == 1 else samples.of(pair)
        w, voxels = fit_weights(chosen, estimator)
        weights.append(w)
        patterns.append(np.where(voxels, activation_pattern(chosen.X, w), 0.0))
        means.append([chosen.X[chosen.y == name].mean(axis=0) for name in pair])
        report(on_progress, number + 1, len(pairs))
    return WeightMaps(
        spec=spec,
        pairs=pairs,
        weights=np.stack(weights),
        pattern=np.stack(patterns),
        means=np.array(means, dtype=np.float64),
        grid=samples.grid,
    )


def fit_weights(samples: Samples, estimator: Estimator) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights of a fit on all samples of two categories, and which voxels have one.

    Both are of shape (n_voxels,); voxels that the fit did not choose weigh 0.
    """
    template, X = prepare_fit(estimator, samples.X)
    model = fit(template, estimator, X, samples.y, samples.runs)
    voxels = np.ones(samples.X.shape[1], dtype=bool)
    if isinstance(model, Pipeline):
        voxels, model = model[0].get_support(), model[-1]
    model = getattr(model, "best_estimator_", model)
    weights = np.zeros(len(voxels))
    if estimator.gram_params:
        weights[:] = (model.dual_coef_ @ samples.X[model.support_])[0]
    else:
        weights[voxels] = np.ravel(model.coef_)
    return weights, voxels


def activation_pattern(X: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return cov(X, s) / var(s), s the decision values (Haufe et al. 2014, NeuroImage 87).

    Parameters
    ----------
    X : ndarray, shape (n_samples, n_voxels)
    weights : ndarray, shape (n_voxels,)

    Returns
    -------
    ndarray, shape (n_voxels,)
        0 everywhere when the decision values do not vary.
    """
    s = X @ weights
    s = s - s.mean()
    variance = s @ s / (len(s) - 1)
    if variance == 0:
        return np.zeros_like(weights)
    return np.asarray((X - X.mean(axis=0)).T @ s / (len(s) - 1) / variance)


def to_image(maps: WeightMaps, values: np.ndarray, what: str) -> nib.Nifti1Image:
    """Put values (n_pairs, n_voxels) on the scan's grid, with a word for the header's description.

    Returns
    -------
    nibabel.Nifti1Image
        Shape (x, y, z, n_pairs), float64, 0 outside the mask.
    """
    spec = maps.spec
    subject = f"subject {spec.subject}"
    pairs = "; ".join(f"{second} (+) against {first} (-)" for first, second in maps.pairs)
    return maps.grid.image(
        values,
        description=f"{what}: {subject}, {spec.mask}",
        note=f"{what}: {pairs}. {subject}, mask {spec.mask}, {spec.estimator}.",
    )


ANALYSIS = Analysis(
    name="weights", question="What does the classifier weigh?", run=run, reads=ALL_FIELDS - {"cv"}
)
