"""A recurrent network for scene labelling (Pinheiro and Collobert 2014), small enough for two CPU cores."""

from collections.abc import Sequence
from typing import Literal, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers.ops import Field, check_images, check_tensor, receptive_field

CLASSES = 11
GRID = 4  # pixels of a scene along a cell of the scores, and of the label planes
WIDTHS = (24, 48, 48)
BACKGROUND_WEIGHT = 0.3  # of the background's cells in the loss: they are four of five, and soon learned
Fed = Literal["probabilities", "scores"]

# Kernel, stride and padding of a pass, as `ops.receptive_field` takes them; and what one more pass adds: it reads
# label planes on the grid of the scores, seven cells wide.
PASS = ((5, 2, 2), (2, 2, 0), (3, 1, 1), (3, 1, 1))
ONE_MORE = (7, 1, 3)


class PassNorm(nn.Module):
    """Batch norm whose running statistics are kept for each pass; scale and shift are shared by all passes.

    The first pass reads no labels, so that its channels have other means than the later ones'. One running mean for
    all would be wrong for each (Cooijmans et al. 2016, "Recurrent batch normalization"). A pass beyond those of the
    training takes the last one's statistics.
    """

    def __init__(self, channels: int, passes: int):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.passes = nn.ModuleList(nn.BatchNorm2d(channels, affine=False) for _ in range(passes))

    def forward(self, maps: Tensor, number: int) -> Tensor:
        normal = self.passes[min(number, len(self.passes) - 1)](maps)
        return normal * self.weight[:, None, None] + self.bias[:, None, None]


