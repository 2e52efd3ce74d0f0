"""The quality of a recording: its voxels over time, and how steady each one is."""

from dataclasses import dataclass, replace

import nibabel as nib
import numpy as np
import pandas as pd

from decoding.analyses.record import Analysis
from decoding.datasets.base import BRAIN, Subject
from decoding.grid import Grid, voxel_names
from decoding.progress import Progress, report
from decoding.recording.voxels import chunks_of, open_voxels, table_folder
from decoding.samples.extract import standardized_series
from decoding.spec import DecodingSpec

MAX_SHOWN = 200
"""So many voxels a carpet has at most."""
CHUNK_VOXELS = 512
BRAIN_VOXELS = 40_000
SECONDS_A_VALUE = 1.2e-8


@dataclass(frozen=True, kw_only=True, eq=False)
class Quality:
    """How a recording's brain behaves over time.

    Parameters
    ----------
    carpet : ndarray of float32, shape (n_shown, n_volumes)
        Voxels, slice by slice along the scan's third axis: all of the brain's or `MAX_SHOWN` evenly
        spaced ones. Each is scaled to mean 0 and sample deviation 1, within each run after its
        linear trend is removed; images that are no series in time are scaled over all of them.
    places : ndarray of int, shape (n_shown, 3)
        The grid indices of the voxel in each row.
    tsnr : ndarray of float64, shape (n_voxels,)
        Temporal signal-to-noise ratio, the mean over runs: in each run the mean of the volumes over
        their standard deviation about the linear trend; 0 where a voxel never varies. Empty where
        the images are no series in time.
    grid : Grid
        Of all voxels of the brain; where none could be found, of all masks.
    runs : pandas.DataFrame
        One row a run: ``run, n_volumes``, of the ratio ``median``, ``low`` and ``high`` (the
        quartiles) over the voxels that vary, and ``n_still``, how many do not.
    """

    carpet: np.ndarray
    places: np.ndarray
    tsnr: np.ndarray
    grid: Grid
    runs: pd.DataFrame

    @property
    def voxel_names(self) -> list[str]:
        """A name for each row of the carpet: the grid indices of its voxel."""
        return voxel_names(self.places)

    @property
    def together(self) -> np.ndarray:
        """The mean of the carpet over voxels, (n_volumes,): far from 0 where all change."""
        return np.asarray(self.carpet.mean(axis=0))

    def image(self) -> nib.Nifti1Image:
        """Return the ratio of each voxel on the scan's grid, 0 outside the brain."""
        return self.grid.image(self.tsnr, description="temporal signal-to-noise ratio")


def run(
    subject: Subject, spec: DecodingSpec, options: None = None, on_progress: Progress | None = None
) -> Quality:
    """Look at the brain's voxels over time, a few at a time: the recording is never held whole."""
    store = open_voxels(subject, on_progress)
    rows = np.arange(store.n_rows) if BRAIN in store.faults else store.mask_rows(BRAIN)
    grid, runs = store.grid.rows(rows), subject.volumes["run"].to_numpy()
    by_slice = np.lexsort(grid.indices.T)
    shown = by_slice[np.linspace(0, len(rows) - 1, min(len(rows), MAX_SHOWN)).round().astype(int)]
    scale = "all" if subject.maps else "run"
    how = replace(spec, standardize=scale, detrend=not subject.maps, confounds="none")
    carpet = standardized_series(store, subject, how, rows[shown]).T.astype(np.float32)
    tsnr = np.empty((0 if subject.maps else subject.n_runs, len(rows)))
    for chunk in chunks_of(len(rows), CHUNK_VOXELS) if len(tsnr) else ():
        tsnr[:, chunk] = signal_to_noise(store.read(rows[chunk]), runs)
        report(on_progress, chunk.stop, len(rows))
    return Quality(
        carpet=carpet,
        places=grid.indices[shown],
        tsnr=tsnr.mean(axis=0) if len(tsnr) else tsnr.ravel(),
        grid=grid,
        runs=_summary(tsnr, runs),
    )


def signal_to_noise(series: np.ndarray, runs: np.ndarray) -> np.ndarray:
    """Return the temporal signal-to-noise ratio of voxels in each run, (n_runs, n_voxels).

    The mean over the standard deviation about the linear trend; 0 where there is no deviation.

    Parameters
    ----------
    series : ndarray, shape (n_voxels, n_volumes)
    runs : ndarray of int, shape (n_volumes,)
    """
    numbers = pd.unique(runs)
    found = np.zeros((len(numbers), len(series)))
    for ratio, number in zip(found, numbers, strict=True):
        part = series[:, runs == number]
        mean = part.mean(axis=1)
        part = part - mean[:, None]
        time = np.arange(part.shape[1]) - (part.shape[1] - 1) / 2
        variance = np.einsum("ij,ij->i", part, part)
        rest = variance - (part @ time) ** 2 / max(time @ time, 1.0)
        varies = rest > 1e-9 * variance
        deviation = np.sqrt(rest[varies] / part.shape[1])
        ratio[varies] = mean[varies] / deviation
    return found


def _summary(tsnr: np.ndarray, runs: np.ndarray) -> pd.DataFrame:
    """Return the table of `Quality.runs`; without ratios there is no row."""
    numbers, counts = pd.unique(runs), pd.Series(runs).value_counts()
    rows = []
    for number, ratio in zip(numbers, tsnr, strict=False):
        varying = ratio[ratio != 0]
        low, median, high = np.quantile(varying, [0.25, 0.5, 0.75]) if varying.size else [0.0] * 3
        still = len(ratio) - len(varying)
        rows.append((int(number), int(counts[number]), median, low, high, still))
    return pd.DataFrame(rows, columns=["run", "n_volumes", "median", "low", "high", "n_still"])


def _seconds(subject: Subject, spec: DecodingSpec, options: None) -> float:
    n_voxels = BRAIN_VOXELS
    if table_folder(subject).is_dir():
        n_voxels = open_voxels(subject).n_rows
    return n_voxels * len(subject.volumes) * SECONDS_A_VALUE


ANALYSIS = Analysis(
    name="quality",
    question="Is the recording steady?",
    run=run,
    reads=frozenset({"dataset", "subject"}),
    seconds=_seconds,
    page="your_data",
)
