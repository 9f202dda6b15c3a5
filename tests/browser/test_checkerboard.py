"""Checkerboard: pattern, phase sums, spectrum and words are Python's, in every host."""

import figures
import pytest
from figure_page import FigurePage

OUTPUT, KERNEL, SUMS = range(3)


@pytest.fixture(scope="module")
def figure():
    return figures.checkerboard()


@pytest.fixture(scope="module")
def page(host) -> FigurePage:
    return host.open("checkerboard")


def test_by_mouse(page, figure, walk):
    now = walk(page, figure)
    now()
    for name in figure.names:
        page.choose("Kernel", name)
        for stride in (1, 2, 3, 4):
            page.set_range("Stride", stride)
            now(kernel=name, stride=stride)
    page.choose("Upsampling", "resize, then convolve")
    now(method="resize, then convolve")
    page.choose("Kernel", "drawn")
    now(kernel="drawn")
    page.set_range("Stride", 3)
    now(stride=3)
    page.choose("Upsampling", "transposed convolution")
    now(method="transposed convolution")
    for x, y in ((0, 17), (17, 0), (10, 5)):
        page.pointer(x, y, OUTPUT)
        now(row=y % 3, column=x % 3)
    page.pointer(3, 2, KERNEL)
    now(row=2, column=0)
    page.pointer(1, 0, SUMS)
    now(row=0, column=1)


def test_by_keyboard(page, figure, walk):
    now = walk(page, figure)
    page.choose("Kernel", "ones")
    page.slider("Stride").press("End")
    page.pointer(0, 0, SUMS)
    now(kernel="ones", stride=4, row=0, column=0)
    page.press("ArrowRight", "Shift+ArrowDown")
    now(row=2, column=1)
    page.press("ArrowUp", "ArrowLeft", "ArrowLeft")
    now(row=1, column=0)
    page.press(*["Shift+ArrowRight"] * 3)
    now(column=3)
    page.slider("Stride").press("Home")  # a single phase is left, and the choice waits for more
    now(stride=1)
    page.slider("Stride").press("ArrowRight")
    now(stride=2)
    page.choice("Upsampling", "transposed convolution").press("ArrowRight")
    now(method="resize, then convolve")
    page.choice("Upsampling", "resize, then convolve").press("ArrowLeft")
    now(method="transposed convolution")
    page.choice("Kernel", "ones").press("ArrowRight")
    now(kernel="bilinear")


def test_by_touch(page, figure, walk):
    now = walk(page, figure)
    page.choice("Kernel", "drawn").tap()
    page.set_range("Stride", 2)
    page.tap(5, 4, OUTPUT)
    now(kernel="drawn", stride=2, row=0, column=1)
    page.tap(2, 3, KERNEL)
    now(row=1, column=0)


def test_the_numbers_are_the_weights_and_their_sums(page, figure, walk):
    walk(page, figure)
    page.choose("Kernel", "ones")
    page.set_range("Stride", 2)
    page.choose("Upsampling", "transposed convolution")
    assert page.root.locator("div.cell").all_text_contents() == ["1"] * 9 + ["4", "2", "2", "1"]
    page.choose("Upsampling", "resize, then convolve")
    assert page.root.locator("div.cell").all_text_contents() == ["1"] * 9 + ["9"] * 4
    page.choose("Upsampling", "transposed convolution")
    page.state.update(kernel="ones", stride=2, method="transposed convolution")
