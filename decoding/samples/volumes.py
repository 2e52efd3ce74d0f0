"""Which volumes are decoded, and how they become samples."""

from dataclasses import dataclass

import numpy as np

from decoding.datasets.base import Subject
from decoding.errors import SpecError, UnknownChoiceError
from decoding.numbers import list_text, number_text
from decoding.samples.confounds import confounds_of
from decoding.spec import DecodingSpec


@dataclass(frozen=True, kw_only=True, eq=False)
class Selection:
    """Which volumes are decoded, as what: arrays of shape (n_selected,)."""

    volumes: np.ndarray
    y: np.ndarray
    runs: np.ndarray
    blocks: np.ndarray
    n_dropped: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Averaging:
    """How selected volumes become samples: `y`, `runs` and `blocks` are of shape (n_samples,).

    `groups`, (n_selected,), is the sample that each volume is averaged into; None: each is its own.
    """

    y: np.ndarray
    runs: np.ndarray
    blocks: np.ndarray
    groups: np.ndarray | None = None

    def apply(self, selected: np.ndarray) -> np.ndarray:
        """Turn (n_selected, n_voxels) into (n_samples, n_voxels)."""
        if self.groups is None:
            return selected
        return np.stack([selected[self.groups == g].mean(axis=0) for g in range(len(self.y))])


def each_volume(selection: Selection) -> Averaging:
    """Let every selected volume be a sample."""
    return Averaging(y=selection.y, runs=selection.runs, blocks=selection.blocks)


def block_means(selection: Selection) -> Averaging:
    """Let the mean of each block's selected volumes be a sample."""
    _, first, groups = np.unique(selection.blocks, return_index=True, return_inverse=True)
    return Averaging(
        y=selection.y[first],
        runs=selection.runs[first],
        blocks=selection.blocks[first],
        groups=groups,
    )


def chosen_conditions(subject: Subject, spec: DecodingSpec) -> tuple[str, ...]:
    """Return the categories that the spec decodes, sorted.

    Raises
    ------
    UnknownChoiceError
        If the subject was not shown one of them.
    SpecError
        If there are fewer than two.
    """
    conditions = spec.conditions or subject.conditions
    for name in conditions:
        if name not in subject.conditions:
            where = f" for subject {subject.name}"
            raise UnknownChoiceError("category", name, subject.conditions, where)
    if len(subject.conditions) < 2:
        raise SpecError(
            f"A decoding needs two categories; {list_text(subject.conditions)} is given. "
            f"Subject {subject.name} has no other."
        )
    if len(conditions) < 2:
        raise SpecError(
            f"A decoding needs two categories; {', '.join(conditions) or 'none'} is given. "
            f"Choose from: {', '.join(subject.conditions)}."
        )
    return conditions


def not_held(subject: Subject, spec: DecodingSpec) -> str:
    """Say which category has no trial that holds a volume; empty where each has one."""
    held = set(subject.volumes["condition"])
    for name in chosen_conditions(subject, spec):
        if name not in held:
            n = int((subject.trials["condition"] == name).sum())
            hold = "holds no volume: it" if n == 1 else "hold no volume: each"
            return (
                f"The {number_text(n, 'trial')} of {name} {hold} lies between two volumes, or "
                "lasts no time."
            )
    return ""


def check_held(subject: Subject, spec: DecodingSpec) -> None:
    """Refuse to decode volumes where no trial of a category holds one: a `SpecError`."""
    if told := not_held(subject, spec):
        raise SpecError(f"{told} Decode betas, which need none.", remedy="Type --samples lsa.")


def lag_in_volumes(subject: Subject, lag: float) -> int:
    """Return a lag in seconds as a number of volumes.

    Raises
    ------
    SpecError
        If it is not a whole number of volumes of the recording, or the time between blocks was
        not recorded.
    """
    duration = len(subject.volumes) * subject.t_r
    if abs(lag) > duration:
        raise SpecError(
            f"A lag of {lag:g} s is longer than the recording of subject {subject.name}, "
            f"{duration:g} s. Choose a shorter lag."
        )
    volumes = round(lag / subject.t_r)
    if abs(volumes * subject.t_r - lag) > 1e-6:
        low = int(lag // subject.t_r) * subject.t_r
        raise SpecError(
            f"A lag of {lag:g} s is not a whole number of volumes of {subject.t_r:g} s. "
            f"Choose {low:g} or {low + subject.t_r:g}."
        )
    if volumes and not subject.has_rest:
        raise SpecError(
            f"A lag of {lag:g} s needs the time between blocks, and of subject {subject.name} "
            f"{subject.lacks_time}. Choose lag 0."
        )
    return volumes


def select_volumes(subject: Subject, spec: DecodingSpec) -> Selection:
    """Find the volumes of the chosen categories, each `lag` later than its label.

    Those past the end of their run, or left out with the confounds, are dropped.

    Raises
    ------
    SpecError
        If no volume is left of some category.
    """
    conditions = chosen_conditions(subject, spec)
    lag = lag_in_volumes(subject, spec.lag)
    y = subject.volumes["condition"].to_numpy(dtype=object).astype(str)
    runs = subject.volumes["run"].to_numpy()
    blocks = subject.volumes["block"].to_numpy()
    labelled = np.flatnonzero(np.isin(y, conditions))
    moved = labelled + lag
    inside = (moved >= 0) & (moved < len(y))
    inside[inside] = runs[moved[inside]] == runs[labelled[inside]]
    confounds = confounds_of(subject, spec.confounds)
    if confounds is not None:
        inside[inside] = confounds.kept[moved[inside]]
    kept = labelled[inside]
    if not inside.all() and len(np.unique(y[kept])) < len(conditions):
        remedy = "a shorter lag" if confounds is None else "a shorter lag, or other confounds"
        raise SpecError(
            f"With a lag of {spec.lag:g} s no volume is left of "
            f"{', '.join(sorted(set(conditions) - set(y[kept])))}. Choose {remedy}."
        )
    return Selection(
        volumes=moved[inside],
        y=y[kept],
        runs=runs[kept],
        blocks=blocks[kept],
        n_dropped=int((~inside).sum()),
    )
