"""Stickers: a handwritten digit printed in one of eight colours, drawn at any place, size and turn."""

import torch
import torch.nn.functional as F
from torch import Tensor

from helpers.data.digits import EXTENT, MARGIN, TEXTURE

# Okabe and Ito's colour-blind-safe palette as (name, backing, ink); each pair's contrast ratio is at least 4.5.
STICKER_COLOURS = (
    ("white", (250, 250, 246), (24, 24, 28)),
    ("yellow", (240, 228, 66), (24, 24, 28)),
    ("orange", (230, 159, 0), (24, 24, 28)),
    ("sky blue", (86, 180, 233), (24, 24, 28)),
    ("green", (0, 158, 115), (10, 10, 12)),
    ("red", (213, 94, 0), (10, 10, 12)),
    ("pink", (204, 121, 167), (10, 10, 12)),
    ("blue", (0, 82, 150), (255, 255, 255)),
)
COLOUR_NAMES = tuple(name for name, _, _ in STICKER_COLOURS)


def sampling_grid(places: Tensor, heights: Tensor, angles: Tensor, size: int) -> Tensor:
    """Map each pixel of an S x S scene into a sticker's texture, in `grid_sample`'s coordinates.

    Args:
        places: (N, 2) centres as x, y in pixels. heights: (N,) in pixels. angles: (N,) in radians.

    Returns:
        (N, S, S, 2) float32.
    """
    pixels = torch.arange(size) + 0.5
    x, y = (pixels - places[..., None]).unbind(dim=1)
    cos, sin = torch.stack([angles.cos(), angles.sin()])[..., None] * (2 / (EXTENT * heights))[:, None]
    # What depends on the column and what on the row is multiplied first: three times as fast as affine_grid.
    grid = torch.empty(len(places), 2, size, size)
    torch.add((cos * x)[:, None], (sin * y)[:, :, None], out=grid[:, 0])
    torch.add((-sin * x)[:, None], (cos * y)[:, :, None], out=grid[:, 1])
    return grid.movedim(1, -1)


def sample_sticker(textures: Tensor, grid: Tensor, heights: Tensor) -> tuple[Tensor, Tensor]:
    """Draw one sticker in each of N scenes.

    Args:
        textures: (N, 2, TEXTURE, TEXTURE) as from `textures_of`. grid: (N, S, S, 2) from `sampling_grid`.
        heights: (N,) in pixels, the same that made the grid.

    Returns:
        cover: (N, S, S) in 0..1, how much of each pixel the sticker covers; at least 0.5 is inside.
        ink: (N, S, S) in 0..1, how much of it is ink rather than backing.
    """
    ink, nearness = F.grid_sample(textures, grid, align_corners=False).unbind(dim=1)
    # Both edges are about a pixel soft: ramps in units of pixels, whatever the sticker's size.
    heights = heights[:, None, None]
    cover = ((nearness - 0.5) * 2 * MARGIN * heights + 0.5).clamp(0, 1)
    return cover, ((ink - 0.5) * heights / 8 + 0.5).clamp(0, 1)


def paint(colours: Tensor, ink: Tensor) -> Tensor:
    """Colour stickers: backing where `ink` (N, S, S) is 0, the colour's own ink where it is 1.

    Args:
        colours: (N,) int64, indices into `COLOUR_NAMES`.

    Returns:
        (N, 3, S, S) float32 in 0..1.
    """
    backing, printed = (
        torch.tensor([each[part] for each in STICKER_COLOURS])[colours][..., None, None] / 255
        for part in (1, 2)
    )
    return torch.lerp(backing, printed, ink[:, None])


def cut_offset(textures: Tensor, directions: Tensor, shares: Tensor) -> Tensor:
    """Find the straight cut across each sticker that has a given share of the ink on its near side.

    The near side of a cut is where x cos(direction) + y sin(direction) < offset, in `grid_sample`'s coordinates.

    Args:
        textures: (n, 2, TEXTURE, TEXTURE) as from `textures_of`. directions: (n,) in radians.
        shares: (n,) in 0..1, of the texture's pixels that are ink.

    Returns:
        (n,) offsets; the share is met up to one pixel of ink, and never exceeded.
    """
    centres = (torch.arange(TEXTURE) + 0.5) * 2 / TEXTURE - 1
    cos, sin = directions.cos()[:, None, None], directions.sin()[:, None, None]
    along, nearest_first = (cos * centres + sin * centres[:, None]).flatten(1).sort(dim=1)
    ink = (textures[:, 0] >= 0.5).flatten(1).float().gather(1, nearest_first).cumsum(dim=1)
    first_kept = (ink <= shares[:, None] * ink[:, -1:]).sum(dim=1, keepdim=True)
    return along.gather(1, first_kept.clamp(max=TEXTURE**2 - 1))[:, 0]


def beyond_cut(grid: Tensor, heights: Tensor, directions: Tensor, offsets: Tensor) -> Tensor:
    """How far each pixel lies beyond a sticker's cut, in pixels; negative on the near side: (N, S, S).

    Args:
        grid, heights: as in `sample_sticker`. directions, offsets: (N,), as in `cut_offset`.
    """
    direction = torch.stack([directions.cos(), directions.sin()], dim=-1)
    along = (grid @ direction[:, None, :, None])[..., 0]
    return (along - offsets[:, None, None]) * (EXTENT / 2 * heights)[:, None, None]
