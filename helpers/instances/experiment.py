"""The experiments of notebook 05a: class map, SDS and hypercolumns on one trunk, and what each part of them gives."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import get_args

import torch
from torch import Tensor, nn

from helpers import seeds
from helpers.data.batches import as_input
from helpers.data.scenes import Scenes
from helpers.instances import cascade_experiment, sds
from helpers.instances.baseline import components
from helpers.instances.boxes import CONTEXT
from helpers.instances.data import COLOURS, Kind, held_out, training_scenes, true_instances
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
from helpers.instances.model import ClassMap, Trunk
from helpers.instances.scoring import Detections, average_precision, mask_iou
from helpers.instances.sds import Looked, Refiner, RegionClassifier
from helpers.training import History, loss_curve


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
SYSTEMS: dict[str, dict[str, str | int | bool]] = {
    "class map": {"model": "class map"},
    "SDS": {"model": "SDS", "pathways": 2, "refined": True},
    "hypercolumns": {"model": "hypercolumns", "grid": 5, "layers": "all", "boxes": "found"},
    "SDS, not refined": {"model": "SDS", "pathways": 2, "refined": False},
    "SDS, one pathway": {"model": "SDS", "pathways": 1, "refined": False},
    "hypercolumns, 1 x 1": {"model": "hypercolumns", "grid": 1, "layers": "all", "boxes": "found"},
    "hypercolumns, top layer": {"model": "hypercolumns", "grid": 5, "layers": "top", "boxes": "found"},
    "hypercolumns, true boxes": {"model": "hypercolumns", "grid": 5, "layers": "all", "boxes": "true"},
}
HEADS = ((5, "all"), (1, "all"), (5, "top"))  # grid and layers of each hypercolumn head


@dataclass(frozen=True)
class Trained:
    """All systems of one seed, on one trunk.

    Attributes:
        network: class map and trunk. trunk: the same trunk, which no part has changed.
        classifiers: SDS's, by the number of pathways. refiner: SDS's.
        heads: of hypercolumns, by grid and layers.
        histories: of each training, by the progress bar's name.
    """

    network: ClassMap
    trunk: Trunk
    classifiers: dict[int, RegionClassifier]
    refiner: Refiner
    heads: dict[tuple[int, str], HypercolumnHead]
    histories: dict[str, History]


def learn_sds(
    trunk: Trunk, scenes: Scenes, seed: int, budget: Budget, pathways: Sequence[int] = (2, 1)
) -> tuple[dict[int, RegionClassifier], Refiner, dict[str, History]]:
    """Propose regions in some scenes, look at each, and train SDS's parts on what was seen."""
    order = torch.randperm(len(scenes), generator=seeds.generator(seed))[: budget.looked]
    regions = region_examples(look_at(trunk, scenes[order]), scenes[order], seed)
    classifiers, histories = {}, {}
    for number in pathways:
        classifiers[number], histories[f"SDS, pathways {number}"] = learn_regions(
            regions, seed, budget.regions, number
        )
    refiner, histories["SDS, cells"] = learn_cells(regions, seed, budget.cells)
    return classifiers, refiner, histories


def look_at(trunk: Trunk, scenes: Scenes) -> list[Looked]:
    """What SDS knows of scenes before it decides."""
    return sds.look(trunk, scenes.images)


def learn_all(seed: int, budget: Budget, heads: Sequence[tuple[int, str]] = HEADS) -> Trained:
    """Train the trunk, or take the seed's, and then every part on it."""
    network, history = common_class_map(seed, budget.trunk)
    trunk, scenes = frozen(network.trunk), training_scenes(budget.scenes, seed + 100)
    classifiers, refiner, histories = learn_sds(trunk, scenes, seed, budget)
    drawn = {}
    for grid, layers in heads:
        drawn[grid, layers], histories[f"hypercolumns, {grid}, {layers}"] = learn_head(
            trunk, scenes, seed, budget.head, grid, layers
        )
    return Trained(network, trunk, classifiers, refiner, drawn, {"trunk": history} | histories)


@torch.no_grad()
def find(trained: Trained, scenes: Scenes) -> dict[str, tuple[list[Detections], float]]:
    """What each of `SYSTEMS` finds in scenes, as far as it is trained, and the seconds a scene that it took."""
    clock = time.perf_counter
    start = clock()
    pieces = components(trained.network, scenes.images)
    found = {"class map": (pieces, clock() - start)}
    start = clock()
    looked = look_at(trained.trunk, scenes)
    looking = clock() - start
    regions: list[Detections] = []
    for name, pathways, refiner in (
        ("SDS, not refined", 2, None),
        ("SDS", 2, trained.refiner),
        ("SDS, one pathway", 1, None),
    ):
        if pathways not in trained.classifiers:
            continue
        start = clock()
        found[name] = sds.detect(looked, trained.classifiers[pathways], refiner), looking + clock() - start
        regions = regions or found[name][0]
    start = clock()
    maps = [
        torch.cat(part) for part in zip(*map(trained.trunk, as_input(scenes.images).split(20)), strict=True)
    ]
    mapping, before = clock() - start, found["SDS, not refined"][1]
    for (grid, layers), head in trained.heads.items():
        name = {(1, "all"): "hypercolumns, 1 x 1", (5, "top"): "hypercolumns, top layer"}.get(
            (grid, layers), "hypercolumns"
        )
        start = clock()
        found[name] = masked(head, maps, regions, CONTEXT), before + mapping + clock() - start
    start = clock()
    drawn = masked(trained.heads[5, "all"], maps, true_instances(scenes), CONTEXT)
    found["hypercolumns, true boxes"] = drawn, mapping + clock() - start
    return {name: (each, seconds / len(scenes)) for name, (each, seconds) in found.items()}


