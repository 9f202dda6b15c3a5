"""Checks for the exercises of notebook 04, multi-scale features, superpixels and covers."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from numpy.random import Generator
from torch import Tensor

from helpers.checking import Exercise, Mistake
from helpers.multi_scale.model import shrunk


def _images(generator: Generator) -> tuple[Tensor]:
    B, C, h, w = (int(side) for side in generator.permutation([2, 3, 4, 5]))
    return (torch.from_numpy(generator.standard_normal((B, C, 2 * h, 2 * w))),)


def _level(images: Tensor, smaller: Tensor | None = None, **interpolation: object) -> tuple[Tensor, Tensor]:
    """The level that is lost between images and smaller ones, and the smaller ones."""
    smaller = shrunk(images) if smaller is None else smaller
    how = {"mode": "bilinear", "align_corners": False} | interpolation
    return images - F.interpolate(smaller, size=images.shape[2:], **how), smaller


level = Exercise(
    name="level",
    make_input=_images,
    solution=_level,
    mistakes=(
        Mistake(
            lambda images: (images - _level(images)[0], shrunk(images)),
            "this is what survives halving. The level is what is lost: the image minus that.",
        ),
        Mistake(
            lambda images: (-_level(images)[0], shrunk(images)),
            "the sign is turned round: the level plus the enlarged image must give the image back.",
        ),
        Mistake(
            lambda images: _level(images, mode="nearest", align_corners=None),
            "the smaller image is enlarged by copying. Interpolate bilinearly, or blocks get into the level.",
        ),
        Mistake(
            lambda images: _level(images, align_corners=True),
            "`align_corners=True` moves the smaller image against the larger one. Take False.",
        ),
        Mistake(
            lambda images: _level(images, images[..., ::2, ::2]),
            "every second pixel is dropped. Average cells of 2 x 2, so that each pixel counts.",
        ),
    ),
)


def _tree(generator: Generator) -> tuple[Tensor, Tensor]:
    """A binary tree of random merges; its costs hold ties, and the least one lies off some leaves' paths."""
    leaves = int(generator.integers(6, 10))
    V = 2 * leaves - 1
    parents, free = torch.arange(V), list(range(leaves))
    for node in range(leaves, V):
        for child in generator.choice(free, 2, replace=False):
            parents[child] = node
            free.remove(child)
        free.append(node)
    costs = torch.from_numpy(generator.integers(1, 9, V) / 10.0)
    # A path that climbs before it falls tells the rules apart, and so does a tie with a node above.
    middle = int(parents[0])
    costs[0], costs[middle] = 0.45, 0.55
    costs[-1] = 0.35 if middle != V - 1 else costs[-1]
    above = int(parents[1])
    costs[1] = costs[above]
    return parents, costs


def _climb(parents: Tensor, costs: Tensor, stays: Callable[[float, float, float], bool]) -> Tensor:
    """From the root down: a node stays itself if its cost, its parent's own and the least above say so."""
    best, cost = list(range(len(parents))), costs.tolist()
    for node in reversed(range(len(parents) - 1)):
        above = int(parents[node])
        if not stays(cost[node], cost[above], cost[best[above]]):
            best[node] = best[above]
    return torch.tensor(best)


def _path_argmin(parents: Tensor, costs: Tensor) -> Tensor:
    return _climb(parents, costs, lambda own, parent, least: own < least)


path_argmin = Exercise(
    name="path_argmin",
    make_input=_tree,
    solution=_path_argmin,
    mistakes=(
        Mistake(
            lambda parents, costs: _climb(parents, costs, lambda own, parent, least: own < parent),
            "a node is compared with its parent's own cost. Compare it with the least cost on the whole path above: "
            "with costs .3, .5, .1 from leaf to root the root wins.",
        ),
        Mistake(
            lambda parents, costs: _climb(parents, costs, lambda own, parent, least: own <= least),
            "of equal costs you take the node nearer to the leaf. Take the one nearer to the root.",
        ),
        Mistake(
            lambda parents, costs: _path_argmin(parents, -costs),
            "this is the greatest cost on each path. Take the least.",
        ),
        Mistake(
            lambda parents, costs: torch.full_like(parents, int(costs.argmin())),
            "this is the least cost of the whole tree, also for nodes on whose path it does not lie.",
        ),
        Mistake(
            lambda parents, costs: _path_argmin(parents, costs)[parents],
            "the path begins with the node itself, not with its parent.",
        ),
    ),
)


def _segment(generator: Generator) -> tuple[Tensor, Tensor, int]:
    h, w, classes = (int(each) for each in generator.permutation([5, 6, 7]))
    labels = torch.from_numpy(generator.integers(0, classes - 2, (h, w)))  # so that some classes do not occur
    inside = torch.from_numpy(generator.random((h, w)) < 0.5)
    inside[0, 0], inside[-1, -1] = True, False
    return labels, inside, classes


def _with_entropy(shares: Tensor) -> tuple[Tensor, Tensor]:
    return shares, torch.special.entr(shares).sum()


def _mixture(labels: Tensor, inside: Tensor, classes: int) -> tuple[Tensor, Tensor]:
    counts = torch.bincount(labels[inside], minlength=classes).to(torch.get_default_dtype())
    return _with_entropy(counts / counts.sum())


def _changed(change: Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]) -> Callable:
    """A mistake: what `change` makes of the solution's shares, its entropy and the mask."""
    return lambda labels, inside, classes: change(*_mixture(labels, inside, classes), inside)


mixture = Exercise(
    name="mixture",
    make_input=_segment,
    solution=_mixture,
    mistakes=(
        Mistake(
            _changed(lambda shares, nats, inside: (shares * inside.sum(), nats)),
            "the histogram holds counts. Divide by the number of pixels inside.",
        ),
        Mistake(
            _changed(lambda shares, nats, inside: _with_entropy(shares * inside.sum() / inside.numel())),
            "divide by the pixels of the segment, not of the image: shares sum to 1.",
        ),
        Mistake(
            _changed(lambda shares, nats, inside: (shares, -(shares * shares.log()).sum())),
            "a class that does not occur gives 0 log 0, which is NaN here. Its part of the sum is 0.",
        ),
        Mistake(
            _changed(lambda shares, nats, inside: (shares, nats / math.log(2))),
            "this entropy is in bits. Take the natural logarithm.",
        ),
        Mistake(
            _changed(lambda shares, nats, inside: (shares, -nats)),
            "the sign is turned round: entropy is never below 0.",
        ),
    ),
)
