"""The command line: the contract's numbers, or status 2 and one line on what can be mended."""

import csv
import gzip
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import nibabel as nib
import numpy as np
import pytest
from loopback import closed_port
from makers import (
    ROOT,
    design,
    folder_digest,
    half_mask,
    python_environment,
    signal,
    write_image,
    write_study,
)

from decoding.analyses import ANALYSES, decode, permute, weights
from decoding.analyses.searchlight import analysis as searchlight
from decoding.analyses.searchlight.result import score_image
from decoding.analyses.timecourse import analysis as timecourse
from decoding.cli.arguments import read_spec
from decoding.cli.lines import for_reading, summary
from decoding.cli.main import main, make_parser, take_lists
from decoding.cli.sweep import read_lists, run_sweep
from decoding.datasets import load_subject
from decoding.null import ALPHA
from decoding.output.downloads import credited_image, csv_text, nifti_bytes
from decoding.output.text.wording import NO_COMPARISON
from decoding.settings import spec_from_query
from decoding.spec import DecodingSpec, link_to
from decoding.sweep import expand
from docs import make
from pages.components.frame import PAGES

CONTRACT = {
    *("spec", "version", "n_samples", "n_blocks", "n_voxels", "classes", "chance"),
    *("fold_scores", "accuracy", "balanced_accuracy", "confusion", "link"),
}


@pytest.fixture
def data(tmp_path):
    """Return the data folder of a study of one subject."""
    write_study(tmp_path / "data")
    return tmp_path / "data"


def run(capfd, *arguments):
    """Run a command in this process; return status, standard output and standard error."""
    capfd.readouterr()
    try:
        status = main([str(argument) for argument in arguments])
    except SystemExit as stop:
        status = stop.code
    out, err = capfd.readouterr()
    return status, out, err


def refuse(capfd, *arguments, says):
    """Assert exit status 2, one line on standard error that says it, and nothing on output."""
    status, out, err = run(capfd, *arguments)
    assert status == 2, (out, err)
    assert out == ""
    assert len(err.splitlines()) == 1, err
    assert err.endswith("\n")
    assert "Traceback" not in err
    for word in [says] if isinstance(says, str) else says:
        assert word in err, err


# What comes out


def test_json_is_the_contracts(data, capfd):
    """One object with the promised keys, equal to the core's own result."""
    status, out, err = run(capfd, "decode", "--data-dir", data, "--subject", 1, "--json")
    assert (status, err) == (0, "")
    values = json.loads(out)
    assert out.count("\n") == 1
    assert set(values) >= CONTRACT
    subject, spec = load_subject("haxby", "1", data), DecodingSpec(subject="1")
    result = decode.run(subject, spec)
    worth = {"read_against": "chance 0.500", "failed_checks": ["number of relabellings"]}
    assert values == json.loads(
        json.dumps({**decode.ANALYSIS.as_json(subject, spec, None, result), **worth})
    )
    assert values["accuracy"] == np.mean(values["fold_scores"])
    assert values["classes"] == ["cat", "face"]
    assert values["n_samples"] == 24
    assert values["n_blocks"] == 8


def test_lines_for_reading_name_rows_columns_and_units(data, capfd):
    """Without --json the confusion has its categories, the lag its unit; numbers are the core's."""
    _, out, _ = run(capfd, "decode", "--data-dir", data, "--subject", 1)
    result = decode.run(load_subject("haxby", "1", data), DecodingSpec(subject="1"))
    assert "lag 0 s," in out
    head, cat, _ = out.split("confusion ", 1)[1].splitlines()[1:4]
    assert head.split() == ["true,", "decoded", "as", "cat", "face"]
    assert cat.split() == ["cat", *map(str, result.confusion.to_numpy()[0])]


def test_a_matrix_is_left_to_json():
    """Nobody reads the matrix of a time course as numbers in a row: a line says where it is."""
    values = {"generalization": {"positions": [0, 1, 2], "accuracy": [[0.5] * 3] * 3}}
    assert summary(for_reading(values)).endswith("at 3 x 3 positions: see --json")


def test_every_p_is_rounded_as_the_house_does():
    """A p reads the same alone, in a table and beside the best lag: 0.063 for one in sixteen."""
    row = {"seconds": 2.5, "p_value": 1 / 16, "p_corrected": 2 / 4096}
    values = {"p_value": 1 / 16, "smallest_p": 2 / 4096, "lags": [row], "best_lag": row}
    told = summary(for_reading(values))
    assert told.count("0.063") == 3 and told.count("0.00049") == 3
    assert "0.0625" not in told and "0.0005" not in told


