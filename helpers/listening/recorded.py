"""What the record says of a listener, in a line."""

from collections import defaultdict
from collections.abc import Mapping
from statistics import fmean

from helpers import results
from helpers.listening.experiment import RATE
from helpers.results import Field


def at_rates(fields: Mapping[str, Field]) -> str:
    """Say what error rates on validation sounds are recorded of a system at which learning rates."""
    errors = defaultdict(list)
    for row in _rows(fields):
        errors[row["rate"]].append(row["figures"]["validation_cer"])
    found = (
        f"{rate}: {fmean(each):.2f} ({results.runs(len(each))})" for rate, each in sorted(errors.items())
    )
    return "  ".join(found) or "not recorded"


def aligned(fields: Mapping[str, Field]) -> str:
    """Say when the recorded run of seed 0 aligned, and how long it trained."""
    for row in _rows(fields):
        if (row["seed"], row["rate"]) == (0, RATE):
            steps = row["figures"].get("aligned_at")
            return (
                f"{f'aligned at {steps:.0f}' if steps else 'not aligned'}, {row['seconds']:.0f} s of training"
            )
    return "not recorded"


def _rows(fields: Mapping[str, Field]) -> list[results.Row]:
    try:
        return results.rows("listening", "record", **fields)
    except LookupError:
        return []
