"""What the figures with a lens share: a scene under a mask, and a round window that the hand moves over it."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import traitlets

from helpers.widgets import pictures
from helpers.widgets.base import Figure

LENSES = ("photograph", "plain mask", "truth", "off")
LENS_CONTROLS = ("choice", "blend", "lens", "x", "y", "radius", "visible", "outlines")


class LensFigure(Figure):
    """A scene under one of several masks, and a lens that shows the photograph, the plain mask or the truth.

    Args:
        image: (H, W, 3) uint8, checked.
        truth: (H, W) uint8, checked; None where there is none.
        names: what `choice` may be; "truth" is added if there is one.
        class_names: one a class, background first, checked.
        alt: what the scene shows.
        first: the figure's own first values of controls; what it leaves out is set here.
        controls: the caller's.
    """

    scripts: ClassVar[tuple[str, ...]] = ("lens.js",)
    controls: ClassVar[tuple[str, ...]] = LENS_CONTROLS
    still: ClassVar[dict[str, object]] = {"lens": "off"}

    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    class_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    lenses = traitlets.List(traitlets.Unicode()).tag(sync=True)
    choice = traitlets.Unicode().tag(sync=True)
    blend = traitlets.Int(60, min=0, max=100).tag(sync=True)
    lens = traitlets.Enum(LENSES, "photograph").tag(sync=True)
    x = traitlets.Int(0, min=0).tag(sync=True)
    y = traitlets.Int(0, min=0).tag(sync=True)
    radius = traitlets.Int(16, min=2, max=64).tag(sync=True)
    visible = traitlets.List(traitlets.Bool()).tag(sync=True)
    outlines = traitlets.Bool(True).tag(sync=True)

    def __init__(
        self,
        image: np.ndarray,
        truth: np.ndarray | None,
        names: Sequence[str],
        class_names: Sequence[str],
        alt: str,
        first: dict[str, object],
        controls: dict[str, object],
    ) -> None:
        self._image, self._truth = image, truth
        self._choices = [*names, *(["truth"] if truth is not None else [])]
        height, width = image.shape[:2]
        middle = {"choice": names[0], "x": width // 2, "y": height // 2, "visible": [True] * len(class_names)}
        super().__init__(
            {**middle, **first},
            controls,
            alt=alt,
            names=self._choices,
            class_names=list(class_names),
            lenses=[lens for lens in LENSES if lens != "truth" or truth is not None],
        )

    @traitlets.validate("choice", "lens", "x", "y", "visible")
    def _fits(self, proposal: dict) -> object:
        """Refuse a value that this scene does not have."""
        name, value = proposal["trait"].name, proposal["value"]
        height, width = self._image.shape[:2]
        limits = {"x": width, "y": height}
        if name == "choice" and value not in self._choices:
            raise traitlets.TraitError(f"there is no map {value!r}; choose from {', '.join(self._choices)}")
        if name == "lens" and value == "truth" and self._truth is None:
            raise traitlets.TraitError("the lens cannot show a truth that was not given; pass truth=")
        if name in limits and value >= limits[name]:
            raise traitlets.TraitError(
                f"{name} = {value} lies outside the image; expected 0 to {limits[name] - 1}"
            )
        if name == "visible" and len(value) != len(self.class_names or value):
            raise traitlets.TraitError(
                f"{len(value)} flags; expected one for each of {len(self.class_names)} classes"
            )
        return value

    def through_lens(self, state: SimpleNamespace, labels: np.ndarray, picture: np.ndarray) -> np.ndarray:
        """A picture of the mask `labels`, with what the lens shows in its place: (H, W, 3) uint8."""
        if state.lens == "off":
            return picture
        blend = {"photograph": 0, "plain mask": 100, "truth": state.blend}[state.lens]
        outlines = state.outlines and state.lens == "truth"
        beneath = self._truth if state.lens == "truth" else labels
        inner = pictures.masked(self._image, beneath, blend, state.visible, outlines)
        return np.where(
            pictures.in_lens(labels.shape, state.x, state.y, state.radius)[..., None], inner, picture
        )

    def under_pointer(self, state: SimpleNamespace, labels: np.ndarray) -> str:
        """The end of the caption: the class at the pointer, the true one, and the classes switched off."""
        truth = "" if self._truth is None else f"; truth: {self.class_names[self._truth[state.y, state.x]]}"
        here = self.class_names[labels[state.y, state.x]]
        return f"Under the pointer: {here}{truth}.{pictures.hidden_classes(self.class_names, state.visible)}"
