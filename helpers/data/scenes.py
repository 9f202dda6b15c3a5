"""Scenes: handwritten digits as stickers on photographs, with every mask, box and colour name known exactly."""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch
from torch import Generator, Tensor

from helpers.data.digits import sticker_textures
from helpers.data.photographs import random_crops
from helpers.data.placing import plan_stickers
from helpers.data.scene_options import SceneOptions, is_whole
from helpers.data.scene_plan import SPEED, Plan, drift
from helpers.data.splits import SPLITS, Split, check_split
from helpers.data.stickers import COLOUR_NAMES, beyond_cut, paint, sample_sticker, sampling_grid
from helpers.runtime import in_single_precision


@dataclass(frozen=True)
class Scenes:
    """N scenes of up to K stickers in S x S pixels, with T frames each where they move.

    Attributes:
        images: (N, 3, S, S) uint8; with motion (N, T, 3, S, S).
        labels: (N, S, S) uint8, 0 background, d + 1 for digit d; with motion (N, T, S, S).
        instances: like labels, 0 background, k + 1 for the k-th sticker.
        blank: like labels, bool: pixels of a sticker on the side of its cut where no ink is printed.
        boxes: (N, K, 4) int64, the visible part of each sticker as x0, y0, x1, y1 with x1 and y1 exclusive; zeros
            where there is none to see; with motion (N, T, K, 4).
        visible: (N, K) float32 in 0..1, the share of a sticker's pixels in the frame that no other sticker covers;
            0 where there is none to see; with motion (N, T, K).
        order: (N, K) int64, the stickers from left to right by their centres: `order[n, 0]` is the leftmost one, and
            -1 stands beyond the scene's own count; with motion (N, T, K), of those present in the frame.
        digits: (N, K) int64 in 0..9, and -1 beyond a scene's own count.
        colours: (N, K) int64, an index into `COLOUR_NAMES`.
        places: (N, K, 2) float32, centres as x, y in pixels; with motion (N, T, K, 2).
        heights: (N, K) float32, the ink's longer side in pixels.
        texture: (N, K) int64, which digit of the split each sticker was printed from. Its class is the sticker's
            digit, but for the later ones of a chain.
        event: (N,) int64, the one frame in which the scene's last sticker is seen; -1 where there is no event.
    """

    images: Tensor
    labels: Tensor
    instances: Tensor
    blank: Tensor
    boxes: Tensor
    visible: Tensor
    order: Tensor
    digits: Tensor
    colours: Tensor
    places: Tensor
    heights: Tensor
    texture: Tensor
    event: Tensor

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: slice | Tensor) -> "Scenes":
        return Scenes(**{name: value[index] for name, value in vars(self).items()})

    def colour_names(self, scene: int) -> list[str]:
        """The names of one scene's colours, in the order of its stickers."""
        present = self.digits[scene] >= 0
        return [COLOUR_NAMES[colour] for colour in self.colours[scene][present].tolist()]


@in_single_precision
def make_scenes(
    number: int, seed: int, split: Split = "train", options: SceneOptions | None = None, **changes: Any
) -> Scenes:
    """Draw scenes from a seed: the same arguments give the same scenes.

    Options may be given as one object, by name, or both: `make_scenes(8, 0, "val", size=64)` is short for
    `make_scenes(8, 0, "val", SceneOptions(size=64))`, and names change the object that is given with them.

    Args:
        number: how many scenes, at least 1.
        seed: any non-negative integer; each split draws its own scenes from it.
        split: which digits and photograph regions are used; none is in two splits.
        options, changes: how scenes look; see `SceneOptions`.

    Raises:
        ValueError: an argument out of its range, or stickers that find no room; the message says what to change.
    """
    check_split(split)
    if not is_whole(number, 1):
        raise ValueError(
            f"Cannot draw these scenes: number is {number!r}: ask for at least one scene, by an integer."
        )
    if not is_whole(seed, 0, 2**60):
        raise ValueError(
            f"Cannot draw these scenes: seed is {seed!r}: give a non-negative integer, at most 2 ** 60."
        )
    options = replace(options or SceneOptions(), **changes)
    generator = Generator().manual_seed(int(seed) * 3 + SPLITS.index(split))
    scenes: dict[str, Tensor] = {}
    for start in range(0, number, options.chunk):
        part = _draw_chunk(min(options.chunk, number - start), split, options, generator)
        for name, value in vars(part).items():
            if start == 0:
                scenes[name] = value.new_empty(number, *value.shape[1:])
            # At once, for parts kept until the end would need the memory of the whole again.
            scenes[name][start : start + len(value)] = value
    return Scenes(**scenes)


