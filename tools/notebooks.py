"""Execute the notebooks in place: all, or those whose names start so, and store their output.

    python tools/notebooks.py run [00 01 ...]

The .ipynb files are the source: they are edited in JupyterLab and executed by this file before a commit.
"""

import argparse
import hashlib
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # this file is started as a script, and its neighbours are imported by `tools.`

from tools.tidy import code_cells, normalise, write  # noqa: E402

NOTEBOOKS = ROOT / "notebooks"
# The course promises a training cell of at most a minute; a cell that takes fifteen is stuck.
CELL_SECONDS = 900


def find(names: Sequence[str] = (), folder: Path = NOTEBOOKS) -> list[Path]:
    """The notebooks whose file names start with the given words; all of them when none is given.

    Raises:
        FileNotFoundError: a word that starts no notebook's name; the message lists those that there are.
    """
    present = sorted(folder.glob("*.ipynb"))
    if not names:
        return present
    chosen = []
    for name in names:
        found = [path for path in present if path.name.startswith(Path(name).name)]
        if not found:
            there = ", ".join(path.stem for path in present) or "none"
            raise FileNotFoundError(
                f"No notebook starts with {name!r} in {folder.name}/. There are: {there}."
            )
        chosen += found
    return list(dict.fromkeys(chosen))


def source_hash(source: str) -> str:
    """What `run` stores of a code cell's source, so that a cell changed since it was run is seen."""
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def execute(path: Path, timeout: int = CELL_SECONDS) -> float:
    """Run one notebook in a fresh kernel, store its output and its widgets' state; returns the seconds.

    The file is replaced only when every cell has run: a failing cell leaves it as it was.

    Raises:
        RuntimeError: a cell failed; the message names the cell and shows the error.
    """
    notebook = nbformat.read(path, as_version=4)
    notebook.metadata.pop("widgets", None)
    for cell in code_cells(notebook):
        cell.outputs, cell.execution_count = [], None
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        coalesce_streams=True,
        record_timing=False,
        extra_arguments=["--IPKernelApp.log_level=ERROR"],
    )
    begun = time.perf_counter()
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
        raise RuntimeError(f"{path.name}: {_where(notebook)}\n{_plain(str(error))}") from error
    seconds = time.perf_counter() - begun
    for cell in code_cells(notebook):
        cell.metadata.setdefault("course", {})["source_sha256"] = source_hash(cell.source)
    normalise(notebook, path.stem)
    write(notebook, path)
    return seconds


def _where(notebook: NotebookNode) -> str:
    """Name the cell that the kernel stopped at: the first whose output holds an error, or the last begun."""
    begun = 0
    for place, cell in enumerate(notebook.cells):
        if cell.cell_type != "code" or not (cell.outputs or cell.execution_count):
            continue
        begun = place
        if any(output.output_type == "error" for output in cell.outputs):
            break
    first = notebook.cells[begun].source.strip().partition("\n")[0]
    return f"cell {begun + 1} of {len(notebook.cells)} failed, `{first}`. The file is left as it was."


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and do what it asks; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="execute in place").add_argument("names", nargs="*", default=[])
    chosen = parser.parse_args(arguments)
    try:
        paths = find(chosen.names)
    except FileNotFoundError as error:
        parser.error(str(error))
    failures = 0
    for path in paths:
        try:
            seconds = execute(path)
        except RuntimeError as error:
            failures += 1
            print(error, file=sys.stderr)
        else:
            print(f"{path.name}: {seconds:.0f} s, {path.stat().st_size / 1e6:.2f} MB")
    return min(failures, 1)


if __name__ == "__main__":
    sys.exit(main())
