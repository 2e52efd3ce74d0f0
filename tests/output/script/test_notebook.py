"""The exported program as a notebook: run cell by cell, it gives the same numbers."""

import json
from dataclasses import dataclass, field

import nbformat
import numpy as np
import pytest
from exported import Program
from makers import ODD_NAMES, design, write_image, write_study
from markdown_it import MarkdownIt
from spec_matrix import subject_of

from decoding.analyses import decode, permute
from decoding.datasets import load_subject
from decoding.datasets.base import Subject
from decoding.output.downloads import credit_lines
from decoding.output.script.forms import FORMS
from decoding.output.script.notebook import STEPS, as_it_is, said
from decoding.output.script.program import make_script
from decoding.spec import DecodingSpec

EVIL = ("</script><script>x()</script>", "$\\frac{1}{2}$", "[x](javascript:y())", "``x`")


@dataclass(frozen=True)
class Case:
    """A spec to take along: on which recording, and what is redone besides."""

    recording: str
    changes: dict
    program: dict = field(default_factory=dict)


CASES = {
    "tutorial": Case("slice", {}, {"replayed": 3}),
    "betas": Case("slice", {"samples": "lss", "standardize": "run"}),
    "chosen-voxels": Case("slice", {"mask": "brain", "select": 40, "estimator": "svc"}),
    "detrended-later": Case("slice", {"detrend": True, "lag": 5.0, "estimator": "logistic"}),
    "four-categories": Case(
        "slice",
        {
            "conditions": ("cat", "chair", "face", "house"),
            "samples": "block",
            "estimator": "lda",
            "cv": "split_half",
        },
    ),
    "sampled-null": Case(
        "slice",
        {"samples": "block", "estimator": "ridge", "standardize": "run"},
        {"n_relabellings": 15, "seed": 3},
    ),
    "exact-null": Case("study", {"estimator": "correlation"}, {"exact": True}),
    "images": Case("images", {"mask": "brain", "standardize": "none", "estimator": "ridge"}),
    "bids": Case("bids", {"mask": "brain", "conditions": ("chair", "shoe"), "samples": "block"}),
    "leaky-sphere": Case(
        "simulated", {"mask": "sphere:3,-51,-16,12", "cv": "shuffled_kfold", "samples": "block"}
    ),
}


def subject_for(case, folder, recordings) -> Subject:
    """Return the subject of a case; small ones are written into a folder."""
    if case.recording == "study":
        conditions, runs = design(n_runs=3, categories=("cat", "face"))
        write_study(folder, conditions=conditions, runs=runs)
        return load_subject("haxby", "1", folder)
    if case.recording == "images":
        labels, rng = ["cat", "face"] * 12, np.random.default_rng(0)
        write_image(folder / "1" / "betas.nii.gz", rng.standard_normal((4, 4, 3, 24)))
        rows = [f"{label}\t{1 + i // 6}" for i, label in enumerate(labels)]
        (folder / "1" / "images.tsv").write_text("\n".join(["label\trun", *rows, ""]))
        return load_subject("images", "1", folder)
    if case.recording == "bids":
        return load_subject("bids", "1", recordings / "bids" / "ds000105-slice")
    return subject_of(case.recording, recordings)


@pytest.fixture
def run_notebook(tmp_path, monkeypatch):
    """Return what runs a notebook in a folder where ours cannot be imported."""
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR", "JUPYTER_CONFIG_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "jupyter"))
    from nbclient import NotebookClient

    def run(text, folder):
        notebook = nbformat.reads(text, as_version=4)
        nbformat.validate(notebook)
        folder.mkdir()
        client = NotebookClient(
            notebook, timeout=300, resources={"metadata": {"path": str(folder)}}
        )
        client.execute()
        return {cell.id: cell for cell in notebook.cells}

    return run


def printed(cell):
    """Return the lines that a cell printed."""
    return "".join(out.text for out in cell.outputs if out.get("name") == "stdout").splitlines()


