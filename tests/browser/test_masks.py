"""Masks over images: the page shows what Python computes, by mouse, by keyboard, by touch, in every host."""

import figures
import pytest
from figure_page import FigurePage


@pytest.fixture(scope="module")
def figure():
    return figures.masks()


@pytest.fixture(scope="module")
def page(host) -> FigurePage:
    return host.open("masks")


def test_by_mouse(page, figure, walk):
    now = walk(page, figure)

    now()
    page.pointer(30, 40)
    now(x=30, y=40)
    page.pointer(95, 95)
    now(x=95, y=95)
    page.choose("Map", "FCN-8s")
    now(choice="FCN-8s")
    page.set_range("Blend", 100)
    now(blend=100)
    page.choose("The lens shows", "plain mask")
    page.pointer(50, 32)
    now(lens="plain mask", x=50, y=32)
    page.set_range("Blend", 25)
    now(blend=25)
    page.choose("The lens shows", "truth")
    now(lens="truth")
    page.set_range("Lens size", 30)
    now(radius=30)
    page.switch("Outlines")
    now(outlines=False)
    page.switch("digit 3")
    now(visible=[name != "digit 3" for name in figure.class_names])
    page.choose("Map", "truth")
    now(choice="truth")
    page.root.get_by_role("button", name="Show all").click()
    now(visible=[True] * 11)
    page.root.get_by_role("button", name="Hide all").click()
    now(visible=[True] + [False] * 10)
    page.root.get_by_role("button", name="Show all").click()
    page.choose("The lens shows", "off")
    now(visible=[True] * 11, lens="off")


def test_by_keyboard(page, figure, walk):
    state = page.state
    page.root.get_by_role("checkbox", name="Outlines").press("Space")
    state["outlines"] = not state.get("outlines", True)
    page.choose("The lens shows", "photograph")
    page.pointer(48, 48)
    state.update(lens="photograph", x=48, y=48)

    now = walk(page, figure)

    now()
    page.press("ArrowRight")
    now(x=50)
    page.press("ArrowDown", "ArrowDown")
    now(y=52)
    page.press("Shift+ArrowLeft")
    now(x=40)
    page.press(
        "Shift+ArrowUp", "Shift+ArrowUp", "Shift+ArrowUp", "Shift+ArrowUp", "Shift+ArrowUp", "Shift+ArrowUp"
    )
    now(y=0)
    page.press("+")
    now(radius=state.get("radius", 16) + 2)
    page.press("-", "-", "-")
    now(radius=state["radius"] - 6)
    page.press("]")
    now(choice=neighbour(figure, state, 1))
    page.press("[", "[")
    now(choice=neighbour(figure, state, -2))
    page.slider("Blend").press("ArrowRight")
    now(blend=state.get("blend", 60) + 1)
    page.slider("Blend").press("Home")
    now(blend=0)
    page.slider("Blend").press("PageUp")
    now(blend=10)
    page.root.get_by_role("checkbox", name="digit 7").press("Space")
    now(visible=[name != "digit 7" for name in figure.class_names])
    page.root.get_by_role("checkbox", name="digit 7").press("Space")
    page.choice("Map", state["choice"]).press("ArrowRight")
    now(visible=[True] * 11, choice=neighbour(figure, state, 1))


def test_by_touch(page, figure, walk):
    now = walk(page, figure)

    for x, y in ((20, 20), (60, 33), (0, 95), (95, 0), (62, 70)):
        page.tap(x, y)
        now(x=x, y=y)
    page.swipe((10, 10), (40, 60))
    now(x=40, y=60)
    page.swipe((40, 60), (70, 20))
    now(x=70, y=20)
    for label in ("FCN-16s", "truth", "FCN-32s"):
        page.choice("Map", label).tap()
        now(choice=label)


def neighbour(figure, state: dict, by: int) -> str:
    names = figure.names
    return names[(names.index(state.get("choice", names[0])) + by) % len(names)]
