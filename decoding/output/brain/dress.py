"""Nilearn's viewer page in the theme's manner: its colours, its keys, nothing from outside."""

import json
import re
from hashlib import blake2b
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from nibabel.affines import from_matvec

from decoding.output.colours import THEMES, ThemeName

SCRIPT = Path(__file__).with_name("viewer.js")
_FONT = "'Source Sans', system-ui, -apple-system, 'Segoe UI', sans-serif"
"""The page's own, which our script takes into the view; a view without a page has the system's."""

_WIDEST = "max(840px, 62%)"
"""A whole column of a wide page; alone on it, wider slices would hide what is said below them."""


def dress(html: str, theme: ThemeName, alt: str, *, slider: bool = True, under: str = "") -> str:
    """Give a page of ``view_img`` the theme's colours and our script; take its outside link.

    `alt` is escaped here; what is to stand `under` the slices joins the opacity's slider.
    """
    html = re.sub(r'<link rel="icon".*?/>', "", html, flags=re.DOTALL)
    html = _restyle_params(html, theme)
    html = html.replace("px Arial", f"px {_FONT.replace(chr(39), '')}")
    html = re.sub(
        r"(</canvas>)(\s*<div[^>]*>)(.*?)</div>",
        lambda found: f"{found[1]}{_words(html)}{found[2]}{found[3]}{under}</div>",
        html, count=1, flags=re.S,
    )  # fmt: skip
    html = html.replace('class="slider"', 'class="slider" aria-label="Opacity (%)"', 1)
    html = html.replace("</head>", f"<style>{_style(html, theme, slider)}</style></head>", 1)
    label = f'tabindex="0" role="img" aria-label="{escape(alt)}"'
    html = re.sub(r"<canvas (id=\S+)>", lambda found: f"<canvas {found[1]} {label}>", html, count=1)
    html = html.replace("brain = brainsprite(", "brain = window.brainView = brainsprite(", 1)
    html = html.replace("</body>", f"<script>{SCRIPT.read_text()}</script></body>", 1)
    return _steady_ids(html)


def _restyle_params(html: str, theme: ThemeName) -> str:
    colours = THEMES[theme]
    old, start, end = _params(html)
    params = {
        **old,
        "colorBackground": "#000000" if theme == "dark" else "#FFFFFF",
        "colorFont": colours.text,
        "colorCrosshair": colours.primary,
        "crosshair": False,  # ours leaves the voxel open
    }
    return html[:start] + json.dumps(params) + html[end:]


def _params(html: str) -> tuple[dict[str, Any], int, int]:
    """Return the parameters that the page gives to brainsprite, and where they begin and end."""
    start = html.index("brainsprite({") + len("brainsprite(")
    params, length = json.JSONDecoder().raw_decode(html[start:])
    return params, start, start + length


def view_grid(html: str) -> tuple[np.ndarray, tuple[int, ...]]:
    """Return affine and shape of what a page of ``view_img`` shows."""
    told = _params(html)[0]
    affine = np.array(told["affine"])
    return affine @ from_matvec(np.eye(3), [1, 1, 1]), tuple(told["nbSlice"].values())


def _words(html: str) -> str:
    """Return the words on the slices: the plane of each at its foot, its sides in its corners."""
    told = _params(html)[0]
    size, sides = told["nbSlice"], ("PA", "LR", "LR") if told["showLR"] else ("", "", "")
    columns = f"{size['Y']}fr {size['X']}fr {size['X']}fr"
    planes = "".join(
        f"<div>{''.join(f'<b>{side}</b>' for side in both)}<span></span></div>" for both in sides
    )
    return f'<div class="words" style="grid-template-columns:{columns}">{planes}</div>'


def _style(html: str, theme: ThemeName, slider: bool) -> str:
    """Return the page's style: its ground shines through the canvas' plain black or white."""
    colours = THEMES[theme]
    size = _params(html)[0]["nbSlice"]
    width = 2 * size["X"] + size["Y"]
    height = 1.1 * max(size["Y"], size["Z"])
    blend = "lighten" if theme == "dark" else "multiply"
    return (
        f"html,body{{margin:0;background:{colours.background};color:{colours.muted};"
        f"font:clamp(13px,2vw,17px) {_FONT};overflow:hidden}}"
        f"body{{display:flow-root}}"
        f"[id^=div_viewer]{{position:relative;max-width:{_WIDEST};margin:0 auto}}"
        f".words{{position:absolute;top:0;left:0;right:0;aspect-ratio:{width}/{height:.1f};"
        f"display:grid;pointer-events:none}}.words div{{position:relative}}"
        f".words *{{color:{colours.text}}}.words b{{position:absolute;top:0;left:6px}}"
        f".words b+b{{left:auto;right:6px}}"
        f".words span{{position:absolute;bottom:0;width:100%;text-align:center}}"
        f".values{{display:none}}.least{{display:flex;align-items:center;gap:8px}}"
        f".value{{min-width:10em}}output{{min-width:3.2em}}"
        f"canvas{{display:block;width:100%;aspect-ratio:{width}/{height:.1f};"
        f"mix-blend-mode:{blend};cursor:crosshair}}"
        f"canvas:focus-visible{{outline:2px solid {colours.primary};outline-offset:-2px}}"
        f"p{{margin:0 0 0 2px}}.bar{{display:flex;align-items:center;gap:8px;margin-left:auto}}"
        f".bar img{{width:130px;height:8px;border-radius:2px}}"
        f"input[type=range]{{accent-color:{colours.primary};width:120px}}"
        f".words+div{{flex-wrap:wrap;margin:6px 0;visibility:{'visible' if slider else 'hidden'}}}"
    )


def _steady_ids(html: str) -> str:
    """Replace nilearn's random id by a digest, so that the same map is the same page."""
    found = re.search(r"div_viewer-([0-9a-f]{32})", html)
    if found is None:
        return html
    bare = html.replace(found[1], "")
    return html.replace(found[1], blake2b(bare.encode(), digest_size=8).hexdigest())
