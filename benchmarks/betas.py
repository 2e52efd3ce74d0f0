"""Row `lss`: single-trial betas of a whole brain beside one nilearn model a trial."""

from statistics import median

import nibabel as nib
import numpy as np
import pandas as pd
from nilearn.glm.first_level import FirstLevelModel

from benchmarks.measuring.rows import print_row, seconds
from decoding.datasets.labels import make_volumes, trials_from_volumes
from decoding.samples.betas import fit_betas
from decoding.samples.glm import _response
from decoding.service.threads import n_threads

SHAPE, N_VOXELS, N_RUNS, N_RUN_VOLUMES, T_R = (40, 64, 64), 39_908, 12, 121, 2.5
BLOCK_STARTS, BLOCK_VOLUMES = (6, 21, 35, 49, 63, 78, 92, 106), 9
CATEGORIES = ("bottle", "cat", "chair", "face", "house", "scissors", "scrambledpix", "shoe")
N_PEER_TRIALS, SEED, MARK = 6, 0, 50


def main():
    rng = np.random.default_rng(SEED)
    volumes = make_timeline(rng)
    trials = trials_from_volumes(volumes, T_R)
    runs = volumes["run"].to_numpy()
    table, mask = make_recording(rng)
    betas = fit_ours(table, runs, trials)
    ours, peer = [], []
    for trial in np.sort(rng.choice(len(trials), N_PEER_TRIALS, replace=False)):
        run = trials["run"].iloc[trial]
        scan = run_image(table[:, runs == run], mask)
        maps = []
        peer.append(seconds(lambda: maps.append(fit_peer(scan, mask, trials, trial))))  # noqa: B023
        ours.append(seconds(lambda: fit_ours(table, runs, trials)))
        assert_equal(betas[trial], maps[0].get_fdata()[mask.get_fdata() > 0])
    print_row(
        "lss",
        "single-trial betas (LSS), 96 trials x whole brain",
        ours=median(ours),
        peer=median(peer) * len(trials),
        unit="s",
        mark=MARK,
        note=f"peer: FirstLevelModel on each trial's own run, median of {N_PEER_TRIALS} trials "
        f"drawn with seed {SEED}, times {len(trials)}; equal to 1e-4 rms on these; "
        f"{len(table)} voxels, {n_threads()} threads on both sides",
    )


def make_timeline(rng):
    """Haxby's blocks, their order drawn anew in each run."""
    conditions = np.full((N_RUNS, N_RUN_VOLUMES), "rest", dtype="<U12")
    for run in range(N_RUNS):
        for start, name in zip(BLOCK_STARTS, rng.permutation(CATEGORIES), strict=True):
            conditions[run, start : start + BLOCK_VOLUMES] = name
    return make_volumes(conditions.ravel(), np.repeat(np.arange(N_RUNS), N_RUN_VOLUMES), "made")


def make_recording(rng):
    """A voxel table of int16, voxel by voxel, and the mask of its voxels on Haxby's grid."""
    inside = np.zeros(np.prod(SHAPE), dtype=np.uint8)
    inside[rng.choice(inside.size, N_VOXELS, replace=False)] = 1
    table = np.empty((N_VOXELS, N_RUNS * N_RUN_VOLUMES), dtype=np.int16)
    for voxel in range(0, N_VOXELS, 1000):
        rows = table[voxel : voxel + 1000]
        noise = rng.standard_normal(rows.shape, dtype=np.float32)
        rows[:] = rng.uniform(300, 2000, (len(rows), 1)) + 15 * noise
    return table, nib.Nifti1Image(inside.reshape(SHAPE), np.eye(4))


def run_image(series, mask):
    data = np.zeros((*SHAPE, series.shape[1]), dtype=np.int16)
    data[mask.get_fdata() > 0] = series
    return nib.Nifti1Image(data, mask.affine)


def fit_ours(table, runs, trials):
    _response.cache_clear()
    return fit_betas(
        lambda voxels: table[voxels].T, len(table), runs=runs, trials=trials, t_r=T_R, kind="lss"
    )


def fit_peer(scan, mask, trials, trial):
    of_run = trials[trials["run"] == trials["run"].iloc[trial]]
    names = np.where(of_run["block"] == trials["block"].iloc[trial], "this", "others")
    events = pd.DataFrame(
        {"onset": of_run["onset"], "duration": of_run["duration"], "trial_type": names}
    )
    model = FirstLevelModel(
        t_r=T_R,
        noise_model="ols",
        hrf_model="glover",
        drift_model="cosine",
        high_pass=0.01,
        slice_time_ref=0,
        signal_scaling=0,
        standardize=False,
        smoothing_fwhm=None,
        min_onset=-24,
        mask_img=mask,
    )
    return model.fit(scan, events=events).compute_contrast("this", output_type="effect_size")


def assert_equal(ours, nilearns):
    assert np.abs(ours - nilearns).max() <= 1e-4 * np.sqrt((nilearns**2).mean())


if __name__ == "__main__":
    main()
