"""Hypercolumns (Hariharan, Arbelaez, Girshick, Malik 2015): a mask for each box, from every layer of the trunk."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.ops import roi_align

from helpers.data.batches import as_input
from helpers.instances.boxes import CONTEXT, paste, windows_round
from helpers.instances.model import STRIDES, WIDTHS, Trunk, enlarged
from helpers.instances.scoring import Detections

Windows = Tensor | list[Tensor]  # see `HypercolumnHead`
SIDE = 50  # places along a side of a box's mask
LAYERS = {"all": (0, 1, 2, 3), "top": (3,)}  # which of the trunk's maps a column holds


def mixing(grid: int, side: int = SIDE) -> Tensor:
    """How much each of grid x grid classifiers says at each place of a box: (grid * grid, side, side).

    The classifiers stand at the middles of grid x grid cells; between them they are mixed bilinearly. At each place
    the shares sum to 1.
    """
    if grid < 1:
        raise ValueError(f"grid is {grid}: a box needs at least one classifier along a side.")
    each = torch.eye(grid * grid).view(grid * grid, 1, grid, grid)
    return F.interpolate(each, size=(side, side), mode="bilinear", align_corners=False)[:, 0]


class HypercolumnHead(nn.Module):
    """Score places of a box as inside or outside: one linear classifier of the column for each cell of the box.

    Classifying a column is a sum over layers. So each layer is classified at its own resolution, and its scores are
    enlarged: the same numbers as from the stacked columns, with far less to enlarge.

    Args:
        grid: classifiers along a side of a box, K.
        layers: the numbers of the trunk's maps that are looked at.

    `forward` takes the trunk's maps and R windows, and returns scores (R, 50, 50), above 0 inside. Windows are (R, 5),
    the image's number and x0, y0, x1, y1 each; or a list with those of each image, as x0, y0, x1, y1.
    """

    def __init__(self, grid: int = 5, layers: Sequence[int] = LAYERS["all"]):
        super().__init__()
        self.layers = tuple(layers)
        self.classifiers = nn.ModuleList(nn.Conv2d(WIDTHS[layer], grid * grid, 1) for layer in self.layers)
        self.register_buffer("mixing", mixing(grid))

    def forward(self, maps: Sequence[Tensor], windows: Windows) -> Tensor:
        return self.mixed(self.score_maps(maps), windows)

    def mixed(self, scores: Tensor, windows: Windows) -> Tensor:
        """Cut R windows out of score maps (B, grid * grid, H, W), and mix the classifiers: (R, 50, 50)."""
        return (roi_align(scores, windows, SIDE, sampling_ratio=1, aligned=True) * self.mixing).sum(dim=1)

    def shares(self, maps: Sequence[Tensor], windows: Windows) -> Tensor:
        """What each layer adds to the scores of `forward`: (R, layers, 50, 50)."""
        return torch.stack([self.mixed(scores, windows) for scores in self.by_layer(maps)], dim=1)

    def score_maps(self, maps: Sequence[Tensor]) -> Tensor:
        """What every classifier says of every pixel, all layers summed: (B, grid * grid, H, W)."""
        return sum(self.by_layer(maps))

    def by_layer(self, maps: Sequence[Tensor]) -> Iterator[Tensor]:
        """Classify each layer's map where it is, and enlarge the scores: (B, grid * grid, H, W) each."""
        for layer, classify in zip(self.layers, self.classifiers, strict=True):
            yield enlarged(classify(maps[layer]), STRIDES[layer])


@torch.no_grad()
def masked(
    head: HypercolumnHead, trunk: Trunk, images: Tensor, found: Sequence[Detections], context: float = CONTEXT
) -> list[Detections]:
    """Draw a new mask for each detection in images (N, 3, H, W) in uint8 from its box; class and score stay."""
    head.eval()
    drawn = []
    for image, each in zip(images, found, strict=True):
        windows = windows_round(each.boxes, context)
        inside = head(trunk(as_input(image[None])), [windows]).sigmoid()
        drawn.append(replace(each, masks=paste(inside, windows, *image.shape[1:]) >= 0.5))
    return drawn
