"""Lesson 05a's figures say what their arrays hold, in every state that a hand can reach."""

import re

import numpy as np
import pytest
import torch

from helpers.instances.figures import COLOURS, hypercolumn, painted, suppression
from helpers.instances.hypercolumns import mixing

SIDE, N = 32, 10


def columns(**changed):
    """Two boxes; stride 8 says "inside" everywhere, stride 1 "outside" on the left half, more strongly."""
    said = torch.zeros(2, 4, N, N)
    said[:, 3] = 2
    said[:, 0, :, : N // 2] = -6
    maps = [torch.zeros(c, SIDE // s, SIDE // s) for c, s in zip((12, 24, 48, 96), (1, 2, 4, 8), strict=True)]
    maps[3][5] = 1
    truth = torch.zeros(2, N, N, dtype=torch.bool)
    truth[:, :, N // 2 :] = True
    return hypercolumn(
        **{
            "image": torch.zeros(3, SIDE, SIDE, dtype=torch.uint8),
            "windows": torch.tensor([[0.0, 0, 16, 16], [8, 8, 28, 28]]),
            "crops": torch.zeros(2, 3, N, N, dtype=torch.uint8),
            "maps": maps, "by_layer": said, "mixing": mixing(5, N), "truth": truth,
        }
        | changed
    )  # fmt: skip


def test_layers_switched_off_change_the_mask():
    figure = columns()
    figure.state = {"place": [2, 4]}
    parts, caption = figure.shown()
    assert "100.0% of its places are on the right side" in caption
    assert "At row 4, column 2: 2% inside, in truth outside" in caption  # 1 / (1 + e ** 4)
    parts, caption = figure.shown(**{"Stride 1": False})
    assert "50.0% of its places" in caption and "88% inside" in caption
    _, caption = figure.shown(**{f"Stride {stride}": False for stride in (1, 2, 4, 8)})
    assert "50% inside" in caption  # no layer, no opinion
    assert any("−6.0" in part.texts and "+2.0" in part.texts for part in parts)


def test_the_column_shows_each_layer_at_the_place_in_the_image():
    figure = columns()
    parts, _ = figure.shown()
    shares = np.round(mixing(5, N)[:, 4, 4] * 100)
    told = next(part for part in parts if len(part.texts) >= 25 and part.pixels.shape[:2] == (5, 5))
    assert [float(text) for text in told.texts[-25:]] == shares.tolist()
    top = next(part for part in parts if part.pixels is not None and part.pixels.shape[:2] == (8, 12))
    flat = top.pixels.reshape(96, 3).astype(int).sum(axis=1)
    assert flat.argmax() == 5 and (np.delete(flat, 5) == flat.min()).all()


def suppressed(**changed):
    boxes = torch.tensor([[0, 0, 10, 10], [2, 0, 12, 10], [20, 20, 30, 30]])
    return suppression(
        **{
            "images": torch.zeros(1, 3, SIDE, SIDE, dtype=torch.uint8),
            "boxes": [boxes], "classes": [torch.tensor([7, 7, 1])], "scores": [torch.tensor([0.9, 0.8, 0.7])],
            "kept": [[[[0], [0, 1, 2]], [[0, 2], [0, 2]]]],
            "truth": [boxes[[0, 2]]], "found": torch.tensor([[[1, 2], [2, 2]]]), "overlaps": [0.1, 0.8],
        }
        | changed
    )  # fmt: skip


def test_the_limit_decides_who_stays():
    figure = suppressed()
    parts, caption = figure.shown(Limit=0)
    assert "overlap of boxes, limit 0.10: 1 detections stay; 1 of 2 true" in caption
    assert [shape[2] for shape in parts[0].shapes if shape[0] == "text"] == ["7: 0.90"]
    parts, caption = figure.shown(Limit=1)
    assert "limit 0.80: 3 detections stay; 2 of 2" in caption
    assert [shape[1] for shape in parts[0].shapes if shape[0] == "rect"][1] == [2, 0, 10, 10]
    assert len([shape for shape in parts[1].shapes if shape[0] == "rect"]) == 2
    assert (
        "overlap of masks, limit 0.10: 2 detections stay"
        in figure.shown(Limit=0, **{"Overlap of": "masks"})[1]
    )


def test_painted_masks_have_rims_in_their_colour_and_the_rest_is_dimmed():
    masks = torch.zeros(2, 8, 8, dtype=torch.bool)
    masks[0, 1:5, 1:5], masks[1, 4:7, 5:7] = True, True
    picture = painted(torch.full((3, 8, 8), 100, dtype=torch.uint8), masks)
    assert picture[1, 1].tolist() == list(COLOURS[0]) and picture[4, 5].tolist() == list(COLOURS[1])
    assert picture[0, 0].tolist() == [55, 55, 55]
    assert picture[2, 2].tolist() == [round(0.4 * 55 + 0.6 * c) for c in COLOURS[0]]


@pytest.mark.parametrize(
    ("draw", "changed", "message"),
    [
        (columns, {"by_layer": torch.zeros(2, 3, N, N)}, "by_layer (D, 4, n, n)"),
        (columns, {"truth": torch.zeros(1, N, N)}, "2 windows need"),
        (suppressed, {"found": torch.zeros(1, 2, 3)}, "need found (1, 2, 2)"),
        (suppressed, {"truth": []}, "truth for each scene"),
        (suppressed, {"classes": []}, "classes, scores, kept and truth for each scene"),
    ],
)
def test_what_does_not_fit_together_is_refused_in_words(draw, changed, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        draw(**changed)
