"""False labels in the first label planes, and what a place of a scene sees."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from helpers.data.batches import as_input
from helpers.refinement.model import GRID, Refiner, check_passes, enlarged, no_labels, view

SIDE, EVERY = 3, 3  # cells along a planted square, and from one place to the next


class Explored(NamedTuple):
    """What `figures.pass_by_pass` shows of one scene, for P passes, K false labels and R x C places.

    Attributes:
        false_labels: (K,), the labels that were planted.
        maps: (P, H, W) uint8, the labels without a false one. planted: (K, R, C, P, H, W), with it.
        planted_boxes: (R, C, 4), left, top, width, height in pixels. views: (P, R, C, 4), what each place can see.
        gradients: (P, R, C, H / 4, W / 4), of the winning score of each place by the image, its size cell by cell.
    """

    false_labels: Sequence[int]
    maps: Tensor
    planted: Tensor
    planted_boxes: Tensor
    views: Tensor
    gradients: Tensor


def planted_labels(image: Tensor, label: int, box: Sequence[int], classes: int = 11) -> Tensor:
    """First label planes of one scene (3, H, W) that hold nothing but one label in a box of cells.

    Args:
        box: top, left, bottom, right in cells, the last two exclusive.

    Returns:
        (1, classes, H / 4, W / 4) float32, 1 in the box's plane `label`.

    Raises:
        ValueError: no such class, or a box that does not lie in the planes.
    """
    planes = no_labels(as_input(image[None]), classes)
    H, W = planes.shape[2:]
    top, left, bottom, right = box
    if not 0 <= label < classes:
        raise ValueError(f"There is no class {label}: give 0 to {classes - 1}.")
    if not (0 <= top < bottom <= H and 0 <= left < right <= W):
        raise ValueError(
            f"The box {tuple(box)} does not lie in {H} x {W} cells of {GRID} pixels: give its four sides."
        )
    planes[0, label, top:bottom, left:right] = 1
    return planes


@torch.no_grad()
def label_from(network: Refiner, image: Tensor, first: Tensor, passes: int) -> Tensor:
    """Label one scene (3, H, W) in uint8 from several first label planes (B, classes, h, w): (B, passes, H, W)."""
    scenes = as_input(image[None]).expand(len(first), -1, -1, -1)
    scores = network.eval()(scenes, first=first, passes=check_passes(passes))
    return enlarged(scores.flatten(0, 1)).argmax(dim=1).byte().unflatten(0, (len(first), -1))


def gradient_of(network: Refiner, image: Tensor, cells: Sequence[tuple[int, int]], passes: int) -> Tensor:
    """How much each pixel matters to the winning score of some cells after each pass: (passes, cells, H, W)."""
    scenes = as_input(image[None]).repeat(len(cells), 1, 1, 1).requires_grad_()
    with torch.enable_grad():
        scores = network.eval()(scenes, passes=check_passes(passes)).amax(dim=2)  # (cells, passes, h, w)
        rows, columns = torch.tensor(cells).unbind(dim=1)
        chosen = scores[torch.arange(len(cells)), :, rows, columns]
        slopes = [
            torch.autograd.grad(each.sum(), scenes, retain_graph=True)[0] for each in chosen.unbind(dim=1)
        ]
    return torch.stack(slopes).abs().sum(dim=2)


def explore(network: Refiner, image: Tensor, false_labels: Sequence[int], passes: int = 6) -> Explored:
    """Plant each false label at each place of a grid, and measure what the places see, all in one scene (3, H, W)."""
    H, W = (side // GRID for side in image.shape[-2:])
    rows, columns = (range(SIDE // 2 + 1, side - SIDE // 2, EVERY) for side in (H, W))
    cells = [(row, column) for row in rows for column in columns]
    half = SIDE // 2
    boxes = [(row - half, column - half, row + half + 1, column + half + 1) for row, column in cells]
    grid = (len(rows), len(columns))
    planted = []
    for label in false_labels:
        first = torch.cat([planted_labels(image, label, box, network.classes) for box in boxes])
        planted.append(label_from(network, image, first, passes))
    nothing = no_labels(as_input(image[None]), network.classes)
    corners = torch.tensor(cells)[:, [1, 0]]
    fields = [view(number) for number in range(1, passes + 1)]
    views = [_squares(field.start + GRID * corners, field.size) for field in fields]
    return Explored(
        false_labels,
        maps=label_from(network, image, nothing, passes)[0],
        planted=torch.stack(planted).unflatten(1, grid),
        planted_boxes=_squares(GRID * (corners - half), GRID * SIDE).unflatten(0, grid),
        views=torch.stack(views).unflatten(1, grid),
        gradients=F.avg_pool2d(gradient_of(network, image, cells, passes), GRID).unflatten(1, grid),
    )


def _squares(corners: Tensor, side: int) -> Tensor:
    """Boxes (N, 4) as left, top, width, height, from corners (N, 2) as x, y."""
    return torch.cat([corners, torch.full_like(corners, side)], dim=1)


def painted(network: Refiner, image: Tensor, passes: int = 6):
    """Make what answers for a label painted by hand: (ink (H, W) in 0..255, label) -> (passes, H, W) labels."""

    def relabel(ink: object, label: int) -> Tensor:
        cells = F.avg_pool2d(torch.as_tensor(ink).float()[None, None], GRID)[0, 0] / 255
        first = no_labels(as_input(image[None]), network.classes)
        first[0, label] = (cells > 0.5).float()
        return label_from(network, image, first, passes)[0]

    return relabel
