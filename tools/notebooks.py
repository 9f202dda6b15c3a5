"""Execute the notebooks in place, and keep what they and README say in step with data/results.json.

    python tools/notebooks.py run [00 01 ...]   execute all, or those that start so, and store their output
    python tools/notebooks.py fill              rewrite the recorded numbers in the prose, and the ledger

The .ipynb files are the source: they are edited in JupyterLab and executed by this file before a commit.
"""

import argparse
import hashlib
import json
import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
# The course promises a training cell of at most a minute; a cell that takes fifteen is stuck.
CELL_SECONDS = 900
# What editors and clients leave behind, which changes from run to run and tells a reader nothing.
NOISE = ("execution", "ExecuteTime", "collapsed", "scrolled", "jp-MarkdownHeadingCollapsed", "id", "trusted")


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


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The notebook's code cells, in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


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


def normalise(notebook: NotebookNode, name: str) -> None:
    """Take out what differs between two runs of the same notebook, so that a rerun gives a small diff."""
    language = {
        "name": "python",
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "pygments_lexer": "ipython3",
    }
    kernel = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
    kept = {key: value for key, value in notebook.metadata.items() if key in ("widgets", "course", "title")}
    notebook.metadata = nbformat.from_dict({**kept, "kernelspec": kernel, "language_info": language})
    for cell in notebook.cells:
        for key in NOISE:
            cell.metadata.pop(key, None)
        if "tags" in cell.metadata:
            cell.metadata.tags = sorted(set(cell.metadata.tags))
    _name_cells(notebook, name)
    _keep_shown_widgets(notebook)
    _name_widgets(notebook, name)


def _name_cells(notebook: NotebookNode, name: str) -> None:
    """Keep each cell's id; give one made from its place to a cell without, or with another's."""
    taken: set[str] = set()
    for place, cell in enumerate(notebook.cells):
        if not cell.get("id") or cell.id in taken:
            cell.id = hashlib.sha256(f"{name}/{place}".encode()).hexdigest()[:8]
        taken.add(cell.id)


def _keep_shown_widgets(notebook: NotebookNode) -> None:
    """Drop the state of widgets that no stored output shows, directly or through another widget."""
    saved = notebook.metadata.get("widgets", {}).get(WIDGET_STATE)
    if saved is None:
        return
    shown = {data[WIDGET_VIEW]["model_id"] for data in _output_data(notebook) if WIDGET_VIEW in data}
    waiting = list(shown)
    while waiting:
        text = json.dumps(saved["state"].get(waiting.pop(), {}))
        found = set(re.findall(r"IPY_MODEL_([0-9a-f]+)", text)) - shown
        shown |= found
        waiting += found
    saved["state"] = {key: value for key, value in saved["state"].items() if key in shown}


def _output_data(notebook: NotebookNode) -> Iterator[NotebookNode]:
    for cell in code_cells(notebook):
        for output in cell.outputs:
            if "data" in output:
                yield output.data


def _name_widgets(notebook: NotebookNode, name: str) -> None:
    """Rename the widgets' random ids to ones made from notebook and order."""
    state = notebook.metadata.get("widgets", {}).get(WIDGET_STATE, {}).get("state", {})
    names = {old: hashlib.sha256(f"{name}/{n}".encode()).hexdigest()[:32] for n, old in enumerate(state)}
    if not names:
        return
    pattern = re.compile("|".join(map(re.escape, names)))

    def renamed(part: object) -> NotebookNode:
        text = pattern.sub(lambda match: names[match[0]], json.dumps(part))
        return nbformat.from_dict(json.loads(text))

    notebook.metadata.widgets = renamed(notebook.metadata.widgets)
    for data in _output_data(notebook):
        if WIDGET_VIEW in data:
            data[WIDGET_VIEW] = renamed(data[WIDGET_VIEW])


def write(notebook: NotebookNode, path: Path) -> None:
    """Replace the file in one step: an interrupt leaves the old notebook or the new one, never half."""
    nbformat.validate(notebook)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(nbformat.writes(notebook, version=4) + "\n", encoding="utf-8")
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line and do what it asks; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="execute in place").add_argument("names", nargs="*", default=[])
    commands.add_parser("fill", help="rewrite the recorded numbers and the ledger")
    chosen = parser.parse_args(arguments)
    if chosen.command == "fill":
        # Read only here: executing notebooks needs no results.
        from tools import recorded

        for path in recorded.fill_all():
            print(f"{path.relative_to(ROOT)}: refreshed")
        return 0
    failures = 0
    for path in find(chosen.names):
        try:
            seconds = execute(path)
        except RuntimeError as error:
            failures += 1
            print(error, file=sys.stderr)
        else:
            print(f"{path.name}: {seconds:.0f} s, {path.stat().st_size / 1e6:.2f} MB")
    return min(failures, 1)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
