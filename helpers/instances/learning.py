"""Every training of the lesson: the trunk, once a seed and for all systems, then the parts that stand on it."""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers import runtime, seeds
from helpers.data.batches import as_input
from helpers.data.scenes import Scenes
from helpers.instances.boxes import cut_own, windows_round
from helpers.instances.data import training_scenes, true_instances
from helpers.instances.hypercolumns import LAYERS, SIDE, HypercolumnHead
from helpers.instances.model import ClassMap, Trunk
from helpers.instances.scoring import boxes_round, mask_iou
from helpers.instances.sds import GRID, Looked, Refiner, RegionClassifier, described
from helpers.multi_scale.learning import learn_features
from helpers.training import History, fit, whole

REGION_RATE, CELL_RATE, HEAD_RATE = 1e-3, 1e-3, 1e-2  # the highest of each cycle; see `rates`
REGION_BATCH, HEAD_BATCH = 128, 6  # regions, scenes
POSITIVE = 0.5  # IoU of a region with a true mask, from which on it is named after it
GROUND_REGIONS = 30  # regions of the ground that a scene teaches, at most
JITTER = 0.12  # how far a true box is moved or stretched for training, in its sides


@dataclass(frozen=True)
class TrunkBudget:
    """How many scenes the trunk learns from, and in how many steps."""

    scenes: int
    steps: int


QUICK_TRUNK = TrunkBudget(scenes=1200, steps=220)
RECORD_TRUNK = TrunkBudget(scenes=2000, steps=450)


def new_class_map(seed: int) -> ClassMap:
    """A trunk with the scores of pixels on it, untrained."""
    runtime.seed_everything(seed)
    return ClassMap(Trunk())


@cache
def common_class_map(seed: int, budget: TrunkBudget = RECORD_TRUNK) -> tuple[ClassMap, History]:
    """The trained network that all systems of a seed start from; take `frozen(network.trunk)` or a copy of it."""
    network = new_class_map(seed)
    scenes = training_scenes(budget.scenes, seed)
    return network, whole(learn_features(network, scenes, budget.steps, seed, name="trunk"))


def frozen(trunk: Trunk) -> Trunk:
    """Copy a trunk, so that no training changes it: no gradients, batch norms as they are in evaluation."""
    return copy.deepcopy(trunk).requires_grad_(False).eval()


@dataclass(frozen=True)
class Regions:
    """What SDS learns from: M regions with what they are; `inside` holds the true mask in each region's window.

    Attributes:
        features: (M, 2, F) half precision. labels: (M,) int64, 0 the ground, d + 1 digit d.
        described: (P, 2 * F + 100) half precision, of the P regions that are a digit. inside: (P, 100) float32.
    """

    features: Tensor
    labels: Tensor
    described: Tensor
    inside: Tensor


def region_examples(looked: Sequence[Looked], scenes: Scenes, seed: int) -> Regions:
    """Name the proposals of scenes by the truth: all that are a digit, and some of the ground."""
    generator = seeds.generator(seed)
    parts: list[tuple[Tensor, ...]] = []
    for each, truth in zip(looked, true_instances(scenes), strict=True):
        overlap, nearest = mask_iou(each.masks, truth.masks).max(dim=1)
        digits = (overlap >= POSITIVE).nonzero()[:, 0]
        ground = (overlap < POSITIVE).nonzero()[:, 0]
        ground = ground[torch.randperm(len(ground), generator=generator)[:GROUND_REGIONS]]
        named = nearest[digits]
        labels = torch.cat([truth.classes[named] + 1, torch.zeros(len(ground), dtype=torch.long)])
        masks = each.masks[digits]
        windows = windows_round(boxes_round(masks))
        inside = cut_own(truth.masks[named], windows, GRID)
        seen = described(each.features[digits], masks).half()
        parts.append((each.features[torch.cat([digits, ground])], labels, seen, inside.flatten(1)))
    return Regions(*(torch.cat(part) for part in zip(*parts, strict=True)))


