"""Samples: nilearn's matrices exactly, and the right volumes of them."""

import shutil
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
from makers import design, half_mask, signal, write_image, write_study
from nilearn.maskers import NiftiMasker
from nilearn.masking import apply_mask
from nilearn.signal import clean
from spec_matrix import subject_of

from decoding.analyses import decode
from decoding.datasets import load_subject
from decoding.errors import Cancelled, SpecError, UnknownChoiceError
from decoding.recording.voxels import open_voxels
from decoding.samples.extract import extract_samples, standardized_series
from decoding.samples.volumes import select_volumes
from decoding.spec import DecodingSpec


def all_series(subject, spec):
    """Return the standardized matrix of all volumes, (n_volumes, n_voxels)."""
    store = open_voxels(subject)
    return standardized_series(store, subject, spec, store.mask_rows(spec.mask))


def plain_matrix(subject, mask="vt"):
    """Return nilearn's matrix of all volumes."""
    bold = nib.load(subject.bold[0])
    return apply_mask(bold, nib.load(subject.masks[mask].files[0]), dtype=np.float64)


@pytest.fixture
def tiny_subject(tmp_path):
    """Return a subject of four runs with two, three or four volumes of rest between blocks."""
    conditions, runs = design()
    write_study(tmp_path / "data", conditions=conditions, runs=runs)
    return load_subject("haxby", "1", tmp_path / "data")


# The matrix


@pytest.mark.recordings
@pytest.mark.parametrize(
    ("recording", "mask"),
    [
        ("slice", "vt"),
        ("slice", "brain"),
        pytest.param("task-vt", "vt", marks=pytest.mark.slow),  # 1.6 GB in NiftiMasker
    ],
)
def test_standardize_all_is_nilearns_masker(recording, mask, recordings):
    """The whole matrix equals apply_mask and clean exactly, and NiftiMasker within 1e-4."""
    subject = subject_of(recording, recordings)
    series = all_series(subject, DecodingSpec(subject="1", mask=mask))
    exact = clean(plain_matrix(subject, mask), detrend=False, standardize="zscore_sample")
    assert np.array_equal(series, exact)
    masker = NiftiMasker(mask_img=str(subject.masks[mask].files[0]), standardize="zscore_sample")
    assert np.abs(series - masker.fit_transform(str(subject.bold[0]))).max() < 1e-4


@pytest.mark.recordings
@pytest.mark.parametrize("detrend", [False, True])
@pytest.mark.parametrize("standardize", ["all", "run", "none"])
def test_each_standardization_is_nilearns(standardize, detrend, recordings):
    """Over all volumes, within runs or not at all, with and without trend: clean's own bits."""
    subject = subject_of("slice", recordings)
    spec = DecodingSpec(subject="1", mask="brain", standardize=standardize, detrend=detrend)
    X, runs = plain_matrix(subject, "brain"), subject.volumes["run"].to_numpy()
    if standardize == "run":
        X = clean(X, runs=runs, detrend=detrend, standardize="zscore_sample")
    else:
        X = clean(X, runs=runs, detrend=True, standardize=None) if detrend else X
        if standardize == "all":
            X = clean(X, detrend=False, standardize="zscore_sample")
    samples = extract_samples(subject, spec)
    volumes = np.flatnonzero(subject.volumes["condition"].isin(["face", "cat"]))
    assert np.array_equal(samples.X, X[volumes])
    assert samples.X.dtype == np.float64


