"""Simultaneous detection and segmentation (SDS; Hariharan, Arbelaez, Girshick, Malik 2014), in small.

Regions are proposed bottom-up; the trunk looks at each twice, a classifier names it, and a last step redraws its mask.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import higra
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchvision.ops import box_iou

from helpers.data.batches import as_input
from helpers.instances.boxes import cut, cut_own, paste, windows_round
from helpers.instances.model import CLASSES, STRIDES, WIDTHS, Trunk
from helpers.instances.scoring import Detections, boxes_round, mask_iou
from helpers.multi_scale import trees
from helpers.ops import check_bytes, check_tensor

AREA = (90, 2000)  # pixels of a proposal; our stickers have 100 to 1,400
NODES, UNIONS = 90, 60  # proposals an image, at most
CROP = 32  # side of the crops that the trunk looks at
FEATURES = WIDTHS[-1] * (CROP // STRIDES[-1]) ** 2  # of a crop: the trunk's coarsest map
HIDDEN = 128  # values between the two layers of the classifier
GRID = 10  # cells along a side, in which masks are redrawn
OVERLAP = 0.3  # two regions of one class that overlap more are one thing, found twice
LEAST = 0.05  # score of what counts as found


def propose(image: Tensor, nodes: int = NODES, unions: int = UNIONS) -> Tensor:
    """Propose regions of an image (3, H, W) in uint8, from its colours alone: masks (P, H, W) in bool.

    A tree merges neighbouring pixels, the smallest basins first. Those of its nodes are proposed that are of some
    size and outlast the most: the basin area at which a node is merged away is far above the one that made it. Then
    come unions of two such nodes side by side, since a sticker's backing and its ink differ in colour.
    """
    check_tensor(image, "the image")
    check_bytes(image, "image")
    pixels = np.ascontiguousarray(image.permute(1, 2, 0).cpu().numpy().astype(float))
    grid = higra.get_4_adjacency_graph(pixels.shape[:2])
    steps = higra.weight_graph(grid, pixels, higra.WeightFunction.L2)
    saliency = higra.saliency(*higra.watershed_hierarchy_by_area(grid, steps))
    merged, altitudes = higra.bpt_canonical(grid, saliency)  # two by two, as `Tree` has it
    places = torch.arange(pixels.shape[0] * pixels.shape[1]).view(pixels.shape[:2])
    tree = trees.numbered(torch.from_numpy(merged.parents().copy()), places)
    areas, lasting = tree.end - tree.first, torch.from_numpy(altitudes[merged.parents()] - altitudes)
    sized = ((areas >= AREA[0]) & (areas <= AREA[1]) & (lasting > 0)).nonzero()[:, 0]
    masks, lasting = _masks(tree, sized), lasting[sized]
    chosen = lasting.argsort(descending=True, stable=True)[:nodes]
    return torch.cat([masks[chosen], _unions(masks, lasting, unions)])


def _masks(tree: trees.Tree, nodes: Tensor) -> Tensor:
    """The pixels of some nodes: (len(nodes), H, W) bool."""
    first, end = tree.first[nodes, None, None], tree.end[nodes, None, None]
    return (tree.segments >= first) & (tree.segments < end)


def _unions(masks: Tensor, lasting: Tensor, number: int) -> Tensor:
    """Join pairs of masks (P, H, W) that touch and share no pixel; the pairs that last longest first."""
    flat = masks.flatten(1).float()
    grown = F.max_pool2d(masks[:, None].float(), 3, stride=1, padding=1).flatten(1)
    areas = flat.sum(dim=1)
    beside = (flat @ flat.T == 0) & (grown @ flat.T > 0) & (areas[:, None] + areas <= AREA[1])
    one, other = beside.triu(1).nonzero(as_tuple=True)
    best = torch.minimum(lasting[one], lasting[other]).argsort(descending=True, stable=True)[:number]
    return masks[one[best]] | masks[other[best]]


def two_crops(image: Tensor, masks: Tensor) -> Tensor:
    """Cut every region (P, H, W) out of an image (3, H, W) in uint8, twice: (P, 2, 3, 32, 32) float.

    First all that its window shows; then with everything outside the region set to 0, the mean.
    """
    windows = windows_round(boxes_round(masks))
    crops = cut(as_input(image[None])[0], windows, CROP)
    insides = cut_own(masks, windows, CROP) >= 0.5
    return torch.stack([crops, crops * insides[:, None]], dim=1)


@dataclass(frozen=True)
class Looked:
    """What SDS knows of one image before it decides anything.

    Attributes:
        number: of the image in its set. image: (3, H, W) uint8.
        masks: (P, H, W) bool, the proposals.
        features: (P, 2, F) half precision, the trunk's coarsest map of each of the two crops.
    """

    number: int
    image: Tensor
    masks: Tensor
    features: Tensor


@torch.no_grad()
def look(trunk: Trunk, images: Tensor) -> list[Looked]:
    """Propose regions in images (N, 3, H, W) in uint8, and keep the trunk's features of both crops of each."""
    trunk.eval()
    looked = []
    for number, image in enumerate(images):
        masks = propose(image)
        crops = two_crops(image, masks).flatten(0, 1)
        tops = trunk(crops)[-1] if len(crops) else torch.zeros(0)
        looked.append(Looked(number, image, masks, tops.half().reshape(-1, 2, FEATURES)))
    return looked


