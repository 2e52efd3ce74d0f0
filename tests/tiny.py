"""Small recordings written by the tests, as files that the package then reads."""

import hashlib
import os
from pathlib import Path

import nibabel as nib
import numpy as np

from decoding.datasets.base import REST, Subject, make_volumes

ROOT = Path(__file__).parents[1]
AFFINE = np.array(
    [[-3.5, 0.0, 0.0, 68.25], [0.0, 3.75, 0.2, -118.125], [0.0, -0.2, 3.75, -118.125], [0, 0, 0, 1]]
)
SHAPE = (6, 5, 4)


def write_image(path, values, *, order="<", dtype=None, scale=None, affine=AFFINE):
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
    digest = hashlib.sha256(b"".join(str(path).encode() + path.read_bytes() for path in files))
    return Subject(
        dataset="haxby",
        name="1",
        bold=bold,
        masks=masks,
        anatomy=None,
        volumes=make_volumes(conditions, runs, "test"),
        t_r=t_r,
        version=digest.hexdigest()[:16],
    )


def python_environment(cache, **extra):
    """Return the environment of a subprocess that can import ours, with a cache of its own."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "DECODING_CACHE": str(cache), **extra}
