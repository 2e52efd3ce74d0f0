"""The parts of the page `timecourse` that fit: the model, its design, its maps, its betas."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

import streamlit as st

from decoding.analyses.sample_kinds import KindsResult
from decoding.analyses.sample_kinds import Options as KindsOptions
from decoding.datasets.base import Subject
from decoding.numbers import place_text
from decoding.output import figures
from decoding.samples.kinds import SAMPLES, beta_models
from decoding.samples.trials import subject_trials
from decoding.settings import Setting, read_number
from decoding.spec import DecodingSpec, Request, default_of
from pages.components.controls import choose_setting
from pages.components.display import (
    file_stem,
    show_brain,
    show_download,
    show_figure,
    theme_name,
)
from pages.components.service import picture_for, result_for, subject_for
from pages.components.url_state import get_setting

if TYPE_CHECKING:
    import numpy as np

    from decoding.analyses.response_maps import ResponseMaps
    from decoding.samples.glm import GlmModel

T = TypeVar("T")
NOTHING = "none"
"""How a link says nilearn's None."""
PERIODS = (64.0, 100.0, 128.0, 200.0, 256.0)
"""Longest periods that the cosine drift leaves, in seconds: 1 / high-pass."""
HRF = Setting(
    name="hrf",
    default="glover",
    label="Response (hrf_model)",
    words=lambda name: "None (blocks as they are)" if name == NOTHING else name,
)
DRIFT = Setting(
    name="drift",
    default="cosine",
    label="Drift (drift_model)",
    words=lambda name: "None" if name == NOTHING else name,
)
PERIOD = Setting(
    name="period",
    default=100.0,
    label="High-pass (high_pass)",
    parse=read_number,
    words=lambda seconds: f"{1 / seconds:.4g} Hz ({seconds:g} s)",
)
RUN = Setting(name="run", default=0, label="Run", parse=int, words=lambda run: f"run {run}")
BETAS = Setting(
    name="betas", default="run_beta", label="Betas", words=lambda name: SAMPLES[name].label
)
RESPONSE = Setting(name="response", default="", label="Response to")


def _names(which: str) -> list[str]:
    from decoding.samples.glm import DRIFT_MODELS, HRF_MODELS  # numbers are on screen before this

    return [name or NOTHING for name in (HRF_MODELS if which == "hrf" else DRIFT_MODELS)]


def _asked(setting: Setting[T], options: Sequence[T]) -> T:
    asked = get_setting(setting)
    return asked if asked in options else setting.default


def chosen_model() -> "GlmModel":
    """Return the model that the link asks for, the defaults where it asks for none."""
    hrf, drift = _asked(HRF, _names("hrf")), _asked(DRIFT, _names("drift"))
    period = _asked(PERIOD, PERIODS)
    return _options(hrf, drift, period)


def _options(hrf: str, drift: str, period: float) -> "GlmModel":
    from decoding.samples.glm import GlmModel

    return GlmModel(
        hrf_model=None if hrf == NOTHING else hrf,
        drift_model=None if drift == NOTHING else drift,
        high_pass=1 / period,
    )


def _default_model() -> "GlmModel":
    from decoding.samples.glm import GlmModel

    return GlmModel()


def choose_model() -> "GlmModel":
    """Let the visitor choose the model of a run, by nilearn's names; the link carries it."""
    with st.container(key="glm", horizontal=True, vertical_alignment="bottom"):
        hrf = choose_setting(HRF, _names("hrf"), width=270)
        drift = choose_setting(DRIFT, _names("drift"), width=180)
        period = PERIOD.default
        if drift == "cosine":
            period = choose_setting(PERIOD, PERIODS, width=190)
    return _options(hrf, drift, period)


def show_design_matrix(subject: Subject, spec: DecodingSpec, model: "GlmModel") -> None:
    """Show what is fitted to a run, for a kind of betas."""
    from decoding.samples.glm import design_matrix

    trials = subject_trials(subject)
    runs = [int(run) for run in dict.fromkeys(trials["run"])]
    betas = [name for name, kind in SAMPLES.items() if kind.is_beta]
    with st.container(key="design_choice", horizontal=True, vertical_alignment="bottom"):
        run = choose_setting(RUN, runs, default=runs[0], width=130)
        kind = choose_setting(BETAS, betas, width=190)
    of_run, n_volumes = trials[trials["run"] == run], int((subject.volumes["run"] == run).sum())
    design = design_matrix(of_run, n_volumes, subject.t_r, kind, model)
    several = len(beta_models(kind)(of_run)) > 1
    show_figure(
        figures.plot_design(design, theme_name()),
        figures.reading_design(design),
        lambda: design.rename_axis("seconds").reset_index(),
        "design",
        spec,
    )
    st.caption(
        f"{SAMPLES[kind].help} Each run is a model of its own, fitted to the volumes as recorded."
        + (" Shown is the model of the run's first block." if several else "")
    )


