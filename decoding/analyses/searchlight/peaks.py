"""Where a searchlight's map is highest, and how it compares with what was planted."""

import warnings
from dataclasses import dataclass

import nibabel as nib
import numpy as np
import pandas as pd
from nibabel.affines import from_matvec
from scipy.spatial import cKDTree

from decoding.analyses.record import ALL_FIELDS, Analysis
from decoding.analyses.searchlight.result import SearchlightResult
from decoding.datasets.base import Subject
from decoding.datasets.simulated.dataset import load_truth
from decoding.null import ALPHA, SCORE_TOLERANCE
from decoding.progress import Progress
from decoding.spec import DecodingSpec

MIN_DISTANCE_MM = 8.0
COLUMNS = ("cluster", "x", "y", "z", "score", "p_value", "size_mm3", "n_spheres", "voxel")


@dataclass(frozen=True, kw_only=True)
class Options:
    """A searchlight, and which of its spheres to keep: see `spheres_kept`."""

    found: SearchlightResult
    rule: str = "score"
    least: float = 0.0

    @property
    def rule_text(self) -> str:
        """The rule in a file's name."""
        return f"score-{self.least:g}" if self.rule == "score" else self.rule


@dataclass(frozen=True, kw_only=True, eq=False)
class KeptSpheres:
    """The spheres that a rule keeps.

    Parameters
    ----------
    kept : ndarray of bool, shape (n_spheres,)
    peaks : pandas.DataFrame
        See `peaks_of`.
    match : TruthMatch or None
        How they compare with what was planted; None for a recorded subject.
    """

    kept: np.ndarray
    peaks: pd.DataFrame
    match: "TruthMatch | None"


def run(
    subject: Subject, spec: DecodingSpec, options: Options, on_progress: Progress | None = None
) -> KeptSpheres:
    """Keep the spheres of a searchlight that pass a rule, and find their peaks."""
    found = options.found
    kept = spheres_kept(found, options.rule, options.least)
    match = None
    if subject.truth is not None:
        planted = load_truth(subject).informative(found.classes).ravel()[found.grid.voxels]
        match = compare_planted(found, planted, kept)
    return KeptSpheres(kept=kept, peaks=peaks_of(found, kept), match=match)


def peaks_of(result: SearchlightResult, kept: np.ndarray, smallest: int = 1) -> pd.DataFrame:
    """Return the peaks of the spheres kept, cluster by cluster, highest first.

    Clusters and peaks are those of `nilearn.reporting.get_clusters_table`: clusters touch by faces,
    further peaks of a cluster lie at least 8 mm apart.

    Parameters
    ----------
    kept : ndarray of bool, shape (n_spheres,)
    smallest : int
        Clusters of fewer spheres are left out.

    Returns
    -------
    pandas.DataFrame
        ``cluster`` (str, further peaks with a letter), ``x``, ``y``, ``z`` (mm), ``score``,
        ``p_value`` (family-wise; NaN for a descriptive map), ``size_mm3`` and ``n_spheres`` (NaN
        for further peaks), ``voxel`` (C-order index of the centre in the grid).
    """
    if not kept.any():
        return pd.DataFrame(columns=list(COLUMNS))
    # One is added, as a sphere that scores 0 is kept like any other.
    table = _clusters(result.grid.image(np.where(kept, 1 + result.scores, 0.0)), smallest)
    places = table[["X", "Y", "Z"]].to_numpy(dtype=np.float64)
    spheres = result.grid.row_at(places)
    size = pd.to_numeric(table["Cluster Size (mm3)"], errors="coerce").to_numpy(dtype=np.float64)
    p = np.full(len(result.scores), np.nan) if result.p_values is None else result.p_values
    return pd.DataFrame(
        {
            "cluster": table["Cluster ID"].astype(str).to_numpy(dtype=object),
            **dict(zip("xyz", places.T, strict=True)),
            "score": result.scores[spheres],
            "p_value": p[spheres],
            "size_mm3": size,
            "n_spheres": np.rint(size / result.grid.voxel_volume),
            "voxel": result.grid.voxels[spheres],
        }
    )


def _clusters(image: nib.Nifti1Image, smallest: int) -> pd.DataFrame:
    from nilearn.reporting import get_clusters_table  # brings plotting

    # nilearn sees no cluster without a border: a voxel of nothing is put around the image.
    shift = from_matvec(np.eye(3), [-1, -1, -1])
    image = nib.Nifti1Image(np.pad(image.get_fdata(), 1), image.affine @ shift)
    with warnings.catch_warnings():
        # Said where equal scores touch, or no cluster is large enough: both are handled.
        warnings.simplefilter("ignore", UserWarning)
        table: pd.DataFrame = get_clusters_table(
            image, stat_threshold=1e-6, cluster_threshold=smallest - 1, min_distance=MIN_DISTANCE_MM
        )
    return table


def spheres_kept(result: SearchlightResult, rule: str, least: float) -> np.ndarray:
    """Return which spheres a rule keeps, bool (n_spheres,).

    Parameters
    ----------
    rule : {"fwe", "fdr", "score"}
        Family-wise p or false discovery rate of 0.05 at most, or a score of `least` or more. The
        first two keep nothing in a descriptive map.
    """
    values = {"fwe": result.p_values, "fdr": result.q_values}.get(rule)
    if rule == "score":
        return np.asarray(result.scores >= least - SCORE_TOLERANCE)
    return np.zeros(len(result.scores), dtype=bool) if values is None else values <= ALPHA


def score_span(result: SearchlightResult) -> tuple[float, float]:
    """Return the hundredths at or under the lowest and the highest score: all kept, the best kept.

    They are never the same.
    """
    low, high = (np.floor(100 * np.quantile(result.scores, [0, 1]) + 1e-9) / 100).tolist()
    return low, max(high, low + 0.01)


@dataclass(frozen=True, kw_only=True, eq=False)
class TruthMatch:
    """The spheres kept against those planted.

    Parameters
    ----------
    planted, kept : ndarray of bool, shape (n_spheres,)
    far : ndarray of bool, shape (n_spheres,)
        Kept, with no planted voxel within one radius of the centre: nothing planted is inside.
    """

    planted: np.ndarray
    kept: np.ndarray
    far: np.ndarray

    @property
    def n_found(self) -> int:
        """How many planted spheres are kept."""
        return int((self.planted & self.kept).sum())


def compare_planted(result: SearchlightResult, planted: np.ndarray, kept: np.ndarray) -> TruthMatch:
    """Compare the spheres kept with planted centres, both bool (n_spheres,)."""
    centres = result.grid.centres
    far = kept.copy()
    if planted.any():
        distances, _ = cKDTree(centres[planted]).query(centres)
        far &= distances > result.radius + 1e-6
    return TruthMatch(planted=planted, kept=kept, far=far)


ANALYSIS = Analysis(
    name="peaks",
    question="Where is a searchlight highest?",
    Options=Options,
    run=run,
    reads=ALL_FIELDS - {"select"},
)
