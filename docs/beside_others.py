"""Put pictures of other programs beside ours; ``python -m docs.beside_others FOLDER``.

FOLDER holds a PNG of each program of `PAIRS`, as somebody with a browser of 1440 x 900 sees it;
docs/design.md says how each was started. Ours are those of the README (``make pictures``). The
others are no requirement of this project, so that this is run by hand.
"""

import sys
from pathlib import Path

from PIL import Image

from docs.pictures import FOLDER

PAIRS = {
    "streamlit": "home",
    "explainerdashboard": "decode",
    "niivue": "searchlight",
    "nilearn": "searchlight",
}
"""Of each program the page of ours that does the like; a row each, theirs on the left."""

SIZE, GAP = (640, 400), 12


def main(folder: Path) -> None:
    """Write the picture of all pairs."""
    width, height = SIZE[0] + GAP, SIZE[1] + GAP
    sheet = Image.new("RGB", (2 * width + GAP, len(PAIRS) * height + GAP), "#808080")
    for row, (name, page) in enumerate(PAIRS.items()):
        pair = (folder / f"{name}.png", FOLDER / f"{page}_light.png")
        for column, path in enumerate(pair):
            small = Image.open(path).convert("RGB").resize(SIZE, Image.Resampling.LANCZOS)
            sheet.paste(small, (GAP + column * width, GAP + row * height))
    sheet.save(FOLDER / "beside_others.jpg", quality=80, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
