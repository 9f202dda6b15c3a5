"""What the record says of a listener, in a line."""

from collections.abc import Mapping

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
    """Say when the recorded run of seed 0 aligned, and how long it trained."""
    try:
        rows = results.rows("listening", "record", **fields, rate=RATE)
    except LookupError:
        return "not recorded"
    (first,) = (each for each in rows if each["seed"] == 0)
    steps = first["figures"].get("aligned_at")
    return f"{f'aligned at {steps:.0f}' if steps else 'not aligned'}, {first['seconds']:.0f} s of training"
