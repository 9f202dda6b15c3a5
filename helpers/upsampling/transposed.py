"""Transposed convolution taken apart: zeros between, its matrix, its checkerboard; and bilinear as a case."""

from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Start = Literal["bilinear", "random"]


def stuffed(values: Tensor, stride: int) -> Tensor:
    """Put stride - 1 zeros between neighbours: (..., h, w) to (..., (h - 1) stride + 1, (w - 1) stride + 1)."""
    h, w = values.shape[-2:]
    spread = values.new_zeros(*values.shape[:-2], (h - 1) * stride + 1, (w - 1) * stride + 1)
    spread[..., ::stride, ::stride] = values
    return spread


def convolution_matrix(kernel: Tensor, size: tuple[int, int], stride: int = 1, padding: int = 0) -> Tensor:
    """Write a convolution of one channel as a matrix: (outputs, inputs), both read row by row.

    Its transpose is the transposed convolution of the same kernel, stride and padding, for an output of that size.

    Args:
        kernel: (k, k). size: height and width of the convolution's input.
    """
    H, W = size
    # A linear map's columns are what it makes of an input with a single 1.
    ones = torch.eye(H * W, dtype=kernel.dtype).view(-1, 1, H, W)
    return F.conv2d(ones, kernel[None, None], stride=stride, padding=padding).flatten(1).T


def bilinear_kernel(factor: int) -> Tensor:
    """The (k, k) kernel, k = 2 factor - factor % 2, whose stamps add up to bilinear interpolation.

    With stride `factor` and padding `factor // 2` it enlarges by the factor (Long, Shelhamer, Darrell 2015).
    """
    size = 2 * factor - factor % 2
    ramp = 1 - (torch.arange(size) - (size - 1) / 2).abs() / factor
    return torch.outer(ramp, ramp)


def learned_upsampling(classes: int, factor: int, start: Start = "bilinear") -> nn.ConvTranspose2d:
    """A layer that enlarges each class's map by an even factor, with a stamp of its own for each class.

    Args:
        start: "bilinear", the stamps of interpolation (Long, Shelhamer, Darrell 2015), or "random", torch's own.
    """
    if start not in get_args(Start):
        raise ValueError(f"There is no start {start!r}. Expected bilinear or random.")
    layer = nn.ConvTranspose2d(
        classes, classes, 2 * factor, stride=factor, padding=factor // 2, groups=classes, bias=False
    )
    if start == "bilinear":
        with torch.no_grad():
            layer.weight.copy_(bilinear_kernel(factor).expand_as(layer.weight))
    return layer


def spectral_peak(image: Tensor, stride: int) -> float:
    """The share of an image's variance that repeats every `stride` pixels, 0 to 1: how much of it is checkerboard.

    Args:
        image: (H, W), both multiples of the stride.

    Raises:
        ValueError: a side is no multiple of the stride, so that no frequency of the spectrum is the pattern's.
    """
    H, W = image.shape
    if H % stride or W % stride:
        raise ValueError(f"The image is {H} x {W}: cut it to multiples of the stride, {stride}.")
    power = torch.fft.fft2(image.double() - image.double().mean()).abs().square()
    if power.sum() < 1e-12 * H * W * image.numel():
        return 0.0  # as good as constant: nothing repeats
    return float(power[:: H // stride, :: W // stride].sum() / power.sum())
