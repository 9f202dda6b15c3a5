"""Figures of lesson 04: arrays in, interactive figures out."""

from collections.abc import Sequence

import numpy as np
import torch

from helpers import figure as fig
from helpers.figure import taking
from helpers.multi_scale.labelling import by_nodes
from helpers.multi_scale.trees import Tree, best_cover, cut, entropy
from helpers.plotting import DIGIT_CLASSES

LEAST = (150, 105, 250)  # violet: the node with the least entropy
HALF = 0.5  # of a digit's pixels: from there on it counts as found


def scales(images: object, labels: object, truth: object, instances: object, alt: str = "") -> fig.Figure:
    """Switch scales off, and see which digits a network then loses.

    Args:
        images: (N, 3, H, W), bytes or floats in 0..1.
        labels: (N, 2, 2, 2, H, W), predicted labels: of scene n with scales 0, 1 and 2 off (0) or on (1).
        truth: (N, H, W) labels. instances: (N, H, W), 0 background, k + 1 for the k-th digit.
    """
    pictures = taking.pictures(images)
    N, size = len(pictures), pictures.shape[1:3]
    maps, known = taking.numbers(labels, "labels"), taking.numbers(truth, "truth")
    places = taking.numbers(instances, "instances")
    if maps.shape != (N, 2, 2, 2, *size) or known.shape != (N, *size) or places.shape != known.shape:
        raise ValueError(
            f"{N} scenes of {size} need labels (N, 2, 2, 2, H, W), truth and instances (N, H, W); got {maps.shape}, "
            f"{known.shape} and {places.shape}."
        )
    digits = [len(np.unique(each[each > 0])) for each in places]
    found, lost = np.empty(maps.shape[:4], int), np.empty(maps.shape[:4], object)
    for n, *on in np.ndindex(*maps.shape[:4]):
        missing = []
        for k in np.unique(places[n][places[n] > 0]):
            inside = places[n] == k
            if (maps[n, *on] == known[n])[inside].mean() <= HALF:
                height = np.ptp(np.flatnonzero(inside.any(axis=1))) + 1
                missing.append(f"the {known[n][inside][0] - 1}, {height} pixels high")
        found[n, *on] = digits[n] - len(missing)
        lost[n, *on] = f"Lost: {'; '.join(missing)}." if missing else "None is lost."

    scene = fig.Slider("Scene", N, labels=[str(n + 1) for n in range(N)], keys="[]")
    on = [fig.Toggle(name, True) for name in ("Full size", "Half size", "Quarter size")]
    there = np.maximum(_occurring(maps), _occurring(known)[:, None, None, None])
    legend = fig.Legend(DIGIT_CLASSES, present=fig.array(there)[scene, *on])
    blend = fig.Slider("Blend", 101, 70, labels="{}%")
    chosen = fig.array(maps)[scene, *on]
    at = fig.Pointer(size)
    view = fig.Choice("View", ["labels", "errors"])
    drawn = {"legend": legend, "blend": blend}
    return fig.Figure(
        fig.Stage(
            fig.Image(fig.array(pictures)[scene], dim=1),
            fig.Classes(chosen, **drawn, when=view.on("labels")),
            fig.Classes(chosen, **drawn, against=fig.array(known)[scene], when=view.on("errors")),
            title="From the scales that are on",
            pointer=at,
        ),
        fig.Stage(
            fig.Image(fig.array(pictures)[scene], dim=1),
            fig.Classes(fig.array(known)[scene], **drawn),
            title="Truth",
            side=220,
        ),
        also=(scene, *on, view, blend, legend),
        caption="Scene {Scene}; full size {Full size}, half size {Half size}, quarter size {Quarter size}: {found} of "
        "{digits} digits found. {lost} At {place}: {here}. {Classes}",
        lines=3,
        alt=alt or f"{N} scenes labelled from chosen scales of a pyramid, beside the truth.",
        found=fig.array(found)[scene, *on],
        digits=fig.array(digits)[scene],
        lost=fig.names(lost.tolist())[scene, *on],
        here=fig.names(DIGIT_CLASSES)[chosen[at.y, at.x]],
    )