@pytest.mark.parametrize(("smallest", "told"), [(0.25, "none within reach"), (0.05, "0.7500")])
def test_no_threshold_is_printed_where_no_p_reaches_it(smallest, told):
    """The null's percentile, or a map's score, is a threshold only where some p can be 0.05."""
    score = 0.75 if smallest <= ALPHA else None
    values = {"percentile_95": 0.75, "threshold": score, "smallest_p": smallest}
    assert [line.endswith(told) for line in summary(for_reading(values)).splitlines()[:2]] == [
        True, True
    ]  # fmt: skip


@pytest.mark.parametrize("command", ["decode", "permute"])
def test_a_score_that_leaks_says_so(command, data, capfd):
    """Where chance is no comparison the line says so in the app's words; failed checks follow."""
    common = (command, "--data-dir", data, "--subject", 1, "--cv", "resubstitution")
    told = run(capfd, *common)[1]
    assert f"read_against       {NO_COMPARISON}" in told
    assert "failed_checks      whole blocks, " in told
    values = json.loads(run(capfd, *common, "--json")[1])
    assert values["read_against"] == NO_COMPARISON and "whole blocks" in values["failed_checks"]


def test_a_searchlight_says_where_and_how_sure_and_how_long(data, capfd, monkeypatch):
    """The highest sphere has its place, the map its inference, long work its time beforehand."""
    monkeypatch.setattr("decoding.cli.main.SAID_FROM_S", 0.0)
    common = ("searchlight", "--data-dir", data, "--subject", 1, "--mask", "brain")
    status, out, err = run(capfd, *common, "--estimator", "gnb", "--radius", 1, "--json")
    values, subject = json.loads(out), load_subject("haxby", "1", data)
    spec = DecodingSpec(subject="1", estimator="gnb", mask="brain")
    found = searchlight.run(subject, spec, searchlight.Options(radius=1.0))
    place = found.grid.rows(np.array([found.scores.argmax()])).strongest(np.ones(1))
    assert status == 0 and values["max_place_mm"] == pytest.approx(place, abs=0.051)
    assert values["inference"] == "No relabelling: the map is descriptive."
    assert values["note"].startswith("Each sphere is one voxel")
    assert err.startswith("This takes about ")


def test_link_leads_back_to_the_same_spec(data, capfd):
    """The link of a spec with no default in it is complete and reads back as that spec."""
    flags = "--mask brain --samples block --standardize run --detrend linear --lag 2.5"
    flags += " --estimator ridge --cv split_half --conditions shoe cat face"
    status, out, _ = run(
        capfd, "decode", "--data-dir", data, "--subject", 1, "--json", *flags.split()
    )
    assert status == 0
    values = json.loads(out)
    spec = DecodingSpec(
        subject="1",
        mask="brain",
        conditions=("cat", "face", "shoe"),
        samples="block",
        standardize="run",
        detrend=True,
        lag=2.5,
        estimator="ridge",
        cv="split_half",
    )
    assert values["spec"] == spec.as_dict()
    assert values["link"].startswith("/decode?v=1&dataset=haxby&subject=1&")
    assert "data" not in urlsplit(values["link"]).query.replace("dataset", "")
    query = parse_qs(urlsplit(values["link"]).query, strict_parsing=True)
    assert spec_from_query(query, DecodingSpec()) == (spec, [])


HEAD = {"spec", "version", "data_version", "classes", "chance", "n_blocks", "n_voxels", "link"}


@pytest.mark.parametrize(
    ("analysis", "options", "own"),
    [
        ("decode", None, {}),
        ("permute", permute.Options(permutations=12, seed=4), {"null": ["12_4"]}),
        ("searchlight", searchlight.Options(radius=4.0, permutations=6, seed=2), {"radius": ["4"]}),
        ("timecourse", timecourse.Options(permutations=3, seed=1, nested="no"),
         {"relabelled": ["3_1"], "nested": ["no"]}),
    ],
)  # fmt: skip
def test_every_object_has_one_head_and_the_link_of_its_page(analysis, options, own, data, capfd):
    """What was decoded, of which data, against which chance; the link says each option too."""
    flags = [] if options is None else [
        word for name, value in asdict(options).items() if value != getattr(type(options), name)
        for word in (f"--{name}", value)
    ]  # fmt: skip
    common = ("--data-dir", data, "--subject", 1, "--estimator", "gnb", "--samples", "block")
    status, out, _ = run(capfd, analysis, *common, *flags, "--json")
    assert status == 0
    values, subject = json.loads(out), load_subject("haxby", "1", data)
    assert set(values) >= HEAD
    spec = DecodingSpec(subject="1", estimator="gnb", samples="block")
    assert values["spec"] == spec.as_dict() and values["data_version"] == subject.version
    assert values["classes"] == ["cat", "face"] and values["chance"] == 0.5
    link = urlsplit(values["link"])
    assert link.path in {f"/{page.path}" for page in PAGES}
    assert values.get("p_kind") == (None if options is None else "first look")
    query = parse_qs(link.query, strict_parsing=True)
    assert spec_from_query(query, DecodingSpec()) == (spec, [])
    assert {name: query.get(name) for name in own} == own


