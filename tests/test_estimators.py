"""Estimators: their fixed parameters, and the Gram forms that must change nothing."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV, LeaveOneGroupOut
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC
from sklearn.utils.estimator_checks import estimator_checks_generator

from decoding.analyses.decode import fit, fold_inputs, pick_estimator, prepare_fit
from decoding.errors import SpecError, UnknownChoiceError
from decoding.estimators import ESTIMATORS, CorrelationClassifier

METHOD = {
    "svc": SVC(kernel="linear"),
    "svc_tuned": GridSearchCV(
        SVC(kernel="linear"), {"C": 10.0 ** np.arange(-4, 2)}, cv=LeaveOneGroupOut()
    ),
    "logistic": LogisticRegression(C=1.0, max_iter=1000),
    "lda": LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
    "ridge": RidgeClassifier(alpha=1.0),
    "gnb": GaussianNB(),
    "correlation": CorrelationClassifier(),
    "dummy": DummyClassifier(strategy="prior"),
}


def noisy_data(k=2, n_runs=4, n=10, n_voxels=30, seed=0, strength=0.4):
    """Return X, y, runs with `k` classes hard to tell apart."""
    rng = np.random.default_rng(seed)
    y = np.tile(np.repeat([f"c{i}" for i in range(k)], n), n_runs)
    runs = np.repeat(np.arange(n_runs), k * n)
    means = {name: strength * rng.standard_normal(n_voxels) for name in set(y.tolist())}
    means = {name: means[name] for name in sorted(means)}
    X = rng.standard_normal((len(y), n_voxels)) + np.array([means[name] for name in y])
    return X, y, runs


@pytest.mark.parametrize("name", METHOD)
def test_parameters_are_the_methods(name):
    """Class and every parameter are those that are fixed here, written out."""
    ours = ESTIMATORS[name].make()
    assert type(ours) is type(METHOD[name])
    for key, value in METHOD[name].get_params(deep=False).items():
        assert str(ours.get_params()[key]) == str(value), key


def test_those_without_weights_are_the_methods():
    """gnb, correlation and dummy have no weight map; all others have one."""
    without = {name for name, entry in ESTIMATORS.items() if not entry.has_weights}
    assert without == {"gnb", "correlation", "dummy"}


@pytest.mark.parametrize("k", [2, 3, 5])
@pytest.mark.parametrize("scale", [1.0, 300.0])
@pytest.mark.parametrize("name", [name for name, entry in ESTIMATORS.items() if entry.gram_params])
def test_the_gram_form_predicts_the_same(name, scale, k):
    """On the Gram matrix an estimator predicts what it predicts on the samples."""
    for seed in range(5):
        X, y, runs = noisy_data(k, seed=seed)
        X = X * scale
        entry = ESTIMATORS[name]
        train, test = np.flatnonzero(runs != 1), np.flatnonzero(runs == 1)
        template, gram = prepare_fit(entry, X)
        train_X, test_X = fold_inputs(entry, gram, train, test)
        ours = fit(template, entry, train_X, y[train], runs[train])
        groups = {"groups": runs[train]} if entry.needs_groups else {}
        plain = clone(METHOD[name]).fit(X[train], y[train], **groups)
        assert np.array_equal(ours.predict(test_X), plain.predict(X[test]))
        assert np.allclose(
            ours.decision_function(test_X), plain.decision_function(X[test]), rtol=1e-6, atol=1e-6
        )


def test_tuning_chooses_by_training_runs_only():
    """The C chosen is the first best of leaving each training run out."""
    X, y, runs = noisy_data(2, seed=3)
    entry = ESTIMATORS["svc_tuned"]
    template, gram = prepare_fit(entry, X)
    model = fit(template, entry, gram, y, runs)
    means = []
    for C in 10.0 ** np.arange(-4, 2):
        scores = []
        for run in np.unique(runs):
            inner = SVC(kernel="linear", C=C).fit(X[runs != run], y[runs != run])
            scores.append(inner.score(X[runs == run], y[runs == run]))
        means.append(np.mean(scores))
    assert np.allclose(model.cv_results_["mean_test_score"], means)
    assert means[model.best_index_] == pytest.approx(max(means), abs=1e-12)


def test_tuning_with_one_training_run_is_refused():
    """With a single training run there is nothing to leave out: said, with the run."""
    X, y, runs = noisy_data(2, n_runs=1)
    entry = ESTIMATORS["svc_tuned"]
    template, gram = prepare_fit(entry, X)
    with pytest.raises(SpecError, match=r"only run 0\. Choose another scheme, or the linear SVM"):
        fit(template, entry, gram, y, runs)


def test_tuning_where_an_inner_fold_has_one_category_is_refused():
    """Runs of one category each leave nothing to tune on: said, not a failed fit."""
    X, y, runs = noisy_data(2, n_runs=2)
    runs = (y == "c1").astype(int)
    entry = ESTIMATORS["svc_tuned"]
    template, gram = prepare_fit(entry, X)
    with pytest.raises(SpecError, match="Choose another scheme"):
        fit(template, entry, gram, y, runs)


def test_an_unknown_estimator_lists_those_there_are():
    """The value and the choices are named."""
    with pytest.raises(UnknownChoiceError, match=r"'svm'.*svc, svc_tuned"):
        pick_estimator("svm")


@pytest.mark.parametrize("k", [2, 4])
def test_correlation_is_pearsons(k):
    """The prediction is the class mean with the highest Pearson r, by numpy's own r."""
    X, y, _ = noisy_data(k)
    model = CorrelationClassifier().fit(X, y)
    r = np.array(
        [[np.corrcoef(x, X[y == c].mean(axis=0))[0, 1] for c in model.classes_] for x in X]
    )
    assert np.allclose(model.correlations(X), r)
    assert np.array_equal(model.predict(X), model.classes_[r.argmax(axis=1)])
    decision = model.decision_function(X)
    assert np.allclose(decision, r[:, 1] - r[:, 0] if k == 2 else r)


