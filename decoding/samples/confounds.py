"""Confounds of preprocessed scans, as nilearn reads them: what is regressed out of each run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from decoding.datasets.base import Subject
from decoding.datasets.text import check_bytes
from decoding.errors import DataError, SpecError
from decoding.numbers import list_text
from decoding.registry import Choice, pick


@dataclass(frozen=True, kw_only=True)
class Strategy(Choice):
    """A choice of confounds.

    Parameters
    ----------
    options : mapping
        What `nilearn.interfaces.fmriprep.load_confounds` is told; empty where there are none.
    """

    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class Confounds:
    """The confounds of a recording.

    Parameters
    ----------
    tables : mapping of int to pandas.DataFrame
        By run, a row a volume and a column a confound.
    kept : ndarray of bool, shape (n_volumes,)
        Which volumes of the recording the strategy leaves in.
    """

    tables: Mapping[int, pd.DataFrame]
    kept: np.ndarray


MAX_BYTES = 32 << 20
"""No table of confounds is larger: a thousand columns of a long run have half of it."""
_READ_ERRORS = (
    ValueError, KeyError, TypeError, AttributeError, IndexError, OSError, RecursionError,
)  # fmt: skip
"""What nilearn's reader raises on a table or sidecar that is damaged."""
NONE = "none"
_MOTION_24 = {"strategy": ("motion",), "motion": "full"}
CONFOUNDS: dict[str, Strategy] = {
    NONE: Strategy(
        label="none",
        help="Scans are taken as the pipeline left them.",
        methods="No confounds were removed",
    ),
    "motion_6": Strategy(
        label="6 motion parameters",
        help="How the head moved and turned.",
        methods="Six motion parameters were regressed out of each run",
        options={"strategy": ("motion",), "motion": "basic"},
    ),
    "motion_24": Strategy(
        label="24 motion parameters",
        help="How the head moved and turned, the change between scans, and the squares of both.",
        methods="24 motion parameters were regressed out of each run",
        options=_MOTION_24,
    ),
    "wm_csf": Strategy(
        label="motion, white matter and CSF",
        help="24 motion parameters, and the mean signals of white matter and cerebrospinal fluid.",
        methods="24 motion parameters and the mean signals of white matter and cerebrospinal fluid "
        "were regressed out of each run",
        options={**_MOTION_24, "strategy": ("motion", "wm_csf"), "wm_csf": "basic"},
    ),
    "global_signal": Strategy(
        label="motion, white matter, CSF and global signal",
        help="As before, and the mean signal of the brain: it can hold what is decoded.",
        methods="24 motion parameters and the mean signals of white matter, cerebrospinal fluid "
        "and brain were regressed out of each run",
        options={
            **_MOTION_24,
            "strategy": ("motion", "wm_csf", "global_signal"),
            "wm_csf": "basic",
            "global_signal": "basic",
        },
    ),
    "compcor": Strategy(
        label="motion and 6 CompCor components",
        help="24 motion parameters, slow drifts, and components of noise in white matter and CSF.",
        methods="24 motion parameters, drifts slower than 128 s and six anatomical CompCor "
        "components (Behzadi et al. 2007) were regressed out of each run",
        options={
            **_MOTION_24,
            "strategy": ("motion", "high_pass", "compcor"),
            "compcor": "anat_combined",
            "n_compcor": 6,
        },
    ),
    "scrub": Strategy(
        label="motion and moved volumes",
        help="24 motion parameters; volumes are left out where the head moved over 0.5 mm or the "
        "signal jumped.",
        methods="24 motion parameters were regressed out of each run, and volumes were left out "
        "with a framewise displacement over 0.5 mm or standardized DVARS over 1.5",
        options={
            **_MOTION_24,
            "strategy": ("motion", "scrub"),
            "scrub": 0,
            "fd_threshold": 0.5,
            "std_dvars_threshold": 1.5,
        },
    ),
}


