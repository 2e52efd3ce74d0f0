"""The confusion matrix, and the runs and blocks behind each of its cells."""

import streamlit as st

from decoding.numbers import counts_text, score_text
from decoding.output.figures.confusion import confusion_table, plot_confusion, reading_confusion
from decoding.output.text.readings import reading_cell
from decoding.results import DecodingResult
from decoding.setting import Setting, read_pair, write_names
from pages.components.display import show_figure, show_reading, table_height
from pages.components.service import View
from pages.components.terms import say_small
from pages.components.url_state import get_setting, set_setting

CHART = "confusion"
CELL = Setting[tuple[str, str]](
    name="cell", default=("", ""), label="Cell of the matrix", parse=read_pair, write=write_names
)
"""The true and the predicted category of a cell of the confusion matrix."""


def show_confusion(view: View, result: DecodingResult) -> None:
    """Show the confusion matrix; a square that is chosen opens the blocks behind it."""
    chosen, block = _chosen(result), view.subject.each_block
    show_figure(
        view,
        CHART,
        lambda theme: plot_confusion(result, theme, chosen=chosen),
        f"{reading_confusion(result)} {counts_text(result.n_samples, result.n_blocks, block)}",
        lambda: confusion_table(result),
        depends_on=chosen,
        on_select=_take_square,
    )
    recall = ", ".join(f"{name} {score_text(share)}" for name, share in result.recall.items())
    say_small(f"Recall: {recall}. Click a square for its {block}s, or choose it below.")
    _choose_cell(result, chosen, block)
    if chosen is not None:
        _show_cell(view, result, chosen)


def _chosen(result: DecodingResult) -> tuple[str, str] | None:
    """Return the cell that the link names, if it is one of this result's."""
    cell = get_setting(CELL)
    return cell if set(cell) <= set(result.classes) else None


def _take_square() -> None:
    points = st.session_state[CHART].selection.points
    if points:
        true, predicted, *_ = points[-1]["customdata"]
        set_setting(CELL, (true, predicted))


def _choose_cell(result: DecodingResult, chosen: tuple[str, str] | None, block: str) -> None:
    """Let the visitor choose a cell without a pointer."""
    table = confusion_table(result)
    counts = {
        (true, predicted): f"{true} taken for {predicted}: {count}"
        for true, predicted, count, _ in table.itertuples(index=False)
    }
    st.session_state["confusion_cell"] = chosen
    st.selectbox(
        CELL.label,
        list(counts),
        key="confusion_cell",
        index=None,
        format_func=counts.__getitem__,
        placeholder=f"{block.capitalize()}s behind a square",
        label_visibility="collapsed",
        on_change=lambda: set_setting(
            CELL, st.session_state["confusion_cell"] or CELL.default, CELL.default
        ),
    )


def _show_cell(view: View, result: DecodingResult, chosen: tuple[str, str]) -> None:
    true, predicted = chosen
    table, block = result.cell(true, predicted), view.subject.each_block
    if table.empty:
        say_small(f"No sample of {true} was taken for {predicted}.")
        return
    st.dataframe(
        table.rename(columns={"decoded_so": f"taken for {predicted}", "tested": "samples tested"}),
        hide_index=True,
        height=table_height(len(table), 6),
        alt=f"Runs and {block}s of {true} with samples taken for {predicted}",
    )
    show_reading(view, f"cell_{true}_as_{predicted}", reading_cell(table, block), lambda: table)
