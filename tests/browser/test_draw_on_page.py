"""The figures of lesson 09 on a page: what stands there in each state, and what a hand does."""

import compositions
import pytest
from reading import assert_drawn

STATES = {
    "filter_bank": [
        {},
        *(
            {"x": 20 * k, "y": -30 * k, "log variance": 100 * k, "log stride": -60 * k, "Filter": [k, 2 - k]}
            for k in range(3)
        ),
        {"x": -100, "y": 100, "log variance": -200, "log stride": 10},  # filters beyond the edge
        {"log intensity": 150, "log variance": 500, "log stride": -300, "Filter": [2, 2]},
    ],
    "stroke_by_stroke": [
        {"Step": step, "Swap the z of step": swapped, "Its z": own, "Boxes": bool((step + own) % 2)}
        for step in range(3)
        for swapped in (0, 2)
        for own in range(3)
    ],
    "sliding_window": [
        {"Model": model, "Stroke": stroke}
        for model, strokes in (("window", 3), ("softmax", 4))
        for stroke in range(strokes)
    ],
}


@pytest.mark.parametrize("name", STATES)
def test_the_page_shows_what_python_says(browser, name):
    """The bank's JavaScript against the lesson's own filters in torch."""
    assert_drawn(browser, getattr(compositions, name)(), STATES[name])


def test_a_filter_is_chosen_on_its_number_and_the_stride_by_a_key(plain):
    page = plain.put("bank", compositions.filter_bank())
    assert "5.28 pixels" not in page.caption() and "Filter row 1, column 1 reads" in page.caption()
    page.click(2, 0)
    assert "Filter row 0, column 2 reads" in page.caption()
    before = page.caption()
    page.press("]")
    assert page.caption() != before and "Filter row 0, column 2" in page.caption()


def test_strokes_play_and_a_draw_is_swapped(plain):
    page = plain.put("strokes", compositions.stroke_by_stroke())
    assert page.caption() == "Step 1 of 3: 3.0 nats. The z of step 1: the picture's own."
    page.press("End")
    assert page.caption().startswith("Step 3 of 3: 0.3 nats.")
    page.root.get_by_label("another draw").check()
    assert page.caption().endswith("The z of step 1: another draw.")
