"""What two figures of lesson 02 compute as the hand moves, in Python; kernels.js is its twin."""

import re
from typing import Any

import numpy as np

from helpers.figure.symbols import written

LARGEST, MOST_WEIGHTS, MOST_TERMS = 99, 5, 4
TILE, ENTRY = 14, (2, 4)  # pixels of an input value, height and width of a matrix entry
FAINTEST = -60  # decibels against the mean: a thousandth of it, below which the spectrum is black


def stamps(step: int, counts: int, cell: list, **settings: Any) -> dict[str, Any]:
    """A transposed convolution after `step` + 1 stamps: its grids, what is framed in them, and the sum of one cell.

    Args:
        counts: 1 to count the stamps on each cell instead of adding them up.
        cell: (row, column) of the chosen cell of the canvas.
        settings: `input` and `kernel` as texts ("1 2; 3 4"), `size` of the kernel (0: as typed), `shape` of the input,
            `stride`, `padding` and `added`, the output padding.
    """
    shape, stride, padding = settings["shape"], settings["stride"], settings["padding"]
    n, setup = shape[0] * shape[1], _settled(**settings)
    if isinstance(setup, str):
        return _nothing(setup, n)
    values, weights, output, canvas = setup
    k, flat = len(weights), values.ravel()
    corners = [(stride * (i // shape[1]), stride * (i % shape[1])) for i in range(n)]
    row, column = (
        min(max(at - padding, 0), side - 1) + padding for at, side in zip(cell, output, strict=True)
    )
    one_by_one = np.zeros((n, *canvas))
    reached = np.zeros((n, *canvas), bool)
    for i, (top, left) in enumerate(corners):
        one_by_one[i, top : top + k, left : left + k] = weights
        reached[i, top : top + k, left : left + k] = True
    laid = reached.astype(float) if counts else flat[:, None, None] * one_by_one
    now = laid[: step + 1].sum(axis=0)
    givers = [i for i in range(step + 1) if reached[i, row, column]]
    window = slice(padding, padding + output[0]), slice(padding, padding + output[1])
    cut = np.zeros(canvas)
    cut[window] = np.nan
    top, left = corners[step]
    columns = one_by_one[:, window[0], window[1]].reshape(n, -1, 1)
    waiting = np.where(np.arange(n)[:, None, None] <= step, np.nan, np.zeros_like(columns))
    here = f"Output {output[0]} x {output[1]}; its cell ({row - padding}, {column - padding})"
    return {
        "tiles": np.broadcast_to(flat[:, None, None], (n, TILE, TILE)),
        "input_texts": [written(value) for value in flat],
        **_limits(input_limit=flat, weight_limit=weights, output_limit=laid.sum(axis=0)),
        "gives": [int(i in givers) for i in range(n)],
        "weights": weights,
        "weight_texts": [written(weight) for weight in weights.ravel()],
        "weight_places": _places(k, k),
        "weight_used": np.array([[column - left, row - top, 1, 1]] if step in givers else np.empty((0, 4))),
        "output": now,
        "output_texts": [written(value) for value in now.ravel()],
        "output_places": _places(*canvas),
        "cut": cut,
        "window": [padding, padding, output[1], output[0]],
        "stamp": [left, top, k, k],
        "chosen": [column, row, 1, 1],
        "columns": np.kron(columns, np.ones(ENTRY)),
        "waiting": np.kron(waiting, np.ones(ENTRY)),
        "entry": [0, ENTRY[0] * ((row - padding) * output[1] + column - padding), ENTRY[1], ENTRY[0]],
        "told": _told(
            step, shape, flat, here, [(flat[i], one_by_one[i, row, column]) for i in givers], counts
        ),
    }


def stamp_canvas(**settings: Any) -> dict[str, int]:
    """The height and width of the canvas that the stamps are laid on."""
    setup = _settled(**settings)
    height, width = (1, 1) if isinstance(setup, str) else setup[3]
    return {"height": height, "width": width}


def _settled(
    input: str, kernel: str, size: int, shape: list, stride: int, padding: int, added: int
) -> tuple | str:
    """Values, weights, the output's size and the canvas' before cutting; or what is wrong, in words."""
    values, typed = _grid(input, "input", shape), _grid(kernel, "kernel", [])
    for found in (values, typed):
        if isinstance(found, str):
            return found
    sides = np.minimum(np.arange(size or len(typed)), len(typed) - 1)  # a larger one repeats its last row
    weights = typed[np.ix_(sides, sides)]
    output = [(side - 1) * stride - 2 * padding + len(weights) + added for side in shape]
    if added >= stride:
        return f"Output padding {added} does not go with stride {stride}: it must be less than the stride."
    if min(output) < 1:
        return (
            f"Padding {padding} cuts everything off: the output would be {output[0]} x {output[1]}. Lower it."
        )
    canvas = [max(side + padding, side + 2 * padding - added) for side in output]
    return values, weights, output, canvas


def _grid(text: str, called: str, shape: list) -> np.ndarray | str:
    """The rows of numbers that a text holds, or a sentence that says what is wrong."""
    try:
        rows = [[float(each) for each in re.split(r"[\s,]+", row) if each] for row in text.split(";")]
    except ValueError:
        rows = [[]]
    equal = len({len(row) for row in rows}) == 1 and bool(rows[0])
    if not equal or not all(abs(each) <= LARGEST for row in rows for each in row):
        return f"The {called} “{text}” is no grid of numbers from \N{MINUS SIGN}99 to 99. Write its rows like 1 2; 3 4."
    grid = np.array(rows)
    height, width = grid.shape
    if shape and [height, width] != shape:
        return f"The {called} has {height} x {width} numbers; this figure's has {shape[0]} x {shape[1]}."
    if not shape and (height != width or height > MOST_WEIGHTS):
        return f"The {called} has {height} x {width} weights; expected k x k, k from 1 to {MOST_WEIGHTS}."
    return grid


def _limits(**grids: np.ndarray) -> dict[str, float]:
    """The ends of each scale with 0 in its middle: the largest size, 1 where all are 0, and the same below 0."""
    found = {name: float(np.abs(values).max()) or 1.0 for name, values in grids.items()}
    return found | {f"minus_{name}": -limit for name, limit in found.items()}


def _places(rows: int, columns: int) -> np.ndarray:
    """Where the texts of cells stand: boxes of no size a little inside each cell."""
    y, x = np.divmod(np.arange(rows * columns), columns)
    return np.stack([x + 0.2, y + 0.3, 0 * x, 0 * x], axis=1)


def _told(step: int, shape: list, values: np.ndarray, here: str, terms: list, counts: int) -> str:
    """Tell the last stamp, and of the chosen cell the (value, weight) that stamps laid on it, and their sum."""
    value = written(values[step])
    place = f"({step // shape[1]}, {step % shape[1]})"
    last = f"Stamp {step + 1} of {values.size}: input {place} = {value} lays {value} x the kernel."
    if not terms:
        return f"{last} {here} = 0: no stamp lies on it so far."
    if counts:
        return f"{last} {here} has {len(terms)} stamps on it so far."
    products = [f"{written(one)} x {written(other)}" for one, other in terms[:MOST_TERMS]]
    more = f" + {len(terms) - MOST_TERMS} more" if len(terms) > MOST_TERMS else ""
    total = written(float(sum(one * other for one, other in terms)))
    return f"{last} {here} = {total} so far: {' + '.join(products)}{more}."


def _nothing(problem: str, n: int) -> dict[str, Any]:
    """What is shown where there is no output: grey, and why."""
    one, box, none = np.zeros((1, 1)), [0, 0, 1, 1], np.empty((0, 4))
    return {
        "input_texts": [""] * n,
        "weight_texts": [],
        "output_texts": [],
        **dict.fromkeys(("weight_places", "weight_used", "output_places"), none),
        **_limits(input_limit=one, weight_limit=one, output_limit=one),
        **dict.fromkeys(("columns", "waiting"), np.zeros((n, 1, 1))),
        **dict.fromkeys(("weights", "output", "cut"), one),
        **dict.fromkeys(("window", "stamp", "chosen", "entry"), box),
        "tiles": np.zeros((n, TILE, TILE)),
        "gives": [0] * n,
        "told": problem,
    }


def checkerboard(
    kernel: np.ndarray, stride: int, resized: int, cells: int, place: list[int]
) -> dict[str, Any]:
    """What a kernel makes of a constant input of 1, away from the border: pattern, phase sums, spectrum, one phase.

    Args:
        kernel: (k, k). resized: 1 to enlarge by copying first and convolve after.
        cells: input cells a side. place: (row, column) of a pixel of the pattern.
    """
    kernel, k = np.asarray(kernel, float), len(kernel)
    phase = [int(at) % stride for at in place]
    rows, columns = np.indices((k, k))
    share = np.ones((stride, stride, k, k), bool)
    if not resized:
        r, c = np.indices((stride, stride))[..., None, None]
        share = (rows % stride == r) & (columns % stride == c)
    sums = (kernel * share).sum((2, 3))
    output = np.tile(sums, (cells, cells))
    own = np.argwhere(share[tuple(phase)])[:, ::-1]
    size, level = len(output), np.abs(sums).mean() or 1.0
    dots = [(x + 0.5, y + 0.5) for y in range(phase[0], size, stride) for x in range(phase[1], size, stride)]
    strengths = np.abs(np.fft.fftshift(np.fft.fft2(output - sums.mean()))) / output.size / level
    # An even number of pixels has a fastest wave, which comes out on one side only.
    strengths = np.pad(strengths, (0, 1 - size % 2), mode="wrap")
    divides = "does not divide" if k % stride else "divides"
    return {
        "output": output,
        "sums": sums,
        "spectrum": np.maximum(20 * np.log10(np.maximum(strengths, 1e-9)), FAINTEST),
        **_limits(limit=sums, weight_limit=kernel),
        "weights": kernel,
        "dots": np.array(dots),
        "own": np.concatenate([own, np.ones_like(own)], axis=1),
        "weight_places": _places(k, k),
        "weight_texts": [written(float(each), ".2f") for each in kernel.ravel()],
        "sum_places": _places(stride, stride),
        "sum_texts": [written(float(each), ".2f") for each in sums.ravel()],
        "sum_box": [phase[1], phase[0], 1, 1],
        "low": float(sums.min()),
        "high": float(sums.max()),
        "strength": float(sums.std() / level),
        "count": len(own),
        "phase": f"({phase[0]}, {phase[1]})",
        "chosen": float(sums[tuple(phase)]),
        "why": "Every phase gets the whole kernel."
        if resized
        else f"Stride {stride} {divides} kernel size {k}.",
    }
