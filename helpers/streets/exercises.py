"""Checks for the exercises of notebook 11, real streets."""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from helpers.checking import Exercise, Mistake

VOID = 11
Scene = tuple[Tensor, Tensor]


def _two_scenes(generator: Generator) -> tuple[Tensor, Tensor, Tensor, Tensor, list[int]]:
    H, W = (int(side) for side in generator.permutation([6, 7]))
    images = [torch.from_numpy(generator.standard_normal((3, H, W))) for _ in range(2)]
    labels = [torch.from_numpy(generator.integers(0, 6, (H, W))) for _ in range(2)]
    classes = [int(each) for each in generator.permutation(6)[:2]]
    return images[0], labels[0], images[1], labels[1], classes


def _where(chosen: Callable[[Tensor, Tensor, list[int]], Tensor]) -> Callable[..., Scene]:
    """Lay a scene over another one where `chosen` says, of both scenes' labels and the classes."""

    def lay(image: Tensor, labels: Tensor, other: Tensor, theirs: Tensor, classes: list[int]) -> Scene:
        above = chosen(labels, theirs, classes)
        return torch.where(above, other, image), torch.where(above, theirs, labels)

    return lay


_laid_over = _where(lambda labels, theirs, classes: torch.isin(theirs, torch.tensor(classes)))

lay_over = Exercise(
    name="lay_over",
    make_input=_two_scenes,
    solution=_laid_over,
    mistakes=(
        Mistake(
            lambda image, labels, *others: (_laid_over(image, labels, *others)[0], labels),
            "the image is mixed and its labels are not: the network would be told that a laid-over car is road.",
        ),
        Mistake(
            _where(lambda labels, theirs, classes: torch.isin(labels, torch.tensor(classes))),
            "the classes are looked for in the scene below. What is laid over is cut out by the other scene's labels.",
        ),
        Mistake(
            _where(lambda labels, theirs, classes: theirs == classes[0]),
            "only the first class is laid over. `torch.isin` asks for all of them at once.",
        ),
        Mistake(
            _where(lambda labels, theirs, classes: ~torch.isin(theirs, torch.tensor(classes))),
            "this is the other way round: the chosen classes stay away, and everything else is laid over.",
        ),
    ),
)


def _label_maps(generator: Generator) -> tuple[Tensor, int]:
    """A few images of five classes and void; class 3 is in one image only, so that it matters which are counted.

    Of an odd number of classes one frequency is in the middle: torch's median and NumPy's are then the same.
    """
    labels = generator.choice([0, 0, 0, 1, 1, 2, 4, VOID], (5, 6, 7))
    labels[int(generator.integers(5)), :2, :3] = 3
    return torch.from_numpy(labels), 5


def _frequencies(labels: Tensor, classes: int, void: bool = False, everywhere: bool = False) -> Tensor:
    found = []
    for k in range(classes):
        here = labels if everywhere else labels[(labels == k).any(dim=2).any(dim=1)]
        counted = here.numel() if void else int((here != VOID).sum())
        found.append((labels == k).sum() / counted)
    return torch.stack(found).double()


def _weights(labels: Tensor, classes: int, **counted: bool) -> Tensor:
    frequency = _frequencies(labels, classes, **counted)
    return frequency.median() / frequency


class_weights = Exercise(
    name="class_weights",
    make_input=_label_maps,
    solution=_weights,
    mistakes=(
        Mistake(
            partial(_weights, void=True),
            "void is counted among the pixels. It has no class, so it belongs to neither number of the quotient.",
        ),
        Mistake(
            partial(_weights, everywhere=True),
            "a class's share is taken of all images. Count only those in which it occurs: else a class that is rare "
            "but large where it occurs weighs too much.",
        ),
        Mistake(
            lambda labels, classes: 1 / _weights(labels, classes),
            "upside down: here the frequent classes weigh most.",
        ),
        Mistake(
            lambda labels, classes: 1 / _frequencies(labels, classes),
            "1 / frequency lacks the median: with it a class of middling frequency weighs 1, and the learning rate "
            "keeps its meaning.",
        ),
        Mistake(
            lambda labels, classes: _frequencies(labels, classes).mean() / _frequencies(labels, classes),
            "this is the mean of the frequencies. One very frequent class would pull it up: take the median.",
        ),
    ),
)


def _gradient(generator: Generator) -> tuple[Tensor]:
    rows, columns = (int(side) for side in generator.permutation([3, 5]))
    directions = generator.standard_normal((rows, columns)) * np.geomspace(1, 20, rows)[:, None]
    return (torch.from_numpy(directions),)


def _orthogonal(gradient: Tensor) -> Tensor:
    U, _, Vh = torch.linalg.svd(gradient, full_matrices=False)
    return U @ Vh


orthogonal = Exercise(
    name="orthogonal",
    make_input=_gradient,
    solution=_orthogonal,
    mistakes=(
        Mistake(
            lambda gradient: gradient / gradient.norm(),
            "this only rescales the gradient: its directions keep their unequal sizes. Leave S out between U and V.",
        ),
        Mistake(
            lambda gradient: gradient / torch.linalg.matrix_norm(gradient, 2),
            "the largest direction now has size 1, and the others are as much smaller as before.",
        ),
        Mistake(
            lambda gradient: gradient.sign(),
            "that is the sign of every entry, about what AdamW's step is. Its directions are still of unequal size.",
        ),
        Mistake(
            lambda gradient: -_orthogonal(gradient),
            "the sign is turned: return U Vᵀ, along the gradient; the optimiser subtracts it.",
        ),
        Mistake(
            lambda gradient: gradient @ torch.linalg.pinv(gradient.T @ gradient),
            "the small directions are now the largest: this divides by S twice. Divide once, so that all become 1.",
        ),
    ),
)
