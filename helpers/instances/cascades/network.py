"""Multi-task network cascades (Dai, He, Sun 2016), small enough for two CPU cores: boxes, masks, classes."""

import copy
from collections.abc import Sequence
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.rpn import RPNHead
from torchvision.ops import clip_boxes_to_image, nms

from helpers.instances.cascades.warping import roi_warp, shifted
from helpers.instances.model import CLASSES, WIDTHS, Trunk, enlarged

STRIDE = 4  # pixels of an image along a cell of the features that boxes are warped out of
SIZES, RATIOS = (24, 34, 46), (1.0, 1.6)  # of anchors: roots of areas in pixels; heights by widths
SIDE, MASK = 14, 28  # cells along a warped box, and along its mask
CHANNELS, THIN, HIDDEN = 48, 16, 96
PROPOSALS = 16  # boxes of an image that go on,
RANKED, OVERLAP = 100, 0.7  # out of so many of the highest scores; no two overlap by more


class Proposed(NamedTuple):
    """What the first stage says of each anchor.

    Attributes:
        anchors: (A, 4) in pixels, the same for every image.
        scores: (B, A), the logit of whether there is a thing.
        shifts: (B, A, 4), how the anchor is to be moved (see `box_shifts`).
    """

    anchors: Tensor
    scores: Tensor
    shifts: Tensor


class Round(NamedTuple):
    """Stages two and three, once.

    Attributes:
        boxes: (B, R, 4) in pixels.
        warped: (B, R, C, 14, 14), the features of each box.
        masks: (B, R, 28, 28), the logits of its mask. classes: (B, R, 11), the scores of ground and ten digits.
        shifts: (B, R, 4), how the box is to be moved.
    """

    boxes: Tensor
    warped: Tensor
    masks: Tensor
    classes: Tensor
    shifts: Tensor


class Proposer(nn.Module):
    """Stage one, a region proposal network: is there a thing at each anchor, and where exactly?"""

    def __init__(self, ratios: Sequence[float]):
        super().__init__()
        self.at_a_place = len(SIZES) * len(ratios)
        self.anchors = AnchorGenerator((SIZES,), (tuple(ratios),))
        self.head = RPNHead(WIDTHS[3], self.at_a_place)
        nn.init.constant_(self.head.cls_logits.bias, -3.0)  # most anchors hold nothing: begin there

    def forward(self, images: Tensor, maps: Tensor) -> Proposed:
        (scores,), (shifts,) = self.head([maps])  # (B, A, h, w), (B, 4 A, h, w)
        shape = tuple(images.shape[2:])
        anchors = self.anchors(ImageList(images, [shape] * len(images)), [maps])[0]
        shifts = shifts.unflatten(1, (self.at_a_place, 4)).permute(0, 3, 4, 1, 2).flatten(1, 3)
        return Proposed(anchors, scores.permute(0, 2, 3, 1).flatten(1), shifts)


class Features(nn.Module):
    """What boxes are warped out of, at a stride of 4: three of the trunk's maps, summed; (B, 48, H / 4, W / 4)."""

    def __init__(self):
        super().__init__()
        _, fine, middle, coarse = WIDTHS
        self.from_fine = nn.Conv2d(fine, CHANNELS, 2, stride=2)
        self.from_middle = nn.Conv2d(middle, CHANNELS, 1)
        self.from_coarse = nn.Conv2d(coarse, CHANNELS, 1)

    def forward(self, maps: Sequence[Tensor]) -> Tensor:
        coarse = enlarged(self.from_coarse(maps[3]), 2)
        return (self.from_fine(maps[1]) + self.from_middle(maps[2]) + coarse).relu()


