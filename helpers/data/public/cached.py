"""What the cache already holds: a data set counts as there when its receipt and its files agree."""

import json
from pathlib import Path

from helpers.data.public.faults import DataError
from helpers.data.public.sources import Source, named
from helpers.runtime import cache_path

RECEIPT = "receipt.json"  # written last, once a data set has been checked


def home(source: Source) -> Path:
    """The folder of a data set, which need not be writable once it is there: a class may share one."""
    return cache_path() / source.name


def available(name: str) -> bool:
    """Whether a data set is whole in the cache, so that loading it needs no network. This touches none.

    Raises:
        ValueError: there is no data set of that name.
    """
    return read_receipt(home(named(name))) is not None


def edition(name: str) -> str:
    """Which edition of a data set the cache holds: "official", or a mirror's, such as "half size".

    Raises:
        DataError: the cache does not hold the data set.
    """
    receipt = read_receipt(home(named(name)))
    if receipt is None:
        raise DataError(f"{named(name).title} is not in the cache. Expected it there: load it first.")
    return receipt["edition"]


def write_receipt(folder: Path, edition: str, archives: dict[str, str]) -> None:
    """Note what a checked data set is, where its archives came from, their checksums, and its size."""
    files = _sizes(folder)
    receipt = {"edition": edition, "archives": archives, "files": len(files), "bytes": sum(files)}
    (folder / RECEIPT).write_text(json.dumps(receipt, indent=1) + "\n")


def read_receipt(folder: Path) -> dict | None:
    """What was noted about a data set, if it is there and still has as many files and bytes."""
    try:
        receipt = json.loads((folder / RECEIPT).read_text())
        files = _sizes(folder)
        return receipt if (len(files), sum(files)) == (receipt["files"], receipt["bytes"]) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _sizes(folder: Path) -> list[int]:
    return [path.stat().st_size for path in folder.rglob("*") if path.is_file() and path.name != RECEIPT]
