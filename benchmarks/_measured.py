"""What was measured for docs/scaling.md, kept in one JSON file: by part, by row."""

import json
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import joblib


def read(path: Path) -> dict[str, dict[str, Any]]:
    """Return what was measured, by part."""
    return json.loads(path.read_text()) if path.exists() else {}


def keep(path: Path, part: str, row: str, values: Any) -> None:
    """Write one row, and on what machine the part was last measured."""
    measured = read(path)
    measured.setdefault(part, {})[row] = values
    measured.setdefault("machine", {})[part] = {
        "day": f"{datetime.now(UTC):%Y-%m-%d}",
        "cores": joblib.cpu_count(),
        "processor": _processor(),
        "python": platform.python_version(),
    }
    path.write_text(json.dumps(measured, indent=1) + "\n")


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "?")
