"""Own images as samples: betas with a table decode as the same samples read by hand."""

import json
import subprocess
import sys
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
from nilearn.glm.first_level import FirstLevelModel
from nilearn.image import index_img
from nilearn.maskers import NiftiMasker
from nilearn.masking import apply_mask
from sklearn.model_selection import LeaveOneGroupOut, cross_val_score
from sklearn.svm import SVC

from decoding.analyses import check, decode, permute, weights
from decoding.analyses.choices.analysis import Values
from decoding.analyses.choices.universe import make_universe
from decoding.analyses.searchlight import analysis as searchlight
from decoding.choices import settle
from decoding.cli.main import main
from decoding.cross_validation import CV_SCHEMES
from decoding.datasets import load_subject
from decoding.datasets.base import worded
from decoding.datasets.images import read_subject
from decoding.datasets.labels import read_labels, trials_from_volumes
from decoding.errors import DataError, DataMissingError, SpecError
from decoding.numbers import counts_text
from decoding.output.script.program import make_script
from decoding.output.script.region import region_code
from decoding.output.text.wording import (
    answer_text,
    preparation_text,
    samples_text,
    scheme_text,
)
from decoding.recording.voxels import open_voxels
from decoding.settings import SETTINGS
from decoding.spec import Categories, DecodingSpec

SPEC = DecodingSpec(
    dataset="images", subject="1", mask="brain", standardize="none", conditions=("cat", "face")
)


def write_images(folder, values, labels, runs, *, parted="\t", end=".tsv", names=None):
    """Write images (x, y, z, n) and their table: one 4D file, or one a row where it has names."""
    folder.mkdir(parents=True, exist_ok=True)
    image = nib.Nifti1Image(values, np.diag([3.0, 3.0, 3.0, 1.0]))
    columns = {"label": labels, "run": runs}
    if names is None:
        nib.save(image, folder / "betas.nii.gz")
    else:
        columns["file"] = names
        for i, name in enumerate(names):
            nib.save(index_img(image, i), folder / name)
    rows = [parted.join(map(str, row)) for row in zip(*columns.values(), strict=True)]
    (folder / f"images{end}").write_text("\n".join([parted.join(columns), *rows]) + "\n")
    return folder


@pytest.fixture
def folder(tmp_path):
    """Return a folder of 4 runs with three images of each of two categories."""
    rng = np.random.default_rng(0)
    labels = ["cat", "face", "cat", "face", "face", "cat", "face", "cat", "cat", "face"] * 4
    runs = np.repeat([1, 2, 3, 4], 10)
    values = rng.standard_normal((4, 4, 3, 40)).astype(np.float32)
    values[..., np.array(labels) == "face"] += 0.8
    values[0] = np.nan
    return write_images(tmp_path / "mine", values, labels, runs)


@pytest.fixture(scope="module")
def betas(recordings):
    """Return nilearn's betas of the half slice: images (x, y, z, n), labels and runs."""
    study = recordings / "slice" / "haxby2001"
    scan, mask = nib.load(study / "subj1" / "bold.nii.gz"), nib.load(study / "mask.nii.gz")
    volumes = read_labels(study / "subj1" / "labels.txt")
    trials = trials_from_volumes(volumes, 2.5)
    images, labels, runs = [], [], []
    for run, of_run in trials.groupby("run"):
        model = FirstLevelModel(
            t_r=2.5, noise_model="ols", hrf_model="glover", high_pass=0.01, signal_scaling=0,
            mask_img=NiftiMasker(mask, standardize=None).fit(), standardize=False,
        )  # fmt: skip
        events = of_run.rename(columns={"condition": "trial_type"})
        model.fit(
            index_img(scan, (volumes["run"] == run).to_numpy()),
            events=events[["onset", "duration", "trial_type"]],
        )
        for name in events["trial_type"]:
            images.append(model.compute_contrast(name, output_type="effect_size"))
            labels.append(name)
            runs.append(run)
    values = np.stack([np.asarray(image.dataobj).squeeze() for image in images], axis=-1)
    return values.reshape(*scan.shape[:3], -1), labels, runs, mask


