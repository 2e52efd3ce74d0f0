"""Specs drawn with a seed so that every entry of every registry comes up on every recording."""

import random
from dataclasses import dataclass
from pathlib import Path

import pytest

from decoding.cross_validation import CV_SCHEMES
from decoding.datasets import Subject, load_subject
from decoding.estimators import ESTIMATORS
from decoding.samples.kinds import SAMPLES
from decoding.samples.standardize import STANDARDIZE
from decoding.spec import DecodingSpec

CATEGORIES = ("bottle", "cat", "chair", "face", "house", "scissors", "scrambledpix", "shoe")


@dataclass(frozen=True)
class Recording:
    """A recording to draw specs on: its masks, and whether the time between blocks is in it."""

    dataset: str
    data: str | None
    masks: tuple[str, ...]
    lags: tuple[float, ...]


RECORDINGS = {
    "slice": Recording("haxby", "slice", ("vt", "brain"), (0.0, 2.5, -5.0, 10.0, 30.0)),
    "task-vt": Recording("haxby", "task-vt", ("vt", "brain"), (0.0,)),
    "simulated": Recording(
        "simulated",
        None,
        ("vt", "face", "house", "face_little", "house_little", "brain"),
        (0.0, 5.0, 2.5),
    ),
}

FIELDS = {
    # Betas are held to nilearn's own in tests/samples/test_beta_table.py.
    "samples": tuple(name for name, kind in SAMPLES.items() if not kind.is_beta),
    "standardize": tuple(STANDARDIZE),
    "detrend": (False, True),
    "estimator": tuple(ESTIMATORS),
    "cv": tuple(CV_SCHEMES),
    "select": (0, 0, 20),
}


def draw_specs(recording: str, n: int, seed: int, n_categories: tuple[int, ...], cheap=False):
    """Return `n` specs; each field's values are dealt from a shuffled pack, so all come up.

    `cheap` keeps the costly combinations small: the entries stay, their samples become few.
    """
    place, rng = RECORDINGS[recording], random.Random(f"{recording} {seed}")
    packs = {**FIELDS, "mask": place.masks, "lag": place.lags, "k": n_categories}
    dealt = {field: _deal(values, n, rng) for field, values in packs.items()}
    drawn = [{field: dealt[field][i] for field in packs} for i in range(n)]
    return [_make_spec(place, _affordable(values, cheap), rng) for values in drawn]


def _deal(values, n, rng):
    """Return `n` values, each of them n // len(values) times at least, in random order."""
    pack = [value for _ in range(n // len(values) + 1) for value in values][:n]
    rng.shuffle(pack)
    return pack


def _affordable(values, cheap):
    """Return the values with few samples or folds where each fold is many or slow fits."""
    estimator, many_folds = values["estimator"], values["cv"] == "leave_two_runs_out"
    if estimator == "svc_tuned" and (many_folds or cheap):  # 61 fits a fold
        values = {**values, "samples": "block", "k": min(values["k"], 3)}
    if not cheap:
        return values
    if estimator in ("logistic", "lda", "svc_tuned"):
        few = {"leave_one_run_out": "split_half", "shuffled_kfold": "kfold"}
        cv = "leave_one_run_out" if many_folds else values["cv"]
        cv = cv if estimator == "logistic" else few.get(cv, cv)
        return {**values, "cv": cv, "samples": "block", "k": min(values["k"], 3)}
    return {**values, "samples": "block"} if many_folds else values


def _make_spec(place, values, rng):
    k = values.pop("k")
    if place.dataset == "simulated" and (values["estimator"], values["mask"]) == ("lda", "brain"):
        values["mask"] = "vt"  # more voxels than the covariance may have: see test_decode
    conditions = () if k == len(CATEGORIES) else tuple(rng.sample(CATEGORIES, k))
    return DecodingSpec(dataset=place.dataset, subject="1", conditions=conditions, **values)


def data_dir(recording: str, recordings: Path) -> Path | None:
    """Return the data folder of a recording, None for the simulated one's own."""
    data = RECORDINGS[recording].data
    return None if data is None else recordings / data


def subject_of(recording: str, recordings: Path) -> Subject:
    """Load the subject of a recording."""
    return load_subject(RECORDINGS[recording].dataset, "1", data_dir(recording, recordings))


def parameters(drawn):
    """Return pytest parameters (recording, spec) with readable ids."""
    return [pytest.param(recording, spec, id=name_of(recording, spec)) for recording, spec in drawn]


def name_of(recording, spec):
    """Return a spec in one word."""
    parts = (
        recording,
        spec.mask,
        len(spec.conditions) or "all",
        spec.samples,
        spec.standardize,
        "detrend" if spec.detrend else "",
        f"lag{spec.lag:g}" if spec.lag else "",
        spec.estimator,
        spec.cv,
    )
    return "-".join(str(part) for part in parts if part != "")
