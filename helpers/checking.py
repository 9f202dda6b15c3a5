"""The frame of an exercise's check: try a learner's function on fresh random input and answer in words."""

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Number
from typing import Any, Literal

import numpy as np
import torch

Status = Literal["right", "not yet", "wrong"]


@dataclass(frozen=True)
class Answer:
    """What a check says: a status, and a message that a notebook shows as it is. True when right."""

    status: Status
    message: str

    def __repr__(self) -> str:
        return self.message

    def __bool__(self) -> bool:
        return self.status == "right"


@dataclass(frozen=True)
class Mistake:
    """A wrong answer that learners give, as a function, and the hint that leads out of it."""

    wrong: Callable[..., Any]
    hint: str


@dataclass(frozen=True)
class Exercise:
    """One exercise: how to make input, the solution, and the mistakes that are answered with a hint of their own.

    Args:
        name: the name of the function that the learner writes.
        make_input: draws one tuple of arguments. Draw sizes too, all different, so that a swapped axis shows.
        solution: the reference.
        mistakes: each is tried on the same input; one that agrees with the learner every time gives its hint.
        tolerance: numbers agree when they differ by at most this, or by this fraction of their size.
        trials: how many inputs to try.
    """

    name: str
    make_input: Callable[[np.random.Generator], tuple[Any, ...]]
    solution: Callable[..., Any]
    mistakes: Sequence[Mistake]
    tolerance: float = 1e-5
    trials: int = 5

    def check(self, attempt: Callable[..., Any], seed: int | None = None) -> Answer:
        """Try `attempt` on fresh input and say whether it is right, not begun yet, or wrong and how.

        Args:
            attempt: the learner's function. One that raises NotImplementedError or returns nothing is a stub.
            seed: draws the same input again; None draws new input each time.
        """
        if not callable(attempt):
            return self._wrong(f"the check takes the function itself, `{self.name}` without brackets.")
        generator = np.random.default_rng(seed)
        inputs = [self.make_input(generator) for _ in range(self.trials)]
        outputs = []
        for arguments in inputs:
            given = copy.deepcopy(arguments)
            try:
                output = attempt(*given)
            except NotImplementedError:
                return self._not_yet()
            except Exception as error:
                text = f"{type(error).__name__}: {error}".rstrip(": ")
                return self._wrong(f"it stopped with {text}. The input was {describe(arguments)}.")
            if output is None or output is Ellipsis:
                return self._not_yet()
            if _changed(given, arguments):
                return self._wrong(
                    "it changes its input. Work on a copy: the caller still needs the original."
                )
            outputs.append(output)
        wanted = [self._call(self.solution, arguments) for arguments in inputs]
        problems = [disagreement(*pair, self.tolerance) for pair in zip(outputs, wanted, strict=True)]
        if all(problem is None for problem in problems):
            return Answer(
                "right", f"Right: `{self.name}` agrees with the reference on {self.trials} fresh inputs."
            )
        for mistake in self.mistakes:
            if self._agree(mistake.wrong, inputs, outputs):
                return self._wrong(mistake.hint)
        place = next(place for place, problem in enumerate(problems) if problem is not None)
        return self._wrong(f"{problems[place]} The input was {describe(inputs[place])}.")

    def _agree(self, wrong: Callable[..., Any], inputs: Sequence[tuple], outputs: Sequence[Any]) -> bool:
        """Whether a known-wrong answer gives what the learner's gave, on every input."""
        for arguments, output in zip(inputs, outputs, strict=True):
            try:
                expected = self._call(wrong, arguments)
            except Exception:
                # This mistake fails on this input where the learner's answer did not: another mistake.
                return False
            if disagreement(output, expected, self.tolerance) is not None:
                return False
        return True

    @staticmethod
    def _call(function: Callable[..., Any], arguments: tuple) -> Any:
        return function(*copy.deepcopy(arguments))

    def _not_yet(self) -> Answer:
        return Answer(
            "not yet", f"Not yet: `{self.name}` returns nothing so far. Write its body and run this again."
        )

    def _wrong(self, why: str) -> Answer:
        return Answer("wrong", f"Wrong, but fixable. `{self.name}`: {why}")


