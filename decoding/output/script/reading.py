"""The exported program's reading of a recording: nilearn's layout, or a BIDS folder."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from textwrap import dedent

from decoding.datasets.base import Subject
from decoding.datasets.bids.dataset import bids_root
from decoding.datasets.layout import LABELS, STUDY
from decoding.output.script import images
from decoding.output.script.bids import MATRIX, called_code, read_bids
from decoding.output.script.form import Form
from decoding.output.script.images import read_images
from decoding.regions import mask_of
from decoding.spec import DecodingSpec


@dataclass(frozen=True, kw_only=True)
class ReadingCode:
    """How the program reads a recording.

    `source` says what its data folder is, and how to get that; without one it reads `data_dir`.
    Of (subject, spec, form, default folder) `code` makes the lines that set ``mask`` and, for each
    volume, ``condition``, ``run`` and ``block``. `matrix` is the masked matrix, volumes x voxels.
    `imports` are lines of the standard library that it needs besides.
    `trials` sets ``t_r``, a table ``trials`` and ``scans``, the images of each run; it is empty
    where the code has done so.
    """

    source: str
    data_dir: Path
    code: Callable[[Subject, DecodingSpec, Form, str], str]
    matrix: str
    trials: str
    imports: tuple[str, ...] = ()


def reading_of(subject: Subject) -> ReadingCode:
    """Return how the program reads this subject."""
    reading = _reading_of(subject)
    return _told_by_content(reading) if _is_misnamed(subject) else reading


def _is_misnamed(subject: Subject) -> bool:
    """Tell whether an upload has images whose names' ends are not what they hold."""
    return not all(
        theirs.lower().endswith("".join(ours.suffixes))
        for ours, theirs in subject.names.items()
        if ".nii" in ours.suffixes
    )


def _told_by_content(reading: ReadingCode) -> ReadingCode:
    """Have the program look into each image to tell whether it is packed."""

    def code(subject: Subject, spec: DecodingSpec, form: Form, default: str) -> str:
        lines = reading.code(subject, spec, form, default)
        return f"{_LOAD_BY_CONTENT.strip()}\n\n\n{lines.replace('nib.load(', 'load_image(')}"

    trials = reading.trials.replace("nib.load(", "load_image(")
    return replace(reading, code=code, trials=trials, imports=(*reading.imports, "import gzip"))


_LOAD_BY_CONTENT = """
def load_image(path):
    \"\"\"Load an image that is packed where it begins as a gzip does, whatever its name says.\"\"\"
    content = Path(path).read_bytes()
    packed = content.startswith(b"\\x1f\\x8b")
    return nib.Nifti1Image.from_bytes(gzip.decompress(content) if packed else content)
"""


def _reading_of(subject: Subject) -> ReadingCode:
    if subject.events:
        return ReadingCode(
            source=f"{_FOLDER if subject.owner else 'the root of the BIDS folder'}, which holds "
            f"{subject.called(subject.bold[0])}.",
            data_dir=_data_dir(subject, bids_root(subject)),
            code=_read_folder,
            matrix=MATRIX,
            imports=("import re",),
            trials="",
        )
    if subject.maps:
        return ReadingCode(
            source="the folder that holds the table of the images.",
            data_dir=_data_dir(subject, subject.bold[0].parent.resolve()),
            code=read_images,
            matrix=images.MATRIX,
            imports=("import re",),
            trials="",
        )
    trials = _TRIALS_OF_LABELS.format(t_r=subject.t_r).strip()
    if subject.owner:
        return ReadingCode(
            source=f"{_FOLDER}, which holds {subject.called(subject.bold[0])}.",
            data_dir=Path("data"),
            code=_read_labels,
            matrix=_MATRIX_OF_LABELS,
            trials=trials,
        )
    study = subject.bold[0].parent.parent
    folder = f"{STUDY}/{subject.bold[0].parent.name}"
    how = _SIMULATED if subject.simulated else _RECORDED.format(name=subject.name)
    return ReadingCode(
        source=f"the data folder, which holds {folder}. {how}",
        data_dir=(study.parent if study.name == "haxby2001" else study).resolve(),
        code=_read_study,
        matrix=_MATRIX_OF_LABELS,
        trials=trials,
    )


def _data_dir(subject: Subject, folder: Path) -> Path:
    """Return where a recording lies; of an upload nobody knows where its owner has it."""
    return Path("data") if subject.owner else folder


_FOLDER = "the folder of your files"
_MATRIX_OF_LABELS = "apply_mask(bold, mask, dtype=np.float64)"


_RECORDED = (
    "To get it: nilearn.datasets.fetch_haxby(data_dir='data', subjects=[{name}]), about 300 MB, "
    "makes the folder 'data'."
)
_SIMULATED = (
    "To get it: unpack the .zip that the app's page Data offers for this subject, or name the "
    "folder that Voxelscope's 'python -m decoding simulate --out FOLDER' made."
)