def test_a_lag_that_is_only_typed_says_so(data, capfd):
    """Nobody knows how a flag's lag was chosen; without a lag there is nothing to say."""
    common = ("decode", "--data-dir", data, "--subject", 1, "--samples", "block")
    told = [run(capfd, *common, *lag)[1] for lag in ((), ("--lag", 2.5))]
    assert ["How the lag of 2.5 s was chosen is not known here" in text for text in told] == [
        False, True
    ]  # fmt: skip


def test_no_conditions_are_all_of_them(data, capfd):
    """`--conditions` with nothing behind it decodes every category."""
    arguments = ("decode", "--data-dir", data, "--subject", 1, "--json", "--conditions")
    status, out, _ = run(capfd, *arguments)
    assert status == 0
    assert json.loads(out)["classes"] == ["cat", "face", "shoe"]
    assert json.loads(out)["chance"] == 1 / 3


def test_a_category_may_begin_with_a_dash(tmp_path, capfd):
    """It is a name behind --conditions, and a flag behind any other."""
    conditions, runs = design(categories=("-x", "cat", "-2"))
    write_study(tmp_path, conditions=conditions, runs=runs)
    flags = ["--data-dir", tmp_path, "--subject", 1]
    for names in (["-x", "cat"], ["cat", "-x", "-2"]):
        status, out, _ = run(capfd, "decode", *flags, "--json", "--conditions", *names)
        assert status == 0 and json.loads(out)["classes"] == sorted(names)
    refuse(capfd, "decode", *flags, "--conditions", "-y", "cat", says="Unknown category '-y'")
    refuse(capfd, "decode", "--conditions", "cat", "-x", "--mask", "-v", says="--mask")


def test_text_is_for_reading(data, capfd):
    """Without --json the same values are printed a line each, numbers to four decimals."""
    status, out, err = run(capfd, "decode", "--data-dir", data, "--subject", 1)
    assert (status, err) == (0, "")
    result = decode.run(load_subject("haxby", "1", data), DecodingSpec(subject="1"))
    lines = {name: value.strip() for name, _, value in (x.partition(" ") for x in out.splitlines())}
    assert lines["accuracy"] == f"{result.accuracy:.4f}"
    assert set(lines) >= CONTRACT


def test_files_are_the_cores(data, capfd, tmp_path):
    """Weights, pattern and predictions hold what the core computed."""
    names = {"weights": "w.nii.gz", "pattern": "p.nii", "predictions": "rows.csv"}
    flags = [part for flag, name in names.items() for part in (f"--{flag}", tmp_path / name)]
    status, _, err = run(capfd, "decode", "--data-dir", data, "--subject", 1, *flags)
    assert (status, err) == (0, "")
    subject, spec = load_subject("haxby", "1", data), DecodingSpec(subject="1")
    maps, mask = weights.run(subject, spec), half_mask((6, 5, 4))
    for what in ("weights", "pattern"):
        image = nib.load(tmp_path / names[what])
        assert image.shape == (6, 5, 4, 1)
        assert np.array_equal(image.affine, nib.load(subject.bold[0]).affine)
        assert np.array_equal(image.get_fdata()[mask].T, getattr(maps, what))
        assert not image.get_fdata()[~mask].any()
    text = (tmp_path / "rows.csv").read_text()
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    table = decode.run(subject, spec).predictions
    assert list(rows[0]) == list(table.columns)
    assert [row["predicted"] for row in rows] == table["predicted"].tolist()
    assert [float(row["decision"]) for row in rows] == table["decision"].tolist()
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == sorted(
        names.values()
    )


