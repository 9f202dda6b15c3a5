"""Numbers in prose: which of them nothing stands behind."""

import pytest

from tools.prose_numbers import unbacked


@pytest.mark.parametrize(
    ("prose", "loose"),
    [
        ("It reaches 0.61.", ["0.61"]),
        ("It reaches 61% here and 12 % there.", ["61%", "12 %"]),
        ("It reaches 0.61<!-- a remark -->.", ["0.61"]),
        ("As quoted from the paper: 62.7.", []),
        ("As quoted: 62.7.\n\nHere 61.5.", ["61.5"]),
        ("## 3.1 Skips\nSee Section 3.2, Figure 4.1 and Python 3.11.", []),
        ("`0.5`, $x = 0.5$, $$0.5$$ and [0.5 of it](a0.5.md)", ["0.5"]),
        ("12 scenes of 128 pixels, 3 seeds, a 95 % interval.", []),
        ("| ours | paper (quoted) |\n|---|---|\n| 0.61 | 62.7 |", ["0.61"]),
        ("| ours | paper |\n|---|---|\n| 0.61 (quoted) | 62.7 |\n| 0.5 | |", ["0.5"]),
        ("<!-- ledger: make ledger -->\n| 0.61 |\n<!-- /ledger -->\n\n0.62", ["0.62"]),
    ],
)
def test_numbers_that_nothing_stands_behind(prose, loose):
    assert unbacked(prose) == loose


def test_a_number_of_the_cell_above_may_be_rounded_but_not_otherwise_changed():
    above = "assert gap > 0.10\n0.7549 of 1,024.5"
    assert unbacked("0.10, 0.75, 0.755, 75 %, 75.5%, 1,024.5", above) == []
    assert unbacked("0.11, 0.76, 76 %", above) == ["0.11", "0.76", "76 %"]
