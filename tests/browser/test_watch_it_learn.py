"""Watch it learn: digits and words are Python's at every step, by mouse, by keyboard, by touch, and while it plays."""

import figures
import pytest
from figure_page import FigurePage


@pytest.fixture(scope="module")
def figure():
    return figures.watch_it_learn()


@pytest.fixture(scope="module")
def page(host) -> FigurePage:
    return host.open("watch_it_learn")


def test_by_mouse(page, figure, walk):
    now = walk(page, figure)
    now()
    for frame in (6, 3, 0, 5):
        page.set_range("Training step", frame)
        now(frame=frame)


def test_the_numbers_stand_beside_the_runs_names(page, figure, walk):
    page.set_range("Training step", 4)
    numbers = page.root.locator(".run-name output").all_text_contents()
    assert numbers == ["1.40", "0.95"]


def test_by_keyboard(page, figure, walk):
    now = walk(page, figure)
    page.press("Home")
    now(frame=0)
    page.press("ArrowRight", "ArrowRight")
    now(frame=2)
    page.press("ArrowUp", "ArrowLeft", "ArrowDown")
    now(frame=1)
    page.press("Shift+ArrowRight")
    now(frame=6)
    page.press("ArrowRight")  # there is no further step
    now()
    page.press("Shift+ArrowLeft")
    now(frame=1)
    page.press("End")
    now(frame=6)
    page.slider("Training step").press("ArrowLeft")
    now(frame=5)


def test_by_touch(page, figure, walk):
    now = walk(page, figure)
    slider = page.slider("Training step")
    box = slider.bounding_box()
    slider.tap(position={"x": box["width"] / 2, "y": box["height"] / 2})
    now(frame=3)


def test_it_plays_to_the_end_and_from_the_start_again(page, figure, walk):
    now = walk(page, figure)
    page.press("End")
    play = page.root.get_by_role("button", name="Play")
    play.click()
    play.wait_for()  # it says so again when it has come to the end
    now(frame=6)
    page.press("Home", " ")
    page.root.get_by_role("button", name="Pause").wait_for()
    page.press("End", "ArrowLeft")  # a hand that moves it stops it
    play.wait_for()
    now(frame=5)


def test_nothing_moves_by_itself_where_motion_is_unwelcome(page, figure, walk):
    now = walk(page, figure)
    page.page.emulate_media(reduced_motion="reduce")
    page.press("Home", " ")
    now(frame=1)
    page.page.wait_for_timeout(800)  # two steps of a playing figure
    now(frame=1)
    page.root.get_by_role("button", name="Next step").click()
    now(frame=2)
    page.page.emulate_media(reduced_motion="no-preference")
