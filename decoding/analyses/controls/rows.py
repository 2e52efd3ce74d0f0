"""What should not decode, one record a row: how its samples are made, and what a row would mean."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from decoding.analyses.mean_signal import mean_over_voxels
from decoding.datasets.base import BRAIN, Subject
from decoding.datasets.orders import shared_orders, trials_beside
from decoding.errors import SpecError
from decoding.progress import Progress
from decoding.recording.outside import read_outside
from decoding.recording.voxels import open_voxels
from decoding.samples.confounds import confounds_of
from decoding.samples.extract import Samples, extract_samples
from decoding.samples.kinds import SAMPLES
from decoding.samples.standardize import STANDARDIZE, UNSCALED, zscore
from decoding.samples.volumes import select_volumes
from decoding.spec import DecodingSpec

CHOSEN = "chosen"
"""The row whose voxels are chosen anew: it takes longest."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Asked:
    """What a row is made from: a decoding, and the samples it has."""

    subject: Subject
    spec: DecodingSpec
    samples: Samples
    on_progress: Progress | None = None

    @property
    def is_beta(self) -> bool:
        """Whether its samples come from a linear model."""
        return SAMPLES[self.spec.samples].is_beta

    def of(self, X: np.ndarray) -> Samples:
        """Return the same samples with other columns, (n_samples, n_columns)."""
        return replace(self.samples, X=X, grid=None, n_constant=0, n_not_finite=0)

    def of_volumes(self, series: np.ndarray) -> np.ndarray:
        """Turn a course over all volumes, (n_volumes, n), into one of samples, (n_samples, n).

        Raises
        ------
        SpecError
            If the samples are betas, which come from no single volumes.
        """
        average = SAMPLES[self.spec.samples].average
        if average is None:
            raise SpecError("Betas come from a linear model of a run, not from volumes.")
        selection = select_volumes(self.subject, self.spec)
        return average(selection).apply(series[selection.volumes])


@dataclass(frozen=True, kw_only=True)
class Control:
    """A row.

    Parameters
    ----------
    make : callable
        Gives the spec and the samples that are decoded; raises a `DecodingError` with the cause
        where there is nothing of the kind.
    found, lost : str
        What it means where p is 0.05 or less, and where not: a sentence.
    note : callable
        What else is to be known of it here: a sentence, or nothing.
    scores_category : bool
        Whether it is another way to decode the category, and no stand-in.
    of_mask : bool
        Whether it reads the voxels of the mask: then a circular mask makes its score wrong.
    """

    label: str
    make: Callable[[Asked], tuple[DecodingSpec, Samples]]
    found: str
    lost: str
    note: Callable[[Subject], str] = lambda subject: ""
    scores_category: bool = False
    of_mask: bool = False


def _category(asked: Asked) -> tuple[DecodingSpec, Samples]:
    return asked.spec, asked.samples


def _clock(asked: Asked) -> tuple[DecodingSpec, Samples]:
    """Place of a sample in its run, in s, and its square, each scaled over all samples."""
    if asked.subject.maps:
        raise SpecError("The images are no series in time, so there is no clock.")
    seconds = _beta_times(asked) if asked.is_beta else asked.of_volumes(_volume_times(asked))
    return asked.spec, asked.of(zscore(np.hstack([seconds, seconds**2])))


def _volume_times(asked: Asked) -> np.ndarray:
    volumes, t_r = asked.subject.volumes, asked.subject.t_r
    return np.asarray(volumes.groupby("run").cumcount().to_numpy(dtype=float)[:, None] * t_r)


def _beta_times(asked: Asked) -> np.ndarray:
    """Return the middle of each beta's trials; where several share a beta, the mean of these."""
    trials, samples = asked.subject.trials, asked.samples
    own = trials[trials["condition"].isin(samples.classes)]
    keys = ["run", "condition"] if len(own) > len(samples.y) else ["block"]
    columns = {"run": samples.runs, "condition": samples.y, "block": samples.blocks}
    middle = (own["onset"] + own["duration"] / 2).groupby([own[key] for key in keys]).mean()
    found = zip(*(columns[key].tolist() for key in keys), strict=True)
    return np.array([[middle[key if len(keys) > 1 else key[0]]] for key in found])


def _orders_note(subject: Subject) -> str:
    """Say where all subjects share their block orders: then a clock reads the same in each."""
    found = None if subject.maps else shared_orders(trials_beside(subject))
    return f"{found.words} So a clock tells about the same in each of them." if found else ""


def _mean_signal(asked: Asked) -> tuple[DecodingSpec, Samples]:
    mean = mean_over_voxels(asked.samples)
    # In the scanner's units a support vector machine needs minutes for a single column.
    unscaled = asked.spec.standardize == UNSCALED
    return asked.spec, replace(mean, X=zscore(mean.X)) if unscaled else mean


