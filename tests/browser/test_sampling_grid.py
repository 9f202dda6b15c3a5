"""Sampling grid: the page reads where Python and torch read, by mouse, by keyboard, by touch, in every host."""

import math
from itertools import product

import figures
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from figure_page import FigurePage

SCENE, OUTPUT = 0, 1
LABELS = {
    "x": "Right",
    "y": "Down",
    "scale": "Scale",
    "angle": "Turn",
    "stretch": "Stretch",
    "shear": "Shear",
    "row": "Row",
    "column": "Column",
}
PLAIN = {"x": 0, "y": 0, "scale": 50, "angle": 0, "stretch": 100, "shear": 0}


@pytest.fixture(scope="module")
def figure():
    return figures.sampling_grid()


@pytest.fixture(scope="module")
def page(host) -> FigurePage:
    return host.open("sampling_grid")


def felt(page) -> dict[str, int]:
    """The state that the page is in, as its sliders say it: a mouse's place is not known to a part of a pixel."""
    return {part: int(page.slider(label).input_value()) for part, label in LABELS.items()}


def on_canvas(figure, x: float, y: float, box: dict) -> tuple[int, int]:
    """The canvas's pixel at a point of the box, whose edges are at -1 and 1."""
    theta = figure._theta(figure.state(**box)) / 1000
    height, width = figure._image.shape[:2]
    across, down = theta @ [x, y, 1]
    return tuple(
        round((along + 1) / 2 * size + figure.margin - 0.5)
        for along, size in ((across, width), (down, height))
    )


def in_picture(figure, x: int, y: int) -> np.ndarray:
    """A pixel of the canvas in the picture's coordinates from -1 to 1."""
    height, width = figure._image.shape[:2]
    return (np.array([x, y]) + 0.5 - figure.margin) * 2 / [width, height] - 1


def put(page, now, **box: int) -> None:
    """Bring the box to a state by the sliders."""
    for part, value in box.items():
        page.set_range(LABELS[part], value)
    now(**box)


def drag(page, start: tuple[int, int], end: tuple[int, int]) -> None:
    page.pointer(*start)
    page.page.mouse.down()
    page.pointer(*((a + b) // 2 for a, b in zip(start, end, strict=True)))
    page.pointer(*end)
    page.page.mouse.up()


def test_the_output_is_that_of_torch(page, figure, walk):
    now = walk(page, figure)
    pixels = torch.from_numpy(figure._image).double().permute(2, 0, 1)[None]
    for box in ({}, {"scale": 140, "angle": -75}, {"stretch": 240, "shear": 60, "x": -70}):
        put(page, now, **box)
        theta = torch.from_numpy(figure._theta(figure.state(**page.state)) / 1000)[None]
        grid = F.affine_grid(theta, (1, 3, figure.side, figure.side), align_corners=False)
        theirs = F.grid_sample(pixels, grid, padding_mode="zeros", align_corners=False)[0].permute(1, 2, 0)
        assert np.abs(page.pixels(OUTPUT) - theirs.numpy()).max() <= 1


def test_by_mouse(page, figure, walk):
    now = walk(page, figure)
    put(page, now, **PLAIN)

    def settled(**about: float) -> None:
        """Compare the page with Python in the state that it says; parts must be about what the hand meant."""
        state = felt(page)
        assert state == pytest.approx({**state, **about}, abs=1.5)
        now(**state)

    start, end = on_canvas(figure, 0.2, 0.3, PLAIN), on_canvas(figure, 0.7, -0.1, PLAIN)
    drag(page, start, end)
    moved = in_picture(figure, *end) - in_picture(figure, *start)
    settled(**PLAIN | {"x": 100 * moved[0], "y": 100 * moved[1]})

    state = felt(page)
    start, end = on_canvas(figure, 1, 1, state), on_canvas(figure, 1.5, 1.6, state)
    drag(page, start, end)
    middle = np.array([state["x"], state["y"]]) / 100
    before, after = (in_picture(figure, *place) - middle for place in (start, end))
    settled(scale=state["scale"] * np.hypot(*after) / np.hypot(*before), angle=0, x=state["x"])

    state = felt(page)
    foot = on_canvas(figure, 0, -1, state)
    start = (foot[0], foot[1] - round(0.55 * figure.margin))
    end = on_canvas(figure, 1.2, -0.4, state)
    drag(page, start, end)
    before, after = (in_picture(figure, *place) - middle for place in (start, end))
    turned = math.degrees(math.atan2(after[1], after[0]) - math.atan2(before[1], before[0]))
    assert 30 < turned < 90
    settled(angle=turned, scale=state["scale"], x=state["x"], y=state["y"])

    page.root.get_by_role("button", name="Read the whole photograph").click()
    now(x=0, y=0, scale=100, angle=0, stretch=100, shear=0)


def test_the_reading_under_the_pointer(page, figure, walk):
    now = walk(page, figure)
    put(page, now, **PLAIN | {"angle": 25})
    for column, row in ((0, 0), (19, 19), (7, 12), (3, 18)):
        page.pointer(column, row, OUTPUT)
        now(row=row, column=column)
    for x, y in ((64, 52), (50, 60), (80, 45)):
        page.pointer(x, y)
        nudged = [
            figure.nearest(x - figure.margin + dx, y - figure.margin + dy, **page.state)
            for dx, dy in product((-0.3, 0, 0.3), repeat=2)
        ]
        state = felt(page)
        assert {part: state[part] for part in ("row", "column")} in nudged
        now(**state)
    page.pointer(2, 2)  # no output pixel reads here
    now()


def test_by_keyboard(page, figure, walk):
    now = walk(page, figure)
    put(page, now, **PLAIN)
    page.press("ArrowRight", "ArrowRight", "ArrowDown")
    now(x=2, y=1)
    page.press("Shift+ArrowLeft", "Shift+ArrowUp")
    now(x=-8, y=-9)
    page.press("+", "=", "-", "+")
    now(scale=54)
    page.press("]", "]", "[")
    now(angle=3)
    page.slider("Turn").press("End")
    now(angle=180)
    page.press("]")  # on round the circle
    now(angle=-177)
    page.press(*["Shift+ArrowLeft"] * 12)
    now(x=-100)
    page.slider("Scale").press("Home")
    now(scale=5)
    page.press("-")
    now()
    page.slider("Stretch").press("ArrowRight")
    now(stretch=101)
    page.slider("Shear").press("ArrowLeft")
    now(shear=-1)
    page.slider("Row").press("Home")
    page.slider("Column").press("End")
    now(row=0, column=19)
    page.press("ArrowDown", "ArrowLeft", number=OUTPUT)
    now(row=1, column=18)
    page.press("Shift+ArrowRight", "Shift+ArrowDown", number=OUTPUT)
    now(row=5, column=19)


def test_by_touch(page, figure, walk):
    now = walk(page, figure)
    put(page, now, **PLAIN)
    page.tap(4, 13, OUTPUT)
    now(row=13, column=4)
    page.tap(64, 52)
    now(**felt(page))
    assert felt(page)["row"] in (9, 10)
    page.swipe((64, 52), (74, 43))
    state = felt(page)
    assert state["x"] == pytest.approx(100 * 20 / 96, abs=1.5)
    assert state["y"] == pytest.approx(-100 * 18 / 72, abs=1.5)
    now(**state)
