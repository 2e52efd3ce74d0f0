"""What the similarity of categories follows: model matrices against the measured ones."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd

from decoding.analyses.pairs.compare import Fit, ceiling, draw_runs, fit_model
from decoding.analyses.pairs.scores import crossnobis_runs
from decoding.analyses.record import ALL_FIELDS, Analysis
from decoding.datasets.base import Subject
from decoding.errors import SpecError
from decoding.kernels.similarity import correlation_by_run, mean_of_runs
from decoding.progress import Progress, report
from decoding.samples.extract import Samples, extract_samples
from decoding.spec import DecodingSpec

Measure: TypeAlias = Literal["correlation", "crossnobis"]
COMPARED: tuple[Measure, ...] = get_args(Measure)
ANIMATE = frozenset({"face", "faces", "cat", "cats", "body", "bodies", "person", "animal"})
"""Names of what lives, as they are common in recordings."""
FACES = frozenset({"face", "faces"})
FEWEST = 4
"""With three categories six orders are the most, and no p is below 1/6."""


def apart(classes: tuple[str, ...], group: frozenset[str]) -> np.ndarray | None:
    """Return the matrix (n, n) of two groups: 1 between them, 0 within; None where one is empty."""
    inside = np.array([name.lower() in group for name in classes])
    if inside.all() or not inside.any():
        return None
    return np.asarray(np.not_equal.outer(inside, inside).astype(float))


def time_between(subject: Subject, classes: tuple[str, ...]) -> np.ndarray | None:
    """Return how far apart in time the trials of two categories lie, s, (n_classes, n_classes).

    Of each run the mean over all pairs of trials of the distance between their middles; then the
    mean over runs. None where there is no time, or no run shows two of the categories.
    """
    if subject.maps:
        return None
    trials = subject.trials.assign(middle=subject.trials["onset"] + subject.trials["duration"] / 2)
    n = len(classes)
    found = []
    for _, own in trials.groupby("run"):
        middles = [own.loc[own["condition"] == name, "middle"].to_numpy() for name in classes]
        matrix = np.zeros((n, n))
        for first, second in combinations(range(n), 2):
            gaps = np.abs(np.subtract.outer(middles[first], middles[second]))
            matrix[first, second] = matrix[second, first] = gaps.mean() if gaps.size else np.nan
        found.append(matrix)
    matrix = mean_of_runs(np.stack(found))
    return None if np.isnan(matrix).any() else matrix


@dataclass(frozen=True, kw_only=True)
class Model:
    """A guess at what makes categories alike.

    ``make(subject, classes)`` gives its matrix of dissimilarities, None where it says nothing.
    """

    name: str
    label: str
    help: str
    make: Callable[[Subject, tuple[str, ...]], np.ndarray | None]


TIME = "time"
MODELS = {
    model.name: model
    for model in (
        Model(
            name="animate",
            label="Animate against inanimate",
            help="What lives is alike, and unlike things.",
            make=lambda subject, classes: apart(classes, ANIMATE),
        ),
        Model(
            name="faces",
            label="Faces apart",
            help="Faces are unlike all else, and all else is alike.",
            make=lambda subject, classes: apart(classes, FACES),
        ),
        Model(
            name=TIME,
            label="Time between blocks",
            help="What was shown at near times is alike: no model of the brain, but of the "
            "scanner's slow drift.",
            make=time_between,
        ),
    )
}
"""What similarity is compared with; a table of one's own joins them where it is given."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How dissimilarity is measured, and a model of one's own, row by row."""

    measure: Measure = "correlation"
    own: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class ModelsResult:
    """The models, and how well any could do.

    Parameters
    ----------
    measured : ndarray, shape (n_classes, n_classes)
        The mean over runs of each run's dissimilarities.
    ceiling : (float, float) or None
        The noise ceiling of Nili et al. (2014): the mean rank correlation of a run with the mean of
        the others, and with that of all runs; None with fewer than three complete runs.
    """

    spec: DecodingSpec
    measure: Measure
    classes: tuple[str, ...]
    measured: np.ndarray
    fits: tuple[Fit, ...]
    ceiling: tuple[float, float] | None

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The fits without their matrices."""
        names = [name for name in Fit.__annotations__ if name != "matrix"]
        return [{name: getattr(fit, name) for name in names} for fit in self.fits]

    def as_json(self) -> dict[str, Any]:
        """Return the noise ceiling, and one object a model."""
        return {"measure": self.measure, "ceiling": self.ceiling, "fits": self.rows}


