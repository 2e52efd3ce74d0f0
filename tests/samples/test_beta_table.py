"""Betas as samples: nilearn's numbers, fitted once, refused where they have no meaning."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from makers import write_image
from nilearn.signal import clean
from oracles.betas_reference import beta_samples as nilearn_samples

from decoding import files
from decoding.analyses import decode
from decoding.cli.main import main
from decoding.datasets import load_subject
from decoding.datasets.labels import make_volumes
from decoding.errors import Cancelled, DataError, SpecError
from decoding.output.script.program import make_script
from decoding.recording.voxels import table_folder
from decoding.samples import beta_table
from decoding.samples.beta_table import open_betas
from decoding.samples.extract import extract_samples
from decoding.samples.glm import GlmModel
from decoding.samples.kinds import SAMPLES
from decoding.spec import DecodingSpec

# FirstLevelModel gives its masker the images beside the mask, and the masker says so.
pytestmark = pytest.mark.filterwarnings("ignore:.*Generation of a mask has been requested")

SLICE = DecodingSpec(subject="1", mask="vt", standardize="run")
SIMULATED = replace(SLICE, dataset="simulated")
KINDS = pytest.mark.parametrize("kind", [n for n, kind in SAMPLES.items() if kind.is_beta])


@pytest.fixture
def slice_subject(recordings):
    """Return the subject of the real half slice."""
    return load_subject("haxby", "1", recordings / "slice")


@pytest.fixture
def simulated_subject():
    """Return simulated subject 1."""
    return load_subject("simulated", "1")


def run_script(folder, subject, spec):
    """Return what the exported program of a spec prints last."""
    program = folder / "exported.py"
    program.write_text(make_script(subject, spec))
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.recordings
@pytest.mark.parametrize("kind", ["lsa", "lss", "run_beta", "run_beta_t"])
def test_beta_samples_are_nilearns_standardized_before_selection(slice_subject, kind):
    """X is clean() of FirstLevelModel's betas of all eight categories, rows then selected."""
    folder = slice_subject.bold[0].parent
    betas, y, runs = nilearn_samples(folder, "mask4_vt.nii.gz", kind)
    two = np.isin(y, ["cat", "face"])
    for standardize, expected in {
        "all": clean(betas, detrend=False, standardize="zscore_sample"),
        "run": clean(betas, runs=runs, detrend=False, standardize="zscore_sample"),
        "none": betas,
    }.items():
        samples = extract_samples(
            slice_subject, replace(SLICE, samples=kind, standardize=standardize)
        )
        np.testing.assert_array_equal(samples.y, y[two])
        np.testing.assert_array_equal(samples.runs, runs[two])
        np.testing.assert_allclose(samples.X, expected[two], rtol=0, atol=1e-6)
        assert samples.X.flags.c_contiguous
        assert samples.n_blocks == 24 and samples.n_dropped == 0
        blocks = slice_subject.volumes.groupby("block")["condition"].first()
        assert blocks[samples.blocks].tolist() == samples.y.tolist()


@pytest.mark.recordings
@pytest.mark.parametrize(
    ("kind", "mask", "standardize", "estimator", "cv"),
    [
        ("lsa", "vt", "run", "svc", "leave_one_run_out"),
        ("lss", "brain", "all", "ridge", "split_half"),
        ("run_beta_t", "vt", "none", "gnb", "kfold"),
        *(
            pytest.param(kind, "brain", "all", "svc", "leave_one_run_out", marks=pytest.mark.slow)
            for kind in ("lss_by_condition", "run_beta", "lsa_t", "lss_t", "lss_by_condition_t")
        ),
    ],
)
def test_exported_script_gives_the_scores_of_the_slice(
    slice_subject, tmp_path, kind, mask, standardize, estimator, cv
):
    """Plain nilearn and scikit-learn print the fold scores of each kind of beta, to the digit."""
    spec = replace(
        SLICE, samples=kind, mask=mask, standardize=standardize, estimator=estimator, cv=cv
    )
    scores = decode.run(slice_subject, spec).fold_scores
    assert len(set(scores)) > 1
    assert run_script(tmp_path, slice_subject, spec) == scores


