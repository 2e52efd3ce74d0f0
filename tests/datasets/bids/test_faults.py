"""What labs' folders hold: each fault of the real half slice as a BIDS folder, and its right value.

Face against cat in the whole brain, scaled within runs, gives 216 volumes of 24 blocks and an
accuracy of .7917, by single-trial betas .75; runs 1 to 4 alone give .625.
"""

import gzip
import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from html import escape

import nibabel as nib
import numpy as np
import pytest
import streamlit as st
from apptest import metric, unescaped
from makers import ROOT
from streamlit.testing.v1 import AppTest

from decoding.analyses import decode
from decoding.analyses.notes import notes_of
from decoding.cli.main import main
from decoding.datasets import load_subject
from decoding.datasets.bids.dataset import ROOT_VARIABLE
from decoding.errors import DecodingError
from decoding.output.script.program import make_script
from decoding.spec import DecodingSpec, spec_to_query
from pages.components import service

pytestmark = pytest.mark.recordings
SPEC = DecodingSpec(dataset="bids", subject="1", mask="brain", standardize="run")
LSA = replace(SPEC, samples="lsa")
PLAIN = (216, 24, 0.7917)
RUN = "sub-1_task-objectviewing_run-{:02d}_{}"


@pytest.fixture
def root(recordings, tmp_path):
    """Return a copy of the half slice's folder."""
    folder = tmp_path / "study"
    shutil.copytree(recordings / "bids" / "ds000105-slice", folder, copy_function=shutil.copyfile)
    return folder


def func(root):
    """Return the folder of the runs."""
    return root / "sub-1" / "func"


def bold(root, run, end=".nii.gz"):
    """Return the recording of a run."""
    return func(root) / (RUN.format(run, "bold") + end)


def events(root, run):
    """Return the events file of a run."""
    return func(root) / RUN.format(run, "events.tsv")


def change_rows(root, change, runs=range(1, 13)):
    """Rewrite the events of runs: `change` makes rows of a row's number and its three values."""
    for run in runs:
        path = events(root, run)
        header, *lines = path.read_text().splitlines()
        rows = [row for i, line in enumerate(lines) for row in change(i, *line.split("\t"))]
        path.write_text("\n".join([header, *("\t".join(row) for row in rows)]) + "\n")


def add_rows(*rows):
    """Return what adds rows to the events of every run."""

    def add(root):
        for run in range(1, 13):
            path = events(root, run)
            path.write_text(path.read_text() + "".join("\t".join(row) + "\n" for row in rows))

    return add


def mark_every_fourth(kind):
    """Return what puts a moment of 0.1 s after every fourth stimulus."""

    def mark(root):
        change_rows(
            root,
            lambda i, onset, length, name: [
                (onset, length, name),
                *([(f"{float(onset) + 0.7:g}", "0.1", kind)] if i % 4 == 3 else []),
            ],
        )

    return mark


def keep_runs(root, runs):
    """Delete all runs but some."""
    for path in func(root).iterdir():
        if int(path.name.split("run-")[1][:2]) not in runs:
            path.unlink()


