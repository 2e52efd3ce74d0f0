"""A button that copies the full address without the session's name: others have their own."""

import streamlit as st

LABEL = "Copy link"

_HTML = f'<button type="button" aria-live="polite">{LABEL}</button>'

_CSS = """
button {
  font: inherit; font-size: 0.875rem; color: var(--st-text-color); background: none; border: 0;
  padding: 0.25rem 0; opacity: 0.75; cursor: pointer; white-space: nowrap;
  min-width: 6.5rem; text-align: left;
}
button.copied { color: var(--st-primary-color); font-weight: 600; opacity: 1; }
button:hover { color: var(--st-primary-color); opacity: 1; }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
"""

# Without https (a colleague's machine in the same room) browsers hide navigator.clipboard.
_JS = """
export default function ({ parentElement }) {
  const button = parentElement.querySelector("button");
  const say = (words) => {
    button.textContent = words;
    button.classList.add("copied");
    setTimeout(() => {
      button.textContent = "Copy link";
      button.classList.remove("copied");
    }, 4000);
  };
  const copyBySelection = (address) => {
    const field = document.createElement("textarea");
    field.value = address;
    document.body.append(field);
    field.select();
    const copied = document.execCommand("copy");
    field.remove();
    return copied;
  };
  button.onclick = async () => {
    const link = new URL(window.location.href);
    link.searchParams.delete("session");
    const address = link.href;
    try {
      await navigator.clipboard.writeText(address);
      say("✓ Link copied");
    } catch {
      say(copyBySelection(address) ? "✓ Link copied" : "Copy it from the address bar");
    }
  };
}
"""

_button = st.components.v2.component("copy_link", html=_HTML, css=_CSS, js=_JS)


def copy_link_button() -> None:
    """Draw the button."""
    _button(key="copy_link", width="content")
