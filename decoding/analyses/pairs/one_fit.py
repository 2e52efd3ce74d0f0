"""Every pair's predictions from one fit a fold, where a classifier holds one for each pair."""

from itertools import combinations

import numpy as np
import pandas as pd
from sklearn import config_context

from decoding.analyses.decode import fit, fold_inputs, pick_estimator, prepare_fit, tabulate
from decoding.cross_validation import CV_SCHEMES, make_folds
from decoding.samples.extract import Samples
from decoding.spec import DecodingSpec

ONE_AGAINST_ONE = ("svc",)
"""Estimators that fit each pair of categories on the samples of these two, and let them vote."""


def predict_pairs(samples: Samples, spec: DecodingSpec) -> dict[tuple[str, str], pd.DataFrame]:
    """Return the predictions of each pair of three or more categories, as on their own.

    libsvm's classifier of many categories is that of every pair, each fitted on the samples of the
    two, so that one fit a fold holds them all. Empty where that does not serve: another estimator,
    voxels that each pair chooses for itself, folds that hang on which samples there are, or a run
    without one of the categories.
    """
    classes, codes = np.unique(samples.y, return_inverse=True)
    runs = np.unique(samples.runs, return_inverse=True)[1]
    cells = np.bincount(runs * len(classes) + codes, minlength=(runs.max() + 1) * len(classes))
    serves = spec.estimator in ONE_AGAINST_ONE and CV_SCHEMES[spec.cv].by_run and not spec.select
    if not serves or len(classes) < 3 or not cells.all():
        return {}
    estimator = pick_estimator(spec.estimator)
    folds = make_folds(spec.cv, samples.y, samples.runs)
    template, X = prepare_fit(estimator, samples.X)
    template.set_params(decision_function_shape="ovo")
    with config_context(assume_finite=True, skip_parameter_validation=True):
        decisions = []
        for train, test in folds:
            train_X, test_X = fold_inputs(estimator, X, train, test)
            model = fit(template, estimator, train_X, codes[train], samples.runs[train])
            decisions.append(-model.decision_function(test_X))  # towards the later category
    found = {}
    for number, pair in enumerate(combinations(range(len(classes)), 2)):
        own = samples.of((str(classes[pair[0]]), str(classes[pair[1]])))
        kept = [np.isin(codes[test], pair) for _, test in folds]
        decision = np.concatenate(
            [one[keep, number] for one, keep in zip(decisions, kept, strict=True)]
        )
        predicted = classes[np.where(decision > 0, pair[1], pair[0])]
        own_folds = make_folds(spec.cv, own.y, own.runs)
        found[str(classes[pair[0]]), str(classes[pair[1]])] = tabulate(
            own, own_folds, predicted, decision
        )
    return found
