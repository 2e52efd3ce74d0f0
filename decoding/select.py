"""Voxels chosen inside each training fold: an estimator that first chooses what it is fitted on."""

from dataclasses import replace
from inspect import getsource

import numpy as np
from sklearn.feature_selection import SelectKBest, f_classif
from sklearn.pipeline import make_pipeline

from decoding.estimators import Estimator
from decoding.registry import Code


def rank_voxels(X: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Return each voxel's place by its F between categories: the highest F has the highest."""
    F = np.full(X.shape[1], -np.inf)
    for part in np.array_split(np.arange(X.shape[1]), 1 + X.shape[1] // 4096):
        varies = part[np.ptp(X[:, part], axis=0) > 0]
        with np.errstate(invalid="ignore", divide="ignore"):
            F[varies] = f_classif(X[:, varies], y)[0] if len(varies) else []
    order = np.argsort(-np.where(np.isnan(F), -np.inf, F), kind="stable")
    places = np.empty(len(F))
    places[order] = np.arange(len(F))[::-1]  # all differ, so that ties go to the first voxel
    return places


def choosing(estimator: Estimator, n_voxels: int) -> Estimator:
    """Return the estimator on the `n_voxels` of highest F, chosen anew in every fit.

    It is scikit-learn's ``SelectKBest(f_classif)``, which leaves ties open: here they go to the
    first voxel, and a voxel that does not vary comes last. It has no Gram form and no fast
    null, as each fit multiplies other voxels.
    """
    code, few = estimator.code, n_voxels <= (estimator.max_voxels or n_voxels)
    return replace(
        estimator,
        make=lambda: make_pipeline(SelectKBest(rank_voxels, k=n_voxels), estimator.make()),
        code=Code(
            expression=f"make_pipeline(select, {code.expression})",
            imports=(
                "from sklearn.feature_selection import SelectKBest, f_classif",
                "from sklearn.pipeline import make_pipeline",
                *code.imports,
            ),
            setup=f"{getsource(rank_voxels)}\n\n{code.setup}"
            f"select = SelectKBest(rank_voxels, k=min({n_voxels}, X.shape[1]))\n\n",
        ),
        gram_params={},
        groups="gridsearchcv__groups",
        max_voxels=None if few else estimator.max_voxels,
        by_inner_products=False,
        slow_from=2,
        fast_null=None,
        engine=None,
    )
