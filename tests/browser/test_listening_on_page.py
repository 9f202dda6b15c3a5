"""The figure of lesson 08a on a page: what stands there in each state, and what a hand does."""

import compositions
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
