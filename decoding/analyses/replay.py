"""A run held out and decoded as it was scanned: every volume, rest included."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from sklearn import config_context
from sklearn.base import BaseEstimator

from decoding.analyses.decode import (
    check_fits,
    check_varies,
    decide,
    estimator_for,
    fit,
    fold_inputs,
    pick_estimator,
    prepare_fit,
)
from decoding.analyses.record import ALL_FIELDS, Analysis, Output, flag
from decoding.cross_validation import make_folds
from decoding.datasets.base import REST, Subject
from decoding.errors import SpecError
from decoding.estimators import Estimator
from decoding.numbers import list_text
from decoding.progress import Progress
from decoding.results import plain_rows
from decoding.samples.confounds import confounds_of
from decoding.samples.extract import Samples, extract_with_volumes
from decoding.samples.volumes import select_volumes
from decoding.spec import DecodingSpec

SCHEME = "leave_one_run_out"
Parts: TypeAlias = Sequence[tuple[np.ndarray, slice]]
"""Of each model the samples that it learns, and the volumes that it decodes: rows of either."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Which run is held out."""

    run: int | None = flag(None, "the run that is held out (default: the first)", metavar="N")


@dataclass(frozen=True, kw_only=True, eq=False)
class ReplayResult:
    """A run, decoded by a model of all other runs.

    Parameters
    ----------
    run : int
        Its number in the file.
    t_r : float
        Repetition time in seconds.
    classes : tuple of str
        The categories that the model knows, sorted.
    volumes : pandas.DataFrame
        One row a volume of the run: ``time`` (s from its first volume), ``shown`` (str, "rest"
        too, and categories that are not decoded), ``decoded`` (str; None where the volume is left
        out with the confounds) and ``sample``, the category as which `decode` tests the volume, ""
        where it does not: with a lag it is the one shown so much earlier.
    decisions : ndarray of float64, shape (n_volumes, n_classes)
        What speaks for each category, see `decide`; NaN where nothing is decoded, and for a
        category that the other runs lack. With two categories it is the distance from the boundary
        in the classifier's own units, or a probability; with more, scikit-learn's one decision a
        category: of SVMs how many other categories it beats, and a fraction for how clearly. Where
        two beat as many the SVM names the first, whichever decision is higher.
    undecided : float or None
        The decision that favours neither of two categories; None for more.
    is_probability : bool
        Whether the decisions are probabilities.
    """

    spec: DecodingSpec
    run: int
    t_r: float
    classes: tuple[str, ...]
    volumes: pd.DataFrame
    decisions: np.ndarray
    undecided: float | None
    is_probability: bool

    @property
    def table(self) -> pd.DataFrame:
        """One row a volume: ``time, shown, decoded``, then the decision of each category."""
        names = [f"decision_{name}" for name in self.classes]
        decisions = pd.DataFrame(self.decisions, columns=names)
        return pd.concat([self.volumes[["time", "shown", "decoded"]], decisions], axis=1)

    @property
    def stretches(self) -> pd.DataFrame:
        """One row a stretch of volumes of one name, shown or decoded; rest has none.

        Its columns: ``row`` ("shown" or "decoded"), ``name``, ``first`` (volume of the run) and
        ``n_volumes``.
        """
        table = self.volumes.reset_index().melt("index", ["shown", "decoded"], "row", "name")
        table["name"] = table["name"].fillna(REST)
        begins = (table["name"] != table["name"].shift()) | (table["index"] == 0)
        parts = table.groupby(begins.cumsum())
        found = parts.agg(row=("row", "first"), name=("name", "first"), first=("index", "first"),
                          n_volumes=("index", "size"))  # fmt: skip
        return found[found["name"] != REST].reset_index(drop=True)

    @property
    def has_rest(self) -> bool:
        """Whether the time between blocks is in the run."""
        return bool((self.volumes["shown"] == REST).any())

    @property
    def n_tested(self) -> int:
        """How many of its volumes `decode` tests."""
        return int((self.volumes["sample"] != "").sum())

    @property
    def n_right(self) -> int:
        """How many of these are decoded as the category that they are samples of."""
        return int((self.volumes["sample"] == self.volumes["decoded"]).sum())

    def share_shown(self, later: int = 0) -> float:
        """Return how often what is decoded was shown `later` volumes before.

        Of the volumes so much after one of the model's categories; NaN where there is none.
        """
        before = self.volumes["shown"].shift(later)
        counts = before.isin(self.classes) & self.volumes["decoded"].notna()
        return float((before == self.volumes["decoded"])[counts].mean())

    def as_json(self) -> list[dict[str, Any]]:
        """Return one object a volume: ``time, shown, decoded, decisions`` by category."""
        numbers = pd.DataFrame(self.decisions, columns=list(self.classes))
        rows = plain_rows(self.volumes[["time", "shown", "decoded"]])
        decisions = plain_rows(numbers)
        return [{**row, "decisions": found} for row, found in zip(rows, decisions, strict=True)]


