"""How a searchlight is made: where, with what, how wide; the link carries each."""

from dataclasses import dataclass, replace

import streamlit as st

from decoding.analyses.searchlight.analysis import RADIUS_MM, Options
from decoding.analyses.searchlight.engines import ENGINES
from decoding.datasets.base import Subject
from decoding.settings import SETTINGS, Setting, read_number
from decoding.spec import DecodingSpec, Request, spec_to_text
from pages.components.controls import choose_setting
from pages.components.url_state import get_extra

RELABELLINGS = 1000
RADII = (4.0, RADIUS_MM, 8.0, 10.0, 12.0)
BRAIN = "brain"
WITHIN = Setting(name="within", default=BRAIN, label="Place to search")
CLASSIFIER = Setting(
    name="classifier",
    default="gnb",
    label="Classifier in each sphere",
    words=SETTINGS["estimator"].words,
)
RADIUS = Setting(
    name="radius",
    default=RADIUS_MM,
    label="Radius",
    parse=read_number,
    words=lambda mm: f"{mm:g} mm",
)


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
    def text(self) -> str:
        """The search in short: the link says by it which one is to be corrected."""
        return f"{spec_to_text(self.spec)}&radius={self.radius:g}"

    @property
    def corrected(self) -> bool:
        """Whether the correction of this very search is asked for, not of an earlier choice's."""
        return get_extra("corrected") == self.text

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
        mask = choose_setting(
            WITHIN, masks, default=BRAIN if BRAIN in masks else spec.mask, width=230,
            words=lambda name: SETTINGS["mask"].option_words(name, subject),
        )  # fmt: skip
        estimator = choose_setting(CLASSIFIER, list(ENGINES), width=230)
        radius = choose_setting(RADIUS, RADII, width=130)
    st.caption(
        "On this page these stand in for the mask and the estimator of the line above; recording, "
        "categories, scheme and preparation are those of the line."
    )
    return Search(spec=replace(spec, mask=mask, estimator=estimator), radius=radius)
