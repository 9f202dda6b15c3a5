"""The notebooks as documents: every check of notebook_checks on every notebook, and on one that it must refuse."""

import copy
import sys
import types

import nbformat
import notebook_checks as checks
import pytest
from nbformat import v4
from test_exercises import TOY

from tools import notebooks, tidy
from tools.tidy import WIDGET_STATE, WIDGET_VIEW

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


def planted(check, said, *others):
    """Mark a function that plants a fault: the check that must see it, words it must say, other checks it may trip."""
    return lambda plant: FAULTS.append(pytest.param(check, said, others, plant, id=plant.__name__)) or plant


FAULTS: list = []


@planted("stored_errors", "cell 4 ended in ValueError")
def an_error_is_stored(notebook):
    notebook.cells[3].outputs.append(v4.new_output("error", ename="ValueError", evalue="", traceback=[]))


@planted("stored_warnings", "cell 4 wrote to stderr: FutureWarning")
def a_warning_is_stored(notebook):
    notebook.cells[3].outputs.append(text("FutureWarning: soon\n", "stderr"))


@planted("execution_order", "[1, 3, 2, 4, 5]")
def cells_ran_out_of_order(notebook):
    notebook.cells[3].execution_count, notebook.cells[5].execution_count = 3, 2


@planted("execution_order", "None")
def a_cell_was_not_run(notebook):
    notebook.cells[3].execution_count = None


@planted("changed_since_run", "cell 4 was changed")
def a_cell_was_edited(notebook):
    notebook.cells[3].source += "  # later"


@planted("tags_that_hide", "nbval-skip")
def a_cell_is_skipped(notebook):
    notebook.cells[3].metadata.tags.append("nbval-skip")


@planted("tags_that_hide", "raises-exception")
def a_cell_may_fail(notebook):
    notebook.cells[3].metadata.tags.append("raises-exception")


@planted("tags_that_hide", "NBVAL_SKIP", "changed_since_run")
def a_cell_is_skipped_by_a_comment(notebook):
    notebook.cells[3].source += "\n# NBVAL_SKIP"


@planted("tags_that_hide", "os.environ", "changed_since_run")
def training_is_shortened_under_test(notebook):
    notebook.cells[3].source += "\nsteps = 5 if 'CI' in os.environ else 500"


@planted("output_ignored", "cell 4")
def a_number_is_ignored(notebook):
    notebook.cells[3].metadata.tags = ["nbval-ignore-output"]
    notebook.cells[5].metadata.tags = ["nbval-check-output"]


@planted("nothing_to_check", "cell 2 has no text output")
def nothing_is_there_to_check(notebook):
    notebook.cells[1].metadata["tags"] = ["nbval-check-output"]


@planted("nothing_to_check", "no cell asserts")
def nothing_is_claimed(notebook):
    notebook.cells[3].metadata.tags = []


@planted("long_cells", "cell 4 has 31 lines", "changed_since_run")
def a_cell_is_long(notebook):
    notebook.cells[3].source += "\n0.25" * 30


@planted("code_without_prose", "cells 6 to 8")
def three_code_cells_stand_in_a_row(notebook):
    third = copy.deepcopy(notebook.cells[5])
    third.source, third.execution_count = "pass", 4
    third.metadata["course"] = {"source_sha256": notebooks.source_hash("pass")}
    notebook.cells[6].execution_count, notebook.cells[8].execution_count = 5, 6
    notebook.cells[6:6] = [third]
    third.execution_count, notebook.cells[7].execution_count, notebook.cells[9].execution_count = 4, 5, 6


@planted("missing_alt", "cell 6 shows a picture without")
def a_picture_has_no_alternative_text(notebook):
    notebook.cells[5].outputs = [picture()]


@planted("missing_alt", "![](00_toy.ipynb)")
def a_markdown_picture_has_no_alternative_text(notebook):
    notebook.cells[2].source += "\n![](00_toy.ipynb)"


@planted("missing_alt", "<img src=")
def an_html_picture_has_an_empty_alternative_text(notebook):
    notebook.cells[2].source += '\n<img src="00_toy.ipynb" alt="">'


