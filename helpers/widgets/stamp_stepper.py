"""Stamp stepper: a transposed convolution laid down stamp by stamp, and the same as a matrix."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import traitlets

from helpers.widgets import cells, pictures
from helpers.widgets.base import Figure

MOST_VALUES, MOST_WEIGHTS = 4, 5  # rows and columns of the input, of the kernel
MOST_STRIDE, MOST_PADDING = 3, 2
MOST_TERMS = 4  # of a cell's sum that the caption writes out
VIEWS = ("running sum", "stamps on each cell")
GREY = 160  # what padding cuts off, and stamps not yet laid, turn towards it


class StampStepper(Figure):
    """Each input value lays a copy of the kernel, times itself, on the output; where copies overlap they add up.

    Args:
        values: (h, w) numbers, one channel of at most 4 x 4.
        kernel: (k, k) weights, k from 1 to 5.
        stride: output cells from one stamp to the next, 1 to 3.
        padding: rows and columns cut off at every side of the output, 0 to 2.
        output_padding: rows and columns kept or added below and to the right, less than the stride.
        alt: what the figure is for, for a reader who hears the page.
        controls: first values of `step` (how many stamps are laid; there is one an input value), `row` and `column`
            (the chosen cell of the output; where there are fewer, the last), `view` ("running sum" or "stamps on each
            cell").

    Raises:
        ValueError: a grid or a control does not fit, or the settings leave no output; the message says what to do.
    """

    scripts: ClassVar[tuple[str, ...]] = ("cells.js", "player.js", "stamps.js", "stamp_stepper.js")
    controls: ClassVar[tuple[str, ...]] = (
        *("values", "kernel", "stride", "padding", "output_padding", "step", "row", "column", "view"),
    )
    still: ClassVar[dict[str, object]] = {"step": MOST_VALUES**2}  # a poster shows the finished sum

    views = traitlets.List(list(VIEWS)).tag(sync=True)
    values = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    kernel = traitlets.List(traitlets.List(traitlets.Float())).tag(sync=True)
    stride = traitlets.Int(2, min=1, max=MOST_STRIDE).tag(sync=True)
    padding = traitlets.Int(0, min=0, max=MOST_PADDING).tag(sync=True)
    output_padding = traitlets.Int(0, min=0, max=MOST_STRIDE - 1).tag(sync=True)
    step = traitlets.Int(1, min=0, max=MOST_VALUES**2).tag(sync=True)
    row = traitlets.Int(0, min=0).tag(sync=True)
    column = traitlets.Int(0, min=0).tag(sync=True)
    view = traitlets.Enum(VIEWS, VIEWS[0]).tag(sync=True)

    def __init__(
        self,
        values: Sequence[Sequence[float]] | np.ndarray,
        kernel: Sequence[Sequence[float]] | np.ndarray,
        stride: int = 2,
        padding: int = 0,
        output_padding: int = 0,
        alt: str = "",
        **controls: object,
    ) -> None:
        settings = {
            "values": cells.grid(values, "input", MOST_VALUES),
            "kernel": cells.grid(kernel, "kernel", MOST_WEIGHTS, square=True),
            "stride": stride,
            "padding": padding,
            "output_padding": output_padding,
        }
        # The first cell on which the second stamp lies as well, if the kernel reaches so far.
        shared = {"row": max(0, stride - padding), "column": max(0, stride - padding)}
        alt = alt or "A transposed convolution, stamp by stamp, and its matrix."
        super().__init__(shared, settings | controls, alt=alt)
        if impossible := _impossible(self.state()):
            raise ValueError(impossible)
        self.send(colours=cells.colours())

    @traitlets.validate("values", "kernel")
    def _fits(self, proposal: dict) -> list[list[float]]:
        """Refuse a grid that is ragged, too large, or (the kernel) not square."""
        name, square = proposal["trait"].name, proposal["trait"].name == "kernel"
        try:
            return cells.grid(proposal["value"], name, MOST_WEIGHTS if square else MOST_VALUES, square)
        except ValueError as error:
            raise traitlets.TraitError(str(error)) from error

    def output(self, **changes: object) -> np.ndarray:
        """The sum of the stamps laid so far, without what padding cuts off: (H, W) floats.

        Raises:
            ValueError: these settings leave no output.
        """
        state = self.state(**changes)
        if impossible := _impossible(state):
            raise ValueError(impossible)
        return _stamped(state)[0][_window(state)]

    def matrix(self, **changes: object) -> np.ndarray:
        """The matrix that turns the flattened input into the flattened finished output: (H * W, h * w) floats.

        It is the transpose of the matching convolution's, which has a column for each of the H * W values it reads.
        """
        state = self.state(**changes)
        rows, columns = np.shape(state.values)
        one = np.eye(rows * columns).reshape(-1, rows, columns)
        laid = {**vars(state), "step": rows * columns}
        return np.stack([self.output(**{**laid, "values": each.tolist()}).ravel() for each in one], axis=1)

    def panels(self, **changes: object) -> list[np.ndarray]:
        """Input, kernel, output with what is cut off in grey, and matrix, a pixel a number: each (., ., 3) uint8."""
        state = self.state(**changes)
        values, kernel = np.array(state.values), np.array(state.kernel)
        grids = [cells.coloured(grid, cells.limit(grid)) for grid in (values, kernel)]
        if _impossible(state):
            return [*grids, np.full((1, 1, 3), GREY, np.uint8), np.full((1, 1, 3), GREY, np.uint8)]
        finished = SimpleNamespace(**{**vars(state), "step": values.size})
        which = VIEWS.index(state.view)
        output = cells.coloured(_stamped(state)[which], cells.limit(_stamped(finished)[which]))
        kept = np.zeros(output.shape[:2], bool)
        kept[_window(state)] = True
        matrix = cells.coloured(self.matrix(**changes), cells.limit(kernel))
        laid = np.broadcast_to(np.arange(values.size) < state.step, matrix.shape[:2])
        return [*grids, _greyed(output, ~kept), _greyed(matrix, ~laid)]

    def render(self, **changes: object) -> np.ndarray:
        """The panels as one picture: input above kernel, the output, the matrix."""
        values, kernel, output, matrix = self.panels(**changes)
        gap = np.full((192, 8, 3), 255, np.uint8)
        small = [pictures.fitted(grid, (92, 72)) for grid in (values, kernel)]
        left = np.concatenate([small[0], gap[:8].repeat(9, 1), small[1]])
        return np.concatenate(
            [left, gap, pictures.fitted(output, (192, 168)), gap, pictures.fitted(matrix, (192, 64))], axis=1
        )

    def caption(self, **changes: object) -> str:
        """Which stamp was laid last and where, and of what the chosen cell's sum is made."""
        state = self.state(**changes)
        return _impossible(state) or f"{_last_stamp(state)} {_cell_sum(state)}"


def _size(state: SimpleNamespace) -> tuple[int, int]:
    """The output's height and width."""
    added = len(state.kernel) - 2 * state.padding + state.output_padding
    return tuple((side - 1) * state.stride + added for side in np.shape(state.values))


def _window(state: SimpleNamespace) -> tuple[slice, slice]:
    """The part of the canvas with all stamps that is the output."""
    return tuple(slice(state.padding, state.padding + side) for side in _size(state))


def _stamped(state: SimpleNamespace) -> tuple[np.ndarray, np.ndarray]:
    """The canvas with all stamps laid so far: their sum, and how many lie on each cell."""
    values, kernel = np.array(state.values), np.array(state.kernel)
    end = [
        max(side + state.padding, side + 2 * state.padding - state.output_padding) for side in _size(state)
    ]
    total, count = np.zeros(end), np.zeros(end)
    for place, value in list(np.ndenumerate(values))[: state.step]:
        stamp = tuple(slice(state.stride * at, state.stride * at + len(kernel)) for at in place)
        total[stamp] += value * kernel
        count[stamp] += 1
    return total, count


def _impossible(state: SimpleNamespace) -> str:
    """Why these settings have no output, and what to do; nothing if they have one."""
    if state.output_padding >= state.stride:
        return (
            f"Output padding {state.output_padding} does not go with stride {state.stride}: it must be less than the "
            "stride. Lower the output padding or raise the stride."
        )
    height, width = _size(state)
    if min(height, width) < 1:
        return (
            f"Padding {state.padding} cuts everything off: the output would be {height} x {width}. "
            "Lower the padding, or raise kernel size or stride."
        )
    return ""


def _greyed(picture: np.ndarray, where: np.ndarray) -> np.ndarray:
    """The picture, two thirds of the way to grey in places."""
    return np.where(where[..., None], (picture.astype(int) + 2 * GREY) // 3, picture).astype(np.uint8)


def _last_stamp(state: SimpleNamespace) -> str:
    values = np.array(state.values)
    step = min(state.step, values.size)
    if step == 0:
        return f"No stamp of {values.size} is laid yet."
    place = np.unravel_index(step - 1, values.shape)
    value = cells.number(values[place])
    lays = (
        f"Stamp {step} of {values.size}: input ({place[0]}, {place[1]}) = {value} lays {value} x the kernel"
    )
    ends = []
    for name, at, side in zip(("row", "column"), place, _size(state), strict=True):
        first = state.stride * at - state.padding
        ends.append((name, first, first + len(state.kernel) - 1, side))
    if any(last < 0 or first >= side for _, first, last, side in ends):
        return f"{lays} where padding cuts it off."
    spans = ", ".join(_span(name, max(first, 0), min(last, side - 1)) for name, first, last, side in ends)
    whole = all(first >= 0 and last < side for _, first, last, side in ends)
    return f"{lays} on {spans}{'' if whole else '; padding cuts off the rest'}."


def _span(name: str, first: int, last: int) -> str:
    return f"{name} {first}" if first == last else f"{name}s {first} to {last}"


def _cell_sum(state: SimpleNamespace) -> str:
    """What the stamps so far have laid on the chosen cell."""
    values, kernel = np.array(state.values), np.array(state.kernel)
    cell = [min(at, side - 1) for at, side in zip((state.row, state.column), _size(state), strict=True)]
    terms = []
    for place, value in list(np.ndenumerate(values))[: state.step]:
        row, column = (at + state.padding - state.stride * p for at, p in zip(cell, place, strict=True))
        if 0 <= row < len(kernel) and 0 <= column < len(kernel):
            terms.append(f"{cells.number(value)} x {cells.number(kernel[row, column])}")
    finished = state.step >= values.size
    here = f"Output cell ({cell[0]}, {cell[1]})"
    if not terms:
        return f"{here} = 0: no stamp lies on it{'' if finished else ' yet'}."
    total = cells.number(_stamped(state)[0][_window(state)][tuple(cell)])
    more = f" + {len(terms) - MOST_TERMS} more" if len(terms) > MOST_TERMS else ""
    return f"{here} = {total}{'' if finished else ' so far'}: {' + '.join(terms[:MOST_TERMS])}{more}."
