"""Figures of lesson 03: arrays in, interactive figures out."""

from collections.abc import Callable, Sequence

import numpy as np

from helpers import figure as fig
from helpers.figure import taking
from helpers.figure.raster import ink
from helpers.plotting import DIGIT_CLASSES
from helpers.refinement.planting import Explored

FAINT = 0.06  # of the strongest gradient: below it the scene is left as it is
PEN = 10  # pixels: the width of the pen that paints a false label
Painted = Callable[[np.ndarray, int], np.ndarray]


def pass_by_pass(
    image: np.ndarray, truth: np.ndarray, found: Explored, relabel: Painted | None = None, alt: str = ""
) -> fig.Figure:
    """Go through the passes of a network that reads its own labels, look at what a place sees, plant false labels.

    Args:
        image: (H, W, 3), bytes or floats in 0..1.
        truth: (H, W) labels.
        found: of `planting.explore`; tensors or arrays, with the gradients on any grid, at least 0.
        relabel: (ink (H, W) in 0..255, label) -> (P, H, W) labels, when the ink's pixels were that label in the first
            label planes. Without it nothing can be painted.
        alt: what the scene shows, in a few words, for a reader who hears the page.
    """
    image = taking.image(image)
    shape, classes, false_labels = image.shape[:2], len(DIGIT_CLASSES), found.false_labels
    arrays = found.maps, found.planted, found.planted_boxes, found.views, found.gradients
    maps, planted, boxes, views, gradients = map(taking.numbers, arrays)
    passes, (rows, columns) = len(maps), boxes.shape[:2]
    _expect(maps, (passes, *shape), "maps")
    _expect(planted, (len(false_labels), rows, columns, passes, *shape), "planted")
    _expect(views, (passes, rows, columns, 4), "views")
    _expect(gradients, (passes, rows, columns, *gradients.shape[3:]), "gradients")
    truth = taking.labels(truth, classes, shape, "truth")
    maps = np.stack([taking.labels(each, classes, shape, "maps") for each in maps])
    heats = np.sqrt(gradients.astype(float) / gradients.max(axis=(-1, -2), keepdims=True).clip(1e-12))
    heats = np.where(heats < FAINT, np.nan, np.floor(heats * 32 + 0.5) / 32)  # few levels cross in few bytes

    def answer(strokes: list, label: int) -> list:
        painted_ink = ink(strokes, *shape, PEN)  # strokes reach Python as they are, an array does not
        if relabel is None:
            raise ValueError(
                "This figure has no network to ask: give it one, pass_by_pass(..., relabel=...)."
            )
        if not (painted_ink > 127).any():
            raise ValueError("Nothing is painted yet: draw on the small picture.")
        relabelled = np.asarray(relabel(painted_ink, label))
        return [relabelled, _share(relabelled, truth), _pixels(relabelled, label)]

    t = fig.Slider("Pass", passes, min(2, passes - 1), labels=[str(n + 1) for n in range(passes)], play=True)
    centres = [boxes[:, 0, 1] + (boxes[:, 0, 3] - 1) / 2, boxes[0, :, 0] + (boxes[0, :, 2] - 1) / 2]
    at = fig.Pointer(shape, grid=centres, hover=False, leap=2)
    names = [DIGIT_CLASSES[label] for label in false_labels]
    which = fig.Choice("False label in the first planes", ["none", *names, "painted"], keys="-+")
    pen = fig.Paint(shape, width=PEN)
    colour = fig.Choice("Paint with", list(DIGIT_CLASSES), 1)
    strength = fig.Slider("Gradient", 101, 0, labels="{}%")
    blend = fig.Slider("Blend", 101, 60, labels="{}%")
    on = fig.Legend(DIGIT_CLASSES)

    right, shares, none = np.array(_share(maps, truth)), np.array(_share(planted, truth)), np.zeros(passes)
    painted = fig.Ask(
        "A label painted by hand",
        answer,
        fig.array([maps, right, none]),
        when=which.on("painted"),
        strokes=pen,
        label=colour,
    )
    there = at.y, at.x
    false = (fig.array(each)[(*there, t)] for each in planted)
    labels = fig.choose(which, fig.array(maps)[t], *false, painted[0][t])
    left = [fig.array(_pixels(each, label)) for each, label in zip(planted, false_labels, strict=True)]
    before = np.array([_pixels(maps, label) for label in range(classes)])  # any may be painted
    right_now = fig.choose(which, fig.array(right), *(fig.array(each)[there] for each in shares), painted[1])
    left_now = fig.choose(which, fig.array(none), *(each[there] for each in left), painted[2])
    others = [fig.array(before[label]) for label in false_labels]
    left_else = fig.choose(which, fig.array(none), *others, fig.array(before)[colour])
    class_at = fig.names(DIGIT_CLASSES)
    centre_y, centre_x = (fig.array(np.round(each).astype(int)) for each in centres)
    box, view = fig.array(boxes)[there], fig.array(views)[(t, *there)]
    return fig.Figure(
        fig.Stage(
            fig.Image(image),
            fig.Spot(view),
            fig.Classes(labels, on, blend),
            fig.Heat(fig.array(heats)[(t, *there)], colours="inferno", blend=strength),
            fig.Box(view),
            fig.Box(box),
            title="Small box: the place; large box: all that it sees",
            pointer=at,
        ),
        fig.Column(
            fig.Lines(
                {"with the false label": right_now, "without": right},
                x=list(range(1, passes + 1)),
                title="Share of pixels right",
                mark=t,
                low=float(min(right.min(), shares.min())),
                high=1.0,
            ),
            fig.Stage(
                fig.Image(image),
                fig.Heat(pen.ink, 0, 255, "gray", 55),
                title="Paint here, then choose “painted” (needs a running notebook)",
                pointer=pen,
                side=160,
            ),
        ),
        also=(t, which, colour, strength, blend, on),
        caption="Pass {Pass}: {share:.0%} of the pixels right. The place is {here} (truth: {truth}) and sees {size} x "
        "{size} pixels. False label in the first planes: {False label in the first planes}, now on {left} pixels, "
        "against {usual} without it. {Classes}",
        alt=alt or f"A scene of {shape[1]} by {shape[0]} pixels under the labels of each pass.",
        still={which.name: 1},  # with none, a poster's two curves would be one
        lines=3,
        share=right_now[t],
        here=class_at[labels[centre_y[at.y], centre_x[at.x]]],
        truth=class_at[fig.array(truth)[centre_y[at.y], centre_x[at.x]]],
        size=view[2],
        left=left_now[t],
        usual=left_else[t],
    )


