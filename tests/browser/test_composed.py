"""Composed figures by hand: every gesture by mouse, keys and touch, and the contract that each host keeps."""

import compositions
import nbformat
import numpy as np
import pytest
from figure_page import FigurePage
from hosts import HERE, VIEWPORT, Jupyter, stored_notebook
from playwright.sync_api import expect

from helpers import figure as fig
from helpers.plotting import DIGIT_CLASSES
from tools import build_site


def settled(page: FigurePage, figure, **state: object) -> None:
    """The page comes to show what Python says of a state."""
    page.state.update(state)
    expect(page.root.locator(".caption")).to_have_text(figure.shown(**page.state)[1])
    canvases = [part.pixels for part in figure.shown(**page.state)[0] if part.pixels is not None]
    for number, pixels in enumerate(canvases):
        assert np.abs(page.pixels(number).astype(int) - pixels).max() <= 2


def test_masks_by_mouse(plain):
    figure, page = compositions.masks(), plain.open("masks")
    settled(page, figure)
    for place in ((30, 40), (95, 95), (50, 32)):
        page.pointer(*place)
        settled(page, figure, place=list(place))
    for lens in ("plain mask", "truth", "off", "photograph"):
        page.choose("The lens shows", lens)
        settled(page, figure, **{"The lens shows": lens})
    page.set_range("Lens size", 30)
    page.set_range("Blend", 25)
    page.choose("Map", "FCN-8s")
    settled(page, figure, **{"Lens size": 30, "Blend": 25, "Map": "FCN-8s"})
    page.switch("Outlines")
    page.switch("digit 3")
    settled(page, figure, Outlines=False, Classes=[k != 4 for k in range(11)])
    page.root.get_by_role("button", name="Show all").click()
    settled(page, figure, Classes=[True] * 11)
    page.root.get_by_role("button", name="Hide all").click()
    settled(page, figure, Classes=[True] + [False] * 10)


def test_the_legend_tells_which_classes_a_map_lacks(plain):
    figure, page = compositions.upsampled(), plain.open("upsampled")
    legend = figure._controls["Classes"]
    for network, step in (("FCN-32s", 0), ("FCN-32s", 2), ("truth", 0)):
        page.choose("Map", network)
        if network != "truth":
            page.set_range("Training step", step)
        present = figure.look(Map=network, **{"Training step": step})(legend.args["present"])
        lacks = [name for k, name in enumerate(DIGIT_CLASSES) if k and k not in present]
        expect(page.root.locator(".classes [data-absent]")).to_have_text(lacks)


def test_masks_by_keys_and_touch(plain):
    figure, page = compositions.masks(), plain.open("masks")
    page.pointer(48, 48)
    page.press("ArrowRight", "ArrowDown", "Shift+ArrowLeft", "Shift+ArrowUp")
    settled(page, figure, place=[40, 40])
    page.press("+", "+", "-", "]", "]", "]", "]", "[")
    settled(page, figure, **{"Lens size": 18, "Map": "truth"})
    page.slider("Blend").press("Home")
    page.choice("Map", "truth").press("ArrowLeft")
    settled(page, figure, Blend=0, Map="FCN-8s")
    page.tap(20, 33)
    settled(page, figure, place=[20, 33])
    page.swipe((10, 10), (40, 60))
    settled(page, figure, place=[40, 60])


def test_watch_it_learn_by_every_hand(plain):
    figure, page = compositions.watch_it_learn(), plain.open("watch_it_learn")
    step = "Training step"
    page.set_range(step, 3)
    settled(page, figure, **{step: 3})
    page.press("End", "ArrowLeft", "ArrowDown", "ArrowUp", "Shift+ArrowLeft")
    settled(page, figure, **{step: 0})
    page.press("ArrowRight", "]", "[", "Shift+ArrowRight", "ArrowRight")
    settled(page, figure, **{step: 6})
    chart = page.root.locator("svg.chart")
    box = chart.bounding_box()
    chart.click(position={"x": box["width"] * 0.55, "y": 40})
    settled(page, figure, **{step: 4})
    chart.press("ArrowUp")
    settled(page, figure, **{step: 5})
    chart.press("Home")
    page.press(" ")
    expect(page.root.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.root.get_by_role("button", name="Play")).to_be_visible(timeout=15_000)  # it came to the end
    settled(page, figure, **{step: 6})
    page.page.emulate_media(reduced_motion="reduce")
    page.press("Home", " ")
    page.page.wait_for_timeout(800)
    settled(page, figure, **{step: 1})
    page.root.get_by_role("button", name="Next step").click()
    settled(page, figure, **{step: 2})


