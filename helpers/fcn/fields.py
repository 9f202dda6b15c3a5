"""Receptive fields, as a figure: which units a reader may choose, and what of the scene matters to each."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from helpers import figure as fig
from helpers.figure import taking
from helpers.ops import receptive_field as receptive_field_of

MOST = 8  # units along a side to choose from, evenly spread over larger grids
CELL = 2  # pixels along a cell of a stored gradient: finer than a reader can see
FAINT = 0.08  # of the strongest: below it the scene is left as it is
STRAY = 1e-5  # the share of a gradient that rounding may leave outside the field

Gradient = Callable[[str, int, int], object]


@dataclass(frozen=True)
class Field:
    """Where a layer's units look: unit (r, c) sees `size` pixels from column `start + stride * c`, likewise in rows.

    Attributes:
        grid: (rows, columns) of its units.
    """

    name: str
    stride: int
    size: int
    start: int
    grid: tuple[int, int]

    @classmethod
    def of(cls, name: str, layers: Sequence[tuple[int, int, int]], side: int) -> "Field":
        """The field of the last of some layers (kernel, stride, padding 0) over a scene of `side` pixels."""
        seen = receptive_field_of(layers)
        units = (side - seen.size) // seen.stride + 1
        return cls(name, seen.stride, seen.size, seen.start, (units, units))

    def first(self, unit: int) -> int:
        """The first row (or column) that a unit looks at; below 0 if it looks at padding."""
        return self.start + self.stride * unit

    def centre(self, unit: int) -> float:
        """The middle of what a unit looks at."""
        return self.first(unit) + (self.size - 1) / 2

    def units(self, axis: int) -> list[int]:
        """At most `MOST` of the units along an axis, evenly spaced about the middle."""
        count = self.grid[axis]
        chosen = range(0, count, -(-count // MOST))
        margin = (count - 1 - chosen[-1]) // 2
        return [number + margin for number in chosen]


def measure(
    field: Field, gradient: Gradient, shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ask for the gradients of a layer's units.

    Args:
        gradient: called with the layer's name, a unit's row and column; returns (H, W), the absolute gradient of the
            unit by the scene, summed over the colours.
        shape: (H, W) of the scene.

    Returns:
        Of the R x C units to choose from: heat (R, C, h, w), the square root of each gradient in cells as a share of
        its peak, NaN where it is faint; reach (R, C), the side of the centred square that holds half of the gradient,
        0 if there is none; boxes (R, C, 4), what each can see as left, top, width, height.

    Raises:
        ValueError: a unit sees nothing, or its gradient reaches outside the field that the layer states.
    """
    if min(field.stride, field.size, *field.grid) < 1:
        raise ValueError(f"{field}: stride, size and grid must each be 1 or more.")
    heat, reach, boxes = [], [], []
    for row in field.units(0):
        for column in field.units(1):
            values, half = _checked(gradient(field.name, row, column), field, row, column, shape)
            heat.append(_in_cells(values))
            reach.append(half)
            boxes.append((field.first(column), field.first(row), field.size, field.size))
    grid = len(field.units(0)), len(field.units(1))
    return (
        np.stack(heat).reshape(*grid, *heat[0].shape),
        np.array(reach).reshape(grid),
        np.array(boxes).reshape(*grid, 4),
    )


def _checked(
    values: object, field: Field, row: int, column: int, shape: tuple[int, int]
) -> tuple[np.ndarray, int]:
    """One unit's gradient (H, W), and the side of the centred square that holds half of it."""
    called = f"gradient of {field.name}, unit ({row}, {column})"
    values = np.abs(taking.numbers(values, called).astype(float))
    if values.shape != shape:
        raise ValueError(
            f"The {called} is {values.shape}; expected {shape}, the scene's size: sum over the colours."
        )
    if not np.isfinite(values).all():
        raise ValueError(f"The {called} holds NaN or infinity: look at the network's weights and its input.")
    ends = [
        (max(field.first(u), 0), min(field.first(u) + field.size, side))
        for u, side in zip((row, column), shape, strict=True)
    ]
    if any(first >= end for first, end in ends):
        raise ValueError(
            f"Unit ({row}, {column}) of {field.name} sees nothing of a scene of {shape}: its field begins at row "
            f"{field.first(row)}, column {field.first(column)}. Look at the layer's start and stride."
        )
    total, seen = values.sum(), values[slice(*ends[0]), slice(*ends[1])].sum()
    if total - seen > STRAY * total:
        raise ValueError(
            f"The {called} reaches outside rows {ends[0]} and columns {ends[1]}, the field that the layer states. "
            "Look at its stride, size and start; or batch norm is in training mode and mixes all places."
        )
    if total == 0:
        return values, 0
    down, across = (
        np.abs(np.arange(side) - field.centre(u)) for u, side in zip((row, column), shape, strict=True)
    )
    # Each pixel lies on the border of a square round the centre: its ring.
    ring = np.maximum(down[:, None], across).ravel()
    outwards = ring.argsort(kind="stable")
    half = ring[outwards][np.searchsorted(values.ravel()[outwards].cumsum(), total / 2)]
    return values, int(2 * half + 1)


