"""Distorted digits: turned, moved and scaled, seen askew, warped, or lost in clutter; afresh for every batch."""

from collections.abc import Iterator
from typing import Literal, NamedTuple, get_args

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from helpers import seeds
from helpers.data.batches import paired, shuffled
from helpers.data.digits import as_digits
from helpers.ops import thin_plate
from helpers.runtime import in_single_precision

Kind = Literal["plain", "R", "RTS", "P", "E", "cluttered"]
KINDS: tuple[str, ...] = get_args(Kind)
SIDES = {"plain": 28, "R": 28, "RTS": 42, "P": 42, "E": 28, "cluttered": 60}  # pixels, as in the paper
DIGIT = 28
STRETCH = 5.0  # P moves each corner of the digit's box by a normal deviate of this many pixels
CONTROL = 4  # E moves a thin plate's control points, CONTROL x CONTROL of them, all over the image ...
JOLT = 1.5  # ... each by a normal deviate of this many pixels
PATCHES, PATCH = 6, 6  # the clutter: so many square pieces of other digits, so many pixels wide
INK = (4, 18)  # a piece's corner lies here in its digit, where MNIST has its ink


class Distorted(NamedTuple):
    """Digits after a distortion, and what was done to them.

    Attributes:
        images: (B, 1, S, S) float32 in 0..1, ink bright on 0; S is `SIDES[kind]`.
        theta: (B, 2, 3) float32 as for `affine_grid`: maps a place in the distorted image to where its ink came from
            in the upright digit, both in coordinates from -1 to 1. P and E, which no affine map describes, have the
            identity.
    """

    images: Tensor
    theta: Tensor


@in_single_precision
def distort(digits: Tensor, kind: Kind, generator: Generator, reach: float = 1.0) -> Distorted:
    """Distort digits at random, as in Jaderberg et al. 2015 (section 4.1 and appendix).

    - R: turned by an angle uniform in +-90 degrees.
    - RTS: turned by +-45 degrees, scaled by 0.7 to 1.2 and put at random into 42 x 42, the digit's own box inside.
    - P: scaled by 0.75 to 1.0 in the middle of 42 x 42, then each corner of its box moved by a normal deviate of five
      pixels: a projective map. (The paper does not give the size of the image.)
    - E: warped by a thin plate on 4 x 4 control points, each moved by a normal deviate of 1.5 pixels.
    - cluttered: put at random into 60 x 60, under six 6 x 6 pieces of other digits.
    - plain: left as they are.

    Args:
        digits: (B, 28, 28) uint8, ink bright on black.
        generator: the one source of chance; the same state gives the same images.
        reach: which part of each turn, scaling, shift or warp is carried out, 0 (none) to 1. Clutter is as it is.

    Raises:
        ValueError: an unknown kind, another shape or dtype, a single digit to be cluttered with others, or a reach
            outside 0 to 1.
    """
    digits = _checked(digits, kind)
    if not 0 <= reach <= 1:
        raise ValueError(f"reach is {reach}; expected 0 (digits as they are) to 1 (distorted in full).")
    B, S = len(digits), SIDES[kind]
    ink = digits.float()[:, None] / 255
    angle, scale, shift = torch.zeros(B), torch.ones(B), torch.zeros(B, 2)
    if kind in ("R", "RTS"):
        angle = (
            torch.empty(B).uniform_(-1, 1, generator=generator) * reach * torch.pi / (2 if kind == "R" else 4)
        )
    if kind == "RTS":
        scale = 1 + (torch.empty(B).uniform_(0.7, 1.2, generator=generator) - 1) * reach
    if kind in ("RTS", "cluttered"):
        room = (S - DIGIT * scale)[:, None] / 2
        shift = torch.empty(B, 2).uniform_(-1, 1, generator=generator) * room * reach
    theta = placement(angle, scale, shift, S)
    grid = F.affine_grid(theta, [B, 1, S, S], align_corners=False)
    if kind == "P":
        scale = 1 + (torch.empty(B).uniform_(0.75, 1.0, generator=generator) - 1) * reach
        stretch = torch.randn(B, 4, 2, generator=generator) * reach * STRETCH
        grid = projective_grid(scale, stretch, S)
    if kind == "E":
        jolts = torch.randn(B, CONTROL**2, 2, generator=generator) * reach * JOLT * 2 / S
        grid = grid + (thin_plate(S, CONTROL) @ jolts).view(B, S, S, 2)
    images = F.grid_sample(ink, grid, align_corners=False)
    if kind == "cluttered":
        images = torch.maximum(images, clutter(ink, S, generator))
    return Distorted(images, theta)


def placement(angle: Tensor, scale: Tensor, shift: Tensor, side: int) -> Tensor:
    """The map from a distorted image back to its digit.

    Args:
        angle: (B,) radians, clockwise as seen. scale: (B,), above 1 is larger.
        shift: (B, 2) how far right and down the digit's centre lies of the image's, in pixels. side: of the image.

    Returns:
        (B, 2, 3) for `affine_grid`: (x, y) from -1 to 1 in the image -> from -1 to 1 in the 28 x 28 digit.
    """
    cos, sin = angle.cos() * side / DIGIT / scale, angle.sin() * side / DIGIT / scale
    turn = torch.stack([torch.stack([cos, sin], -1), torch.stack([-sin, cos], -1)], dim=1)
    return torch.cat([turn, -turn @ (shift * 2 / side)[..., None]], dim=2)


