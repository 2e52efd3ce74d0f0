"""A run replayed: each volume as a plain loop decodes it, and labelled ones as `decode` does."""

import json
import runpy
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from makers import design, signal, write_study
from nilearn.masking import apply_mask
from nilearn.signal import clean
from sklearn.base import clone

from decoding.analyses import decode, replay
from decoding.cli.main import main
from decoding.datasets import load_subject
from decoding.datasets.base import REST
from decoding.errors import SpecError
from decoding.estimators import ESTIMATORS
from decoding.output.script.program import make_script
from decoding.samples.confounds import Confounds
from decoding.spec import DecodingSpec

EIGHT = ("bottle", "cat", "chair", "face", "house", "scissors", "scrambledpix", "shoe")
CONDITIONS, RUNS = design(n_runs=4, block=3, categories=EIGHT, first_run=1)
SPEC = DecodingSpec(subject="1", standardize="run")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a data folder of one subject who was shown eight categories in four runs."""
    folder = tmp_path_factory.mktemp("replay")
    write_study(folder, values=signal(CONDITIONS, strength=14.0), conditions=CONDITIONS, runs=RUNS)
    return folder


@pytest.fixture(scope="module")
def subject(folder):
    """Return that subject."""
    return load_subject("haxby", "1", folder)


@pytest.mark.parametrize("conditions", [("cat", "face"), EIGHT])
@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
def test_labelled_volumes_are_decoded_as_decode_does(subject, estimator, conditions):
    """What `decode` tests of a run has its prediction and decision here, whatever the lag.

    Voxels that the fold chooses for itself are chosen so here.
    """
    for run, lag, select in ((2, 0.0, 0), (4, 5.0, 0), (3, 2.5, 9)):
        spec = replace(SPEC, estimator=estimator, conditions=conditions, lag=lag, select=select)
        table = decode.run(subject, spec).predictions.query("run == @run")
        found = replay.run(subject, spec, replay.Options(run=run))
        tested = (found.volumes["sample"] != "").to_numpy()
        assert found.volumes["sample"][tested].tolist() == table["true"].tolist()
        assert found.volumes["decoded"][tested].tolist() == table["predicted"].tolist()
        assert found.n_right == (table["true"] == table["predicted"]).sum()
        assert found.n_tested == len(table)
        assert len(found.volumes) == (run == RUNS).sum()
        assert not np.isnan(found.decisions).any()
        if len(conditions) == 2:
            ours, first = found.decisions[tested, 1], found.decisions[tested, 0]
            np.testing.assert_allclose(ours, table["decision"], rtol=1e-6, atol=1e-9)
            opposite = 1 - ours if found.is_probability else -ours
            np.testing.assert_allclose(first, opposite, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("samples", ["volume", "block"])
def test_every_volume_is_decoded_as_a_plain_loop_does(subject, samples):
    """Rest too: nilearn standardizes all volumes, scikit-learn learns the other runs and names."""
    spec = replace(SPEC, samples=samples, detrend=True, estimator="lda", conditions=EIGHT[:3])
    scan, mask = subject.bold[0], subject.bold[0].with_name("mask4_vt.nii.gz")
    X = apply_mask(str(scan), str(mask), dtype=float)
    for run in np.unique(RUNS):
        X[run == RUNS] = clean(X[run == RUNS], detrend=True, standardize="zscore_sample")
    taught = (RUNS != 3) & np.isin(CONDITIONS, spec.conditions)
    learnt, y = X[taught], CONDITIONS[taught]
    if samples == "block":
        learnt, y = learnt.reshape(-1, 3, X.shape[1]).mean(axis=1), y[::3]
    model = clone(ESTIMATORS["lda"].make()).fit(learnt, y)
    found = replay.run(subject, spec, replay.Options(run=3))
    assert found.volumes["decoded"].tolist() == model.predict(X[RUNS == 3]).tolist()
    np.testing.assert_allclose(found.decisions, model.decision_function(X[RUNS == 3]), rtol=1e-6)
    assert found.volumes["shown"].tolist() == CONDITIONS[RUNS == 3].tolist()
    pairs = zip(found.volumes["shown"], found.volumes["decoded"], strict=True)
    counted = [shown == decoded for shown, decoded in pairs if shown in found.classes]
    assert found.share_shown() == pytest.approx(np.mean(counted))


def test_the_command_prints_a_row_a_volume(folder, capsys):
    """``replay --run N --json``: when, what was shown, what was decoded, the decisions."""
    spec = ["--data-dir", str(folder), "--subject", "1", "--estimator", "gnb"]
    assert main(["replay", *spec, "--run", "2", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["shown"] for row in rows] == CONDITIONS[RUNS == 2].tolist()
    assert [row["time"] for row in rows] == [2.5 * number for number in range(len(rows))]
    for row in rows:
        assert list(row) == ["time", "shown", "decoded", "decisions"]
        assert set(row["decisions"]) == {"cat", "face"}
        assert sum(row["decisions"].values()) == pytest.approx(1)
        assert row["decoded"] == max(row["decisions"], key=row["decisions"].get)


def test_what_cannot_be_replayed_is_said(subject):
    """A run that is not there names those that are; betas name what can be replayed."""
    with pytest.raises(SpecError, match=r"no run 9 of subject 1\. Choose from: 1, 2, 3 and 4"):
        replay.run(subject, SPEC, replay.Options(run=9))
    with pytest.raises(SpecError, match=r"LSS betas cannot name .* Choose volumes or block means"):
        replay.run(subject, replace(SPEC, samples="lss"), replay.Options())
    with pytest.raises(SpecError, match="no series in time"):
        replay.run(replace(subject, maps=True), SPEC, replay.Options())


def test_a_run_without_the_categories_is_decoded_by_all_others(tmp_path):
    """No fold tests such a run, and every sample teaches."""
    conditions, runs = design(n_runs=3)
    conditions[(runs == 2) & (conditions != "shoe")] = REST
    write_study(tmp_path, values=signal(conditions), conditions=conditions, runs=runs)
    subject = load_subject("haxby", "1", tmp_path)
    found = replay.run(subject, SPEC, replay.Options(run=2))
    assert found.n_tested == 0 and len(found.volumes) == (runs == 2).sum()
    assert set(found.volumes["decoded"]) <= {"cat", "face"}
    assert np.isnan(found.share_shown())
    everything = replace(SPEC, conditions=(), estimator="svc")
    assert replay.run(subject, everything, replay.Options(run=0)).decisions.shape[1] == 3


def test_a_scan_left_out_with_confounds_is_not_decoded(subject, monkeypatch):
    """Its row says when and what was shown, and nothing of what was decoded."""
    kept = np.arange(len(RUNS)) % 5 > 0
    monkeypatch.setattr(replay, "confounds_of", lambda *_: Confounds(tables={}, kept=kept))
    rows = replay.run(subject, SPEC, replay.Options(run=1)).as_json()
    assert [row["decoded"] is None for row in rows] == (~kept[RUNS == 1]).tolist()
    assert rows[0]["decisions"] == {"cat": None, "face": None}


@pytest.mark.parametrize("estimator", ["svc", "svc_tuned", "correlation", "gnb"])
def test_the_exported_program_writes_the_same_rows(
    subject, folder, monkeypatch, tmp_path, estimator
):
    """``script --replay RUN``, run by itself, writes what `replay` finds."""
    spec = replace(SPEC, estimator=estimator, samples="block")
    program = tmp_path / "program.py"
    program.write_text(make_script(subject, spec, replayed=3))
    monkeypatch.setattr("sys.argv", ["program.py", str(folder)])
    runpy.run_path(str(program))
    table = replay.run(subject, spec, replay.Options(run=3)).table
    theirs = pd.read_csv(tmp_path / "replay.csv", keep_default_na=False)
    pd.testing.assert_frame_equal(theirs, table, check_dtype=False, rtol=1e-6, atol=1e-9)
