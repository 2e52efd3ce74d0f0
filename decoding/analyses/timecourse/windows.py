"""Volumes around block onsets, read once: samples of any position or lag are made of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from decoding.datasets.base import NO_BLOCK, Subject
from decoding.errors import SpecError
from decoding.estimators import ESTIMATORS
from decoding.progress import Progress, part_of, report
from decoding.recording.voxels import chunks_of, cleaning_chunks, open_voxels
from decoding.regions import mask_of
from decoding.registry import offer
from decoding.samples.confounds import confounds_of
from decoding.samples.extract import Samples
from decoding.samples.kinds import SAMPLES
from decoding.samples.standardize import pick_standardization
from decoding.samples.volumes import block_means, chosen_conditions, not_held, select_volumes
from decoding.spec import DecodingSpec

POSITIONS = range(-4, 13)
"""In volumes from a block's onset."""
LAGS = range(-2, 7)
MAX_BYTES = 96 << 20


@dataclass(frozen=True, kw_only=True, eq=False)
class Windows:
    """Standardized volumes around the onsets of the spec's blocks.

    Parameters
    ----------
    X : ndarray of float64, shape (n_kept, n_voxels)
        The volumes kept; of many voxels fewer coordinates with the same inner products.
    row_of : ndarray of int, shape (n_volumes,)
        For each volume of the recording its row in `X`, -1 where it was not kept.
    n_voxels : int
        How many voxels the mask holds.
    blocks : pandas.DataFrame
        One row a block of the spec's categories: ``block, run, condition``, and of the first
        volume with its label ``onset``, its number, and ``seconds`` from the run's first one.
    percent : ndarray of float64, shape (n_volumes,)
        The mask's mean signal, in percent change from each voxel's mean over the run.
    """

    subject: Subject
    spec: DecodingSpec
    X: np.ndarray
    row_of: np.ndarray
    n_voxels: int
    blocks: pd.DataFrame
    percent: np.ndarray

    def samples_at_position(self, position: int) -> Samples:
        """Return the volume at a position from onset of each block that has one.

        Raises
        ------
        SpecError
            If no block of some category has such a volume.
        """
        volumes = volumes_at(self.subject, self.blocks, position)
        here = (volumes >= 0) & (self.row_of[volumes] >= 0)
        shown = self.blocks[here]
        if missing := set(self.blocks["condition"]) - set(shown["condition"]):
            raise SpecError(
                f"No block of {', '.join(sorted(missing))} has a volume {position} volumes from "
                "onset."
            )
        return Samples(
            X=self.X[self.row_of[volumes[here]]],
            y=shown["condition"].to_numpy(dtype=object).astype(str),
            runs=shown["run"].to_numpy(),
            blocks=shown["block"].to_numpy(),
        )

    def samples_at_lag(self, lag: int) -> Samples:
        """Return the samples of the spec, taken `lag` volumes after their labels."""
        selection = select_volumes(self.subject, replace(self.spec, lag=lag * self.subject.t_r))
        averaging = (SAMPLES[self.spec.samples].average or block_means)(selection)
        return Samples(
            X=averaging.apply(self.X[self.row_of[selection.volumes]]),
            y=averaging.y,
            runs=averaging.runs,
            blocks=averaging.blocks,
            n_dropped=selection.n_dropped,
        )

    def places_of(self, samples: Samples) -> np.ndarray:
        """Return the row of `blocks` that each sample belongs to, (n_samples,)."""
        return np.asarray(pd.Index(self.blocks["block"]).get_indexer(samples.blocks))


def lag_samples(spec: DecodingSpec) -> str:
    """Return what is decoded at each lag: the spec's samples, block means in place of betas."""
    return "block" if SAMPLES[spec.samples].is_beta else spec.samples


