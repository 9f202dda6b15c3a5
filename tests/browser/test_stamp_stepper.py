"""Stamp stepper: grids, matrix and words are Python's, and the sums are torch's, in every host."""

import figures
import pytest
import torch
from figure_page import FigurePage

from helpers.widgets import cells

INPUT, KERNEL, OUTPUT, MATRIX = range(4)


@pytest.fixture(scope="module")
def figure():
    return figures.stamp_stepper()


@pytest.fixture(scope="module")
def page(host) -> FigurePage:
    return host.open("stamp_stepper")


def numbers(page: FigurePage) -> list[str]:
    """What stands on the output's cells, row by row, with what padding cuts off."""
    return page.root.locator("div.cell").all_text_contents()


def field(page: FigurePage, name: str):
    return page.root.get_by_role("spinbutton", name=name, exact=True)


def reset(page: FigurePage, figure, now) -> None:
    """Go back to the first settings, by keyboard."""
    for name, value in {"Stride": 2, "Padding": 0, "Output padding": 0, "Kernel size": 3}.items():
        slider = page.slider(name)
        slider.press("Home")
        for _ in range(value - int(slider.get_attribute("min"))):
            slider.press("ArrowRight")
    for name in ("Input", "Kernel"):
        grid = getattr(figure, {"Input": "values"}.get(name, "kernel"))
        for row, line in enumerate(grid):
            for column, value in enumerate(line):
                field(page, f"{name}, row {row}, column {column}").fill(str(value))
    page.press("End")
    page.choose("The output shows", "running sum")
    first = {name: getattr(figure, name) for name in ("values", "kernel")}
    now(stride=2, padding=0, output_padding=0, step=6, view="running sum", **first)


def test_step_by_step(page, figure, walk):
    now = walk(page, figure)
    page.press("Home")
    now(step=0)
    for step in range(1, 7):
        page.press("ArrowRight")
        now(step=step)
    page.press("ArrowRight", "ArrowLeft")
    now(step=5)
    page.press("ArrowUp")
    now(step=2)
    page.set_range("Stamps laid", 4)
    now(step=4)
    page.choose("The output shows", "stamps on each cell")
    now(view="stamps on each cell")
    page.choice("The output shows", "stamps on each cell").press("ArrowLeft")
    now(view="running sum")


def test_it_plays_to_the_end_and_from_the_start_again(page, figure, walk):
    now = walk(page, figure)
    page.press("End", " ")  # from the end it starts again, and stops where it came from
    button = page.root.get_by_role("button", name="Play")
    button.wait_for()
    now(step=6)
    button.click()
    page.root.get_by_role("button", name="Pause").click()
    assert page.caption().startswith(("No stamp", "Stamp 1", "Stamp 2"))
    page.press("End")
    now(step=6)


def test_where_motion_is_unwelcome_each_press_is_one_step(page, figure, walk):
    now = walk(page, figure)
    page.page.emulate_media(reduced_motion="reduce")
    page.press("Home", " ")
    now(step=1)
    page.page.wait_for_timeout(1500)  # two steps of a playing figure
    now(step=1)
    page.root.get_by_role("button", name="Next step").click()
    now(step=2)
    page.page.emulate_media(reduced_motion="no-preference")


def test_the_chosen_cell_by_mouse_keyboard_and_touch(page, figure, walk):
    now = walk(page, figure)
    reset(page, figure, now)
    page.pointer(2, 4, OUTPUT)
    now(row=4, column=2)
    page.press("ArrowUp", "ArrowRight", number=OUTPUT)
    now(row=3, column=3)
    page.press("Shift+ArrowUp", "Shift+ArrowUp", number=OUTPUT)
    now(row=0)
    page.tap(6, 4, OUTPUT)
    now(row=4, column=6)
    page.set_range("Padding", 1)
    now(padding=1)  # the cell is now the last
    page.pointer(3, 2, OUTPUT)
    now(row=1, column=2)
    page.pointer(0, 0, OUTPUT)  # what is cut off cannot be chosen: the nearest cell is
    now(row=0, column=0)
    page.click(4, 7, MATRIX)  # column 4: the fifth stamp; row 7 of an output 5 wide: its cell (1, 2)
    now(step=5, row=1, column=2)
    page.press("Home")
    page.pointer(1, 1, MATRIX)  # passing over the matrix chooses nothing
    now(step=0)


