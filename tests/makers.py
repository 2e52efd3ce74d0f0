"""Small recordings written by the tests, as files that the package then reads."""

import hashlib
import io
import os
import re
import tarfile
from dataclasses import dataclass, replace
from functools import cache
from itertools import permutations, product
from pathlib import Path
from types import SimpleNamespace

import nibabel as nib
import numpy as np
import pandas as pd
from nilearn.masking import apply_mask
from nilearn.signal import clean
from sklearn.model_selection import LeaveOneGroupOut

from decoding.analyses.searchlight.result import SearchlightResult
from decoding.datasets.base import REST, Mask, Subject
from decoding.datasets.labels import make_volumes, trials_from_volumes
from decoding.datasets.simulated.parameters import SimulationParameters
from decoding.datasets.simulated.patterns import draw_planted
from decoding.datasets.simulated.regions import make_head as make_simulated_head
from decoding.datasets.simulated.timeline import draw_order, make_timeline
from decoding.datasets.simulated.write import generate_runs
from decoding.grid import Grid
from decoding.null import Null
from decoding.relabel import Blocks, find_blocks
from decoding.results import DecodingResult, WeightMaps
from decoding.samples.extract import Samples
from decoding.samples.standardize import zscore
from decoding.spec import DecodingSpec

ROOT = Path(__file__).parents[1]
AFFINE = np.array(
    [[-3.5, 0.0, 0.0, 68.25], [0.0, 3.75, 0.2, -118.125], [0.0, -0.2, 3.75, -118.125], [0, 0, 0, 1]]
)
SHAPE = (6, 5, 4)
QUICK_REPORTS = """
from decoding.analyses.choices import universe
from decoding.analyses.plan import power
power.SIMULATIONS = power.FEW_SIMULATIONS = 4
universe.USUAL = {"estimator": ("ridge", "correlation")}
"""
"""What the fixture `quick_reports` does, as lines for a process of its own."""


def write_image(path, values, *, order="<", dtype=None, scale=None, affine=AFFINE, t_r=2.5):
    """Write raw values as NIfTI, in any type and byte order, with a slope and intercept."""
    dtype = np.dtype(dtype or values.dtype)
    header = nib.Nifti1Header(endianness=order)
    header.set_data_dtype(dtype)
    header.set_data_shape(values.shape)
    header.set_sform(affine, code="scanner")
    header.set_xyzt_units("mm", "sec")
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    image = nib.Nifti1Image(values.astype(dtype), affine, header)
    if values.ndim == 4:
        image.header["pixdim"][4] = t_r
    if scale is None:
        image.to_filename(path)
        return path
    # nibabel rescales when it saves: so the scale is put into the header of what it wrote.
    plain = path.with_name("plain.nii")
    image.to_filename(plain)
    raw = bytearray(plain.read_bytes())
    plain.unlink()
    raw[112:120] = np.array(scale, dtype=f"{order}f4").tobytes()
    with nib.openers.Opener(str(path), "wb") as file:
        file.write(bytes(raw))
    return path


ODD_NAMES = (
    "tone#1", "a*b*c", "gain_$x$", ":red[x]", "<b>x</b>", "response/left", "=1+1", "`_x_`",
)  # fmt: skip
"""Names of categories that CSV, markdown, HTML, plotly, TeX, folders or spreadsheets would mark."""


def design(n_runs=4, block=3, categories=("cat", "face", "shoe"), rest=2, first_run=0):
    """Return condition and run of each volume: in each run one block of each category."""
    conditions, runs = [], []
    for run in range(n_runs):
        order = np.roll(categories, run).tolist()
        row = [REST] * rest
        for name in order:
            row += [name] * block + [REST] * rest
        conditions += row
        runs += [run + first_run] * len(row)
    return np.array(conditions), np.array(runs)


def labels_text(conditions, runs):
    """Return labels.txt."""
    rows = [f"{c} {r}" for c, r in zip(conditions, runs, strict=True)]
    return "\n".join(["labels chunks", *rows, ""])


def signal(conditions, shape=SHAPE, seed=0, strength=8.0):
    """Return volumes (x, y, z, n) of integers around 1000 in which categories differ."""
    rng = np.random.default_rng(seed)
    values = 1000 + 20 * rng.standard_normal((*shape, len(conditions)))
    for name in sorted(set(conditions.tolist()) - {REST}):
        pattern = strength * rng.standard_normal(shape)
        values[..., conditions == name] += pattern[..., None]
    return np.round(values).astype(np.int16)


