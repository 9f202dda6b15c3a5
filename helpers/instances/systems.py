"""The systems of notebook 05a, each trained on one trunk and asked what it finds: class map, SDS, hypercolumns."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from helpers import seeds
from helpers.data.scenes import Scenes
from helpers.instances import sds
from helpers.instances.baseline import components
from helpers.instances.data import timed, training_scenes, true_instances
from helpers.instances.hypercolumns import masked
from helpers.instances.learning import (
    QUICK_TRUNK,
    RECORD_TRUNK,
    TrunkBudget,
    common_class_map,
    frozen,
    learn_cells,
    learn_head,
    learn_regions,
    region_examples,
)
from helpers.instances.model import ClassMap, Trunk
from helpers.instances.scoring import OVERLAPS, Detections, mask_iou
from helpers.instances.sds import Refiner
from helpers.training import History


@dataclass(frozen=True)
class Budget:
    """What each part learns from, and for how long.

    Attributes:
        trunk: of the trunk.
        scenes: drawn for training the parts on it. looked: those of them whose regions SDS learns from.
        regions, cells: steps of SDS's classifier and of its refiner. head: steps of a hypercolumn head.
        tested: scenes in each held-out set.
    """

    trunk: TrunkBudget
    scenes: int
    looked: int
    regions: int
    cells: int
    head: int
    tested: int


QUICK = Budget(QUICK_TRUNK, scenes=600, looked=150, regions=300, cells=150, head=120, tested=40)
RECORD = Budget(RECORD_TRUNK, scenes=1200, looked=400, regions=600, cells=300, head=300, tested=100)

# What is compared: each system's name in tables -> its fields. Those of the papers come first.
SYSTEMS: dict[str, dict[str, Any]] = {
    "class map": {"model": "class map"},
    "SDS": {"model": "SDS", "pathways": 2, "refined": True},
    "hypercolumns": {"model": "hypercolumns", "grid": 5, "layers": "all", "boxes": "found"},
    "SDS, not refined": {"model": "SDS", "pathways": 2, "refined": False},
    "SDS, one pathway": {"model": "SDS", "pathways": 1, "refined": False},
    "hypercolumns, 1 x 1": {"model": "hypercolumns", "grid": 1, "layers": "all", "boxes": "found"},
    "hypercolumns, top layer": {"model": "hypercolumns", "grid": 5, "layers": "top", "boxes": "found"},
    "hypercolumns, true boxes": {"model": "hypercolumns", "grid": 5, "layers": "all", "boxes": "true"},
}
LIVE = [name for name in SYSTEMS if name not in ("hypercolumns, 1 x 1", "hypercolumns, top layer")]  # in 05a
RATES = {"SDS": (3e-4, 1e-3, 3e-3), "hypercolumns": (3e-3, 1e-2, 3e-2)}  # tried: of the classifier, of a head


@dataclass(frozen=True)
class Trained:
    """Systems of one seed, on one trunk.

    Attributes:
        trunk: which no part has changed. refiner: SDS's.
        parts: what is each system's own, by its name: the class map with its trunk, a classifier of regions or a head.
        histories: of their trainings.
    """

    trunk: Trunk
    refiner: Refiner
    parts: dict[str, nn.Module]
    histories: dict[str, History]


def learn_all(seed: int, budget: Budget, names: Sequence[str] = tuple(SYSTEMS)) -> Trained:
    """Train the trunk, or take the seed's, and then the parts of some of `SYSTEMS` on it."""
    class_map = common_class_map(seed, budget.trunk)
    return learn_parts(class_map, training_scenes(budget.scenes, seed + 100), seed, budget, names)


def learn_parts(
    class_map: tuple[ClassMap, History], scenes: Scenes, seed: int, budget: Budget, names: Sequence[str]
) -> Trained:
    """Train SDS's parts and hypercolumn heads on the trunk of a class map that is trained already."""
    if missing := {"class map", "SDS"} - set(names):
        raise ValueError(f"The systems lack {', '.join(sorted(missing))}: the others are built on them.")
    trunk = frozen(class_map[0].trunk)
    order = torch.randperm(len(scenes), generator=seeds.generator(seed))[: budget.looked]
    regions = region_examples(sds.look(trunk, scenes.images[order]), scenes[order], seed)
    learn = {
        "SDS": partial(learn_regions, regions, seed, budget.regions),
        "hypercolumns": partial(learn_head, trunk, scenes, seed, budget.head),
    }
    learned = {("class map",): class_map}
    for name in names:
        own = _own_part(name)
        if own not in learned:  # two systems may share a part
            learned[own] = learn[own[0]](*own[1:])
    refiner, _ = learn_cells(regions, seed, budget.cells)
    parts = {name: learned[_own_part(name)][0] for name in names}
    histories = {name: learned[_own_part(name)][1] for name in names}
    return Trained(trunk, refiner, parts, histories)


def _own_part(name: str) -> tuple[Any, ...]:
    """What tells a system's own part from those of the others: the model, and how the part is made."""
    fields = SYSTEMS[name]
    return tuple(fields[each] for each in ("model", "pathways", "grid", "layers") if each in fields)


def whole(trained: Trained, name: str) -> nn.ModuleList:
    """All parts that a system needs, its trunk among them."""
    fields, parts = SYSTEMS[name], [trained.parts[name], trained.parts["class map"].trunk]
    if fields.get("boxes") == "found":
        parts.append(trained.parts["SDS"])
    if fields.get("refined"):
        parts.append(trained.refiner)
    return nn.ModuleList(parts)


@torch.no_grad()
def find(trained: Trained, scenes: Scenes) -> dict[str, tuple[list[Detections], float]]:
    """What each system finds in scenes, and the seconds a scene that it took."""
    images, found = scenes.images, {}
    looked, looking = timed(sds.look, trained.trunk, images)
    named, naming = timed(sds.detect, looked, trained.parts["SDS"])
    boxes = {"found": (named, looking + naming), "true": (true_instances(scenes), 0.0)}
    for name, part in trained.parts.items():
        fields = SYSTEMS[name]
        if fields["model"] == "class map":
            found[name] = timed(components, part, images)
        elif fields["model"] == "SDS":
            refiner = trained.refiner if fields["refined"] else None
            found[name] = timed(sds.detect, looked, part, refiner, before=looking)
        else:
            given, before = boxes[fields["boxes"]]
            found[name] = timed(masked, part, trained.trunk, images, given, before=before)
    return {name: (each, seconds / len(scenes)) for name, (each, seconds) in found.items()}


def recall(proposed: Sequence[Tensor], truth: Sequence[Detections]) -> dict[str, float]:
    """The share of true instances that some proposal overlaps by 0.5 and 0.7, and proposals an image.

    Args:
        proposed: (P, H, W) bool of each image. truth: of the same images, in the same order.
    """
    overlaps = [mask_iou(each.masks, masks) for masks, each in zip(proposed, truth, strict=True)]
    best = torch.cat([each.amax(dim=1) for each in overlaps])
    figures = {f"recall_{100 * least:.0f}": float((best >= least).float().mean()) for least in OVERLAPS}
    return figures | {"proposals": sum(map(len, proposed)) / len(proposed)}
