"""Scores of segmentations, thin over torchmetrics."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor
from torchmetrics import Metric, MetricCollection
from torchmetrics.classification import MulticlassAccuracy, MulticlassJaccardIndex

from helpers.ops import boundaries, check_tensor

BOUNDARY_SHARE = 0.02  # of the image's diagonal: the distance that Cheng et al. recommend


class BoundaryIoU(Metric):
    """Intersection over union of the bands along the edges, pooled over the set, then the mean over classes.

    For each class, both masks are cut down to the pixels within a distance of their own edge. A mask that is right
    inside and ragged at its rim scores well in plain IoU and badly here. (Cheng, Girshick, Dollár, Berg, Kirillov
    2021, "Boundary IoU".)

    Args:
        num_classes: classes are 0..num_classes - 1.
        share: the distance as a fraction of the image's diagonal; at least one pixel.
        ignore_index: truth with this label counts for no class, and the class of that number is left out.

    `update` takes predictions and truth, both (B, H, W) integers. `compute` is the mean over the classes that occur
    in truth or prediction, in 0..1.
    """

    full_state_update = False

    def __init__(self, num_classes: int, share: float = BOUNDARY_SHARE, ignore_index: int | None = None):
        super().__init__()
        self.num_classes, self.share, self.ignore_index = num_classes, share, ignore_index
        self.add_state("intersection", torch.zeros(num_classes, dtype=torch.long), dist_reduce_fx="sum")
        self.add_state("union", torch.zeros(num_classes, dtype=torch.long), dist_reduce_fx="sum")

    def update(self, predictions: Tensor, truth: Tensor) -> None:
        check_labels(predictions, truth, self.num_classes, self.ignore_index)
        distance = max(1, round(self.share * math.hypot(*truth.shape[-2:])))
        if self.ignore_index is not None:
            # One class more than there are: it is dropped below, from the predictions too.
            void = truth == self.ignore_index
            predictions, truth = (
                labels.masked_fill(void, self.num_classes) for labels in (predictions, truth)
            )
        bands = []
        for labels in (predictions, truth):
            masks = (
                F.one_hot(labels.long(), self.num_classes + 1).movedim(-1, 1).bool()[:, : self.num_classes]
            )
            bands.append(boundaries(masks, distance))
        self.intersection += (bands[0] & bands[1]).sum(dim=(0, 2, 3))
        self.union += (bands[0] | bands[1]).sum(dim=(0, 2, 3))

    def compute(self) -> Tensor:
        occurs = self.union > 0
        if self.ignore_index is not None and 0 <= self.ignore_index < self.num_classes:
            occurs[self.ignore_index] = False  # as in torchmetrics' Jaccard index
        return (self.intersection[occurs] / self.union[occurs]).mean()


def check_labels(
    predictions: Tensor, truth: Tensor, num_classes: int, ignore_index: int | None = None
) -> None:
    """Raise ValueError unless both are (B, H, W) integers of one shape, in 0..num_classes - 1 or ignored."""
    for labels, name in ((predictions, "predictions"), (truth, "truth")):
        check_tensor(labels, name)
    if predictions.shape != truth.shape or truth.ndim != 3:
        raise ValueError(
            f"Expected predictions and truth of one shape (B, H, W), got {tuple(predictions.shape)} and "
            f"{tuple(truth.shape)}. Take the argmax over classes first."
        )
    if truth.numel() == 0:
        raise ValueError("Expected at least one label map, got an empty batch.")
    for name, labels in (("predictions", predictions), ("truth", truth)):
        if labels.is_floating_point():
            raise ValueError(
                f"Expected {name} as integers, got {labels.dtype}. Take the argmax over classes first."
            )
        known = (labels >= 0) & (labels < num_classes)
        if ignore_index is not None and name == "truth":
            known |= labels == ignore_index
        if not known.all():
            raise ValueError(
                f"The {name} hold label {int(labels[~known][0])}; expected 0..{num_classes - 1}. "
                "Give ignore_index for a label that marks void."
            )


def segmentation_metrics(num_classes: int, ignore_index: int | None = None) -> MetricCollection:
    """Collect the course's four scores of a segmentation, each pooled over the set, in 0..1.

    `mean_iou` is the Jaccard index of each class over all pixels of the set, then the mean over classes;
    `boundary_iou` the same on bands along the edges; `pixel_accuracy` the share of pixels that are right;
    `class_accuracy` that share within each class, then the mean over classes. A class that only the predictions hold
    counts as 0 in all three means.
    """
    options = {"num_classes": num_classes, "ignore_index": ignore_index}
    return MetricCollection(
        {
            "mean_iou": MulticlassJaccardIndex(average="macro", **options),
            "boundary_iou": BoundaryIoU(**options),
            "pixel_accuracy": MulticlassAccuracy(average="micro", **options),
            "class_accuracy": MulticlassAccuracy(average="macro", **options),
        },
        compute_groups=False,
    )