@planted("machine_in_output", "0x7f00aa12bb30")
def an_address_is_stored(notebook):
    notebook.cells[3].outputs.append(text("<Thing at 0x7f00aa12bb30>"))


@planted("machine_in_output", "/home/somebody/course")
def a_folder_of_the_machine_is_stored(notebook):
    notebook.cells[3].outputs.append(text("read /home/somebody/course\n"))


@planted("widgets_without_state", "cell 7")
def a_figure_has_no_state(notebook):
    notebook.metadata.widgets[WIDGET_STATE].state = {}


@planted("opening", "the question")
def no_question_is_asked(notebook):
    notebook.cells[0].source = OPENING.replace("?", ".")


@planted("opening", "minutes on two CPU cores")
def no_minutes_are_given(notebook):
    notebook.cells[0].source = OPENING.replace("CPU cores", "machines")


@planted("opening", "a title")
def there_is_no_title(notebook):
    notebook.cells[0].source = OPENING.replace("# Shares", "Shares")


@planted("opening", "imports", "changed_since_run")
def the_first_code_cell_imports_nothing(notebook):
    notebook.cells[1].source = "exercises = __import__('helpers.toy.exercises').toy.exercises"


@planted("closing", "'Where next'")
def there_is_no_way_on(notebook):
    notebook.cells[-1].source = CLOSING.replace("## Where next", "")


@planted("broken_links", "00_elsewhere.ipynb")
def a_link_leads_nowhere(notebook):
    notebook.cells[2].source += " [More](00_elsewhere.ipynb#Here)"


@planted("ledger_out_of_date", "cell 1: the ledger is not what the record says: `make ledger`")
def the_ledger_is_out_of_date(notebook):
    notebook.cells[0].source += "\n\n<!-- ledger: make ledger -->\n| made up |\n<!-- /ledger -->"


@planted("unbacked_numbers", "cell 10 says 0.61")
def a_result_comes_from_nowhere(notebook):
    notebook.cells[-1].source = CLOSING.replace("all parts", "in 0.61 of cases all parts")


@planted("unbacked_numbers", "cell 5 says 0.76")
def a_number_is_not_in_the_cell_above(notebook):
    notebook.cells[4].source = notebook.cells[4].source.replace("0.75", "0.76")


@planted("unbacked_numbers", "cell 5 says 74 %")
def a_percentage_is_not_in_the_cell_above(notebook):
    notebook.cells[4].source = notebook.cells[4].source.replace("75 %", "74 %")


@planted("solutions", "has no folded solution")
def the_solution_is_missing(notebook):
    notebook.cells[-1].source = CLOSING.replace("<summary>Solution", "<summary>Answer")


@planted("solutions", "that is each column's share")
def the_solution_is_wrong(notebook):
    notebook.cells[-1].source = CLOSING.replace("axis=1", "axis=0")


@planted("solutions", "NameError")
def the_solution_needs_more_than_the_imports(notebook):
    notebook.cells[-1].source = CLOSING.replace("table.sum(axis=1, keepdims=True)", "row_sums(table)")


@planted("solutions", "does not run after the imports: SyntaxError")
def the_solution_is_no_python(notebook):
    notebook.cells[-1].source = CLOSING.replace("keepdims=True)", "keepdims=True")


@planted("defined_twice", "defines shares a second time", "changed_since_run")
def a_name_is_defined_twice(notebook):
    notebook.cells[3].source += "\ndef shares(): ..."


@pytest.mark.parametrize(("check", "said", "others", "plant"), FAULTS)
def test_a_planted_fault_is_seen_by_its_check_and_by_no_other(sound, check, said, others, plant):
    notebook, path = sound
    plant(notebook)
    found = complaints(notebook, path)
    assert set(found) == {check, *others}
    assert said in "; ".join(found[check])


def test_every_check_has_a_planted_fault():
    seen = {fault.values[0] for fault in FAULTS} | {"too_large", "odd_name"}
    assert seen == {check.__name__ for check in checks.CHECKS}


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
