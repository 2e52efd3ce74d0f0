"""The exported program's reading of a BIDS folder: by the very functions that read it here."""

import inspect
from collections.abc import Callable

from decoding.datasets.base import Subject
from decoding.datasets.bids.rows import find_markers, is_response, join_rows, trial_of_volumes
from decoding.datasets.responses import LEAST_ENERGY, lacks_response
from decoding.kernels.regressor import MIN_ONSET, OVERSAMPLING, regressor
from decoding.nifti.headers import read_header
from decoding.output.script.form import Form
from decoding.regions import mask_of
from decoding.samples.kinds import SAMPLES
from decoding.spec import DecodingSpec

MATRIX = "np.concatenate([apply_mask(scan, mask, dtype=np.float64) for scan in scans.values()])"


def read_bids(subject: Subject, spec: DecodingSpec, form: Form, default: str) -> str:
    """Write the lines that set ``scans``, ``trials``, ``condition``, ``run`` and ``block``."""
    called = subject.called
    files = "\n".join(
        f"    {run}: ({called(bold)!r}, {called(events)!r}, {subject.starts[run]!r}),"
        for bold, (run, events) in zip(subject.bold, subject.events.items(), strict=True)
    )
    is_beta = SAMPLES[spec.samples].is_beta
    functions = _sources(is_response, find_markers, join_rows, trial_of_volumes)
    if is_beta:
        functions += f"\n\nMIN_ONSET, OVERSAMPLING, LEAST_ENERGY = {MIN_ONSET}, {OVERSAMPLING}, "
        functions += f"{LEAST_ENERGY}\n\n"
        functions += _sources(regressor, lacks_response)
    code = _CODE.format(
        folder=form.folder(default),
        here=form.here,
        files=files,
        t_r=subject.t_r,
        gap=subject.merge_gap,
        see_top=form.see_top,
        functions=functions.strip(),
        column=subject.categories.column,
        called=called_code(subject),
        kind=_CALLED if subject.categories.names else "",
        same_grid=_SAME_GRID if _grids_differ(subject) else "",
        heard=_HEARD if is_beta else "",
    )
    return f"{code.strip()}\n{_mask_code(subject, spec)}".strip()


def called_code(subject: Subject) -> str:
    """Write the line that sets ``called``, where types are called otherwise than in the files."""
    names = subject.categories.names
    return f"\ncalled = {dict(names)!r}  # what is called nothing is left out" if names else ""


_CALLED = """
    columns[0] = columns[0].replace(called)"""


def _sources(*functions: Callable[..., object]) -> str:
    return "\n\n".join(inspect.getsource(function) for function in functions)


def _grids_differ(subject: Subject) -> bool:
    """Tell whether runs lie at places that differ in the last digits: nilearn refuses that."""
    affines = [read_header(path).affine.tolist() for path in subject.bold]
    return any(affine != affines[0] for affine in affines)


def _mask_code(subject: Subject, spec: DecodingSpec) -> str:
    files = mask_of(subject, spec.mask).files
    if not files:
        return ""
    affines = [read_header(path).affine.tolist() for path in (subject.bold[0], *files)]
    if len(files) == 1:
        code = f"mask = nib.load(root / {subject.called(files[0])!r})"
        if affines[0] == affines[1]:
            return code
        return f"{code}{_MASK_ON_GRID}"
    names = "".join(f"    {subject.called(path)!r},\n" for path in files)
    return f"masks = [\n{names}]\n{_AGREEMENT.strip()}"


_MASK_ON_GRID = """
first = next(iter(scans.values()))
mask = nib.Nifti1Image(np.asarray(mask.dataobj), first.affine)
"""

_AGREEMENT = """
first = next(iter(scans.values()))
inside = [np.asarray(nib.load(root / name).dataobj) != 0 for name in masks]
inside = np.all(inside, axis=0).reshape(first.shape[:3])
mask = nib.Nifti1Image(inside.astype(np.uint8), first.affine)
"""

_SAME_GRID = """
    first = next(iter(scans.values()))  # all runs lie there, to within a thousandth of a voxel
    scans[number] = nib.Nifti1Image(scans[number].dataobj, first.affine, scans[number].header)"""

_HEARD = """
    shown = [
        (kind, onset, length)
        for kind, onset, length in shown
        if not lacks_response(onset, length, scan.shape[3], t_r)
    ]"""

_CODE = """
root = Path({folder})
here = {here}


{functions}


# The runs with their events: rows of one type no further apart than the gap are one trial
t_r, gap = {t_r!r}, {gap!r}{called}
files = {{
{files}
}}
for name in [name for *names, _ in files.values() for name in names]:
    if not (root / name).is_file():
        sys.exit(f"No {{name}} in {{root}}. {see_top}")
scans, rows = {{}}, {{}}
for number, (scan_file, events_file, start) in files.items():
    scans[number] = nib.load(root / scan_file){same_grid}
    events = pd.read_csv(
        root / events_file, sep="\\t", dtype=str, keep_default_na=False, index_col=False
    )
    events.columns = events.columns.str.strip()
    columns = [events[name].str.strip() for name in ({column!r}, "onset", "duration")]{kind}
    rows[number] = sorted(
        (
            (kind, float(onset) - start, float(duration))
            for kind, onset, duration in zip(*columns)
            if not {{kind, onset, duration}} & {{"", "n/a"}}
        ),
        key=lambda row: row[1],
    )
markers = find_markers(list(rows.values()), gap + t_r / 1000) if gap else set()
trials, condition, run, block = [], [], [], []
for number, scan in scans.items():
    shown = join_rows(rows[number], markers, gap + t_r / 1000)
    found = trial_of_volumes(shown, scan.shape[3], t_r)
    condition.append(np.array([*(kind for kind, _, _ in shown), "rest"])[found])
    run.append(np.full(len(found), number))
    block.append(np.where(found < 0, -1, len(trials) + found)){heard}
    trials.extend((number, len(trials) + i, *trial) for i, trial in enumerate(shown))
condition, run, block = map(np.concatenate, (condition, run, block))
trials = pd.DataFrame(trials, columns=["run", "block", "trial_type", "onset", "duration"])
"""
