"""Figures of lesson 05a: arrays in, interactive figures out."""

from collections.abc import Sequence
from itertools import product

import numpy as np
from scipy import ndimage

from helpers import figure as fig
from helpers.figure import taking

COLOURS = ((255, 150, 0), (0, 190, 255), (255, 80, 170), (120, 220, 60), (170, 120, 255), (255, 225, 60))
WIDE = 12  # values side by side in a drawn column
STRIDES = (1, 2, 4, 8)


def sides(boxes: object) -> np.ndarray:
    """Boxes (D, 4) from corners to left, top, width and height, as layers take them."""
    corners = taking.numbers(boxes, "boxes").astype(float).reshape(-1, 4)
    return np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)


def _picture(image: object) -> np.ndarray:
    """An image (3, H, W) in bytes with its colours last."""
    return taking.image(np.moveaxis(taking.numbers(image, "image"), 0, -1))


def painted(image: object, masks: object, blend: float = 0.6) -> np.ndarray:
    """Colour each mask (D, H, W) over an image (3, H, W) in bytes, and draw its rim: (H, W, 3) in bytes."""
    picture = _picture(image) * 0.55
    for number, mask in enumerate(taking.numbers(masks, "masks").astype(bool)):
        colour = np.array(COLOURS[number % len(COLOURS)], float)
        picture[mask] = (1 - blend) * picture[mask] + blend * colour
        picture[mask & ~ndimage.binary_erosion(mask, border_value=1)] = colour
    return picture.round().astype(np.uint8)


