"""Hierarchical features for scene labelling (Farabet, Couprie, Najman, LeCun 2013), small enough for two CPU cores."""

import copy
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers.ops import check_images, receptive_field

WIDTHS = (16, 32, 32)
KERNEL, STRIDE = 5, 4  # of every convolution; pixels of a level between two of its features


def shrunk(images: Tensor) -> Tensor:
    """Average cells of 2 x 2 pixels: (B, C, H, W) becomes (B, C, H / 2, W / 2)."""
    return F.avg_pool2d(images, 2)


def enlarged(images: Tensor, size: Sequence[int]) -> Tensor:
    """Interpolate (B, C, h, w) bilinearly to (B, C, *size)."""
    return F.interpolate(images, size=tuple(size), mode="bilinear", align_corners=False)


def pyramid(images: Tensor, scales: int) -> list[Tensor]:
    """Split images into bands, one octave each, the finest first (Burt and Adelson 1983).

    Each level is what is lost when the image is halved and enlarged again; the last is the smallest image itself.

    Args:
        images: (B, C, H, W) with H and W multiples of 2 ** (scales - 1).

    Returns:
        `scales` tensors (B, C, H / 2 ** k, W / 2 ** k). One scale alone is the image.
    """
    bands = []
    for _ in range(scales - 1):
        smaller = shrunk(images)
        bands.append(images - enlarged(smaller, images.shape[2:]))
        images = smaller
    return [*bands, images]


def rebuilt(bands: Sequence[Tensor]) -> Tensor:
    """Sum a pyramid's levels, each enlarged to the one above it: the image again."""
    image = bands[-1]
    for band in reversed(bands[:-1]):
        image = band + enlarged(image, band.shape[2:])
    return image


def trunk(widths: Sequence[int], dilations: Sequence[int] = (1, 1, 1)) -> nn.Sequential:
    """Three convolutions with two poolings between them: (B, 3, H, W) becomes (B, widths[2], H / 4, W / 4)."""
    first, second, third = dilations

    def convolve(inputs: int, outputs: int, dilation: int, stride: int = 1) -> nn.Conv2d:
        return nn.Conv2d(inputs, outputs, KERNEL, stride, KERNEL // 2 * dilation, dilation)

    return nn.Sequential(
        convolve(3, widths[0], first, stride=2), nn.ReLU(inplace=True),
        convolve(widths[0], widths[1], second), nn.MaxPool2d(2), nn.ReLU(inplace=True),
        convolve(widths[1], widths[2], third), nn.ReLU(inplace=True),
    )  # fmt: skip


def view(dilations: Sequence[int] = (1, 1, 1), scales: int = 1) -> int:
    """How many pixels of the image the coarsest scale's features see, along a side, by their convolutions."""
    first, second, third = ((KERNEL - 1) * dilation + 1 for dilation in dilations)
    return receptive_field([(first, 2, 0), (second, 1, 0), (2, 2, 0), (third, 1, 0)]).size * 2 ** (scales - 1)


class MultiScale(nn.Module):
    """Label every pixel from features at several scales.

    Args:
        classes: how many scores a pixel gets.
        scales: levels of the pyramid; 1 takes the image itself.
        widths: maps after each convolution.
        dilations: of each convolution; more than 1 widens the view of a single scale.
        shared: whether one network serves all scales, as in the paper, or each has its own.

    `forward` takes (B, 3, H, W) float, H and W multiples of 4 * 2 ** (scales - 1), and returns (B, classes, H, W)
    scores. `head` scores the features: a linear classifier, until `with_two_layers` puts another in its place.
    """

    def __init__(
        self,
        classes: int = 11,
        scales: int = 3,
        widths: Sequence[int] = WIDTHS,
        dilations: Sequence[int] = (1, 1, 1),
        shared: bool = True,
    ):
        super().__init__()
        self.classes, self.scales = classes, scales
        # Bands differ in contrast. (The paper brings each level's 15 x 15 neighbourhoods to mean 0 and deviation 1.)
        self.levels = nn.ModuleList(nn.BatchNorm2d(3, affine=False) for _ in range(scales))
        self.trunks = nn.ModuleList(trunk(widths, dilations) for _ in range(1 if shared else scales))
        self.stacked = nn.Identity()  # passes on the features of all scales
        self.head: nn.Module = nn.Conv2d(scales * widths[-1], classes, 1)

    def features(self, images: Tensor) -> Tensor:
        """What each place looks like at every scale: (B, scales * maps, H / 4, W / 4)."""
        unit = STRIDE * 2 ** (self.scales - 1)
        check_images(images, least=unit)
        if images.shape[2] % unit or images.shape[3] % unit:
            raise ValueError(
                f"Height and width must be multiples of {unit}, got {tuple(images.shape[2:])}: pad the image."
            )
        maps = []
        for k, band in enumerate(pyramid(images, self.scales)):
            found = self.trunks[k % len(self.trunks)](self.levels[k](band))
            maps.append(found if k == 0 else enlarged(found, maps[0].shape[2:]))
        return self.stacked(torch.cat(maps, dim=1))

    def forward(self, images: Tensor) -> Tensor:
        return enlarged(self.head(self.features(images)), images.shape[2:])


def with_two_layers(network: MultiScale, hidden: int = 64) -> MultiScale:
    """Copy a network, throw its linear classifier away, and put an untrained one of two layers on fixed features."""
    network = copy.deepcopy(network).requires_grad_(False)
    maps = network.head.in_channels
    network.head = nn.Sequential(
        nn.Conv2d(maps, hidden, 1), nn.ReLU(inplace=True), nn.Conv2d(hidden, network.classes, 1)
    )
    return network


class NodeClassifier(nn.Sequential):
    """Predict a segment's histogram of classes from its pooled features: (B, maps * 9) to (B, classes) scores."""

    def __init__(self, inputs: int, hidden: int = 64, classes: int = 11):
        super().__init__(nn.Linear(inputs, hidden), nn.ReLU(inplace=True), nn.Linear(hidden, classes))
