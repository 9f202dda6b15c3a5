"""By length: curves, words and marks are Python's, by mouse, by keyboard, by touch, in every host."""

import math

import figures
import pytest
from figure_page import FigurePage

NAMES = ["attention", "no attention"]


@pytest.fixture(scope="module")
def figure():
    return figures.by_length()


@pytest.fixture(scope="module")
def page(host) -> FigurePage:
    return host.open("by_length")


@pytest.fixture
def now(page, figure):
    """The page says what Python says of a state, and the chart's label with it; it goes on from the state before."""

    def check(**changes: object) -> None:
        page.state.update(changes)
        words = figure.caption(**page.state)
        for _ in range(100):
            if page.caption() == words:
                break
            page.page.wait_for_timeout(50)
        assert page.caption() == words
        assert words in chart(page).get_attribute("aria-label")

    return check


def chart(page: FigurePage):
    return page.root.get_by_role("img").first


def sentences(page: FigurePage) -> list[str]:
    return page.root.locator(".sentence:visible").all_text_contents()


def marks(page: FigurePage) -> list[str]:
    return page.root.locator(".sentence:visible mark").all_text_contents()


def across(page: FigurePage, number: int) -> dict[str, float]:
    """The middle of a bin on the chart."""
    box = chart(page).bounding_box()
    words = page.root.locator(".curves text").get_by_text(
        ["1-5", "6-10", "11-15", "over 15"][number], exact=True
    )
    place = words.bounding_box()
    return {"x": place["x"] + place["width"] / 2 - box["x"], "y": box["height"] / 2}


def test_the_curves_are_the_scores(page, figure):
    for name, scores in zip(NAMES, figure.curves, strict=True):
        path = page.root.locator(f'.curve[data-system="{name}"]').get_attribute("d")
        found = [tuple(map(float, at.split())) for at in path.replace("M", "L").split("L")[1:]]
        assert path.count("M") == 2  # the empty bin is a gap
        heights = {
            int(rule.text_content()): float(rule.get_attribute("y")) - 4
            for rule in page.root.locator('.curves text[text-anchor="end"]').all()
        }
        expected = [
            heights[0] + (heights[100] - heights[0]) * score / 100 for score in scores if score is not None
        ]
        assert [y for _, y in found] == pytest.approx(expected)
        assert all(math.isclose(b - a, 75) for (a, _), (b, _) in zip(found[:1], found[1:2], strict=True))


def test_by_keyboard(page, now):
    chart(page).press("Home")
    now(bin=0, example=0)
    chart(page).press("ArrowRight")
    now(bin=1)
    chart(page).press("ArrowDown")
    now(example=1)
    chart(page).press("ArrowDown")  # the last stays the last
    now()
    chart(page).press("ArrowUp")
    now(example=0)
    chart(page).press("Shift+ArrowRight")
    now(bin=3)
    chart(page).press("ArrowRight")
    now()
    chart(page).press("ArrowLeft")
    now(bin=2)
    assert page.caption() == (
        "Sources of 11-15 words: 0. BLEU: attention no score, no attention no score. "
        "There is no example of this length."
    )
    assert sentences(page) == []
    chart(page).press("End")
    now(bin=3)


def test_by_mouse_and_touch(page, now):
    chart(page).click(position=across(page, 1))
    now(bin=1, example=0)
    chart(page).tap(position=across(page, 3))
    now(bin=3)
    page.root.get_by_role("button", name="Next example").click()
    now(example=1)
    page.root.get_by_role("button", name="Next example").press("Enter")
    now(example=2)
    assert page.root.get_by_role("button", name="Next example").get_attribute("aria-disabled") == "true"
    page.root.get_by_role("button", name="Next example").press("Enter")  # the last stays the last
    now()
    page.root.get_by_role("button", name="Previous example").click()
    now(example=1)
    page.set_range("Words of the source", 0)
    now(bin=0, example=0)
    assert page.slider("Words of the source").get_attribute("aria-valuetext") == "1-5"


def test_words_that_the_truth_lacks_are_marked(page, now):
    chart(page).press("Home")
    now(bin=0, example=0)
    assert sentences(page) == [
        "mi gato es el mejor",
        "My cat is the best.",
        "my cat is the best",
        "My dog* is.",
    ]
    assert marks(page) == ["dog*"]
    chart(page).press("ArrowRight")
    now(bin=1)
    # "the" and "dog" twice are once too often, and nothing at all has nothing to mark.
    assert sentences(page)[2:] == ["the the* dog dog*", "(nothing)"]
    chart(page).press("End")
    chart(page).press("ArrowDown")
    chart(page).press("ArrowDown")
    now(bin=3, example=2)
    assert marks(page) == ["<b>today</b>*"]  # text, and no markup
    underlined = page.root.locator("mark").first.evaluate(
        "node => getComputedStyle(node).textDecorationStyle"
    )
    assert underlined == "wavy"