def system(
    image: np.ndarray,
    stacks: Sequence[np.ndarray],
    features: Sequence[np.ndarray],
    scores: Sequence[np.ndarray],
    weights: int,
) -> fig.Figure:
    """Walk through the passes of a network that reads its own labels: every tensor from the scene to the last scores.

    Args:
        image: (3, H, W) in bytes. stacks, features, scores: of each pass what it reads, (N + 3, H, W), what its last
            hidden layer makes of that, (C, h, w), and the scores, (N, h, w). weights: of the network, counted once.
    """
    steps = [fig.Step("scene", np.moveaxis(np.asarray(image), 0, -1))]
    planes, reading = ("stack", 0, "No labels yet: zeros."), ("f", weights, "")
    for number, (stack, kept, scored) in enumerate(zip(stacks, features, scores, strict=True), start=1):
        steps += [
            fig.Step(f"planes {number}", stack, *planes),
            fig.Step(f"features {number}", kept, *reading),
            fig.Step(f"scores {number}", scored, "conv 1 × 1", kind="scores"),
        ]
        planes = ("softmax, stack", 0, "New label planes, and the scene's three again.")
        reading = ("f again", 0, "The same network, the same weights.")
    return fig.walk(steps, alt="The tensors from a scene through three passes of one network to its labels.")


def _expect(values: np.ndarray, shape: tuple[int, ...], name: str) -> None:
    """Refuse an array of another shape, or without an entry."""
    if values.shape != shape or not values.size:
        raise ValueError(f"{name} has shape {values.shape}; expected {shape}, none of them 0.")


def _share(maps: np.ndarray, truth: np.ndarray) -> list:
    """Of each map (..., H, W), the share of pixels right."""
    return (maps == truth).mean(axis=(-2, -1)).tolist()


def _pixels(maps: np.ndarray, label: int) -> list:
    """Of each map, how many pixels bear a label."""
    return (maps == label).sum(axis=(-2, -1)).tolist()
