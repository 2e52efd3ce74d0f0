"""Run every benchmark in turn and print one table; ``make bench``.

Each module runs in a process of its own, so that neither memory nor compiled code of one helps
another.
"""

import json
import subprocess
import sys

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
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def main() -> int:
    """Print the table; return 1 where a mark is missed or a benchmark failed."""
    rows = []
    for module in MODULES:
        print(f"running benchmarks.{module} ...", file=sys.stderr)
        rows.extend(rows_of(module) or [{"id": module, "row": "FAILED", "met": False}])
    width = max(len(str(row["row"])) for row in rows)
    print(f"{'id':14} {'row':{width}} {'ours':>10} {'peer':>10} unit {'ratio':>8} {'mark':>6} met")
    for row in rows:
        print(
            f"{row['id']:14} {row['row']:{width}} {row.get('ours', ''):>10} "
            f"{row.get('peer') or '':>10} {row.get('unit', ''):4} {row.get('ratio') or '':>8} "
            f"{row.get('mark', ''):>6} {'yes' if row['met'] else 'NO'}"
        )
    return 0 if all(row["met"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
