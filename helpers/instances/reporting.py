"""The record in words, and the reasons for which an instance is not found."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from helpers import results
from helpers.instances.scoring import Detections, mask_iou

REASONS = ("found", "wrong digit", "no proposal fits", "poor mask", "not kept")


def recorded(
    systems: Mapping[str, Mapping[str, results.Field]],
    pairs: Sequence[tuple[str, str]] = (),
    figures: Sequence[str] = ("ap_50", "ap_70"),
    **sets: results.Field,
) -> str:
    """A table of systems, name -> fields, and a line for each pair: how far the first is ahead at IoU 0.7."""
    lines = [results.table("instances", "record", figures, systems, **sets)]
    for mine, other in pairs:
        said = results.comparison("instances", "record", "ap_70", systems[mine], systems[other], **sets)
        lines.append(f"  {mine} over {other}, ap 70: {said}")
    return "\n".join(lines) + "\n"


def reasons(proposed: Tensor, found: Detections, truth: Detections, overlap: float = 0.7) -> list[str]:
    """Why each true instance of an image is missed, one of `REASONS`: the first that applies, in their order.

    Args:
        proposed: (P, H, W) bool, what could have been named.
        overlap: the least IoU of a mask that counts.
    """
    told = []
    fits, near = mask_iou(truth.masks, found.masks), mask_iou(truth.masks, proposed)
    for k, digit in enumerate(truth.classes):
        good = fits[k] >= overlap
        applies = (
            (good & (found.classes == digit)).any(),
            good.any(),
            not (near[k] >= overlap).any(),
            (fits[k] >= 0.5).any(),
            torch.tensor(True),
        )
        told.append(REASONS[next(place for place, yes in enumerate(applies) if yes)])
    return told
