"""Result tables; every number shown is derived from them, so no two can disagree."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import rankdata
from sklearn.metrics import confusion_matrix

from decoding.grid import Grid
from decoding.null import ALPHA, Null
from decoding.numbers import count_json
from decoding.spec import DecodingSpec


@dataclass(frozen=True, kw_only=True, eq=False)
class DecodingResult:
    """The outcome of one cross-validated decoding.

    Parameters
    ----------
    predictions : pandas.DataFrame
        One row a sample and fold: ``fold`` (from 1), ``sample``, ``run``, ``block`` (int),
        ``true``, ``predicted`` (str), ``decision`` (float; towards the category later in the
        alphabet for two categories, NaN for more).
    classes : tuple of str
        The categories, sorted.
    n_dropped, n_constant : int
        Volumes lost to a lag or left out with confounds; voxels that never vary.
    circular : bool
        Whether responses to these categories chose the mask: no score is then read against chance.
    version : str
        Digest of the subject's files.
    each : str
        What one of the subject's volumes is called.
    """

    spec: DecodingSpec
    predictions: pd.DataFrame
    classes: tuple[str, ...]
    n_samples: int
    n_blocks: int
    n_voxels: int
    version: str
    n_dropped: int = 0
    n_constant: int = 0
    circular: bool = False
    each: str = "volume"

    @property
    def chance(self) -> float:
        """The score of guessing among equal categories, 1/K."""
        return 1.0 / len(self.classes)

    @cached_property
    def majority(self) -> float:
        """The share of the largest category among the samples."""
        once = self.predictions.drop_duplicates("sample")
        return float(once["true"].value_counts(normalize=True).max())

    @cached_property
    def folds(self) -> pd.DataFrame:
        """One row a fold: ``fold``, ``runs`` (those tested), ``n_samples``, the three scores.

        ``auc`` is NaN where a test fold lacks a class, or with more than two categories.
        """
        groups = self.predictions.groupby("fold", sort=True)
        return pd.DataFrame([_score_fold(fold, table, self.classes) for fold, table in groups])

    @property
    def fold_scores(self) -> list[float]:
        """Accuracy of each fold."""
        return self.folds["accuracy"].tolist()

    @property
    def accuracy(self) -> float:
        """The mean of the folds' accuracies."""
        return float(np.mean(self.fold_scores))

    @property
    def balanced_accuracy(self) -> float:
        """The mean of the folds' balanced accuracies."""
        return float(self.folds["balanced_accuracy"].mean())

    @property
    def auc(self) -> float | None:
        """The mean of the folds' areas under the ROC curve; None where any has none."""
        values = self.folds["auc"]
        return None if values.isna().any() else float(values.mean())

    @cached_property
    def confusion(self) -> pd.DataFrame:
        """Counts over all folds: rows true, columns predicted."""
        names = list(self.classes)
        counts = confusion_matrix(
            *(_texts(self.predictions[c]) for c in ("true", "predicted")), labels=names
        )
        return pd.DataFrame(counts, index=names, columns=names)

    @property
    def recall(self) -> dict[str, float]:
        """For each category, the share of its samples that was recognised, over all folds."""
        counts = self.confusion.to_numpy()
        shares = np.diag(counts) / counts.sum(axis=1)
        return dict(zip(self.classes, shares.tolist(), strict=True))

    @cached_property
    def one_sided(self) -> list[tuple[str, int, str]]:
        """The folds named one category throughout: which, how many samples, and the category.

        A fold is called by its run, ``"run 8"``, where it tests one, else by its number. Those of
        so few samples that guesses would agree in some fold with a p above 0.05 are not counted.
        """
        table, n_classes = self.predictions, len(self.classes)
        found = []
        for fold, own in table.groupby("fold"):
            by_luck = len(self.fold_scores) * float(n_classes) ** (1 - len(own))
            if own["predicted"].nunique() == 1 < own["true"].nunique() and by_luck <= ALPHA:
                runs = own["run"].unique()
                name = f"run {runs[0]}" if len(runs) == 1 else f"fold {fold}"
                found.append((name, len(own), str(own["predicted"].iloc[0])))
        return found

    def cell(self, true: str, predicted: str) -> pd.DataFrame:
        """Return the blocks behind a cell of the confusion matrix.

        One row a block of category `true` with at least one sample decoded as `predicted`: ``run``,
        ``block``, ``decoded_so``, ``tested`` (predictions, over all folds).
        """
        seen = self.predictions[self.predictions["true"] == true]
        table = (
            seen.assign(decoded_so=seen["predicted"] == predicted)
            .groupby(["run", "block"], as_index=False)
            .agg(decoded_so=("decoded_so", "sum"), tested=("decoded_so", "size"))
        )
        return table[table["decoded_so"] > 0].reset_index(drop=True)

    def as_json(self) -> dict[str, Any]:
        """Return what ``decode --json`` prints below its head."""
        return {
            "n_samples": self.n_samples,
            "n_blocks": self.n_blocks,
            "n_voxels": self.n_voxels,
            "fold_scores": self.fold_scores,
            "accuracy": self.accuracy,
            "balanced_accuracy": self.balanced_accuracy,
            "auc": self.auc,
            "confusion": self.confusion.to_numpy().tolist(),
            "n_dropped": self.n_dropped,
            "n_constant": self.n_constant,
        }