@pytest.mark.recordings
@pytest.mark.slow
@pytest.mark.parametrize("single", [False, True])
def test_betas_decode_as_read_by_hand(betas, tmp_path, single):
    """One 4D image or one a row: the scores of nilearn's masking and scikit-learn's loop."""
    values, labels, runs, mask = betas
    names = [f"beta_{i:03d}.nii.gz" for i in range(len(labels))] if single else None
    folder = write_images(tmp_path / "betas", values, labels, runs, names=names)
    nib.save(nib.Nifti1Image(np.asarray(mask.dataobj), np.diag([3.0, 3.0, 3.0, 1.0])),
             folder / "mask.nii.gz")  # fmt: skip
    subject = load_subject("images", "1", folder)
    ours = decode.run(subject, SPEC)
    X = apply_mask(nib.Nifti1Image(values, mask.affine), mask, dtype=np.float64)
    chosen = np.isin(labels, ["cat", "face"])
    theirs = cross_val_score(
        SVC(kernel="linear"), X[chosen], np.array(labels)[chosen],
        groups=np.array(runs)[chosen], cv=LeaveOneGroupOut(),
    )  # fmt: skip
    assert ours.fold_scores == theirs.tolist()
    assert ours.n_samples == 24
    program = tmp_path / "exported.py"
    program.write_text(make_script(subject, SPEC))
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == ours.fold_scores


def test_images_give_what_needs_no_time(folder):
    """Scores, null, checks and weights; each image is a block of its own; NaN is no brain."""
    subject = load_subject("images", "1", folder)
    result = decode.run(subject, SPEC)
    assert (result.n_samples, result.n_blocks) == (40, 40)
    assert open_voxels(subject).mask_rows("brain").size == 3 * 4 * 3
    assert permute.run(subject, SPEC, permute.Options(permutations=99)).p_value < 0.05
    checks = check.run(subject, SPEC).checks
    assert not [one for one in checks if one.status == "fail"]
    moot = [one.check for one in checks if one.status == "moot"]
    assert moot == ["order_within_runs", "lag_within_block", "regressors"]
    assert weights.run(subject, SPEC) is not None
    assert subject.notes == () and not subject.has_rest


def test_columns_are_taken_by_their_names_or_chosen(folder):
    """Others' names for category and run are known and told; a choice wins, and is another table.

    The exported program takes the same columns.
    """
    table = folder / "images.tsv"
    rows = [line.split("\t") for line in table.read_text().splitlines()[1:]]
    halves = ["\t".join([label, run, str(int(run) % 2 + 1)]) for label, run in rows]
    table.write_text("\n".join(["Condition\tchunk\tsession", *halves, ""]))
    usual = load_subject("images", "1", folder)
    assert usual.n_runs == 4 and usual.conditions == ("cat", "face")
    assert [note.note for note in usual.notes] == [
        "What an image shows is read from the column 'Condition', its run from 'chunk'. 'session' "
        "could say it too."
    ]
    chosen = read_subject("1", folder, Categories(run="session"))
    assert chosen.n_runs == 2 and chosen.version != usual.version
    assert "'2'" in chosen.notes[0].example
    program = make_script(chosen, replace(SPEC, cv="leave_one_run_out"))
    assert "runs = table['session']" in program and "label = table['Condition']" in program
    for asked, words in (
        (Categories(column="chunk", run="chunk"), "cannot say both"),
        (Categories(column="shape"), "no column 'shape', but Condition, chunk, session"),
    ):
        with pytest.raises(DataError, match=words):
            read_subject("1", folder, asked)


