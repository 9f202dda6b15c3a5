"""Checks for the exercises of notebook 05b, cascades."""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from helpers.checking import Exercise, Mistake
from helpers.instances.cascades.warping import box_shifts


def _read(cells: Tensor, places: Tensor, first: float = 0.5) -> Tensor:
    """Read cells (H, W) at places (N, 2) as x, y by tents; `first` is where the centre of cell 0 lies."""
    rows, columns = (torch.arange(side, dtype=places.dtype) + first for side in cells.shape)
    x, y = places.unbind(dim=1)
    down, across = (
        (1 - (place[:, None] - centres).abs()).clamp(min=0) for place, centres in ((y, rows), (x, columns))
    )
    return ((down @ cells) * across).sum(dim=1)


def _cells_and_places(generator: Generator) -> tuple[Tensor, Tensor]:
    """Cells, and places within them, some of them less than half a cell from the edge."""
    H, W = (int(side) for side in generator.permutation([4, 6]))
    places = generator.uniform(0.6, 1, (8, 2)) * (W - 0.2, H - 0.2)
    places[:4] = generator.uniform(0.05, 0.4, (4, 2))
    return torch.from_numpy(generator.standard_normal((H, W)) + 2), torch.from_numpy(places)


def _pushed_in(cells: Tensor, places: Tensor) -> Tensor:
    last = torch.tensor(cells.T.shape) - 0.5
    return _read(cells, places.clamp(min=0.5).minimum(last.to(places)))


bilinear_read = Exercise(
    name="bilinear_read",
    make_input=_cells_and_places,
    solution=_read,
    mistakes=(
        Mistake(
            lambda cells, places: _read(cells, places, first=0.0),
            "the half cell is forgotten: cell 0 reaches from 0 to 1, so its centre lies at 0.5. Each answer is that of "
            "a place half a cell further on.",
        ),
        Mistake(
            lambda cells, places: _read(cells, places.flip(1)),
            "x and y are swapped. A place is (x, y): x counts columns, which are the last axis.",
        ),
        Mistake(
            lambda cells, places: cells[places[:, 1].long(), places[:, 0].long()],
            "this is the cell the place lies in. It jumps where two cells meet, and has no gradient for the place. "
            "Read the four cells round it, each by its tent.",
        ),
        Mistake(
            _pushed_in,
            "near the edge the place is pushed to the outermost centres, or the weights are scaled to sum to 1. Here "
            "the maps are 0 outside: less than half a cell from the edge the weights sum to less than 1.",
        ),
    ),
)


def _pairs(generator: Generator) -> tuple[Tensor, Tensor]:
    """Anchors and the boxes that they belong to."""
    A = int(generator.integers(3, 7))
    corners = generator.uniform(0, 60, (2, A, 2))
    sides = generator.uniform(15, 40, (2, A, 2))
    both = np.concatenate([corners, corners + sides], axis=-1)
    return torch.from_numpy(both[0]), torch.from_numpy(both[1])


def _with(columns: slice, otherwise: Callable[[Tensor, Tensor], Tensor]):
    """The right targets, but for some columns that are computed otherwise from anchors and boxes."""

    def wrong(anchors: Tensor, boxes: Tensor) -> Tensor:
        found = box_shifts(boxes, anchors)
        found[:, columns] = otherwise(anchors, boxes)
        return found

    return wrong


def _sides(boxes: Tensor) -> Tensor:
    return boxes[:, 2:] - boxes[:, :2]


def _moves(anchors: Tensor, boxes: Tensor) -> Tensor:
    """How far the middles are apart, in pixels."""
    return (boxes[:, :2] + boxes[:, 2:] - anchors[:, :2] - anchors[:, 2:]) / 2


box_targets = Exercise(
    name="box_targets",
    make_input=_pairs,
    solution=lambda anchors, boxes: box_shifts(boxes, anchors),
    mistakes=(
        Mistake(
            _with(slice(2), lambda anchors, boxes: _moves(anchors, boxes) / _sides(boxes)),
            "the shift is divided by the true box's sides. The network knows the anchor's: divide by those.",
        ),
        Mistake(
            _with(slice(2), lambda anchors, boxes: (boxes - anchors)[:, :2] / _sides(anchors)),
            "this moves the upper left corner. The targets move the centre.",
        ),
        Mistake(
            _with(slice(2), _moves),
            "the shift is in pixels. In the anchor's sides it is of one size for small things and large ones.",
        ),
        Mistake(
            _with(slice(2, 4), lambda anchors, boxes: _sides(boxes) / _sides(anchors)),
            "the logarithm of the sides' ratio is missing: with it, half and twice as wide are equally far from "
            "0, and no answer makes a side negative.",
        ),
        Mistake(
            lambda anchors, boxes: box_shifts(anchors, boxes),
            "this brings the box to the anchor. The network starts from the anchor and is to arrive at the box.",
        ),
    ),
)


def _ballot(generator: Generator) -> tuple[Tensor, Tensor, Tensor, int]:
    """Masks (R, H, W) in two places, their scores (R,) and classes (R,), of which one strays; and the best one."""
    H, W = (int(side) for side in generator.permutation([10, 12]))
    rows, columns = np.mgrid[:H, :W]
    masks = []
    for k in range(6):
        middle = (3 if k < 4 else 7) + generator.uniform(-0.4, 0.4)  # two things beside one another
        reach = np.maximum(np.abs(columns - middle), np.abs(rows - 4.5))
        masks.append(1 / (1 + np.exp(2 * (reach - 2.8 + generator.uniform(-0.3, 0.3)))))
    classes = np.array([3, 3, 3, 7, 3, 3])
    scores = generator.uniform(0.2, 0.7, 6)
    scores[0] = 0.9
    order = generator.permutation(6)
    picked = torch.from_numpy(np.stack(masks)[order]), torch.from_numpy(scores[order])
    return *picked, torch.from_numpy(classes[order]), int((order == 0).argmax())


def _vote(
    masks: Tensor, scores: Tensor, classes: Tensor, best: int, apart=False, other=False, mean=True
) -> Tensor:
    """The mean mask by votes, or their sum; of masks `apart` from the best one, too, or of an `other` class."""
    inside = masks >= 0.5
    both, either = (inside & inside[best]).sum(dim=(1, 2)), (inside | inside[best]).sum(dim=(1, 2))
    votes = scores * ((both / either >= 0.5) | apart) * ((classes == classes[best]) | other)
    return (votes[:, None, None] * masks).sum(dim=0) / (votes.sum() if mean else 1)


voted_mask = Exercise(
    name="voted_mask",
    make_input=_ballot,
    solution=_vote,
    mistakes=(
        Mistake(
            partial(_vote, other=True),
            "masks of another class vote, too. A mask of another class is another opinion on what is there.",
        ),
        Mistake(
            partial(_vote, apart=True),
            "masks of the same class elsewhere vote, too: they are masks of a neighbour. Keep those that overlap the "
            "best one by an IoU of at least 0.5.",
        ),
        Mistake(
            lambda masks, scores, classes, best: _vote(masks, torch.ones_like(scores), classes, best),
            "all votes count the same. Each counts by its score.",
        ),
        Mistake(
            lambda masks, scores, classes, best: _vote((masks >= 0.5).to(masks), scores, classes, best),
            "the masks are cut at 0.5 before they vote. Average the probabilities, and cut their mean.",
        ),
        Mistake(
            partial(_vote, mean=False),
            "this is the sum of the weighted masks. Divide by the sum of the weights of those that vote.",
        ),
    ),
)
