"""A page as a room sees it: larger type, no selectors, and arrow keys from figure to figure.

Where there is no figure, as on most lessons, they go from part to part, and after the last one to
the next lesson. They answer no question: up and down go from answer to answer, Space takes one.
"""

from collections.abc import Callable
from pathlib import Path

import streamlit as st

from decoding.setting import Setting
from pages.components.focus import follow_keyboard
from pages.components.url_state import get_setting, set_setting

STYLE_SHEET = Path(__file__).with_name("present.css")


def _read_one(text: str) -> bool:
    if text.strip() != "1":
        raise ValueError(text)
    return True


PRESENT = Setting(
    name="present", default=False, label="Presentation", parse=_read_one,
    write=lambda on: "1" if on else "", must="A link that presents must have 1 for that",
)  # fmt: skip

# A clicker sends PageDown and PageUp. Escape first closes what lies over the page. What takes the
# keyboard is the place of a brain and not its frame, which would keep all keys to itself.
_JS = """
const FIGURES = '[data-testid="stElementContainer"]:has([data-testid="stPlotlyChart"], iframe)';
const PARTS = '[data-testid="stHeading"] :is(h2, h3)';
const STEPS = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 };
const USES_KEYS = 'input:not([type="radio"]), select, textarea, abbr, [aria-label^="Help for"], '
  + '[role="tab"], [role="slider"], [role="combobox"], [role="option"]';
const ANSWERS = { ArrowDown: 1, ArrowUp: -1 };
const ONWARD = ".st-key-go_on button";
const OVER = '[role="dialog"], [role="listbox"], [data-title="Close fullscreen"]';

export default function ({ parentElement }) {
  const say = parentElement.querySelector("span");
  let at = 0;
  const seen = (what) =>
    [...document.querySelectorAll(what)].filter((one) => one.checkVisibility());
  const stops = () => {
    const figures = seen(FIGURES);
    return [document.querySelector("h1"), ...(figures.length ? figures : seen(PARTS))];
  };
  const toAnswer = (from, step) => {
    const all = [...document.getElementsByName(from.name)];
    all[(all.indexOf(from) + step + all.length) % all.length].focus();
  };
  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && !document.querySelector(OVER)) {
      document.querySelector(".st-key-end_presenting button").click();
    }
    const step = STEPS[event.key], from = event.composedPath()[0];
    const answer = from.type === "radio" && ANSWERS[event.key];
    if (!(step || answer) || from.matches?.(USES_KEYS) || document.querySelector(OVER)) return;
    event.preventDefault();
    event.stopPropagation();
    if (answer) return toAnswer(from, answer);
    const all = stops(), here = all.indexOf(document.activeElement);
    const next = (here < 0 ? at : here) + step, onward = document.querySelector(ONWARD);
    if (next === all.length && onward) {
      at = 0;
      onward.focus({ preventScroll: true });  // from where `focus` goes to the next lesson's top
      return onward.click();
    }
    at = Math.max(0, Math.min(all.length - 1, next));
    all[at].tabIndex = -1;
    all[at].focus({ preventScroll: true });
    const kind = all[at].matches(PARTS) ? "Part" : "Figure";
    all[at].scrollIntoView({ block: kind === "Part" ? "start" : "center" });
    say.textContent = at ? `${kind} ${at} of ${all.length - 1}` : "";
  };
  document.addEventListener("keydown", onKey, { capture: true });
  return () => document.removeEventListener("keydown", onKey, { capture: true });
}
"""

_CSS = "span { font-size: 0.875rem; color: var(--st-text-color); white-space: nowrap; }"

_keys = st.components.v2.component(
    "present", html='<span role="status" aria-live="polite"></span>', css=_CSS, js=_JS
)


def is_presenting() -> bool:
    """Tell whether the link asks for a presentation."""
    return get_setting(PRESENT)


def present_button() -> None:
    """Draw the way into a presentation."""
    st.button("Present", key="present", type="tertiary", on_click=set_setting, args=(PRESENT, True))


def present(say: Callable[[], None]) -> None:
    """Draw what stands in the selectors' place: what `say` writes, and the way out."""
    st.html(STYLE_SHEET)
    with st.container(key="presenting", horizontal=True, vertical_alignment="center"):
        say()
        st.button(
            "End (Esc)", key="end_presenting", type="tertiary", on_click=set_setting,
            args=(PRESENT, False, False),
        )  # fmt: skip
        _keys(key="present_keys", width="content")
        follow_keyboard()
