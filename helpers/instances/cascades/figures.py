"""Figures of notebook 05b: arrays in, interactive figures out."""

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torchvision.utils import draw_bounding_boxes

from helpers import figure as fig
from helpers.figure import taking
from helpers.figure.layers import ACCENT
from helpers.instances.cascades.handle import BoxHandle
from helpers.instances.figures import sides
from helpers.plotting import CLASS_COLOURS, DIGIT_CLASSES

# What is known of N boxes, and the shape of each (the labels have the scene's): see `stage_by_stage`.
PARTS = {"crops": (14, 14, 3), "masks": (28, 28), "strengths": (14, 14), "masked": (14, 14), "labels": None}
PARTS |= {"chances": (11,), "told": (), "arrows": (4, 4), "named": (), "overlaps": (), "losses": ()}
FREE = "free: four sliders (needs a running notebook)"
LEAST_SIDE = 8  # pixels of a box that a hand makes


def stage_by_stage(
    image: np.ndarray,
    boxes: np.ndarray,
    seen: Mapping[str, np.ndarray],
    look: Callable[[np.ndarray], Mapping[str, np.ndarray]] | None = None,
    alt: str = "",
) -> fig.Figure:
    """Drag a box over a scene, and see what each stage of a cascade makes of it, and where the box should go.

    Args:
        image: (H, W, 3), bytes or floats in 0..1.
        boxes: (N, 4) as x0, y0, x1, y1 in pixels, where the box snaps to.
        seen: of these boxes "crops" (N, 14, 14, 3) of the image; "masks" (N, 28, 28), probabilities; "strengths" and
            "masked" (N, 14, 14), the features' mean and that under the mask; "labels" (N, H, W), the mask on the scene
            in its class; "chances" (N, 11) of ground and digits, "told" (N,) the likeliest; "arrows" (N, 4, 4), one a
            side; "named" (N,), the class of the thing it overlaps most, "overlaps" (N,), by how much; "losses" (N,).
        look: the same of boxes (1, 4) that are not stored, from the network itself.
        alt: what the scene shows, in a few words, for a reader who hears the page.
    """
    image = taking.image(image)
    H, W = image.shape[:2]
    boxes = taking.numbers(boxes, "boxes").astype(float)
    if boxes.ndim != 2 or boxes.shape[1] != 4 or not len(boxes) or (boxes[:, 2:] <= boxes[:, :2]).any():
        raise ValueError(
            f"The boxes have shape {boxes.shape}; expected (N, 4) as x0, y0, x1, y1 with x0 < x1 and y0 < y1."
        )
    if missing := [name for name in PARTS if name not in seen]:
        raise ValueError(f"What is seen lacks {missing[0]!r}; expected {', '.join(PARTS)}.")
    kept = {name: taking.numbers(seen[name], name) for name in PARTS}
    for name, shape in PARTS.items():
        wanted = (len(boxes), *((H, W) if shape is None else shape))
        if kept[name].shape != wanted:
            raise ValueError(f"{name} has shape {kept[name].shape}; expected {wanted}, an entry a box.")

    def answer(left: int, top: int, width: int, height: int) -> list:
        if look is None:
            raise ValueError("This figure has no network to ask: give it one, stage_by_stage(..., look=...).")
        box = np.array([[left, top, min(left + width, W), min(top + height, H)]], float)
        return [np.asarray(look(box)[name])[0] for name in PARTS]

    stored = sides(boxes)
    handle = BoxHandle(stored)
    mode = fig.Choice("Box", ["snaps to stored ones: drag it", FREE])
    spans = {"Left": W - LEAST_SIDE, "Top": H - LEAST_SIDE, "Width": W, "Height": H}
    least = (0, 0, LEAST_SIDE, LEAST_SIDE)
    sliders = [
        fig.Slider(name, range(low, most + 1), int(start), labels="{} px", leap=4)
        for (name, most), low, start in zip(spans.items(), least, stored[0], strict=True)
    ]
    free = mode.on(FREE)
    asked = fig.Ask(
        "A box of your own", answer, fig.array([kept[name][0] for name in PARTS]), when=free,
        **dict(zip(("left", "top", "width", "height"), sliders, strict=True)),
    )  # fmt: skip
    now = {
        name: fig.choose(free, fig.array(values)[handle], asked[number])
        for number, (name, values) in enumerate(kept.items())
    }
    box = fig.choose(free, handle.box, sliders)
    on = fig.Legend(DIGIT_CLASSES, present=now["labels"])
    scene = fig.Image(image), fig.Classes(now["labels"], on, 60), fig.Outline(now["labels"], on)
    class_at = fig.names(DIGIT_CLASSES)
    strongest = float(np.quantile(kept["strengths"], 0.99)) or 1.0
    return fig.Figure(
        fig.Stage(
            *scene, fig.Box(box), fig.Arrows(now["arrows"]),
            title="Box and mask; arrows: less loss", pointer=handle, side=340,
        ),
        fig.Column(
            fig.Stage(fig.Image(now["crops"]), title="The box, warped to 14 x 14", side=150),
            fig.Stage(fig.Heat(now["masks"]), title="Stage 2: mask, 28 x 28", side=150),
        ),
        fig.Column(
            fig.Stage(fig.Heat(now["strengths"], 0, strongest), title="Features, their mean", side=150),
            fig.Stage(fig.Heat(now["masked"], 0, strongest), title="… under the mask", side=150),
        ),
        fig.Bars(DIGIT_CLASSES, now["chances"], title="Stage 3: class", colours=CLASS_COLOURS[: len(DIGIT_CLASSES)]),
        also=(mode, *sliders, on),
        caption="The box overlaps a {truth} by an IoU of {overlap:.2f}; the cascade says {told}, {share:.0%}. Loss of "
        "mask and class: {loss:.2f}. {Classes}",
        alt=alt or f"A scene of {W} by {H} pixels, a box on it, and what a cascade makes of the box.",
        truth=class_at[now["named"]],
        told=class_at[now["told"]],
        share=now["chances"][now["told"]],
        overlap=now["overlaps"],
        loss=now["losses"],
    )  # fmt: skip


