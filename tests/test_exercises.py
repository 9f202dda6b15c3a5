"""The exercises' checks: each accepts its solution, waits for a stub, and answers real mistakes with their hints."""

import importlib
from dataclasses import replace
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

import helpers
from helpers.checking import Exercise, Mistake, describe, disagreement

SEEDS = range(5)


def all_exercises() -> dict[str, Exercise]:
    """Every exercise that a lesson defines, by `lesson.name`."""
    found = {}
    folder = Path(helpers.__file__).parent
    for path in sorted(folder.glob("**/*exercises.py")):
        lesson = path.parent.name
        module = importlib.import_module(".".join(path.relative_to(folder.parent).with_suffix("").parts))
        for each in vars(module).values():
            if isinstance(each, Exercise):
                found[f"{lesson}.{each.name}"] = each
    return found


def is_real(exercise: Exercise, mistake: Mistake, seed: int = 0) -> bool:
    """Whether a mistake is a slip of thought: of the solution's type and shape, and only its numbers are off."""
    arguments = exercise.make_input(np.random.default_rng(seed))
    said = disagreement(mistake.wrong(*arguments), exercise.solution(*arguments), exercise.tolerance)
    return said is not None and "it should return" not in said and "shape should be" not in said


def stub_that_raises(*arguments):
    raise NotImplementedError


def stub_of_dots(*arguments):
    return ...


STUBS = (stub_that_raises, stub_of_dots, lambda *arguments: None, lambda *arguments: NotImplemented)


def faults(exercise: Exercise) -> list[str]:
    """What is wrong with an exercise itself, in words."""
    found = []
    for seed in SEEDS:
        if not (answer := exercise.check(exercise.solution, seed)):
            found.append(f"the solution is refused with seed {seed}: {answer}")
        found += [f"{stub} is begun" for stub in STUBS if exercise.check(stub, seed).status != "not yet"]
        for mistake in exercise.mistakes:
            answer = exercise.check(mistake.wrong, seed)
            if answer.status != "wrong" or mistake.hint not in answer.message:
                found.append(f"the mistake of {mistake.hint!r} is answered with seed {seed}: {answer}")
    hints = [mistake.hint for mistake in exercise.mistakes]
    if len(hints) < 4 or len(set(hints)) < len(hints):
        found.append(
            f"{len(hints)} mistakes with {len(set(hints))} hints; expected four or more, all different"
        )
    if sum(is_real(exercise, mistake) for mistake in exercise.mistakes) < 3:
        found.append("fewer than three mistakes have the solution's type and shape")
    return found


@pytest.mark.parametrize("name", all_exercises())
def test_every_exercise_holds_what_it_promises(name):
    assert faults(all_exercises()[name]) == []


# A toy exercise, to see the frame itself at work: each row divided by its sum.


def shares(table):
    return table / table.sum(axis=1, keepdims=True)


def make_table(generator):
    rows, columns = generator.permutation([2, 3, 4, 5])[:2]
    return (generator.uniform(1, 2, (rows, columns)),)


MISTAKES = (
    Mistake(lambda table: table / table.sum(axis=0, keepdims=True), "that is each column's share"),
    Mistake(lambda table: table / table.sum(), "that is the share of the whole table"),
    Mistake(lambda table: table / table.max(axis=1, keepdims=True), "divide by the sum, not by the largest"),
    Mistake(lambda table: table.sum(axis=1), "that is the sum, the division is missing"),
)
TOY = Exercise("shares", make_table, shares, MISTAKES)


def test_a_sound_exercise_has_no_faults():
    assert faults(TOY) == []


UNSOUND = {
    "3 mistakes with 3 hints": {"mistakes": MISTAKES[:3]},
    "4 mistakes with 3 hints": {"mistakes": (*MISTAKES[:3], MISTAKES[0])},
    "right after all": {"mistakes": (*MISTAKES, Mistake(shares, "right after all"))},
    "the solution is refused": {"solution": lambda table: None},
    "fewer than three": {"mistakes": (*MISTAKES[1:], Mistake(lambda table: [], "no list"))},
    "each column's share": {"make_input": lambda generator: (np.ones((3, 3)),)},
}


@pytest.mark.parametrize("said", UNSOUND)
def test_an_unsound_exercise_is_seen(said):
    found = faults(replace(TOY, **UNSOUND[said]))
    assert any(said in fault for fault in found), found


def test_input_is_fresh_each_time_and_the_same_with_a_seed():
    seen = []
    for seed in (None, None, 7, 7):
        TOY.check(lambda table: seen.append(table.sum()) or shares(table), seed)
    free, other, seeded, again = (seen[start : start + 5] for start in (0, 5, 10, 15))
    assert free != other and seeded == again


def test_answers_show_as_their_message_and_are_true_only_when_right():
    right, waiting, wrong = TOY.check(shares), TOY.check(stub_of_dots), TOY.check(MISTAKES[0].wrong)
    assert repr(right) == "Right: `shares` agrees with the reference on 5 fresh inputs."
    assert repr(waiting) == "Not yet: `shares` returns nothing so far. Write its body and run this again."
    assert repr(wrong) == "Wrong, but fixable. `shares`: that is each column's share"
    assert [bool(right), bool(waiting), bool(wrong)] == [True, False, False]


def overwrites(table):
    table /= table.sum(axis=1, keepdims=True)
    return table


