"""Simulated subjects: made once, whole or not at all, and read like a recording."""

import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from makers import ROOT, simulate_arrays
from nilearn.datasets import fetch_haxby

from decoding import files
from decoding.datasets import load_subject
from decoding.datasets.base import REST
from decoding.datasets.simulated import write as simulation_files
from decoding.datasets.simulated.anatomy import ANATOMY_GRIDS, SCAN_GRIDS, brain_mask, make_tissue
from decoding.datasets.simulated.dataset import FOLDER, SUBJECTS, Simulated, load_truth
from decoding.datasets.simulated.parameters import CATEGORIES, FORMAT, SimulationParameters
from decoding.datasets.simulated.regions import make_head
from decoding.datasets.simulated.timeline import draw_order, make_timeline
from decoding.datasets.simulated.write import NOISE_FRACTION, mean_scan, simulate_subject
from decoding.errors import DataError, DataMissingError, SpecError, UnknownChoiceError
from decoding.output.downloads import subject_zip


@pytest.fixture(scope="session")
def subject(own_cache):
    """Return simulated subject 1, made in the test session's own cache."""
    return load_subject("simulated", "1")


@pytest.fixture(scope="session")
def arrays():
    """Return the same recording as arrays, of the whole brain."""
    return simulate_arrays(0, mask="brain")


def in_new_process(code, cache):
    """Start Python on `code` with a cache of its own; the hash seed differs each time."""
    env = {**os.environ, "DECODING_CACHE": str(cache), "PYTHONHASHSEED": "random"}
    return subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True
    )


def digests(folder):
    """Return a digest of each file below a folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def values(path):
    """Return the stored values of an image."""
    return np.asarray(nib.load(path).dataobj)


def test_subjects_are_six_without_network():
    """All six subjects are offered on a fresh machine."""
    assert Simulated().subjects() == SUBJECTS == ("1", "2", "3", "4", "5", "6")


def test_layout_has_every_name_of_nilearn(subject):
    """The fetcher of nilearn finds all its files in the folder, and asks no server."""
    data_dir = subject.bold[0].parents[2]
    found = fetch_haxby(data_dir, subjects=[1], fetch_stimuli=False, verbose=0)
    assert Path(found.func[0]) == subject.bold[0]
    assert Path(found.anat[0]) == subject.anatomy
    assert Path(found.mask) == subject.masks["brain"].files[0]
    named = {name: getattr(found, f"mask_{name}")[0] for name in subject.masks if name != "brain"}
    assert named == {name: str(subject.masks[name].files[0]) for name in named}
    assert len(named) == 5


def test_subject_says_that_it_is_simulated(subject):
    """The subject, its images and its facts say that nobody was recorded."""
    assert subject.simulated
    for path in subject.bold[0].parent.rglob("*.nii.gz"):
        assert b"simulated" in nib.load(path).header["descrip"].item()
    assert json.loads((subject.truth / "simulation.json").read_text())["simulated"]


def test_recording_holds_what_was_planted(subject, arrays):
    """Each voxel of the file is its mean plus the deviation of the model, rounded."""
    head = make_head(1, "demo")
    level = mean_scan(head, "demo")[head.brain]
    spread = np.float32(NOISE_FRACTION) * np.maximum(level, 0.2 * level.max())
    scan = values(subject.bold[0])
    np.testing.assert_array_equal(scan[head.brain].T, np.rint(arrays.X * spread + level))
    assert not scan[~head.brain].any()
    assert scan.dtype == np.int16


def test_masks_read_back(subject):
    """The masks in the files are those of the model, within the brain and of sensible sizes."""
    head = make_head(1, "demo")
    for name, mask in head.masks.items():
        np.testing.assert_array_equal(values(subject.masks[name].files[0]) > 0, mask)
    brain = values(subject.masks["brain"].files[0]) > 0
    np.testing.assert_array_equal(brain, head.brain)
    assert not (head.masks["vt"] & ~brain).any()


@pytest.mark.parametrize("number", range(1, 7))
def test_masks_lie_where_their_names_say(number):
    """Face masks lie lateral and house masks medial in VT, on both sides, little ones within."""
    head = make_head(number, "demo")
    x = np.abs(head.grid.positions()[0])
    vt, face, house = (head.masks[name] for name in ("vt", "face", "house"))
    assert vt.sum() >= 100
    assert not (face & house).any()
    for name in ("face", "house"):
        whole, little = head.masks[name], head.masks[f"{name}_little"]
        assert not (whole & ~vt).any()
        assert not (little & ~whole).any()
        assert 8 <= little.sum() < whole.sum() < vt.sum() / 2
        assert (whole & (head.grid.positions()[0] < 0)).any()
        assert (whole & (head.grid.positions()[0] > 0)).any()
    assert x[face].mean() > x[house].mean() + 5
    assert head.tissue.gray[vt].mean() > 0.5


def test_full_size_is_haxbys():
    """The full scan has Haxby's grid, as many brain voxels, and a VT mask of 756 in subject 1."""
    grid = SCAN_GRIDS["full"]
    assert grid.shape == (40, 64, 64)
    np.testing.assert_array_equal(np.diag(grid.affine), [-3.5, 3.75, 3.75, 1])
    np.testing.assert_array_equal(grid.affine[:3, 3], [68.25, -118.125, -118.125])
    assert brain_mask("full").sum() == 39_908
    assert make_head(1, "full").masks["vt"].sum() == 756