def _occurring(labels: np.ndarray) -> np.ndarray:
    """The classes that label maps (..., H, W) hold: (..., classes), each in its own place, 0 where it is missing."""
    classes = np.arange(len(DIGIT_CLASSES))
    there = [(labels == k).any(axis=(-2, -1)) for k in classes]
    return np.stack(there, axis=-1) * classes


def leaf_to_root(
    images: object,
    trees: Sequence[Tree],
    shares: Sequence[object],
    truth: object,
    regions: Sequence[int],
    alt: str = "",
) -> fig.Figure:
    """Point at a pixel and walk its path from leaf to root; a horizontal cut stands beside the cover.

    Args:
        images: (N, 3, H, W), bytes or floats in 0..1.
        trees: one a scene. shares: for each (V, classes), the predicted histograms of its nodes.
        truth: (N, H, W) labels.
        regions: how many each of the horizontal cuts leaves.
    """
    pictures, known = taking.pictures(images), taking.numbers(truth, "truth")
    N, (H, W) = len(pictures), pictures.shape[1:3]
    if not len(trees) == len(shares) == len(known) == N:
        raise ValueError(
            f"{N} scenes need a tree, shares and truth each; got {len(trees)}, {len(shares)} and {len(known)}."
        )
    shares = [torch.as_tensor(each).double().round(decimals=4) for each in shares]
    for each, tree in zip(shares, trees, strict=True):
        wanted = len(tree.parents), len(DIGIT_CLASSES)
        if each.shape != wanted:
            raise ValueError(f"A tree of {wanted[0]} nodes needs shares {wanted}, got {tuple(each.shape)}.")
    costs = [entropy(each) for each in shares]
    best = [best_cover(tree.parents, cost) for tree, cost in zip(trees, costs, strict=True)]
    paths = [[tree.path(leaf) for leaf in range(tree.leaves)] for tree in trees]
    places = [
        [path.index(int(node)) for path, node in zip(each, chosen, strict=False)]
        for each, chosen in zip(paths, best, strict=True)
    ]
    longest = max(len(path) for each in paths for path in each)
    runs = [np.stack([tree.first, tree.end], axis=1) for tree in trees]
    segments = np.stack([tree.segments for tree in trees])

    pairs = list(zip(shares, trees, strict=True))
    covers = np.stack([by_nodes(*pair, nodes) for pair, nodes in zip(pairs, best, strict=True)])
    levels = np.stack([[by_nodes(*pair, cut(pair[1], count)) for count in regions] for pair in pairs])
    covers, levels = covers.astype(np.uint8), levels.astype(np.uint8)
    right = (levels == known[:, None]).mean(axis=(2, 3)), (covers == known).mean(axis=(1, 2))

    scene = fig.Slider("Scene", N, labels=[str(n + 1) for n in range(N)], keys="[]")
    rows, columns = np.nonzero(known[0])  # the walk begins on a digit, where there is one
    middle = len(rows) // 2
    at = fig.Pointer((H, W), first=[int(columns[middle]), int(rows[middle])] if len(rows) else None)
    leaf = fig.array(segments)[scene, at.y, at.x]
    path = fig.array(paths)[scene, leaf]
    lengths = fig.array([[len(path) for path in each] for each in paths])[scene, leaf]
    step = fig.Slider("Node", lengths, labels="{}", keys="-+")
    level = fig.Slider("Regions of the cut", len(regions), labels=[str(each) for each in regions])
    there = np.maximum(_occurring(levels), np.maximum(_occurring(covers), _occurring(known))[:, None])
    legend = fig.Legend(DIGIT_CLASSES, present=fig.array(there)[scene, level])
    k = fig.Each(longest)
    node, least = path[step], fig.array(places)[scene, leaf]
    curves = [[cost[p].tolist() for p in ps] for ps, cost in zip(paths, costs, strict=True)]
    told = [[[f"{cost:.2f}" for cost in p] for p in ps] for ps in curves]
    # Each small picture shows nothing beyond the root (0), else a node in orange (1), or the least in violet (2).
    kinds = [
        [[(i < len(p)) * (1 + (i == q)) for i in range(longest)] for p, q in zip(*both, strict=True)]
        for both in zip(paths, places, strict=True)
    ]
    kind = fig.array(kinds)[scene, leaf, k]
    picture, shown, run = (fig.array(each)[scene] for each in (pictures, segments, runs))
    compared = {
        "Best cover": fig.array(covers)[scene],
        "Horizontal cut": fig.array(levels)[scene, level],
        "Truth": fig.array(known)[scene],
    }
    return fig.Figure(
        fig.Stage(fig.Image(picture), fig.Regions(shown, run[node]), title="The node", pointer=at, side=300),
        fig.Column(
            fig.Bars(
                DIGIT_CLASSES,
                fig.array(shares)[scene, node],
                colours=legend.colours[: len(DIGIT_CLASSES)],
                title="Its predicted histogram",
            ),
            fig.Lines(
                {"entropy": fig.array(curves)[scene, leaf]},
                title="Entropy from leaf to root",
                mark=step,
                low=0.0,
                high=float(max(cost.max() for cost in costs)),
            ),
        ),
        fig.Row(
            k,
            fig.Image(picture, dim=1),
            fig.Regions(shown, run[path[k]], blend=80, when=fig.array([0, 1, 0])[kind]),
            fig.Regions(shown, run[path[k]], LEAST, 80, when=fig.array([0, 0, 1])[kind]),
            fig.Note(3, 16, fig.names(told)[scene, leaf, k], when=fig.array([0, 1, 1])[kind]),
            title="Its path from leaf to root, with entropies; the least in violet (no number: beyond the root)",
            columns=8,
            choose=step,
        ),
        *(
            fig.Stage(fig.Image(picture, dim=1), fig.Classes(each, legend, 80), title=title, side=220)
            for title, each in compared.items()
        ),
        also=(scene, step, level, legend),
        caption="Node {Node} of {last} on the path of {place}: entropy {cost:.2f}; the least, {lowest:.2f}, is at node "
        "{least}. Pixels right: cover {covered:.3f}, cut into {Regions of the cut} regions {cut_right:.3f}. {Classes}",
        lines=3,
        still={"Node": 2},
        alt=alt or f"{N} scenes, a pixel's path from leaf to root of a segmentation tree, a cover and a cut.",
        last=fig.array([[len(path) - 1 for path in each] for each in paths])[scene, leaf],
        place=at,
        cost=fig.array(costs)[scene, node],
        lowest=fig.array(curves)[scene, leaf, least],
        least=least,
        covered=fig.array(right[1])[scene],
        cut_right=fig.array(right[0])[scene, level],
    )


