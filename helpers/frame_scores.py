"""Score a film frame by frame, so that a result can be asked how it depends on the frames."""

import torch
from torch import Generator, Tensor, nn

from helpers import runtime
from helpers.data.batches import in_order
from helpers.data.public import CamVid
from helpers.metrics import BoundaryIoU

CLASSES, VOID = len(CamVid.classes), CamVid.VOID
STRETCH = 10  # frames: neighbours in a film show nearly the same street
DRAWS = 2000


@torch.no_grad()
def count(network: nn.Module, scenes: CamVid) -> dict[str, Tensor]:
    """Count, frame by frame, what scores are made of, so that any choice of frames can be scored.

    Returns:
        `confusion` (N, classes, classes), rows truth, columns prediction, void left out; `intersection` and `union`
        (N, classes), of the bands along the edges (see `BoundaryIoU`).
    """
    network.to(runtime.device()).eval()
    bands = BoundaryIoU(CLASSES, ignore_index=VOID)
    counts: dict[str, list[Tensor]] = {"confusion": [], "intersection": [], "union": []}
    for images, labels in in_order(scenes.images, scenes.labels, size=20):
        guesses = network(images.to(runtime.device())).argmax(dim=1).cpu()
        for guess, truth in zip(guesses, labels, strict=True):
            pairs = (truth * CLASSES + guess)[truth != VOID]
            counts["confusion"].append(torch.bincount(pairs, minlength=CLASSES**2).view(CLASSES, CLASSES))
            bands.reset()
            bands.update(guess[None], truth[None])
            counts["intersection"].append(bands.intersection)
            counts["union"].append(bands.union)
    return {name: torch.stack(each) for name, each in counts.items()}


def score(counts: dict[str, Tensor]) -> dict[str, Tensor]:
    """Turn counts, summed over frames, into the course's four scores and into IoU and recall by class.

    Args:
        counts: of `count`, summed over N; leading dimensions are kept, so that many sums are scored at once.

    Returns:
        `mean_iou`, `boundary_iou`, `pixel_accuracy`, `class_accuracy` (...), each as `segmentation_metrics` has it;
        `iou` and `recall` (..., classes), NaN where a class does not occur.
    """
    confusion = counts["confusion"].double()
    hits, truth = confusion.diagonal(dim1=-2, dim2=-1), confusion.sum(dim=-1)
    iou = hits / (truth + confusion.sum(dim=-2) - hits)
    recall = hits / truth
    # A class that is only ever predicted has no recall of its own, and counts as none found.
    found = recall.where(truth > 0, torch.where(iou.isnan(), iou, 0.0))
    return {
        "mean_iou": iou.nanmean(dim=-1),
        "boundary_iou": (counts["intersection"].double() / counts["union"]).nanmean(dim=-1),
        "pixel_accuracy": hits.sum(dim=-1) / truth.sum(dim=-1),
        "class_accuracy": found.nanmean(dim=-1),
        "iou": iou,
        "recall": recall,
    }


def total(counts: dict[str, Tensor]) -> dict[str, Tensor]:
    """Sum the counts of all frames."""
    return {name: each.sum(dim=0) for name, each in counts.items()}


def bootstrap(
    mine: dict[str, Tensor], other: dict[str, Tensor], figure: str, stretch: int = STRETCH
) -> tuple[float, float]:
    """How far one network is ahead of another on frames drawn anew: the middle 95% of the differences.

    Both are judged on the same draw. Drawn are stretches of neighbouring frames (Kuensch 1989), not single frames:
    neighbours in a film resemble each other, and counting them as independent would make the interval too narrow.
    It says how the result depends on the streets of this film, nothing about another seed or another film.

    Args:
        mine, other: of `count`, on the same frames in the order of the film.
        figure: of `score`.
    """
    N = len(mine["confusion"])
    stretch = min(stretch, N)
    starts = torch.randint(N - stretch + 1, (DRAWS, -(-N // stretch)), generator=Generator().manual_seed(0))
    chosen = (starts[:, :, None] + torch.arange(stretch)).flatten(1)[:, :N]
    drawn = [
        score(
            {
                name: torch.stack([each[frames].sum(dim=0) for frames in chosen])
                for name, each in counts.items()
            }
        )
        for counts in (mine, other)
    ]
    low, high = (drawn[0][figure] - drawn[1][figure]).quantile(torch.tensor([0.025, 0.975]).double()).tolist()
    return low, high
