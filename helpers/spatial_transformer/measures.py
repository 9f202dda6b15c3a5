"""Whether a network with a spatial transformer is right: its errors, and how much the pose of digits varies."""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from helpers.data.distorted import DIGIT


@torch.no_grad()
def predict(network: nn.Module, images: Tensor) -> Tensor:
    """The classes' shares of each image, after the softmax: (B, 10)."""
    network.eval()
    return torch.cat([network(batch) for batch in images.split(500)]).softmax(dim=1)


def error(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    """The share of images (B, 1, H, W) that a network puts into a class other than their labels' (B,)."""
    return float((predict(network, images).argmax(dim=1) != labels).float().mean())


class Pose(NamedTuple):
    """How digits lie in an image: `angle` (B,) degrees, clockwise; `size` (B,), 1 as drawn; `shift` (B, 2) pixels."""

    angle: Tensor
    size: Tensor
    shift: Tensor


def pose(theta: Tensor, side: int) -> Pose:
    """Read the pose of digits off a map from an image of a side to upright digits.

    The angle and the size are those of the turn and the uniform scaling nearest to the map.

    Args:
        theta: (B, 2, 3), as `Distorted.theta`.
    """
    (a, b), (c, d) = theta[:, :, :2].permute(1, 2, 0)
    angle = torch.rad2deg(torch.atan2(b - c, a + d))
    size = side / DIGIT / (a * d - b * c).abs().sqrt()
    shift = -torch.linalg.solve(theta[:, :, :2], theta[:, :, 2]) * side / 2
    return Pose(angle, size, shift)


def composed(distortion: Tensor, theta: Tensor) -> Tensor:
    """The map from a rectified image to the upright digit: read where theta says, then undo the distortion.

    Were the transformer perfect, this would be the same for every digit; which pose that is, nobody told it.

    Args:
        distortion: (B, 2, 3). theta: (B, 6).
    """
    last = torch.tensor([0.0, 0, 1]).expand(len(theta), 1, 3)
    return distortion @ torch.cat([theta.view(-1, 2, 3), last], dim=1)


def within_class_std(found: Pose, labels: Tensor) -> dict[str, float]:
    """The standard deviation of the pose among digits of one class: root mean square over the classes.

    Returns:
        "angle" in degrees, "size" as a ratio less 1 (0.1: typically a tenth larger or smaller), "shift" in pixels.
    """
    parts = {"angle": found.angle[:, None], "size": found.size.log()[:, None], "shift": found.shift}
    deviation = {}
    for name, part in parts.items():
        variances = [part[labels == digit].var(dim=0).sum() for digit in labels.unique()]
        deviation[name] = float(torch.stack(variances).mean().sqrt())
    return deviation | {"size": math.expm1(deviation["size"])}
