"""Ways from features to labels: pixels alone, superpixels, the best cover of a tree, horizontal cuts; scores."""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

import torch
from torch import Tensor

from helpers.data.batches import as_input
from helpers.data.scenes import Scenes
from helpers.fcn.experiment import score_maps
from helpers.multi_scale import trees
from helpers.multi_scale.model import MultiScale, NodeClassifier, enlarged
from helpers.multi_scale.trees import Tree

SIZES = {"small": (10, 20), "medium": (20, 40), "large": (40, 80)}  # heights of digits, in pixels
REGIONS = (64, 32, 16, 8, 4)  # left by the horizontal cuts that the cover is compared with


class Parsed(NamedTuple):
    """What a system makes of N scenes.

    Attributes:
        chances: (N, classes, H, W), class probabilities of the pixels.
        trees: the segmentation tree of each scene.
        shares: for each scene (V, classes), the predicted histograms of its nodes; none without a node classifier.
        seconds: for each way of labelling, seconds a scene from the image on.
    """

    chances: Tensor
    trees: list[Tree]
    shares: list[Tensor]
    seconds: dict[str, float]


@torch.no_grad()
def parse(
    network: MultiScale,
    images: Tensor,
    classifier: NodeClassifier | None = None,
    segment: trees.Segment = trees.superpixels,
) -> Parsed:
    """Label images (N, 3, H, W) in uint8 one by one, as a camera would hand them over, and time each part."""
    network.eval()
    chances, grown, shares, laps = [], [], [], []
    for image in images:
        times = [time.perf_counter()]
        features = network.features(as_input(image[None]))
        chances.append(enlarged(network.head(features), image.shape[1:])[0].softmax(dim=0))
        times.append(time.perf_counter())
        segments = segment(image)
        times.append(time.perf_counter())
        trees.averaged(chances[-1], segments)
        times.append(time.perf_counter())
        grown.append(trees.merge(image, segments))
        if classifier:
            shares.append(classifier(trees.pooled(grown[-1], features[0])).softmax(dim=1))
            trees.best_cover(grown[-1].parents, trees.entropy(shares[-1]))
        times.append(time.perf_counter())
        laps.append(times)
    means = torch.tensor(laps, dtype=torch.float64).diff(dim=1).mean(dim=0)
    scoring, cutting, averaging, covering = means.tolist()
    seconds = {"pixels": scoring, "superpixels": scoring + cutting + averaging}
    if classifier:
        seconds["cover"] = scoring + cutting + covering
    return Parsed(torch.stack(chances), grown, shares, seconds)


def by_nodes(shares: Tensor, tree: Tree, nodes: Tensor) -> Tensor:
    """Label each pixel by the histogram of the node chosen for its leaf: (H, W), of shares (V, classes)."""
    return shares.argmax(dim=1)[nodes[: tree.leaves]][tree.segments]


def cover(shares: Tensor, tree: Tree, cost: Callable[[Tensor], Tensor] = trees.entropy) -> Tensor:
    """Label an image (H, W) by its best cover under predicted, or true, histograms (V, classes)."""
    return by_nodes(shares, tree, trees.best_cover(tree.parents, cost(shares)))


@torch.no_grad()
def by_pixels(network: MultiScale, images: Tensor, on: Sequence[int] | None = None) -> Tensor:
    """Label images (N, 3, H, W) in uint8 pixel by pixel: (N, H, W).

    Args:
        on: for each scale 1, or 0 where its features are to count for nothing; left out, all count.
    """
    features = network.eval().features(as_input(images))
    if on is not None:
        features *= torch.tensor(on).repeat_interleave(features.shape[1] // len(on))[:, None, None]
    return enlarged(network.head(features), images.shape[2:]).argmax(dim=1)


def switched(network: MultiScale, images: Tensor) -> Tensor:
    """Label images with each of three scales off or on: (N, 2, 2, 2, H, W)."""
    labels = torch.stack([by_pixels(network, images, on) for on in product((0, 1), repeat=3)], dim=1)
    return labels.unflatten(1, (2, 2, 2))


def errors(labels: Tensor, truth: Tensor) -> dict[str, float]:
    """Three kinds of error, each as a share of the digits' pixels."""
    digits, named = truth > 0, labels > 0
    kinds = {
        "missed": digits & ~named,
        "wrong digit": digits & named & (labels != truth),
        "made up": named & ~digits,
    }
    return {kind: round(float(where.sum() / digits.sum()), 3) for kind, where in kinds.items()}


def ways(parsed: Parsed) -> Iterator[tuple[dict, Tensor]]:
    """Every way of labelling: the fields of its row, and the labels (N, H, W)."""
    yield {"labels": "pixels"}, parsed.chances.argmax(dim=1)
    pairs = zip(parsed.chances, parsed.trees, strict=True)
    smooth = [trees.averaged(chances, tree.segments).argmax(dim=0) for chances, tree in pairs]
    yield {"labels": "superpixels"}, torch.stack(smooth)
    if parsed.shares:
        pairs = list(zip(parsed.shares, parsed.trees, strict=True))
        yield {"labels": "cover"}, torch.stack([cover(*pair) for pair in pairs])
        for regions in REGIONS:
            labels = [by_nodes(shares, tree, trees.cut(tree, regions)) for shares, tree in pairs]
            yield {"labels": "cut", "regions": regions}, torch.stack(labels)


def score(labels: Tensor, scenes: Scenes) -> dict[str, float]:
    """Judge labels (N, H, W): the course's four scores, and by the digits' size the share of their pixels found."""
    figures = score_maps([(labels, scenes.labels.long())])
    right = labels == scenes.labels
    places = torch.arange(1, scenes.heights.shape[1] + 1)
    masks = scenes.instances[:, None] == places[:, None, None]  # (N, K, H, W)
    area = masks.sum(dim=(2, 3))
    shares = (masks & right[:, None]).sum(dim=(2, 3)) / area.clamp(min=1)
    for name, (low, high) in SIZES.items():
        chosen = (area > 0) & (scenes.heights >= low) & (scenes.heights < high)
        if chosen.any():
            figures[f"found_{name}"] = float(shares[chosen].mean())
    return figures
