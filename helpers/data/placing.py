"""Where stickers go: a search over all shifts of a sticker at once, for many scenes side by side."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from helpers.data.digits import sticker_textures
from helpers.data.scene_options import SceneOptions
from helpers.data.scene_plan import Plan, draft_plan
from helpers.data.splits import Split
from helpers.data.stickers import sampling_grid

CELL = 4  # places are searched on a grid this coarse, in pixels, then moved by a random fraction of a cell
SHRINK = 0.85  # a sticker that finds no room is made this much smaller and tries again
TRIES = 40  # layouts started afresh before a scene counts as too crowded


def plan_stickers(n: int, split: Split, options: SceneOptions, generator: Generator) -> Plan:
    """Draft n scenes and give every sticker a place.

    Raises:
        ValueError: some scene finds no room for its stickers after `TRIES` fresh layouts.
    """
    plan = draft_plan(n, split, options, generator)
    missing = torch.ones(n, dtype=torch.bool)
    for _ in range(TRIES):
        retry = Plan(*(value[missing] for value in plan))
        placed, found = _place(retry, split, options, generator)
        done = missing.nonzero()[found, 0]
        for old, new in zip(plan, placed, strict=True):
            old[done] = new[found]
        missing[done] = False
        if not missing.any():
            return plan
        # The first sticker may have taken the room of the last: the next layout starts with smaller ones.
        plan.heights[missing] = (plan.heights[missing] * SHRINK).clamp(min=options.height[0])
    raise ValueError(
        f"Cannot draw these scenes: {int(missing.sum())} of {n} found no room for their stickers. "
        "Lower the count, the least height or the column gap, allow overlap, or make the scene larger."
    )


@dataclass
class _Taken:
    """Which cells earlier stickers take in each of n scenes, as 0 / 1 masks (n, s, s)."""

    all: Tensor
    previous: Tensor  # by the sticker placed last
    others: Tensor  # by those that the next one is not linked with


def _place(plan: Plan, split: Split, options: SceneOptions, generator: Generator) -> tuple[Plan, Tensor]:
    """Give each sticker a place, in order; return the plan and which scenes (n,) found room for all."""
    textures, _ = sticker_textures(split)
    size, least = options.size, options.height[0]
    cell = CELL if options.linked == 1 else 1
    cells = -(-size // cell)
    in_frame = _in_frame(size, cell)
    empty = torch.zeros(len(plan.texture), cells, cells)
    taken = _Taken(empty, empty.clone(), empty)
    found = torch.ones(len(empty), dtype=torch.bool)
    places, heights = plan.places.clone(), plan.heights.clone()
    for k in range(plan.texture.shape[1]):
        linked = k % options.linked > 0
        if not linked:
            taken.others = taken.all.clone()
        waiting = plan.present[:, k] & found
        while waiting.any():
            chosen = waiting.nonzero()[:, 0]
            texture, angles = textures[plan.texture[chosen, k], 1:], plan.angles[chosen, k]
            pixels = _outline(texture, torch.zeros(len(chosen), 2), heights[chosen, k], angles, size)
            # A cell counts as soon as any of its pixels does.
            mask = F.max_pool2d(pixels[:, None], cell, ceil_mode=True)[:, 0]
            fits = _stays_in_frame(pixels, in_frame @ pixels @ in_frame.T)
            if k > 0:
                beside = _Taken(taken.all[chosen], taken.previous[chosen], taken.others[chosen])
                fits = _keeps_layout(fits, mask, beside, linked, options)
                fits = _keeps_gap(fits, places[chosen, :k, 0], cell, options)
            shift, fitting = _choose_shift(fits, generator)
            kept, shift = chosen[fitting], shift[fitting]
            nudge = (torch.rand(len(kept), 2, generator=generator) - 0.5) * (cell - 1)
            if cell > 1 and len(kept):
                nudged = _outline(texture[fitting], nudge, heights[kept, k], angles[fitting], size)
                # A nudge that would push a sticker out of the frame is left undone.
                nudge *= _stays_in_frame(nudged, _count_in_frame(nudged, shift, in_frame))
            places[kept, k] = (shift * cell).float() + size / 2 + nudge
            taken.previous[kept] = _translate(mask[fitting], shift)
            taken.all[kept] = torch.maximum(taken.all[kept], taken.previous[kept])
            waiting[kept] = False
            small = heights[:, k] <= least
            found &= ~(waiting & small)
            waiting &= ~small
            heights[waiting, k] = (heights[waiting, k] * SHRINK).clamp(min=least)
    return plan._replace(places=places, heights=heights), found


def _keeps_layout(fits: Tensor, mask: Tensor, taken: _Taken, linked: bool, options: SceneOptions) -> Tensor:
    """Keep the shifts (n, s + 1, s + 1) at which a sticker's mask (n, s, s) does what `overlap` asks.

    Args:
        linked: whether it is to touch or cover the sticker placed last.
    """
    if options.overlap == "none":
        # A place is moved by less than half a cell later, so one free cell keeps stickers apart.
        return fits & (correlate(mask, _dilate(taken.all)) < 0.5)
    if options.overlap == "covering":
        fits = fits & (correlate(mask, taken.others) < 0.5)
        if linked:
            hidden = correlate(mask, taken.previous) / taken.previous.sum(dim=(1, 2), keepdim=True)
            fits &= (hidden >= options.covered[0]) & (hidden <= options.covered[1])
    elif options.overlap in ("touching", "chain"):
        barred = taken.all
        if options.overlap == "chain":
            barred = torch.maximum(barred, _dilate(taken.others))
        fits = fits & (correlate(mask, barred) < 0.5)
        if linked:
            fits &= correlate(mask, _dilate(taken.previous)) > 0.5
    return fits


def _keeps_gap(fits: Tensor, columns: Tensor, cell: int, options: SceneOptions) -> Tensor:
    """Keep the shifts that put a sticker far enough from the columns (n, k) of earlier centres."""
    if options.column_gap == 0:
        return fits
    half = (fits.shape[-1] - 1) // 2
    column = (torch.arange(fits.shape[-1]) - half) * cell + options.size / 2
    # The place is moved by up to half of (cell - 1) later.
    apart = (column - columns[..., None]).abs() >= options.column_gap + (cell - 1) / 2
    return fits & apart.all(dim=1)[:, None]


def _outline(textures: Tensor, nudge: Tensor, heights: Tensor, angles: Tensor, size: int) -> Tensor:
    """Draw stickers at the centre of the scene, moved by (n, 2) pixels, as 0 / 1 masks: (n, S, S)."""
    grid = sampling_grid(size / 2 + nudge, heights, angles, size)
    return (F.grid_sample(textures, grid, align_corners=False)[:, 0] >= 0.5).float()


def _in_frame(size: int, cell: int) -> Tensor:
    """Say which pixels stay in the frame for every shift by whole cells along one axis: (shifts, S) of 0 / 1."""
    cells = -(-size // cell)
    moved = torch.arange(size) + (torch.arange(cells + 1)[:, None] - cells // 2) * cell
    return ((moved >= 0) & (moved < size)).float()


def _count_in_frame(pixels: Tensor, shift: Tensor, in_frame: Tensor) -> Tensor:
    """Count the pixels (n, S, S) that stay in the frame after each row's own shift by whole cells: (n, 1)."""
    columns, rows = in_frame[shift + (len(in_frame) - 1) // 2].unbind(dim=1)
    return torch.einsum("nyx,ny,nx->n", pixels, rows, columns)[:, None]


def _stays_in_frame(pixels: Tensor, within: Tensor) -> Tensor:
    """Whether all of each sticker is in the frame.

    Args:
        pixels: (n, S, S), stickers at the centre of the scene. One that reaches its rim is too large for it.
        within: (n, ...), how many of a sticker's pixels are in the frame.
    """
    rim = pixels[:, [0, -1]].sum(dim=(1, 2)) + pixels[:, :, [0, -1]].sum(dim=(1, 2))
    needed = torch.where(rim == 0, pixels.sum(dim=(1, 2)), float("inf"))
    return within >= needed.reshape(-1, *[1] * (within.ndim - 1))


def _dilate(mask: Tensor) -> Tensor:
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


def _choose_shift(fits: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Choose one fitting shift at random for each row: (n, 2) as x, y, and which rows had any."""
    n, side, _ = fits.shape
    lots = torch.rand(n, side * side, generator=generator).masked_fill(~fits.flatten(1), -1)
    best = lots.argmax(dim=1)
    shift = torch.stack([best % side, best // side], dim=1) - (side - 1) // 2
    return shift, fits.flatten(1).any(dim=1)


def _translate(mask: Tensor, shift: Tensor) -> Tensor:
    """Move each mask (n, s, s) by its own whole shift (n, 2) as x, y; what leaves the frame is lost."""
    n, s, _ = mask.shape
    columns, rows = (torch.arange(s) - shift[..., None]).unbind(dim=1)
    moved = mask[
        torch.arange(n)[:, None, None], rows.clamp(0, s - 1)[:, :, None], columns.clamp(0, s - 1)[:, None]
    ]
    known = ((rows >= 0) & (rows < s))[:, :, None] & ((columns >= 0) & (columns < s))[:, None]
    return moved * known
