"""Checkerboard: the pattern that upsampling prints on a constant input, the kernel's phase sums, and its spectrum."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import ClassVar

import matplotlib
import numpy as np
import traitlets
from scipy.signal import convolve2d

from helpers.widgets import cells as grids
from helpers.widgets import checks, pictures
from helpers.widgets.base import Figure

MOST_WEIGHTS, MOST_STRIDE, MOST_CELLS = 6, 4, 12
TRANSPOSED, RESIZED = METHODS = ("transposed convolution", "resize, then convolve")
FAINTEST = -60  # decibels against the mean: a thousandth of it, below which the spectrum is black


class Checkerboard(Figure):
    """What a kernel makes of a constant input: where its weights do not share out evenly, a checkerboard.

    A transposed convolution gives the output pixels of each phase (row and column, modulo the stride) weights of their
    own; the sum of those is what the phase shows of a constant 1. Resizing first gives every pixel all the weights.

    Args:
        kernels: name -> (k, k) weights, k from 1 to 6.
        cells: input cells along a side whose output is shown, 2 to 12; there are more around them, so no border shows.
        alt: what the figure is for, for a reader who hears the page.
        controls: first values of `kernel` (a name), `stride` (1 to 4), `method` ("transposed convolution" or
            "resize, then convolve"), `row` and `column` (the chosen phase; where there are fewer, the last).

    Raises:
        ValueError: a kernel or a control does not fit; the message says what to do.
    """

    scripts: ClassVar[tuple[str, ...]] = ("cells.js", "checkerboard.js")
    controls: ClassVar[tuple[str, ...]] = ("kernel", "stride", "method", "row", "column")

    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    methods = traitlets.List(list(METHODS)).tag(sync=True)
    cells = traitlets.Int(8, min=2, max=MOST_CELLS).tag(sync=True)
    kernel = traitlets.Unicode().tag(sync=True)
    stride = traitlets.Int(2, min=1, max=MOST_STRIDE).tag(sync=True)
    method = traitlets.Enum(METHODS, TRANSPOSED).tag(sync=True)
    row = traitlets.Int(0, min=0, max=MOST_STRIDE - 1).tag(sync=True)
    column = traitlets.Int(0, min=0, max=MOST_STRIDE - 1).tag(sync=True)

    def __init__(
        self, kernels: Mapping[str, np.ndarray], cells: int = 8, alt: str = "", **controls: object
    ) -> None:
        checks.some(kernels, "kernels")
        self._kernels = {
            name: np.array(grids.grid(kernel, f"kernel {name!r}", MOST_WEIGHTS, square=True))
            for name, kernel in kernels.items()
        }
        self._heat = matplotlib.colormaps["inferno"](range(256), bytes=True)[:, :3]
        alt = alt or "The pattern that a kernel prints on a constant input."
        names = list(kernels)
        super().__init__({"kernel": names[0]}, controls, alt=alt, names=names, cells=cells)
        numbered = {f"kernel {i}": kernel for i, kernel in enumerate(self._kernels.values())}
        self.send(colours=grids.colours(), heat=self._heat, **numbered)

    @traitlets.validate("kernel")
    def _known(self, proposal: dict) -> str:
        """Refuse a kernel that there is not."""
        if proposal["value"] not in self._kernels:
            raise traitlets.TraitError(
                f"there is no kernel {proposal['value']!r}; choose from {', '.join(self._kernels)}"
            )
        return proposal["value"]

    def output(self, **changes: object) -> np.ndarray:
        """The output for a constant input of ones, away from the border: (cells * stride, cells * stride)."""
        state = self.state(**changes)
        kernel, stride = self._kernels[state.kernel], state.stride
        margin = len(kernel)  # input cells on each side: what is shown never sees the border
        ones = np.ones((self.cells + 2 * margin,) * 2)
        if state.method == TRANSPOSED:
            stuffed = np.kron(ones, np.eye(1, stride**2).reshape(stride, stride))  # each one before zeros
            whole = convolve2d(stuffed, kernel)
        else:
            whole = convolve2d(ones.repeat(stride, 0).repeat(stride, 1), kernel, mode="same")
        shown = slice(margin * stride, (margin + self.cells) * stride)
        return whole[shown, shown]

    def phase_sums(self, **changes: object) -> np.ndarray:
        """The sum of the weights that each phase of the output gets: (stride, stride)."""
        state = self.state(**changes)
        kernel, phases = self._kernels[state.kernel], range(state.stride)
        return np.array([[kernel[_weights(state, row, column)].sum() for column in phases] for row in phases])

    def strength(self, **changes: object) -> float:
        """How uneven the output is: the standard deviation of the phase sums over their mean absolute value."""
        sums = self.phase_sums(**changes)
        return float(sums.std() / (np.abs(sums).mean() or 1.0))

    def spectrum(self, **changes: object) -> np.ndarray:
        """How strong each wave of the output is, its mean removed, in decibels against the phases' mean absolute sum.

        The slowest waves are in the middle; at the edge are those that change with every pixel, each on both sides.
        """
        output = self.output(**changes)
        waves = np.abs(np.fft.fftshift(np.fft.fft2(output - output.mean()))) / output.size
        strength = waves / (np.abs(self.phase_sums(**changes)).mean() or 1.0)
        fastest = (
            1 - len(output) % 2
        )  # an even number of pixels has a fastest wave, which comes out on one side only
        return 20 * np.log10(np.maximum(np.pad(strength, (0, fastest), mode="wrap"), 1e-9))

    def panels(self, **changes: object) -> list[np.ndarray]:
        """Output, kernel, phase sums and spectrum, a pixel a number: each (., ., 3) uint8."""
        kernel, output = self._kernels[self.state(**changes).kernel], self.output(**changes)
        limit = grids.limit(output)
        levels = np.clip(1 - self.spectrum(**changes) / FAINTEST, 0, 1)
        return [
            grids.coloured(output, limit),
            grids.coloured(kernel, grids.limit(kernel)),
            grids.coloured(self.phase_sums(**changes), limit),
            self._heat[np.floor(levels * 255 + 0.5).astype(int)],
        ]

    def render(self, **changes: object) -> np.ndarray:
        """The panels as one picture: the output, kernel above phase sums, the spectrum."""
        output, kernel, sums, waves = self.panels(**changes)
        gap = np.full((128, 8, 3), 255, np.uint8)
        between = [pictures.fitted(grid, (60, 60)) for grid in (kernel, sums)]
        middle = np.concatenate([between[0], gap[:8, :1].repeat(60, 1), between[1]])
        large = [pictures.fitted(grid, (128, 128)) for grid in (output, waves)]
        return np.concatenate([large[0], gap, middle, gap, large[1]], axis=1)

    def caption(self, **changes: object) -> str:
        """The phase sums, how uneven they are, whether the stride divides the kernel, and the chosen phase."""
        state = self.state(**changes)
        sums, size = self.phase_sums(**changes), len(self._kernels[state.kernel])
        low, high = grids.number(sums.min()), grids.number(sums.max())
        strength = grids.number(self.strength(**changes))
        subject = f"{state.kernel}, {size} x {size}, {state.method} at stride {state.stride}"
        found = f"phase sums from {low} to {high}, artefact {strength} (deviation over mean size)."
        divides = "divides" if size % state.stride == 0 else "does not divide"
        why = f"Stride {state.stride} {divides} kernel size {size}."
        if state.method == RESIZED:
            why = "Every phase gets the whole kernel."
        row, column = min(state.row, state.stride - 1), min(state.column, state.stride - 1)
        count = np.zeros((size, size))[_weights(state, row, column)].size
        total = grids.number(sums[row, column])
        return f"{subject}: {found} {why} Phase ({row}, {column}) gets {count} of {size**2} weights: {total}."


def _weights(state: SimpleNamespace, row: int, column: int) -> tuple[slice, slice]:
    """Which weights of the kernel the output pixels of a phase get."""
    if state.method == RESIZED:
        return slice(None), slice(None)
    return slice(row, None, state.stride), slice(column, None, state.stride)