@pytest.mark.parametrize("n_voxels", [1, 2, 17, 257, 400, 499, 501, 1030])
def test_detrending_in_chunks_changes_no_bit(n_voxels, tmp_path):
    """Masks of any size give clean's own bits, although voxels pass in chunks."""
    conditions, runs = design(n_runs=3, block=9)
    shape = (-(-n_voxels // 40), 40, 1)
    values, brain = signal(conditions, shape), np.zeros(shape)
    brain.ravel()[:n_voxels] = 1
    write_study(
        tmp_path, values=values, conditions=conditions, runs=runs, masks={"mask4_vt": brain}
    )
    subject = load_subject("haxby", "1", tmp_path)
    for standardize in ("all", "run"):
        spec = DecodingSpec(subject="1", detrend=True, standardize=standardize)
        X = clean(plain_matrix(subject), runs=runs, detrend=True, standardize=None)
        by = runs if standardize == "run" else None
        X = clean(X, runs=by, detrend=False, standardize="zscore_sample")
        samples = extract_samples(subject, spec)
        assert np.array_equal(samples.X, X[np.isin(conditions, ["cat", "face"])])


def test_constant_and_not_finite_voxels_are_0_and_counted(tmp_path):
    """Voxels that never vary, or are never finite, become 0 and are counted, as in nilearn."""
    conditions, runs = design()
    values = signal(conditions).astype(np.float32)
    values[0, 0, 0] = 0
    values[0, 0, 1] = 1024
    values[0, 0, 2] = np.nan
    values[0, 0, 3, ::2] = np.inf
    values[0, 0, 3, 1::2] = 0
    write_study(
        tmp_path,
        values=values,
        conditions=conditions,
        runs=runs,
        masks={"mask4_vt": np.ones(values.shape[:3])},
    )
    subject = load_subject("haxby", "1", tmp_path)
    for standardize in ("all", "run"):
        samples = extract_samples(subject, DecodingSpec(subject="1", standardize=standardize))
        assert samples.n_constant == 4
        assert np.array_equal(np.flatnonzero((samples.X == 0).all(axis=0)), [0, 1, 2, 3])
        by = runs if standardize == "run" else None
        X = clean(plain_matrix(subject), runs=by, detrend=False, standardize="zscore_sample")
        assert np.array_equal(samples.X, X[np.isin(conditions, ["cat", "face"])])
    assert decode.run(subject, DecodingSpec(subject="1")).n_constant == 4
    assert extract_samples(subject, DecodingSpec(subject="1", standardize="none")).n_constant == 4


def test_a_voxel_that_is_not_finite_at_times_keeps_its_other_volumes(tmp_path):
    """Single NaN are 0 before standardizing, as in nilearn, and are not a constant voxel."""
    conditions, runs = design()
    values = signal(conditions).astype(np.float32)
    values[1, 1, 1, 5] = np.nan
    write_study(tmp_path, values=values, conditions=conditions, runs=runs)
    subject = load_subject("haxby", "1", tmp_path)
    samples = extract_samples(subject, DecodingSpec(subject="1"))
    X = clean(plain_matrix(subject), detrend=False, standardize="zscore_sample")
    assert np.array_equal(samples.X, X[np.isin(conditions, ["cat", "face"])])
    assert samples.n_constant == 0
    brain = DecodingSpec(subject="1", mask="brain")
    assert extract_samples(subject, brain).n_not_finite == 1


def test_a_run_of_one_volume_is_left_as_nilearn_leaves_it(tmp_path):
    """A run of a single volume has no deviation; nothing in the matrix is NaN."""
    conditions, runs = design()
    conditions, runs = np.append(conditions, "face"), np.append(runs, 9)
    write_study(tmp_path, values=signal(conditions), conditions=conditions, runs=runs)
    subject = load_subject("haxby", "1", tmp_path)
    samples = extract_samples(subject, DecodingSpec(subject="1", standardize="run"))
    assert np.isfinite(samples.X).all()


def test_standardizing_comes_before_selecting(tiny_subject):
    """A voxel's scale comes from all volumes: the selected ones have neither mean 0 nor sd 1."""
    X = extract_samples(tiny_subject, DecodingSpec(subject="1")).X
    assert np.abs(X.mean(axis=0)).max() > 0.01
    whole = all_series(tiny_subject, DecodingSpec(subject="1"))
    assert np.allclose(whole.mean(axis=0), 0, atol=1e-12)
    assert np.allclose(whole.std(axis=0, ddof=1), 1)


# Which volumes


def test_samples_are_the_labelled_volumes_in_order(tiny_subject):
    """Without lag a sample is a labelled volume, with its own category, run and block."""
    samples = extract_samples(tiny_subject, DecodingSpec(subject="1"))
    conditions, runs = design()
    volumes = np.flatnonzero(np.isin(conditions, ["cat", "face"]))
    assert np.array_equal(samples.y, conditions[volumes])
    assert np.array_equal(samples.runs, runs[volumes])
    assert samples.classes == ("cat", "face")
    assert samples.n_blocks == 8
    assert np.array_equal(samples.blocks, tiny_subject.volumes["block"].to_numpy()[volumes])
    assert np.array_equal(samples.grid.voxels, np.flatnonzero(half_mask((6, 5, 4))))


@pytest.mark.parametrize("lag", [1, 2, 4, 7, -1, -2, -5])
def test_lag_takes_the_volume_that_many_later_in_the_run(lag, tiny_subject):
    """Each sample is the volume `lag` after its label; those past the run's ends are counted."""
    spec = DecodingSpec(subject="1", lag=lag * 2.5, conditions=(), standardize="none")
    samples = extract_samples(tiny_subject, spec)
    X = plain_matrix(tiny_subject)
    conditions, runs = design()
    kept, dropped = [], 0
    for i, name in enumerate(conditions):
        if name == "rest":
            continue
        if 0 <= i + lag < len(runs) and runs[i + lag] == runs[i]:
            kept.append(i)
        else:
            dropped += 1
    assert np.array_equal(samples.X, X[np.array(kept) + lag])
    assert np.array_equal(samples.y, conditions[kept])
    assert np.array_equal(samples.runs, runs[kept])
    assert samples.n_dropped == dropped
    assert (dropped > 0) == (abs(lag) > 2)


def test_block_means_are_of_standardized_volumes(tiny_subject):
    """A block's sample is the mean of its standardized volumes, lagged ones included."""
    for lag in (0, 5, 10):
        spec = DecodingSpec(subject="1", samples="block", lag=lag, standardize="run")
        blocks = extract_samples(tiny_subject, spec)
        volumes = extract_samples(tiny_subject, replace(spec, samples="volume"))
        names = np.unique(volumes.blocks)
        assert np.array_equal(blocks.blocks, names)
        for i, name in enumerate(names):
            mine = volumes.blocks == name
            assert np.array_equal(blocks.X[i], volumes.X[mine].mean(axis=0))
            assert blocks.y[i] == volumes.y[mine][0]
            assert blocks.runs[i] == volumes.runs[mine][0]
        assert blocks.n_dropped == volumes.n_dropped


@pytest.mark.parametrize("lag", [1.0, 2.4, 2.51, -1.25, 1e-3])
def test_a_lag_between_volumes_is_refused(lag, tiny_subject):
    """A lag that is no whole number of volumes is named with its two neighbours."""
    with pytest.raises(SpecError, match=f"{lag:g} s is not a whole number") as error:
        extract_samples(tiny_subject, DecodingSpec(subject="1", lag=lag))
    low = np.floor(lag / 2.5) * 2.5
    assert f"Choose {low:g} or {low + 2.5:g}." in str(error.value)


@pytest.mark.parametrize("lag", [45.0, 300.0, 1e6, 1e300, -1e300])
def test_a_lag_beyond_the_runs_is_refused(lag, tiny_subject):
    """A lag that leaves no volume of a category is a message, however long it is."""
    with pytest.raises(SpecError, match="Choose a shorter lag"):
        extract_samples(tiny_subject, DecodingSpec(subject="1", lag=lag))


@pytest.mark.recordings
def test_lag_is_refused_where_rest_was_not_recorded(recordings):
    """In task-vt the next volume belongs to another block: a lag is refused, 0 is not."""
    subject = subject_of("task-vt", recordings)
    with pytest.raises(SpecError, match=r"only its labelled volumes.*Choose lag 0"):
        extract_samples(subject, DecodingSpec(subject="1", lag=2.5))
    assert len(extract_samples(subject, DecodingSpec(subject="1", lag=0)).y) == 216


def test_unknown_names_are_refused_before_the_recording_is_read(tmp_path, monkeypatch):
    """Masks, categories, kinds of sample and standardizations that do not exist are named."""
    monkeypatch.setenv("DECODING_CACHE", str(tmp_path / "cache"))
    write_study(tmp_path / "data")
    subject = load_subject("haxby", "1", tmp_path / "data")
    for change, match in (
        ({"mask": "vt2"}, r"mask 'vt2' for subject 1\. Choose from: vt, brain"),
        ({"conditions": ("face", "sofa")}, r"category 'sofa' for subject 1\. .*cat, face, shoe"),
        ({"conditions": ("face", "rest")}, "category 'rest'"),
        ({"samples": "volumes"}, r"kind of sample 'volumes'.*volume, block"),
    ):
        with pytest.raises(UnknownChoiceError, match=match):
            extract_samples(subject, replace(DecodingSpec(subject="1"), **change))
    with pytest.raises(SpecError, match="needs two categories; face is given"):
        extract_samples(subject, DecodingSpec(subject="1", conditions=("face",)))
    assert not (tmp_path / "cache" / "tables").exists()
    with pytest.raises(UnknownChoiceError, match=r"standardization 'psc'.*all, run, none"):
        extract_samples(subject, DecodingSpec(subject="1", standardize="psc"))


def test_a_subject_of_one_category_cannot_be_decoded(tmp_path):
    """All categories of a subject that saw one are one: said so."""
    conditions, runs = design(categories=("face",))
    write_study(tmp_path, values=signal(conditions), conditions=conditions, runs=runs)
    subject = load_subject("haxby", "1", tmp_path)
    with pytest.raises(SpecError, match="two categories; face is given"):
        extract_samples(subject, DecodingSpec(subject="1", conditions=()))


@pytest.mark.recordings
def test_a_run_without_labels_gives_a_fold_less(recordings, tmp_path):
    """Subject 5 saw nothing in one run: 11 folds, 198 volumes of two categories, 22 blocks."""
    write_subject_5(recordings, tmp_path)
    subject = load_subject("haxby", "5", tmp_path)
    assert subject.n_runs == 12
    result = decode.run(subject, DecodingSpec(subject="5"))
    assert len(result.fold_scores) == 11
    assert (result.n_samples, result.n_blocks) == (198, 22)
    tested = result.predictions.groupby("fold")["run"].unique()
    labelled = sorted(set(subject.volumes["run"][subject.volumes["block"] >= 0]))
    assert [runs.tolist() for runs in tested] == [[run] for run in labelled]
    assert len(set(range(12)) - set(labelled)) == 1
    halves = decode.run(subject, DecodingSpec(subject="5", cv="split_half"))
    first = halves.predictions[halves.predictions["fold"] == 1]
    assert set(first["run"]) == {run for run in labelled if run % 2 == 0}


def write_subject_5(recordings, folder):
    """Write subject 5's labels over random volumes."""
    subject = folder / "haxby2001" / "subj5"
    subject.mkdir(parents=True)
    shutil.copyfile(recordings / "labels" / "subj5_labels.txt", subject / "labels.txt")
    rng = np.random.default_rng(5)
    write_image(subject / "bold.nii.gz", rng.integers(0, 900, (4, 4, 2, 1452), dtype=np.int16))
    write_image(subject / "mask4_vt.nii.gz", np.ones((4, 4, 2), dtype=np.uint8))


@pytest.mark.recordings
@pytest.mark.parametrize("number", range(1, 7))
def test_every_subjects_labels_select_what_they_say(number, recordings, tmp_path):
    """Blocks of nine volumes, one of each category a run, in all six subjects' labels."""
    subject = tmp_path / "haxby2001" / f"subj{number}"
    subject.mkdir(parents=True)
    labels = recordings / "labels" / f"subj{number}_labels.txt"
    shutil.copyfile(labels, subject / "labels.txt")
    write_image(subject / "bold.nii.gz", np.ones((1, 1, 1, 1452), dtype=np.int16))
    selection = select_volumes(
        load_subject("haxby", str(number), tmp_path),
        DecodingSpec(subject=str(number), conditions=()),
    )
    n_runs = 11 if number == 5 else 12
    assert len(selection.volumes) == n_runs * 8 * 9
    assert len(np.unique(selection.blocks)) == n_runs * 8
    _, sizes = np.unique(selection.blocks, return_counts=True)
    assert set(sizes.tolist()) == {9}


# Progress


def test_progress_reaches_the_end_and_can_stop(tiny_subject):
    """Progress ends at all voxels; a callback that raises stops the work."""
    told = []
    extract_samples(tiny_subject, DecodingSpec(subject="1"), lambda *step: told.append(step))
    n = half_mask((6, 5, 4)).sum()
    assert told[-1] == (n, n)

    def cancel(done, total):
        raise Cancelled

    with pytest.raises(Cancelled):
        extract_samples(tiny_subject, DecodingSpec(subject="1"), cancel)
