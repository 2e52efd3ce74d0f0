"""A model of the visitor's own: how unlike each two categories should be, number by number."""

from itertools import combinations

import pandas as pd
import streamlit as st

from decoding.numbers import number_text
from decoding.setting import Setting, read_number
from pages.components.display import table_height
from pages.components.terms import say_small
from pages.components.url_state import draw_anew, get_setting, set_setting, take_out

IN_SIGHT = 10
OWN_MODEL = Setting[tuple[float, ...]](
    name="own_model",
    default=(),
    label="Your own model",
    parse=lambda text: tuple(map(read_number, text.split("_"))),
    write=lambda numbers: "_".join(f"{number:g}" for number in numbers),
)
"""The dissimilarities of all pairs, those of the first category first."""


def choose_own_model(classes: tuple[str, ...]) -> tuple[tuple[float, ...], ...]:
    """Let the visitor type a model; return its rows, none as long as all its numbers are equal."""
    pairs = list(combinations(range(len(classes)), 2))
    asked = get_setting(OWN_MODEL)
    if asked and len(asked) != len(pairs):
        take_out(
            OWN_MODEL,
            f"Your own model has {number_text(len(asked), 'number')}, and {len(classes)} "
            f"categories have {number_text(len(pairs), 'pair')}: it is left out. Type one again "
            "under 'Compare with a model of your own'.",
        )
    numbers = asked or (0.0,) * len(pairs)
    with st.expander("Compare with a model of your own", expanded=numbers == asked):
        say_small(
            "Type for each pair how unlike the two should be. Only the order of your numbers "
            "counts, and a model that is made after looking has too small a p."
        )
        edited = st.data_editor(
            pd.DataFrame(
                {
                    "first": [classes[first] for first, _ in pairs],
                    "second": [classes[second] for _, second in pairs],
                    "unlike": list(numbers),
                }
            ),
            key=f"own_model_{'_'.join(classes)}",
            hide_index=True,
            disabled=("first", "second"),
            height=table_height(len(pairs), IN_SIGHT),
            column_config={
                "first": "First",
                "second": "Second",
                "unlike": st.column_config.NumberColumn("How unlike", required=True),
            },
        )
    if (new := tuple(map(float, edited["unlike"]))) != numbers:
        set_setting(OWN_MODEL, new, (0.0,) * len(pairs))
        draw_anew()
    if len(set(numbers)) == 1:
        return ()
    by_pair = {frozenset(pair): number for pair, number in zip(pairs, numbers, strict=True)}
    places = range(len(classes))
    return tuple(tuple(by_pair.get(frozenset((a, b)), 0.0) for b in places) for a in places)