class RegionClassifier(nn.Module):
    """Name a region from the features of its crops: (P, 2, F) become scores (P, 11), 0 the ground, d + 1 digit d.

    Args:
        pathways: 2, or 1 for the box's crop alone, which cannot tell two regions of one box apart.
    """

    def __init__(self, pathways: int = 2):
        super().__init__()
        self.pathways = pathways
        self.layers = nn.Sequential(
            nn.Linear(pathways * FEATURES, HIDDEN), nn.ReLU(), nn.Dropout(0.3), nn.Linear(HIDDEN, CLASSES)
        )

    def forward(self, features: Tensor) -> Tensor:
        return self.layers(features[:, : self.pathways].flatten(1).float())


class Refiner(nn.Linear):
    """Redraw a region on a 10 x 10 grid: a logistic model for each cell, on the features and the whole coarse mask.

    `forward` takes (D, 2 * F + 100), as `described` gives, and returns (D, 100) scores.
    """

    def __init__(self):
        super().__init__(2 * FEATURES + GRID * GRID, GRID * GRID)


def described(features: Tensor, masks: Tensor) -> Tensor:
    """What a refiner sees of regions: features (D, 2, F) and masks (D, H, W) become (D, 2 * F + 100)."""
    coarse = cut_own(masks, windows_round(boxes_round(masks)), GRID)
    return torch.cat([features.flatten(1).float(), coarse.flatten(1)], dim=1)


def suppress(alike: Tensor, scores: Tensor, overlap: float) -> Tensor:
    """Non-maximum suppression: keep the best, drop all that are too alike, go on with the rest: their numbers, int64.

    Args:
        alike: (D, D), the IoU of each pair. scores: (D,).
    """
    order, kept = scores.argsort(descending=True, stable=True), []
    while len(order):
        best, rest = order[0], order[1:]
        kept.append(int(best))
        order = rest[alike[best, rest] <= overlap]
    return torch.tensor(kept, dtype=torch.long)


@torch.no_grad()
def named(looked: Looked, classifier: RegionClassifier) -> Detections:
    """Name every proposal of an image by its likeliest digit, and score it by that digit's chance."""
    scores, classes = classifier.eval()(looked.features).softmax(dim=1)[:, 1:].max(dim=1)
    return Detections(looked.number, looked.masks, classes, scores)


def staying(found: Detections, overlap: float = OVERLAP, boxes: bool = False) -> Tensor:
    """The numbers of the detections that are left, the best first, when doubles of one class are dropped.

    Args:
        overlap: the greatest IoU that two of one class may have. boxes: whether boxes are compared, not masks.
    """
    sure = (found.scores >= LEAST).nonzero()[:, 0]
    some = found[sure]
    alike = box_iou(some.boxes, some.boxes) if boxes else mask_iou(some.masks, some.masks)
    return sure[suppress(alike * (some.classes[:, None] == some.classes), some.scores, overlap)]


def detect(
    looked: Sequence[Looked], classifier: RegionClassifier, refiner: Refiner | None = None
) -> list[Detections]:
    """Name all proposals, drop doubles, and redraw what is left, if there is a refiner."""
    found = []
    for each in looked:
        regions = named(each, classifier)
        chosen = staying(regions)
        kept = regions[chosen]
        if refiner is not None:
            kept = replace(kept, masks=refined(refiner, each, chosen))
        found.append(kept)
    return found


@torch.no_grad()
def refined(refiner: Refiner, looked: Looked, chosen: Tensor) -> Tensor:
    """Redraw some proposals of an image: cells, then superpixels that are inside by half or more: (D, H, W) bool."""
    masks = looked.masks[chosen]
    cells = refiner(described(looked.features[chosen], masks)).sigmoid().view(-1, GRID, GRID)
    chances = paste(cells, windows_round(boxes_round(masks)), *masks.shape[1:])
    return trees.averaged(chances, trees.superpixels(looked.image)) >= 0.5
