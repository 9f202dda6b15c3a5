"""Photographs as scenes: who is tested, what a view keeps, and intervals that are those of the draws."""

import pytest
import torch

from helpers import seeds
from helpers.data.public.pedestrians import PennFudan
from helpers.instances import pedestrians
from helpers.instances.data import true_instances
from helpers.instances.scoring import average_precision


@pytest.fixture(scope="module")
def photographs():
    """Two grey photographs, wide and high, with two bright people each."""
    images, masks = [], []
    for H, W in ((200, 400), (300, 150)):
        mask = torch.zeros(H, W, dtype=torch.uint8)
        mask[H // 4 : H // 2, W // 8 : W // 4], mask[H // 2 :, W // 2 : W // 2 + 40] = 1, 2
        images.append((100 + 60 * mask)[None].repeat(3, 1, 1))
        masks.append(mask)
    return PennFudan(tuple(images), tuple(masks), ("FudanPed00001", "PennPed00001"))


def test_the_last_third_of_each_place_is_tested():
    names = [f"FudanPed{n:05}" for n in range(6)] + [f"PennPed{n:05}" for n in range(3)]
    assert pedestrians.split(names) == ([0, 1, 2, 3, 6, 7], [4, 5, 8])


def test_a_whole_photograph_keeps_its_people_and_their_places(photographs):
    scenes = pedestrians.scenes_of(photographs, [0, 1])
    assert scenes.images.shape == (2, 3, *pedestrians.SHAPE)
    assert scenes.boxes[0, 0].tolist() == [16, 16, 32, 32]
    for number, truth in enumerate(true_instances(scenes)):
        assert truth.classes.tolist() == [0, 0] and torch.equal(truth.boxes, scenes.boxes[number])
        assert torch.equal(truth.masks.any(dim=0), scenes.labels[number] == 1)
        bright = [scenes.images[number, 0][mask].float().mean() for mask in truth.masks]
        assert bright == pytest.approx([160, 220], abs=6)  # the image is where its mask is
    assert (scenes.images[1, :, :, 48:] == 128).all()  # beside a high photograph


def test_views_are_parts_of_the_same_photograph(photographs):
    views = pedestrians.scenes_of(photographs, [0], views=6)
    assert len(views) == 6 and len({tuple(boxes.flatten().tolist()) for boxes in views.boxes}) > 3
    inside = views.instances[:, None].expand(-1, 3, -1, -1) == 2
    assert views.images[inside].float().mean() == pytest.approx(220, abs=6)


def test_an_interval_is_that_of_the_draws_and_paired(photographs, monkeypatch):
    monkeypatch.setattr(pedestrians, "DRAWS", 5)
    truth = true_instances(pedestrians.scenes_of(photographs, [0, 1]))
    found = [truth[0], truth[1][:1]]
    drawn = pedestrians.redrawn(found, truth)
    chosen = torch.randint(2, (5, 2), generator=seeds.generator(0))
    hits = (2 * (chosen == 0) + (chosen == 1)).sum(dim=1)  # all of the first photograph's, one of the other's
    assert drawn[:, 0].tolist() == pytest.approx([(100 * h // 4 + 1) / 101 for h in hits.tolist()], abs=1e-6)
    assert average_precision(truth, truth)["ap_70"] == pytest.approx(1)