def _draw_chunk(n: int, split: Split, options: SceneOptions, generator: Generator) -> Scenes:
    plan = plan_stickers(n, split, options, generator)
    crops = random_crops(n, options.size, split, generator)
    event = torch.full((n,), -1)
    if options.frames == 1:
        painted, places = paint_stickers(plan, crops, split), plan.places
    else:
        places = drift(plan.places, options.frames, SPEED, options.size, generator)
        places = places * plan.present[:, None, :, None]
        if options.event:
            event = torch.randint(options.frames, (n,), generator=generator)
        stills = [
            paint_stickers(
                plan._replace(places=places[:, t], present=_present_at(t, plan.present, event)), crops, split
            )
            for t in range(options.frames)
        ]
        painted = Painted(*(torch.stack(values, dim=1) for values in zip(*stills, strict=True)))
    return Scenes(
        **painted._asdict(),
        digits=torch.where(plan.present, plan.digits, -1),
        colours=plan.colours,
        places=places,
        heights=plan.heights,
        texture=plan.texture,
        event=event,
    )


def _present_at(frame: int, present: Tensor, event: Tensor) -> Tensor:
    """Take the last sticker out of every scene whose event (n,) is in another frame: (n, K) bool."""
    last = torch.arange(present.shape[1]) == present.sum(dim=1, keepdim=True) - 1
    absent = (event >= 0) & (event != frame)
    return present & ~(last & absent[:, None])


class Painted(NamedTuple):
    """What is seen in one frame of N scenes; see `Scenes` for the fields."""

    images: Tensor
    labels: Tensor
    instances: Tensor
    blank: Tensor
    boxes: Tensor
    visible: Tensor
    order: Tensor


def paint_stickers(plan: Plan, crops: Tensor, split: Split) -> Painted:
    """Paint the stickers of a plan over (N, 3, S, S) backgrounds, first to last."""
    textures, _ = sticker_textures(split)
    K, size = plan.texture.shape[1], crops.shape[-1]
    images = crops
    labels = torch.zeros(len(crops), size, size, dtype=torch.uint8)
    instances, blank = torch.zeros_like(labels), torch.zeros_like(labels, dtype=torch.bool)
    areas = torch.zeros(len(crops), K)
    for k in range(K):
        heights, (directions, offsets) = plan.heights[:, k], plan.cuts[:, k].unbind(dim=-1)
        grid = sampling_grid(plan.places[:, k], heights, plan.angles[:, k], size)
        cover, ink = sample_sticker(textures[plan.texture[:, k]], grid, heights)
        cover = cover * plan.present[:, k, None, None]
        inside = cover >= 0.5
        if (offsets > -torch.inf).any():
            beyond = beyond_cut(grid, heights, directions, offsets)
            ink = ink * (beyond + 0.5).clamp(0, 1)
            blank = torch.where(inside, beyond < 0, blank)
        images = torch.lerp(images, paint(plan.colours[:, k], ink), cover[:, None])
        labels = torch.where(inside, (plan.digits[:, k, None, None] + 1).to(torch.uint8), labels)
        instances = torch.where(inside, torch.full_like(instances, k + 1), instances)
        areas[:, k] = inside.sum(dim=(1, 2))
    seen = torch.stack([(instances == k + 1).sum(dim=(1, 2)) for k in range(K)], dim=1)
    return Painted(
        images=(images * 255).round().to(torch.uint8),
        labels=labels,
        instances=instances,
        blank=blank,
        boxes=boxes_of(instances, K),
        visible=seen / areas.clamp(min=1),
        order=left_to_right(plan.places, plan.present),
    )


def left_to_right(places: Tensor, present: Tensor) -> Tensor:
    """Order stickers by the x of their centres: (N, K) int64, -1 beyond a scene's own count.

    Args:
        places: (N, K, 2) as x, y. present: (N, K) bool.
    """
    order = places[..., 0].masked_fill(~present, torch.inf).argsort(dim=1, stable=True)
    return torch.where(torch.arange(order.shape[1]) < present.sum(dim=1, keepdim=True), order, -1)


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
