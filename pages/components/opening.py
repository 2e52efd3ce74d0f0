"""A recording's voxel table, made as a job before anything asks for it."""

from decoding.recording.voxels import open_voxels
from decoding.service.job import Reporter
from pages.components.service import EARLY_S, Ticket, Unfinished, View


def open_table(view: View) -> int:
    """Return how many voxels the masks of a recording hold together, its table made if need be.

    `Unfinished` while it is being made; a `DecodingError` where it cannot be.
    """
    subject = view.subject
    ticket = Ticket(key=("table", subject.version), owner=view.owner, about="the voxel table")

    def work(tell: Reporter) -> int:
        return open_voxels(subject, tell).n_rows

    job = ticket.job
    if ticket.is_left and (job is None or job.state != "done"):
        raise Unfinished(ticket)
    job = job or ticket.ask("short", work)
    if not job.wait(EARLY_S):
        raise Unfinished(ticket)
    if job.state == "failed":
        ticket.forget()
    n_voxels: int = job.result()
    return n_voxels