def read_windows(
    subject: Subject,
    spec: DecodingSpec,
    positions: Sequence[int],
    lags: Sequence[int],
    on_progress: Progress | None = None,
) -> Windows:
    """Standardize the mask's recording and keep the volumes that are needed.

    Parameters
    ----------
    spec : DecodingSpec
        Its own lag does not matter.
    positions, lags : sequence of int
        In volumes: from the first volume of a block, and from each.
    """
    mask_of(subject, spec.mask)
    conditions = chosen_conditions(subject, spec)
    _check_time(subject, spec)
    blocks = find_onsets(subject, conditions)
    kept = _volumes_needed(subject, blocks, positions, lags)
    confounds = confounds_of(subject, spec.confounds)
    if confounds is not None:
        kept = kept[confounds.kept[kept]]
    store = open_voxels(subject, part_of(on_progress, 0, 0.5))
    rows = store.mask_rows(spec.mask)
    fits = _fits_in_memory(len(kept), len(rows), spec)
    X = np.zeros((len(kept), len(rows) if fits else len(kept)))
    percent = np.zeros(store.n_volumes)
    runs = subject.volumes["run"].to_numpy()
    standardize = pick_standardization(spec.standardize).make
    cut = cleaning_chunks if spec.detrend else chunks_of
    for chunk in cut(len(rows)):
        series = store.read(rows[chunk]).T
        part = standardize(series, runs, spec.detrend, confounds)[kept]
        if fits:
            X[:, chunk] = part
        else:
            X += part @ part.T
        percent += _summed_percent(series, runs)
        report(part_of(on_progress, 0.5, 1), chunk.stop, len(rows))
    row_of = np.full(store.n_volumes, -1)
    row_of[kept] = np.arange(len(kept))
    return Windows(
        subject=subject,
        spec=spec,
        X=X if fits else _coordinates(X),
        row_of=row_of,
        n_voxels=len(rows),
        blocks=blocks,
        percent=percent / len(rows),
    )


def _check_time(subject: Subject, spec: DecodingSpec) -> None:
    """Refuse a recording without time between blocks, and trials that hold no volume."""
    if not subject.has_rest:
        raise SpecError(
            f"A time course needs the time between blocks, and of subject {subject.name} "
            f"{subject.lacks_time}. Choose a recording of whole runs."
        )
    if told := not_held(subject, spec):
        raise SpecError(f"A time course follows trials that hold volumes. {told}")


def find_onsets(subject: Subject, conditions: Sequence[str]) -> pd.DataFrame:
    """Return the blocks of some categories; see `Windows.blocks`."""
    volumes = subject.volumes.reset_index(drop=True)
    seconds = volumes.groupby("run").cumcount() * subject.t_r
    volumes = volumes.assign(onset=volumes.index, seconds=seconds)
    shown = volumes[(volumes["block"] != NO_BLOCK) & volumes["condition"].isin(conditions)]
    return shown.drop_duplicates("block").reset_index(drop=True)


def volumes_at(subject: Subject, blocks: pd.DataFrame, position: int) -> np.ndarray:
    """Return each block's volume at a position from onset, (n_blocks,); -1 outside its run."""
    runs = subject.volumes["run"].to_numpy()
    volumes = blocks["onset"].to_numpy() + position
    inside = (volumes >= 0) & (volumes < len(runs))
    inside[inside] = runs[volumes[inside]] == blocks["run"].to_numpy()[inside]
    return np.where(inside, volumes, -1)


def _volumes_needed(
    subject: Subject, blocks: pd.DataFrame, positions: Sequence[int], lags: Sequence[int]
) -> np.ndarray:
    labelled = np.flatnonzero(subject.volumes["block"].isin(blocks["block"]))
    wanted = [volumes_at(subject, blocks, position) for position in positions]
    wanted += [labelled + lag for lag in lags]
    volumes = np.unique(np.concatenate(wanted))
    return volumes[(volumes >= 0) & (volumes < len(subject.volumes))]


def _summed_percent(series: np.ndarray, runs: np.ndarray) -> np.ndarray:
    """Sum over voxels the percent change from each one's mean over the run, (n_volumes,)."""
    change = np.empty(len(series))
    for run in np.unique(runs):
        part = series[runs == run]
        means = part.mean(axis=0)
        bright = means > 0  # of a centred or an empty voxel there is no percent
        change[runs == run] = 100 * (part[:, bright] / means[bright] - 1).sum(axis=1)
    return change


def _fits_in_memory(n_kept: int, n_voxels: int, spec: DecodingSpec) -> bool:
    """Tell whether the volumes kept fit as they are; otherwise their inner products have to do."""
    fits = 8 * n_kept * n_voxels <= MAX_BYTES
    by_products = ESTIMATORS[spec.estimator].by_inner_products
    if fits or (by_products and not spec.select):
        return fits
    others = (name for name, other in ESTIMATORS.items() if other.by_inner_products)
    able, remedy = offer("estimator", ESTIMATORS, others)
    if by_products:
        able, remedy = "all of its voxels", "Leave --select out."
    raise SpecError(
        f"{n_kept} volumes of {n_voxels} voxels are {8e-6 * n_kept * n_voxels:.0f} MB, too many "
        f"for a time course with {ESTIMATORS[spec.estimator].label}. Choose a smaller mask, or "
        f"{able}.",
        remedy=remedy,
    )


def _coordinates(products: np.ndarray) -> np.ndarray:
    """Return coordinates that have these inner products, both (n_kept, n_kept)."""
    values, vectors = np.linalg.eigh(products)
    return np.ascontiguousarray(vectors * np.sqrt(np.clip(values, 0, None)))
