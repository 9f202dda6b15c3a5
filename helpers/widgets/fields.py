"""Receptive fields for the figure of that name: which units to show, and their gradients in a kilobyte each."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from helpers.widgets import checks

MOST_CELLS = 32  # along a side of a stored gradient: finer than a reader can see, and a kilobyte a unit
STRAY = 1e-5  # the share of a gradient that rounding may leave outside the field


@dataclass(frozen=True)
class Layer:
    """Where a layer's units look: unit (r, c) sees `size` pixels from column `start + stride * c`, likewise in rows.

    Attributes:
        grid: (rows, columns) of its units.
    """

    name: str
    stride: int
    size: int
    start: int
    grid: tuple[int, int]

    def first(self, unit: int) -> int:
        """The first row (or column) that a unit looks at; below 0 if it looks at padding."""
        return self.start + self.stride * unit

    def seen(self, unit: int, side: int) -> tuple[int, int]:
        """The first pixel that a unit sees along a side of the scene, and the one after the last."""
        return max(self.first(unit), 0), min(self.first(unit) + self.size, side)


@dataclass(frozen=True)
class Shown:
    """What the figure holds of a layer.

    Attributes:
        rows: the rows of the R x C units that the reader may choose from; `columns` likewise.
        cell: pixels along a cell of the stored gradients.
        heat: (R, C, MOST_CELLS, MOST_CELLS) uint8, each unit's gradient from the corner of what it sees.
        reach: (R, C) uint16, the side of the centred square that holds half of the gradient; 0 if there is none.
    """

    layer: Layer
    rows: list[int]
    columns: list[int]
    cell: int
    heat: np.ndarray
    reach: np.ndarray


def shown(
    layer: Layer, gradient: Callable[[str, int, int], np.ndarray], shape: tuple[int, int], most: int
) -> Shown:
    """Choose a layer's units, at most `most` along a side, and ask for their gradients by an (H, W) scene.

    Raises:
        ValueError: a unit sees nothing, or its gradient reaches outside the field that the layer states.
    """
    if min(layer.stride, layer.size, *layer.grid, most) < 1:
        raise ValueError(f"{layer}: stride, size, grid and most must each be 1 or more.")
    rows, columns = (spread(count, most) for count in layer.grid)
    cell = -(-min(layer.size, max(shape)) // MOST_CELLS)
    heat = np.zeros((len(rows), len(columns), MOST_CELLS, MOST_CELLS), np.uint8)
    reach = np.zeros((len(rows), len(columns)), np.uint16)
    for r, row in enumerate(rows):
        for c, column in enumerate(columns):
            seen, reach[r, c] = inside(gradient(layer.name, row, column), layer, row, column, shape)
            cells = pooled(seen, cell)
            heat[r, c, : cells.shape[0], : cells.shape[1]] = cells
    return Shown(layer, rows, columns, cell, heat, reach)


def spread(count: int, most: int) -> list[int]:
    """At most `most` of the numbers below `count`, evenly spaced about the middle."""
    step = -(-count // most)
    chosen = range(0, count, step)
    margin = (count - 1 - chosen[-1]) // 2
    return [number + margin for number in chosen]


def inside(
    gradient: np.ndarray, layer: Layer, row: int, column: int, shape: tuple[int, int]
) -> tuple[np.ndarray, int]:
    """One unit's gradient in what it sees of the scene, and the side of the centred square that holds half of it."""
    called = f"gradient of {layer.name}, unit ({row}, {column})"
    values = np.abs(checks.scores(gradient, "(H, W)", called)).astype(float)
    if values.shape != shape:
        raise ValueError(
            f"The {called} is {values.shape}; expected {shape}, the scene's size: sum over the colours."
        )
    rows, columns = layer.seen(row, shape[0]), layer.seen(column, shape[1])
    if rows[0] >= rows[1] or columns[0] >= columns[1]:
        raise ValueError(
            f"Unit ({row}, {column}) of {layer.name} sees nothing of a scene of {shape}: its field begins at row "
            f"{layer.first(row)}, column {layer.first(column)}. Look at the layer's start and stride."
        )
    seen = values[slice(*rows), slice(*columns)]
    total = values.sum()
    if total - seen.sum() > STRAY * total:
        raise ValueError(
            f"The {called} reaches outside rows {rows} and columns {columns}, the field that the layer states. "
            "Look at its stride, size and start; or batch norm is in training mode and mixes all places."
        )
    if total == 0:
        return seen, 0
    down, across = (
        np.abs(np.arange(*span) - layer.first(unit) - (layer.size - 1) / 2)
        for span, unit in ((rows, row), (columns, column))
    )
    ring = np.maximum(
        down[:, None], across
    ).ravel()  # the square about the centre on whose border a pixel lies
    outwards = ring.argsort(kind="stable")
    half = ring[outwards][np.searchsorted(seen.ravel()[outwards].cumsum(), seen.sum() / 2)]
    return seen, int(2 * half + 1)


def pooled(gradient: np.ndarray, cell: int) -> np.ndarray:
    """The square root of a gradient averaged over cells, as a share of its peak in 0..255: uint8."""
    height, width = gradient.shape
    padded = np.pad(gradient, ((0, -height % cell), (0, -width % cell)))
    means = padded.reshape(padded.shape[0] // cell, cell, padded.shape[1] // cell, cell).mean((1, 3))
    return np.floor(np.sqrt(means / (means.max() or 1)) * 255 + 0.5).astype(np.uint8)
