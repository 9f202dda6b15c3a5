"""Make more streets out of few: lay parts of other scenes over each, cut them small, relight a batch at once."""

import math

import torch
from torch import Generator, Tensor
from torchvision.transforms import v2

from helpers.data.augmentation import HUE, LIGHT, Light, augment, changes
from helpers.data.public import CamVid

VOID = CamVid.VOID
SMALL = (96, 128)  # less than a third of `CROP`
LAID_OVER = 0.8  # share of scenes that get a part of another one
# From RGB to YIQ (FCC 1953): how light a pixel is, and its colour in two numbers.
YIQ = torch.tensor([(0.299, 0.587, 0.114), (0.596, -0.274, -0.322), (0.211, -0.523, 0.312)])
THINGS = ("Pole", "SignSymbol", "Fence", "Car", "Pedestrian", "Bicyclist")


WIDER_CHANGES = changes(0.4, 2.2)
SMALL_CROPS = changes(0.67, 3.67, SMALL)  # things are as large as under `WIDER_CHANGES`
UNLIT_CROPS = v2.Compose(SMALL_CROPS.transforms[:-1])  # the same in the light they are in, for `relight`


def relight(images: Tensor, generator: Generator) -> Tensor:
    """Change brightness, contrast, saturation and hue of each image at random, as far as `SMALL_CROPS` does.

    `v2.ColorJitter` goes image by image, and over a batch of small crops takes a quarter as long as learning from
    them. In YIQ, the colours of old television, saturation stretches two of three channels and hue turns them, so that
    here all the changes together are one matrix an image.

    Args:
        images: (B, 3, H, W) uint8.

    Returns:
        (B, 3, H, W) uint8.
    """
    B = len(images)
    light, contrast, saturation = 1 + LIGHT * _either_way((3, B), generator)
    turn = 2 * math.pi * HUE * _either_way((B,), generator)
    colour = torch.zeros(B, 3, 3)
    colour[:, 0, 0] = 1
    colour[:, 1, 1] = colour[:, 2, 2] = saturation * turn.cos()
    colour[:, 2, 1] = saturation * turn.sin()
    colour[:, 1, 2] = -colour[:, 2, 1]
    by = YIQ.inverse() @ colour @ YIQ
    grey = (YIQ[0] @ images.float().mean(dim=(2, 3)).T)[:, None, None]  # what contrast is told from
    changed = contrast[:, None, None] * (by @ images.flatten(2).float() - grey) + grey
    return (light[:, None, None] * changed).clamp(0, 255).round().byte().view_as(images)


def _either_way(shape: tuple[int, ...], generator: Generator) -> Tensor:
    return 2 * torch.rand(shape, generator=generator) - 1


class Mixing:
    """Augment scenes, and lay half of another scene's classes over most of them.

    Two films show few streets, and a network learns them by heart, every thing with its surroundings. In a mixed
    scene a facade of one street stands behind a fence of another, and a thing has to be known by itself. That is
    ClassMix (Olsson, Tranheden, Pinto, Svensson 2021), here with true labels. The other scene is drawn by one of the
    `THINGS` in it, each thing being as likely as the next, so that the rare ones come more often.

    Args:
        scenes: those that are laid over others.
        share: of the scenes that get a part of another one.
        by, light: how every scene is changed before, as in `augment`.

    Raises:
        ValueError: no scene holds any of the `THINGS`.
    """

    def __init__(
        self,
        scenes: CamVid,
        share: float = LAID_OVER,
        by: v2.Compose = WIDER_CHANGES,
        light: Light | None = None,
    ):
        self.scenes, self.share, self.by, self.light = scenes, share, by, light
        holders = [
            (scenes.labels == scenes.classes.index(thing)).any(dim=(1, 2)).nonzero().flatten()
            for thing in THINGS
        ]
        self.holders = [each for each in holders if len(each)]
        if not self.holders:
            raise ValueError(
                f"No scene holds any of {', '.join(THINGS)}: there is nothing to lay over others."
            )

    def __call__(self, images: Tensor, labels: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
        """Shapes and chance as in `augment`."""
        images, labels = augment(images, labels, generator, self.by, self.light)
        chosen = [self._draw(generator) for _ in images]
        others, theirs = augment(
            self.scenes.images[chosen], self.scenes.labels[chosen].long(), generator, self.by, self.light
        )
        above = torch.stack([_half_of_the_classes(each, generator) for each in theirs])
        above &= (torch.rand(len(images), generator=generator) < self.share)[:, None, None]
        return torch.where(above[:, None], others, images), torch.where(above, theirs, labels)

    def _draw(self, generator: Generator) -> int:
        holders = self.holders[int(torch.randint(len(self.holders), (), generator=generator))]
        return int(holders[torch.randint(len(holders), (), generator=generator)])


def _half_of_the_classes(labels: Tensor, generator: Generator) -> Tensor:
    """Mark the pixels of half of the classes that are there, void never; one class at least, if there is one."""
    there = labels[labels != VOID].unique()
    order = torch.randperm(len(there), generator=generator)
    return torch.isin(labels, there[order[: max(1, len(there) // 2)]])
