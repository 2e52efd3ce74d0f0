"""What tells the files of one recording from those of another."""

import hashlib
from pathlib import Path

from decoding.errors import DataError

EDGE_BYTES = 1 << 20


def files_digest(paths: list[Path]) -> str:
    """Return a digest of the files' contents, the same wherever they lie.

    A large gzip file is known by its size, its head and its tail, which ends with the CRC-32 of
    all it holds; every other file is read whole.

    Raises
    ------
    DataError
        If a file cannot be read.
    """
    digest = hashlib.blake2b(digest_size=16)
    for path in paths:
        try:
            size = path.stat().st_size
            digest.update(f"{path.name} {size}\n".encode())
            with path.open("rb") as file:
                if path.suffix == ".gz" and size > 2 * EDGE_BYTES:
                    digest.update(file.read(EDGE_BYTES))
                    file.seek(-EDGE_BYTES, 2)
                while part := file.read(EDGE_BYTES):
                    digest.update(part)
        except OSError as error:
            raise DataError(
                f"{path.name} cannot be read ({error.strerror}); check the permissions of the "
                "data folder."
            ) from error
    return digest.hexdigest()
