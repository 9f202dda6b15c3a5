"""Watch it learn: digits as they come in, and how runs of a spatial transformer straighten them, step by step."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import traitlets

from helpers.widgets import checks, pictures
from helpers.widgets.base import Figure

SIDE = 28  # pixels, as MNIST's digits have
GAP = 1  # pixel between two digits
BETWEEN = 110  # the grey of the gap: neither black nor white, so that a digit's own edge is seen
MOST_DIGITS = 10
MOST_STEPS = 60


class WatchItLearn(Figure):
    """Digits in a row, below them a row for each run with what it made of them; a slider goes through training.

    All runs are shown at the same step, so that a faulty one and a mended one can be compared.

    Args:
        inputs: (N, 28, 28) floats, the digits as they come in.
        runs: name -> {step: (N, 28, 28) floats}, what the run made of them after that many steps.
        low: the value shown as black; what lies below is black too.
        high: the value shown as white.
        numbers: name -> {step: number}, something that the caption tells of each run, such as how far it zooms out.
        number_name: what these numbers are called.
        alt: what the digits are, in a few words, for a reader who hears the page.
        controls: first value of `frame`, the index of the step.

    Raises:
        ValueError: shapes, steps, values or a control do not fit; the message says what to do.
    """

    scripts: ClassVar[tuple[str, ...]] = ("player.js", "watch_it_learn.js")
    controls: ClassVar[tuple[str, ...]] = ("frame",)

    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    steps = traitlets.List(traitlets.Int()).tag(sync=True)
    numbers = traitlets.List(
        traitlets.List(traitlets.Float()), help="A list a run; none at all without."
    ).tag(sync=True)
    number_name = traitlets.Unicode().tag(sync=True)
    frame = traitlets.Int(0, min=0).tag(sync=True)

    def __init__(
        self,
        inputs: np.ndarray,
        runs: Mapping[str, Mapping[int, np.ndarray]],
        *,
        low: float,
        high: float,
        numbers: Mapping[str, Mapping[int, float]] | None = None,
        number_name: str = "zoom",
        alt: str = "",
        **controls: object,
    ) -> None:
        if not low < high:
            raise ValueError(f"low = {low} is black and high = {high} white; expected low below high.")
        first = _digits(inputs, "inputs")
        checks.some(runs, "runs")
        self._steps = _common_steps(runs)
        self._inputs = _grey(first, low, high)
        self._runs = {
            name: np.stack(
                [
                    _grey(_digits(run[step], f"{name} at step {step}", first.shape), low, high)
                    for step in self._steps
                ]
            )
            for name, run in runs.items()
        }
        super().__init__(
            {},
            controls,
            alt=alt or f"{len(first)} digits, and what {' and '.join(runs)} made of them.",
            names=list(runs),
            steps=self._steps,
            numbers=[] if numbers is None else _numbers(numbers, list(runs), self._steps),
            number_name=number_name,
        )
        self.send(inputs=self._inputs, **{f"run {i}": run for i, run in enumerate(self._runs.values())})

    @traitlets.validate("frame")
    def _fits(self, proposal: dict) -> int:
        """Refuse a step that was not recorded."""
        if proposal["value"] >= len(self._steps):
            raise traitlets.TraitError(
                f"frame = {proposal['value']} lies outside the recorded steps; expected 0 to {len(self._steps) - 1}"
            )
        return proposal["value"]

    @property
    def still(self) -> dict[str, object]:
        """The poster shows where training ended."""
        return {"frame": len(self._steps) - 1}

    def panels(self, **changes: object) -> list[np.ndarray]:
        """A picture a row, (28, N * 29 - 1, 3) uint8: what comes in, then each run."""
        state = self.state(**changes)
        return [_row(digits) for digits in (self._inputs, *(run[state.frame] for run in self._runs.values()))]

    def render(self, **changes: object) -> np.ndarray:
        """The rows as one picture."""
        rows = self.panels(**changes)
        gap = np.full((GAP, *rows[0].shape[1:]), BETWEEN, np.uint8)
        return np.concatenate([part for row in rows for part in (row, gap)][:-1])

    def caption(self, **changes: object) -> str:
        """The step, and each run's number there."""
        state = self.state(**changes)
        step = f"Step {self._steps[state.frame]} of {self._steps[-1]}."
        name = self.number_name[:1].upper() + self.number_name[1:]
        return f"{step} {name}: {self._told(state)}." if self.numbers else step

    def _told(self, state: SimpleNamespace) -> str:
        """Each run's name and number."""
        return ", ".join(
            f"{name} {pictures.decimal(values[state.frame], 2)}"
            for name, values in zip(self.names, self.numbers, strict=True)
        )


def _digits(values: object, called: str, shape: tuple[int, ...] | None = None) -> np.ndarray:
    """Finite digits (N, 28, 28), as many as the inputs if their shape is given; or a ValueError."""
    array = checks.scores(values, "(N, 28, 28)", called)
    expected = shape or (len(array), SIDE, SIDE)
    if array.shape != expected or len(array) > MOST_DIGITS:
        raise ValueError(
            f"The digits {called!r} have shape {array.shape}; expected {shape or '(N, 28, 28)'}, "
            f"with at most {MOST_DIGITS} digits. Take the same few digits for the inputs and for every run."
        )
    return array


def _grey(digits: np.ndarray, low: float, high: float) -> np.ndarray:
    """Values as shown, uint8: `low` is black, `high` white."""
    return np.floor((np.clip(digits.astype(float), low, high) - low) / (high - low) * 255 + 0.5).astype(
        np.uint8
    )


def _common_steps(runs: Mapping[str, Mapping[int, np.ndarray]]) -> list[int]:
    """The steps, which must be the same in every run: in order, or a ValueError."""
    (first, steps), *others = ((name, sorted(run)) for name, run in runs.items())
    if not 1 <= len(steps) <= MOST_STEPS:
        raise ValueError(
            f"{first!r} was recorded at {len(steps)} steps; expected 1 to {MOST_STEPS}. Keep every so many of them."
        )
    for name, theirs in others:
        if theirs != steps:
            raise ValueError(
                f"{name!r} was recorded at the steps {theirs}; expected those of {first!r}, {steps}. "
                "Keep the steps that all runs have: only equal steps can be compared."
            )
    return steps


def _numbers(
    numbers: Mapping[str, Mapping[int, float]], names: list[str], steps: list[int]
) -> list[list[float]]:
    """The numbers as a list a run, in the order of runs and steps; or a ValueError."""
    for name in names:
        missing = [step for step in steps if step not in numbers.get(name, {})]
        if missing:
            raise ValueError(
                f"numbers has none for {name!r} at step {missing[0]}; expected one for each run and step. "
                "Give numbers={name: {step: number}}, or leave numbers out."
            )
    found = [[float(numbers[name][step]) for step in steps] for name in names]
    if not np.isfinite(found).all():
        raise ValueError(
            "numbers hold NaN or infinity; expected finite numbers. Look at the loss: a run diverged."
        )
    return found


def _row(digits: np.ndarray) -> np.ndarray:
    """Digits (N, 28, 28) side by side with gaps, (28, N * 29 - 1, 3) uint8."""
    gap = np.full((SIDE, GAP), BETWEEN, np.uint8)
    row = np.concatenate([part for digit in digits for part in (digit, gap)][:-1], axis=1)
    return row[..., None].repeat(3, -1)
