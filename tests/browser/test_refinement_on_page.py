"""The figure of lesson 03 on a page: what stands there in each state, and what a hand does."""

import re

import compositions
import numpy as np
from hosts import HERE, Jupyter
from playwright.sync_api import expect
from reading import full_states, load, read

FALSE = "False label in the first planes"
STATES = [
    {},
    *({"Pass": number, "place": [30 * number + 10, 40]} for number in range(3)),
    {"Pass": 0, FALSE: 1, "place": [18, 26]},
    {"Pass": 2, FALSE: 2, "place": [78, 66], "Gradient": 85},
    {"Pass": 1, "Gradient": 100, "Blend": 0},
    {"Pass": 1, "Blend": 100, "Classes": [k != 4 for k in range(11)]},
    {"strokes": [[[10, 10], [60, 40]]]},
]


def test_the_page_shows_what_python_says(browser):
    figure = compositions.pass_by_pass()
    states = full_states(figure, STATES)
    page = browser.new_page()
    load(page, figure)
    for state, (parts, caption) in zip(states, read(page, figure, states), strict=True):
        expected, words = figure.shown(**state)
        assert caption == words
        for (pixels, shapes, texts), part in zip(parts, expected, strict=True):
            if part.pixels is not None:
                assert np.abs(pixels.astype(int) - part.pixels).max() <= 2
            assert texts == list(part.texts)
            # On the page the painting's pen is drawn beside what Python knows of.
            assert [kind for kind, *_ in shapes] in ([kind for kind, *_ in part.shapes], ["circle"])
    page.close()


def test_keys_go_through_the_passes_and_a_click_plants_elsewhere(plain):
    page, figure = plain.open("pass_by_pass"), compositions.pass_by_pass()
    caption = page.root.locator(".caption")
    page.press("[", "[")
    expect(caption).to_have_text(figure.shown(Pass=0)[1])
    page.press("]")
    page.choose(FALSE, "digit 7")
    page.pointer(78, 66)
    expect(caption).to_have_text(figure.shown(**{"Pass": 1, FALSE: 2, "place": [78, 66]})[1])


def test_without_a_kernel_a_painted_label_says_what_it_needs(plain):
    page = plain.open("pass_by_pass")
    page.choose(FALSE, "painted")
    expect(page.root).to_contain_text("A label painted by hand")


def test_a_kernel_labels_the_scene_anew_from_what_a_hand_paints(browser, server):
    """In JupyterLab: nothing painted yet is said so; a dot of the pen is a false label, and later passes mend it."""
    host = Jupyter("lab", browser, server)
    page = host.run(
        "false-label",
        [
            f"import sys\nsys.path.insert(0, {str(HERE)!r})\nimport compositions\n\n"
            "compositions.pass_by_pass(compositions.repainted)"
        ],
    )
    caption = page.root.locator(".caption")
    page.press("[", "[")
    page.choose("Paint with", "digit 5")
    page.choose(FALSE, "painted")
    expect(page.root.locator(".status")).to_have_text(
        "Nothing is painted yet: draw on the small picture.", timeout=30_000
    )
    before = page.pixels()
    page.click(70, 20, number=1)
    expect(caption).to_have_text(re.compile(r"^Pass 1: .*painted, now on [1-9]\d* pixels"), timeout=30_000)
    # A dot of the pen is 10 pixels across: about 78 of them, as drawn on the page and counted in Python.
    painted = int(re.search(r"now on (\d+) pixels", page.caption())[1])
    assert 65 <= painted <= 90
    changed = (page.pixels() != before).any(axis=2)
    rows, columns = changed.nonzero()
    assert changed[20, 70] and abs(rows - 20).max() <= 6 and abs(columns - 70).max() <= 6
    page.press("]")
    expect(caption).to_contain_text("Pass 2", timeout=30_000)
    expect(caption).to_contain_text("now on 0 pixels")
    host.context.close()
