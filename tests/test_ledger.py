"""The ledger: what it says of a record, and whether the stored one says what the record does."""

import json
import re

import nbformat
import pytest

from helpers import results
from tools import ledger
from tools.prose_numbers import unbacked

CLAIM = {
    "claim": "Rows beat columns",
    "link": "notebooks/00_toy.ipynb#Rows",
    "lesson": "toy",
    "figure": "score",
    "mine": {"model": "rows"},
    "against": {"model": "columns"},
    "quoted": "62.7 against 59.4",
    "front": True,
}


@pytest.fixture(autouse=True)
def record(tmp_path, monkeypatch):
    """Rows and columns, three seeds on embedded data and one on real data, in place of data/results.json."""

    def row(model, seed, score):
        figures = {"score": score, "ahead_low": 0.01, "ahead_high": 0.03}
        return {"model": model, "seed": seed, "figures": figures}

    embedded = [
        row(model, seed, score + 0.01 * seed)
        for model, score in (("rows", 0.60), ("columns", 0.45))
        for seed in range(3)
    ]
    real = [row("rows", 0, 0.32), row("columns", 0, 0.30)]
    pieces = {"record": {"pieces": {"a": {"rows": embedded}}}, "real": {"pieces": {"b": {"rows": real}}}}
    path = tmp_path / "results.json"
    path.write_text(json.dumps({"toy": pieces}))
    monkeypatch.setattr(results, "PATH", path)


def cells(**change):
    """The last row of the table, cell by cell, without claim and place."""
    return [cell.strip() for cell in ledger.table([{**CLAIM, **change}]).splitlines()[-1].split("|")[3:-1]]


def test_a_row_holds_means_difference_interval_runs_and_verdict():
    over_frames = {"interval": ["ahead_low", "ahead_high"]}
    assert cells(real=over_frames) == [
        "0.610 against 0.460: +0.150 (+0.150 to +0.150, 3 runs)",
        "0.320 against 0.300: +0.020 (one run; over its frames +0.010 to +0.030)",
        "62.7 against 59.4",
        "supported; real data: inconclusive (one run)",
    ]
    assert cells()[1] == "0.320 against 0.300: +0.020 (one run)"
    assert cells(digits=1, percent=True)[0] == "61.0% against 46.0%: +15.0 points (+15.0 to +15.0, 3 runs)"
    assert cells(against=0.6)[0].startswith("0.610 against 0.600: +0.010")
    assert cells(against="ahead_low", only="record")[0].startswith("0.610 against 0.010: +0.600")


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({"only": "record"}, "supported"),
        ({"only": "record", "sign": -1}, "contradicted"),
        ({"only": "record", "against": 0.61}, "inconclusive"),
        ({"only": "real"}, "real data: inconclusive (one run)"),
        ({"lesson": "unseen"}, "not run"),
    ],
)
def test_the_verdict_turns_with_sign_threshold_and_record(change, verdict):
    assert cells(**change)[-1] == verdict


def test_links_lead_back_from_where_the_page_stands():
    assert "| [00](../notebooks/00_toy.ipynb#Rows) |" in ledger.page([CLAIM])
    assert "| [00](notebooks/00_toy.ipynb#Rows) |" in ledger.table([CLAIM])


def test_only_claims_marked_front_are_written_and_only_between_the_comments():
    text = "before\n<!-- ledger: make ledger -->\nold\n<!-- /ledger -->\nafter 0.5\n"
    filled = ledger.with_front(text, [CLAIM, {**CLAIM, "claim": "Hidden", "front": False}])
    row = "| Rows beat columns | 0.610 against 0.460, 3 runs | 62.7 against 59.4 |"
    assert filled.startswith("before\n<!--") and filled.endswith("<!-- /ledger -->\nafter 0.5\n")
    assert row in filled and "old" not in filled and "Hidden" not in filled
    assert ledger.with_front(filled, [CLAIM]) == filled
    assert unbacked(filled) == ["0.5"]


# What is stored


def test_the_stored_ledger_says_what_is_recorded(monkeypatch):
    monkeypatch.undo()
    assert ledger.out_of_date() == [], "`make ledger` writes it"


def test_claims_lead_to_headings_that_exist(monkeypatch):
    monkeypatch.undo()
    entries = ledger.claims()
    assert sum(claim.get("front", False) for claim in entries) == 4
    for claim in entries:
        file, _, heading = claim["link"].partition("#")
        notebook = nbformat.read(ledger.ROOT / file, as_version=4)
        prose = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        headings = {line.replace(" ", "-") for line in re.findall(r"^#+ (.*)$", prose, re.MULTILINE)}
        assert heading in headings, claim["link"]