def _read_study(subject: Subject, spec: DecodingSpec, form: Form, default: str) -> str:
    bold, mask = subject.bold[0], mask_of(subject, spec.mask).files
    lines = dedent(f"""
        data = Path({form.folder(default)})
        study = data / "haxby2001" if (data / "haxby2001").is_dir() else data
        subject = study / {bold.parent.name!r}
        here = {form.here}
        if not (subject / {bold.name!r}).is_file():
            missing = "{STUDY}/{bold.parent.name}/{bold.name}"
            sys.exit(f"No {{missing}} in {{data}}. {form.see_top}")

        # The scan, its labels and the mask
        bold = nib.load(subject / {bold.name!r})
        labels = pd.read_csv(
            subject / "labels.txt", sep=r"\\s+", dtype=str, keep_default_na=False
        )
        """).strip()
    lines = f"{lines}\n{_BLOCKS.format(called='').strip()}"
    if not mask:
        return f"{lines}\n{_MEAN_OF_STUDY}{_BRAIN_MASK}".strip()
    return f"{lines}\n{_mask_code(mask[0], bold)}"


def _read_labels(subject: Subject, spec: DecodingSpec, form: Form, default: str) -> str:
    """Write the reading of an upload with labels: its files lie as their owner has them."""
    scans, mask = [*map(subject.called, subject.bold)], mask_of(subject, spec.mask).files
    labels = subject.bold[0].with_name(LABELS)
    several = "nib.concat_images([nib.load(root / name) for name in scans], axis=3)"
    lines = dedent(f"""
        root = Path({form.folder(default)})
        here = {form.here}
        scans = {scans!r}
        for name in [*scans, {subject.called(labels)!r}]:
            if not (root / name).is_file():
                sys.exit(f"No {{name}} in {{root}}. {form.see_top}")

        # The scan, its labels and the mask
        bold = {"nib.load(root / scans[0])" if len(scans) == 1 else several}
        labels = pd.read_csv(
            root / {subject.called(labels)!r}, sep=r"\\s+", dtype=str, keep_default_na=False
        )
        """).strip()
    called = f"{called_code(subject)}\n{_CALLED}" if subject.categories.names else ""
    lines = f"{lines}\n{_BLOCKS.format(called=called).strip()}"
    if not mask:
        return f"{lines}\n{_MEAN_OF_STUDY}{_BRAIN_MASK}".strip()
    return f"{lines}\nmask = nib.load(root / {subject.called(mask[0])!r})"


def _read_folder(subject: Subject, spec: DecodingSpec, form: Form, default: str) -> str:
    code = read_bids(subject, spec, form, default)
    found = "" if mask_of(subject, spec.mask).files else f"{_MEAN_OF_RUNS.rstrip()}{_BRAIN_MASK}"
    return f"{code}\n{found}".strip()


def _mask_code(mask: Path, bold: Path) -> str:
    if mask.parent == bold.parent:
        return f"mask = nib.load(subject / {mask.name!r})"
    if mask.parent == bold.parent.parent:
        return f"mask = nib.load(study / {mask.name!r})"
    # The subject was unpacked into our cache, the mask stayed in the data folder.
    return (
        f"beside = study / {mask.name!r}\n"
        f"mask = nib.load(beside if beside.is_file() else {str(mask.resolve())!r})"
    )


_BLOCKS = """
condition = labels["labels"].to_numpy(dtype=object).astype(str){called}
run = labels["chunks"].astype(float).astype(int).to_numpy()
shown = condition != "rest"
begins = np.r_[True, (condition[1:] != condition[:-1]) | (run[1:] != run[:-1])]
block = np.where(shown, np.cumsum(begins & shown) - 1, -1)
"""

_CALLED = 'condition = np.array([called.get(kind, kind) or "rest" for kind in condition])'

_MEAN_OF_STUDY = """
affine, header, volumes = bold.affine, bold.header, np.asarray(bold.dataobj)
mean = np.where(np.isfinite(volumes), volumes, 0).mean(axis=3, dtype=np.float64)
"""

_MEAN_OF_RUNS = """
first = next(iter(scans.values()))
affine, header, total = first.affine, first.header, 0
for scan in scans.values():
    volumes = np.asarray(scan.dataobj)
    total = total + np.where(np.isfinite(volumes), volumes, 0).sum(axis=3, dtype=np.float64)
mean = total / len(run)
"""

_BRAIN_MASK = """
if (mean == 0).mean() > 0.5:  # the recording was masked before
    mask = nib.Nifti1Image((mean != 0).astype(np.uint8), affine)
else:
    opening = 2 if min(mean.shape) > 4 else 0  # an opening leaves nothing of a thin slab
    mask = compute_epi_mask(nib.Nifti1Image(mean, affine), opening=opening)
mask.header["sform_code"] = header["sform_code"] or header["qform_code"]
"""

_TRIALS_OF_LABELS = """
# One trial a block, from its labels: seconds from the run's first volume
t_r = {t_r!r}
rows = []
for name in np.unique(block[block >= 0]):
    volumes = np.flatnonzero(block == name)
    first = volumes[0]
    onset = (first - np.flatnonzero(run == run[first])[0]) * t_r
    rows.append((run[first], name, condition[first], onset, len(volumes) * t_r))
trials = pd.DataFrame(rows, columns=["run", "block", "trial_type", "onset", "duration"])
scans = {{number: index_img(bold, run == number) for number in np.unique(run)}}
"""
