"""The registries once more, as lines of the exported program; a test holds the two together."""

from dataclasses import dataclass

from decoding.registry import Choice


@dataclass(frozen=True, kw_only=True)
class Code:
    """An expression and the imports it needs."""

    code: str
    imports: tuple[str, ...] = ()


_SVC = "from sklearn.svm import SVC"
_SPLITS = "from sklearn.model_selection import "

ESTIMATOR_CODE = {
    "svc": Code(code='SVC(kernel="linear")', imports=(_SVC,)),
    "svc_tuned": Code(
        code='GridSearchCV(SVC(kernel="linear"), {"C": 10.0 ** np.arange(-4, 2)}, '
        "cv=LeaveOneGroupOut())",
        imports=(_SVC, f"{_SPLITS}GridSearchCV, LeaveOneGroupOut"),
    ),
    "logistic": Code(
        code="LogisticRegression(C=1.0, max_iter=1000)",
        imports=("from sklearn.linear_model import LogisticRegression",),
    ),
    "lda": Code(
        code='LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")',
        imports=("from sklearn.discriminant_analysis import LinearDiscriminantAnalysis",),
    ),
    "ridge": Code(
        code="RidgeClassifier(alpha=1.0)",
        imports=("from sklearn.linear_model import RidgeClassifier",),
    ),
    "gnb": Code(code="GaussianNB()", imports=("from sklearn.naive_bayes import GaussianNB",)),
    "correlation": Code(
        code="CorrelationClassifier()",
        imports=("from sklearn.base import BaseEstimator, ClassifierMixin",),
    ),
    "dummy": Code(
        code='DummyClassifier(strategy="prior")',
        imports=("from sklearn.dummy import DummyClassifier",),
    ),
}

FOLD_CODE = {
    "leave_one_run_out": Code(
        code="LeaveOneGroupOut().split(X, y, runs)", imports=(f"{_SPLITS}LeaveOneGroupOut",)
    ),
    "leave_two_runs_out": Code(
        code="LeavePGroupsOut(2).split(X, y, runs)", imports=(f"{_SPLITS}LeavePGroupsOut",)
    ),
    "split_half": Code(
        code="LeaveOneGroupOut().split(X, y, runs % 2)", imports=(f"{_SPLITS}LeaveOneGroupOut",)
    ),
    "kfold": Code(code="KFold(5).split(X)", imports=(f"{_SPLITS}KFold",)),
    "stratified": Code(
        code="StratifiedKFold(5).split(X, y)", imports=(f"{_SPLITS}StratifiedKFold",)
    ),
    "shuffled_kfold": Code(
        code="KFold(len(np.unique(runs)), shuffle=True, random_state=0).split(X)",
        imports=(f"{_SPLITS}KFold",),
    ),
    "resubstitution": Code(code="[(np.arange(len(y)), np.arange(len(y)))]"),
}

SAMPLE_CODE = {
    "volume": "",
    "block": """

# One sample a block: the mean of its volumes
names, first = np.unique(blocks, return_index=True)
X = np.stack([X[blocks == name].mean(axis=0) for name in names])
y, runs, blocks = y[first], runs[first], names""",
}


def _over_recording(detrend: bool) -> list[str]:
    return [*_unstandardized(detrend), 'X = clean(X, detrend=False, standardize="zscore_sample")']


def _within_runs(detrend: bool) -> list[str]:
    return [f'X = clean(X, runs=run, detrend={detrend}, standardize="zscore_sample")']


def _unstandardized(detrend: bool) -> list[str]:
    return ["X = clean(X, runs=run, detrend=True, standardize=None)"] if detrend else []


STANDARDIZE_CODE: dict[str, Choice[list[str]]] = {
    "all": Choice(label="all", make=_over_recording, help="Over the whole recording."),
    "run": Choice(label="run", make=_within_runs, help="Within each run."),
    "none": Choice(label="none", make=_unstandardized, help="Not at all."),
}

CORRELATION_CLASS = '''class CorrelationClassifier(ClassifierMixin, BaseEstimator):
    """The category whose training mean correlates best with the sample; ties to the first."""

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        self.means_ = np.stack([X[y == name].mean(axis=0) for name in self.classes_])
        return self

    def predict(self, X):
        return self.classes_[np.argmax(unit(X) @ unit(self.means_).T, axis=1)]


def unit(X):
    centred = X - X.mean(axis=1, keepdims=True)
    norms = np.linalg.norm(centred, axis=1, keepdims=True)
    return centred / np.where(norms == 0, 1.0, norms)


'''