def test_correlation_ties_go_to_the_first_class():
    """A sample without variance correlates with nothing: the first class."""
    X, y, _ = noisy_data(3)
    model = CorrelationClassifier().fit(X, y)
    assert set(model.predict(np.ones((4, X.shape[1])))) == {"c0"}


def _of_the_script():
    code, made = ESTIMATORS["correlation"].code, {"np": np}
    exec("\n".join([*code.imports, code.setup]), made)
    return made["CorrelationClassifier"]()


@pytest.mark.parametrize("live", [[1.0, 1.0], [0.0] * 8 + [1.0]])
@pytest.mark.parametrize("make", [CorrelationClassifier, _of_the_script])
def test_correlations_that_differ_by_rounding_alone_are_equal(make, live):
    """Of two voxels, or of one that varies, every r is 1 or -1: the first class is chosen.

    The exported script holds a class of its own.
    """
    X = np.random.default_rng(0).standard_normal((200, len(live))) * live
    X[:, -1] += 0.8
    y = np.repeat(["a", "b", "c"], [70, 70, 60])
    assert set(make().fit(X, y).predict(X)) == {"a"}


def test_correlation_is_a_scikit_learn_classifier():
    """scikit-learn's own checks of an estimator pass."""
    failed = []
    for estimator, check in estimator_checks_generator(CorrelationClassifier()):
        try:
            check(estimator)
        except Exception as error:
            failed.append((check.func.__name__, str(error)[:100]))
    # Two ask for every class, or a score, on data of two features: there a correlation is 1 or -1,
    # and equal ones go to the first class.
    allowed = {"check_classifiers_train", "check_classifiers_classes", "check_array_api_input"}
    assert {name for name, _ in failed} <= allowed, failed
