"""Take what a learner has (tensors, views, floats, lists), and refuse the rest in words whose advice works."""

from collections.abc import Sequence

import numpy as np

SMALL = 10_000  # values that cross in full precision: numbers that captions print
MOST_PIXELS = 160_000  # of a picture, so that drawing it anew takes a few milliseconds


class Unequal(ValueError):
    """Rows that are not equally long are no array."""


def numbers(values: object, called: str = "array") -> np.ndarray:
    """Numbers as an array of a type that the browser has: uint8, uint16, int32, float32 or float64.

    Tensors may require grad, lie on another device, be bfloat16 or a view; sequences of tensors are stacked.
    """
    array = _plain(values, called)
    if array.dtype.kind not in "buif":
        raise ValueError(
            f"{called} holds {array.dtype}, not numbers. Give numbers, or texts through fig.names(...)."
        )
    if array.dtype.kind == "f":
        return array.astype(np.float64 if array.size <= SMALL else np.float32)
    low, high = (int(array.min()), int(array.max())) if array.size else (0, 0)
    for kind in (np.uint8, np.uint16, np.int32):
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
            return np.ascontiguousarray(array.astype(kind))
    raise ValueError(f"{called} holds integers up to {high}; expected at most {np.iinfo(np.int32).max}.")


def _plain(values: object, called: str) -> np.ndarray:
    if hasattr(values, "detach"):  # a tensor of torch, which this module need not import
        values = values.detach().cpu()
        return (values.float() if str(values.dtype) == "torch.bfloat16" else values).numpy()
    if isinstance(values, Sequence) and not isinstance(values, str | bytes):
        values = [_plain(each, called) for each in values]
    try:
        return np.asarray(values)
    except ValueError as error:
        raise Unequal(
            f"The rows of {called} are not equally long. Give them as a list: fig.array([row, row, ...])."
        ) from error


def image(picture: object, called: str = "image") -> np.ndarray:
    """A picture as (H, W, 3) uint8; greys (H, W) and floats in 0..1 are taken too."""
    array = _plain(picture, called)
    if array.ndim == 2:
        array = array[..., None].repeat(3, -1)
    if array.ndim != 3 or array.shape[2] != 3 or 0 in array.shape:
        first = array.ndim == 3 and array.shape[0] == 3
        advice = "Move the colours last: image.permute(1, 2, 0)." if first else "Give one picture: images[0]."
        raise ValueError(f"The {called} has shape {array.shape}; expected (H, W, 3) or (H, W). {advice}")
    if array.dtype == np.uint8:
        return array
    array = array.astype(float)
    if not np.isfinite(array).all() or array.min() < 0 or array.max() > 255:
        raise ValueError(
            f"The {called} holds {array.min():.3g} to {array.max():.3g}; expected floats in 0..1 or values in "
            "0..255. Undo its normalisation first: image * std + mean."
        )
    return np.floor(array * (255 if array.max() <= 1 else 1) + 0.5).astype(np.uint8)


def labels(values: object, classes: int, shape: tuple[int, int], called: str) -> np.ndarray:
    """A label map as (H, W) uint8 of the picture's size, with labels below `classes`."""
    array = _plain(values, called)
    if array.dtype.kind == "f" and array.size and (array == np.floor(array)).all():
        array = array.astype(int)
    if array.shape != tuple(shape):
        raise ValueError(
            f"The map {called!r} has shape {array.shape}; expected {tuple(shape)}, the picture's height and "
            "width. From scores: scores.argmax(0); of a batch: maps[0]."
        )
    if array.dtype.kind not in "iub":
        raise ValueError(
            f"The map {called!r} holds {array.dtype}; expected integers. From scores: scores.argmax(0)."
        )
    if array.min() < 0 or array.max() >= classes:
        raise ValueError(
            f"The map {called!r} holds labels {array.min()} to {array.max()}; expected 0 to {classes - 1}, as "
            f"there are {classes} class names. Set void pixels to 0: labels.where(labels < {classes}, 0)."
        )
    return array.astype(np.uint8)


def small(picture: np.ndarray, *maps: np.ndarray) -> list[np.ndarray]:
    """A picture (H, W, 3) and its maps (H, W), all shrunk by the same whole number until they draw quickly.

    The picture is averaged; a map keeps every n-th label, as labels cannot be averaged.
    """
    height, width = picture.shape[:2]
    by = int(np.ceil(np.sqrt(height * width / MOST_PIXELS)))
    down, across = min(by, height), min(by, width)
    rows, columns = height // down, width // across
    blocks = picture[: rows * down, : columns * across].reshape(rows, down, columns, across, -1)
    mean = np.floor(blocks.mean((1, 3)) + 0.5).astype(np.uint8)
    cut = [each[down // 2 :: down, across // 2 :: across][:rows, :columns] for each in maps]
    return [mean, *cut]


def distinct(names: Sequence[str], what: str) -> list[str]:
    """Names that a reader can tell apart, or a ValueError."""
    names = [str(name) for name in names]
    if not names or not all(name.strip() for name in names):
        raise ValueError(f"The {what} need names that a reader can see; got {names}.")
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(
            f"Two {what} are called {twice[0]!r}; give each a name of its own, or one would hide the other."
        )
    return names


def pictures(images: object) -> np.ndarray:
    """Images (N, 3, H, W), bytes or floats in 0..1, as pictures in bytes, colours last; or a ValueError."""
    many = numbers(images, "images")
    if many.ndim != 4 or not len(many):
        raise ValueError(
            f"Expected images of shape (N, 3, H, W), got {many.shape}. One image needs images[None]."
        )
    return np.stack([image(np.moveaxis(each, 0, -1)) for each in many])


def levels(values: object, low: float, high: float, called: str, shape: Sequence[int] | int) -> np.ndarray:
    """Numbers as greys, uint8: `low` is black, `high` white; `shape` is what they must have, or how many axes."""
    if not low < high:
        raise ValueError(f"low = {low} is black and high = {high} white; expected low below high.")
    array = numbers(values, called).astype(float)
    if (array.ndim if isinstance(shape, int) else array.shape) != shape or not array.size:
        raise ValueError(
            f"{called!r} has shape {array.shape}; expected {shape if np.ndim(shape) else f'{shape} axes'}. "
            "Take the same few pictures everywhere, without a channel: pictures[:, 0]."
        )
    if not np.isfinite(array).all():
        raise ValueError(f"{called!r} holds NaN or infinity. Look at the loss: training has diverged.")
    return np.floor(np.interp(array, (low, high), (0, 255)) + 0.5).astype(np.uint8)
