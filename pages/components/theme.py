"""The theme: charts and brains are drawn in it, and drawn again when the visitor switches it."""

import streamlit as st

_HTML = "<span></span>"

# A switch changes the page's colours and nothing else: Streamlit runs no page for it.
_JS = """
export default function ({ parentElement, setTriggerValue }) {
  const place = parentElement.querySelector("span");
  const ground = () => getComputedStyle(place).getPropertyValue("--st-background-color").trim();
  place.drawnOn ??= ground();
  const timer = setInterval(() => {
    if (ground() !== place.drawnOn) {
      place.drawnOn = ground();
      setTriggerValue("switched", place.drawnOn);
    }
  }, 500);
  return () => clearInterval(timer);
}
"""

_watch = st.components.v2.component("theme", html=_HTML, js=_JS)


def redraw_on_switch() -> None:
    """Run the page once more when its visitor has switched the theme."""
    _watch(key="theme", on_switched_change=lambda: None)
