"""What is found in an image, and its score: average precision by the overlap of masks, through pycocotools."""

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from pycocotools import mask as coco_masks
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from torch import Tensor

from helpers.ops import check_tensor

OVERLAPS = (0.5, 0.7)  # least IoU of a mask with the true one; COCO's own summary has no line for 0.7
# COCO's smallest range ends at 32 x 32 pixels, where our largest digits begin.
AREAS = {"all": (0, 1e9), "small": (0, 500), "large": (500, 1e9)}
MOST = 100  # detections an image that count, the best first


@dataclass(frozen=True)
class Detections:
    """D instances found in one image; true ones, too, with scores of 1.

    Attributes:
        image: the image's number in its set, from 0.
        masks: (D, H, W) bool.
        classes: (D,) int64, a digit 0 to 9 each.
        scores: (D,) floating point, the greater the surer.
    """

    image: int
    masks: Tensor
    classes: Tensor
    scores: Tensor

    def __post_init__(self) -> None:
        for part, name in ((self.masks, "masks"), (self.classes, "classes"), (self.scores, "scores")):
            check_tensor(part, name)
        if self.masks.ndim != 3 or self.masks.dtype != torch.bool:
            raise ValueError(
                f"Expected masks (D, H, W) in bool, got {tuple(self.masks.shape)} in {self.masks.dtype}: compare "
                "probabilities with 0.5; none found is masks[:0]."
            )
        D = len(self.masks)
        if self.classes.shape != (D,) or self.scores.shape != (D,):
            raise ValueError(
                f"Expected one class and one score for each of {D} masks, got {tuple(self.classes.shape)} and "
                f"{tuple(self.scores.shape)}."
            )
        if self.classes.is_floating_point() or self.classes.dtype == torch.bool:
            raise ValueError(f"Expected classes as integers, got {self.classes.dtype}.")
        if not torch.isfinite(self.scores).all():
            raise ValueError("The scores hold NaN or infinity: look at where they were computed.")

    def __len__(self) -> int:
        return len(self.masks)

    def __getitem__(self, chosen: Tensor | slice) -> "Detections":
        """Some of them, by numbers (int64), by a slice or by a mask (D,) bool."""
        return Detections(self.image, self.masks[chosen], self.classes[chosen], self.scores[chosen])

    @property
    def boxes(self) -> Tensor:
        """Round each mask, (D, 4) int64 as x0, y0, x1, y1, the last two exclusive; zeros round an empty mask."""
        return boxes_round(self.masks)


def boxes_round(masks: Tensor) -> Tensor:
    """Box masks (D, H, W) in bool: (D, 4) int64 as x0, y0, x1, y1, the last two exclusive; zeros where empty."""
    columns, rows = masks.any(dim=1).int(), masks.any(dim=2).int()
    first = torch.stack([columns.argmax(1), rows.argmax(1)], dim=1)
    last = torch.stack(
        [columns.shape[1] - columns.flip(1).argmax(1), rows.shape[1] - rows.flip(1).argmax(1)], dim=1
    )
    return torch.cat([first, last], dim=1) * columns.any(dim=1, keepdim=True)


def mask_iou(masks: Tensor, others: Tensor) -> Tensor:
    """Intersection over union of every mask with every other one; two empty masks have 0.

    Args:
        masks: (D, H, W) bool. others: (E, H, W) bool.

    Returns:
        (D, E) float32.
    """
    for part, name in ((masks, "masks"), (others, "others")):
        check_tensor(part, name)
        if part.dtype != torch.bool or part.ndim != 3:
            raise ValueError(f"Expected {name} (D, H, W) in bool, got {tuple(part.shape)} in {part.dtype}.")
    if masks.shape[1:] != others.shape[1:]:
        raise ValueError(
            f"Expected masks of one height and width, got {tuple(masks.shape)} and {tuple(others.shape)}."
        )
    flat, other = masks.flatten(1).float(), others.flatten(1).float()
    both = flat @ other.T
    either = flat.sum(dim=1)[:, None] + other.sum(dim=1) - both
    return both / either.clamp(min=1)


def right(found: Detections, truth: Detections, overlap: float = OVERLAPS[0]) -> int:
    """How many true instances of an image some detection of their class overlaps enough."""
    fits = mask_iou(truth.masks, found.masks) >= overlap
    return int((fits & (truth.classes[:, None] == found.classes)).any(dim=1).sum())


def average_precision(found: Sequence[Detections], truth: Sequence[Detections]) -> dict[str, float]:
    """Judge what was found by AP^r (Hariharan et al. 2014): mean over classes, at each IoU of `OVERLAPS`.

    For each class, detections of all images are ranked by score. From the best down, a detection is right if its
    mask overlaps a true one of its class enough that no better detection has taken. AP is the mean of the precision
    at 101 levels of recall, each the greatest at that recall or above; a class that never occurs does not count.

    Args:
        found, truth: one `Detections` an image; images without any may be left out.

    Returns:
        `ap_50`, `ap_70` for all instances, then `ap_50_small` and so on by the size of the true mask (`AREAS`), as
        far as there are any of that size.

    Raises:
        ValueError: there is no true instance.
    """
    if not any(len(each) for each in truth):
        raise ValueError("There is no true instance to be found: AP needs at least one.")
    images = sorted({each.image for each in (*found, *truth)})
    H, W = truth[0].masks.shape[1:]
    with contextlib.redirect_stdout(io.StringIO()):  # both print their progress
        known = COCO()
        known.dataset = {
            "images": [{"id": number + 1, "height": H, "width": W} for number in images],
            "categories": [{"id": digit + 1} for digit in range(10)],
            "annotations": _numbered(truth, iscrowd=0),
        }
        known.createIndex()
        guesses = COCO()
        guesses.dataset = known.dataset | {"annotations": _numbered(found)}
        guesses.createIndex()
        judge = COCOeval(known, guesses, "segm")
        judge.params.iouThrs = np.array(OVERLAPS)
        judge.params.areaRng, judge.params.areaRngLbl = [list(r) for r in AREAS.values()], list(AREAS)
        judge.params.maxDets = [MOST]
        judge.evaluate()
        judge.accumulate()
    figures = {}
    precision = judge.eval["precision"]  # (overlaps, recalls, classes, areas, 1); -1 where there is no truth
    for a, area in enumerate(AREAS):
        for t, overlap in enumerate(OVERLAPS):
            counted = precision[t, :, :, a, 0]
            if (counted > -1).any():
                name = f"ap_{overlap * 100:.0f}" + ("" if area == "all" else f"_{area}")
                figures[name] = float(counted[counted > -1].mean())
    return figures


def _numbered(sets: Sequence[Detections], **more: int) -> list[dict]:
    """Annotations as pycocotools wants them, with ids from 1: to COCOeval a 0 means "no match"."""
    annotations = []
    for each in sets:
        coded = coco_masks.encode(
            np.asfortranarray(each.masks.permute(1, 2, 0).cpu().numpy(), dtype=np.uint8)
        )
        for code, digit, score in zip(coded, each.classes.tolist(), each.scores.tolist(), strict=True):
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": each.image + 1,
                    "category_id": digit + 1,
                    "segmentation": code,
                    "area": float(coco_masks.area(code)),
                    "bbox": coco_masks.toBbox(code).tolist(),
                    "score": score,
                    **more,
                }
            )
    return annotations
