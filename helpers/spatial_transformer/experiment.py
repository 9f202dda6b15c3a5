"""The experiments of notebook 10: distorted digits with and without a spatial transformer, and whether it is right."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import Literal, NamedTuple, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers import results, runtime
from helpers.data import public
from helpers.data.digits import handwritten_digits
from helpers.data.distorted import DIGIT, SIDES, Distorted, Kind, distorted_batches, distorted_set
from helpers.probe import record
from helpers.spatial_transformer import zoom
from helpers.spatial_transformer.measures import composed, error, pose, within_class_std
from helpers.spatial_transformer.measures import predict as predict
from helpers.spatial_transformer.model import cnn, st_cnn
from helpers.training import History, fit, parameter_count
from helpers.training import recorded as row_of

BATCH = 64
RATE = 3e-3  # the highest learning rate of the cycle, for every network
# Distortions may grow for this part of training. In full from the start, a classifier learns each tilt by itself, none
# is dearer to it than another, and nothing tells the transformer which way to turn.
GROWING = 0.7
ALL = ("CNN", "CNN, matched", "ST-CNN")
Training = Literal["at once", "growing"]


@dataclass(frozen=True)
class Budget:
    """What the networks learn from, and for how long.

    Attributes:
        mnist: learn from MNIST's 60,000 digits and be judged on its 10,000, not on the embedded ones.
        steps: of training, by distortion.
        times: how often each test digit is distorted, each time otherwise.
    """

    mnist: bool
    steps: Mapping[Kind, int]
    times: int


QUICK = Budget(False, {"RTS": 600}, times=4)
RECORD = Budget(False, {"RTS": 1000}, times=4)
REAL = Budget(True, dict.fromkeys(("R", "RTS", "P", "E", "cluttered"), 1500), times=1)


def digits(budget: Budget, split: str) -> tuple[Tensor, Tensor]:
    """The upright digits of "train" or "test": (N, 28, 28) uint8 and (N,) labels."""
    return public.mnist(split) if budget.mnist else handwritten_digits(split)


@cache
def held_out(kind: Kind, mnist: bool = False, times: int = 4) -> tuple[Distorted, Tensor]:
    """The distorted digits that every run of a kind is judged on: always the same."""
    source = public.mnist("test") if mnist else handwritten_digits("test")
    return distorted_set(*source, kind, seed=0, times=times)


def new_network(system: str, kind: Kind, seed: int) -> nn.Sequential:
    """Make an untrained network.

    Args:
        system: "CNN"; "CNN, matched", with as many parameters as ST-CNN; "ST-CNN"; "ST-CNN, thin plate".
    """
    runtime.seed_everything(seed)
    side = SIDES[kind]
    if system == "CNN, matched":
        goal = parameter_count(st_cnn(side))
        runtime.seed_everything(seed)
        return cnn(
            side, hidden=min(range(8, 128), key=lambda h: abs(parameter_count(cnn(side, hidden=h)) - goal))
        )
    makers = {"CNN": cnn, "ST-CNN": st_cnn, "ST-CNN, thin plate": partial(st_cnn, bend=True)}
    return makers[system](side)


def learn(
    network: nn.Module, kind: Kind, seed: int, budget: Budget = QUICK, training: Training = "at once"
) -> History:
    """Train any of the networks: the same digits, distortions and settings for each."""
    steps = budget.steps[kind]
    growing = int(GROWING * steps) if training == "growing" else 0
    batches = distorted_batches(*digits(budget, "train"), kind, BATCH, seed, growing)
    return fit(network, batches, F.cross_entropy, steps=steps, lr=RATE, name=kind)


class Rectified(NamedTuple):
    """What a spatial transformer made of images: `theta` (B, numbers) and `images` (B, 1, side, side)."""

    theta: Tensor
    images: Tensor


@torch.no_grad()
def rectify(network: nn.Module, images: Tensor) -> Rectified:
    """Run the spatial transformer of a network alone on images (B, 1, H, W)."""
    network.eval()
    thetas, read = [], []
    for batch in images.split(500):
        with record(network, "transformer.theta") as kept:
            read.append(network.transformer(batch))
        thetas.append(kept["transformer.theta"])
    return Rectified(torch.cat(thetas), torch.cat(read))


def compare(
    kind: Kind, seed: int, budget: Budget, systems: tuple[str, ...] = ALL, training: Training = "at once"
) -> Iterator[dict]:
    """Train networks on one distortion, and yield a row for each."""
    test, labels = held_out(kind, budget.mnist, budget.times)
    for system in systems:
        network = new_network(system, kind, seed)
        history = learn(network, kind, seed, budget, training=training)
        figures = {"error": error(network, test.images, labels)}
        if system.startswith("ST"):
            rectified = rectify(network, test.images)
            if rectified.theta.shape[1] == 6 and kind in ("R", "RTS"):
                figures |= pose_figures(test.theta, rectified.theta, labels, kind)
        fields = {"model": system, "distortion": kind, "training": training}
        yield row_of(fields, seed, figures, history, network)


def pose_figures(distortion: Tensor, theta: Tensor, labels: Tensor, kind: Kind) -> dict[str, float]:
    """The within-class standard deviations of the pose before and after digits were rectified, as recorded.

    Args:
        distortion: (B, 2, 3). theta: (B, 6). labels: (B,).
    """
    poses = {
        "before": pose(distortion, SIDES[kind]),
        "after": pose(composed(distortion, theta), DIGIT),
    }
    return {
        f"{name}_{when}": part
        for when, found in poses.items()
        for name, part in within_class_std(found, labels).items()
    }


def recorded(budget: str, figure: str, form: str = "{:.1%}", **fields: results.Field) -> str:
    """A recorded figure of each seed, written in a row, or that it is not recorded."""
    try:
        found = results.values("spatial_transformer", budget, figure, **fields)
    except LookupError:
        return "not recorded yet"
    return " ".join(form.format(value) for value in found.values())


def fewer_errors(kind: Kind, control: str) -> str:
    """The verdict on "the ST-CNN makes fewer errors than this control" on real data; "" where there is none."""
    if control.startswith("ST"):
        return ""
    fields = {"distortion": kind, "training": "at once"}
    sides = {"model": "ST-CNN"}, {"model": control}
    try:
        ahead = results.differences("spatial_transformer", "real", "error", *sides, **fields)
    except LookupError:
        return ""
    return results.verdict(ahead, sign=-1)


def zoom_curves() -> dict[str, dict[str, list[list[float]]]]:
    """The zoom after each epoch on the tutorial's schedule, as recorded: data -> padding -> a curve a seed."""
    curves = {data: {padding: [] for padding in zoom.OUTSIDE} for data in zoom.EPOCHS}
    for row in results.rows("spatial_transformer", "real", model="tutorial"):
        curves[row["data"]][row["padding"]].append([epoch["zoom"] for epoch in row["curve"]])
    return curves


PIECES = {
    "record": {
        **{
            f"RTS {training} seed {seed}": partial(compare, "RTS", seed, RECORD, training=training)
            for seed in range(3)
            for training in get_args(Training)
        },
        **{f"zoom seed {seed}": partial(zoom.ablate, seed) for seed in range(3)},
    },
    "real": {
        **{
            f"{kind} seed {seed}": partial(compare, kind, seed, REAL)
            for seed in range(3)
            for kind in ("RTS", "R", "cluttered")
        },
        **{
            f"{kind} seed 0": partial(compare, kind, 0, REAL, (*ALL, "ST-CNN, thin plate"))
            for kind in ("P", "E")
        },
        **{
            f"tutorial, {data}, {padding} padding, seed {seed}": partial(
                zoom.on_schedule, data, padding, seed
            )
            for seed in range(3)
            for data in zoom.EPOCHS
            for padding in zoom.OUTSIDE
        },
    },
}
