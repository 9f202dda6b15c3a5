"""Overlaps and average precision against loops, and what is no set of detections."""

import pytest
import torch
from torch.testing import assert_close

from helpers.instances.scoring import Detections, average_precision, boxes_round, mask_iou, right

SIDE = 24


def some(generator, image, count, wild=8):
    """Random rectangles of two classes with scores that never tie."""
    masks = torch.zeros(count, SIDE, SIDE, dtype=torch.bool)
    for mask in masks:
        x, y, w, h = (int(torch.randint(4, 4 + wild, (), generator=generator)) for _ in range(4))
        mask[y : y + h, x : x + w] = True
    classes = torch.randint(2, (count,), generator=generator)
    return Detections(image, masks, classes, torch.rand(count, generator=generator))


def by_loops(found, truth, limit):
    """AP by the definition, one class and one detection at a time."""

    def of_class(sets, digit):
        members = [(each, k) for each in sets for k in range(len(each)) if each.classes[k] == digit]
        return [(float(each.scores[k]), each.image, each.masks[k]) for each, k in members]

    total = []
    for digit in {int(d) for each in truth for d in each.classes}:
        free = dict(enumerate(of_class(truth, digit)))
        count, hits, points = len(free), 0, []
        ranked = sorted(of_class(found, digit), key=lambda row: -row[0])
        for rows, (_, image, mask) in enumerate(ranked, start=1):
            near = {k: m for k, (_, where, m) in free.items() if where == image}
            fits = {k: float((mask & m).sum() / (mask | m).sum()) for k, m in near.items()}
            if fits and max(fits.values()) >= limit:
                del free[max(fits, key=fits.get)]
                hits += 1
            points.append((hits / count, hits / rows))
        best = [max((p for r, p in points if r >= level / 100 - 1e-9), default=0.0) for level in range(101)]
        total.append(sum(best) / 101)
    return sum(total) / len(total)


@pytest.mark.parametrize("seed", range(5))
def test_average_precision_is_what_its_definition_says(seed, capsys):
    generator = torch.Generator().manual_seed(seed)
    truth = [some(generator, n, 3) for n in range(4)]
    found = [some(generator, n, 5, wild=4) for n in range(4)]
    near = [Detections(t.image, t.masks.roll(1, dims=1), t.classes, t.scores * 0.9) for t in truth]
    figures = average_precision([*found, *near], truth)  # an image's detections may come in parts
    for name, limit in (("ap_50", 0.5), ("ap_70", 0.7)):
        assert figures[name] == pytest.approx(by_loops([*found, *near], truth, limit), abs=1e-6)
    assert figures["ap_50"] > 0 and capsys.readouterr().out == ""


def test_the_first_image_and_the_first_instance_count_too():
    """An id of 0 would mean "no match" to COCOeval, and the first true instance would be missed."""
    truth = [some(torch.Generator().manual_seed(0), 0, 1)]
    assert average_precision(truth, truth)["ap_70"] == pytest.approx(1)


def test_a_double_costs_and_nothing_found_is_zero():
    truth = [some(torch.Generator().manual_seed(1), n, 1) for n in (0, 1)]
    truth = [Detections(t.image, t.masks, torch.zeros(1, dtype=torch.long), torch.ones(1)) for t in truth]
    twice = Detections(0, truth[0].masks.repeat(2, 1, 1), torch.zeros(2).long(), torch.tensor([0.9, 0.8]))
    last = Detections(1, truth[1].masks, torch.zeros(1).long(), torch.tensor([0.5]))
    assert average_precision([twice, last], truth)["ap_50"] == pytest.approx((51 + 50 * 2 / 3) / 101)
    assert average_precision([each[:0] for each in truth], truth)["ap_50"] == 0


def test_sizes_are_our_own():
    masks = torch.zeros(2, 40, 40, dtype=torch.bool)
    masks[0, :10, :10], masks[1, 10:, 10:] = True, True  # 100 and 900 pixels
    truth = [Detections(0, masks, torch.tensor([3, 3]), torch.ones(2))]
    figures = average_precision([truth[0][:1]], truth)
    assert (figures["ap_50_small"], figures["ap_50_large"]) == pytest.approx((1, 0))


def test_overlaps_equal_a_loop_over_pairs():
    generator = torch.Generator().manual_seed(3)
    masks = torch.rand(4, 6, 5, generator=generator) < 0.5
    others = torch.rand(3, 6, 5, generator=generator) < 0.5
    masks[0] = others[0] = False
    wanted = [[float((a & b).sum() / (a | b).sum().clamp(min=1)) for b in others] for a in masks]
    assert_close(mask_iou(masks, others), torch.tensor(wanted))
    assert mask_iou(masks[:0], others).shape == (0, 3)


def test_boxes_and_right_ones_by_hand():
    masks = torch.zeros(2, 6, 7, dtype=torch.bool)
    masks[0, 2:4, 1:6] = True
    assert boxes_round(masks).tolist() == [[1, 2, 6, 4], [0, 0, 0, 0]]
    truth = Detections(0, masks[:1].repeat(2, 1, 1), torch.tensor([4, 5]), torch.ones(2))
    assert right(Detections(0, masks[:1], torch.tensor([4]), torch.ones(1)), truth) == 1
    assert right(truth[:0], truth) == 0
