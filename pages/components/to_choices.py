"""A phone's way back to the selection, which scrolls away there: one tap from anywhere."""

import streamlit as st

_HTML = '<button type="button" hidden>↑ Selection</button>'

# As in style.css, the selectors stay in sight on a screen that they leave most of to the page.
_CSS = """
button {
  position: fixed; right: 1rem; bottom: 1rem; z-index: 95; font: inherit; font-size: 0.95rem;
  padding: 0.5rem 0.9rem; border-radius: 1.5rem; cursor: pointer;
  color: var(--st-background-color); background: var(--st-text-color); border: 0;
}
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
@media (min-width: 641px) and (min-height: 600px) { button { display: none; } }
"""

_JS = """
export default function ({ parentElement }) {
  const button = parentElement.querySelector("button");
  const sentence = document.querySelector(".st-key-sentence");
  if (!sentence) return;  // a presentation has begun
  const watch = new IntersectionObserver(([seen]) => { button.hidden = seen.isIntersecting; });
  watch.observe(sentence);
  button.onclick = () => sentence.scrollIntoView({ block: "center" });
  return () => watch.disconnect();
}
"""

_button = st.components.v2.component("to_choices", html=_HTML, css=_CSS, js=_JS)


def to_choices_button() -> None:
    """Draw the button, seen on a small screen while the selectors are not."""
    _button(key="to_choices")