def test_anatomy_goes_from_step_to_step(plain):
    figure, page = compositions.anatomy(), plain.open("anatomy")
    settled(page, figure)
    page.press("ArrowRight", "ArrowRight")
    settled(page, figure, Step=2)
    page.press("End", "[")
    settled(page, figure, Step=4)
    page.set_range("Step", 1)
    settled(page, figure, Step=1)


def test_tokens_are_chosen_by_click_and_by_keys(plain):
    figure, page = compositions.question(), plain.open("question")
    page.root.get_by_role("radio", name="many").click()
    settled(page, figure, Token="many")
    page.page.keyboard.press("ArrowRight")
    settled(page, figure, Token="discs")
    page.page.keyboard.press("End")
    settled(page, figure, Token="?")
    page.pointer(20, 90, number=1)
    page.press("ArrowRight", "Shift+ArrowUp", number=1)
    settled(page, figure, place=[39.5, 23.5])  # the middle of a cell of the coarse grid
    page.press("]")
    settled(page, figure, System="two glimpses")


def test_ribbons_join_words_and_follow_the_choice(plain):
    figure, page = compositions.aligned(), plain.open("aligned")
    ribbons = page.root.locator(".ribbons path")
    assert ribbons.count() == 9  # of twelve weights those that can be seen
    page.root.get_by_role("radio", name="cat").click()
    settled(page, figure, Word="cat")
    read = "all => all.map((path) => [path.getAttribute('d'), path.getAttribute('stroke-width')])"
    chosen = page.root.locator(".ribbons path[data-chosen]").evaluate_all(read)
    assert [float(width) for _, width in chosen] == pytest.approx([1.2, 10.8])
    tokens = [page.root.get_by_text(word, exact=True).first.bounding_box() for word in ("gato", "cat")]
    left = page.root.locator(".ribbons .stack").bounding_box()["x"]
    x0, x1 = float(chosen[1][0].split()[0][1:]), float(chosen[1][0].split()[-2])
    middles = [box["x"] + box["width"] / 2 - left for box in tokens]
    assert [x0, x1] == pytest.approx(middles, abs=1)
    page.press("ArrowDown", number=0)  # the matrix's rows are the same words
    page.root.get_by_role("checkbox", name="gato").click()
    settled(page, figure, **{"Word": "is", "Switched off": [True, False, True]})


def test_a_slider_that_plays_leaves_its_keys_to_a_control_that_names_them(plain):
    """Both took [ and ], and the choice could not be moved by the keys that the figure names for it."""
    t, model = fig.Slider("Stroke", 4, play=True), fig.Choice("Model", ["one", "other"], keys="[]")
    values = fig.array(np.arange(32).reshape(2, 4, 2, 2) / 32)[model, t]
    stage = fig.Stage(fig.Heat(values), title="Weights")
    figure = fig.Figure(stage, also=(t, model), caption="{Model}, stroke {Stroke}.", alt="Two models.")
    page = plain.put("keys", figure)
    page.press("]")
    settled(page, figure, Model=1)
    page.press("ArrowRight")
    settled(page, figure, Stroke=1)
    told = page.root.locator(".keys").text_content()
    assert "[ and ] change Model" in told and "change Stroke" not in told


@pytest.mark.parametrize("width", [320, 400])
def test_a_matrix_with_row_names_shrinks_with_its_page(plain, width):
    """Beside names the picture kept its whole width, and stood out of a narrow page."""
    rows = [f"{k} stroke of a long word" for k in range(9)]
    matrix = fig.Matrix(np.eye(9), rows, list("abcdefghi"), numbers=".0f")
    page = plain.put("narrow", fig.Figure(matrix, caption="Ones.", alt="A diagonal with names."))
    page.page.set_viewport_size({"width": width, "height": 900})
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width
    picture = page.canvas().bounding_box()
    assert 120 < picture["width"] < 300
    assert picture["x"] + picture["width"] <= width
    for k, name in enumerate(page.root.locator(".row-names span").all()):
        box = name.bounding_box()
        assert box["x"] + box["width"] <= picture["x"]
        middle = picture["y"] + (k + 0.5) * picture["height"] / 9
        assert box["y"] + box["height"] / 2 == pytest.approx(middle, abs=1)


