"""Where stickers go: places, sizes and turns for many scenes at once, and how stickers drift."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from helpers.data.digits import EXTENT, MARGIN, sticker_textures
from helpers.data.splits import Split

CELL = 4  # places are searched on a grid this coarse, in pixels, then moved by a random fraction of a cell
SHRINK = 0.85  # a sticker that finds no room is made this much smaller and tries again
TRIES = 40  # layouts started afresh before a scene counts as too crowded


class Plan(NamedTuple):
    """What to paint in N scenes of up to K stickers; see `Scenes` for the fields. `angles` are in radians."""

    texture: Tensor
    places: Tensor
    heights: Tensor
    angles: Tensor
    colours: Tensor
    present: Tensor


def sampling_grid(places: Tensor, heights: Tensor, angles: Tensor, size: int) -> Tensor:
    """Map each pixel of an S x S scene into a sticker's texture, in `grid_sample`'s coordinates.

    Args:
        places: (N, 2) centres as x, y in pixels. heights: (N,) in pixels. angles: (N,) in radians.

    Returns:
        (N, S, S, 2) float32.
    """
    cos, sin = angles.cos(), angles.sin()
    scale = size / (EXTENT * heights)
    turn = (
        torch.stack([torch.stack([cos, sin], -1), torch.stack([-sin, cos], -1)], dim=1) * scale[:, None, None]
    )
    centre = 2 * places / size - 1
    theta = torch.cat([turn, -turn @ centre[..., None]], dim=2)
    return F.affine_grid(theta, [len(places), 1, size, size], align_corners=False)


def stamp(
    textures: Tensor, places: Tensor, heights: Tensor, angles: Tensor, size: int
) -> tuple[Tensor, Tensor]:
    """Draw one sticker in each of N scenes; arguments as in `sampling_grid`, textures as from `textures_of`.

    Returns:
        cover: (N, S, S) in 0..1, how much of each pixel the sticker covers; at least 0.5 is inside.
        ink: (N, S, S) in 0..1, how much of it is ink rather than backing.
    """
    grid = sampling_grid(places, heights, angles, size)
    ink, nearness = F.grid_sample(textures, grid, align_corners=False).unbind(dim=1)
    # Both edges are about a pixel soft: ramps in units of pixels, whatever the sticker's size.
    heights = heights[:, None, None]
    cover = ((nearness - 0.5) * 2 * MARGIN * heights + 0.5).clamp(0, 1)
    return cover, ((ink - 0.5) * heights / 8 + 0.5).clamp(0, 1)


def plan_stickers(
    n: int, split: Split, generator: Generator, *, size: int, count: tuple[int, int], height: tuple[float, float],
    rotation: float, overlap: str, leave: float, colours: Tensor,
) -> Plan:  # fmt: skip
    """Choose digits, colours, sizes and places for n scenes; arguments as in `make_scenes`.

    Raises:
        ValueError: some scene finds no room for its stickers after `TRIES` fresh layouts.
    """
    plan = _draft(n, split, generator, count, height, rotation, overlap, colours)
    missing = torch.ones(n, dtype=torch.bool)
    for _ in range(TRIES):
        retry = Plan(*(value[missing] for value in plan))
        placed, found = _place(retry, split, generator, size, height[0], overlap, leave)
        done = missing.nonzero()[found, 0]
        for old, new in zip(plan, placed, strict=True):
            old[done] = new[found]
        missing[done] = False
        if not missing.any():
            return plan
        # The first sticker may have taken the room of the last: the next layout starts with smaller ones.
        plan.heights[missing] = (plan.heights[missing] * SHRINK).clamp(min=height[0])
    raise ValueError(
        f"Cannot draw these scenes: {int(missing.sum())} of {n} found no room for their stickers. "
        "Lower the count or the least height, allow overlap, or make the scene larger."
    )


def _draft(n, split, generator, count, height, rotation, overlap, colours) -> Plan:
    """Choose everything but the places."""
    _, classes = sticker_textures(split)
    K = count[1]
    number = torch.randint(count[0], K + 1, (n,), generator=generator)
    texture = torch.randint(len(classes), (n, K), generator=generator)
    if overlap == "touching":
        for k in range(1, K, 2):
            texture[:, k] = _same_class(classes, texture[:, k - 1], generator)
    heights = torch.empty(n, K).uniform_(*height, generator=generator)
    angles = torch.deg2rad(torch.empty(n, K).uniform_(-rotation, rotation, generator=generator))
    repeated = colours.repeat(-(-K // len(colours)))
    shuffled = torch.rand(n, len(repeated), generator=generator).argsort(dim=1)[:, :K]
    present = torch.arange(K) < number[:, None]
    return Plan(texture, torch.zeros(n, K, 2), heights, angles, repeated[shuffled], present)


def _same_class(classes: Tensor, texture: Tensor, generator: Generator) -> Tensor:
    """Choose for each digit another one of its class."""
    same = (classes[texture][:, None] == classes).float()
    same[torch.arange(len(texture)), texture] = 0
    return torch.multinomial(same, 1, generator=generator)[:, 0]


def _place(plan: Plan, split, generator, size, least, overlap, leave) -> tuple[Plan, Tensor]:
    """Give each sticker a place, in order; return the plan and which scenes (n,) found room for all."""
    textures, _ = sticker_textures(split)
    cell = 1 if overlap == "touching" else CELL
    cells = -(-size // cell)
    frame = torch.ones(len(plan.texture), cells, cells)
    taken, partner = torch.zeros_like(frame), torch.zeros_like(frame)
    found = torch.ones(len(frame), dtype=torch.bool)
    places, heights = plan.places.clone(), plan.heights.clone()
    for k in range(plan.texture.shape[1]):
        waiting = plan.present[:, k] & found
        while waiting.any():
            chosen = waiting.nonzero()[:, 0]
            mask = _mask(
                textures[plan.texture[chosen, k]], heights[chosen, k], plan.angles[chosen, k], size, cell
            )
            fits = correlate(mask, frame[chosen]) >= (1 - leave) * mask.sum(dim=(1, 2))[:, None, None] - 0.5
            if overlap != "free":
                fits &= correlate(_grow(mask) if cell > 1 else mask, taken[chosen]) < 0.5
            if overlap == "touching" and k % 2 == 1:
                fits &= correlate(_grow(mask), partner[chosen]) > 0.5
            shift, fitting = _choose(fits, generator)
            kept = chosen[fitting]
            centre = (shift[fitting] * cell).float() + size / 2
            jitter = (torch.rand(len(kept), 2, generator=generator) - 0.5) * (cell - 1)
            places[kept, k] = centre + jitter
            stamped = _shift(mask[fitting], shift[fitting])
            taken[kept] = torch.maximum(taken[kept], stamped)
            if k % 2 == 0:
                partner[kept] = stamped
            waiting[kept] = False
            small = heights[:, k] <= least
            found &= ~(waiting & small)
            waiting &= ~small
            heights[waiting, k] = (heights[waiting, k] * SHRINK).clamp(min=least)
    return plan._replace(places=places, heights=heights), found


def _mask(textures: Tensor, heights: Tensor, angles: Tensor, size: int, cell: int) -> Tensor:
    """Draw stickers centred in the scene, as 0 / 1 masks on the grid of cells: (n, cells, cells)."""
    places = torch.full((len(heights), 2), size / 2)
    grid = sampling_grid(places, heights, angles, size)
    nearness = F.grid_sample(textures[:, 1:], grid, align_corners=False)
    # A cell counts as soon as any of its pixels does.
    return F.max_pool2d((nearness >= 0.5).float(), cell, ceil_mode=True)[:, 0]


def _grow(mask: Tensor) -> Tensor:
    """Widen (n, h, w) masks by one cell on every side."""
    return F.max_pool2d(mask[:, None], 3, stride=1, padding=1)[:, 0]


def correlate(mask: Tensor, field: Tensor) -> Tensor:
    """Add up the field under a mask for every shift of the mask, by the fast Fourier transform.

    Args:
        mask, field: (n, s, s).

    Returns:
        (n, s + 1, s + 1); entry [y, x] is for a shift of y - s // 2 down and x - s // 2 right, with nothing
        beyond the field's border.
    """
    s = mask.shape[-1]
    spectrum = torch.fft.rfft2(field, s=(2 * s, 2 * s)) * torch.fft.rfft2(mask, s=(2 * s, 2 * s)).conj()
    sums = torch.fft.irfft2(spectrum, s=(2 * s, 2 * s))
    return sums.roll((s // 2, s // 2), dims=(1, 2))[:, : s + 1, : s + 1]


def _choose(fits: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Choose one fitting shift at random for each row: (n, 2) as x, y, and which rows had any."""
    n, side, _ = fits.shape
    lots = torch.rand(n, side * side, generator=generator) * fits.flatten(1)
    best = lots.argmax(dim=1)
    shift = torch.stack([best % side, best // side], dim=1) - (side - 1) // 2
    return shift, fits.flatten(1).any(dim=1)


def _shift(mask: Tensor, shift: Tensor) -> Tensor:
    """Move each mask (n, s, s) by its own whole shift (n, 2) as x, y; what leaves the frame is lost."""
    n, s, _ = mask.shape
    moved = torch.zeros(n, 3 * s, 3 * s)
    moved[:, s : 2 * s, s : 2 * s] = mask
    rows = torch.arange(s)[None] + s - shift[:, 1:]
    columns = torch.arange(s)[None] + s - shift[:, :1]
    return moved[torch.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]]


def drift(places: Tensor, frames: int, speed: tuple[float, float], size: int, generator: Generator) -> Tensor:
    """Let centres (N, K, 2) move in straight lines, bouncing off the frame's edges: (N, T, K, 2)."""
    N, K, _ = places.shape
    angle = torch.rand(N, K, generator=generator) * 2 * torch.pi
    pace = torch.empty(N, K).uniform_(*speed, generator=generator)
    velocity = torch.stack([angle.cos(), angle.sin()], dim=-1) * pace[..., None]
    free = places[:, None] + velocity[:, None] * torch.arange(frames)[None, :, None, None]
    return size - (free.remainder(2 * size) - size).abs()