def confounds_of(subject: Subject, name: str) -> Confounds | None:
    """Return the confounds of a subject that a strategy in ``CONFOUNDS`` takes, None for none.

    Raises
    ------
    SpecError
        If its scans come without confounds.
    DataError
        If a table lacks what the strategy takes, or does not fit its scan.
    """
    options = pick(CONFOUNDS, name, "strategy for confounds").options
    if not options:
        return None
    if not subject.confounds:
        raise SpecError(
            f"The scans of subject {subject.name} ({subject.space}) have no tables of confounds; "
            "fMRIPrep puts one beside each preprocessed scan. Choose another space, or no "
            "confounds.",
            remedy=f"Type --space SPACE: {', '.join(subject.spaces)}.",
        )
    lacking = [run for run in subject.volumes["run"].unique() if run not in subject.confounds]
    if lacking:
        runs = f"run {lacking[0]}" if len(lacking) == 1 else f"runs {list_text(lacking)}"
        raise SpecError(
            f"There is no table of confounds for {runs} of subject {subject.name} "
            f"({subject.space}). Get it, choose no confounds, or take such runs out of the folder.",
            remedy="Leave --confounds out.",
        )
    for table in subject.confounds.values():
        for file in (table, table.with_suffix(".json")):
            if file.is_file():
                check_bytes(file, MAX_BYTES)
    lengths = subject.volumes.groupby("run", sort=False).size()
    return read_tables(subject.bold, tuple(lengths.items()), name, subject.version)


@lru_cache(maxsize=4)
def read_tables(
    scans: tuple[Path, ...], lengths: tuple[tuple[int, int], ...], name: str, version: str
) -> Confounds:
    """Read the tables beside some scans; runs come with the number of their volumes.

    Raises
    ------
    DataError
        If a table cannot be read, has not as many rows as its run has volumes, or holds
        more confounds than can be regressed out of those kept.
    """
    tables, kept = {}, []
    for scan, (run, n_volumes) in zip(scans, lengths, strict=True):
        tables[run], volumes = _read_run(scan, CONFOUNDS[name].options)
        if len(tables[run]) != n_volumes:
            raise DataError(
                f"The confounds of {scan.name} have {len(tables[run])} rows for {n_volumes} "
                "volumes; they do not belong together."
            )
        if tables[run].shape[1] + 1 >= (n_kept := len(volumes)):
            raise DataError(
                f"Run {run} keeps {n_kept} volumes, too few to regress {tables[run].shape[1]} "
                "confounds out of them. Choose fewer confounds."
            )
        kept.append(np.isin(np.arange(n_volumes), volumes))
    return Confounds(tables=tables, kept=np.concatenate(kept))


def _read_run(scan: Path, options: Mapping[str, Any]) -> tuple[pd.DataFrame, np.ndarray]:
    """Return a run's confounds, and the numbers of the volumes that are kept."""
    from nilearn.interfaces.fmriprep import load_confounds

    try:
        table, kept = load_confounds(scan_name(scan), **options)
    except _READ_ERRORS as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise DataError(f"The confounds of {scan.name} cannot be read: {reason}.") from error
    values = table.to_numpy(dtype=np.float64)
    if not np.isfinite(values).all():
        column = table.columns[~np.isfinite(values).all(axis=0)][0]
        raise DataError(
            f"The confounds of {scan.name} have no value for {column} in some volume. Choose other "
            "confounds."
        )
    return table, np.arange(len(table)) if kept is None else np.asarray(kept)


def scan_name(scan: Path) -> str:
    """Return a scan's path as nilearn's readers of confounds know it: as if compressed."""
    return f"{str(scan).removesuffix('.gz')}.gz"


def regressors_of(confounds: Confounds | None, run: int, volumes: slice) -> pd.DataFrame | None:
    """Return what the linear model of a run takes of its confounds.

    Drift is in the model already; each volume that is left out gets a regressor of its own.
    """
    if confounds is None:
        return None
    table = confounds.tables[run]
    removed = np.flatnonzero(~confounds.kept[volumes])
    alone = {f"volume {i} left out": (np.arange(len(table)) == i).astype(float) for i in removed}
    drift = table.columns.str.startswith("cosine")
    return pd.concat([table.loc[:, ~drift], pd.DataFrame(alone, index=table.index)], axis=1)
