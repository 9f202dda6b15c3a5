"""MNIST: 70,000 handwritten digits, 28x28."""

from typing import Literal, NamedTuple

from torch import Tensor
from torchvision import datasets

from helpers.data.public import sources
from helpers.data.public.fetch import fetch


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
    # The checksums of its files say all that there is to survey.
    folder = fetch(sources.MNIST, lambda folder: {})
    digits = datasets.MNIST(folder, train=split == "train")
    return Mnist(digits.data, digits.targets)
