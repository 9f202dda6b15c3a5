"""The figures of lesson 08b on a page: what stands there in each state is what Python says."""

import compositions
import pytest
from reading import assert_drawn

STATES = {
    "ask_the_scene": [
        {},
        *(
            {
                "Question": form,
                "Colour": colour,
                "Scene": scene,
                "Look": (form + colour) % 2,
                "Network": scene,
            }
            for form in (0, 1)
            for colour in (0, 1)
            for scene in (0, 1)
        ),
        {"cell": [71, 71], "Blend": 100, "Look": 0},
    ],
    "which_frame": [
        {},
        *(
            {"Clip": clip, "Frame": frame, "Shuffle the frames": bool(frame % 2), "Network": clip}
            for clip in (0, 1)
            for frame in range(4)
        ),
    ],
}


@pytest.mark.parametrize("name", STATES)
def test_every_state_is_drawn_as_python_draws_it(browser, name):
    assert_drawn(browser, getattr(compositions, name)(), STATES[name])
