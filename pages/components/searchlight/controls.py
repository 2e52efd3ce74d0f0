"""How a searchlight is made: where, with what, how wide; the link carries each."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from decoding.analyses.searchlight.analysis import RADIUS_MM, Options
from decoding.analyses.searchlight.engines import ENGINES
from decoding.datasets.base import Subject
from decoding.estimators import ESTIMATORS
from decoding.spec import DecodingSpec, Request
from pages.components.controls import mask_label
from pages.components.url_state import get_extra, refuse_extra, refused_extra, set_extra

RELABELLINGS = 1000
RADII = (4.0, RADIUS_MM, 8.0, 10.0, 12.0)
BRAIN = "brain"


@dataclass(frozen=True, kw_only=True)
class Search:
    """What is searched, and how.

    Parameters
    ----------
    spec : DecodingSpec
        The selection, with the page's own mask and estimator.
    radius : float
        In mm.
    """

    spec: DecodingSpec
    radius: float

    @property
    def digest(self) -> str:
        """A short name of this search: the link says by it which one is to be corrected."""
        return hashlib.sha256(repr((self.spec, self.radius)).encode()).hexdigest()[:8]

    @property
    def corrected(self) -> bool:
        """Whether the correction of this very search is asked for, not of an earlier choice's."""
        return get_extra("corrected") == self.digest

    @property
    def map_request(self) -> Request:
        """The map alone."""
        return Request(analysis="searchlight", spec=self.spec, options=Options(radius=self.radius))

    @property
    def null_request(self) -> Request:
        """The map with its relabellings."""
        options = Options(radius=self.radius, permutations=RELABELLINGS)
        return Request(analysis="searchlight", spec=self.spec, options=options)


def choose_search(spec: DecodingSpec, subject: Subject) -> Search:
    """Draw the page's own selectors: where, with which classifier, how wide."""
    masks = list(subject.masks)
    with st.container(key="search", horizontal=True, vertical_alignment="bottom"):
        mask = choose_extra(
            "within", "Place to search", masks, BRAIN if BRAIN in masks else spec.mask,
            lambda name: mask_label(subject, name), width=230,
        )  # fmt: skip
        estimator = choose_extra(
            "classifier", "Classifier in each sphere", list(ENGINES), "gnb",
            lambda name: ESTIMATORS[name].label, width=230,
        )  # fmt: skip
        radius = choose_extra(
            "radius", "Radius", [f"{mm:g}" for mm in RADII], f"{RADIUS_MM:g}",
            lambda mm: f"{mm} mm", width=130,
        )  # fmt: skip
    st.caption(
        "On this page these stand in for the mask and the estimator of the line above; recording, "
        "categories, scheme and preparation are those of the line."
    )
    return Search(
        spec=replace(spec, mask=mask, estimator=estimator),
        radius=float(radius),
    )


def choose_extra(
    name: str,
    label: str,
    options: Sequence[str],
    default: str,
    format_func: Callable[[str], str],
    *,
    width: int,
    comes_and_goes: bool = False,
) -> str:
    """Let the visitor choose one of several; the link carries it under `name`.

    A link's value that is not among them is said and leaves the address, unless what there is to
    choose `comes_and_goes` with other choices.
    """
    key, asked = f"search_{name}", get_extra(name)
    st.session_state[key] = chosen = asked if asked in options else default
    st.selectbox(
        label,
        options,
        key=key,
        format_func=format_func,
        on_change=lambda: set_extra(name, st.session_state[key]),
        filter_mode=None,
        width=width,
    )
    if asked and asked != chosen and not comes_and_goes:
        refuse_extra(name, f"Unknown {label.lower()} {asked!r}: {format_func(chosen)} is shown.")
    if problem := refused_extra(name):
        st.caption(f":material/info: {problem}")
    return chosen
