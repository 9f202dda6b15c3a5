"""Masks over images: one scene, several label maps, a blend, a lens, classes switched on and off."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np

from helpers import plotting
from helpers.widgets import checks, pictures
from helpers.widgets.lens import LensFigure


class MasksOverImages(LensFigure):
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
        ValueError: an image, a map, the names or a control do not fit; the message says what to do.
    """

    scripts: ClassVar[tuple[str, ...]] = (*LensFigure.scripts, "masks.js")

    def __init__(
        self,
        image: np.ndarray,
        maps: Mapping[str, np.ndarray],
        class_names: Sequence[str] = plotting.DIGIT_CLASSES,
        truth: np.ndarray | None = None,
        alt: str = "",
        **controls: object,
    ) -> None:
        image, class_names = checks.image(image), checks.class_names(class_names)
        checks.some(maps, "label maps")
        shape, classes = image.shape[:2], len(class_names)
        self._maps = {name: checks.labels(labels, shape, classes, name) for name, labels in maps.items()}
        if truth is not None:
            truth = self._maps["truth"] = checks.labels(truth, shape, classes, "truth")
        alt = alt or f"A scene of {shape[1]} by {shape[0]} pixels under a map of its classes."
        super().__init__(image, truth, list(maps), class_names, alt, {}, controls)
        self.send(image=image, maps=np.stack(list(self._maps.values())), palette=plotting.CLASS_COLOURS)

    def render(self, **changes: object) -> np.ndarray:
        """The scene in this state, (H, W, 3) uint8."""
        state = self.state(**changes)
        labels = self._maps[state.choice]
        picture = pictures.masked(self._image, labels, state.blend, state.visible, state.outlines)
        return self.through_lens(state, labels, picture)

    def caption(self, **changes: object) -> str:
        """Which map, how strong, and what is under the pointer."""
        state = self.state(**changes)
        return f"{state.choice}, blend {state.blend}%. {self.under_pointer(state, self._maps[state.choice])}"