def test_mean_scan_looks_like_a_brain(subject):
    """Gray matter is brighter than white, and nothing is outside the brain."""
    head = make_head(1, "demo")
    scan = mean_scan(head, "demo")
    assert scan[head.tissue.gray > 0.8].mean() > 1.3 * scan[head.tissue.white > 0.8].mean()
    anatomy = values(subject.anatomy)
    assert 0.2 < (anatomy > 0).mean() < 0.5


@pytest.mark.parametrize("number", range(1, 7))
def test_brains_fit_their_images(number):
    """No anatomy is cut by the edge of its image, and the study's mask covers the brain."""
    anatomy = make_tissue(ANATOMY_GRIDS["demo"], number, split=1).t1
    for axis in range(3):
        assert anatomy.take([0, -1], axis).max() == 0
    head = make_head(number, "demo")
    assert head.tissue.inside[head.brain].sum() > 0.96 * head.tissue.inside.sum()


def test_timeline_is_haxbys(subject):
    """12 runs of 121 volumes; eight blocks of nine volumes at Haxby's volumes, rest between."""
    volumes = subject.volumes
    assert (volumes.groupby("run").size() == 121).all()
    assert volumes["run"].nunique() == 12
    assert (subject.t_r, subject.conditions) == (2.5, CATEGORIES)
    for _, run in volumes.groupby("run"):
        shown = (run["condition"] != REST).to_numpy()
        assert np.flatnonzero(np.diff(shown.astype(int)) == 1).tolist() == [
            5, 20, 34, 48, 62, 77, 91, 105,
        ]  # fmt: skip
        assert shown.sum() == 72
        blocks = run[shown].groupby("block")["condition"]
        assert (blocks.nunique() == 1).all()
        assert sorted(blocks.first()) == list(CATEGORIES)


def test_labels_equal_the_recorded_timeline(subject, recordings):
    """Labels differ from Haxby's subject 1 in the order of the categories only."""
    recorded = (recordings / "labels" / "subj1_labels.txt").read_text().split("\n")
    made = (subject.bold[0].parent / "labels.txt").read_text().split("\n")
    assert recorded[0] == made[0] == "labels chunks"

    def outline(rows):
        return [(row.split()[0] == REST, row.split()[1]) for row in rows[1:] if row]

    assert outline(made) == outline(recorded)
    assert made != recorded


def test_order_is_redrawn():
    """Each run, subject and seed has its own order, and no category prefers a place."""
    orders = np.stack([draw_order(SimulationParameters(seed=seed)) for seed in range(200)])
    rows = orders.reshape(-1, len(CATEGORIES))
    assert len(np.unique(rows, axis=0)) > 0.95 * len(rows)
    counts = np.stack([np.bincount(column, minlength=len(CATEGORIES)) for column in rows.T])
    expected = len(rows) / len(CATEGORIES)
    chi_square = ((counts - expected) ** 2 / expected).sum()
    assert chi_square < 85  # 49 degrees of freedom: exceeded once in 1000 draws
    other = draw_order(SimulationParameters(subject=2))
    assert (other != orders[0]).any()


