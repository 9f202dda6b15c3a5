"""Composing: numbers are written by one rule, what a learner has is taken, and the rest is refused in words."""

import io
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image

from helpers import figure as fig
from helpers import plotting
from helpers.fcn.figures import masks_over_images
from helpers.figure import composed, taking
from helpers.figure.symbols import written
from helpers.spatial_transformer.figures import watch_it_learn

ROOT = Path(__file__).resolve().parent.parent
SCENE = np.zeros((6, 8, 3), np.uint8)
MAP = np.tile(np.arange(8), (6, 1))


@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [
        (0.125, ".2f", "0.13"),  # Python's own rule says 0.12, JavaScript's 0.13
        (-0.125, ".2f", "−0.13"),
        (-0.004, ".2f", "0.00"),
        (2.5, ".0f", "3"),
        (0.005, ".0%", "1%"),
        (0.35, "+.1f", "+0.4"),
        (3.0, "", "3"),
        (3.14159, "", "3.14"),
        (float("nan"), ".2f", "–"),
        (None, "", "–"),
        ([1, 2.5], "", "1, 2.50"),
    ],
)
def test_numbers_are_written_by_one_rule(value, spec, text):
    assert written(value, spec) == text


def test_picks_nest_clamp_and_take_rows_of_unequal_length():
    t, word = fig.Slider("t", 3), fig.Choice("word", fig.names([["a", "b"], ["c"], []])[0])
    words = fig.names([["a", "b"], ["c"], []])
    weights = fig.array([[[1, 2], [3, 4]], [[5]], [[6, 7, 8]]])
    order = fig.array([2, 0, 1])
    look = fig.Figure(fig.Words(t, word), caption="", alt="Picks.").look(t=1, word=1)
    assert look(words[t]) == ["c"]
    assert look(words[t, word]) == "c"  # beyond the end: the last
    assert look(words[2, 0]) is None
    assert look(weights[t, 0, 0]) == 5
    assert look(weights[order[t], 1]).tolist() == [3, 4]
    assert look(fig.choose(t, "no", "yes")) == "yes"
    assert look(fig.text("{word}: {share:.0%}", word=words[t, 0], share=0.25)) == "c: 25%"


def test_rows_unequal_further_in_stay_lists():
    t, short, long = fig.Slider("t", 2), [[1, 2], [3, 4]], [[5, 6, 7], [8, 9, 10]]
    look = fig.Figure(fig.Words(t), caption="", alt="Picks.").look(t=1)
    assert look(fig.array([short, long])[t, 0]).tolist() == [
        5,
        6,
        7,
    ]  # two lists of two: only deeper they differ
    assert look(fig.array([[short[0], long[0]], [short[1], long[1]]])[t, 1, 2]) == 10
    learned = [[torch.ones(2, requires_grad=True)], [torch.ones(2), torch.full((2,), 7.0)]]
    assert look(fig.array(learned)[t, 1]).tolist() == [7, 7]


def test_the_poster_draws_the_weights_of_words():
    words, bright = ["the", "cat", "the"], np.array([[1.0, 0, 0], [0, 0, 1.0]])
    t, word = fig.Slider("t", 2), fig.Choice("word", fig.names(words), first=2)
    tokens = fig.Tokens(words, word, weights=fig.array(bright)[t], notes=["", "noun", ""])
    figure = fig.Figure(tokens, caption="", alt="Words.")
    posters = [Image.open(io.BytesIO(figure.poster(t=k))).convert("RGB") for k in (0, 1)]
    difference = np.abs(np.subtract(*np.array(posters, int))).sum(-1)
    columns = np.unique((difference > 90).nonzero()[1])  # each poster has a palette of its own
    assert columns.min() < 20  # the first word's bar went, the third's came, and the second word had none
    assert (np.diff(columns) > 30).sum() == 1


def test_the_poster_draws_a_wave_under_marked_words_alone():
    t = fig.Slider("t", 2)
    tokens = fig.Tokens(["yesterday", "he", "ate"], marked=fig.array([[0, 0, 0], [1, 0, 0]])[t])
    figure = fig.Figure(tokens, caption="", alt="Words.")
    plain, marked = (np.asarray(Image.open(io.BytesIO(figure.poster(t=k))).convert("L"), int) for k in (0, 1))
    columns = np.unique((abs(plain - marked) > 60).nonzero()[1])
    assert len(columns) > 30 and columns.max() < 100  # under the first word, not under the others


