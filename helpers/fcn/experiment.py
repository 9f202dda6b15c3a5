"""The skip ablation of notebook 01, live in a minute a network and at length for the record."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers import films, runtime
from helpers.data.batches import as_input, endless, in_order
from helpers.data.scenes import Scenes, make_scenes
from helpers.fcn.data import crop_to
from helpers.fcn.model import FCN, STRIDES, finer, upsample
from helpers.frame_scores import CLASSES as STREET_CLASSES
from helpers.metrics import segmentation_metrics
from helpers.optimisers import Optimisers, adamw, muon
from helpers.training import History, fit, recorded

CLASSES = 11
RATE = 6e-3  # the highest learning rate of every cycle, for every network
BATCH = 32  # whole scenes
TEST_SCENES = 300
WATCH_EVERY = 30  # steps
STREET_FIRST, STREET_MORE = 1800, 450  # steps of FCN-32s from scratch, and of each continuation of an arm


@dataclass(frozen=True)
class Budget:
    """How each part of the ablation trains; the same for every arm, so that only the skips differ.

    Attributes:
        scenes: training scenes.
        first: steps of FCN-32s from scratch, which every arm starts from.
        more: steps of each of the two continuations that every arm gets.
        batch: scenes a step.
        crop: side of the piece that is cut out of each scene, or None to train on whole scenes.
        optimisers: as `fit` takes them.
    """

    scenes: int
    first: int
    more: int
    batch: int = BATCH
    crop: int | None = None
    optimisers: Optimisers = adamw


# A notebook has seconds: smaller batches of smaller pieces, and an optimiser that learns more in a step.
QUICK = Budget(scenes=2000, first=120, more=60, batch=16, crop=96, optimisers=muon)
RECORD = Budget(scenes=3000, first=320, more=160)


def training_scenes(seed: int, budget: Budget) -> Scenes:
    """Draw the scenes that a run learns from."""
    return make_scenes(budget.scenes, seed, "train")


@cache
def held_out_scenes(split: str, number: int = TEST_SCENES) -> Scenes:
    """Draw the scenes that every run is judged on: always the same."""
    return make_scenes(number, 0, split)


def first_network(seed: int, classes: int = CLASSES) -> FCN:
    """Make the untrained FCN-32s that all arms of a seed begin as."""
    runtime.seed_everything(seed)
    return FCN(classes, stride=32)


def learn(
    network: FCN,
    scenes: Scenes,
    steps: int,
    seed: int,
    watch: Callable[[FCN], Any] | None = None,
    budget: Budget = QUICK,
) -> History:
    """Train a network of any stride by the pixel loss, as the budget says; `watch` it every `WATCH_EVERY` steps."""
    transform = crop_to(budget.crop) if budget.crop else None
    return fit(
        network,
        endless(scenes.images, scenes.labels, budget.batch, seed, transform),
        F.cross_entropy,
        steps=steps,
        lr=RATE,
        optimisers=budget.optimisers,
        watch=watch,
        watch_at=range(0, steps + 1, WATCH_EVERY),
        name=f"FCN-{network.stride}s",
    )


@torch.no_grad()
def score(network: nn.Module, scenes: Scenes) -> dict[str, float]:
    """Judge a network, in eval mode and where it is, by mean IoU, boundary IoU, pixel and class accuracy."""
    network.eval()
    weight, batches = next(network.parameters()), in_order(scenes.images, scenes.labels)
    return score_maps((network(images.to(weight)).argmax(dim=1).cpu(), labels) for images, labels in batches)


@torch.no_grad()
def label_all(network: nn.Module, images: Tensor) -> Tensor:
    """Predict the class of every pixel of images (N, 3, H, W) in uint8: (N, H, W) int64."""
    return torch.cat([network(as_input(part)).argmax(dim=1) for part in images.split(50)])


def score_through_stride(labels: Tensor, stride: int) -> dict[str, float]:
    """Score the truth itself, (N, H, W) integers, after `through_stride`. It is no upper bound (see `fit_to_truth`)."""
    return score_maps((through_stride(part, stride), part) for part in labels.long().split(50))


def score_maps(maps: Iterable[tuple[Tensor, Tensor]]) -> dict[str, float]:
    """Give the course's four scores of predictions and truth, (B, H, W) int64 each, pooled over all batches."""
    metrics = segmentation_metrics(CLASSES)
    for predictions, truth in maps:
        metrics.update(predictions, truth)
    return {name: float(value) for name, value in metrics.compute().items()}


def through_stride(labels: Tensor, stride: int) -> Tensor:
    """Average one-hot truth (N, H, W) over cells of a stride, interpolate back, take the best class."""
    one_hot = F.one_hot(labels.long(), CLASSES).movedim(-1, 1).float()
    return upsample(F.avg_pool2d(one_hot, stride), stride).argmax(dim=1)