def projective_grid(scale: Tensor, stretch: Tensor, side: int) -> Tensor:
    """Where each pixel of an image reads a digit whose box was scaled, and had its corners moved.

    Args:
        scale: (B,), above 1 is larger. stretch: (B, 4, 2) pixels right and down, for the corners at upper left, upper
            right, lower left and lower right.
        side: of the image.

    Returns:
        (B, side, side, 2) for `grid_sample` of the 28 x 28 digit; beyond 1 where nothing is to be read.
    """
    corners = torch.tensor([(-1.0, -1), (1, -1), (-1, 1), (1, 1)])
    moved = (corners * DIGIT * scale[:, None, None] + 2 * stretch) / side
    # Eight numbers h with u = (h0 x + h1 y + h2) / (h6 x + h7 y + 1) and v alike, for four pairs (x, y) -> (u, v).
    ones, zeros = torch.ones_like(moved[..., :1]), torch.zeros(len(scale), 4, 3)
    place = torch.cat([moved, ones], dim=-1)
    u, v = corners[:, :1], corners[:, 1:]
    system = torch.cat(
        [torch.cat([place, zeros, -u * moved], -1), torch.cat([zeros, place, -v * moved], -1)], dim=1
    )
    h = torch.linalg.solve(system, torch.cat([u, v]).expand(len(scale), 8, 1))[..., 0]
    matrix = torch.cat([h, torch.ones(len(h), 1)], dim=1).view(-1, 3, 3)
    at = (torch.arange(side) * 2 + 1) / side - 1
    pixels = torch.stack([*torch.meshgrid(at, at, indexing="xy"), torch.ones(side, side)], dim=-1)
    x, y, w = (pixels.view(-1, 3) @ matrix.transpose(1, 2)).view(-1, side, side, 3).unbind(-1)
    # Behind the horizon a projective map turns round; the digit itself lies where its centre does, at w = 1.
    grid = torch.stack([x, y], dim=-1) / w[..., None].clamp(min=1e-6)
    return grid.where(w[..., None] > 1e-6, torch.full((), 2.0))


def clutter(ink: Tensor, side: int, generator: Generator) -> Tensor:
    """Scatter pieces of each digit's fellows over empty images: (B, 1, 28, 28) -> (B, 1, side, side)."""
    B = len(ink)
    # A fellow is someone else: one to B - 1 places further on.
    fellow = (torch.arange(B)[:, None] + torch.randint(1, B, (B, PATCHES), generator=generator)) % B
    row, column = torch.randint(*INK, (2, B, PATCHES, 1, 1), generator=generator)
    to_row, to_column = torch.randint(side - PATCH + 1, (2, B, PATCHES, 1, 1), generator=generator)
    down, right = torch.arange(PATCH)[:, None], torch.arange(PATCH)
    pieces = ink[fellow[..., None, None], 0, row + down, column + right]
    places = (to_row + down) * side + to_column + right
    canvas = torch.zeros(B, side * side).scatter_reduce(1, places.flatten(1), pieces.flatten(1), "amax")
    return canvas.view(B, 1, side, side)


def distorted_batches(
    digits: Tensor, labels: Tensor, kind: Kind, size: int, seed: int, growing: int = 0
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield shuffled batches for ever, every digit distorted anew each time, all from one seed.

    Args:
        digits: (N, 28, 28) uint8. labels: (N,) integers. size: digits a batch; the last, smaller one is left out.
        growing: for so many batches the distortions grow evenly, from none to their full reach.

    Yields:
        images (size, 1, S, S) float32 in 0..1, labels (size,) int64.

    Raises:
        ValueError: there are fewer digits than a batch holds, or not one label each; or as `distort`.
    """
    digits, labels = paired(_checked(digits, kind), labels, "digits")
    generator = seeds.generator(seed)
    for given, chosen in enumerate(shuffled(len(digits), size, generator)):
        reach = min(1.0, given / growing) if growing else 1.0
        yield distort(digits[chosen], kind, generator, reach).images, labels[chosen].long()


def distorted_set(
    digits: Tensor, labels: Tensor, kind: Kind, seed: int, times: int = 1
) -> tuple[Distorted, Tensor]:
    """Distort each digit `times` times, always alike for a seed, to judge on.

    Args:
        digits: (N, 28, 28) uint8. labels: (N,) integers.

    Returns:
        N * times digits, and their labels, (N * times,) int64.
    """
    digits = _checked(digits, kind)
    distorted = distort(digits.repeat(times, 1, 1), kind, seeds.generator(seed))
    return distorted, torch.as_tensor(labels).repeat(times).long()


def _checked(digits: Tensor, kind: str) -> Tensor:
    if kind not in KINDS:
        raise ValueError(f"There is no distortion {kind!r}. Expected one of {', '.join(KINDS)}.")
    digits, least = as_digits(digits), 2 if kind == "cluttered" else 1
    if len(digits) < least:
        clutter = (
            " Clutter is cut from other digits: give at least two." if least == 2 else " Give at least one."
        )
        raise ValueError(f"There are {len(digits)} digits.{clutter}")
    return digits
