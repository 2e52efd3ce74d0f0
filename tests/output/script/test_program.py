"""The exported program: the same numbers, digit for digit, without anything of ours."""

import json
import shutil
from collections import Counter
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
from exported import Program
from makers import ODD_NAMES, design, half_mask, signal, write_image, write_study
from spec_matrix import FIELDS, RECORDINGS, draw_specs, parameters, subject_of

from decoding.analyses import decode, weights
from decoding.datasets import load_subject
from decoding.datasets.base import Mask
from decoding.errors import DecodingError
from decoding.estimators import ESTIMATORS
from decoding.output.script.program import make_script
from decoding.spec import DecodingSpec

N_QUICK = {"slice": 8, "task-vt": 1, "simulated": 4}
QUICK = [
    (recording, spec)
    for recording, n in N_QUICK.items()
    for spec in draw_specs(recording, n, seed=105, n_categories=(2, 3, 2, 2, 4), cheap=True)
]
FULL = [
    (recording, spec)
    for recording in RECORDINGS
    for spec in draw_specs(recording, 21, seed=5, n_categories=(2, 3, 2, 4, 5, 2, 8), cheap=True)
]


def check_maps(program, subject, spec):
    """Assert that the program's images are those that `decode --weights --pattern` writes."""
    written = {path.name for path in program.folder.glob("*.nii.gz")}
    if not ESTIMATORS[spec.estimator].has_weights:
        assert not written
        return
    assert written == {"weights.nii.gz", "pattern.nii.gz"}
    maps = weights.run(subject, spec)
    for what in ("weights", "pattern"):
        theirs = nib.load(program.folder / f"{what}.nii.gz")
        ours = weights.to_image(maps, getattr(maps, what), what)
        assert theirs.shape == ours.shape
        assert np.array_equal(theirs.affine, ours.affine)
        for form in ("sform_code", "qform_code"):
            assert theirs.header[form] == ours.header[form] == ours.header["sform_code"] > 0
        a, b = theirs.get_fdata(), ours.get_fdata()
        assert np.abs(a - b).max() <= 1e-8 * np.abs(b).max()


def check_program(folder, subject, spec, *arguments):
    """Assert that the program prints our fold scores; return it and them."""
    program = Program(folder, make_script(subject, spec), *arguments)
    result = decode.run(subject, spec)
    last = program.last_line()
    assert last == json.dumps(result.fold_scores)
    return program, result.fold_scores


@pytest.mark.recordings
@pytest.mark.parametrize(("recording", "spec"), parameters(QUICK))
@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
@pytest.mark.filterwarnings("ignore:The number of unique classes is greater than 50%")
def test_program_prints_our_numbers(recording, spec, recordings, tmp_path):
    """Fold scores are equal digit for digit, the maps to 1e-8 of their largest value."""
    subject = subject_of(recording, recordings)
    program, _ = check_program(tmp_path / "there", subject, spec)
    check_maps(program, subject, spec)


@pytest.mark.slow
@pytest.mark.recordings
@pytest.mark.parametrize(("recording", "spec"), parameters(FULL))
@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
@pytest.mark.filterwarnings("ignore:The number of unique classes is greater than 50%")
def test_program_prints_our_numbers_on_many_specs(recording, spec, recordings, tmp_path):
    """The same on more specs."""
    subject = subject_of(recording, recordings)
    program, _ = check_program(tmp_path / "there", subject, spec)
    check_maps(program, subject, spec)


@pytest.mark.parametrize(("drawn", "times"), [(QUICK, 1), (FULL, 2)], ids=["quick", "full"])
def test_programs_cover_every_entry(drawn, times):
    """Each entry of each registry comes up in the programs that are run."""
    assert len(drawn) >= 12 * times
    for field, values in FIELDS.items():
        counts = Counter(getattr(spec, field) for _, spec in drawn)
        assert all(counts[value] >= times for value in values), (field, counts)


@pytest.mark.recordings
def test_ours_cannot_be_imported_where_programs_run(tmp_path):
    """The check itself: in that folder `import decoding` fails."""
    program = Program(tmp_path, "import decoding")
    _, err = program.process.communicate(timeout=60)
    assert program.process.returncode == 1
    assert "No module named 'decoding'" in err


