"""The fault of a well-known tutorial: black is not zero, what lies outside is, and the transformer zooms out."""

import time
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn
from tqdm.auto import tqdm

from helpers import runtime
from helpers.data import public
from helpers.data.batches import shuffled
from helpers.data.digits import handwritten_digits
from helpers.data.distorted import distort, distorted_set
from helpers.spatial_transformer.measures import error
from helpers.spatial_transformer.model import affine_grid
from helpers.spatial_transformer.tutorial import tutorial
from helpers.training import History, recorded

MEAN, SPREAD = 0.1307, 0.3081  # of MNIST's pixels: what the tutorial scales by
BLACK = -MEAN / SPREAD
RATE, BATCH = 0.01, 64  # the tutorial's: plain gradient descent, no schedule
FASTER = 10.0  # how many times the tutorial's rate the localisation net learns at where it is hurried
STEPS, WATCH_EVERY = 1000, 100
Padding = Literal["zero", "black"]
OUTSIDE: dict[Padding, float] = {"zero": 0.0, "black": BLACK}
EPOCHS = {"plain": 20, "cluttered": 10}


def scaled(digits: Tensor) -> Tensor:
    """Digits (N, 28, 28) uint8 as the tutorial scales them: (N, 1, 28, 28), zero mean, unit spread, black at BLACK."""
    return (digits[:, None].float() / 255 - MEAN) / SPREAD


def new(outside: float, seed: int, side: int = 28) -> nn.Sequential:
    """The tutorial's network, untrained; `outside` is 0 in the tutorial, and BLACK once it is mended."""
    runtime.seed_everything(seed)
    return tutorial(outside, side)


def descend(
    network: nn.Sequential,
    images: Tensor,
    labels: Tensor,
    steps: int,
    seed: int,
    faster: float = 1.0,
    watch: Callable[[nn.Module], object] | None = None,
    name: str = "",
) -> History:
    """Train as the tutorial does, by plain gradient descent, with the localisation net at `faster` times the rate.

    Args:
        images, labels: all of them, (N, 1, S, S) and (N,); they are shuffled from the seed, and dealt out in batches.
        watch: called in eval mode after every `WATCH_EVERY` steps; its answers are in the history.
        name: of the progress bar; none is shown without one.
    """
    groups = [
        {"params": network.transformer.parameters(), "lr": RATE * faster},
        {"params": network.classifier.parameters()},
    ]
    optimiser = torch.optim.SGD(groups, lr=RATE)
    history = History()
    batches = shuffled(len(images), min(BATCH, len(images)), Generator().manual_seed(seed))
    for step in tqdm(range(steps + 1), desc=name, total=steps, disable=not name, mininterval=0.5):
        if watch and step % WATCH_EVERY == 0:
            network.eval()
            history.watched[step] = watch(network)
        if step == steps:
            break
        started = time.perf_counter()
        network.train()
        chosen = next(batches)
        optimiser.zero_grad()
        loss = F.cross_entropy(network(images[chosen]), labels[chosen])
        loss.backward()
        optimiser.step()
        history.loss.append(loss.item())
        history.seconds += time.perf_counter() - started
    network.eval()
    return history


@torch.no_grad()
def zoom(network: nn.Sequential, images: Tensor) -> float:
    """How much more of the image's width is read than there is, sqrt(|det theta|): above 1, it zooms out."""
    theta = torch.cat([network.transformer.localise(batch) for batch in images.split(500)]).view(-1, 2, 3)
    return float(theta[:, :, :2].det().abs().sqrt().mean())


class Pull(NamedTuple):
    """The loss's pull on the zoom, in loss a unit of log zoom; above 0 a step of descent zooms out.

    Attributes:
        edge: from places that read beyond the image's edge. inside: from all others.
    """

    edge: float
    inside: float


def pull(network: nn.Sequential, images: Tensor, labels: Tensor, widen: float = 1.0) -> Pull:
    """Add up over all sampling places how much the loss would fall if the place moved outwards.

    Args:
        images, labels: (B, 1, S, S) and (B,).
        widen: read so many times as much of the image as the network would, to see the pull at another zoom.
    """
    network.eval()
    transformer, side = network.transformer, network.transformer.grid.side
    with torch.no_grad():
        theta = transformer.localise(images).view(-1, 2, 3)
        theta = torch.cat([theta[:, :, :2] * widen, theta[:, :, 2:]], dim=2)
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


def films(histories: Mapping[str, History]) -> tuple[dict, dict]:
    """What `watcher` kept of several runs: name -> {step: what was read}, and name -> {step: zoom}."""
    reads, zooms = {}, {}
    for name, history in histories.items():
        reads[name] = {step: seen["read"] for step, seen in history.watched.items()}
        zooms[name] = {step: seen["zoom"] for step, seen in history.watched.items()}
    return reads, zooms


def ablate(seed: int) -> Iterator[dict]:
    """Train the tutorial's network with each padding value and localiser rate, and yield a row for each."""
    digits, labels = handwritten_digits("train")
    images = scaled(digits)
    test, truth = handwritten_digits("test")
    test = scaled(test)
    rates = {"equal": 1.0, "tenfold": FASTER}
    for (padding, outside), (rate, faster) in product(OUTSIDE.items(), rates.items()):
        network = new(outside, seed)
        history = descend(network, images, labels, STEPS, seed, faster)
        fields = {"model": "tutorial", "data": "embedded", "padding": padding, "rate": rate}
        figures = {"zoom": zoom(network, test), "error": error(network, test, truth)}
        yield recorded(fields, seed, figures, history)


def on_schedule(data: Literal["plain", "cluttered"], padding: Padding, seed: int) -> Iterator[dict]:
    """Train the tutorial's network by the tutorial's own schedule, on all of MNIST, and yield its row.

    Plain digits are the tutorial's case, 20 epochs at a rate of 0.01. Digits lost in 60 x 60 pixels of clutter are the
    case in which its zooming out was reported as large; they cost ten times as much a step, hence
    ten epochs. `curve` has the zoom and the error on 1,000 test digits after each epoch.
    """
    train, test = public.mnist("train"), public.mnist("test")
    held = distorted_set(test.images, test.labels, data, seed=0)[0].images
    held = (held - MEAN) / SPREAD
    network, started = new(OUTSIDE[padding], seed, held.shape[-1]), time.perf_counter()
    curve = []
    for epoch in range(EPOCHS[data]):
        generator = Generator().manual_seed(1000 * seed + epoch)
        order = torch.randperm(len(train.images), generator=generator)
        images = torch.cat(
            [distort(train.images[chosen], data, generator).images for chosen in order.split(1000)]
        )
        descend(network, (images - MEAN) / SPREAD, train.labels[order], len(images) // BATCH, epoch)
        curve.append(
            {"zoom": zoom(network, held[:1000]), "error": error(network, held[:1000], test.labels[:1000])}
        )
    yield {
        "model": "tutorial",
        "data": data,
        "padding": padding,
        "seed": seed,
        "figures": {"zoom": zoom(network, held), "error": error(network, held, test.labels)},
        "curve": curve,
        "epochs": EPOCHS[data],
        "seconds": time.perf_counter() - started,
    }
