"""Checks for the exercises of notebook 05b, cascades."""

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from helpers.checking import Exercise
from helpers.instances.exercises import faults


def _cells_and_places(generator: Generator) -> tuple[Tensor, Tensor]:
    """Cells, and places within them, some of them less than half a cell from the edge."""
    H, W = (int(side) for side in generator.permutation([4, 6]))
    places = generator.uniform(0.6, 1, (8, 2)) * (W - 0.2, H - 0.2)
    places[:4] = generator.uniform(0.05, 0.4, (4, 2))
    return torch.from_numpy(generator.standard_normal((H, W)) + 2), torch.from_numpy(places)


def _read(cells: Tensor, places: Tensor, corner=False, swapped=False, jumps=False, pushed=False) -> Tensor:
    """Read cells (H, W) at places (N, 2) as x, y by tents; an option puts a fault in."""
    if jumps:
        return cells[places[:, 1].long(), places[:, 0].long()]
    rows, columns = (torch.arange(side, dtype=places.dtype) + (0 if corner else 0.5) for side in cells.shape)
    x, y = (places.flip(1) if swapped else places).unbind(dim=1)
    if pushed:
        x, y = x.clamp(columns[0], columns[-1]), y.clamp(rows[0], rows[-1])
    down, across = (
        (1 - (place[:, None] - centres).abs()).clamp(min=0) for place, centres in ((y, rows), (x, columns))
    )
    return ((down @ cells) * across).sum(dim=1)


bilinear_read = Exercise(
    name="bilinear_read",
    make_input=_cells_and_places,
    solution=_read,
    mistakes=faults(
        _read,
        corner="the half cell is forgotten: cell 0 reaches from 0 to 1, so its centre lies at 0.5. Each answer is that "
        "of a place half a cell further on.",
        swapped="x and y are swapped. A place is (x, y): x counts columns, which are the last axis.",
        jumps="this is the cell the place lies in. It jumps where two cells meet, and has no gradient for the place. "
        "Read the four cells round it, each by its tent.",
        pushed="near the edge the place is pushed to the outermost centres, or the weights are scaled to sum to 1. "
        "Here the maps are 0 outside: less than half a cell from the edge the weights sum to less than 1.",
    ),
)


def _pairs(generator: Generator) -> tuple[Tensor, Tensor]:
    """Anchors and the boxes that they belong to."""
    A = int(generator.integers(3, 7))
    corners = torch.from_numpy(generator.uniform(0, 60, (2, A, 2)))
    anchors, boxes = torch.cat([corners, corners + generator.uniform(15, 40, (2, A, 2))], dim=-1)
    return anchors, boxes


def _targets(
    anchors: Tensor, boxes: Tensor, of_boxes=False, corner=False, pixels=False, plain=False, backwards=False
) -> Tensor:
    """What brings anchors to boxes; an option puts a fault in."""
    if backwards:
        anchors, boxes = boxes, anchors
    own, wanted = (each[:, 2:] - each[:, :2] for each in (anchors, boxes))
    moves = boxes[:, :2] - anchors[:, :2] + (0 if corner else (wanted - own) / 2)
    unit = wanted if of_boxes else own
    if pixels:
        unit = 1
    return torch.cat([moves / unit, wanted / own if plain else (wanted / own).log()], dim=1)


box_targets = Exercise(
    name="box_targets",
    make_input=_pairs,
    solution=_targets,
    mistakes=faults(
        _targets,
        of_boxes="the shift is divided by the true box's sides. The network knows the anchor's: divide by those.",
        corner="this moves the upper left corner. The targets move the centre.",
        pixels="the shift is in pixels. In the anchor's sides it is of one size for small things and large ones.",
        plain="the logarithm of the sides' ratio is missing: with it, half and twice as wide are equally far from 0, "
        "and no answer makes a side negative.",
        backwards="this brings the box to the anchor. The network starts from the anchor and is to arrive at the box.",
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
    masks: Tensor, scores: Tensor, classes: Tensor, best: int,
    other=False, apart=False, equal=False, cut=False, summed=False,
) -> Tensor:  # fmt: skip
    """The mean mask by votes; an option puts a fault in."""
    inside = masks >= 0.5
    both, either = (inside & inside[best]).sum(dim=(1, 2)), (inside | inside[best]).sum(dim=(1, 2))
    counts = ((both / either >= 0.5) | apart) & ((classes == classes[best]) | other)
    votes = counts * (1 if equal else scores)
    total = (votes[:, None, None] * (inside if cut else masks)).sum(dim=0)
    return total if summed else total / votes.sum()


voted_mask = Exercise(
    name="voted_mask",
    make_input=_ballot,
    solution=_vote,
    mistakes=faults(
        _vote,
        other="masks of another class vote, too. A mask of another class is another opinion on what is there.",
        apart="masks of the same class elsewhere vote, too: they are masks of a neighbour. Keep those that overlap the "
        "best one by an IoU of at least 0.5.",
        equal="all votes count the same. Each counts by its score.",
        cut="the masks are cut at 0.5 before they vote. Average the probabilities, and cut their mean.",
        summed="this is the sum of the weighted masks. Divide by the sum of the weights of those that vote.",
    ),
)
