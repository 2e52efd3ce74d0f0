"""A page that takes another's place: what only that one asked for waits behind its own work."""

from pages.components.service import QUEUES, queues, visitor


def pass_over_left(since: float) -> None:
    """Have what a page drawn `since` then has not asked for keep it waiting no longer.

    It is called at the page's end: before, nobody knows what the page asks for.
    """
    for name in QUEUES:
        queues()[name].pass_over(visitor(), since)
