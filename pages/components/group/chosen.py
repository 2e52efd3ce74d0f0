"""What the group is looked at by: the selected categories and mask, and others beside them."""

from collections.abc import Callable, Sequence, Set
from itertools import combinations
from typing import TypeVar

import streamlit as st

from decoding.numbers import list_text, number_text
from decoding.regions import masks_offered
from decoding.setting import Setting, read_names, write_names
from decoding.settings import conditions_label, mask_label
from pages.components.plain import plain
from pages.components.service import View
from pages.components.url_state import get_setting, refuse_extra, refused_extra, set_setting

T = TypeVar("T")
Pairs = tuple[tuple[str, ...], ...]


def read_pairs(text: str) -> Pairs:
    """Read the pairs of `write_pairs`; a ValueError where a name stands alone."""
    names = read_names(text)
    return tuple(tuple(sorted(pair)) for pair in zip(names[::2], names[1::2], strict=True))


def write_pairs(pairs: Pairs) -> str:
    """Write pairs as one text of a link, the names of all one after another."""
    return write_names([name for pair in pairs for name in pair])


MASKS = Setting[tuple[str, ...]](
    name="masks", default=(), label="Masks beside the selected one", parse=read_names,
    write=write_names,
)  # fmt: skip
PAIRS = Setting[Pairs](
    name="also", default=(), label="Pairs beside the selected categories", parse=read_pairs,
    write=write_pairs,
)  # fmt: skip


def chosen_masks(view: View) -> tuple[str, ...]:
    """Return the selected mask, and those that the link has beside it."""
    return (view.spec.mask, *_kept(MASKS, _other_masks(view)))


def chosen_pairs(view: View) -> Pairs:
    """Return the selected categories, and the pairs that the link has beside them."""
    return (view.spec.conditions, *_kept(PAIRS, _other_pairs(view)))


def _kept(setting: Setting[tuple[T, ...]], options: Sequence[T]) -> tuple[T, ...]:
    asked: tuple[T, ...] = get_setting(setting)
    return tuple(option for option in options if option in asked)


def _other_masks(view: View) -> list[str]:
    return [name for name in masks_offered(view.subject) if name != view.spec.mask]


def _other_pairs(view: View) -> Pairs:
    pairs = combinations(view.subject.conditions, 2)
    return tuple(pair for pair in pairs if pair != view.spec.conditions)


def choose_more(view: View) -> None:
    """Let the visitor add pairs and masks to what is shown; the link carries them."""
    with st.container(key="more", horizontal=True, vertical_alignment="center"):
        st.markdown("*also*", width="content")
        _choose(PAIRS, _other_pairs(view), "pair", conditions_label)
        _choose(MASKS, _other_masks(view), "mask", mask_label)
    _refuse_unknown(PAIRS, {*_other_pairs(view), view.spec.conditions})
    _refuse_unknown(MASKS, {*_other_masks(view), view.spec.mask})


def _choose(
    setting: Setting[tuple[T, ...]], options: Sequence[T], noun: str, words: Callable[[T], str]
) -> None:
    if not options:
        return
    key, kept = f"choose_{setting.name}", _kept(setting, options)

    def take(chosen: Sequence[T]) -> None:
        set_setting(setting, tuple(chosen), ())

    named = number_text(len(kept), noun) if kept else f"add {noun}s"
    with st.popover(named, key=f"more_{setting.name}", help=setting.label):
        st.session_state[key] = list(kept)
        st.pills(
            setting.label,
            options,
            format_func=lambda option: plain(words(option)),
            selection_mode="multi",
            key=key,
            on_change=lambda: take(st.session_state[key]),
        )
        everything = () if kept == tuple(options) else tuple(options)
        label = f"All {len(options)} {noun}s" if everything else f"No other {noun}"
        st.button(label, key=f"all_{setting.name}", on_click=take, args=(everything,))


def _refuse_unknown(setting: Setting[tuple[T, ...]], known: Set[T]) -> None:
    """Say what a link has in vain; it leaves the address."""
    asked: tuple[T, ...] = get_setting(setting)
    if unknown := [option for option in asked if option not in known]:
        named = list_text(write_names(one) if isinstance(one, tuple) else one for one in unknown)
        refuse_extra(setting.name, f"{setting.label}: {named} cannot be had, so none is shown.")
    if problem := refused_extra(setting.name):
        st.caption(f":material/info: {plain(problem)}")