def write_mask(path, inside, affine=None, like=None):
    """Write a mask on the grid of a scan."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = nib.load(like)
    nib.save(
        nib.Nifti1Image(inside.astype(np.uint8), image.affine if affine is None else affine), path
    )
    return path


def sidecar(**values):
    """Return what writes the sidecar of all runs."""
    return lambda root: (root / "task-objectviewing_bold.json").write_text(json.dumps(values))


def rename_events(root):
    """Call events run-1 where recordings are called run-01."""
    for run in range(1, 10):
        events(root, run).rename(func(root) / f"sub-1_task-objectviewing_run-{run}_events.tsv")


def rename_sidecars(root):
    """Give the repetition time in sidecars called run-1, where recordings are called run-01."""
    (root / "task-objectviewing_bold.json").unlink()
    for run in range(1, 13):
        name = f"sub-1_task-objectviewing_run-{run}_bold.json"
        (func(root) / name).write_text('{"RepetitionTime": 2.5, "StartTime": 1.25}')


def rewrite_events(change):
    """Return what rewrites the text of every events file."""

    def rewrite(root):
        for run in range(1, 13):
            path = events(root, run)
            path.write_bytes(change(path.read_text()).encode())

    return rewrite


def label_with_plus(root):
    """Put a legal + into the label of a run."""
    bold(root, 1).rename(func(root) / "sub-1_task-objectviewing_acq-a+b_run-01_bold.nii.gz")


def shift_affines(root):
    """Move runs by a ten-millionth, as programs do that write affines as text or quaternions."""
    for run in (2, 5):
        image = nib.load(bold(root, run))
        affine = image.affine + 1e-7
        affine[3] = image.affine[3]
        data = np.asarray(image.dataobj).copy()
        nib.save(nib.Nifti1Image(data, affine, image.header), bold(root, run))


def shorten_brain(root):
    """Give each run a brain mask of its own, and by name a mask of another task."""
    inside = np.ones(nib.load(bold(root, 1)).shape[:3], bool)
    folder = root / "derivatives" / "prep" / "sub-1" / "func"
    for run in range(1, 13):
        own = inside.copy()
        own[run] = False
        name = RUN.format(run, "desc-brain_mask.nii.gz")
        write_mask(folder / name, own, like=bold(root, 1))
    write_mask(folder / "sub-1_task-rest_desc-brain_mask.nii.gz", inside, like=bold(root, 1))


READ = {
    "as it is": (lambda root: None, SPEC, PLAIN),
    "betas": (lambda root: None, LSA, (24, 24, 0.75)),
    "runs 1 to 4": (lambda root: keep_runs(root, range(1, 5)), SPEC, (72, 8, 0.625)),
    "untyped rows": (mark_every_fourth("n/a"), SPEC, PLAIN),
    "empty types": (mark_every_fourth(""), LSA, (24, 24, 0.75)),
    "responses": (mark_every_fourth("response"), SPEC, PLAIN),
    "buttons": (mark_every_fourth("button_press"), SPEC, PLAIN),
    "targets": (mark_every_fourth("target"), SPEC, PLAIN),
    "presses of no duration": (
        lambda root: change_rows(
            root,
            lambda i, onset, length, name: [
                (onset, length, name),
                (f"{float(onset) + 0.4:g}", "0", "response"),
            ],
        ),
        LSA,
        (24, 24, 0.75),
    ),
    "trials outside": (add_rows(("301", "0.5", "face"), ("-30", "2", "face")), LSA, (24, 24, 0.75)),
    "times not there": (add_rows(("n/a", "0.1", "button"), ("20", "n/a", "b")), SPEC, PLAIN),
    "no duration": (
        lambda root: change_rows(root, lambda i, onset, length, name: [(onset, "0", name)]),
        LSA,
        (24, 24, 0.75),
    ),
    "start": (sidecar(RepetitionTime=2.5, StartTime=1.25), SPEC, (216, 24, 0.7685)),
    "sidecars run-1": (rename_sidecars, SPEC, (216, 24, 0.7685)),
    "events run-1": (rename_events, SPEC, PLAIN),
    "trailing tabs": (rewrite_events(lambda text: text.replace("\n", "\t\n")), SPEC, PLAIN),
    "line ends and a mark": (
        rewrite_events(lambda text: "\ufeff" + text.replace("\n", "\r\n")), SPEC, PLAIN,
    ),
    "a label with +": (label_with_plus, SPEC, PLAIN),
    "affines a hair apart": (shift_affines, SPEC, PLAIN),
    "brain masks of runs": (shorten_brain, SPEC, None),
}  # fmt: skip
"""By what is found: what makes it, a spec, and samples, blocks and accuracy where known before."""


@pytest.mark.parametrize("name", READ)
def test_what_is_there_is_read(root, name):
    """The folder gives the samples and the score of what was recorded and shown."""
    spoil, spec, expected = READ[name]
    spoil(root)
    result = decode.run(load_subject("bids", "1", root), spec)
    if expected is not None:
        assert (result.n_samples, result.n_blocks) == expected[:2]
        assert result.accuracy == pytest.approx(expected[2], abs=5e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", READ)
def test_the_exported_program_reads_the_same(root, tmp_path, name):
    """The program's own reading of the folder gives the same fold scores, digit for digit."""
    spoil, spec, _ = READ[name]
    spoil(root)
    subject = load_subject("bids", "1", root)
    program = tmp_path / "exported.py"
    program.write_text(make_script(subject, spec))
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == decode.run(subject, spec).fold_scores


