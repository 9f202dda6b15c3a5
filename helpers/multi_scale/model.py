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


class Trunk(nn.Module):
    """The network that reads one level: (B, 3, H, W) becomes (B, widths[2], H / 4, W / 4), nowhere negative.

    All levels share the kernels. Each has batch norms of its own, since levels differ in contrast. (The paper brings
    every 15 x 15 neighbourhood of a level to mean 0 and deviation 1 instead.)
    """

    def __init__(self, scales: int, widths: Sequence[int] = WIDTHS, dilations: Sequence[int] = (1, 1, 1)):
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv2d(inputs, outputs, KERNEL, stride, KERNEL // 2 * dilation, dilation, bias=False)
            for inputs, outputs, stride, dilation in zip(
                (3, *widths[:-1]), widths, (2, 1, 1), dilations, strict=True
            )
        )
        self.norms = nn.ModuleList(
            nn.ModuleList(nn.BatchNorm2d(width) for width in widths) for _ in range(scales)
        )

    def forward(self, band: Tensor, scale: int) -> Tensor:
        (first, second, third), norms = self.convolutions, self.norms[scale]
        maps = norms[0](first(band)).relu()
        maps = F.max_pool2d(norms[1](second(maps)), 2).relu()
        return norms[2](third(maps)).relu()


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
        networks, norms = (1, scales) if shared else (scales, 1)
        self.trunks = nn.ModuleList(Trunk(norms, widths, dilations) for _ in range(networks))
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
            found = self.trunks[0](band, k) if len(self.trunks) == 1 else self.trunks[k](band, 0)
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
