"""The figures of lesson 01 on a page: what stands there in each state, and that a hand reaches it."""

import compositions
import pytest
from reading import assert_same, full_states, load

STATES = {
    "upsampled": [
        {},
        {"Map": "FCN-32s", "Training step": 0, "place": [60, 66]},
        {"Map": "FCN-8s", "Training step": 2},  # it has two steps only: the last of them
        {"Map": "FCN-16s", "Between the scores": "coarse cells", "The lens shows": "truth", "Lens size": 30},
        {"Map": "FCN-8s", "Colour": "errors", "Blend": 90, "Classes": [k != 4 for k in range(11)]},
        {"Map": "truth", "The lens shows": "plain mask", "Outlines": False},
        {"Map": "truth", "Colour": "errors", "The lens shows": "off"},
    ],
    "patch_map": [{}, *({"patch": place} for place in ([0, 0], [95, 95], [28, 30], [56, 34], [7, 8]))],
    "receptive_field": [
        {},
        {"Layer": "conv1", "unit": [5, 90], "Gradient": 100},
        {"Layer": "pool2", "unit": [48, 48], "Gradient": 0},
        {"Layer": "score", "unit": [95, 0], "Gradient": 40},
    ],
}


@pytest.fixture(scope="module")
def page(browser):
    page = browser.new_page()
    load(page, compositions.patch_map())
    yield page
    page.close()


@pytest.mark.parametrize("name", STATES)
def test_the_page_shows_what_python_says(page, name):
    figure = getattr(compositions, name)()
    states = full_states(figure, STATES[name])
    assert_same(page, figure, states)
