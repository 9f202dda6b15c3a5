"""Numbers in prose: recorded ones are held to data/results.json, the others must come from the cell above.

A recorded number carries its address in a comment that no reader sees, and `make fill` rewrites it:

    0.61<!-- fcn/record/FCN-8s/mean_iou -->              the mean over seeds, in the digits shown
    61 %<!-- fcn/record/FCN-8s/mean_iou -->              the same as a percentage
    +0.12<!-- fcn/record/FCN-8s - FCN-32s/mean_iou -->   how far one system is ahead, paired by seed
    0.01<!-- fcn/record/FCN-8s/mean_iou:deviation -->    also :min, :max and :n

The ledger of claims, in README and in notebook 00, is written whole, from data/claims.json, between two such
comments.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import nbformat

from helpers import results
from tools.notebooks import ROOT, find
from tools.tidy import write

CLAIMS = ROOT / "data" / "claims.json"
README = ROOT / "README.md"
NUMBER = r"\d[\d,]*(?:\.\d+)?"
MARKED = re.compile(
    rf"(?P<number>(?:(?<![\w)])[+\-−])?{NUMBER})(?P<percent>\s?%)?"
    r"<!--\s*(?P<lesson>\w+)/(?P<budget>record|real)/(?P<system>[^/>]+)"
    r"/(?P<figure>[\w ]+)(?::(?P<statistic>\w+))?\s*-->"
)
LEDGER = re.compile(r"(<!-- ledger[^>]*-->\n).*?(<!-- /ledger -->)", re.DOTALL)
STATISTICS = {"mean": fmean, "deviation": stdev, "min": min, "max": max, "n": len}

# What holds no result, to be set aside before numbers are looked for.
ASIDE = re.compile(
    r"```.*?```|~~~.*?~~~|`[^`]*`"  # code
    r"|\$\$.*?\$\$|\$[^$\n]+\$"  # equations
    r"|<!--.*?-->|<[^>]+>|\]\([^)]*\)|https?://\S+|(?:arXiv|doi):\S+"  # addresses
    r"|^#+\s+[\d.]+"  # numbered headings
    r"|\b95\s?%\s+interval"  # a level that is chosen, not found
    r"|\b(?:Sections?|Figures?|Fig\.|Tables?|Chapters?|Eq\.|Python|version)\s+[\d.]+",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
RESULT = re.compile(rf"(?<![\w.])({NUMBER})(\s?%)?(?![\w]|\.\d)")


def recorded(match: re.Match[str], path: Path | None = None) -> float:
    """The value that a marked number stands for; errors as in `results.values`."""
    parts = match.groupdict()
    system, _, other = parts["system"].strip().partition(" - ")
    where = parts["lesson"], parts["budget"]
    figure = parts["figure"].strip()
    if other:
        found: Sequence[float] = results.differences(*where, system, other, figure, path)
    else:
        found = list(results.values(*where, system, figure, path).values())
    statistic = parts["statistic"] or "mean"
    if statistic not in STATISTICS:
        raise LookupError(f"No statistic is called {statistic!r}; there are {', '.join(STATISTICS)}.")
    value = STATISTICS[statistic](found)
    return 100 * value if parts["percent"] and statistic != "n" else value


def fill(text: str, path: Path | None = None) -> str:
    """Rewrite each marked number from the record, in as many digits as it had."""

    def rewritten(match: re.Match[str]) -> str:
        old = match["number"]
        sign = "+" if old.startswith("+") else ""
        comma = "," if "," in old else ""
        new = f"{recorded(match, path):{sign}{comma}.{_digits(old)}f}"
        return match[0].replace(old, new.replace("-", "−") if old.startswith("−") else new, 1)

    return MARKED.sub(rewritten, text)


def misquoted(text: str, path: Path | None = None) -> list[str]:
    """One complaint for each marked number that the record does not hold, or holds otherwise."""
    complaints = []
    for match in MARKED.finditer(text):
        try:
            value = recorded(match, path)
        except (LookupError, ValueError) as error:
            complaints.append(f"{match[0]}: {error.args[0]}")
            continue
        if not _shows(match["number"], value):
            complaints.append(f"{match[0]}: the record says {value:.6g}; `make fill` writes it")
    return complaints


def unmarked(text: str, backing: str = "") -> list[str]:
    """The decimals and percentages in prose that are neither recorded, quoted nor in the cell above.

    Args:
        text: Markdown. Code, equations and addresses are passed over, and so is a paragraph, table row or
            table column that says "quoted".
        backing: source and text output of the code cells above; a number there may be repeated, rounded.
    """
    above = [float(number.replace(",", "")) for number in re.findall(NUMBER, backing)]
    prose = ASIDE.sub(" ", LEDGER.sub("", MARKED.sub(" ", text)))
    complaints = []
    for block in re.split(r"\n\s*\n", prose):
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


def _digits(number: str) -> int:
    return len(number.partition(".")[2])


def _shows(number: str, value: float) -> bool:
    """Whether the written number is the value, rounded to the digits written."""
    written = float(number.replace(",", "").replace("−", "-"))
    return abs(written - value) <= 0.5 * 10 ** -_digits(number) * (1 + 1e-9) + 1e-12


def ledger(claims: Sequence[Mapping[str, Any]], path: Path | None = None) -> str:
    """The table of claims: where each is tried, what came out here, what the paper says, and the verdict.

    A claim: {"claim", "link", "lesson", "figure", "system", "against": a system or a number, "quoted"}, with
    "sign": -1 where the claim is that the difference lies below zero, "interval": [figure, figure] where the
    recipe records an interval itself, "real": {...} for what is named otherwise on the real data, and "only": a
    budget where the claim is tried on one kind of data alone.
    """
    lines = [
        "| Claim | Where | Here, embedded data | Here, real data | Paper (quoted) | Verdict |",
        "|---|---|---|---|---|---|",
    ]
    for claim in claims:
        judged = {budget: _judged(claim, budget, path) for budget in results.BUDGETS}
        on_real = f"real data: {judged['real'][1]}" if judged["real"][1] else ""
        verdict = "; ".join(filter(None, (judged["record"][1], on_real))) or "not run"
        place = f"[{Path(claim['link'].partition('#')[0]).stem[:2]}]({claim['link']})"
        cells = (claim["claim"], place, judged["record"][0], judged["real"][0], claim["quoted"], verdict)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _judged(claim: Mapping[str, Any], budget: str, path: Path | None) -> tuple[str, str]:
    """What a budget's record says of a claim, in words, and the verdict; ("not run", "") without a record."""
    asked = {**claim, **claim.get("real", {})} if budget == "real" else claim
    where = asked["lesson"], budget, asked["system"]
    if budget not in results.load(path).get(asked["lesson"], {}) or budget != asked.get("only", budget):
        return "not run", ""
    found = results.differences(*where, asked["against"], asked["figure"], path)
    if "interval" in asked:
        low, high = (results.value(*where, figure, path) for figure in asked["interval"])
        between: tuple[float, float] | None = (low, high)
    else:
        between = results.interval(found)
    mine = results.value(*where, asked["figure"], path)
    against = asked["against"]
    other = results.value(*where[:2], against, asked["figure"], path) if isinstance(against, str) else against
    spread = f"{between[0]:+.3f} to {between[1]:+.3f}, n = {len(found)}" if between else "one seed"
    said = f"{mine:.3f} against {other:.3f}: {fmean(found):+.3f} ({spread})"
    return said, results.verdict(found, asked.get("sign", 1), between)


def claims(path: Path = CLAIMS) -> list[dict[str, Any]]:
    """The claims of the course, in the order of the ledger; none where the file is not there yet."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


def fill_page(
    text: str, entries: Sequence[Mapping[str, Any]], path: Path | None = None, folder: str = ""
) -> str:
    """Rewrite the marked numbers of a page, and the table between the ledger's two comments.

    `folder` is where the page stands, such as "notebooks/": links of the ledger are written as seen from there.
    """
    table = ledger(entries, path)
    if folder:
        table = table.replace(f"]({folder}", "](")
    return LEDGER.sub(lambda match: match[1] + table + match[2], fill(text, path))


def fill_all() -> list[Path]:
    """Refresh README and all notebooks; returns the files that changed."""
    changed = []
    if README.exists():
        old = README.read_text(encoding="utf-8")
        new = fill_page(old, claims())
        if new != old:
            README.write_text(new, encoding="utf-8")
            changed.append(README)
    for path in find():
        notebook = nbformat.read(path, as_version=4)
        before = [cell.source for cell in notebook.cells]
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                cell.source = fill_page(cell.source, claims(), folder=f"{path.parent.name}/")
        if [cell.source for cell in notebook.cells] != before:
            write(notebook, path)
            changed.append(path)
    return changed
