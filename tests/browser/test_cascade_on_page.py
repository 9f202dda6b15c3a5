"""The figures of lesson 05b on a page: what stands there in each state is what Python says."""

import compositions
import pytest
from playwright.sync_api import expect
from reading import assert_drawn

from helpers.instances.cascades.figures import FREE

STATES = {
    "cascade": [{}, {"box": 1}, {"box": 2}, {"box": 2, "Classes": [True] * 5 + [False] * 6}],
    "first_summary": [
        {"Scene": scene, "Blend": blend, "Semantic method": scene}
        for scene in (0, 1)
        for blend in (0, 70, 100)
    ],
}


@pytest.mark.parametrize("name", STATES)
def test_every_state_is_drawn_as_python_draws_it(browser, name):
    assert_drawn(browser, getattr(compositions, name)(), STATES[name])


def test_an_arrow_moves_the_box_and_without_a_kernel_a_free_one_is_not_answered(plain):
    page = plain.open("cascade")
    caption = page.root.locator(".caption")
    before = caption.inner_text()
    page.root.get_by_role("img").first.press("ArrowRight")
    assert caption.inner_text() != before
    page.choose("Box", FREE)
    expect(page.root).to_contain_text("A box of your own")


def test_an_arrow_goes_to_the_next_method(plain):
    page = plain.open("first_summary")
    assert "one names" in page.caption()
    page.press("ArrowRight")
    assert "other names" in page.caption()
