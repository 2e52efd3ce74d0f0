"""What counts as a category in an upload: its column, and types renamed, grouped or left out."""

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from decoding.datasets.base import REST
from decoding.datasets.images import NOT_AVAILABLE
from decoding.datasets.own.reading import event_columns
from decoding.numbers import number_text
from decoding.spec import AS_WRITTEN, Categories
from pages.components.own import OwnScan, read_scan
from pages.components.plain import plain
from pages.components.terms import say

FEW = 12
"""So many types are in sight; more wait behind a line."""
EXAMPLES = 3
NOTHING_SHOWN = (REST, *NOT_AVAILABLE)


def choose_categories(scan: OwnScan) -> Categories:
    """Return what the visitor counts as a category; names are taken together, by a button."""
    tag = scan.received.folder.parent.name  # of two uploads the widgets are not the same
    columns = event_columns(scan.received) if scan.received.layout == "events" else {}
    column = _choose_column(scan, columns, tag) if columns else scan.categories.column
    types = columns[column] if columns else _types(scan)
    names = dict(scan.categories.names) if column == scan.categories.column else {}
    with st.expander(f"{number_text(len(types), 'type')} of trials", expanded=len(types) <= FEW):
        say(
            "Give several types one name to make them one category. Empty a name to leave its "
            "trials out."
        )
        with st.form(f"own_names_{tag}_{column}", border=False):
            with st.container(horizontal=True):
                meant = {
                    written: st.text_input(
                        plain(f"{written} ({number_text(n, 'row')})"),
                        names.get(written, written),
                        key=f"own_name_{tag}_{column}_{written}",
                        max_chars=80,
                        width=230,
                    )
                    for written, n in types.items()
                    if written not in NOTHING_SHOWN
                }
            st.form_submit_button("Take these names")
    changed = ((written, (name or "").strip()) for written, name in meant.items())
    return Categories(
        column=column, names=tuple((written, name) for written, name in changed if name != written)
    )


def _choose_column(scan: OwnScan, columns: Mapping[str, Mapping[str, int]], tag: str) -> str:
    """Let the visitor say which column of the events names what was shown."""
    usual = scan.categories.column

    def words(column: str) -> str:
        types = list(columns[column])
        more = ", ..." if len(types) > EXAMPLES else ""
        return f"{column}: {', '.join(types[:EXAMPLES])}{more}"

    return st.selectbox(
        "Which column says what was shown?",
        columns,
        index=[*columns].index(usual) if usual in columns else 0,
        format_func=words,
        key=f"own_column_{tag}",
        filter_mode=None,
        width=480,
    )


def _types(scan: OwnScan) -> dict[str, int]:
    """Return the types that labels or a table name, each with its number of trials."""
    written = read_scan(replace(scan, categories=AS_WRITTEN)).trials["condition"]
    return {str(name): int(n) for name, n in written.value_counts(sort=False).sort_index().items()}