def system(
    image: object,
    levels: Sequence[object],
    maps: Sequence[object],
    stacked: object,
    scores: object,
    network: int,
    classifier: int,
) -> fig.Figure:
    """Walk through the network: the image, its pyramid, one network on each level, the stack, the labels.

    Args:
        image: (H, W, 3). levels: of the pyramid, (1, 3, h, w) each. maps: (1, F, h / 4, w / 4) each.
        stacked: (3 F, H / 4, W / 4). scores: (classes, H, W). network, classifier: how many parameters they have.
    """
    sizes, above, steps, picture = ("full", "half", "quarter"), None, [], taking.image(image)
    split = "A level holds what halving loses; the last one holds the rest."
    read = f"The same kernels on every level, {network:,} parameters: a digit twice as large meets them one level on."
    for row, (size, level, found) in enumerate(zip(sizes, levels, maps, strict=True)):
        here = ("image", "halved", "quartered")[row]
        if row:
            cells = picture.reshape(len(picture) // 2, 2, picture.shape[1] // 2, 2, 3)
            picture = (cells.mean(axis=(1, 3)) + 0.5).astype(np.uint8)
        steps += [
            fig.Step(here, picture, note=split, after={above: "halve"} if row else None, place=(0, row)),
            fig.Step(f"{size} size", level[0], after={here: "level"}, place=(1, row)),
            fig.Step(f"maps, {size}", found[0], after={f"{size} size": "read"}, place=(2, row), note=read),
        ]
        above, split = here, ""
    up = {f"maps, {size}": "up" for size in sizes}
    note = f"The classifier has {classifier:,} parameters."
    steps += [
        fig.Step("stack", stacked, after=up, place=(3, 0)),
        fig.Step("labels", scores, after={"stack": "score"}, place=(4, 0), kind="scores", note=note),
    ]
    return fig.walk(steps, alt="The tensors of the network, from the image through three scales to labels.")
