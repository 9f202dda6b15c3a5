"""What a notebook costs its reader: minutes of reading, and seconds of all its progress bars together.

    python tools/minutes.py [00 01 ...]         print a row for each notebook, or for those that start so
    python tools/minutes.py --longest-first     print the paths only, for who runs several at once
    python tools/minutes.py --write             state them in the tables of both READMEs and of notebook 00

Nothing is run: prose and code are counted, and the seconds are those of the stored run (`make notebooks`).
"""

import argparse
import math
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # as in tools/notebooks.py

from tools.notebooks import find  # noqa: E402
from tools.restating import restate  # noqa: E402
from tools.tidy import code_cells  # noqa: E402

WORDS_A_MINUTE = 200
SECONDS_A_LINE = 8
MOST_READING = 45  # minutes
MOST_TRAINING = 100  # seconds

# "| [01 Name](notebooks/01_name.ipynb) | ... | 30 min | 2 min |": a row of a table of lessons; in Korean "30분 | 2분".
ROW = re.compile(
    r"^(?P<start>\| [^|]*\]\((?:notebooks/)?(?P<name>\w+\.ipynb)\) \|.*\|)"
    r"[^|]*?(?P<unit> min|분) \|[^|]*(?P=unit) \|$",
    re.MULTILINE,
)
FENCE = re.compile(r"^```.*?\n(.*?)^```", re.DOTALL | re.MULTILINE)
# What a reader of the page does not read: comments, solutions until they are unfolded, addresses of links, tags.
UNREAD = re.compile(r"<!--.*?-->|<details>.*?</details>|(?<=\])\([^)]*\)|</?[a-z][^>]*>", re.DOTALL)
# "FCN-8s | 0.81: 100% 90/90 [00:26<00:00, 3.80it/s]": a score may stand behind the name, and hours before the minutes.
BAR = re.compile(
    r"(?:(?P<name>[^|:]+)[^:]*:)? *\d+%.*?\[(?:(?P<hours>\d+):)?(?P<minutes>\d+):(?P<seconds>\d+)<"
)


def size(notebook: NotebookNode) -> tuple[int, int]:
    """Count words of prose and lines of code, as a reader meets them: blank lines and folded solutions are neither."""
    code, words = [cell.source for cell in code_cells(notebook)], 0
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            shown = UNREAD.sub(" ", cell.source)
            code += FENCE.findall(shown)
            words += sum(any(map(str.isalnum, word)) for word in FENCE.sub(" ", shown).split())
    return words, sum(bool(line.strip()) for source in code for line in source.splitlines())


def reading_minutes(notebook: NotebookNode) -> float:
    """How long the page takes to read, without running or trying anything."""
    words, lines = size(notebook)
    return words / WORDS_A_MINUTE + lines * SECONDS_A_LINE / 60


def training_seconds(notebook: NotebookNode) -> int:
    """Add up what all progress bars of the stored run took."""
    return sum(seconds for cell in code_cells(notebook) for seconds in _bars(cell))


def _bars(cell: NotebookNode) -> Iterator[int]:
    """The seconds of each bar in a cell's output. On stderr a bar is written again and again: its last line counts."""
    written = {}
    for output in cell.outputs:
        if shown := BAR.match(output.get("data", {}).get("text/plain", "")):
            yield _seconds(shown)
        if output.get("name") == "stderr":
            lines = filter(None, map(BAR.match, re.split(r"[\r\n]+", output.text)))
            written |= {shown["name"]: _seconds(shown) for shown in lines}
    yield from written.values()


def _seconds(bar: re.Match[str]) -> int:
    hours, minutes, seconds = (int(bar[part] or 0) for part in ("hours", "minutes", "seconds"))
    return 3600 * hours + 60 * minutes + seconds


def table(paths: Sequence[Path]) -> Iterator[str]:
    """A row for each notebook, with a mark where it is beyond what the course promises."""
    yield f"{'notebook':34}{'words':>7}{'lines':>7}{'reading':>11}{'training':>11}"
    for path in paths:
        notebook = nbformat.read(path, as_version=4)
        words, lines = size(notebook)
        minutes, seconds = reading_minutes(notebook), training_seconds(notebook)
        long = [f"over {MOST_READING} min"] * (minutes > MOST_READING) + [f"over {MOST_TRAINING} s"] * (
            seconds > MOST_TRAINING
        )
        yield f"{path.stem:34}{words:7}{lines:7}{minutes:7.0f} min{seconds:9} s   {', '.join(long)}".rstrip()


def restated(text: str, cost: Mapping[str, tuple[float, int]]) -> str:
    """Write reading and training into the last two columns of a table's rows that link to a notebook, in its unit.

    Args:
        cost: minutes of reading and seconds of training, by the name of the notebook's file.
    """

    def row(match: re.Match[str]) -> str:
        if match["name"] not in cost:
            return match[0]
        reading, training = cost[match["name"]]
        unit = match["unit"]
        return f"{match['start']} {reading:.0f}{unit} | {math.ceil(training / 60)}{unit} |"

    return ROW.sub(row, text)


def write_tables() -> list[str]:
    """Restate the costs wherever they are promised; returns the names of the files that changed."""
    notebooks = {path.name: nbformat.read(path, as_version=4) for path in find()}
    cost = {name: (reading_minutes(each), training_seconds(each)) for name, each in notebooks.items()}
    return restate(lambda text: restated(text, cost))


def longest_first(paths: Sequence[Path]) -> list[Path]:
    """Sort notebooks by their stored seconds, so that side by side none is left to run alone at the end."""
    return sorted(paths, key=lambda path: -training_seconds(nbformat.read(path, as_version=4)))


def main(arguments: Sequence[str] | None = None) -> None:
    """Read the command line and print what it asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="how the notebooks' names start (default: all)")
    parser.add_argument("--longest-first", action="store_true", help="print their paths only, in this order")
    parser.add_argument(
        "--write", action="store_true", help="state the costs of all in the tables that promise them"
    )
    chosen = parser.parse_args(arguments)
    try:
        paths = find(chosen.names)
    except FileNotFoundError as error:
        parser.error(str(error))
    if chosen.write:
        print("Restated in:", ", ".join(write_tables()) or "nothing, all was up to date")
    elif chosen.longest_first:
        print(*(path.relative_to(ROOT) for path in longest_first(paths)))
    else:
        print(*table(paths), sep="\n")


if __name__ == "__main__":
    main()
