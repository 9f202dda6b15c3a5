"""Receptive field: fields, gradients and words are Python's, by mouse, by keyboard, by touch, in every host."""

import figures
import pytest
from figure_page import FigurePage


@pytest.fixture(scope="module")
def figure():
    return figures.receptive_field()


@pytest.fixture(scope="module")
def page(host) -> FigurePage:
    return host.open("receptive_field")


def test_by_mouse(page, figure, walk):
    now = walk(page, figure)
    now()
    for x, y in ((5, 5), (90, 10), (50, 80)):
        page.click(x, y)
        now(**figure.nearest("score", x, y))
    page.pointer(5, 5)  # passing over the scene chooses nothing
    now()
    page.set_range("Gradient", 40)
    now(blend=40)
    page.choose("Layer", "pool2")  # the unit nearest to where the last one looked
    now(layer="pool2", **figure.nearest("pool2", 47, 79))
    for x, y in ((12, 12), (33, 60), (70, 95), (0, 95)):
        page.click(x, y)
        now(**figure.nearest("pool2", x, y))
    page.choose("Layer", "conv1")
    now(layer="conv1", **figure.nearest("conv1", 12.5, 76.5))
    page.click(95, 0)
    now(**figure.nearest("conv1", 95, 0))


def test_by_keyboard(page, figure, walk):
    now = walk(page, figure)
    page.choose("Layer", "pool2")
    page.click(48, 48)
    now(layer="pool2", **figure.nearest("pool2", 48, 48))
    row, column = page.state["row"], page.state["column"]
    page.press("ArrowRight")
    now(column=column + 1)
    page.press("ArrowUp")
    now(row=row - 1)
    page.press("ArrowDown", "ArrowDown")
    now(row=row + 1)
    page.press("Shift+ArrowLeft")
    now(column=column - 1)
    page.press(*["Shift+ArrowLeft"] * 4)
    now(column=0)
    page.press(*["ArrowUp"] * 8)
    now(row=0)
    page.press("[")
    now(layer="conv1", **figure.nearest("conv1", 12.5, 12.5))
    page.press("ArrowRight")
    now(column=page.state["column"] + 1)
    page.press("[")
    x = 2 * figure.layers[0]["columns"][page.state["column"]] + 2
    y = 2 * figure.layers[0]["rows"][page.state["row"]] + 2
    now(layer="score", **figure.nearest("score", x, y))
    page.slider("Gradient").press("End")
    now(blend=100)
    page.slider("Gradient").press("ArrowLeft")
    now(blend=99)


def test_by_touch(page, figure, walk):
    now = walk(page, figure)
    page.choice("Layer", "pool2").tap()
    page.tap(48, 48)
    now(layer="pool2", **figure.nearest("pool2", 48, 48))
    for x, y in ((20, 20), (60, 33), (0, 95), (95, 0), (62, 70), (33, 12), (80, 80)):
        page.tap(x, y)
        now(**figure.nearest("pool2", x, y))
    for start, end in (((10, 10), (40, 60)), ((40, 60), (90, 20))):
        page.swipe(start, end)
        now(**figure.nearest("pool2", *end))
