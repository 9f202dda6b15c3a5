"""Receptive field: what a unit of a layer can see of a scene, and what of it matters to the unit."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from types import SimpleNamespace
from typing import ClassVar

import matplotlib
import numpy as np
import traitlets

from helpers.widgets import checks, fields
from helpers.widgets.base import Figure
from helpers.widgets.fields import Layer


class ReceptiveField(Figure):
    """Click a unit of a layer: the scene lights up where the unit can see, and glows where its gradient is strong.

    Args:
        image: (H, W, 3) uint8.
        layers: from the first to the last.
        gradient: called with a layer's name, a unit's row and column; returns (H, W), the absolute gradient of the
            unit by the image, summed over the colours.
        most: units along a side that the reader may choose from, evenly spread over larger grids.
        alt: what the scene shows, in a few words, for a reader who hears the page.
        controls: first values of `layer`, `row` and `column` (counted among the units to choose from; a layer with
            fewer shows its last) and `blend` (percent).

    Raises:
        ValueError: an array or a control does not fit, or a gradient reaches outside the field that the layer states.
    """

    scripts: ClassVar[tuple[str, ...]] = ("receptive_field.js",)
    controls: ClassVar[tuple[str, ...]] = ("layer", "row", "column", "blend")

    layers = traitlets.List(traitlets.Dict(), help="Each layer, and its units to choose from.").tag(sync=True)
    layer = traitlets.Unicode().tag(sync=True)
    row = traitlets.Int(0, min=0).tag(sync=True)
    column = traitlets.Int(0, min=0).tag(sync=True)
    blend = traitlets.Int(85, min=0, max=100).tag(sync=True)

    def __init__(
        self,
        image: np.ndarray,
        layers: Sequence[Layer],
        gradient: Callable[[str, int, int], np.ndarray],
        most: int = 8,
        alt: str = "",
        **controls: object,
    ) -> None:
        self._image = checks.image(image)
        checks.some({layer.name: layer for layer in layers}, "layers")
        height, width = self._image.shape[:2]
        self._shown = {layer.name: fields.shown(layer, gradient, (height, width), most) for layer in layers}
        self._colours = matplotlib.colormaps["inferno"](range(256), bytes=True)[:, :3]
        deepest = self._shown[layers[-1].name]
        middle = {"row": len(deepest.rows) // 2, "column": len(deepest.columns) // 2}
        super().__init__(
            {"layer": deepest.layer.name, **middle},
            controls,
            alt=alt or f"A scene of {width} by {height} pixels, and what a unit of a network sees of it.",
            layers=[
                {**asdict(each.layer), "rows": each.rows, "columns": each.columns, "cell": each.cell}
                for each in self._shown.values()
            ],
        )
        arrays = {f"heat {i}": each.heat for i, each in enumerate(self._shown.values())}
        arrays |= {f"reach {i}": each.reach for i, each in enumerate(self._shown.values())}
        self.send(image=self._image, colours=self._colours, **arrays)

    @traitlets.validate("layer")
    def _known(self, proposal: dict) -> str:
        """Refuse a layer that there is not."""
        if proposal["value"] not in self._shown:
            raise traitlets.TraitError(
                f"there is no layer {proposal['value']!r}; choose from {', '.join(self._shown)}"
            )
        return proposal["value"]

    def nearest(self, layer: str, x: float, y: float) -> dict[str, int]:
        """The unit to choose from whose field is centred nearest to a place, as `row` and `column`."""
        shown = self._shown[layer]
        middle = (shown.layer.size - 1) / 2

        def closest(units: list[int], place: float) -> int:
            return int(np.abs([shown.layer.first(unit) + middle - place for unit in units]).argmin())

        return {"row": closest(shown.rows, y), "column": closest(shown.columns, x)}

    def _unit(self, state: SimpleNamespace) -> tuple[fields.Shown, int, int]:
        """The state's layer, and the row and column of its unit among those to choose from."""
        shown = self._shown[state.layer]
        return shown, min(state.row, len(shown.rows) - 1), min(state.column, len(shown.columns) - 1)

    def render(self, **changes: object) -> np.ndarray:
        """The scene, dim outside the field and glowing with the gradient inside, (H, W, 3) uint8."""
        state = self.state(**changes)
        shown, row, column = self._unit(state)
        height, width = self._image.shape[:2]
        top, bottom = shown.layer.seen(shown.rows[row], height)
        left, right = shown.layer.seen(shown.columns[column], width)
        cells = np.ix_(np.arange(bottom - top) // shown.cell, np.arange(right - left) // shown.cell)
        heat = shown.heat[row, column][cells]
        weight = (heat / 255 * (state.blend / 100))[..., None]
        glowing = self._image[top:bottom, left:right] * (1 - weight) + self._colours[heat] * weight
        picture = (self._image.astype(int) * 45 // 100).astype(np.uint8)
        picture[top:bottom, left:right] = np.floor(glowing + 0.5)
        return picture

    def caption(self, **changes: object) -> str:
        """Which unit, how much it can see, and in how little of that half its gradient lies."""
        shown, row, column = self._unit(self.state(**changes))
        layer, reach = shown.layer, int(shown.reach[row, column])
        (rows, columns), (height, width) = layer.grid, self._image.shape[:2]
        ends = [(layer.first(shown.rows[row]), height), (layer.first(shown.columns[column]), width)]
        beyond = any(first < 0 or first + layer.size > side for first, side in ends)
        place = f"{layer.name}, unit at row {shown.rows[row]}, column {shown.columns[column]} of {rows} x {columns}"
        sees = f"it can see {layer.size} x {layer.size} pixels{', some of them outside the scene' if beyond else ''}."
        half = f"Half of its gradient lies in the middle {reach} x {reach}."
        return f"{place}: {sees} {half if reach else 'No gradient reaches the scene.'}"