def test_numbers_can_be_edited(page, figure, walk):
    now = walk(page, figure)
    reset(page, figure, now)
    field(page, "Input, row 1, column 0").fill("-2.5")
    values = [line.copy() for line in figure.values]
    values[1][0] = -2.5
    now(values=values)
    field(page, "Kernel, row 2, column 2").fill("0.3333")
    kernel = [line.copy() for line in figure.kernel]
    kernel[2][2] = 0.3333
    now(kernel=kernel)
    for wrong in ("", "1000"):  # no number, and one that no cell can hold: the last good one stays
        field(page, "Input, row 1, column 0").fill(wrong)
        now()
    page.canvas(OUTPUT).focus()
    assert field(page, "Input, row 1, column 0").input_value() == "-2.5"
    assert field(page, "Kernel, row 2, column 2").input_value() == "0.333"


def test_the_sums_are_those_of_torch(page, figure, walk):
    now = walk(page, figure)
    reset(page, figure, now)
    values = torch.tensor(figure.values, dtype=torch.float64)[None, None]
    for size, stride, padding, added in (
        (3, 1, 0, 0),
        (3, 2, 1, 1),
        (3, 3, 1, 2),
        (2, 2, 0, 0),
        (1, 2, 0, 1),
        (4, 1, 2, 0),
        (5, 3, 2, 1),
    ):
        for name, value in {
            "Kernel size": size,
            "Stride": stride,
            "Padding": padding,
            "Output padding": added,
        }.items():
            page.set_range(name, value)
        kernel = page.state["kernel"]
        last = len(kernel) - 1  # a larger kernel repeats its last row and column
        kernel = [[kernel[min(r, last)][min(c, last)] for c in range(size)] for r in range(size)]
        now(kernel=kernel, stride=stride, padding=padding, output_padding=added, step=6)
        weight = torch.tensor(kernel, dtype=torch.float64)[None, None]
        theirs = torch.nn.functional.conv_transpose2d(
            values, weight, stride=stride, padding=padding, output_padding=added
        )
        height, width = theirs.shape[2:]
        columns = page.canvas(OUTPUT).evaluate("canvas => canvas.width")
        kept = [
            text
            for i, text in enumerate(numbers(page))
            if padding <= i // columns < padding + height and padding <= i % columns < padding + width
        ]
        assert kept == [cells.number(value) for value in theirs.ravel().tolist()]
        title = page.root.get_by_text(f"Output, {height} x {width}. Height: ")
        formula = title.text_content().split("Height: ")[1].split(" = ")[0]
        assert formula == f"(2 - 1) x {stride} - 2 x {padding} + {size} + {added}"
        assert eval(formula.replace("x", "*")) == height


def test_impossible_settings_are_answered_in_words(page, figure, walk):
    now = walk(page, figure)
    reset(page, figure, now)
    page.set_range("Output padding", 2)
    now(output_padding=2)
    assert "it must be less than the stride" in page.caption()
    page.press("ArrowRight", number=OUTPUT)  # there is no cell to move to
    now()
    page.set_range("Output padding", 0)
    page.set_range("Stride", 1)
    page.set_range("Kernel size", 1)
    page.set_range("Padding", 2)
    now(output_padding=0, stride=1, padding=2, kernel=[[0.25]])
    assert "cuts everything off: the output would be -2 x -1" in page.caption()
    page.set_range("Padding", 0)
    now(padding=0)
