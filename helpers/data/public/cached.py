"""What the cache already holds: a data set counts as there when the files that its receipt lists are there."""

import json
from collections.abc import Callable
from fnmatch import fnmatchcase
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


def at_hand(name: str, load: Callable[[], object], download: bool = False) -> bool:
    """Whether a data set is in the cache, or is now that `load` fetched it; a line is printed on what is so."""
    if download:
        try:
            load()
        except DataError as error:
            print(error)
            return False
    there = available(name)
    state = "here." if there else "not here: what is shown without it is the record."
    print(f"{named(name).title} is {state}")
    return there


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
    """Note what a checked data set is, where its archives came from, their checksums, and the size of each file."""
    sizes = {path.relative_to(folder).as_posix(): path.stat().st_size for path in every_file(folder)}
    receipt = {"edition": edition, "archives": archives, "sizes": sizes}
    (folder / RECEIPT).write_text(json.dumps(receipt, indent=1) + "\n")


def read_receipt(folder: Path) -> dict | None:
    """What was noted about a data set, if all its files are there in their sizes. Other files do not count."""
    try:
        receipt = json.loads((folder / RECEIPT).read_text())
        whole = all((folder / path).stat().st_size == size for path, size in receipt["sizes"].items())
        return receipt if whole else None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def listed(folder: Path) -> set[Path]:
    """The files that the course put into a folder, whole or not, as its receipt lists them."""
    try:
        return {Path(path) for path in json.loads((folder / RECEIPT).read_text())["sizes"]}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def files(folder: Path, pattern: str) -> list[Path]:
    """The files of a data set whose path matches, in order; what else lies in its folder is not of it.

    A folder without a receipt was just unpacked: all of it is the data set's.
    """
    paths = listed(folder) or {path.relative_to(folder) for path in every_file(folder)}
    return sorted(folder / path for path in paths if fnmatchcase(path.as_posix(), pattern))


def every_file(folder: Path) -> list[Path]:
    """All files under a folder but its receipt."""
    return [path for path in folder.rglob("*") if path.is_file() and path != folder / RECEIPT]
