"""The command line: the contract's numbers, as JSON, lines and files."""

import csv
import json
import re
import shlex
import subprocess
import sys
from dataclasses import asdict
from urllib.parse import parse_qs, urlsplit

import nibabel as nib
import numpy as np
import pytest
from commands import refuse, run
from makers import (
    ROOT,
    design,
    half_mask,
    python_environment,
    write_study,
)

from decoding.analyses import ANALYSES, decode, permute, weights
from decoding.analyses.searchlight import analysis as searchlight
from decoding.analyses.searchlight.result import score_image
from decoding.analyses.timecourse import analysis as timecourse
from decoding.cli.arguments import read_spec
from decoding.cli.main import main, make_parser, take_lists
from decoding.cli.sweep import read_lists, run_sweep
from decoding.datasets import load_subject
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