@pytest.mark.recordings
@pytest.mark.parametrize(
    "spec",
    [
        DecodingSpec(subject="1"),
        DecodingSpec(subject="1", mask="brain", standardize="run", lag=5, estimator="ridge"),
        DecodingSpec(subject="1", samples="block", conditions=("cat", "face", "shoe")),
    ],
    ids=["tutorial", "brain-lag", "blocks"],
)
def test_both_follow_labels_exchanged_in_one_run(spec, recordings, tmp_path):
    """On a copy with two categories exchanged in one run both change, and agree."""
    original = load_subject("haxby", "1", recordings / "slice")
    source = make_script(original, spec)
    copy = tmp_path / "copy with 'quotes'"
    shutil.copytree(recordings / "slice", copy, copy_function=shutil.copyfile)
    exchange(copy / "haxby2001" / "subj1" / "labels.txt", "cat", "face", run=3)
    exchanged = Program(tmp_path / "exchanged", source, copy)
    ours = decode.run(load_subject("haxby", "1", copy), spec).fold_scores
    assert exchanged.last_line() == json.dumps(ours)
    assert ours != decode.run(original, spec).fold_scores


def exchange(path, one, two, run):
    """Exchange two categories' labels in one run of a labels file."""
    other = {one: two, two: one}
    lines = path.read_text().splitlines()
    for i, line in enumerate(lines[1:], start=1):
        label, number = line.split()
        if int(number) == run:
            lines[i] = f"{other.get(label, label)} {number}"
    path.chmod(0o644)
    path.write_text("\n".join([*lines, ""]))


# Studies that are laid out or named in unusual ways


def check_study(tmp_path, data, spec, *arguments):
    """Assert that ours and the program agree on a study of the tests'."""
    subject = load_subject("haxby", "1", data)
    return check_program(tmp_path / "there", subject, spec, *arguments)


def test_categories_that_pandas_takes_for_missing(tmp_path):
    """Categories called NA, None and nan are categories."""
    conditions, runs = design(categories=("NA", "None", "nan"))
    write_study(tmp_path / "data", conditions=conditions, runs=runs)
    spec = DecodingSpec(subject="1", conditions=("NA", "None"))
    check_study(tmp_path, tmp_path / "data", spec)


def test_categories_with_quotes(tmp_path):
    """Names with quotes, backslashes, braces and marks of any kind stay names in the program."""
    conditions, runs = design(categories=("d'or", 'in"ch', "a\\b{x}", *ODD_NAMES))
    write_study(tmp_path / "data", conditions=conditions, runs=runs)
    check_study(tmp_path, tmp_path / "data", DecodingSpec(subject="1", conditions=()))


def test_data_folder_that_is_the_study(tmp_path):
    """A data folder that holds subj1 directly, uncompressed, in a folder with odd letters."""
    subject = write_study(tmp_path / "data")
    data = tmp_path / "e'tude ü"
    shutil.move(subject.parent, data)
    nib.load(data / "subj1" / "bold.nii.gz").to_filename(data / "subj1" / "bold.nii")
    (data / "subj1" / "bold.nii.gz").unlink()
    check_study(tmp_path, data, DecodingSpec(subject="1", mask="brain"))
    check_study(tmp_path, data, DecodingSpec(subject="1"), data)


def test_runs_written_as_decimals(tmp_path):
    """Runs called 0.0, 1.0, ... are runs for both."""
    subject = write_study(tmp_path / "data")
    lines = (subject / "labels.txt").read_text().splitlines()
    (subject / "labels.txt").write_text("\n".join([lines[0], *(f"{x}.0" for x in lines[1:]), ""]))
    check_study(tmp_path, tmp_path / "data", DecodingSpec(subject="1", standardize="run"))


@pytest.mark.recordings
def test_the_brain_of_a_thin_slab_without_a_mask(recordings, tmp_path):
    """Without mask.nii.gz both find the same brain in half a slice: the published one."""
    shutil.copytree(recordings / "slice", tmp_path / "data", copy_function=shutil.copyfile)
    (tmp_path / "data" / "haxby2001" / "mask.nii.gz").unlink()
    spec = DecodingSpec(subject="1", mask="brain")
    _, scores = check_study(tmp_path, tmp_path / "data", spec)
    assert round(float(np.mean(scores)), 4) == 0.7407


def test_the_brain_of_a_recording_with_values_that_are_not_finite(tmp_path):
    """Without mask.nii.gz and with NaN in the recording both find the same brain."""
    conditions, runs = design()
    shape = (16, 16, 10)
    grid = np.stack(np.meshgrid(*[np.linspace(-1, 1, n) for n in shape], indexing="ij"))
    inside = (grid**2).sum(axis=0) < 0.7
    values = signal(conditions, shape, strength=2.0).astype(np.float32)
    values[~inside] = values[~inside] % 37
    values[:4, 8] = np.nan
    values[12, 12, 5, 3] = np.inf
    write_study(
        tmp_path / "data",
        values=values,
        conditions=conditions,
        runs=runs,
        masks={"mask4_vt": half_mask(shape)},
        brain=False,
    )
    write_image(tmp_path / "data" / "haxby2001" / "subj1" / "bold.nii.gz", values, scale=(0.5, 9.0))
    spec = DecodingSpec(subject="1", mask="brain", samples="block", standardize="run")
    check_study(tmp_path, tmp_path / "data", spec)


