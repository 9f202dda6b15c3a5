"""Minutes of reading and seconds of training, counted by hand on small notebooks."""

import re

import nbformat
import pytest
from nbformat import v4

from tools import minutes
from tools.restating import READMES

PROSE = """# Two words
One [link of five words here](https://example.org/a/b) - and **bold** $x$.<!-- toy/record/rows/score -->

```python
first = 1

second = 2
```

<details><summary>Solution</summary>

not read at all
</details>"""


def notebook(*cells):
    return v4.new_notebook(cells=list(cells))


def bar(text):
    return v4.new_output("display_data", {"text/plain": text})


def written(text, name="stderr"):
    return v4.new_output("stream", name=name, text=text)


def test_reading_counts_words_and_lines_as_the_page_shows_them():
    page = notebook(v4.new_markdown_cell(PROSE), v4.new_code_cell("import a\n\n\nif b:\n    c()"))
    assert minutes.size(page) == (2 + 9, 2 + 3)
    assert minutes.reading_minutes(page) == pytest.approx(11 / 200 + 5 * 8 / 60)


@pytest.mark.parametrize(
    ("outputs", "seconds"),
    [
        ([], 0),
        ([bar("FCN-8s: 100% 90/90 [00:26<00:00, 3.80it/s]"), bar("again: 100% 9/9 [01:04<00:00]")], 90),
        ([bar("long | 0.8: 100% 9/9 [1:00:01<00:00, 400s/it]")], 3601),
        ([bar("Figure(a scene)"), written("12 of 40 [00:26<00:00]", "stdout")], 0),
        ([written("a | 0.1:  50%|#  | 1/2 [00:01<00:01]\ra | 0.2: 100%|##| 2/2 [00:03<00:00]")], 3),
        ([written("\r 50%|# | 1/2 [00:01<00:01]"), written("\r100%|##| 2/2 [00:05<00:00]")], 5),
    ],
)
def test_training_is_what_all_bars_of_a_notebook_took(outputs, seconds):
    cells = [v4.new_code_cell("fit()", outputs=outputs), v4.new_code_cell("print(1)")]
    assert minutes.training_seconds(notebook(*cells)) == seconds


def test_what_is_too_long_is_marked_and_the_longest_is_first(tmp_path):
    for name, seconds in (("00_quick", "01:40"), ("01_slow", "01:41")):
        cells = [v4.new_code_cell("fit()", outputs=[bar(f"a: 100% 9/9 [{seconds}<00:00]")])]
        nbformat.write(notebook(*cells), tmp_path / f"{name}.ipynb")
    paths = sorted(tmp_path.glob("*.ipynb"))
    _, quick, slow = minutes.table(paths)
    assert quick.endswith("100 s") and slow.endswith("101 s   over 100 s")
    assert minutes.longest_first(paths) == paths[::-1]


def test_a_table_of_lessons_restates_its_last_two_columns_and_nothing_else():
    table = (
        "| [01 One](notebooks/01_one.ipynb) | [a](b) | 1 min | 1 min |\n"
        "| [02 Two](02_two.ipynb) | | 7 min | 7 min |\n"
        "| [02 둘](02_two.ipynb) | 두 분 | 17분 | 7분 |\n"
        "| 03 Three | none yet | 1 min | 1 min |\n"
        "[01 One](notebooks/01_one.ipynb) takes 1 min."
    )
    cost = {"01_one.ipynb": (44.6, 61), "02_two.ipynb": (7.0, 0)}
    expected = table.replace("[a](b) | 1 min | 1 min", "[a](b) | 45 min | 2 min")
    expected = expected.replace("7 min | 7 min |", "7 min | 0 min |").replace("17분 | 7분 |", "7분 | 0분 |")
    assert minutes.restated(table, cost) == expected


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_the_front_pages_state_every_lesson_s_minutes(path):
    """About right: training is as fast as the machine was."""
    stated = {
        match["name"]: match[0].split("|")[-3:-1] for match in minutes.ROW.finditer(path.read_text("utf-8"))
    }
    assert set(stated) == {each.name for each in minutes.find()}
    for each in minutes.find():
        reading, training = (int(re.search(r"\d+", cell)[0]) for cell in stated[each.name])
        stored = nbformat.read(each, as_version=4)
        assert reading == pytest.approx(minutes.reading_minutes(stored), abs=2), "`make minutes ARGS=--write`"
        assert training == pytest.approx(minutes.training_seconds(stored) / 60, abs=1.5), each.name


@pytest.mark.parametrize("path", minutes.find(), ids=lambda path: path.stem[:3].rstrip("_"))
def test_a_page_states_its_own_minutes_of_reading(path):
    page = nbformat.read(path, as_version=4)
    stated = re.search(r"(?:Reading takes|It takes) about\s(\d+)\sminutes", page.cells[0].source)
    assert int(stated[1]) == pytest.approx(minutes.reading_minutes(page), abs=1)
