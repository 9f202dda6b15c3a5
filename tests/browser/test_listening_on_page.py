"""The figure of lesson 08a on a page: what stands there in each state, and what a hand does."""

import compositions
import numpy as np
import pytest
from playwright.sync_api import expect
from reading import assert_drawn

STATES = [
    {},
    {"Playhead": 13, "Score": 1},
    {"Length": 1, "Playhead": 29},
    {"Length": 1, "Playhead": 10, "Score": 1},
    {"Length": 0, "Playhead": 25},  # beyond the end of the short sound
]


def test_the_page_shows_what_python_says(browser):
    assert_drawn(browser, compositions.playhead(), STATES)


def test_keys_the_slider_and_a_click_move_the_playhead_without_a_kernel(plain):
    page, figure = plain.open("playhead"), compositions.playhead()
    caption = page.root.locator(".caption")
    page.press("+")
    expect(caption).to_have_text(figure.shown(Length=1)[1])
    page.press(">", ">", ">")
    expect(caption).to_have_text(figure.shown(Length=1, Playhead=3)[1])
    page.press("]", "End")
    expect(caption).to_have_text(figure.shown(Length=1, Playhead=29, Score=1)[1])
    chart = page.root.locator("svg[tabindex]").first
    box = chart.bounding_box()
    chart.click(position={"x": box["width"] * 0.5, "y": box["height"] * 0.5})
    expect(caption).not_to_have_text(figure.shown(Length=1, Playhead=29, Score=1)[1])


# A stand-in for the browser's sound, which keeps what the tone is told: [level, seconds from now].
SILENT = """() => {
  window.told = [];
  const tell = (level, at) => told.push([level, at - 5]) && gain;
  const gain = { cancelScheduledValues: () => gain, setTargetAtTime: tell };
  window.AudioContext = class { currentTime = 5; resume() {} close() {} };
  window.GainNode = class { gain = gain; connect(to) { return to; } };
  window.OscillatorNode = class { connect(to) { return to; } start() {} };
}"""


def test_sound_is_off_at_first_and_then_follows_the_playhead(plain):
    page = plain.open("playhead")
    page.page.evaluate(SILENT)
    page.press(">")
    assert page.page.evaluate("told.length") == 0
    page.root.get_by_role("checkbox", name="Sound").check()
    page.press("Home", ">", ">")  # 0.2 s: the first stroke sounds from 0 to 0.3
    told = page.page.evaluate("told")
    levels = [(level > 0, round(at, 3)) for level, at in told[-3:]]
    assert levels == [(True, 0), (False, 0.1), (False, 0.25)]
    page.press(">", ">")  # 0.4 s: a pause, and the next stroke from 0.5
    levels = [(level > 0, round(at, 3)) for level, at in page.page.evaluate("told")[-3:]]
    assert levels == [(False, 0), (True, 0.1), (False, 0.25)]
    page.root.get_by_role("checkbox", name="Sound").uncheck()
    before = page.page.evaluate("told.filter(([level]) => level > 0).length")
    page.press(">", ">")
    assert page.page.evaluate("told.filter(([level]) => level > 0).length") == before


@pytest.mark.parametrize("way", ["mouse", "finger", "Space"])
def test_the_key_takes_strokes_by_press_and_hold_and_says_that_it_needs_a_kernel(plain, way):
    page = plain.open("morse_key")
    page.page.evaluate(SILENT)
    page.canvas().scroll_into_view_if_needed()
    box, keyboard, mouse = page.canvas().bounding_box(), page.page.keyboard, page.page.mouse
    middle = {"x": box["x"] + 100, "y": box["y"] + 20}
    touch = page.page.context.new_cdp_session(page.page)
    page.canvas().focus()
    mouse.move(**middle)
    ways = {
        "mouse": (mouse.down, mouse.up),
        "finger": (
            lambda: touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [middle]}),
            lambda: touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []}),
        ),
        "Space": (
            lambda: [keyboard.down(" ") for _ in range(3)],
            lambda: keyboard.up(" "),
        ),  # it repeats itself
    }
    for hold in (400, 1200):
        ways[way][0]()
        page.page.wait_for_timeout(hold)
        ways[way][1]()
        page.page.wait_for_timeout(100)
    caption, status = page.root.locator(".caption"), page.root.locator(".status")
    expect(caption).to_have_text("Strokes: 2.")
    expect(status).to_contain_text("needs a running notebook")
    row = page.pixels()[24, :, 0] > 0
    ends = np.flatnonzero(np.diff(row.astype(int), prepend=0, append=0)).reshape(-1, 2)
    assert len(ends) == 2 and ends[1, 1] - ends[1, 0] > 1.5 * (ends[0, 1] - ends[0, 0])
    assert [level > 0 for level, _ in page.page.evaluate("told")] == [True, False] * 2
    page.root.get_by_text("Wipe the pad").click()
    expect(caption).to_have_text("Strokes: 0.")
