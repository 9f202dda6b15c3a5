"""What is said in several places at once: a text that is changed in both READMEs and in notebook 00."""

from collections.abc import Callable

import nbformat

from tools.notebooks import NOTEBOOKS, ROOT
from tools.tidy import write

READMES = (ROOT / "README.md", ROOT / "README.ko.md")
START = NOTEBOOKS / "00_start_here.ipynb"


def restate(change: Callable[[str], str], store: bool = True) -> list[str]:
    """Change these texts where it makes a difference; returns the names of the files in which it does.

    Args:
        change: from a text, or the text of a cell, to the changed one. store: or only look.
    """
    changed = []
    for path in READMES:
        old = path.read_text(encoding="utf-8")
        if (new := change(old)) != old:
            changed.append(path.name)
            if store:
                path.write_text(new, encoding="utf-8")
    notebook = nbformat.read(START, as_version=4)
    stale = [
        cell for cell in notebook.cells if cell.cell_type == "markdown" and change(cell.source) != cell.source
    ]
    if stale:
        changed.append(START.name)
        for cell in stale:
            cell.source = change(cell.source)
        if store:
            write(notebook, START)
    return changed
