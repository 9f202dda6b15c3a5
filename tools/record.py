"""Run the recorded experiments, piece by piece, into data/results.json: `python -m tools.record`.

A lesson's `experiment.py` offers `PIECES`: for each budget, a name and a function for every piece.
A piece gives rows: {"model": ..., "seed": ..., "figures": {name: number}}, more fields where more was varied (see
`helpers.results`), and what else is worth keeping.
"""

import argparse
import datetime
import importlib
import json
import math
import os
import platform
import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from filelock import FileLock

from helpers import results, runtime
from helpers.data.public import DataError
from tools.tidy import replace

Pieces = Mapping[str, Mapping[str, Callable[[], Iterable[Mapping[str, Any]]]]]


class Stopped(BaseException):
    """Ctrl-C while recording. `fit` ends early at a KeyboardInterrupt, and half a training must not be recorded."""


def _stop(*_: object) -> None:
    raise Stopped


def names(folder: Path = runtime.ROOT / "helpers") -> list[str]:
    """The lessons that record something: the folders of `helpers` with an `experiment.py` that has `PIECES`."""
    modules = folder.glob("*/experiment.py")
    return sorted(path.parent.name for path in modules if "\nPIECES" in path.read_text(encoding="utf-8"))


def run(
    lesson: str,
    pieces: Pieces,
    budgets: Sequence[str] = results.BUDGETS,
    fresh: bool = False,
) -> list[str]:
    """Run a lesson's pieces that are not recorded yet, or all when `fresh`; returns what could not be run.

    Each finished piece is on disk before the next begins, so that an interrupt loses the one at hand.
    """
    if unknown := set(pieces) - set(results.BUDGETS):
        raise ValueError(f"{lesson}.PIECES names the budgets {sorted(unknown)}; expected {results.BUDGETS}.")
    missed = []
    for budget in budgets:
        for piece, work in pieces.get(budget, {}).items():
            title = f"{lesson} / {budget} / {piece}"
            if not fresh and piece in results.load().get(lesson, {}).get(budget, {}).get("pieces", {}):
                print(f"{title}: kept", flush=True)
                continue
            begun = time.perf_counter()
            try:
                rows = [checked(row, title) for row in work()]
            except (FileNotFoundError, ConnectionError, DataError) as error:
                print(f"{title}: not run. {error}", flush=True)
                missed.append(title)
                continue
            refuse_twins(lesson, budget, piece, rows)
            seconds = round(time.perf_counter() - begun, 1)
            _store(lesson, budget, piece, {"rows": rows, "seconds": seconds, **surroundings()})
            print(f"{title}: {len(rows)} rows, {seconds:.0f} s", flush=True)
    return missed


def _store(lesson: str, budget: str, piece: str, content: dict[str, Any]) -> None:
    def change(recorded: dict[str, Any]) -> None:
        kept = recorded.setdefault(lesson, {}).setdefault(budget, {"pieces": {}})
        kept["pieces"][piece] = content

    update(change)


def update(change: Callable[[dict[str, Any]], None]) -> None:
    """Read the file, let `change` alter it, and replace it in one step, alone even among several processes."""
    path = results.PATH
    with FileLock(runtime.cache_folder() / f"{path.name}.lock"):
        content = results.load()
        change(content)
        text = json.dumps(_rounded(content), indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
        replace(text + "\n", path)


def _rounded(part: Any) -> Any:
    """Plain Python, in six digits: more would change with every run."""
    if hasattr(part, "tolist"):  # of NumPy or torch
        part = part.tolist()
    if isinstance(part, float):
        return round(part, 6)
    if isinstance(part, Mapping):
        return {key: _rounded(each) for key, each in part.items()}
    return [_rounded(each) for each in part] if isinstance(part, list | tuple) else part


def checked(row: Mapping[str, Any], title: str) -> dict[str, Any]:
    """The row as it is stored.

    Raises:
        ValueError: the row lacks a part, or a figure is not a finite number; the message names it.
    """
    if not {"model", "seed", "figures"} <= row.keys():
        raise ValueError(f"{title}: a row needs model, seed and figures, got {sorted(row)}.")
    row = {name: part.item() if getattr(part, "ndim", None) == 0 else part for name, part in row.items()}
    if not isinstance(row["model"], str) or not row["model"]:
        raise ValueError(f"{title}: a model's name is text, got {row['model']!r}.")
    fields = results.described(results.fields_of(row))
    if shared := set(row["figures"]) & set(row):
        raise ValueError(f"{title}: {sorted(shared)} of {fields} name both a figure and a part of the row.")
    figures = {name: float(number) for name, number in row["figures"].items()}
    for name, number in figures.items():
        if not math.isfinite(number):
            raise ValueError(
                f"{title}: the figure {name!r} of {fields} is {number}; expected a finite number."
            )
    return {**row, "seed": int(row["seed"]), "figures": figures}


def refuse_twins(lesson: str, budget: str, piece: str, rows: Sequence[results.Row]) -> None:
    """Refuse rows that differ in no field from one another or from another piece's: neither could be read back."""
    others = results.load().get(lesson, {}).get(budget, {}).get("pieces", {})
    kept = [row for name, each in others.items() if name != piece for row in each["rows"]]
    if pair := results.twins([*kept, *rows]):
        raise ValueError(
            f"{lesson} / {budget} / {piece}: two rows for seed {pair[0]['seed']} with "
            f"{results.described(results.fields_of(pair[0]))}. Give them a field in which they differ."
        )


def surroundings() -> dict[str, Any]:
    """What a reader needs to judge the seconds and to repeat the run: versions, machine, date."""
    packages = {name: version(name) for name in ("torch", "torchvision", "numpy")}
    return {
        "versions": {"python": platform.python_version(), **packages},
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "processor": _processor(),
            "bfloat16": runtime.has_bfloat16(),  # Muon computes in it where it is there
            "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        },
        "finished": datetime.date.today().isoformat(),
    }


def _processor() -> str:
    """The processor's model, which Linux alone keeps in a file."""
    listing = Path("/proc/cpuinfo")
    if listing.exists():
        for line in listing.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and run; returns 1 when a piece could not be run, 130 when interrupted."""
    parser = argparse.ArgumentParser(prog="python -m tools.record", description="Record the experiments.")
    parser.add_argument("names", nargs="*", help=f"lessons to record, of: {', '.join(names()) or 'none yet'}")
    parser.add_argument("--budget", choices=results.BUDGETS, help="this budget only")
    parser.add_argument("--fresh", action="store_true", help="run what is recorded already again")
    chosen = parser.parse_args(arguments)
    if unknown := sorted(set(chosen.names) - set(names())):
        parser.error(f"no lesson {', '.join(unknown)}; there are: {', '.join(names()) or 'none yet'}")
    missed = []
    before = signal.signal(signal.SIGINT, _stop)
    try:
        for name in chosen.names or names():
            pieces = importlib.import_module(f"helpers.{name}.experiment").PIECES
            budgets = (chosen.budget,) if chosen.budget else results.BUDGETS
            missed += run(name, pieces, budgets, chosen.fresh)
    except Stopped:
        print("Interrupted: the finished pieces are kept, and the same command goes on from there.")
        return 130
    finally:
        signal.signal(signal.SIGINT, before)
    if missed:
        print(f"{len(missed)} of the pieces could not be run: {'; '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
