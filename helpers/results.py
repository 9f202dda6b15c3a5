"""What the recorded experiments found: data/results.json, read, summarised and judged.

The file holds, for each lesson and budget, pieces; a piece holds rows, one a system and seed:

    {"fcn": {"record": {"pieces": {"seed 0": {"rows": [{"system": "FCN-8s", "seed": 0, "figures": {...}}]}}}}}

Rows are the one source. The `summary` beside them (mean, deviation, n) is written for readers of the file.
"""

import json
import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from filelock import FileLock
from scipy import stats

from helpers import runtime

PATH = runtime.ROOT / "data" / "results.json"
BUDGETS = ("record", "real")


def load(path: Path | None = None) -> dict[str, Any]:
    """All that was recorded; empty when nothing was."""
    path = path or PATH
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def rows(
    lesson: str, budget: str, system: str | None = None, path: Path | None = None
) -> list[dict[str, Any]]:
    """The rows that a lesson recorded on a budget, of one system or of all.

    Raises:
        LookupError: nothing is recorded under that name; the message says what is, and how to record it.
    """
    found = load(path)
    _expect(lesson, found, "lesson", lesson)
    _expect(budget, found[lesson], f"budget of {lesson}", lesson)
    every = [row for piece in found[lesson][budget]["pieces"].values() for row in piece["rows"]]
    if system is None:
        return every
    _expect(system, {row["system"]: None for row in every}, f"system of {lesson}/{budget}", lesson)
    return [row for row in every if row["system"] == system]


def values(lesson: str, budget: str, system: str, figure: str, path: Path | None = None) -> dict[int, float]:
    """One figure of one system, by seed. `seconds` and `parameters` of a row can be asked for like a figure.

    Raises:
        LookupError: as `rows`, or no row of the system has that figure.
        ValueError: the system has two rows with the same seed.
    """
    chosen = rows(lesson, budget, system, path)
    numbers = [_numbers(row) for row in chosen]
    _expect(figure, {name: None for each in numbers for name in each}, f"figure of {system}", lesson)
    seeds = [row["seed"] for row, each in zip(chosen, numbers, strict=True) if figure in each]
    if len(set(seeds)) < len(seeds):
        raise ValueError(
            f"{lesson}/{budget}/{system} has two rows for one seed: give each system its own name."
        )
    return dict(zip(seeds, (each[figure] for each in numbers if figure in each), strict=True))


def value(lesson: str, budget: str, system: str, figure: str, path: Path | None = None) -> float:
    """A figure's mean over its seeds. Errors as in `values`."""
    return fmean(values(lesson, budget, system, figure, path).values())


def deviation(lesson: str, budget: str, system: str, figure: str, path: Path | None = None) -> float:
    """A figure's standard deviation over its seeds (n - 1 in the denominator).

    Raises:
        ValueError: there is one seed only, so nothing is known of the spread.
    """
    found = list(values(lesson, budget, system, figure, path).values())
    if len(found) < 2:
        raise ValueError(f"{lesson}/{budget}/{system}/{figure} has one seed: two are needed for a deviation.")
    return stdev(found)


def differences(
    lesson: str, budget: str, system: str, against: str | float, figure: str, path: Path | None = None
) -> list[float]:
    """How far a system is ahead, seed by seed: of another system, paired, or of a fixed number.

    Raises:
        ValueError: the two systems share no seed.
    """
    mine = values(lesson, budget, system, figure, path)
    if not isinstance(against, str):
        return [number - against for number in mine.values()]
    other = values(lesson, budget, against, figure, path)
    paired = [mine[seed] - other[seed] for seed in sorted(mine.keys() & other.keys())]
    if not paired:
        raise ValueError(
            f"{system} and {against} share no seed in {lesson}/{budget}: run both on the same ones."
        )
    return paired


def interval(differences: Sequence[float]) -> tuple[float, float] | None:
    """The 95% t interval of the mean; None where one value tells nothing of the spread."""
    if len(differences) < 2:
        return None
    margin = stats.t.ppf(0.975, len(differences) - 1) * stdev(differences) / math.sqrt(len(differences))
    return fmean(differences) - float(margin), fmean(differences) + float(margin)


def verdict(differences: Sequence[float], sign: int = 1, between: tuple[float, float] | None = None) -> str:
    """Judge a claim "the difference has this sign" by the mean and its 95% interval.

    Args:
        differences: one a seed.
        sign: 1 when the claim says above zero, -1 when below.
        between: the interval, where it comes from elsewhere (a bootstrap); else the t interval over seeds.

    Returns:
        "reproduced": the interval lies wholly on the claim's side.
        "in small": the mean does, the interval does not, or there is one seed only.
        "not reproduced": the mean does not.
    """
    if sign not in (1, -1):
        raise ValueError(f"A claim's sign is 1 (above zero) or -1 (below), not {sign!r}.")
    if not len(differences) or not all(map(math.isfinite, differences)):
        raise ValueError(f"A verdict needs at least one finite difference, got {list(differences)}.")
    between = between or interval(differences)
    if sign * fmean(differences) <= 0:
        return "not reproduced"
    if between is not None and min(sign * bound for bound in between) > 0:
        return "reproduced"
    return "in small"


def summary(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, dict[str, float]]]:
    """Mean, deviation and n of each figure of each system; no deviation where n is 1."""
    collected: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        for name, number in _numbers(row).items():
            collected.setdefault(row["system"], {}).setdefault(name, []).append(number)
    return {
        system: {
            name: {"mean": fmean(each), "n": len(each)}
            | ({"deviation": stdev(each)} if len(each) > 1 else {})
            for name, each in figures.items()
        }
        for system, figures in collected.items()
    }


def update(change: Callable[[dict[str, Any]], None], path: Path | None = None) -> None:
    """Read the file, let `change` alter it, and replace it in one step, alone even among several processes."""
    path = path or PATH
    with FileLock(runtime.cache_folder() / f"{path.name}.lock"):
        content = load(path)
        change(content)
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            text = json.dumps(
                _rounded(content), indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False
            )
            draft.write_text(text + "\n", encoding="utf-8")
            os.replace(draft, path)
        finally:
            draft.unlink(missing_ok=True)


def _numbers(row: Mapping[str, Any]) -> dict[str, float]:
    """A row's figures, and what else of it is a number and no seed."""
    plain = {name: part for name, part in row.items() if name != "seed" and isinstance(part, int | float)}
    return plain | dict(row["figures"])


def _rounded(part: Any) -> Any:
    """Plain Python, in six digits: more would change with every run."""
    if hasattr(part, "tolist"):  # of NumPy or torch
        part = part.tolist()
    if isinstance(part, float):
        return round(part, 6)
    if isinstance(part, Mapping):
        return {key: _rounded(each) for key, each in part.items()}
    return [_rounded(each) for each in part] if isinstance(part, list | tuple) else part


def _expect(name: str, there: Mapping[str, Any], what: str, lesson: str) -> None:
    if name not in there:
        listed = ", ".join(sorted(there)) or "none"
        raise LookupError(
            f"No {what} is recorded as {name!r}; recorded: {listed}. `make results NAME={lesson}` records it."
        )
