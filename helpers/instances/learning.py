"""The trunk is trained once a seed, to score every pixel's class; all systems then start from the same one."""

import copy
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F

from helpers import runtime
from helpers.data.batches import as_input, endless
from helpers.data.scenes import Scenes
from helpers.instances.model import ClassMap, Trunk
from helpers.optimisers import muon
from helpers.training import History, fit

RATE = 1e-2  # the highest of the cycle
BATCH = 16  # scenes


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


def frozen(trunk: Trunk) -> Trunk:
    """Copy a trunk, so that no training changes it: no gradients, batch norms as they are in evaluation."""
    return copy.deepcopy(trunk).requires_grad_(False).eval()


@torch.no_grad()
def class_maps(network: ClassMap, scenes: Scenes) -> torch.Tensor:
    """Label every pixel of scenes: (N, H, W) int64, 0 for the ground."""
    return torch.cat([network(as_input(images)).argmax(dim=1) for images in scenes.images.split(50)])
