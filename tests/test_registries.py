"""Registries: each entry documented, named as commands.md has it, and usable."""

import re

import numpy as np
import pytest
from sklearn.base import clone, is_classifier

from decoding.cross_validation import CV_SCHEMES, make_folds
from decoding.datasets import DATASETS
from decoding.errors import UnknownChoiceError
from decoding.estimators import ESTIMATORS
from decoding.registry import Choice, pick
from decoding.samples.kinds import SAMPLES
from decoding.samples.standardize import STANDARDIZE

REGISTRIES = {
    "samples": SAMPLES,
    "standardize": STANDARDIZE,
    "estimator": ESTIMATORS,
    "cv": CV_SCHEMES,
}
ENTRIES = [(name, key) for name, registry in REGISTRIES.items() for key in registry]
COMMANDS_MD = {
    "standardize": "all | run | none",
    "estimator": "svc | svc_tuned | logistic | lda | ridge | gnb | correlation | dummy",
    "cv": "leave_one_run_out | leave_two_runs_out | split_half | kfold | stratified | "
    "shuffled_kfold | resubstitution",
}


@pytest.mark.parametrize(("registry", "names"), COMMANDS_MD.items())
def test_entries_are_those_of_the_contract(registry, names):
    """The names are those of commands.md, in its order."""
    assert list(REGISTRIES[registry]) == names.split(" | ")


@pytest.mark.parametrize("key", SAMPLES)
def test_a_kind_of_sample_is_averaged_or_fitted(key):
    """A kind of sample is made of selected volumes or by linear models, never both."""
    assert (SAMPLES[key].average is None) == SAMPLES[key].is_beta


def test_samples_begin_with_the_tutorials():
    """Volumes and block means are there, the tutorial's first."""
    assert list(SAMPLES)[:2] == ["volume", "block"]


@pytest.mark.parametrize(("registry", "key"), ENTRIES)
def test_each_entry_speaks_for_itself(registry, key):
    """An entry has a label and one help sentence for somebody who meets it first."""
    entry = REGISTRIES[registry][key]
    assert isinstance(entry, Choice)
    assert re.fullmatch(r"[a-z_]+", key)
    assert 0 < len(entry.label) < 40
    assert entry.help.endswith(".")
    assert len(entry.help) < 160
    assert entry.methods


@pytest.mark.parametrize("registry", REGISTRIES)
def test_labels_differ(registry):
    """No two entries of a registry look the same on a page."""
    labels = [entry.label for entry in REGISTRIES[registry].values()]
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("registry", REGISTRIES)
def test_an_unknown_name_lists_the_known(registry):
    """Asking for what is not there names the value and every choice."""
    with pytest.raises(UnknownChoiceError) as error:
        pick(REGISTRIES[registry], "no_such", "thing")
    assert str(error.value) == (
        f"Unknown thing 'no_such'. Choose from: {', '.join(REGISTRIES[registry])}."
    )
    for key, entry in REGISTRIES[registry].items():
        assert pick(REGISTRIES[registry], key) is entry


@pytest.mark.parametrize("key", ESTIMATORS)
def test_each_estimator_is_a_new_classifier(key):
    """Making gives an unfitted classifier of its own each time, and its Gram form can be set."""
    entry = ESTIMATORS[key]
    one, two = entry.make(), entry.make()
    assert one is not two
    assert is_classifier(one)
    assert not hasattr(one, "classes_")
    clone(one).set_params(**entry.gram_params)


@pytest.mark.parametrize("key", CV_SCHEMES)
def test_each_scheme_splits(key):
    """Each scheme gives folds of indices on a design of six runs."""
    y, runs = np.tile(["a", "b"], 30), np.repeat(np.arange(6), 10)
    for train, test in make_folds(key, y, runs):
        assert len(train)
        assert len(test)
        assert set(train) | set(test) <= set(range(60))


@pytest.mark.parametrize("key", DATASETS)
def test_each_dataset_credits_itself(key):
    """A dataset has its name, a label, a citation and a licence."""
    dataset = DATASETS[key]
    assert dataset.name == key
    assert dataset.label
    assert dataset.citation
    assert dataset.licence
