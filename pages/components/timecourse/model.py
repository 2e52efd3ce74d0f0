"""The parts of the page `timecourse` that fit: the model, its design, its maps, its betas."""

from functools import partial
from typing import Any

import streamlit as st

from decoding.analyses import design_matrix, response_maps, sample_kinds
from decoding.analyses.sample_kinds import KindsResult
from decoding.numbers import list_text, number_text, read_count
from decoding.output.downloads import file_name
from decoding.output.figures.glm import plot_design, plot_kinds, reading_design, reading_kinds
from decoding.output.text.readings import reading_response
from decoding.output.text.wording import chance_for
from decoding.samples.glm import DRIFT_MODELS, HRF_MODELS, GlmModel
from decoding.samples.kinds import SAMPLES, beta_models
from decoding.samples.trials import subject_trials, unmodelled_text
from decoding.setting import Setting, read_number
from pages.components.controls import choose_setting
from pages.components.display import show_brain, show_figure, show_image_file
from pages.components.plain import plain
from pages.components.service import View, result_for
from pages.components.terms import say, say_small
from pages.components.url_state import get_setting

NOTHING = "none"
"""How a link says nilearn's None."""
PERIODS = (64.0, 100.0, 128.0, 200.0, 256.0)
"""Longest periods that the cosine drift leaves, in seconds: 1 / high-pass."""
HRF_NAMES = [name or NOTHING for name in HRF_MODELS]
DRIFT_NAMES = [name or NOTHING for name in DRIFT_MODELS]
HRF = Setting(
    name="hrf",
    default="glover",
    label="Shape of the response",
    words=lambda name: "none: blocks as they are" if name == NOTHING else name,
)
DRIFT = Setting(
    name="drift",
    default="cosine",
    label="Drift",
    words=lambda name: "none" if name == NOTHING else name,
)
PERIOD = Setting(
    name="period",
    default=100.0,
    label="High-pass",
    parse=read_number,
    words=lambda seconds: f"{1 / seconds:.4g} Hz ({seconds:g} s)",
)
MODEL: tuple[Setting[Any], ...] = (HRF, DRIFT, PERIOD)
RUN = Setting(name="run", default=0, label="Run", parse=read_count, words=lambda run: f"run {run}")
BETAS = Setting(
    name="betas", default="run_beta", label="Betas", words=lambda name: SAMPLES[name].label
)
RESPONSE = Setting(name="response", default="", label="Response to")


def chosen_model() -> GlmModel:
    """Return the model that the link asks for, the defaults where it asks for none."""
    hrf, drift = get_setting(HRF, HRF_NAMES), get_setting(DRIFT, DRIFT_NAMES)
    return _model(hrf, drift, get_setting(PERIOD, PERIODS))


def model_text() -> str:
    """Return in what the model that the link asks for is not the default: for a file's name."""
    asked = [(one, get_setting(one)) for one in MODEL]
    return "".join(
        f"_{one.name}-{one.write(value)}" for one, value in asked if value != one.default
    )


def _model(hrf: str, drift: str, period: float) -> GlmModel:
    return GlmModel(
        hrf_model=None if hrf == NOTHING else hrf,
        drift_model=None if drift == NOTHING else drift,
        high_pass=1 / period,
    )


def choose_model() -> GlmModel:
    """Let the visitor choose the model of a run, by nilearn's names; the link carries it."""
    with st.container(key="glm", horizontal=True, vertical_alignment="bottom"):
        hrf = choose_setting(HRF, HRF_NAMES, width=270)
        drift = choose_setting(DRIFT, DRIFT_NAMES, width=180)
        period = PERIOD.default
        if drift == "cosine":
            period = choose_setting(PERIOD, PERIODS, width=190)
    return _model(hrf, drift, period)