def test_titles_of_tiles_are_no_wider_than_their_picture(plain):
    """A long word widened its row, and the titles stood beside the tiles they name."""
    tiles = fig.Row(fig.Each(2), fig.Image(np.zeros((4, 4), np.uint8)), titles=["a" * 40, "b"], side=120)
    page = plain.put("titles", fig.Figure(tiles, caption="Black.", alt="Two tiles."))
    titles, picture = (page.root.locator(each).bounding_box() for each in (".tile-titles", ".picture"))
    assert (titles["x"], titles["width"]) == (picture["x"], picture["width"])


def test_a_pads_button_is_clear_of_the_ring_that_shows_the_focus(plain):
    page = plain.open("morse_key")
    canvas, button = page.canvas().bounding_box(), page.root.get_by_role("button").bounding_box()
    assert button["y"] - canvas["y"] - canvas["height"] > 5  # a ring of 3 pixels, 2 away


def test_where_no_kernel_is_a_question_is_refused_in_words(plain):
    page = plain.open("asking")
    expect(page.root.locator(".status")).to_have_text(
        "A word of your own needs a running notebook: open it in Jupyter and run its cells."
    )
    assert page.caption() == "It says QUIET."


KERNEL = f"""
import sys
sys.path.insert(0, {str(HERE)!r})
import compositions, ipywidgets

figure = compositions.masks()
heard = ipywidgets.Label()
figure.observe(lambda change: setattr(heard, "value", f"Python: {{figure['place']}}, {{figure['Map']}}"), "state")
button = ipywidgets.Button(description="Half")
button.on_click(lambda button: figure.__setitem__("Blend", 50))
display(figure, figure, heard, button, compositions.asking())
"""


@pytest.mark.parametrize("name", ["lab", "notebook"])
def test_a_host_keeps_the_contract(name, browser, server):
    """Keys stay with the figure, Python hears and is heard, two views agree, and an answer comes."""
    host = Jupyter(name, browser, server)
    page = host.run(f"contract-{name}", [KERNEL])
    figure = compositions.masks()
    page.pointer(30, 40)
    page.press("ArrowRight", "]")
    settled(page, figure, place=[32, 40], Map="FCN-16s")
    expect(page.page.get_by_text("Python: [32, 40], 1")).to_be_visible(timeout=30_000)
    page.page.get_by_role("button", name="Half").click()
    expect(page.root.locator(".caption")).to_have_text(
        figure.shown(**page.state, Blend=50)[1], timeout=30_000
    )
    expect(page.page.locator(".composed .caption").nth(1)).to_have_text(page.caption(), timeout=30_000)
    asking = page.page.locator(".composed").nth(2)
    field = asking.get_by_role("textbox")
    for word, said in (("loud", "It says LOUD."), ("b2", "It says LOUD.")):
        field.fill(word)
        field.press("Enter")
        expect(asking).to_have_attribute("aria-busy", "true")
        expect(asking).to_have_attribute("aria-busy", "false", timeout=30_000)
        expect(asking.locator(".caption")).to_have_text(said)
    expect(asking.locator(".status")).to_have_text("A word has letters only; take another.")
    host.context.close()


@pytest.mark.parametrize("name", ["lab", "notebook"])
def test_the_next_day_every_figure_is_there(name, browser, server):
    """Run, save, close, restart the kernel, reopen: the figure is drawn before any cell has run, and answers."""
    host = Jupyter(name, browser, server)
    source = f"import sys\nsys.path.insert(0, {str(HERE)!r})\nimport compositions\n\ncompositions.masks()"
    page = host.run(f"day-{name}", [source])
    page.press("]")
    page.page.wait_for_timeout(1000)  # the hand rests, and Python has heard of it
    page.page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    path = server.folder / f"day-{name}.ipynb"
    for _ in range(100):
        saved = nbformat.read(path, as_version=4)
        if "widgets" in saved.metadata:
            break
        page.page.wait_for_timeout(100)
    assert "widgets" in saved.metadata, "the host did not store the figures' state with the notebook"
    page.page.close()
    server.end_kernels()
    again = host.reopen(f"day-{name}")
    figure = compositions.masks()
    settled(again, figure, Map="FCN-16s")
    again.pointer(20, 60)
    settled(again, figure, place=[20, 60])
    host.context.close()