def test_files_are_the_pages_downloads(data, capfd, tmp_path):
    """Map, predictions and searchlight are what the page gives, credits included, without host."""
    names = {"weights": "w.nii.gz", "pattern": "p.nii", "predictions": "rows.csv"}
    flags = [part for flag, name in names.items() for part in (f"--{flag}", tmp_path / name)]
    common = ("--data-dir", data, "--subject", 1)
    assert run(capfd, "decode", *common, *flags)[0] == 0
    subject, spec = load_subject("haxby", "1", data), DecodingSpec(subject="1")
    maps, result, link = (
        weights.run(subject, spec),
        decode.run(subject, spec),
        link_to("decode", spec),
    )
    image = credited_image(weights.to_image(maps, maps.weights, "weights"), subject, link)
    assert (tmp_path / "w.nii.gz").read_bytes() == nifti_bytes(image)
    image = credited_image(weights.to_image(maps, maps.pattern, "pattern"), subject, link)
    assert (tmp_path / "p.nii").read_bytes() == image.to_bytes()
    text = csv_text(result.predictions, subject, link)
    assert (tmp_path / "rows.csv").read_bytes() == text.encode()
    assert "# Haxby et al. 2001, subject 1. Licence: CC BY-SA 3.0." in text.splitlines()

    light = ("searchlight", *common, "--estimator", "gnb", "--mask", "brain", "--radius", 5)
    assert run(capfd, *light, "--out", tmp_path / "s.nii.gz")[0] == 0
    spec = DecodingSpec(subject="1", estimator="gnb", mask="brain")
    found = searchlight.run(subject, spec, searchlight.Options(radius=5.0))
    own = {"within": "brain", "classifier": "gnb", "radius": "5"}
    image = credited_image(score_image(found), subject, link_to("searchlight", spec, own))
    assert (tmp_path / "s.nii.gz").read_bytes() == nifti_bytes(image)
    assert b"/searchlight?v=1&" in image.to_bytes()


def test_script_is_printed(data, capfd):
    """`script` prints a program, or a notebook, that reads the data folder that was given."""
    status, out, err = run(capfd, "script", "--data-dir", data, "--subject", 1)
    assert (status, err) == (0, "")
    compile(out, "script.py", "exec")
    assert repr(str(data.resolve())) in out
    asked = ("--format", "ipynb", "--permutations", 5)
    status, out, err = run(capfd, "script", "--data-dir", data, "--subject", 1, *asked)
    assert (status, err) == (0, "")
    cells = {cell["id"]: "".join(cell["source"]) for cell in json.loads(out)["cells"]}
    assert cells["folder"] == f"data_dir = {str(data.resolve())!r}"
    assert "5 times at random" in cells["null-words"]
    refuse(capfd, "script", "--data-dir", data, "--format", "pdf", says=["'pdf'", "py, ipynb"])


@pytest.mark.recordings
def test_nilearns_data_folder_is_found(recordings, capfd, monkeypatch):
    """With NILEARN_DATA set no --data-dir is needed, and the stated figure comes out."""
    monkeypatch.delenv("NILEARN_SHARED_DATA", raising=False)
    monkeypatch.setenv("NILEARN_DATA", str(recordings / "slice"))
    status, out, _ = run(capfd, "decode", "--subject", 1, "--mask", "brain", "--json")
    assert status == 0
    assert round(json.loads(out)["accuracy"], 4) == 0.7407


def test_as_a_process(data, tmp_path):
    """`python -m decoding` prints JSON only on output, and nothing on standard error."""
    command = [sys.executable, "-m", "decoding", "decode", "--data-dir", data, "--subject", "1"]
    environment = python_environment(tmp_path / "cache")
    done = subprocess.run(
        [*command, "--json"], capture_output=True, text=True, env=environment, check=True
    )
    assert json.loads(done.stdout)["n_voxels"] == half_mask((6, 5, 4)).sum()
    assert done.stderr == ""
    wrong = subprocess.run(
        [*command, "--mask", "vt2"], capture_output=True, text=True, env=environment, check=False
    )
    assert wrong.returncode == 2
    assert wrong.stdout == ""
    assert wrong.stderr == "Unknown mask 'vt2' for subject 1. Choose from: vt, brain.\n"