def write_study(folder, *, values=None, conditions=None, runs=None, masks=None, brain=None):
    """Write a study of one subject in nilearn's layout; returns the subject's folder."""
    if conditions is None:
        conditions, runs = design()
    if values is None:
        values = signal(conditions)
    subject = Path(folder) / "haxby2001" / "subj1"
    write_image(subject / "bold.nii.gz", values)
    (subject / "labels.txt").write_text(labels_text(conditions, runs))
    for name, mask in (masks or {"mask4_vt": half_mask(values.shape[:3])}).items():
        write_image(subject / f"{name}.nii.gz", mask.astype(np.uint8))
    if brain is None:
        brain = np.ones(values.shape[:3])
    if brain is not False:
        write_image(subject.parent / "mask.nii.gz", brain.astype(np.uint8))
    return subject


def half_mask(shape, seed=1):
    """Return a mask of about half the voxels."""
    mask = np.random.default_rng(seed).random(shape) < 0.5
    mask.flat[0] = True
    return mask


def subject_from(bold, masks, conditions=None, runs=None, t_r=2.5):
    """Make a subject of files: one 4D image or one a run, masks by name."""
    bold = tuple(Path(path) for path in bold)
    if conditions is None:
        n_volumes = sum(nib.load(path).shape[3] for path in bold)
        conditions = np.resize(np.array([REST, "cat", "face"]), n_volumes)
        runs = np.zeros(n_volumes, dtype=int)
    files = [*bold, *(path for path in masks.values() if path)]
    volumes = make_volumes(conditions, runs, "test")
    digest = hashlib.sha256(b"".join(str(path).encode() + path.read_bytes() for path in files))
    return Subject(
        dataset="haxby",
        name="1",
        bold=bold,
        masks={name: Mask(files=(path,) if path else ()) for name, path in masks.items()},
        anatomy=None,
        trials=trials_from_volumes(volumes, t_r),
        volumes=volumes,
        t_r=t_r,
        version=digest.hexdigest()[:16],
    )


def python_environment(cache, **extra):
    """Return the environment of a subprocess that can import ours, with a cache of its own."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "DECODING_CACHE": str(cache), **extra}


def tiny_samples(n_runs=4, n_volumes=3, n_voxels=6, conditions=("cat", "face"), seed=0):
    """Return noise with one block of each category in each run."""
    rng = np.random.default_rng(seed)
    y = np.concatenate([np.repeat(rng.permutation(conditions), n_volumes) for _ in range(n_runs)])
    blocks = np.repeat(np.arange(n_runs * len(conditions)), n_volumes)
    return Samples(
        X=rng.standard_normal((len(y), n_voxels)),
        y=y,
        runs=np.repeat(np.arange(n_runs), n_volumes * len(conditions)),
        blocks=blocks,
    )


HEAD_AFFINE = nib.affines.from_matvec(np.diag([-3.5, 3.75, 3.75]), [68.25, -118.125, -118.125])
HEAD_SHAPE = (40, 64, 64)


def make_head(shape=HEAD_SHAPE, affine=HEAD_AFFINE, air=0.0, seed=0):
    """Return an image of a bright ball, with as much noise around it."""
    rng = np.random.default_rng(seed)
    centre = (np.array(shape) - 1) / 2
    places = np.moveaxis(np.indices(shape), 0, -1)
    inside = (((places - centre) / (0.35 * np.array(shape))) ** 2).sum(axis=-1) < 1
    data = np.where(inside, 1000 + 50 * rng.random(shape), air * rng.random(shape))
    return nib.Nifti1Image(data.astype(np.float32), affine)


AXIS_ORDERS = [
    np.column_stack([order, signs])
    for order in permutations(range(3))
    for signs in product((1, -1), repeat=3)
]
"""All 48 ways to store the axes of a volume, as nibabel writes an orientation."""


def make_slab(axis, n_slices, seed=0):
    """Return a slab of few slices across a world axis, stored straight."""
    shape = [22, 17, 19]
    shape[axis] = n_slices
    affine = nib.affines.from_matvec(np.diag([3.0, 4.0, 5.0]), [-31.0, -40.0, -32.0])
    return nib.Nifti1Image(np.random.default_rng(seed).normal(size=shape), affine)


def make_maps(seed=0, shape=HEAD_SHAPE, n_voxels=400, pairs=(("cat", "face"),), code=1):
    """Return weights of voxels amid the grid."""
    rng = np.random.default_rng(seed)
    middle = np.ravel_multi_index([size // 2 for size in shape], shape)
    voxels = np.sort(middle - n_voxels // 2 + np.arange(n_voxels))
    weights = rng.normal(size=(len(pairs), n_voxels))
    return WeightMaps(
        spec=DecodingSpec(),
        pairs=pairs,
        weights=weights,
        pattern=weights**3,
        means=np.stack([np.zeros_like(weights), weights], axis=1),
        grid=Grid(shape, HEAD_AFFINE, voxels, code),
    )


def make_search(scores, grid):
    """Return a descriptive searchlight of these scores, one a voxel of the grid."""
    return SearchlightResult(
        spec=DecodingSpec(),
        radius=4.0,
        scores=scores,
        sizes=np.full(len(scores), 7),
        grid=grid,
        n_test=np.full(4, 6),
        constant=np.zeros(len(scores), dtype=bool),
        n_without_variance=0,
        classes=("cat", "face"),
        n_samples=24,
        n_blocks=8,
        version="",
        seconds=0.1,
    )


def make_subject(folder, anatomy=None, shape=(12, 14, 10)):
    """Return a subject with a tiny recording on disk."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    affine = np.diag([5.0, 5.0, 5.0, 1])
    head = make_head(shape, affine).get_fdata()[..., None]
    bold = head + rng.random((*shape, 6))
    bold_path, mask_path = folder / "bold.nii.gz", folder / "mask.nii.gz"
    nib.save(nib.Nifti1Image(bold.astype(np.float32), affine), bold_path)
    mask = (head[..., 0] > 500).astype(np.uint8)
    nib.save(nib.Nifti1Image(mask, affine), mask_path)
    volumes = make_volumes(np.array(["cat", "face"] * 3), np.repeat([0, 1], 3), "test")
    return Subject(
        dataset="haxby",
        name="1",
        bold=(bold_path,),
        masks={"vt": Mask(files=(mask_path,))},
        anatomy=anatomy,
        trials=trials_from_volumes(volumes, 2.5),
        volumes=volumes,
        t_r=2.5,
        version=f"brain-{folder.name}",
    )


