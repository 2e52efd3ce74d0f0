"""Masks of a BIDS subject: named by what tells them apart, noted where not used."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from decoding.datasets.base import WHOLE_BRAIN, Mask, Note
from decoding.datasets.bids.names import BidsFile, find_images
from decoding.datasets.notes import Cases, refused_masks
from decoding.errors import DataError
from decoding.nifti.headers import read_header
from decoding.nifti.masks import read_mask

SHARED = ("sub", "ses", "task", "run")
"""Entities that tell when a mask was made, not which one it is."""
BRAIN = "brain"
Key = tuple[str, tuple[tuple[str, str], ...]]
"""Of one mask: the pipeline's folder, and the entities that are its own."""


@dataclass(frozen=True, kw_only=True)
class FoundMasks:
    """Masks by name, why others cannot be used, and notes of all that."""

    masks: dict[str, Mask]
    unusable: dict[str, str]
    notes: list[Note]


def find_masks(root: Path, label: str, runs: Mapping[int, BidsFile]) -> FoundMasks:
    """Find the masks among the derivatives that share the scan's grid.

    A mask goes by its label or desc, with more of its entities where several share that. Files that
    differ in run or session alone are one mask: where all of them agree.
    """
    foreign = Cases("{n} mask{s} {was} not used: of another task, session or run.")
    refused = refused_masks()
    unusable: dict[str, str] = {}
    scan = read_header(next(iter(runs.values())).path)
    groups: dict[Key, list[Path]] = defaultdict(list)
    for folder in sorted((root / "derivatives").glob(f"*/sub-{label}")):
        for file in find_images(folder, "**/*_mask.nii*", "mask"):
            if not _belongs(file, runs.values()):
                foreign.add(file.path.name)
                continue
            try:
                read_mask(file.path, scan)
            except DataError as error:
                refused.add(str(error).rstrip("."))
                unusable[_base(file.entities)] = str(error)
            else:
                own = tuple((k, v) for k, v in file.entities.items() if k not in SHARED)
                groups[folder.parent.name, own].append(file.path)
    agreeing = Cases("{n} mask{s} {is_} where the masks of several runs agree.")
    masks = {}
    for key, name in _names(groups).items():
        masks[name] = Mask(files=tuple(groups[key]))
        if len(groups[key]) > 1:
            agreeing.add(f"{name}: {len(groups[key])} files")
    brain = Mask(files=masks[BRAIN].files if BRAIN in masks else (), origin=WHOLE_BRAIN)
    return FoundMasks(
        masks={**masks, BRAIN: brain},
        unusable={name: why for name, why in unusable.items() if name not in {*masks, BRAIN}},
        notes=[*foreign, *refused, *agreeing],
    )


def _belongs(mask: BidsFile, runs: Iterable[BidsFile]) -> bool:
    """Tell whether a mask is of one of these runs, or of no run in particular."""
    own = {name: mask.entities[name] for name in SHARED if name in mask.entities}
    return any(
        all(run.entities.get(name, value) == value for name, value in own.items()) for run in runs
    )


def _base(entities: Mapping[str, str]) -> str:
    return entities.get("label") or entities.get("desc") or "mask"


def _names(groups: Iterable[Key]) -> dict[Key, str]:
    """Name masks by label or desc, and by what else tells those of one name apart."""
    alike: dict[str, list[Key]] = defaultdict(list)
    for key in groups:
        alike[_base(dict(key[1]))].append(key)
    names: dict[Key, str] = {}
    for base, keys in alike.items():
        shared = set.intersection(*(set(entities) for _, entities in keys))
        for pipeline, entities in keys:
            unlike = [f"{k}-{v}" for k, v in entities if (k, v) not in shared and v != base]
            twice = any(other == entities and where != pipeline for where, other in keys)
            name = "_".join([base, *unlike, *([pipeline] if twice else [])])
            names[pipeline, entities] = name
    return names
