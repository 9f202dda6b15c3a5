"""Copy the notebooks into work/, which is under no version control: to edit, and to keep when the course is updated.

    python tools/work.py

A notebook that you edited is never touched again. One that you only ran follows the course when that changes, and what
is new in the course is added.
"""

import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import Literal

import nbformat

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # as in tools/notebooks.py

from tools.notebooks import NOTEBOOKS, find  # noqa: E402

WORK = ROOT / "work"
COPIED = ".copied.json"  # in the folder: what each notebook said when it was copied
Fate = Literal["added", "updated", "unchanged", "kept", "kept, and the course's has changed"]


def wording(path: Path) -> str:
    """A hash of what a notebook's cells say. Running it changes outputs, and not this."""
    cells = [(cell.cell_type, cell.source) for cell in nbformat.read(path, as_version=4).cells]
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def refresh(notebooks: Path = NOTEBOOKS, work: Path = WORK) -> dict[str, Fate]:
    """Bring the copies up to date without losing an edit; returns what happened to each notebook, by name."""
    work.mkdir(exist_ok=True)
    remembered = work / COPIED
    copied = json.loads(remembered.read_text()) if remembered.exists() else {}
    fates: dict[str, Fate] = {}
    for path in find(folder=notebooks):
        mine, new = work / path.name, wording(path)
        before = copied.get(path.name)
        if mine.exists() and wording(mine) == new:
            fates[path.name] = "unchanged"
        elif mine.exists() and wording(mine) != before:
            fates[path.name] = "kept" if new == before else "kept, and the course's has changed"
            continue
        else:
            fates[path.name] = "updated" if mine.exists() else "added"
            shutil.copyfile(path, mine)
        copied[path.name] = new
    remembered.write_text(json.dumps(copied, indent=1))
    return fates


def main() -> None:
    """Refresh the copies, and say what was done."""
    fates = refresh()
    for name, fate in fates.items():
        print(f"work/{name}: {fate}")
    if any("changed" in fate for fate in fates.values() if fate.startswith("kept")):
        print(
            "To see the course's version of those, open it in notebooks/. To take it, rename yours and repeat."
        )
    print("Open them with: make lab LAB_DIR=work")


if __name__ == "__main__":
    main()