@pytest.mark.slow
@pytest.mark.recordings
@pytest.mark.parametrize("kind", ["lss_by_condition", "lss_by_condition_t"])
def test_exported_script_where_categories_come_several_times_in_a_run(recordings, tmp_path, kind):
    """The same where each of two categories has four blocks in a run: they go together, apart."""
    shutil.copytree(recordings / "slice" / "haxby2001", tmp_path / "haxby2001")
    labels = tmp_path / "haxby2001" / "subj1" / "labels.txt"
    text = labels.read_text()
    for one, other in {"house": "face", "chair": "face", "bottle": "face", "shoe": "cat",
                       "scissors": "cat", "scrambledpix": "cat"}.items():  # fmt: skip
        text = text.replace(one, other)
    labels.write_text(text)
    subject = load_subject("haxby", "1", tmp_path)
    spec = replace(SLICE, samples=kind, mask="brain", estimator="ridge", cv="split_half")
    result = decode.run(subject, spec)
    assert result.n_samples > 50
    assert run_script(tmp_path, subject, spec) == result.fold_scores


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["lss", "run_beta"])
def test_exported_script_gives_the_scores_of_a_simulated_subject(simulated_subject, tmp_path, kind):
    """The same on a simulated subject, for two categories that are hard to tell apart."""
    conditions = ("bottle", "shoe") if kind == "lss" else ("bottle", "scissors", "shoe")
    spec = replace(SIMULATED, samples=kind, conditions=conditions)
    scores = decode.run(simulated_subject, spec).fold_scores
    assert len(set(scores)) > 1
    assert run_script(tmp_path, simulated_subject, spec) == scores


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"lag": 2.5}, "lag of 2.5 s cannot be combined with LSS betas"),
        ({"detrend": True}, "Detrending cannot be combined with LSS betas"),
    ],
)
def test_lag_and_detrending_are_refused_with_betas(simulated_subject, change, words):
    """A beta's model holds delay and drift; asking for either again is refused, in words."""
    spec = replace(SIMULATED, samples="lss", **change)
    with pytest.raises(SpecError, match=f"{words}.* or decode volumes or block means") as error:
        extract_samples(simulated_subject, spec)
    assert error.value.remedy == "Type --samples volume|block."
    with pytest.raises(SpecError, match=words):
        make_script(simulated_subject, spec)


@pytest.mark.recordings
@KINDS
def test_betas_are_refused_without_the_rest_between_blocks(recordings, kind, capsys):
    """A recording of labelled volumes only gives exit status 2 and one line that says so."""
    command = ["decode", "--subject", "1", "--samples", kind]
    assert main([*command, "--data-dir", str(recordings / "task-vt")]) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert "Run 0 holds only labelled volumes" in error and "volumes or blocks" in error


def test_betas_of_the_whole_brain_are_fitted_once(simulated_subject, monkeypatch):
    """After one mask every other one comes from disk, and so does the same one again."""
    first = extract_samples(simulated_subject, replace(SIMULATED, samples="lsa"))
    brain = extract_samples(simulated_subject, replace(SIMULATED, samples="lsa", mask="brain"))
    monkeypatch.setattr(beta_table, "fit_betas", None)  # calling it would fail
    again = extract_samples(simulated_subject, replace(SIMULATED, samples="lsa"))
    np.testing.assert_array_equal(first.X, again.X)
    columns = np.searchsorted(brain.grid.voxels, first.grid.voxels)
    np.testing.assert_array_equal(brain.X[:, columns], first.X)
    with pytest.raises(TypeError):
        open_betas(simulated_subject, "lsa", GlmModel(hrf_model="spm"))


