"""Figures of lesson 01: arrays in, interactive figures out."""

from collections.abc import Mapping, Sequence

import numpy as np

from helpers import figure as fig
from helpers.figure import taking
from helpers.plotting import DIGIT_CLASSES

LENSES = ("photograph", "plain mask", "truth", "off")


def masks_over_images(
    image: np.ndarray,
    maps: Mapping[str, np.ndarray],
    class_names: Sequence[str] = DIGIT_CLASSES,
    truth: np.ndarray | None = None,
    alt: str = "",
    lens: str = "photograph",
    blend: int = 60,
) -> fig.Figure:
    """Lay label maps over a scene, one at a time, and look under them through a lens.

    Args:
        image: (H, W, 3), bytes or floats in 0..1.
        maps: name -> (H, W) labels, one class a pixel; shown in this order.
        class_names: one a class, background first.
        truth: (H, W) labels; shown as one more map, named in the caption, and what the lens can show.
        alt: what the scene shows, in a few words, for a reader who hears the page.
        lens, blend: what the lens shows at first, and percent of the classes' colours.
    """
    image = taking.image(image)
    known = [] if truth is None else [("truth", truth)]
    names = taking.distinct([*maps, *(name for name, _ in known)], "maps")
    checked = [
        taking.labels(each, len(class_names), image.shape[:2], name) for name, each in [*maps.items(), *known]
    ]
    image, *checked = taking.small(image, *checked)

    which = fig.Choice("Map", names, keys="[]")
    blend = fig.Slider("Blend", 101, blend, labels="{}%")
    lenses = [each for each in LENSES if each != "truth" or known]
    window = fig.Choice("The lens shows", lenses, lens)
    radius = fig.Slider("Lens size", range(2, 65), 16, labels="{} px", keys="-+", leap=2)
    rims = fig.Toggle("Outlines", True)
    at = fig.Pointer(image.shape)
    stack = fig.array(np.stack(checked))
    labels, expected = stack[which], stack[len(names) - 1]
    shown = fig.Legend(class_names, present=labels)

    def under(labels: fig.Symbol, blend: object, rims: object) -> list:
        return [fig.Classes(labels, shown, blend), fig.Outline(labels, shown, when=rims)]

    photograph = fig.Image(image)
    windows = {"photograph": [], "plain mask": under(labels, 100, 0), "truth": under(expected, blend, rims)}
    looks = [
        fig.Lens(at, radius, photograph, *windows[each], when=window.on(each))
        for each in lenses
        if each != "off"
    ]
    class_at = fig.names(class_names)
    told = "; truth: {truth}" if known else ""
    return fig.Figure(
        fig.Stage(photograph, *under(labels, blend, rims), *looks, pointer=at),
        also=(which, blend, window, radius, rims, shown),  # in this order in the panel
        caption=f"{{Map}}, blend {{Blend}}. Under the pointer: {{here}}{told}. {{Classes}}",
        alt=alt or f"A scene of {image.shape[1]} by {image.shape[0]} pixels under a map of its classes.",
        still={"The lens shows": "off"},
        here=class_at[labels[at.y, at.x]],
        truth=class_at[expected[at.y, at.x]],
    )
