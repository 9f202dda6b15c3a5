"""Superpixels, the tree that merges them, and the cover of an image by the purest segments on each pixel's path."""

from collections.abc import Callable
from dataclasses import dataclass

import higra
import numpy as np
import torch
import torch.nn.functional as F
from skimage.segmentation import felzenszwalb
from torch import Tensor

from helpers.ops import check_bytes, check_tensor

Segment = Callable[[Tensor], Tensor]  # cuts an image (3, H, W) in uint8 into segments (H, W)
SCALE, LEAST = 30, 10  # of Felzenszwalb's segmentation: its preference for large segments, its fewest pixels
GRID = 3  # cells along a side, in which a segment's features are pooled


@dataclass(frozen=True)
class Tree:
    """A segmentation tree of V nodes over L superpixels: the leaves are nodes 0 to L - 1, the root is node V - 1.

    Nodes are numbered in the order of merging, so that a parent's number is above its children's. The leaves are
    numbered so that every node holds an unbroken run of them.

    Attributes:
        parents: (V,) int64, each node's parent; the root is its own.
        first, end: (V,) int64, the run of leaves that each node holds, `end` exclusive.
        segments: (H, W) int64, the leaf of every pixel.
    """

    parents: Tensor
    first: Tensor
    end: Tensor
    segments: Tensor

    @property
    def leaves(self) -> int:
        return (len(self.parents) + 1) // 2

    def total(self, per_leaf: Tensor) -> Tensor:
        """Sum what each leaf holds, (L, ...), over the leaves of each node: (V, ...)."""
        before = torch.cat([torch.zeros_like(per_leaf[:1]), per_leaf.cumsum(dim=0)])
        return before[self.end] - before[self.first]

    def path(self, node: int) -> list[int]:
        """The nodes from one node to the root, both included."""
        nodes = [int(node)]
        while self.parents[nodes[-1]] != nodes[-1]:
            nodes.append(int(self.parents[nodes[-1]]))
        return nodes


def superpixels(image: Tensor, scale: float = SCALE, least: int = LEAST) -> Tensor:
    """Cut an image (3, H, W) in uint8 into segments of like colour (Felzenszwalb, Huttenlocher 2004): (H, W) int64.

    Args:
        scale: the greater, the larger the segments. least: the fewest pixels of one.
    """
    pixels = _pixels(image)
    return torch.from_numpy(felzenszwalb(pixels, scale=scale, sigma=0.5, min_size=least)).long()


def _pixels(image: Tensor) -> np.ndarray:
    """An image (3, H, W) as (H, W, 3) in NumPy, in one piece of memory, or a ValueError."""
    check_tensor(image, "the image")
    check_bytes(image, "image")
    if image.ndim != 3 or image.shape[0] != 3 or not image.numel():
        raise ValueError(
            f"Expected one image of shape (3, H, W), got {tuple(image.shape)}. Take one out of a batch: images[0]."
        )
    return np.ascontiguousarray(image.permute(1, 2, 0).cpu().numpy())


def merge(image: Tensor, segments: Tensor) -> Tree:
    """Merge neighbouring segments two by two until one is left (Ward's linkage of their mean colours).

    Each time those two are joined whose union raises the squared deviation from the mean colour least.

    Args:
        image: (3, H, W) uint8. segments: (H, W) integers, as of `superpixels`.
    """
    pixels = _pixels(image)
    if not isinstance(segments, Tensor) or segments.is_floating_point() or segments.shape != image.shape[1:]:
        raise ValueError(
            f"Expected segments as integers of shape {tuple(image.shape[1:])}, one a pixel, as `superpixels` gives."
        )
    grid = higra.get_8_adjacency_graph(segments.shape)  # Felzenszwalb's neighbours, too, are eight
    labels = np.ascontiguousarray(segments.cpu().numpy())
    regions = higra.make_region_adjacency_graph_from_labelisation(grid, labels)
    colours = higra.rag_accumulate_on_vertices(
        regions, higra.Accumulators.mean, pixels.reshape(-1, 3).astype(float)
    )
    sizes = higra.rag_accumulate_on_vertices(regions, higra.Accumulators.sum, np.ones(labels.size))
    if len(sizes) == 1:  # nothing to merge
        return numbered(torch.zeros(1, dtype=torch.long), torch.zeros_like(segments, dtype=torch.long))
    tree, _ = higra.binary_partition_tree_ward_linkage(regions, colours, sizes)
    # The graph numbers regions by their first pixel, whatever their labels are.
    leaves = higra.CptRegionAdjacencyGraph.get_vertex_map(regions).reshape(labels.shape)
    return numbered(torch.from_numpy(tree.parents().copy()), torch.from_numpy(leaves.astype(np.int64)))


