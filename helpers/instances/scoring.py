"""What is found in an image, and its score: average precision by the overlap of masks, through pycocotools."""

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import torch
from pycocotools import mask as coco_masks
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from torch import Tensor

from helpers.data.scenes import boxes_of
from helpers.ops import check_tensor

OVERLAPS = (0.5, 0.7)  # least IoU of a mask with the true one; COCO's own summary has no line for 0.7
# COCO's smallest range ends at 32 x 32 pixels, where our largest digits begin.
AREAS = {"all": [0, 1e9], "small": [0, 500], "large": [500, 1e9]}  # pixels of a true mask


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
        check_masks(self.masks, "masks")
        check_tensor(self.classes, "classes")
        check_tensor(self.scores, "scores")
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
    return boxes_of(masks.byte(), 1)[:, 0]


def check_masks(masks: Tensor, name: str) -> None:
    """Raise ValueError unless masks are (D, H, W) in bool."""
    check_tensor(masks, name)
    if masks.ndim != 3 or masks.dtype != torch.bool:
        raise ValueError(
            f"Expected {name} (D, H, W) in bool, got {tuple(masks.shape)} in {masks.dtype}: compare probabilities with "
            f"0.5; none found is {name}[:0]."
        )


def mask_iou(masks: Tensor, others: Tensor) -> Tensor:
    """Intersection over union of every mask with every other one; two empty masks have 0.

    Args:
        masks: (D, H, W) bool. others: (E, H, W) bool.

    Returns:
        (D, E) float32.
    """
    check_masks(masks, "masks")
    check_masks(others, "others")
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
        `ap_50` and `ap_70` for all instances; then `ap_50_small` and so on by the size of the true mask (`AREAS`), as
        far as there are any of that size.

    Raises:
        ValueError: there is no true instance.
    """
    if not any(len(each) for each in truth):
        raise ValueError("There is no true instance to be found: AP needs at least one.")
    images = sorted({each.image for each in (*found, *truth)})
    shape = truth[0].masks.shape[1:]
    with contextlib.redirect_stdout(io.StringIO()):  # each step prints its progress
        judge = COCOeval(_indexed(truth, images, shape), _indexed(found, images, shape), "segm")
        judge.params.iouThrs = np.array(OVERLAPS)
        judge.params.areaRng, judge.params.areaRngLbl = list(AREAS.values()), list(AREAS)
        judge.evaluate()
        judge.accumulate()
    # (overlaps, recalls, classes, areas); -1 where there is no truth
    precision = judge.eval["precision"][..., -1]
    figures = {}
    for (a, area), (t, overlap) in product(enumerate(AREAS), enumerate(OVERLAPS)):
        counted = precision[t, :, :, a]
        if (counted > -1).any():
            name = f"ap_{100 * overlap:.0f}" + ("" if area == "all" else f"_{area}")
            figures[name] = float(counted[counted > -1].mean())
    return figures


def _indexed(sets: Sequence[Detections], images: Sequence[int], shape: tuple[int, int]) -> COCO:
    """Instances as pycocotools wants them, with ids from 1: to COCOeval a 0 means "no match"."""
    things = [
        (each.image, *thing)
        for each in sets
        for thing in zip(each.masks.cpu(), each.classes.tolist(), each.scores.tolist(), strict=True)
    ]
    index = COCO()
    index.dataset = {
        "images": [{"id": number, "height": shape[0], "width": shape[1]} for number in images],
        "categories": [{"id": digit} for digit in range(10)],
        "annotations": [
            {
                "id": number,
                "image_id": image,
                "category_id": digit,
                "segmentation": coco_masks.encode(np.asfortranarray(mask, dtype=np.uint8)),
                "area": int(mask.sum()),
                "iscrowd": 0,
                "score": score,
            }
            for number, (image, mask, digit, score) in enumerate(things, start=1)
        ],
    }
    index.createIndex()
    return index
