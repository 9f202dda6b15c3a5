"""Where an affine map reads a picture, and what it finds there: the lab of the sampling grid. Its twin is sampling.js.

Theta is kept in whole thousandths, so that Python and JavaScript compute with the very same numbers.
"""

import math
from typing import NamedTuple

import numpy as np

UNIT = 1000
GREY = np.array([299, 587, 114])  # thousandths of red, green and blue in a grey value
STEEP = 24  # grey levels a pixel for which an arrow is a pixel of the close view long
LONGEST = 1.25  # pixels of the close view: no arrow is longer
KNOB = 0.55  # of the margin: how far the knob stands above the box
DIM = 45  # percent of their brightness that pixels keep which are not read
HAIR = 1e-6  # lifts what lies on the very half of a thousandth, where two libraries' cosines may differ


class Box(NamedTuple):
    """An affine map as a hand makes it.

    Attributes:
        x, y: centre, in percent of the way from the picture's middle (0) to its right or lower edge (100).
        scale: side of a square with the box's area, in percent of the picture: 100 sqrt(det theta).
        angle: degrees, clockwise.
        stretch: width in percent of height, before the turn.
        shear: how far the lower edge goes to the right, in percent of half the height; the upper goes as far left.
    """

    x: int
    y: int
    scale: int
    angle: int
    stretch: int
    shear: int

    @classmethod
    def of(cls, theta: np.ndarray) -> "Box":
        """The box that comes nearest to a (2, 3) theta.

        Raises:
            ValueError: theta has another shape, is not finite, or no box makes it: it mirrors, or is flat.
        """
        theta = np.asarray(theta, float)
        if theta.shape != (2, 3) or not np.isfinite(theta).all():
            raise ValueError(
                f"theta has shape {theta.shape}; expected two rows of three finite numbers. "
                "Take one map out of the batch, and view its six numbers as (2, 3)."
            )
        area = float(np.linalg.det(theta[:, :2]))
        if area <= 0:
            raise ValueError(
                f"theta has the determinant {area:.3g}; expected more than 0. A box that is moved, turned, scaled, "
                "stretched and sheared is never mirrored or flat: change the sign of one column."
            )
        (a, b, x), (c, d, y) = theta
        width, angle = math.hypot(a, c), math.atan2(c, a)
        height = area / width
        shear = (math.cos(angle) * b + math.sin(angle) * d) / height
        scale, stretch = math.sqrt(area), width / height
        parts = (x * 100, y * 100, scale * 100, math.degrees(angle), stretch * 100, shear * 100)
        return cls(*(math.floor(part + 0.5) for part in parts))

    def theta(self) -> np.ndarray:
        """The map in thousandths, (2, 3) integers: turn @ shear @ scale, and the shift."""
        angle, longer = math.radians(self.angle), math.sqrt(self.stretch / 100)
        width, height, shear = self.scale / 100 * longer, self.scale / 100 / longer, self.shear / 100
        cosine, sine = math.cos(angle), math.sin(angle)
        rows = [
            [cosine * width, (cosine * shear - sine) * height, self.x / 100],
            [sine * width, (sine * shear + cosine) * height, self.y / 100],
        ]
        return np.floor(np.array(rows) * UNIT + 0.5 + HAIR).astype(np.int64)


class Reading(NamedTuple):
    """What one output pixel reads.

    Attributes:
        x, y: the place, in pixels of the picture; whole numbers are the pixels' centres.
        weights, greys: (2, 2), of the four pixels round it: above or below, left or right.
        value: their weighted sum, 0 to 255.
        slope: how the value changes for each pixel that the place moves right, and down.
    """

    x: float
    y: float
    weights: np.ndarray
    greys: np.ndarray
    value: float
    slope: tuple[float, float]


