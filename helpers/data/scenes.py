"""Scenes: handwritten digits as stickers on photographs, with every mask, box and colour name known exactly."""

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Generator, Tensor

from helpers.data import placing
from helpers.data.digits import MARGIN, sticker_textures
from helpers.data.photographs import random_crops
from helpers.data.splits import Split, check_split

BACKGROUND = 0  # the class of every pixel that no sticker covers; digit d is class d + 1

# Okabe and Ito's colour-blind-safe palette as (name, backing, ink); each pair's contrast ratio is at least 4.5.
POSTERS = (
    ("white", (250, 250, 246), (24, 24, 28)),
    ("yellow", (240, 228, 66), (24, 24, 28)),
    ("orange", (230, 159, 0), (24, 24, 28)),
    ("sky blue", (86, 180, 233), (24, 24, 28)),
    ("green", (0, 158, 115), (10, 10, 12)),
    ("red", (213, 94, 0), (10, 10, 12)),
    ("pink", (204, 121, 167), (10, 10, 12)),
    ("blue", (0, 82, 150), (255, 255, 255)),
)
COLOUR_NAMES = tuple(name for name, _, _ in POSTERS)

Overlap = Literal["none", "free", "touching"]


@dataclass(frozen=True)
class Scenes:
    """N scenes of up to K stickers in S x S pixels, with T frames each where they move.

    Attributes:
        images: (N, 3, S, S) uint8; with motion (N, T, 3, S, S).
        labels: (N, S, S) uint8, 0 background, d + 1 for digit d; with motion (N, T, S, S).
        instances: like labels, 0 background, k + 1 for the k-th sticker.
        boxes: (N, K, 4) int64, the visible part of each sticker as x0, y0, x1, y1 with x1 and y1 exclusive; zeros
            where there is none to see; with motion (N, T, K, 4).
        digits: (N, K) int64 in 0..9, and -1 beyond a scene's own count.
        colours: (N, K) int64, an index into `COLOUR_NAMES`; no two stickers of a scene share one up to eight.
        places: (N, K, 2) float32, centres as x, y in pixels; with motion (N, T, K, 2).
        heights: (N, K) float32, the ink's longer side in pixels.
        texture: (N, K) int64, which digit of the split each sticker was printed from.
    """

    images: Tensor
    labels: Tensor
    instances: Tensor
    boxes: Tensor
    digits: Tensor
    colours: Tensor
    places: Tensor
    heights: Tensor
    texture: Tensor

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: slice | Tensor) -> "Scenes":
        return Scenes(**{name: value[index] for name, value in vars(self).items()})

    def colour_names(self, scene: int) -> list[str]:
        """The names of one scene's colours, in the order of its stickers."""
        present = self.digits[scene] >= 0
        return [COLOUR_NAMES[colour] for colour in self.colours[scene][present].tolist()]


def make_scenes(
    number: int,
    seed: int,
    split: Split = "train",
    *,
    size: int = 128,
    count: int | tuple[int, int] = (1, 3),
    height: tuple[float, float] = (32, 72),
    rotation: float = 20,
    overlap: Overlap = "none",
    leave: float = 0.0,
    colours: tuple[str, ...] = COLOUR_NAMES,
    frames: int = 1,
    speed: tuple[float, float] = (2, 5),
    chunk: int = 256,
) -> Scenes:
    """Draw scenes from a seed: the same arguments give the same scenes.

    Args:
        number: how many scenes, at least 1.
        seed: any non-negative integer; each split draws its own scenes from it.
        split: which digits and photograph regions are used; none is in two splits.
        size: side of a scene in pixels.
        count: stickers a scene, 1 to 6, or the least and the most.
        height: least and greatest height of a digit in pixels. Where large stickers leave no room for the next
            one, the next one is made smaller, never below the least.
        rotation: greatest turn either way, in degrees.
        overlap: "none" keeps stickers apart, "free" lets them cover one another, "touching" keeps them apart but
            sets the second against the first, of the same class, and the fourth against the third.
        leave: how much of a sticker's area may lie outside the frame, 0 to 0.9.
        colours: the names to choose from, out of `COLOUR_NAMES`.
        frames: 1 for a still; more for a clip in which stickers drift, bounce off the edges and may cover one
            another (only the first frame keeps to `overlap`).
        speed: least and greatest drift in pixels a frame.
        chunk: scenes drawn at a time, which bounds memory and takes part in what is drawn.

    Raises:
        ValueError: an argument out of its range, or stickers that find no room; the message says what to change.
    """
    check_split(split)
    low, high = count if isinstance(count, (tuple, list)) else (count, count)
    _check(number, seed, size, (low, high), height, rotation, overlap, leave, colours, frames, speed)
    generator = Generator().manual_seed(seed * 3 + {"train": 0, "val": 1, "test": 2}[split])
    parts = []
    for start in range(0, number, chunk):
        n = min(chunk, number - start)
        plan = placing.plan_stickers(
            n, split, generator, size=size, count=(low, high), height=height, rotation=rotation, overlap=overlap,
            leave=leave, colours=torch.tensor([COLOUR_NAMES.index(name) for name in colours]),
        )  # fmt: skip
        crops = random_crops(n, size, split, generator)
        if frames == 1:
            parts.append(_draw(plan, crops, split, size))
        else:
            paths = (
                placing.drift(plan.places, frames, speed, size, generator) * plan.present[:, None, :, None]
            )
            parts.append(_clip(plan, paths, crops, split, size))
    return Scenes(**{name: torch.cat([getattr(part, name) for part in parts]) for name in vars(parts[0])})


