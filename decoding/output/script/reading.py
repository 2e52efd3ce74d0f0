"""The exported program's reading of a recording: nilearn's layout, or a BIDS folder."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from decoding.datasets.base import Subject, mask_path
from decoding.datasets.bids.dataset import bids_root, runs_and_events
from decoding.datasets.layout import STUDY
from decoding.spec import DecodingSpec


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How the program reads a recording.

    `source` says what its first argument is, and how to get that; without one it reads `data_dir`.
    Of (subject, spec, default folder) `code` makes the lines that set ``mask`` and, for each
    volume, ``condition``, ``run`` and ``block``. `matrix` is the masked matrix, volumes x voxels.
    `trials` sets ``t_r``, a table ``trials`` and ``scans``, the images of each run; it is empty
    where the code has done so.
    """

    source: str
    data_dir: Path
    code: Callable[[Subject, DecodingSpec, str], str]
    matrix: str
    trials: str


def reading_of(subject: Subject) -> Reading:
    """Return how the program reads this subject."""
    if subject.events is not None:
        return Reading(
            source=f"The first argument is the root of the BIDS folder, which holds "
            f"{_below(bids_root(subject), subject.bold[0])}.",
            data_dir=bids_root(subject),
            code=_read_bids,
            matrix="np.concatenate([apply_mask(scan, mask, dtype=np.float64) "
            "for scan in scans.values()])",
            trials="",
        )
    study = subject.bold[0].parent.parent
    folder = f"{STUDY}/{subject.bold[0].parent.name}"
    how = _SIMULATED if subject.simulated else _RECORDED.format(name=subject.name)
    return Reading(
        source=f"The first argument is the data folder, which holds {folder}. {how}",
        data_dir=(study.parent if study.name == "haxby2001" else study).resolve(),
        code=_read_study,
        matrix="apply_mask(bold, mask, dtype=np.float64)",
        trials=_TRIALS_OF_LABELS.format(t_r=subject.t_r).strip(),
    )


_RECORDED = (
    "To get it: nilearn.datasets.fetch_haxby(data_dir='data', subjects=[{name}]), about 300 MB, "
    "makes the folder 'data'."
)
_SIMULATED = (
    "To get it: unpack the .zip that the app's page Data offers for this subject, or name the "
    "folder that Voxelscope's 'python -m decoding simulate --out FOLDER' made."
)


def _read_study(subject: Subject, spec: DecodingSpec, default: str) -> str:
    bold = subject.bold[0]
    mask = mask_path(subject, spec.mask)
    lines = dedent(f"""
        data = Path(sys.argv[1] if len(sys.argv) > 1 else {default!r})
        study = data / "haxby2001" if (data / "haxby2001").is_dir() else data
        subject = study / {bold.parent.name!r}
        here = Path(globals().get("__file__", ".")).resolve().parent
        if not (subject / {bold.name!r}).is_file():
            missing = "{STUDY}/{bold.parent.name}/{bold.name}"
            sys.exit(f"No {{missing}} in {{data}}. {_SEE_TOP}")

        # The scan, its labels and the mask
        bold = nib.load(subject / {bold.name!r})
        labels = pd.read_csv(
            subject / "labels.txt", sep=r"\\s+", dtype=str, keep_default_na=False
        )
        condition = labels["labels"].to_numpy(dtype=object).astype(str)
        run = labels["chunks"].astype(float).astype(int).to_numpy()
        shown = condition != "rest"
        begins = np.r_[True, (condition[1:] != condition[:-1]) | (run[1:] != run[:-1])]
        block = np.where(shown, np.cumsum(begins & shown) - 1, -1)
        """).strip()
    if mask is None:
        return f"{lines}\n{_MEAN_OF_STUDY}{_BRAIN_MASK}".strip()
    return f"{lines}\n{_mask_code(mask, bold)}"


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


def _read_bids(subject: Subject, spec: DecodingSpec, default: str) -> str:
    root = bids_root(subject)
    mask = mask_path(subject, spec.mask)
    files = "\n".join(
        f"    {number}: ({_below(root, bold)!r}, {_below(root, events)!r}),"
        for number, (bold, events) in runs_and_events(root, subject).items()
    )
    code = _BIDS_CODE.format(
        default=default, files=files, t_r=subject.t_r, see_top=_SEE_TOP
    ).strip()
    if mask is None:
        return f"{code}\n{_MEAN_OF_RUNS.rstrip()}{_BRAIN_MASK}".strip()
    return f"{code}\nmask = nib.load(root / {_below(root, mask)!r})"


_SEE_TOP = "Name the folder as the first argument; how to get it stands at the top."


def _below(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


_BIDS_CODE = """
root = Path(sys.argv[1] if len(sys.argv) > 1 else {default!r})
here = Path(globals().get("__file__", ".")).resolve().parent

# The runs with their events; consecutive rows of one type are one trial
t_r = {t_r!r}
files = {{
{files}
}}
for name in [name for names in files.values() for name in names]:
    if not (root / name).is_file():
        sys.exit(f"No {{name}} in {{root}}. {see_top}")
scans, rows, condition, run, block = {{}}, [], [], [], []
for number, (scan_file, events_file) in files.items():
    scans[number] = nib.load(root / scan_file)
    seconds = np.arange(scans[number].shape[3]) * t_r
    label, of_block = np.full(len(seconds), "rest", dtype=object), np.full(len(seconds), -1)
    events = pd.read_csv(root / events_file, sep="\\t", dtype=str, keep_default_na=False)
    events = events.astype({{"onset": float, "duration": float}})
    events = events.sort_values("onset", kind="stable")
    shown = events["trial_type"].str.strip().replace({{"n/a": "rest", "": "rest"}})
    for _, stimuli in events.groupby((shown != shown.shift()).cumsum()):
        name, onset = shown[stimuli.index[0]], stimuli["onset"].iloc[0]
        duration = stimuli["onset"].iloc[-1] + stimuli["duration"].iloc[-1] - onset
        if name != "rest":
            inside = (seconds >= onset) & (seconds < onset + duration)
            label[inside], of_block[inside] = name, len(rows)
            rows.append((number, len(rows), name, onset, duration))
    condition.append(label.astype(str))
    run.append(np.full(len(seconds), number))
    block.append(of_block)
condition, run, block = map(np.concatenate, (condition, run, block))
trials = pd.DataFrame(rows, columns=["run", "block", "trial_type", "onset", "duration"])
"""
