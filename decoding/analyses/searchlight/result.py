"""What a searchlight found: scores of spheres, and what relabelled blocks make of them."""

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import nibabel as nib
import numpy as np
from scipy.stats import false_discovery_control

from decoding.grid import Grid
from decoding.null import ALPHA, Null
from decoding.numbers import count_json
from decoding.spec import DecodingSpec


@dataclass(frozen=True, kw_only=True, eq=False)
class SearchlightResult:
    """The score of a sphere around every voxel of a mask.

    Parameters
    ----------
    radius : float
        Of the spheres, in mm.
    scores : ndarray of shape (n_spheres,)
        The mean fold accuracy of each sphere.
    sizes : ndarray of int, shape (n_spheres,)
        Voxels in each sphere.
    grid : Grid
        Of the spheres' centres.
    n_test : ndarray of int, shape (n_folds,)
        Held-out samples of each fold.
    constant : ndarray of bool, shape (n_spheres,)
        Spheres in which no voxel varies: their score says nothing.
    n_without_variance : int
        Voxels without variance in a training category of some fold (naive Bayes), where
        GaussianNB's smoothing decides.
    version : str
        Digest of the subject's files.
    seconds : float
        How long reading, scoring and relabelling took.
    null : Null or None
        The best score over all spheres under each relabelling; None where nothing was relabelled:
        the map is descriptive.
    n_reached : ndarray of int, shape (n_spheres,), or None
        Under how many relabellings each sphere scored as high as it did on the labels as they are.
    """

    spec: DecodingSpec
    radius: float
    scores: np.ndarray
    sizes: np.ndarray
    grid: Grid
    n_test: np.ndarray
    constant: np.ndarray
    n_without_variance: int
    classes: tuple[str, ...]
    n_samples: int
    n_blocks: int
    version: str
    seconds: float
    null: Null | None = None
    n_reached: np.ndarray | None = None

    @property
    def n_constant(self) -> int:
        """How many spheres hold nothing that varies."""
        return int(self.constant.sum())

    def score_reached_by(self, share: float) -> float:
        """Return the score that a share of the spheres, those that score best, reach."""
        return float(np.quantile(self.scores, 1 - share))

    @cached_property
    def p_values(self) -> np.ndarray | None:
        """Family-wise p, (n_spheres,), by the maximum over spheres under each relabelling."""
        return None if self.null is None else np.asarray(self.null.p_value(self.scores))

    @cached_property
    def uncorrected_p(self) -> np.ndarray | None:
        """The p of each sphere alone, (n_spheres,), as if it were the only one."""
        return None if self.null is None else np.asarray(self.null.p_of_count(self.n_reached))

    @cached_property
    def q_values(self) -> np.ndarray | None:
        """The false discovery rate of each, (n_spheres,), after Benjamini & Hochberg (1995)."""
        p = self.uncorrected_p
        return None if p is None else np.asarray(false_discovery_control(p))

    @cached_property
    def threshold(self) -> float | None:
        """The smallest score with a family-wise p of 0.05 or less.

        Where no sphere has it, the next score that a sphere could have. None without relabellings,
        and where no score up to 1 can have such a p.
        """
        if self.p_values is None or self.null is None:
            return None
        found = self.scores[self.p_values <= ALPHA]
        return float(found.min()) if found.size else self._least_needed(self.null)

    def _least_needed(self, null: Null) -> float | None:
        beaten = null.score_to_beat(ALPHA)
        if beaten is None:
            return None
        step = 1.0 / (len(self.n_test) * math.lcm(*self.n_test.tolist()))
        needed = (math.floor(beaten / step + 1e-6) + 1) * step
        return min(needed, 1.0) if needed < 1 + step / 2 else None

    @cached_property
    def significant(self) -> np.ndarray:
        """Which spheres, bool (n_spheres,), have a family-wise p of at most 0.05; else none."""
        if self.p_values is None:
            return np.zeros(len(self.scores), dtype=bool)
        return np.asarray(self.p_values <= ALPHA)

    @property
    def n_significant(self) -> int:
        """How many spheres these are."""
        return int(self.significant.sum())

    def as_json(self) -> dict[str, Any]:
        """Return what ``searchlight --json`` prints below its head."""
        best = int(self.scores.argmax())
        values = {
            "radius": self.radius,
            "n_centers": len(self.scores),
            "voxels_per_sphere": float(self.sizes.mean()),
            "smallest_sphere": int(self.sizes.min()),
            "largest_sphere": int(self.sizes.max()),
            "n_constant": self.n_constant,
            "n_without_variance": self.n_without_variance,
            "n_samples": self.n_samples,
            "n_blocks": self.n_blocks,
            "n_voxels": len(self.scores),
            "max_score": float(self.scores[best]),
            "max_place_mm": [round(value, 1) for value in self.grid.place(best)],
            "mean_score": float(self.scores.mean()),
            "seconds": round(self.seconds, 2),
            "inference": _inference(self.null),
        }
        if self.sizes.max() == 1:
            values["note"] = "Each sphere is one voxel: no other lies within the radius."
        return values if self.null is None else {**values, **self._null_json(self.null)}

    def _null_json(self, null: Null) -> dict[str, Any]:
        assert self.p_values is not None
        assert self.q_values is not None
        return {
            "threshold": self.threshold,
            "n_significant": self.n_significant,
            "n_significant_fdr": int((self.q_values <= ALPHA).sum()),
            "smallest_p_found": float(self.p_values.min()),
            "smallest_p": null.smallest_p,
            "null_max_mean": null.mean,
            "n_relabellings": null.n_relabellings,
            "n_distinct": count_json(null.n_distinct),
            "exact": null.exact,
            "seed": null.seed,
        }


def to_image(
    result: SearchlightResult, values: np.ndarray, what: str, outside: float = 0.0
) -> nib.Nifti1Image:
    """Put values, (n_spheres,), on the scan's grid at the centres, and `outside` elsewhere.

    ``what`` is a word for the header's description. Values are float64: a score compares with a
    threshold as it does in the table.
    """
    spec = result.spec
    subject = f"subject {spec.subject}"
    note = (
        f"searchlight {what}: {', '.join(result.classes)}. {subject}, mask {spec.mask}, "
        f"{spec.estimator}, {spec.cv}, radius {result.radius:g} mm. {_inference(result.null)}"
    )
    return result.grid.image(
        values, outside=outside, description=f"searchlight {what}: {subject}", note=note
    )


def _inference(null: Null | None) -> str:
    if null is None:
        return "No relabelling: the map is descriptive."
    how = "all" if null.exact else f"seed {null.seed}"
    return f"Family-wise p by the maximum over spheres, {null.n_relabellings} relabellings ({how})."


def score_image(result: SearchlightResult) -> nib.Nifti1Image:
    """Return the scores, 0 outside the mask."""
    return to_image(result, result.scores, "score")


def p_image(result: SearchlightResult) -> nib.Nifti1Image:
    """Return the family-wise p-values, 1 outside the mask."""
    assert result.p_values is not None, "a map that was not relabelled has no p-values"
    return to_image(result, result.p_values, "family-wise p", outside=1.0)


def thresholded_image(result: SearchlightResult, kept: np.ndarray, what: str) -> nib.Nifti1Image:
    """Return the scores of the spheres kept, bool (n_spheres,), and 0 elsewhere."""
    return to_image(result, np.where(kept, result.scores, 0.0), what)
