"""What the page says to those who listen to it: the score when it is new, and where things are."""

import streamlit as st

_WORDS = "words_aloud"

_HTML = '<span role="status" aria-live="polite"></span>'

_CSS = (
    "span { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }"
)

# A browser's first score is read where it stands; what comes later is said once, on any page.
# Streamlit draws a page of plain boxes, and calls each selector's arrow "Open": roles and names are
# put on them here, and on what is drawn later.
_JS = """
const ROLES = {
  "[data-testid=stMain]": ["main", "Page"],
  ".st-key-masthead": ["navigation", "Pages"],
};

function nameOpeners() {
  for (const button of document.querySelectorAll("button[aria-label=Open]")) {
    button.ariaLabel = `Open: ${button.parentElement.querySelector("input")?.ariaLabel}`;
  }
}

export default function ({ data, parentElement }) {
  nameOpeners();
  window.openers?.disconnect();
  window.openers = new MutationObserver(nameOpeners);
  const changes = { childList: true, subtree: true, attributeFilter: ["aria-label"] };
  window.openers.observe(document.body, changes);
  for (const [place, [role, name]] of Object.entries(ROLES)) {
    const box = document.querySelector(place);
    box?.setAttribute("role", role);
    box?.setAttribute("aria-label", name);
  }
  for (const group of document.querySelectorAll("[class*=st-key-pages_]")) {
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", group.querySelector("p").innerText);
  }
  const last = window.saidAloud;
  if (!data.words || data.words === last) return;
  window.saidAloud = data.words;
  if (last) setTimeout(() => {
    parentElement.querySelector("span").textContent = data.words;
  }, 300);
}
"""

_region = st.components.v2.component("aloud", html=_HTML, css=_CSS, js=_JS)


def tell(words: str) -> None:
    """Have the page say something once it is drawn, if it is not what was said last."""
    st.session_state[_WORDS] = words


def say_aloud() -> None:
    """Draw what says it: below all else, as no first number waits for it."""
    _region(key="aloud", data={"words": st.session_state.pop(_WORDS, "")})
