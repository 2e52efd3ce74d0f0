"""Writing an upload's files under names that are ours."""

from pathlib import Path

from decoding.datasets.own.upload import File, base_name
from decoding.nifti.headers import GZIP

PIECE_BYTES = 1 << 20


class Writer:
    """Writes files below a folder, and notes what their owner called them."""

    def __init__(self, root: Path, names: dict[str, str], paths: dict[str, str]) -> None:
        self.root, self.names, self.paths = root, names, paths

    def copy(self, file: File, path: str, end: str = "") -> Path:
        """Copy a file piece by piece; an image's ending is told by what it holds."""
        name, readable = file
        readable.seek(0)
        piece = readable.read(PIECE_BYTES)
        packed = piece.startswith(GZIP)
        target = self.root / f"{path}{end or ('.nii.gz' if packed else '.nii')}"
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as written:
            while piece:
                written.write(piece)
                piece = readable.read(PIECE_BYTES)
        readable.seek(0)
        self.names[target.name] = base_name(name)
        self.paths[target.relative_to(self.root).as_posix()] = name.replace("\\", "/")
        return target

    def write(self, text: str, path: str) -> None:
        """Write a text of our own."""
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")
