"""Spatial transformers (Jaderberg, Simonyan, Zisserman, Kavukcuoglu 2015): look at any region, differentiably."""

from collections import OrderedDict
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers.ops import check_images, thin_plate


def affine_grid(theta: Tensor, height: int, width: int) -> Tensor:
    """Ask for each output pixel where in the input to read: the paper's equation 1.

    Args:
        theta: (B, 2, 3), maps (x, y, 1) of the output to (x, y) of the input, both from one outer edge of the image,
            -1, to the other, 1.

    Returns:
        (B, height, width, 2): x, then y.
    """
    numbers = (torch.arange(side, dtype=torch.float64) for side in (width, height))
    centres = (((2 * each + 1) / len(each) - 1).to(theta) for each in numbers)
    x, y = torch.meshgrid(*centres, indexing="xy")
    return torch.einsum("bij,jhw->bhwi", theta, torch.stack([x, y, torch.ones_like(x)]))


class Neighbours(NamedTuple):
    """The four pixels round each sampling place.

    Attributes:
        values: (B, C, h, w, 2, 2), the last two axes: above or below, left or right.
        right, below: (B, h, w), how far the place lies from the left and from the upper pixel, 0..1.
    """

    values: Tensor
    right: Tensor
    below: Tensor


def neighbours(images: Tensor, grid: Tensor) -> Neighbours:
    """Fetch the four pixels round each place of a grid; beyond the image everything is 0.

    Args:
        images: (B, C, H, W). grid: (B, h, w, 2), x and y from -1 to 1.
    """
    B, C, H, W = images.shape
    x, y = (((at + 1) * side - 1) / 2 for at, side in zip(grid.unbind(-1), (W, H), strict=True))
    left, top = x.floor(), y.floor()
    columns = torch.stack([left, left + 1, left, left + 1], dim=-1)
    rows = torch.stack([top, top, top + 1, top + 1], dim=-1)
    inside = (columns >= 0) & (columns < W) & (rows >= 0) & (rows < H)
    index = rows.clamp(0, H - 1).long() * W + columns.clamp(0, W - 1).long()
    found = (
        images.flatten(2).gather(2, index.flatten(1)[:, None].expand(B, C, -1)).view(B, C, *index.shape[1:])
    )
    values = torch.where(inside[:, None], found, 0.0)
    return Neighbours(values.unflatten(-1, (2, 2)), x - left, y - top)


def sample(images: Tensor, grid: Tensor) -> Tensor:
    """Read images at a grid's places, bilinearly: the paper's equation 5.

    Each of the four pixels round a place counts by the area of the rectangle across from it.

    Args:
        images: (B, C, H, W). grid: (B, h, w, 2), x and y from -1 to 1.

    Returns:
        (B, C, h, w).
    """
    values, right, below = neighbours(images, grid)
    right, below = right[:, None], below[:, None]
    upper, lower = (values[..., row, 0] * (1 - right) + values[..., row, 1] * right for row in (0, 1))
    return upper * (1 - below) + lower * below


def place_gradient(images: Tensor, grid: Tensor) -> Tensor:
    """How each sampled value changes as its place moves: the paper's equations 6 and 7.

    Along x it is the difference between the right and the left pixels, weighed by how near the two rows are. Only
    the four pixels round a place count: it feels nothing of what is further away. On a pixel's centre the slope
    has a kink, and this gives the one to the right and below.

    Args:
        as for `sample`.

    Returns:
        (B, C, h, w, 2): along x, then along y, for a step of 1 in the grid's coordinates from -1 to 1.
    """
    values, right, below = neighbours(images, grid)
    right, below = right[:, None], below[:, None]
    along_x = (values[..., 1] - values[..., 0]).mul(torch.stack([1 - below, below], -1)).sum(-1)
    along_y = (values[..., 1, :] - values[..., 0, :]).mul(torch.stack([1 - right, right], -1)).sum(-1)
    H, W = images.shape[2:]
    return torch.stack([along_x * W / 2, along_y * H / 2], dim=-1)


