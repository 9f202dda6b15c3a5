"""Sampling grid: move a box over a photograph, and see what a spatial transformer with that theta reads there."""

import math
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import traitlets

from helpers.widgets import checks, pictures, sampler
from helpers.widgets.base import Figure

FIRST = sampler.Box(x=0, y=0, scale=50, angle=20, stretch=100, shear=0)
MARGIN = (
    6  # the scene shows a sixth of the photograph's longer side more all around: there the sampler reads 0
)
SIDES = (2, 64)  # of the output, in pixels


class SamplingGrid(Figure):
    """A box on a photograph, the output that is read there, and one output pixel's place, four weights and gradient.

    Drag the box to move it, a corner to scale it, the knob above it to turn it; or use keys and sliders. Read the
    map back as `theta`.

    Args:
        image: (H, W) grey or (H, W, 3) colours, uint8.
        theta: (2, 3), the first map, as `affine_grid` wants it; the box that comes nearest is shown.
        side: pixels along a side of the output.
        alt: what the photograph shows, in a few words, for a reader who hears the page.
        controls: first values of the parts of `sampler.Box` (`x`, `y`, `scale`, `angle`, `stretch`, `shear`) and of
            `row` and `column`, the output pixel that is looked at.

    Raises:
        ValueError: the image, theta, the side or a control does not fit; the message says what to do.
    """

    scripts: ClassVar[tuple[str, ...]] = ("sampler.js", "sampling_overlay.js", "sampling_grid.js")
    controls: ClassVar[tuple[str, ...]] = (*sampler.Box._fields, "row", "column")

    side = traitlets.Int().tag(sync=True)
    margin = traitlets.Int(help="Pixels around the photograph.").tag(sync=True)
    x = traitlets.Int(min=-100, max=100).tag(sync=True)
    y = traitlets.Int(min=-100, max=100).tag(sync=True)
    scale = traitlets.Int(100, min=5, max=200).tag(sync=True)
    angle = traitlets.Int(min=-180, max=180).tag(sync=True)
    stretch = traitlets.Int(100, min=25, max=400).tag(sync=True)
    shear = traitlets.Int(min=-100, max=100).tag(sync=True)
    row = traitlets.Int(min=0).tag(sync=True)
    column = traitlets.Int(min=0).tag(sync=True)

    def __init__(
        self,
        image: np.ndarray,
        theta: np.ndarray | None = None,
        side: int = 24,
        alt: str = "",
        **controls: object,
    ) -> None:
        array = np.asarray(image)
        self._image = checks.image(array[..., None].repeat(3, -1) if array.ndim == 2 else array)
        if not SIDES[0] <= side <= SIDES[1]:
            raise ValueError(
                f"side = {side}; expected {SIDES[0]} to {SIDES[1]}: more sampling places could not be told apart."
            )
        box = FIRST if theta is None else sampler.Box.of(theta)
        height, width = self._image.shape[:2]
        self._side = side  # the validator below needs it before the traits are set
        super().__init__(
            {**box._asdict(), "row": side // 3, "column": side // 3},
            controls,
            alt=alt or f"A photograph of {width} by {height} pixels, and the box that is read of it.",
            side=side,
            margin=-(-max(height, width) // MARGIN),
        )
        self.send(image=self._image)

    @traitlets.validate("row", "column")
    def _fits(self, proposal: dict) -> int:
        """Refuse a pixel that the output does not have."""
        if proposal["value"] >= self._side:
            raise traitlets.TraitError(
                f"{proposal['trait'].name} = {proposal['value']} lies outside the output; "
                f"expected 0 to {self._side - 1}"
            )
        return proposal["value"]

    @property
    def theta(self) -> np.ndarray:
        """The map of the present box, (2, 3) floats: `affine_grid` takes it as it is."""
        return self._theta(self.state()) / sampler.UNIT

    def _theta(self, state: SimpleNamespace) -> np.ndarray:
        return sampler.Box(*(getattr(state, part) for part in sampler.Box._fields)).theta()

    def nearest(self, x: float, y: float, /, **changes: object) -> dict[str, int]:
        """The output pixel that reads nearest to a pixel of the photograph, as `row` and `column`; none outside."""
        theta = self._theta(self.state(**changes)) / sampler.UNIT
        height, width = self._image.shape[:2]
        place = np.array([(2 * x + 1) / width - 1, (2 * y + 1) / height - 1])
        inside = np.linalg.solve(theta[:, :2], place - theta[:, 2])
        column, row = (math.floor((along + 1) / 2 * self.side) for along in inside)
        return {"row": row, "column": column} if 0 <= min(row, column) <= max(row, column) < self.side else {}

    def _reading(self, state: SimpleNamespace) -> sampler.Reading:
        return sampler.reading(self._image, self._theta(state), self.side, state.row, state.column)

    def panels(self, **changes: object) -> list[np.ndarray]:
        """The photograph in its black margin; the output; four by four pixels round the place, the outer ones dim."""
        state = self.state(**changes)
        read = self._reading(state)
        margin = [(self.margin, self.margin)] * 2 + [(0, 0)]
        rows, columns = (math.floor(along) + np.arange(-1, 3) for along in (read.y, read.x))
        close = sampler.fetch(self._image, rows[:, None], columns[None])
        dim = close * 45 // 100
        dim[1:3, 1:3] = close[1:3, 1:3]
        output = sampler.sampled(self._image, self._theta(state), self.side)
        return [np.pad(self._image, margin), output, dim.astype(np.uint8)]

    def render(self, **changes: object) -> np.ndarray:
        """The panels as one picture: the scene with a light dot at each place, and beside it output above pixels."""
        state = self.state(**changes)
        scene, output, close = self.panels(**changes)
        fine = max(1, round(240 / scene.shape[0]))
        scene = scene.repeat(fine, 0).repeat(fine, 1)
        x, y = sampler.places(self._theta(state), self.side, self._image.shape)
        columns, rows = (np.floor((along + 0.5 + self.margin) * fine).astype(int) for along in (x, y))
        shown = (rows >= 0) & (columns >= 0) & (rows < scene.shape[0]) & (columns < scene.shape[1])
        scene[rows[shown], columns[shown]] = 255
        half = scene.shape[0] // 2
        beside = np.concatenate([pictures.fitted(panel, (half, half)) for panel in (output, close)])
        return np.concatenate([scene[: 2 * half], beside], axis=1)

    def caption(self, **changes: object) -> str:
        """Theta; the output pixel's place, weights and value; and how the value changes as the place moves."""
        state = self.state(**changes)
        read = self._reading(state)
        upper, lower = (
            ", ".join(pictures.decimal(number, 3) for number in row)
            for row in self._theta(state) / sampler.UNIT
        )
        above, below = (" and ".join(pictures.two_places(weight) for weight in row) for row in read.weights)
        place = f"row {pictures.decimal(read.y, 2)}, column {pictures.decimal(read.x, 2)}"
        value = pictures.decimal(read.value, 1)
        right, down = (pictures.decimal(slope, 1, plus=True) for slope in read.slope)
        return (
            f"theta = [{upper}; {lower}]. Output row {state.row}, column {state.column} reads at {place}: "
            f"{above} of the two pixels above, {below} of those below, in all {value} of 255. "
            f"Gradient: {right} for each pixel to the right, {down} for each pixel down."
        )