def _in_cells(gradient: np.ndarray) -> np.ndarray:
    """The square root of a gradient averaged over cells, as a share of its peak; NaN where it is faint."""
    padded = np.pad(gradient, [(0, -side % CELL) for side in gradient.shape])
    means = padded.reshape(padded.shape[0] // CELL, CELL, -1, CELL).mean((1, 3))
    share = np.sqrt(means / (means.max() or 1))
    return np.where(share < FAINT, np.nan, np.floor(share * 64 + 0.5) / 64)  # few levels cross in few bytes


def receptive_field(
    image: np.ndarray, fields: Sequence[Field], gradient: Gradient, alt: str = ""
) -> fig.Figure:
    """Choose a unit of a layer: the scene is lit where the unit can see, and warm where its gradient is strong.

    Args:
        image: (H, W, 3), bytes or floats in 0..1.
        fields: the layers, from the first to the last.
        gradient: called with a layer's name, a unit's row and column; returns (H, W), the absolute gradient of the unit
            by the scene, summed over the colours.
        alt: what the scene shows, in a few words, for a reader who hears the page.
    """
    image = taking.image(image)
    height, width = image.shape[:2]
    names = taking.distinct([each.name for each in fields], "layers")
    heats, reaches, boxes = zip(*(measure(each, gradient, (height, width)) for each in fields), strict=True)
    units = [[each.units(axis) for each in fields] for axis in (0, 1)]

    layer = fig.Choice("Layer", names, len(names) - 1, keys="[]")
    strength = fig.Slider("Gradient", 101, 85, labels="{}%")
    centres = [
        fig.array([[each.centre(unit) for unit in of] for each, of in zip(fields, along, strict=True)])[layer]
        for along in units
    ]
    at = fig.Pointer(image.shape, grid=centres, hover=False, leap=2, name="unit")
    here = layer, at.y, at.x
    box = fig.array(list(boxes))[here]
    places = [each.reshape(-1, 4)[:, :2] + each.reshape(-1, 4)[:, 2:] / 2 for each in boxes]
    numbers = [np.arange(each.size).reshape(each.shape) for each in reaches]
    found = [
        [[_found(*one, image.shape) for one in zip(*row, strict=True)] for row in zip(*of, strict=True)]
        for of in zip(boxes, reaches, strict=True)
    ]
    return fig.Figure(
        fig.Stage(
            fig.Image(image),
            fig.Spot(box),
            fig.Heat(fig.array(list(heats))[here], colours="inferno", blend=strength),
            fig.Box(box),
            fig.Dots(fig.array(places)[layer], fig.array(numbers)[here], 0.6),
            pointer=at,
        ),
        also=(layer, strength),
        caption="{Layer}, unit at row {row}, column {column} of {rows} x {columns}: it can see {size} x {size} pixels"
        "{found} Dark is a weak gradient, yellow the strongest.",
        alt=alt or f"A scene of {width} by {height} pixels, and what a unit of a network sees of it.",
        row=fig.array(units[0])[layer, at.y],
        column=fig.array(units[1])[layer, at.x],
        rows=fig.array([each.grid[0] for each in fields])[layer],
        columns=fig.array([each.grid[1] for each in fields])[layer],
        size=fig.array([each.size for each in fields])[layer],
        found=fig.names(found)[here],
    )


def _found(box: Sequence[int], reach: int, shape: Sequence[int]) -> str:
    """The end of a sentence on what a unit can see, and on what of it matters."""
    left, top, width, height = box
    beyond = left < 0 or top < 0 or left + width > shape[1] or top + height > shape[0]
    outside = ", some of them outside the scene" if beyond else ""
    if not reach:
        return f"{outside}. No gradient reaches the scene."
    return f"{outside}. Half of its gradient lies in the middle {reach} x {reach}."
