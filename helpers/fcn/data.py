"""Pieces of scenes: patches, each with the class of its centre pixel, and crops; and a scene of one's own."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from skimage.data import coffee
from torch import Generator, Tensor

from helpers import seeds
from helpers.data.batches import Transform, as_input
from helpers.data.digits import handwritten_digits
from helpers.data.own import paste_digit, read_photograph
from helpers.data.scenes import Scenes

BLACK = float(as_input(torch.zeros(1, dtype=torch.uint8)))


def pad_once(images: Tensor, size: int, before: int) -> Tensor:
    """Pad images with black so that every pixel is the centre of one patch.

    Args:
        images: (B, 3, H, W), scaled by `as_input`.
        size: side of a patch. before: how many pixels of a patch lie left of its centre, and above.

    Returns:
        (B, 3, H + size - 1, W + size - 1).
    """
    after = size - before - 1
    return F.pad(images, (before, after, before, after), value=BLACK)


def labelled_patches(
    scenes: Scenes, number: int, size: int, before: int, seed: int
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield batches of patches for ever; half of the centres lie anywhere, half on a sticker.

    Args:
        number: patches a batch. size, before: as in `pad_once`.

    Yields:
        patches (number, 3, size, size) float32, labels (number,) int64.
    """
    generator = seeds.generator(seed)
    labels, S = scenes.labels.flatten(), scenes.labels.shape[-1]
    stickers = labels.nonzero()[:, 0]
    around = torch.arange(size)
    while True:
        anywhere = torch.randint(len(labels), (number - number // 2,), generator=generator)
        on_sticker = stickers[torch.randint(len(stickers), (number // 2,), generator=generator)]
        centre = torch.cat([anywhere, on_sticker])
        scene, row, column = centre // S**2, centre // S % S, centre % S
        # Only the scenes at hand are padded: all of them would not fit into memory beside the training.
        padded = pad_once(as_input(scenes.images[scene]), size, before)
        rows, columns = row[:, None] + around, column[:, None] + around
        cut = padded[torch.arange(number)[:, None, None], :, rows[:, :, None], columns[:, None, :]]
        yield cut.movedim(-1, 1), labels[centre].long()


def crop_to(side: int) -> Transform:
    """Make a transform for `endless` that cuts a square out of every scene of a batch, all at one random place."""

    def crop(images: Tensor, labels: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
        H, W = labels.shape[-2:]
        top = int(torch.randint(H - side + 1, (), generator=generator))
        left = int(torch.randint(W - side + 1, (), generator=generator))
        rows, columns = slice(top, top + side), slice(left, left + side)
        return images[..., rows, columns], labels[..., rows, columns]

    return crop


def own_scene(
    ink: np.ndarray | None = None,
    photograph: str | Path | None = None,
    place: tuple[float, float] = (64, 60),
    height: float = 56,
    colour: str = "sky blue",
    turn: float = 10,
) -> Tensor:
    """Paste a drawn digit on a photograph: (3, 128, 128) uint8.

    Args:
        ink: (28, 28) uint8; without a stroke, or left out, a digit of the test set.
        photograph: the path of a file; left out, a cup of coffee.
        place, height, colour, turn: as of `paste_digit`.
    """
    drawn = ink is not None and ink.any()
    strokes = torch.from_numpy(ink) if drawn else handwritten_digits("test")[0][333]
    return paste_digit(read_photograph(photograph or coffee()), strokes, place, height, colour, turn)[0]