def make_null(scores, **changes):
    """Return a null of drawn relabellings with these scores, or with other fields changed."""
    fields = {"exact": False, "n_distinct": 4096, "n_tied": 2, "seed": 0, **changes}
    return Null(scores=np.asarray(scores), **fields)


def result_of_runs(n_right):
    """Return a result with so many of 20 samples right in each run."""
    rows = [
        {"fold": run + 1, "sample": 20 * run + i, "run": run, "block": 2 * run + i % 2,
         "true": "face", "predicted": "face" if i < right else "cat", "decision": 0.0}
        for run, right in enumerate(n_right) for i in range(20)
    ]  # fmt: skip
    return DecodingResult(
        spec=DecodingSpec(),
        predictions=pd.DataFrame(rows),
        classes=("cat", "face"),
        n_samples=20 * len(n_right),
        n_blocks=2 * len(n_right),
        n_voxels=98,
        version="",
    )


STUDY_SHAPE = (5, 4, 3)
STUDY_MASKS = ("mask4_vt", "mask8_face_vt", "mask8_house_vt", "mask8b_face_vt", "mask8b_house_vt")


def write_subject(folder, labels, anatomy=True, seed=0):
    """Write a subject's folder with every file that a tarball holds; `labels` is a text."""
    rng = np.random.default_rng(seed)
    n_volumes = len(labels.split("\n")) - 2
    folder.mkdir(parents=True)
    (folder / "labels.txt").write_text(labels)
    bold = rng.integers(0, 2000, size=(*STUDY_SHAPE, n_volumes), dtype=np.int16)
    write_image(folder / "bold.nii.gz", bold)
    for name in STUDY_MASKS:
        write_image(
            folder / f"{name}.nii.gz",
            (rng.random(STUDY_SHAPE) < 0.5).astype(np.uint8),
            affine=AFFINE,
        )
    if anatomy:
        write_image(folder / "anat.nii.gz", rng.integers(0, 255, (9, 9, 9), dtype=np.int16))
    return folder


def two_runs():
    """Return a labels text of two runs with two categories each."""
    rows = [f"{label} {run}" for run in (0, 1) for label in ("rest", "face", "rest", "cat")]
    return "\n".join(["labels chunks", *(row for row in rows for _ in range(3)), ""])


def write_tarball(path, folder, padding=0):
    """Pack a subject's folder; `padding` adds that many incompressible bytes in a file unknown."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        archive.add(folder, arcname=folder.name)
        if padding:
            noise = np.random.default_rng(1).bytes(padding)
            add_file(archive, f"{folder.name}/notes.bin", noise)
    return path


def add_file(archive, name, content, **fields):
    """Add bytes to an open archive under any name, with any header fields."""
    member = tarfile.TarInfo(name)
    member.size = len(content)
    for field, value in fields.items():
        setattr(member, field, value)
    archive.addfile(member, io.BytesIO(content))


def write_sums(folder):
    """Write MD5SUMS for the tarballs of a folder, as the server has it."""
    lines = [
        f"{hashlib.md5(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(Path(folder).glob("*.tar.gz"))
    ]
    (Path(folder) / "MD5SUMS").write_text("".join(lines))


def folder_digest(folder):
    """Return a digest of every file's path and content below a folder."""
    digest = hashlib.sha256()
    for path in sorted(Path(folder).rglob("*")):
        digest.update(str(path.relative_to(folder)).encode())
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


