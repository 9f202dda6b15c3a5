"""Bring an executed notebook into the form it is stored in, so that two runs differ only where results do."""

import hashlib
import html
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode

WIDGET_STATE = "application/vnd.jupyter.widget-state+json"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
# What editors and clients leave behind, which changes from run to run and tells a reader nothing.
NOISE = ("execution", "ExecuteTime", "collapsed", "scrolled", "jp-MarkdownHeadingCollapsed", "id", "trusted")


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The notebook's code cells, in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def widget_states(notebook: NotebookNode) -> dict[str, dict]:
    """The notebook's stored widgets: model id -> its model's name and state."""
    return notebook.metadata.get("widgets", {}).get(WIDGET_STATE, {}).get("state", {})


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
    _keep_shown_widgets(notebook)
    _finish_bars(notebook)
    _name_widgets(notebook, name)


def _finish_bars(notebook: NotebookNode) -> None:
    """Let a progress bar's text, all that a page without widgets shows, say how it ended and not how it began."""
    state = widget_states(notebook)

    def part(reference: str) -> dict:
        return state.get(reference.removeprefix("IPY_MODEL_"), {})

    for data in _output_data(notebook):
        children = part(data.get(WIDGET_VIEW, {}).get("model_id", "")).get("state", {}).get("children", [])
        if [part(child).get("model_name") for child in children] == [
            "HTMLModel",
            "FloatProgressModel",
            "HTMLModel",
        ]:
            texts = (html.unescape(part(children[place])["state"]["value"]) for place in (0, 2))
            data["text/plain"] = " ".join("".join(texts).split())


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
    ids = enumerate(widget_states(notebook))
    names = {old: hashlib.sha256(f"{name}/{n}".encode()).hexdigest()[:32] for n, old in ids}
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
    """Replace a stored notebook by this one."""
    nbformat.validate(notebook)
    replace(nbformat.writes(notebook, version=4) + "\n", path)


def replace(text: str, path: Path) -> None:
    """Replace a file in one step: an interrupt leaves the old text or the new one, never half."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