OTHER_ANSWERS = {
    "ZeroDivisionError: division by zero. The input was (a NumPy array of shape (": lambda table: 1 / 0,
    "TypeError": lambda: 1,
    "should return a NumPy array": lambda table: shares(table).tolist(),
    "not a torch tensor": lambda table: torch.from_numpy(shares(table)),
    "shape should be": lambda table: shares(table).T,
    "NaN": lambda table: shares(table) * np.nan,
    "values differ": lambda table: shares(table) + 0.5,
    "not 'text'": lambda table: "text",
    "cannot be read as numbers (could not convert string": lambda table: shares(table).astype(str) + "?",
    "changes its input": overwrites,
    "without brackets": shares(np.ones((2, 2))),
}


@pytest.mark.parametrize("said", OTHER_ANSWERS)
def test_other_wrong_answers_get_a_message_of_their_own(said):
    answer = TOY.check(OTHER_ANSWERS[said], seed=1)
    assert answer.status == "wrong"
    assert said in answer.message


# Another, with a tensor and with a set: each column's sum.
ADDING = Exercise(
    "adding",
    lambda generator: (torch.from_numpy(generator.normal(size=(2, 3))), {1}),
    lambda table, places: table.sum(0),
    (),
)


@pytest.mark.parametrize("default", [torch.float32, torch.float64])
def test_tensors_come_in_the_dtype_that_a_notebook_makes_them_in(default):
    before = torch.get_default_dtype()
    torch.set_default_dtype(default)
    try:
        assert ADDING.check(lambda table, places: torch.ones(2) @ table)
    finally:
        torch.set_default_dtype(before)
    assert "of shape (2, 3) in float32" in ADDING.check(lambda table, places: 1 / 0).message


def calls_a_stub(table, places):
    return stub_that_raises(table)


def has_no_kernel(table, places):
    return table.to("meta").cpu()


def has_no_forward(table, places):
    return torch.nn.Module()(table)


@pytest.mark.parametrize(
    ("attempt", "status", "said"),
    [
        (calls_a_stub, "not yet", "returns nothing so far"),
        (partial(stub_that_raises, 1), "not yet", "returns nothing so far"),
        (has_no_kernel, "wrong", "stopped with NotImplementedError: Cannot copy out of meta tensor"),
        (has_no_forward, "wrong", 'missing the required "forward" function'),
        (lambda table, places: table.sum(0) + places.pop(), "wrong", "changes its input"),
        (
            lambda table, places: table.sum(0).to("meta"),
            "wrong",
            "cannot be read as numbers (Cannot copy out",
        ),
        (lambda table, places: table.sum(0).to_sparse(), "wrong", "cannot be read as numbers"),
    ],
)
def test_a_stub_is_told_from_an_error_inside_a_library(attempt, status, said):
    answer = ADDING.check(attempt, seed=1)
    assert answer.status == status and said in answer.message


def test_a_tolerance_lets_rounding_pass_and_nothing_more():
    assert TOY.check(lambda table: shares(table) + 5e-5)
    assert not TOY.check(lambda table: shares(table) + 5e-4)


ONES = torch.ones(2, 2)


@pytest.mark.parametrize(
    ("output", "wanted"),
    [
        (3, 3.0),
        (np.float32(0.5), 0.5),
        (Fraction(1, 2), 0.5),
        (torch.tensor(2.0, requires_grad=True), 2.0),
        (torch.tensor([True, False]), torch.tensor([1, 0])),
        (ONES.bfloat16(), ONES),
        (ONES.to(torch.float8_e4m3fn), ONES),
        ((ONES + 1j).conj(), ONES - 1j),
        ((1, np.ones(2)), [1, np.ones(2)]),
        ({"a": np.inf}, {"a": np.inf}),
        (np.nan, np.nan),
        (np.str_("same"), "same"),
    ],
)
def test_values_that_agree(output, wanted):
    assert disagreement(output, wanted, 1e-6) is None


@pytest.mark.parametrize(
    ("output", "wanted", "said"),
    [
        (4, 3, "should be 3, and is 4"),
        (0.37712, 0.3771, "should be 0.3771, and is 0.37712."),
        (1234567, 1234568, "should be 1234568, and is 1234567."),
        (1e-9 + 1j, 1j + 2e-4, "should be 0.0002+1j, and is 1e-09+1j."),
        ([1, 2], [1, 3], "In value 2: the result should be 3"),
        ([1], [1, 3], "should return 2 values"),
        ({"a": 1}, {"b": 1}, "keys ['b']"),
        ({"a": 1}, {"a": 2}, "In entry 'a'"),
        (np.array([1.0, 5.0]), np.array([1.0, 2.0]), "at (1,) should be 2, and is 5. 1 of 2 values differ."),
        ("one", "two", "should return 'two', not 'one'"),
        ({1}, {2}, "it returns a set with other contents"),
        (10**400, 1, "a whole number above 1e+20, which cannot be read as numbers"),
        (ONES.to("meta"), ONES, "cannot be read as numbers (Cannot copy out of meta tensor"),
        (torch.tensor([1.0]), 1.0, "should return 1, not a torch tensor of shape (1,) in float32"),
    ],
)
def test_values_that_disagree(output, wanted, said):
    assert said in disagreement(output, wanted, 1e-7)


def test_a_value_is_described_in_a_few_words():
    described = describe((1, 0.123456, "key", True, np.ones((2, 3)), torch.ones(4), len))
    arrays = "a NumPy array of shape (2, 3) in float64, a torch tensor of shape (4,) in float32"
    assert described == f"(1, 0.1235, 'key', True, {arrays}, a builtin_function_or_method)"