def _outside(asked: Asked) -> tuple[DecodingSpec, Samples]:
    if asked.is_beta:
        raise SpecError("Betas are fitted to the voxels of masks, none of which lie outside.")
    store, subject, spec = open_voxels(asked.subject), asked.subject, asked.spec
    series = read_outside(store, asked.samples.X.shape[1], asked.on_progress)
    runs = subject.volumes["run"].to_numpy()
    standardize = STANDARDIZE[spec.standardize].make
    scaled = standardize(series, runs, spec.detrend, confounds_of(subject, spec.confounds))
    return spec, asked.of(asked.of_volumes(scaled))


def _confounds(strategy: str, asked: Asked) -> tuple[DecodingSpec, Samples]:
    """Return what a strategy would regress out, scaled as voxels are, and never in raw units."""
    subject, spec = asked.subject, asked.spec
    if not subject.confounds:
        raise SpecError("The recording has no tables of confounds.")
    taken = confounds_of(subject, strategy)
    assert taken is not None  # no strategy of a row is none
    table = np.concatenate([taken.tables[run].to_numpy(dtype=float) for run in taken.tables])
    way = "all" if spec.standardize == UNSCALED else spec.standardize
    scaled = STANDARDIZE[way].make(table, subject.volumes["run"].to_numpy(), spec.detrend, None)
    return spec, asked.of(asked.of_volumes(scaled))


def _detrended(asked: Asked) -> tuple[DecodingSpec, Samples]:
    if asked.subject.maps:
        raise SpecError("The images are no series in time, so there is no trend to remove.")
    if asked.is_beta or asked.spec.detrend:
        raise SpecError("Drift is taken out of the samples already.")
    spec = replace(asked.spec, detrend=True)
    return spec, extract_samples(asked.subject, spec, asked.on_progress)


def _chosen(asked: Asked) -> tuple[DecodingSpec, Samples]:
    """As many voxels as the mask holds, chosen from the whole brain inside each training fold."""
    if asked.spec.select:
        raise SpecError("Voxels are chosen inside each training fold already.")
    if asked.spec.mask == BRAIN:
        raise SpecError("The mask is the whole brain, which nobody had to choose.")
    spec = replace(asked.spec, mask=BRAIN, select=asked.samples.X.shape[1])
    return spec, extract_samples(asked.subject, spec, asked.on_progress)


CONTROLS: dict[str, Control] = {
    "category": Control(
        label="All voxels of the mask",
        make=_category,
        found="The voxels of the mask tell the categories apart. The other rows ask what else "
        "could.",
        lost="The voxels of the mask are not shown to tell the categories apart, so there is "
        "little to explain.",
        scores_category=True,
        of_mask=True,
    ),
    "clock": Control(
        label="A clock",
        make=_clock,
        found="A clock that knows only how far the run has come tells them apart: their order "
        "could carry the score. Look at the row without drift.",
        lost="A clock that knows only how far the run has come is not shown to tell them apart.",
        note=_orders_note,
    ),
    "mean_signal": Control(
        label="Mean signal of the mask",
        make=_mean_signal,
        found="The mean of the mask tells them apart: the score may need no pattern.",
        lost="The mean of the mask is not shown to tell them apart.",
        of_mask=True,
    ),
    "outside": Control(
        label="Voxels outside the brain",
        make=_outside,
        found="Voxels in which there is no brain tell them apart: movement or the scanner could "
        "carry the score.",
        lost="Voxels in which there is no brain are not shown to tell them apart.",
    ),
    "motion": Control(
        label="Movement of the head",
        make=partial(_confounds, "motion_6"),
        found="How the head lay tells them apart: movement with the task could carry the score. "
        "Regress it out, and compare.",
        lost="How the head lay is not shown to tell them apart.",
    ),
    "confounds": Control(
        label="Movement and mean signals",
        make=partial(_confounds, "global_signal"),
        found="Movement and the mean signals of brain, white matter and CSF tell them apart: what "
        "moves all of the head alike could carry the score.",
        lost="Movement and the mean signals of brain, white matter and CSF are not shown to tell "
        "them apart.",
    ),
    "detrended": Control(
        label="All voxels, without drift",
        make=_detrended,
        found="With each run's straight drift taken out, the voxels tell them apart: such a drift "
        "does not carry the score.",
        lost="With each run's straight drift taken out, the voxels are not shown to tell them "
        "apart.",
        scores_category=True,
        of_mask=True,
    ),
    CHOSEN: Control(
        label="Voxels chosen in training",
        make=_chosen,
        found="As many voxels as the mask holds, chosen from the whole brain in training only, "
        "tell them apart: no look at the tested runs is needed.",
        lost="As many voxels as the mask holds, chosen from the whole brain in training only, are "
        "not shown to tell them apart.",
        scores_category=True,
    ),
}
"""By its name in JSON, each row; what is decoded comes first."""
