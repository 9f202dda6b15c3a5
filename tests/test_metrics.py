"""Scores of segmentations against values worked out by hand and against loops over classes."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import binary_erosion
from torchmetrics.classification import MulticlassJaccardIndex

from helpers.metrics import BoundaryIoU, segmentation_metrics


def scores(predictions, truth, classes, ignore_index=None) -> dict[str, float]:
    metrics = segmentation_metrics(classes, ignore_index)
    for prediction, target in zip(predictions, truth, strict=True):
        metrics.update(prediction[None], target[None])
    return {name: float(value) for name, value in metrics.compute().items()}


def random_maps(seed: int, number: int = 3, classes: int = 4, height: int = 9, width: int = 11):
    """Label maps in blocks, and predictions that go wrong at some pixels."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, classes, (number, -(-height // 3), -(-width // 3)))
    truth = coarse.repeat(3, axis=1).repeat(3, axis=2)[:, :height, :width]
    wrong = rng.random(truth.shape) < 0.2
    predictions = np.where(wrong, rng.integers(0, classes, truth.shape), truth)
    return torch.from_numpy(predictions), torch.from_numpy(truth)


TRUTH = torch.tensor([[[0, 0, 1, 1], [0, 0, 1, 1]]])
GUESS = torch.tensor([[[0, 1, 1, 1], [0, 0, 2, 1]]])


def test_scores_worked_out_by_hand():
    """Class 0: 3 of 4 found, none too many. Class 1: 3 of 4, one too many. Class 2: only predicted, once."""
    found = scores(GUESS, TRUTH, 3)
    assert found["pixel_accuracy"] == pytest.approx(6 / 8)
    assert found["mean_iou"] == pytest.approx((3 / 4 + 3 / 5 + 0) / 3)
    # In truth class 2 never occurs, so no share of it can be right; predicted, it counts as 0.
    assert found["class_accuracy"] == pytest.approx((3 / 4 + 3 / 4 + 0) / 3)
    # The frame is 2 pixels high, so every pixel is on an edge and the bands are the masks.
    assert found["boundary_iou"] == pytest.approx(found["mean_iou"])


def test_class_accuracy_weighs_classes_equally():
    truth = torch.tensor([[[0] * 9 + [1]]])
    found = scores(torch.zeros_like(truth), truth, 2)
    assert found["pixel_accuracy"] == pytest.approx(0.9)
    assert found["class_accuracy"] == pytest.approx(0.5)
    assert found["mean_iou"] == pytest.approx((9 / 10 + 0) / 2)


def test_mean_iou_is_pooled_over_the_set():
    """A class seen once as 1 pixel and once as 9: pooling weighs pixels, the mean of samples weighs pictures."""
    truth = torch.tensor([[[1] + [0] * 9], [[1] * 9 + [0]]])
    guess = torch.tensor([[[0] * 10], [[1] * 9 + [0]]])
    pooled = (10 / 11 + 9 / 10) / 2
    by_sample = ((9 / 10 + 0) / 2 + 1) / 2
    assert scores(guess, truth, 2)["mean_iou"] == pytest.approx(pooled)
    assert abs(pooled - by_sample) > 0.1
    # In one batch or one by one, in any order.
    metrics = segmentation_metrics(2)
    metrics.update(guess.flip(0), truth.flip(0))
    for name, value in metrics.compute().items():
        assert float(value) == pytest.approx(scores(guess, truth, 2)[name])


def test_a_class_that_never_occurs_is_left_out():
    assert scores(GUESS, TRUTH, 9) == pytest.approx(scores(GUESS, TRUTH, 3))


def test_boundary_iou_worked_out_by_hand():
    """A square of 6 pixels in 10, predicted one pixel to the right; the band is one pixel wide.

    Square: each band has 20 pixels. They share the two long sides' overlap, 2 * 5 = 10, and no column; union 30.
    Background, to which the frame is an edge too: its band is the frame's 36 pixels and, within, the ring around the
    square. That ring is 28 pixels in rows and columns 1 to 8 for the truth; for the prediction, whose ring spans
    columns 2 to 9, its last column lies on the frame, so it is 2 * 7 + 6 = 20 pixels within. Of these two the long
    sides share 2 * 7 = 14, and no column. Intersection 36 + 14, union 36 + 28 + 20 - 14.
    """
    truth, guess = torch.zeros(2, 1, 10, 10, dtype=torch.long)
    truth[:, 2:8, 2:8] = 1
    guess[:, 2:8, 3:9] = 1
    metric = BoundaryIoU(2, share=1 / math.hypot(10, 10))
    metric.update(guess, truth)
    assert float(metric.compute()) == pytest.approx((10 / 30 + 50 / 70) / 2)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.sampled_from([0.02, 0.1, 0.15, 0.3]), st.sampled_from([None, 3, 255]))
