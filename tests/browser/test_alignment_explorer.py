"""Alignment explorer: matrix, ribbons and words are Python's in every host; what is not stored is asked of a kernel."""

import figures
import pytest
from figure_page import FigurePage
from hosts import HERE, Jupyter
from playwright.sync_api import expect

BUSY = "Python is translating …"
OFFER = (
    "Stored here, also with any one word switched off: “mi gato es el mejor”, “ayer mi perro es mejor”, "
    "“el gato de mi perro”."
)
WITH_KERNEL = pytest.mark.parametrize("host", ["lab", "notebook"], indirect=True)
WITHOUT_KERNEL = pytest.mark.parametrize("host", ["page"], indirect=True)
SECONDS = 30_000  # a busy machine is slow, not wrong


@pytest.fixture(scope="module")
def figure():
    return figures.alignment_explorer()


@pytest.fixture(scope="module")
def page(host) -> FigurePage:
    return host.open("alignment_explorer")


@pytest.fixture
def walk(walk):
    """As everywhere, but wait for the words before the pixels: here a new sentence gives the matrix another shape."""

    def start(page, figure):
        compare = walk(page, figure)

        def now(**changes: object) -> None:
            words = figure.caption(**{**page.state, **changes})
            expect(page.root.locator(".caption")).to_have_text(words, timeout=SECONDS)
            compare(**changes)

        return now

    return start


def rows(page: FigurePage, number: int):
    """The buttons of the source words (0) or of the translation (1)."""
    return page.root.locator(".words").nth(number).get_by_role("button")


def stored(page: FigurePage, number: int) -> None:
    page.root.get_by_role("combobox").select_option(str(number))


def type_in(page: FigurePage, text: str) -> None:
    page.root.get_by_role("textbox").fill(text)
    page.root.get_by_role("textbox").press("Enter")


def status(page: FigurePage):
    return page.root.get_by_role("status")


def start(page: FigurePage, now, number: int) -> None:
    """Go to a stored sentence with nothing switched off."""
    stored(page, 2 - number if number != 1 else 0)
    stored(page, number)
    now(sentence=number, typed="", silenced=[], candidate=0, word=0)


def notes(page: FigurePage, number: int) -> list[str]:
    return rows(page, number).locator("small").all_text_contents()


def test_every_word_by_keyboard(page, figure, walk):
    now = walk(page, figure)
    start(page, now, 0)
    for word in range(1, 5):
        page.press("ArrowDown" if word % 2 else "ArrowRight")
        now(word=word)
    page.press("ArrowRight")  # the last stays the last
    now()
    page.press("Shift+ArrowLeft")
    now(word=1)
    page.press("Home", "ArrowUp")
    now(word=0)
    page.press("End")
    now(word=4)
    rows(page, 1).nth(4).press("ArrowLeft")
    now(word=3)
    expect(rows(page, 1).nth(3)).to_be_focused()
    rows(page, 1).nth(3).press("Home")
    now(word=0)


def test_words_and_matrix_answer_the_pointer(page, figure, walk):
    now = walk(page, figure)
    start(page, now, 1)
    rows(page, 1).nth(3).hover()
    now(word=3)
    page.pointer(0, 1)
    now(word=1)
    page.tap(2, 4)
    now(word=4)
    rows(page, 1).nth(2).click()
    now(word=2)
    assert rows(page, 1).nth(2).get_attribute("aria-pressed") == "true"


def test_ribbons_are_as_wide_as_the_weights_and_join_their_words(page, figure, walk):
    now = walk(page, figure)
    start(page, now, 1)
    page.press("End")
    now(word=4)
    found = page.root.locator(".ribbon").evaluate_all(
        """paths => paths.map(path => {
          const box = path.ownerSVGElement.getBoundingClientRect();
          const [from, to] = [0, path.getTotalLength()].map(at => path.getPointAtLength(at));
          return [Number(path.dataset.row), Number(path.dataset.place), Number(path.getAttribute("stroke-width")),
            [from.x + box.x, from.y + box.y], [to.x + box.x, to.y + box.y], path.classList.contains("now")];
        })"""
    )
    (candidate, *_) = figure.read(figures.SENTENCES[1])["candidates"]
    expected = {
        (row, place): 0.75 + 14.25 * weight / 255
        for row, weights in enumerate(candidate["weights"])
        for place, weight in enumerate(weights)
        if weight >= 8
    }
    assert len(expected) > 5
    assert {(row, place): width for row, place, width, *_ in found} == pytest.approx(expected)
    for row, place, _, begin, end, now_chosen in found:
        above, below = rows(page, 0).nth(place).bounding_box(), rows(page, 1).nth(row).bounding_box()
        assert begin == pytest.approx([above["x"] + above["width"] / 2, above["y"] + above["height"]], abs=1)
        assert end == pytest.approx([below["x"] + below["width"] / 2, below["y"]], abs=1)
        assert now_chosen == (row == 4)


