"""What the figures of 05b show, computed from a trained cascade: tensors stage by stage, boxes with their gradients."""

import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.ops import box_iou

from helpers import probe
from helpers.data.batches import as_input
from helpers.instances.boxes import paste
from helpers.instances.cascades.losses import SURE, Batch, mask_targets
from helpers.instances.cascades.network import Cascade
from helpers.instances.cascades.warping import roi_warp
from helpers.training import parameter_count

GROWN = (0.7, 1.0, 1.4)  # sides of the boxes that a hand can choose, in those of the true ones
ARROW, LONGEST = 60.0, 14.0  # pixels of an arrow for a slope of 1 a pixel, and of the longest one


@torch.no_grad()
def tensors(cascade: Cascade, image: Tensor) -> dict[str, Tensor]:
    """What `figures.system` shows of one image (3, H, W) in uint8: of all boxes, and of the surest digit's."""
    with probe.record(cascade.eval(), "trunk.blocks.3", "features") as kept:
        said = cascade(as_input(image[None]))[1][0]
    best = int(said.classes[0].softmax(dim=1)[:, 1:].amax(dim=1).argmax())
    warped, mask = said.warped[0, best], said.masks[0, best].sigmoid()
    return {
        "image": image.permute(1, 2, 0),
        "coarsest map": kept["trunk.blocks.3"][0],
        "boxes": said.boxes[0],
        "features": kept["features"][0],
        "warped": warped,
        "mask": mask,
        "masked": warped * F.avg_pool2d(mask[None], 2),
        "class": said.classes[0, best].softmax(dim=0),
    }


def sizes(cascade: Cascade) -> dict[str, int]:
    """How many weights each part of a cascade has."""
    parts = {
        "trunk": cascade.trunk, "boxes": cascade.proposer, "features": cascade.features,
        "mask": cascade.mask_head, "class": cascade.class_head,
    }  # fmt: skip
    return {name: parameter_count(part) for name, part in parts.items()}


@torch.no_grad()
def candidates(cascade: Cascade, images: Tensor) -> list[Tensor]:
    """The masks (R, H, W) of all boxes of the last round in each image (N, 3, H, W) in uint8."""
    last = [cascade.eval()(as_input(image[None]))[1][-1] for image in images]
    return [paste(each.masks[0].sigmoid(), each.boxes[0], *images.shape[2:]) >= 0.5 for each in last]


def places_to_snap(boxes: Tensor, side: int, steps: int = 7) -> Tensor:
    """Boxes (N, 4) for a hand to choose from: the given ones first, then their mean size, moved, shrunk and grown.

    Args:
        boxes: (K, 4), of things side by side. side: of the image.
    """
    low, high = boxes[:, :2].amin(dim=0) - 6, boxes[:, 2:].amax(dim=0) + 6
    usual = (boxes[:, 2:] - boxes[:, :2]).float().mean(dim=0)
    along, down = (torch.linspace(float(a), float(b), steps) for a, b in zip(low, high, strict=True))
    middles = torch.cartesian_prod(down, along).flip(1)  # x, y
    made = [torch.cat([middles - usual * g / 2, middles + usual * g / 2], dim=1) for g in GROWN]
    every = torch.cat([boxes.float(), *made]).round().clamp(0, side)
    return every[((every[:, 2:] - every[:, :2]) >= 12).all(dim=1)]


def looked_at(cascade: Cascade, images: Tensor, truth: Batch, boxes: Tensor) -> dict[str, Tensor]:
    """What stages two and three make of boxes (N, 4) on one image, and where their loss would have each side go.

    Args:
        images: (1, 3, H, W) in uint8. truth: what is known of it.

    Returns:
        What `figures.stage_by_stage` shows of each box, by name.
    """
    boxes = boxes.float().requires_grad_()
    shape = tuple(images.shape[2:])
    with torch.no_grad():
        features = cascade.eval().features(cascade.trunk(as_input(images)))
    said = cascade.look(features, boxes[None])
    overlaps, owners = box_iou(boxes.detach(), truth.boxes[0]).max(dim=1)
    things = overlaps >= SURE
    wanted = mask_targets(boxes.detach()[None], owners[None], torch.ones_like(things)[None], truth.instances)
    drawn = F.binary_cross_entropy_with_logits(said.masks[0], wanted, reduction="none").mean(dim=(1, 2))
    named = F.cross_entropy(said.classes[0], truth.classes[0][owners] * things, reduction="none")
    own = named + drawn * things  # as in training: what overlaps no thing by a half has no mask to learn
    (slopes,) = torch.autograd.grad(own.sum(), boxes)
    with torch.no_grad():
        masks, chances = said.masks[0].sigmoid(), said.classes[0].softmax(dim=1)
        strengths = said.warped[0].mean(dim=1)
        told = chances.argmax(dim=1)
        return {
            "crops": roi_warp(images.float(), boxes[None])[0].round().byte().movedim(1, -1),
            "masks": (masks * 255).round() / 255,
            "strengths": strengths.round(decimals=3),  # more would only make the page larger
            "masked": (strengths * F.avg_pool2d(masks[None], 2)[0]).round(decimals=3),
            "labels": ((paste(masks, boxes, *shape) >= 0.5) * told[:, None, None]).byte(),
            "chances": chances,
            "told": told,
            "arrows": side_arrows(boxes, slopes),
            "named": truth.classes[0][owners],
            "overlaps": overlaps,
            "losses": own.detach(),
        }


def side_arrows(boxes: Tensor, slopes: Tensor) -> Tensor:
    """Arrows from the middle of each side of boxes (N, 4) against the slopes of their loss, (N, 4, 4): from and to."""
    x0, y0, x1, y1 = boxes.unbind(dim=1)
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    starts = torch.stack([x0, y, x, y0, x1, y, x, y1], dim=1).unflatten(1, (4, 2))
    along = (-slopes * ARROW).clamp(-LONGEST, LONGEST)[..., None]
    return torch.cat([starts, starts + along * torch.eye(2).repeat(2, 1)], dim=2)
