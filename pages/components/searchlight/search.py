"""How a searchlight is made: where, with what, how wide; the link carries each."""

from dataclasses import dataclass, replace

from decoding.analyses.searchlight import analysis as searchlight
from decoding.analyses.searchlight.analysis import DRAWN, RADIUS_MM, RELABELLINGS
from decoding.analyses.searchlight.engines import searchable
from decoding.analyses.searchlight.result import SearchlightResult
from decoding.datasets.base import Subject
from decoding.output.text.next_steps import Seen
from decoding.regions import has_region, masks_offered
from decoding.relabel import read_draws
from decoding.setting import Setting, read_number
from decoding.settings import SETTINGS
from decoding.spec import Request
from pages.components.service import View
from pages.components.step import known
from pages.components.url_state import get_extra, get_setting

RADII = (4.0, RADIUS_MM, 8.0, 10.0, 12.0)
WIDEST = 30.0
"""In mm: a link may ask for a radius that is not offered, up to this."""


def _places(subject: Subject) -> list[str]:
    asked = get_extra("within")
    offered = masks_offered(subject)
    typed = asked not in offered and has_region(subject, asked)
    return [*offered, *([asked] if typed else [])]


WITHIN = replace(
    SETTINGS["mask"], name="within", default="brain", label="Place to search", choices=_places
)
CLASSIFIER = replace(
    SETTINGS["estimator"],
    name="classifier",
    default="gnb",
    label="Classifier in each sphere",
    choices=lambda subject: searchable(),
)


def _read_radius(text: str) -> float:
    radius = read_number(text)
    if not 0 < radius <= WIDEST:
        raise ValueError(text)
    return radius


RADIUS: Setting[float] = Setting(
    name="radius",
    default=RADIUS_MM,
    label="Radius",
    parse=_read_radius,
    words=lambda mm: f"{mm:g} mm",
    choices=lambda subject: sorted({*RADII, get_setting(RADIUS)}),
)
OWN = {"mask": WITHIN, "estimator": CLASSIFIER, "radius": RADIUS}
"""What the page's sentence has of its own: a search has its own mask and estimator."""


@dataclass(frozen=True, kw_only=True)
class Corrected:
    """A search that is to be corrected, by its text, and what is drawn for it."""

    text: str = ""
    permutations: int | None = None
    seed: int = 0


def _read_corrected(link: str) -> Corrected:
    text, _, drawn = link.partition(DRAWN)
    permutations, seed = read_draws(drawn) if drawn else (None, 0)
    return Corrected(text=text, permutations=permutations, seed=seed)


CORRECTED = Setting(
    name="corrected",
    default=Corrected(),
    label="Corrected search",
    parse=_read_corrected,
    write=lambda asked: asked.text,
)


@dataclass(frozen=True, kw_only=True)
class Search:
    """What is searched, by the page's own mask and estimator, and how wide: the radius is in mm."""

    view: View
    radius: float

    @property
    def text(self) -> str:
        """The search in short: the link says by it which one is to be corrected."""
        return searchlight.search_text(self.view.spec, self.map_options)

    @property
    def corrected(self) -> bool:
        """Whether the correction of this very search is asked for, not of an earlier choice's."""
        return get_setting(CORRECTED).text == self.text

    @property
    def map_options(self) -> searchlight.Options:
        """Of the map alone."""
        return searchlight.Options(radius=self.radius)

    @property
    def null_options(self) -> searchlight.Options:
        """Of the map with its relabellings: as many as the link says, of the seed that it says."""
        drawn = get_setting(CORRECTED) if self.corrected else Corrected()
        number = drawn.permutations or RELABELLINGS
        return searchlight.Options(radius=self.radius, permutations=number, seed=drawn.seed)

    @property
    def name(self) -> str:
        """The beginning of its files' names."""
        return f"searchlight_{self.radius:g}mm"

    def request_of(self, result: SearchlightResult) -> Request:
        """Return what names the map that is shown."""
        options = self.map_options if result.null is None else self.null_options
        return searchlight.ANALYSIS.request(self.view.spec, options)


def search_of(view: View) -> Search:
    """Return the search that the page's sentence describes."""
    return Search(view=view, radius=get_setting(RADIUS))


def seen_of_search(name: str, view: View) -> Seen:
    """Return what is known of the search, corrected where that was asked for."""
    search = search_of(view)
    options = search.null_options if search.corrected else search.map_options
    return Seen(
        page=name,
        subject=view.subject,
        spec=view.spec,
        search=known(searchlight.ANALYSIS, view, options),
        correction=search.text,
    )
