"""MNIST: 70,000 handwritten digits, 28x28."""

from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from torch import Tensor
from torchvision import datasets

from helpers.data.public import sources
from helpers.data.public.faults import ContradictionError
from helpers.data.public.fetch import fetch
from helpers.data.public.surveys import only, span


class Mnist(NamedTuple):
    """Digits and what they are: `images` (N, 28, 28) uint8, ink bright on 0; `labels` (N,) int64 in 0-9."""

    images: Tensor
    labels: Tensor


def mnist(split: Literal["train", "test"] = "train") -> Mnist:
    """The 60,000 training or 10,000 test digits of MNIST, downloaded at first use.

    LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document recognition, 1998.

    Raises:
        DataError, OfflineError: the data set cannot be had; the message says what to do.
    """
    if split not in ("train", "test"):
        raise ValueError(f"MNIST has no split {split!r}. Expected 'train' or 'test'.")
    # torchvision reads the files here, but does not fetch them: its checksums are of the .gz files, so a
    # mirror that packed the same published bytes again would fail; it takes a half unpacked file for whole;
    # two notebooks at once write into one another's files; and its address cannot be set.
    digits = datasets.MNIST(fetch(sources.MNIST, survey), train=split == "train")
    return Mnist(digits.data, digits.targets)


def survey(folder: Path) -> dict[str, object]:
    """Counts, size and label range of the unpacked files; every image has one label, else a ContradictionError."""
    counts, sizes, labels = {}, [], []
    for split, prefix in (("train", "train"), ("test", "t10k")):
        images = _idx(folder / f"MNIST/raw/{prefix}-images-idx3-ubyte", dimensions=3)
        digits = _idx(folder / f"MNIST/raw/{prefix}-labels-idx1-ubyte", dimensions=1)
        if len(images) != len(digits):
            raise ContradictionError(f"{len(images)} images and {len(digits)} labels in its {split} files")
        counts[split] = len(images)
        sizes.append(images.shape[1:])
        labels += [*digits.tolist()]
    return counts | {"size": only(sizes), "labels": span(labels)}


def _idx(path: Path, dimensions: int) -> np.ndarray:
    """The array in an idx file: bytes 0, 0, 8 (for uint8), rank; big-endian int32 sizes; values."""
    raw = path.read_bytes()
    start = 4 + 4 * dimensions
    shape = tuple(np.frombuffer(raw[4:start], dtype=">i4").tolist()) if len(raw) >= start else ()
    if raw[:4] != bytes((0, 0, 8, dimensions)) or len(raw) != start + np.prod(shape, dtype=int):
        raise ContradictionError(
            f"{path.name} is no idx file of rank {dimensions}: it starts with {raw[:4]!r} and has {len(raw)} bytes "
            f"for the shape {shape}"
        )
    return np.frombuffer(raw, dtype=np.uint8, offset=start).reshape(shape)