def test_a_subject_unpacked_elsewhere_than_its_study(tmp_path):
    """Where a tarball had to be unpacked into the cache, the program still finds the brain mask."""
    subject = load_subject("haxby", "1", write_study(tmp_path / "data").parents[1])
    elsewhere = tmp_path / "cache" / "subj1"
    shutil.copytree(subject.bold[0].parent, elsewhere)
    shutil.rmtree(subject.bold[0].parent)
    masks = {**subject.masks, "vt": Mask(files=(elsewhere / "mask4_vt.nii.gz",))}
    subject = replace(subject, bold=(elsewhere / "bold.nii.gz",), masks=masks)
    for mask in ("brain", "vt"):
        spec = DecodingSpec(subject="1", mask=mask)
        check_program(tmp_path / mask, subject, spec)


def test_program_speaks_for_itself(tmp_path):
    """The program imports nothing of ours, compiles, and names data, licence, link and version."""
    write_study(tmp_path / "data")
    subject = load_subject("haxby", "1", tmp_path / "data")
    spec = DecodingSpec(subject="1", estimator="lda", cv="split_half")
    source = make_script(subject, spec)
    compile(source, "program.py", "exec")
    assert "import decoding" not in source
    assert "from decoding" not in source
    assert "CC BY-SA 3.0" in source
    assert "estimator=lda&cv=split_half" in source
    assert str(tmp_path / "data") in source
    elsewhere = make_script(subject, spec, "./data")
    assert "Path(sys.argv[1] if len(sys.argv) > 1 else './data')" in elsewhere
    _, header, code = elsewhere.split('"""', 2)
    assert all(len(line) <= 120 for line in code.splitlines())
    for told in ("first argument", "haxby2001/subj1", "fetch_haxby", "weights.nii.gz", "./data"):
        assert told in header
    assert "weights.nii.gz" not in make_script(subject, replace(spec, estimator="gnb"))


def test_simulated_data_are_credited_as_such(tmp_path):
    """A simulated subject's program says so and how to get it, whichever dataset read it."""
    (tmp_path / "haxby2001").mkdir()
    folder = load_subject("simulated", "1").bold[0].parent
    shutil.copytree(folder, tmp_path / "haxby2001" / "subj1")
    for dataset in ("simulated", "haxby"):
        subject = load_subject(dataset, "1", tmp_path)
        source = make_script(subject, DecodingSpec(dataset=dataset, subject="1"))
        header = " ".join(source.split('"""')[1].split())
        assert "Simulated by Voxelscope" in header
        assert "CC0 1.0" in header
        assert ".zip" in header
        assert "simulate --out" in header
        assert "Haxby" not in header
        assert "fetch_haxby" not in header


@pytest.mark.parametrize(
    ("samples", "folder"), [("volume", "none"), ("volume", "other"), ("lss", "none")]
)
def test_program_without_its_data_says_so_in_one_line(samples, folder, tmp_path):
    """Without the folder, or without the subject in it, one line on standard error, status 1."""
    write_study(tmp_path / "study")
    subject = load_subject("haxby", "1", tmp_path / "study")
    source = make_script(subject, DecodingSpec(subject="1", samples=samples), "./data")
    (tmp_path / "other" / "haxby2001").mkdir(parents=True)
    arguments = (tmp_path / "other",) if folder == "other" else ()
    program = Program(tmp_path / "run", source, *arguments)
    out, err = program.process.communicate(timeout=120)
    assert program.process.returncode == 1
    assert out == ""
    (line,) = err.splitlines()
    assert "No haxby2001/subj1/bold.nii.gz in" in line
    assert "first argument" in line
    assert [path.name for path in program.folder.iterdir()] == ["program.py"]


@pytest.mark.parametrize(
    "change",
    [
        {"mask": "face"},
        {"conditions": ("cat", "sofa")},
        {"conditions": ("cat",)},
        {"estimator": "svm"},
        {"cv": "loo"},
        {"samples": "run"},
        {"standardize": "psc"},
        {"lag": 1.0},
        {"lag": 1e300},
    ],
)
def test_what_cannot_be_decoded_has_no_program(change, tmp_path):
    """A spec that cannot be computed is refused with the same kind of message."""
    write_study(tmp_path / "data")
    subject = load_subject("haxby", "1", tmp_path / "data")
    spec = replace(DecodingSpec(subject="1"), **change)
    with pytest.raises(DecodingError):
        make_script(subject, spec)
    with pytest.raises(DecodingError):
        decode.run(subject, spec)
