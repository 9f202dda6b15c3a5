"""The ledger: each claim of the lecture and its papers beside what was measured here. `python -m tools.ledger`

data/claims.json holds the claims, data/results.json the measurements. Written from both are data/LEDGER.md, whole, and
a table of the claims marked `front`, between two comments in both READMEs and in notebook 00.
"""

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from helpers import results
from tools.notebooks import ROOT
from tools.restating import restate

CLAIMS = ROOT / "data" / "claims.json"
PAGE = ROOT / "data" / "LEDGER.md"
FRONT = re.compile(r"(<!-- ledger[^>]*-->\n).*?(<!-- /ledger -->)", re.DOTALL)
Claim = Mapping[str, Any]

HEAD = """\
# The ledger

Each claim of the lecture or of its papers, where this course tries it, what came out, and what the paper says.
`make ledger` writes this page from [claims.json](claims.json) and [results.json](results.json); `make results` runs the
experiments again.

Embedded data comes with the course, real data is a public set. In brackets stand the 95% interval of the difference and
the number of runs, each with a seed of its own. With one run there is no interval over seeds; an interval over the
frames of a film says how far the result depends on these frames, and nothing about another run.

- *supported*: the interval, over at least three runs, lies on the claim's side of zero.
- *contradicted*: it lies on the other side.
- *inconclusive*: neither, or there are fewer than three runs.

The papers' figures are quoted, from other data and far larger networks.

"""


@dataclass(frozen=True)
class Finding:
    """What a budget's record says of a claim.

    Attributes:
        mine, other: the figure's mean over the seeds, with what the claim is about and with what it is compared to.
        differences: one a seed.
        interval: of the mean difference, over seeds, or over the frames of a film where there is one run.
        verdict: see `results.verdict`.
    """

    mine: float
    other: float
    differences: list[float]
    interval: tuple[float, float] | None
    verdict: str


def claims(path: Path = CLAIMS) -> list[Claim]:
    """The claims of the course, in the order of the ledger; none where the file is not there yet."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else []


def found(claim: Claim, budget: str) -> Finding | None:
    """Look a claim up in the record of a budget; None where it is not tried or not yet recorded.

    A claim: {"claim", "link", "quoted", "lesson", "figure", "mine": fields, "against": fields, a number, or the name of
    another figure of the same rows}, and where needed "both": fields that the two share, "sign": -1 where the
    difference is claimed to lie below zero, "interval": [figure, figure] where the experiment records an interval over
    frames, "digits" (3), "percent", "front", "real": {...} for what differs on the real data, and "only": a budget
    where the claim is tried on one kind of data alone.
    """
    asked = {**claim, **claim.get("real", {})} if budget == "real" else claim
    if budget not in results.load().get(asked["lesson"], {}) or budget != asked.get("only", budget):
        return None
    where, both = (asked["lesson"], budget), asked.get("both", {})
    figure, against = asked["figure"], asked["against"]
    differences = results.differences(*where, figure, asked["mine"], against, **both)
    mine = results.value(*where, figure, **both, **asked["mine"])
    if isinstance(against, Mapping):
        other = results.value(*where, figure, **both, **against)
    elif isinstance(against, str):
        other = results.value(*where, against, **both, **asked["mine"])
    else:
        other = float(against)
    if "interval" in asked:
        low, high = (results.value(*where, bound, **both, **asked["mine"]) for bound in asked["interval"])
        between: tuple[float, float] | None = (low, high)
    else:
        between = results.interval(differences)
    verdict = results.verdict(differences, asked.get("sign", 1), between)
    return Finding(mine, other, differences, between, verdict)


def compared(claim: Claim, finding: Finding) -> str:
    """Both means in words: "0.759 against 0.568", "4.3% against 10.1%"."""
    scale, sign = (100, "%") if claim.get("percent") else (1, "")
    digits = claim.get("digits", 3)
    return f"{scale * finding.mine:.{digits}f}{sign} against {scale * finding.other:.{digits}f}{sign}"


def in_full(claim: Claim, finding: Finding | None) -> str:
    """Means, difference, interval and runs in words; "not run" without a finding."""
    if finding is None:
        return "not run"
    scale, unit = (100, " points") if claim.get("percent") else (1, "")
    digits = claim.get("digits", 3)

    def signed(number: float) -> str:
        return f"{scale * number:+.{digits}f}"

    number = len(finding.differences)
    said = results.runs(number)
    if finding.interval:
        low, high = map(signed, finding.interval)
        said = f"{low} to {high}, {said}" if number > 1 else f"{said}; over its frames {low} to {high}"
    return f"{compared(claim, finding)}: {signed(fmean(finding.differences))}{unit} ({said})"


def verdicts(embedded: Finding | None, real: Finding | None) -> str:
    """The verdict on embedded data, then that on real data."""
    on_real = f"real data: {real.verdict}" if real else ""
    return "; ".join(filter(None, (embedded.verdict if embedded else "", on_real))) or "not run"


def table(entries: Sequence[Claim], link_from: str = "") -> str:
    """Every claim, with all that was measured.

    Args:
        link_from: the way back from where the table stands to the course's folder, such as "../".
    """
    lines = [
        "| Claim | Where | Here, embedded data | Here, real data | Paper (quoted) | Verdict |",
        "|---|---|---|---|---|---|",
    ]
    for claim in entries:
        embedded, real = (found(claim, budget) for budget in results.BUDGETS)
        lesson = Path(claim["link"].partition("#")[0]).stem.partition("_")[0]
        cells = (
            claim["claim"],
            f"[{lesson}]({link_from}{claim['link']})",
            in_full(claim, embedded),
            in_full(claim, real),
            claim["quoted"],
            verdicts(embedded, real),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def front(entries: Sequence[Claim]) -> str:
    """The few claims marked `front`: claim, what was measured (on embedded data, where it was), paper, verdict."""
    lines = ["| Claim | Here | Paper (quoted) | Verdict |", "|---|---|---|---|"]
    for claim in entries:
        if not claim.get("front"):
            continue
        embedded, real = (found(claim, budget) for budget in results.BUDGETS)
        shown = embedded or real
        here = f"{compared(claim, shown)}, {results.runs(len(shown.differences))}" if shown else "not run"
        if shown and not embedded:
            here += ", real data"
        lines.append(f"| {claim['claim']} | {here} | {claim['quoted']} | {verdicts(embedded, real)} |")
    return "\n".join(lines) + "\n"


def page(entries: Sequence[Claim]) -> str:
    """data/LEDGER.md, whole."""
    return HEAD + table(entries, "../")


def with_front(text: str, entries: Sequence[Claim]) -> str:
    """Put the short table between its two comments, where a text has them."""
    return FRONT.sub(lambda match: match[1] + front(entries) + match[2], text)


def out_of_date() -> list[str]:
    """The files in which the ledger is not what claims and record say."""
    return write(store=False)


def write(store: bool = True) -> list[str]:
    """Write the ledger where it is not what claims and record say; returns the names of those files."""
    entries, stale = claims(), []
    if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page(entries):
        stale.append(PAGE.name)
        if store:
            PAGE.write_text(page(entries), encoding="utf-8")
    return stale + restate(lambda text: with_front(text, entries), store)


def main() -> int:
    """Write the ledger wherever it stands."""
    stale = write()
    print(f"Written: {', '.join(stale)}" if stale else "The ledger is up to date.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
