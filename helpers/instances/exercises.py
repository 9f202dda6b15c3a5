"""Checks for the exercises of notebook 05a: overlap of masks, suppression, average precision."""

from collections.abc import Callable
from functools import partial

import torch
from numpy.random import Generator
from torch import Tensor

from helpers.checking import Exercise, Mistake

LEVELS = 101  # of recall, at which COCO reads the precision


def faults(answer: Callable[..., Tensor], **hints: str) -> tuple[Mistake, ...]:
    """The mistakes that options of an answer put in, by the option's name; each with its hint."""
    return tuple(Mistake(partial(answer, **{option: True}), hint) for option, hint in hints.items())


def _two_sets(generator: Generator) -> tuple[Tensor, Tensor]:
    """Masks of very different areas, so that no two ways of dividing agree."""
    D, E, H, W = (int(size) for size in generator.permutation([2, 3, 5, 7]))
    shares = generator.uniform(0.2, 0.9, D + E)[:, None, None]
    masks = torch.from_numpy(generator.random((D + E, H, W)) < shares)
    masks[:, 0, 0] = True  # none is empty
    return masks[:D], masks[D:]


def _iou(masks: Tensor, others: Tensor, dice=False, summed=False, of_first=False, agreement=False) -> Tensor:
    """The IoU of every pair; an option puts a fault in."""
    if agreement:
        return (masks[:, None] == others).float().mean(dim=(2, 3))
    both = (masks[:, None] & others).sum(dim=(2, 3))
    first, second = masks.sum(dim=(1, 2))[:, None], others.sum(dim=(1, 2))
    if of_first:
        return both / first
    return (2 * both if dice else both) / (first + second - (0 if dice or summed else both))


iou = Exercise(
    name="iou",
    make_input=_two_sets,
    solution=_iou,
    mistakes=faults(
        _iou,
        dice="this is twice the intersection over the sum of the areas, the Dice score. It has the same order, but is "
        "larger: an IoU of 0.5 is a Dice score of 0.67. Divide by the union.",
        summed="the union counts shared pixels once. The sum of both areas counts them twice: subtract them once.",
        of_first="this is the share of the first mask that lies in the second. One pixel would score 1 there.",
        agreement="this is the share of pixels on which both agree, the ground among them. Two small masks far apart "
        "would score nearly 1: count only pixels that are in one of the masks.",
    ),
)


def _crowd(generator: Generator) -> tuple[Tensor, Tensor, float]:
    """Overlaps of pairs, and scores in no order; many pairs overlap, so that rules differ."""
    D = 12
    alike = torch.from_numpy(generator.random((D, D)) ** 2).triu(1)
    return alike + alike.T + torch.eye(D), torch.from_numpy(generator.permutation(D) / D + 0.01), 0.35


def _suppress(
    alike: Tensor,
    scores: Tensor,
    limit: float,
    by_all=False,
    worst=False,
    unsorted=False,
    far=False,
    one=False,
) -> Tensor:
    """Which detections stay; an option puts a fault in."""
    places = torch.arange(len(scores))
    if by_all:
        return ~((alike > limit) & (scores[None] > scores[:, None])).any(dim=1)
    kept: list[int] = []
    for place in (places if unsorted else scores.argsort(descending=not worst)).tolist():
        overlaps = [1 - alike[place, better] if far else alike[place, better] for better in kept]
        if all(overlap <= limit for overlap in overlaps):
            kept.append(place)
    return torch.isin(places, torch.tensor(kept[:1] if one else kept))


suppress = Exercise(
    name="suppress",
    make_input=_crowd,
    solution=_suppress,
    trials=8,
    mistakes=faults(
        _suppress,
        by_all="a detection is dropped because of one that has been dropped itself. Only those that stay may drop "
        "others: go from the best down, and compare with what is kept so far.",
        worst="the worst detection is taken first, and drops better ones. Go from the highest score down.",
        unsorted="detections are taken in the order in which they come. They are in no order: sort by score first.",
        far="those that overlap little are dropped. A double is what overlaps by more than the limit.",
        one="only the single best is kept. After it, go on with what it does not overlap.",
    ),
)


def _ranking(generator: Generator) -> tuple[Tensor, int]:
    """Hits from the best detection down, a miss first and a hit last, and more true instances than hits."""
    hits = torch.from_numpy(generator.random(12) < 0.5)
    hits[[0, 3, 6]], hits[[1, 4, 11]] = False, True
    return hits, int(hits.sum()) + int(generator.integers(1, 4))


def _average(
    hits: Tensor, total: int, first=False, reached=False, of_hits=False, of_ranking=False, raw=False
) -> Tensor:
    """AP; an option puts a fault in."""
    right = hits.cumsum(dim=0)
    precision, recall = right / torch.arange(1, len(hits) + 1), right / (right[-1] if of_hits else total)
    if of_ranking:
        return precision.mean()
    if raw:
        return precision[hits].sum() / total
    if not first:
        precision = precision.flip(0).cummax(dim=0).values.flip(0)
    levels = torch.linspace(0, 1, LEVELS, dtype=torch.float64)
    place = torch.searchsorted(recall.double(), levels - 1e-6)  # a recall of 0.7 may be a little less
    read = torch.cat([precision, torch.zeros(1)])[place]
    return (read[read > 0] if reached else read).mean()


average_precision = Exercise(
    name="average_precision",
    make_input=_ranking,
    solution=_average,
    mistakes=faults(
        _average,
        first="the precision is read where a recall is first reached. COCO takes the best precision there or at any "
        "higher recall: run a maximum over the ranking from its end.",
        reached="levels of recall that are never reached are left out, so missed instances cost nothing. Their "
        "precision is 0, and they count among the 101.",
        of_hits="recall is divided by the hits, so it always ends at 1. Divide by `total`, all true instances.",
        of_ranking="this is the mean precision over the ranking: every false detection at its end would lower it. "
        "Average over levels of recall.",
        raw="this sums the plain precision at each hit, the area under the raw curve. COCO first takes the best "
        "precision at that recall or above, then reads 101 levels.",
    ),
)
