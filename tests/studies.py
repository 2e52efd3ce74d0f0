"""Small folders and tarballs in the layout of nilearn's fetch_haxby, made by the tests."""

import hashlib
import io
import tarfile
from pathlib import Path

import nibabel as nib
import numpy as np

AFFINE = np.diag([-3.5, 3.75, 3.75, 1.0])
SHAPE = (5, 4, 3)
MASKS = ("mask4_vt", "mask8_face_vt", "mask8_house_vt", "mask8b_face_vt", "mask8b_house_vt")


def write_image(path, values, affine=AFFINE):
    """Write an array as NIfTI."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(nib.Nifti1Image(values, affine), path)


def write_subject(folder, labels, anatomy=True, seed=0):
    """Write a subject's folder with every file that a tarball holds; `labels` is a text."""
    rng = np.random.default_rng(seed)
    n_volumes = len(labels.split("\n")) - 2
    folder.mkdir(parents=True)
    (folder / "labels.txt").write_text(labels)
    bold = rng.integers(0, 2000, size=(*SHAPE, n_volumes), dtype=np.int16)
    write_image(folder / "bold.nii.gz", bold)
    for name in MASKS:
        write_image(folder / f"{name}.nii.gz", (rng.random(SHAPE) < 0.5).astype(np.uint8))
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
