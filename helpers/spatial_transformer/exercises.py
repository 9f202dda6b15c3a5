"""Checks for the exercises of notebook 10, spatial transformers."""

import math
from collections.abc import Callable

import torch
from numpy.random import Generator
from torch import Tensor

from helpers.checking import Exercise, Mistake

Place = tuple[float, float]


def _theta(generator: Generator) -> Tensor:
    """A map far from the identity, from its mirror image and from singular."""
    angle = generator.uniform(0.4, 1.0) * generator.choice([-1, 1])
    turn = torch.tensor([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    stretch = torch.tensor([[generator.uniform(0.5, 0.8), 0.2], [0.0, generator.uniform(1.2, 1.6)]])
    shift = torch.from_numpy(generator.uniform(0.2, 0.6, (2, 1)))
    return torch.cat([turn.double() @ stretch.double(), shift], dim=1)


def _output_pixel(generator: Generator) -> tuple[Tensor, int, int, int, int]:
    height, width = (int(side) for side in generator.permutation([5, 7, 9])[:2])
    row, column = int(generator.integers(0, height // 2)), int(generator.integers(width // 2 + 1, width))
    return _theta(generator), row, column, height, width


def _mapped(theta: Tensor, x: float, y: float) -> Place:
    mapped = theta @ torch.tensor([x, y, 1.0], dtype=theta.dtype)
    return float(mapped[0]), float(mapped[1])


def _place_by(coordinate: Callable[[int, int], float]) -> Callable[[Tensor, int, int, int, int], Place]:
    """An answer that finds x and y by a rule: from a pixel's number along a side, and the side, to a coordinate."""
    return lambda theta, row, column, height, width: _mapped(
        theta, coordinate(column, width), coordinate(row, height)
    )


_place_of = _place_by(lambda at, side: (2 * at + 1) / side - 1)

place_of = Exercise(
    name="place_of",
    make_input=_output_pixel,
    solution=_place_of,
    mistakes=(
        Mistake(
            _place_by(lambda at, side: 2 * at / (side - 1) - 1),
            "this puts -1 and 1 on the centres of the outermost pixels, which is `align_corners=True`. Here they are "
            "the image's outer edges, and the first centre lies half a pixel inside.",
        ),
        Mistake(
            _place_by(lambda at, side: 2 * at / side - 1),
            "this is each pixel's upper left corner. Its centre lies half a pixel further on, both ways.",
        ),
        Mistake(
            lambda theta, row, column, height, width: _place_of(theta, column, row, width, height),
            "x counts columns, y counts rows: theta wants (x, y, 1), so the column comes first.",
        ),
        Mistake(
            lambda *pixel: _place_of(*pixel)[::-1],
            "return x before y, as `grid_sample` reads them.",
        ),
        Mistake(
            lambda theta, *pixel: _place_of(_undo(theta), *pixel),
            "this is the way back. Theta maps a place of the output to the place in the input that it reads, and so "
            "it is applied as it stands.",
        ),
        Mistake(
            lambda theta, *pixel: _place_of(theta * torch.tensor([1.0, 1, 0]), *pixel),
            "theta's last column is missing: it shifts the place, and the 1 in (x, y, 1) is there for it.",
        ),
    ),
)


def _place_inside(generator: Generator) -> tuple[Tensor, float, float]:
    height, width = (int(side) for side in generator.permutation([4, 5, 6])[:2])
    # Off the centres and off the middles between them: there wrong weights may look right.
    x, y = (
        int(generator.integers(0, side - 1)) + generator.choice([0.2, 0.35, 0.65, 0.8])
        for side in (width, height)
    )
    return torch.from_numpy(generator.uniform(0, 1, (height, width))), float(x), float(y)


def _weighed(image: Tensor, x: float, y: float, across: Callable, down: Callable) -> float:
    """Combine the four pixels round a place by two rules, each of which gives (near, far) weights for a fraction."""
    left, top = math.floor(x), math.floor(y)
    columns, rows = across(x - left), down(y - top)
    four = image[top : top + 2, left : left + 2]
    return float(torch.tensor(rows, dtype=image.dtype) @ four @ torch.tensor(columns, dtype=image.dtype))


def _near(fraction: float) -> Place:
    return 1 - fraction, fraction


def _far(fraction: float) -> Place:
    return fraction, 1 - fraction


def _always(first: float, second: float) -> Callable[[float], Place]:
    return lambda fraction: (first, second)


_first = _always(1.0, 0.0)
_difference = _always(-1.0, 1.0)
_half = _always(0.5, 0.5)
_both = _always(1.0, 1.0)


def _read_at(image: Tensor, x: float, y: float) -> float:
    return _weighed(image, x, y, _near, _near)


read_at = Exercise(
    name="read_at",
    make_input=_place_inside,
    solution=_read_at,
    mistakes=(
        Mistake(
            lambda image, x, y: _weighed(image, x, y, _far, _far),
            "the weights are on the wrong pixels. A place just right of the left pixel takes most from the left one: "
            "a pixel weighs 1 minus its distance.",
        ),
        Mistake(
            lambda image, x, y: float(image[round(y), round(x)]),
            "this reads the nearest pixel. Its value does not change when the place moves a little, so no gradient "
            "would reach theta.",
        ),
        Mistake(
            lambda image, x, y: _weighed(image, x, y, _near, _first),
            "this mixes left and right, in the upper row only: do the same in the lower row, then mix the two.",
        ),
        Mistake(
            lambda image, x, y: _weighed(image, x, y, _half, _half),
            "this is the plain mean of the four pixels: the nearer ones must count for more.",
        ),
        Mistake(
            lambda image, x, y: _weighed(image, math.floor(x) + y % 1, math.floor(y) + x % 1, _near, _near),
            "the two fractions are swapped: that of x mixes columns, that of y rows.",
        ),
    ),
)


def _slope_along_x(image: Tensor, x: float, y: float) -> float:
    return _weighed(image, x, y, _difference, _near)


slope_along_x = Exercise(
    name="slope_along_x",
    make_input=_place_inside,
    solution=_slope_along_x,
    mistakes=(
        Mistake(
            lambda image, x, y: -_slope_along_x(image, x, y),
            "the sign is wrong: moving right takes weight from the left pixels and gives it to the right ones.",
        ),
        Mistake(
            lambda image, x, y: _weighed(image, x, y, _near, _difference),
            "this is the slope along y: along x, columns are subtracted and rows are mixed.",
        ),
        Mistake(
            lambda image, x, y: _weighed(image, x, y, _difference, _far),
            "the rows' weights are swapped: the nearer row counts for more.",
        ),
        Mistake(
            lambda image, x, y: _weighed(image, x, y, _difference, _first),
            "the lower row has a difference too: weigh both rows' differences by how near the rows are.",
        ),
        Mistake(
            lambda image, x, y: _weighed(image, x, y, _difference, _both),
            "both rows count in full here. Their weights are those of the reading, and add up to 1.",
        ),
        Mistake(
            lambda image, x, y: _slope_along_x(image, x, y) * image.shape[1] / 2,
            "this is for a step of 1 in the grid's coordinates from -1 to 1. Here x counts pixels, so there is nothing "
            "to multiply by.",
        ),
    ),
)


def _undo(theta: Tensor) -> Tensor:
    back = torch.linalg.inv(theta[:, :2])
    return torch.cat([back, -back @ theta[:, 2:]], dim=1)


undo = Exercise(
    name="undo",
    make_input=lambda generator: (_theta(generator),),
    solution=_undo,
    mistakes=(
        Mistake(
            lambda theta: torch.cat([_undo(theta)[:, :2], -theta[:, 2:]], dim=1),
            "the shift is taken back in the wrong coordinates: it was added after the turn, so it has to go through "
            "the inverse as well.",
        ),
        Mistake(
            lambda theta: _undo(theta) * torch.tensor([1.0, 1, -1]),
            "the shift has the wrong sign: A (x) + t = u gives x = A⁻¹ u - A⁻¹ t.",
        ),
        Mistake(
            lambda theta: torch.cat([theta[:, :2].T, -theta[:, :2].T @ theta[:, 2:]], dim=1),
            "a transpose undoes a turn alone. This map also scales and shears: take the inverse.",
        ),
        Mistake(
            lambda theta: _undo(theta) * torch.tensor([1.0, 1, 0]),
            "the shift is lost: the way back needs one too.",
        ),
        Mistake(
            lambda theta: -theta,
            "a map is not undone by changing its signs: going there and back must leave every place where it was.",
        ),
    ),
)
