"""Label images of a BIDS subject, and masks on another grid than the scan's."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from decoding.datasets.base import LabelImage, Note
from decoding.datasets.bids.masks import PLACE, SHARED, Key, belongs, names_of
from decoding.datasets.bids.names import BidsFile, find_images, inherited
from decoding.datasets.bids.study import T1W, Study
from decoding.datasets.notes import Cases
from decoding.errors import DataError
from decoding.nifti.headers import NiftiHeader, read_header, same_grid

_WHAT = ("atlas", "seg", "label", "desc")
"""The entities that may say what is labelled, the first that is there."""


def find_label_images(
    study: Study, label: str, runs: Mapping[int, BidsFile]
) -> tuple[dict[str, LabelImage], list[Note]]:
    """Find the label images among the derivatives, by name; those of the scan's grid come first.

    Files that differ in run or session alone are one image. A mask of another grid is one too: what
    lies at each voxel of the scan can be asked of it.
    """
    run = next(iter(runs.values()))
    scan, place = read_header(run.path), {name: run.entities.get(name) for name in PLACE}
    groups: dict[Key, list[tuple[BidsFile, bool]]] = defaultdict(list)
    tables: dict[Key, Path] = {}
    beside = Cases(
        "{n} label image{s} {has} other voxels than the scan.",
        "Write @nearest behind a label to take the one nearest to each voxel of the scan.",
    )
    foreign = Cases("{n} label image{s} {was} not used: of another task, session or run.")
    elsewhere = Cases("{n} label image{s} {was} not used: of another space.")
    unread = Cases("{n} label image{s} {was} not used, as the file cannot be read.", by_cause=True)
    for pipeline in study.pipelines:
        for file in _files(pipeline / f"sub-{label}"):
            own, labelled = file.entities, file.suffix == "dseg"  # masks are noted as masks
            if not belongs(file, runs.values()):
                if labelled:
                    foreign.add(file.path.name)
                continue
            fits = _fits(file, scan, unread)
            if fits is None or (fits and not labelled):
                continue
            if not _is_here(file, place, fits):
                if labelled:
                    elsewhere.add(file.path.name)
                continue
            if not fits and labelled:
                beside.add(file.path.name)
            telling = ((k, v) for k, v in own.items() if k not in SHARED and place.get(k) != v)
            key = pipeline.name, tuple(telling)
            groups[key].append((file, fits))
            for table in inherited(pipeline, file, "dseg", ".tsv"):
                tables.setdefault(key, table.path)
    images = {
        name: LabelImage(files=_on_grid(groups[key]), table=tables.get(key))
        for key, name in names_of(groups, _base).items()
    }
    agreeing = Cases("{n} label image{s} {has} each label where those of several runs agree.")
    for name, image in images.items():
        if len(image.files) > 1:
            agreeing.add(f"{name}: {len(image.files)} files")
    return images, [*foreign, *elsewhere, *beside, *unread, *agreeing]


def _files(folder: Path) -> list[BidsFile]:
    return [
        file
        for suffix in ("dseg", "mask")
        for file in find_images(folder, f"**/*_{suffix}.nii*", suffix)
    ]


def _fits(file: BidsFile, scan: NiftiHeader, unread: Cases) -> bool | None:
    """Tell whether an image has the scan's voxels; None where it cannot be read."""
    try:
        return same_grid(read_header(file.path), scan)
    except DataError as error:
        unread.add(str(error).rstrip("."))
        return None


def _is_here(file: BidsFile, place: Mapping[str, str | None], fits: bool) -> bool:
    """Tell whether an image lies in the scan's space: names say so, else the same voxels do.

    What lies with the anatomy and says nothing is where the anatomy is, and so is a scan as it was
    recorded, as far as a header tells.
    """
    own, space = file.entities, place["space"]
    if space and any(own.get(part, place[part]) != place[part] for part in PLACE):
        return False
    lies_in = own.get("space") or (T1W if file.path.parent.name == "anat" else None)
    return fits or lies_in in (None, space) or (space is None and lies_in == T1W)


def _on_grid(files: list[tuple[BidsFile, bool]]) -> tuple[Path, ...]:
    """Return the files on the scan's grid, or all where there is none."""
    fitting = [file.path for file, fits in files if fits]
    return tuple(fitting or (file.path for file, _ in files))


def _base(entities: Mapping[str, str]) -> str:
    return next((entities[name] for name in _WHAT if name in entities), "dseg")
