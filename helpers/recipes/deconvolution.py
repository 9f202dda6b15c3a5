"""The experiments of notebook 02: DeconvNet against FCN-8s, its switches, its proposals, and a learned enlargement."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers import runtime
from helpers.data.batches import as_input, endless
from helpers.data.scenes import Scenes, make_scenes
from helpers.models.deconvolution import DeconvNet
from helpers.models.fcn import FCN
from helpers.probe import record
from helpers.recipes import _enlarging, _proposals, _streets
from helpers.recipes._frames import CLASSES as STREET_CLASSES
from helpers.recipes._frames import bootstrap
from helpers.recipes.fcn import BATCH, CLASSES, held_out_scenes, score
from helpers.training import History, fit, parameter_count

RATE = 1e-2  # the highest learning rate of the cycle, for every network
STREET_STEPS = 1000
# Heights of digits in pixels: below those of training, its smallest, its largest.
SIZES = {"tiny": (20, 28), "small": (32, 42), "large": (62, 72)}
SIZE_SCENES = 150


@dataclass(frozen=True)
class Budget:
    """How much a network learns from.

    Attributes:
        scenes: training scenes.
        steps: of training, the same for every network.
    """

    scenes: int
    steps: int


QUICK = Budget(scenes=2000, steps=200)
RECORD = Budget(scenes=3000, steps=400)

NETWORKS: dict[str, Callable[[int], nn.Module]] = {
    "FCN-8s": partial(FCN, stride=8),
    "DeconvNet": DeconvNet,
    "DeconvNet, shuffled": partial(DeconvNet, switches="shuffled"),
    "DeconvNet, bed of nails": partial(DeconvNet, switches="nails"),
}


def training_scenes(seed: int, budget: Budget) -> Scenes:
    """Draw the scenes that a run learns from."""
    return make_scenes(budget.scenes, seed, "train")


@cache
def scenes_of_size(name: str) -> Scenes:
    """Draw test scenes with one sticker each, its digit tiny, small or large (see `SIZES`)."""
    return make_scenes(SIZE_SCENES, 0, "test", count=1, height=SIZES[name])


def new_network(system: str, seed: int, classes: int = CLASSES) -> nn.Module:
    """Make one of `NETWORKS`, untrained."""
    runtime.seed_everything(seed)
    return NETWORKS[system](classes)


def learn(
    network: nn.Module,
    scenes: Scenes,
    steps: int,
    seed: int,
    name: str = "training",
    watch=None,
    every: int = 40,
) -> History:
    """Train any of the networks from scratch: the same scenes, batches and settings for each."""
    watch_at = range(0, steps + 1, every)
    batches = endless(scenes.images, scenes.labels, BATCH, seed)
    return fit(
        network, batches, F.cross_entropy, steps=steps, lr=RATE, watch=watch, watch_at=watch_at, name=name
    )


def score_by_size(network: nn.Module) -> dict[str, float]:
    """Judge a network by mean IoU on scenes with tiny, small and large digits."""
    return {f"mean_iou_{name}": score(network, scenes_of_size(name))["mean_iou"] for name in SIZES}


def compare(system: str, seed: int, budget: Budget = RECORD) -> Iterator[dict]:
    """Train one of the networks, and yield its row."""
    network = new_network(system, seed)
    history = learn(network, training_scenes(seed, budget), budget.steps, seed, system)
    yield row(system, network, [history], seed) | {
        "figures": score(network, held_out_scenes("test")) | score_by_size(network)
    }


def row(system: str, network: nn.Module, histories: list[History], seed: int) -> dict:
    """Collect what is recorded of a network, apart from its figures."""
    return {
        "system": system,
        "seed": seed,
        "steps": sum(history.steps for history in histories),
        "seconds": sum(history.seconds for history in histories),
        "parameters": parameter_count(network),
    }


class Look(NamedTuple):
    """One step on the way up: a channel's map (h, w), and where each value of the map before went, (h', w', 2)."""

    name: str
    values: Tensor
    switches: Tensor | None