class OnePass(nn.Module):
    """The network that is applied again and again: from label planes and an image to scores, cell by cell.

    Args:
        planes: of the input: label planes and 3 of the image.
        classes: scores a cell.
        passes: whose statistics are kept apart.
        widths: channels of the three convolutions.
        reach: 0, or the side in cells of one more kernel that looks at each channel by itself. It widens the view of
            a single pass.

    `forward` takes (B, planes, H, W) and the number of the pass, and returns (B, classes, H / 4, W / 4).
    """

    def __init__(
        self,
        planes: int = CLASSES + 3,
        classes: int = CLASSES,
        passes: int = 1,
        widths: Sequence[int] = WIDTHS,
        reach: int = 0,
    ):
        super().__init__()
        first, second, third = widths
        layers = [nn.Conv2d(planes, first, 5, stride=2, padding=2, bias=False), nn.MaxPool2d(2)]
        layers += [PassNorm(first, passes), nn.ReLU()]
        layers += [nn.Conv2d(first, second, 3, padding=1, bias=False), PassNorm(second, passes), nn.ReLU()]
        layers += [nn.Conv2d(second, third, 3, padding=1, bias=False), PassNorm(third, passes), nn.ReLU()]
        if reach:
            wide = nn.Conv2d(third, third, reach, padding=reach // 2, groups=third, bias=False)
            layers += [wide, PassNorm(third, passes), nn.ReLU()]
        self.layers = nn.ModuleList([*layers, nn.Conv2d(third, classes, 1)])

    def forward(self, planes: Tensor, number: int = 0) -> Tensor:
        for layer in self.layers:
            planes = layer(planes, number) if isinstance(layer, PassNorm) else layer(planes)
        return planes


class Refiner(nn.Module):
    """Label a scene, read the labels beside the scene, and label it again, several times over.

    Args:
        passes: how often, in training and by default.
        fed: what of a pass the next one reads: "probabilities", or "scores" as in the paper.
        tied: one network for all passes, or one each.
        detached: stop the gradient between passes.
        widths, reach: see `OnePass`.

    `forward` takes images (B, 3, H, W), H and W multiples of 4, and returns the scores of every pass,
    (B, passes, classes, H / 4, W / 4).
    """

    def __init__(
        self,
        passes: int = 3,
        fed: Fed = "probabilities",
        tied: bool = True,
        detached: bool = False,
        widths: Sequence[int] = WIDTHS,
        reach: int = 0,
        classes: int = CLASSES,
    ):
        super().__init__()
        check_passes(passes)
        if fed not in get_args(Fed):
            raise ValueError(f"fed is {fed!r}: expected one of {', '.join(get_args(Fed))}.")
        self.passes, self.fed, self.detached, self.classes = passes, fed, detached, classes
        self.reads_labels = passes > 1  # a single pass has no weights for labels that would always be zeros
        planes = 3 + classes * self.reads_labels
        self.networks = nn.ModuleList(
            OnePass(planes, classes, passes, widths, reach) for _ in range(1 if tied else passes)
        )

    def forward(self, images: Tensor, first: Tensor | None = None, passes: int | None = None) -> Tensor:
        """Run the passes.

        Args:
            first: (B, classes, H / 4, W / 4), the label planes that the first pass reads; zeros if left out.
            passes: another number of them than in training.
        """
        labels = no_labels(images, self.classes)
        if first is not None:
            check_planes(first, labels)
            labels = first
        every = []
        for number in range(self.passes if passes is None else check_passes(passes)):
            scores = self.networks[min(number, len(self.networks) - 1)](self.stack(images, labels), number)
            every.append(scores)
            labels = scores.softmax(dim=1) if self.fed == "probabilities" else scores
            if self.detached:
                labels = labels.detach()
        return torch.stack(every, dim=1)

    def stack(self, images: Tensor, labels: Tensor) -> Tensor:
        """Stack what a pass reads: label planes, each cell 4 x 4 pixels large, and the image's three planes."""
        if not self.reads_labels:
            return images
        return torch.cat([F.interpolate(labels, scale_factor=GRID), images], dim=1)


def view(passes: int) -> Field:
    """What a score of the last of some passes can see of the image."""
    return receptive_field((*PASS, *[ONE_MORE] * (check_passes(passes) - 1)))


def no_labels(images: Tensor, classes: int = CLASSES) -> Tensor:
    """The label planes of a scene of which nothing is known yet: zeros (B, classes, H / 4, W / 4)."""
    check_images(images, least=GRID)
    B, _, H, W = images.shape
    if H % GRID or W % GRID:
        raise ValueError(f"Height and width must be multiples of {GRID}, got {H} and {W}: pad the image.")
    return images.new_zeros(B, classes, H // GRID, W // GRID)


def loss_of_passes(
    scores: Tensor,
    labels: Tensor,
    last_only: bool = False,
    weight: Tensor | None = None,
    ignore_index: int = -100,
) -> Tensor:
    """Sum the cross-entropy over passes: each pass is to be right by itself.

    Args:
        scores: (B, passes, classes, H / 4, W / 4). labels: (B, H, W), read at the middle of each cell.
        last_only: leave out all but the last pass.
        weight: of the classes; without it the background, class 0, counts `BACKGROUND_WEIGHT`, and the others 1.
        ignore_index: a label that does not count, as `F.cross_entropy` has it.
    """
    targets = labels[:, GRID // 2 :: GRID, GRID // 2 :: GRID]
    if weight is None:
        weight = scores.new_ones(scores.shape[2])
        weight[0] = BACKGROUND_WEIGHT
    judged = scores[:, -1:] if last_only else scores
    return sum(
        F.cross_entropy(each, targets, weight, ignore_index=ignore_index) for each in judged.unbind(dim=1)
    )


def enlarged(scores: Tensor) -> Tensor:
    """Bring scores (B, classes, h, w) bilinearly to the image's size, the one grid on which all passes are judged."""
    return F.interpolate(scores, scale_factor=GRID, mode="bilinear", align_corners=False)


def check_passes(passes: int) -> int:
    """Raise ValueError unless a scene is labelled at least once."""
    if isinstance(passes, bool) or not isinstance(passes, int) or passes < 1:
        raise ValueError(
            f"passes is {passes!r}: give an integer, at least 1; a scene is labelled at least once."
        )
    return passes


def check_planes(planes: Tensor, wanted: Tensor) -> None:
    """Raise ValueError unless label planes have the shape and precision of `wanted`."""
    check_tensor(planes, "first")
    if planes.shape != wanted.shape or planes.dtype != wanted.dtype:
        raise ValueError(
            f"Expected label planes of shape {tuple(wanted.shape)} in {wanted.dtype}, one cell for {GRID} x {GRID} "
            f"pixels, got {tuple(planes.shape)} in {planes.dtype}. `no_labels(images)` makes empty ones."
        )
    if not torch.isfinite(planes).all():
        raise ValueError("The label planes hold NaN or infinity: look at the scores that they were made of.")
