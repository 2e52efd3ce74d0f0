"""Estimators, with the parameters that method.md fixes."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.model_selection import GridSearchCV, LeaveOneGroupOut
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from decoding.registry import Choice


@dataclass(frozen=True, kw_only=True)
class Estimator(Choice[BaseEstimator]):
    """An estimator; `make` takes nothing and returns an unfitted scikit-learn classifier.

    Parameters
    ----------
    has_weights : bool
        Whether it has one weight a voxel: ``coef_`` after fitting.
    gram_params : mapping
        Parameters that make it take the samples' Gram matrix in place of the samples, with the
        same predictions; empty where it has no such form.
    needs_groups : bool
        Whether ``fit`` takes the runs of the training samples for folds of its own.
    max_voxels : int or None
        Above this many voxels its matrices do not fit in memory.
    """

    has_weights: bool = True
    gram_params: Mapping[str, str] = field(default_factory=dict)
    needs_groups: bool = False
    max_voxels: int | None = None


class CorrelationClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Choose the category whose training mean correlates best with the sample (Haxby 2001).

    Ties go to the first class. ``decision_function`` is the second correlation minus the first
    for two classes, and all correlations for more.
    """

    def fit(self, X: np.ndarray, y: np.ndarray) -> "CorrelationClassifier":
        """Store the mean of each class; `X` is (n_samples, n_voxels)."""
        X, y = validate_data(self, X, y)
        check_classification_targets(y)
        self.classes_ = np.unique(y)
        self.means_ = np.stack([X[y == name].mean(axis=0) for name in self.classes_])
        return self

    def correlations(self, X: np.ndarray) -> np.ndarray:
        """Return Pearson's r of each sample with each class mean, (n_samples, n_classes)."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)
        return np.asarray(_unit_rows(X) @ _unit_rows(self.means_).T)

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        """Return (n_samples,) for two classes, (n_samples, n_classes) for more."""
        r = self.correlations(X)
        return r[:, 1] - r[:, 0] if len(self.classes_) == 2 else r

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the class of the highest correlation, (n_samples,)."""
        best = np.argmax(self.correlations(X), axis=1)
        return np.asarray(self.classes_[best])


def _unit_rows(X: np.ndarray) -> np.ndarray:
    centred = X - X.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.asarray(centred / np.where(norms == 0, 1.0, norms))


def _svc() -> SVC:
    return SVC(kernel="linear")


def _tuned_svc() -> GridSearchCV:
    # Without the groups of the training runs given to fit, every inner fit fails.
    return GridSearchCV(_svc(), {"C": 10.0 ** np.arange(-4, 2)}, cv=LeaveOneGroupOut())


ESTIMATORS: dict[str, Estimator] = {
    "svc": Estimator(
        label="linear SVM",
        make=_svc,
        help="A linear support vector machine with C = 1, the tutorial's.",
        gram_params={"kernel": "precomputed"},
    ),
    "svc_tuned": Estimator(
        label="linear SVM, tuned",
        make=_tuned_svc,
        help="A linear SVM whose C is chosen inside each training fold, leaving one run out.",
        gram_params={"estimator__kernel": "precomputed"},
        needs_groups=True,
    ),
    "logistic": Estimator(
        label="logistic regression",
        make=lambda: LogisticRegression(C=1.0, max_iter=1000),
        help="Logistic regression with C = 1.",
    ),
    "lda": Estimator(
        label="shrinkage LDA",
        make=lambda: LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
        help="Linear discriminant analysis with Ledoit-Wolf shrinkage.",
        max_voxels=5000,
    ),
    "ridge": Estimator(
        label="ridge",
        make=lambda: RidgeClassifier(alpha=1.0),
        help="Ridge regression on the labels, alpha = 1.",
    ),
    "gnb": Estimator(
        label="Gaussian naive Bayes",
        make=GaussianNB,
        help="Treats voxels as independent given the category; no weight map.",
        has_weights=False,
    ),
    "correlation": Estimator(
        label="correlation",
        make=CorrelationClassifier,
        help="The category whose training mean correlates best with the sample; no weight map.",
        has_weights=False,
    ),
    "dummy": Estimator(
        label="dummy",
        make=lambda: DummyClassifier(strategy="prior"),
        help="Always answers the most frequent training category: the baseline.",
        has_weights=False,
    ),
}
