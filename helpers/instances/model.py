"""The trunk that all three systems stand on: one small network whose maps go from fine to coarse."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from helpers.ops import check_images

CLASSES = 11  # of a pixel: ground, and ten digits
WIDTHS = (12, 24, 48, 96)  # maps at a stride of 1, 2, 4 and 8
STRIDES = (1, 2, 4, 8)
DEPTHS = (1, 1, 2, 2)  # convolutions at each stride


def block(inputs: int, outputs: int, depth: int) -> nn.Sequential:
    """Convolve `depth` times at one resolution, each time 3 x 3, batch norm, ReLU."""
    layers: list[nn.Module] = []
    for number in range(depth):
        convolution = nn.Conv2d(outputs if number else inputs, outputs, 3, padding=1, bias=False)
        layers += [convolution, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


class Trunk(nn.Module):
    """Read an image at strides of 1, 2, 4 and 8 pixels; a feature of the coarsest map sees 62 x 62 pixels.

    `forward` takes (B, 3, H, W) float with H and W multiples of 8, and returns a list from fine to coarse:
    (B, 12, H, W), (B, 24, H / 2, W / 2), (B, 48, H / 4, W / 4), (B, 96, H / 8, W / 8), nowhere negative.
    """

    def __init__(self):
        super().__init__()
        shapes = zip((3, *WIDTHS[:-1]), WIDTHS, DEPTHS, strict=True)
        self.blocks = nn.ModuleList(block(*each) for each in shapes)

    def forward(self, images: Tensor) -> list[Tensor]:
        check_images(images, least=STRIDES[-1], multiple=STRIDES[-1])
        maps = []
        for number, convolutions in enumerate(self.blocks):
            images = convolutions(F.max_pool2d(images, 2) if number else images)
            maps.append(images)
        return maps


class ClassMap(nn.Module):
    """Score every pixel's class from the two coarsest maps of a trunk, as FCN-8s adds a skip (notebook 01).

    `forward` takes what the trunk takes, and returns (B, 11, H, W) scores.
    """

    def __init__(self, trunk: Trunk):
        super().__init__()
        self.trunk = trunk
        self.score = nn.Conv2d(WIDTHS[3], CLASSES, 1)
        self.skip = nn.Conv2d(WIDTHS[2], CLASSES, 1)

    def forward(self, images: Tensor) -> Tensor:
        return self.scores(self.trunk(images))

    def scores(self, maps: Sequence[Tensor]) -> Tensor:
        """Score pixels from the trunk's maps: (B, 11, H, W)."""
        return enlarged(enlarged(self.score(maps[3]), 2) + self.skip(maps[2]), 4)


def enlarged(maps: Tensor, factor: int) -> Tensor:
    """Interpolate (B, C, h, w) bilinearly to (B, C, factor * h, factor * w)."""
    if factor == 1:
        return maps
    return F.interpolate(maps, scale_factor=factor, mode="bilinear", align_corners=False)
