"""What a stored notebook must be, one small check at a time: each returns its complaints in words."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from nbformat import NotebookNode
from test_exercises import all_exercises

from helpers.figure import composed
from tools.ledger import claims, with_front
from tools.notebooks import source_hash
from tools.prose_numbers import unbacked
from tools.tidy import WIDGET_VIEW, code_cells, widget_states

HELPERS = composed.FOLDER.parent
STYLE = composed.FOLDER / "composed.css"
Check = Callable[[NotebookNode, Path], list[str]]

MOST_BYTES = 1_500_000
MOST_LINES = 30
TAGS = {"nbval-check-output", "nbval-ignore-output"}
BAR = re.compile(r"\d+%\|| \d+/\d+ \[")
CLOSING = ("Summary", "Exercises", "References", "Where next")
LEAST_EXERCISES = 3


def stored_errors(notebook: NotebookNode, path: Path) -> list[str]:
    outputs = ((n, output) for n, cell in numbered(notebook, "code") for output in cell.outputs)
    return [f"cell {n} ended in {output.ename}" for n, output in outputs if output.output_type == "error"]


def stored_warnings(notebook: NotebookNode, path: Path) -> list[str]:
    """Text on stderr: a warning that the learner would puzzle over. Progress bars write there too, and may."""
    return [
        f"cell {n} wrote to stderr: {line.strip()[:80]}"
        for n, cell in numbered(notebook, "code")
        for output in cell.outputs
        if output.get("name") == "stderr"
        for line in re.split(r"[\r\n]+", output.text)
        if line.strip() and not BAR.search(line)
    ]


def execution_order(notebook: NotebookNode, path: Path) -> list[str]:
    counts = [cell.execution_count for cell in code_cells(notebook)]
    in_order = counts == list(range(1, len(counts) + 1))
    return [] if in_order else [f"executed in the order {counts}: `make notebooks`"]


def changed_since_run(notebook: NotebookNode, path: Path) -> list[str]:
    return [
        f"cell {n} was changed since it was run: `make notebooks NB={path.stem}`"
        for n, cell in numbered(notebook, "code")
        if cell.metadata.get("course", {}).get("source_sha256") != source_hash(cell.source)
    ]


def too_large(notebook: NotebookNode, path: Path) -> list[str]:
    size = path.stat().st_size
    return [f"{size / 1e6:.2f} MB, {MOST_BYTES / 1e6} allowed: smaller pictures"] if size > MOST_BYTES else []


def tags_that_hide(notebook: NotebookNode, path: Path) -> list[str]:
    """Tags, comments and variables that would let a cell off when it is tested."""
    complaints = []
    for n, cell in numbered(notebook, "code"):
        complaints += [f"cell {n} has the tag {tag}" for tag in set(cell.metadata.get("tags", ())) - TAGS]
        if found := re.search(r"#\s*(NBVAL_\w+|PYTEST_\w+)|\b(os\.environ|getenv)\b", cell.source):
            complaints.append(
                f"cell {n} holds {found[0]!r}: a notebook runs the same under test, and is tagged"
            )
    return complaints


def output_ignored(notebook: NotebookNode, path: Path) -> list[str]:
    return [
        f"cell {n} has its output ignored, and shows neither a figure nor a progress bar"
        for n, cell in numbered(notebook, "code")
        if "nbval-ignore-output" in cell.metadata.get("tags", ())
        and not any("image/png" in data or WIDGET_VIEW in data for data in data_of(cell))
        and not BAR.search(text_of(cell))
    ]


def nothing_to_check(notebook: NotebookNode, path: Path) -> list[str]:
    """A check of what is not there, and a notebook in which no claim is checked at all."""
    cells = list(numbered(notebook, "code"))
    checked = [(n, cell) for n, cell in cells if "nbval-check-output" in cell.metadata.get("tags", ())]
    complaints = [f"cell {n} has no text output to check" for n, cell in checked if not text_of(cell).strip()]
    if not checked and not any(
        re.search(r"^\s*(assert\b|.*assert_)", cell.source, re.MULTILINE) for _, cell in cells
    ):
        complaints.append("no cell asserts anything or has its output checked")
    return complaints


def long_cells(notebook: NotebookNode, path: Path) -> list[str]:
    return [
        f"cell {n} has {lines} lines, {MOST_LINES} allowed"
        for n, cell in numbered(notebook, "code")
        if (lines := len(cell.source.splitlines())) > MOST_LINES
    ]


def code_without_prose(notebook: NotebookNode, path: Path) -> list[str]:
    runs = re.finditer("c{3,}", "".join(cell.cell_type[0] for cell in notebook.cells))
    return [f"cells {run.start() + 1} to {run.end()} are code, without a word between" for run in runs]


def missing_alt(notebook: NotebookNode, path: Path) -> list[str]:
    complaints = [
        f"cell {n} shows a picture without alternative text (plotting.show gives it)"
        for n, cell in numbered(notebook, "code")
        for output in cell.outputs
        for kind in output.get("data", {})
        if kind.startswith("image/") and not output.metadata.get(kind, {}).get("alt", "").strip()
    ]
    for n, cell in numbered(notebook, "markdown"):
        bare = re.findall(r"!\[\s*\]\([^)]*\)|<img(?![^>]*\balt=[\"'][^\"']+)[^>]*>", cell.source)
        complaints += [f"cell {n} has a picture without alternative text: {each}" for each in bare]
    return complaints


def machine_in_output(notebook: NotebookNode, path: Path) -> list[str]:
    """Memory addresses and folders of the machine that the notebook was run on."""
    traces = re.compile(
        r"0x[0-9a-f]{6,}|(?<![\w.])/(?:home|root|Users|tmp|work|private|mnt)/\S*|\b[A-Z]:\\\S*"
    )
    return [
        f"cell {n} shows what differs on each machine: {found}"
        for n, cell in numbered(notebook, "code")
        for found in traces.findall(text_of(cell))
    ]


def widgets_without_state(notebook: NotebookNode, path: Path) -> list[str]:
    return [
        f"cell {n} shows a figure whose state is not stored: `make notebooks`"
        for n, widget in shown_widgets(notebook)
        if widget is None
    ]


def outdated_figures(notebook: NotebookNode, path: Path) -> list[str]:
    """A stored figure brings its script and its style along: they must be today's."""
    stored = [(n, widget["state"]) for n, widget in shown_widgets(notebook) if widget]
    return [
        f"cell {n} shows a figure of another day's kit: `make notebooks NB={path.stem}`"
        for n, values in stored
        if "_esm" in values and not is_todays(values["_esm"], values.get("_css"))
    ]


