"""Figures without a browser: what Python sends, draws and refuses."""

import io
import json
import subprocess
import sys
import zlib

import numpy as np
import pytest
import torch
from IPython.display import Image
from PIL import Image as Pillow

from helpers import plotting
from helpers.widgets import pictures
from helpers.widgets.masks import MasksOverImages

VIEW = "application/vnd.jupyter.widget-view+json"


@pytest.fixture
def scene(rng: np.random.Generator) -> dict:
    """An image of 8 by 12 pixels, two maps and a truth, as keyword arguments of MasksOverImages."""
    shape = (8, 12)
    return {
        "image": rng.integers(0, 256, (*shape, 3), dtype=np.uint8),
        "maps": {"coarse": rng.integers(0, 11, shape), "fine": rng.integers(0, 11, shape)},
        "truth": rng.integers(0, 11, shape),
    }


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def unpacked(figure) -> dict[str, np.ndarray]:
    """The arrays as the browser reads them."""
    raw = zlib.decompress(figure.payload)
    return {
        name: np.frombuffer(raw, a["dtype"], int(np.prod(a["shape"])), a["offset"]).reshape(a["shape"])
        for name, a in figure.arrays.items()
    }


def test_the_page_receives_the_very_pixels(scene):
    sent = unpacked(MasksOverImages(**scene))
    np.testing.assert_array_equal(sent["image"], scene["image"])
    np.testing.assert_array_equal(sent["maps"], np.stack([*scene["maps"].values(), scene["truth"]]))
    np.testing.assert_array_equal(sent["palette"], plotting.CLASS_COLOURS)


def test_two_figures_of_one_kind_print_alike_and_without_an_address(scene):
    first, second = MasksOverImages(**scene), MasksOverImages(**scene)
    assert (
        repr(first)
        == repr(second)
        == "MasksOverImages(A scene of 12 by 8 pixels under a map of its classes.)"
    )


def test_a_front_end_without_widgets_finds_a_poster_with_alternative_text(scene):
    figure = MasksOverImages(**scene, alt="Two digits on a lawn.")
    bundle, metadata = figure._repr_mimebundle_()
    assert set(bundle) == {VIEW, "image/png", "text/plain"}
    assert bundle["text/plain"] == repr(figure)
    assert metadata["image/png"]["alt"] == f"Two digits on a lawn. {figure.caption()}"
    poster = Pillow.open(io.BytesIO(bundle["image/png"]))
    assert poster.width == 12 * 27  # the whole number of times that comes nearest to 320 pixels
    assert len(bundle["image/png"]) < 40_000
    still = figure.picture()
    assert isinstance(still, Image)
    assert still.alt == f"Two digits on a lawn. {figure.caption()}"


def test_the_poster_leaves_the_lens_out(scene):
    figure = MasksOverImages(**scene, radius=4)
    poster = figure._repr_mimebundle_()[0]["image/png"]
    assert poster == figure.poster(lens="off") != figure.poster()


def test_the_lens_shows_the_photograph_where_the_mask_was(scene):
    figure = MasksOverImages(**scene)
    picture = figure.render(blend=100, x=3, y=2, radius=2, outlines=False)
    inside = pictures.in_lens((8, 12), 3, 2, 2)
    assert inside.sum() == 13  # the pixels within two steps of the centre, counted by hand
    np.testing.assert_array_equal(picture[inside], scene["image"][inside])
    outside = ~inside & (scene["maps"]["coarse"] > 0)
    np.testing.assert_array_equal(picture[outside], plotting.CLASS_COLOURS[scene["maps"]["coarse"][outside]])


def test_classes_switched_off_are_neither_tinted_nor_outlined(scene):
    figure = MasksOverImages(**scene)
    nothing = figure.render(visible=[True] + [False] * 10, lens="off")
    np.testing.assert_array_equal(nothing, scene["image"])


def test_edges_lie_just_inside_a_shape():
    labels = np.zeros((5, 6), int)
    labels[1:4, 1:5] = 3
    expected = labels == 3
    expected[2, 2:4] = False  # the two pixels that touch neither background nor another class
    np.testing.assert_array_equal(pictures.edges(labels), expected)


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0.00"), (0.125, "0.13"), (0.994, "0.99"), (0.996, "1.00"), (1, "1.00")]
)
def test_two_places_round_half_up(value, text):
    assert pictures.two_places(value) == text


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image": np.zeros((3, 8, 12), np.uint8)}, r"shape \(3, 8, 12\); expected \(H, W, 3\).*permute"),
        (
            {"image": np.ones((8, 12, 3))},
            r"float64; expected uint8.*\(image \* 255\).round\(\).astype\('uint8'\)",
        ),
        ({"image": np.full((8, 12, 3), 9.0)}, r"with image.round\(\).astype\('uint8'\)"),
        ({"image": torch.full((8, 12, 3), 9.0)}, r"with image.round\(\).byte\(\)"),
        ({"image": np.zeros((0, 12, 3), np.uint8)}, r"expected \(H, W, 3\)"),
        ({"maps": {}}, "No label maps were given"),
        ({"maps": {3: np.zeros((8, 12), int)}}, "3 is no name"),
        ({"maps": {"a": np.zeros((4, 6), int)}}, r"'a' has shape \(4, 6\); expected \(8, 12\)"),
        ({"maps": {"a": np.full((8, 12), np.nan)}}, "'a' holds float64; expected whole numbers.*argmax"),
        ({"maps": {"a": np.full((8, 12), 255)}}, "labels from 255 to 255; expected 0 to 10.*void"),
        ({"truth": np.full((8, 12), -1)}, "labels from -1 to -1; expected 0 to 10"),
        ({"class_names": ["background"]}, "1 class names; expected 2 to 12"),
        ({"class_names": ["background", "cat", "cat"]}, "share a name"),
        ({"blend": 200}, "not be greater than 100"),
        ({"choice": "medium"}, "no map 'medium'; choose from coarse, fine, truth"),
        ({"x": 12}, "outside the image; expected 0 to 11"),
        ({"visible": [True]}, "1 flags; expected one for each of 11"),
        ({"truth": None, "lens": "truth"}, "pass truth="),
        ({"blnd": 50}, "no control blnd: choose from choice, blend"),
    ],
)
def test_bad_input_is_refused_in_words(scene, change, message):
    with pytest.raises(ValueError, match=message):
        MasksOverImages(**{**scene, **change})


def test_bad_state_is_refused_as_the_constructor_refuses_it(scene):
    figure = MasksOverImages(**scene)
    with pytest.raises(ValueError, match="no control colour"):
        figure.render(colour=3)
    with pytest.raises(ValueError, match="outside the image"):
        figure.caption(y=8)


def test_importing_the_figures_reads_no_file_and_starts_no_torch():
    check = (
        "import sys, helpers.widgets.masks; from helpers.widgets.base import source; import json;"
        "print(json.dumps([source.cache_info().misses, 'torch' in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [0, False]
