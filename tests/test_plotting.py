"""Static pictures: pixels worked out by hand, colours told apart by all eyes, small files, and clear refusals."""

import io
import re

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib import colors
from PIL import Image
from sights import SIGHTS, contrast, nearest

from helpers import plotting
from helpers.plotting import CLASS_COLOURS, DIGIT_CLASSES, error_bars, images, overlay, png, show


@pytest.mark.parametrize("sight", SIGHTS)
def test_class_colours_are_told_apart(sight):
    """The palette's comment promises 22 CIELAB units between the ten digits' colours."""
    assert nearest(CLASS_COLOURS[1:11], sight) >= 22


@pytest.mark.parametrize("sight", SIGHTS)
def test_class_colours_stand_out_from_what_lies_behind_them(sight):
    """Behind them is the background's grey, or a photograph that is dimmed to about it."""
    assert contrast(CLASS_COLOURS[1:], CLASS_COLOURS[0], sight).min() >= 3


def test_overlay_worked_out_by_hand():
    """Class 1 is (179, 102, 255), class 2 (255, 204, 26); 0.6 of it and 0.4 of the picture."""
    image = np.array([[[100, 200, 50], [100, 200, 50], [0, 2, 255]]], np.uint8)
    out = overlay(image, np.array([[0, 1, 2]]))
    assert out.dtype == np.uint8
    # 40 + 107.4 = 147.4; 80 + 61.2 = 141.2; 20 + 153 = 173. Then 153; 0.8 + 122.4 = 123.2; 102 + 15.6 = 117.6 -> 118.
    assert out.tolist() == [[[100, 200, 50], [147, 141, 173], [153, 123, 118]]]


REFUSED = {
    "image of shape (H, W, 3), got (3, 4, 5): channels last": {"image": np.zeros((3, 4, 5), np.uint8)},
    "image of shape (H, W, 3), got (4, 5)": {"image": np.zeros((4, 5), np.uint8)},
    "image in uint8, whole numbers from 0 to 255; got float64": {"image": np.zeros((4, 5, 3))},
    "Label map (5, 4), image (4, 5): give both the same size": {"labels": np.zeros((5, 4), int)},
    "must lie in 0..11, got 12..12. Map void": {"labels": np.full((4, 5), 12)},
    "must lie in 0..11, got -1..-1": {"labels": np.full((4, 5), -1)},
    "must hold integers, got float64: take the argmax": {"labels": np.zeros((4, 5))},
    "must hold integers, got bool": {"labels": np.zeros((4, 5), bool)},
}


@pytest.mark.parametrize("words", REFUSED)
def test_overlay_refuses_in_words(words):
    arguments = {"image": np.zeros((4, 5, 3), np.uint8), "labels": np.zeros((4, 5), int)} | REFUSED[words]
    with pytest.raises(ValueError, match=re.escape(words)):
        overlay(**arguments)


def test_every_digit_has_a_name_and_a_colour():
    assert len(DIGIT_CLASSES) == 11 < len(CLASS_COLOURS)
    assert [DIGIT_CLASSES[0], DIGIT_CLASSES[10]] == ["background", "digit 9"]


def test_images_shows_each_picture_in_its_place():
    pictures = [np.full((4, 4, 3), 40 * number, np.uint8) for number in range(5)]
    figure = images(pictures, titles=list("abcde"), columns=2)
    axes = figure.axes
    assert len(axes) == 6 and not any(axis.axison for axis in axes)
    for axis, picture, title in zip(axes, pictures, "abcde", strict=False):
        assert np.array_equal(axis.images[0].get_array(), picture) and axis.get_title() == title
    assert not axes[5].images
    plt.close(figure)


def shown_as(*pictures) -> list[np.ndarray]:
    """What `images` puts on the screen: each picture in 0..255, one channel where it is grey."""
    figure = images(pictures)
    plt.close(figure)
    drawn = [axis.images[0] for axis in figure.axes]
    return [artist.to_rgba(artist.get_array(), bytes=True)[..., :3].astype(int) for artist in drawn]


GREY = np.array([[250, 255]], np.uint8)
HALF = np.array([[0.5, 1.0]])


@pytest.mark.parametrize(
    ("pictures", "expected"),
    [
        ([np.ones((1, 2))], [[255, 255]]),
        ([np.zeros((1, 2))], [[0, 0]]),
        ([GREY], [[250, 255]]),
        ([HALF], [[128, 255]]),
        ([HALF > 0.7], [[0, 255]]),
        ([HALF, 2 * HALF], [[64, 128], [128, 255]]),  # one range for both
        ([HALF, GREY], [[128, 255], [250, 255]]),
        ([np.array([[-1.0, 1.0]]), np.zeros((1, 2))], [[0, 255], [128, 128]]),
        ([np.array([[250, 255]])], [[250, 255]]),
        ([torch.from_numpy(HALF).bfloat16().requires_grad_()], [[128, 255]]),
        ([HALF.tolist()], [[128, 255]]),
        ([HALF[..., None]], [[128, 255]]),
        ([HALF[..., None].repeat(3, 2)], [[128, 255]]),
        ([torch.from_numpy(GREY)[..., None].repeat(1, 1, 3).long()], [[250, 255]]),
    ],
)
def test_a_value_looks_the_same_in_every_picture(pictures, expected):
    for drawn, grey in zip(shown_as(*pictures), expected, strict=True):
        np.testing.assert_allclose(drawn[0], np.array(grey)[:, None].repeat(3, 1), atol=1)


