"""A result kept as reference: one click pins it, the link carries it, the next one is compared."""

from contextlib import suppress
from functools import partial
from urllib.parse import parse_qs, parse_qsl, urlencode

import streamlit as st

from decoding.analyses import decode
from decoding.analyses.paired import PairedDifference, are_comparable, paired_difference
from decoding.cross_validation import CV_SCHEMES
from decoding.errors import DataMissingError, DecodingError, SpecError, UnknownChoiceError
from decoding.numbers import points_text, score_text
from decoding.output.states import is_wrong
from decoding.results import DecodingResult
from decoding.setting import Setting
from decoding.settings import SETTINGS, conditions_label, spec_from_text
from decoding.spec import DecodingSpec, differing_fields, spec_to_text
from pages.components.categories import FIRST, in_named_order
from pages.components.first_look import draw_later
from pages.components.plain import plain
from pages.components.section import section
from pages.components.service import Unfinished, View, result_for, view_of
from pages.components.url_state import get_setting, set_setting, take_out


def _read_pin(text: str) -> str:
    if spec_from_text(text)[1] or "v" not in parse_qs(text):
        raise ValueError(text)
    return text


PIN = Setting(
    name="pin", default="", label="Pinned result", parse=_read_pin,
    must="A pinned result must be written as our links write it",
)  # fmt: skip


def pinned_view() -> tuple[View, DecodingResult] | tuple[None, None]:
    """Return what is pinned and its result, if any; where it cannot be, `show_pin` says why."""
    with suppress(DecodingError, Unfinished):
        return _pinned_view()
    return None, None


def _pinned_view() -> tuple[View, DecodingResult] | tuple[None, None]:
    if text := get_setting(PIN):
        view = view_of(spec_from_text(text)[0])
        return view, result_for(decode.ANALYSIS, view)
    return None, None


def comparable(result: DecodingResult, pinned: DecodingResult | None) -> DecodingResult | None:
    """Return what is pinned where it may stand in one chart with a result."""
    return pinned if pinned is not None and are_comparable(result, pinned) else None


def show_pin(view: View, *, offered: bool) -> None:
    """Show how the selection compares with what is pinned, if anything is.

    Where pinning is `offered` there is a button for it, also before anything is pinned.
    """
    pinned: DecodingResult | None = None
    with section():
        try:
            _, pinned = _pinned_view()
        except (DataMissingError, SpecError, UnknownChoiceError) as error:
            take_out(PIN, f"What the link has pinned cannot be: {error} Nothing is pinned now.")
    if pinned is None and not offered:
        return
    result = None if pinned is None else result_for(decode.ANALYSIS, view)
    with st.container(
        key="pin", horizontal=True, vertical_alignment="center", gap="small", width="content"
    ):
        if result is None or pinned is None:
            label = "Pin this result to compare it with another pair or method"
            draw_later(partial(_pin_button, label, view.spec), fits=True)
        elif pinned.spec == result.spec:
            st.markdown("This is the pinned result: change a choice to compare.", width="content")
        else:
            st.markdown(difference_line(result, pinned), width="content")
            _pin_button("Pin this one instead", result.spec)
        if get_setting(PIN):
            st.button(
                "Unpin", key="unpin", type="tertiary", icon=":material/keep_off:",
                on_click=set_setting, args=(PIN, ""),
            )  # fmt: skip


def difference_line(result: DecodingResult, pinned: DecodingResult) -> str:
    """Return the line that says whether a difference to what is pinned is luck, then what it is."""
    names = differing_fields(pinned.spec, result.spec)
    changes = plain("; ".join(_change(name, pinned.spec, result.spec) for name in names))
    line = (
        f"**Against the pinned result: {verdict_text(result, pinned)}.** "
        f"{changes[0].upper()}{changes[1:]}. "
        f"Accuracy {_score(pinned)} → {_score(result)}"
    )
    if not are_comparable(result, pinned):
        return f"{line}."
    line += f", {points_text(result.accuracy - pinned.accuracy)}."
    if paired := paired_difference(result, pinned):
        low, high = (points_text(end).removesuffix(" points") for end in (paired.low, paired.high))
        line += (
            f" Over the same {paired.n_runs} runs {points_text(paired.mean)}, 95 % interval "
            f"{low} to {high}: 0 lies {'in' if _may_be_luck(paired) else 'outside'} it."
        )
    if result.chance != pinned.chance:
        line += f" Chance {score_text(pinned.chance)} → {score_text(result.chance)}."
    return line


def verdict_text(result: DecodingResult, pinned: DecodingResult) -> str:
    """Say in few words whether a result scores higher than what is pinned, or that may be luck."""
    if not are_comparable(result, pinned):
        leaky = [one for one in (result, pinned) if CV_SCHEMES[one.spec.cv].leaks]
        if not leaky:
            return "not comparable, as one mask is circular"
        return f"not comparable, as {'the' if leaky[0] is result else 'its'} scheme leaks"
    paired = paired_difference(result, pinned)
    if paired is None:
        return "whether the difference is luck is not known"
    if _may_be_luck(paired):
        return "the difference could be luck"
    return f"{'this' if paired.mean > 0 else 'the pinned'} one scores higher"


def _may_be_luck(paired: PairedDifference) -> bool:
    return paired.low <= 0 <= paired.high


def _score(result: DecodingResult) -> str:
    score = score_text(result.accuracy)
    return f"~~{score}~~" if is_wrong(result.spec, circular=result.circular) else score


def _change(name: str, old: DecodingSpec, new: DecodingSpec) -> str:
    setting = SETTINGS[name]
    before, after = (setting.words(getattr(spec, name)) for spec in (old, new))
    if name == "conditions":  # as each was named on the page
        first = dict(parse_qsl(get_setting(PIN))).get(FIRST.name, "")
        before = conditions_label(in_named_order(old.conditions, first)[::-1])
        after = conditions_label(in_named_order(new.conditions)[::-1])
    return f"{setting.label} {before} → {after}"


def _pin_button(label: str, spec: DecodingSpec) -> None:
    first = get_setting(FIRST)
    st.button(
        label,
        key="pin_this",
        type="tertiary",
        icon=":material/keep:",
        on_click=set_setting,
        args=(PIN, spec_to_text(spec) + (f"&{urlencode({FIRST.name: first})}" if first else "")),
        help="Keep this result, then choose something else. The difference, and whether it could "
        "be luck, is said here and beside the score. The link carries it.",
    )
