"""Does what some subjects show name what another saw: leave one subject out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce

import numpy as np
import pandas as pd

from decoding.analyses import group, permute
from decoding.analyses.circularity import is_circular
from decoding.analyses.decode import estimator_for, predict_folds
from decoding.analyses.group import FEWEST, GroupRow, specs_of
from decoding.analyses.record import ALL_FIELDS, Analysis, Tried
from decoding.cross_validation import make_folds
from decoding.datasets.base import Subject
from decoding.datasets.space import in_mni_space
from decoding.errors import DecodingError, SpecError
from decoding.null import Null
from decoding.numbers import list_text
from decoding.progress import Progress, report
from decoding.relabel import relabel
from decoding.samples.extract import Samples, extract_samples
from decoding.settings import mask_label
from decoding.spec import DecodingSpec

SAME_PLACE = 1e-3
"""Two grids are one where their affines differ by no more, in mm."""


@dataclass(frozen=True, kw_only=True)
class Other:
    """Another subject, told from others by its name and version: a request is a key."""

    name: str
    version: str
    subject: Subject = field(compare=False)


@dataclass(frozen=True, kw_only=True)
class Options:
    """Who is decoded besides the subject itself, by which rows; see `group.Options`."""

    others: tuple[Other, ...]
    masks: tuple[str, ...]
    pairs: tuple[tuple[str, ...], ...]
    permutations: int | None = None
    seed: int = 0


def check_one_space(subjects: Sequence[Subject]) -> None:
    """Refuse subjects of whom a voxel of one is no voxel of another.

    Raises
    ------
    SpecError
        If there are fewer than two, or their scans were not brought into MNI space.
    """
    names = [subject.name for subject in subjects]
    if len(names) < FEWEST:
        raise SpecError(f"There is subject {list_text(names)} only, and none to learn from.")
    apart = [subject.name for subject in subjects if not in_mni_space(subject)]
    if apart:
        raise SpecError(
            f"Each subject's scans lie in a space of their own (not in MNI space: subject "
            f"{list_text(apart)}), so one subject's voxel is no voxel of another. Bring the scans "
            "into MNI space first, e.g. with fMRIPrep, and choose that space."
        )


def decode_across(
    subjects: Sequence[Subject], spec: DecodingSpec, test: permute.Options
) -> GroupRow:
    """Learn from all subjects but one, and name what that one saw, each subject in turn.

    Each subject's samples are standardized by itself, as the spec says. The voxels are those that
    the mask has in every subject. An estimator with inner folds leaves out a run in them.

    The null relabels whole blocks of the tested subject within its runs, and keeps the classifier:
    the hypothesis is that what the others taught says nothing of this subject. Scores of different
    subjects share most of what was learnt, so they say nothing of the prevalence.

    Parameters
    ----------
    subjects : sequence of Subject
        In one space; see `check_one_space`.

    Returns
    -------
    GroupRow
        Its scores have ``n_voxels`` besides; who cannot be decoded is missing.

    Raises
    ------
    DecodingError
        If fewer than two can be decoded, or have no voxel of the mask in common.
    """
    found, missing = _extract(subjects, spec)
    if len(found) < FEWEST:
        reasons = " ".join(f"Subject {name}: {why}" for name, why in missing.items())
        raise SpecError(f"Fewer than two subjects can be decoded. {reasons}")
    by_name = {subject.name: subject for subject in subjects}
    samples = _on_common_voxels(list(found.values()), spec)
    pooled, groups = _pool(samples)
    folds = make_folds("leave_one_run_out", pooled.y, groups)
    table = predict_folds(pooled, estimator_for(spec, pooled), folds)
    predicted = table.set_index("sample")["predicted"].to_numpy(dtype=object).astype(str)
    rows = []
    for number, (name, own) in enumerate(zip(found, samples, strict=True)):
        named = predicted[groups == number]
        null, score = _null(own, named, test), float(np.mean(named == own.y))
        rows.append(
            {
                "subject": name,
                "accuracy": score,
                "p_value": null.p_value(score),
                "smallest_p": null.smallest_p,
                "circular": is_circular(by_name[name], spec),
                "n_voxels": own.X.shape[1],
            }
        )
    choices = {name: value for name, value in spec.as_dict().items() if name != "subject"}
    chance = 1 / len(pooled.classes)
    return GroupRow(
        choices=choices, scores=pd.DataFrame(rows), chance=chance, missing=missing, test=test
    )


def _extract(
    subjects: Sequence[Subject], spec: DecodingSpec
) -> tuple[dict[str, Samples], dict[str, str]]:
    """Return the samples of each subject by its name, and why others have none."""
    found, missing = {}, {}
    for subject in subjects:
        try:
            found[subject.name] = extract_samples(subject, replace(spec, subject=subject.name))
        except DecodingError as error:
            missing[subject.name] = str(error)
    return found, missing


def _on_common_voxels(samples: list[Samples], spec: DecodingSpec) -> list[Samples]:
    """Return the samples on the voxels that all of them have."""
    grids = [own.grid for own in samples if own.grid is not None]
    first = grids[0]
    for grid in grids:
        if grid.shape != first.shape or not np.allclose(
            grid.affine, first.affine, rtol=0, atol=SAME_PLACE
        ):
            raise SpecError(
                f"The subjects' scans lie on different grids ({first.shape} and {grid.shape} "
                "voxels, or other places in mm). Bring them to one resolution first."
            )
    common = reduce(np.intersect1d, (grid.voxels for grid in grids))
    if not len(common):
        raise SpecError(
            f"No voxel of the mask '{mask_label(spec.mask)}' is in it in every subject. Choose "
            "another mask."
        )
    return [
        replace(own, X=own.X[:, np.isin(grid.voxels, common)], grid=None)
        for own, grid in zip(samples, grids, strict=True)
    ]


def _pool(samples: list[Samples]) -> tuple[Samples, np.ndarray]:
    """Return all samples as one, runs and blocks numbered anew, and each one's subject."""
    groups = np.repeat(np.arange(len(samples)), [len(own.y) for own in samples])
    pooled = Samples(
        X=np.concatenate([own.X for own in samples]),
        y=np.concatenate([own.y for own in samples]),
        runs=_renumber(groups, [own.runs for own in samples]),
        blocks=_renumber(groups, [own.blocks for own in samples]),
    )
    return pooled, groups


