"""The systems of notebook 05a, each trained on one trunk and asked what it finds: class map, SDS, hypercolumns."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from helpers import seeds
from helpers.data.batches import as_input
from helpers.data.scenes import Scenes
from helpers.instances import sds
from helpers.instances.baseline import components
from helpers.instances.data import training_scenes, true_instances
from helpers.instances.hypercolumns import HypercolumnHead, masked
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
from helpers.instances.model import ClassMap, Trunk, weights
from helpers.instances.scoring import Detections, mask_iou
from helpers.instances.sds import Refiner, RegionClassifier
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
RATES = {"SDS": (3e-4, 1e-3, 3e-3), "hypercolumns": (3e-3, 1e-2, 3e-2)}  # tried: of the classifier, of a head
HEADS = ((5, "all"), (1, "all"), (5, "top"))  # grid and layers of each hypercolumn head


@dataclass(frozen=True)
class Trained:
    """All systems of one seed, on one trunk.

    Attributes:
        network: class map and trunk. trunk: the same trunk, which no part has changed.
        classifiers: SDS's, by the number of pathways. refiner: SDS's.
        heads: of hypercolumns, by grid and layers.
        histories: of each training (see `history_of`).
    """

    network: ClassMap
    trunk: Trunk
    classifiers: dict[int, RegionClassifier]
    refiner: Refiner
    heads: dict[tuple[int, str], HypercolumnHead]
    histories: dict[str, History]


def learn_all(seed: int, budget: Budget, heads: Sequence[tuple[int, str]] = HEADS) -> Trained:
    """Train the trunk, or take the seed's, and then every part on it; `heads` are grids and layers as in `HEADS`."""
    network, history = common_class_map(seed, budget.trunk)
    trained = learn_parts(network, training_scenes(budget.scenes, seed + 100), seed, budget, heads)
    trained.histories["trunk"] = history
    return trained


def learn_parts(
    network: ClassMap,
    scenes: Scenes,
    seed: int,
    budget: Budget,
    heads: Sequence[tuple[int, str]] = HEADS,
    pathways: Sequence[int] = (2, 1),
) -> Trained:
    """Train SDS's parts and hypercolumn heads on the trunk of a class map that is trained already."""
    trunk, histories = frozen(network.trunk), {}
    order = torch.randperm(len(scenes), generator=seeds.generator(seed))[: budget.looked]
    regions = region_examples(sds.look(trunk, scenes.images[order]), scenes[order], seed)
    classifiers, drawn = {}, {}
    for number in pathways:
        classifiers[number], histories[f"SDS, pathways {number}"] = learn_regions(
            regions, seed, budget.regions, number
        )
    refiner, histories["SDS, cells"] = learn_cells(regions, seed, budget.cells)
    for grid, layers in heads:
        drawn[grid, layers], histories[f"hypercolumns, {grid}, {layers}"] = learn_head(
            trunk, scenes, seed, budget.head, grid, layers
        )
    return Trained(network, trunk, classifiers, refiner, drawn, histories)


def history_of(trained: Trained, name: str) -> History:
    """The training of the part that is a system's own."""
    fields = SYSTEMS[name]
    if name == "class map":
        return trained.histories["trunk"]
    if fields["model"] == "SDS":
        return trained.histories[f"SDS, pathways {fields['pathways']}"]
    return trained.histories[f"hypercolumns, {fields['grid']}, {fields['layers']}"]


def parameters(trained: Trained, name: str) -> int:
    """How many weights a system has, its trunk among them."""
    fields = SYSTEMS[name]
    parts: list[nn.Module] = [trained.network] if name == "class map" else [trained.trunk]
    if "boxes" in fields:
        parts.append(trained.heads[fields["grid"], fields["layers"]])
    if fields.get("boxes") != "true" and name != "class map":
        parts.append(trained.classifiers[fields.get("pathways", 2)])
    if fields.get("refined"):
        parts.append(trained.refiner)
    return weights(*parts)


@torch.no_grad()
def find(trained: Trained, scenes: Scenes) -> dict[str, tuple[list[Detections], float]]:
    """What each of `SYSTEMS` finds in scenes, as far as it is trained, and the seconds a scene that it took."""
    spent: dict[str, float] = {}

    def timed(name: str, work: Callable[..., Any], *given: Any, after: Sequence[str] = ()) -> Any:
        start = time.perf_counter()
        answer = work(*given)
        spent[name] = time.perf_counter() - start + sum(spent[before] for before in after)
        return answer

    def maps_of(images: Tensor) -> list[Tensor]:
        by_part = map(trained.trunk, as_input(images).split(20))
        return [torch.cat(each) for each in zip(*by_part, strict=True)]

    looked = timed("looking", sds.look, trained.trunk, scenes.images)
    maps = timed("reading", maps_of, scenes.images)
    boxes = {
        "found": timed("naming", sds.detect, looked, trained.classifiers[2], after=["looking"]),
        "true": true_instances(scenes),
    }
    found = {}
    for name, fields in SYSTEMS.items():
        model, part = fields["model"], (fields.get("grid"), fields.get("layers"))
        if model == "class map":
            found[name] = timed(name, components, trained.network, scenes.images)
        elif model == "SDS" and fields["pathways"] in trained.classifiers:
            refiner = trained.refiner if fields["refined"] else None
            classifier = trained.classifiers[fields["pathways"]]
            found[name] = timed(name, sds.detect, looked, classifier, refiner, after=["looking"])
        elif model == "hypercolumns" and part in trained.heads:
            which = fields["boxes"]
            before = ["reading", "naming"] if which == "found" else ["reading"]
            found[name] = timed(name, masked, trained.heads[part], maps, boxes[which], after=before)
    return {name: (each, spent[name] / len(scenes)) for name, each in found.items()}


def recall(proposed: Sequence[Tensor], truth: Sequence[Detections]) -> dict[str, float]:
    """The share of true instances that some proposal overlaps by 0.5 and 0.7, and proposals an image.

    Args:
        proposed: (P, H, W) bool of each image. truth: of the same images, in the same order.
    """
    best = torch.cat(
        [mask_iou(each.masks, masks).max(dim=1).values for masks, each in zip(proposed, truth, strict=True)]
    )
    figures = {f"recall_{100 * least:.0f}": float((best >= least).float().mean()) for least in (0.5, 0.7)}
    return figures | {"proposals": sum(map(len, proposed)) / len(proposed)}
