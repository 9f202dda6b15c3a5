"""Stage by stage: maps, switches and words are Python's, by mouse, by keyboard, by touch, in every host."""

import figures
import pytest
from figure_page import FigurePage

SCENE, BEFORE, HERE = range(3)
SIDES = [6, 12, 12, 24, 24, 96]  # of the stages' maps: the label map has the photograph's size
GOAL = """path => {
  const [, x, y] = path.getAttribute("d").match(/L([\\d.]+) ([\\d.]+)M/).map(Number);
  const origin = path.ownerSVGElement.getBoundingClientRect();
  const canvas = document.querySelectorAll(".course-figure canvas")[2];
  const box = canvas.getBoundingClientRect();
  const along = [y + origin.top - box.top, x + origin.left - box.left];
  return along.map((at) => Math.floor((at * canvas.width) / box.width));
}"""


@pytest.fixture(scope="module")
def figure():
    return figures.stage_by_stage()


@pytest.fixture(scope="module")
def page(host) -> FigurePage:
    return host.open("stage_by_stage")


def carried(at: int, old: int, new: int) -> int:
    """The cell among `new` in which the middle of one among `old` lies."""
    return int((at + 0.5) / old * new)


def to_stage(page: FigurePage, stage: int) -> dict[str, int]:
    """The state after a change of stage: the chosen cell stays at its place of the scene."""
    old, new = SIDES[page.state["stage"] - 1], SIDES[stage - 1]
    cell = {name: carried(page.state[name], old, new) for name in ("row", "column")}
    return {"stage": stage, **cell}


def start(page: FigurePage, now) -> None:
    page.slider("Stage").press("Home")
    page.pointer(3, 3, BEFORE)
    now(stage=1, row=3, column=3)


def test_by_mouse(page, figure, walk):
    now = walk(page, figure)
    start(page, now)
    page.pointer(5, 0, BEFORE)
    now(row=0, column=5)
    page.pointer(20, 70, SCENE)  # cells of 16 pixels
    now(row=4, column=1)
    page.pointer(11, 7, HERE)
    now(row=3, column=5)
    for stage in (2, 3, 4, 5):
        page.set_range("Stage", stage)
        now(**to_stage(page, stage))
    page.pointer(60, 66, SCENE)  # within a disc
    now(row=16, column=15)
    page.choose("On the left", "truth")
    now(backdrop="truth")
    page.pointer(93, 93, HERE)
    now(row=23, column=23)
    page.choose("On the left", "photograph")
    now(backdrop="photograph")


def test_by_keyboard(page, figure, walk):
    now = walk(page, figure)
    start(page, now)
    page.press("ArrowLeft", "ArrowDown")
    now(row=4, column=2)
    page.press("Shift+ArrowRight", "Shift+ArrowUp")
    now(row=0, column=5)
    page.press("[")
    now()
    for stage in (2, 3, 4, 5):
        page.press("]")
        now(**to_stage(page, stage))
    page.press("]")
    now()
    page.press("ArrowUp", "ArrowLeft")
    now(row=page.state["row"] - 1, column=page.state["column"] - 1)
    page.slider("Stage").press("ArrowLeft")
    now(**to_stage(page, 4))


def test_by_touch(page, figure, walk):
    now = walk(page, figure)
    start(page, now)
    page.tap(1, 4, BEFORE)
    now(row=4, column=1)
    page.tap(10, 10, HERE)
    now(row=5, column=5)


def test_it_plays_to_the_last_stage(page, figure, walk):
    now = walk(page, figure)
    start(page, now)
    page.set_range("Stage", 4)
    now(**to_stage(page, 4))
    page.press(" ")  # one step is left
    now(**to_stage(page, 5))
    page.root.get_by_role("button", name="Play").wait_for()


def test_the_arrows_lead_where_the_switches_say(page, figure, walk):
    now = walk(page, figure)
    start(page, now)
    long = page.root.locator(".journey .line")
    short = page.root.locator(".switches .line")
    for row, column in ((0, 0), (2, 4), (5, 5)):
        page.pointer(column, row, BEFORE)
        now(row=row, column=column)
        assert f"goes to ({', '.join(map(str, long.evaluate(GOAL)))})" in page.caption()
    assert short.get_attribute("d").count("L") == 6 * 6 * 3  # a shaft and two barbs for each cell
    page.set_range("Stage", 2)  # a convolution has no switches
    now(**to_stage(page, 2))
    assert not long.get_attribute("d")
    assert not short.get_attribute("d")
