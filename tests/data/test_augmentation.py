"""Scenes changed at random: labels stay on their pixels, padding is void, chance comes from one generator."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from street_noise import noise_streets
from torch import Generator
from torch.nn import functional

from helpers.data.augmentation import CROP, augment
from helpers.data.public import CamVid


def test_augmented_labels_stay_on_their_pixels():
    """Every class has a grey of its own in the image, which light may change but never order."""
    halves = (noise_streets(6).labels % 2)[:, None].float()
    labels = functional.max_pool2d(halves, 13, stride=1, padding=6)[:, 0].long()  # large blobs
    images = (labels * 200 + 25)[:, None].expand(-1, 3, -1, -1).to(torch.uint8)
    before = torch.random.get_rng_state()
    changed, moved = augment(images, labels, Generator().manual_seed(0))
    assert torch.equal(torch.random.get_rng_state(), before)  # the learner's own chance is left alone
    assert changed.shape == (6, 3, *CROP) and moved.shape == (6, *CROP)
    assert changed.dtype == torch.uint8 and moved.dtype == torch.int64
    assert set(moved.unique().tolist()) <= {0, 1, CamVid.VOID}
    for image, label in zip(changed.float().mean(dim=1), moved, strict=True):
        dark, light = image[label == 0], image[label == 1]
        if len(dark) and len(light):
            threshold = (dark.median() + light.median()) / 2
            right = torch.cat([dark < threshold, light > threshold]).float().mean()
            assert right > 0.97  # the rest: where scaling blurs an edge of the image, never of the labels
    assert (moved == CamVid.VOID).any() and (moved != CamVid.VOID).any()


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**20))
def test_augmentation_depends_on_its_generator_alone(seed):
    images = torch.arange(2 * 3 * 90 * 120).view(2, 3, 90, 120).byte()
    labels = images[:, 0].long() % 11
    first = augment(images, labels, Generator().manual_seed(seed))
    torch.manual_seed(seed + 1)
    second = augment(images, labels, Generator().manual_seed(seed))
    assert torch.equal(first[0], second[0]) and torch.equal(first[1], second[1])


def test_padding_of_a_crop_is_void():
    images = torch.full((8, 3, 180, 240), 255, dtype=torch.uint8)
    _, moved = augment(images, torch.zeros(8, 180, 240).long(), Generator().manual_seed(1))
    assert set(moved.unique().tolist()) == {0, CamVid.VOID}  # some scenes were shrunk below the crop