class Affine(nn.Module):
    """Grid generator with six numbers: crop, rotate, scale, shear, mirror, shift.

    `forward` takes theta (B, 6), the rows of the (2, 3) matrix, and returns a grid (B, side, side, 2).
    """

    def __init__(self, side: int):
        super().__init__()
        self.side = side
        self.register_buffer("start", torch.tensor([1.0, 0, 0, 0, 1, 0]))

    def forward(self, theta: Tensor) -> Tensor:
        return affine_grid(theta.view(-1, 2, 3), self.side, self.side)


class ThinPlate(nn.Module):
    """Grid generator that bends, like a thin steel plate held at control points (Bookstein 1989).

    The control points lie on a regular grid over the output, its corners included. Theta says for each where in the
    input it reads. Between them the map bends as little as it can. It is linear in theta: `basis` holds how much
    each pixel follows each control point.

    `forward` takes theta (B, 2 * points**2), x and y of each point from -1 to 1, row by row, and returns a grid
    (B, side, side, 2).
    """

    def __init__(self, side: int, points: int = 4):
        super().__init__()
        self.side = side
        at = torch.linspace(-1, 1, points)
        self.register_buffer("start", torch.cartesian_prod(at, at).flip(1).flatten())
        self.register_buffer("basis", thin_plate(side, points), persistent=False)

    def forward(self, theta: Tensor) -> Tensor:
        return (self.basis @ theta.unflatten(1, (-1, 2))).unflatten(1, (self.side, self.side))


class SpatialTransformer(nn.Module):
    """Look at the image, decide where to look, and read there: localisation net, grid generator, sampler.

    Args:
        grid: `Affine` or `ThinPlate`, which say how many numbers theta has and which of them mean "as it is".
        features: the part of the localisation net that sees the image: (B, 1, H, W) -> (B, count).
        count: of these features.
        outside: the value beyond the image's edge. Unless it is what the background is, the edge can be seen.

    `forward` takes (B, 1, H, W) and returns what was read, (B, 1, grid.side, grid.side). The submodules `theta` and
    `rectified` pass on theta (B, numbers) and the result, for `probe.record`.
    """

    def __init__(self, grid: Affine | ThinPlate, features: nn.Module, count: int, outside: float = 0.0):
        super().__init__()
        self.grid, self.outside = grid, outside
        last = nn.Linear(32, len(grid.start))
        # Start by reading the image as it is: of random places there would be little to learn.
        nn.init.zeros_(last.weight)
        last.bias.data.copy_(grid.start)
        self.localise = nn.Sequential(features, nn.Linear(count, 32), nn.ReLU(), last)
        self.theta, self.rectified = nn.Identity(), nn.Identity()

    def forward(self, images: Tensor) -> Tensor:
        check_images(images, channels=1)
        places = self.grid(self.theta(self.localise(images)))
        # The sampler knows no outside but 0: so the values are moved there.
        read = F.grid_sample(images - self.outside, places, align_corners=False) + self.outside
        return self.rectified(read)


def cnn(side: int, hidden: int = 64) -> nn.Sequential:
    """A plain classifier with two poolings and two dense layers: (B, 1, side, side) -> (B, 10)."""
    return nn.Sequential(
        *_halved(1, 16),
        *_halved(16, 32),
        nn.Flatten(),
        nn.Linear(32 * (side // 4) ** 2, hidden),
        nn.ReLU(),
        nn.Linear(hidden, 10),
    )


def st_cnn(side: int, bend: bool = False, out: int = 28) -> nn.Sequential:
    """A spatial transformer, affine or bending, before a plain classifier: (B, 1, side, side) -> (B, 10).

    The localisation net sees the image at half its resolution; the sampler reads from all of it.
    """
    grid = ThinPlate(out) if bend else Affine(out)
    features = nn.Sequential(nn.AvgPool2d(2), *_halved(1, 16), *_halved(16, 16), nn.Flatten())
    transformer = SpatialTransformer(grid, features, 16 * (side // 8) ** 2)
    return nn.Sequential(OrderedDict(transformer=transformer, classifier=cnn(out)))


def _halved(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    # The paper had no batch normalisation yet; with it, a minute of training is enough to see the effect. Pooling
    # first leaves a quarter of the values to normalise, and gives the same maxima to the ReLU.
    convolution = nn.Conv2d(inputs, outputs, 5, padding=2, bias=False)
    return convolution, nn.MaxPool2d(2), nn.BatchNorm2d(outputs), nn.ReLU()
