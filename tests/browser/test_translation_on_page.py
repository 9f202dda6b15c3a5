"""Lesson 07's figures on the page: every hand, and what only Python can answer."""

import compositions
from hosts import HERE, Jupyter
from playwright.sync_api import expect
from test_composed import settled

FIRST = "“my” attends most to “mi” (88%). The score is −0.13."


def token(page, name: str, role: str = "checkbox"):
    return page.root.locator(".tokens").get_by_role(role, name=name, exact=True)


def test_words_are_chosen_and_switched_off_without_a_kernel(plain):
    figure, page = compositions.alignment_explorer(), plain.open("alignment_explorer")
    settled(page, figure)
    assert page.caption() == FIRST
    token(page, "cat", "radio").click()
    settled(page, figure, Word=1)
    page.page.keyboard.press("End")
    settled(page, figure, Word=4)
    token(page, "gato").click()
    settled(page, figure, Words=[True, False, True, True, True])
    assert (
        "Switched off: gato. Compared with the plain translation, it has “something” and it lacks “cat”."
        in (page.caption())
    )
    page.choose("Candidate of the beam", "(nothing)")
    settled(page, figure, **{"Candidate of the beam": 2})
    page.choose("Sentence", "ayer mi perro es mejor")
    settled(page, figure, **{"Sentence": 1, "Words": [], "Candidate of the beam": 0, "Word": 0})
    canvas = page.root.locator("canvas").first
    box = canvas.bounding_box()
    canvas.click(position={"x": 5, "y": box["height"] - 4})  # the matrix's last row
    settled(page, figure, Word=4)
    assert page.caption().startswith("“yesterday” attends most to “ayer”")
    token(page, "mi").click()
    token(page, "es").click()
    expect(page.root.locator(".status")).to_contain_text("needs a running notebook")


def test_ribbons_join_the_words_that_are_weighed(plain):
    page = plain.open("alignment_explorer")
    ribbons = page.root.locator(".ribbons path")
    assert ribbons.count() == 25  # five words, each of which looks a little at all five
    token(page, "cat", "radio").click()
    chosen = page.root.locator(".ribbons path[data-chosen]")
    widths = [float(each.get_attribute("stroke-width")) for each in chosen.all()]
    assert len(widths) == 5 and widths.index(max(widths)) == 1 and max(widths) > 10 * min(widths)
    token(page, "gato").click()  # off: nothing looks at it
    assert ribbons.count() == 20


def test_lengths_by_mouse_and_keys(plain):
    figure, page = compositions.by_length(), plain.open("by_length")
    settled(page, figure)
    page.set_range("Example", 1)
    settled(page, figure, Example=1)
    assert page.root.locator(".token[data-marked]").all_text_contents() == ["yesterday"]
    page.set_range("Length", 2)
    settled(page, figure, Length=2)
    page.root.locator("svg.chart").press("ArrowLeft")
    settled(page, figure, Length=1)
    assert page.caption() == "Sources of 6-10 words (30 of them). BLEU: attention 88.0, no attention –."


def test_a_kernel_answers_for_own_sentences_and_several_words(browser, server):
    host = Jupyter("lab", browser, server)
    source = f"import sys\nsys.path.insert(0, {str(HERE)!r})\nimport compositions\n\ncompositions.alignment_explorer()"
    page = host.run("own-sentence", [source])
    field, caption = page.root.get_by_role("textbox"), page.root.locator(".caption")
    for text, told in (
        (
            "el tigre",
            "“the” attends most to “el” (88%). The score is −0.13. Unknown to the translator: tigre.",
        ),
        (
            "¿el gato?",
            "“the” attends most to “el” (88%). The score is −0.13. Unknown to the translator: tigre.",
        ),
    ):
        field.fill(text)
        field.press("Enter")
        expect(page.root).to_have_attribute("aria-busy", "false", timeout=30_000)
        expect(caption).to_have_text(told, timeout=30_000)
    expect(page.root.locator(".status")).to_have_text("This translator takes no questions. Type a statement.")
    page.choose("Sentence", "el gato")
    token(page, "el").click()
    token(page, "gato").click()
    expect(caption).to_contain_text("Switched off: el, gato.", timeout=30_000)
    host.context.close()
