"""Checks for the exercises of notebook 01, fully convolutional networks."""

import operator
from collections.abc import Callable

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from helpers import ops
from helpers.checking import Exercise, Mistake

Layers = list[tuple[int, int]]


def _layers(generator: Generator) -> tuple[Layers]:
    # At least one stride above 1 before a kernel above 1: else every wrong recurrence gives the right answer.
    drawn = [(int(generator.integers(2, 6)), int(generator.integers(1, 4))) for _ in range(3)]
    return ([(5, 2), *drawn, (3, 2)],)


def _seen(layers: Layers) -> tuple[int, int]:
    field = ops.receptive_field([(kernel, stride, 0) for kernel, stride in layers])
    return field.size, field.stride


def _grown(
    layers: Layers, growth: Callable[[int, int, int], int], onwards: Callable[[int, int], int] = operator.mul
) -> tuple[int, int]:
    """Follow the recurrence with other rules for how a layer widens the field, and what its stride does to the step."""
    size, step = 1, 1
    for kernel, stride in layers:
        size += growth(kernel, stride, step)
        step = onwards(step, stride)
    return size, step


seen_by_a_unit = Exercise(
    name="seen_by_a_unit",
    make_input=_layers,
    solution=_seen,
    mistakes=(
        Mistake(
            lambda layers: _grown(layers, lambda kernel, stride, step: kernel * step),
            "the field starts as the unit itself, so a kernel of k adds k - 1 neighbours, not k: an off-by-one "
            "that grows with every layer.",
        ),
        Mistake(
            lambda layers: _grown(layers, lambda kernel, stride, step: kernel - 1),
            "neighbouring units of a deeper layer lie several input pixels apart. Each of the k - 1 neighbours "
            "widens the field by the step so far, not by one pixel.",
        ),
        Mistake(
            lambda layers: _grown(layers, lambda kernel, stride, step: (kernel - 1) * step * stride),
            "a layer's own stride does not spread its own kernel: widen the field first, multiply the step after.",
        ),
        Mistake(
            lambda layers: _grown(layers, lambda kernel, stride, step: (kernel - 1) * step, operator.add),
            "strides multiply: two layers of stride 2 move 4 input pixels, and three move 8.",
        ),
        Mistake(lambda layers: _seen(layers[::-1]), "go through the layers from the input to the output."),
    ),
)


def _confusion(generator: Generator) -> tuple[Tensor]:
    classes = int(generator.integers(3, 7))
    counts = generator.integers(1, 60, (classes, classes)) + np.diag(generator.integers(50, 400, classes))
    absent = int(generator.integers(classes))
    counts[absent], counts[:, absent] = 0, 0
    return (torch.from_numpy(counts),)


def _mean_over(confusion: Tensor, bottom: Callable[[Tensor, Tensor, Tensor], Tensor]) -> float:
    """The mean over classes that occur of hits divided by what `bottom` makes of hits, truth and predicted."""
    confusion = confusion.double()
    hit, truth, predicted = confusion.diag(), confusion.sum(dim=1), confusion.sum(dim=0)
    return float((hit / bottom(hit, truth, predicted))[truth + predicted > 0].mean())


def _mean_iou(confusion: Tensor) -> float:
    return _mean_over(confusion, lambda hit, truth, predicted: truth + predicted - hit)


