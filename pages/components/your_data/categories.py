"""What counts as a category in an upload: its column, and types renamed, grouped or left out."""

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from decoding.datasets.base import IMAGE
from decoding.datasets.own.columns import (
    NOTHING_SHOWN,
    SHOWN,
    columns_chosen,
    columns_to_choose,
)
from decoding.numbers import number_text
from decoding.spec import AS_WRITTEN, Categories
from pages.components.own import OwnScan, read_scan
from pages.components.plain import plain
from pages.components.terms import say

FEW = 12
"""So many types are in sight; more wait behind a line."""
EXAMPLES = 3
EACH = {"events": ("trial", "row"), "labels": ("block", "block"), "images": (IMAGE, "row")}
"""What a type is one of, and what its numbers count, by how an upload is read."""
RUN = "Which column says the run?"


def choose_categories(scan: OwnScan) -> Categories:
    """Return what the visitor counts as a category; names are taken together, by a button."""
    tag = scan.received.folder.parent.name  # of two uploads the widgets are not the same
    columns = columns_to_choose(scan.received, scan.categories)
    usual, of_runs = columns_chosen(scan.received, scan.categories)
    column = _choose_column(SHOWN, columns, usual, f"own_column_{tag}") if columns else usual
    run = _choose_column(RUN, columns, of_runs, f"own_run_{tag}") if of_runs else ""
    types = columns[column] if columns else _types(scan)
    names = dict(scan.categories.names) if column == usual else {}
    each, counted = EACH[scan.received.layout]
    with st.expander(f"{number_text(len(types), 'type')} of {each}s", expanded=len(types) <= FEW):
        say(
            "Give several types one name to make them one category. Empty a name to leave its "
            f"{each}s out."
            + ("" if each == IMAGE else " Models of betas then take them for baseline.")
        )
        with st.form(f"own_names_{tag}_{column}", border=False):
            with st.container(horizontal=True):
                meant = {
                    written: st.text_input(
                        plain(f"{written} ({number_text(n, counted)})"),
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
    names_given = tuple((written, name) for written, name in changed if name != written)
    return Categories(column=column, names=names_given, run=run)


def _choose_column(
    asks: str, columns: Mapping[str, Mapping[str, int]], usual: str, key: str
) -> str:
    """Let the visitor say which column of the events or the table tells something."""

    def words(column: str) -> str:
        types = list(columns[column])
        more = ", ..." if len(types) > EXAMPLES else ""
        return f"{column}: {', '.join(types[:EXAMPLES])}{more}"

    return st.selectbox(
        asks,
        columns,
        index=[*columns].index(usual) if usual in columns else 0,
        format_func=words,
        key=key,
        filter_mode=None,
        width=480,
    )


def _types(scan: OwnScan) -> dict[str, int]:
    """Return the types that labels name, each with its number of blocks."""
    written = read_scan(replace(scan, categories=AS_WRITTEN)).trials["condition"]
    return {str(name): int(n) for name, n in written.value_counts(sort=False).sort_index().items()}
