"""Upsampled masks: coarse class scores, enlarged and decided in the browser, through the steps of training."""

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import traitlets

from helpers import plotting
from helpers.widgets import checks, pictures
from helpers.widgets.lens import LENS_CONTROLS, LensFigure

INTERPOLATIONS = ("bilinear", "coarse cells")
VIEWS = ("classes", "errors")
ERROR_COLOUR = (255, 150, 0)  # far from any grey, to the colour-blind as well


class UpsampledMasks(LensFigure):
    """See what networks of several strides say of one scene, step by step, and where they are wrong.

    The coarse scores cross to the browser (as float16), and the browser enlarges them: by bilinear interpolation, as
    the networks do, or cell by cell, so that the reader sees what the interpolation is made from.

    Args:
        image: (H, W, 3) uint8.
        scores: name -> (T, C, h, w) floats, the class scores before upsampling at T steps; or (C, h, w) of one step.
        truth: (H, W) integers, one class a pixel.
        class_names: one a class, background first.
        steps: the T steps' numbers, for all networks or name -> numbers; without it they count from 0.
        alt: what the scene shows, in a few words, for a reader who hears the page.
        controls: as for MasksOverImages; and `frame` (index of the step; a network with fewer shows its last),
            `interpolation` ("bilinear" or "coarse cells"), `view` ("classes" or "errors").

    Raises:
        ValueError: an array, the steps or a control do not fit; the message says what to do.
    """

    scripts: ClassVar[tuple[str, ...]] = (*LensFigure.scripts, "upsampled.js")
    controls: ClassVar[tuple[str, ...]] = (*LENS_CONTROLS, "frame", "interpolation", "view")

    steps = traitlets.Dict(help="Name -> numbers of its steps.").tag(sync=True)
    interpolations = traitlets.List(list(INTERPOLATIONS)).tag(sync=True)
    views = traitlets.List(list(VIEWS)).tag(sync=True)
    frame = traitlets.Int(0, min=0).tag(sync=True)
    interpolation = traitlets.Enum(INTERPOLATIONS, "bilinear").tag(sync=True)
    view = traitlets.Enum(VIEWS, "classes").tag(sync=True)

    def __init__(
        self,
        image: np.ndarray,
        scores: Mapping[str, np.ndarray],
        truth: np.ndarray,
        class_names: Sequence[str] = plotting.DIGIT_CLASSES,
        steps: Sequence[int] | Mapping[str, Sequence[int]] | None = None,
        alt: str = "",
        **controls: object,
    ) -> None:
        image, class_names = checks.image(image), checks.class_names(class_names)
        shape = image.shape[:2]
        truth = checks.labels(truth, shape, len(class_names), "truth")
        checks.some(scores, "networks' scores")
        self._scores = {name: _frames(values, name, class_names, shape) for name, values in scores.items()}
        self._steps = {name: _steps(steps, name, len(values)) for name, values in self._scores.items()}
        alt = alt or f"A scene of {shape[1]} by {shape[0]} pixels under networks' masks."
        last = {"frame": max(map(len, self._steps.values())) - 1}
        super().__init__(image, truth, list(scores), class_names, alt, last, controls)
        self.steps = self._steps
        # A name such as "image" must not hide the scene: the networks' arrays go by number.
        numbered = {f"scores {i}": values for i, values in enumerate(self._scores.values())}
        colours = np.array([(0, 0, 0), ERROR_COLOUR], np.uint8)
        self.send(image=image, truth=truth, palette=plotting.CLASS_COLOURS, error_palette=colours, **numbered)

    def labels(self, **changes: object) -> np.ndarray:
        """The label map shown in this state, (H, W) uint8."""
        return self._labels(self.state(**changes))

    def _labels(self, state: SimpleNamespace) -> np.ndarray:
        if state.choice == "truth":
            return self._truth
        frames = self._scores[state.choice]
        scores = frames[min(state.frame, len(frames) - 1)]
        return pictures.upsampled_labels(scores, self._truth.shape, state.interpolation == "bilinear")

    def render(self, **changes: object) -> np.ndarray:
        """The scene in this state, (H, W, 3) uint8."""
        state = self.state(**changes)
        labels = self._labels(state)
        if state.view == "errors":
            visible = np.asarray(state.visible)
            wrong = np.where(visible[labels], labels, 0) != np.where(visible[self._truth], self._truth, 0)
            weight = (wrong * (state.blend / 100))[..., None]
            mixed = pictures.dim_grey(self._image) * (1 - weight) + np.array(ERROR_COLOUR) * weight
            picture = np.floor(mixed + 0.5).astype(np.uint8)
        else:
            picture = pictures.masked(self._image, labels, state.blend, state.visible, state.outlines)
        return self.through_lens(state, labels, picture)

    def caption(self, **changes: object) -> str:
        """Which network at which step, its mean IoU on this scene, and what is under the pointer."""
        state = self.state(**changes)
        labels = self._labels(state)
        iou = pictures.two_places(pictures.mean_iou(labels, self._truth, len(self.class_names)))
        wrong = int((labels != self._truth).sum() * 100 / labels.size + 0.5)
        found = f"mean IoU {iou} on this scene, {wrong}% of the pixels wrong."
        return f"{self._subject(state)}: {found} {self.under_pointer(state, labels)}"

    def _subject(self, state: SimpleNamespace) -> str:
        """What is shown: a network, its step if there are several, and how its scores were enlarged."""
        if state.choice == "truth":
            return "truth"
        frames, steps = self._scores[state.choice], self._steps[state.choice]
        step = f" at step {steps[min(state.frame, len(steps) - 1)]}" if len(steps) > 1 else ""
        way = "bilinearly" if state.interpolation == "bilinear" else "cell by cell"
        return f"{state.choice}{step}, {frames.shape[2]} x {frames.shape[3]} scores enlarged {way}"


def _frames(values: np.ndarray, name: str, class_names: Sequence[str], shape: tuple[int, int]) -> np.ndarray:
    """One network's scores as (T, C, h, w) float16, or a ValueError."""
    array = np.asarray(values)
    array = checks.scores(array[None] if array.ndim == 3 else array, "(T, C, h, w)", name)
    if array.shape[1] != len(class_names):
        raise ValueError(
            f"The scores {name!r} are of {array.shape[1]} classes; expected {len(class_names)}, one a class name. "
            "The classes are the second axis: (T, C, h, w)."
        )
    if array.shape[2] > shape[0] or array.shape[3] > shape[1]:
        raise ValueError(
            f"The scores {name!r} form a grid of {array.shape[2:]}; expected at most the image's {shape}. "
            "Give the coarse scores, before they are upsampled and cropped."
        )
    with np.errstate(over="ignore"):  # refused below, in words
        half = array.astype(np.float16)
    if not np.isfinite(half).all():
        raise ValueError(
            f"The scores {name!r} reach {np.abs(array).max():.3g}; expected at most 65,000, which float16 can hold. "
            "Subtract each pixel's highest score first."
        )
    return half


def _steps(steps: Sequence[int] | Mapping[str, Sequence[int]] | None, name: str, count: int) -> list[int]:
    """One network's step numbers, as many as it has frames, or a ValueError."""
    own = steps.get(name) if isinstance(steps, Mapping) else steps
    numbers = list(range(count)) if own is None else [int(step) for step in own]
    if len(numbers) != count:
        raise ValueError(
            f"{len(numbers)} steps for {count} frames of {name!r}; expected one a frame. "
            "Where networks have different steps, give a dictionary: name -> steps."
        )
    return numbers
