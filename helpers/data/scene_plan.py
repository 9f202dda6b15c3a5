"""What is to be painted: digits, sizes, turns, colours and cuts of many scenes at once, and how stickers drift."""

import math
from typing import NamedTuple

import torch
from torch import Generator, Tensor

from helpers.data.digits import MARGIN, sticker_textures
from helpers.data.scene_options import SceneOptions
from helpers.data.splits import Split
from helpers.data.stickers import COLOUR_NAMES, cut_offset

SPEED = 2.0, 5.0  # least and greatest drift in pixels a frame


class Plan(NamedTuple):
    """What to paint in N scenes of up to K stickers; see `Scenes` for the fields that it has too.

    `digits` (N, K) also has a digit where no sticker is present. `hidden` (N, K) is the share of a sticker's ink that
    is not printed, 1 for the later ones of a chain. `angles` are in radians. `cuts` (N, K, 2) holds the direction and
    offset of `cut_offset`, an offset of -inf where all ink is printed and of inf where none is.
    """

    texture: Tensor
    digits: Tensor
    places: Tensor
    heights: Tensor
    angles: Tensor
    colours: Tensor
    present: Tensor
    hidden: Tensor
    cuts: Tensor


def draft_plan(n: int, split: Split, options: SceneOptions, generator: Generator) -> Plan:
    """Choose everything but the places, which are zeros."""
    textures, classes = sticker_textures(split)
    low, K = options.counts
    number = torch.randint(low, K + 1, (n,), generator=generator)
    texture = torch.randint(len(classes), (n, K), generator=generator)
    for k in range(1, K, 2):
        _pair_up(texture, k, classes, options.same_class, generator)
    heights = _draw_heights(n, options, generator)
    turn = options.rotation
    angles = torch.deg2rad(torch.empty(n, K).uniform_(-turn, turn, generator=generator))
    colours = _draw_colours(n, options, generator)
    digits, hidden, cuts = classes[texture], torch.zeros(n, K), torch.tensor([0, -math.inf]).repeat(n, K, 1)
    if options.hidden[1] > 0:
        hidden.uniform_(*options.hidden, generator=generator)
        cuts[..., 0].uniform_(0, 2 * math.pi, generator=generator)
        for k in range(K):
            cuts[:, k, 1] = cut_offset(textures[texture[:, k]], cuts[:, k, 0], hidden[:, k])
    if options.overlap == "chain":
        for k in range(K):
            if k % options.chain:
                digits[:, k], hidden[:, k], cuts[:, k, 1] = digits[:, k - 1], 1, math.inf
    present = torch.arange(K) < number[:, None]
    return Plan(texture, digits, torch.zeros(n, K, 2), heights, angles, colours, present, hidden, cuts)


def _pair_up(texture: Tensor, k: int, classes: Tensor, chance: float, generator: Generator) -> None:
    """Make the k-th sticker another digit of the class of the one before it, in a given share of scenes."""
    if chance == 0:
        return
    partner = _same_class(classes, texture[:, k - 1], generator)
    if chance < 1:
        paired = torch.rand(len(texture), generator=generator) < chance
        partner = torch.where(paired, partner, texture[:, k])
    texture[:, k] = partner


def _same_class(classes: Tensor, texture: Tensor, generator: Generator) -> Tensor:
    """Choose for each digit another one of its class."""
    same = (classes[texture][:, None] == classes).float()
    same[torch.arange(len(texture)), texture] = 0
    return torch.multinomial(same, 1, generator=generator)[:, 0]


def _draw_heights(n: int, options: SceneOptions, generator: Generator) -> Tensor:
    # No scene holds a sticker longer than its side.
    bounds = options.height[0], min(options.height[1], options.size / (1 + 2 * MARGIN))
    heights = torch.empty(n, options.counts[1])
    if options.height_distribution == "log-uniform":
        heights.uniform_(*map(math.log, bounds), generator=generator).exp_()
        return heights.clamp(*bounds)  # what rounding the logarithm adds
    return heights.uniform_(*bounds, generator=generator)


def _draw_colours(n: int, options: SceneOptions, generator: Generator) -> Tensor:
    chosen, K = torch.tensor([COLOUR_NAMES.index(name) for name in options.colours]), options.counts[1]
    if options.colouring == "free":
        return chosen[torch.randint(len(chosen), (n, K), generator=generator)]
    repeated = chosen.repeat(-(-K // len(chosen)))
    return repeated[torch.rand(n, len(repeated), generator=generator).argsort(dim=1)[:, :K]]


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