NO_PICTURES = {
    "no picture to show": [],
    "got (3, 4, 5). Put the channels last: picture.permute(1, 2, 0)": [torch.zeros(3, 4, 5)],
    "(H, W) or (H, W, 3) and not empty; got (4, 5, 4).": [np.zeros((4, 5, 4))],
    "not empty; got (0, 3)": [np.zeros((0, 3))],
    "Colours in float64 go from 0 to 1, got 0 to 255": [np.array([[[0, 9, 255.0]]])],
    "Colours in int64 go from 0 to 255, got -1 to 1": [np.array([[[-1, 0, 1]]])],
    "Colours in float64 go from 0 to 1, got nan to nan": [np.full((1, 1, 3), np.nan)],
    "holds numbers": [np.array([["a"]])],
}


@pytest.mark.parametrize("words", NO_PICTURES)
def test_what_is_no_picture_is_refused_in_words(words):
    with pytest.raises(ValueError, match=re.escape(words)):
        images(NO_PICTURES[words])


@pytest.mark.parametrize("title", ["one line", "right of the pink:\neight, not three"])
def test_a_title_of_two_lines_is_not_cut_off(title):
    plotting.use_style()
    figure = images([np.zeros((8, 8))] * 4, [title] * 4, size=1.9)
    figure.canvas.draw()
    highest = max(axis.title.get_window_extent().y1 for axis in figure.axes)
    plt.close(figure)
    assert highest < figure.bbox.height


def test_error_bars_show_each_value_mean_and_deviation():
    figure, axis = plt.subplots()
    error_bars(axis, {"a": [1, 2, 6], "b": [4]}, ceilings={"a": 7})
    dots = [line for line in axis.lines if line.get_marker() == "o"]
    assert [dot.get_ydata().tolist() for dot in dots] == [[1, 2, 6], [4]]
    bars = [collection.get_segments()[0] for collection in axis.collections]
    spread = 7**0.5  # of 1, 2 and 6 about 3: (4 + 1 + 9) / 2
    assert bars[0][:, 1].tolist() == pytest.approx([3 - spread, 3 + spread])
    assert bars[1][:, 1].tolist() == [4, 4]
    dotted = [line for line in axis.lines if line.get_linestyle() == ":"]
    assert [list(line.get_ydata()) for line in dotted] == [[7, 7]]
    assert [label.get_text() for label in axis.get_xticklabels()] == ["a", "b"]
    plt.close(figure)


def test_png_keeps_the_picture_and_closes_the_figure():
    figure = plt.figure(figsize=(2, 1), dpi=50)
    figure.patch.set_facecolor((0.2, 0.6, 0.7))
    with Image.open(io.BytesIO(png(figure))) as picture:
        assert picture.format == "PNG" and picture.mode == "P"
        pixel = np.array(picture.convert("RGB"))[5, 5]
    assert np.abs(pixel - np.array([51, 153, 178.5])).max() <= 2
    assert not plt.fignum_exists(figure.number)


def test_show_wants_a_sentence_for_those_who_hear_the_page(monkeypatch):
    shown = []
    monkeypatch.setattr(plotting, "display", shown.append)
    with pytest.raises(ValueError, match="needs alternative text: say in one sentence"):
        show(plt.figure(), "  ")
    show(plt.figure(), "A red square.")
    assert shown[0]._data_and_metadata()[1]["alt"] == "A red square."
    plt.close("all")


def test_the_style_is_readable_on_a_projector():
    with plt.rc_context():
        plotting.use_style()
        assert plt.rcParams["font.size"] >= 10
        colours = [each["color"] for each in plt.rcParams["axes.prop_cycle"]]
        lines = [[255 * share for share in colors.to_rgb(each)] for each in colours]
        assert contrast(lines, [255, 255, 255], "normal").min() >= 3


def test_label_maps_name_rows_and_the_classes_that_occur(monkeypatch):
    figures = []
    monkeypatch.setattr(plotting, "show", lambda figure, alt: figures.append(figure))
    maps = [torch.tensor([[0, 3], [3, 0]]), np.array([[0, 7]])]
    plotting.label_maps({"scene": [np.zeros((4, 4, 3), np.uint8)] * 2, "truth": maps}, "Two scenes.")
    (figure,) = figures
    assert [axis.texts[0].get_text() for axis in figure.axes if axis.texts] == ["scene", "truth"]
    assert [text.get_text() for text in figure.legends[0].texts] == ["background", "digit 2", "digit 6"]
    shown = figure.axes[2].images[0].get_array()
    np.testing.assert_array_equal(shown, CLASS_COLOURS[maps[0]])
    plt.close(figure)


def test_learning_curves_are_means_in_the_middle_of_their_steps():
    runs = {"a": {5: 1.0, 6: 2.0, 7: 6.0, 8: 4.0}, "stopped": {5: 1.0, 6: 3.0}, "from 0": [0.0, 3.0, 6.0]}
    figure = plotting.learning_curves(runs, "loss", "It falls", width=3, scale="log")
    assert figure.axes[0].get_yscale() == "log"
    (x, y), (x_stopped, y_stopped), (x_listed, y_listed) = (line.get_data() for line in figure.axes[0].lines)
    assert list(x) == [6, 7] and list(y) == pytest.approx([3, 4])
    assert list(x_stopped) == [6] and list(y_stopped) == pytest.approx([2])
    assert list(x_listed) == [1] and list(y_listed) == pytest.approx([3])
    plt.close(figure)


def test_signed_pictures_have_white_in_the_middle_of_their_own_range():
    figure = plotting.signed([np.array([[-2.0, 1.0]]), np.zeros((1, 2))], ["a", "b"])
    drawn = [axis.images[0] for axis in figure.axes]
    assert [each.get_clim() for each in drawn] == [(-2.0, 2.0), (-1.0, 1.0)]
    assert all(min(each.cmap(0.5)[:3]) > 0.9 for each in drawn)
    (shared,) = plotting.signed([np.ones((2, 2))], limit=4).axes
    assert shared.images[0].get_clim() == (-4, 4)