def framed(image: object, boxes: object) -> np.ndarray:
    """An image (H, W, 3) with the frames of boxes (R, 4) in it, (H, W, 3) in bytes."""
    picture = torch.from_numpy(taking.image(image)).movedim(-1, 0)  # (3, H, W)
    H, W = picture.shape[1:]
    corners = torch.from_numpy(taking.numbers(boxes, "boxes")).round() - torch.tensor([0, 0, 1, 1])
    inside = corners.clamp(min=0).minimum(torch.tensor([W - 1, H - 1, W - 1, H - 1]))
    return draw_bounding_boxes(picture, inside, colors=ACCENT).movedim(0, -1).numpy()


def summary(
    images: np.ndarray, semantic: Mapping[str, np.ndarray], instances: Mapping[str, np.ndarray], alt: str = ""
) -> fig.Figure:
    """Semantic and instance segmentation of some scenes, every method side by side; a slider goes to another scene.

    Args:
        images: (N, H, W, 3) in bytes. semantic: method -> (N, H, W) labels; the last one is the truth.
        instances: method -> (N, H, W, 3) in bytes, the scene with each instance in a colour of its own.
    """
    pictures, classes = [taking.image(each) for each in images], len(DIGIT_CLASSES)
    shape = pictures[0].shape[:2]
    maps = np.stack(
        [[taking.labels(each, classes, shape, of) for each in found] for of, found in semantic.items()]
    )
    drawn = np.stack([[taking.image(each, of) for each in found] for of, found in instances.items()])
    if maps.shape[1] != len(pictures) or drawn.shape[1] != len(pictures):
        raise ValueError(f"There are {len(pictures)} scenes; expected as many maps of each method.")
    scene = fig.Slider("Scene", len(pictures), labels=[str(n + 1) for n in range(len(pictures))], keys="[]")
    blend = fig.Slider("Blend", 101, 70, labels="{}%")
    method = fig.Choice("Semantic method", list(semantic))
    things = maps[-1] > 0
    hits = ((maps == maps[-1]) & things).sum(axis=(2, 3))  # (methods, N)
    right = hits / things.sum(axis=(1, 2)).clip(min=1)
    first, second = fig.Each(len(maps)), fig.Each(len(drawn))
    labels = fig.array(maps)[first, scene]
    on = fig.Legend(DIGIT_CLASSES, present=labels)
    photo = fig.Image(fig.array(np.stack(pictures))[scene], dim=1)
    upper = fig.Row(
        first, photo, fig.Classes(labels, on, blend),
        titles=list(semantic), title="Semantic: a class for each pixel", side=620, choose=method,
    )  # fmt: skip
    lower = fig.Row(
        second, fig.Image(fig.array(drawn)[second, scene]),
        titles=list(instances), title="Instances: each thing by itself, in a colour of its own", side=620,
    )  # fmt: skip
    return fig.Figure(
        fig.Column(upper, lower),
        also=(scene, method, blend, on),
        caption=f"Scene {{Scene}} of {len(pictures)}. {{Semantic method}} names {{right:.0%}} of the digits' "
        "pixels right. {Classes}",
        right=fig.array(right)[method, scene],
        alt=alt
        or f"{len(pictures)} scenes as {len(maps)} semantic and {len(drawn)} instance methods see them.",
    )
