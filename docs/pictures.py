"""Take the pictures of the README from the running app; ``make pictures``.

Each scene is a page on simulated subject 1, in the light and in the dark theme, as somebody with a
browser of 1440 x 900 sees it once all that is late has come. Needs Debian's chromium.
"""

import io
import os
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from decoding.files import cache_dir
from decoding.spec import DecodingSpec, link_to

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from visitor import CHROMIUM, FLAGS, Visitor, app_server

FOLDER = Path(__file__).parent / "pictures"
THEMES = ("light", "dark")
SIZE = {"width": 1440, "height": 900}
SPEC = DecodingSpec(dataset="simulated", subject="1")


SCENES = {"home": "", "decode": "decode", "searchlight": "searchlight"}
"""The page of each picture."""


def take(browser: Browser, address: str, page: str, theme: str) -> Image.Image:
    """Return a picture of a page in a theme."""
    context = browser.new_context(viewport=SIZE, color_scheme=theme)
    visitor = Visitor(context.new_page(), address)
    visitor.open_whole(link_to(page, SPEC))
    visitor.page.wait_for_timeout(1500)
    picture = Image.open(io.BytesIO(visitor.page.screenshot()))
    context.close()
    return picture.convert("RGB")


def main() -> None:
    """Take every picture."""
    os.environ.update(DECODING_CACHE=str(cache_dir()), FIRST_DRAW_S="0", JOB_NICE="0")
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        with app_server(folder, Path(folder) / "log.txt") as address:
            for name, page in SCENES.items():
                for theme in THEMES:
                    path = FOLDER / f"{name}_{theme}.png"
                    take(browser, address, page, theme).save(path, optimize=True)
                    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
