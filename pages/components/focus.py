"""Where the keyboard is: in what was just opened, on what was just reached, never lost.

So is the page: what takes the place of a lesson that was read to its end is read from its top.

A term's mark and a number's help are reached by arrow keys from the first of their group, so that
Tab does not stop at each.
"""

import streamlit as st

_HTML = "<span></span>"

# Streamlit draws a popover behind everything else on the page, some thirty tabs from its button,
# and has it follow the button, which moves when what it says grows with what is chosen in it;
# and what the keyboard pressed is gone where it led to another page, or to another button.
_JS = """
const LED_TO = {
  '[data-testid="stPageLink"] a': "h1",
  ".st-key-pin_this button": ".st-key-unpin button",
  ".st-key-unpin button": ".st-key-pin_this button",
};
const NEW_LESSON = ["go_on", "another", "play_all", "play_few"]
  .map((key) => `.st-key-${key} button`).join();
const MARK = 'abbr[data-meaning], [class*="st-key-metrics_"] button[aria-label^="Help for"]';
const GOES_ON = ["keydown", "pointerdown", "wheel"];
const once = { once: true, capture: true };
const GROUP = 'p, [class*="st-key-metrics_"]';

function intoPopover() {
  const all = document.documentElement.style;
  all.removeProperty("--opened-at");
  setTimeout(() => {
    const body = document.querySelector('[data-testid="stPopoverBody"]');
    if (body) all.setProperty("--opened-at", body.style.transform);
    if (!body || body.contains(document.activeElement)) return;
    body.tabIndex = -1;
    body.focus({ preventScroll: true });
  }, 150);
}

const toTop = () => document.querySelector(".st-key-lesson").scrollIntoView();

function toGoal(goal, pressed, reached = () => {}) {
  const left = goal.endsWith("button") ? null : document.querySelector(goal)?.innerText;
  const looks = setInterval(() => {
    const found = document.querySelector(goal);
    if (!found || ![document.body, pressed].includes(document.activeElement)) return;
    if (found.innerText === left) return;  // the page, or the lesson, that is left
    if (left !== null) found.tabIndex = -1;
    found.focus({ preventScroll: true });
    reached();
  }, 100);
  const stop = () => clearInterval(looks);
  setTimeout(stop, 20000);  // a page that is drawn anew loses its focus: until somebody goes on
  for (const kind of GOES_ON) document.addEventListener(kind, stop, once);
}

function onClick(event) {
  const { target, detail } = event, from = (place) => target.closest?.(place);
  if (from('[data-testid="stPopoverButton"]')) intoPopover();
  const led = Object.keys(LED_TO).find(from);
  if (led && !detail) toGoal(LED_TO[led], from(led));  // by the keyboard no click is counted
  if (!from(NEW_LESSON)) return;
  toTop();
  toGoal(".st-key-lesson h2", from(NEW_LESSON), toTop);
}

// A selector shows no keyboard on a phone, so it takes no letters: they jump to what begins so.
let typed = "", lastTyped = 0;

async function jump(field, letter, now) {
  typed = now - lastTyped < 1000 ? typed + letter : letter;
  lastTyped = now;
  const down = { key: "ArrowDown", code: "ArrowDown", bubbles: true, cancelable: true };
  for (let step = 0, wanted = typed; step < 60 && typed === wanted; step += 1) {
    const at = document.getElementById(field.getAttribute("aria-activedescendant"));
    if (at?.innerText.trim().toLowerCase().startsWith(typed)) return;
    field.dispatchEvent(new KeyboardEvent("keydown", down));
    await new Promise((done) => setTimeout(done, 20));
  }
}

function onKey(event) {
  const { target, key } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || !target.matches) return;
  const isLetter = key.length === 1 && (key !== " " || typed);
  if (isLetter && target.matches('[role="combobox"][inputmode="none"]')) {
    jump(target, key.toLowerCase(), event.timeStamp);
  }
  const step = { ArrowRight: 1, ArrowLeft: -1 }[key], group = target.closest(GROUP);
  if (step && target.matches(MARK) && group) {
    const marks = [...group.querySelectorAll(MARK)];
    marks[marks.indexOf(target) + step]?.focus();
  }
}

function rove() {
  for (const group of document.querySelectorAll(GROUP)) {
    group.querySelectorAll(MARK).forEach((mark, i) => { mark.tabIndex = i ? -1 : 0; });
  }
}

// Once for all pages of a visit: a component may be drawn anew before, or after, its old one ends.
export default function () {
  if (window.followsKeyboard) return;
  window.followsKeyboard = true;
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey);
  new MutationObserver(rove).observe(document.body, { childList: true, subtree: true });
  rove();
}
"""

_follow = st.components.v2.component("focus", html=_HTML, js=_JS)


def follow_keyboard() -> None:
    """Put the keyboard where it was sent, and let it choose and look about by few keys."""
    _follow(key="focus")
