"""Lesson 03's figures say what their arrays hold, in every state that a hand can reach."""

import numpy as np
import pytest

from helpers.refinement import figures
from helpers.refinement.planting import Explored

FALSE = "False label in the first planes"


def given(**changed):
    """A scene of 8 x 8 pixels in two halves; three passes, 2 x 2 places, one false label that shrinks."""
    truth = np.zeros((8, 8), int)
    truth[:, 4:] = 3
    maps = np.stack([np.zeros((8, 8), int), truth, truth])
    maps[1, :4, 4:] = 0
    planted = np.broadcast_to(maps, (1, 2, 2, 3, 8, 8)).copy()
    for row, column, number in np.ndindex(2, 2, 3):
        top, left, side = 4 * row, 4 * column, (4, 2, 0)[number]
        planted[0, row, column, number, top : top + side, left : left + side] = 5
    boxes = np.array([[[4 * x, 4 * y, 4, 4] for x in range(2)] for y in range(2)])
    views = np.stack([boxes + np.array([-n, -n, 2 * n, 2 * n]) for n in range(3)])
    gradients = np.zeros((3, 2, 2, 4, 4))
    gradients[..., 1, 2] = 2.0
    found = Explored([5], maps, planted, boxes, views, gradients)
    found = found._replace(**{name: changed.pop(name) for name in Explored._fields if name in changed})
    image = changed.pop("image", np.full((8, 8, 3), 120, np.uint8))
    return figures.pass_by_pass(image, changed.pop("truth", truth), found, **changed)


def test_a_pass_shows_its_labels_and_what_the_place_sees():
    figure = given()
    (stage, chart, _), caption = figure.shown(Pass=0, place=[6, 6])
    assert caption.startswith("Pass 1: 50% of the pixels right. The place is background (truth: digit 2)")
    assert "sees 4 x 4 pixels" in caption and f"{FALSE}: none" in caption
    assert ("rect", [4, 4, 4, 4], "") in stage.shapes
    (stage, _, _), caption = figure.shown(Pass=2, place=[6, 6])
    assert caption.startswith("Pass 3: 100% of the pixels right. The place is digit 2")
    assert ("rect", [2, 2, 8, 8], "") in stage.shapes and "sees 8 x 8" in caption
    assert "0.25" in chart.texts and "1.00" in chart.texts


def test_a_planted_label_is_counted_until_it_is_gone():
    figure = given()
    told = [figure.shown(**{"Pass": number, "place": [1, 1], FALSE: 1})[1] for number in (0, 1, 2)]
    for caption, left in zip(told, (16, 4, 0), strict=True):
        assert f"{FALSE}: digit 4, now on {left} pixels, against 0 without it" in caption
    assert told[0].startswith("Pass 1: 25%") and told[2].startswith("Pass 3: 100%")
    (stage, *_), _ = figure.shown(**{"Pass": 0, "place": [1, 1], FALSE: 1, "Blend": 100})
    assert (stage.pixels[1, 1] != stage.pixels[6, 1]).any()  # inside the false square, and outside it


def test_the_poster_shows_what_a_false_label_costs():
    """It showed the state without one, in which the two curves coincide."""
    _, metadata = given()._repr_mimebundle_()
    assert f"{FALSE}: digit 4, now on 0 pixels" in metadata["image/png"]["alt"]


def test_the_gradient_lights_its_strongest_cell():
    (stage, *_), _ = given().shown(Pass=2, Gradient=100, Blend=0, place=[1, 1])
    (plain, *_), _ = given().shown(Pass=2, Gradient=0, Blend=0, place=[1, 1])
    changed = (stage.pixels != plain.pixels).any(axis=-1)
    assert changed[2:4, 4:6].all() and changed.sum() == 4


def test_a_label_painted_by_hand_is_asked_of_the_network():
    asked = []

    def relabel(ink, label):
        asked.append((int((ink > 127).sum()) > 0, label))
        return np.full((3, 8, 8), label)

    state = {FALSE: 2, "strokes": [[[1, 1], [6, 6]]], "Paint with": 3, "Pass": 1}
    _, caption = given(relabel=relabel).shown(**state)
    assert asked[0] == (True, 3)
    assert "The place is digit 2" in caption and "painted, now on 64 pixels, against 16 without it" in caption
    with pytest.raises(ValueError, match="Nothing is painted yet"):
        given(relabel=relabel).shown(**state | {"strokes": []})
    with pytest.raises(ValueError, match="relabel="):
        given().shown(**state)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"maps": np.zeros((3, 8, 9), int)}, "maps has shape (3, 8, 9)"),
        ({"planted": np.zeros((2, 2, 2, 3, 8, 8), int)}, "expected (1, 2, 2, 3, 8, 8)"),
        ({"views": np.zeros((2, 2, 2, 4))}, "views has shape"),
        ({"gradients": np.zeros((2, 2, 2, 4, 4))}, "gradients has shape"),
        ({"gradients": np.zeros((3, 2, 2, 0, 0))}, "none of them 0"),
        ({"truth": np.full((8, 8), 11)}, "labels 11 to 11"),
        ({"image": np.zeros((8, 8, 5))}, "image"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(changed, said):
    with pytest.raises(ValueError) as refusal:
        given(**changed)
    assert said in str(refusal.value)


def test_the_walk_goes_through_every_tensor_of_every_pass():
    scores = [np.eye(3)[n][:, None, None] * np.ones((3, 2, 2)) for n in range(3)]
    stacks, features = [np.random.default_rng(0).random((6, 8, 8))] * 3, [np.zeros((4, 2, 2))] * 3
    figure = figures.system(np.zeros((3, 8, 8), np.uint8), stacks, features, scores, 1234)
    told = [figure.shown(Step=step)[1] for step in range(10)]
    assert told[0].startswith("scene, 3 × 8 × 8")
    assert told[1].startswith("planes 1, 6 × 8 × 8: stack from scene")
    assert "1,234 parameters" in told[2] and "parameters" not in told[5]
    assert told[4].startswith("planes 2, 6 × 8 × 8: softmax, stack from scores 1")
    assert told[9].startswith("scores 3, 3 × 2 × 2")
