"""Tensors of examples -> batches ready for a model."""

from collections.abc import Callable, Iterator

import torch
from torch import Generator, Tensor

from helpers import seeds
from helpers.ops import check_bytes

Transform = Callable[[Tensor, Tensor, Generator], tuple[Tensor, Tensor]]


def as_input(images: Tensor) -> Tensor:
    """Turn uint8 images (B, 3, H, W) into floats of about zero mean and unit spread; mid grey becomes 0."""
    images = torch.as_tensor(images)
    check_bytes(images, "images")
    return (images.float() / 255 - 0.5) / 0.25


def endless(
    images: Tensor, labels: Tensor, size: int, seed: int, transform: Transform | None = None
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield shuffled batches for ever, a fresh order each epoch, from one seed.

    Args:
        images: (N, 3, H, W) uint8. labels: (N, ...) integers, one entry an image.
        size: images a batch; the last, smaller batch of an epoch is left out.
        transform: changes a batch at random, before scaling: (images, labels, generator) -> (images, labels).

    Yields:
        images (size, 3, H, W) float32 in channels-last memory, labels int64.

    Raises:
        ValueError: there are fewer images than a batch holds, or not one label entry an image.
    """
    images, labels = paired(images, labels)
    generator = seeds.generator(seed)
    for chosen in shuffled(len(images), size, generator):
        batch = images[chosen], labels[chosen].long()
        if transform:
            batch = transform(*batch, generator)
        yield as_input(batch[0]).contiguous(memory_format=torch.channels_last), batch[1]


def shuffled(number: int, size: int, generator: Generator) -> Iterator[Tensor]:
    """Deal the indices of examples out in batches for ever, in a fresh order each epoch.

    Args:
        size: indices a batch; the last, smaller batch of an epoch is left out.

    Raises:
        ValueError: there are fewer examples than a batch holds.
    """
    if not 1 <= size <= number:
        raise ValueError(f"A batch of {size} cannot be drawn from {number} examples: choose 1 to {number}.")
    while True:
        yield from torch.randperm(number, generator=generator)[: number // size * size].split(int(size))


def in_order(images: Tensor, labels: Tensor, size: int = 100) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield every example once, in order, for evaluation: images (B, 3, H, W), labels int64; errors as in `endless`."""
    images, labels = paired(images, labels)
    for some, few in zip(images.split(int(size)), labels.split(int(size)), strict=True):
        yield as_input(some).contiguous(memory_format=torch.channels_last), few.long()


def paired(images: Tensor, labels: Tensor, name: str = "images") -> tuple[Tensor, Tensor]:
    """Images and labels as tensors, or a ValueError where there is not one label entry an image."""
    images, labels = torch.as_tensor(images), torch.as_tensor(labels)
    if len(images) != len(labels):
        raise ValueError(f"There are {len(images)} {name} and {len(labels)} labels; expected one each.")
    return images, labels
