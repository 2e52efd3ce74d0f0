"""Registries: each entry documented, under the name that links hold, and usable."""

import re
from dataclasses import replace

import numpy as np
import pytest
from makers import write_study
from sklearn.base import clone, is_classifier

from decoding.analyses import check, decode, permute
from decoding.analyses.schemes import all_schemes
from decoding.choices import settle
from decoding.cli.arguments import read_spec
from decoding.cli.main import make_parser
from decoding.cross_validation import CV_SCHEMES, make_folds
from decoding.datasets import DATASETS, load_subject
from decoding.errors import UnknownChoiceError
from decoding.estimators import ESTIMATORS
from decoding.output.report.html import software_versions, spec_words
from decoding.output.report.methods import methods_paragraph
from decoding.output.script.program import make_script
from decoding.registry import Choice, Code, pick
from decoding.samples.confounds import CONFOUNDS
from decoding.samples.kinds import SAMPLES
from decoding.samples.standardize import STANDARDIZE
from decoding.spec import DecodingSpec

REGISTRIES = {
    "samples": SAMPLES,
    "standardize": STANDARDIZE,
    "estimator": ESTIMATORS,
    "cv": CV_SCHEMES,
    "confounds": CONFOUNDS,
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
    """The names are those that links hold, in their order; what is new stands behind them."""
    expected = names.split(" | ")
    assert list(REGISTRIES[registry])[: len(expected)] == expected


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
    assert re.fullmatch(r"[a-z_]+[0-9]*", key)
    assert 0 < len(entry.label) < (45 if registry == "confounds" else 40)
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


@pytest.mark.parametrize("key", ESTIMATORS)
def test_the_kernels_that_an_estimator_names_are_there(key):
    """What makes an estimator fast is a function; where it is compiled, it is for an estimator."""
    entry = ESTIMATORS[key]
    if entry.fast_null:
        assert callable(entry.fast_null.load())
        assert entry.fast_null.compiled_for in ("", *ESTIMATORS)
    if entry.engine:
        assert callable(entry.engine.load_score())
        assert entry.engine.null_kernel is None or callable(entry.engine.load_null())


def own_code(expression):
    """Return the code of an entry that defines something of its own."""
    return Code(expression=expression, setup="OWN = 1\n\n\n")


NEW = {
    "estimator": (ESTIMATORS, "ridge", {"code": own_code("RidgeClassifier(alpha=OWN)")}),
    "cv": (CV_SCHEMES, "kfold", {"code": own_code("KFold(4 + OWN).split(X)")}),
    "samples": (SAMPLES, "block", {"code": "# Our OWN samples"}),
    "betas": (SAMPLES, "lss", {"code": "# Our OWN samples"}),
    "standardize": (STANDARDIZE, "run", {"code": lambda detrend, rows: ["# Our OWN scale"]}),
}


@pytest.mark.parametrize("what", NEW)
def test_one_new_entry_is_known_everywhere(what, tmp_path, monkeypatch):
    """An entry added to its registry is decoded, scripted, reported, explained and has its flag."""
    registry, like, own = NEW[what]
    entry = replace(registry[like], label="Our own", methods="quite our own way", **own)
    monkeypatch.setitem(registry, "our_own", entry)
    field = {"betas": "samples"}.get(what, what)
    flags = ["--subject", "1", "--estimator", "ridge", f"--{field}", "our_own"]
    spec = read_spec(make_parser().parse_args(["decode", *flags]))
    assert getattr(spec, field) == "our_own"
    write_study(tmp_path)
    load = lambda spec: load_subject("haxby", "1", tmp_path)  # noqa: E731
    assert settle(spec, DecodingSpec(subject="1"), load)[2] == []
    subject = load(spec)
    result = decode.run(subject, spec)
    assert result.fold_scores == decode.run(subject, replace(spec, **{field: like})).fold_scores
    script = make_script(subject, spec)
    compile(script, "program.py", "exec")
    assert "OWN" in script
    test = permute.run(subject, spec, permute.Options(permutations=2))
    found = check.run(subject, spec)
    paragraph = methods_paragraph(subject, result, test, found, None, software_versions())
    assert "quite our own way" in paragraph
    assert spec_words(subject, result)[field] == "Our own (our_own)"
    if registry is CV_SCHEMES:
        assert all_schemes()["our_own"].explanation == CV_SCHEMES[like].explanation


def test_new_entries_stand_in_the_help(monkeypatch, capsys):
    """`--help` lists what the registries hold."""
    for registry, like, _ in NEW.values():
        monkeypatch.setitem(registry, "our_own", registry[like])
    with pytest.raises(SystemExit):
        make_parser().parse_args(["decode", "--help"])
    assert capsys.readouterr().out.count("our_own") == 4
