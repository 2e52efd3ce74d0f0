"""The tables of docs/scaling.md, written from what was measured and simulated."""

from collections.abc import Callable, Sequence

from benchmarks.costs import NOT_MEASURED
from benchmarks.tables.markdown import Measured, machine, table
from benchmarks.visitors.audiences import AUDIENCES, Audience

NO_PAGES = ("change", "open", "browser")
MEMORIES_MB = (1024, 2700, 4096)
"""Of servers; the second is the most that Streamlit Community Cloud gives."""


def costs_table(measured: Measured) -> str:
    """Return the cost of each analysis, the dearest first."""
    costs = sorted(measured["costs"].items(), key=lambda row: -row[1]["cpu_s"])
    rows = [(f"`{name}`", row["cpu_s"], row["peak_mb"], row["result_mb"]) for name, row in costs]
    head = ("analysis", "CPU s", "peak MB of its process", "result MB")
    left_out = "\n".join(
        f"Not measured: `{name}`, which {why}." for name, why in NOT_MEASURED.items()
    )
    return f"{table(head, rows)}\n\n{left_out}\n\n{_machine(measured, 'costs')}"


def sessions_table(measured: Measured) -> str:
    """Return the cost of each page, of a change, and of a session that stays open."""
    sessions = measured["sessions"]
    held = sessions["open"]
    rows = [
        (
            name if name != "change" else "a changed choice on decode",
            row["cpu_s"],
            row["websocket_kb"],
        )
        for name, row in sessions.items()
        if name not in ("open", "browser")
    ]
    return (
        f"{table(('page', 'CPU s of the server', 'kB over the WebSocket'), rows)}\n\n"
        f"Of {held['n']} sessions that stayed open on Decode each took {held['mb_each']} MB, in a "
        f"server that held {held['server_mb']} MB of its own before, voxel tables not counted.\n\n"
        f"{_machine(measured, 'sessions')}"
    )


def browser_table(measured: Measured) -> str:
    """Return what a browser receives."""
    row = measured["sessions"]["browser"]
    rows = [
        (words, row[f"{kind}_files_kb"], row[f"{kind}_websocket_kb"])
        for words, kind in (("new here", "new"), ("comes back", "again"))
    ]
    return table(("Decode, for a browser that", "kB of files", "kB over the WebSocket"), rows)


def limits_table(measured: Measured) -> str:
    """Return where each resource of one server or worker ends."""
    sessions, costs = measured["sessions"], measured["costs"]
    held, change = sessions["open"], sessions["change"]["cpu_s"]
    shown = [row["cpu_s"] for name, row in sessions.items() if name not in NO_PAGES]
    pages = f"{1 / max(shown):.1f} to {1 / min(shown):.1f} new pages a second"
    loads = 100_000 / 8 / sessions["browser"]["new_files_kb"]
    pairs, maps = (3600 / costs[name]["cpu_s"] for name in ("pairs", "searchlight, SVM"))
    rows = [
        ("the interpreter of a server", f"{pages}, or {1 / change:.1f} changed choices"),
        *[
            (
                f"{mb:,} MB of memory, at that rate",
                f"{(mb - held['server_mb']) / held['mb_each']:,.0f} sessions",
            )
            for mb in MEMORIES_MB
        ],
        ("100 Mbit/s of network", f"{loads:.1f} new browsers a second"),
        ("a worker", f"{pairs:.0f} tests of all pairs an hour, or {maps:.0f} maps by an SVM"),
    ]
    return table(("one of these", "ends at"), rows)


def audiences_table(audiences: Sequence[Audience]) -> str:
    """Return what is assumed of each audience."""
    head = ("assumed", *[audience.name for audience in audiences])
    fields = {
        "visits in the busiest hour": "visits", "because": "why", "pages a visit": "pages",
        "changed choices a visit": "changes", "minutes a visit": "minutes",
        "different selections": "selections",
    }  # fmt: skip
    rows = [
        (words, *[write(getattr(audience, field)) for audience in audiences])
        for words, field in fields.items()
    ]
    return table(head, rows)


def plan_table(measured: Measured) -> str:
    """Return what each audience needs, as the app is and if its servers shared their results."""
    rows = {
        "servers (app replicas), two cores each": "servers",
        "workers, one core each": "workers",
        "memory of a server, MB": "server_mb",
        "sessions open at once": "sessions",
        "sent in the busiest hour, Mbit/s": "mbit_s",
        "an answer, median s": "answer_median_s",
        "an answer, 95 % within s": "answer_p95_s",
        "short work begins, 95 % within s": "near_p95_s",
        "long work begins, 95 % within s": "far_p95_s",
        "share of results that were kept": "kept_share",
        "share of the hour that a server shows pages": "show_share",
        "share of the hour that it computes": "near_share",
        "share of the hour that a worker computes": "far_share",
    }
    shared = {
        "if servers shared results: servers": "servers",
        "if servers shared results: workers": "workers",
        "if servers shared results: share kept": "kept_share",
    }
    lines = [
        (words, *[write(found[key]) for found in measured[part].values()])
        for part, names in (("plan", rows), ("plan_shared", shared))
        for words, key in names.items()
    ]
    return table(("simulated", *measured["plan"]), lines)


def _machine(measured: Measured, part: str) -> str:
    return f"Measured {machine(measured['machine'][part])}."


def write(value: object) -> str:
    """Return a number with its thousands parted, or a text as it is."""
    return f"{value:,}" if isinstance(value, int | float) else str(value)


TABLES: dict[str, Callable[[Measured], str]] = {
    "costs": costs_table,
    "sessions": sessions_table,
    "browser": browser_table,
    "limits": limits_table,
    "audiences": lambda measured: audiences_table(AUDIENCES),
    "plan": plan_table,
}