def test_a_reader_that_has_enough_is_no_error(data, tmp_path):
    """A pipe that is closed early ends a command without a traceback."""
    arguments = ["decode", "--data-dir", str(data), "--subject", "1", "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "decoding", *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    process.stdout.close()
    assert process.wait(120) == 0
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()


def test_too_many_combinations_are_refused_before_their_time_is_said(data, capfd):
    """Nothing is said of the minutes of work that is not done."""
    many = [str(number) for number in range(200)]
    arguments = ["choices", "--data-dir", str(data), "--subject", "1", "--select", *many]
    assert main([*arguments, "--refit", "yes"]) == 2
    assert capfd.readouterr().err == (
        "There are 9600 combinations, and 1000 at most are computed.\n"
    )


def test_rows_of_numbers_are_read_below_their_names():
    """A table opens with the names of its columns; what is not applicable reads none."""
    rows = [
        {"row": "clock", "accuracy": 0.5, "sentence": "A clock does not tell them apart."},
        {"row": "motion", "accuracy": None, "sentence": "Not applicable."},
    ]
    assert summary(for_reading(rows)).splitlines() == [
        "   row  accuracy  sentence",
        " clock    0.5000  A clock does not tell them apart.",
        "motion      none  Not applicable.",
    ]
    assert summary([{"check": "runs", "status": "pass"}]) == "runs  pass"


def test_a_flag_that_nothing_depends_on_is_said(data, capfd):
    """A searchlight takes every voxel of a sphere: its command says that --select is idle."""
    common = ("--data-dir", data, "--subject", 1, "--mask", "brain", "--select", 2)
    _, _, err = run(capfd, "searchlight", *common, "--estimator", "gnb", "--radius", 1)
    assert "searchlight does not depend on --select." in err
    _, _, err = run(capfd, "decode", *common)
    assert "depend" not in err


def test_help_names_every_command_and_flag(capfd):
    """Help exits with 0 and names the commands and each field of a spec."""
    status, out, _ = run(capfd, "--help")
    assert status == 0
    assert all(name in out for name in ("decode", "script", "fetch", "simulate"))
    status, out, _ = run(capfd, "decode", "--help")
    flags = "dataset subject mask conditions samples standardize detrend lag estimator cv"
    assert all(f"--{flag}" in out for flag in flags.split())
    assert all(f"--{flag}" in out for flag in ("data-dir", "json", "weights", "pattern"))


def test_commands_of_the_documents_are_commands():
    """Every command line in README and docs is read by the parser, and its spec is one."""
    text = "\n".join(page.read_text() for page in make.PAGES).replace("\\\n", " ")
    found = re.findall(r"^\.venv/bin/python -m decoding ([^>|\n]*)", text, flags=re.MULTILINE)
    assert len(found) >= 10
    for line in found:
        if "--help" in line:
            continue
        options = make_parser().parse_args(shlex.split(line))
        if options.act is run_sweep:
            assert len(expand(read_lists(options))) > 1
        elif "mask" in options and not getattr(options, "table", None):
            if "analysis" in options:
                take_lists(options, ANALYSES[options.analysis].lists)
            assert read_spec(options).dataset in ("simulated", "bids")


# What the user can mend


BAD_FLAGS = [
    (["--dataset", "hcp"], ["'hcp'", "haxby"]),
    (["--subject", "2"], ["Subject 2", "fetch", "Choose one of: '1'."]),
    (["--subject", "7"], ["'7'", "1, 2, 3, 4, 5, 6"]),
    (["--subject", "../subj1"], ["'../subj1'"]),
    (["--subject", ""], ["''"]),
    (["--subject", "1\nother"], ["other"]),
    (["--mask", "vt2"], ["'vt2'", "vt, brain"]),
    (["--mask", "face"], ["'face'", "vt, brain"]),
    (["--mask", ""], ["''", "vt, brain"]),
    (["--conditions", "face", "sofa"], ["'sofa'", "cat, face, shoe"]),
    (["--conditions", "face"], ["two categories", "face"]),
    (["--conditions", "face", "face"], ["two categories", "face"]),
    (["--conditions", "face", "rest"], ["'rest'", "cat, face, shoe"]),
    (["--estimator", "svm"], ["'svm'", "svc, svc_tuned"]),
    (["--cv", "loo"], ["'loo'", "leave_one_run_out"]),
    (["--samples", "trial"], ["'trial'", "volume, block"]),
    (["--standardize", "psc"], ["'psc'", "all, run, none"]),
    (["--detrend", "cubic"], ["'cubic'", "linear"]),
    (["--lag", "1"], ["1 s", "0 or 2.5"]),
    (["--lag", "soon"], ["'soon'"]),
    (["--lag", "nan"], ["'nan'"]),
    (["--lag", "inf"], ["'inf'"]),
    (["--lag", "50"], ["50 s", "shorter"]),
    (["--lag", "1e300"], ["shorter"]),
    (["--lag=-1e300"], ["shorter"]),
    (["--lag"], ["--lag"]),
    (["--sugar", "2"], ["--sugar"]),
    (["--dataset", "haxby", "face"], ["face"]),
]


@pytest.mark.parametrize("command", ["decode", "script"])
@pytest.mark.parametrize(("flags", "says"), BAD_FLAGS, ids=lambda value: "_".join(value)[:30])
def test_bad_values_end_with_one_line(command, flags, says, data, capfd):
    """Each value that does not exist is named with what is possible; the data stays as it was."""
    before = folder_digest(data)
    refuse(capfd, command, "--data-dir", data, "--subject", 1, *flags, says=says)
    assert folder_digest(data) == before


@pytest.mark.parametrize("arguments", [[], ["dance"], ["decode", "dance"]])
def test_bad_commands_end_with_one_line(arguments, capfd):
    """No command, an unknown one or a stray word is one line too."""
    refuse(capfd, *arguments, says="python -m decoding")


def test_a_scheme_that_cannot_split(tmp_path, capfd):
    """Two runs cannot be left out in pairs: the scheme and the number of runs are named."""
    from makers import design

    conditions, runs = design(n_runs=2)
    write_study(tmp_path, values=signal(conditions), conditions=conditions, runs=runs)
    common = ("decode", "--data-dir", tmp_path, "--subject", 1)
    refuse(capfd, *common, "--cv", "leave_two_runs_out", says=["needs 3 runs", "there are 2"])
    refuse(capfd, *common, "--estimator", "svc_tuned", says=["only run", "svc"])


@pytest.mark.recordings
def test_a_lag_on_a_recording_without_rest(recordings, capfd):
    """On task-vt a lag is refused with its reason."""
    arguments = ("decode", "--data-dir", recordings / "task-vt", "--subject", 1, "--lag", 5)
    refuse(capfd, *arguments, says=["5 s", "only its labelled volumes", "lag 0"])


def test_no_data_at_all(tmp_path, capfd):
    """An empty, a missing and a file as data folder: said with how to get the recording."""
    (tmp_path / "file").write_text("")
    (tmp_path / "empty").mkdir()
    problems = {"empty": "holds no haxby2001", "missing": "does not exist", "file": "is a file"}
    for name, problem in problems.items():
        folder = tmp_path / name
        says = [problem, str(folder), "fetch haxby --subject 1", "--dataset simulated"]
        refuse(capfd, "decode", "--data-dir", folder, "--subject", 1, says=says)
        arguments = ("decode", "--dataset", "simulated", "--data-dir", folder, "--subject", 1)
        refuse(capfd, *arguments, says=[problem, str(folder), "simulate --out"])


def test_fetch_from_a_server_that_is_away(tmp_path, capfd):
    """A fetch without its server ends with one line: what to try, and where to put the file."""
    url = closed_port()
    says = ["cannot be reached", "again later", "--url", "subj2-2010.01.14.tar.gz", str(tmp_path)]
    refuse(
        capfd,
        *("fetch", "haxby", "--subject", 2, "--data-dir", tmp_path, "--url", url),
        says=says,
    )


def damage(subject, kind):
    """Damage one file of a subject."""
    labels, bold = subject / "labels.txt", subject / "bold.nii.gz"
    lines = labels.read_text().splitlines()
    raw, vt = bold.read_bytes(), subject / "mask4_vt.nii.gz"
    unpacked = gzip.decompress(raw)
    claims = bytearray(unpacked)
    claims[40:56] = np.array([4, 4096, 4096, 2048, 25, 1, 1, 1], dtype="<i2").tobytes()
    {
        "a row too few": lambda: labels.write_text("\n".join([*lines[:-1], ""])),
        "a row too many": lambda: labels.write_text("\n".join([*lines, lines[-1], ""])),
        "unknown column": lambda: labels.write_text("\n".join(["labels runs", *lines[1:], ""])),
        "a third column": lambda: labels.write_text("\n".join([f"{line} x" for line in lines])),
        "no rows": lambda: labels.write_text("labels chunks\n"),
        "empty labels": lambda: labels.write_text(""),
        "binary labels": lambda: labels.write_bytes(bytes(range(256)) * 9),
        "run is no number": lambda: labels.write_text(
            "\n".join([*lines[:5], "face first", *lines[6:], ""])
        ),
        "runs out of order": lambda: labels.write_text("\n".join([lines[0], *lines[:0:-1], ""])),
        "mask on another grid": lambda: write_image(vt, np.ones((6, 5, 5), dtype=np.uint8)),
        "mask elsewhere": lambda: write_image(
            vt, np.ones((6, 5, 4), dtype=np.uint8), affine=np.eye(4)
        ),
        "empty mask": lambda: write_image(vt, np.zeros((6, 5, 4), dtype=np.uint8)),
        "mask is text": lambda: vt.write_text("mask"),
        "truncated bold": lambda: bold.write_bytes(raw[: len(raw) * 2 // 3]),
        "bold is text": lambda: bold.write_text("a scan"),
        "bold is empty": lambda: bold.write_bytes(b""),
        "bold is not packed": lambda: bold.write_bytes(unpacked),
        "wrong checksum": lambda: bold.write_bytes(raw[:-8] + bytes([raw[-8] ^ 1]) + raw[-7:]),
        "header claims terabytes": lambda: bold.write_bytes(gzip.compress(bytes(claims))),
        "bold has three axes": lambda: write_image(bold, np.ones((6, 5, 4), dtype=np.int16)),
        "bold is complex": lambda: write_image(bold, np.ones((6, 5, 4, 68), dtype=np.complex64)),
    }[kind]()


DAMAGE = {
    "a row too few": ["labels.txt has 67 rows", "68 volumes"],
    "a row too many": ["labels.txt has 69 rows", "68 volumes"],
    "unknown column": ["labels.txt", "runs", "labels chunks"],
    "a third column": ["labels.txt", "labels chunks"],
    "no rows": ["labels.txt has 0 rows"],
    "empty labels": ["labels.txt", "labels chunks"],
    "binary labels": ["labels.txt"],
    "run is no number": ["labels.txt", "'first'"],
    "runs out of order": ["labels.txt", "order"],
    "mask on another grid": ["mask4_vt.nii.gz", "6 x 5 x 5 voxels", "resample"],
    "mask elsewhere": ["mask4_vt.nii.gz", "space", "resample"],
    "empty mask": ["mask4_vt.nii.gz", "empty"],
    "mask is text": ["mask4_vt.nii.gz", "not a NIfTI"],
    "truncated bold": ["bold.nii.gz", "again"],
    "bold is text": ["bold.nii.gz", "not a NIfTI"],
    "bold is empty": ["bold.nii.gz", "not a NIfTI"],
    "bold is not packed": ["bold.nii.gz", "not a NIfTI"],
    "wrong checksum": ["bold.nii.gz", "damaged"],
    "header claims terabytes": ["bold.nii.gz", "GB", "again"],
    "bold has three axes": ["bold.nii.gz", "(6, 5, 4)", "four"],
    "bold is complex": ["bold.nii.gz", "complex"],
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_bad_files_end_with_one_line(kind, data, capfd, tmp_path, monkeypatch):
    """A damaged file is named with cause and remedy; no table, map or change is left behind."""
    monkeypatch.setenv("DECODING_CACHE", str(tmp_path / "cache"))
    damage(data / "haxby2001" / "subj1", kind)
    before = folder_digest(data)
    arguments = ("decode", "--data-dir", data, "--subject", 1, "--weights", tmp_path / "w.nii.gz")
    refuse(capfd, *arguments, says=DAMAGE[kind])
    assert folder_digest(data) == before
    assert not list((tmp_path / "cache").rglob("info.json"))
    assert not [path for path in tmp_path.iterdir() if path.is_file()]


def test_the_same_files_undamaged_are_read(data, capfd):
    """The check itself: without damage the same command succeeds and changes no file."""
    before = folder_digest(data)
    status, _, _ = run(capfd, "decode", "--data-dir", data, "--subject", 1)
    assert status == 0
    assert folder_digest(data) == before


@pytest.mark.parametrize(
    ("command", "flag"),
    [
        ("decode", "--weights"),
        ("decode", "--pattern"),
        ("decode", "--predictions"),
        ("searchlight", "--out"),
        ("report", "--out"),
    ],
)
def test_outputs_that_cannot_be_written(command, flag, data, capfd, tmp_path, monkeypatch):
    """A folder not there, a file for a folder, a folder for a name: before anything is read."""
    (tmp_path / "file").write_text("kept")
    (tmp_path / "folder.nii.gz").mkdir()
    common = (command, "--data-dir", data, "--subject", 1, flag)
    before = folder_digest(tmp_path)

    def load(*arguments):
        raise AssertionError("computed for a file that cannot be written")

    monkeypatch.setattr("decoding.cli.arguments.subject_of", load)
    for path in ("no/such/f.nii.gz", "file/f.nii.gz", "folder.nii.gz"):
        refuse(capfd, *common, tmp_path / path, says=[str(tmp_path / path), "cannot be written"])
    assert folder_digest(tmp_path) == before


def test_a_folder_that_is_not_there_is_said_to_be_missing(data, capfd, tmp_path):
    """A missing folder is called that: no word of disk space, which would not help."""
    common = ("decode", "--data-dir", data, "--subject", 1, "--weights")
    refuse(capfd, *common, tmp_path / "no" / "w.nii.gz", says="does not exist. Make it")


@pytest.mark.parametrize("flag", ["--permutations", "--seed"])
@pytest.mark.parametrize("command", ["permute", "searchlight", "script"])
def test_a_number_is_asked_for_in_plain_words(command, flag, capfd):
    """`1e3` is no whole number, which is said with how to write one; no type of Python is named."""
    refuse(capfd, command, flag, "1e3", says=["'1e3' is no whole number", "in digits, as 1000"])
    refuse(capfd, "searchlight", "--radius", "wide", says="'wide' is no number")


def test_the_report_says_what_its_number_of_relabellings_is(capfd):
    """A report makes the full null in any case; only a script redoes it when asked."""
    told = {name: " ".join(run(capfd, name, "--help")[1].split()) for name in ("report", "script")}
    assert "how many relabellings are drawn" in told["report"] and "redo" not in told["report"]
    assert "redo the null as well" in told["script"]


def test_an_output_that_fails_leaves_what_was_there(data, capfd, tmp_path, monkeypatch):
    """Where writing fails half-way the file that was there stays, and no scratch file does."""
    (tmp_path / "w.nii.gz").write_text("kept")

    write_bytes = Path.write_bytes

    def full(self, content):
        write_bytes(self, content[: len(content) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    arguments = ("decode", "--data-dir", data, "--subject", 1, "--weights", tmp_path / "w.nii.gz")
    refuse(capfd, *arguments, says=["w.nii.gz", "No space left"])
    assert (tmp_path / "w.nii.gz").read_text() == "kept"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "w.nii.gz"]


def test_maps_that_cannot_be(data, capfd, tmp_path):
    """A name that is no image's, and an estimator without weights, are said."""
    common = ("decode", "--data-dir", data, "--subject", 1)
    refuse(capfd, *common, "--weights", tmp_path / "w.png", says=["w.png", ".nii.gz"])
    says = ["f.txt is no name for a report", ".html"]
    refuse(capfd, "report", *common[1:], "--out", tmp_path / "f.txt", says=says)
    refuse(
        capfd,
        *(*common, "--estimator", "gnb", "--pattern", tmp_path / "p.nii.gz"),
        says=["no weight map: Gaussian naive Bayes", "--estimator svc"],
    )
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_data_folder_that_cannot_be_written_is_read(data, tmp_path, monkeypatch):
    """Reading needs no right to write: nothing is created beside the data."""
    for folder, _, files in os.walk(data):
        for name in files:
            (Path(folder) / name).chmod(0o444)
        Path(folder).chmod(0o555)
    try:
        before = folder_digest(data)
        monkeypatch.setenv("DECODING_CACHE", str(tmp_path / "cache"))
        assert main(["decode", "--data-dir", str(data), "--subject", "1"]) == 0
        assert folder_digest(data) == before
    finally:
        for folder, _, _ in os.walk(data):
            Path(folder).chmod(0o755)


@pytest.mark.recordings
def test_the_recordings_stay_as_they_are(recordings, capfd, tmp_path):
    """Good and bad commands leave the bytes of the recordings alone."""
    before = folder_digest(recordings / "slice")
    common = ("decode", "--data-dir", recordings / "slice", "--subject", 1)
    assert run(capfd, *common, "--weights", tmp_path / "w.nii.gz")[0] == 0
    assert run(capfd, *common, "--mask", "face")[0] == 2
    assert folder_digest(recordings / "slice") == before


def test_a_changed_file_is_not_answered_from_the_cache(data, capfd):
    """A second command after one label or one mask voxel changed reads the new files."""
    common = ("decode", "--data-dir", data, "--subject", 1, "--json")
    first = json.loads(run(capfd, *common)[1])
    subject = data / "haxby2001" / "subj1"
    mask = half_mask((6, 5, 4))
    mask.flat[np.flatnonzero(mask)[-1]] = False
    write_image(subject / "mask4_vt.nii.gz", mask.astype(np.uint8))
    second = json.loads(run(capfd, *common)[1])
    assert second["n_voxels"] == first["n_voxels"] - 1
    bold = nib.load(subject / "bold.nii.gz").get_fdata().astype(np.int16)
    write_image(subject / "bold.nii.gz", bold[..., ::-1].copy())
    third = json.loads(run(capfd, *common)[1])
    assert third["data_version"] != second["data_version"]
    assert third["confusion"] != second["confusion"]


def test_a_copy_elsewhere_has_the_same_version(data, capfd, tmp_path):
    """The version of the data is its content's: a copy in another folder has the same."""
    shutil.copytree(data, tmp_path / "copy")
    one, two = (
        json.loads(run(capfd, "decode", "--data-dir", folder, "--subject", 1, "--json")[1])
        for folder in (data, tmp_path / "copy")
    )
    assert one == two
