"""What was measured for a page of docs, kept in one JSON file: by part, by row."""

import json
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib

import decoding

LIBRARIES = ("numpy", "scipy", "scikit-learn", "nilearn", "numba")


def read(path: Path) -> dict[str, dict[str, Any]]:
    """Return what was measured, by part."""
    return json.loads(path.read_text()) if path.exists() else {}


def keep(path: Path, part: str, row: str, values: Any) -> None:
    """Write one row, and on what machine the part was last measured."""
    _write(path, part, {**read(path).get(part, {}), row: values})


def keep_part(path: Path, part: str, rows: dict[str, Any]) -> None:
    """Write a part anew: rows that it no longer has are gone."""
    _write(path, part, rows)


def _write(path: Path, part: str, rows: dict[str, Any]) -> None:
    measured = {**read(path), part: rows}
    measured.setdefault("machine", {})[part] = {
        "day": f"{datetime.now(UTC):%Y-%m-%d}",
        "cores": joblib.cpu_count(),
        "processor": _processor(),
        "python": platform.python_version(),
        "version": decoding.__version__,
        "libraries": {name: version(name) for name in LIBRARIES},
    }
    path.write_text(json.dumps(measured, indent=1) + "\n")


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "?")
