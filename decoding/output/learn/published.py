"""Figures that the introduction's article printed, to be set beside ours."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from decoding.analyses.data import Measurement
from decoding.analyses.pairs.masks import PUBLISHED
from decoding.datasets.base import Subject
from decoding.numbers import score_text
from decoding.results import DecodingResult
from decoding.spec import DecodingSpec

ENDS = (0, 1, 2, -3, -2, -1)
"""The rows and columns of a matrix that numpy prints of a large one."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """What was printed of one analysis.

    Parameters
    ----------
    source : str
        What it is, in sentences that stand before its first figure.
    spec : DecodingSpec
        The analysis; `folds` are of several schemes.
    matrix, weights, image : tuple of int
        Shapes of the masked matrix (volumes, voxels), the weights and their image.
    corners : tuple of tuple of float
        The masked matrix at `ENDS`, (6, 6).
    folds : mapping
        The score of each fold, by a name in ``CV_SCHEMES``.
    areas_source : str
        What the areas under ROC in `areas_table` are, and whose.
    """

    source: str
    spec: DecodingSpec
    matrix: tuple[int, int]
    n_selected: int
    corners: tuple[tuple[float, ...], ...]
    folds: Mapping[str, tuple[float, ...]]
    weights: tuple[int, int]
    image: tuple[int, int, int, int]
    areas_source: str

    def is_of(self, subject: Subject, spec: DecodingSpec) -> bool:
        """Tell whether a subject and spec are those that were published, under any scheme."""
        return not subject.simulated and replace(spec, cv=self.spec.cv) == self.spec


ARTICLE = Published(
    source="These are the steps of a classic introduction to fMRI decoding with nilearn, on "
    "subject 2 of Haxby et al. 2001. Below it is called the article.",
    spec=DecodingSpec(),
    matrix=(1452, 464),
    n_selected=216,
    corners=(
        (0.76757896, 2.3108697, -0.20519443, -1.0261143, 0.087993503, 2.0720518),
        (0.55640817, 1.6833434, -0.24644937, -0.70238107, -0.34570047, 2.0341001),
        (0.76757896, 1.9186659, 0.0010802225, -0.99374104, -0.27630943, 2.1479552),
        (-0.42905563, -1.6896105, -0.71450854, -1.5440876, 1.8054217, -0.16709718),
        (-0.14749455, -1.8072717, -0.24644937, -1.7707009, 1.5452052, 0.78169477),
        (-0.21788482, -1.4542881, 0.0010802225, -1.6412076, 1.2676411, 0.89554977),
    ),
    folds={
        "kfold": (0.977, 0.767, 0.791, 0.535, 0.744),
        "stratified": (0.864, 0.767, 0.744, 0.698, 0.814),
        "leave_one_run_out": (
            0.556, 1.0, 0.667, 0.667, 0.778, 0.722, 0.889, 0.389, 0.667, 0.5, 0.778, 0.667,
        ),
    },
    weights=(1, 464),
    image=(40, 64, 64, 1),
    areas_source="Nilearn's gallery, on subject 2 of Haxby et al. 2001: area under ROC of each "
    "category against the rest, with a sparse linear SVM, one run left out at a time.",
)  # fmt: skip


def z_ratio(n_volumes: int) -> float:
    """Return today's z-score over the article's: the sample's spread is a little wider."""
    return math.sqrt((n_volumes - 1) / n_volumes)


def folds_table(result: DecodingResult) -> pd.DataFrame | None:
    """Return each fold's published score beside ours; None where none was published."""
    published = ARTICLE.folds.get(result.spec.cv)
    if published is None or len(published) != len(result.fold_scores):
        return None
    texts = ([score_text(score) for score in scores] for scores in (published, result.fold_scores))
    return pd.DataFrame(dict(zip(("published", "here"), texts, strict=True))).rename_axis("fold")


def corners_table(measured: Measurement) -> pd.DataFrame:
    """Return the corners of the masked matrix, published above ours, 12 rows of 6 columns."""
    ours = measured.matrix[list(ENDS)][:, list(ENDS)].astype(float)
    n_volumes, n_voxels = measured.shape
    columns = [f"voxel {end % n_voxels}" for end in ENDS]
    rows = [f"volume {end % n_volumes}" for end in ENDS]
    tables = [pd.DataFrame(values, rows, columns) for values in (ARTICLE.corners, ours)]
    return pd.concat(tables, keys=["published", "here"], names=["", "volume"]).reset_index()


def areas_table() -> pd.DataFrame:
    """Return the published areas under ROC, one row a category."""
    areas = pd.DataFrame(PUBLISHED[ARTICLE.spec.dataset, ARTICLE.spec.subject])
    return areas.rename(columns={"vt": "ventral temporal"}).sort_index().rename_axis("category")
