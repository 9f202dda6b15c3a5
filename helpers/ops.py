"""Stateless tensor functions that several lessons use."""

from collections.abc import Iterable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


def patches(images: Tensor, size: int, stride: int = 1) -> Tensor:
    """Cut every patch out of images, row by row, as views of the images' memory.

    Args:
        images: (B, C, H, W). size: side of a patch. stride: step between patches.

    Returns:
        (B, rows, columns, C, size, size).

    Raises:
        ValueError: the images are not 4-D, or smaller than a patch.
    """
    if images.ndim != 4:
        raise ValueError(f"patches needs images of shape (B, C, H, W), got {tuple(images.shape)}.")
    if min(images.shape[2:]) < size:
        raise ValueError(
            f"A patch of {size} does not fit into images of {tuple(images.shape[2:])}: pad them first."
        )
    return images.unfold(2, size, stride).unfold(3, size, stride).permute(0, 2, 3, 1, 4, 5)


def boundaries(masks: Tensor, distance: int) -> Tensor:
    """Keep what lies within a distance of a mask's edge, inside it (Cheng et al. 2021); the frame is an edge too.

    Args:
        masks: (..., H, W) bool. distance: in pixels, as many erosions by a 3 x 3 square as in the paper's code.

    Returns:
        (..., H, W) bool.

    Raises:
        ValueError: the masks are not bool.
    """
    check_tensor(masks, "masks")
    if masks.dtype != torch.bool:
        raise ValueError(
            f"boundaries needs masks in bool, got {masks.dtype}: compare labels with a class first."
        )
    outside = F.pad((~masks).float().reshape(-1, 1, *masks.shape[-2:]), (1, 1, 1, 1), value=1.0)
    for _ in range(distance):
        outside = F.max_pool2d(outside, 3, stride=1, padding=1)
    eroded = outside[:, 0, 1:-1, 1:-1].reshape(masks.shape) < 0.5
    return masks & ~eroded


class Field(NamedTuple):
    """One layer's receptive field along one axis, in input pixels.

    Attributes:
        size: how many input pixels a unit sees.
        stride: how far apart the fields of neighbouring units lie.
        start: the first pixel that unit 0 sees; negative where it begins in the padding.
    """

    size: int
    stride: int
    start: int


def receptive_field(layers: Iterable[tuple[int, int, int]]) -> Field:
    """Follow size, stride and start of a unit's receptive field through a stack of convolutions and poolings.

    Args:
        layers: (kernel, stride, padding) of each layer, input first.
    """
    size, step, start = 1, 1, 0
    for kernel, stride, padding in layers:
        size += (kernel - 1) * step
        start -= padding * step
        step *= stride
    return Field(size, step, start)


def attend(scores: Tensor, value: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Mix values by score (Bahdanau, Cho, Bengio 2015); a row with nowhere to look gives zeros.

    Args:
        scores: (B, Q, K), how well each of K places suits each of Q queries, from any score function.
        value: (B, K, D), what there is to read at each place.
        mask: bool, (B, Q, K) or what broadcasts to it, such as (B, 1, K); True = may look.

    Returns:
        The mixtures (B, Q, D) and the weights (B, Q, K): each row sums to 1, and is exactly 0 where it may not look.

    Raises:
        ValueError: the mask is not bool, or the shapes do not fit together.
    """
    for part, name in ((scores, "scores"), (value, "value"), (mask, "mask")):
        check_tensor(part, name)
    if mask.dtype != torch.bool:
        raise ValueError(f"attend needs a mask in bool, True where it may look; got {mask.dtype}.")
    if scores.ndim != 3 or value.ndim != 3 or scores.shape[::2] != value.shape[:2]:
        raise ValueError(
            f"attend needs scores (B, Q, K) and value (B, K, D), got {tuple(scores.shape)} and {tuple(value.shape)}."
        )
    scores = scores.masked_fill(~mask, float("-inf"))
    weights = scores.softmax(dim=-1).nan_to_num()  # all masked: softmax is NaN
    return weights @ value, weights


def check_tensor(part: object, name: str) -> None:
    """Raise ValueError unless a part is a tensor; the message says what makes one of it."""
    if not isinstance(part, Tensor):
        raise ValueError(
            f"Expected {name} as a torch tensor, got a {type(part).__name__}: torch.as_tensor({name}) makes one of it."
        )


def check_numbers(part: object, name: str, axes: str, advice: str) -> None:
    """Raise ValueError unless a part is a tensor with these axes, such as "B, L, D", in floating point and finite.

    Args:
        advice: a sentence on what makes such a tensor.
    """
    check_tensor(part, name)
    if part.ndim != len(axes.split(",")) or 0 in part.shape or not part.is_floating_point():
        raise ValueError(
            f"Expected {name} of shape ({axes}), none of them 0, in floating point, got {tuple(part.shape)} in "
            f"{part.dtype}. {advice}"
        )
    if not part.isfinite().all():
        raise ValueError(f"The {name} hold NaN or infinity. {advice}")


def check_bytes(images: Tensor, name: str) -> None:
    """Raise ValueError unless images are in uint8; the message says what makes them so, where their range tells."""
    if images.dtype == torch.uint8:
        return
    low, high = (images.min().item(), images.max().item()) if images.numel() else (0, 0)
    if images.dtype == torch.bool or (images.is_floating_point() and 0 <= low <= high <= 1):
        advice = f"({name} * 255).round().to(torch.uint8) makes them so."
    elif 0 <= low <= high <= 255:
        advice = f"{name}.round().to(torch.uint8) makes them so."
    else:
        advice = "They seem to be scaled already: give them as they were, from 0 to 255."
    dtype = str(images.dtype).removeprefix("torch.")
    raise ValueError(f"Expected {name} in uint8, got {dtype} from {low:.4g} to {high:.4g}. {advice}")


def check_images(images: Tensor, channels: int = 3, least: int = 1, multiple: int = 1) -> None:
    """Raise ValueError unless images are (B, channels, H, W) in floating point and finite.

    Args:
        least, multiple: each side has at least so many pixels, and a multiple of so many.
    """
    check_tensor(images, "images")
    wanted = f"images of shape (B, {channels}, H, W) in floating point with H and W at least {least}"
    if images.ndim != 4 or images.shape[1] != channels or min(images.shape[2:]) < least:
        advice = " A single image needs images[None]." if images.ndim == 3 else ""
        raise ValueError(f"Expected {wanted}, got {tuple(images.shape)}.{advice}")
    if not images.is_floating_point():
        raise ValueError(
            f"Expected {wanted}, got {images.dtype}. `as_input` in helpers.data.batches scales uint8."
        )
    if len(images) == 0:
        raise ValueError(f"Expected {wanted}, got an empty batch.")
    if not torch.isfinite(images).all():
        raise ValueError("The images hold NaN or infinity. Look at where they were read or scaled.")
    if images.shape[2] % multiple or images.shape[3] % multiple:
        raise ValueError(
            f"Height and width must be multiples of {multiple}, got {tuple(images.shape[2:])}: pad the image."
        )