def is_todays(script: str, style: str) -> bool:
    files = {each.stem: each for each in HELPERS.rglob("*.js")}
    names = set(re.findall(r"(?m)^const (\w+) = \(\(\) => \{$", script))
    labs = sorted(names - set(composed.SCRIPTS), key=lambda name: script.index(f"const {name} = "))
    known = all(name in files for name in labs)
    return known and (script, style) == (
        composed.module([files[name] for name in labs]),
        composed.source(STYLE),
    )


def opening(notebook: NotebookNode, path: Path) -> list[str]:
    """Title, question, what one will be able to do, what it needs, minutes; then one short cell of imports."""
    kinds = [cell.cell_type for cell in notebook.cells]
    first = kinds.index("code") if "code" in kinds else len(kinds)
    text = "\n\n".join(cell.source for cell in notebook.cells[:first])
    wanted = {
        "a title": r"\A# \S",
        "the question it answers": r"\?",
        "what you will be able to do": r"\bable to\b",
        "what it needs": r"\bneeds?\b",
        "its minutes on two CPU cores": r"\bminutes? on two CPU cores\b",
    }
    complaints = [
        f"the opening lacks {what}" for what, pattern in wanted.items() if not re.search(pattern, text)
    ]
    if first < len(kinds) and not re.match(r"(#.*\n|%.*\n|\s)*(import|from) ", notebook.cells[first].source):
        complaints.append("the first code cell holds no imports")
    return complaints


def closing(notebook: NotebookNode, path: Path) -> list[str]:
    """Summary, exercises, references, where next, in this order. The start notebook teaches no lesson to sum up."""
    wanted = CLOSING[-1:] if path.stem.startswith("00") else CLOSING
    prose = "\n".join(cell.source for _, cell in numbered(notebook, "markdown"))
    prose = re.sub(r"```.*?```", "", prose, flags=re.DOTALL)  # in which a comment looks like a heading
    headings = re.findall(r"^#+ +(?:[\d.]+ +)?(.*)$", prose, re.MULTILINE)
    places = [next((n for n, each in enumerate(headings) if each.startswith(name)), -1) for name in wanted]
    missing = [f"no section {name!r}" for name, place in zip(wanted, places, strict=True) if place < 0]
    if not missing and places != sorted(places):
        return [f"the closing sections stand in another order than {', '.join(wanted)}"]
    return missing


def broken_links(notebook: NotebookNode, path: Path) -> list[str]:
    return [
        f"cell {n} links to {target}, which does not exist"
        for n, cell in numbered(notebook, "markdown")
        for target in local_links(cell.source)
        if not (path.parent / target).exists()
    ]


def ledger_out_of_date(notebook: NotebookNode, path: Path) -> list[str]:
    return [
        f"cell {n}: the ledger is not what the record says: `make ledger`"
        for n, cell in numbered(notebook, "markdown")
        if with_front(cell.source, claims()) != cell.source
    ]


def unbacked_numbers(notebook: NotebookNode, path: Path) -> list[str]:
    complaints, above, previous = [], "", ""
    for n, cell in enumerate(notebook.cells, start=1):
        if cell.cell_type == "code":
            above = (above if previous == "code" else "") + cell.source + "\n" + text_of(cell) + "\n"
        elif cell.cell_type == "markdown":
            complaints += [
                f"cell {n} says {number}: not quoted, and not in the cell above"
                for number in unbacked(cell.source, above)
            ]
        previous = cell.cell_type
    return complaints


