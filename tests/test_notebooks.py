"""The notebooks as documents: every check of notebook_checks on every notebook, and on one that it must refuse."""

import sys
import types

import nbformat
import notebook_checks as checks
import pytest
from nbformat import v4
from test_exercises import TOY

from helpers.figure import composed
from tools import notebooks, tidy
from tools.tidy import WIDGET_STATE, WIDGET_VIEW

LEDGER = "<!-- ledger: make ledger -->\n"

OPENING = """# Shares

How much of the whole is each part? Afterwards you will be able to tell rows from columns.
It needs nothing before it, and takes 1 minute on two CPU cores."""

CLOSING = """## Summary
A row is divided by its sum: all parts together are the whole; see `0.123` and $0.5$.

## 7 Exercises
<details><summary>Solution: <code>shares</code></summary>

```python
def shares(table):
    return table / table.sum(axis=1, keepdims=True)
```

</details>

## References
Long et al. 2015, arXiv:1411.4038, quoted: 62.7 mean IoU.

## Where next
[This one again](00_toy.ipynb#Summary), or [elsewhere](https://example.org/1.5)."""


def code(source, outputs=(), tags=()):
    return v4.new_code_cell(source, outputs=list(outputs), metadata={"tags": list(tags)} if tags else {})


def text(words, name="stdout"):
    return v4.new_output("stream", name=name, text=words)


def picture(**metadata):
    return v4.new_output("display_data", {"image/png": "aGVsbG8=", "text/plain": "a"}, metadata=metadata)


def view(model):
    data = {WIDGET_VIEW: {"model_id": model, "version_major": 2}, "text/plain": "Figure(a scene)"}
    return v4.new_output("display_data", data)


def error():
    return v4.new_output("error", ename="ValueError", evalue="", traceback=[])


def shows(output):
    """Make what lets a cell show one thing more."""
    return lambda cell: cell.outputs.append(output)


@pytest.fixture
def sound(tmp_path, monkeypatch):
    """A notebook that passes every check, and where it lies."""
    lesson, module = types.ModuleType("helpers.toy"), types.ModuleType("helpers.toy.exercises")
    lesson.exercises, module.shares = module, TOY
    for each in (lesson, module):
        monkeypatch.setitem(sys.modules, each.__name__, each)
    monkeypatch.setattr(checks, "all_exercises", lambda: {"toy.shares": TOY})
    cells = [
        v4.new_markdown_cell(OPENING),
        code("import numpy as np\n\nfrom helpers.toy import exercises"),
        v4.new_markdown_cell("Each row is divided by its sum."),
        code("np.array([0.25, 0.754])", [text("[0.25  0.754]\n")], ["nbval-check-output"]),
        v4.new_markdown_cell("The larger share is 0.75, or 75 %. The figure shows `0.9`."),
        code("show()", [picture(**{"image/png": {"alt": "two bars"}})], ["nbval-ignore-output"]),
        code("figure", [view("ab12"), text(" 50%|###  | 1/2 [00:01<00:01]", "stderr")]),
        v4.new_markdown_cell("Now you."),
        code("def shares(table): ...\n\n\nexercises.shares.check(shares)", [text("Not yet: ...")]),
        v4.new_markdown_cell(CLOSING),
    ]
    notebook = v4.new_notebook(cells=cells)
    notebook.metadata["widgets"] = {WIDGET_STATE: {"state": {"ab12": {"state": {}}}}}
    for count, cell in enumerate(tidy.code_cells(notebook), start=1):
        cell.execution_count = count
        cell.metadata["course"] = {"source_sha256": notebooks.source_hash(cell.source)}
    path = tmp_path / "00_toy.ipynb"
    nbformat.write(notebook, path)
    return notebook, path


def complaints(notebook, path):
    return {check.__name__: found for check in checks.CHECKS if (found := check(notebook, path))}


def test_a_sound_notebook_draws_no_complaint(sound):
    assert complaints(*sound) == {}


