"""Scenes in which a class map is not enough: digits that touch and overlap, often two of one class."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any, Literal, get_args

import torch

from helpers.data.scene_options import SceneOptions
from helpers.data.scenes import Scenes, make_scenes
from helpers.data.splits import Split
from helpers.data.stickers import COLOUR_NAMES
from helpers.instances.scoring import Detections

SIDE = 96  # of a scene, in pixels
TESTED = 100  # scenes in every set that systems are judged on
Colours = Literal["all", "white"]
Kind = Literal["crowded", "touching pairs"]
COLOURS: dict[Colours, tuple[str, ...]] = {"all": COLOUR_NAMES, "white": ("white",)}
# On each of these every system is judged.
SETS = [{"scenes": kind, "colours": colours} for kind, colours in product(get_args(Kind), COLOURS)]

CROWDED = SceneOptions(size=SIDE, count=(2, 5), height=(20, 36), covered=(0.1, 0.4), same_class=0.7)
PAIRS = replace(CROWDED, count=2, overlap="touching", same_class=1.0)


def draw_scenes(
    number: int, seed: int, split: Split = "train", colours: Colours = "all", kind: Kind = "crowded"
) -> Scenes:
    """Draw scenes in all colours, or in white only, which hides from bottom-up proposals where a digit ends.

    Args:
        number: of scenes, even. In half of the crowded ones stickers touch, in the other half they overlap.
        kind: "touching pairs" are two digits of one class, side by side.
    """
    for asked, known in ((colours, COLOURS), (kind, get_args(Kind))):
        if asked not in known:
            raise ValueError(f"There are no scenes {asked!r}. Expected one of {', '.join(known)}.")
    chosen = COLOURS[colours]
    if kind == "touching pairs":
        return make_scenes(number, seed, split, PAIRS, colours=chosen)
    if number % 2:
        raise ValueError(f"Cannot draw {number} scenes, half of them touching: ask for an even number.")
    halves = (  # with seeds of their own, so that they are not the same digits twice
        make_scenes(number // 2, 2 * seed + half, split, CROWDED, colours=chosen, overlap=overlap)
        for half, overlap in enumerate(("touching", "covering"))
    )
    return joined(*halves)


def training_scenes(number: int, seed: int) -> Scenes:
    """Draw crowded scenes to learn from, half of them in all colours, half in white only, a multiple of 4."""
    if number % 4:
        raise ValueError(f"Cannot draw {number} scenes, a quarter of each kind: ask for a multiple of 4.")
    halves = (
        draw_scenes(number // 2, 2 * seed + half, "train", colours) for half, colours in enumerate(COLOURS)
    )
    return joined(*halves)


@cache
def held_out(
    kind: Kind = "crowded", colours: Colours = "all", split: Split = "test", number: int = TESTED
) -> Scenes:
    """The scenes that every system is judged on, always the same."""
    return draw_scenes(number, 0, split, colours, kind)


def joined(*sets: Scenes) -> Scenes:
    """Put scenes of one size, with room for as many stickers, behind one another."""
    return Scenes(**{name: torch.cat([getattr(each, name) for each in sets]) for name in vars(sets[0])})


def true_instances(scenes: Scenes) -> list[Detections]:
    """What is to be found in each scene: masks, classes and boxes of its stickers, as far as they are seen."""
    found = []
    for number, (digits, instances) in enumerate(zip(scenes.digits, scenes.instances, strict=True)):
        seen = (digits >= 0) & (scenes.visible[number] > 0)
        masks = instances == torch.arange(1, len(seen) + 1)[:, None, None]
        found.append(Detections(number, masks[seen], digits[seen], torch.ones(int(seen.sum()))))
    return found


def timed(work: Callable[..., Any], *given: Any, before: float = 0.0) -> tuple[Any, float]:
    """What some work gives, and the seconds that it took, with those of what went before."""
    start = time.perf_counter()
    done = work(*given)
    return done, before + time.perf_counter() - start