def test_the_poster_strikes_out_a_word_that_is_off():
    off = fig.Switches("Words", ["llllllll", "on"])
    figure = fig.Figure(fig.Tokens(["llllllll", "on"], off=off), caption="", alt="Words.")
    dark = []
    for flags in ([True, True], [False, True]):
        greys = np.asarray(Image.open(io.BytesIO(figure.poster(Words=flags))).convert("L"))
        dark.append(int((greys[:, 16:40] < 150).all(axis=1).sum()))  # rows that are dark all along the word
    assert dark[0] == 0 < dark[1]


def test_long_names_stand_whole_beside_a_matrix_of_a_poster():
    matrix = fig.Matrix(np.eye(3), ["an uncommon name"] * 3, ["another one that is long"] * 3)
    poster = fig.Figure(matrix, caption="", alt="A matrix.").poster()
    greys = np.asarray(Image.open(io.BytesIO(poster)).convert("L"))
    assert greys[:, :3].min() > 200 and greys[-6:].min() > 200


def test_no_line_of_a_poster_s_caption_runs_over_its_edge():
    caption = "Row 35.07 and column 45.33 weigh 0.62 above and 0.05 below, together 138.4 of 255. " * 4
    poster = fig.Figure(fig.Words("A"), caption=caption, alt="Words.").poster()
    assert np.asarray(Image.open(io.BytesIO(poster)).convert("L"))[:, -6:].min() > 200


@pytest.mark.parametrize("compute", [lambda t: t + 1, lambda t: 2 * t, lambda t: list(t)])
def test_symbols_refuse_what_they_are_not(compute):
    with pytest.raises(TypeError, match=r"fig\.array\(\w+\)\[t\]"):
        compute(fig.Slider("t", 3))


def test_a_figure_takes_what_a_learner_has():
    image = torch.rand(3, 6, 8, dtype=torch.bfloat16, requires_grad=True).permute(1, 2, 0)
    maps = {"view": torch.as_tensor(MAP).T.T[:, :], "floats": torch.as_tensor(MAP).float().requires_grad_()}
    figure = masks_over_images(image, maps, truth=torch.as_tensor(MAP, dtype=torch.int16).t().t())
    expected = np.floor(image.detach().float().numpy() * 255 + 0.5)
    shown = figure.shown(**{"The lens shows": "off", "Blend": 0, "Outlines": False})[0][0].pixels
    assert np.abs(shown - expected).max() <= 1
    scores = [torch.rand(2, 3, requires_grad=True) for _ in range(4)]
    assert taking.numbers(scores).shape == (4, 2, 3)
    assert taking.numbers(np.array([True, False])).dtype == np.uint8


@pytest.mark.parametrize("size", [(3000, 4), (4, 3000), (1500, 2000), (1, 1)])
def test_extreme_sizes_stay_small(size):
    rng = np.random.default_rng(0)
    image = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    figure = masks_over_images(image, {"one": rng.integers(0, 11, size)})
    pixels = figure.shown()[0][0].pixels
    assert pixels.shape[0] * pixels.shape[1] <= taking.MOST_PIXELS
    assert len(figure.payload) < 1_000_000


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"image": np.zeros((3, 6, 8))}, r"image\.permute\(1, 2, 0\)"),
        ({"image": np.full((6, 8, 3), -1.0)}, "Undo its normalisation"),
        ({"maps": {"one": np.zeros((11, 6, 8))}}, r"scores\.argmax\(0\)"),
        ({"maps": {"one": MAP + 200}}, r"labels\.where\(labels < 11, 0\)"),
        ({"maps": {"truth": MAP}}, "Two maps are called 'truth'"),
        ({"maps": {}, "truth": None}, "need names"),
        ({"maps": {"one": MAP % 2}, "truth": None, "class_names": ["sky"] * 2}, "called 'sky'"),
    ],
)
def test_masks_refuse_in_words(change, words):
    given = {"image": SCENE, "maps": {"one": MAP}, "truth": MAP} | change
    with pytest.raises(ValueError, match=words):
        masks_over_images(**given)


def test_the_advice_works():
    first = torch.rand(3, 6, 8)
    with pytest.raises(ValueError, match=r"image\.permute\(1, 2, 0\)"):
        masks_over_images(first, {"one": MAP})
    masks_over_images(first.permute(1, 2, 0), {"one": MAP})
    labels = torch.as_tensor(MAP + 5)
    with pytest.raises(ValueError, match=r"labels\.where\(labels < 11, 0\)"):
        masks_over_images(SCENE, {"one": labels})
    masks_over_images(SCENE, {"one": labels.where(labels < 11, 0)})


