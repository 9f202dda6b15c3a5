"""The fault of a well-known tutorial: black is not zero, what lies outside is, and the transformer zooms out."""

import time
from collections.abc import Callable, Iterator
from itertools import product
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers import runtime, seeds
from helpers.data.digits import handwritten_digits
from helpers.spatial_transformer.model import affine_grid
from helpers.spatial_transformer.tutorial import tutorial

MEAN, SPREAD = 0.1307, 0.3081  # of MNIST's pixels: what the tutorial scales by
BLACK = -MEAN / SPREAD
RATE, BATCH = 0.01, 64  # the tutorial's: plain gradient descent, no schedule
FASTER = 10.0  # how many times the tutorial's rate the localisation net learns at where it is hurried
STEPS = 1000


def scaled(digits: Tensor) -> Tensor:
    """Digits (N, 28, 28) uint8 as the tutorial scales them: (N, 1, 28, 28), zero mean, unit spread, black at BLACK."""
    return (digits[:, None].float() / 255 - MEAN) / SPREAD


def new(outside: float, seed: int) -> nn.Sequential:
    """The tutorial's network, untrained; `outside` is 0 in the tutorial, and BLACK once it is mended."""
    runtime.seed_everything(seed)
    return tutorial(outside)


def descend(
    network: nn.Sequential,
    images: Tensor,
    labels: Tensor,
    steps: int,
    seed: int,
    faster: float = 1.0,
    watch: Callable[[nn.Module], object] | None = None,
    every: int = 100,
) -> dict[int, object]:
    """Train as the tutorial does, by plain gradient descent, with the localisation net `faster` times the rate.

    Returns:
        what `watch` said, by the number of steps taken.
    """
    groups = [
        {"params": network.transformer.parameters(), "lr": RATE * faster},
        {"params": network.classifier.parameters()},
    ]
    optimiser = torch.optim.SGD(groups, lr=RATE)
    generator, watched = seeds.generator(seed), {}
    order = torch.randperm(len(images), generator=generator)
    for step in range(steps + 1):
        if watch and step % every == 0:
            network.eval()
            watched[step] = watch(network)
        if step == steps:
            break
        network.train()
        if len(order) < BATCH:
            order = torch.randperm(len(images), generator=generator)
        chosen, order = order[:BATCH], order[BATCH:]
        optimiser.zero_grad()
        F.cross_entropy(network(images[chosen]), labels[chosen]).backward()
        optimiser.step()
    network.eval()
    return watched


@torch.no_grad()
def zoom(network: nn.Sequential, images: Tensor) -> float:
    """How much more of the image's width is read than there is, sqrt(|det theta|): above 1, it zooms out."""
    theta = network.transformer.localise(images).view(-1, 2, 3)
    return float(theta[:, :, :2].det().abs().sqrt().mean())


class Pull(NamedTuple):
    """The loss's pull on the zoom, in loss a unit of log zoom; above 0 a step of descent zooms out.

    Attributes:
        edge: from places that read beyond the image's edge. inside: from all others.
    """

    edge: float
    inside: float


def pull(network: nn.Sequential, images: Tensor, labels: Tensor) -> Pull:
    """Add up over all sampling places how much the loss would fall if the place moved outwards."""
    network.eval()
    transformer, side = network.transformer, network.transformer.grid.side
    with torch.no_grad():
        theta = transformer.localise(images).view(-1, 2, 3)
        centre = theta[:, None, None, :, 2]
        grid = affine_grid(theta, side, side)
    grid.requires_grad_()
    read = F.grid_sample(images - transformer.outside, grid, align_corners=False) + transformer.outside
    loss = F.cross_entropy(network.classifier(read), labels)
    (slope,) = torch.autograd.grad(loss, grid)
    outwards = -(slope * (grid - centre)).sum(dim=-1).detach()
    edge = (grid.abs() >= 1 - 1 / images.shape[-1] - 1e-5).any(dim=-1)
    return Pull(float(outwards[edge].sum()), float(outwards[~edge].sum()))


def watcher(shown: Tensor) -> Callable[[nn.Sequential], dict[str, float | Tensor]]:
    """Make a `watch` for `descend`: the zoom on some images (B, 1, 28, 28), and what is read of them."""

    def watch(network: nn.Sequential) -> dict[str, float | Tensor]:
        with torch.no_grad():
            return {"zoom": zoom(network, shown), "read": network.transformer(shown)[:, 0]}

    return watch


def ablate(seed: int, steps: int = STEPS) -> Iterator[dict]:
    """Train the tutorial's network with each padding value and localiser rate, and yield a row for each."""
    digits, labels = handwritten_digits("train")
    images = scaled(digits)
    test, truth = handwritten_digits("test")
    test = scaled(test)
    for (padding, outside), (rate, faster) in product(
        (("zero", 0.0), ("black", BLACK)), (("equal", 1.0), ("tenfold", FASTER))
    ):
        network = new(outside, seed)
        begun = time.perf_counter()
        descend(network, images, labels, steps, seed, faster)
        seconds = time.perf_counter() - begun
        with torch.no_grad():
            wrong = (network(test).argmax(dim=1) != truth).float().mean()
        yield {
            "model": "tutorial",
            "data": "embedded",
            "padding": padding,
            "rate": rate,
            "seed": seed,
            "figures": {"zoom": zoom(network, test), "error": float(wrong)},
            "steps": steps,
            "seconds": seconds,
        }
