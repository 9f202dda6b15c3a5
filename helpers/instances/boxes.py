"""Windows round boxes: what is cut out of an image to be looked at, and how a small mask goes back to its place."""

import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.ops import roi_align

CONTEXT = 1.25  # a window's sides in those of its box, so that a mask may grow beyond the box


def windows_round(boxes: Tensor, context: float = CONTEXT) -> Tensor:
    """Widen boxes (D, 4) as x0, y0, x1, y1 about their middles: (D, 4) float32; they may reach beyond the image."""
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(f"Expected boxes (D, 4) as x0, y0, x1, y1, got {tuple(boxes.shape)}.")
    first, last = boxes.float().split(2, dim=1)
    if (last <= first).any():
        raise ValueError("A box is empty: x1 must be above x0, and y1 above y0. Leave empty masks out first.")
    middle, half = (first + last) / 2, (last - first) / 2 * context
    return torch.cat([middle - half, middle + half], dim=1)


def cut(maps: Tensor, windows: Tensor, size: int) -> Tensor:
    """Sample one image's maps (C, H, W) inside windows (D, 4), bilinearly, on size x size places: (D, C, size, size).

    Places beyond the image are 0.
    """
    numbered = F.pad(windows, (1, 0))  # all of image 0
    return roi_align(maps[None].float(), numbered, size, sampling_ratio=1, aligned=True)


def cut_own(masks: Tensor, windows: Tensor, size: int) -> Tensor:
    """Sample each mask (P, H, W) in its own window (P, 4): (P, size, size) float."""
    H, W = masks.shape[1:]
    x0, y0, x1, y1 = windows[:, :, None].unbind(dim=1)
    inner = (torch.arange(size) + 0.5) / size
    return _sampled(masks, (x0 + inner * (x1 - x0)) / W, (y0 + inner * (y1 - y0)) / H)


def paste(parts: Tensor, windows: Tensor, height: int, width: int) -> Tensor:
    """Put squares (D, n, n) back where their windows (D, 4) are, bilinearly: (D, height, width), 0 elsewhere."""
    x0, y0, x1, y1 = windows[:, :, None].unbind(dim=1)
    x, y = ((torch.arange(side) + 0.5) for side in (width, height))
    return _sampled(parts, (x - x0) / (x1 - x0), (y - y0) / (y1 - y0))


def _sampled(maps: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Read each of D maps (D, h, w) at its columns x (D, X) and rows y (D, Y), shares of its sides: (D, Y, X)."""
    across = (2 * x - 1)[:, None].expand(-1, y.shape[1], -1)
    down = (2 * y - 1)[:, :, None].expand(-1, -1, x.shape[1])
    grid = torch.stack([across, down], dim=-1)
    return F.grid_sample(maps[:, None].float(), grid, align_corners=False)[:, 0]