def copies(entity, text=None):
    """Return what keeps the first run alone, three times under other names without a number."""

    def copy(root):
        keep_runs(root, [1])
        for i in (1, 2, 3):
            name = f"sub-1_task-objectviewing_{entity}{i}_bold.nii.gz"
            shutil.copy(bold(root, 1), func(root) / name)
        events(root, 1).rename(func(root) / "sub-1_task-objectviewing_events.tsv")
        bold(root, 1).unlink()

    return copy


def unpack_beside(root):
    """Put an unpacked copy of a run beside it."""
    bold(root, 1, ".nii").write_bytes(gzip.decompress(bold(root, 1).read_bytes()))


REFUSED = {
    "echoes": (copies("echo-"), "echo-1_bold.nii.gz and .*echo-2_bold.nii.gz are one acquisition"),
    "reconstructions": (copies("rec-r"), "are one acquisition; keep one"),
    "spaces": (copies("space-s"), "are one acquisition; keep one"),
    "unpacked copy": (unpack_beside, "run-01_bold.nii and .* are both run 1; keep one"),
    "negative duration": (add_rows(("200", "-0.5", "face")), "row 98: duration '-0.5' must be"),
    "five values": (
        rewrite_events(lambda text: text.replace("\n", "\t1\t2\n").replace("\t1\t2", "\tx", 1)),
        "row 2, has 5 values under a header of 4",
    ),
    "a truth as time": (sidecar(RepetitionTime=True), "repetition time of .* is True; give"),
    "a text as start": (sidecar(RepetitionTime=2.5, StartTime="1"), "StartTime of .* is '1'"),
    "no times": (rewrite_events(lambda text: text.replace("onset", "start")), "no column 'onset'"),
    "no category": (
        rewrite_events(lambda text: "onset\tduration\ttrial_type\n1\t2\tn/a\n"), "name no category",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_clear_is_refused_with_its_cause(root, name, capsys):
    """One line on standard error, status 2, with the file and what to do."""
    spoil, words = REFUSED[name]
    spoil(root)
    with pytest.raises(DecodingError, match=words):
        load_subject("bids", "1", root)
    assert main(["decode", "--dataset", "bids", "--subject", "1", "--data-dir", str(root)]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


@pytest.fixture
def page_of(root, monkeypatch):
    """Return what opens a page on the folder, as an operator offers it."""
    monkeypatch.setenv(ROOT_VARIABLE, str(root))
    monkeypatch.setattr(service, "INLINE_S", 120.0)
    st.cache_resource.clear()

    def open_page(page, spec):
        at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
        for name, values in spec_to_query(spec).items():
            at.query_params[name] = values
        return at.switch_page(f"pages/{page}.py").run()

    yield open_page
    for queue in service.queues().values():
        queue.close()
    st.cache_resource.clear()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", READ)
def test_pages_read_the_same(root, page_of, name):
    """Decode shows the command's score, and Data every note."""
    spoil, spec, _ = READ[name]
    spoil(root)
    subject = load_subject("bids", "1", root)
    at = page_of("decode", spec)
    assert not at.exception and not at.error
    assert metric(at, "Accuracy") == f"{decode.run(subject, spec).accuracy:.3f}"
    at = page_of("data", spec)
    assert not at.exception and not at.error
    shown = " ".join(element.proto.body for element in at.get("html"))
    for note in notes_of(subject, spec):
        assert escape(note.note) in shown and escape(note.example) in shown


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("name", REFUSED)
def test_pages_refuse_with_the_same_cause(root, page_of, name):
    """The cause stands above what is shown instead; nothing breaks."""
    spoil, words = REFUSED[name]
    spoil(root)
    at = page_of("data", SPEC)
    assert not at.exception
    told = " ".join(unescaped(one.value) for one in [*at.info, *at.error, *at.warning])
    assert re.search(words, told), told
