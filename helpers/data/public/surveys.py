"""What the surveys of several data sets look at: the one value of many, the range, a picture and its annotation."""

from collections.abc import Collection
from pathlib import Path

import numpy as np
from PIL import Image

from helpers.data.public.faults import ContradictionError


def only(values: Collection) -> object:
    """The value that all of them are; where they differ, all that occur, which no manifest's fact equals."""
    different = set(values)
    return different.pop() if len(different) == 1 else different


def span(values: Collection[int]) -> tuple[int, int]:
    """The least and the largest, or (255, 0) of none."""
    return min(values, default=255), max(values, default=0)


def annotated(
    picture: Path, annotation: Path, least: int, most: int
) -> tuple[tuple[int, int], tuple[int, int]]:
    """The size (width, height) of a picture and the range of the numbers in its annotation.

    Raises:
        ContradictionError: one is missing, sizes differ, or the annotation is no map of numbers whose largest is from
        `least` to `most`.
    """
    for path in (picture, annotation):
        if not path.exists():
            raise ContradictionError(f"there is no {path.parent.name}/{path.name}")
    with Image.open(picture) as image, Image.open(annotation) as numbers:
        size, values = image.size, np.asarray(numbers)
    name = f"{annotation.parent.name}/{annotation.name}"
    if values.ndim != 2:
        raise ContradictionError(f"{name} has colours, not numbers")
    if size != values.shape[::-1]:
        raise ContradictionError(f"{picture.name} is {size}, its annotation {values.shape[::-1]}")
    low, high = int(values.min()), int(values.max())
    if not least <= high <= most:
        raise ContradictionError(f"the largest number in {name} is {high}, and should be {least} to {most}")
    return size, (low, high)
