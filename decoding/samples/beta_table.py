"""The beta table: a recording's GLM betas, fitted once for all its voxels and mapped from disk."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from mmap import mmap
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd

from decoding.datasets.base import Subject
from decoding.progress import Progress, report
from decoding.recording.voxels import VoxelStore, chunks_of, open_voxels, release
from decoding.room import Hold, hold_made
from decoding.samples.betas import beta_samples, fit_betas, voxels_at_once
from decoding.samples.confounds import NONE, Confounds, confounds_of
from decoding.samples.glm import GlmModel
from decoding.samples.trials import subject_trials

BETA_FORMAT = 1
FITTED_BYTES = 8 << 20


@dataclass(frozen=True, kw_only=True, eq=False)
class BetaStore:
    """The betas of all voxels of a subject's masks, and the recording they were fitted to.

    `samples` has one row a beta: ``run, block, condition``.
    """

    samples: pd.DataFrame
    voxels: VoxelStore
    _table: np.ndarray
    _hold: Hold

    def read(self, rows: np.ndarray) -> np.ndarray:
        """Return the betas of some rows of the voxel table, (n_betas, n_rows), in percent."""
        found = np.ascontiguousarray(self._table[rows].T)
        release(cast(mmap, self._table.base))
        return found


def open_betas(
    subject: Subject,
    kind: str,
    model: GlmModel | None = None,
    on_progress: Progress | None = None,
    *,
    confounds: str = NONE,
) -> BetaStore:
    """Open the subject's betas of one kind, fitted first if they are not on disk.

    Parameters
    ----------
    kind : str
        A kind of betas in ``SAMPLES``.
    on_progress : callable, optional
        Called with (volumes read, all volumes) while the voxel table is made, then with (voxels
        fitted, all voxels).
    confounds : str
        A name in ``CONFOUNDS``: what is regressed out in the same models.

    Raises
    ------
    DecodingError
        If the recording holds no trials to fit, or cannot be read, or the disk is full.
    """
    model = model or GlmModel()
    trials = subject_trials(subject)
    samples = beta_samples(trials, kind)
    voxels = open_voxels(subject, on_progress)
    # Beside the voxel table, whose folder's name holds the digest of the files.
    fitted = repr(model) if confounds == NONE else f"{model!r} {confounds}"
    digest = hashlib.blake2b(fitted.encode(), digest_size=8).hexdigest()
    folder = voxels.folder / f"betas-v{BETA_FORMAT}-{kind}-{digest}"
    taken = confounds_of(subject, confounds)
    parts = _fit_parts(subject, voxels, trials, kind, model, taken, on_progress)
    held = hold_made(
        folder,
        lambda scratch: _write_table(scratch, (voxels.n_rows, len(samples)), parts),
        f"The betas of subject {subject.name} cannot be written",
    )
    table = np.load(folder / "betas.npy", mmap_mode="r")
    return BetaStore(samples=samples, voxels=voxels, _table=table, _hold=held)


def _fit_parts(
    subject: Subject,
    voxels: VoxelStore,
    trials: pd.DataFrame,
    kind: str,
    model: GlmModel,
    confounds: Confounds | None,
    on_progress: Progress | None,
) -> Iterator[np.ndarray]:
    """Yield the betas of consecutive rows of the voxel table, each (n_rows, n_betas)."""
    n_betas = max(1, len(beta_samples(trials, kind)))
    fitted_at_once = voxels_at_once(len(subject.volumes))  # whole ones, for the last bit's sake
    n_times = max(1, FITTED_BYTES // (8 * n_betas * fitted_at_once))
    for part in chunks_of(voxels.n_rows, n_times * fitted_at_once):

        def read(rows: slice, first: int = part.start) -> np.ndarray:
            report(on_progress, first + rows.start, voxels.n_rows)
            return voxels.read(slice(first + rows.start, first + rows.stop)).T

        yield fit_betas(
            read,
            part.stop - part.start,
            runs=subject.volumes["run"].to_numpy(),
            trials=trials,
            t_r=subject.t_r,
            kind=kind,
            model=model,
            confounds=confounds,
        ).T
    report(on_progress, voxels.n_rows, voxels.n_rows)


def _write_table(scratch: Path, shape: tuple[int, int], parts: Iterator[np.ndarray]) -> None:
    """Write the table part by part; mapped, a full disk would kill the process."""
    with (scratch / "betas.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "<f8", "fortran_order": False, "shape": shape}
        )
        for part in parts:
            file.write(np.ascontiguousarray(part, dtype="<f8").data)