def test_images_are_called_images(folder):
    """What samples are, in sentence, answer, checks and methods; their block means are they."""
    subject = load_subject("images", "1", folder)
    spec, _, told = settle(
        replace(SPEC, samples="block", standardize="run"), SPEC, lambda _: subject
    )
    result = decode.run(subject, spec)
    assert spec.samples == "volume" and not told
    assert preparation_text(spec, subject) == "images, scaled within runs"
    assert samples_text(result) == "images" and "% of the images were" in answer_text(result)
    found = check.run(subject, spec)
    assert not [one.message for one in found.checks if "volume" in one.message]
    assert SETTINGS["samples"].choices(subject) == ["volume"]
    _, _, told = settle(replace(SPEC, samples="lsa"), SPEC, lambda _: subject)
    assert told == [
        "LSA betas are made of scans in time. Of subject 1 its images are no series in time. They "
        "are decoded as they are."
    ]
    ticked = Values().on(spec)
    universe = make_universe(subject, spec, ticked)
    assert ticked["samples"] == ("volume", "block") and universe.values["samples"] == ("volume",)
    assert ticked["detrend"] == (False, True) and universe.values["detrend"] == (False,)
    assert not [why for why in universe.left_out if "trend" in why]
    with pytest.raises(SpecError, match="no trend to remove"):
        make_universe(subject, spec, {**ticked, "detrend": (True,)})
    assert [*SETTINGS["detrend"].choices(subject)] == [False]
    n = result.n_samples
    counted = counts_text(n, result.n_blocks, subject.each_block)
    assert counted == f"{n} samples of {n} images."
    told = [scheme_text(scheme, subject) for scheme in CV_SCHEMES.values()]
    assert not [text for text in told if " s apart" in text or "olume" in text]


@pytest.mark.parametrize("mask", ["sphere:4.5,4.5,3,3.7", "label:parts:gyrus", "label:parts:2"])
def test_regions_of_images_are_masks(folder, mask):
    """A sphere and a label hold the voxels counted by hand, in scores and in the program."""
    parts = np.zeros((4, 4, 3), np.int16)
    parts[1:3, 1:3] = 2
    parts[3] = 1
    affine = np.diag([3.0, 3.0, 3.0, 1.0])
    nib.save(nib.Nifti1Image(parts, affine), folder / "parts_dseg.nii.gz")
    (folder / "parts_dseg.tsv").write_text("index\tname\n1\tgyrus\n")
    places = nib.affines.apply_affine(affine, np.argwhere(np.ones(parts.shape)))
    near = (np.linalg.norm(places - (4.5, 4.5, 3), axis=1) <= 3.7).reshape(parts.shape)
    inside = near if mask.startswith("sphere") else parts == (2 if mask.endswith("2") else 1)
    inside[0] = False  # no brain
    subject, spec = load_subject("images", "1", folder), replace(SPEC, mask=mask)
    values = nib.load(folder / "betas.nii.gz")
    X = apply_mask(values, nib.Nifti1Image(inside.astype(np.uint8), affine), dtype=np.float64)
    y, runs = (subject.volumes[name].to_numpy() for name in ("condition", "run"))
    theirs = cross_val_score(
        SVC(kernel="linear"), X, y.astype(str), groups=runs, cv=LeaveOneGroupOut()
    )
    assert decode.run(subject, spec).fold_scores == theirs.tolist()
    brain = nib.Nifti1Image(np.isfinite(values.get_fdata()[..., 0]).astype(np.uint8), affine)
    names = {"nib": nib, "np": np, "root": folder, "mask": brain}
    exec(region_code(subject, spec), names)
    assert np.array_equal(names["mask"].get_fdata() != 0, inside)
    assert region_code(subject, spec) in make_script(subject, spec)
    assert set(SETTINGS["mask"].choices(subject)) == {"brain", "label:parts:gyrus", "label:parts:2"}
    (folder / "parts_dseg.nii.gz").write_bytes(b"no")
    damaged = load_subject("images", "1", folder)
    assert damaged.version != subject.version
    assert list(SETTINGS["mask"].choices(damaged)) == ["brain"]