def solutions(notebook: NotebookNode, path: Path) -> list[str]:
    """Each exercise tried in the notebook has a folded solution, which passes its check after the imports alone."""
    source = "\n".join(cell.source for cell in code_cells(notebook))
    modules = set(re.findall(r"from helpers\.(?:\w+\.)*(\w+) import [^\n]*\bexercises\b", source))
    known = {
        name.partition(".")[2]: each
        for name, each in all_exercises().items()
        if name.partition(".")[0] in modules
    }
    tried = set(re.findall(r"\b(\w+)\.check\(", source)) & set(known)
    folded = list(folded_solutions(notebook))
    complaints = []
    for name in tried:
        answers = [code for code in folded if re.search(rf"^def {name}\(", code, re.MULTILINE)]
        if not answers:
            complaints.append(f"the exercise {name} has no folded solution that defines it")
        for code in answers:
            scope: dict = {}
            try:
                exec(python_of(code_cells(notebook)[0].source), scope)
                exec(code, scope)
            except Exception as error:
                said = f"{type(error).__name__}: {error}"
                complaints.append(f"the folded solution of {name} does not run after the imports: {said}")
                continue
            answer = known[name].check(scope[name], seed=0)
            if not answer:
                complaints.append(f"the folded solution of {name} does not pass: {answer}")
    if not path.stem.startswith("00") and len(tried) < LEAST_EXERCISES:
        complaints.append(f"{len(tried)} exercises are checked, at least {LEAST_EXERCISES} expected")
    return complaints


def defined_twice(notebook: NotebookNode, path: Path) -> list[str]:
    seen: set[str] = set()
    complaints = []
    for n, cell in numbered(notebook, "code"):
        for node in ast.parse(python_of(cell.source)).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                if node.name in seen:
                    complaints.append(f"cell {n} defines {node.name} a second time")
                seen.add(node.name)
    return complaints


def odd_name(notebook: NotebookNode, path: Path) -> list[str]:
    fits = re.fullmatch(r"\d\d[ab]?_[a-z0-9_]+\.ipynb", path.name)
    return [] if fits else [f"{path.name} is no name like 01_fully_convolutional_networks.ipynb"]


CHECKS: tuple[Check, ...] = (
    stored_errors,
    stored_warnings,
    execution_order,
    changed_since_run,
    too_large,
    tags_that_hide,
    output_ignored,
    nothing_to_check,
    long_cells,
    code_without_prose,
    missing_alt,
    machine_in_output,
    widgets_without_state,
    outdated_figures,
    opening,
    closing,
    broken_links,
    ledger_out_of_date,
    unbacked_numbers,
    solutions,
    defined_twice,
    odd_name,
)


def numbered(notebook: NotebookNode, kind: str) -> Iterator[tuple[int, NotebookNode]]:
    """The cells of a kind with their places in the notebook, counted from 1."""
    return ((n, cell) for n, cell in enumerate(notebook.cells, start=1) if cell.cell_type == kind)


def shown_widgets(notebook: NotebookNode) -> Iterator[tuple[int, dict | None]]:
    """Each widget that a cell shows: the cell's place, and the widget's stored model, None where it is not stored."""
    states = widget_states(notebook)
    for n, cell in numbered(notebook, "code"):
        for data in data_of(cell):
            if WIDGET_VIEW in data:
                yield n, states.get(data[WIDGET_VIEW]["model_id"])


def data_of(cell: NotebookNode) -> list[NotebookNode]:
    return [output.data for output in cell.outputs if "data" in output]


def text_of(cell: NotebookNode) -> str:
    """All text that a code cell's stored output shows."""
    streams = [output.text for output in cell.outputs if output.output_type == "stream"]
    return "\n".join(
        streams + [data[kind] for data in data_of(cell) for kind in data if kind.startswith("text/")]
    )


def local_links(text: str) -> list[str]:
    """The files that Markdown links to or shows, without fragments; addresses elsewhere are passed over."""
    text = re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)
    targets = re.findall(r"\]\(\s*<?([^)\s>]+)", text) + re.findall(r"\b(?:src|href)=[\"']([^\"']+)", text)
    files = (target.partition("#")[0] for target in targets if not re.match(r"[a-z]+:", target))
    return [file for file in files if file]


def folded_solutions(notebook: NotebookNode) -> Iterator[str]:
    """The Python of every `<details>` whose summary starts with "Solution"."""
    for _, cell in numbered(notebook, "markdown"):
        for block in re.findall(r"<details>\s*<summary>\s*Solution.*?</details>", cell.source, re.DOTALL):
            yield "\n".join(re.findall(r"```python\n(.*?)```", block, re.DOTALL))


def python_of(source: str) -> str:
    """A cell without the lines that only IPython reads."""
    return "\n".join("" if re.match(r"\s*[%!]", line) else line for line in source.splitlines())
