"""Each mask on its own: every category against all others, and masks compared at equal size."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from decoding.analyses.circularity import is_circular
from decoding.analyses.decode import decode_samples, estimator_for
from decoding.analyses.record import ALL_FIELDS, Analysis, Tried
from decoding.datasets.base import BRAIN, Subject
from decoding.errors import DecodingError, SpecError
from decoding.progress import Progress, part_of, report
from decoding.samples.extract import Samples, extract_samples
from decoding.spec import DecodingSpec

OTHERS = " all others"
"""How the other categories are called; it sorts before any name."""
SUBSETS = 20
"""So many random subsets of a larger mask give a band."""
PUBLISHED: dict[tuple[str, str], dict[str, dict[str, float]]] = {
    ("haxby", "2"): {
        mask: dict(zip(
            ("scissors", "face", "cat", "shoe", "house", "scrambledpix", "bottle", "chair"),
            values, strict=True,
        ))
        for mask, values in (
            ("vt", (0.92, 0.98, 0.96, 0.92, 1.00, 0.99, 0.89, 0.93)),
            ("face", (0.70, 0.90, 0.76, 0.73, 0.71, 0.87, 0.67, 0.63)),
            ("house", (0.83, 0.90, 0.86, 0.82, 1.00, 0.96, 0.86, 0.90)),
        )
    }
}  # fmt: skip
"""By dataset and subject, the areas under the ROC curve in nilearn's gallery ("ROI-based decoding
analysis in Haxby et al. dataset"), of a linear SVM with an l1 penalty: ours have another."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """How often a larger mask is cut to the size of the smallest."""

    subsets: int = SUBSETS
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class MaskScores:
    """One mask, or why it has no scores.

    Parameters
    ----------
    auc : mapping of str to float or None
        Of each category against all others, the mean of the folds' areas under the ROC curve; None
        where a fold has none.
    published : mapping of str to float
        The same by others, where it was published.
    accuracy : float
        Of all categories at once, with every voxel.
    at_equal_size : tuple of float
        The same on random subsets of as many voxels as the smallest mask has: one value, its own,
        for that mask.
    circular : bool
        Whether responses to the categories chose the mask.
    """

    mask: str
    n_voxels: int
    auc: dict[str, float | None]
    published: dict[str, float]
    accuracy: float
    at_equal_size: tuple[float, ...]
    circular: bool
    problem: str = ""

    @property
    def band(self) -> tuple[float, float]:
        """The middle 95 % of the scores at equal size."""
        low, high = np.quantile(self.at_equal_size, (0.025, 0.975)).tolist()
        return low, high


@dataclass(frozen=True, kw_only=True, eq=False)
class MasksResult:
    """The masks, and the number of voxels at which they are compared."""

    spec: DecodingSpec
    classes: tuple[str, ...]
    masks: tuple[MaskScores, ...]
    n_equal: int

    @property
    def table(self) -> pd.DataFrame:
        """One row a mask and category: ``mask``, ``condition``, ``auc``, ``published`` (or NaN)."""
        rows = [
            {"mask": one.mask, "condition": name, "auc": one.auc[name],
             "published": one.published.get(name, np.nan)}
            for one in self.masks if not one.problem
            for name in self.classes
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def as_json(self) -> dict[str, Any]:
        """Return the masks as objects."""
        return {"n_equal": self.n_equal, "masks": [asdict(one) for one in self.masks]}


def run(
    subject: Subject, spec: DecodingSpec, options: Options, on_progress: Progress | None = None
) -> MasksResult:
    """Score all masks of a subject but the whole brain.

    Raises
    ------
    SpecError
        If there is no mask but the brain.
    """
    names = [name for name in subject.masks if name != BRAIN]
    if not names:
        raise SpecError(
            f"Subject {subject.name} has no mask but the brain, so there is nothing to compare."
        )
    read, problems = {}, {}
    for name in names:
        try:
            read[name] = extract_samples(subject, replace(spec, mask=name))
        except DecodingError as error:
            problems[name] = str(error)
    n_equal = min((samples.X.shape[1] for samples in read.values()), default=0)
    classes = next((samples.classes for samples in read.values()), spec.conditions)
    found = [_unread(name, problem) for name, problem in problems.items()]
    for number, (name, samples) in enumerate(read.items()):
        part = part_of(on_progress, number / len(read), (number + 1) / len(read))
        own = replace(spec, mask=name)
        try:
            found.append(_score_mask(subject, own, samples, n_equal, options, part))
        except DecodingError as error:
            found.append(_unread(name, str(error)))
    in_order = sorted(found, key=lambda one: names.index(one.mask))
    return MasksResult(spec=spec, classes=classes, masks=tuple(in_order), n_equal=n_equal)


def _unread(mask: str, problem: str) -> MaskScores:
    return MaskScores(
        mask=mask, n_voxels=0, auc={}, published={}, accuracy=np.nan, at_equal_size=(),
        circular=False, problem=problem,
    )  # fmt: skip


def _score_mask(
    subject: Subject,
    spec: DecodingSpec,
    samples: Samples,
    n_equal: int,
    options: Options,
    on_progress: Progress | None,
) -> MaskScores:
    n_voxels, n_steps = samples.X.shape[1], len(samples.classes) + options.subsets + 1

    def accuracy(some: Samples) -> float:
        estimator = estimator_for(spec, some)
        return decode_samples(some, spec, estimator, subject.version).accuracy

    auc = {}
    for number, name in enumerate(samples.classes):
        auc[name] = one_against_rest(samples, spec, name)
        report(on_progress, number + 1, n_steps)
    whole, subsets = accuracy(samples), []
    rng = np.random.default_rng(options.seed)
    for number in range(options.subsets if n_voxels > n_equal else 0):
        voxels = np.sort(rng.choice(n_voxels, n_equal, replace=False))
        subsets.append(accuracy(replace(samples, X=samples.X[:, voxels], n_constant=0)))
        report(on_progress, len(samples.classes) + number + 1, n_steps)
    report(on_progress, 1, 1)
    return MaskScores(
        mask=spec.mask,
        n_voxels=n_voxels,
        auc=auc,
        published=PUBLISHED.get((subject.dataset, subject.name), {}).get(spec.mask, {}),
        accuracy=whole,
        at_equal_size=tuple(subsets) or (whole,),
        circular=is_circular(subject, spec),
    )


def one_against_rest(samples: Samples, spec: DecodingSpec, name: str) -> float | None:
    """Return the mean of the folds' areas under the ROC curve of a category against all others."""
    y = np.where(samples.y == name, name, OTHERS)
    estimator = estimator_for(spec, samples)
    return decode_samples(replace(samples, y=y), spec, estimator, "").auc


def _tried(result: MasksResult) -> Iterator[Tried]:
    for one in result.masks:
        if not one.problem:
            yield replace(result.spec, mask=one.mask), ""


def _seconds(subject: Subject, spec: DecodingSpec, options: Options) -> float:
    n_classes = len(spec.conditions or subject.conditions)
    return len(subject.masks) * (0.4 * n_classes + 0.2 * options.subsets)


ANALYSIS = Analysis(
    name="pair_masks",
    question="Which mask tells which category from all others?",
    Options=Options,
    run=run,
    reads=ALL_FIELDS - {"mask"},
    seconds=_seconds,
    tried=_tried,
    page="pairs",
)
