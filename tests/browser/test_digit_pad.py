"""The drawing pad: pixels and words are Python's, by mouse, by keyboard, by touch, in every host."""

import figures
import pytest
from figure_page import FigurePage

FIRST = [[60, 60], [200, 80]]
KEYS = {"ArrowRight": (1, 0), "ArrowLeft": (-1, 0), "ArrowDown": (0, 1), "ArrowUp": (0, -1)}


@pytest.fixture(scope="module")
def figure():
    return figures.digit_pad()


@pytest.fixture(scope="module")
def page(host) -> FigurePage:
    return host.open("digit_pad")


def centre(x: int, y: int) -> list[int]:
    return [10 * x + 5, 10 * y + 5]


def test_by_keyboard(page, figure, walk):
    now = walk(page, figure)
    now()
    strokes, x, y, down = [FIRST], 14, 14, False
    for key in (
        "ArrowRight",
        "ArrowUp",
        " ",
        "ArrowDown",
        "ArrowDown",
        "ArrowLeft",
        "Shift+ArrowLeft",
        " ",
        "ArrowUp",
    ):
        page.press(key)
        if key == " ":
            strokes = strokes if down else [*strokes, [centre(x, y)]]
            down = not down
        else:
            dx, dy = KEYS[key.removeprefix("Shift+")]
            far = 4 if key.startswith("Shift") else 1
            x, y = x + far * dx, y + far * dy
            if down:
                strokes = [*strokes[:-1], [*strokes[-1], centre(x, y)]]
        now(strokes=strokes, x=x, y=y, down=down)
    page.press("Delete")
    now(strokes=[], down=False)


def test_by_mouse(page, figure, walk):
    now = walk(page, figure)
    page.root.get_by_role("button", name="Wipe the pad").click()
    now(strokes=[])
    strokes = []
    for start, *rest in (((3, 3), (20, 5)), ((20, 5), (8, 25)), ((14, 14),), ((27, 0), (0, 27))):
        page.pointer(*start)
        page.page.mouse.down()
        for place in rest:
            page.pointer(*place)
        page.page.mouse.up()
        strokes.append([centre(*start), *(centre(*place) for place in rest)])
        now(strokes=strokes)
        page.pointer(13, 2)
        now()


def test_by_touch(page, figure, walk):
    now = walk(page, figure)
    page.press("Delete")
    now(strokes=[], down=False)
    page.swipe((4, 20), (24, 9))
    now(strokes=[[centre(4, 20), centre(24, 9)]])
    page.tap(12, 3)
    now(strokes=[[centre(4, 20), centre(24, 9)], [centre(12, 3)]])