def numbered(parents: Tensor, segments: Tensor) -> Tree:
    """Make a tree from each node's parent (V,) and each pixel's leaf (H, W); leaves are numbered anew."""
    V, up = len(parents), parents.tolist()
    L = (V + 1) // 2
    held = [1] * L + [0] * (V - L)
    for node in range(V - 1):
        held[up[node]] += held[node]
    first, given = [0] * V, [0] * V
    for node in reversed(range(V - 1)):  # a parent comes before its children
        parent = up[node]
        first[node] = first[parent] + given[parent]
        given[parent] += held[node]
    place = torch.tensor(first)
    order = torch.cat([place[:L].argsort(), torch.arange(L, V)])  # leaf k's new number is its place
    place = place[order]
    return Tree(parents[order], place, place + torch.tensor(held)[order], torch.tensor(first)[segments])


def histograms(tree: Tree, labels: Tensor, classes: int = 11) -> Tensor:
    """The share of every class among the pixels of each node: (V, classes), of labels (H, W).

    A label `classes` is void, and counts for nothing; a node of nothing else has zeros only.
    """
    places = tree.segments.flatten() * (classes + 1) + labels.flatten().long()
    counts = places.bincount(minlength=tree.leaves * (classes + 1)).view(-1, classes + 1)
    counts = tree.total(counts)[:, :classes].float()
    return counts / counts.sum(dim=1, keepdim=True).clamp(min=1)


def entropy(shares: Tensor) -> Tensor:
    """How mixed histograms are: (..., classes) shares become (...) nats; 0 where one class has all."""
    return torch.special.entr(shares).sum(dim=-1)


def best_cover(parents: Tensor, costs: Tensor) -> Tensor:
    """For each node the least costly one on its path to the root; of equals, the one nearest to the root.

    Args:
        parents: (V,) as of `Tree`. costs: (V,).

    Returns:
        (V,) int64. The first L entries cover the image: a leaf's pixels take the label of the node named there.
    """
    best, up, cost = list(range(len(parents))), parents.tolist(), costs.tolist()
    for node in reversed(range(len(up) - 1)):
        above = best[up[node]]  # already the least of all above, not the parent alone
        if not cost[node] < cost[above]:
            best[node] = above
    return torch.tensor(best)


def cut(tree: Tree, regions: int) -> Tensor:
    """Undo the last merges, until so many regions are left: the node that each leaf then belongs to, (L,) int64."""
    regions, V = min(max(int(regions), 1), tree.leaves), len(tree.parents)
    undone = torch.arange(V) > V - regions
    return best_cover(tree.parents, undone)[: tree.leaves]  # the highest node on each path that stays


def averaged(chances: Tensor, segments: Tensor) -> Tensor:
    """Average class probabilities (C, H, W) over each segment (H, W): (C, H, W)."""
    places = segments.flatten()
    sums = chances.new_zeros(len(chances), int(places.max()) + 1).index_add_(1, places, chances.flatten(1))
    return (sums / places.bincount())[:, places].view_as(chances)


def voted(labels: Tensor, segments: Tensor, classes: int = 11) -> Tensor:
    """Give every segment the label that most of its pixels have: (H, W) int64, of labels and segments (H, W)."""
    chances = F.one_hot(labels.long(), classes).movedim(-1, 0).float()
    return averaged(chances, segments).argmax(dim=0)


def pooled(tree: Tree, features: Tensor) -> Tensor:
    """Describe each node by its features alone: the greatest in each cell of a 3 x 3 grid over its box.

    Args:
        features: (F, h, w), not negative, on a grid that divides the segments' height and width.

    Returns:
        (V, F * 9). A cell of the features' grid is a node's where at least one of its pixels is.
    """
    if features.ndim != 3 or any(a % b for a, b in zip(tree.segments.shape, features.shape[1:], strict=True)):
        raise ValueError(
            f"Expected features (F, h, w) on a grid that divides {tuple(tree.segments.shape)}, got "
            f"{tuple(features.shape)}."
        )
    h, w = features.shape[1:]
    H, W = tree.segments.shape
    row, column = torch.arange(H)[:, None] * h // H, torch.arange(W)[None] * w // W
    inside = torch.zeros(tree.leaves, h * w)
    inside[tree.segments.flatten(), (row * w + column).flatten()] = 1
    masks = (tree.total(inside) > 0).view(-1, h, w)
    found = []
    for mask in masks:
        rows, columns = mask.any(dim=1).nonzero(), mask.any(dim=0).nonzero()
        box = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
        found.append(F.adaptive_max_pool2d(features[:, *box] * mask[box], GRID).flatten())
    return torch.stack(found)