def _score_fold(fold: object, table: pd.DataFrame, classes: tuple[str, ...]) -> dict[str, Any]:
    true = _texts(table["true"])
    right = true == _texts(table["predicted"])
    present = np.unique(true)
    auc = np.nan
    if len(classes) == 2 and len(present) == 2:
        auc = area_under_curve(true == classes[1], table["decision"].to_numpy())
    return {
        "fold": fold,
        "runs": ", ".join(str(run) for run in sorted(table["run"].unique())),
        "n_samples": len(table),
        "accuracy": float(right.mean()),
        "balanced_accuracy": float(np.mean([right[true == name].mean() for name in present])),
        "auc": auc,
    }


def _texts(column: pd.Series) -> np.ndarray:
    return np.asarray(column.to_numpy(dtype=object).astype(str))


def area_under_curve(positive: np.ndarray, decision: np.ndarray) -> float:
    """Return the area under the ROC curve, ties counted half (Mann and Whitney 1947).

    It equals scikit-learn's `roc_auc_score` to the last bits and takes 0.09 ms a fold; that one
    takes 2.7 ms, 33 ms for 12 runs, each time that a page shows new scores.

    `positive` is bool, (n_samples,); both kinds must occur.
    """
    n_positive = int(positive.sum())
    ranks = float(rankdata(decision)[positive].sum())
    wins = ranks - n_positive * (n_positive + 1) / 2
    return wins / (n_positive * (len(positive) - n_positive))


@dataclass(frozen=True, kw_only=True, eq=False)
class WeightMaps:
    """The weights of a fit on all selected samples, and the activation pattern they imply.

    Parameters
    ----------
    pairs : tuple of (str, str)
        The two categories of each map; positive favours the second.
    weights, pattern : ndarray of float64, shape (n_pairs, n_voxels)
        Weights are for decoding; the pattern (Haufe et al. 2014) is for reading.
    means : ndarray of float64, shape (n_pairs, 2, n_voxels)
        Of the samples of each pair's first and second category.
    grid : Grid
        Of the mask's voxels.
    """

    spec: DecodingSpec
    pairs: tuple[tuple[str, str], ...]
    weights: np.ndarray
    pattern: np.ndarray
    means: np.ndarray
    grid: Grid

    def values(self, what: str) -> np.ndarray:
        """Return the ``weights`` or the ``pattern``, (n_pairs, n_voxels)."""
        return {"weights": self.weights, "pattern": self.pattern}[what]

    def largest(self, what: str, pair: int) -> float:
        """Return the size of a pair's largest weight, or pattern value."""
        return float(np.abs(self.values(what)[pair]).max())

    def heaviest(self, pair: int = 0) -> np.ndarray:
        """Return the tenth of the voxels that weigh most, at least one, from the largest size."""
        n_voxels = self.weights.shape[1]
        order = np.argsort(-np.abs(self.weights[pair]), kind="stable")
        return order[: max(1, n_voxels // 10)]

    def contrary(self, voxels: np.ndarray, pair: int = 0) -> np.ndarray:
        """Return those of some voxels whose mean is higher for the other category than the weight.

        Theirs is the category that the weight speaks for: the second where it is positive.
        """
        first, second = self.means[pair]
        return np.asarray(voxels[(self.weights[pair] * (second - first))[voxels] < 0])


@dataclass(frozen=True, kw_only=True, eq=False)
class PermutationResult:
    """A score and the scores of relabelled blocks.

    Parameters
    ----------
    observed : float
        The mean fold accuracy under the labels as they are.
    null : Null
        The same under each relabelling.
    """

    spec: DecodingSpec
    observed: float
    null: Null
    n_samples: int
    n_blocks: int
    n_voxels: int

    @property
    def p_value(self) -> float:
        """The p-value of the score."""
        return float(self.null.p_value(self.observed))

    def as_json(self) -> dict[str, Any]:
        """Return what ``permute --json`` prints below its head.

        ``n_distinct`` is an integer of at most 20 digits; a longer one is a string, "1.2e45".
        """
        return {
            "observed": self.observed,
            "null_mean": self.null.mean,
            "null_sd": self.null.sd,
            "percentile_95": self.null.percentile_95,
            "p_value": self.p_value,
            "smallest_p": self.null.smallest_p,
            "n_relabellings": self.null.n_relabellings,
            "n_distinct": count_json(self.null.n_distinct),
            "exact": self.null.exact,
            "seed": self.null.seed,
            "n_samples": self.n_samples,
            "n_blocks": self.n_blocks,
            "n_voxels": self.n_voxels,
        }


def plain(value: Any) -> Any:  # noqa: ANN401 - any value that a table or a result holds
    """Return a value as JSON has it: Python's own numbers, None for one that is not finite."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value


def plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table's rows as JSON has them, one object each; see `plain`."""
    return [plain(row) for row in table.to_dict(orient="records")]
