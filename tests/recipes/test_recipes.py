"""Adding a thing touches the files that CONTRIBUTING names, and everything else knows it then."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field

import pytest
from makers import QUICK_REPORTS, ROOT, design, signal, write_study

COPIED = ("decoding", "pages", "benchmarks", "tests", "app.py", "pyproject.toml", "CONTRIBUTING.md")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One row of the table: new files by path, and what is put before a line of others."""

    new: dict[str, str] = field(default_factory=dict)
    edits: dict[str, list[tuple[str, str]]] = field(default_factory=dict)

    @property
    def touched(self):
        """Every file that the recipe makes or changes."""
        return {*self.new, *self.edits}


RECIPES = {
    "estimator": Recipe(
        edits={
            "decoding/estimators.py": [
                (
                    '    "dummy": Estimator(\n',
                    """    "nearest": Estimator(
        label="nearest mean",
        make=NearestCentroid,
        code=Code(
            expression="NearestCentroid()",
            imports=("from sklearn.neighbors import NearestCentroid",),
        ),
        help="The category whose training mean lies nearest to the sample.",
        methods="the nearest category mean",
        has_weights=False,
    ),
""",
                ),
                (
                    "from sklearn.svm import SVC\n",
                    "from sklearn.neighbors import NearestCentroid\n",
                ),
            ]
        }
    ),
    "scheme": Recipe(
        edits={
            "decoding/cross_validation.py": [
                (
                    '    "kfold": CvScheme(\n',
                    """    "three_folds": CvScheme(
        label="3 folds of whole runs",
        make=lambda y, runs: list(GroupKFold(3).split(y, y, runs)),
        code=Code(
            expression="GroupKFold(3).split(X, y, runs)",
            imports=("from sklearn.model_selection import GroupKFold",),
        ),
        trust="right",
        help="Three sets of whole runs.",
        methods="cross-validation over three sets of runs",
        explanation="A third of the runs is decoded by a model of the others. No run is shared.",
        min_runs=3,
    ),
""",
                ),
                (
                    "from sklearn.model_selection import KFold",
                    "from sklearn.model_selection import GroupKFold\n",
                ),
            ]
        }
    ),
    "kind of sample": Recipe(
        edits={
            "decoding/samples/kinds.py": [
                (
                    '    "lsa": SampleKind(\n',
                    """    "scan": SampleKind(
        label="single scans",
        help="Every scan of a block, once more.",
        methods="each scan was one sample",
        average=each_volume,
        code="",
    ),
""",
                )
            ]
        }
    ),
    "standardization": Recipe(
        edits={
            "decoding/samples/standardize.py": [
                (
                    '    "none": Standardization(\n',
                    """    "as_recorded": Standardization(
        label="as recorded",
        make=_unstandardized,
        code=lambda detrend, rows: [],
        help="The scanner's own units, once more.",
        methods="left as recorded",
        short="as recorded",
    ),
""",
                )
            ]
        }
    ),
    "confounds": Recipe(
        edits={
            "decoding/samples/confounds.py": [
                (
                    '    "motion_24": Strategy(\n',
                    """    "csf": Strategy(
        label="cerebrospinal fluid",
        help="Its mean signal.",
        methods="The mean signal of cerebrospinal fluid was regressed out of each run",
        options={"strategy": ("wm_csf",), "wm_csf": "basic"},
    ),
""",
                )
            ]
        }
    ),
    "region": Recipe(
        new={
            "decoding/regions/all_of_it.py": '''"""All of the brain, once more."""

import numpy as np

from decoding.datasets.base import MaskOrigin, Region, Subject
from decoding.regions.kind import RegionKind


def all_of_it(text: str, subject: Subject) -> Region:
    """Return all that there is."""
    return Region(
        inside=lambda places: np.ones(len(places), dtype=bool),
        code="inside = np.ones(len(places), dtype=bool)",
        possible=lambda places: "All of it.",
    )


ALL_OF_IT = RegionKind(
    label="all of the brain",
    help="Every voxel.",
    methods="all of the brain",
    form="all:",
    origin=lambda text: MaskOrigin(chosen="as all of it"),
    read=str.strip,
    write=str,
    words=lambda text: "all of the brain",
    find=all_of_it,
)
'''
        },
        edits={
            "decoding/regions/__init__.py": [
                (
                    "from decoding.regions.kind import RegionKind\n",
                    "from decoding.regions.all_of_it import ALL_OF_IT\n",
                ),
                ('    "label": LABEL,\n', '    "all": ALL_OF_IT,\n'),
            ]
        },
    ),
    "setting": Recipe(
        edits={
            "decoding/spec.py": [("    estimator: str = ", '    reader: str = "nobody"\n')],
            "decoding/settings.py": [
                (
                    '        _registered("estimator", ',
                    """        Setting(
            name="reader",
            default=TUTORIAL.reader,
            label="reader",
            help="who reads it",
        ),
""",
                )
            ],
        }
    ),
    "dataset": Recipe(
        new={
            "decoding/datasets/nobody.py": '''"""Recordings of nobody."""

from dataclasses import dataclass
from pathlib import Path

from decoding.datasets.base import Subject
from decoding.errors import DataMissingError
from decoding.spec import AS_RECORDED, Reading


@dataclass(frozen=True, kw_only=True)
class Nobody:
    """A dataset without subjects."""

    name: str = "nobody"
    label: str = "Nobody's recordings"
    help: str = "Nothing was recorded."
    absent: str = "There is nothing to do."
    published: tuple[str, ...] = ()
    citation: str = "Nobody (2026)."
    licence: str = "CC0 1.0"

    def credits_of(self, subject: Subject) -> "Nobody":
        """Return this."""
        return self

    def subjects(self, data_dir: Path | None = None) -> tuple[str, ...]:
        """Return no names."""
        return ()

    def load(
        self, subject: str, data_dir: Path | None = None, reading: Reading = AS_RECORDED
    ) -> Subject:
        """Say that there is nothing."""
        raise DataMissingError(f"There is no subject {subject} of nobody. Choose another dataset.")
'''
        },
        edits={
            "decoding/datasets/__init__.py": [
                (
                    "from decoding.datasets.simulated.dataset import Simulated\n",
                    "from decoding.datasets.nobody import Nobody\n",
                ),
                ("        Bids(),\n", "        Nobody(),\n"),
            ]
        },
    ),
    "check": Recipe(
        new={
            "decoding/analyses/checks/names.py": '''"""Whether the subject has a name."""

from decoding.analyses.checks.design import Design, Finding


def named(design: Design) -> Finding:
    """Ask for a name."""
    return "pass", f"Subject {design.subject.name} has a name."
'''
        },
        edits={
            "decoding/analyses/checks/__init__.py": [
                (
                    "from decoding.analyses.checks.recorded_runs import",
                    "from decoding.analyses.checks.names import named\n",
                ),
                (
                    '    "runs": ("number of runs", enough_runs),\n',
                    '    "named": ("name of the subject", named),\n',
                ),
            ]
        },
    ),
    "figure": Recipe(
        new={
            "decoding/output/figures/nothing.py": '''"""Nothing, drawn."""

import plotly.graph_objects as go

from decoding.output.colours import ThemeName
from decoding.output.figures.chart import new_figure


def plot_nothing(theme: ThemeName) -> go.Figure:
    """Draw nothing."""
    return new_figure(theme, height=100, title="Nothing", alt="Nothing.")
'''
        }
    ),
    "analysis": Recipe(
        new={
            "decoding/analyses/count.py": '''"""How many samples there are."""

from dataclasses import dataclass
from typing import Any

from decoding.analyses.record import Analysis
from decoding.datasets.base import Subject
from decoding.progress import Progress
from decoding.samples.extract import extract_samples
from decoding.spec import DecodingSpec


@dataclass(frozen=True, kw_only=True)
class CountResult:
    """So many samples."""

    n_samples: int

    def as_json(self) -> dict[str, Any]:
        """Return the number."""
        return {"n_samples": self.n_samples}


def run(
    subject: Subject, spec: DecodingSpec, options: None = None, on_progress: Progress | None = None
) -> CountResult:
    """Count the samples of a spec."""
    return CountResult(n_samples=len(extract_samples(subject, spec, on_progress).y))


ANALYSIS = Analysis(name="count", question="How many samples are there?", run=run, command=True)
'''
        },
        edits={
            "decoding/analyses/__init__.py": [
                ("    data,\n    decode,\n", "    count,\n"),
                ("        data.ANALYSIS,\n", "        count.ANALYSIS,\n"),
            ]
        },
    ),
    "page": Recipe(
        new={
            "pages/count.py": '''"""Count: how many samples there are."""

from decoding.analyses import decode
from pages.components.count.number import show_number
from pages.components.page import start_page
from pages.components.service import result_for

with start_page("Count") as view:
    show_number(result_for(decode.ANALYSIS, view))
''',
            "pages/components/count/__init__.py": '"""What the page count shows."""\n',
            "pages/components/count/number.py": '''"""One number."""

from decoding.results import DecodingResult
from pages.components.display import show_metric


def show_number(result: DecodingResult) -> None:
    """Show how many samples there are."""
    show_metric("Samples", f"{result.n_samples}", f"of {result.n_blocks} blocks")
''',
        },
        edits={
            "pages/components/frame.py": [
                (
                    '    Page(file="pages/validate.py"',
                    '    Page(file="pages/count.py", name="Count", group=SEEN, question="How?"),\n',
                )
            ],
            "pyproject.toml": [
                ("data | decode | group | learn", "count | "),
                ("data | decode | group | home", "count | "),
            ],
        },
    ),
}
ROWS = {
    "estimator": {"decoding/estimators.py"},
    "scheme": {"decoding/cross_validation.py"},
    "kind of sample": {"decoding/samples/kinds.py"},
    "standardization": {"decoding/samples/standardize.py"},
    "confounds": {"decoding/samples/confounds.py"},
    "region": {"decoding/regions/all_of_it.py", "decoding/regions/__init__.py"},
    "setting": {"decoding/spec.py", "decoding/settings.py"},
    "dataset": {"decoding/datasets/nobody.py", "decoding/datasets/__init__.py"},
    "check": {"decoding/analyses/checks/names.py", "decoding/analyses/checks/__init__.py"},
    "figure": {"decoding/output/figures/nothing.py"},
    "analysis": {"decoding/analyses/count.py", "decoding/analyses/__init__.py"},
    "page": {
        "pages/count.py",
        "pages/components/frame.py",
        "pyproject.toml",
        "pages/components/count/__init__.py",
        "pages/components/count/number.py",
    },
}
"""What CONTRIBUTING's table says of each."""


