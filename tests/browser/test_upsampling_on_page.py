"""The figures of lesson 02 on a page: what stands there in each state, what a hand does, and refusals in words."""

import compositions
import pytest
from reading import assert_drawn

STATES = {
    "stamp_stepper": [
        {},
        *({"Last stamp": step, "Output cell": [step, 6 - step]} for step in range(1, 6)),
        {"Stride": 1, "Padding": 2, "Last stamp": 5, "Output cell": [9, 9]},
        {"Stride": 3, "Output padding": 2, "Kernel size": 1, "Last stamp": 4},  # stamps that leave gaps
        {"Kernel size": 5, "Last stamp": 3, "The output shows": "stamps on each cell"},
        {"Input": "1, 2.5 3; -4 5 6", "Kernel": "1 -2; 0.125 7", "Last stamp": 5, "Padding": 1},
        {"Output padding": 2},  # not below the stride
        {"Stride": 1, "Padding": 2, "Kernel size": 1},  # nothing is left
        {"Input": "1 2; 3 4"},
        {"Input": "1 two 3; 4 5 6"},
        {"Kernel": "1 2 3; 4 5 6"},
        {"Kernel": "1 2; 3"},
        {"Kernel": "100"},
    ],
    "checkerboard": [
        {"Kernel": kernel, "Stride": stride, "Upsampling": method, "Pixel": [stride, 5]}
        for kernel in ("ones", "bilinear", "drawn", "cancelling")
        for stride in (1, 2, 3, 4)
        for method in ("transposed convolution", "resize, then convolve")
    ],
    "stage_by_stage": [
        {},
        *({"Stage": stage, "Cell": [stage, 2 * stage]} for stage in range(5)),
        {"Stage": 4, "Cell": [23, 23], "Truth over the photograph": 60},
        {"Stage": 0, "Cell": [50, 50], "Classes": [k != 4 for k in range(11)]},  # the last cell there is
    ],
}


@pytest.mark.parametrize("name", STATES)
def test_the_page_shows_what_python_says(browser, name):
    """The labs' JavaScript against labs.py, which is held to torch."""
    assert_drawn(browser, getattr(compositions, name)(), STATES[name])


def test_stamps_are_laid_by_click_key_and_play(plain):
    page = plain.put("stepper", compositions.stamp_stepper())
    assert page.caption().startswith("Stamp 1 of 6")
    page.click(15 + 7, 15 + 7)  # the tile of input (1, 1)
    assert page.caption().startswith("Stamp 5 of 6: input (1, 1) = −1 lays −1 x the kernel.")
    page.press("ArrowRight")
    assert page.caption().startswith("Stamp 6 of 6")
    page.press("Home")
    assert page.caption().startswith("Stamp 1 of 6")
    page.press(" ")
    page.root.get_by_role("button", name="Pause").wait_for()
    page.page.wait_for_function("document.querySelector('.caption').textContent.startsWith('Stamp 3')")
    page.press("End")
    assert page.caption().startswith("Stamp 6 of 6")
    page.click(4, 2, number=2)
    assert "its cell (2, 4) = 1 so far" not in page.caption() and "its cell (2, 4)" in page.caption()


def test_numbers_can_be_typed(plain):
    page = plain.put("typed", compositions.stamp_stepper())
    page.root.get_by_role("textbox", name="Kernel").fill("2")
    page.root.get_by_role("textbox", name="Kernel").press("Enter")
    page.press("End")
    page.click(4, 2, number=2)
    assert "Output 3 x 5; its cell (2, 4) = 6 so far: 3 x 2." in page.caption()
    page.root.get_by_role("textbox", name="Kernel").fill("2 x")
    page.root.get_by_role("button", name="Take").nth(1).click()
    assert (
        page.caption()
        == "The kernel “2 x” is no grid of numbers from −99 to 99. Write its rows like 1 2; 3 4."
    )


def test_the_kernels_cells_are_typed_one_by_one(plain):
    page = plain.put("cells", compositions.stamp_stepper())
    page.press("End")
    page.click(4, 2, number=2)
    cells = page.root.get_by_role("spinbutton")
    field = page.root.get_by_role("textbox", name="Kernel")
    before = [float(each.input_value()) for each in cells.all()]
    first = page.root.get_by_role("spinbutton", name="Kernel's cell, row 0, column 1")
    first.fill("-2.5")
    first.press("Enter")
    after = [float(number) for number in field.input_value().replace(";", "").split()]
    assert after == [-2.5 if i == 1 else each for i, each in enumerate(before)]
    first.press("Tab")
    page.page.keyboard.press("ArrowUp")  # the next cell, one more
    after = [float(number) for number in field.input_value().replace(";", "").split()]
    assert after[2] == before[2] + 1
    first.fill("1000")
    first.press("Enter")
    assert first.input_value() == "-2.5"  # beyond the largest


def test_a_click_on_the_kernel_or_on_a_sum_chooses_a_phase(plain):
    page = plain.put("phases", compositions.checkerboard())
    framed = page.root.locator(".part.stage:has(> .title:text-is('Kernel')) rect.stroke")
    page.click(1, 1, number=1)  # of ones, 3 x 3, at stride 2
    assert "Phase (1, 1) gets 1 weights" in page.caption()
    assert [(each.get_attribute("x"), each.get_attribute("y")) for each in framed.all()][-1] == ("1", "1")
    page.click(2, 2, number=1)
    assert "Phase (0, 0) gets 4 weights" in page.caption()
    page.click(1, 0, number=2)
    assert "Phase (0, 1) gets 2 weights" in page.caption()
    page.press("ArrowDown", number=1)
    assert "Phase (1, 1) gets 1 weights" in page.caption()


def test_a_click_on_the_pattern_chooses_a_phase(plain):
    page = plain.put("board", compositions.checkerboard())
    page.click(3, 2)
    assert "Phase (0, 1) gets 2 weights: 2.00." in page.caption()
    page.press("ArrowRight", "ArrowDown")
    assert "Phase (1, 0) gets 2 weights: 2.00." in page.caption()


def test_a_cell_is_followed_to_where_its_maximum_was(plain):
    page = plain.put("stages", compositions.stage_by_stage())
    page.click(1, 2)
    goal = compositions.stages()[1][2][2, 1]
    assert f"of row 2, column 1 goes to ({goal[0]}, {goal[1]}), where the maximum was." in page.caption()
