"""Draw the README's picture anew from the stored notebooks: masks on the left, attention on the right.

    python tools/front_picture.py

Both halves are the notebooks' own figures on their pages without a kernel, photographed in a browser.
"""

import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
for folder in (ROOT, ROOT / "tests" / "browser"):
    sys.path.insert(0, str(folder))

from conftest import FLAGS, HOW, chromium  # noqa: E402

from tools.build_site import build  # noqa: E402
from tools.notebooks import NOTEBOOKS  # noqa: E402

PICTURE = ROOT / "data" / "pictures" / "masks_and_attention.png"
# A sentence whose first word comes last in the translation, and that word, which is chosen.
SENTENCE, WORD = "ayer mi hermana vendió su coche", "yesterday"
ONE_ROW = 420  # pixels: as wide as the sentence, so that no word of it wraps into the ribbons
SHARPER = 2
GAP, COLOURS = 24, 128  # pixels between the halves; colours of the palette, which keep the file small


def masks(page: Page) -> Image.Image:
    """The scene of notebook 01 under the labels of FCN-8s, the lens over a sticker."""
    figure = page.locator(".composed", has_text="The lens shows")
    figure.locator(".caption:not(:empty)").wait_for()
    canvas = figure.locator("canvas").first
    box = canvas.bounding_box()
    canvas.hover(position={"x": 0.42 * box["width"], "y": 0.7 * box["height"]})
    return photograph(canvas)


def attention(page: Page) -> Image.Image:
    """The words of notebook 07's sentence, their translation, and the weights between them."""
    figure = page.locator(".composed", has_text="Candidate of the beam")
    figure.locator(".caption:not(:empty)").wait_for()
    parts = figure.locator(".parts")
    parts.evaluate(f"parts => parts.style.width = '{ONE_ROW}px'")
    figure.get_by_role("radio", name=SENTENCE, exact=True).check(force=True)
    figure.locator(".tokens").get_by_role("radio", name=WORD, exact=True).click()
    return photograph(parts)


def photograph(part: Locator) -> Image.Image:
    """A part of a page as a picture, `SHARPER` times as large as on the page."""
    part.scroll_into_view_if_needed()
    return Image.open(BytesIO(part.screenshot())).convert("RGB")


def beside(left: Image.Image, right: Image.Image) -> Image.Image:
    """Two pictures side by side, on white, centred on one line."""
    height = max(left.height, right.height)
    whole = Image.new("RGB", (left.width + GAP + right.width, height), "white")
    whole.paste(left, (0, (height - left.height) // 2))
    whole.paste(right, (left.width + GAP, (height - right.height) // 2))
    return whole


def main() -> None:
    """Build the pages, photograph two figures, and store the picture."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = chromium(playwright)
        if path is None:
            raise SystemExit(f"No Chromium to photograph in. {HOW}")
        build(NOTEBOOKS, Path(folder))
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        halves = []
        for name, half in (("01_fully_convolutional_networks", masks), ("07_translation", attention)):
            page = browser.new_page(viewport={"width": 1000, "height": 900}, device_scale_factor=SHARPER)
            page.goto((Path(folder) / f"{name}.html").as_uri())
            halves.append(half(page))
        browser.close()
    picture = beside(*halves).quantize(COLOURS)
    picture.save(PICTURE, optimize=True)
    print(f"{PICTURE.name}: {picture.width} x {picture.height}, {PICTURE.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
