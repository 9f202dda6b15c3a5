"""What the surveys of several data sets look at: the one value of many, the range, a picture and its annotation."""

from collections.abc import Callable, Collection
from pathlib import Path

import numpy as np
from PIL import Image

from helpers.data.public.cached import files
from helpers.data.public.faults import ContradictionError


def only(values: Collection) -> object:
    """The value that all of them are; where they differ, all that occur, which no manifest's fact equals."""
    different = set(values)
    return different.pop() if len(different) == 1 else different


def span(values: Collection[int]) -> tuple[int, int]:
    """The least and the largest, or (255, 0) of none."""
    return min(values, default=255), max(values, default=0)


def annotated(
    folder: Path,
    pictures: str,
    annotations: str,
    annotation_of: Callable[[Path], Path],
    least: int,
    most: int,
) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The size (width, height) of each picture and the range of the numbers in its annotation.

    Args:
        pictures, annotations: patterns of the files' paths. annotation_of: from a picture's path to its annotation's.

    Raises:
        ContradictionError: one has no counterpart, sizes differ, or an annotation is no map of numbers whose largest is
        from `least` to `most`.
    """
    found, sizes, ranges = files(folder, pictures), [], []
    if lonely := {*files(folder, annotations)} ^ {*map(annotation_of, found)}:
        names = sorted(f"{path.parent.name}/{path.name}" for path in lonely)
        raise ContradictionError(f"of {len(found)} pictures, no counterpart for {names[:3]}")
    for picture in found:
        annotation = annotation_of(picture)
        with Image.open(picture) as image, Image.open(annotation) as numbers:
            size, values = image.size, np.asarray(numbers)
        name = f"{annotation.parent.name}/{annotation.name}"
        if values.ndim != 2:
            raise ContradictionError(f"{name} has colours, not numbers")
        if size != values.shape[::-1]:
            raise ContradictionError(f"{picture.name} is {size}, its annotation {values.shape[::-1]}")
        low, high = int(values.min()), int(values.max())
        if not least <= high <= most:
            raise ContradictionError(
                f"the largest number in {name} is {high}, and should be {least} to {most}"
            )
        sizes.append(size)
        ranges.append((low, high))
    return sizes, ranges