def test_what_needs_time_is_refused(folder):
    """Betas, lags and detrending have no meaning for maps, and say so."""
    subject = load_subject("images", "1", folder)
    for change in ({"samples": "lsa"}, {"lag": 1.0}, {"detrend": True}):
        spec = replace(SPEC, estimator="gnb", **change)
        with pytest.raises(SpecError):
            decode.run(subject, spec)
        with pytest.raises(SpecError):
            searchlight.run(subject, spec, searchlight.Options())
        with pytest.raises(SpecError):
            make_script(subject, spec)


def test_other_tables(folder, tmp_path):
    """A CSV table, other words, runs with names, rows in any order, rows without a label."""
    values = np.asarray(nib.load(folder / "betas.nii.gz").dataobj)[..., :24]
    labels = ["cat", "face", "n/a"] * 8
    runs = ["evening", "morning", "noon", "night"] * 6
    other = write_images(
        tmp_path / "sub-9", values, labels, runs, parted=",", end=".csv",
        names=[f"t_{i}.nii" for i in range(24)],
    )  # fmt: skip
    table = other / "images.csv"
    table.write_text(table.read_text().replace("label,run,file", "Category, chunks, file"))
    (one, other_one) = (load_subject("images", name, tmp_path) for name in ("9", "mine"))
    assert one.conditions == ("cat", "face") and len(one.trials) == 16
    assert one.volumes["run"].tolist() == [1, 2, 4, 3] * 6
    assert [note.count for note in one.notes] == [24, 4, 8]
    assert other_one.notes == ()
    assert decode.run(one, SPEC).n_samples == 16


