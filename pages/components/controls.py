"""The sentence of selectors under each page's title: control, caption and link in one."""

from collections.abc import Callable, Sequence

import streamlit as st

from decoding.choices import MASK_LABELS, default_spec
from decoding.cross_validation import CV_SCHEMES
from decoding.datasets import DATASETS, Subject
from decoding.estimators import ESTIMATORS
from decoding.samples.extract import SAMPLES, STANDARDIZE
from decoding.spec import DecodingSpec, default_of
from pages.components.copy_link import copy_link_button
from pages.components.url_state import change_spec, set_spec

TRUST_LABELS = {"right": "", "tutorial": "", "wrong": " (wrong on purpose)"}
LOCALIZED = {"face", "house"}
MAX_LAG_VOLUMES = 6

TUTORIAL = (
    "The preset follows the classic introduction to fMRI decoding with nilearn on Haxby 2001: "
    "mean scan, mask, linear SVM, cross-validation."
)
TUTORIAL_PAGE = "https://nilearn.github.io/stable/auto_examples/plot_decoding_tutorial.html"

_DRAFT = "choose_conditions_draft"


def choose_spec(spec: DecodingSpec, subject: Subject) -> None:
    """Draw the selectors as views of `spec`; a change replaces the session's selection."""
    shown = spec.conditions or subject.conditions
    with st.container(key="sentence", horizontal=True, vertical_alignment="center"):
        _choose("dataset", "Dataset", list(DATASETS), spec, lambda name: DATASETS[name].label)
        names = DATASETS[spec.dataset].subjects()
        _choose("subject", "Subject", names, spec, lambda name: f"subject {name}")
        _word("in")
        _choose("mask", "Mask", list(subject.masks), spec, lambda name: mask_label(subject, name))
        _word("decoding" if len(spec.conditions) == 2 else conditions_label(shown))
        _choose_conditions(shown, subject)
        _word("under")
        _choose("cv", "Cross-validation", list(CV_SCHEMES), spec, scheme_label)
        _word("with")
        _choose("estimator", "Estimator", list(ESTIMATORS), spec, _labels(ESTIMATORS))
        _word("on")
        with st.popover(preparation(spec), key="preparation", help="How samples are prepared"):
            _choose_preparation(spec, subject)
        st.button(
            "As in the tutorial",
            key="preset",
            type="tertiary",
            on_click=_preset,
            help=f"{TUTORIAL} Back to its own analysis: ventral temporal mask, face against cat, "
            "every volume, a linear SVM.",
        )
        copy_link_button()


def mask_label(subject: Subject, name: str) -> str:
    """Return how a page calls a mask; a localizer's says what it can be circular for."""
    label = MASK_LABELS.get(name, name)
    return f"{label} (localizer)" if name in subject.localizer_masks else label


def scheme_label(name: str) -> str:
    """Return how a page calls a scheme, marked where it is wrong on purpose."""
    scheme = CV_SCHEMES[name]
    return f"{scheme.label}{TRUST_LABELS[scheme.trust]}"


def conditions_label(conditions: Sequence[str]) -> str:
    """Return categories as the sentence reads them."""
    if len(conditions) == 2:
        return " against ".join(reversed(conditions))
    return f"among {len(conditions)} categories"


def preparation(spec: DecodingSpec) -> str:
    """Return how samples are prepared: their kind, then every departure from the tutorial's way."""
    parts = [SAMPLES[spec.samples].label]
    if spec.standardize != default_of("standardize"):
        standardized = {"run": "scaled within runs", "none": "not scaled"}
        parts.append(standardized.get(spec.standardize, spec.standardize))
    if spec.detrend:
        parts.append("detrended")
    if spec.lag:
        parts.append(f"lag {spec.lag:g} s")
    return ", ".join(parts)


def circular(spec: DecodingSpec, subject: Subject) -> str:
    """Return the sentence that marks a localizer mask, empty where there is nothing to mark."""
    shown = LOCALIZED & set(spec.conditions or subject.conditions)
    if spec.mask not in subject.localizer_masks or not shown:
        return ""
    return (
        f"Circular: the {MASK_LABELS.get(spec.mask, spec.mask)} mask was chosen by this subject's "
        f"responses to faces and houses, so a score for {' and '.join(sorted(shown))} in it can be "
        "too good. Compare with the whole brain, or with an anatomical mask of your own."
    )


def _choose(
    field: str,
    label: str,
    options: Sequence[object],
    spec: DecodingSpec,
    format_func: Callable[[str], str],
    *,
    visible: bool = False,
) -> None:
    key = f"choose_{field}"
    st.session_state[key] = getattr(spec, field)
    st.selectbox(
        label,
        options,
        key=key,
        format_func=format_func,
        on_change=_take,
        args=(field,),
        label_visibility="visible" if visible else "collapsed",
        filter_mode=None,
        width="stretch" if visible else 30 + _width(format_func(getattr(spec, field))),
    )


def _width(label: str) -> int:
    """Return about how many pixels a label takes in the sentence."""
    return round(7.5 * len(label))


def _word(text: str) -> None:
    st.markdown(f"*{text}*", width="content")


def _take(field: str) -> None:
    st.session_state.pop(_DRAFT, None)
    change_spec(**{field: st.session_state[f"choose_{field}"]})


def _choose_conditions(shown: tuple[str, ...], subject: Subject) -> None:
    key = "choose_conditions"
    draft = st.session_state.get(_DRAFT)
    chosen = st.session_state[key] = list(shown if draft is None else draft)
    st.multiselect(
        "Categories",
        subject.conditions,
        key=key,
        on_change=_take_conditions,
        args=(subject.conditions,),
        placeholder="Choose categories",
        label_visibility="collapsed",
        width=min(30 + sum(34 + _width(name) for name in chosen), 330),
    )
    if draft is not None:
        st.caption(f"Choose two or more. Shown below: {conditions_label(shown)}.")


def _take_conditions(everything: tuple[str, ...]) -> None:
    """Take two or more categories; fewer are somebody half-way through a change."""
    chosen = tuple(st.session_state["choose_conditions"])
    if len(chosen) < 2:
        st.session_state[_DRAFT] = chosen
        return
    st.session_state.pop(_DRAFT, None)
    change_spec(conditions=() if set(chosen) == set(everything) else chosen)


def _choose_preparation(spec: DecodingSpec, subject: Subject) -> None:
    _choose("samples", "A sample is", list(SAMPLES), spec, _labels(SAMPLES), visible=True)
    standardize = list(STANDARDIZE)
    _choose(
        "standardize",
        "Voxels are standardized",
        standardize,
        spec,
        _labels(STANDARDIZE),
        visible=True,
    )
    st.session_state["choose_detrend"] = spec.detrend
    st.toggle(
        "Remove a linear trend within each run",
        key="choose_detrend",
        on_change=_take,
        args=("detrend",),
    )
    steps = range(MAX_LAG_VOLUMES + 1) if subject.has_rest else (0,)
    lags = sorted({step * subject.t_r for step in steps} | {spec.lag})
    _choose("lag", "Volumes are taken", lags, spec, _lag_label, visible=True)
    if not subject.has_rest:
        st.caption("This recording holds labelled volumes only, so there is no lag to choose.")


def _lag_label(seconds: object) -> str:
    return f"{seconds:g} s after their label" if seconds else "where they are labelled"


def _labels(registry: object) -> Callable[[str], str]:
    return lambda name: registry[name].label  # type: ignore[index]


def _preset() -> None:
    st.session_state.pop(_DRAFT, None)
    preset = default_spec()
    set_spec(preset)
