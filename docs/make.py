"""Rewrite what README and docs show of our programs by running the commands named there.

``make docs`` rewrites, ``make docs-check`` only tells what would change, and fails then. A block
begins with ``<!-- command: COMMAND -->`` and ends with ``<!-- end -->``. A table in Markdown stands
as it is printed; all else stands as a terminal shows it. Commands run in the project's folder and
print the same each time: what was measured is kept in JSON files beside the pages, and printed
from there.
"""

import argparse
import difflib
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
BLOCK = re.compile(r"(<!-- command: (.+?) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


@cache
def output_of(command: str) -> str:
    """Return what a command prints, without its warnings and progress."""
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{command}\nended with status {done.returncode}: {done.stderr[-2000:]}")
    return "\n".join(line.rstrip() for line in done.stdout.strip("\n").splitlines())


def shown(command: str) -> str:
    """Return a block's text: the command, and what it prints."""
    printed = output_of(command)
    if "\n| --- |" in printed:
        return f"\n{printed}\n\n<sub>Printed by `{command}`.</sub>\n\n"
    return f"\n```\n{command}\n\n{printed}\n```\n\n"


def rewritten(text: str) -> str:
    """Return a page's text with every block as its command prints it now."""
    assert text.count("<!-- command:") == len(BLOCK.findall(text)), "a block without an end"
    return BLOCK.sub(lambda block: block[1] + shown(block[2]) + block[4], text)


def difference(page: Path) -> str:
    """Return what `make docs` would change of a page, as a diff; empty where nothing."""
    text = page.read_text(encoding="utf-8")
    lines = [version.splitlines() for version in (text, rewritten(text))]
    return "\n".join(difflib.unified_diff(*lines, page.name, "as printed now", lineterm=""))


def main() -> int:
    """Rewrite the pages, or tell what would change."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="change nothing; fail on a difference")
    check = parser.parse_args().check
    differences = {page: found for page in PAGES if (found := difference(page))}
    for page, found in differences.items():
        print(found)
        if not check:
            page.write_text(rewritten(page.read_text(encoding="utf-8")), encoding="utf-8")
    return int(check and bool(differences))


if __name__ == "__main__":
    sys.exit(main())