def test_runs_that_cannot_be_compared_are_refused():
    digits = np.zeros((2, 28, 28))
    run = {0: digits, 100: digits}
    with pytest.raises(ValueError, match="only equal steps can be compared"):
        watch_it_learn(digits, {"one": run, "two": {0: digits}}, low=0, high=1)
    with pytest.raises(ValueError, match=r"pictures\[:, 0\]"):
        watch_it_learn(digits[:, None], {"one": run}, low=0, high=1)
    with pytest.raises(ValueError, match="expected low below high"):
        watch_it_learn(digits, {"one": run}, low=1, high=1)


def compose(*controls: fig.Symbol, caption: str = "", **values: object) -> fig.Figure:
    return fig.Figure(fig.Stage(fig.Image(SCENE)), also=controls, caption=caption, alt="Black.", **values)


def test_compositions_are_refused_in_words():
    with pytest.raises(ValueError, match="Two controls are called 't'"):
        compose(fig.Slider("t", 3), fig.Slider("t", 3))
    with pytest.raises(ValueError, match=r"'t' and 'u' take the same keys"):
        compose(fig.Slider("t", 3, keys="-+"), fig.Slider("u", 3, keys="+*"))
    with pytest.raises(ValueError, match=r"asks for \{iou\}; there are t\. Give it by name: iou="):
        compose(caption="{iou}", t=1)
    with pytest.raises(ValueError, match="write .2f"):
        compose(caption="{x:>3}", x=1)
    with pytest.raises(ValueError, match="alternative text"):
        fig.Figure(fig.Words("a"), caption="", alt=" ")
    with pytest.raises(ValueError, match="must be a picture"):
        fig.Figure(fig.Stage(fig.Box([0, 0, 1, 1])), caption="", alt="A box on nothing.")
    with pytest.raises(ValueError, match="3 values and 2 labels"):
        fig.Slider("t", 3, labels=["a", "b"])
    with pytest.raises(ValueError, match="at least one picture"):
        fig.Row(fig.Each(0), fig.Image(SCENE))
    with pytest.raises(ValueError, match="expected uint8"):
        fig.Image(fig.array(np.random.default_rng(0).random((2, 6, 8)))[fig.Slider("t", 2)])
    with pytest.raises(ValueError, match="'a' has 3 numbers for 2 places of x"):
        fig.Figure(fig.Lines({"a": [1, 2, 3]}, x=[0, 1]), caption="", alt="A curve.")
    with pytest.raises(ValueError, match="'Map' cannot be 'c'; expected one of a, b"):
        fig.Choice("Map", ["a", "b"]).on("c")
    with pytest.raises(ValueError, match="'t' cannot be True; expected a whole number, 0 to 1"):
        fig.Slider("t", 2, first=True)
    with pytest.raises(ValueError, match="'slider' is named like a kind of control"):
        t = fig.Slider("t", 2)
        lab = fig.Lab(None, "slider", lambda t: t, t=t)
        fig.Figure(fig.Words(lab), caption="{t}", alt="A lab.", t=t)
    with pytest.raises(ValueError, match="at least one layer"):
        fig.Stage(when=0)
    with pytest.raises(ValueError, match="5 numbers for 3 places"):
        curve = fig.Lines({"a": fig.array([[0, 1, 2, 3, 4]])[fig.Slider("t", 1)]}, x=[1, 2, 3])
        fig.Figure(curve, caption="", alt="A curve.")
    with pytest.raises(ValueError, match="change with the state"):
        fig.Choice("word", fig.names([["a"], ["b"]])[fig.Slider("t", 2)]).on("a")
    with pytest.raises(ValueError, match="at most 1.5 fit on a page"):
        fig.Figure(
            fig.Words(fig.array(np.random.default_rng(0).random((500, 1000)))[0, 0]), caption="", alt="Noise."
        )


def test_a_lab_s_file_must_not_bear_the_name_of_a_script_of_the_kit():
    """Its constant would be declared twice, and the page would stay empty."""
    with pytest.raises(ValueError, match="Two scripts are called 'words'"):
        composed.module([Path("lesson/words.js")])
    with pytest.raises(ValueError, match="Two scripts are called 'own'"):
        composed.module([Path("lesson/own.js")])


