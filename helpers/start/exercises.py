"""The first check, in notebook 00: small enough to learn how checks talk."""

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from helpers.checking import Exercise, Mistake


def _label_map(generator: Generator) -> tuple[Tensor, int]:
    height, width = int(generator.integers(6, 10)), int(generator.integers(11, 15))
    digit = int(generator.integers(0, 9))
    labels = generator.choice([0, digit, digit + 1, digit + 1, digit + 2], (height, width))
    # Every count that a mistake confuses is there, and no two are alike.
    labels[0, :4] = 0, digit + 1, digit + 1, 10
    return torch.from_numpy(labels.astype(np.uint8)), digit


def _share(labels: Tensor, digit: int) -> float:
    return float((labels == digit + 1).float().mean())


share_of_digit = Exercise(
    name="share_of_digit",
    make_input=_label_map,
    solution=_share,
    mistakes=(
        Mistake(
            lambda labels, digit: float((labels == digit).float().mean()),
            "label 0 is background, so digit d carries the label d + 1: you are one off.",
        ),
        Mistake(
            lambda labels, digit: int((labels == digit + 1).sum()),
            "this is the number of pixels. A share is that number divided by how many pixels there are.",
        ),
        Mistake(
            lambda labels, digit: float((labels == digit + 1).sum() / (labels > 0).sum()),
            "this divides by the pixels of all stickers. The share asked for is of the whole scene, background too.",
        ),
        Mistake(
            lambda labels, digit: (labels == digit + 1).float().mean(dim=0),
            "this is a share for each column: take the mean over both axes.",
        ),
        Mistake(
            lambda labels, digit: float((labels == digit + 1).sum() / labels.shape[0] ** 2),
            "the scene is not square here: divide by height times width.",
        ),
    ),
)
