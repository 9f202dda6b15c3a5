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


def upsampled_labels(scores: np.ndarray, shape: tuple[int, int], bilinear: bool) -> np.ndarray:
    """The class with the highest score at each pixel, the coarse scores enlarged to the picture's size.

    As torch.nn.functional.interpolate does it, with align_corners=False: bilinearly, or each pixel from its own cell.

    Args:
        scores: (C, h, w) floats.
        shape: (H, W) of the picture.

    Returns:
        (H, W) uint8; of equal scores the first class wins.
    """
    scores = scores.astype(np.float64)
    if not bilinear:
        rows, columns = (
            np.arange(size) * cells // size for size, cells in zip(shape, scores.shape[1:], strict=True)
        )
        return scores[:, rows[:, None], columns].argmax(0).astype(np.uint8)
    for axis, size in enumerate(shape, start=1):
        low, high, weight = between(size, scores.shape[axis])
        weight = weight.reshape(-1, 1) if axis == 1 else weight
        scores = scores.take(low, axis) * (1 - weight) + scores.take(high, axis) * weight
    return scores.argmax(0).astype(np.uint8)


def between(size: int, cells: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each of `size` pixels the cells on its two sides, and the weight of the second."""
    place = np.maximum((np.arange(size) + 0.5) * (cells / size) - 0.5, 0)
    low = place.astype(int)
    return low, np.minimum(low + 1, cells - 1), place - low


def dim_grey(image: np.ndarray) -> np.ndarray:
    """A photograph in grey at 60% of its brightness, (H, W, 3) uint8: it sets off what is drawn on it."""
    grey = (image.astype(int) @ [299, 587, 114]) * 6 // 10_000
    return grey[..., None].repeat(3, -1).astype(np.uint8)


def fitted(picture: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """A picture enlarged or shrunk to (H, W) by repeating or leaving out pixels."""
    rows, columns = (np.arange(new) * old // new for new, old in zip(shape, picture.shape, strict=False))
    return picture[rows[:, None], columns]


def mean_iou(labels: np.ndarray, truth: np.ndarray, classes: int) -> float:
    """Mean over the classes that occur in either (H, W) map of intersection over union; NaN if none does."""
    total, count = 0.0, 0
    for label in range(classes):
        ours, theirs = labels == label, truth == label
        union = int((ours | theirs).sum())
        if union:
            total += int((ours & theirs).sum()) / union
            count += 1
    return total / count if count else float("nan")


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
