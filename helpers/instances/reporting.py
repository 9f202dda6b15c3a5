"""The record in words, and the reasons for which an instance is not found."""

from collections.abc import Mapping, Sequence

import numpy as np
from torch import Tensor

from helpers import results
from helpers.instances.figures import painted
from helpers.instances.scoring import Detections, mask_iou

REASONS = ("found", "wrong digit", "no proposal fits", "poor mask", "not kept")


def recorded(
    systems: Mapping[str, Mapping[str, results.Field]],
    pairs: Sequence[tuple[str, str]] = (),
    figures: Sequence[str] = ("ap_50", "ap_70"),
    budget: str = "record",
    **sets: results.Field,
) -> str:
    """A table of systems, name -> fields, and a line for each pair: how far the first is ahead at IoU 0.7."""
    lines = [results.table("instances", budget, figures, systems, **sets)]
    for mine, other in pairs:
        verdict = results.comparison("instances", budget, "ap_70", systems[mine], systems[other], **sets)
        lines.append(f"  {mine} over {other}, ap 70: {verdict}")
    return "\n".join(lines) + "\n"


def reasons(proposed: Tensor, found: Detections, truth: Detections, overlap: float = 0.7) -> list[str]:
    """Why each true instance of an image is missed, one of `REASONS`: the first that applies, in their order.

    Args:
        proposed: (P, H, W) bool, what could have been named.
        overlap: the least IoU of a mask that counts.
    """
    told = []
    fits, near = mask_iou(truth.masks, found.masks), mask_iou(truth.masks, proposed)
    for digit, fit, best in zip(truth.classes, fits, near, strict=True):
        good = fit >= overlap
        right, proposable = good & (found.classes == digit), best >= overlap
        applies = right.any(), good.any(), not proposable.any(), (fit >= 0.5).any(), True
        told.append(next(name for name, yes in zip(REASONS, applies, strict=True) if yes))
    return told


def counted(told: Sequence[Sequence[str]]) -> str:
    """How often each reason holds over some images: "found 79, wrong digit 7, ..."."""
    return ", ".join(f"{name} {sum(each.count(name) for each in told)}" for name in REASONS)


def failures(
    images: Tensor,
    told: Sequence[Sequence[str]],
    sources: Mapping[str, Sequence[Detections]],
    least: float = 0.5,
) -> tuple[list[np.ndarray], list[str], list[str]]:
    """The first image with each reason for a miss, another one for each where there is one, as each source has it.

    Args:
        images: (N, 3, H, W) in uint8. told: of `reasons`, for each image. least: score of what is drawn.

    Returns:
        The pictures, a row of them for each source; a title for each, how many things are drawn, and which digits, on
        a second line; and the reasons.
    """
    first: dict[str, int] = {}
    for name in REASONS[1:]:
        if numbers := [n for n, each in enumerate(told) if name in each]:
            first[name] = next((n for n in numbers if n not in first.values()), numbers[0])
    shown, titles = [], []
    for source, found in sources.items():
        for n in first.values():
            sure = found[n][found[n].scores >= least]
            shown.append(painted(images[n], sure.masks))
            digits = " ".join(map(str, sorted(sure.classes.tolist())))
            titles.append(f"{source}, {len(sure)}:\n{digits}")
    return shown, titles, list(first)