def test_it_stands_in_no_ones_way(browser, tmp_path):
    """A stored page asks no host for anything, complains of nothing, and is no wider than its place."""
    path = tmp_path / "page.html"
    path.write_text(build_site.page_of(stored_notebook(compositions.masks()), "page"), encoding="utf-8")
    page = browser.new_page(viewport=VIEWPORT)
    requests, complaints = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri())
    page.locator(".composed .caption:not(:empty)").wait_for()
    assert (requests, complaints) == ([page.url], [])
    for width in (320, 700, 1400):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_pad_box_matrix_and_tiles_answer_the_hand(plain):
    figure, page = compositions.hands(), plain.open("hands")
    settled(page, figure)
    page.press("Space", "ArrowRight", "ArrowDown", "Space", "ArrowDown")
    stroke = [[14.5, 14.5], [15.5, 14.5], [15.5, 15.5]]
    page.state["strokes"] = [stroke]
    assert page.caption() == figure.shown(**page.state)[1]
    page.press("Delete")
    settled(page, figure, strokes=[])
    boxes = figure.look()(figure._controls["box"].args["boxes"]).tolist()
    page.press("ArrowRight", number=1)
    settled(page, figure, box=boxes.index([30, 20, 20, 20]))
    page.press("+", number=1)
    settled(page, figure, box=boxes.index([30, 20, 30, 30]))
    page.press("-", "ArrowUp", number=1)
    settled(page, figure, box=boxes.index([30, 10, 20, 20]))
    canvas = page.canvas(1).bounding_box()
    pixel = canvas["width"] / 96
    mouse = page.page.mouse
    mouse.move(canvas["x"] + 40 * pixel, canvas["y"] + 20 * pixel)
    mouse.down()
    mouse.move(canvas["x"] + 21 * pixel, canvas["y"] + 41 * pixel)
    mouse.up()
    settled(page, figure, box=boxes.index([10, 30, 20, 20]))
    page.press("ArrowDown", "Shift+ArrowRight", number=2)
    settled(page, figure, Cell=[1, 3])
    page.click(1, 2, number=2)
    settled(page, figure, Cell=[2, 1])
    page.press("End", "ArrowLeft", number=3)
    settled(page, figure, Tile="b")
    page.click(200, 40, number=3)
    settled(page, figure, Tile="c")
    page.set_range("Step", 3)
    settled(page, figure, Step=3)
    page.swipe((4, 4), (20, 20))
    assert page.caption().startswith("1 strokes")
    page.root.get_by_role("button", name="Wipe the pad").click()
    settled(page, figure, strokes=[])


def test_a_box_is_dragged_and_sized_by_a_finger(plain):
    figure, page = compositions.hands(), plain.open("hands")
    boxes = figure.look()(figure._controls["box"].args["boxes"]).tolist()
    assert figure.look()(figure._controls["box"].box).tolist() == [20, 20, 20, 20]
    page.swipe((30, 30), (50, 20), number=1)
    settled(page, figure, box=boxes.index([40, 10, 20, 20]))
    page.swipe((59, 29), (69, 39), number=1)  # by its lower right corner
    settled(page, figure, box=boxes.index([40, 10, 30, 30]))
    page.swipe((55, 25), (15, 35), number=1)
    settled(page, figure, box=boxes.index([0, 20, 30, 30]))


def test_a_curve_has_the_colour_of_its_name(plain):
    page = plain.open("watch_it_learn")
    colour = page.root.locator(".key i").first.evaluate("node => getComputedStyle(node).backgroundColor")
    expect(page.root.locator(".chart polyline").first).to_have_css("stroke", colour)


@pytest.mark.parametrize(("columns", "mode"), [(["1", "22"], "horizontal-tb"), (["a", "new"], "vertical-rl")])
def test_short_names_of_columns_stand_upright(plain, columns, mode):
    figure = fig.Figure(fig.Matrix(np.eye(2), ["a", "b"], columns), caption="Ones.", alt="A diagonal.")
    page = plain.put("upright", figure)
    expect(page.root.locator(".column-names span").first).to_have_css("writing-mode", mode)
