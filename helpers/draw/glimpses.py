"""The glimpse reader, which names a digit in clutter by a few looks, and the control that sees all of it, shrunk."""

import math
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers.draw import filters
from helpers.draw.filters import BRIGHTER, FiveNumbers, start
from helpers.ops import check_images

Places = Literal["learned", "random", "centre", "grid"]


class Glimpses(NamedTuple):
    """What a reader says after each of T glimpses: `scores` (B, T, 10), and its windows' `numbers` (B, T, 5)."""

    scores: Tensor
    numbers: Tensor


class GlimpseReader(nn.Module):
    """Name the digit in (B, 1, side, side) by a few glimpses of n x n numbers.

    Args:
        places: of the windows: "learned" from the state before, after a first look at the whole image; at "random",
            of a digit's size; at the "centre", each half as large as the one before; or a fixed "grid" of 2 x 2 that
            covers the image.
    """

    def __init__(
        self, side: int = 60, n: int = 8, glimpses: int = 4, size: int = 128, places: Places = "learned"
    ):
        super().__init__()
        self.side, self.n, self.glimpses, self.places = side, n, glimpses, places
        self.start = nn.Parameter(torch.zeros(size))
        self.see = nn.Linear(n * n + 5, size)
        self.cell = nn.GRUCell(size, size)
        self.names = nn.Linear(size, 10)
        if places == "learned":
            self.numbers = FiveNumbers(size, start((side, side), n, width=0.6))
        elif places == "grid" and glimpses != 4:
            raise ValueError(f"A grid of 2 x 2 windows is looked at in 4 glimpses, not {glimpses}.")
        elif places not in ("random", "centre", "grid"):
            raise ValueError(f"There are no places {places!r}. Expected learned, random, centre or grid.")

    def forward(self, images: Tensor) -> Glimpses:
        check_images(images, channels=1)
        state = self.start.expand(len(images), -1).tanh()
        scores, kept = [], []
        for t in range(self.glimpses):
            numbers = self.numbers(state) if self.places == "learned" and t else self.fixed(t, images)
            at = filters.window(numbers, images.shape[2:], self.n)
            patch = filters.read(images, at, self.n).flatten(1)
            state = self.cell(self.see(torch.cat([patch, numbers], dim=1)).relu(), state)
            scores.append(self.names(state))
            kept.append(numbers)
        return Glimpses(torch.stack(scores, dim=1), torch.stack(kept, dim=1))

    def fixed(self, t: int, images: Tensor) -> Tensor:
        """The numbers (B, 5) of the t-th window where it is not learned; the first of all is the whole image."""
        width = {"learned": 1.0, "random": 0.5, "centre": 0.5 ** min(t, 2), "grid": 0.5}[self.places]
        numbers = images.new_tensor(start((self.side, self.side), self.n, width)).repeat(len(images), 1)
        if self.places == "random":
            numbers[:, :2] = torch.rand(len(images), 2, device=images.device) - 0.5
        if self.places == "grid":
            numbers[:, 0], numbers[:, 1] = t % 2 - 0.5, t // 2 - 0.5
        return numbers


class Shrunk(nn.Module):
    """The control that sees everything: the image shrunk to as many pixels as all glimpses read, and dense layers."""

    def __init__(self, pixels: int = 16):
        super().__init__()
        self.pixels = pixels
        self.layers = nn.Sequential(
            nn.Linear(pixels**2, 256), nn.ReLU(), nn.Linear(256, 160), nn.ReLU(), nn.Linear(160, 10)
        )

    def forward(self, images: Tensor) -> Glimpses:
        check_images(images, channels=1)
        small = F.adaptive_avg_pool2d(images, self.pixels) * math.exp(BRIGHTER)
        return Glimpses(self.layers(small.flatten(1))[:, None], images.new_empty(len(images), 0, 5))


def glimpse_loss(seen: Glimpses, labels: Tensor) -> Tensor:
    """Cross-entropy of the digit after every glimpse, averaged over glimpses."""
    return F.cross_entropy(seen.scores.flatten(0, 1), labels.repeat_interleave(seen.scores.shape[1]))
