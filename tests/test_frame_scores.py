"""Scores counted frame by frame: against the course's metrics, by hand, and their intervals over frames."""

import numpy as np
import pytest
import torch
from street_noise import RedClassifier, noise_streets

from helpers import frame_scores
from helpers.data.batches import in_order
from helpers.frame_scores import CLASSES, VOID
from helpers.metrics import segmentation_metrics


def test_counted_scores_equal_the_course_s_metrics():
    network, scenes = RedClassifier(), noise_streets(3, seed=3)
    mostly_right = scenes.labels * 20 + (scenes.images[:, 1] > 200) * 20
    scenes.images[:, 0] = mostly_right.clamp(max=255)
    counted = frame_scores.score(frame_scores.total(frame_scores.count(network, scenes)))
    metrics, ((images, labels),) = segmentation_metrics(CLASSES, VOID), in_order(scenes.images, scenes.labels)
    metrics.update(network(images).argmax(dim=1), labels)
    expected = {name: float(value) for name, value in metrics.compute().items()}
    for name, value in expected.items():
        assert counted[name].item() == pytest.approx(value, abs=1e-6), name
    assert 0.2 < expected["mean_iou"] < 0.95


def test_scores_by_hand():
    """Truth 0 0 0 1 against 0 0 1 1, and a third class that is neither there nor predicted."""
    confusion = torch.tensor([[2, 1, 0], [0, 1, 0], [0, 0, 0]])
    bands = {"intersection": torch.tensor([1, 2, 0]), "union": torch.tensor([2, 2, 0])}
    scores = frame_scores.score({"confusion": confusion, **bands})
    assert scores["iou"][:2].tolist() == pytest.approx([2 / 3, 1 / 2])
    assert scores["recall"][:2].tolist() == pytest.approx([2 / 3, 1])
    assert scores["iou"][2].isnan() and scores["recall"][2].isnan()
    assert scores["mean_iou"].item() == pytest.approx(7 / 12)
    assert scores["class_accuracy"].item() == pytest.approx(5 / 6)
    assert scores["pixel_accuracy"].item() == pytest.approx(3 / 4)
    assert scores["boundary_iou"].item() == pytest.approx(3 / 4)


def counts_of(hits: list[int], pixels: int = 10) -> dict[str, torch.Tensor]:
    """Frames of two classes, half the pixels each, in which so many of each class are right."""
    confusion = torch.tensor([[[hit, pixels - hit], [pixels - hit, hit]] for hit in hits])
    return {
        "confusion": confusion,
        "intersection": confusion.diagonal(dim1=1, dim2=2),
        "union": torch.full((len(hits), 2), pixels),
    }


def test_an_interval_over_frames_holds_the_difference_and_is_paired():
    rng = np.random.default_rng(0)
    hits = rng.integers(3, 9, 60).tolist()
    mine, other = counts_of([hit + 1 for hit in hits]), counts_of(hits)
    # A pixel a frame ahead, whichever frames are drawn.
    assert frame_scores.bootstrap(mine, other, "pixel_accuracy") == pytest.approx((0.1, 0.1))
    assert frame_scores.bootstrap(other, other, "mean_iou") == (0, 0)
    shuffled = counts_of(rng.permutation(hits).tolist())
    low, high = frame_scores.bootstrap(shuffled, other, "pixel_accuracy")
    assert low < 0 < high


def test_stretches_of_a_film_give_a_wider_interval_than_single_frames():
    """Twenty frames of street where one network is ahead, then twenty where the other is, and again."""
    ahead = ([1] * 20 + [-1] * 20) * 3
    mine, other = counts_of([5 + step for step in ahead]), counts_of([5] * 120)
    widths = []
    for stretch in (1, 10):
        low, high = frame_scores.bootstrap(mine, other, "pixel_accuracy", stretch=stretch)
        widths.append(high - low)
    assert widths[1] > 2 * widths[0]
