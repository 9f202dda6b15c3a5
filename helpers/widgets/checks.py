"""Refuse bad input to a figure in words: what was wrong, what was expected, what to do."""

from collections.abc import Mapping, Sequence

import numpy as np

from helpers import plotting

MOST_CLASSES = len(plotting.CLASS_COLOURS)


def image(picture: object) -> np.ndarray:
    """The picture as (H, W, 3) uint8, or a ValueError."""
    array = np.asarray(picture)
    if array.ndim != 3 or array.shape[2] != 3 or 0 in array.shape:
        hint = (
            "Move the colour channels last: image.permute(1, 2, 0)."
            if array.ndim == 3
            else "Give one colour image."
        )
        raise ValueError(f"The image has shape {array.shape}; expected (H, W, 3). {hint}")
    if array.dtype != np.uint8:
        whole = "byte()" if hasattr(picture, "detach") else "astype('uint8')"
        scaled = "(image * 255)" if array.max() <= 1 else "image"
        raise ValueError(
            f"The image is {array.dtype}; expected uint8 from 0 to 255. Make it so with {scaled}.round().{whole}."
        )
    return array


def class_names(names: Sequence[str]) -> list[str]:
    """The names of the classes, background first, or a ValueError."""
    names = list(names)
    if not 2 <= len(names) <= MOST_CLASSES:
        raise ValueError(
            f"{len(names)} class names; expected 2 to {MOST_CLASSES}, background first. "
            "The palette has no more colours: join rare classes into one."
        )
    if len(set(names)) != len(names):
        raise ValueError("Two classes share a name; give each its own, or the legend cannot tell them apart.")
    return names


def labels(label_map: object, shape: tuple[int, int], classes: int, called: str) -> np.ndarray:
    """A label map as (H, W) uint8 of the image's size with labels below `classes`, or a ValueError."""
    array = np.asarray(label_map)
    if array.shape != shape:
        raise ValueError(
            f"The map {called!r} has shape {array.shape}; expected {shape}, the image's height and width. "
            "Resize it to the image, or take one scene out of the batch."
        )
    if array.dtype.kind not in "iub":
        raise ValueError(
            f"The map {called!r} holds {array.dtype}; expected whole numbers, one class a pixel. "
            "From scores (C, H, W), take scores.argmax(0)."
        )
    low, high = int(array.min()), int(array.max())
    if low < 0 or high >= classes:
        raise ValueError(
            f"The map {called!r} holds labels from {low} to {high}; expected 0 to {classes - 1}, one a class name. "
            "Set void pixels (such as 255) to 0, or give more class names."
        )
    return array.astype(np.uint8)


def scores(values: object, dimensions: str, called: str) -> np.ndarray:
    """Finite floating-point scores with the dimensions that a text such as "(C, h, w)" names, or a ValueError."""
    array = np.asarray(values)
    if array.ndim != dimensions.count(",") + 1 or array.size == 0:
        raise ValueError(
            f"The scores {called!r} have shape {array.shape}; expected {dimensions}, none of them empty. "
            "Stack what is missing, or index the batch."
        )
    if array.dtype.kind != "f":
        raise ValueError(
            f"The scores {called!r} are {array.dtype}; expected floats. Give the scores, not the argmax."
        )
    if not np.isfinite(array).all():
        raise ValueError(
            f"The scores {called!r} hold NaN or infinity; expected finite numbers. "
            "Look at the loss: training has diverged, or a mask was filled with -inf."
        )
    return array


def some(entries: Mapping[str, object], what: str) -> None:
    """Refuse an empty dictionary, or names that are no text."""
    if not entries:
        raise ValueError(
            f"No {what} were given; expected at least one, as a dictionary from a name to its array."
        )
    if wrong := [name for name in entries if not isinstance(name, str) or not name.strip()]:
        raise ValueError(
            f"{wrong[0]!r} is no name for one of the {what}; expected text that the reader will see."
        )
