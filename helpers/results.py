"""What the recorded experiments found: data/results.json, read, summarised and judged.

The file holds, for each lesson and budget, pieces; a piece holds rows, one a network and seed:

    {"fcn": {"record": {"pieces": {"seed 0": {"rows": [{"model": "FCN-8s", "seed": 0, "figures": {...}}]}}}}}

A row's fields say what was varied: text, a truth value or a number, such as `model`, `film` or `rate`. One name has one
meaning over the course. Rows are found by their fields: `values("streets", "real", "mean_iou", optimiser="Muon")`.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean, stdev
from typing import Any

from scipy.special import stdtrit  # Student's t, without the 60 MB of scipy.stats

from helpers import runtime

PATH = runtime.ROOT / "data" / "results.json"
BUDGETS = ("record", "real")
LEAST_RUNS = 3  # with fewer, nothing is called supported or contradicted
Field = str | bool | int | float
Row = dict[str, Any]


def load() -> dict[str, Any]:
    """All that was recorded; empty when nothing was."""
    return json.loads(PATH.read_text(encoding="utf-8")) if PATH.exists() else {}


def rows(lesson: str, budget: str, /, **fields: Field) -> list[Row]:
    """The rows that a lesson recorded on a budget, whose fields all equal those asked for.

    Raises:
        LookupError: there is none; the message says what is recorded instead, and how to record it.
    """
    recorded = load()
    _expect(lesson, recorded, "lesson", lesson)
    _expect(budget, recorded[lesson], f"budget of {lesson}", lesson)
    found = [row for piece in recorded[lesson][budget]["pieces"].values() for row in piece["rows"]]
    where = f"{lesson}/{budget}"
    for name, wanted in fields.items():
        known = [fields_of(row) for row in found]
        _expect(name, {each: None for row in known for each in row}, f"field of {where}", lesson)
        there = {row[name]: None for row in known if name in row}
        _expect(wanted, there, f"{name} of {where}", lesson)
        found = [row for row in found if row.get(name) == wanted]
        where += f" with {name} {wanted!r}"
    return found


def values(lesson: str, budget: str, figure: str, /, **fields: Field) -> dict[int, float]:
    """One figure by seed, of the rows with these fields. A number of the row, such as `seconds`, is a figure too.

    Raises:
        LookupError: as `rows`, or no such row has that figure.
        ValueError: two such rows share a seed; the message names the fields in which they differ.
    """
    chosen = rows(lesson, budget, **fields)
    _expect(figure, {name: None for row in chosen for name in _numbers(row)}, f"figure of {lesson}", lesson)
    chosen = [row for row in chosen if figure in _numbers(row)]
    by_seed = {row["seed"]: row for row in chosen}
    for row in chosen:
        if (other := by_seed[row["seed"]]) is not row:
            raise ValueError(
                f"{figure} of {lesson}/{budget} with {described(fields) or 'any field'} has two rows for seed "
                f"{row['seed']}. Ask also for: {_differing(row, other)}."
            )
    return {seed: _numbers(row)[figure] for seed, row in by_seed.items()}


def value(lesson: str, budget: str, figure: str, /, **fields: Field) -> float:
    """A figure's mean over its seeds. Errors as in `values`."""
    return fmean(values(lesson, budget, figure, **fields).values())


def differences(
    lesson: str,
    budget: str,
    figure: str,
    /,
    mine: Mapping[str, Field],
    against: Mapping[str, Field] | str | float,
    **both: Field,
) -> list[float]:
    """How far the rows with some fields are ahead, seed by seed: of other rows, of another figure, or of a number.

    Args:
        mine, against: fields of the rows to compare, such as `{"model": "FCN-8s"}`. A text names another figure of
            the same rows.
        both: fields that the two share.

    Raises:
        ValueError: the two share no seed.
    """
    ours = values(lesson, budget, figure, **both, **mine)
    if isinstance(against, str):
        others = values(lesson, budget, against, **both, **mine)
        return [number - others[seed] for seed, number in ours.items()]
    if not isinstance(against, Mapping):
        return [number - against for number in ours.values()]
    theirs = values(lesson, budget, figure, **both, **against)
    paired = [ours[seed] - theirs[seed] for seed in sorted(ours.keys() & theirs.keys())]
    if not paired:
        raise ValueError(
            f"{described(mine)} and {described(against)} share no seed in {lesson}/{budget}: "
            "run both on the same ones."
        )
    return paired


def table(
    lesson: str,
    budget: str,
    figures: Sequence[str],
    systems: Mapping[str, Mapping[str, Field]],
    /,
    **both: Field,
) -> str:
    """Lay the record out for reading: a row a system, the mean of each figure over its runs, and how many these are.

    Args:
        systems: what a row is called -> its fields. both: fields that all share.
    """
    wide = [max(len(name) + 2, 8) for name in figures]
    longest = max(map(len, systems))
    titles = (f"{name.replace('_', ' '):>{w}}" for name, w in zip(figures, wide, strict=True))
    lines = [" " * longest + "".join(titles)]
    for name, fields in systems.items():
        try:
            found = [values(lesson, budget, figure, **both, **fields) for figure in figures]
        except LookupError:
            lines.append(f"{name:{longest}}  not recorded")
            continue
        means = "".join(f"{fmean(each.values()):{w}.2f}" for each, w in zip(found, wide, strict=True))
        lines.append(f"{name:{longest}}{means}   {runs(len(found[0]))}")
    return "\n".join(lines)


