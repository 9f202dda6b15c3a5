"""The sampling grid and the digit pad on the page: NumPy's in every state, and what each hand does to them."""

import compositions
import numpy as np
import pytest
from reading import assert_same, load
from test_composed import settled

from helpers.spatial_transformer.figures import theta_of

PLAIN = {"Right": 0, "Down": 0, "Scale": 50, "Turn": 0, "Stretch": 100, "Shear": 0}


def test_the_grid_in_many_states_is_numpy_s(browser):
    figure, rng, page = compositions.sampling_grid(), np.random.default_rng(0), browser.new_page()
    load(page, figure)
    states = [dict(figure.state), {**figure.state, "Read": 1}]
    for _ in range(20):
        low, high = (-100, -100, 5, -180, 25, -100), (101, 101, 201, 181, 401, 101)
        parts = dict(zip(PLAIN, rng.integers(low, high).tolist(), strict=True))
        states.append({**figure.state, **parts, "Output pixel": rng.integers(0, 20, 2).tolist()})
    assert_same(page, figure, states)
    page.close()


def on_scene(figure, x: float, y: float, state: dict) -> tuple[int, int]:
    """The scene's pixel at a point of the box, whose edges are at -1 and 1."""
    handles = figure.look(**state)(figure._controls["frame"].args["handles"])
    centre, right, down = handles[5], handles[1] - handles[0], handles[3] - handles[0]
    return tuple(np.round(centre + x * right / 2 + y * down / 2).astype(int).tolist())


def drag(page, start: tuple[int, int], end: tuple[int, int]) -> None:
    page.pointer(*start)
    page.page.mouse.down()
    page.pointer(*((a + b) // 2 for a, b in zip(start, end, strict=True)))
    page.pointer(*end)
    page.page.mouse.up()


def felt(page, figure) -> dict:
    """The state of the sliders, and of the output pixel that lies under the hand, as the page says them."""
    state = {name: int(page.slider(name).input_value()) for name in PLAIN}
    words = page.caption().split("Output row ")[1].split(" reads")[0]
    row, column = (int(each) for each in words.split(", column "))
    return state | {"Output pixel": [row, column]}


def test_the_frame_is_dragged_sized_and_turned(plain):
    figure, page = compositions.sampling_grid(), plain.open("sampling_grid")
    for name, value in PLAIN.items():
        page.set_range(name, value)
    settled(page, figure, **PLAIN)
    pixel = 200 / 96 / 3  # percent of the photograph's half width, for a pixel of the scene
    drag(page, start := on_scene(figure, 0.2, 0.3, PLAIN), (start[0] + 60, start[1] - 45))
    state = felt(page, figure)
    assert state["Right"] == pytest.approx(60 * pixel, abs=1.5)
    assert state["Down"] == pytest.approx(-45 * pixel * 96 / 72, abs=1.5)
    settled(page, figure, **state)
    drag(page, on_scene(figure, 1, 1, state), on_scene(figure, 1.5, 1.5, state))
    sized = felt(page, figure)
    assert sized["Scale"] == pytest.approx(75, abs=1.5) and sized["Turn"] == 0
    settled(page, figure, **sized)
    knob = figure.look(**page.state)(figure._controls["frame"].args["handles"])[4]
    drag(page, tuple(np.round(knob).astype(int).tolist()), on_scene(figure, 0.6, 0, sized))
    turned = felt(page, figure)
    assert 80 <= turned["Turn"] <= 100 and turned["Scale"] == sized["Scale"]
    settled(page, figure, **turned)


def test_the_grid_by_keys_and_by_what_is_pointed_at(plain):
    figure, page = compositions.sampling_grid(), plain.open("sampling_grid")
    for name, value in PLAIN.items():
        page.set_range(name, value)
    page.press("ArrowRight", "ArrowRight", "ArrowDown", "Shift+ArrowLeft", "+", "=", "-", "]", "]", "[")
    settled(page, figure, **PLAIN | {"Right": -8, "Down": 1, "Scale": 52, "Turn": 2})
    page.press("ArrowDown", "Shift+ArrowRight", number=1)
    settled(page, figure, **{"Output pixel": [7, 10]})
    page.pointer(3, 18, number=1)
    page.page.mouse.down()
    page.page.mouse.up()
    settled(page, figure, **{"Output pixel": [18, 3]})
    x, y = on_scene(figure, -0.95, 0.95, page.state)  # the middle of the pixel at lower left
    page.pointer(x, y)
    settled(page, figure, **{"Output pixel": [19, 0]})
    page.choose("Read", "the whole photograph")
    settled(page, figure, Read=1)
    page.press("ArrowRight")  # a hand on the box reads the box again
    settled(page, figure, Read=0, Right=-7)


def test_the_pad_by_mouse_keys_and_touch(plain):
    figure, page = compositions.digit_pad(), plain.open("digit_pad")
    first = [[6, 6], [20, 8]]
    settled(page, figure)
    drag(page, (3, 3), (21, 5))
    strokes = [first, [[3.5, 3.5], [12.5, 4.5], [21.5, 5.5]]]
    page.state["strokes"] = strokes
    assert page.caption() == "Strokes on the pad: 2."
    page.tap(12, 20)
    assert page.caption() == "Strokes on the pad: 3."
    page.root.get_by_role("button", name="Wipe the pad").click()
    assert page.caption() == "Strokes on the pad: 0."


def test_a_box_of_the_page_is_read_back():
    figure = compositions.sampling_grid()
    np.testing.assert_allclose(theta_of(figure), [[0.45, -0.3, 0.3], [0.25, 0.5, 0.35]], atol=0.01)
    figure["Scale"] = 80
    assert np.linalg.det(theta_of(figure)[:, :2]) == pytest.approx(0.64, abs=0.01)
    figure["Read"] = 1
    assert theta_of(figure).tolist() == [[1, 0, 0], [0, 1, 0]]