def places(theta: np.ndarray, side: int, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Where each output pixel reads, as `affine_grid` says with align_corners=False.

    Args:
        theta: (2, 3), in thousandths.
        side: pixels along a side of the output.
        shape: (H, W, ...) of the picture.

    Returns:
        x and y, each (side, side), in pixels of the picture; whole numbers are the pixels' centres.
    """
    across = 2 * np.arange(side) + 1 - side
    along_x, along_y = (
        size * (UNIT * side + row[0] * across + row[1] * across[:, None] + row[2] * side)
        for row, size in zip(theta, (shape[1], shape[0]), strict=True)
    )
    return along_x / (2 * UNIT * side) - 0.5, along_y / (2 * UNIT * side) - 0.5


def fetch(image: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Pixels by row and column, as integers; beyond the picture everything is 0."""
    height, width = image.shape[:2]
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    found = image[rows.clip(0, height - 1), columns.clip(0, width - 1)].astype(int)
    return np.where(inside[..., None], found, 0)


def sampled(image: np.ndarray, theta: np.ndarray, side: int) -> np.ndarray:
    """An (H, W, 3) picture read at every place, as `grid_sample` does: (side, side, 3) uint8, rounded half up."""
    x, y = places(theta, side, image.shape)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right, below = (x - left)[..., None], (y - top)[..., None]
    upper, lower = (
        fetch(image, row, left) * (1 - right) + fetch(image, row, left + 1) * right for row in (top, top + 1)
    )
    return np.floor(upper * (1 - below) + lower * below + 0.5).astype(np.uint8)


def reading(image: np.ndarray, theta: np.ndarray, side: int, row: int, column: int) -> Reading:
    """What the output pixel at `row`, `column` reads of an (H, W, 3) picture, in grey."""
    x, y = (float(along[row, column]) for along in places(theta, side, image.shape))
    left, top = math.floor(x), math.floor(y)
    right, below = x - left, y - top
    across, down = np.array([1 - right, right]), np.array([1 - below, below])
    greys = fetch(image, np.array([[top], [top + 1]]), np.array([[left, left + 1]])) @ GREY / 1000
    (first, second), (third, fourth) = greys.tolist()
    upper, lower = first * (1 - right) + second * right, third * (1 - right) + fourth * right
    slope = (
        (second - first) * (1 - below) + (fourth - third) * below,
        (third - first) * (1 - right) + (fourth - second) * right,
    )
    value = upper * (1 - below) + lower * below
    return Reading(x, y, down[:, None] * across, greys, value, slope)


def grid_lab(
    image: np.ndarray,
    scene: np.ndarray,
    x: int,
    y: int,
    scale: int,
    angle: int,
    stretch: int,
    shear: int,
    row: int,
    column: int,
    side: int,
    margin: int,
    fine: int,
) -> dict[str, object]:
    """Everything that the figure shows of one box and one output pixel.

    Args:
        image: (H, W, 3) uint8. side: pixels along a side of the output.
        scene: the photograph in its margin, enlarged.
        margin: pixels round the photograph. fine: pixels of the scene for one of the photograph.

    Returns:
        pictures: "scene" with a light dot at each place, "output", "close", the four by four pixels round the place.
        shapes in their pixels: "frame" (the box's sides and the knob's stem, as lines), "handles" (four corners, the
            knob, the centre), "places" (side**2, 2), "slope" and "slope_close" (the gradient as an arrow).
        numbers: "theta" (six), "x", "y", "weights" (four), "value", "right", "down".
    """
    theta = Box(x, y, scale, angle, stretch, shear).theta()
    read = reading(image, theta, side, row, column)
    rows, columns = (math.floor(along) + np.arange(-1, 3) for along in (read.y, read.x))
    close = fetch(image, rows[:, None], columns[None])
    dim = close * DIM // 100
    dim[1:3, 1:3] = close[1:3, 1:3]
    on_scene = fine * (np.stack(places(theta, side, image.shape), -1).reshape(-1, 2) + 0.5 + margin)
    handles = _handles(theta, image.shape, margin, fine)
    corners, knob = handles[:4], handles[4]
    foot = (corners[0] + corners[1]) / 2
    here = np.array([read.x, read.y])
    slope = np.array(read.slope)
    steepness = math.hypot(*read.slope)
    arrow = slope / max(steepness, HAIR) * min(steepness / STEEP, LONGEST)
    on_close, chosen = here - np.floor(here) + 1.5, fine * (here + 0.5 + margin)
    lines = [*zip(corners, np.roll(corners, -1, 0), strict=True), (foot, knob)]
    return {
        "scene": _dotted(scene, on_scene),
        "output": sampled(image, theta, side),
        "close": dim.astype(np.uint8),
        "frame": np.array([[*a, *b] for a, b in lines]),
        "handles": handles,
        "places": on_scene,
        "slope": np.array([*chosen, *(chosen + arrow * fine * margin / 2)]),
        "slope_close": np.array([*on_close, *(on_close + arrow)]),
        "theta": theta.ravel() / UNIT,
        "x": read.x,
        "y": read.y,
        "weights": read.weights.ravel(),
        "value": read.value,
        "right": read.slope[0],
        "down": read.slope[1],
    }


def _handles(theta: np.ndarray, shape: tuple[int, ...], margin: int, fine: int) -> np.ndarray:
    """The box's corners from the upper left one round, its knob and its centre, in pixels of the scene: (6, 2)."""
    at = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1), (0, -1), (0, 0)])
    mapped = (at @ theta[:, :2].T + theta[:, 2]) / UNIT
    found = fine * ((mapped + 1) / 2 * (shape[1], shape[0]) + margin)
    up = found[4] - found[5]
    found[4] += up * (KNOB * margin * fine / math.hypot(*up))
    return found


def _dotted(scene: np.ndarray, at: np.ndarray) -> np.ndarray:
    """A scene with a light dot on a dark one at each place."""
    scene = scene.copy()
    height, width = scene.shape[:2]
    columns, rows = np.floor(at).astype(int).T
    for shade, reach in ((24, (-1, 0, 1)), (255, (-1, 0))):
        for down in reach:
            for across in reach:
                y, x = rows + down, columns + across
                seen = (y >= 0) & (x >= 0) & (y < height) & (x < width)
                scene[y[seen], x[seen]] = shade
    return scene