# A fault in what a cell says: the check that must see it, words that the check must say, the cell, and the change.
EDITED = [
    ("changed_since_run", "cell 4 was changed", 4, "np", "numpy"),
    ("tags_that_hide", "NBVAL_SKIP", 4, "np", "# NBVAL_SKIP\nnp"),
    ("tags_that_hide", "os.environ", 4, "np", "steps = 5 if 'CI' in os.environ else 500\nnp"),
    ("long_cells", "cell 4 has 31 lines", 4, "np", "0.25\n" * 30 + "np"),
    ("missing_alt", "![](00_toy.ipynb)", 3, "Each", "![](00_toy.ipynb) Each"),
    ("missing_alt", "<img src=", 3, "Each", '<img src="00_toy.ipynb" alt=""> Each'),
    ("opening", "the question", 1, "?", "."),
    ("opening", "minutes on two CPU cores", 1, "CPU cores", "machines"),
    ("opening", "a title", 1, "# Shares", "Shares"),
    ("opening", "imports", 2, "import numpy", "np = 1\nimport numpy"),
    ("closing", "'Where next'", 10, "## Where next", ""),
    ("broken_links", "00_elsewhere.ipynb", 3, "Each", "[More](00_elsewhere.ipynb#Here) Each"),
    (
        "ledger_out_of_date",
        "cell 1: the ledger is not",
        1,
        "?",
        f"?\n\n{LEDGER}| made up |\n<!-- /ledger -->",
    ),
    ("unbacked_numbers", "cell 10 says 0.61", 10, "all parts", "in 0.61 of cases all parts"),
    ("unbacked_numbers", "cell 5 says 0.76", 5, "0.75", "0.76"),
    ("unbacked_numbers", "cell 5 says 74 %", 5, "75 %", "74 %"),
    (
        "unbacked_numbers",
        "cell 5 says 87.40",
        5,
        "The",
        "| a | b |\n|---|---|\n| 81 (quoted) | |\n| | 87.40 |\n\nThe",
    ),
    ("solutions", "has no folded solution", 10, "<summary>Solution", "<summary>Answer"),
    ("solutions", "that is each column's share", 10, "axis=1", "axis=0"),
    ("solutions", "NameError", 10, "table.sum(axis=1, keepdims=True)", "row_sums(table)"),
    ("solutions", "does not run after the imports: SyntaxError", 10, "keepdims=True)", "keepdims=True"),
    ("defined_twice", "defines shares a second time", 4, "np", "def shares(): ...\nnp"),
    # 08b types two hops out: a near-copy for its clips under the same name would take the first one's place.
    ("defined_twice", "defines Look a second time", 4, "np", "class Look: ...\n\n\nclass Look: ...\nnp"),
]


@pytest.mark.parametrize(("check", "said", "place", "old", "new"), EDITED)
def test_a_faulty_cell_is_seen_by_its_check_and_by_no_other(sound, check, said, place, old, new):
    notebook, path = sound
    cell = notebook.cells[place - 1]
    assert old in cell.source
    cell.source = cell.source.replace(old, new, 1)
    if cell.cell_type == "code" and check != "changed_since_run":
        cell.metadata["course"]["source_sha256"] = notebooks.source_hash(cell.source)
    seen_by_one(notebook, path, check, said)


# A fault in what the run left behind: check, words and cell as above, and what is done to the cell.
LEFT_BEHIND = [
    ("stored_errors", "cell 4 ended in ValueError", 4, shows(error())),
    (
        "stored_warnings",
        "cell 4 wrote to stderr: FutureWarning",
        4,
        shows(text("FutureWarning: a\n", "stderr")),
    ),
    ("machine_in_output", "0x7f00aa12bb30", 4, shows(text("<Thing at 0x7f00aa12bb30>"))),
    ("machine_in_output", "/home/somebody/course", 4, shows(text("read /home/somebody/course\n"))),
    ("missing_alt", "cell 6 shows a picture without", 6, shows(picture())),
    ("widgets_without_state", "cell 7", 7, shows(view("cd34"))),
    ("execution_order", "[1, 3, 3, 4, 5]", 4, lambda cell: cell.update(execution_count=3)),
    ("execution_order", "None", 4, lambda cell: cell.update(execution_count=None)),
    ("tags_that_hide", "nbval-skip", 4, lambda cell: cell.metadata.tags.append("nbval-skip")),
    ("tags_that_hide", "raises-exception", 4, lambda cell: cell.metadata.tags.append("raises-exception")),
    ("output_ignored", "cell 9", 9, lambda cell: cell.metadata.update(tags=["nbval-ignore-output"])),
    (
        "nothing_to_check",
        "cell 2 has no text",
        2,
        lambda cell: cell.metadata.update(tags=["nbval-check-output"]),
    ),
    ("nothing_to_check", "no cell asserts", 4, lambda cell: cell.metadata.update(tags=[])),
]


@pytest.mark.parametrize(("check", "said", "place", "change"), LEFT_BEHIND)
def test_a_faulty_run_is_seen_by_its_check_and_by_no_other(sound, check, said, place, change):
    notebook, path = sound
    change(notebook.cells[place - 1])
    seen_by_one(notebook, path, check, said)


def seen_by_one(notebook, path, check, said):
    found = complaints(notebook, path)
    assert set(found) == {check}
    assert said in "; ".join(found[check])


def test_three_code_cells_in_a_row_are_seen(sound):
    notebook, path = sound
    notebook.cells.insert(6, code("pass"))
    assert checks.code_without_prose(notebook, path) == ["cells 6 to 8 are code, without a word between"]


def test_every_check_has_a_planted_fault():
    apart = {"code_without_prose", "too_large", "odd_name", "outdated_figures"}
    seen = {fault[0] for fault in EDITED + LEFT_BEHIND} | apart
    assert seen == {check.__name__ for check in checks.CHECKS}