def show_design_matrix(view: View, model: GlmModel) -> None:
    """Show what is fitted to a run, for a kind of betas."""
    trials = subject_trials(view.subject)
    runs = [int(run) for run in dict.fromkeys(trials["run"])]
    betas = [name for name, kind in SAMPLES.items() if kind.is_beta and not kind.is_t]
    with st.container(key="design_choice", horizontal=True, vertical_alignment="bottom"):
        run = choose_setting(RUN, runs, default=runs[0], width=130)
        kind = choose_setting(BETAS, betas, width=190)
    options = design_matrix.Options(run=run, kind=kind, model=model)
    design = result_for(design_matrix.ANALYSIS, view, options)
    several = len(beta_models(kind)(trials[trials["run"] == run])) > 1
    show_figure(
        view,
        f"design_run{run}_{kind}",
        lambda theme: plot_design(design, theme),
        reading_design(design),
        lambda: design.rename_axis("seconds").reset_index(),
        depends_on=options,
        file=f"design_run{run}_{kind}{model_text()}",
    )
    say_small(
        f"{SAMPLES[kind].help} Each run has a linear model of its own, fitted to the volumes as "
        "recorded. This is its design matrix."
        + (" Shown is the model of the run's first block." if several else "")
    )
    if told := unmodelled_text(view.subject):
        say_small(told)


def show_response_map(view: View, model: GlmModel) -> None:
    """Show how strongly each voxel responds to a category, averaged over runs."""
    from decoding.output.brain import view as brain
    from decoding.output.brain.background import background_image
    from decoding.output.brain.colour_maps import Drawing

    subject = view.subject
    first = (view.spec.conditions or subject.conditions)[0]
    condition = choose_setting(RESPONSE, subject.conditions, default=first, width=190)
    whole = view.on(mask="brain") if "brain" in subject.masks else view
    found = result_for(response_maps.ANALYSIS, whole, model)
    alt, reading = f"Brain view of the response to {condition}.", reading_response(found, condition)
    values, image = found.in_tissue(condition), partial(found.image, condition)
    drawing = Drawing(
        threshold=brain.hidden_below(values),
        limit=found.largest,
        cut=found.grid.strongest(values),
        opens_at=brain.strongest_tenth(values),
    )
    show_brain(
        view,
        (response_maps.ANALYSIS.request(whole.spec, model), condition),
        lambda theme: brain.brain_html(
            image(), background_image(subject), theme=theme, alt=f"{alt} {reading}", drawing=drawing
        ),
        alt,
        reading,
    )
    name = f"response_{file_name(condition)}{model_text()}"
    show_image_file(view, f"Response to {plain(condition)}, NIfTI", image, name)


def show_kinds(view: View, result: KindsResult) -> None:
    """Show the same blocks as volumes, means and betas, each beside its null."""
    spec = view.spec
    chance = chance_for(view.subject, spec)
    show_figure(
        view,
        "kinds",
        lambda theme: plot_kinds(
            result,
            theme,
            chance=chance,
            current=spec.samples,
            wrong=view.is_wrong,
        ),
        reading_kinds(result),
        lambda: result.table,
    )
    samples = (
        f"{alike['n_samples'].iloc[0]} {list_text(alike['label'])} of "
        f"{number_text(alike['n_blocks'].iloc[0], 'block')}"
        for _, alike in result.table.groupby(["n_samples", "n_blocks"], sort=False)
    )
    say_small(f"Samples: {'; '.join(samples)}.")
    for note in result.notes:
        say(note)
    sources = ", ".join(dict.fromkeys(result.table["source"]))
    usual = GlmModel()
    drift = f"{usual.drift_model}, high-pass {usual.high_pass:.4g} Hz"
    say_small(
        f"Each kind has {sample_kinds.RELABELLINGS} relabellings. All took their blocks from "
        f"{sources}, volumes and block means at a lag of {spec.lag:g} s. Here and on every other "
        f"page betas come from the default model (response {usual.hrf_model}, drift {drift}). "
        "What is chosen above changes the design and the map above only."
    )
