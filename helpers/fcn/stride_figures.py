"""A figure of lesson 01: the coarse scores of networks of several strides, upsampled, and where they are wrong."""

from collections.abc import Mapping, Sequence

import numpy as np

from helpers import figure as fig
from helpers.figure import taking
from helpers.figure.layers import upsampled_labels
from helpers.plotting import DIGIT_CLASSES


def overlaid(
    labels: object, shown: fig.Legend, blend: fig.Slider, rims: object
) -> list[fig.Classes | fig.Outline]:
    """A label map over what lies below, with outlines where these are wanted."""
    return [fig.Classes(labels, shown, blend), fig.Outline(labels, shown, when=rims)]


def lens(
    image: np.ndarray, at: fig.Pointer, mask: fig.Classes, truth: Sequence | None
) -> tuple[fig.Choice, fig.Slider, list[fig.Lens]]:
    """A lens that follows the pointer: what it shows, how large it is, and its layers, one for each thing shown.

    Args:
        mask: the plain mask that it can show. truth: the layers of the truth, None where it is not known.
    """
    windows = {"photograph": [], "plain mask": [mask]} | ({"truth": truth} if truth else {})
    window = fig.Choice("The lens shows", [*windows, "off"])
    radius = fig.Slider("Lens size", range(2, 65), 16, labels="{} px", keys="-+", leap=2)
    photograph = fig.Image(image)
    looks = [fig.Lens(at, radius, photograph, *each, when=window.on(name)) for name, each in windows.items()]
    return window, radius, looks


def upsampled_masks(
    image: np.ndarray,
    scores: Mapping[str, np.ndarray],
    truth: np.ndarray,
    class_names: Sequence[str] = DIGIT_CLASSES,
    steps: Mapping[str, Sequence[int]] | None = None,
    alt: str = "",
    choice: int | str = 0,
) -> fig.Figure:
    """Upsample the coarse scores of networks of several strides, step by step, and see where they are wrong.

    Args:
        image: (H, W, 3), bytes or floats in 0..1.
        scores: name -> (T, C, h, w), the class scores before upsampling at T steps; or (C, h, w) of one step.
        truth: (H, W) labels.
        steps: name -> the T steps' numbers; without it they count from 0.
        alt: what the scene shows, in a few words, for a reader who hears the page.
        choice: the network shown at first.
    """
    image = taking.image(image)
    shape, classes = image.shape[:2], len(class_names)
    expected = taking.labels(truth, classes, shape, "truth")
    names = taking.distinct([*scores, "truth"], "networks")
    runs = [_coarse(values, classes, shape, name) for name, values in scores.items()]
    labels_of = [_step_names(steps, name, len(run)) for name, run in zip(scores, runs, strict=True)]

    which = fig.Choice("Map", names, choice, keys="[]")
    longest = max(map(len, runs))
    t = fig.Slider(
        "Training step",
        fig.array([*map(len, runs), 1])[which],
        longest - 1,
        labels=fig.names([*labels_of, ["–"]])[which],
    )
    between = fig.Choice("Between the scores", ["bilinear", "coarse cells"])
    view = fig.Choice("Colour", ["classes", "errors"])
    blend = fig.Slider("Blend", 101, 60, labels="{}%")
    rims = fig.Toggle("Outlines", True)
    at = fig.Pointer(shape)
    upsampled = fig.upsampled(fig.array(runs)[which, t], shape, between.on("bilinear"))
    labels = fig.choose(which, *[upsampled] * len(runs), fig.array(expected))
    shown = fig.Legend(class_names, present=labels)

    in_classes, in_errors = view.on("classes"), view.on("errors")
    grey = np.floor(image.mean(-1, keepdims=True).repeat(3, -1) * 0.45 + 0.5).astype(np.uint8)
    truth_below = overlaid(expected, shown, blend, rims)
    window, radius, looks = lens(image, at, fig.Classes(labels, shown, 100), truth_below)
    judged = [[_judged(one, expected, classes) for one in run] for run in runs] + [[[[1.0, 0.0]] * 2]]
    mean_iou, wrong = (
        fig.array([np.array(run)[..., k] for run in judged])[which, t, between] for k in (0, 1)
    )
    class_at = fig.names(class_names)
    return fig.Figure(
        fig.Stage(
            fig.Image(image),
            fig.Image(grey, when=in_errors),
            fig.Classes(labels, shown, blend, when=in_classes),
            fig.Outline(labels, shown, when=fig.choose(rims, 0, in_classes)),
            fig.Classes(labels, shown, blend, against=expected, when=in_errors),
            *looks,
            pointer=at,
        ),
        also=(which, t, between, view, blend, window, radius, rims, shown),
        caption="{Map}, step {Training step}, {size} enlarged ({Between the scores}): mean IoU {iou:.2f} on this "
        "scene, {wrong:.0%} of the pixels wrong. Under the pointer: {here}; truth: {truth}. {Classes}",
        alt=alt or f"A scene of {shape[1]} by {shape[0]} pixels under the masks of several networks.",
        lines=3,
        still={"The lens shows": "off"},
        size=fig.names([*(f"{r.shape[2]} x {r.shape[3]} scores" for r in runs), "labels"])[which],
        iou=mean_iou,
        wrong=wrong,
        here=class_at[labels[at.y, at.x]],
        truth=class_at[fig.array(expected)[at.y, at.x]],
    )


def _coarse(values: object, classes: int, shape: tuple[int, int], name: str) -> np.ndarray:
    """One network's scores as (T, C, h, w)."""
    array = taking.numbers(values, name).astype(np.float32)
    array = array[None] if array.ndim == 3 else array
    fits = array.ndim == 4 and array.shape[1] == classes and all(np.less_equal(array.shape[2:], shape))
    if not fits or not array.size or not np.isfinite(array).all():
        raise ValueError(
            f"The scores {name!r} have shape {array.shape}; expected finite (T, {classes}, h, w), a class name a "
            f"class and a grid of at most {shape}: the coarse scores, before they are upsampled."
        )
    return array


def _step_names(steps: Mapping[str, Sequence[int]] | None, name: str, count: int) -> list[str]:
    """The T steps' numbers of one network, as texts."""
    numbers = list(range(count)) if steps is None else list(steps[name])
    if len(numbers) != count:
        raise ValueError(f"{name!r} has {count} scores and {len(numbers)} steps; expected one a step.")
    return [str(number) for number in numbers]


def _judged(scores: np.ndarray, truth: np.ndarray, classes: int) -> list[list[float]]:
    """Mean IoU and share of wrong pixels of one step's scores, upsampled bilinearly and cell by cell."""
    found = []
    for smooth in (1, 0):
        labels = upsampled_labels(scores, list(truth.shape), smooth).astype(int)
        pairs = np.bincount(truth.ravel() * np.int64(classes) + labels.ravel(), minlength=classes**2)
        confusion = pairs.reshape(classes, classes)
        union = confusion.sum(0) + confusion.sum(1) - confusion.diagonal()
        found.append(
            [float((confusion.diagonal() / union.clip(1))[union > 0].mean()), float((labels != truth).mean())]
        )
    return found