@torch.no_grad()
def way_up(network: DeconvNet, image: Tensor) -> list[Look]:
    """Follow one image (3, S, S) uint8 through the decoder, at each step in the channel that says most there.

    Each unpooling gives two looks: the map before, and the map after with its switches as (row, column).
    """
    network.eval()
    numbers = range(len(network.unpools))
    parts = [f"unpools.{k}{part}" for k in numbers for part in ("", ".places")]
    before = ["middle", *(f"stages.{k}" for k in numbers)]
    # The last layer of a stage works in place, on what its batch norm put out: only the whole stage is recorded.
    with record(network, *parts, *before) as kept:
        network(as_input(image[None]))
    looks = []
    for k in numbers:
        coarse, fine = kept[before[k]][0], kept[f"unpools.{k}"][0]
        channel = int(coarse.flatten(1).var(dim=1).argmax())
        switches = kept[f"unpools.{k}.places"][0, channel]
        places = torch.stack([switches // fine.shape[-1], switches % fine.shape[-1]], dim=-1)
        side = coarse.shape[-1]
        looks.append(Look(f"{side} x {side}", coarse[channel], None))
        looks.append(Look(f"{2 * side} x {2 * side}, unpooled", fine[channel], places))
    return looks


def streets(seed: int = 0, steps: int = STREET_STEPS) -> Iterator[dict]:
    """Train FCN-8s and DeconvNet on real streets with equal steps, and yield their rows.

    Of DeconvNet, `ahead_low` and `ahead_high` bound how far its mean IoU is ahead of FCN-8s', `boundary_ahead_...` the
    same for boundary IoU (see `bootstrap`).
    """
    rest, _, _ = _streets.streets()
    other = None
    for system in ("FCN-8s", "DeconvNet"):
        network = new_network(system, seed, STREET_CLASSES)
        history = _streets.learn(_streets.Padded(network), rest, steps, seed, system)
        figures, counts = _streets.judge(_streets.Padded(network))
        if other is not None:
            for name, figure in (("ahead", "mean_iou"), ("boundary_ahead", "boundary_iou")):
                figures[f"{name}_low"], figures[f"{name}_high"] = bootstrap(counts, other, figure)
        other = counts
        yield {**_streets.row(system, network, [history], seed), "figures": figures}


def proposals(seed: int, budget: Budget = RECORD) -> Iterator[dict]:
    """Train a DeconvNet on whole scenes and on crops round stickers alike, run it both ways, and yield a row for each.

    "boxes known" is the whole-image run with everything outside the proposals called background, because proposals
    round the true boxes tell where the stickers are.
    """
    network = new_network("DeconvNet", seed)
    scenes = training_scenes(seed, budget)
    half = len(scenes) // 2
    crops = _proposals.training_crops(scenes[half:], seed)
    images, labels = (
        torch.cat(pair) for pair in ((scenes.images[:half], crops[0]), (scenes.labels[:half], crops[1]))
    )
    batches = endless(images, labels, BATCH, seed)
    history = fit(network, batches, F.cross_entropy, steps=budget.steps, lr=RATE, name="scenes and crops")
    sets = {"": held_out_scenes("test")} | {f"_{name}": scenes_of_size(name) for name in SIZES}
    for way, run in _proposals.WAYS.items():
        figures = {f"mean_iou{name}": _proposals.judge(run, network, some) for name, some in sets.items()}
        yield row(f"DeconvNet, {way}", network, [history], seed) | {"figures": figures}


PIECES = {
    "record": {
        "enlarging": _enlarging.compare,
        **{
            f"{system} seed {seed}": partial(compare, system, seed)
            for seed in range(3)
            for system in NETWORKS
        },
        **{f"proposals seed {seed}": partial(proposals, seed) for seed in range(3)},
    },
    "real": {"streets": streets},
}