def show_response_map(subject: Subject, spec: DecodingSpec, model: "GlmModel") -> None:
    """Show how strongly each voxel responds to a category, averaged over runs."""
    from decoding.output.brain import view as brain
    from decoding.output.brain.background import background_image

    first = spec.conditions[0] if spec.conditions else subject.conditions[0]
    condition = choose_setting(RESPONSE, subject.conditions, default=first, width=190)
    request = Request(analysis="response_maps", spec=_shared(spec, subject), options=model)
    found: ResponseMaps = result_for(request)
    values, theme = values_of(found, condition), theme_name()
    reading = reading_response(found, condition)
    limit = float(abs(found.responses).max())
    drawing = brain.Drawing(
        threshold=brain.hidden_below(values), limit=limit, cut=found.grid.strongest(values)
    )
    alt = f"Brain view of the response to {condition}. {reading}"
    html = picture_for(
        request,
        f"response {condition}",
        theme,
        lambda: brain.brain_html(
            found.image(condition), background_image(subject), theme=theme, alt=alt, drawing=drawing
        ),
    )
    show_brain(html, alt, reading)
    show_download(
        f"Response to {condition}, NIfTI",
        lambda: _nifti(found, condition, subject, spec),
        f"{file_stem(spec)}_response_{condition}.nii.gz",
        "application/gzip",
    )


def model_words(model: "GlmModel") -> str:
    """Say a model by nilearn's names."""
    words = f"hrf_model {model.hrf_model}, drift_model {model.drift_model}"
    if model.drift_model == "cosine":
        words += f", high_pass {model.high_pass:.4g} Hz"
    return words


def _shared(spec: DecodingSpec, subject: Subject) -> DecodingSpec:
    """Return what the maps depend on: the recording, and the mask where there is no brain's."""
    mask = "brain" if "brain" in subject.masks else spec.mask
    return DecodingSpec(dataset=spec.dataset, subject=spec.subject, mask=mask, conditions=())


def values_of(found: "ResponseMaps", condition: str) -> "np.ndarray":
    """Return one category's responses, (n_voxels,)."""
    return found.responses[found.conditions.index(condition)]


def reading_response(found: "ResponseMaps", condition: str) -> str:
    """Say the largest response to a category, and what the unit is."""
    values = values_of(found, condition)
    top = float(values[abs(values).argmax()])
    place = place_text(found.grid.strongest(values))
    return (
        f"Mean run beta of {condition} in {len(values)} voxels, in percent of the voxel's mean; "
        f"the largest is {top:+.2f} %, at {place}. One colour scale for all categories; "
        "a response against rest, not a test of anything."
    )


def _nifti(found: "ResponseMaps", condition: str, subject: Subject, spec: DecodingSpec) -> bytes:
    from decoding.output.downloads import credited_image, nifti_bytes

    return nifti_bytes(credited_image(found.image(condition), subject, spec, "timecourse"))


def show_kinds(spec: DecodingSpec) -> None:
    """Show the same blocks as volumes, means and betas, each beside its null."""
    # Which kind is selected takes no part: one computation serves them all.
    shared = replace(spec, samples=default_of("samples"))
    request = Request(analysis="kinds", spec=shared, options=KindsOptions())
    result: KindsResult = result_for(request, early=True)
    n_classes = len(spec.conditions) or len(subject_for(spec).conditions)
    show_figure(
        figures.plot_kinds(result, theme_name(), chance=1 / n_classes, current=spec.samples),
        figures.reading_kinds(result),
        lambda: result.table,
        "kinds",
        spec,
    )
    st.caption(
        "Samples: "
        + ", ".join(
            f"{row['n_samples']} {row['label']} of {row['n_blocks']} blocks"
            for _, row in result.table.iterrows()
        )
        + "."
    )
    for note in result.notes:
        st.markdown(note)
    sources = ", ".join(dict.fromkeys(result.table["source"]))
    st.caption(
        f"{KindsOptions().permutations} relabellings of blocks for each. Every score took its "
        f"blocks from {sources}; volumes and block means at a lag of {spec.lag:g} s. Betas are "
        f"fitted with the default model ({model_words(_default_model())}) here and on every other "
        "page: what is chosen above changes the design and the map above only."
    )