def test_the_matrix_frames_its_row_and_names_it(page, figure, walk):
    now = walk(page, figure)
    start(page, now, 0)
    page.press("ArrowDown", "ArrowDown")
    now(word=2)
    frame, canvas = page.root.locator(".marker.row").bounding_box(), page.canvas().bounding_box()
    assert frame["height"] == pytest.approx(canvas["height"] / 5, abs=1)
    assert frame["y"] - canvas["y"] == pytest.approx(2 * canvas["height"] / 5, abs=1)
    assert page.root.locator(".labels.rows .chosen").all_text_contents() == ["is"]
    assert page.root.locator(".labels.columns span").all_text_contents() == figures.SENTENCES[0].split()


def test_candidates_best_first(page, figure, walk):
    now = walk(page, figure)
    start(page, now, 0)
    names = page.root.get_by_role("radio").evaluate_all("all => all.map(e => e.labels[0].textContent)")
    assert names == ["my cat is the best−0.13", "my cat is the−0.75", "(nothing)−3.00"]
    page.press("End")
    page.root.get_by_role("radio").nth(1).click()
    now(word=4, candidate=1)  # the last word of a shorter one
    page.root.get_by_role("radio").nth(1).press("ArrowDown")
    now(candidate=2)
    assert rows(page, 1).count() == 0
    page.root.get_by_role("radio").nth(0).click()
    now(candidate=0)


def test_one_word_switched_off_needs_no_kernel(page, figure, walk):
    now = walk(page, figure)
    start(page, now, 0)
    rows(page, 0).nth(1).click()
    now(silenced=[1])
    assert page.caption().endswith(
        "Switched off: “gato”. Unlike the plain translation, it says “something”, not “cat”."
    )
    assert notes(page, 0) == ["", "off", "", "", ""]
    assert notes(page, 1) == ["", "changed", "", "", ""]
    assert [each.get_attribute("aria-pressed") for each in rows(page, 0).all()] == [
        *("false", "true", "false", "false", "false")
    ]
    assert "changed" in rows(page, 1).nth(1).get_attribute("aria-label")
    rows(page, 0).nth(1).press(" ")
    now(silenced=[])
    assert notes(page, 1) == [""] * 5


def test_unknown_words_are_marked_and_told(page, figure, walk):
    now = walk(page, figure)
    start(page, now, 2)
    assert page.caption().endswith("Unknown to the translator: “de”.")
    assert notes(page, 0) == ["", "", "unknown", "", ""]
    rows(page, 0).nth(2).click()
    now(silenced=[2])
    assert notes(page, 0) == ["", "", "off, unknown", "", ""]


def test_a_stored_sentence_may_be_typed(page, figure, walk):
    now = walk(page, figure)
    start(page, now, 2)
    type_in(page, "  Ayer MI perro es mejor. ")
    now(sentence=1)
    assert status(page).text_content() == ""
    assert page.root.get_by_role("combobox").input_value() == "1"
    type_in(page, " ")
    assert status(page).text_content() == "Type a sentence in Spanish first, then press Translate."
    now()


@WITHOUT_KERNEL
def test_without_a_kernel(page, figure, walk):
    now = walk(page, figure)
    start(page, now, 1)
    type_in(page, "mi perro")
    assert status(page).text_content() == (
        "A sentence of your own needs a running notebook: open it in Jupyter and run its cells. " + OFFER
    )
    now()
    rows(page, 0).nth(0).click()
    now(silenced=[0])
    assert status(page).text_content() == ""
    rows(page, 0).nth(1).click()
    assert status(page).text_content() == (
        "Several words switched off at once need a running notebook: open it in Jupyter and run its cells. "
        + OFFER
    )
    now()
    assert rows(page, 0).nth(1).get_attribute("aria-pressed") == "false"
    assert page.root.get_attribute("aria-busy") != "true"


@WITH_KERNEL
def test_a_typed_sentence_is_translated(page, figure, walk):
    now = walk(page, figure)
    start(page, now, 0)
    type_in(page, "mi tortuga es slow")
    expect(status(page)).to_have_text(BUSY)
    assert page.root.get_attribute("aria-busy") == "true"
    now()  # the picture stays meanwhile
    expect(status(page)).to_have_text("", timeout=SECONDS)
    now(typed="mi tortuga es slow")
    assert page.root.get_attribute("aria-busy") == "false"
    assert page.caption().endswith("Unknown to the translator: “tortuga”, “slow”.")
    rows(page, 0).nth(1).click()
    now(silenced=[1])
    stored(page, 0)
    now(sentence=0, typed="", silenced=[])


