"""Checks for the exercises of notebook 03, refinement."""

import torch
import torch.nn.functional as F
from numpy.random import Generator
from torch import Tensor

from helpers.checking import Exercise, Mistake
from helpers.refinement.model import GRID


def _normal(generator: Generator, *shape: int) -> Tensor:
    return torch.from_numpy(generator.standard_normal(shape))


def _labels_and_image(generator: Generator) -> tuple[Tensor, Tensor]:
    return _normal(generator, 2, 4, 3, 5).softmax(dim=1), _normal(generator, 2, 3, 3 * GRID, 5 * GRID)


def _repeated(labels: Tensor) -> Tensor:
    return labels.repeat_interleave(GRID, 2).repeat_interleave(GRID, 3)


stack_planes = Exercise(
    name="stack_planes",
    make_input=_labels_and_image,
    solution=lambda labels, images: torch.cat([_repeated(labels), images], dim=1),
    mistakes=(
        Mistake(
            lambda labels, images: torch.cat([images, _repeated(labels)], dim=1),
            "the image's planes come first here. The label planes are first in the stack, then red, green and blue.",
        ),
        Mistake(
            lambda labels, images: torch.cat([labels.repeat(1, 1, GRID, GRID), images], dim=1),
            "this lays whole label maps side by side like tiles. Each *cell* is to become 4 x 4 equal pixels.",
        ),
        Mistake(
            lambda labels, images: torch.cat([labels, F.avg_pool2d(images, GRID)], dim=1),
            "this makes the image small instead of the labels large: digits of sixteen pixels would be four wide.",
        ),
        Mistake(
            lambda labels, images: torch.cat(
                [_repeated((labels == labels.amax(1, True)).to(images)), images], 1
            ),
            "only the winning class is passed on. A second pass needs to know how sure the first one was, and an "
            "argmax has no gradient.",
        ),
        Mistake(
            lambda labels, images: _repeated(labels) + images.mean(dim=1, keepdim=True),
            "labels and image are added. They are stacked: N + 3 planes, each with its own weights.",
        ),
    ),
)


def _scores_and_targets(generator: Generator) -> tuple[Tensor, Tensor]:
    return 2 * _normal(generator, 2, 3, 5, 4, 4), torch.from_numpy(generator.integers(5, size=(2, 4, 4)))


def _sum_of_passes(scores: Tensor, targets: Tensor) -> Tensor:
    return sum(F.cross_entropy(each, targets) for each in scores.unbind(dim=1))


loss_over_passes = Exercise(
    name="loss_over_passes",
    make_input=_scores_and_targets,
    solution=_sum_of_passes,
    mistakes=(
        Mistake(
            lambda scores, targets: F.cross_entropy(scores[:, -1], targets),
            "only the last pass is judged. The paper asks every pass to be right by itself: sum over passes.",
        ),
        Mistake(
            lambda scores, targets: _sum_of_passes(scores, targets) / scores.shape[1],
            "this is the mean over passes. The sum is asked for: a pass weighs as much however many there are.",
        ),
        Mistake(
            lambda scores, targets: F.cross_entropy(scores.mean(dim=1), targets),
            "the scores of the passes are averaged first. Each pass has a loss of its own; sum the losses.",
        ),
        Mistake(
            lambda scores, targets: F.cross_entropy(scores.sum(dim=1), targets),
            "the scores of the passes are added first. Each pass has a loss of its own; sum the losses.",
        ),
        Mistake(
            lambda scores, targets: _sum_of_passes(scores.softmax(dim=2), targets),
            "cross_entropy takes scores and does the softmax itself: here it is done twice.",
        ),
    ),
)


def _field(generator: Generator) -> tuple[int, int, int, int]:
    stride = int(generator.integers(2, 7))
    cells = 2 * int(generator.integers(2, 6)) + 1
    return stride * cells + int(generator.integers(1, 9)), stride, cells, int(generator.integers(3, 7))


seen_after = Exercise(
    name="seen_after",
    make_input=_field,
    solution=lambda size, stride, cells, passes: size + (passes - 1) * (cells - 1) * stride,
    mistakes=(
        Mistake(
            lambda size, stride, cells, passes: size * passes,
            "the views of neighbouring cells overlap, so they do not add up: two passes see less than twice as far.",
        ),
        Mistake(
            lambda size, stride, cells, passes: size + (passes - 1) * cells * stride,
            "seven cells in a row lie six steps apart: a pass adds (cells - 1) steps.",
        ),
        Mistake(
            lambda size, stride, cells, passes: size + (passes - 1) * (cells - 1),
            "this counts cells as if they were pixels: neighbouring cells lie `stride` pixels apart.",
        ),
        Mistake(
            lambda size, stride, cells, passes: size + passes * (cells - 1) * stride,
            "the first pass reads no labels: only passes - 1 of them widen the view.",
        ),
        Mistake(
            lambda size, stride, cells, passes: size + (cells - 1) * stride ** (passes - 1),
            "strides multiply within a pass, but every pass ends on the same grid: each adds equally much.",
        ),
    ),
)


def _three_maps(generator: Generator) -> tuple[Tensor, Tensor, Tensor]:
    truth = torch.from_numpy(generator.integers(0, 4, (8, 10)))

    def noisy(share: float) -> Tensor:
        wrong = torch.from_numpy(generator.random(truth.shape) < share)
        return torch.where(wrong, torch.from_numpy(generator.integers(0, 4, truth.shape)), truth)

    return noisy(0.6), noisy(0.4), truth


def _shares(first: Tensor, second: Tensor) -> tuple[float, float]:
    return float(first.float().mean()), float(second.float().mean())


def _mended(before: Tensor, after: Tensor, truth: Tensor) -> tuple[float, float]:
    was, now = before == truth, after == truth
    return _shares(~was & now, was & ~now)


def _net(mended: float, broken: float) -> tuple[float, float]:
    return max(mended - broken, 0.0), max(broken - mended, 0.0)


mended_and_broken = Exercise(
    name="mended_and_broken",
    make_input=_three_maps,
    solution=_mended,
    mistakes=(
        Mistake(
            lambda *maps: _mended(*maps)[::-1],
            "the two are swapped: mended was wrong and is right; broken was right and is wrong.",
        ),
        Mistake(
            lambda before, after, truth: _shares(after == truth, after != truth),
            "these are the shares right and wrong *after* the pass. Mended and broken compare with before.",
        ),
        Mistake(
            lambda before, after, truth: _shares(before != after, before != after),
            "this counts all pixels that changed. A wrong label that becomes another wrong one is neither.",
        ),
        Mistake(
            lambda before, after, truth: _mended(*(each[before != after] for each in (before, after, truth))),
            "these are shares of the changed pixels. Shares of *all* pixels are asked for, so that mended minus "
            "broken is the gain in accuracy.",
        ),
        Mistake(
            lambda *maps: _net(*_mended(*maps)),
            "this is the difference of the two shares: a pass that mends and breaks equally much would seem to do "
            "nothing.",
        ),
    ),
)
