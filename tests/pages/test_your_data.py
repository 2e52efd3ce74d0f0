"""Your data: files are told, read, mended and used on every page; what is wrong is said first."""

import gzip
import threading
import time
from html import unescape

import numpy as np
import pytest
from apptest import says, texts
from makers import SHAPE, design, half_mask, labels_text, signal, write_image

from decoding.analyses import decode
from decoding.datasets import load_subject
from decoding.datasets.base import REST
from decoding.numbers import score_text
from decoding.recording import table
from decoding.recording.voxels import open_voxels
from decoding.spec import DecodingSpec
from pages.components import opening

PAGE = "pages/your_data.py"
CATEGORIES = ("cat", "face", "shoe")


@pytest.fixture
def study(tmp_path):
    """Write a BIDS folder of four runs with events that have a second column; return its path."""
    func = tmp_path / "study" / "sub-1" / "func"
    for run in range(1, 5):
        conditions, _ = design(n_runs=1, categories=tuple(np.roll(CATEGORIES, run)))
        stem = func / f"sub-1_task-see_run-{run}"
        write_image(f"{stem}_bold.nii.gz", signal(conditions, seed=run))
        starts = np.flatnonzero((conditions[1:] != conditions[:-1]) & (conditions[1:] != REST)) + 1
        kinds = np.where(conditions == "shoe", "thing", "alive")
        rows = [f"{2.5 * i}\t7.5\t{conditions[i]}\t{kinds[i]}" for i in starts]
        table = "\n".join(["onset\tduration\ttrial_type\tkind", *rows, ""])
        func.joinpath(f"{stem.name}_events.tsv").write_text(table)
    description = '{"Name": "test", "BIDSVersion": "1.8.0"}'
    (tmp_path / "study" / "dataset_description.json").write_text(description)
    return tmp_path / "study"


