"""Masks over images: one scene, several label maps, a blend, a lens, classes switched on and off."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
import traitlets

from helpers import plotting
from helpers.widgets import checks, pictures
from helpers.widgets.base import Figure

LENSES = ("photograph", "plain mask", "truth", "off")


class MasksOverImages(Figure):
    """Lay label maps over a scene, one at a time, and look under them through a lens.

    Args:
        image: (H, W, 3) uint8.
        maps: name -> (H, W) integers, one class a pixel; shown in this order.
        class_names: one a class, background first.
        truth: (H, W) integers; shown as one more map, named in the caption, and what the lens can show.
        alt: what the scene shows, in a few words, for a reader who hears the page.
        controls: first values of `choice`, `blend` (percent), `lens`, `x`, `y` and `radius` (pixels of the image),
            `visible` (one flag a class) and `outlines`.

    Raises:
        ValueError: an image, a map or the names do not fit; the message says what to do.
    """

    script: ClassVar[str] = "masks.js"
    controls: ClassVar[tuple[str, ...]] = (
        "choice",
        "blend",
        "lens",
        "x",
        "y",
        "radius",
        "visible",
        "outlines",
    )
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
        maps: Mapping[str, np.ndarray],
        class_names: Sequence[str] = plotting.DIGIT_CLASSES,
        truth: np.ndarray | None = None,
        alt: str = "",
        **controls: object,
    ) -> None:
        self._image = checks.image(image)
        checks.some(maps, "label maps")
        names = checks.class_names(class_names)
        maps = dict(maps) if truth is None else {**maps, "truth": truth}
        height, width = self._image.shape[:2]
        self._maps = {
            name: checks.labels(labels, (height, width), len(names), name) for name, labels in maps.items()
        }
        first = {
            "choice": next(iter(maps)),
            "x": width // 2,
            "y": height // 2,
            "visible": [True] * len(names),
        }
        super().__init__(
            first,
            controls,
            alt=alt or f"A scene of {width} by {height} pixels under a map of its classes.",
            names=list(maps),
            class_names=names,
            lenses=[lens for lens in LENSES if lens != "truth" or truth is not None],
        )
        self.send(image=self._image, maps=np.stack(list(self._maps.values())), palette=plotting.CLASS_COLOURS)

    @traitlets.validate("choice", "lens", "x", "y", "visible")
    def _fits(self, proposal: dict) -> object:
        """Refuse a value that this scene does not have."""
        name, value = proposal["trait"].name, proposal["value"]
        height, width = self._image.shape[:2]
        limits = {"x": width, "y": height}
        if name == "choice" and value not in self._maps:
            raise traitlets.TraitError(f"there is no map {value!r}; choose from {', '.join(self._maps)}")
        if name == "lens" and value == "truth" and "truth" not in self._maps:
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

    def render(self, **changes: object) -> np.ndarray:
        """The scene in this state, (H, W, 3) uint8."""
        state = self.state(**changes)
        labels = self._maps[state.choice]
        picture = pictures.masked(self._image, labels, state.blend, state.visible, state.outlines)
        if state.lens == "off":
            return picture
        blend = {"photograph": 0, "plain mask": 100, "truth": state.blend}[state.lens]
        outlines = state.outlines and state.lens == "truth"
        beneath = self._maps["truth"] if state.lens == "truth" else labels
        inner = pictures.masked(self._image, beneath, blend, state.visible, outlines)
        inside = pictures.in_lens(labels.shape, state.x, state.y, state.radius)
        return np.where(inside[..., None], inner, picture)

    def caption(self, **changes: object) -> str:
        """Which map, how strong, and what is under the pointer."""
        state = self.state(**changes)
        here = self.class_names[self._maps[state.choice][state.y, state.x]]
        truth = (
            f"; truth: {self.class_names[self._maps['truth'][state.y, state.x]]}"
            if "truth" in self._maps
            else ""
        )
        hidden = pictures.hidden_classes(self.class_names, state.visible)
        return f"{state.choice}, blend {state.blend}%. Under the pointer: {here}{truth}.{hidden}"
