"""Checks for the exercises of notebook 02, learnable upsampling."""

from collections.abc import Callable

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


def _output_size(size: int, kernel: int, stride: int, padding: int, output_padding: int) -> int:
    return (size - 1) * stride - 2 * padding + kernel + output_padding


output_size = Exercise(
    name="output_size",
    make_input=_setting,
    solution=_output_size,
    mistakes=(
        Mistake(
            lambda size, kernel, stride, padding, output_padding: (
                size * stride - 2 * padding + kernel + output_padding
            ),
            "between `size` stamps there are only size - 1 steps of a stride. The last stamp adds its own width, the "
            "kernel.",
        ),
        Mistake(
            lambda size, kernel, stride, padding, output_padding: (
                (size - 1) * stride - padding + kernel + output_padding
            ),
            "padding cuts off both ends, so it counts twice.",
        ),
        Mistake(
            lambda size, kernel, stride, padding, output_padding: (
                (size - 1) * stride + 2 * padding + kernel + output_padding
            ),
            "here padding makes the output smaller: it is the padding of the convolution that is turned round.",
        ),
        Mistake(
            lambda size, kernel, stride, padding, output_padding: (size - 1) * stride - 2 * padding + kernel,
            "output padding is missing: it adds its rows at one end.",
        ),
        Mistake(
            lambda size, kernel, stride, padding, output_padding: (
                (size - 1) * stride - 2 * padding + kernel + 2 * output_padding
            ),
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


def _by_phase(kernel: Tensor, stride: int, combine: Callable[[Tensor], Tensor]) -> Tensor:
    rows = [
        torch.stack([combine(kernel[i::stride, j::stride]) for j in range(stride)]) for i in range(stride)
    ]
    return torch.stack(rows)


def _phase_sums(kernel: Tensor, stride: int) -> Tensor:
    return _by_phase(kernel, stride, torch.sum)


phase_sums = Exercise(
    name="phase_sums",
    make_input=_uneven,
    solution=_phase_sums,
    mistakes=(
        Mistake(
            lambda kernel, stride: _by_phase(kernel, stride, torch.mean),
            "this is the mean of each phase. Stamps are added, not averaged, and the phases have different numbers of "
            "entries.",
        ),
        Mistake(
            lambda kernel, stride: _by_phase(
                kernel, stride, lambda entries: entries.new_tensor(entries.numel())
            ),
            "this counts the entries of each phase, which is the overlap map: right for a kernel of ones alone. Add up "
            "the weights.",
        ),
        Mistake(
            lambda kernel, stride: torch.stack(
                [
                    torch.stack([block.sum() for block in band.tensor_split(stride, 1)])
                    for band in kernel.tensor_split(stride, 0)
                ]
            ),
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


def _rolled(values: Tensor, switches: Tensor, height: int, width: int) -> Tensor:
    out = values.new_zeros(height * width)
    out[switches.flatten()] = values.flatten()
    return out.view(height, width)


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
            lambda values, switches: (
                F.pad(values[:, :, None, None], (0, 1, 0, 1))
                .permute(0, 2, 1, 3)
                .reshape(2 * values.shape[0], 2 * values.shape[1])
            ),
            "this is a bed of nails: every value in its cell's upper left corner. The switch says which corner.",
        ),
        Mistake(
            lambda values, switches: _rolled(values, switches, 2 * values.shape[1], 2 * values.shape[0]),
            "height and width of the result are swapped.",
        ),
        Mistake(
            lambda values, switches: _rolled(
                values,
                switches % (2 * values.shape[1]) * 2 * values.shape[0] + switches // (2 * values.shape[1]),
                2 * values.shape[1],
                2 * values.shape[0],
            ).T.flip(0),
            "the rows stand upside down: a switch counts from the upper left corner, row by row.",
        ),
        Mistake(
            lambda values, switches: _unpool(torch.ones_like(values), switches),
            "the places are right, and hold ones. Put the values there.",
        ),
    ),
)
