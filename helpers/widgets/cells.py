"""Small grids of numbers as coloured cells: the reference that `cells.js` must agree with."""

import numpy as np

LARGEST = 99  # a longer number would not fit into its cell
# Below 0, 0, above 0. Dark ink stays legible on all three, and they differ to the colour-blind as well.
ENDS = np.array([(235, 125, 45), (249, 248, 251), (150, 105, 250)], float)
HALF = 127  # entries on each side of 0


def colours() -> np.ndarray:
    """The colour table from the least through 0 to the greatest value, (255, 3) uint8."""
    places = np.linspace(-1, 1, 2 * HALF + 1)
    return np.floor(np.stack([np.interp(places, [-1, 0, 1], end) for end in ENDS.T], 1) + 0.5).astype(
        np.uint8
    )


def coloured(values: np.ndarray, limit: float) -> np.ndarray:
    """Each (h, w) value in its colour, the fullest at `limit` and beyond: (h, w, 3) uint8."""
    places = np.clip(values / limit, -1, 1)
    return colours()[np.floor((places + 1) * HALF + 0.5).astype(int)]


def limit(values: np.ndarray) -> float:
    """The largest absolute value, which gets the fullest colour; 1 where all are 0."""
    return float(np.abs(values).max()) or 1.0


def number(value: float) -> str:
    """A number with at most two decimals, rounded half away from 0: Python's own rounding and JavaScript's differ."""
    hundredths = int(np.floor(abs(float(value)) * 100 + 0.5))
    text = f"{hundredths // 100}.{hundredths % 100:02d}".rstrip("0").rstrip(".")
    return f"-{text}" if value < 0 and hundredths else text


def grid(values: object, called: str, most: int, square: bool = False) -> list[list[float]]:
    """A grid of numbers as rows of floats, or a ValueError.

    Args:
        values: (h, w) finite numbers.
        called: what the message calls them.
        most: rows and columns at most.
        square: whether there must be as many rows as columns.
    """
    array = np.asarray(values)
    wanted = f"(k, k), k from 1 to {most}" if square else f"(h, w), each from 1 to {most}"
    if array.ndim != 2 or not 0 < min(array.shape) <= max(array.shape) <= most:
        raise ValueError(
            f"The {called} has shape {array.shape}; expected {wanted}. Take one channel, or a part of it."
        )
    if square and array.shape[0] != array.shape[1]:
        raise ValueError(
            f"The {called} has shape {array.shape}; expected {wanted}. Fill it up with zeros to a square."
        )
    if array.dtype.kind not in "fiu" or not (np.abs(array) <= LARGEST).all():
        raise ValueError(
            f"The {called} holds what is no number from -{LARGEST} to {LARGEST}; expected finite numbers that fit "
            "into a cell. Scale it first."
        )
    return array.astype(float).tolist()
