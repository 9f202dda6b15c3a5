"""What a visitor reads first: both READMEs, the glossary, the licences."""

import re
from pathlib import Path

import notebook_checks as checks
import pytest

from tools.notebooks import ROOT
from tools.prose_numbers import unbacked
from tools.restating import READMES

PAGES = (*READMES, *sorted((ROOT / "data").glob("*.md")))
HANGUL = re.compile("[가-힣]")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_links_to_what_exists(path):
    assert [
        link for link in checks.local_links(path.read_text("utf-8")) if not (path.parent / link).exists()
    ] == []


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_a_readme_states_no_result_of_its_own(path):
    assert unbacked(path.read_text("utf-8")) == []


def test_both_readmes_show_the_same_commands_pictures_and_lessons():
    english, korean = (path.read_text("utf-8") for path in READMES)
    for pattern in (r"`make [^`]*`", r"\]\((data/pictures/[^)]*|notebooks/[^)]*)\)"):
        assert set(re.findall(pattern, korean)) <= set(re.findall(pattern, english))
    pictures = r"data/pictures/[\w.]+"
    assert set(re.findall(pictures, english)) == {
        f"data/pictures/{each.name}" for each in (ROOT / "data" / "pictures").iterdir()
    }


def test_every_heading_that_a_page_links_to_exists():
    for path in READMES:
        for file, anchor in re.findall(r"\]\(([\w./]*)#([^)]+)\)", path.read_text("utf-8")):
            target = (path.parent / file) if file else path
            headings = re.findall(r"^#+ (.*)$", target.read_text("utf-8"), re.MULTILINE)
            assert anchor in {heading.lower().replace(" ", "-") for heading in headings}, (path.name, anchor)


def test_each_term_of_the_glossary_stands_once_with_its_korean_and_a_sentence():
    lines = Path(ROOT, "data", "GLOSSARY.md").read_text("utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")][
        2:
    ]
    assert len(rows) > 80 and all(len(row) == 3 for row in rows)
    assert [row for row in rows if not (row[0] and HANGUL.search(row[1]) and len(row[2].split()) > 2)] == []
    assert len({row[0] for row in rows}) == len(rows)


@pytest.mark.parametrize("file", ["LICENSE", "LICENSE-text"])
def test_the_licences_are_where_the_readmes_say(file):
    assert f"]({file})" in READMES[0].read_text("utf-8")
    assert len((ROOT / file).read_text("utf-8").split()) > 100
