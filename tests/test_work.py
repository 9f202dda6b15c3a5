"""The learner's copy of the notebooks: an edit is never lost, and what is new arrives."""

import nbformat
import pytest
from nbformat import v4

from tools import work


@pytest.fixture
def folders(tmp_path):
    """A course of two notebooks, and where its copy is to be."""
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    for name in ("00_one", "01_two"):
        write(notebooks / f"{name}.ipynb", "a = 1")
    return notebooks, tmp_path / "work"


def write(path, source, outputs=()):
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell(source, outputs=list(outputs))]), path)


def source(path):
    return nbformat.read(path, as_version=4).cells[0].source


def test_what_is_new_is_added_and_what_is_there_stays(folders):
    notebooks, copy = folders
    assert work.refresh(*folders) == {"00_one.ipynb": "added", "01_two.ipynb": "added"}
    write(notebooks / "02_three.ipynb", "c = 3")
    fates = work.refresh(*folders)
    assert list(fates.values()) == ["unchanged", "unchanged", "added"]
    assert (copy / "02_three.ipynb").read_bytes() == (notebooks / "02_three.ipynb").read_bytes()


def test_an_edit_is_kept_through_every_update(folders):
    notebooks, copy = folders
    work.refresh(*folders)
    write(copy / "00_one.ipynb", "a = 'mine'")
    assert work.refresh(*folders)["00_one.ipynb"] == "kept"
    write(notebooks / "00_one.ipynb", "a = 2")
    for _ in range(2):
        assert work.refresh(*folders)["00_one.ipynb"] == "kept, and the course's has changed"
    assert source(copy / "00_one.ipynb") == "a = 'mine'"


def test_a_notebook_that_was_only_run_follows_the_course(folders):
    notebooks, copy = folders
    work.refresh(*folders)
    write(copy / "00_one.ipynb", "a = 1", [v4.new_output("stream", text="ran")])
    assert work.refresh(*folders)["00_one.ipynb"] == "unchanged"
    assert "ran" in (copy / "00_one.ipynb").read_text()
    write(notebooks / "00_one.ipynb", "a = 2")
    assert work.refresh(*folders)["00_one.ipynb"] == "updated"
    assert source(copy / "00_one.ipynb") == "a = 2"


def test_without_its_memory_it_overwrites_nothing(folders):
    notebooks, copy = folders
    work.refresh(*folders)
    (copy / work.COPIED).unlink()
    write(notebooks / "00_one.ipynb", "a = 2")
    assert work.refresh(*folders)["00_one.ipynb"].startswith("kept")
    assert source(copy / "00_one.ipynb") == "a = 1"