def shuffled(inputs: Tensor, targets: Tensor, size: int, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Draw batches of `size` cached features (M, ...) and their targets (M, ...) for ever; features in float32."""
    generator = seeds.generator(seed)
    while True:
        chosen = torch.randint(len(inputs), (size,), generator=generator)
        yield inputs[chosen].float(), targets[chosen]


def learn_regions(
    regions: Regions, seed: int, steps: int, pathways: int = 2, rate: float = REGION_RATE
) -> tuple[RegionClassifier, History]:
    """Train SDS's classifier on cached features."""
    runtime.seed_everything(seed)
    classifier = RegionClassifier(pathways)
    batches = shuffled(regions.features, regions.labels, REGION_BATCH, seed)
    name = f"regions, pathways: {pathways}"
    return classifier, fit(classifier, batches, F.cross_entropy, steps=steps, lr=rate, name=name)


def learn_cells(regions: Regions, seed: int, steps: int) -> tuple[Refiner, History]:
    """Train SDS's refiner: a logistic model for each of the 10 x 10 cells."""
    runtime.seed_everything(seed)
    refiner = Refiner()
    batches = shuffled(regions.described, regions.inside, REGION_BATCH, seed)
    loss = F.binary_cross_entropy_with_logits
    history = fit(refiner, batches, loss, steps=steps, lr=CELL_RATE, weight_decay=0.3, name="cells")
    return refiner, history


def jittered(boxes: Tensor, generator: torch.Generator) -> Tensor:
    """Move and stretch boxes (D, 4) at random by some of their sides, as detections are never exact."""
    sides = (boxes[:, 2:] - boxes[:, :2]).float().repeat(1, 2)
    return boxes + JITTER * sides * (2 * torch.rand(boxes.shape, generator=generator) - 1)


@dataclass(frozen=True)
class Looks:
    """A batch for a hypercolumn head: the trunk's maps, and each image's windows (R, 4)."""

    maps: list[Tensor]
    windows: list[Tensor]

    def __len__(self) -> int:
        return len(self.windows)

    def to(self, device: torch.device) -> "Looks":
        maps = [part.to(device) for part in self.maps]
        return Looks(maps, [part.to(device) for part in self.windows])


class Reading(nn.Module):
    """A network of two inputs that finds both in a batch, as `fit` hands it over in one."""

    def __init__(self, network: nn.Module, first: str, second: str):
        super().__init__()
        self.network, self.names = network, (first, second)

    def forward(self, batch: Any) -> Any:
        return self.network(*(getattr(batch, name) for name in self.names))


def head_batches(trunk: Trunk, scenes: Scenes, seed: int) -> Iterator[tuple[Looks, Tensor]]:
    """Draw some scenes at a time: the trunk's maps with jittered windows, and the true masks in them."""
    generator = seeds.generator(seed)
    while True:
        order = torch.randperm(len(scenes), generator=generator)
        for chosen in order[: len(order) // HEAD_BATCH * HEAD_BATCH].split(HEAD_BATCH):
            with torch.no_grad():
                maps = trunk(as_input(scenes.images[chosen]))
            truth = true_instances(scenes[chosen])
            windows = [windows_round(jittered(each.boxes, generator)) for each in truth]
            masks = [cut_own(each.masks, own, SIDE) >= 0.5 for each, own in zip(truth, windows, strict=True)]
            yield Looks(maps, windows), torch.cat(masks).float()


def learn_head(
    trunk: Trunk,
    scenes: Scenes,
    seed: int,
    steps: int,
    grid: int = 5,
    layers: str = "all",
    rate: float = HEAD_RATE,
) -> tuple[HypercolumnHead, History]:
    """Train a hypercolumn head on a trunk that stays as it is."""
    runtime.seed_everything(seed)
    head = HypercolumnHead(grid, LAYERS[layers])
    batches = head_batches(trunk, scenes, seed)
    name = f"hypercolumns, {grid} x {grid}, {layers}"
    loss = F.binary_cross_entropy_with_logits
    return head, fit(Reading(head, "maps", "windows"), batches, loss, steps=steps, lr=rate, name=name)
