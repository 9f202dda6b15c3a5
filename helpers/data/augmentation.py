"""Change scenes at random before a network learns from them: scale, crop, mirror, light."""

from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torchvision import tv_tensors
from torchvision.transforms import v2

from helpers.data.public import CamVid

Light = Callable[[Tensor, Generator], Tensor]

VOID = CamVid.VOID
CROP = (160, 224)  # height and width of what is trained on: multiples of 32
LIGHT = 0.4  # brightness, contrast and saturation change by up to this share,
HUE = 0.05  # and hue by up to this part of its circle


def changes(smallest: float, largest: float, crop: tuple[int, int] = CROP) -> v2.Compose:
    """Scale, crop, mirror and relight a scene at random; at a scale of 1 it just fits into the crop."""
    return v2.Compose(
        [
            v2.ScaleJitter(crop, scale_range=(smallest, largest)),
            v2.RandomCrop(crop, pad_if_needed=True, fill={tv_tensors.Image: 128, tv_tensors.Mask: VOID}),
            v2.RandomHorizontalFlip(),
            v2.ColorJitter(LIGHT, LIGHT, LIGHT, HUE),
        ]
    )


CHANGES = changes(0.5, 2.0)


def augment(
    images: Tensor, labels: Tensor, generator: Generator, by: v2.Compose = CHANGES, light: Light | None = None
) -> tuple[Tensor, Tensor]:
    """Change each scene at random: scale, crop, mirror, light. Labels move along, and are never interpolated.

    Args:
        images: (B, 3, H, W) uint8. labels: (B, H, W) int64.
        generator: the one source of chance.
        by: how each scene is changed, with its labels.
        light: changes the images once more, all at once.

    Returns:
        (B, 3, *crop) uint8 and (B, *crop) int64; `VOID` where a crop reaches beyond the scene.
    """
    changed = []
    with torch.random.fork_rng(devices=[]):  # torchvision draws from the global generator
        torch.manual_seed(int(torch.randint(2**31, (), generator=generator)))
        for image, label in zip(images, labels, strict=True):
            changed.append(by(tv_tensors.Image(image), tv_tensors.Mask(label)))
    images, labels = (
        torch.stack([part.as_subclass(Tensor) for part in parts]) for parts in zip(*changed, strict=True)
    )
    return images if light is None else light(images, generator), labels
