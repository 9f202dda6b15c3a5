"""What the figures of 05b show, computed from a trained cascade: its stages, and boxes with their gradients."""

import torch
import torch.nn.functional as F
from torch import Tensor
from torchvision.ops import box_iou

from helpers import figure as fig
from helpers import probe
from helpers.data.batches import as_input
from helpers.instances.boxes import paste
from helpers.instances.cascades.experiment import opinions
from helpers.instances.cascades.figures import framed
from helpers.instances.cascades.losses import SURE, Batch, mask_targets
from helpers.instances.cascades.network import Cascade
from helpers.instances.cascades.warping import roi_warp
from helpers.training import parameter_count

GROWN = (0.7, 1.0, 1.4)  # sides of the boxes that a hand can choose, in those of the true ones
ARROW, LONGEST = 60.0, 14.0  # pixels of an arrow for a slope of 1 a pixel, and of the longest one


@torch.no_grad()
def system(cascade: Cascade, image: Tensor) -> fig.Figure:
    """Walk through what a cascade makes of an image (3, H, W) in uint8: all boxes, then what the surest digit has."""
    with probe.record(cascade.eval(), "trunk.blocks.3", "features") as kept:
        said = cascade(as_input(image[None]))[1][0]
    best = int(said.classes[0].softmax(dim=1)[:, 1:].amax(dim=1).argmax())
    picture, warped, mask = image.permute(1, 2, 0), said.warped[0, best], said.masks[0, best].sigmoid()
    paid = parameter_count
    steps = [
        fig.Step("image", picture, place=(0, 0)),
        fig.Step("coarsest map", kept["trunk.blocks.3"][0], "trunk", paid(cascade.trunk), place=(1, 0)),
        fig.Step("boxes", framed(picture, said.boxes[0]), "stage 1: propose", paid(cascade.proposer), kind="image",
                 note="The 16 best, no two of them much alike.", place=(2, 0)),
        fig.Step("features", kept["features"][0], parameters=paid(cascade.features), place=(1, 1),
                 after={"coarsest map": "+ finer maps"}),
        fig.Step("warped", warped, place=(2, 1), after={"features": "RoI warp", "boxes": "one of them"}),
        fig.Step("mask", mask, "stage 2: mask", paid(cascade.mask_head), kind="matrix", place=(3, 1)),
        fig.Step("masked", warped * F.avg_pool2d(mask[None], 2), "× warped", place=(3, 2)),
        fig.Step("class", said.classes[0, best].softmax(dim=0), parameters=paid(cascade.class_head), place=(2, 2),
                 after={"masked": "stage 3: class", "warped": "unmasked"}),
    ]  # fmt: skip
    return fig.walk(steps, alt="The tensors of a cascade from an image to one box, its mask and its class.")


def candidates(cascade: Cascade, images: Tensor) -> list[Tensor]:
    """The masks (R, H, W) of the last round's boxes in each image (N, 3, H, W) in uint8; none of a box without area."""
    return [inside >= 0.5 for inside, _ in opinions(cascade, images)]


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
