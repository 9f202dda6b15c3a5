"""The notebooks as documents: every check of notebook_checks on every notebook, and on one that it must refuse."""

import json
import sys
import types

import nbformat
import notebook_checks as checks
import pytest
from nbformat import v4
from test_exercises import TOY

from helpers import results
from tools import notebooks, recorded, tidy
from tools.tidy import WIDGET_STATE, WIDGET_VIEW

LEDGER = "<!-- ledger: make fill -->\n"

OPENING = """# Shares

How much of the whole is each part? Afterwards you will be able to tell rows from columns.
It needs nothing before it, and takes 1 minute on two CPU cores."""

CLOSING = """## Summary
A row is divided by its sum: with the record, 0.61<!-- toy/record/rows/score --> of the time; see `0.123` and $0.5$.

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


@pytest.fixture
def record(tmp_path, monkeypatch):
    """A record with one figure, in place of data/results.json."""
    rows = [
        {"system": system, "seed": seed, "figures": {"score": score + 0.01 * seed}}
        for system, score in (("rows", 0.60), ("columns", 0.45))
        for seed in range(3)
    ]
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"toy": {"record": {"pieces": {"all": {"rows": rows}}}}}))
    monkeypatch.setattr(results, "PATH", path)
    return path


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
def sound(record, tmp_path, monkeypatch):
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
    ("recorded_numbers", "0.62<!-- toy/record/rows/score -->: the record says 0.61", 10, "0.61<!", "0.62<!"),
    ("recorded_numbers", "recorded: columns, rows", 10, "record/rows", "record/row"),
    ("recorded_numbers", "the ledger is not", 1, "?", f"?\n{LEDGER}| made up |\n<!-- /ledger -->"),
    ("unbacked_numbers", "cell 10 says 0.61", 10, "<!-- toy/record/rows/score -->", ""),
    ("unbacked_numbers", "cell 5 says 0.76", 5, "0.75", "0.76"),
    ("unbacked_numbers", "cell 5 says 74 %", 5, "75 %", "74 %"),
    ("solutions", "has no folded solution", 10, "<summary>Solution", "<summary>Answer"),
    ("solutions", "that is each column's share", 10, "axis=1", "axis=0"),
    ("solutions", "NameError", 10, "table.sum(axis=1, keepdims=True)", "row_sums(table)"),
    ("solutions", "does not run after the imports: SyntaxError", 10, "keepdims=True)", "keepdims=True"),
    ("defined_twice", "defines shares a second time", 4, "np", "def shares(): ...\nnp"),
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
    seen = {fault[0] for fault in EDITED + LEFT_BEHIND} | {"code_without_prose", "too_large", "odd_name"}
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


# Numbers in prose


@pytest.mark.parametrize(
    ("written", "filled"),
    [
        ("0.00<!-- toy/record/rows/score -->", "0.61<!-- toy/record/rows/score -->"),
        ("0.0000<!--toy/record/rows/score-->", "0.6100<!--toy/record/rows/score-->"),
        ("0 %<!-- toy/record/rows/score -->", "61 %<!-- toy/record/rows/score -->"),
        ("+0.00<!-- toy/record/rows - columns/score -->", "+0.15<!-- toy/record/rows - columns/score -->"),
        ("−0.00<!-- toy/record/columns - rows/score -->", "−0.15<!-- toy/record/columns - rows/score -->"),
        ("0.55-0.99<!-- toy/record/rows/score:max -->", "0.55-0.62<!-- toy/record/rows/score:max -->"),
        ("0.000<!-- toy/record/rows/score:deviation -->", "0.010<!-- toy/record/rows/score:deviation -->"),
        ("over 9<!-- toy/record/rows/score:n --> seeds", "over 3<!-- toy/record/rows/score:n --> seeds"),
        ("0.5 and <!-- a remark -->", "0.5 and <!-- a remark -->"),
    ],
)
def test_filling_writes_what_is_recorded_in_the_digits_given(record, written, filled):
    assert recorded.fill(written) == filled
    assert recorded.misquoted(filled) == []
    assert recorded.fill(filled) == filled


@pytest.mark.parametrize(
    ("mark", "said"),
    [
        ("toy/real/rows/score", "No budget of toy is recorded as 'real'; recorded: record"),
        ("other/record/rows/score", "make results NAME=other"),
        ("toy/record/rows/points", "recorded: score"),
        ("toy/record/rows/score:median", "No statistic is called 'median'"),
    ],
)
def test_a_mark_that_leads_nowhere_is_named(record, mark, said):
    text = f"0.61<!-- {mark} -->"
    assert said in recorded.misquoted(text)[0]
    with pytest.raises(LookupError, match="recorded|statistic"):
        recorded.fill(text)


@pytest.mark.parametrize(
    ("prose", "loose"),
    [
        ("It reaches 0.61.", ["0.61"]),
        ("It reaches 61% here and 12 % there.", ["61%", "12 %"]),
        ("As quoted from the paper: 62.7.", []),
        ("As quoted: 62.7.\n\nHere 61.5.", ["61.5"]),
        ("## 3.1 Skips\nSee Section 3.2, Figure 4.1 and Python 3.11.", []),
        ("`0.5`, $x = 0.5$, $$0.5$$ and [0.5 of it](a0.5.md)", ["0.5"]),
        ("12 scenes of 128 pixels, 3 seeds.", []),
        ("| ours | paper (quoted) |\n|---|---|\n| 0.61 | 62.7 |", ["0.61"]),
        ("| ours | paper |\n|---|---|\n| 0.61 (quoted) | 62.7 |\n| 0.5 | |", ["0.5"]),
    ],
)
def test_numbers_that_nothing_stands_behind(prose, loose):
    assert recorded.unmarked(prose) == loose


def test_a_number_of_the_cell_above_may_be_rounded_but_not_otherwise_changed():
    above = "assert gap > 0.10\n0.7549"
    assert recorded.unmarked("0.10, 0.75, 0.755, 75 %, 75.5%", above) == []
    assert recorded.unmarked("0.11, 0.76, 76 %", above) == ["0.11", "0.76", "76 %"]


# The ledger

CLAIM = {
    "claim": "Rows beat columns",
    "link": "notebooks/00_toy.ipynb",
    "lesson": "toy",
    "figure": "score",
    "system": "rows",
    "against": "columns",
    "quoted": "62.7 against 59.4",
}


def test_the_ledger_states_what_is_recorded_and_judges_it(record):
    said = "0.610 against 0.460: +0.150 (+0.150 to +0.150, n = 3)"
    row = f"| Rows beat columns | [00](notebooks/00_toy.ipynb) | {said} | not run | 62.7 against 59.4 | reproduced |"
    assert recorded.ledger([CLAIM]).splitlines()[2] == row


def test_the_ledger_turns_with_sign_threshold_and_record(record):
    verdicts = [
        recorded.ledger([{**CLAIM, **change}]).splitlines()[2].split("|")[-2].strip()
        for change in (
            {"sign": -1},
            {"against": 0.61},
            {"against": 0.6},
            {"lesson": "unseen"},
            {"only": "real"},
            {"only": "record"},
        )
    ]
    assert verdicts == ["not reproduced", "not reproduced", "in small", "not run", "not run", "reproduced"]


def test_the_ledger_is_written_between_its_comments_only(record):
    text = "0.00<!-- toy/record/rows/score -->\n<!-- ledger: make fill -->\nold\n<!-- /ledger -->\nafter\n"
    filled = recorded.fill_page(text, [CLAIM])
    assert filled.startswith("0.61<!--") and filled.endswith("<!-- /ledger -->\nafter\n")
    assert "old" not in filled and "| Rows beat columns |" in filled
    assert recorded.fill_page(filled, [CLAIM]) == filled
    assert recorded.unmarked(filled) == []


@pytest.mark.skipif(not recorded.README.exists(), reason="no README yet")
def test_readme_states_what_is_recorded_and_links_to_what_exists():
    text = recorded.README.read_text(encoding="utf-8")
    assert recorded.misquoted(text) == []
    assert recorded.unmarked(text) == []
    assert recorded.fill_page(text, recorded.claims()) == text, "`make fill` refreshes the ledger"
    assert [link for link in checks.local_links(text) if not (recorded.ROOT / link).exists()] == []


def test_the_claims_lead_to_notebooks():
    for claim in recorded.claims():
        assert (recorded.ROOT / claim["link"].partition("#")[0]).exists(), claim["link"]


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
