"""The tutorial's network and schedule against a swifter one, on plain MNIST, timed in the same run."""

import time
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers import runtime, seeds
from helpers.data import public
from helpers.spatial_transformer import zoom
from helpers.spatial_transformer.tutorial import swift
from helpers.training import fit, parameter_count

GOAL = 0.988
TUTORIAL_EPOCHS = 20
EPOCHS, BATCH, RATE = 3, 128, 1e-2


def shuffled(images: Tensor, labels: Tensor, size: int, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield batches of what is scaled already, for ever, a fresh order each epoch."""
    generator = seeds.generator(seed)
    while True:
        for chosen in torch.randperm(len(images), generator=generator).split(size):
            yield images[chosen], labels[chosen]


@torch.no_grad()
def accuracy(network: nn.Module, images: Tensor, labels: Tensor) -> float:
    """The share of images that a network puts into the right class."""
    network.eval()
    predicted = torch.cat([network(batch).argmax(dim=1) for batch in images.split(500)])
    return float((predicted == labels).float().mean())


def race(seed: int = 0, tutorial_epochs: int = TUTORIAL_EPOCHS) -> Iterator[dict]:
    """Train both on MNIST and yield a row for each: accuracy on the test digits, and seconds of training.

    The swift one has its last accuracy; the tutorial's has one an epoch, under `by_epoch`.
    """
    train, test = public.mnist("train"), public.mnist("test")
    images, labels, held_out = zoom.scaled(train.images), train.labels, zoom.scaled(test.images)
    runtime.seed_everything(seed)
    network = swift(zoom.BLACK)
    steps = EPOCHS * len(images) // BATCH
    history = fit(network, shuffled(images, labels, BATCH, seed), F.cross_entropy, steps=steps, lr=RATE)
    yield _row("swift", seed, network, accuracy(network, held_out, test.labels), history.seconds)

    network, seconds, by_epoch = zoom.new(0.0, seed), 0.0, []
    for epoch in range(tutorial_epochs):
        started = time.perf_counter()
        zoom.descend(network, images, labels, len(images) // zoom.BATCH, 1000 * seed + epoch)
        seconds += time.perf_counter() - started
        by_epoch.append(accuracy(network, held_out, test.labels))
        if by_epoch[-1] >= GOAL:
            break
    yield _row("tutorial", seed, network, by_epoch[-1], seconds) | {"by_epoch": by_epoch}


def _row(model: str, seed: int, network: nn.Module, right: float, seconds: float) -> dict:
    figures = {"accuracy": right, "training_seconds": seconds}
    return {"model": model, "seed": seed, "figures": figures, "parameters": parameter_count(network)}
