"""The exercises' checks: each accepts its solution, waits for a stub, and answers real mistakes with their hints."""

import importlib
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
    for path in sorted(Path(helpers.__file__).parent.glob("*/exercises.py")):
        lesson = path.parent.name
        module = importlib.import_module(f"helpers.{lesson}.exercises")
        for each in vars(module).values():
            if isinstance(each, Exercise):
                found[f"{lesson}.{each.name}"] = each
    return found


def is_real(exercise: Exercise, mistake: Mistake, seed: int = 0) -> bool:
    """Whether a mistake is a slip of thought: of the solution's type and shape, and only its numbers are off."""
    arguments = exercise.make_input(np.random.default_rng(seed))
    said = disagreement(mistake.wrong(*arguments), exercise.solution(*arguments), exercise.tolerance)
    return said is not None and "it should return" not in said and "shape should be" not in said


def faults(exercise: Exercise) -> list[str]:
    """What is wrong with an exercise itself, in words."""
    found = []
    hints = [mistake.hint for mistake in exercise.mistakes]
    for seed in SEEDS:
        if exercise.check(exercise.solution, seed).status != "right":
            found.append(
                f"the solution is refused with seed {seed}: {exercise.check(exercise.solution, seed)}"
            )
        for stub in (stub_that_raises, stub_that_returns_nothing, stub_of_dots):
            if exercise.check(stub, seed).status != "not yet":
                found.append(f"{stub.__name__} is not answered with 'not yet'")
        for mistake in exercise.mistakes:
            answer = exercise.check(mistake.wrong, seed)
            if answer.status != "wrong" or mistake.hint not in answer.message:
                found.append(
                    f"the mistake of {mistake.hint!r} is answered with seed {seed}: {answer.message}"
                )
    if len(hints) < 4 or len(set(hints)) < len(hints):
        found.append(
            f"{len(hints)} mistakes with {len(set(hints))} hints; expected four or more, all different"
        )
    if sum(is_real(exercise, mistake) for mistake in exercise.mistakes) < 3:
        found.append("fewer than three mistakes have the solution's type and shape")
    return found


def stub_that_raises(*arguments):
    raise NotImplementedError


def stub_that_returns_nothing(*arguments):
    return None


def stub_of_dots(*arguments):
    return ...


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


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (Exercise("shares", make_table, shares, MISTAKES[:3]), "3 mistakes with 3 hints"),
        (Exercise("shares", make_table, shares, (*MISTAKES[:3], MISTAKES[0])), "4 mistakes with 3 hints"),
        (
            Exercise("shares", make_table, shares, (*MISTAKES, Mistake(shares, "right after all"))),
            "right after all",
        ),
        (Exercise("shares", make_table, lambda table: None, MISTAKES), "the solution is refused"),
        (
            Exercise("shares", make_table, shares, (*MISTAKES[1:], Mistake(lambda table: [], "no list"))),
            "fewer than three",
        ),
        (
            Exercise("shares", lambda generator: (np.ones((3, 3)),), shares, MISTAKES),
            "each column's share",
        ),
    ],
)
def test_an_unsound_exercise_is_seen(broken, said):
    assert any(said in fault for fault in faults(broken)), faults(broken)


def test_input_is_fresh_each_time_and_the_same_with_a_seed():
    seen = []

    def watching(table):
        seen.append(table.sum())
        return shares(table)

    for seed in (None, None, 7, 7):
        TOY.check(watching, seed)
    free, other, seeded, again = (
        seen[start : start + TOY.trials] for start in range(0, 4 * TOY.trials, TOY.trials)
    )
    assert free != other
    assert seeded == again


def test_answers_show_as_their_message_and_are_true_only_when_right():
    right, waiting, wrong = TOY.check(shares), TOY.check(stub_of_dots), TOY.check(MISTAKES[0].wrong)
    assert repr(right) == "Right: `shares` agrees with the reference on 5 fresh inputs."
    assert repr(waiting) == "Not yet: `shares` returns nothing so far. Write its body and run this again."
    assert repr(wrong) == "Wrong, but fixable. `shares`: that is each column's share"
    assert [bool(right), bool(waiting), bool(wrong)] == [True, False, False]


def overwrites(table):
    table /= table.sum(axis=1, keepdims=True)
    return table


@pytest.mark.parametrize(
    ("attempt", "said"),
    [
        (lambda table: 1 / 0, "ZeroDivisionError: division by zero. The input was (a NumPy array of shape ("),
        (lambda: 1, "TypeError"),
        (lambda table: shares(table).tolist(), "should return a NumPy array"),
        (lambda table: torch.from_numpy(shares(table)), "not a torch tensor"),
        (lambda table: shares(table).T, "shape should be"),
        (lambda table: shares(table) * np.nan, "NaN"),
        (lambda table: shares(table) + 0.5, "values differ"),
        (lambda table: "text", "not 'text'"),
        (overwrites, "changes its input"),
        (shares(np.ones((2, 2))), "without brackets"),
    ],
)
def test_other_wrong_answers_get_a_message_of_their_own(attempt, said):
    answer = TOY.check(attempt, seed=1)
    assert answer.status == "wrong"
    assert said in answer.message


def test_a_tolerance_lets_rounding_pass_and_nothing_more():
    assert TOY.check(lambda table: shares(table) + 5e-6)
    assert not TOY.check(lambda table: shares(table) + 5e-5)


@pytest.mark.parametrize(
    ("output", "wanted"),
    [
        (3, 3.0),
        (np.float32(0.5), 0.5),
        (torch.tensor(2.0, requires_grad=True), 2.0),
        (torch.tensor([True, False]), torch.tensor([1, 0])),
        ((1, np.ones(2)), [1, np.ones(2)]),
        ({"a": np.inf}, {"a": np.inf}),
        (np.nan, np.nan),
        ("same", "same"),
    ],
)
def test_values_that_agree(output, wanted):
    assert disagreement(output, wanted, 1e-6) is None


@pytest.mark.parametrize(
    ("output", "wanted", "said"),
    [
        (4, 3, "should be 3, and is 4"),
        ([1, 2], [1, 3], "In value 2: the result should be 3"),
        ([1], [1, 3], "should return 2 values"),
        ({"a": 1}, {"b": 1}, "keys ['b']"),
        ({"a": 1}, {"a": 2}, "In entry 'a'"),
        (np.array([1.0, 5.0]), np.array([1.0, 2.0]), "at (1,) should be 2, and is 5. 1 of 2 values differ."),
        ("one", "two", "should return 'two', not 'one'"),
    ],
)
def test_values_that_disagree(output, wanted, said):
    assert said in disagreement(output, wanted, 1e-6)


def test_a_value_is_described_in_a_few_words():
    described = describe((1, 0.123456, "key", True, np.ones((2, 3)), torch.ones(4), len))
    expected = "(1, 0.1235, 'key', True, a NumPy array of shape (2, 3), a torch tensor of shape (4,), "
    assert described == expected + "a builtin_function_or_method)"