def fit_to_truth(labels: Tensor, stride: int, steps: int = 40) -> Tensor:
    """Fit free coarse scores to the truth by gradient descent, and draw them.

    A network of this stride that ends in bilinear interpolation has a harder task: its scores must come from an image.

    Args:
        labels: (N, H, W) integers.

    Returns:
        (N, H, W) int64, the best class of the interpolated scores.
    """
    one_hot = F.one_hot(labels.long(), CLASSES).movedim(-1, 1).float()
    scores = (F.avg_pool2d(one_hot, stride) + 1e-3).log().requires_grad_()
    optimiser = torch.optim.Adam([scores], lr=0.3)
    for _ in range(steps):
        optimiser.zero_grad()
        F.cross_entropy(upsample(scores, stride), labels.long()).backward()
        optimiser.step()
    return upsample(scores.detach(), stride).argmax(dim=1)


def watcher(scenes: Scenes, shown: Tensor) -> Callable[[FCN], dict[str, float | Tensor]]:
    """Make a `watch` for `fit`: mean IoU on some scenes, and the coarse scores of one image (1, 3, H, W)."""

    @torch.no_grad()
    def watch(network: FCN) -> dict[str, float | Tensor]:
        coarse = network.coarse_scores(shown.to(network.score.weight.device))
        return {"mean_iou": score(network, scenes)["mean_iou"], "scores": coarse[0].cpu()}

    return watch


def joined(*histories: History) -> History:
    """Trainings of one network, one after the other, as one."""
    return History(
        [loss for history in histories for loss in history.loss],
        seconds=sum(history.seconds for history in histories),
        interrupted=any(history.interrupted for history in histories),
    )


def arms(start: FCN, train: Callable[[FCN, int], History]) -> Iterator[tuple[FCN, History]]:
    """Train FCN-32s, 16s and 8s from one FCN-32s with equal steps: each network, and its whole training.

    One finer stride at a time, as in the paper, so that FCN-8s starts from FCN-16s: up to there the two are the same.

    Args:
        train: trains a network in one of three phases: 0, the start; 1 and 2, what follows.
    """
    first = train(start, 0)
    halfway = {stride: finer(start, stride) for stride in (32, 16)}
    middle = {stride: train(network, 1) for stride, network in halfway.items()}
    for stride, coarser in ((32, 32), (16, 16), (8, 16)):
        network = finer(halfway[coarser], stride)
        yield network, joined(first, middle[coarser], train(network, 2))


def ablate(seed: int) -> Iterator[dict]:
    """Train the three arms from one initialisation, and yield a row for each."""
    scenes, test = training_scenes(seed, RECORD), held_out_scenes("test")

    def train(network: FCN, phase: int) -> History:
        steps = RECORD.more if phase else RECORD.first
        return learn(network, scenes, steps, seed * 10 + phase, budget=RECORD)

    for network, history in arms(first_network(seed), train):
        yield recorded({"model": f"FCN-{network.stride}s"}, seed, score(network, test), history, network)


def fitted_scores() -> Iterator[dict]:
    """Yield what scores of each stride reach on the test scenes when they are fitted to the truth itself."""
    labels = held_out_scenes("test").labels
    for stride in STRIDES:
        found = score_maps((fit_to_truth(part, stride), part) for part in labels.long().split(50))
        figures = {"mean_iou": found["mean_iou"], "boundary_iou": found["boundary_iou"]}
        yield {"model": "fitted to the truth", "stride": stride, "seed": 0, "figures": figures}


def skips_on_streets(first: int = STREET_FIRST, more: int = STREET_MORE) -> Iterator[dict]:
    """Train the three arms on real streets, as on the embedded data, and yield their rows.

    Figures `ahead_low` and `ahead_high` bound how far a network's mean IoU is ahead of FCN-32s' (see `bootstrap`),
    `boundary_ahead_...` the same for boundary IoU, `step_...` how far ahead of the next coarser network's.
    """
    seed, (rest, _, _) = 0, films.held_out()

    def train(network: FCN, phase: int) -> History:
        steps, name = more if phase else first, f"FCN-{network.stride}s"
        return films.learn(films.Padded(network), rest, steps, seed * 10 + phase, name=name)

    coarser: list[dict[str, Tensor]] = []
    for network, history in arms(first_network(seed, STREET_CLASSES), train):
        figures, counts = films.judge(films.Padded(network))
        if coarser:
            figures |= films.leads(counts, coarser[0], ahead="mean_iou", boundary_ahead="boundary_iou")
            figures |= films.leads(counts, coarser[-1], step="mean_iou")
        coarser.append(counts)
        yield films.row({"model": f"FCN-{network.stride}s"}, seed, figures, history, network)


PIECES = {
    "record": {"ceilings": fitted_scores, **{f"seed {seed}": partial(ablate, seed) for seed in (0, 1, 2)}},
    "real": {"skips": skips_on_streets},
}