def files_of(folder):
    """Return what a visitor brings who picks all files of a folder."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [(path.name, path.read_bytes(), "") for path in found]


def bring(at, files):
    """Bring files to the page."""
    (uploader,) = at.file_uploader
    return uploader.set_value(files).run()


def click(at, label):
    """Click a button by its words."""
    (button,) = (one for one in at.button if one.label == label)
    return button.click().run()


def test_scans_are_read_and_decoded_as_on_the_command_line(open_page, study):
    """Promises stand before the uploader; what is read is said; scores are those of the folder."""
    at = open_page(PAGE, DecodingSpec(subject="1"))
    order = [one.value if one.type == "markdown" else one.type for one in at]
    promise = next(i for i, text in enumerate(order) if text.startswith("Your files stay in this"))
    assert promise < order.index("file_uploader")
    at = click(bring(at, files_of(study)), "Read these files")
    assert not at.exception and not at.error
    assert says(at, "68 volumes in 4 runs, with 12 trials: 4 cat, 4 face and 4 shoe.")
    at = click(at, "Use them on every page")
    assert not at.exception and not at.error
    assert at.selectbox(key="choose_dataset").value == "own"
    assert says(at, "68 volumes in 4 runs, one every 2.5 s. Categories: cat, face and shoe.")
    assert [one.value for one in at.header][-4:] == [
        "3. What counts as a category", "4. Where to look", "5. Is the recording steady?",
        "6. Decode it",
    ]  # fmt: skip
    at = at.switch_page("pages/decode.py").run()
    spec = DecodingSpec(dataset="bids", subject="1", mask="brain")
    expected = decode.run(load_subject("bids", "1", study), spec).accuracy
    shown = {one.label: one.value for one in at.metric}
    assert shown["Accuracy"] == score_text(expected)


def test_scans_are_used_though_their_owner_has_gone_to_another_page(open_page, study, monkeypatch):
    """That page says whose numbers it shows meanwhile, and shows the scans once they are read."""
    may_read = threading.Event()

    def read(*arguments):
        assert may_read.wait(60)
        return open_voxels(*arguments)

    at = open_page(PAGE, DecodingSpec(subject="1"))
    monkeypatch.setattr(opening, "EARLY_S", 0.1)
    monkeypatch.setattr(opening, "open_voxels", read)
    at = click(bring(at, files_of(study)), "Read these files")
    assert not says(at, "What next?")
    at = click(at, "Use them on every page")
    at = at.switch_page("pages/decode.py").run()
    assert says(at, "is still being read. Until then this page shows")
    assert at.selectbox(key="choose_dataset").value != "own"
    may_read.set()
    until = time.monotonic() + 60
    while at.selectbox(key="choose_dataset").value != "own" and time.monotonic() < until:
        time.sleep(0.2)
        at = at.run()
    assert at.selectbox(key="choose_subject").value == "my scan"
    assert not at.exception and not says(at, "is still being read")


def test_types_become_categories(open_page, study):
    """Another column, one name for two types, and an empty name: before use, and after."""
    at = open_page(PAGE, DecodingSpec(subject="1"))
    at = click(bring(at, files_of(study)), "Read these files")
    column = next(one for one in at.selectbox if one.label.startswith("Which column"))
    at = column.set_value("kind").run()
    assert says(at, "with 12 trials: 8 alive and 4 thing.")
    column = next(one for one in at.selectbox if one.label.startswith("Which column"))
    at = column.set_value("trial_type").run()
    named = {one.label: one for one in at.text_input}
    named["cat (4 rows)"].set_value("animal")
    named["face (4 rows)"].set_value("animal")
    at = click(at, "Take these names")
    assert says(at, "8 animal and 4 shoe.")
    at = click(at, "Use them on every page")
    assert not at.error and at.selectbox(key="choose_second").value in ("animal", "shoe")
    {one.label: one for one in at.text_input}["face (4 rows)"].set_value("")
    at = click(at, "Take these names")
    assert says(at, "Categories: animal and shoe.") and not at.error
    assert any("'face' is left out" in unescape(one.proto.body) for one in at.get("html"))


def test_one_category_is_said_before_use(open_page, study):
    """With the way to mend it; until then the scans cannot be used, and then they can."""
    at = open_page(PAGE, DecodingSpec(subject="1"))
    at = click(bring(at, files_of(study)), "Read these files")
    for kind in ("face", "shoe"):
        {one.label: one for one in at.text_input}[f"{kind} (4 rows)"].set_value("")
    at = click(at, "Take these names")
    (fault,) = at.error
    assert "Only 'cat' is left as a category" in fault.value
    assert at.button(key="own_use").disabled
    {one.label: one for one in at.text_input}["shoe (4 rows)"].set_value("shoe")
    at = click(at, "Take these names")
    assert not at.error and not at.button(key="own_use").disabled


def test_a_second_scan_has_a_name_of_its_own_unless_it_is_to_replace(open_page, study):
    """What waits says whose numbers stand below; a name in use is told before it is taken."""
    at = open_page(PAGE, DecodingSpec(subject="1"))
    at = click(click(bring(at, files_of(study)), "Read these files"), "Use them on every page")
    at = bring(at, files_of(study))
    (name,) = (one for one in at.text_input if one.label == "Call it")
    assert name.value == "my scan 2"
    assert any("Until the files above are read, all below is of 'my scan'" in t for t in texts(at))
    replaced = "using these files replaces 'my scan' (68 volumes)"
    assert not any(replaced in text for text in texts(at))
    at = name.set_value("my scan").run()
    assert any(replaced in text for text in texts(at))
    at = click(at, "Read these files")
    assert any(replaced in one.value for one in at.warning)


def test_a_lost_run_is_in_sight_where_the_rest_is_too_little(open_page, study):
    """The page that cannot decode names it, with its shape, and leads to Your data."""
    conditions, _ = design(n_runs=1, categories=CATEGORIES)
    other = study / "sub-1" / "func" / "sub-1_task-see_run-2_bold.nii.gz"
    write_image(other, signal(conditions, shape=(4, 4, 4)))
    for path in study.rglob("*run-[34]*"):
        path.unlink()
    at = open_page(PAGE, DecodingSpec(subject="1"))
    at = click(bring(at, files_of(study)), "Read these files")
    (lost,) = at.warning
    assert "1 run was left out" in lost.value and "run-2" in lost.value
    assert {one.label for one in at.text_input} >= {"cat (1 row)", "face (1 row)"}
    at = click(at, "Use them on every page").switch_page("pages/decode.py").run()
    assert any("run-2" in one.value for one in at.warning)
    assert any("needs 2 runs" in one.value for one in at.error)
    assert any("Your data, where" in one.proto.label for one in at.get("page_link"))


def without(name):
    """Return what takes files out whose name holds a word."""
    return lambda files: [file for file in files if name not in file[0]]


def with_text(name, content):
    """Return what adds a file."""
    return lambda files: [*files, (name, content, "")]


def cut(files):
    """Cut a recording short."""
    return [(n, c[: len(c) // 2] if "run-2_bold" in n else c, t) for n, c, t in files]


FAULTS = {
    "no events": (without("events"), "Nothing says what was shown. Add events"),
    "no scan": (without("bold"), "There is no recording"),
    "labels too": (
        with_text("labels.txt", labels_text(*design()).encode()),
        "There are events and labels",
    ),
    "cut": (cut, "run-2_bold.nii.gz"),
    "too large": (
        with_text("run-9_bold.nii.gz", gzip.compress(np.random.default_rng(0).bytes(2 << 20))),
        "run-9_bold.nii.gz",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_said_before_anything_is_decoded(open_page, study, monkeypatch, fault):
    """Each fault names the file or what is missing, and what to do; nothing is kept."""
    monkeypatch.setenv("VOXELSCOPE_UPLOAD_MB", "1")
    spoil, words = FAULTS[fault]
    at = open_page(PAGE, DecodingSpec(subject="1"))
    at = bring(at, spoil(files_of(study)))
    for label in ("Read these files", "Use them on every page"):
        if not at.error and label in [one.label for one in at.button]:
            at = click(at, label)
    assert not at.exception
    assert any(words in one.value.replace("\\", "") for one in at.error), [
        e.value for e in at.error
    ]
    assert at.selectbox(key="choose_dataset").value == "haxby"


def test_a_refusal_leaves_a_way_to_begin_anew(open_page, study, monkeypatch):
    """The limits are said before; files are let go by one click, refused or not."""
    monkeypatch.setenv("VOXELSCOPE_UPLOAD_MB", "1")
    at = open_page(PAGE, DecodingSpec(subject="1"))
    assert any("1 MB, and 4 MB when it is unpacked" in text for text in texts(at))
    assert "Start again with no files" not in [one.label for one in at.button]
    refused = FAULTS["too large"][0]
    at = bring(at, refused(files_of(study)))
    assert at.error and "Read these files" not in [one.label for one in at.button]
    at = click(at, "Start again with no files")
    assert not at.error and not at.file_uploader[0].value
    at = click(bring(at, files_of(study)), "Start again with no files")
    assert not at.error and not at.file_uploader[0].value
    at = click(bring(at, files_of(study)), "Read these files")
    assert says(at, "68 volumes in 4 runs")


def test_files_are_listed_by_run_with_their_sizes(open_page):
    """Run 2 stands before run 10, a small file has a size, and all are counted."""
    files = [(f"run-{run}_events.tsv", b"onset\tduration\n" * run, "") for run in (10, 2)]
    at = bring(open_page(PAGE, DecodingSpec(subject="1")), files)
    assert says(at, "2 files, 180 bytes in all.")
    (listed,) = [one.value for one in at.dataframe if "is taken for" in one.value]
    assert [*listed["file"]] == ["run-2_events.tsv", "run-10_events.tsv"]
    assert [*listed["size"]] == ["30 bytes", "150 bytes"]


def test_labels_that_are_too_short_are_changed_beside_the_scan(open_page, tmp_path):
    """The scan stays in the uploader: only the labels are brought again."""
    conditions, runs = design()
    scan = write_image(tmp_path / "scan.nii.gz", signal(conditions)).read_bytes()
    whole = labels_text(conditions, runs).encode()
    short = whole.rsplit(b"\n", 3)[0]
    at = open_page(PAGE, DecodingSpec(subject="1"))
    files = [("scan.nii.gz", scan, ""), ("labels.txt", short, "")]
    at = click(bring(at, files), "Read these files")
    (fault,) = at.error
    assert "labels.txt has" in fault.value and at.file_uploader[0].value
    assert "What your files hold" not in " ".join(one.value for one in at.header)
    at = click(bring(at, [files[0], ("labels.txt", whole, "")]), "Read these files")
    assert not at.error and "2. What your files hold" in [one.value for one in at.header]


def test_images_with_a_table_are_read_too(open_page, tmp_path):
    """Betas and a mask: there is a carpet, and it is said that there is no time."""
    conditions, runs = design(rest=0, block=1)
    files = []
    for i, values in enumerate(np.moveaxis(signal(conditions), 3, 0)):
        path = write_image(tmp_path / f"beta_{i}.nii", values.astype(np.float32))
        files.append((path.name, path.read_bytes(), ""))
    rows = [
        f"beta_{i}.nii,{c},{r},{'ab'[r % 2]}"
        for i, (c, r) in enumerate(zip(conditions, runs, strict=True))
    ]
    files.append(("table.csv", "\n".join(["file,label,run,session", *rows, ""]).encode(), ""))
    mask = write_image(tmp_path / "left_mask.nii.gz", half_mask(SHAPE).astype(np.uint8))
    files.append((mask.name, mask.read_bytes(), ""))
    at = open_page(PAGE, DecodingSpec(subject="1"))
    at = click(bring(at, files), "Read these files")
    asks = {one.label: one for one in at.selectbox if one.label.startswith("Which column")}
    assert [one.value for one in asks.values()] == ["label", "run"]
    at = asks["Which column says the run?"].set_value("session").run()
    assert says(at, "12 images in 2 runs: ")
    at = at.selectbox(key=asks["Which column says the run?"].key).set_value("run").run()
    at = click(at, "Use them on every page")
    assert not at.exception and not at.error
    assert says(at, "12 images in 4 runs") and says(at, "no series in time: no signal-to-noise")
    assert len(at.get("plotly_chart")) == 2
    assert "left" in at.selectbox(key="choose_mask").options


def test_a_mask_is_taken_where_no_brain_is_found(open_page, study, monkeypatch):
    """A scan that looks nowhere like a brain is decoded from the mask that came with it."""
    monkeypatch.setattr(table, "_compute_brain_mask", lambda mean, _: np.zeros(mean.shape, bool))
    write_image(study / "left_mask.nii.gz", half_mask(SHAPE).astype(np.uint8))
    at = bring(open_page(PAGE, DecodingSpec(subject="1")), files_of(study))
    at = click(click(at, "Read these files"), "Use them on every page")
    assert not at.exception and not at.error
    assert at.selectbox(key="choose_mask").value == "left"


def test_scans_that_come_leave_alone_what_the_link_fixes(open_page, study):
    """A fixed mask that they have not keeps the page as it is; they wait, and it is said why."""
    at = open_page(PAGE, DecodingSpec(subject="1"), lock="mask")
    at = click(click(bring(at, files_of(study)), "Read these files"), "Use them on every page")
    assert not at.exception and not at.error
    assert at.selectbox(key="choose_dataset").value == "haxby"
    told = "my scan is here, but not shown. Whoever made this link fixed: mask."
    assert told in " ".join(one.value for one in at.info)
    at = click(at, "Look at my scan")
    assert at.selectbox(key="choose_dataset").value == "haxby"
    assert told in " ".join(one.value for one in at.info)


def test_a_scan_is_deleted_and_a_reload_names_it(open_page, study):
    """Deleting goes back to what there was; in another visit its link says what is missing."""
    at = open_page(PAGE, DecodingSpec(subject="1"))
    at = click(click(bring(at, files_of(study)), "Read these files"), "Use them on every page")
    again = open_page(PAGE, DecodingSpec(dataset="own", subject="my scan"))
    assert any("my scan" in one.value for one in again.info), [one.value for one in again.info]
    at = click(at, "Delete my scan")
    assert not at.exception and not at.info and not at.error
    assert at.selectbox(key="choose_dataset").value != "own"
    assert "Delete my scan" not in [one.label for one in at.button]
    assert not any("my scan" in text for text in texts(at))


def test_scans_of_the_server_take_categories_of_ones_own(open_page, study, monkeypatch):
    """They are read as an upload is, in this visit only; deleting that leaves the folder alone."""
    monkeypatch.setenv("VOXELSCOPE_BIDS", str(study))
    at = click(open_page(PAGE, DecodingSpec(subject="1")), "Choose their categories")
    assert not at.exception and not at.error
    at.text_input(key=next(one.key for one in at.text_input if "(4 rows)" in one.label)).set_value(
        "x"
    )
    at = click(click(at, "Take these names"), "Use them on every page")
    assert not at.exception and not at.error
    assert says(at, "68 volumes in 4 runs, one every 2.5 s. Categories: face, shoe and x.")
    assert at.selectbox(key="choose_subject").value == "subject 1"
    at = click(at, "Delete subject 1")
    assert not at.exception and not at.error
    assert set(load_subject("bids", "1", study).conditions) == {"cat", "face", "shoe"}


def test_a_region_becomes_the_mask(open_page):
    """A sphere around a place is taken by its numbers, and its voxels are counted."""
    at = open_page(PAGE, DecodingSpec(subject="1"))
    at.number_input(key="sphere_radius").set_value(6.0)
    at = click(at, "Take this sphere")
    assert not at.error
    assert at.selectbox(key="choose_mask").value.endswith(",6")
    assert says(at, "Sphere of 6 mm around")
