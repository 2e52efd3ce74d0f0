"""How a searchlight is made: where, with what, how wide; the link carries each."""

from dataclasses import dataclass

import streamlit as st

from decoding.analyses.searchlight import analysis as searchlight
from decoding.analyses.searchlight.analysis import RADIUS_MM
from decoding.analyses.searchlight.engines import ENGINES
from decoding.analyses.searchlight.result import SearchlightResult
from decoding.settings import SETTINGS, Setting, read_number
from decoding.spec import Request, spec_to_text
from pages.components.controls import choose_setting
from pages.components.service import View
from pages.components.terms import say_small
from pages.components.url_state import change_spec, get_setting, set_setting

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
CORRECTED = Setting(name="corrected", default="", label="Corrected search")


@dataclass(frozen=True, kw_only=True)
class Search:
    """What is searched, by the page's own mask and estimator, and how wide: the radius is in mm."""

    view: View
    radius: float

    @property
    def text(self) -> str:
        """The search in short: the link says by it which one is to be corrected."""
        return f"{spec_to_text(self.view.spec)}&radius={self.radius:g}"

    @property
    def corrected(self) -> bool:
        """Whether the correction of this very search is asked for, not of an earlier choice's."""
        return get_setting(CORRECTED) == self.text

    @property
    def map_options(self) -> searchlight.Options:
        """Of the map alone."""
        return searchlight.Options(radius=self.radius)

    @property
    def null_options(self) -> searchlight.Options:
        """Of the map with its relabellings."""
        return searchlight.Options(radius=self.radius, permutations=RELABELLINGS)

    @property
    def name(self) -> str:
        """The beginning of its files' names."""
        return f"searchlight_{self.radius:g}mm"

    def request_of(self, result: SearchlightResult) -> Request:
        """Return what names the map that is shown."""
        options = self.map_options if result.null is None else self.null_options
        return searchlight.ANALYSIS.request(self.view.spec, options)


def choose_search(view: View) -> Search:
    """Draw the page's own selectors: where, with which classifier, how wide."""
    masks = list(view.subject.masks)
    with st.container(key="search", horizontal=True, vertical_alignment="bottom"):
        mask = choose_setting(
            WITHIN, masks, default=BRAIN if BRAIN in masks else view.spec.mask, width=230,
            words=lambda name: SETTINGS["mask"].option_words(name, view.subject),
        )  # fmt: skip
        estimator = choose_setting(CLASSIFIER, list(ENGINES), width=230)
        radius = choose_setting(RADIUS, RADII, width=130)
    say_small(
        "The searchlight decodes from the sphere of this radius around each voxel. Place and "
        "classifier are this page's own; everything else is chosen in the line above."
    )
    return Search(view=view.on(mask=mask, estimator=estimator), radius=radius)


def take_remedy(mask: str = "", cv: str = "") -> None:
    """Take another mask as the place to search, or another scheme."""
    if mask:
        set_setting(WITHIN, mask)
    if cv:
        change_spec(cv=cv)
