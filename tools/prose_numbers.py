"""Numbers in prose: each comes from the cell above it, or says that it is quoted."""

import re

NUMBER = r"\d[\d,]*(?:\.\d+)?"

# What holds no result, to be set aside before numbers are looked for.
ASIDE = re.compile(
    r"<!-- ledger.*?<!-- /ledger -->"  # written from the record (tools/ledger.py)
    r"|```.*?```|~~~.*?~~~|`[^`]*`"  # code
    r"|\$\$.*?\$\$|\$[^$\n]+\$"  # equations
    r"|<!--.*?-->|<[^>]+>|\]\([^)]*\)|https?://\S+|(?:arXiv|doi):\S+"  # addresses
    r"|^#+\s+[\d.]+"  # numbered headings
    r"|\b95\s?%\s+(?:interval|신뢰 구간)"  # a level that is chosen, not found
    r"|\b(?:Sections?|Figures?|Fig\.|Tables?|Chapters?|Eq\.|Python|version|CC BY)\s+[\d.]+",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
RESULT = re.compile(rf"(?<![\w.])({NUMBER})(\s?%)?(?![\w]|\.\d)")


def unbacked(text: str, backing: str = "") -> list[str]:
    """The decimals and percentages in prose that are neither quoted nor in the cell above.

    Args:
        text: Markdown. Code, equations and addresses are passed over, and so is a paragraph, table row or
            table column that says "quoted".
        backing: source and text output of the code cells above; a number there may be repeated, rounded.
    """
    above = [float(number.replace(",", "")) for number in re.findall(NUMBER, backing)]
    complaints = []
    for block in re.split(r"\n\s*\n", ASIDE.sub(" ", text)):
        for number, percent in RESULT.findall(_without_quotations(block)):
            if "." not in number and not percent:
                continue
            scales = (1, 100) if percent else (1,)
            if not any(_shows(number, scale * each) for each in above for scale in scales):
                complaints.append(number + percent)
    return complaints


def _without_quotations(block: str) -> str:
    lines = block.strip().splitlines()
    if not lines or not all(line.lstrip().startswith("|") for line in lines):
        return "" if "quoted" in block.lower() else block
    table = [line.strip().strip("|").split("|") for line in lines]
    kept = [place for place, title in enumerate(table[0]) if "quoted" not in title.lower()]
    rows = [" | ".join(row[place] for place in kept if place < len(row)) for row in table]
    return "\n".join(row for row in rows if "quoted" not in row.lower())


def _shows(number: str, value: float) -> bool:
    """Whether the written number is the value, rounded to the digits written."""
    digits = len(number.partition(".")[2])
    return abs(float(number.replace(",", "")) - value) <= 0.5 * 10**-digits * (1 + 1e-9) + 1e-12
