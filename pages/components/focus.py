"""Where the keyboard is: in a popover that has just been opened, not at the end of the page."""

import streamlit as st

_HTML = "<span></span>"

# Streamlit draws a popover behind everything else on the page, some thirty tabs from its button.
_JS = """
export default function () {
  const follow = (event) => {
    if (!event.target.closest?.('[data-testid="stPopoverButton"]')) return;
    setTimeout(() => {
      const body = document.querySelector('[data-testid="stPopoverBody"]');
      if (!body || body.contains(document.activeElement)) return;
      body.tabIndex = -1;
      body.focus({ preventScroll: true });
    }, 150);
  };
  document.addEventListener("click", follow);
  return () => document.removeEventListener("click", follow);
}
"""

_follow = st.components.v2.component("focus", html=_HTML, js=_JS)


def follow_popovers() -> None:
    """Put the keyboard into each popover that is opened."""
    _follow(key="focus")
