"""Who belongs to the group: every subject of the dataset, opened, or missing with its reason."""

from dataclasses import dataclass, field, replace

from decoding.datasets import DATASETS, subject_of
from decoding.errors import DecodingError
from decoding.numbers import list_text
from decoding.progress import report
from decoding.service.job import Reporter
from decoding.spec import DecodingSpec
from pages.components import service
from pages.components.service import Ticket, Unfinished, View, view_of


@dataclass(frozen=True, kw_only=True)
class Members:
    """The subjects of a dataset.

    Parameters
    ----------
    views : tuple of View
        Of those that are here: one each, by the method that is selected.
    missing : dict of str to str
        Of those that are here but cannot be read: why.
    absent : tuple of str
        Those that were never fetched.
    remedy : str
        What to do about them.
    """

    views: tuple[View, ...]
    missing: dict[str, str] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    remedy: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of those that are here."""
        return tuple(view.subject.name for view in self.views)

    def together(self, view: View) -> View:
        """Return a view whose subject is named by all of them: what is drawn of all is credited."""
        return replace(view, subject=replace(view.subject, name=list_text(self.names)))


def open_members(view: View) -> Members:
    """Return all subjects of the dataset; `Unfinished` as long as some are being opened."""
    dataset = DATASETS[view.subject.dataset]
    specs = [replace(view.spec, subject=name) for name in dataset.subjects()]
    if others := [spec for spec in specs if spec.subject != view.spec.subject]:
        _open(view, others)
    views, missing = [], {}
    for spec in specs:
        try:
            views.append(view if spec == view.spec else view_of(spec))
        except DecodingError as error:
            missing[spec.subject] = str(error)
    here = {spec.subject for spec in specs}
    absent = tuple(name for name in dataset.published if name not in here)
    return Members(views=tuple(views), missing=missing, absent=absent, remedy=dataset.absent)


def _open(view: View, specs: list[DecodingSpec]) -> None:
    """Have a job open what takes long the first time: files are unpacked or made, and digested."""
    named = tuple((spec.dataset, spec.subject, spec.reading) for spec in specs)
    ticket = Ticket(key=("open", named), owner=view.owner, about="the other subjects")
    if ticket.is_left and ticket.job is None:
        raise Unfinished(ticket)

    def work(tell: Reporter) -> bool:
        for number, spec in enumerate(specs):
            report(tell, number, len(specs))
            try:
                subject_of(spec)
            except DecodingError:  # the page says why when it opens it
                continue
        return True

    job = ticket.job or ticket.ask("quick", work)
    if not job.wait(service.EARLY_S):
        raise Unfinished(ticket)
