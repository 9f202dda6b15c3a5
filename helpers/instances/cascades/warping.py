"""Boxes that a gradient can move: a warp out of maps, and shifts from box to box."""

import torch
from torch import Tensor

from helpers.ops import check_tensor

BINS = 14  # along a warped box, unless another number is asked for
LARGEST_CHANGE = 1.5  # of the logarithm of a side, so that no box explodes before it has learned


def roi_warp(maps: Tensor, boxes: Tensor, size: tuple[int, int] = (BINS, BINS)) -> Tensor:
    """Read maps at the bins' centres of boxes, bilinearly, with a gradient for the maps and for the boxes.

    A bin whose centre lies at u reads cell v with the weight max(0, 1 - |u - v|), along rows and along columns; beyond
    the maps there is 0. So it is `grid_sample` with zeros outside and align_corners=False.

    Args:
        maps: (B, C, H, W).
        boxes: (B, R, 4), R of each image, as x0, y0, x1, y1 in the maps' cells; cell 0 reaches from 0 to 1.
        size: rows and columns of bins.

    Returns:
        (B, R, C, *size).
    """
    check_boxes(boxes, "boxes")
    if maps.ndim != 4 or boxes.ndim != 3 or len(maps) != len(boxes):
        raise ValueError(
            f"Expected maps (B, C, H, W) and boxes (B, R, 4), got {tuple(maps.shape)} and {tuple(boxes.shape)}. "
            "Boxes of one image need boxes[None]."
        )
    x0, y0, x1, y1 = boxes.unbind(dim=-1)
    rows = bin_weights(y0, y1, size[0], maps.shape[2])  # (B, R, rows, H)
    columns = bin_weights(x0, x1, size[1], maps.shape[3])  # (B, R, columns, W)
    return torch.einsum("brih,bchw,brjw->brcij", rows, maps, columns)


def bin_weights(low: Tensor, high: Tensor, bins: int, cells: int) -> Tensor:
    """How much each of some bins from `low` to `high` (...) takes of each cell along a side: (..., bins, cells)."""
    steps = (torch.arange(bins, device=low.device, dtype=low.dtype) + 0.5) / bins
    centres = low[..., None] + (high - low)[..., None] * steps - 0.5  # cell 0's own centre is 0
    places = torch.arange(cells, device=low.device, dtype=low.dtype)
    return (1 - (centres[..., None] - places).abs()).clamp(min=0)


def box_shifts(boxes: Tensor, anchors: Tensor) -> Tensor:
    """What brings anchors to boxes: (..., 4) as shifts of the centre in anchor sides, and logarithms of side ratios."""
    (middles, sides), (own_middles, own_sides) = _centred(boxes), _centred(anchors)
    return torch.cat([(middles - own_middles) / own_sides, (sides / own_sides).log()], dim=-1)


def shifted(anchors: Tensor, shifts: Tensor) -> Tensor:
    """Bring anchors to where shifts (..., 4) say, the inverse of `box_shifts`: boxes x0, y0, x1, y1."""
    (middles, sides), (moves, changes) = _centred(anchors), shifts.split(2, dim=-1)
    middles = middles + moves * sides
    halves = sides * changes.clamp(max=LARGEST_CHANGE).exp() / 2
    return torch.cat([middles - halves, middles + halves], dim=-1)


def _centred(boxes: Tensor) -> tuple[Tensor, Tensor]:
    """The middles x, y and the sides of boxes (..., 4), each (..., 2)."""
    first, last = boxes.split(2, dim=-1)
    return (first + last) / 2, last - first


def check_boxes(boxes: Tensor, name: str) -> None:
    """Raise ValueError unless boxes (..., 4) are finite floats and none ends before it begins."""
    check_tensor(boxes, name)
    if boxes.ndim == 0 or boxes.shape[-1] != 4 or not boxes.is_floating_point():
        raise ValueError(
            f"Expected {name} (..., 4) in floating point as x0, y0, x1, y1, got {tuple(boxes.shape)} in {boxes.dtype}."
        )
    if not torch.isfinite(boxes).all():
        raise ValueError(f"The {name} hold NaN or infinity: look at the shifts that moved them.")
    if (boxes[..., 2:] < boxes[..., :2]).any():
        raise ValueError(f"Some of the {name} end before they begin: expected x0, y0, x1, y1, not sides.")
