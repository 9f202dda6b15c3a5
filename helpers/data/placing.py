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
    pixels = torch.arange(size) + 0.5
    x, y = (pixels - places[..., None]).unbind(dim=1)
    cos, sin = torch.stack([angles.cos(), angles.sin()])[..., None] * (2 / (EXTENT * heights))[:, None]
    # What depends on the column and what on the row is multiplied first: three times as fast as affine_grid.
    grid = torch.empty(len(places), 2, size, size)
    torch.add((cos * x)[:, None], (sin * y)[:, :, None], out=grid[:, 0])
    torch.add((-sin * x)[:, None], (cos * y)[:, :, None], out=grid[:, 1])
    return grid.movedim(1, -1)


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
    # No scene holds a sticker longer than its side.
    height = (height[0], min(height[1], size / (1 + 2 * MARGIN)))
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
    inside = _inside(size, cell)
    taken = torch.zeros(len(plan.texture), cells, cells)
    partner = torch.zeros_like(taken)
    found = torch.ones(len(taken), dtype=torch.bool)
    places, heights = plan.places.clone(), plan.heights.clone()
    for k in range(plan.texture.shape[1]):
        waiting = plan.present[:, k] & found
        while waiting.any():
            chosen = waiting.nonzero()[:, 0]
            texture, angles = textures[plan.texture[chosen, k], 1:], plan.angles[chosen, k]
            pixels = _outline(texture, torch.zeros(len(chosen), 2), heights[chosen, k], angles, size)
            # A cell counts as soon as any of its pixels does.
            mask = F.max_pool2d(pixels[:, None], cell, ceil_mode=True)[:, 0]
            fits = _stays(pixels, inside @ pixels @ inside.T, leave)
            if overlap != "free" and k > 0:
                # A place is moved by less than half a cell later, so one free cell keeps stickers apart.
                fits &= correlate(mask, _grow(taken[chosen]) if cell > 1 else taken[chosen]) < 0.5
            if overlap == "touching" and k % 2 == 1:
                fits &= correlate(mask, _grow(partner[chosen])) > 0.5
            shift, fitting = _choose(fits, generator)
            kept, shift = chosen[fitting], shift[fitting]
            nudge = (torch.rand(len(kept), 2, generator=generator) - 0.5) * (cell - 1)
            if cell > 1 and len(kept):
                nudged = _outline(texture[fitting], nudge, heights[kept, k], angles[fitting], size)
                # A nudge that would push a sticker out of the frame is left undone.
                nudge *= _stays(nudged, _within(nudged, shift, inside), leave)
            places[kept, k] = (shift * cell).float() + size / 2 + nudge
            stamped = _shift(mask[fitting], shift)
            taken[kept] = torch.maximum(taken[kept], stamped)
            if k % 2 == 0:
                partner[kept] = stamped
            waiting[kept] = False
            small = heights[:, k] <= least
            found &= ~(waiting & small)
            waiting &= ~small
            heights[waiting, k] = (heights[waiting, k] * SHRINK).clamp(min=least)
    return plan._replace(places=places, heights=heights), found


def _outline(textures: Tensor, nudge: Tensor, heights: Tensor, angles: Tensor, size: int) -> Tensor:
    """Draw stickers at the centre of the scene, moved by (n, 2) pixels, as 0 / 1 masks: (n, S, S)."""
    grid = sampling_grid(size / 2 + nudge, heights, angles, size)
    return (F.grid_sample(textures, grid, align_corners=False)[:, 0] >= 0.5).float()


def _inside(size: int, cell: int) -> Tensor:
    """Say which pixels stay in the frame for every shift by whole cells along one axis: (shifts, S) of 0 / 1."""
    cells = -(-size // cell)
    moved = torch.arange(size) + (torch.arange(cells + 1)[:, None] - cells // 2) * cell
    return ((moved >= 0) & (moved < size)).float()


def _within(pixels: Tensor, shift: Tensor, inside: Tensor) -> Tensor:
    """Count the pixels (n, S, S) that stay in the frame after each row's own shift by whole cells: (n, 1)."""
    columns, rows = inside[shift + (len(inside) - 1) // 2].unbind(dim=1)
    return torch.einsum("nyx,ny,nx->n", pixels, rows, columns)[:, None]


def _stays(pixels: Tensor, within: Tensor, leave: float) -> Tensor:
    """Whether enough of each sticker is in the frame.

    Args:
        pixels: (n, S, S), stickers at the centre of the scene. One that reaches its rim is too large for it.
        within: (n, ...), how many of a sticker's pixels are in the frame.
    """
    rim = pixels[:, [0, -1]].sum(dim=(1, 2)) + pixels[:, :, [0, -1]].sum(dim=(1, 2))
    needed = torch.where(rim == 0, (1 - leave) * pixels.sum(dim=(1, 2)), float("inf"))
    return within >= needed.reshape(-1, *[1] * (within.ndim - 1))


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
    # With the field set off by the greatest shift, what wraps around comes back as zeros before its border.
    offset, period = s // 2, 2 * s - s // 2
    field = F.pad(field, (offset, 0, offset, 0))
    spectrum = torch.fft.rfft2(field, s=(period, period)) * torch.fft.rfft2(mask, s=(period, period)).conj()
    return torch.fft.irfft2(spectrum, s=(period, period))[:, : s + 1, : s + 1]


def _choose(fits: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Choose one fitting shift at random for each row: (n, 2) as x, y, and which rows had any."""
    n, side, _ = fits.shape
    lots = torch.rand(n, side * side, generator=generator).masked_fill(~fits.flatten(1), -1)
    best = lots.argmax(dim=1)
    shift = torch.stack([best % side, best // side], dim=1) - (side - 1) // 2
    return shift, fits.flatten(1).any(dim=1)


def _shift(mask: Tensor, shift: Tensor) -> Tensor:
    """Move each mask (n, s, s) by its own whole shift (n, 2) as x, y; what leaves the frame is lost."""
    n, s, _ = mask.shape
    columns, rows = (torch.arange(s) - shift[..., None]).unbind(dim=1)
    moved = mask[
        torch.arange(n)[:, None, None], rows.clamp(0, s - 1)[:, :, None], columns.clamp(0, s - 1)[:, None]
    ]
    known = ((rows >= 0) & (rows < s))[:, :, None] & ((columns >= 0) & (columns < s))[:, None]
    return moved * known


def drift(places: Tensor, frames: int, speed: tuple[float, float], size: int, generator: Generator) -> Tensor:
    """Let centres (N, K, 2) move in straight lines, bouncing off the frame's edges: (N, T, K, 2).

    A centre that starts beyond an edge bounces where it started; so the first frame is the plan itself.
    """
    N, K, _ = places.shape
    angle = torch.rand(N, K, generator=generator) * 2 * torch.pi
    pace = torch.empty(N, K).uniform_(*speed, generator=generator)
    velocity = torch.stack([angle.cos(), angle.sin()], dim=-1) * pace[..., None]
    free = places[:, None] + velocity[:, None] * torch.arange(frames)[None, :, None, None]
    low, high = places.clamp(max=0)[:, None], places.clamp(min=size)[:, None]
    run = (free - low).remainder(2 * (high - low))
    return low + torch.where(run > high - low, 2 * (high - low) - run, run)
