"""Results: every number comes from the one table of predictions."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, recall_score, roc_auc_score

from decoding.results import DecodingResult
from decoding.spec import DecodingSpec

BELOW_THE_HEAD = {
    *("n_samples", "n_blocks", "n_voxels"),
    *("fold_scores", "accuracy", "balanced_accuracy", "confusion"),
}


def result_of(table, classes=("cat", "face"), spec=None):
    """Make a result of a table."""
    return DecodingResult(
        spec=spec or DecodingSpec(conditions=classes),
        predictions=pd.DataFrame(table),
        classes=classes,
        n_samples=len(set(table["sample"])),
        n_blocks=len(set(table["block"])),
        n_voxels=7,
        version="0123",
    )


def random_table(classes, n_folds=4, n=12, seed=0, lacking=()):
    """Draw predictions; in the folds of `lacking` the first class is not tested."""
    rng = np.random.default_rng(seed)
    folds = np.repeat(np.arange(n_folds), n)
    true = rng.choice(classes, n_folds * n)
    true[np.isin(folds, lacking)] = classes[-1]
    wrong = rng.random(n_folds * n) < 0.4
    decision = np.where(true == classes[-1], 1.0, -1.0) + 2 * rng.standard_normal(n_folds * n)
    return {
        "fold": folds,
        "sample": np.arange(n_folds * n),
        "run": folds * 2,
        "block": np.arange(n_folds * n) // 3,
        "true": true,
        "predicted": np.where(wrong, rng.choice(classes, n_folds * n), true),
        "decision": decision if len(classes) == 2 else np.full(n_folds * n, np.nan),
    }


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("classes", [("cat", "face"), ("a", "b", "c"), tuple("abcdefgh")])
def test_scores_are_scikit_learns(classes, seed):
    """Accuracy, balanced accuracy, AUC are means over folds; confusion and recall are pooled."""
    table = random_table(classes, n=40, seed=seed)
    result = result_of(table, classes)
    parts = [part for _, part in pd.DataFrame(table).groupby("fold")]
    accuracies = [float((part["true"] == part["predicted"]).mean()) for part in parts]
    assert result.fold_scores == accuracies
    assert result.accuracy == np.mean(accuracies)
    balanced = [
        balanced_accuracy_score(part["true"].to_numpy(object), part["predicted"].to_numpy(object))
        for part in parts
    ]
    assert result.balanced_accuracy == pytest.approx(np.mean(balanced), abs=1e-12)
    if len(classes) == 2:
        aucs = [roc_auc_score(part["true"] == "face", part["decision"]) for part in parts]
        assert result.auc == pytest.approx(np.mean(aucs), abs=1e-12)
    else:
        assert result.auc is None
    counts = confusion_matrix(table["true"], table["predicted"], labels=classes)
    assert np.array_equal(result.confusion.to_numpy(), counts)
    assert list(result.confusion.index) == list(result.confusion.columns) == list(classes)
    recall = recall_score(table["true"], table["predicted"], labels=classes, average=None)
    assert list(result.recall) == list(classes)
    assert np.allclose(list(result.recall.values()), recall)
    assert result.chance == 1 / len(classes)


def test_auc_is_missing_where_a_fold_lacks_a_class():
    """One test fold with a single class leaves no mean AUC, and balanced accuracy still stands."""
    result = result_of(random_table(("cat", "face"), lacking=(1,)))
    assert result.auc is None
    assert result.folds["auc"].isna().tolist() == [False, True, False, False]
    assert 0 <= result.balanced_accuracy <= 1
    assert json.loads(json.dumps(result.as_json(), allow_nan=False))["auc"] is None


def test_majority_counts_each_sample_once():
    """The majority line is the largest category's share of the samples, not of the tests."""
    table = random_table(("cat", "face"), n_folds=2, n=10)
    table["true"][:] = ["cat"] * 7 + ["face"] * 3 + ["cat"] * 4 + ["face"] * 6
    doubled = {key: np.concatenate([value, value[:10]]) for key, value in table.items()}
    assert result_of(doubled).majority == 11 / 20


def test_folds_name_their_runs():
    """A fold's row names the runs tested, in order, and its number of samples."""
    table = random_table(("cat", "face"), n_folds=2, n=12)
    table["run"] = np.tile([10, 2, 10, 3], 6)
    folds = result_of(table).folds
    assert folds["runs"].tolist() == ["2, 3, 10", "2, 3, 10"]
    assert folds["n_samples"].tolist() == [12, 12]


def test_json_has_the_keys_of_the_contract():
    """as_json holds what the command promises, of JSON's own types."""
    spec = DecodingSpec(subject="1", conditions=("face", "cat"), lag=5, detrend=True)
    values = result_of(random_table(("cat", "face")), spec=spec).as_json()
    assert set(values) >= BELOW_THE_HEAD
    assert json.loads(json.dumps(values, allow_nan=False)) == values
    assert values["accuracy"] == np.mean(values["fold_scores"])


def test_cell_names_the_blocks_behind_it():
    """The blocks behind a cell add up to its count, each with how often it was tested."""
    predictions = pd.DataFrame(
        {
            "fold": [0, 0, 0, 1, 1, 1],
            "sample": range(6),
            "run": [1, 1, 1, 2, 2, 2],
            "block": [0, 0, 1, 2, 2, 3],
            "true": ["cat", "cat", "face", "cat", "cat", "face"],
            "predicted": ["face", "cat", "face", "face", "face", "cat"],
            "decision": 0.0,
        }
    )
    result = DecodingResult(
        spec=DecodingSpec(), predictions=predictions, classes=("cat", "face"), n_samples=6,
        n_blocks=4, n_voxels=1, version="",
    )  # fmt: skip
    cell = result.cell("cat", "face")
    assert cell.to_dict("list") == {
        "run": [1, 2], "block": [0, 2], "decoded_so": [1, 2], "tested": [2, 2],
    }  # fmt: skip
    assert cell["decoded_so"].sum() == result.confusion.loc["cat", "face"]
