"""How far the head moved from one volume to the next, and during which categories."""

from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd

from decoding.analyses.record import Analysis
from decoding.datasets.base import Subject
from decoding.datasets.text import check_bytes
from decoding.errors import DataError
from decoding.progress import Progress
from decoding.samples.confounds import MAX_BYTES
from decoding.spec import DecodingSpec

COLUMN = "framewise_displacement"
SHIFTS, TURNS = ("trans_x", "trans_y", "trans_z"), ("rot_x", "rot_y", "rot_z")
HEAD_MM = 50.0
"""The radius at which a turn is counted as a shift."""
FAR_MM = 0.5


@dataclass(frozen=True, kw_only=True, eq=False)
class Motion:
    """Framewise displacement against what was shown.

    Parameters
    ----------
    table : pandas.DataFrame
        One row a volume: ``volume`` (in the recording), ``run``, ``condition`` and
        ``displacement`` from the volume before it, in mm; not a number where nobody knows.
    unknown : str
        Why no displacement is known at all; else empty.
    """

    table: pd.DataFrame
    unknown: str = ""

    @property
    def by_category(self) -> pd.DataFrame:
        """Of each category: ``condition, n_volumes, mean`` in mm and ``n_far``, over `FAR_MM`."""
        known = self.table.dropna(subset="displacement")
        groups = known.assign(far=known["displacement"] > FAR_MM).groupby("condition")
        found = groups.agg(
            n_volumes=("volume", "size"), mean=("displacement", "mean"), n_far=("far", "sum")
        )
        return found.reset_index()


def run(
    subject: Subject, spec: DecodingSpec, options: None = None, on_progress: Progress | None = None
) -> Motion:
    """Read the displacement of each run from its table of confounds, beside what was shown.

    Raises
    ------
    DataError
        If a table cannot be read, or has not as many rows as its run has volumes.
    """
    table = subject.volumes[["run", "condition"]].reset_index(names="volume")
    table["displacement"] = np.nan
    if subject.maps:
        return Motion(table=table, unknown="These images are no series in time.")
    if not subject.confounds:
        why = "There is no table of confounds beside the scans; fMRIPrep writes one for each run."
        return Motion(table=table, unknown=why)
    for number, path in subject.confounds.items():
        rows = table["run"] == number
        found = read_displacement(path)
        if len(found) != rows.sum():
            raise DataError(
                f"{path.name} has {len(found)} rows for {rows.sum()} volumes; they do not belong "
                "together."
            )
        table.loc[rows, "displacement"] = found
    return Motion(table=table)


def read_displacement(path: Path) -> np.ndarray:
    """Return how far the head moved before each volume of a run, (n_volumes,), in mm; NaN at first.

    It is the column ``framewise_displacement`` of fMRIPrep's table; else what Power et al. (2012),
    NeuroImage 59:2142, make of its six motion parameters.

    Raises
    ------
    DataError
        If the table has neither that column nor the six parameters.
    """
    check_bytes(path, MAX_BYTES)
    try:
        confounds = pd.read_csv(StringIO(path.read_text(encoding="utf-8-sig")), sep="\t")
        if COLUMN in confounds:
            return confounds[COLUMN].to_numpy(dtype=np.float64)
        moved: Mapping[str, pd.Series] = {
            name: confounds[name].astype(float).diff().abs() for name in (*SHIFTS, *TURNS)
        }
    except (OSError, ValueError, KeyError) as error:
        raise DataError(
            f"{path.name} cannot be read as confounds ({error}); it needs a column {COLUMN}, or "
            f"the six {', '.join((*SHIFTS, *TURNS))}."
        ) from error
    shifts, turns = (sum(moved[name] for name in names) for names in (SHIFTS, TURNS))
    return np.asarray(shifts + HEAD_MM * turns, dtype=np.float64)


ANALYSIS = Analysis(
    name="motion",
    question="Did the head move with what was shown?",
    run=run,
    reads=frozenset({"dataset", "subject"}),
    page="your_data",
)
