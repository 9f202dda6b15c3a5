"""A composed figure mounted in an open page, and what stands there then, read back from its elements."""

import base64
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page

from helpers.figure import Figure
from tools import build_site

MOUNT = (Path(__file__).parent / "reading.js").read_text(encoding="utf-8")


def load(page: Page, figure: Figure) -> None:
    """Put the kit's module into an empty page; it draws every composition without labs of its own."""
    module = figure._esm.replace(build_site.EXPORT, "window.render = render;")
    page.set_content("<body></body>")
    page.add_script_tag(content=module + MOUNT, type="module")
    page.wait_for_function("Boolean(window.mounted && window.render)")


def full_states(figure: Figure, changes: list[dict]) -> list[dict]:
    """The whole state after each change; an option is its number there, as the page keeps it."""
    states = []
    for change in changes:
        figure.state = change
        states.append(dict(figure.state))
    return states


def read(page: Page, figure: Figure, states: list[dict]) -> list[tuple[list[tuple], str]]:
    """What the page shows in each state: (pixels, shapes, texts) a part, and the caption."""
    fields = {name: getattr(figure, name) for name in ("alt", "spec", "arrays", "state", "answer")}
    payload = base64.b64encode(figure.payload).decode()
    found = page.evaluate("(what) => mounted(what)", {"fields": fields, "payload": payload, "states": states})
    return [([_part(part) for part in each["parts"]], each["caption"]) for each in found]


def _part(part: dict) -> tuple:
    pixels = part["pixels"]
    if pixels:
        height, width, text = pixels
        pixels = np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 3)
    return pixels, part["shapes"], part["texts"]


def assert_same(page: Page, figure: Figure, states: list[dict]) -> None:
    """Pixels within 2 of 255, shapes within half a pixel, words exactly, in every state."""
    for state, (parts, caption) in zip(states, read(page, figure, states), strict=True):
        expected, words = figure.shown(**state)
        assert caption == words, (caption, words)
        assert len(parts) == len(expected)
        for (pixels, shapes, texts), part in zip(parts, expected, strict=True):
            assert (pixels is None) == (part.pixels is None)
            if pixels is not None:
                assert pixels.shape == part.pixels.shape, (pixels.shape, part.pixels.shape)
                difference = np.abs(pixels.astype(int) - part.pixels).max()
                assert difference <= 2, difference
            ordered = sorted(part.shapes, key=lambda shape: shape[0] == "text")
            found_kinds, kinds = ([(kind, text) for kind, _, text in each] for each in (shapes, ordered))
            assert found_kinds == kinds, (found_kinds, kinds)
            for (_, found, _), (_, wanted, _) in zip(shapes, ordered, strict=True):
                assert np.allclose(found, wanted, atol=0.5), (found, wanted)
            assert texts == [text for text in part.texts if text], (texts, part.texts)


def assert_drawn(browser: Browser, figure: Figure, changes: list[dict]) -> None:
    """After each change of its state a figure stands on a fresh page as Python says."""
    page = browser.new_page()
    load(page, figure)
    assert_same(page, figure, full_states(figure, changes))
    page.close()
