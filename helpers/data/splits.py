"""The three splits of every embedded source."""

from typing import Literal, get_args

Split = Literal["train", "val", "test"]
SPLITS: tuple[str, ...] = get_args(Split)


def check_split(split: str) -> None:
    """Raise ValueError for a split that does not exist."""
    if split not in SPLITS:
        raise ValueError(f"There is no split {split!r}. Expected one of {', '.join(SPLITS)}.")
