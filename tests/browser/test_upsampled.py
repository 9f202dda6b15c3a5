"""Upsampled masks: the page's own upsampling, argmax and mean IoU are those of Python, in every host."""

import figures
import pytest
from figure_page import FigurePage


@pytest.fixture(scope="module")
def figure():
    return figures.upsampled()


@pytest.fixture(scope="module")
def page(host) -> FigurePage:
    return host.open("upsampled")


def test_by_mouse(page, figure, walk):
    now = walk(page, figure)
    now()
    page.choose("Map", "FCN-16s")
    now(choice="FCN-16s")
    page.set_range("Training step", 0)
    now(frame=0)
    page.choose("Map", "FCN-8s")  # it has two steps only: the first of them
    now(choice="FCN-8s")
    page.choose("Between the scores", "coarse cells")
    now(interpolation="coarse cells")
    page.choose("Map", "FCN-32s")
    now(choice="FCN-32s")
    page.choose("Colour", "errors")
    now(view="errors")
    page.pointer(60, 66)
    now(x=60, y=66)
    page.choose("The lens shows", "truth")
    now(lens="truth")
    page.set_range("Blend", 90)
    now(blend=90)
    page.switch("digit 3")
    now(visible=[name != "digit 3" for name in figure.class_names])
    page.choose("Between the scores", "bilinear")
    now(interpolation="bilinear")
    page.choose("Map", "truth")
    now(choice="truth")
    assert page.slider("Training step").is_disabled()
    page.choose("Colour", "classes")
    page.switch("digit 3")
    page.choose("The lens shows", "off")
    now(view="classes", visible=[True] * 11, lens="off")


def test_by_keyboard(page, figure, walk):
    now = walk(page, figure)
    page.choose("The lens shows", "photograph")
    page.choose("Map", "FCN-32s")
    page.pointer(40, 40)
    now(lens="photograph", choice="FCN-32s", x=40, y=40)
    page.press("ArrowRight", "ArrowDown")
    now(x=42, y=42)
    page.press("+", "+")
    now(radius=20)
    page.press("]")
    now(choice="FCN-16s")
    page.slider("Training step").press("End")
    now(frame=2)
    page.slider("Training step").press("ArrowLeft")
    now(frame=1)
    page.press("]")
    now(choice="FCN-8s")
    page.slider("Training step").press("Home")
    now(frame=0)
    page.choice("Between the scores", "bilinear").press("ArrowRight")
    now(interpolation="coarse cells")
    page.choice("Colour", "classes").press("ArrowRight")
    now(view="errors")
    page.choice("Between the scores", "coarse cells").press("ArrowLeft")
    now(interpolation="bilinear")
    page.press("]", "]")
    now(choice="FCN-32s")


def test_by_touch(page, figure, walk):
    now = walk(page, figure)
    page.choice("Colour", "classes").tap()
    now(view="classes")
    for x, y in ((20, 20), (60, 33), (0, 95), (95, 0), (62, 70)):
        page.tap(x, y)
        now(x=x, y=y)
    page.swipe((10, 10), (40, 60))
    now(x=40, y=60)
    for name in ("FCN-16s", "FCN-8s", "truth", "FCN-32s"):
        page.choice("Map", name).tap()
        now(choice=name)
