"""Estimators, each with the parameters that it is always given."""

from collections.abc import Callable, Mapping
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

from decoding.kernels.accelerators import Engine, FastNull
from decoding.kernels.permutation.correlation import TIE, unit_rows
from decoding.registry import Choice, Code


@dataclass(frozen=True, kw_only=True)
class Estimator(Choice):
    """An estimator.

    Parameters
    ----------
    make : callable
        Takes nothing and returns an unfitted scikit-learn classifier.
    code : Code
        The same in the exported program.
    has_weights : bool
        Whether it has one weight a voxel: ``coef_`` after fitting.
    gram_params : mapping
        Parameters that make it take the samples' Gram matrix in place of the samples, with the
        same predictions; empty where it has no such form.
    needs_groups : bool
        Whether ``fit`` takes the runs of the training samples for folds of its own.
    groups : str
        What ``fit`` calls these runs.
    max_voxels : int or None
        Above this many voxels its matrices do not fit in memory.
    by_inner_products : bool
        Whether a rotation of the voxels leaves its predictions as they are.
    slow_from : int or None
        From how many categories on a full permutation test takes minutes to hours, because each
        relabelling is fitted anew (50 ms and more for twelve folds of 200 samples); None: never.
    needs_scale : bool
        Whether it hardly converges on voxels that are not scaled.
    fast_null : FastNull or None
        How it predicts many relabellings without refits; None where each is fitted.
    engine : Engine or None
        How it is taken to every sphere; None where that takes too long.
    """

    make: Callable[[], BaseEstimator]
    code: Code
    has_weights: bool = True
    gram_params: Mapping[str, str] = field(default_factory=dict)
    needs_groups: bool = False
    groups: str = "groups"
    max_voxels: int | None = None
    by_inner_products: bool = False
    slow_from: int | None = None
    needs_scale: bool = False
    fast_null: FastNull | None = None
    engine: Engine | None = None

    def fast_null_of(self, n_classes: int) -> FastNull | None:
        """Return its way to many relabellings of so many categories, if any."""
        way = self.fast_null
        return way if way and (n_classes == 2 or not way.of_two) else None


class CorrelationClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Choose the category whose training mean correlates best with the sample (Haxby 2001).

    Correlations within 1e-12 of each other are equal, and ties go to the first class: with one or
    two voxels that vary every r is 1, -1 or 0 but for rounding. ``decision_function`` is the second
    correlation minus the first for two classes, and all correlations for more.
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
        return np.asarray(unit_rows(X) @ unit_rows(self.means_).T)

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        """Return (n_samples,) for two classes, (n_samples, n_classes) for more."""
        r = self.correlations(X)
        if len(self.classes_) > 2:
            return r
        difference = r[:, 1] - r[:, 0]
        return np.where(np.abs(difference) <= TIE, 0.0, difference)

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Return the class of the highest correlation, (n_samples,)."""
        r = self.correlations(X)
        best = np.argmax(r >= r.max(axis=1, keepdims=True) - TIE, axis=1)
        return np.asarray(self.classes_[best])


def _svc() -> SVC:
    return SVC(kernel="linear")


def _tuned_svc() -> GridSearchCV:
    # Without the groups of the training runs given to fit, every inner fit fails.
    return GridSearchCV(_svc(), {"C": 10.0 ** np.arange(-4, 2)}, cv=LeaveOneGroupOut())


_IMPORT_SVC = "from sklearn.svm import SVC"

_CORRELATION_CLASS = '''class CorrelationClassifier(ClassifierMixin, BaseEstimator):
    """The category whose training mean correlates best with the sample; ties to the first.

    Correlations within 1e-12 of each other are equal.
    """

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.means_ = np.stack([X[y == name].mean(axis=0) for name in self.classes_])
        return self

    def decision_function(self, X):
        r = unit(X) @ unit(self.means_).T
        return r if len(self.classes_) > 2 else r[:, 1] - r[:, 0]

    def predict(self, X):
        r = unit(X) @ unit(self.means_).T
        return self.classes_[np.argmax(r >= r.max(axis=1, keepdims=True) - 1e-12, axis=1)]


def unit(X):
    centred = X - X.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(centred, axis=1, keepdims=True)
    flat = norms <= 1e-12 * np.linalg.norm(X, axis=1, keepdims=True)
    return np.where(flat, 0.0, centred / np.where(flat, 1.0, norms))


'''

ESTIMATORS: dict[str, Estimator] = {
    "svc": Estimator(
        label="linear SVM",
        help="The widest straight gap between two categories, as in the tutorial (C = 1).",
        methods="a linear support vector machine (C = 1)",
        make=_svc,
        code=Code(expression='SVC(kernel="linear")', imports=(_IMPORT_SVC,)),
        gram_params={"kernel": "precomputed"},
        by_inner_products=True,
        slow_from=3,
        fast_null=FastNull(kernel="permutation.svm", compiled_for="svc"),
        engine=Engine(
            kernel="svm:score_svm", map_threads=2, map_seconds=1.2e-4, null_seconds=1.2e-4
        ),
    ),
    "svc_tuned": Estimator(
        label="tuned linear SVM",
        help="A linear SVM that chooses how strict it is (C) inside each training fold, by runs.",
        methods="a linear support vector machine, its C chosen among 1e-4 to 10 by "
        "leave-one-run-out within each training set",
        make=_tuned_svc,
        code=Code(
            expression='GridSearchCV(SVC(kernel="linear"), {"C": 10.0 ** np.arange(-4, 2)}, '
            "cv=LeaveOneGroupOut())",
            imports=(
                _IMPORT_SVC,
                "from sklearn.model_selection import GridSearchCV, LeaveOneGroupOut",
            ),
        ),
        gram_params={"estimator__kernel": "precomputed"},
        needs_groups=True,
        by_inner_products=True,
        slow_from=2,
    ),
    "logistic": Estimator(
        label="logistic regression",
        help="Weighs voxels to say how likely each category is (C = 1).",
        methods="L2-penalised logistic regression (C = 1)",
        make=lambda: LogisticRegression(C=1.0, max_iter=1000),
        code=Code(
            expression="LogisticRegression(C=1.0, max_iter=1000)",
            imports=("from sklearn.linear_model import LogisticRegression",),
        ),
        by_inner_products=True,
        slow_from=3,
        needs_scale=True,
        fast_null=FastNull(
            kernel="logistic.held_out", compiled_for="logistic", of_two=True, refits=True
        ),
    ),
    "lda": Estimator(
        label="shrinkage LDA",
        help="Compares the categories' means by how voxels vary together; Ledoit-Wolf shrinkage.",
        methods="linear discriminant analysis with Ledoit-Wolf shrinkage",
        make=lambda: LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
        code=Code(
            expression='LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")',
            imports=("from sklearn.discriminant_analysis import LinearDiscriminantAnalysis",),
        ),
        max_voxels=5000,
        slow_from=2,
    ),
    "ridge": Estimator(
        label="ridge",
        help="Predicts the labels by weights that are kept small (alpha = 1). Fast.",
        methods="ridge classification (alpha = 1)",
        make=lambda: RidgeClassifier(alpha=1.0),
        code=Code(
            expression="RidgeClassifier(alpha=1.0)",
            imports=("from sklearn.linear_model import RidgeClassifier",),
        ),
        by_inner_products=True,
        fast_null=FastNull(kernel="permutation.ridge"),
        engine=Engine(
            kernel="linear:score_ridge", map_threads=2, map_seconds=1.2e-5, null_seconds=1.2e-5
        ),
    ),
    "gnb": Estimator(
        label="Gaussian naive Bayes",
        help="Judges each voxel by itself, as if it knew nothing of the others. No weight map.",
        methods="Gaussian naive Bayes",
        make=GaussianNB,
        code=Code(
            expression="GaussianNB()", imports=("from sklearn.naive_bayes import GaussianNB",)
        ),
        has_weights=False,
        fast_null=FastNull(kernel="permutation.naive_bayes"),
        engine=Engine(
            kernel="naive_bayes:score_naive_bayes",
            null_kernel="null:null_naive_bayes",
            map_threads=1,
            map_seconds=3e-6,
            null_seconds=9.4e-8,
        ),
    ),
    "correlation": Estimator(
        label="correlation",
        help="Names the category whose mean pattern is most like the sample. No weight map.",
        methods="the category whose mean training pattern correlated best with the sample "
        "(Haxby et al. 2001)",
        make=CorrelationClassifier,
        code=Code(
            expression="CorrelationClassifier()",
            imports=("from sklearn.base import BaseEstimator, ClassifierMixin",),
            setup=_CORRELATION_CLASS,
        ),
        has_weights=False,
        fast_null=FastNull(kernel="permutation.correlation"),
        engine=Engine(
            kernel="linear:score_correlation",
            map_threads=2,
            map_seconds=1.2e-5,
            null_seconds=1.2e-5,
        ),
    ),
    "dummy": Estimator(
        label="dummy",
        help="Always names the most frequent category in training: the baseline.",
        methods="the most frequent training category, a baseline",
        make=lambda: DummyClassifier(strategy="prior"),
        code=Code(
            expression='DummyClassifier(strategy="prior")',
            imports=("from sklearn.dummy import DummyClassifier",),
        ),
        has_weights=False,
    ),
}