def change(path, old, new):
    """Replace a text in a file."""
    path.write_text(path.read_text().replace(old, new))


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda f: change(f / "images.tsv", "label", "kind"), "no column 'label', but kind, run"),
        (lambda f: change(f / "images.tsv", "cat\t1\n", "cat\t1\tx\n"), "row 2, has 3 values"),
        (lambda f: change(f / "images.tsv", "face\t4\n", ""), "35 rows but betas.nii.gz holds 40"),
        (lambda f: (f / "betas.nii.gz").rename(f / "a_mask.nii.gz"), "beside it is 0 images"),
        (lambda f: change(f / "images.tsv", "label\trun", "label\tfile"), "no column 'run'"),
        (lambda f: change(f / "images.tsv", "cat", "n/a") or change(f / "images.tsv", "face", ""),
         "names no category"),
    ],
)  # fmt: skip
def test_tables_that_do_not_fit_are_refused(folder, spoil, words, capsys):
    """What is wrong is said with its value and what is needed, in one line."""
    spoil(folder)
    with pytest.raises(DataError, match=words):
        load_subject("images", "1", folder)
    assert main(["decode", "--dataset", "images", "--subject", "1", "--data-dir", str(folder)]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_a_folder_without_a_table_says_what_is_needed(tmp_path):
    """The message names the table and its columns."""
    with pytest.raises(DataMissingError, match=r"holds no images\.tsv") as caught:
        load_subject("images", "1", tmp_path)
    assert "its label and its run" in caught.value.one_line


@pytest.mark.parametrize("standardize", ["run", "all", "none"])
def test_the_order_of_rows_changes_nothing(folder, tmp_path, standardize):
    """Images sorted by category, runs apart, give what they give run by run; the program too."""
    values = np.asarray(nib.load(folder / "betas.nii.gz").dataobj)[1:]
    values = values + 5 * np.repeat([0, 1, 2, 3], 10)  # what only a run's own scaling takes away
    values[0, 0, 0, :] = np.repeat([0, 1, 0, 0], 10) * np.arange(40)  # still in three runs
    labels, runs = ["cat", "face", "face", "cat", "cat"] * 8, np.repeat([1, 2, 3, 4], 10)
    spec, found = replace(SPEC, standardize=standardize), []
    for name, order in (("runs", np.arange(40)), ("labels", np.argsort(labels, kind="stable"))):
        own = write_images(
            tmp_path / name, values[..., order], np.array(labels)[order], runs[order]
        )
        subject = load_subject("images", "1", own)
        found.append(
            (
                decode.run(subject, spec),
                searchlight.run(subject, spec, searchlight.Options(radius=5.0)),
            )
        )
        still = next(one for one in check.run(subject, spec).checks if one.check == "still_voxels")
        assert still.status == "warn"
        assert "run 1 (1 of 36 voxels), run 3 (1 of 36 voxels) and run 4" in still.message
    (by_run, by_run_map), (by_label, by_label_map) = found
    assert by_label.fold_scores == by_run.fold_scores
    np.testing.assert_array_equal(by_label_map.scores, by_run_map.scores)
    if standardize == "run":
        program = tmp_path / "exported.py"
        program.write_text(make_script(subject, spec))
        done = subprocess.run(
            [sys.executable, program], capture_output=True, text=True, check=False
        )
        assert json.loads(done.stdout.splitlines()[-1]) == by_label.fold_scores, done.stderr


def test_an_image_without_a_value_is_named_by_its_row(folder):
    """An image of zeros and one that is no number are found, however many voxels are."""
    values = np.asarray(nib.load(folder / "betas.nii.gz").dataobj)
    values[..., 3], values[..., 7] = np.nan, 0
    write_images(folder, values, ["cat", "face"] * 20, np.repeat([1, 2, 3, 4], 10))
    found = check.run(load_subject("images", "1", folder), SPEC).checks
    (told,) = [one for one in found if one.check == "still_voxels"]
    assert told.status == "fail" and "in row 5 of the table and row 9 of the table." in told.message


def test_a_table_of_another_encoding_is_refused(folder):
    """What to do is said, not what the codec met."""
    (folder / "images.tsv").write_bytes("label\trun\nMöbel\t1\n".encode("cp1252"))
    with pytest.raises(DataError, match=r"^images\.tsv is not UTF-8 text; save it as UTF-8\.$"):
        load_subject("images", "1", folder)


def test_runs_with_names_are_numbered_as_a_reader_sorts_them(folder):
    """ses-2 comes before ses-10 whatever the order of rows, and the note says which is which."""
    names = np.array(["ses-10", "ses-2", "ses-1"])[np.arange(40) % 3]
    values = np.asarray(nib.load(folder / "betas.nii.gz").dataobj)
    write_images(folder, values, ["cat", "face"] * 20, names)
    subject = load_subject("images", "1", folder)
    assert subject.volumes["run"].tolist()[:4] == [3, 2, 1, 3]
    assert "'ses-1' is run 1, 'ses-2' is run 2 and 'ses-10' is run 3." in subject.notes[0].note


def test_defaults_that_nobody_typed_give_way(folder, capsys):
    """Without a mask or categories the folder's own are taken; a typed one is refused."""
    change(folder / "images.tsv", "cat", "chair")
    change(folder / "images.tsv", "face", "house")
    taken = ["decode", "--dataset", "images", "--subject", "1", "--data-dir", str(folder), "--json"]
    assert main(taken) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["spec"]["mask"], told["classes"]) == ("brain", ["chair", "house"])
    assert main([*taken, "--mask", "vt"]) == 2
    assert main([*taken, "--conditions", "cat", "face"]) == 2
    assert "Unknown category 'cat'" in capsys.readouterr().err


def test_words_on_volumes_are_on_images_and_names_stay():
    """A category whose name has the word in it keeps its name."""
    told = worded("12 volumes, each volume-wise, of volume_up and Volume", "image")
    assert told == "12 images, each image-wise, of volume_up and Volume"
