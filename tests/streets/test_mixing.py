"""More streets out of few: the light of a batch against torchvision's, and what is laid over what."""

import numpy as np
import pytest
import torch
from street_noise import noise_streets
from torch import Generator, Tensor
from torchvision.transforms import v2

from helpers.data.augmentation import CROP, HUE, LIGHT
from helpers.data.public import CamVid
from helpers.streets import mixing

CAR, BICYCLIST = (CamVid.classes.index(name) for name in ("Car", "Bicyclist"))
# It leaves the light alone and never shrinks a scene, so that a pixel tells where it came from.
ONLY_MOVED = v2.Compose([v2.RandomCrop(CROP), v2.RandomHorizontalFlip()])


@pytest.fixture
def relit(monkeypatch):
    """Relight with what would be drawn at random handed in: shares of the greatest change, from -1 to 1."""

    def relight(images: Tensor, brightness=0.0, contrast=0.0, saturation=0.0, hue=0.0) -> Tensor:
        draws = iter([torch.tensor([[brightness], [contrast], [saturation]]), torch.tensor([hue])])
        monkeypatch.setattr(mixing, "_either_way", lambda *_: next(draws))
        return mixing.relight(images, Generator())

    return relight


@pytest.fixture
def middling() -> Tensor:
    """Colours that no change takes beyond black or white, where torchvision cuts off between changes."""
    return torch.randint(100, 140, (1, 3, 20, 30), dtype=torch.uint8, generator=Generator().manual_seed(0))


@pytest.mark.parametrize("share", [-1.0, 0.0, 0.5, 1.0])
@pytest.mark.parametrize("what", ["brightness", "contrast", "saturation"])
def test_light_changes_as_torchvision_s(relit, middling, what, share):
    theirs = getattr(v2.functional, f"adjust_{what}")(middling, 1 + LIGHT * share)
    assert (relit(middling, **{what: share}).int() - theirs.int()).abs().max() <= 1


def test_hue_turns_colours_and_leaves_lightness(relit, middling):
    pair = (middling, relit(middling, hue=1.0))
    before, after = (torch.einsum("ij,njhw->nihw", mixing.YIQ, each.float()) for each in pair)
    assert (after[:, 0] - before[:, 0]).abs().max() < 1
    before, after = (torch.complex(each[:, 1], each[:, 2]) for each in (before, after))
    turned = (after / before)[before.abs() > 8]
    assert turned.abs().mean() == pytest.approx(1, abs=0.02)
    assert turned.angle().mean() == pytest.approx(2 * np.pi * HUE, abs=0.02)


def test_each_image_gets_a_light_of_its_own():
    images = torch.full((50, 3, 2, 2), 100, dtype=torch.uint8)
    lights = mixing.relight(images, Generator().manual_seed(0))[:, 0, 0, 0].float()
    assert len(lights.unique()) > 25
    assert 60 <= lights.min() < 70 and 130 < lights.max() <= 140


def test_image_and_label_are_laid_over_together():
    """The lower scenes are dark and of class 0 alone, the upper ones light and of every other class and void."""
    upper = noise_streets()
    upper = CamVid(torch.full_like(upper.images, 200), upper.labels.clamp(min=1), upper.names)
    dark, road = torch.full((8, 3, 180, 240), 40, dtype=torch.uint8), torch.zeros(8, 180, 240).long()
    mix = mixing.Mixing(upper, share=1.0, by=ONLY_MOVED)
    images, labels = mix(dark, road, Generator().manual_seed(0))
    assert images.shape == (8, 3, *CROP) and torch.equal(images[:, 0] == 200, labels != 0)
    for label in labels:
        laid_over = label.unique().tolist()
        assert CamVid.VOID not in laid_over  # void covers nothing
        assert len(laid_over) - 1 == 5  # half of the ten classes that every upper scene has
    untouched = mixing.Mixing(upper, share=0.0, by=ONLY_MOVED)(dark, road, Generator().manual_seed(0))
    assert not untouched[1].any()


def test_a_rare_thing_comes_as_often_as_a_common_one():
    """Ninety-nine scenes with a car and one with a bicyclist: the latter is drawn half of the time."""
    labels = torch.full((100, 2, 2), CAR, dtype=torch.uint8)
    labels[7] = BICYCLIST
    images, names = torch.zeros(100, 3, 2, 2, dtype=torch.uint8), tuple(f"a_{i}" for i in range(100))
    mix, generator = mixing.Mixing(CamVid(images, labels, names)), Generator().manual_seed(0)
    drawn = [mix._draw(generator) for _ in range(400)]
    assert drawn.count(7) / 400 == pytest.approx(0.5, abs=0.1)
    assert len(set(drawn)) > 50


def test_scenes_of_void_alone_lay_nothing_over_others():
    assert not mixing._half_of_the_classes(torch.full((4, 4), CamVid.VOID), Generator()).any()


def test_without_things_there_is_nothing_to_lay_over():
    scenes = noise_streets(2)
    scenes.labels.zero_()
    with pytest.raises(ValueError, match="No scene holds any of Pole"):
        mixing.Mixing(scenes)
