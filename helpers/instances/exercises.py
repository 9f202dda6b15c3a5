"""Checks for the exercises of notebook 05a: overlap of masks, suppression, average precision."""

from collections.abc import Callable

import torch
from numpy.random import Generator
from torch import Tensor

from helpers.checking import Exercise, Mistake

LEVELS = 101  # of recall, at which COCO reads the precision


def _two_sets(generator: Generator) -> tuple[Tensor, Tensor]:
    """Masks of very different areas, so that no two ways of dividing agree."""
    D, E, H, W = (int(size) for size in generator.permutation([2, 3, 5, 7]))
    shares = generator.uniform(0.2, 0.9, D + E)[:, None, None]
    masks = torch.from_numpy(generator.random((D + E, H, W)) < shares)
    masks[:, 0, 0] = True  # none is empty
    return masks[:D], masks[D:]


def _from_counts(score: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """A score of every pair, from its pixels in both masks (D, E), in the first (D, 1) and in the second (E,)."""

    def scores(masks: Tensor, others: Tensor) -> Tensor:
        both = (masks[:, None] & others).sum(dim=(2, 3)).float()
        return score(both, masks.sum(dim=(1, 2))[:, None].float(), others.sum(dim=(1, 2)).float())

    return scores


iou = Exercise(
    name="iou",
    make_input=_two_sets,
    solution=_from_counts(lambda both, first, second: both / (first + second - both)),
    mistakes=(
        Mistake(
            _from_counts(lambda both, first, second: 2 * both / (first + second)),
            "this is twice the intersection over the sum of the areas, the Dice score. It has the same order, but is "
            "larger: an IoU of 0.5 is a Dice score of 0.67. Divide by the union.",
        ),
        Mistake(
            _from_counts(lambda both, first, second: both / (first + second)),
            "the union counts shared pixels once. The sum of both areas counts them twice: take the intersection off.",
        ),
        Mistake(
            _from_counts(lambda both, first, second: both / first),
            "this is the share of the first mask that lies in the second. A mask of one pixel would score 1 there.",
        ),
        Mistake(
            lambda masks, others: (masks[:, None] == others).float().mean(dim=(2, 3)),
            "this is the share of pixels on which both agree, the ground among them. Two small masks far apart would "
            "score nearly 1: count only pixels that are in one of the masks.",
        ),
    ),
)


def _crowd(generator: Generator) -> tuple[Tensor, Tensor, float]:
    """Overlaps of pairs, and scores in no order; many pairs overlap, so that rules differ."""
    D = 12
    alike = torch.from_numpy(generator.random((D, D)) ** 2).triu(1)
    return alike + alike.T + torch.eye(D), torch.from_numpy(generator.permutation(D) / D + 0.01), 0.35


def _greedy(alike: Tensor, order: Tensor, limit: float) -> Tensor:
    kept: list[int] = []
    for place in order.tolist():
        if all(alike[place, better] <= limit for better in kept):
            kept.append(place)
    return torch.isin(torch.arange(len(alike)), torch.tensor(kept))


suppress = Exercise(
    name="suppress",
    make_input=_crowd,
    solution=lambda alike, scores, limit: _greedy(alike, scores.argsort(descending=True), limit),
    trials=8,
    mistakes=(
        Mistake(
            lambda alike, scores, limit: ~((alike > limit) & (scores[None] > scores[:, None])).any(dim=1),
            "a detection is dropped because of one that has been dropped itself. Only those that stay may drop others: "
            "go from the best down, and compare with what is kept so far.",
        ),
        Mistake(
            lambda alike, scores, limit: _greedy(alike, scores.argsort(), limit),
            "the worst detection is taken first, and drops better ones. Go from the highest score down.",
        ),
        Mistake(
            lambda alike, scores, limit: _greedy(alike, torch.arange(len(scores)), limit),
            "detections are taken in the order in which they come. They are in no order: sort by score first.",
        ),
        Mistake(
            lambda alike, scores, limit: _greedy(1 - alike + torch.eye(len(alike)), scores.argsort(), limit),
            "those that overlap little are dropped. A double is what overlaps by more than the limit.",
        ),
        Mistake(
            lambda alike, scores, limit: torch.arange(len(scores)) == scores.argmax(),
            "only the single best is kept. After it, go on with what it does not overlap.",
        ),
    ),
)


def _ranking(generator: Generator) -> tuple[Tensor, int]:
    """Hits from the best detection down, a miss first and a hit last, and more true instances than hits."""
    hits = torch.from_numpy(generator.random(12) < 0.5)
    hits[[0, 3, 6]], hits[[1, 4, 11]] = False, True
    return hits, int(hits.sum()) + int(generator.integers(1, 4))


def _curve(hits: Tensor, total: int) -> tuple[Tensor, Tensor]:
    """Precision and recall after each detection."""
    right = hits.cumsum(dim=0)
    return right / torch.arange(1, len(hits) + 1), right / total


def _read(precision: Tensor, recall: Tensor) -> Tensor:
    """The precision where each level of recall is first reached; 0 where it never is."""
    levels = torch.linspace(0, 1, LEVELS, dtype=torch.float64)
    place = torch.searchsorted(recall.double(), levels - 1e-6)  # a recall of 0.7 may be a little less
    return torch.cat([precision, torch.zeros(1)])[place]


def _levels(hits: Tensor, total: int) -> Tensor:
    """The best precision at each level of recall or above."""
    precision, recall = _curve(hits, total)
    return _read(precision.flip(0).cummax(dim=0).values.flip(0), recall)


average_precision = Exercise(
    name="average_precision",
    make_input=_ranking,
    solution=lambda hits, total: _levels(hits, total).mean(),
    mistakes=(
        Mistake(
            lambda hits, total: _read(*_curve(hits, total)).mean(),
            "the precision is read where a recall is first reached. COCO takes the best precision there or at any "
            "higher recall: run a maximum over the ranking from its end.",
        ),
        Mistake(
            lambda hits, total: _levels(hits, total)[_levels(hits, total) > 0].mean(),
            "levels of recall that are never reached are left out, so missed instances cost nothing. Their precision "
            "is 0, and they count among the 101.",
        ),
        Mistake(
            lambda hits, total: _levels(hits, int(hits.sum())).mean(),
            "recall is divided by the hits, so it always ends at 1. Divide by `total`, all true instances.",
        ),
        Mistake(
            lambda hits, total: _curve(hits, total)[0].mean(),
            "this is the mean precision over the ranking: every false detection at its end would lower it. Average "
            "over levels of recall.",
        ),
        Mistake(
            lambda hits, total: _curve(hits, total)[0][hits].sum() / total,
            "this sums the plain precision at each hit, the area under the raw curve. COCO first takes the best "
            "precision at that recall or above, then reads 101 levels.",
        ),
    ),
)