@dataclass(frozen=True, kw_only=True, eq=False)
class Study:
    """Samples of a block design with their folds."""

    X: np.ndarray
    labels: np.ndarray
    runs: np.ndarray
    blocks: Blocks
    folds: list

    def with_folds(self, folds):
        """Return the same samples under other folds."""
        return replace(self, folds=folds)


def make_study(
    *,
    n_classes=2,
    n_runs=5,
    n_voxels=12,
    seed=0,
    signal=0.5,
    blocks_per_run=None,
    block_lengths=None,
):
    """Return noise with a category mean, leave-one-run-out; runs count from 1."""
    rng = np.random.default_rng(seed)
    plan = blocks_per_run or [rng.permutation(n_classes) for _ in range(n_runs)]
    of_block = np.concatenate(plan)
    run_of_block = np.repeat(np.arange(1, len(plan) + 1), [len(run) for run in plan])
    lengths = np.resize(block_lengths or (4,), of_block.size)
    labels, runs = np.repeat(of_block, lengths), np.repeat(run_of_block, lengths)
    blocks = np.repeat(np.arange(of_block.size), lengths)
    means = signal * rng.standard_normal((labels.max() + 1, n_voxels))
    X = means[labels] + rng.standard_normal((labels.size, n_voxels))
    return Study(
        X=X,
        labels=labels,
        runs=runs,
        blocks=find_blocks(labels, runs, blocks),
        folds=list(LeaveOneGroupOut().split(X, labels, runs)) if len(plan) > 1 else [],
    )


def refits(fit, study, labels):
    """Return held-out predictions of `fit(X, y)`, one honest refit a fold and relabelling."""
    return np.array(
        [
            np.concatenate(
                [
                    fit(study.X[train], row[train]).predict(study.X[test])
                    for train, test in study.folds
                ]
            )
            for row in labels
        ]
    )


@cache
def _read_vt(folder):
    """Return subject 1's volumes in VT, standardized within runs, and their labels."""
    table = pd.read_csv(folder / "labels.txt", sep=" ")
    X = apply_mask(folder / "bold.nii.gz", folder / "mask4_vt.nii.gz", dtype=np.float64)
    X = clean(X, runs=table["chunks"].to_numpy(), detrend=False, standardize="zscore_sample")
    return X, table


def read_pair(recordings, pair):
    """Return run-wise standardized samples of two categories of subject 1, labels, runs, blocks."""
    X, table = _read_vt(recordings / "task-vt" / "haxby2001" / "subj1")
    runs = table["chunks"].to_numpy()
    change = (table["labels"] != table["labels"].shift()) | (table["chunks"].diff() != 0)
    chosen = table["labels"].isin(pair).to_numpy()
    y = (table["labels"] == max(pair)).to_numpy().astype(int)
    return X[chosen], y[chosen], runs[chosen], change.cumsum().to_numpy()[chosen]


def simulate_arrays(seed, signal=1.0, *, mask="vt", **changes):
    """Simulate the voxels of one mask without writing files: the same model, in milliseconds.

    X is in standard deviations of each voxel's noise around its mean; `patterns` (n_voxels, 8) is
    what was planted.
    """
    parameters = SimulationParameters(seed=seed, signal=signal, **changes)
    head = make_simulated_head(parameters.subject, parameters.size)
    voxels = head.brain if mask == "brain" else head.masks[mask]
    planted = draw_planted(parameters, head).within(voxels[head.brain])
    return SimpleNamespace(
        X=np.concatenate(list(generate_runs(parameters, head, voxels, planted))),
        volumes=make_timeline(draw_order(parameters)),
        patterns=planted.patterns,
        mask=voxels,
        affine=head.grid.affine,
    )


def simulated_samples(seed, conditions=("cat", "face"), signal=1.0):
    """Return the volumes of two or more categories in VT, scaled within each run."""
    arrays = simulate_arrays(seed, signal)
    runs = arrays.volumes["run"].to_numpy()
    y = arrays.volumes["condition"].to_numpy(dtype=object).astype(str)
    X = arrays.X.astype(np.float64)
    X = np.concatenate([zscore(X[runs == run]) for run in np.unique(runs)])
    keep = np.isin(y, conditions)
    return Samples(
        X=X[keep],
        y=y[keep],
        runs=runs[keep],
        blocks=arrays.volumes["block"].to_numpy()[keep],
        grid=Grid(arrays.mask.shape, arrays.affine, np.flatnonzero(arrays.mask)),
    )


def resident_kb(path):
    """Return how much of a mapped file is in this process' memory."""
    if not (smaps := Path("/proc/self/smaps")).exists():
        return 0
    found = re.findall(rf"{path}\n(?:.*\n)*?Rss:\s+(\d+)", smaps.read_text())
    assert found
    return sum(map(int, found))
