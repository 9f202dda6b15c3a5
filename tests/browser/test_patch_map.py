"""Patch and map: scene, map, patch and words are Python's, by mouse, by keyboard, by touch, in every host."""

import figures
import pytest
from figure_page import FigurePage

SCENE, MAP = 0, 1


@pytest.fixture(scope="module")
def figure():
    return figures.patch_map()


@pytest.fixture(scope="module")
def page(host) -> FigurePage:
    return host.open("patch_map")


def cell(x: int, y: int) -> dict[str, int]:
    """The cell whose patch is centred nearest to a pixel: centres lie at 4, 12, 20 and so on."""
    return {"row": min(y // 8, 11), "column": min(x // 8, 11)}


def test_by_mouse(page, figure, walk):
    now = walk(page, figure)
    now()
    for x, y in ((0, 0), (95, 95), (28, 30), (56, 34), (62, 70), (7, 8)):
        page.pointer(x, y)
        now(**cell(x, y))
    for column, row in ((11, 0), (3, 3), (7, 8), (0, 11)):
        page.pointer(column, row, MAP)
        now(row=row, column=column)


def test_by_keyboard(page, figure, walk):
    now = walk(page, figure)
    page.pointer(5, 5, MAP)
    now(row=5, column=5)
    steps = {"ArrowRight": (0, 1), "ArrowDown": (1, 0), "ArrowLeft": (0, -1), "ArrowUp": (-1, 0)}
    for key in ("ArrowRight", "ArrowDown", "ArrowDown", "ArrowLeft", "ArrowLeft", "ArrowUp"):
        page.press(key)
        down, right = steps[key]
        now(row=page.state["row"] + down, column=page.state["column"] + right)
    page.press("Shift+ArrowDown")
    now(row=10)
    page.press("Shift+ArrowDown")
    now(row=11)
    page.press("Shift+ArrowLeft", "Shift+ArrowLeft")
    now(column=0)
    page.press("ArrowLeft")
    now()


def test_by_touch(page, figure, walk):
    now = walk(page, figure)
    for x, y in ((20, 20), (60, 33), (0, 95), (95, 0), (62, 70), (33, 12)):
        page.tap(x, y)
        now(**cell(x, y))
    for start, end in (((10, 10), (40, 60)), ((40, 60), (90, 20))):
        page.swipe(start, end)
        now(**cell(*end))
    page.tap(9, 2, MAP)
    now(row=2, column=9)
    page.swipe((9, 2), (4, 10), MAP)
    now(row=10, column=4)
