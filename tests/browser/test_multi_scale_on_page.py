"""The figures of lesson 04 on a page: what stands there in each state is what Python says."""

import compositions
import pytest
from reading import assert_drawn

STATES = {
    "leaf_to_root": [
        {},
        *({"place": [9 * step, 5 * step], "Node": step} for step in range(6)),
        {"place": [0, 0], "Node": 99, "Regions of the cut": 2},  # beyond the root: the root
        {"Regions of the cut": 1, "Classes": [k != 2 for k in range(11)], "Scene": 1},
    ],
    "scales": [
        {"Full size": bool(a), "Half size": bool(b), "Quarter size": bool(c), "View": (a + b) % 2, "Scene": c}
        for a in (0, 1)
        for b in (0, 1)
        for c in (0, 1)
    ],
}


@pytest.mark.parametrize("name", STATES)
def test_every_state_is_drawn_as_python_draws_it(browser, name):
    assert_drawn(browser, getattr(compositions, name)(), STATES[name])
