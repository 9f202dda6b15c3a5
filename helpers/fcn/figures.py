"""Figures of lesson 01: arrays in, interactive figures out."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from helpers import figure as fig
from helpers.fcn.stride_figures import lens, overlaid
from helpers.fcn.stride_figures import upsampled_masks as upsampled_masks
from helpers.figure import taking
from helpers.plotting import CLASS_COLOURS, DIGIT_CLASSES

if TYPE_CHECKING:  # the figure itself needs no torch
    from helpers.ops import Field


def masks_over_images(
    image: np.ndarray,
    maps: Mapping[str, np.ndarray],
    class_names: Sequence[str] = DIGIT_CLASSES,
    truth: np.ndarray | None = None,
    alt: str = "",
) -> fig.Figure:
    """Lay label maps over a scene, one at a time, and look under them through a lens.

    Args:
        image: (H, W, 3), bytes or floats in 0..1.
        maps: name -> (H, W) labels, one class a pixel; shown in this order.
        class_names: one a class, background first.
        truth: (H, W) labels; shown as one more map, named in the caption, and what the lens can show.
        alt: what the scene shows, in a few words, for a reader who hears the page.
    """
    image = taking.image(image)
    known = [] if truth is None else [("truth", truth)]
    names = taking.distinct([*maps, *(name for name, _ in known)], "maps")
    checked = [
        taking.labels(each, len(class_names), image.shape[:2], name) for name, each in [*maps.items(), *known]
    ]
    image, *checked = taking.small(image, *checked)

    which = fig.Choice("Map", names, keys="[]")
    blend = fig.Slider("Blend", 101, 60, labels="{}%")
    rims = fig.Toggle("Outlines", True)
    at = fig.Pointer(image.shape)
    stack = fig.array(np.stack(checked))
    labels, expected = stack[which], stack[len(names) - 1]
    shown = fig.Legend(class_names, present=labels)
    truth_below = overlaid(expected, shown, blend, rims) if known else None
    window, radius, looks = lens(image, at, fig.Classes(labels, shown, 100), truth_below)
    class_at = fig.names(class_names)
    told = "; truth: {truth}" if known else ""
    return fig.Figure(
        fig.Stage(fig.Image(image), *overlaid(labels, shown, blend, rims), *looks, pointer=at),
        also=(which, blend, window, radius, rims, shown),  # in this order in the panel
        caption=f"{{Map}}, blend {{Blend}}. Under the pointer: {{here}}{told}. {{Classes}}",
        alt=alt or f"A scene of {image.shape[1]} by {image.shape[0]} pixels under a map of its classes.",
        still={"The lens shows": "off"},
        here=class_at[labels[at.y, at.x]],
        truth=class_at[expected[at.y, at.x]],
    )


def patch_and_map(
    image: np.ndarray,
    score_map: np.ndarray,
    patches: "Field",
    class_names: Sequence[str] = DIGIT_CLASSES,
    truth: np.ndarray | None = None,
    alt: str = "",
) -> fig.Figure:
    """Move a patch over a scene, and find its scores again in the dense map of the whole scene.

    Args:
        image: (H, W, 3), bytes or floats in 0..1.
        score_map: (C, h, w), the class scores of every patch; shown as their softmax.
        patches: a patch's size, the stride from one to the next, and the image column (and row) where the first one
            starts; below 0 when the image is padded.
        truth: (H, W) labels; the caption then names the class at the patch's centre.
        alt: what the scene shows, in a few words, for a reader who hears the page.

    Raises:
        ValueError: something does not fit; the message says what to do.
    """
    image = taking.image(image)
    scores = taking.numbers(score_map, "score_map").astype(float)
    if scores.ndim != 3 or len(scores) != len(class_names) or not np.isfinite(scores).all():
        raise ValueError(
            f"The score map has shape {scores.shape}; expected finite ({len(class_names)}, h, w)."
        )
    powers = np.exp(scores - scores.max(0))
    shares = powers / powers.sum(0)
    classes, rows, columns = shares.shape
    corners = [patches.start + patches.stride * np.arange(count) for count in (rows, columns)]
    _check_patches(image.shape, corners, patches.size)

    centres = [each + (patches.size - 1) / 2 for each in corners]
    at = fig.Pointer(image.shape, grid=centres, name="patch")
    box = _boxes(*corners, patches.size)[at.y, at.x]
    cell = _boxes(np.arange(rows), np.arange(columns), 1)[at.y, at.x]
    colours = CLASS_COLOURS[:classes].astype(float)
    strength = np.sqrt(shares.max(0))[..., None]  # the share itself leaves all but the surest cells white
    dense_map = np.floor(colours[shares.argmax(0)] * strength + 255 * (1 - strength) + 0.5).astype(np.uint8)
    ranked = (-shares).argsort(0, kind="stable")
    ordered = np.take_along_axis(shares, ranked, 0)
    class_at = fig.names(class_names)
    told = {}
    if truth is not None:
        known = taking.labels(truth, classes, image.shape[:2], "truth")
        inside = [each + patches.size // 2 for each in corners]
        middle = [each.clip(0, side - 1) for each, side in zip(inside, known.shape, strict=True)]
        told = {"truth": class_at[fig.array(known[np.ix_(*middle)])[at.y, at.x]]}
    return fig.Figure(
        fig.Column(
            fig.Stage(fig.Image(image), fig.Spot(box), fig.Box(box), title="Scene", pointer=at, side=320),
            fig.Stage(fig.Crop(image, box), title="Patch", side=150),
        ),
        fig.Column(
            fig.Stage(
                fig.Image(dense_map),
                fig.Box(cell),
                title="Dense map: pale where unsure",
                pointer=at,
                side=170,
            ),
            fig.Bars(
                class_names,
                fig.array(np.moveaxis(shares, 0, -1))[at.y, at.x],
                title="Share of each class",
                colours=CLASS_COLOURS[:classes],
            ),
        ),
        caption=f"Patch at {{patch}} of {rows} x {columns}: {{first}} {{most:.0%}}, then {{second}} {{next:.0%}}."
        + (" Truth at its centre: {truth}." if told else ""),
        alt=alt
        or f"A scene of {image.shape[1]} by {image.shape[0]} pixels, and the map of its patches' classes.",
        first=class_at[fig.array(ranked[0])[at.y, at.x]],
        second=class_at[fig.array(ranked[1])[at.y, at.x]],
        most=fig.array(ordered[0])[at.y, at.x],
        next=fig.array(ordered[1])[at.y, at.x],
        **told,
    )


def _boxes(tops: np.ndarray, lefts: np.ndarray, size: int) -> fig.Symbol:
    """Squares of one size as (rows, columns, 4): left, top, width, height."""
    top, left = np.meshgrid(tops, lefts, indexing="ij")
    return fig.array(np.stack([left, top, np.full_like(left, size), np.full_like(left, size)], axis=-1))


def _check_patches(shape: Sequence[int], corners: Sequence[np.ndarray], size: int) -> None:
    """Refuse patches that do not lie on the scene."""
    for side, first, name in zip(shape, corners, ("height", "width"), strict=False):
        if size < 1 or first[0] + size <= 0 or first[-1] >= side or (len(first) > 1 and first[1] <= first[0]):
            raise ValueError(
                f"Patches of {size} pixels from {first[0]} to {first[-1]} do not lie on the {name} of {side} pixels. "
                "Look at their size, stride and start: the network's padding and strides."
            )
