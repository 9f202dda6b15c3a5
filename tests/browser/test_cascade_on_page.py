"""The figures of lesson 05b on a page: what stands there in each state is what Python says."""

import compositions
import pytest
from playwright.sync_api import expect
from reading import assert_same, load

from helpers.instances.cascade_figures import FREE

STATES = {
    "cascade": [{}, {"box": 1}, {"box": 2}, {"box": 2, "Classes": [True] * 5 + [False] * 6}],
    "first_summary": [{"Scene": scene, "Blend": blend} for scene in (0, 1) for blend in (0, 70, 100)],
}


@pytest.mark.parametrize("name", STATES)
def test_every_state_is_drawn_as_python_draws_it(browser, name):
    figure, states = getattr(compositions, name)(), []
    for state in STATES[name]:
        figure.state = state
        states.append(dict(figure.state))
    page = browser.new_page()
    load(page, figure)
    assert_same(page, figure, states)
    page.close()


def test_an_arrow_moves_the_box_and_without_a_kernel_a_free_one_is_not_answered(plain):
    page = plain.open("cascade")
    caption = page.root.locator(".caption")
    before = caption.inner_text()
    page.root.get_by_role("img").first.press("ArrowRight")
    assert caption.inner_text() != before
    page.choose("Box", FREE)
    expect(page.root).to_contain_text("A box of your own")