@pytest.mark.parametrize("damage", ["flipped", "cut"])
def test_betas_that_were_damaged_are_fitted_anew(simulated_subject, monkeypatch, damage):
    """Betas on disk that were changed or cut short never become numbers."""
    whole = open_betas(simulated_subject, "run_beta").read(np.arange(50))
    kept = next(
        file
        for file in table_folder(simulated_subject).glob("betas-*-run_beta-*/betas.npy")
        if np.array_equal(np.load(file)[:50].T, whole)
    )
    data = bytearray(kept.read_bytes())
    kept.write_bytes(data[:-9] if damage == "cut" else data[:200] + data[:199:-1])
    monkeypatch.setattr(files, "_CHECKED", set())
    assert np.array_equal(open_betas(simulated_subject, "run_beta").read(np.arange(50)), whole)


def test_cancelled_fit_leaves_nothing_and_can_be_done_again(simulated_subject):
    """Work stopped half-way leaves no table; the next call fits it, telling how far it is."""
    model = GlmModel(high_pass=0.008)

    def stop(done, total):
        raise Cancelled

    with pytest.raises(Cancelled):
        open_betas(simulated_subject, "run_beta", model, stop)
    told = []
    betas = open_betas(
        simulated_subject, "run_beta", model, lambda done, total: told.append((done, total))
    )
    assert told == sorted(told) and told[-1] == (betas.voxels.n_rows,) * 2
    folder = betas.voxels.folder
    assert not [path for path in folder.iterdir() if path.name.startswith(".")]


def test_a_full_disk_is_said_in_words(simulated_subject, monkeypatch):
    """Where the table cannot be written the message names the remedy, and nothing is left."""

    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np.lib.format, "write_array_header_1_0", fail)
    with pytest.raises(DataError, match=r"No space left on device.*DECODING_CACHE"):
        open_betas(simulated_subject, "lss", GlmModel(high_pass=0.007))


def test_constant_voxels_stay_zero_and_are_counted(simulated_subject, monkeypatch):
    """A voxel that never varies has betas of 0 and is no signal after standardization."""
    spec = replace(SIMULATED, samples="lss", mask="face")
    read = beta_table.BetaStore.read

    def silence(store, rows):
        betas = read(store, rows)
        betas[:, 0] = 0.0
        return betas

    monkeypatch.setattr(beta_table.BetaStore, "read", silence)
    samples = extract_samples(simulated_subject, spec)
    assert samples.n_constant == 1
    assert (samples.X[:, 0] == 0).all() and np.isfinite(samples.X).all()


def test_runs_of_one_beta_cannot_be_standardized_within(tmp_path):
    """A single beta has no deviation within its run: refused by name, not divided by zero."""
    volumes = make_volumes(
        np.array(
            (["rest"] * 12 + ["face"] * 8 + ["rest"] * 20) * 2
            + ["rest"] * 12
            + ["cat"] * 8
            + ["rest"] * 20
        ).astype(str),
        np.repeat([0, 1, 2], 40),
        "made",
    )
    folder = tmp_path / "haxby2001" / "subj1"
    folder.mkdir(parents=True)
    rows = (volumes["condition"] + " " + volumes["run"].astype(str)).tolist()
    (folder / "labels.txt").write_text("\n".join(["labels chunks", *rows, ""]))
    scan = np.random.default_rng(0).integers(500, 900, (4, 4, 4, 120), dtype=np.int16)
    write_image(folder / "bold.nii.gz", scan)
    for path in (folder / "mask4_vt.nii.gz", folder.parent / "mask.nii.gz"):
        write_image(path, np.ones((4, 4, 4), dtype=np.uint8))
    subject = load_subject("haxby", "1", tmp_path)
    spec = replace(SLICE, samples="run_beta")
    with pytest.raises(SpecError, match="Run 0 gives one sample only"):
        extract_samples(subject, spec)
    assert len(extract_samples(subject, replace(spec, standardize="all")).y) == 3


@pytest.mark.recordings
def test_command_line_decodes_betas(recordings, capsys):
    """`decode --samples lss` prints 24 samples of 24 blocks, one for each block."""
    command = ["decode", "--data-dir", str(recordings / "slice"), "--subject", "1", "--json"]
    assert main([*command, "--samples", "lss", "--standardize", "run"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["n_samples"] == printed["n_blocks"] == 24
    assert len(printed["fold_scores"]) == 12
    assert printed["spec"]["samples"] == "lss"
