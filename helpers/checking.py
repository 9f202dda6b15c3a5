"""The frame of an exercise's check: try a learner's function on fresh random input and answer in words."""

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Number
from typing import Any, Literal

import numpy as np
import torch

LARGEST = 10**20  # of the whole numbers that a message writes out

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
        make_input: draws one tuple of arguments. Draw sizes too, all different, so that a swapped axis shows. Floating
            tensors reach the learner in torch's default dtype, as those that a notebook makes.
        solution: the reference.
        mistakes: each is tried on the same input; one that agrees with the learner every time gives its hint.
        tolerance: numbers agree when they differ by at most this, or by this fraction of their size.
        trials: how many inputs to try.
    """

    name: str
    make_input: Callable[[np.random.Generator], tuple[Any, ...]]
    solution: Callable[..., Any]
    mistakes: Sequence[Mistake]
    tolerance: float = 1e-4
    trials: int = 5

    def check(self, attempt: Callable[..., Any], seed: int | None = None) -> Answer:
        """Try `attempt` on fresh input and say whether it is right, not begun yet, or wrong and how.

        Args:
            attempt: the learner's function. One with a line `raise NotImplementedError`, or that returns nothing, is
                a stub.
            seed: draws the same input again; None draws new input each time.
        """
        if not callable(attempt):
            return self._wrong(f"the check takes the function itself, `{self.name}` without brackets.")
        generator = np.random.default_rng(seed)
        inputs = [_in_default_dtype(self.make_input(generator)) for _ in range(self.trials)]
        outputs = []
        for arguments in inputs:
            given = copy.deepcopy(arguments)
            try:
                output = attempt(*given)
            except Exception as error:
                # Torch, too, raises this error, where it has no kernel; it always says for what.
                if isinstance(error, NotImplementedError) and not error.args:
                    return self._not_yet()
                text = f"{type(error).__name__}: {error}".rstrip(": ")
                return self._wrong(f"it stopped with {text}. The input was {describe(arguments)}.")
            if any(output is nothing for nothing in (None, Ellipsis, NotImplemented)):
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
        return _parts_disagree({f"entry {key!r}": (output[key], wanted[key]) for key in wanted}, tolerance)
    if isinstance(wanted, list | tuple):
        if not isinstance(output, list | tuple) or len(output) != len(wanted):
            return f"it should return {len(wanted)} values ({describe(wanted)}), not {describe(output)}."
        pairs = zip(output, wanted, strict=True)
        return _parts_disagree({f"value {n}": pair for n, pair in enumerate(pairs, start=1)}, tolerance)
    if isinstance(wanted, torch.Tensor | np.ndarray | Number):
        return _numbers_disagree(output, wanted, tolerance)
    if isinstance(output, type(wanted)) and output == wanted:
        return None
    told, found = describe(wanted), describe(output)
    return (
        f"it should return {told}, not {found}."
        if told != found
        else f"it returns {told} with other contents."
    )


def _parts_disagree(pairs: Mapping[str, tuple[Any, Any]], tolerance: float) -> str | None:
    told = ((name, disagreement(*pair, tolerance)) for name, pair in pairs.items())
    return next((f"In {name}: {problem}" for name, problem in told if problem), None)


def _numbers_disagree(output: Any, wanted: Any, tolerance: float) -> str | None:
    alike = _kind(output) == _kind(wanted) or (_shape(wanted) == () and _shape(output) == ())
    if not alike or _shape(output) is None:
        return f"it should return {describe(wanted)}, not {describe(output)}."
    if _shape(output) != _shape(wanted):
        return f"the result's shape should be {_shape(wanted)}, and is {_shape(output)}."
    truth = _as_array(wanted)
    try:
        mine = _as_array(output)
    except (TypeError, ValueError, ArithmeticError, RuntimeError) as error:
        return f"the result is {describe(output)}, which cannot be read as numbers ({error})."
    undefined = np.isnan(mine) & ~np.isnan(truth)
    if undefined.any():
        return (
            f"the result holds NaN in {undefined.sum()} of {mine.size} places: look for 0 / 0 or inf - inf."
        )
    close = np.isclose(mine, truth, rtol=tolerance, atol=tolerance, equal_nan=True)
    if close.all():
        return None
    first = np.unravel_index(np.argmin(close), close.shape)
    at = f" at {tuple(map(int, first))}" if first else ""
    wrong = f" {close.size - close.sum()} of {close.size} values differ." if first else ""
    return "the result{} should be {}, and is {}.{}".format(
        at, *_told_apart(truth[first], mine[first]), wrong
    )


def _told_apart(one: complex, other: complex) -> tuple[str, str]:
    """Two different numbers in as few digits as show the difference, and at least four."""
    texts = ((f"{one:.{digits}g}", f"{other:.{digits}g}") for digits in range(4, 18))
    return next((pair for pair in texts if pair[0] != pair[1]), (repr(one), repr(other)))


def _changed(given: Any, before: Any) -> bool:
    """Whether an argument was overwritten."""
    if isinstance(before, Mapping):
        return given.keys() != before.keys() or any(_changed(given[key], before[key]) for key in before)
    if isinstance(before, list | tuple):
        return len(given) != len(before) or any(map(_changed, given, before))
    if _kind(before) != "other":
        return _numbers_disagree(given, before, 0.0) is not None
    return isinstance(before, str | set) and given != before


def _in_default_dtype(part: Any) -> Any:
    """Arguments with their floating tensors in the dtype that torch makes them in."""
    if isinstance(part, torch.Tensor) and part.is_floating_point():
        return part.to(torch.get_default_dtype())
    if isinstance(part, Mapping):
        return {key: _in_default_dtype(each) for key, each in part.items()}
    return type(part)(map(_in_default_dtype, part)) if isinstance(part, list | tuple) else part


def _kind(part: Any) -> str:
    if isinstance(part, torch.Tensor):
        return "tensor"
    if isinstance(part, np.ndarray):
        return "array"
    return "number" if isinstance(part, Number) else "other"


def _shape(part: Any) -> tuple[int, ...] | None:
    """The shape of a tensor, array or number; None of anything else."""
    return None if _kind(part) == "other" else tuple(np.shape(part))


def _as_array(part: Any) -> np.ndarray:
    """Numbers in double precision, in complex ones where they are."""
    if isinstance(part, torch.Tensor):
        part = part.detach()
        # NumPy holds neither bfloat16 nor a conjugate that is still to be taken.
        part = part.to(torch.complex128 if part.is_complex() else torch.float64).cpu().resolve_conj().numpy()
    return np.asarray(part, complex if np.iscomplexobj(part) else float)


def describe(part: Any) -> str:
    """A value in a few words: numbers as they are, arrays by shape and dtype, the rest by type."""
    if isinstance(part, int) and abs(part) > LARGEST:
        return f"a whole number above {LARGEST:.0e}"
    if isinstance(part, Number) and not isinstance(part, bool | np.bool_) and part == part:  # NaN is not
        return f"{part:.4g}" if isinstance(part, float | np.floating) else str(part)
    if isinstance(part, str | bool):
        return repr(part)
    if isinstance(part, torch.Tensor):
        return f"a torch tensor of shape {tuple(part.shape)} in {str(part.dtype).removeprefix('torch.')}"
    if isinstance(part, np.ndarray):
        return f"a NumPy array of shape {part.shape} in {part.dtype}"
    if isinstance(part, list | tuple):
        return f"({', '.join(map(describe, part))})"
    return f"a {type(part).__name__}"
