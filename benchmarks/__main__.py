"""Run every benchmark in turn, print one table and keep it; ``make bench``.

Each module runs in a process of its own, so that neither memory nor compiled code of one helps
another. What they print is kept in docs/performance.json; ``--table`` prints the table of
docs/performance.md from there, and measures nothing.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from benchmarks.measuring.store import keep_part, read
from benchmarks.tables.performance import performance_table

MEASURED = Path(__file__).parents[1] / "docs" / "performance.json"
MODULES = (
    "open",
    "decode",
    "permutation",
    "searchlight",
    "betas",
    "pairs",
    "replay",
    "choices",
    "sweep",
    "service",
    "crowd",
)


def rows_of(module: str) -> list[dict[str, object]]:
    """Return the rows that a benchmark prints; none where it fails, which is said."""
    command = [sys.executable, "-m", f"benchmarks.{module}"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        print(f"benchmarks.{module} ended with status {done.returncode}", file=sys.stderr)
        return []
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def main() -> int:
    """Measure, keep and print; return 1 where a mark is missed or a benchmark failed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("modules", nargs="*", choices=[[], *MODULES], help="default: all")
    parser.add_argument("--table", action="store_true", help="print what is kept, measure nothing")
    options = parser.parse_args()
    for module in () if options.table else options.modules or MODULES:
        print(f"running benchmarks.{module} ...", file=sys.stderr)
        keep_part(MEASURED, module, {f"{row['id']}, {row['row']}": row for row in rows_of(module)})
    measured = read(MEASURED)
    print(performance_table(measured, MODULES))
    if options.table:
        return 0
    lines = [measured.get(module, {}).values() for module in options.modules or MODULES]
    return 0 if all(rows and all(row["met"] for row in rows) for rows in lines) else 1


if __name__ == "__main__":
    sys.exit(main())