@WITH_KERNEL
def test_several_words_switched_off_in_quick_succession(page, figure, walk):
    now = walk(page, figure)
    start(page, now, 1)
    for place in (1, 3, 4):
        rows(page, 0).nth(place).click()
    expect(rows(page, 0).nth(3)).to_have_attribute("aria-pressed", "true")
    now(silenced=[1, 3, 4])
    rows(page, 0).nth(3).click()
    now(silenced=[1, 4])
    for place in (0, 2, 3):
        rows(page, 0).nth(place).click()
    now(silenced=[0, 1, 2, 3, 4])
    assert "looks nowhere" in page.caption()


@WITH_KERNEL
def test_a_refusal_and_a_failure_are_plain_sentences(page, figure, walk):
    now = walk(page, figure)
    start(page, now, 1)
    rows(page, 0).nth(2).click()
    now(silenced=[2])
    type_in(page, "mi gato ?")
    expect(status(page)).to_have_text(
        "This translator takes no questions. Type a statement.", timeout=SECONDS
    )
    now()
    type_in(page, "boom")
    expect(status(page)).to_have_text(
        "The translator failed at this (RuntimeError: the dictionary fell <b>down</b>). Run the notebook's cells up to "
        "this figure again, or try another sentence.",
        timeout=SECONDS,
    )
    assert status(page).locator("b").count() == 0
    assert "Traceback" not in page.page.locator("body").inner_text()
    now()
    type_in(page, "mi perro")  # and it lives
    now(typed="mi perro", silenced=[])


@WITH_KERNEL
def test_only_the_newest_question_counts(page, figure, walk):
    now = walk(page, figure)
    start(page, now, 0)
    type_in(page, "slow perro")
    page.page.wait_for_timeout(600)  # until Python is at it
    type_in(page, "mejor gato")
    now(typed="mejor gato")
    type_in(page, "slow gato ?")
    page.page.wait_for_timeout(600)
    type_in(page, "mejor perro")  # the refusal of the question before is not this one's
    now(typed="mejor perro")
    assert status(page).text_content() == ""
    type_in(page, "slow gato")
    page.page.wait_for_timeout(600)
    stored(page, 1)
    now(sentence=1, typed="")
    page.page.wait_for_timeout(2500)  # the answer to the question that nobody asks any more
    now()
    assert status(page).text_content() == ""


CELL = f"""
import sys
sys.path.insert(0, {str(HERE)!r})
import figures, ipywidgets

figure = figures.alignment_explorer(%s)
heard = ipywidgets.Label()
figure.observe(lambda change: setattr(heard, "value", f"Python: {{figure.typed}}, {{figure.silenced}}"), ["silenced"])
button = ipywidgets.Button(description="Set")
button.on_click(lambda button: figure.set_trait("silenced", [0, 2]))
display(figure, heard, button)
"""


@pytest.fixture
def lab(browser, server):
    host = Jupyter("lab", browser, server)
    yield host
    host.context.close()


def test_python_hears_and_sets_what_is_switched_off(lab, figure, walk):
    page = lab.run("silenced", [CELL % ""])
    now = walk(page, figure)
    type_in(page, "mi buen perro")
    now(typed="mi buen perro")
    rows(page, 0).nth(1).click()
    expect(page.page.get_by_text("Python: mi buen perro, [1]")).to_be_visible(timeout=SECONDS)
    page.page.get_by_role("button", name="Set", exact=True).click()
    now(silenced=[0, 2])


def test_without_a_translator(lab, walk):
    page = lab.run("alone", [CELL % "None"])
    now = walk(page, figures.alignment_explorer_alone())
    type_in(page, "mi buen perro")
    expect(status(page)).to_have_text(
        f"A sentence of your own needs a running notebook, and a figure that was given `translate`. {OFFER}"
    )
    now()


def test_a_kernel_that_does_not_answer_in_time_is_told_and_may_answer_yet(lab, figure, walk):
    page = lab.run("late", [CELL % ""])
    now = walk(page, figure)
    type_in(page, "slowest perro")
    expect(status(page)).to_have_text(
        "No answer yet: the notebook's kernel is busy, or none is running; then run the notebook's cells again. "
        + OFFER,
        timeout=10_000,
    )
    now()
    stored(page, 1)  # what is stored works meanwhile
    now(sentence=1)
    type_in(page, "slowest gato")
    expect(status(page)).to_contain_text("No answer yet", timeout=15_000)
    now(sentence=1, typed="slowest gato")
    assert status(page).text_content() == ""