def _renumber(groups: np.ndarray, numbers: list[np.ndarray]) -> np.ndarray:
    """Return a number of its own for each number of each subject."""
    both = np.stack([groups, np.concatenate(numbers)])
    return np.unique(both, axis=1, return_inverse=True)[1].ravel()


def _null(own: Samples, named: np.ndarray, test: permute.Options) -> Null:
    """Return the scores of what was named against relabelled blocks of the tested subject."""
    relabelled = relabel(own.y, own.runs, own.blocks, test.permutations, test.seed)
    classes = np.unique(own.y)
    codes = np.where(np.isin(named, classes), np.searchsorted(classes, named), -1)
    scores = (relabelled.labels == codes).mean(axis=1)
    # The classifier stays, so exchanged names are another score, and no tie.
    return replace(relabelled.null(scores), n_tied=1)


def run(
    subject: Subject, spec: DecodingSpec, options: Options, on_progress: Progress | None = None
) -> list[GroupRow]:
    """Leave each of the subjects out, in every row; see `decode_across`."""
    subjects = [subject, *(other.subject for other in options.others)]
    check_one_space(subjects)
    test = permute.Options(permutations=options.permutations, seed=options.seed)
    specs = specs_of(spec, options.masks, options.pairs, maps=subject.maps)
    rows = []
    for number, own in enumerate(specs):
        rows.append(decode_across(subjects, own, test))
        report(on_progress, number + 1, len(specs))
    return rows


def _seconds(subject: Subject, spec: DecodingSpec, options: Options) -> float:
    specs = specs_of(spec, options.masks, options.pairs, maps=subject.maps)
    return len(specs) * (1 + len(options.others)) * group.SCORE_S


def _tried(rows: list[GroupRow]) -> Iterator[Tried]:
    """Return what was scored: the spec, and that others taught."""
    for row in rows:
        for subject in row.scores["subject"]:
            yield DecodingSpec(subject=subject, **row.choices), "learnt from the other subjects"


ANALYSIS = Analysis(
    name="across",
    question="Does what some subjects show name what another saw?",
    Options=Options,
    run=run,
    reads=ALL_FIELDS - group.VARIED - {"cv"},
    seconds=_seconds,
    tried=_tried,
    page="group",
)
