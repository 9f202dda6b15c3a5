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
    total = []
    for digit in {int(d) for each in truth for d in each.classes}:
        ranked = [
            (float(score), each.image, mask)
            for each in found
            for mask, kind, score in zip(each.masks, each.classes, each.scores, strict=True)
            if kind == digit
        ]
        ranked.sort(key=lambda row: -row[0])
        real = {
            (each.image, k): m
            for each in truth
            for k, (m, d) in enumerate(zip(each.masks, each.classes, strict=True))
            if d == digit
        }
        count, hits, points = len(real), 0, []
        for rows, (_, image, mask) in enumerate(ranked, start=1):
            fits = {
                key: float((mask & m).sum() / (mask | m).sum()) for key, m in real.items() if key[0] == image
            }
            fits = {key: fit for key, fit in fits.items() if fit >= limit}
            if fits:
                del real[max(fits, key=fits.get)]
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
    both = []
    for f, n in zip(found, near, strict=True):
        pairs = (f.masks, n.masks), (f.classes, n.classes), (f.scores, n.scores)
        both.append(Detections(f.image, *map(torch.cat, pairs)))
    figures = average_precision(both, truth)
    assert figures["ap_50"] == pytest.approx(by_loops(both, truth, 0.5), abs=1e-6)
    assert figures["ap_70"] == pytest.approx(by_loops(both, truth, 0.7), abs=1e-6)
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
