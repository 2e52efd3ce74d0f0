"""Nilearn's viewer page in the theme's manner: its colours, its keys, nothing from outside."""

import json
import re
from hashlib import blake2b
from html import escape
from typing import Any

from decoding.output.colours import THEMES, ThemeName

_FONT = "system-ui, -apple-system, 'Segoe UI', sans-serif"

_WIDEST = "max(840px, 62%)"
"""A whole column of a wide page; alone on it, wider slices would hide what is said below them."""


def dress(html: str, theme: ThemeName, alt: str, *, slider: bool = True, bar: str = "") -> str:
    """Give a page of ``view_img`` the theme's colours and keyboard control; take its outside link.

    `alt` is escaped here; a colour bar is put under the slices, beside the opacity's slider.
    """
    html = re.sub(r'<link rel="icon".*?/>', "", html, flags=re.DOTALL)
    html = _restyle_params(html, theme)
    html = html.replace("px Arial", f"px {_FONT.replace(chr(39), '')}")
    html = re.sub(
        r"(</canvas>\s*<div[^>]*>)(.*?)</div>", rf"\1\2{bar}</div>", html, count=1, flags=re.S
    )
    html = html.replace("</head>", f"<style>{_style(html, theme, slider)}</style></head>", 1)
    label = f'tabindex="0" role="img" aria-label="{escape(alt)}"'
    html = re.sub(r"<canvas (id=\S+)>", lambda found: f"<canvas {found[1]} {label}>", html, count=1)
    html = html.replace("brain = brainsprite(", "brain = window.brainView = brainsprite(", 1)
    html = html.replace("</body>", f"<script>{_SCRIPT}</script></body>", 1)
    return _steady_ids(html)


def _restyle_params(html: str, theme: ThemeName) -> str:
    colours = THEMES[theme]
    old, start, end = _params(html)
    params = {
        **old,
        "colorBackground": "#000000" if theme == "dark" else "#FFFFFF",
        "colorFont": colours.text,
        "colorCrosshair": colours.primary,
        "sizeFont": 0.06,
    }
    return html[:start] + json.dumps(params) + html[end:]


def _params(html: str) -> tuple[dict[str, Any], int, int]:
    """Return the parameters that the page gives to brainsprite, and where they begin and end."""
    start = html.index("brainsprite({") + len("brainsprite(")
    params, length = json.JSONDecoder().raw_decode(html[start:])
    return params, start, start + length


def _style(html: str, theme: ThemeName, slider: bool) -> str:
    """Return the page's style: its ground shines through the canvas' plain black or white."""
    colours = THEMES[theme]
    size = _params(html)[0]["nbSlice"]
    width = 2 * size["X"] + size["Y"]
    height = 1.1 * max(size["Y"], size["Z"])
    blend = "lighten" if theme == "dark" else "multiply"
    return (
        f"html,body{{margin:0;background:{colours.background};color:{colours.muted};"
        f"font:13px {_FONT};overflow:hidden}}"
        f"[id^=div_viewer]{{max-width:{_WIDEST};margin:0 auto}}"
        f"canvas{{display:block;width:100%;aspect-ratio:{width}/{height:.1f};"
        f"mix-blend-mode:{blend};cursor:crosshair}}"
        f"canvas:focus-visible{{outline:2px solid {colours.primary};outline-offset:-2px}}"
        f"p{{margin:0 0 0 2px}}.bar{{display:flex;align-items:center;gap:8px;margin-left:auto}}"
        f".bar img{{width:130px;height:8px;border-radius:2px}}"
        f"input[type=range]{{accent-color:{colours.primary};width:120px}}"
        f"canvas+div{{flex-wrap:wrap;margin:6px 0;visibility:{'visible' if slider else 'hidden'}}}"
    )


_SCRIPT = """
(function () {
  var moves = {ArrowLeft: ["X", -1], ArrowRight: ["X", 1], ArrowDown: ["Y", -1],
    ArrowUp: ["Y", 1], PageDown: ["Z", -1], PageUp: ["Z", 1]};
  document.querySelector("canvas").addEventListener("keydown", function (event) {
    var move = moves[event.key], view = window.brainView;
    if (!move || !view) { return; }
    event.preventDefault();
    var place = view.numSlice[move[0]] + move[1];
    view.numSlice[move[0]] = Math.max(0, Math.min(view.nbSlice[move[0]] - 1, place));
    view.init();
    view.drawAll();
  });
  function fit() {
    var view = window.brainView;
    if (!view) { window.requestAnimationFrame(fit); return; }
    view.sizeFont = Math.max(0.06, 11 / view.heightCanvas.max);
    view.widthCanvas.X = -1;
    view.resize();
    view.init();
    view.drawAll();
  }
  fit();
  window.addEventListener("resize", fit);
})();
"""
"""Arrow keys move the cut; words keep 11 pixels on a phone."""


def _steady_ids(html: str) -> str:
    """Replace nilearn's random id by a digest, so that the same map is the same page."""
    found = re.search(r"div_viewer-([0-9a-f]{32})", html)
    if found is None:
        return html
    bare = html.replace(found[1], "")
    return html.replace(found[1], blake2b(bare.encode(), digest_size=8).hexdigest())
