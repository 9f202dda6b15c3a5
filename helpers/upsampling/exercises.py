"""Checks for the exercises of notebook 02, learnable upsampling."""

from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from numpy.random import Generator
from torch import Tensor

from helpers.checking import Exercise, Mistake

Setting = tuple[int, int, int, int, int]


def _setting(generator: Generator) -> Setting:
    # No two of the numbers that a wrong formula confuses are alike, and each of them matters.
    size, padding = int(generator.integers(8, 13)), int(generator.integers(1, 3))
    stride = int(generator.integers(3, 5))
    return size, int(generator.integers(5, 8)), stride, padding, int(generator.integers(1, stride))


def _output_size(*setting: int, last: int = 1, cut: int = 2, added: int = 1) -> int:
    """The size; mistakes are made in how many stamps take no step, and in how often each padding counts."""
    size, kernel, stride, padding, output_padding = setting
    return (size - last) * stride - cut * padding + kernel + added * output_padding


output_size = Exercise(
    name="output_size",
    make_input=_setting,
    solution=_output_size,
    mistakes=(
        Mistake(
            partial(_output_size, last=0),
            "between `size` stamps there are only size - 1 steps of a stride. The last stamp adds its own width, the "
            "kernel.",
        ),
        Mistake(
            partial(_output_size, cut=1),
            "padding cuts off both ends, so it counts twice.",
        ),
        Mistake(
            partial(_output_size, cut=-2),
            "here padding makes the output smaller: it is the padding of the convolution that is turned round.",
        ),
        Mistake(
            partial(_output_size, added=0),
            "output padding is missing: it adds its rows at one end.",
        ),
        Mistake(
            partial(_output_size, added=2),
            "output padding is added at one end only, so it counts once.",
        ),
        Mistake(
            lambda size, kernel, stride, padding, output_padding: (size + 2 * padding - kernel) // stride + 1,
            "this is the size after the convolution. Solve it for the size before.",
        ),
    ),
)


def _uneven(generator: Generator) -> tuple[Tensor, int]:
    stride = int(generator.integers(2, 4))
    size = 2 * stride + int(generator.integers(1, stride))
    return torch.from_numpy(generator.standard_normal((size, size))), stride


def _phase_sums(kernel: Tensor, stride: int, combine: Callable[[Tensor], Tensor] = torch.sum) -> Tensor:
    phases = [combine(kernel[i::stride, j::stride]) for i in range(stride) for j in range(stride)]
    return torch.stack(phases).view(stride, stride)


def _sums_of_parts(kernel: Tensor, stride: int, axis: int) -> Tensor:
    """Cut an axis into as many parts of neighbours as a stride has phases, and sum each."""
    return torch.stack([part.sum(axis) for part in kernel.tensor_split(stride, axis)], axis)


phase_sums = Exercise(
    name="phase_sums",
    make_input=_uneven,
    solution=_phase_sums,
    mistakes=(
        Mistake(
            partial(_phase_sums, combine=torch.mean),
            "this is the mean of each phase. Stamps are added, not averaged, and the phases have different numbers of "
            "entries.",
        ),
        Mistake(
            lambda kernel, stride: _phase_sums(torch.ones_like(kernel), stride),
            "this counts the entries of each phase, which is the overlap map: right for a kernel of ones alone. Add up "
            "the weights.",
        ),
        Mistake(
            lambda kernel, stride: _sums_of_parts(_sums_of_parts(kernel, stride, 0), stride, 1),
            "these are sums of neighbouring entries. The entries of one phase lie a stride apart: `kernel[i::stride, "
            "j::stride]`.",
        ),
        Mistake(lambda kernel, stride: _phase_sums(kernel, stride).T, "rows and columns are swapped."),
        Mistake(
            lambda kernel, stride: kernel[:stride, :stride],
            "these are the first entries only. Neighbouring stamps reach a pixel with the entries one stride further "
            "on, too.",
        ),
    ),
)


def _switched(generator: Generator) -> tuple[Tensor, Tensor]:
    h, w = (int(side) for side in generator.permutation([3, 4, 5])[:2])
    features = torch.from_numpy(generator.uniform(0.1, 1, (1, 2 * h, 2 * w)))
    # One maximum is known to be off the corner, in the last row: else a wrong width may go unseen.
    features[0, -1, -1] = 2.0
    values, switches = F.max_pool2d(features, 2, return_indices=True)
    return values[0], switches[0]


def _unpool(values: Tensor, switches: Tensor) -> Tensor:
    return F.max_unpool2d(values[None], switches[None], 2)[0]


unpool = Exercise(
    name="unpool",
    make_input=_switched,
    solution=_unpool,
    mistakes=(
        Mistake(
            lambda values, switches: values.repeat_interleave(2, 0).repeat_interleave(2, 1),
            "each value is copied to all four places of its cell. It goes to one of them, and the others stay zero.",
        ),
        Mistake(
            lambda values, switches: torch.kron(values, torch.tensor([[1, 0], [0, 0]])),
            "this is a bed of nails: every value in its cell's upper left corner. The switch says which corner.",
        ),
        Mistake(
            lambda values, switches: _unpool(values, switches).view(2 * values.shape[1], -1),
            "height and width of the result are swapped.",
        ),
        Mistake(
            lambda values, switches: _unpool(values, switches).flip(0),
            "the rows stand upside down: a switch counts from the upper left corner, row by row.",
        ),
        Mistake(
            lambda values, switches: _unpool(torch.ones_like(values), switches),
            "the places are right, and hold ones. Put the values there.",
        ),
    ),
)
