"""The trunk is trained once a seed, to score every pixel's class; all systems then start from the same one."""

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F

from helpers import runtime
from helpers.data.batches import as_input, endless
from helpers.data.scenes import Scenes
from helpers.instances.data import training_scenes
from helpers.instances.model import ClassMap, Trunk
from helpers.optimisers import muon
from helpers.training import History, fit

RATE = 1e-2  # the highest of the cycle
BATCH = 16  # scenes


@dataclass(frozen=True)
class TrunkBudget:
    """How many scenes the trunk learns from, and in how many steps."""

    scenes: int
    steps: int


QUICK_TRUNK = TrunkBudget(scenes=1000, steps=160)
RECORD_TRUNK = TrunkBudget(scenes=2000, steps=450)


def new_class_map(seed: int) -> ClassMap:
    """A trunk with the scores of pixels on it, untrained."""
    runtime.seed_everything(seed)
    return ClassMap(Trunk())


def learn_class_map(
    network: ClassMap,
    scenes: Scenes,
    steps: int,
    seed: int,
    rate: float = RATE,
    watch: Callable[[ClassMap], Any] | None = None,
    watch_at: range = range(0),
) -> History:
    """Train trunk and scores by the pixel loss."""
    batches = endless(scenes.images, scenes.labels, BATCH, seed)
    return fit(
        network,
        batches,
        F.cross_entropy,
        steps=steps,
        lr=rate,
        optimisers=muon,
        watch=watch,
        watch_at=watch_at,
        name="trunk",
    )


@cache
def common_class_map(seed: int, budget: TrunkBudget = RECORD_TRUNK) -> tuple[ClassMap, History]:
    """The trained network that all systems of a seed start from; take `frozen(network.trunk)` or a copy of it."""
    network = new_class_map(seed)
    return network, learn_class_map(network, training_scenes(budget.scenes, seed), budget.steps, seed)


def frozen(trunk: Trunk) -> Trunk:
    """Copy a trunk, so that no training changes it: no gradients, batch norms as they are in evaluation."""
    return copy.deepcopy(trunk).requires_grad_(False).eval()


@torch.no_grad()
def class_maps(network: ClassMap, scenes: Scenes) -> torch.Tensor:
    """Label every pixel of scenes: (N, H, W) int64, 0 for the ground."""
    return torch.cat([network(as_input(images)).argmax(dim=1) for images in scenes.images.split(50)])