@pytest.mark.slow
@pytest.mark.recordings
@pytest.mark.parametrize("name", CASES)
@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
def test_notebook_and_script_give_the_pages_numbers(name, recordings, run_notebook, tmp_path):
    """Digit for digit: fold scores, and p with the null's mean where the null is redone."""
    case = CASES[name]
    subject = subject_for(case, tmp_path / "data", recordings)
    spec = DecodingSpec(dataset=subject.dataset, subject="1", **case.changes)
    script = Program(tmp_path / "script", make_script(subject, spec, **case.program))
    text = make_script(subject, spec, **case.program, form=FORMS["ipynb"])
    cells = run_notebook(text, tmp_path / "notebook")
    *_, last = cells.values()
    (*_, answer) = printed(last)
    assert answer == script.last_line()
    result, found = decode.run(subject, spec), json.loads(answer)
    assert cells["scores"].outputs[-1].data["text/plain"] == repr(float(result.accuracy))
    if not {"exact", "n_relabellings"} & set(case.program):
        assert answer == json.dumps(result.fold_scores)
        return
    asked = permute.Options(
        permutations=case.program.get("n_relabellings"), seed=case.program.get("seed", 0)
    )
    test = permute.run(subject, spec, asked)
    assert test.null.exact == case.program.get("exact", False)
    assert found["fold_scores"] == result.fold_scores
    assert found["p_value"] == test.p_value
    assert found["null_mean"] == pytest.approx(test.null.mean, abs=1e-12)


def test_notebook_with_odd_names_runs(run_notebook, tmp_path):
    """Names that close a quote or mark a text stay names, in the cells and between them."""
    names = (*ODD_NAMES, *EVIL[:3], "d'or")
    names = tuple(name.replace(" ", "") for name in names)
    conditions, runs = design(n_runs=3, categories=names)
    write_study(tmp_path / "data", conditions=conditions, runs=runs)
    subject = load_subject("haxby", "1", tmp_path / "data")
    spec = DecodingSpec(subject="1", conditions=(), estimator="correlation")
    text = make_script(subject, spec, form=FORMS["ipynb"], replayed=2)
    cells = run_notebook(text, tmp_path / "here")
    assert printed(cells["answer"]) == [json.dumps(decode.run(subject, spec).fold_scores)]
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["replay.csv"]
    assert repr(str(tmp_path / "data")) in cells["folder"].source
    told = [cell.source for cell in cells.values() if cell.cell_type == "markdown"]
    kinds, texts = read_markdown("\n\n".join(told))
    assert kinds == {"text", "code_inline", "strong_open", "strong_close"}
    assert {*names} <= {*texts["code_inline"]}
    assert " ".join(credit_lines(subject)[0].split()) in "".join(texts["text"])


@pytest.mark.parametrize("name", [*EVIL, *ODD_NAMES, "&lt;", "x~~y~~", "a|b"])
def test_names_in_sentences_are_no_marks(name):
    """A name reads like it in a sentence and by itself; a formula's sign only stands in code."""
    for text in (as_it_is(name), said(f"Only {name} is shown.")):
        kinds, texts = read_markdown(text)
        assert kinds <= {"text", "code_inline"}
        read = "".join([*texts.get("text", ()), *texts.get("code_inline", ())])
        assert read in (name, f"Only {name} is shown.")
        assert "$" not in "".join(texts.get("text", ()))


def read_markdown(text):
    """Return the kinds of a text's parts as a reader sees them, and the texts of each kind."""
    reader = MarkdownIt("gfm-like", {"html": True, "linkify": False})
    parts = [part for block in reader.parse(text) for part in block.children or ()]
    texts = {}
    for part in parts:
        texts.setdefault(part.type.replace("text_special", "text"), []).append(part.content)
    return {*texts}, texts


def test_every_step_says_what_it_does(tmp_path):
    """A notebook has a heading and a sentence before each cell, the licence and the link."""
    write_study(tmp_path / "data")
    subject = load_subject("haxby", "1", tmp_path / "data")
    spec = DecodingSpec(subject="1", detrend=True, cv="shuffled_kfold", standardize="run")
    text = make_script(subject, spec, "./data", form=FORMS["ipynb"], n_relabellings=9, replayed=1)
    about, folder, *rest = json.loads(text)["cells"]
    assert "".join(folder["source"]) == "data_dir = './data'"
    top = "".join(about["source"])
    for told in ("`cat` and `face`", "CC BY-SA 3.0", "Haxby, J. V.", "decode?v=1", "fetch_haxby"):
        assert told in top
    assert "sys.argv" not in text
    words = ["".join(cell["source"]) for cell in rest[::2]]
    assert [one.partition("\n")[0] for one in words] == [
        f"## {STEPS[cell['id']].title}" for cell in rest[1::2]
    ]
    assert all(len(one.splitlines()) > 2 for one in words)
    for told in ("linear trend", "Wrong on purpose", "9 times at random", "scans of run 1"):
        assert told in " ".join(words)