def test_truth_reads_back(subject, arrays):
    """The planted patterns are kept; face and cat differ in the face patch and nowhere else."""
    truth = load_truth(subject)
    head = make_head(1, "demo")
    np.testing.assert_array_equal(truth.patterns[head.brain], arrays.patterns)
    assert truth.categories == CATEGORIES
    assert (truth.parameters["seed"], truth.parameters["signal"]) == (0, 1.0)
    np.testing.assert_array_equal(truth.informative(("cat", "face")), head.face_patch)
    assert (truth.difference("cat", "face")[head.face_patch] > 0).all()
    everything = truth.informative(CATEGORIES)
    assert not (everything & ~(head.masks["vt"] | head.early)).any()
    assert everything[head.masks["vt"]].all()
    assert everything[head.early].mean() > 0.9
    stored = values(subject.truth / "informative.nii.gz")
    assert stored.shape == (*head.grid.shape, len(CATEGORIES))
    scrambled = stored[..., CATEGORIES.index("scrambledpix")] > 0
    assert scrambled[head.early].mean() > 0.8
    with pytest.raises(UnknownChoiceError, match="'dog'"):
        truth.difference("cat", "dog")


def test_truth_of_a_recording_is_refused(subject):
    """A subject without planted truth gives the remedy."""
    data_dir = subject.bold[0].parents[2]
    recorded = load_subject("haxby", "1", data_dir)
    with pytest.raises(DataMissingError, match="choose a simulated subject"):
        load_truth(recorded)


def test_bytes_are_the_same_in_every_process(subject, tmp_path):
    """A subject made in another process is the same, byte for byte."""
    process = in_new_process(
        "from decoding.datasets import load_subject; print(load_subject('simulated', '1').version)",
        tmp_path,
    )
    printed, _ = process.communicate(timeout=300)
    assert printed.strip() == subject.version
    made = tmp_path / FOLDER / "haxby2001" / "subj1"
    assert digests(made) == digests(subject.bold[0].parent)


def test_two_processes_at_once_make_one_subject(tmp_path):
    """Two first visitors get the same whole subject, and no scratch stays."""
    code = (
        "from decoding.datasets import load_subject; print(load_subject('simulated', '3').version)"
    )
    processes = [in_new_process(code, tmp_path) for _ in range(2)]
    printed = {process.communicate(timeout=300)[0].strip() for process in processes}
    assert [process.returncode for process in processes] == [0, 0]
    assert len(printed) == 1
    study = tmp_path / FOLDER / "haxby2001"
    assert sorted(path.name for path in study.iterdir()) == ["MD5SUMS", "mask.nii.gz", "subj3"]


KILLED_HALF_WAY = """
import os, signal
from decoding.datasets.simulated import write as files
write = files._write_bold
def killed(path, parameters, head, planted, on_progress):
    def kill(percent, _total):
        if percent > 30:
            os.kill(os.getpid(), signal.SIGKILL)
    write(path, parameters, head, planted, kill)
files._write_bold = killed
from decoding.datasets import load_subject
load_subject("simulated", "2")
"""


def test_killed_half_way_leaves_no_subject(tmp_path, monkeypatch):
    """After a kill half-way nothing is read, and the next visitor gets a whole subject."""
    process = in_new_process(KILLED_HALF_WAY, tmp_path)
    process.communicate(timeout=300)
    assert process.returncode == -signal.SIGKILL
    root = tmp_path / FOLDER
    assert Simulated().subjects(root) == ()
    scratch = list((root / "haxby2001").glob(".subj2.*"))
    assert scratch  # the kill came in the middle of the work
    monkeypatch.setenv("DECODING_CACHE", str(tmp_path))
    made = load_subject("simulated", "2")
    assert len(made.volumes) == 1452
    left = sorted(path.relative_to(tmp_path).name for path in tmp_path.glob("*/haxby2001/*"))
    assert left == ["MD5SUMS", "mask.nii.gz", "subj2"]


def test_cancelling_leaves_no_subject(tmp_path):
    """A progress callback that raises stops the work, and nothing is left."""

    def stop(percent, _total):
        raise RuntimeError(percent)

    with pytest.raises(RuntimeError):
        simulate_subject(tmp_path, SimulationParameters(), stop)
    assert not list((tmp_path / "haxby2001").glob("*subj*"))


