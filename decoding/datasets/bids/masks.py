"""Masks of a BIDS subject: named by what tells them apart, noted where not used."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from decoding.datasets.base import BRAIN, WHOLE_BRAIN, Mask, Note
from decoding.datasets.bids.names import BidsFile, find_images
from decoding.datasets.bids.runs import ONE_ACQUISITION
from decoding.datasets.bids.study import Study
from decoding.datasets.notes import Cases, RefusedMasks
from decoding.errors import DataError
from decoding.nifti.headers import read_header
from decoding.nifti.masks import read_mask

SHARED = ("sub", "ses", "task", "run")
"""Entities that tell when a mask was made, not which one it is."""
PLACE = ("space", "cohort", "res")
"""Entities that tell where a mask lies."""
Key = tuple[str, tuple[tuple[str, str], ...]]
"""Of one mask: the pipeline's folder, and the entities that are its own."""


@dataclass(frozen=True, kw_only=True)
class FoundMasks:
    """Masks by name, why others cannot be used, and notes of all that."""

    masks: dict[str, Mask]
    unusable: dict[str, str]
    notes: list[Note]


class _Unused:
    """Masks that are not used, by the reason."""

    def __init__(self) -> None:
        self.foreign = Cases("{n} mask{s} {was} not used: of another task, session or run.")
        self.elsewhere = Cases("{n} mask{s} {was} not used: of another space.")
        self.anatomical = Cases("{n} brain mask{s} {was} not used: of the anatomy, not the scan.")
        self.refused = RefusedMasks()

    def __iter__(self) -> Iterator[Note]:
        for cases in (self.foreign, self.elsewhere, self.anatomical, self.refused):
            yield from cases


def find_masks(study: Study, label: str, runs: Mapping[int, BidsFile]) -> FoundMasks:
    """Find the masks among the derivatives that share the scan's grid.

    A mask goes by its label or desc, with more of its entities where several share that. Files that
    differ in run or session alone are one mask: where all of them agree.
    """
    unused = _Unused()
    groups = _group_masks(study, label, runs, unused)
    agreeing = Cases("{n} mask{s} {is_} where the masks of several runs agree.")
    masks = {}
    for key, name in names_of(groups, _base).items():
        masks[name] = Mask(files=tuple(groups[key]))
        if len(groups[key]) > 1:
            agreeing.add(f"{name}: {len(groups[key])} files")
    unusable = unused.refused.unusable(masks)
    brain = Mask(files=masks[BRAIN].files if BRAIN in masks else (), origin=WHOLE_BRAIN)
    return FoundMasks(
        masks={**masks, BRAIN: brain},
        unusable=unusable,
        notes=[*unused, *agreeing],
    )


def _group_masks(
    study: Study, label: str, runs: Mapping[int, BidsFile], unused: _Unused
) -> dict[Key, list[Path]]:
    run = next(iter(runs.values()))
    scan, place = read_header(run.path), {name: run.entities.get(name) for name in PLACE}
    groups: dict[Key, list[Path]] = defaultdict(list)
    for file, pipeline in _mask_files(study, label):
        name, own = file.path.name, file.entities
        if not belongs(file, runs.values()):
            unused.foreign.add(name)
            continue
        if place["space"] and any(own.get(part, place[part]) != place[part] for part in PLACE):
            unused.elsewhere.add(name)
            continue
        try:
            read_mask(file.path, scan)
        except DataError as error:
            if own.get("space") != place["space"]:
                unused.elsewhere.add(name)
            else:
                unused.refused.refuse(_base(own), error)
            continue
        shared = {*SHARED, *(k for k in ONE_ACQUISITION if k in run.entities)}
        telling = tuple((k, v) for k, v in own.items() if k not in shared and place.get(k) != v)
        if _is_anatomical(file) and (pipeline, telling) in groups:
            unused.anatomical.add(name)
        else:
            groups[pipeline, telling].append(file.path)
    return groups


def _mask_files(study: Study, label: str) -> Iterator[tuple[BidsFile, str]]:
    """Give each mask of a subject and its pipeline, those of the scan before the anatomy's."""
    for pipeline in study.pipelines:
        masks = find_images(pipeline / f"sub-{label}", "**/*_mask.nii*", "mask")
        for file in sorted(masks, key=_is_anatomical):
            yield file, pipeline.name


def _is_anatomical(mask: BidsFile) -> bool:
    return mask.path.parent.name == "anat" and mask.entities.get("desc") == BRAIN


def belongs(mask: BidsFile, runs: Iterable[BidsFile]) -> bool:
    """Tell whether a mask is of one of these runs, or of no run in particular."""
    own = {name: mask.entities[name] for name in SHARED if name in mask.entities}
    return any(
        all(run.entities.get(name, value) == value for name, value in own.items()) for run in runs
    )


def _base(entities: Mapping[str, str]) -> str:
    return entities.get("label") or entities.get("desc") or "mask"


def names_of(groups: Iterable[Key], base_of: Callable[[Mapping[str, str]], str]) -> dict[Key, str]:
    """Name masks by one of their entities, and by what else tells those of one name apart."""
    alike: dict[str, list[Key]] = defaultdict(list)
    for key in groups:
        alike[base_of(dict(key[1]))].append(key)
    names: dict[Key, str] = {}
    for base, keys in alike.items():
        shared = set.intersection(*(set(entities) for _, entities in keys))
        for pipeline, entities in keys:
            unlike = [f"{k}-{v}" for k, v in entities if (k, v) not in shared and v != base]
            twice = any(other == entities and where != pipeline for where, other in keys)
            name = "_".join([base, *unlike, *([pipeline] if twice else [])])
            names[pipeline, entities] = name
    return names