def hypercolumn(
    image: object, windows: object, crops: object, maps: Sequence[object], by_layer: object, mixing: object,
    truth: object, alt: str = "",
) -> fig.Figure:  # fmt: skip
    """Point at a pixel of a box: its column, what each layer says there, and which classifiers are asked.

    Args:
        image: (3, H, W) in bytes. windows: (D, 4), round the boxes, as x0, y0, x1, y1.
        crops: (D, 3, n, n) in bytes, what the windows show.
        maps: the trunk's, (C, H / s, W / s) at strides s of 1, 2, 4 and 8, nowhere negative.
        by_layer: (D, 4, n, n), each layer's share of a place's score. Their sum is above 0 inside.
        mixing: (K * K, n, n), how much each of the classifiers is asked at each place.
        truth: (D, n, n), 1 inside.
    """
    picture = _picture(image)
    frames, known = taking.numbers(windows, "windows").astype(float), taking.numbers(truth, "truth")
    scores, cut = taking.numbers(by_layer, "by_layer").astype(float), taking.numbers(crops, "crops")
    D, n = len(frames), known.shape[-1]
    if scores.shape != (D, 4, n, n) or cut.shape != (D, 3, n, n) or known.shape != (D, n, n):
        raise ValueError(
            f"{D} windows need crops (D, 3, n, n), by_layer (D, 4, n, n) and truth (D, n, n); got {cut.shape}, "
            f"{scores.shape} and {known.shape}."
        )
    switched = np.zeros((D, 2, 2, 2, 2, n, n), np.uint8)  # for each choice of layers, chances in percent
    for on in product((0, 1), repeat=4):
        total = np.einsum("dlyx,l->dyx", scores, on)
        switched[:, *on] = np.round(100 / (1 + np.exp(-total)))
    right = (switched > 50) == known[:, None, None, None, None].astype(bool)

    box = fig.Slider("Box", D, labels=[str(d + 1) for d in range(D)], keys="[]")
    layers = [fig.Toggle(f"Stride {stride}", True) for stride in STRIDES]
    blend = fig.Slider("Blend", 101, 45, labels="{}%")
    at = fig.Pointer((n, n))
    chance = fig.array(switched)[box, *layers]
    shares = np.round(taking.numbers(mixing, "mixing").astype(float) * 100)
    K = round(len(shares) ** 0.5)
    # The numbers beside the picture are those of every second place.
    half = fig.array(np.arange(n) // 2)
    every = fig.array(np.moveaxis(scores, 1, -1)[:, ::2, ::2, None].round(2))
    by_stride = fig.Matrix(
        every[box, half[at.y], half[at.x]], ["score"], [str(stride) for stride in STRIDES], low=-6, high=6,
        colours="PuOr", numbers="+.1f", title="Each stride's share", side=240,
    )  # fmt: skip
    grids = np.moveaxis(shares, 0, -1).reshape(n, n, K, K)[::2, ::2].astype(np.uint8)
    asked = fig.array(grids)[half[at.y], half[at.x]]
    crop = fig.Image(fig.array(np.moveaxis(cut, 1, -1))[box])
    inside = fig.Heat(chance, high=100, colours="viridis", blend=blend)
    frame = fig.Box(fig.array(sides(frames))[box])
    return fig.Figure(
        fig.Stage(crop, inside, title="Chance to be inside", pointer=at, side=300),
        fig.Stage(fig.Image(picture), frame, title="The box, widened", side=220),
        fig.Column(*_column(maps, frames, n, box, at), title="The column here"),
        by_stride,
        fig.Matrix(asked, high=100, numbers=".0f", title=f"Percent of the {K} x {K} classifiers", side=190),
        fig.Stage(fig.Heat(fig.array(known)[box], colours="gray"), title="Truth", side=150),
        also=(box, *layers, blend),
        caption="Box {Box}, strides 1 {Stride 1}, 2 {Stride 2}, 4 {Stride 4}, 8 {Stride 8}: {share:.1%} of its places "
        "are on the right side. At {place}: {here}% inside, in truth {true}.",
        lines=2,
        alt=alt or "A box, the chance of each of its places to be inside, and the column of one place.",
        share=fig.array(right.mean(axis=(-1, -2)))[box, *layers],
        place=at,
        here=chance[at.y, at.x],
        true=fig.names(["outside", "inside"])[fig.array(known)[box, at.y, at.x]],
    )


def _column(
    maps: Sequence[object], frames: np.ndarray, n: int, box: fig.Slider, at: fig.Pointer
) -> list[fig.Stage]:
    """The values of each map at the place of a window that is pointed at, as small pictures."""
    # Where a place of a window lies in the image, and in each layer's map.
    centres = (np.arange(n) + 0.5) / n
    places = [frames[:, [k]] + centres * (frames[:, [k + 2]] - frames[:, [k]]) for k in (1, 0)]
    drawn = []
    for found, stride in zip(maps, STRIDES, strict=True):
        array = np.moveaxis(taking.numbers(found, "maps").astype(float), 0, -1)  # (h, w, C)
        pairs = zip(places, array.shape, strict=False)
        y, x = (np.clip(place // stride, 0, size - 1).astype(int) for place, size in pairs)
        # Only what lies in some window is stored, in steps of 4% of the largest value: the page holds all of it.
        shown = array[y.min() : y.max() + 1, x.min() : x.max() + 1] / max(array.max(), 1e-9)
        h, w, C = shown.shape
        padded = np.zeros((h, w, -(-C // WIDE) * WIDE), np.uint8)
        padded[..., :C] = np.round(25 * shown)
        y, x = (fig.array(at_map - at_map.min())[box, where] for at_map, where in ((y, at.y), (x, at.x)))
        values = fig.Heat(fig.array(padded.reshape(h, w, -1, WIDE))[y, x], high=25, colours="magma")
        drawn.append(fig.Stage(values, title=f"stride {stride}: {C}", side=190))
    return drawn


def suppression(
    images: object, boxes: Sequence[object], classes: Sequence[object], scores: Sequence[object],
    kept: Sequence[object], truth: Sequence[object], found: object, overlaps: Sequence[float], alt: str = "",
) -> fig.Figure:  # fmt: skip
    """Move the overlap from which on two detections of one class count as one, and see who is thrown away.

    Args:
        images: (N, 3, H, W) in bytes.
        boxes: for each scene (D, 4) as x0, y0, x1, y1. classes, scores: (D,) each.
        kept: for each scene and measure ("boxes", "masks") and overlap, the numbers of the detections that stay.
        truth: for each scene (K, 4), the true boxes.
        found: (N, 2, overlaps), how many of a scene's true instances a detection that stays is right about.
        overlaps: the steps of the slider.
    """
    pictures = [_picture(each) for each in taking.numbers(images, "images")]
    hits, N = taking.numbers(found, "found"), len(pictures)
    given = [len(each) for each in (boxes, classes, scores, kept, truth)]
    if hits.shape != (N, 2, len(overlaps)) or given != [N] * 5:
        raise ValueError(
            f"{N} scenes and {len(overlaps)} overlaps need found ({N}, 2, {len(overlaps)}) and boxes, classes, scores, "
            f"kept and truth for each scene; got {hits.shape}, {', '.join(map(str, given))}."
        )
    frames, texts = [], []
    for each, named, score, stays in zip(map(sides, boxes), classes, scores, kept, strict=True):
        digits = taking.numbers(named, "classes").astype(int)
        chances = taking.numbers(score, "scores").astype(float)
        told = [f"{digit}: {chance:.2f}" for digit, chance in zip(digits, chances, strict=True)]
        frames.append([[each[np.asarray(one, int)] for one in measure] for measure in stays])
        texts.append([[[told[i] for i in one] for one in measure] for measure in stays])
    scene = fig.Slider("Scene", N, labels=[str(n + 1) for n in range(N)], keys="[]")
    measure = fig.Choice("Overlap of", ["boxes", "masks"])
    steps = [f"{overlap:.2f}" for overlap in overlaps]
    limit = fig.Slider("Limit", len(steps), len(steps) // 2, labels=steps, play=True)
    picture, at = fig.Image(fig.array(np.stack(pictures))[scene]), (scene, measure, limit)
    real = fig.Box(fig.array([sides(each) for each in truth])[scene])
    staying = fig.Box(fig.array(frames)[at], fig.names(texts)[at])
    return fig.Figure(
        fig.Stage(picture, staying, title="Detections that stay", side=330),
        fig.Stage(picture, real, title="Truth", side=220),
        also=at,
        caption="Scene {Scene}, overlap of {Overlap of}, limit {Limit}: {count} detections stay; {hits} of {true} true "
        "instances are found.",
        alt=alt or f"{N} scenes with the detections that stay after suppression, beside the true boxes.",
        count=fig.array([[[len(one) for one in measure] for measure in stays] for stays in kept])[at],
        hits=fig.array(hits)[at],
        true=fig.array([len(each) for each in truth])[scene],
    )
