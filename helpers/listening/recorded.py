"""What the record says of a listener, in a line."""

from collections.abc import Mapping
from statistics import fmean

from helpers import results
from helpers.listening.experiment import LARGER, RATE, RATES
from helpers.results import Field


def at_rates(fields: Mapping[str, Field]) -> str:
    """Say what error rates on validation sounds are recorded of a system at which learning rates."""
    found = []
    for rate in sorted({RATE, *RATES, LARGER}):
        try:
            errors = results.values("listening", "record", "validation_cer", **fields, rate=rate)
        except LookupError:
            continue
        found.append(f"{rate}: {sum(errors.values()) / len(errors):.2f} ({results.runs(len(errors))})")
    return "  ".join(found) or "not recorded"


def aligned(fields: Mapping[str, Field]) -> str:
    """Say when each recorded run aligned, in the order of their seeds, and how long one trained on average."""
    try:
        rows = results.rows("listening", "record", **fields, rate=RATE)
    except LookupError:
        return "not recorded"
    steps = [row["figures"].get("aligned_at") for row in sorted(rows, key=lambda row: row["seed"])]
    at = ", ".join(f"{step:.0f}" if step else "never" for step in steps)
    seconds = fmean(row["seconds"] for row in rows)
    when = f"aligned at {at}" if any(steps) else "not aligned"
    return f"{when} ({results.runs(len(rows))}), {seconds:.0f} s of training"