mean_iou = Exercise(
    name="mean_iou",
    make_input=_confusion,
    solution=_mean_iou,
    mistakes=(
        Mistake(
            lambda confusion: _mean_over(confusion, lambda hit, truth, predicted: truth + predicted),
            "the union counts the intersection twice: truth + predicted - hit.",
        ),
        Mistake(
            lambda confusion: _mean_over(confusion, lambda hit, truth, predicted: truth),
            "this divides by the truth alone, which is class accuracy. It does not notice a class that spills over "
            "its neighbours: the union also holds what was predicted.",
        ),
        Mistake(
            lambda confusion: _mean_over(confusion, lambda hit, truth, predicted: predicted),
            "this divides by what was predicted alone, which is precision: mind the axis. Rows are truth, columns "
            "predictions, and the union needs both.",
        ),
        Mistake(
            lambda confusion: float(confusion.trace() / confusion.sum()),
            "this is pixel accuracy, in which the background outvotes the digits: take one IoU a class, then the mean.",
        ),
        Mistake(
            lambda confusion: _mean_iou(confusion) * int((confusion.sum(0) > 0).sum()) / len(confusion),
            "a class that occurs neither in truth nor in prediction has no IoU. Leave it out of the mean instead of "
            "counting it as 0.",
        ),
        Mistake(
            lambda confusion: float(confusion.trace() / (2 * confusion.sum() - confusion.trace())),
            "this adds up all classes before dividing; the mean is over classes, each with its own quotient.",
        ),
    ),
)


def _dense(generator: Generator) -> tuple[Tensor, int, int, int]:
    channels, height, width, outputs = (int(size) for size in generator.permutation([2, 3, 4, 5]))
    weight = generator.standard_normal((outputs, channels * height * width))
    return torch.from_numpy(weight), channels, height, width


def _kernel(weight: Tensor, C: int, H: int, W: int) -> Tensor:
    return weight.reshape(-1, C, H, W)


dense_to_kernel = Exercise(
    name="dense_to_kernel",
    make_input=_dense,
    solution=_kernel,
    mistakes=(
        Mistake(
            lambda weight, C, H, W: weight.reshape(-1, H, W, C).permute(0, 3, 1, 2),
            "`flatten(1)` puts channels first: the weights run over (C, H, W), not over (H, W, C).",
        ),
        Mistake(
            lambda weight, C, H, W: _kernel(weight, C, W, H).mT,
            "rows come before columns: height is the third axis and width the last.",
        ),
        Mistake(
            lambda weight, *sizes: _kernel(weight, *sizes).flip(2, 3),
            "no flip: PyTorch's convolution is a correlation, it multiplies the kernel as it stands.",
        ),
        Mistake(
            lambda weight, *sizes: _kernel(weight.T, *sizes),
            "a Linear stores one row an output, as a convolution does: do not transpose it.",
        ),
        Mistake(
            lambda weight, *sizes: _kernel(weight, *sizes) / weight.shape[1],
            "the kernel holds the same numbers: there is nothing to divide by.",
        ),
    ),
)


def _answers(generator: Generator) -> tuple[Tensor, int]:
    stride, rows, columns = (int(each) for each in generator.integers((2, 2, 5), (5, 5, 8)))
    return torch.from_numpy(generator.standard_normal((stride, stride, rows, columns))), stride


def _stitch(answers: Tensor, stride: int) -> Tensor:
    _, _, rows, columns = answers.shape
    return answers.permute(2, 0, 3, 1).reshape(rows * stride, columns * stride)


stitch = Exercise(
    name="stitch",
    make_input=_answers,
    solution=_stitch,
    mistakes=(
        Mistake(
            lambda answers, stride: _stitch(answers.transpose(0, 1), stride),
            "the two shifts are swapped: the first index of `answers` moved the image up, the second to the left.",
        ),
        Mistake(
            lambda answers, stride: answers.permute(0, 2, 1, 3).reshape(stride * answers.shape[2], -1),
            "this lays the shifted maps side by side like tiles. Neighbouring pixels come from different shifts: "
            "interlace them.",
        ),
        Mistake(
            lambda answers, stride: _stitch(answers.flip(0, 1), stride),
            "the shifts run the wrong way: shift 0 answers for the first pixel of each cell, not for the last.",
        ),
        Mistake(
            lambda answers, stride: answers[0, 0].repeat_interleave(stride, 0).repeat_interleave(stride, 1),
            "this enlarges one map by repeating it, and never uses the answers for the other shifts.",
        ),
        Mistake(
            lambda answers, stride: _stitch(answers, stride).roll((1, 1), (0, 1)),
            "off by one pixel: shift (0, 0) belongs at row 0, column 0.",
        ),
    ),
)