class MaskHead(nn.Module):
    """Stage two: one mask for each box, whatever the class.

    Dense layers know each cell's place in the box, so they can tell the thing in its middle from a neighbour; they are
    the paper's. Convolutions, which the paper does not have, add the rim, four logits for each warped cell.
    """

    def __init__(self):
        super().__init__()
        self.thin = nn.Conv2d(CHANNELS, THIN, 1)
        self.hidden = nn.Linear(THIN * SIDE * SIDE, HIDDEN)
        self.mask = nn.Linear(HIDDEN, MASK * MASK)
        self.near = nn.Conv2d(THIN, THIN, 3, padding=1)
        self.rim = nn.Conv2d(THIN, (MASK // SIDE) ** 2, 3, padding=1)

    def forward(self, warped: Tensor) -> Tensor:
        """(N, 48, 14, 14) -> (N, 28, 28) logits."""
        thin = self.thin(warped).relu()  # (N, 16, 14, 14)
        whole = self.mask(self.hidden(thin.flatten(1)).relu()).unflatten(1, (MASK, MASK))
        return whole + F.pixel_shuffle(self.rim(self.near(thin).relu()), MASK // SIDE)[:, 0]


class ClassHead(nn.Module):
    """Stage three: the class of a box's features under its mask, beside those of the whole box; and a better box."""

    def __init__(self, masked: bool):
        super().__init__()
        self.masked = masked
        self.inside = nn.Linear(CHANNELS * 49, HIDDEN)
        self.whole = nn.Linear(CHANNELS * 49, HIDDEN)
        self.classes = nn.Linear(2 * HIDDEN, CLASSES)
        self.shifts = nn.Linear(2 * HIDDEN, 4)

    def forward(self, warped: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
        """(N, 48, 14, 14) and mask logits (N, 28, 28) -> (N, 11) and (N, 4)."""
        light = F.avg_pool2d(masks.sigmoid()[:, None], MASK // SIDE)  # (N, 1, 14, 14)
        under = warped * light if self.masked else warped
        inside, whole = (F.max_pool2d(each, 2).flatten(1) for each in (under, warped))
        both = torch.cat([self.inside(inside), self.whole(whole)], dim=1).relu()
        return self.classes(both), self.shifts(both)


class Cascade(nn.Module):
    """Propose boxes, draw a mask in each, name what the mask shows: each stage on the answers of the one before.

    Args:
        trunk: read once an image; all stages share its maps, and train it.
        stages: 3; or 5, in which the third stage's better boxes go through stages two and three again, with the same
            weights.
        detached: whether the gradient stops at the boxes.
        masked: whether stage three sees the features under the mask.
        ratios: of the anchors, heights by widths.

    `forward` takes (B, 3, H, W) float, H and W multiples of 8, and returns what was `Proposed`, and a `Round` (two of
    five stages).
    """

    def __init__(
        self,
        trunk: Trunk,
        stages: int = 3,
        detached: bool = False,
        masked: bool = True,
        ratios: Sequence[float] = RATIOS,
    ):
        super().__init__()
        if stages not in (3, 5):
            raise ValueError(f"stages is {stages!r}: a cascade has 3 stages or 5.")
        self.trunk, self.stages, self.detached = trunk, stages, detached
        self.features = Features()
        self.proposer = Proposer(ratios)
        self.mask_head = MaskHead()
        self.class_head = ClassHead(masked)

    def forward(self, images: Tensor, known: Tensor | None = None) -> tuple[Proposed, list[Round]]:
        """Run all stages.

        Args:
            known: (B, K, 4), boxes that take part beside those proposed: the true ones, while the network learns.
        """
        maps, shape = self.trunk(images), tuple(images.shape[2:])
        proposed = self.proposer(images, maps[3])
        boxes = self.passed_on(self.chosen(proposed, shape))
        if known is not None:
            boxes = torch.cat([boxes, known], dim=1)
        features = self.read(images, maps)
        rounds = [self.look(features, boxes)]
        if self.stages == 5:
            better = clip_boxes_to_image(shifted(boxes, rounds[0].shifts), shape)
            rounds.append(self.look(features, self.passed_on(better)))
        return proposed, rounds

    def read(self, images: Tensor, maps: list[Tensor]) -> Tensor:
        """What boxes are warped out of: the features, from the maps that are there already."""
        return self.features(maps)

    def parts(self) -> tuple[tuple[nn.Module, ...], ...]:
        """What learns in each stage, when one learns after the other."""
        return (self.trunk, self.proposer), (self.features, self.mask_head), (self.class_head,)

    def chosen(self, proposed: Proposed, shape: tuple[int, int]) -> Tensor:
        """The best boxes of each image, no two of them much alike: (B, 16, 4). They keep their gradient."""
        boxes = clip_boxes_to_image(shifted(proposed.anchors, proposed.shifts), shape)
        best = proposed.scores.topk(min(RANKED, len(proposed.anchors)), dim=1).indices
        kept = []
        for each, scores, numbers in zip(boxes, proposed.scores, best, strict=True):
            kept.append(each[numbers][self.thinned(each[numbers], scores[numbers])])
        return torch.stack(kept)

    @staticmethod
    def thinned(boxes: Tensor, scores: Tensor) -> Tensor:
        """Numbers of the 16 best boxes after NMS; where fewer are left, the best of the others fill up."""
        kept = nms(boxes.detach(), scores.detach(), OVERLAP)
        others = torch.ones_like(scores, dtype=torch.bool).index_fill(0, kept, False).nonzero()[:, 0]
        return torch.cat([kept, others])[:PROPOSALS]

    def passed_on(self, boxes: Tensor) -> Tensor:
        """Boxes as the next stage gets them: with their gradient, or without."""
        return boxes.detach() if self.detached else boxes

    def look(self, features: Tensor, boxes: Tensor) -> Round:
        """Stages two and three: warp boxes (B, R, 4) out of the features, draw masks, name what they show."""
        B, R, _ = boxes.shape
        warped = roi_warp(features, boxes / STRIDE)
        flat = warped.flatten(0, 1)
        masks = self.mask_head(flat[:, :CHANNELS])  # all there are, unless each stage has its own
        classes, shifts = self.class_head(flat[:, -CHANNELS:], masks)
        return Round(boxes, warped, *(each.unflatten(0, (B, R)) for each in (masks, classes, shifts)))


class SeparateNetworks(Cascade):
    """Three stages that share no features, the paper's control: each reads the image with a trunk of its own."""

    def __init__(self, trunk: Trunk, **options):
        super().__init__(trunk, **options)
        self.mask_features = nn.Sequential(copy.deepcopy(trunk), self.features)
        self.class_features = nn.Sequential(copy.deepcopy(trunk), copy.deepcopy(self.features))

    def read(self, images: Tensor, maps: list[Tensor]) -> Tensor:
        """Read the image twice more: (B, 96, H / 4, W / 4), the features for masks, then those for classes."""
        return torch.cat([self.mask_features(images), self.class_features(images)], dim=1)

    def parts(self) -> tuple[tuple[nn.Module, ...], ...]:
        masks, classes = (self.mask_features, self.mask_head), (self.class_features, self.class_head)
        return (self.trunk, self.proposer), masks, classes
