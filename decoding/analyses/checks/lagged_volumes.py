"""Where volumes decoded at a lag lie: in their own block, in rest, or in another block."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd

from decoding.analyses.checks.design import Design, Finding

MOSTLY_WITHIN, MOSTLY_OUTSIDE = 0.5, 0.75
"""Up to the one share of volumes outside their own block a lag is fine; above the other it fails.
"""
RESPONSE_S = 8.0
"""So long after a short trial its response lasts: until then rest is where it lies."""


def lag_within_block(design: Design) -> Finding:
    """Ask that volumes at a lag lie in their own block, or in rest."""
    if design.subject.maps:
        return "moot", "The images are no series in time."
    if not design.spec.lag:
        return "pass", "Without a lag every volume decoded lies in its own block."
    n_later = round(design.spec.lag / design.subject.t_r)
    found = place_lagged(design.subject.volumes, design.samples.classes, n_later)
    where = f"At a lag of {design.spec.lag:g} s {found.words}"
    share = found.share_outside if design.spec.lag > RESPONSE_S else found.share_in_another
    if share <= MOSTLY_WITHIN:
        return "pass", f"{where}."
    return "fail" if share > MOSTLY_OUTSIDE else "warn", (
        f"{where}. They may answer what was shown next, or nothing any more. Choose about 5 s."
    )


@dataclass(frozen=True, kw_only=True)
class LaggedVolumes:
    """How many volumes are decoded, and how many of them lie outside their own block."""

    n: int
    in_rest: int
    in_another: int

    @property
    def share_outside(self) -> float:
        """The share that lies outside its own block."""
        return (self.in_rest + self.in_another) / self.n if self.n else 1.0

    @property
    def share_in_another(self) -> float:
        """The share that lies in another block."""
        return self.in_another / self.n if self.n else 1.0

    @property
    def words(self) -> str:
        """How many lie outside their own block, and where."""
        return (
            f"{self.in_rest + self.in_another} of {self.n} volumes decoded lie outside their own "
            f"block, {self.in_rest} in rest and {self.in_another} in another block"
        )


def place_lagged(volumes: pd.DataFrame, conditions: Collection[str], n_later: int) -> LaggedVolumes:
    """Place the volumes of a subject that are decoded for some categories, `n_later` volumes later.

    Those past the end of their run are not decoded.
    """
    run, block = volumes["run"].to_numpy(), volumes["block"].to_numpy()
    labelled = np.flatnonzero(volumes["condition"].isin(list(conditions)) & (block >= 0))
    labelled = labelled[(labelled + n_later >= 0) & (labelled + n_later < len(run))]
    labelled = labelled[run[labelled] == run[labelled + n_later]]
    own, met = block[labelled], block[labelled + n_later]
    return LaggedVolumes(
        n=len(labelled),
        in_rest=int((met < 0).sum()),
        in_another=int(((met >= 0) & (met != own)).sum()),
    )
