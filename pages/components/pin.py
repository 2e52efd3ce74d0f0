"""A result kept as reference: one click pins it, the link carries it, the next one is compared."""

import streamlit as st

from decoding.analyses import decode
from decoding.analyses.paired import PairedDifference, paired_difference
from decoding.numbers import points_text, score_text
from decoding.output.states import is_wrong
from decoding.results import DecodingResult
from decoding.settings import SETTINGS, Setting, spec_from_text
from decoding.spec import DecodingSpec, differing_fields, spec_to_text
from pages.components.section import section
from pages.components.service import View, result_for, view_of
from pages.components.url_state import get_setting, set_setting

PIN = Setting(name="pin", default="", label="Pinned result")


def pinned_view() -> tuple[View, DecodingResult] | tuple[None, None]:
    """Return what is pinned and its result, if any; what is wrong with it is said on the page."""
    if text := get_setting(PIN):
        with section():
            view = view_of(spec_from_text(text)[0])
            return view, result_for(decode.ANALYSIS, view)
    return None, None


def remind_of_pin(view: View) -> None:
    """Show on any page how the selection compares with what is pinned, if anything is."""
    _, pinned = pinned_view()
    if pinned is not None:
        show_pin(result_for(decode.ANALYSIS, view), pinned)


def show_pin(result: DecodingResult, pinned: DecodingResult | None) -> None:
    """Show one line that compares with the pinned result, and the buttons that pin and unpin."""
    with st.container(
        key="pin", horizontal=True, vertical_alignment="center", gap="small", width="content"
    ):
        if pinned is None:
            _pin_button("Pin this result to compare", result.spec)
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
    """Return the line that says what differs from the pinned result, and whether that is luck."""
    names = differing_fields(pinned.spec, result.spec)
    changes = "; ".join(_change(name, pinned.spec, result.spec) for name in names)
    line = (
        f"**Against the pinned result of Decode:** {changes}. Accuracy "
        f"{_score(pinned)} → {_score(result)}, "
        f"{points_text(result.accuracy - pinned.accuracy)}."
    )
    if paired := paired_difference(result, pinned):
        low, high = (points_text(end).removesuffix(" points") for end in (paired.low, paired.high))
        line += (
            f" Over the same {paired.n_runs} runs {points_text(paired.mean)}, 95 % interval "
            f"{low} to {high}: {_verdict(paired)}."
        )
    if result.chance != pinned.chance:
        line += f" Chance {score_text(pinned.chance)} → {score_text(result.chance)}."
    return line


def _score(result: DecodingResult) -> str:
    score = score_text(result.accuracy)
    return f"~~{score}~~" if is_wrong(result.spec, circular=result.circular) else score


def _verdict(paired: PairedDifference) -> str:
    if paired.low <= 0 <= paired.high:
        return "0 lies in it, so the difference could be luck"
    return f"0 lies outside it, so {'this' if paired.mean > 0 else 'the pinned'} one scores higher"


def _change(name: str, old: DecodingSpec, new: DecodingSpec) -> str:
    setting = SETTINGS[name]
    before, after = (setting.words(getattr(spec, name)) for spec in (old, new))
    return f"{setting.label} {before} → {after}"


def _pin_button(label: str, spec: DecodingSpec) -> None:
    st.button(
        label,
        key="pin_this",
        type="tertiary",
        icon=":material/keep:",
        on_click=set_setting,
        args=(PIN, spec_to_text(spec)),
        help="Keep this result to compare with. It stays beside what you choose next, and in the "
        "link.",
    )
