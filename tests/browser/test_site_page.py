"""A page without a kernel, opened in a browser from a file."""

import compositions
import nbformat
import pytest
from hosts import VIEWPORT, stored_notebook
from playwright.sync_api import expect

from tools import build_site, tidy

TABLE = "| " + " | ".join(["backpropagation"] * 6) + " |\n" + "|---" * 6 + "|"
LESSON = f"# A lesson\n\n$$E = mc^2$$\n\nInline $x_i$.\n\n{TABLE}"


@pytest.fixture
def opened(browser, tmp_path):
    """The page of a small lesson with two figures, every request that it made, and every complaint."""
    notebook = stored_notebook(compositions.masks())
    notebook.cells.insert(0, nbformat.v4.new_markdown_cell(LESSON))
    path = tmp_path / "lesson.html"
    path.write_text(build_site.page_of(notebook, "lesson"), encoding="utf-8")
    context = browser.new_context(viewport=VIEWPORT, offline=True)
    page = context.new_page()
    requests, complaints = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri())
    page.locator(".caption:not(:empty)").wait_for()
    yield page, requests, complaints
    context.close()


def test_it_asks_nobody_and_complains_of_nothing(opened):
    page, requests, complaints = opened
    page.wait_for_timeout(500)
    assert requests == [page.url]
    assert page.url.startswith("file://")
    assert complaints == []


def test_a_figure_that_is_taken_away_complains_of_nothing(opened):
    """JupyterLab takes cells away that are scrolled out of sight, and what lies behind them is then unknown."""
    page, _, complaints = opened
    page.locator("figure.live").evaluate("each => each.remove()")
    page.wait_for_timeout(300)
    assert complaints == []


def test_the_figure_replaces_its_poster(opened):
    page, _, _ = opened
    assert page.locator("figure.live canvas").count() == 1
    assert page.locator("figure.live img").count() == 0


def test_equations_are_drawn(opened):
    page, _, _ = opened
    formulas = page.locator("math")
    assert formulas.count() == 2
    assert formulas.first.bounding_box()["height"] > 10


def test_a_wide_table_scrolls_by_itself_and_not_the_page(opened):
    page, _, _ = opened
    page.set_viewport_size({"width": 360, "height": 640})
    seen, needed = page.locator("table").evaluate("each => [each.clientWidth, each.scrollWidth]")
    assert needed > seen
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_without_scripts_the_poster_stays(browser, opened):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(opened[0].url)
    poster = page.locator("figure.live img")
    assert poster.get_attribute("alt").startswith("A portrait under three discs.")
    assert poster.bounding_box()["width"] > 200
    context.close()


def test_figures_on_one_page_keep_their_choices_apart(browser, tmp_path):
    """Each figure brings a script of its own, which once named its groups of radio buttons as the others did."""
    notebook, other = map(stored_notebook, (compositions.hands(), compositions.stamp_stepper()))
    notebook.cells += other.cells[1:]
    notebook.metadata["widgets"][tidy.WIDGET_STATE]["state"] |= other.metadata["widgets"][tidy.WIDGET_STATE][
        "state"
    ]
    path = tmp_path / "two.html"
    path.write_text(build_site.page_of(notebook, "two"), encoding="utf-8")
    page = browser.new_page()
    page.goto(path.as_uri())
    expect(page.locator(".caption:not(:empty)")).to_have_count(2)
    groups = page.locator(".tokens:has(> label > [type=radio])")
    chosen = [group.locator(":checked").count() for group in groups.all()]
    names = page.evaluate("[...document.querySelectorAll('.composed [id]')].map((each) => each.id)")
    page.close()
    assert len(chosen) > 1 and set(chosen) == {1} and len(set(names)) == len(names)
