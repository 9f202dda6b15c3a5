"""Checks for the exercises of notebook 01, fully convolutional networks."""

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


def _grown(layers: Layers, growth) -> tuple[int, int]:
    """Follow the recurrence with another rule for how a layer widens the field."""
    size, step = 1, 1
    for kernel, stride in layers:
        size += growth(kernel, stride, step)
        step *= stride
    return size, step


def _stride_first(layers: Layers) -> tuple[int, int]:
    size, step = 1, 1
    for kernel, stride in layers:
        step *= stride
        size += (kernel - 1) * step
    return size, step


def _strides_added(layers: Layers) -> tuple[int, int]:
    size, step = 1, 1
    for kernel, stride in layers:
        size += (kernel - 1) * step
        step += stride
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
            _stride_first,
            "a layer's own stride does not spread its own kernel: widen the field first, multiply the step after.",
        ),
        Mistake(
            _strides_added, "strides multiply: two layers of stride 2 move 4 input pixels, and three move 8."
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


def _iou_parts(confusion: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    confusion = confusion.double()
    return confusion.diag(), confusion.sum(dim=1), confusion.sum(dim=0)


def _mean_iou(confusion: Tensor) -> float:
    hit, truth, predicted = _iou_parts(confusion)
    union = truth + predicted - hit
    return float((hit / union)[union > 0].mean())


def _mean_over(confusion: Tensor, bottom) -> float:
    hit, truth, predicted = _iou_parts(confusion)
    occurs = truth + predicted > 0
    return float((hit[occurs] / bottom(hit, truth, predicted)[occurs]).mean())


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
            lambda confusion: float(_iou_parts(confusion)[0].sum() / confusion.sum()),
            "this is pixel accuracy, in which the background outvotes the digits: take one IoU a class, then the mean.",
        ),
        Mistake(
            lambda confusion: _mean_iou(confusion) * int((confusion.sum(0) > 0).sum()) / len(confusion),
            "a class that occurs neither in truth nor in prediction has no IoU. Leave it out of the mean instead of "
            "counting it as 0.",
        ),
        Mistake(
            lambda confusion: float(
                _iou_parts(confusion)[0].sum() / (2 * confusion.sum() - confusion.trace())
            ),
            "this adds up all classes before dividing; the mean is over classes, each with its own quotient.",
        ),
    ),
)


def _dense(generator: Generator) -> tuple[Tensor, int, int, int]:
    channels, height, width, outputs = (int(size) for size in generator.permutation([2, 3, 4, 5]))
    weight = generator.standard_normal((outputs, channels * height * width))
    return torch.from_numpy(weight), channels, height, width


def _kernel(weight: Tensor, channels: int, height: int, width: int) -> Tensor:
    return weight.reshape(-1, channels, height, width)


dense_to_kernel = Exercise(
    name="dense_to_kernel",
    make_input=_dense,
    solution=_kernel,
    mistakes=(
        Mistake(
            lambda weight, channels, height, width: weight.reshape(-1, height, width, channels).permute(
                0, 3, 1, 2
            ),
            "`flatten(1)` puts channels first: the weights run over (C, H, W), not over (H, W, C).",
        ),
        Mistake(
            lambda weight, channels, height, width: weight.reshape(-1, channels, width, height).transpose(
                2, 3
            ),
            "rows come before columns: height is the third axis and width the last.",
        ),
        Mistake(
            lambda weight, channels, height, width: _kernel(weight, channels, height, width).flip(2, 3),
            "no flip: PyTorch's convolution is a correlation, it multiplies the kernel as it stands.",
        ),
        Mistake(
            lambda weight, channels, height, width: weight.T.reshape(-1, channels, height, width),
            "a Linear stores one row an output, as a convolution does: do not transpose it.",
        ),
        Mistake(
            lambda weight, channels, height, width: (
                _kernel(weight, channels, height, width) / (channels * height * width)
            ),
            "the kernel holds the same numbers: there is nothing to divide by.",
        ),
    ),
)


def _answers(generator: Generator) -> tuple[Tensor, int]:
    stride, rows, columns = (
        int(generator.integers(2, 5)),
        int(generator.integers(2, 5)),
        int(generator.integers(5, 8)),
    )
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