def test_a_lesson_s_own_control_brings_its_script_and_answers_where_it_is_given_to():
    class Dial(fig.Slider):
        """A slider of a look of its own."""

        script = Path(__file__).parent / "browser" / "lab_sums.js"

    on, beside = Dial("On", 3), Dial("Beside", 3)
    stage = fig.Stage(fig.Image(SCENE), pointer=on)
    figure = fig.Figure(stage, caption="{On}, {Beside}.", alt="A scene.", also=(beside,))
    assert figure._esm.count("const lab_sums = ") == 1
    assert figure.spec["panel"] == ["Beside"]
    dials = [each for each in figure.spec["nodes"] if each["kind"] == "dial"]
    assert [each["like"] for each in dials] == ["slider"] * 2


def test_the_state_is_read_set_and_refused_by_name():
    t, which = fig.Slider("Step", 4, labels=[0, 10, 20, 30]), fig.Choice("Map", ["a", "b"])
    figure = compose(t, which, caption="{Step}, {Map}.")
    figure["Map"] = "b"
    assert figure["Map"] == 1
    assert figure.shown(Step=3)[1] == "30, b."
    for name, value, words in (
        ("Step", 4, "0 to 3"),
        ("Map", "c", "one of a, b"),
        ("Pass", 1, "choose from Step, Map"),
    ):
        with pytest.raises(ValueError, match=words):
            figure[name] = value


def test_the_poster_is_wide_enough_and_tells_the_state():
    figure = masks_over_images(SCENE, {"one": MAP}, alt="Stripes.")
    bundle, metadata = figure._repr_mimebundle_()
    assert int.from_bytes(bundle["image/png"][16:20], "big") == 640  # the width in a PNG's header
    assert metadata["image/png"]["alt"].startswith("Stripes. one, blend 60%.")
    assert len(bundle["image/png"]) < 80_000


def test_a_poster_that_is_smaller_than_its_picture_leaves_no_line_out():
    """Of black and white lines in turn, a smaller picture is grey; with pixels left out, it is black or white."""
    lines = np.zeros((1280, 1280), np.uint8)
    lines[::2] = 255
    poster = fig.Figure(fig.Stage(fig.Image(lines), side=1280), caption="", alt="Lines.").poster()
    greys = np.asarray(Image.open(io.BytesIO(poster)).convert("L"), int)
    assert (abs(greys - 128) < 60).mean() > 0.5


@pytest.mark.filterwarnings("error")
def test_a_poster_looks_alike_whatever_style_the_notebook_has_set():
    """The course's own has a line style for each curve, and lays pictures out by itself."""
    curves = fig.Lines({"one": [1, 2], "two": [2, 1]}, mark=fig.Slider("t", 2))
    figure = fig.Figure(fig.Stage(fig.Image(SCENE)), curves, caption="Curves.", alt="Curves.")
    with plt.style.context(plotting.STYLE):
        styled = figure.poster()
    assert styled == figure.poster()


def test_the_package_ships_the_setting_that_stores_figures_with_a_notebook():
    wheel = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    ((ours, theirs),) = wheel["shared-data"].items()
    assert theirs.startswith("share/jupyter/lab/settings/overrides.d/")
    assert json.loads((ROOT / ours).read_text()) == {
        "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True}
    }


def test_importing_the_kit_reads_no_file_and_starts_no_torch():
    check = (
        "import sys, json, helpers.fcn.figures; from helpers.figure.composed import source;"
        "print(json.dumps([source.cache_info().misses, 'torch' in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [0, False]


def test_texts_of_frames_at_one_place_stand_below_one_another():
    """The scores of two detections of one thing were written over each other."""
    frames = [[1, 1, 4, 3], [1, 1, 4, 3], [2, 1, 4, 3], [6, 1, 4, 3]]
    stage = fig.Stage(fig.Image(SCENE), fig.Box(frames, list("abcd")))
    (part,), _ = fig.Figure(stage, caption="", alt="Four frames.").shown()
    places = {text: place for kind, place, text in part.shapes if kind == "text"}
    assert places == {"a": [1, 1], "b": [1, 2], "c": [2, 3], "d": [6, 1]}


def test_a_curve_of_hardly_any_height_is_drawn_all_the_same():
    """The inverse of so small a height is beyond what a number holds, and the curve was left out of the poster."""
    figure = fig.Figure(fig.Lines({"a": [0.0, 5e-324, 0.0]}), caption="", alt="A curve.")
    (part,), _ = figure.shown()
    assert [kind for kind, *_ in part.shapes] == ["polyline"]
