"""Pixels: enlarging, rims, mixing, ink. The twin is raster.js; a picture is (H, W, 3) uint8."""

from collections.abc import Sequence

import numpy as np


def coloured(picture: np.ndarray) -> np.ndarray:
    """A picture as (H, W, 3): greys (H, W) three times."""
    return picture if picture.ndim == 3 else picture[..., None].repeat(3, -1)


def bilinear(values: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """(h, w) enlarged to (H, W) by the four nearest cells."""
    for axis, size in enumerate(shape):
        cells = values.shape[axis]
        place = np.maximum((np.arange(size) + 0.5) * (cells / size) - 0.5, 0)
        low = place.astype(int)
        weight = (place - low).reshape((-1, 1) if axis == 0 else -1)
        one, next_one = values.take(low, axis), values.take(np.minimum(low + 1, cells - 1), axis)
        values = one * (1 - weight) + next_one * weight
    return values


def nearest(values: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """(h, w, ...) enlarged or shrunk to (H, W, ...), each pixel from its own cell."""
    for axis, size in enumerate(shape):
        values = values.take(np.arange(size) * values.shape[axis] // size, axis)
    return values


def tiled(
    tiles: Sequence[np.ndarray], columns: int, gap: int, between: int
) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Pictures (h, w, 3) of one size in lines, `gap` pixels of a grey apart; and the corner (top, left) of each."""
    high, wide = tiles[0].shape[:2]
    corners = [(i // columns * (high + gap), i % columns * (wide + gap)) for i in range(len(tiles))]
    lines = -(-len(tiles) // columns)
    sheet = np.full((lines * (high + gap) - gap, columns * (wide + gap) - gap, 3), between, np.uint8)
    for tile, (top, left) in zip(tiles, corners, strict=True):
        sheet[top : top + high, left : left + wide] = tile
    return sheet, corners


def visible(labels: np.ndarray, shown: list) -> np.ndarray:
    """A label map in which classes that are switched off have become background."""
    return np.where(np.asarray([*shown, *[1] * 256])[labels], labels, 0)


def edges(labels: np.ndarray) -> np.ndarray:
    """Where one of the four neighbours has another label: (H, W) bool."""
    wider = np.pad(labels, 1, mode="edge")
    neighbours = wider[:-2, 1:-1], wider[2:, 1:-1], wider[1:-1, :-2], wider[1:-1, 2:]
    return np.any([labels != each for each in neighbours], axis=0)


def mixed(pixels: np.ndarray, colours: np.ndarray, weight: object) -> np.ndarray:
    """Pixels with so much of the colours over them, rounded half up: (H, W, 3) uint8."""
    weight = np.asarray(weight, float)[..., None]
    return np.floor(pixels * (1 - weight) + colours * weight + 0.5).astype(np.uint8)


def upsampled_labels(scores: np.ndarray, shape: list, smooth: int) -> np.ndarray:
    """`upsampled` in NumPy, (H, W) uint8; of equal scores the first class wins."""
    enlarge = bilinear if smooth else nearest
    return np.stack([enlarge(np.asarray(each, float), shape) for each in scores]).argmax(0).astype(np.uint8)


def ink(strokes: list, height: int, across: int, width: float) -> np.ndarray:
    """What strokes leave on a pad: (H, W) uint8."""
    rows, columns = np.mgrid[:height, :across] + 0.5
    nearest = np.full((height, across), np.inf)
    for stroke in strokes:
        for (x0, y0), (x1, y1) in zip(stroke, stroke[1:] or stroke, strict=False):
            length = max((x1 - x0) ** 2 + (y1 - y0) ** 2, 1e-9)
            along = np.clip(((columns - x0) * (x1 - x0) + (rows - y0) * (y1 - y0)) / length, 0, 1)
            distance = np.hypot(columns - x0 - along * (x1 - x0), rows - y0 - along * (y1 - y0))
            nearest = np.minimum(nearest, distance)
    return np.floor(np.clip(width / 2 + 0.5 - nearest, 0, 1) * 255 + 0.5).astype(np.uint8)
