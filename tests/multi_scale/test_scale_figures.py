"""Lesson 04's figures say what their arrays hold, in every state that a hand can reach."""

import re

import numpy as np
import pytest
import torch
from squares import four_squares

from helpers.multi_scale import trees
from helpers.multi_scale.figures import LEAST, leaf_to_root, scales, system

SIDE = 24


def scene():
    """A photograph of four flat squares, the upper right one the digit 2, with its tree and histograms."""
    image, squares = four_squares()
    truth = torch.zeros(SIDE, SIDE, dtype=torch.uint8)
    truth[:12, 12:] = 3
    return image, trees.merge(image, squares), truth


def walk(**changed):
    image, tree, truth = scene()
    shares = trees.histograms(tree, truth) * 0.9 + 0.1 / 11
    arrays = {"images": image[None], "trees": [tree], "shares": [shares], "truth": truth[None]}
    return leaf_to_root(**arrays | {"regions": (4, 1)} | changed)


def test_a_path_goes_from_its_leaf_to_the_root():
    figure = walk()
    _, tree, _ = scene()
    leaf = int(tree.segments[3, 20])
    length = len(tree.path(leaf))
    figure.state = {"place": [20, 3], "Node": 0}
    parts, caption = figure.shown()
    # The digit's own square is pure: its leaf is the least, drawn in violet.
    assert f"Node 0 of {length - 1} on the path of row 3, column 20" in caption and "is at node 0" in caption
    assert "Pixels right: cover 1.000, cut into 4 regions 1.000." in caption
    share = 0.9 + 0.1 / 11
    assert f"{100 * share:.0f}%" in parts[1].texts
    last, caption = figure.shown(Node=length - 1, **{"Regions of the cut": 1})
    assert "cut into 1 regions 0.750" in caption
    # Orange lies over the root's every pixel, over the leaf's only, each with 60% of its colour.
    assert last[0].pixels[0, 0].tolist() == [153, 90, 0]
    assert parts[0].pixels[0, 0].tolist() == [0, 0, 0]
    assert parts[0].pixels[3, 20].tolist() == [233, 170, 80]


def test_small_pictures_show_the_path_and_nothing_beyond_the_root():
    figure = walk()
    _, tree, _ = scene()
    parts, _ = figure.shown(place=[20, 3])
    row = next(part for part in parts if part.pixels is not None and part.pixels.shape[1] > 2 * SIDE)
    told = [text for kind, _, text in row.shapes if kind == "text"]
    assert len(told) == len(tree.path(int(tree.segments[3, 20]))) and told[0] == min(told)
    violet = (np.abs(row.pixels[:SIDE, :SIDE].astype(int) - LEAST).sum(axis=-1) < 90).sum()
    assert violet >= 100  # the leaf's 12 x 12 pixels, mostly


def switched(**changed):
    _, _, truth = scene()
    labels = torch.zeros(1, 2, 2, 2, SIDE, SIDE, dtype=torch.long)
    labels[0, 1] = truth.long()  # with the full size all is found, without it nothing
    images, instances = torch.zeros(1, 3, SIDE, SIDE, dtype=torch.uint8), (truth[None] > 0).long()
    arrays = {"images": images, "labels": labels, "truth": truth[None], "instances": instances}
    return scales(**arrays | changed)


def test_switching_a_scale_off_tells_what_is_lost():
    figure = switched()
    _, caption = figure.shown()
    assert "1 of 1 digits found. None is lost." in caption
    _, caption = figure.shown(**{"Half size": False, "Quarter size": False})
    assert "half size off, quarter size off: 1 of 1" in caption
    parts, caption = figure.shown(**{"Full size": False})
    assert "0 of 1 digits found. Lost: the 2, 12 pixels high." in caption
    assert (parts[0].pixels == 0).all()  # nothing is labelled on the black photograph
    parts, _ = figure.shown(**{"Full size": False, "View": "errors"})
    assert (parts[0].pixels[2:10, 14:22] != 0).any() and (parts[0].pixels[14:] == 0).all()


def named(figure, **state):
    """The digits that the legend names as drawn in a state, as labels."""
    look = figure.look(**state)
    return set(look(figure._controls["Classes"].args["present"]).tolist()) - {0}


def test_the_legend_names_wrong_digits_that_are_drawn_beside_the_true_ones():
    _, tree, truth = scene()
    labels = torch.zeros(1, 2, 2, 2, SIDE, SIDE, dtype=torch.long)
    labels[0, 1, 0, :, -1, -1] = 7  # without the half size a digit is made up
    figure = switched(labels=labels)
    assert named(figure) == {3} and named(figure, **{"Half size": False}) == {3, 7}
    shares = trees.histograms(tree, truth)
    shares[:, [3, 6]] = shares[:, [6, 3]]  # another digit is predicted,
    shares[-1] = torch.eye(11)[0]  # and the root is taken for background
    figure = walk(shares=[shares])
    assert named(figure) == {3, 6} and named(figure, **{"Regions of the cut": 1}) == {3}


def test_the_system_names_every_tensor_with_its_shape():
    bands = [torch.randn(1, 3, 16 // 2**k, 16 // 2**k) for k in range(3)]
    maps = [torch.rand(1, 4, 4 // 2**k, 4 // 2**k) for k in range(3)]
    drawn = system(torch.rand(16, 16, 3), bands, maps, torch.rand(12, 4, 4), torch.rand(11, 16, 16), 7, 5)
    captions = [drawn.shown(Step=step)[1] for step in range(11)]
    assert captions[0].startswith("image, 3 × 16 × 16") and captions[3].startswith("halved, 3 × 8 × 8")
    assert "maps, quarter, 4 × 1 × 1" in captions[8] and "stack, 12 × 4 × 4" in captions[9]
    assert "7 parameters" in captions[8]
    assert "score from stack" in captions[10] and "5 parameters" in captions[10]


@pytest.mark.parametrize(
    "draw, changed, message",
    [
        (walk, {"images": torch.zeros(3, SIDE, SIDE)}, "images[None]"),
        (walk, {"trees": []}, "a tree, shares and truth each"),
        (walk, {"shares": [torch.ones(7, 4)]}, "needs shares (7, 11)"),
        (switched, {"labels": torch.zeros(1, 2, 2, SIDE, SIDE)}, "labels (N, 2, 2, 2, H, W)"),
        (switched, {"truth": torch.zeros(1, 5, 5)}, "truth and instances (N, H, W)"),
    ],
)
def test_what_does_not_fit_together_is_refused_in_words(draw, changed, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        draw(**changed)