def copy_project(folder):
    """Copy what the linters and the tests read."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            skip = shutil.ignore_patterns("__pycache__", ".*")
            shutil.copytree(source, folder / name, ignore=skip)
        else:
            shutil.copy(source, folder / name)
    return folder


def apply(recipe, folder):
    """Make the recipe's files and edits; each place to edit is found exactly once."""
    for path, text in recipe.new.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    for path, edits in recipe.edits.items():
        text = (folder / path).read_text()
        for anchor, added in edits:
            assert text.count(anchor) == 1, (path, anchor)
            text = text.replace(anchor, added + anchor)
        (folder / path).write_text(text)


def run(folder, *command):
    """Run a tool or a module in a copy; return what it prints."""
    done = subprocess.run(
        command,
        check=False,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
        env={
            **os.environ,
            "DECODING_CACHE": str(folder / "cache"),
            "PYTHONPATH": str(folder),
            "FIRST_DRAW_S": "0",
        },
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def python(folder, *arguments):
    """Run Python in a copy."""
    return run(folder, sys.executable, *map(str, arguments))


def lint(folder):
    """Run what `make lint` runs, but for the types, which take longest."""
    tools = ROOT / ".venv" / "bin"
    found = tools if (tools / "ruff").exists() else type(tools)(sys.executable).parent
    run(folder, found / "ruff", "check", "--fix", "-q", "decoding", "pages")
    run(folder, found / "ruff", "format", "--check", "decoding", "pages")
    run(folder, found / "lint-imports")
    return found


@pytest.fixture(scope="module")
def everything(tmp_path_factory):
    """Return a copy with all recipes applied, linted, and a tiny study beside it."""
    folder = copy_project(tmp_path_factory.mktemp("recipes"))
    for recipe in RECIPES.values():
        apply(recipe, folder)
    lint(folder)
    conditions, runs = design(n_runs=4, rest=4)
    write_study(folder / "data", values=signal(conditions), conditions=conditions, runs=runs)
    return folder


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_touches_what_the_table_says(name):
    """An entry, a record, a file and a line: nothing else is edited to add it."""
    assert RECIPES[name].touched == ROWS[name]


@pytest.mark.slow
def test_types_hold_with_all_recipes(everything):
    """Types are right with all of them added."""
    run(everything, lint(everything) / "mypy")


def test_registries_hold_with_all_recipes(everything):
    """Every test over registries passes with all of them added."""
    python(
        everything, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-k", "not contract",
        "tests/test_registries.py", "tests/test_settings.py",
    )  # fmt: skip


NEW = ["--estimator", "nearest", "--cv", "three_folds", "--samples", "scan"]
SPEC = [*NEW, "--standardize", "as_recorded", "--reader", "somebody", "--subject", "1"]
SPEC += ["--mask", "all:"]


def test_script_gives_our_numbers_with_all_recipes(everything):
    """A program of new choices only prints the fold scores that decode prints."""
    command = ("-m", "decoding")
    data = ["--data-dir", everything / "data"]
    ours = json.loads(python(everything, *command, "decode", *SPEC, *data, "--json"))
    assert ours["spec"]["reader"] == "somebody"
    (everything / "analysis.py").write_text(python(everything, *command, "script", *SPEC, *data))
    theirs = python(everything, "analysis.py", everything / "data")
    assert json.loads(theirs.splitlines()[-1]) == ours["fold_scores"]
    counted = json.loads(python(everything, *command, "count", *SPEC, *data, "--json"))
    assert counted["n_samples"] == ours["n_samples"]


def test_report_says_all_that_is_new(everything):
    """The report reads choices, setting and check by their own words."""
    out = everything / "report.html"
    data = ["--data-dir", everything / "data", "--permutations", 3, "--out", out]
    main = "import sys; from decoding.cli.main import main; sys.exit(main(sys.argv[1:]))"
    python(everything, "-c", f"{QUICK_REPORTS}\n{main}", "report", *SPEC, *data)
    text = out.read_text()
    for words in (
        "nearest mean", "the nearest category mean", "3 folds of whole runs",
        "cross-validation over three sets of runs", "each scan was one sample",
        "left as recorded", "somebody", "has a name",
    ):  # fmt: skip
        assert words in text, words


def test_the_new_page_answers_and_is_in_the_navigation(everything):
    """The page runs as Streamlit runs it, and every page links to it."""
    program = """
from streamlit.testing.v1 import AppTest
from pages.components import service
service.INLINE_S = 120.0
at = AppTest.from_file("app.py", default_timeout=120)
for name, value in {"dataset": "haxby", "subject": "1", "reader": "somebody"}.items():
    at.query_params[name] = value
at = at.switch_page("pages/count.py").run()
assert not at.exception and not at.error, (at.exception, at.error)
assert [metric.label for metric in at.metric] == ["Samples"]
assert at.query_params["reader"] == "somebody"
"""
    environment = {"NILEARN_DATA": str(everything / "data")}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        check=False,
        cwd=everything,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, **environment, "DECODING_CACHE": str(everything / "cache"),
             "PYTHONPATH": str(everything)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