def run(
    subject: Subject, spec: DecodingSpec, options: Options, on_progress: Progress | None = None
) -> ReplayResult:
    """Decode each volume of a run by the model that `decode` has for it, leaving one run out.

    Its volumes are prepared as the samples are: standardized with all volumes, or within the run.
    A model of block means is asked about single volumes, which are noisier than what it has learnt.

    Raises
    ------
    DecodingError
        If there is no such run, the images are no series in time, or the samples are betas; or as
        `decode`.
    """
    pick_estimator(spec.estimator)  # an unknown one is refused before anything is read
    run = check_run(subject, options.run)
    rows = np.flatnonzero(subject.volumes["run"].to_numpy() == run)
    samples, volumes = extract_with_volumes(subject, spec, rows, on_progress)
    check_varies(samples, spec)
    estimator = estimator_for(spec, samples)
    train = training_samples(samples, run)
    check_fits(estimator, samples, [(train, train[:0])])
    [(decoded, decisions)] = decode_volumes(samples, volumes, estimator, [(train, slice(None))])
    decoded = decoded.astype(object)
    confounds = confounds_of(subject, spec.confounds)
    if confounds is not None:
        left_out = ~confounds.kept[rows]
        decoded[left_out], decisions[left_out] = None, np.nan
    is_probability = not hasattr(estimator.make(), "decision_function")
    undecided = (0.5 if is_probability else 0.0) if len(samples.classes) == 2 else None
    return ReplayResult(
        spec=spec,
        run=run,
        t_r=subject.t_r,
        classes=samples.classes,
        volumes=_tabulate(subject, spec, rows, decoded),
        decisions=decisions,
        undecided=undecided,
        is_probability=is_probability,
    )


def check_run(subject: Subject, run: int | None) -> int:
    """Return the run that is held out, the first for None; a `SpecError` where it is not there."""
    if subject.maps:
        raise SpecError(
            f"The images of subject {subject.name} are no series in time, so there is nothing to "
            "replay."
        )
    runs = subject.volumes["run"].unique().tolist()
    if run is not None and run not in runs:
        raise SpecError(
            f"There is no run {run} of subject {subject.name}. Choose from: {list_text(runs)}.",
            remedy=f"Type --run {runs[0]}.",
        )
    return int(runs[0] if run is None else run)


def training_samples(samples: Samples, run: int) -> np.ndarray:
    """Return which samples, (n_train,), teach the model of a run: those of all other runs.

    Of a run with samples it is `decode`'s training fold; one without has no fold, and all teach.
    """
    folds = make_folds(SCHEME, samples.y, samples.runs)
    found = (train for train, test in folds if samples.runs[test[0]] == run)
    return next(found, np.arange(len(samples.y)))


def decode_volumes(
    samples: Samples, volumes: np.ndarray, estimator: Estimator, parts: Parts
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Fit a model for each part and decode its volumes with it.

    Parameters
    ----------
    volumes : ndarray of float64, shape (n_volumes, n_voxels)
        Prepared as the samples are.

    Returns
    -------
    list of (ndarray of str, ndarray of float64)
        Of each part the categories decoded, (n_decoded,), and the decisions, (n_decoded,
        n_classes): NaN for a category that the part does not teach.
    """
    classes, codes = np.unique(samples.y, return_inverse=True)
    template, X = prepare_fit(estimator, samples.X)
    found = []
    with config_context(assume_finite=True, skip_parameter_validation=True):
        for train, rows in parts:
            learnt, _ = fold_inputs(estimator, X, train, train[:0])
            model = fit(template, estimator, learnt, codes[train], samples.runs[train])
            named, known = _ask(model, estimator, samples.X, train, volumes[rows])
            decisions = np.full((len(named), len(classes)), np.nan)
            decisions[:, model.classes_] = known
            found.append((classes[named], decisions))
    return found


def _ask(
    model: BaseEstimator, estimator: Estimator, X: np.ndarray, train: np.ndarray, asked: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the codes that a model of the samples `train` gives to volumes, and its decisions.

    What a model of two classes decides from inner products is linear in them, so that a volume is
    multiplied with one pattern, not with each sample.
    """
    if not estimator.gram_params:
        return model.predict(asked), decide(model, asked)
    if len(model.classes_) > 2:
        products = asked @ X[train].T
        return model.predict(products), decide(model, products)
    at = decide(model, np.eye(len(train) + 1, len(train), k=-1))  # no product, then each alone
    shares = np.zeros((len(X), 2))
    shares[train] = at[1:] - at[0]
    decisions = asked @ (X.T @ shares) + at[0]
    return model.classes_[(decisions[:, 1] >= 0).astype(int)], decisions  # libsvm's rule for 0


def _tabulate(
    subject: Subject, spec: DecodingSpec, rows: np.ndarray, decoded: np.ndarray
) -> pd.DataFrame:
    """Return the table of a run's volumes; see `ReplayResult`."""
    selection = select_volumes(subject, spec)
    tested = pd.Series(selection.y, index=selection.volumes)
    return pd.DataFrame(
        {
            "time": np.arange(len(rows)) * subject.t_r,
            "shown": subject.volumes["condition"].to_numpy(dtype=object)[rows],
            "decoded": decoded,
            "sample": tested.reindex(rows, fill_value="").to_numpy(dtype=object),
        }
    )


def _page_settings(spec: DecodingSpec, options: Options) -> dict[str, str]:
    return {} if options.run is None else {"replayed": str(options.run)}


ANALYSIS = Analysis(
    name="replay",
    question="What was this brain looking at, scan by scan?",
    Options=Options,
    run=run,
    reads=ALL_FIELDS - {"cv"},
    outputs=(
        Output(
            flag="--out",
            help="write one row a volume, .csv",
            make=lambda subject, result: result.table,
        ),
    ),
    page="decode",
    page_settings=_page_settings,
    command=True,
)
"""A run held out, decoded volume by volume."""