def comparison(
    lesson: str,
    budget: str,
    figure: str,
    /,
    mine: Mapping[str, Field],
    against: Mapping[str, Field] | str | float,
    **both: Field,
) -> str:
    """Say how far one system is ahead of another: mean, 95% interval, runs and verdict (see `differences`)."""
    try:
        found = differences(lesson, budget, figure, mine, against, **both)
    except LookupError:
        return "not recorded"
    between = interval(found)
    spread = f" ({between[0]:+.2f} to {between[1]:+.2f}, {runs(len(found))})" if between else ""
    return f"{fmean(found):+.2f}{spread}: {verdict(found)}"


def interval(differences: Sequence[float]) -> tuple[float, float] | None:
    """The 95% t interval of the mean; None where one value tells nothing of the spread."""
    if len(differences) < 2:
        return None
    margin = float(stdtrit(len(differences) - 1, 0.975)) * stdev(differences) / math.sqrt(len(differences))
    return fmean(differences) - float(margin), fmean(differences) + float(margin)


def verdict(differences: Sequence[float], sign: int = 1, between: tuple[float, float] | None = None) -> str:
    """Judge a claim "the difference has this sign" by the 95% interval of the mean.

    Args:
        differences: one a seed, finite; none at all is a ValueError.
        sign: 1 when the claim says above zero, -1 when below; anything else is a ValueError.
        between: the interval, where it comes from elsewhere (a bootstrap); else the t interval over seeds.

    Returns:
        "supported": the interval lies wholly on the claim's side, over at least `LEAST_RUNS` seeds.
        "contradicted": it lies wholly on the other side, over as many.
        "inconclusive": neither; with fewer seeds, how many runs there are is said with it.
    """
    if sign not in (1, -1):
        raise ValueError(f"A claim's sign is 1 (above zero) or -1 (below), not {sign!r}.")
    if not len(differences) or not all(map(math.isfinite, differences)):
        raise ValueError(f"A verdict needs at least one finite difference, got {list(differences)}.")
    if len(differences) < LEAST_RUNS:
        return f"inconclusive ({runs(len(differences))})"
    low, high = sorted(sign * bound for bound in between or interval(differences))
    if low > 0:
        return "supported"
    return "contradicted" if high < 0 else "inconclusive"


def runs(number: int) -> str:
    """Say how many runs there were: "one run", "3 runs"."""
    return "one run" if number == 1 else f"{number} runs"


def fields_of(row: Mapping[str, Any]) -> dict[str, Field]:
    """What a row can be found by: its text, truth values and numbers, without seed, time and number of weights."""
    return {
        name: part
        for name, part in row.items()
        if name not in ("seed", "seconds", "parameters") and isinstance(part, str | bool | int | float)
    }


def described(fields: Mapping[str, Any]) -> str:
    """Write fields out for a reader: "model 'FCN-8s', film '0006R0'"."""
    return ", ".join(f"{name} {part!r}" for name, part in fields.items())


def twins(rows: Iterable[Row]) -> tuple[Row, Row] | None:
    """Two rows of one seed that have a figure in common and differ in no field, so that neither can be found."""
    seen: list[Row] = []
    for row in rows:
        for other in seen:
            alike = row["seed"] == other["seed"] and fields_of(row) == fields_of(other)
            if alike and row["figures"].keys() & other["figures"].keys():
                return other, row
        seen.append(row)
    return None


def _numbers(row: Mapping[str, Any]) -> dict[str, float]:
    """A row's figures, and what else of it is a number and no seed."""
    plain = {
        name: part
        for name, part in row.items()
        if name != "seed" and isinstance(part, int | float) and not isinstance(part, bool)
    }
    return plain | dict(row["figures"])


def _differing(row: Row, other: Row) -> str:
    """Name the fields in which two rows differ, with what each has there."""
    mine, theirs = fields_of(row), fields_of(other)
    names = sorted(name for name in mine.keys() | theirs.keys() if mine.get(name) != theirs.get(name))
    listed = (f"{name} ({mine.get(name)!r}, {theirs.get(name)!r})" for name in names)
    return ", ".join(listed) or "nothing, they differ in no field"


def _expect(wanted: Field, there: Mapping[Any, Any], what: str, lesson: str) -> None:
    if wanted not in there:
        listed = ", ".join(sorted(map(str, there))) or "none"
        raise LookupError(
            f"No {what} is recorded as {wanted!r}; recorded: {listed}. `make results NAME={lesson}` records it."
        )