@pytest.mark.parametrize("labs", [[], [checks.HELPERS / "spatial_transformer" / "sampling.js"]])
def test_a_figure_of_another_day_is_seen(sound, labs):
    notebook, path = sound
    script, style = composed.module(labs), composed.source(checks.STYLE)
    faults = [(script.replace("GAP", "GAPS", 1), style), (script, style + " ")]
    faults += [(script.replace("const sampling = ", "const gone = "), style)] if labs else []
    for seen, (_esm, _css) in [(False, (script, style)), *((True, fault) for fault in faults)]:
        notebook.metadata.widgets[WIDGET_STATE].state.ab12.state = {"_esm": _esm, "_css": _css}
        found = checks.outdated_figures(notebook, path)
        assert found == ["cell 7 shows a figure of another day's kit: `make notebooks NB=00_toy`"] * seen


def test_a_large_or_oddly_named_file_is_seen(sound):
    notebook, path = sound
    path.write_bytes(bytes(checks.MOST_BYTES + 1))
    assert "1.50 MB" in checks.too_large(notebook, path)[0]
    assert checks.odd_name(notebook, path.with_name("Untitled.ipynb"))


def test_a_lesson_needs_every_closing_section_in_order_and_three_exercises(sound):
    notebook, path = sound
    lesson = path.with_name("01_toy.ipynb")
    assert checks.closing(notebook, lesson) == []
    assert checks.solutions(notebook, lesson) == ["1 exercises are checked, at least 3 expected"]
    notebook.cells[-1].source = CLOSING.replace("## References", "").replace(
        "## Summary", "## References\n## Summary"
    )
    assert "another order" in checks.closing(notebook, lesson)[0]


@pytest.mark.parametrize("path", notebooks.find(), ids=lambda path: path.stem)
@pytest.mark.parametrize("check", checks.CHECKS, ids=lambda check: check.__name__)
def test_the_stored_notebooks(check, path):
    assert check(nbformat.read(path, as_version=4), path) == []


# Executing


@pytest.fixture
def fresh(tmp_path):
    """A small notebook as an editor leaves it: not run, with noise."""
    cells = [
        v4.new_markdown_cell("# Fresh"),
        v4.new_code_cell(
            "import ipywidgets\n\nprint('one')", metadata={"scrolled": True, "tags": ["b", "a"]}
        ),
        v4.new_code_cell("ipywidgets.IntSlider(4)\nipywidgets.VBox([ipywidgets.IntSlider(3)])"),
        v4.new_code_cell("from tqdm.auto import tqdm\n\nfor _ in tqdm(range(2), desc='steps'):\n    pass"),
    ]
    path = tmp_path / "00_fresh.ipynb"
    nbformat.write(v4.new_notebook(cells=cells), path)
    return path


def test_executing_twice_stores_the_same(fresh):
    notebooks.execute(fresh)
    first = nbformat.read(fresh, as_version=4)
    notebooks.execute(fresh)
    second = nbformat.read(fresh, as_version=4)
    assert first.cells[:3] == second.cells[:3]
    assert (
        first.metadata.widgets[WIDGET_STATE].state.keys()
        == second.metadata.widgets[WIDGET_STATE].state.keys()
    )
    for check in (
        checks.execution_order,
        checks.changed_since_run,
        checks.widgets_without_state,
        checks.stored_errors,
    ):
        assert check(second, fresh) == []
    assert second.cells[1].metadata.tags == ["a", "b"] and "scrolled" not in second.cells[1].metadata
    assert "version" not in second.metadata.language_info
    values = [each["state"].get("value") for each in second.metadata.widgets[WIDGET_STATE].state.values()]
    assert 3 in values and 4 not in values, "only widgets that are shown are kept"
    assert "2/2" in second.cells[3].outputs[0].data["text/plain"], (
        "a finished bar says so without widgets too"
    )


def test_a_failing_cell_is_named_and_leaves_the_file_as_it_was(fresh):
    notebook = nbformat.read(fresh, as_version=4)
    notebook.cells.insert(2, v4.new_code_cell("1 / 0"))
    nbformat.write(notebook, fresh)
    before = fresh.read_bytes()
    with pytest.raises(RuntimeError, match=r"cell 3 of 5 failed, `1 / 0`[\s\S]*ZeroDivisionError"):
        notebooks.execute(fresh)
    assert fresh.read_bytes() == before
    assert list(fresh.parent.glob(".*")) == []


def test_notebooks_are_found_by_the_start_of_their_names(fresh):
    assert notebooks.find(["00"], fresh.parent) == notebooks.find([], fresh.parent) == [fresh]
    assert notebooks.find(["notebooks/00_fresh.ipynb", "00"], fresh.parent) == [fresh]
    with pytest.raises(FileNotFoundError, match=r"starts with '77'.*There are: 00_fresh"):
        notebooks.find(["77"], fresh.parent)