def recall(proposed: Sequence[Tensor], truth: Sequence[Detections]) -> dict[str, float]:
    """The share of true instances that some proposal overlaps by 0.5 and 0.7, and proposals an image."""
    best = torch.cat(
        [mask_iou(each.masks, masks).max(dim=1).values for masks, each in zip(proposed, truth, strict=True)]
    )
    figures = {f"recall_{100 * least:.0f}": float((best >= least).float().mean()) for least in (0.5, 0.7)}
    return figures | {"proposals": sum(map(len, proposed)) / len(proposed)}


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
    return sum(weight.numel() for part in parts for weight in part.parameters())


def compare(seed: int, budget: Budget = RECORD) -> Iterator[dict]:
    """Train all systems on one trunk, and yield their rows on the four held-out sets."""
    trained = learn_all(seed, budget)
    curves = {
        "class map": "trunk",
        "SDS": "SDS, pathways 2",
        "SDS, not refined": "SDS, pathways 2",
        "SDS, one pathway": "SDS, pathways 1",
        "hypercolumns": "hypercolumns, 5, all",
        "hypercolumns, true boxes": "hypercolumns, 5, all",
        "hypercolumns, 1 x 1": "hypercolumns, 1, all",
        "hypercolumns, top layer": "hypercolumns, 5, top",
    }
    for kind, colours in product(get_args(Kind), COLOURS):
        scenes = held_out(kind, colours, "test", budget.tested)
        truth = true_instances(scenes)
        sets = {"scenes": kind, "colours": colours}
        for name, (found, seconds) in find(trained, scenes).items():
            history = trained.histories[curves[name]]
            yield {
                **SYSTEMS[name],
                **sets,
                "seed": seed,
                "figures": average_precision(found, truth) | {"seconds_a_scene": seconds},
                "seconds": history.seconds,
                "parameters": parameters(trained, name),
                "curve": loss_curve(history.loss),
            }


def proposals(tested: int = RECORD.tested) -> Iterator[dict]:
    """How much of the truth is among SDS's proposals: no training, so no seed either."""
    for kind, colours in product(get_args(Kind), COLOURS):
        scenes = held_out(kind, colours, "test", tested)
        figures = recall([sds.propose(image) for image in scenes.images], true_instances(scenes))
        yield {"model": "proposals", "scenes": kind, "colours": colours, "seed": 0, "figures": figures}


RATES = {"regions": (3e-4, 1e-3, 3e-3), "head": (3e-3, 1e-2, 3e-2)}  # tried: of SDS's classifier, of a head


def rates(budget: Budget = RECORD, seed: int = 0) -> Iterator[dict]:
    """Try rates for SDS's classifier and for a hypercolumn head, half as long, on validation scenes."""
    network, _ = common_class_map(seed, budget.trunk)
    trunk, scenes = frozen(network.trunk), training_scenes(budget.scenes, seed + 100)
    some = scenes[torch.randperm(len(scenes), generator=seeds.generator(seed))[: budget.looked // 2]]
    regions = region_examples(look_at(trunk, some), some, seed)
    val = held_out("crowded", "all", "val", budget.tested // 2)
    truth, looked = true_instances(val), look_at(trunk, val)
    maps = trunk(as_input(val.images))
    for rate in RATES["regions"]:
        classifier, history = learn_regions(regions, seed, budget.regions // 2, rate=rate)
        figures = average_precision(sds.detect(looked, classifier), truth)
        yield {"model": "SDS", "rate": rate, "seed": seed, "figures": figures, "seconds": history.seconds}
    for rate in RATES["head"]:
        head, history = learn_head(trunk, scenes, seed, budget.head // 2, rate=rate)
        figures = average_precision(masked(head, maps, truth, CONTEXT), truth)
        yield {
            "model": "hypercolumns",
            "rate": rate,
            "seed": seed,
            "figures": figures,
            "seconds": history.seconds,
        }


PIECES = {
    "record": {
        **{f"seed {seed}": partial(compare, seed) for seed in (0, 1, 2)},
        "proposals": proposals,
        "rates": rates,
    }
}
PIECES["record"] |= cascade_experiment.PIECES
