"""Reading the text of a folder's files: tables of labels, events and names, sidecars."""

from pathlib import Path

from decoding.errors import DataError


def read_text(path: Path) -> str:
    """Return a file's text, UTF-8 with or without a byte order mark.

    Raises
    ------
    DataError
        If it is in another encoding, or may not be read.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name} is not UTF-8 text; save it as UTF-8.") from error
    except OSError as error:
        raise DataError(f"{path.name} cannot be read ({error.strerror}).") from error
