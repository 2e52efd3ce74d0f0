"""Images of masks and labels that nobody reads, by where they lie or what they are called."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from decoding.datasets.base import Note
from decoding.datasets.bids.names import IMAGE_ENDS, below, has_content, parse_name
from decoding.datasets.bids.study import Study
from decoding.datasets.notes import Cases

_REGION = re.compile(r".*(mask|roi|dseg|probseg)\.nii(\.gz)?", re.IGNORECASE)
_READ = ("mask", "dseg")
_OF_SCANS = re.compile(
    r"sub-.*_(bold|boldref|sbref|cbv|asl|epi|phasediff|magnitude\w*|fieldmap|dwi|T[12]\w*|PD\w*|"
    r"FLAIR|angio|UNIT1|MP2RAGE|inplane\w*|defacemask)(\.\w+)?\.nii(\.gz)?",
    re.IGNORECASE,
)
_ELSEWHERE = ("code", "sourcedata", "work", "figures")


def stray_masks(study: Study, label: str) -> Iterator[Note]:
    """Note masks outside a subject's folders, of other names, and of probabilities.

    So are images among the derivatives whose names do not say what they are.
    """
    outside = Cases(
        "{n} image{s} of masks or labels {was} not used: outside the subject's folder of any "
        "pipeline.",
        f"Move what belongs to the subject to derivatives/NAME/sub-{label}/.",
    )
    misnamed = Cases(
        "{n} mask{s} {was} not used, as the name is not BIDS.",
        f"Name it sub-{label}_label-NAME_mask.nii.gz: labels are letters, digits and +.",
    )
    probable = Cases(
        "{n} image{s} of probabilities {was} not used: a mask holds 0 and one other value.",
        "Choose from which probability on a voxel is inside, and write that as a mask.",
    )
    other = Cases(
        "{n} image{s} among the derivatives {was} not used, as the name says neither scan nor "
        "mask.",
        f"Name a mask sub-{label}_label-NAME_mask.nii.gz, in derivatives/NAME/sub-{label}/.",
    )
    own = [folder / f"sub-{label}" for folder in study.pipelines]
    for path in _images(study, label):
        file = parse_name(path)
        if not _REGION.fullmatch(path.name):
            other.add(below(study.root, path))
        elif not any(folder in path.parents for folder in own):
            outside.add(below(study.root, path))
        elif file is None or file.end not in IMAGE_ENDS or file.suffix not in (*_READ, "probseg"):
            misnamed.add(path.name)
        elif file.suffix == "probseg" and has_content(path):
            probable.add(path.name)
    yield from (note for cases in (outside, misnamed, probable, other) for note in cases)


def _images(study: Study, label: str) -> Iterator[Path]:
    """Give all images that may be masks or labels, without those of other subjects."""
    seen = set()
    derived = (study.root / "derivatives", *study.pipelines)
    for top in (study.root, *study.pipelines):
        for folder, folders, names in os.walk(top):
            folders[:] = sorted(name for name in folders if _is_looked_into(name, label))
            is_derived = any(Path(folder).is_relative_to(one) for one in derived)
            for path in (Path(folder, name) for name in sorted(names)):
                if path not in seen and _may_be_region(path.name, is_derived):
                    seen.add(path)
                    yield path


def _may_be_region(name: str, is_derived: bool) -> bool:
    if _REGION.fullmatch(name):
        return True
    return is_derived and name.endswith(IMAGE_ENDS) and not _OF_SCANS.fullmatch(name)


def _is_looked_into(folder: str, label: str) -> bool:
    if folder.startswith("sub-"):
        return folder == f"sub-{label}"
    return not folder.startswith(".") and folder not in _ELSEWHERE