def disagreement(output: Any, wanted: Any, tolerance: float) -> str | None:
    """Say how an output differs from what was wanted; None when they agree.

    Tensors, arrays, numbers, text, and lists, tuples and mappings of them can be compared.
    """
    if isinstance(wanted, Mapping):
        if not isinstance(output, Mapping) or output.keys() != wanted.keys():
            return f"it should return a dict with the keys {list(wanted)}, not {describe(output)}."
        pairs = ((f"entry {key!r}", output[key], wanted[key]) for key in wanted)
        return next(
            (f"In {name}: {said}" for name, a, b in pairs if (said := disagreement(a, b, tolerance))), None
        )
    if isinstance(wanted, list | tuple):
        if not isinstance(output, list | tuple) or len(output) != len(wanted):
            return f"it should return {len(wanted)} values ({describe(wanted)}), not {describe(output)}."
        pairs = ((f"value {n + 1}", a, b) for n, (a, b) in enumerate(zip(output, wanted, strict=True)))
        return next(
            (f"In {name}: {said}" for name, a, b in pairs if (said := disagreement(a, b, tolerance))), None
        )
    if isinstance(wanted, torch.Tensor | np.ndarray | Number):
        return _numbers_disagree(output, wanted, tolerance)
    alike = type(output) is type(wanted) and output == wanted
    return None if alike else f"it should return {describe(wanted)}, not {describe(output)}."


def _numbers_disagree(output: Any, wanted: Any, tolerance: float) -> str | None:
    alike = _kind(output) == _kind(wanted) or (_shape(wanted) == () and _shape(output) == ())
    if not alike:
        return f"it should return {describe(wanted)}, not {describe(output)}."
    if _shape(output) != _shape(wanted):
        return f"the result's shape should be {_shape(wanted)}, and is {_shape(output)}."
    mine, truth = _plain(output), _plain(wanted)
    undefined = np.isnan(mine) & ~np.isnan(truth)
    if undefined.any():
        return (
            f"the result holds NaN in {undefined.sum()} of {mine.size} places: look for 0 / 0 or inf - inf."
        )
    close = np.isclose(mine, truth, rtol=tolerance, atol=tolerance, equal_nan=True)
    if close.all():
        return None
    worst = np.unravel_index(np.argmin(close), close.shape)
    at = f" at {tuple(map(int, worst))}" if worst else ""
    wrong = f" {close.size - close.sum()} of {close.size} values differ." if worst else ""
    return f"the result{at} should be {truth[worst]:.4g}, and is {mine[worst]:.4g}.{wrong}"


def _changed(given: Any, before: Any) -> bool:
    """Whether numbers among the arguments were overwritten; what is no number is not looked into."""
    if isinstance(before, Mapping):
        return given.keys() != before.keys() or any(_changed(given[key], before[key]) for key in before)
    if isinstance(before, list | tuple):
        return len(given) != len(before) or any(map(_changed, given, before))
    return _kind(before) != "other" and _numbers_disagree(given, before, 0.0) is not None


def _kind(part: Any) -> str:
    if isinstance(part, torch.Tensor):
        return "tensor"
    if isinstance(part, np.ndarray):
        return "array"
    return "number" if isinstance(part, Number) else "other"


def _shape(part: Any) -> tuple[int, ...] | None:
    """The shape of a tensor, array or number; None of anything else."""
    return None if _kind(part) == "other" else tuple(np.shape(part))


def _plain(part: Any) -> np.ndarray:
    """Numbers in double precision, in complex ones where they are."""
    if isinstance(part, torch.Tensor):
        part = part.detach().cpu().numpy()
    return np.asarray(part, complex if np.iscomplexobj(part) else float)


def describe(part: Any) -> str:
    """A value in a few words: numbers as they are, arrays by shape, the rest by type."""
    if isinstance(part, Number) and not isinstance(part, bool | np.bool_) and not math.isnan(abs(part)):
        return f"{part:.4g}" if isinstance(part, float | np.floating) else str(part)
    if isinstance(part, str | bool):
        return repr(part)
    if isinstance(part, torch.Tensor):
        return f"a torch tensor of shape {tuple(part.shape)}"
    if isinstance(part, np.ndarray):
        return f"a NumPy array of shape {part.shape}"
    if isinstance(part, list | tuple):
        return f"({', '.join(map(describe, part))})"
    return f"a {type(part).__name__}"
