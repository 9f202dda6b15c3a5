"""An N x N bank of Gaussian filters, anywhere on an image, to read it and to write on it (Gregor et al. 2015)."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from helpers.ops import check_tensor

NUMBERS = ("x", "y", "log_variance", "log_stride", "log_intensity")
# The log intensity of reading at first: a picture is mostly dark, and so are the means of its pixels.
BRIGHTER = math.log(4)
# The bounds of a network's x, y, log variance, log stride and log intensity.
LOWEST, HIGHEST = (-1.0, -1.0, -2.0, -3.0, -6.0), (1.0, 1.0, 5.0, 0.1, 4.0)
# One that writes is kept narrower than the picture, and its filters sharp: wide ones draw every digit as a cloud.
HIGHEST_WRITTEN = (1.0, 1.0, 2.0, math.log(0.7), 4.0)


class Window(NamedTuple):
    """Where the filters lie, in pixels counted from 0; each part is (B,)."""

    x: Tensor  # the centre of the grid of filters
    y: Tensor
    stride: Tensor  # pixels from one filter to the next
    variance: Tensor  # of each filter, in squared pixels
    intensity: Tensor  # what is read is multiplied by it, and what is written divided by it


def window(numbers: Tensor, shape: Sequence[int], n: int) -> Window:
    """Turn a network's five numbers into a window: 0, 0, _, 0, 0 is centred and spans the image's longer side.

    Args:
        numbers: (B, 5), in the order of `NUMBERS`; x and y from -1 to 1 across the image.
        shape: height and width of the image. n: filters along a side, at least 2.

    Raises:
        ValueError: the numbers have another shape, or there are fewer than two filters a side.
    """
    check_tensor(numbers, "numbers")
    if numbers.ndim != 2 or numbers.shape[1] != 5:
        raise ValueError(
            f"Expected five numbers for each window, (B, 5): {', '.join(NUMBERS)}; got {tuple(numbers.shape)}."
        )
    if n < 2:
        raise ValueError(f"n is {n}: a stride needs at least two filters a side.")
    H, W = shape
    x, y, log_variance, log_stride, log_intensity = numbers.unbind(dim=1)
    return Window(
        x=(W + 1) / 2 * (x + 1) - 1,  # the paper counts pixels from 1
        y=(H + 1) / 2 * (y + 1) - 1,
        stride=(max(H, W) - 1) / (n - 1) * log_stride.exp(),
        variance=log_variance.exp(),
        intensity=log_intensity.exp(),
    )


def filters(centre: Tensor, stride: Tensor, variance: Tensor, n: int, size: int) -> Tensor:
    """Lay n Gaussian filters along one axis: (B, n, size), each row sums to 1.

    Args:
        centre, stride, variance: (B,), in pixels. size: pixels along the axis.
    """
    steps = torch.arange(n, dtype=centre.dtype, device=centre.device) - (n - 1) / 2
    means = centre[:, None] + steps * stride[:, None]  # (B, n)
    pixels = torch.arange(size, dtype=centre.dtype, device=centre.device)
    distance = (pixels - means[..., None]).square()
    # A normalised Gaussian is a softmax of squared distances: it cannot be 0 / 0, however far outside a filter lies.
    return (-distance / (2 * variance[:, None, None])).softmax(dim=-1)


def bank(at: Window, n: int, shape: Sequence[int]) -> tuple[Tensor, Tensor]:
    """The filters of the rows (B, n, H) and of the columns (B, n, W)."""
    rows = filters(at.y, at.stride, at.variance, n, shape[0])
    return rows, filters(at.x, at.stride, at.variance, n, shape[1])


def read(images: Tensor, at: Window, n: int) -> Tensor:
    """Read n x n numbers of each image: (B, C, H, W) to (B, C, n, n).

    Raises:
        ValueError: the images are not (B, C, H, W) in floating point.
    """
    check_tensor(images, "images")
    if images.ndim != 4 or not images.is_floating_point():
        raise ValueError(
            f"Expected images of shape (B, C, H, W) in floating point, got {tuple(images.shape)} in {images.dtype}."
        )
    B, C, H, W = images.shape
    rows, columns = bank(at, n, (H, W))
    lines = rows @ images.permute(0, 2, 1, 3).reshape(B, H, C * W)  # (B, n, C W)
    patches = lines.view(B, n, C, W) @ columns.mT[:, None]  # (B, n, C, n)
    return patches.transpose(1, 2) * at.intensity[:, None, None, None]


def write(patches: Tensor, at: Window, shape: Sequence[int]) -> Tensor:
    """Write a patch (B, n, n) on an empty canvas for each: (B, H, W)."""
    rows, columns = bank(at, patches.shape[-1], shape)
    return rows.mT @ patches @ columns / at.intensity[:, None, None]


def boxes(numbers: Tensor, shape: Sequence[int], n: int) -> Tensor:
    """The squares between windows' outermost filters, half a stride added all round.

    Args:
        numbers: (..., 5). shape: height and width of the image. n: filters along a side.

    Returns:
        (..., 4): left, top, width, height.
    """
    at = window(numbers.reshape(-1, 5), shape, n)
    side = at.stride * n
    # A pixel's centre lies half a pixel from its edge.
    corner = [each + 0.5 - side / 2 for each in (at.x, at.y)]
    return torch.stack([*corner, side, side], dim=-1).view(*numbers.shape[:-1], 4)


class FiveNumbers(nn.Module):
    """Give a window's five numbers from a state, each kept within bounds; for any state they begin near `start`.

    The paper leaves them free. Within bounds no window is lost outside the image, and no exponential overflows.
    """

    low: Tensor
    high: Tensor

    def __init__(self, size: int, start: Sequence[float], high: Sequence[float] = HIGHEST):
        super().__init__()
        low, high = torch.tensor(LOWEST), torch.tensor(high)
        self.register_buffer("low", low, persistent=False)
        self.register_buffer("high", high, persistent=False)
        self.dense = nn.Linear(size, 5)
        with torch.no_grad():
            share = (torch.tensor(start) - low) / (high - low)
            # A start beyond the bounds begins near them.
            self.dense.bias.copy_(share.clamp(0.02, 0.98).logit())

    def forward(self, state: Tensor) -> Tensor:
        return self.low + (self.high - self.low) * self.dense(state).sigmoid()


def start(shape: Sequence[int], n: int, width: float, writes: bool = False) -> list[float]:
    """Numbers of a window in the middle, so much of the image wide.

    Its filters are half as wide as their stride, so that no ink lies unseen between two of them. One that writes
    begins with an intensity at which its filters' sum is about as dark as its patch.
    """
    stride = width * (max(shape) - 1) / (n - 1)
    intensity = -2 * math.log(stride) if writes else BRIGHTER
    return [0.0, 0.0, 2 * math.log(stride / 2), math.log(width), intensity]