def test_boundary_iou_equals_a_loop_over_classes(seed, share, ignore):
    predictions, truth = random_maps(seed)
    if ignore == 255:
        truth[:, 2:5, 3:7] = 255
    distance = max(1, round(share * math.hypot(9, 11)))
    values = []
    for label in range(4):
        if label == ignore:
            continue
        shared = either = 0
        for guess, target in zip(predictions.numpy(), truth.numpy(), strict=True):
            counted = target != ignore if ignore is not None else np.ones_like(target, bool)
            bands = []
            for labels in (guess, target):
                mask = (labels == label) & counted
                bands.append(mask & ~binary_erosion(mask, np.ones((3, 3)), iterations=distance))
            shared += (bands[0] & bands[1]).sum()
            either += (bands[0] | bands[1]).sum()
        if either:
            values.append(shared / either)
    metric = BoundaryIoU(4, share=share, ignore_index=ignore)
    metric.update(predictions[:1], truth[:1])
    metric.update(predictions[1:], truth[1:])
    assert float(metric.compute()) == pytest.approx(np.mean(values))


def test_boundary_iou_of_wide_bands_is_plain_iou():
    predictions, truth = random_maps(5)
    for ignore in (None, 0, 2):
        plain = MulticlassJaccardIndex(4, ignore_index=ignore)(predictions, truth)
        wide = BoundaryIoU(4, share=1, ignore_index=ignore)
        wide.update(predictions, truth)
        assert float(wide.compute()) == pytest.approx(float(plain)), ignore


def test_boundary_iou_punishes_a_ragged_edge_more_than_iou_does():
    truth = torch.zeros(1, 64, 64, dtype=torch.long)
    truth[:, 8:56, 8:56] = 1
    ragged = truth.clone()
    ragged[:, 8:10, 8:56:2] = 0
    found = scores(ragged, truth, 2)
    assert found["mean_iou"] - found["boundary_iou"] > 0.05


def test_void_counts_for_nothing():
    predictions, truth = random_maps(1)
    truth[:, 3:6] = 255
    other = predictions.clone()
    other[:, 3:6] = (other[:, 3:6] + 1) % 4
    assert scores(predictions, truth, 4, 255) == scores(other, truth, 4, 255)
    kept = [truth != 255]
    expected = (predictions[kept[0]] == truth[kept[0]]).double().mean()
    assert scores(predictions, truth, 4, 255)["pixel_accuracy"] == pytest.approx(float(expected))


@pytest.mark.parametrize("of_one", [True, False])
def test_bad_labels_are_refused_in_words(of_one):
    """By the boundary score alone and by the collection, whose other members would speak of shapes and bins."""
    metric = BoundaryIoU(3) if of_one else segmentation_metrics(3)
    good = torch.zeros(2, 4, 5, dtype=torch.long)
    cases = [
        (good, good + 3, r"The truth hold label 3; expected 0\.\.2\. Give ignore_index"),
        (good - 1, good, r"The predictions hold label -1; expected 0\.\.2"),
        (torch.zeros(2, 3, 4, 5), good, r"one shape \(B, H, W\).*\(2, 3, 4, 5\).*argmax over classes"),
        (good[0], good[0], r"one shape \(B, H, W\), got \(4, 5\)"),
        (good.float(), good, r"Expected predictions as integers, got torch.float32"),
        (good[:0], good[:0], "at least one label map, got an empty batch"),
    ]
    for predictions, truth, words in cases:
        with pytest.raises(ValueError, match=words):
            metric.update(predictions, truth)
    with pytest.raises(ValueError, match="label 255"):
        BoundaryIoU(3, ignore_index=255).update(good + 255, good)
