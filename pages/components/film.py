"""A film of a chart: a line that moves over it, the words of the moment, and what plays them."""

from collections.abc import Sequence

import streamlit as st

_HTML = """
<div role="group">
  <p><span></span> <i>shown</i> <b></b> <i>decoded</i> <b></b></p>
  <button type="button"></button>
  <input type="range" min="0" step="1">
  <label>Speed <select>
    <option value="1">as scanned</option><option value="10">10 times</option>
    <option value="20" selected>20 times</option><option value="60">60 times</option>
  </select></label>
</div>
"""

_CSS = """
[role="group"] {
  display: flex; flex-wrap: wrap; gap: 0.4rem 1rem; align-items: center;
  color: var(--st-text-color);
}
p {
  flex: 1 0 100%; margin: 0; display: grid; align-items: baseline; column-gap: 0.6rem;
  grid-template-columns: 5.5ch auto minmax(0, 1fr) auto minmax(0, 1fr);
  font-size: clamp(1.1rem, 2.2vw, 2.6rem); font-variant-numeric: tabular-nums;
}
i { font-style: normal; font-size: 0.7em; opacity: 0.72; }
b { font-weight: 600; overflow-wrap: anywhere; }
b::before { content: attr(data-code); font-size: 0.6em; padding: 0.1em 0.4em; margin-right: 0.4em;
  border-radius: 0.2rem; background: var(--colour); color: var(--ink); vertical-align: 0.15em; }
b:not([data-code])::before { content: none; }
button, select, label { font: inherit; font-size: clamp(0.875rem, 0.9vw, 1.35rem); color: inherit; }
button, select {
  background: none; border: 1px solid var(--st-border-color); border-radius: 0.4rem;
  padding: 0.3rem 0.7rem; min-height: 2rem; cursor: pointer;
}
option { background: var(--st-background-color); }
button { min-width: 6rem; }
button:hover { color: var(--st-primary-color); border-color: currentColor; }
input {
  flex: 1 1 12rem; min-width: 0; height: 1.6rem; margin: 0; cursor: pointer;
  accent-color: var(--st-primary-color);
}
:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
@media (max-width: 640px) {
  p { grid-template-columns: auto minmax(0, 1fr); } p span { grid-column: 1 / -1; }
}
"""

# The line is a part of the chart's own picture: it grows with it, and stands in what is saved.
# Plotly leaves its picture's last children alone, and draws all anew in another width: so the line
# is looked for each time. Nothing plays by itself; where less motion is asked for the line goes
# from scan to scan instead of gliding.
_JS = r"""
const SVG = "http://www.w3.org/2000/svg", STILL = "(prefers-reduced-motion: reduce)";

export default function ({ data, parentElement }) {
  const film = parentElement.querySelector("[role=group]");
  const [time, shown, decoded] = film.querySelectorAll("span, b");
  const play = film.querySelector("button"), scrub = film.querySelector("input");
  const speed = film.querySelector("select"), length = data.shown.length;
  if (film.what !== data.what)
    Object.assign(film, { what: data.what, at: data.at + 0.5, seen: false, on: false });

  const name = (place, index) => {
    const { name, code, colour, ink } = data.names[index];
    place.textContent = name;
    if (code) place.dataset.code = code; else delete place.dataset.code;
    place.style.setProperty("--colour", colour);
    place.style.setProperty("--ink", ink);
    return name;
  };

  const chart = () => document.querySelector(`.st-key-${data.chart} .js-plotly-plot`);
  const moveLine = () => {
    const picture = chart()?.querySelector(".main-svg"), size = chart()?._fullLayout?._size;
    if (!picture || !size) return false;
    let marks = picture.querySelector(".playhead");
    if (!marks) {
      marks = picture.appendChild(document.createElementNS(SVG, "g"));
      marks.setAttribute("class", "playhead");
      marks.style.pointerEvents = "none";
      marks.append(...[0, 1].map(() => document.createElementNS(SVG, "rect")));
    }
    const color = (of) => getComputedStyle(film).getPropertyValue(`--st-${of}-color`).trim();
    const x = size.l + size.w * film.at / length;
    [[x, size.l + size.w - x, color("background"), film.seen ? 0.7 : 0],
      [x - 1, 2, color("text"), 1]].forEach(([left, width, fill, opacity], part) => {
      const box = { x: left, y: size.t, width, height: size.h, fill, opacity };
      for (const [of, value] of Object.entries(box)) marks.children[part].setAttribute(of, value);
    });
    return true;
  };

  const draw = () => {
    const volume = Math.min(length - 1, Math.floor(film.at)), seconds = volume * data.t_r;
    const told = `${Math.round(10 * seconds) / 10} s`;
    const is = name(shown, data.shown[volume]), named = name(decoded, data.decoded[volume]);
    time.textContent = told;
    scrub.value = volume;
    scrub.setAttribute("aria-valuetext", `${told}: shown ${is}, decoded ${named}`);
    play.textContent = film.on ? "❚❚ Pause" : "▶ Play";
    play.setAttribute("aria-label", `${film.on ? "Pause" : "Play"} ${data.what}`);
    return moveLine();
  };

  let last, frame;
  const tick = (now) => {
    if (film.on) {
      film.clock = (film.clock ?? film.at) + (now - (last ?? now)) / 1000 * speed.value / data.t_r;
      film.at = matchMedia(STILL).matches ? Math.floor(film.clock) : film.clock;
      if (film.clock >= length) Object.assign(film, { at: length, on: false });
      draw();
    }
    last = now;
    frame = film.on ? requestAnimationFrame(tick) : undefined;
  };
  const go = () => {
    cancelAnimationFrame(frame);
    last = undefined;
    frame = requestAnimationFrame(tick);
  };

  film.setAttribute("aria-label", `Film of ${data.what}`);
  scrub.setAttribute("aria-label", `Scan of ${data.what}`);
  scrub.max = length - 1;
  play.onclick = () => {
    if (!film.seen || film.at >= length) film.at = 0;
    Object.assign(film, { on: !film.on, seen: true, clock: film.at });
    draw();
    if (film.on) go();
  };
  scrub.oninput = () => {
    const amid = Number(scrub.value) + 0.5;
    Object.assign(film, { at: amid, clock: amid, seen: true });
    draw();
  };
  const settle = setInterval(() => { if (!film.on) draw(); }, 500);
  draw();
  if (film.on) go();
  return () => { clearInterval(settle); cancelAnimationFrame(frame); };
}
"""

_film = st.components.v2.component("film", html=_HTML, css=_CSS, js=_JS)


def show_film(
    chart: str,
    what: str,
    t_r: float,
    names: Sequence[dict[str, str]],
    shown: Sequence[int],
    decoded: Sequence[int],
    opens_at: int = 0,
) -> None:
    """Draw what plays a chart, named by its key: its time axis is as long as the film.

    `what` is filmed, in words. `names` hold each category's ``name, code, colour, ink``; `shown`
    and `decoded` say for each volume, every `t_r` seconds, which of them it was. It stands
    still at volume `opens_at` until somebody plays it, from its beginning.
    """
    data = {
        "chart": chart, "what": what, "t_r": t_r, "names": list(names), "shown": list(shown),
        "decoded": list(decoded), "at": opens_at,
    }  # fmt: skip
    _film(key=f"film_{chart}", data=data)
