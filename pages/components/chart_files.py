"""Buttons under a chart that enlarge it, and save it as a picture that says what it shows."""

import streamlit as st

_HTML = "<span></span>"

_CSS = """
span { display: flex; gap: 0.75rem; }
button {
  font: inherit; font-size: clamp(0.875rem, 0.9vw, 1.35rem); color: var(--st-text-color);
  background: none; border: 0;
  padding: 0; min-height: 1.6rem; cursor: pointer; white-space: nowrap;
}
button:hover { color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 2px; }
"""

# What is on the page is what is saved: plotly's own layers, between a title and the words below.
# Plotly's button for pictures can write neither, and the server has no browser to draw with.
_JS = r"""
const SVG = "http://www.w3.org/2000/svg", EDGE = 16, SIDE = 16, LINE = 17;
const FONT = "'Source Sans', 'Source Sans 3', system-ui, sans-serif";

function put(parent, tag, attributes, text) {
  const made = parent.appendChild(document.createElementNS(SVG, tag));
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text) made.textContent = text;
  return made;
}

// A picture by itself has none of the page's fonts: it holds the one that it is set in.
async function fontFace() {
  const rules = Array.from(document.styleSheets).flatMap((sheet) => {
    try { return Array.from(sheet.cssRules); } catch { return []; }  // of another address
  });
  const is = ({ style }, name, value) => style.getPropertyValue(name).replaceAll('"', "") === value;
  const rule = rules.find((one) => one instanceof CSSFontFaceRule
    && is(one, "font-family", "Source Sans") && is(one, "font-style", "normal"));
  if (!rule) return "";
  const [, path] = rule.style.getPropertyValue("src").match(/url\("?([^")]+)/);
  const file = await fetch(new URL(path, rule.parentStyleSheet.href ?? document.baseURI));
  const reader = new FileReader(), read = new Promise((done) => { reader.onload = done; });
  reader.readAsDataURL(await file.blob());
  await read;
  return rule.cssText.replace(/url\([^)]+\)/, `url("${reader.result}")`);
}

function wrap(text, width) {
  const pen = document.createElement("canvas").getContext("2d"), lines = [["", 0]];
  pen.font = `12px ${FONT}`;
  // An address is broken before the name of a choice, and where it has to be.
  for (const part of text.match(/&?[^\s&]{1,40}\s*/g)) {
    const longer = lines.at(-1)[0] + part, measured = pen.measureText(longer.trimEnd()).width;
    if (lines.at(-1)[0] && measured > width) lines.push([part, pen.measureText(part).width]);
    else lines[lines.length - 1] = [longer, measured];
  }
  return lines;
}

async function picture(chart, data, style) {
  const { width, height } = chart.querySelector(".main-svg").getBoundingClientRect();
  const face = await fontFace(), lines = data.words.flatMap((words) => wrap(words, width));
  const whole = { width: width + 2 * SIDE, height: height + 52 + LINE * lines.length + EDGE };
  const svg = document.createElementNS(SVG, "svg"), ink = style("--st-text-color");
  const view = { ...whole, viewBox: `0 0 ${whole.width} ${whole.height}`, "font-family": FONT };
  for (const [name, value] of Object.entries(view)) svg.setAttribute(name, value);
  put(svg, "title", {}, data.title);
  put(svg, "desc", {}, data.words.join("\n"));
  put(svg, "style", {}, face);
  put(svg, "rect", { width: "100%", height: "100%", fill: style("--st-background-color") });
  put(svg, "text", { x: SIDE, y: 28, fill: ink, "font-size": 18, "font-weight": 600 }, data.title);
  for (const layer of chart.querySelectorAll(".main-svg")) {
    const copy = svg.appendChild(layer.cloneNode(true));
    copy.querySelectorAll(".hoverlayer, .draglayer, .zoomlayer").forEach((part) => part.remove());
    copy.removeAttribute("style");
    copy.setAttribute("x", SIDE);
    copy.setAttribute("y", 40);
  }
  lines.forEach(([line, long], row) => {
    const place = { x: SIDE, y: height + 60 + LINE * row, fill: ink, "font-size": 12 };
    // Whatever font another program sets it in, a line is as long as it was measured.
    put(svg, "text", { ...place, textLength: long, lengthAdjust: "spacingAndGlyphs" }, line);
  });
  return { text: new XMLSerializer().serializeToString(svg), ...whole };
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

async function savePng(drawn, name) {
  const image = new Image(), sheet = document.createElement("canvas");
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(drawn.text)}`;
  await image.decode();
  sheet.width = 2 * drawn.width;
  sheet.height = 2 * drawn.height;
  sheet.getContext("2d").drawImage(image, 0, 0, sheet.width, sheet.height);
  sheet.toBlob((blob) => save(blob, name), "image/png");
}

export default function ({ data, parentElement }) {
  const row = parentElement.querySelector("span");
  const style = (name) => getComputedStyle(row).getPropertyValue(name).trim();
  // A click may come before the chart does.
  const chart = async () => {
    for (;;) {
      const found = document.querySelector(`.st-key-${data.chart} .js-plotly-plot`);
      if (found?.querySelector(".main-svg")) return found;
      await new Promise(requestAnimationFrame);
    }
  };
  const draw = async () => picture(await chart(), data, style);
  const acts = {
    Enlarge: async () => (await chart()).querySelector(".modebar-btn").click(),
    PNG: async () => savePng(await draw(), `${data.file}.png`),
    SVG: async () => {
      save(new Blob([(await draw()).text], { type: "image/svg+xml" }), `${data.file}.svg`);
    },
  };
  // The same buttons stay when the page is drawn anew: a click on one that goes would be lost.
  Object.entries(acts).forEach(([word, act], place) => {
    const button = row.children[place] ?? row.appendChild(document.createElement("button"));
    Object.assign(button, { type: "button", textContent: word, onclick: act });
    button.setAttribute("aria-label", `${word}: ${data.title}`);
  });
}
"""

_buttons = st.components.v2.component("chart_files", html=_HTML, css=_CSS, js=_JS)


def chart_files(chart: str, title: str, words: tuple[str, ...], file_stem: str) -> None:
    """Draw the buttons of a chart, named by its key; the words stand under it in the picture."""
    _buttons(
        key=f"files_{chart}",
        data={"chart": chart, "title": title, "words": list(words), "file": file_stem},
        width="content",
    )