def _check(number, seed, size, count, height, rotation, overlap, leave, colours, frames, speed) -> None:
    """Refuse what cannot be drawn, saying what was expected."""
    wanted = [
        (
            isinstance(number, int) and number >= 1,
            f"number is {number!r}: ask for at least one scene, by an integer",
        ),
        (isinstance(seed, int) and seed >= 0, f"seed is {seed!r}: give a non-negative integer"),
        (size >= 16, f"size is {size} pixels: a scene needs at least 16"),
        (
            all(isinstance(each, int) for each in count) and 1 <= count[0] <= count[1] <= 6,
            f"count is {count}: give 1 to 6 stickers, by integers, the least first",
        ),
        (8 <= height[0] <= height[1], f"height is {height}: give at least 8 pixels, the least first"),
        (
            height[0] * (1 + 2 * MARGIN) <= size,
            f"digits of {height[0]} pixels are {height[0] * (1 + 2 * MARGIN):.0f} pixels with their backing, and a "
            f"scene of {size} cannot hold that: make the scene larger or the least height smaller",
        ),
        (0 <= rotation <= 180, f"rotation is {rotation}: give 0 to 180 degrees"),
        (overlap in ("none", "free", "touching"), f"overlap is {overlap!r}: expected none, free or touching"),
        (
            overlap != "touching" or count[1] >= 2,
            "overlap='touching' needs at least two stickers: raise count",
        ),
        (0 <= leave <= 0.9, f"leave is {leave}: give the share of a sticker, 0 to 0.9"),
        (len(colours) > 0, "colours is empty: name at least one"),
        (isinstance(frames, int) and frames >= 1, f"frames is {frames}: a still has 1, a clip more"),
        (0 <= speed[0] <= speed[1], f"speed is {speed}: give pixels a frame, the least first"),
    ]
    for name in colours:
        known = name in COLOUR_NAMES
        wanted.append((known, f"there is no colour {name!r}: choose from {', '.join(COLOUR_NAMES)}"))
    for holds, message in wanted:
        if not holds:
            raise ValueError(f"Cannot draw these scenes: {message}.")


def _draw(plan: placing.Plan, crops: Tensor, split: Split, size: int) -> Scenes:
    """Paint the stickers of a plan over (N, 3, S, S) backgrounds, first to last."""
    textures, classes = sticker_textures(split)
    N, K = plan.texture.shape
    backing = torch.tensor([colour for _, colour, _ in POSTERS]) / 255
    ink_colour = torch.tensor([colour for _, _, colour in POSTERS]) / 255
    images = crops.clone()
    labels = torch.zeros(N, size, size, dtype=torch.uint8)
    instances = torch.zeros_like(labels)
    digits = torch.where(plan.present, classes[plan.texture], -1)
    for k in range(K):
        chosen = textures[plan.texture[:, k]]
        cover, ink = placing.stamp(chosen, plan.places[:, k], plan.heights[:, k], plan.angles[:, k], size)
        cover = cover * plan.present[:, k, None, None]
        paint = torch.lerp(
            backing[plan.colours[:, k]][..., None, None],
            ink_colour[plan.colours[:, k]][..., None, None],
            ink[:, None],
        )
        images = torch.lerp(images, paint, cover[:, None])
        inside = cover >= 0.5
        labels = torch.where(inside, (digits[:, k, None, None] + 1).to(torch.uint8), labels)
        instances = torch.where(inside, torch.full_like(instances, k + 1), instances)
    return Scenes(
        images=(images * 255).round().to(torch.uint8),
        labels=labels,
        instances=instances,
        boxes=boxes_of(instances, K),
        digits=digits,
        colours=plan.colours,
        places=plan.places,
        heights=plan.heights,
        texture=plan.texture,
    )


def _clip(plan: placing.Plan, paths: Tensor, crops: Tensor, split: Split, size: int) -> Scenes:
    """Draw one still for each of (N, T, K, 2) positions and stack them along time."""
    stills = [_draw(plan._replace(places=places), crops, split, size) for places in paths.unbind(dim=1)]
    moving = ("images", "labels", "instances", "boxes", "places")
    return Scenes(
        **{
            name: torch.stack([getattr(still, name) for still in stills], dim=1) if name in moving else value
            for name, value in vars(stills[0]).items()
        }
    )


def boxes_of(instances: Tensor, count: int) -> Tensor:
    """Box what is visible of each instance.

    Args:
        instances: (N, H, W) integers, k + 1 where the k-th instance is seen.
        count: how many instances to look for.

    Returns:
        (N, count, 4) int64 as x0, y0, x1, y1, the last two exclusive; zeros for an instance not seen.
    """
    masks = instances[:, None] == torch.arange(1, count + 1, dtype=instances.dtype)[:, None, None]
    columns, rows = masks.any(dim=2).int(), masks.any(dim=3).int()
    first = torch.stack([columns.argmax(-1), rows.argmax(-1)], dim=-1)
    last = torch.stack(
        [columns.shape[-1] - columns.flip(-1).argmax(-1), rows.shape[-1] - rows.flip(-1).argmax(-1)], dim=-1
    )
    return torch.cat([first, last], dim=-1) * columns.any(dim=-1, keepdim=True)