def fits_table(result: ModelsResult) -> pd.DataFrame:
    """Return one row a model: the fields of `Fit` but its matrix; NaN where there is none."""
    table = pd.DataFrame(result.rows)
    return table.assign(partial=table["partial"].astype(float))


def run(
    subject: Subject, spec: DecodingSpec, options: Options, on_progress: Progress | None = None
) -> ModelsResult:
    """Compare the measured dissimilarities with each model.

    Each model stands on its own: none is fitted. Its p says whether a model with its categories in
    another order does as well; that of a model chosen after looking is too small.
    """
    return compare_models(
        subject, spec, extract_samples(subject, spec, on_progress), options, on_progress
    )


def compare_models(
    subject: Subject,
    spec: DecodingSpec,
    samples: Samples,
    options: Options,
    on_progress: Progress | None = None,
) -> ModelsResult:
    """Compare samples that were extracted before; see `run`.

    Raises
    ------
    SpecError
        If there are fewer than `FEWEST` categories, or the crossnobis distance is not
        known.
    """
    classes, codes = np.unique(samples.y, return_inverse=True)
    if len(classes) < FEWEST:
        raise SpecError(
            f"A model needs {FEWEST} categories or more: with {len(classes)} no order of them is "
            "rare. Choose more."
        )
    if options.measure == "correlation":
        matrices = correlation_by_run(samples.X, codes, samples.runs, len(classes))
    elif (found := crossnobis_runs(samples)) is None:
        raise SpecError(
            "The crossnobis distance is not known here, as the noise of so many voxels cannot be "
            "modelled or there is one run. Choose 1 - r, or a smaller mask."
        )
    else:
        matrices = found
    names = tuple(classes.tolist())
    made = {name: model.make(subject, names) for name, model in MODELS.items()}
    known = [
        (name, MODELS[name].label, matrix) for name, matrix in made.items() if matrix is not None
    ]
    if options.own:
        known.append(("own", "Your own", _own(options.own, len(names))))
    measured, fits = mean_of_runs(matrices), []
    draws = draw_runs(matrices)
    for number, (name, label, matrix) in enumerate(known):
        time = None if name == TIME else made[TIME]
        fits.append(fit_model(name, label, matrix, measured, time, draws))
        report(on_progress, number + 1, len(known))
    return ModelsResult(
        spec=spec,
        measure=options.measure,
        classes=names,
        measured=measured,
        fits=tuple(fits),
        ceiling=ceiling(matrices),
    )


def _own(rows: tuple[tuple[float, ...], ...], n: int) -> np.ndarray:
    if [len(row) for row in rows] != [n] * n or not np.isfinite(np.array(rows)).all():
        raise SpecError(
            f"Your table must have {n} rows of {n} numbers, one for each category, in their "
            f"order; it has rows of {', '.join(str(len(row)) for row in rows)}."
        )
    matrix = np.array(rows, dtype=float)
    if not np.allclose(matrix, matrix.T):
        raise SpecError("Your table must be the same above and below its diagonal.")
    return matrix


ANALYSIS = Analysis(
    name="pair_models",
    question="What does the similarity of the categories follow?",
    Options=Options,
    run=run,
    reads=ALL_FIELDS - {"select", "estimator", "cv"},
    seconds=lambda *_: 2.0,
    page="pairs",
)
