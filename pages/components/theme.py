"""The theme's switch, and what draws charts and brains again: in the other theme, or width."""

import streamlit as st

_HTML = "<span></span>"

# A switch changes the page's colours and nothing else: Streamlit runs no page for it. And plotly
# leaves a legend where it stood over a plot of another width, until the width changes once more.
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
  let width = window.innerWidth, settled;
  const nudge = () => {
    clearTimeout(settled);
    if (window.innerWidth !== width) settled = setTimeout(() => {
      width = window.innerWidth;
      document.documentElement.classList.toggle("nudged");
    }, 400);
  };
  window.addEventListener("resize", nudge);
  return () => {
    clearInterval(timer);
    window.removeEventListener("resize", nudge);
  };
}
"""

_CSS = """
button {
  font: inherit; font-size: 0.875rem; color: var(--st-text-color); background: none; border: 0;
  padding: 0.2rem 0.4rem; cursor: pointer; white-space: nowrap;
}
button:hover { color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
"""

# Streamlit follows the system's colours and looks at them again after printing, which costs no
# reload; its own setting is read at a start only. So the system is said to be what was chosen.
_SWITCH_JS = """
const KEY = "voxelscope-theme", DARK = "(prefers-color-scheme: dark)";
const chosen = () => window.localStorage.getItem(KEY);

function follow() {
  const ask = (window.askSystem ??= window.matchMedia.bind(window));
  window.matchMedia = (query) => {
    const system = ask(query);
    if (query !== DARK || !chosen()) return system;
    return new Proxy(system, {
      get: (list, name) => name === "matches" ? chosen() === "dark"
        : typeof list[name] === "function" ? list[name].bind(list) : list[name],
    });
  };
  window.dispatchEvent(new Event("afterprint"));
}

export default function ({ parentElement }) {
  const button = parentElement.querySelector("button");
  const say = () => {
    const other = window.matchMedia(DARK).matches ? "Light" : "Dark";
    button.textContent = `◐ ${other}`;
    button.setAttribute("aria-label", `${other} theme`);
    return other.toLowerCase();
  };
  if (chosen()) follow();
  say();
  button.onclick = () => {
    window.localStorage.setItem(KEY, say());
    follow();
    say();
  };
}
"""

_switch = st.components.v2.component(
    "theme_switch", html='<button type="button"></button>', css=_CSS, js=_SWITCH_JS
)
_watch = st.components.v2.component("theme", html=_HTML, js=_JS)


def theme_switch() -> None:
    """Draw the button that switches to the other theme, for this browser."""
    _switch(key="theme_switch", width="content")


def redraw_on_switch() -> None:
    """Draw the page anew when its visitor has switched the theme, its charts in a new width."""
    _watch(key="theme", on_switched_change=lambda: None)
