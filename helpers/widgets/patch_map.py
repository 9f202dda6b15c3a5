"""Patch and map: move a patch over a scene and find its scores again in the dense map of the whole scene."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import traitlets

from helpers import plotting
from helpers.widgets import checks, pictures
from helpers.widgets.base import Figure

OUTSIDE = 128  # the grey of what a patch sees beyond the scene


class PatchAndMap(Figure):
    """A patch on a scene, the patch enlarged, its classes' shares as bars, and its place in the dense map.

    Args:
        image: (H, W, 3) uint8.
        score_map: (C, h, w) floats, the class scores of every patch; shown as their softmax.
        stride: pixels from one patch to the next.
        offset: the image column (and row) where the patch of the first cell begins; below 0 when the image is padded.
        patch_size: pixels along a side of the patch.
        class_names: one a class, background first.
        truth: (H, W) integers; the caption then names the class at the patch's centre.
        alt: what the scene shows, in a few words, for a reader who hears the page.
        controls: first values of `row` and `column`, the cell of the map.

    Raises:
        ValueError: an array, a size or a control does not fit; the message says what to do.
    """

    scripts: ClassVar[tuple[str, ...]] = ("patch_map.js",)
    controls: ClassVar[tuple[str, ...]] = ("row", "column")

    class_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    stride = traitlets.Int().tag(sync=True)
    offset = traitlets.Int().tag(sync=True)
    patch_size = traitlets.Int().tag(sync=True)
    row = traitlets.Int(0, min=0).tag(sync=True)
    column = traitlets.Int(0, min=0).tag(sync=True)

    def __init__(
        self,
        image: np.ndarray,
        score_map: np.ndarray,
        stride: int,
        offset: int,
        patch_size: int,
        class_names: Sequence[str] = plotting.DIGIT_CLASSES,
        truth: np.ndarray | None = None,
        alt: str = "",
        **controls: object,
    ) -> None:
        self._image, names = checks.image(image), checks.class_names(class_names)
        shape = self._image.shape[:2]
        self._shares = _shares(checks.scores(score_map, "(C, h, w)", "score_map"), len(names))
        self._truth = None if truth is None else checks.labels(truth, shape, len(names), "truth")
        cells = self._shares.shape[1:]
        _check_places(shape, cells, stride, offset, patch_size)
        super().__init__(
            {"row": cells[0] // 2, "column": cells[1] // 2},
            controls,
            alt=alt or f"A scene of {shape[1]} by {shape[0]} pixels, and the map of its patches' classes.",
            class_names=names,
            stride=stride,
            offset=offset,
            patch_size=patch_size,
        )
        nothing = np.zeros((0, 0), np.uint8)
        self.send(
            image=self._image,
            shares=self._shares,
            palette=plotting.CLASS_COLOURS,
            truth=nothing if truth is None else self._truth,
        )

    @traitlets.validate("row", "column")
    def _fits(self, proposal: dict) -> int:
        """Refuse a cell that the map does not have."""
        name, value = proposal["trait"].name, proposal["value"]
        cells = self._shares.shape[1 if name == "row" else 2]
        if value >= cells:
            raise traitlets.TraitError(f"{name} = {value} lies outside the map; expected 0 to {cells - 1}")
        return value

    def _corner(self, state: SimpleNamespace) -> tuple[int, int]:
        """The image column and row where the state's patch begins."""
        return self.offset + self.stride * state.column, self.offset + self.stride * state.row

    def panels(self, **changes: object) -> list[np.ndarray]:
        """The scene, dim outside the patch; the map, (h, w, 3); the patch itself: each uint8."""
        state = self.state(**changes)
        left, top = self._corner(state)
        end_row, end_column = top + self.patch_size, left + self.patch_size
        scene = (self._image.astype(int) * 45 // 100).astype(np.uint8)
        seen = slice(max(top, 0), max(end_row, 0)), slice(max(left, 0), max(end_column, 0))
        scene[seen] = self._image[seen]
        patch = np.full((self.patch_size, self.patch_size, 3), OUTSIDE, np.uint8)
        part = self._image[seen]
        first_row, first_column = max(-top, 0), max(-left, 0)
        patch[first_row : first_row + part.shape[0], first_column : first_column + part.shape[1]] = part
        return [scene, self._map(), patch]

    def _map(self) -> np.ndarray:
        """Each cell in its likeliest class's colour, the darker the smaller the share: (h, w, 3) uint8."""
        colours = plotting.CLASS_COLOURS.astype(int)
        share = self._shares.max(0).astype(int)[..., None]
        mixed = colours[self._shares.argmax(0)] * share + colours[0] * (1000 - share)
        return ((mixed + 500) // 1000).astype(np.uint8)

    def render(self, **changes: object) -> np.ndarray:
        """The panels as one picture: the scene, and beside it the map above the patch."""
        scene, score_map, patch = self.panels(**changes)
        half = scene.shape[0] // 2
        beside = np.concatenate(
            [pictures.fitted(score_map, (half, half)), pictures.fitted(patch, (half, half))]
        )
        return np.concatenate([scene[: 2 * half], beside], axis=1)

    def caption(self, **changes: object) -> str:
        """Which cell, its two likeliest classes, and the truth."""
        state = self.state(**changes)
        rows, columns = self._shares.shape[1:]
        shares = self._shares[:, state.row, state.column].astype(int)
        best, second = np.argsort(-shares, kind="stable")[:2]
        likely = [f"{self.class_names[label]} {(shares[label] + 5) // 10}%" for label in (best, second)]
        place = f"Patch at row {state.row}, column {state.column} of {rows} x {columns}"
        return f"{place}: {likely[0]}, then {likely[1]}.{self._true_class(state)}"

    def _true_class(self, state: SimpleNamespace) -> str:
        """The end of the caption: what lies at the patch's centre, or at the nearest pixel of the scene."""
        if self._truth is None:
            return ""
        left, top = self._corner(state)
        middle = self.patch_size // 2
        height, width = self._truth.shape
        label = self._truth[min(max(top + middle, 0), height - 1), min(max(left + middle, 0), width - 1)]
        return f" Truth at its centre: {self.class_names[label]}."


def _shares(scores: np.ndarray, classes: int) -> np.ndarray:
    """The softmax of (C, h, w) scores in whole thousandths, (C, h, w) uint16: whole numbers read alike everywhere."""
    if scores.shape[0] != classes:
        raise ValueError(
            f"The score map is of {scores.shape[0]} classes; expected {classes}, one a class name. "
            "The classes come first: (C, h, w)."
        )
    powers = np.exp(scores.astype(float) - scores.max(0))
    return np.floor(powers / powers.sum(0) * 1000 + 0.5).astype(np.uint16)


def _check_places(
    shape: tuple[int, int], cells: tuple[int, int], stride: int, offset: int, patch_size: int
) -> None:
    """Refuse patches that do not lie on the scene."""
    if stride < 1 or patch_size < 1:
        raise ValueError(f"stride = {stride} and patch_size = {patch_size}; expected 1 or more pixels each.")
    for size, count, side in zip(shape, cells, ("height", "width"), strict=True):
        first_end, last = offset + patch_size, offset + stride * (count - 1)
        if first_end <= 0 or last >= size:
            raise ValueError(
                f"With offset {offset}, stride {stride} and {count} cells, a patch lies wholly outside the {side} "
                f"of {size} pixels (the last begins at {last}). Look at the network's padding and strides."
            )
