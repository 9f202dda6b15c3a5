"""The figures of lesson 05a on a page: what stands there in each state is what Python says."""

from itertools import product

import compositions
import pytest
from reading import assert_drawn

LAYERS = [f"Stride {stride}" for stride in (1, 2, 4, 8)]
STATES = {
    "hypercolumn": [
        {},
        *(
            dict(zip(LAYERS, on, strict=True)) | {"Box": k % 2, "place": [k % 12, 5 * k % 12], "Blend": 10 * (k % 11)}
            for k, on in enumerate(product((False, True), repeat=4))
        ),
    ],
    "suppression": [
        {"Scene": scene, "Overlap of": measure, "Limit": limit}
        for scene, measure, limit in product(range(2), range(2), range(3))
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", STATES)
def test_every_state_is_drawn_as_python_draws_it(browser, name):
    assert_drawn(browser, getattr(compositions, name)(), STATES[name])


def test_a_key_switches_a_layer_off_and_moves_to_another_place(plain):
    page = plain.open("hypercolumn")
    before = page.root.locator(".caption").inner_text()
    page.root.get_by_role("checkbox", name="Stride 8").press("Space")
    assert "8 off" in page.root.locator(".caption").inner_text()
    page.root.get_by_role("img").first.press("ArrowRight")
    after = page.root.locator(".caption").inner_text()
    assert before.split(" At ")[1] != after.split(" At ")[1]
