"""What the hand does reaches Python when it rests, and what Python sets reaches the page."""

import figures
import pytest
from hosts import HERE, Jupyter
from playwright.sync_api import expect

CELL = f"""
import sys
sys.path.insert(0, {str(HERE)!r})
import figures, ipywidgets

figure = figures.masks()
heard = ipywidgets.Label()
figure.observe(lambda change: setattr(heard, "value", f"Python: x = {{figure.x}}, {{figure.choice}}"), ["x", "choice"])
button = ipywidgets.Button(description="Half")
button.on_click(lambda button: setattr(figure, "blend", 50))
display(figure, heard, button)
"""


@pytest.fixture(scope="module")
def page(browser, server):
    host = Jupyter("lab", browser, server)
    yield host.run("heard", [CELL])
    host.context.close()


def test_python_hears_where_the_hand_came_to_rest(page):
    page.pointer(30, 40)
    page.pointer(33, 41)
    expect(page.page.get_by_text("Python: x = 33, FCN-32s")).to_be_visible(timeout=30_000)
    page.choose("Map", "FCN-8s")
    expect(page.page.get_by_text("Python: x = 33, FCN-8s")).to_be_visible(timeout=30_000)


def test_the_page_follows_python(page):
    page.page.get_by_role("button", name="Half").click()
    page.state.update(x=33, y=41, choice="FCN-8s", blend=50)
    page.shows(figures.masks(), **page.state)


def test_two_views_of_one_figure_move_together(browser, server):
    host = Jupyter("lab", browser, server)
    page = host.run("twice", [CELL.replace("display(figure,", "display(figure, figure,")])
    page.pointer(60, 66)
    expect(page.page.locator(".course-figure .caption")).to_have_text([page.caption()] * 2, timeout=30_000)
    host.context.close()