def test_full_disk_is_told(tmp_path, monkeypatch):
    """A disk without room gives one line with the remedy, and no half subject."""

    def no_room(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(simulation_files, "_write_bold", no_room)
    with pytest.raises(DataError, match="No space left on device"):
        simulate_subject(tmp_path, SimulationParameters())
    assert Simulated().subjects(tmp_path) == ()


def test_folder_is_read_as_simulated_and_as_haxby(subject, tmp_path):
    """A made folder serves both datasets; there its subjects are all there is."""
    data_dir = subject.bold[0].parents[2]
    study = tmp_path / "haxby2001"
    study.mkdir()
    shutil.copytree(subject.bold[0].parent, study / "subj1")
    shutil.copy(subject.masks["brain"].files[0], study)
    assert Simulated().subjects(tmp_path) == ("1",)
    here = load_subject("simulated", "1", tmp_path)
    recorded = load_subject("haxby", "1", tmp_path)
    assert here.version == recorded.version == subject.version
    assert here.simulated
    assert here.truth == study / "subj1" / "truth"
    assert data_dir != tmp_path
    with pytest.raises(
        DataMissingError, match=r"subject 2 is not on disk. Choose one of: '1'\.$"
    ) as e:
        load_subject("simulated", "2", tmp_path)
    assert "simulate --out" in e.value.one_line


@pytest.mark.parametrize("name", ["7", "0", "one"])
def test_unknown_subject(name):
    """A subject beyond the six is refused with the choices."""
    with pytest.raises(UnknownChoiceError, match="Choose from: 1, 2, 3, 4, 5, 6"):
        load_subject("simulated", name)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"subject": 0}, "numbered from 1, not 0"),
        ({"seed": -1}, "seed is -1"),
        ({"signal": -0.5}, "signal is -0.5"),
        ({"signal": float("nan")}, "signal is nan"),
        ({"delay": 40.0}, "delay is 40 s"),
        ({"size": "huge"}, "'huge'. Choose from: demo, full"),
    ],
)
def test_values_that_cannot_be(changes, told):
    """A value that makes no recording is named."""
    with pytest.raises(SpecError, match=told):
        SimulationParameters(**changes)


def test_other_subject_is_never_passed_off(subject):
    """Asking for another seed or size where a subject lies is refused, the same one is kept."""
    data_dir = subject.bold[0].parents[2]
    before = digests(data_dir)
    assert simulate_subject(data_dir, SimulationParameters()) == subject.bold[0].parent
    with pytest.raises(DataError, match="seed 0 instead of 5"):
        simulate_subject(data_dir, SimulationParameters(seed=5))
    with pytest.raises(DataError, match=r"\(27, 36, 30\) voxels"):
        simulate_subject(data_dir, SimulationParameters(subject=99, size="full"))
    assert digests(data_dir) == before


def test_progress_moves_to_the_end(tmp_path):
    """Progress rises to 100 percent."""
    steps = []
    simulate_subject(tmp_path, SimulationParameters(subject=4), lambda *told: steps.append(told))
    assert steps == sorted(steps)
    assert steps[-1] == (100, 100)


def test_zip_is_the_same_each_time_and_reads_back(subject, tmp_path):
    """The .zip has nilearn's layout, the same bytes each time, and gives the same subject."""
    packed = subject_zip(subject)
    os.utime(subject.masks["vt"].files[0])
    assert subject_zip(subject) == packed
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.testzip() is None
        archive.extractall(tmp_path)
    unpacked = load_subject("simulated", "1", tmp_path)
    assert unpacked.version == subject.version
    fetch_haxby(tmp_path, subjects=[1], fetch_stimuli=False, verbose=0)
    assert unpacked.masks["brain"].files == (tmp_path / "haxby2001" / "mask.nii.gz",)
    assert load_truth(unpacked).parameters["format"] == FORMAT


def test_arrays_and_files_share_the_timeline(subject, arrays):
    """The arrays come with the volumes table of the files."""
    assert arrays.volumes.equals(subject.volumes)
    order = draw_order(SimulationParameters())
    assert make_timeline(order).equals(subject.volumes)


@pytest.mark.slow
def test_a_kept_subject_that_was_damaged_is_made_anew(tmp_path, monkeypatch):
    """Labels that were changed in the cache are no other subject: it is made again as it was."""
    monkeypatch.setenv("DECODING_CACHE", str(tmp_path))
    subject = load_subject("simulated", "1")
    labels = subject.bold[0].parent / "labels.txt"
    labels.write_text(labels.read_text().replace("face", "shoe"))
    monkeypatch.setattr(files, "_CHECKED", set())
    assert load_subject("simulated", "1").version == subject.version


def test_no_more_subjects_are_offered_or_made_than_the_operator_allows(monkeypatch):
    """Beyond the limit a subject is unknown, on pages and on the command line."""
    monkeypatch.setenv("VOXELSCOPE_SIMULATED", "2")
    assert Simulated().subjects() == Simulated().published == ("1", "2")
    with pytest.raises(UnknownChoiceError, match="Choose from: 1, 2"):
        Simulated().load("3")
