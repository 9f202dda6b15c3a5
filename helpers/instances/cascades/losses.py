"""What each stage of a cascade is to say of a batch of scenes, and how far off it is."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.ops import box_iou, roi_align

from helpers.instances.cascades.network import MASK, Proposed, Round
from helpers.instances.cascades.warping import box_shifts

SURE = 0.5  # an anchor or a box that overlaps a true one so much is one of it;
UNSURE = 0.35  # an anchor that overlaps none so much is ground
BEND = 0.1  # below this an error of a shift counts by its square


@dataclass(frozen=True)
class Batch:
    """A batch to learn from.

    Attributes:
        images: (B, 3, H, W) float.
        boxes: (B, K, 4) float, the true ones; of no size beyond a scene's own count.
        instances: (B, H, W) integers, k + 1 where the k-th thing is seen.
        classes: (B, K) int64, 1 to 10; 0 beyond a scene's own count.
    """

    images: Tensor
    boxes: Tensor
    instances: Tensor
    classes: Tensor

    def __len__(self) -> int:
        return len(self.images)

    def to(self, device: torch.device) -> "Batch":
        return Batch(**{name: value.to(device) for name, value in vars(self).items()})


def by_stage(said: tuple[Proposed, list[Round]], truth: Batch) -> dict[str, Tensor]:
    """The loss of each stage, by its name; their sum is what the cascade learns by."""
    proposed, rounds = said
    found = {"1 boxes": proposal_loss(proposed, truth)}
    for number, each in enumerate(rounds):
        masks, classes, shifts = round_losses(each, truth)
        found |= {f"{2 + 2 * number} masks": masks, f"{3 + 2 * number} classes": classes}
        if number + 1 < len(rounds):  # the last round's boxes are not moved any more
            found["3 better boxes"] = shifts
    return found


def total(said: tuple[Proposed, list[Round]], truth: Batch, stage: str | None = None) -> Tensor:
    """The sum of all stages' losses, or that of one stage alone."""
    found = by_stage(said, truth)
    return found[stage] if stage else sum(found.values())


def proposal_loss(proposed: Proposed, truth: Batch) -> Tensor:
    """Is there a thing at each anchor (cross-entropy), and where exactly, where there is one?

    Anchors that overlap a true box by at least a half hold a thing, and so does each thing's best anchor. Those that
    overlap none by more than 0.35 hold none; those between do not count.
    """
    overlaps = torch.stack([box_iou(proposed.anchors, boxes) for boxes in truth.boxes])  # (B, A, K)
    best, owners = overlaps.max(dim=2)
    chosen = (overlaps == overlaps.amax(dim=1, keepdim=True)) & (overlaps > 0)
    things = (best >= SURE) | chosen.any(dim=2)
    counted = things | (best < UNSURE)
    is_thing = things[counted].float()
    named = F.binary_cross_entropy_with_logits(proposed.scores[counted], is_thing, reduction="sum")
    anchors = proposed.anchors.expand(len(best), -1, -1)[things]
    wanted = box_shifts(_of_owners(truth.boxes, owners)[things], anchors)
    moved = F.smooth_l1_loss(proposed.shifts[things], wanted, reduction="sum", beta=BEND)
    return (named + moved) / things.sum().clamp(min=1)


def round_losses(said: Round, truth: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """Losses of the masks, of the classes and of the shifts of one round's boxes.

    A box belongs to the true one that it overlaps most, if by at least a half; otherwise it is ground, and has no mask
    and no better place to learn. Targets follow the boxes where they are now, as constants.
    """
    boxes = said.boxes.detach()
    best, owners = torch.stack([box_iou(*pair) for pair in zip(boxes, truth.boxes, strict=True)]).max(dim=2)
    things = best >= SURE
    classes = truth.classes.gather(1, owners) * things
    named = F.cross_entropy(said.classes.flatten(0, 1), classes.flatten())
    if not things.any():
        return said.masks.sum() * 0, named, said.shifts.sum() * 0
    wanted = mask_targets(boxes, owners, things, truth.instances)
    drawn = F.binary_cross_entropy_with_logits(said.masks[things], wanted)
    better = box_shifts(_of_owners(truth.boxes, owners)[things], boxes[things])
    return drawn, named, F.smooth_l1_loss(said.shifts[things], better, beta=BEND)


def mask_targets(boxes: Tensor, owners: Tensor, things: Tensor, instances: Tensor) -> Tensor:
    """The true masks inside some boxes, of the thing that each box belongs to: (things, 28, 28), 0 or 1.

    Args:
        boxes: (B, R, 4). owners: (B, R), the number of a thing. things: (B, R) bool, whose masks are asked for.
        instances: (B, H, W) integers, k + 1 where the k-th thing is seen.
    """
    numbers = things.nonzero()[:, 0]  # the image of each
    masks = (instances[numbers] == owners[things][:, None, None] + 1).float()
    own = list(boxes[things].split(1))  # to each mask its box
    return (roi_align(masks[:, None], own, MASK, sampling_ratio=1, aligned=True)[:, 0] >= 0.5).float()


def _of_owners(boxes: Tensor, owners: Tensor) -> Tensor:
    """The true box (B, K, 4) that each of N boxes or anchors belongs to: (B, N, 4)."""
    return boxes.gather(1, owners[..., None].expand(-1, -1, 4))
