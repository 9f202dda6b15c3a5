"""What several figures draw, in NumPy: the references that the scripts in `pixels.js` must agree with."""

from collections.abc import Sequence

import numpy as np

from helpers import plotting


def in_lens(shape: tuple[int, int], x: int, y: int, radius: int) -> np.ndarray:
    """Which pixels of an (H, W) picture lie within `radius` pixels of (x, y): (H, W) bool."""
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    return (columns - x) ** 2 + (rows - y) ** 2 <= radius**2


def edges(labels: np.ndarray) -> np.ndarray:
    """The pixels of an (H, W) label map that lie just inside a shape: (H, W) bool.

    A pixel counts when it is not background and one of its four neighbours has another label.
    """
    differs = np.zeros(labels.shape, bool)
    below, right = labels[1:] != labels[:-1], labels[:, 1:] != labels[:, :-1]
    differs[1:] |= below
    differs[:-1] |= below
    differs[:, 1:] |= right
    differs[:, :-1] |= right
    return differs & (labels != 0)


def masked(
    image: np.ndarray, labels: np.ndarray, blend: int, visible: Sequence[bool], outlines: bool = False
) -> np.ndarray:
    """An image under its label map, (H, W, 3) uint8: `blend` in percent, outlines in the plain class colour."""
    shown = np.where(np.asarray(visible, bool)[labels], labels, 0)
    picture = plotting.overlay(image, shown, blend / 100)
    if outlines:
        border = edges(shown)
        picture[border] = plotting.CLASS_COLOURS[shown[border]]
    return picture


def fitted(picture: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A picture enlarged or shrunk to (H, W) by repeating or leaving out pixels."""
    rows, columns = (np.arange(new) * old // new for new, old in zip(shape, picture.shape, strict=False))
    return picture[rows[:, None], columns]


def two_places(value: float) -> str:
    """A number from 0 up with two decimals, rounded half up: Python's own rounding and JavaScript's differ."""
    hundredths = int(np.floor(value * 100 + 0.5))
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def decimal(value: float, places: int, plus: bool = False) -> str:
    """A number with its sign and so many decimals, rounded half away from 0, a true minus before what is below 0."""
    units = 10**places
    whole = int(np.floor(abs(value) * units + 0.5))
    sign = "" if whole == 0 else "\N{MINUS SIGN}" if value < 0 else "+" if plus else ""
    return f"{sign}{whole // units}.{whole % units:0{places}d}"


def hidden_classes(class_names: Sequence[str], visible: Sequence[bool]) -> str:
    """The end of a caption that names what was switched off, or nothing."""
    hidden = [name for name, shown in zip(class_names, visible, strict=True) if not shown]
    return f" Hidden: {', '.join(hidden)}." if hidden else ""
