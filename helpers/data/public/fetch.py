"""From a manifest to a whole, checked folder in the cache: locked, all or nothing, and never twice."""

import errno
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

import pooch
from filelock import FileLock, Timeout

from helpers.data.public.cached import RECEIPT, every_file, home, listed, read_receipt, write_receipt
from helpers.data.public.faults import ContradictionError, DataError, OfflineError
from helpers.data.public.sources import Edition, Source, addresses, mirror
from helpers.data.public.transfer import download, partial
from helpers.data.public.unpack import unpack
from helpers.runtime import CACHE_VARIABLE, OFFLINE_VARIABLE, cache_folder, offline

Survey = Callable[[Path], Mapping[str, object]]
FULL = (errno.ENOSPC, errno.EDQUOT)
LOCKED = (errno.EROFS, errno.EACCES, errno.EPERM)


def fetch(source: Source, survey: Survey) -> Path:
    """The folder of a whole data set, downloaded, unpacked and checked when the cache has none.

    `survey` looks at the unpacked files, raises ContradictionError where they contradict each other, and returns
    the facts that the manifest's editions are compared with. Licence and citation are printed at the first use in
    a process.

    Raises:
        OfflineError: it is not in the cache, and there is no network or none is wanted.
        DataError: it could not be had whole, or is not what the manifest says. The cache is as it was before.
        PermissionError: the cache folder cannot be written to.
    """
    folder = home(source)
    if read_receipt(folder) is None:
        if offline():
            raise OfflineError(
                f"{source.title} is not in the cache, {folder}, and {OFFLINE_VARIABLE} asks for no network. "
                f"Expected it there, or a network: unset {OFFLINE_VARIABLE} and run again (about "
                f"{source.megabytes} MB)."
            )
        cache_folder()
        with _disk_errors_explained(source), _locked(source):
            if read_receipt(folder) is None:
                _install(source, survey, folder)
    _notice(source.title, source.licence, source.citation)
    return folder


def _install(source: Source, survey: Survey, folder: Path) -> None:
    urls = addresses(source)
    # Pieces from one address are never joined to, or taken for, those from another.
    parcels = folder.with_name(f".{source.name}-{sha256(urls[0].encode()).hexdigest()[:8]}")
    archives = {url: parcels / url.rsplit("/", 1)[-1] for url in urls}
    fresh = folder.with_name(f".{source.name}-unpacking")
    # Of a process that was killed: whoever is at work holds the lock.
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        parcels.mkdir(exist_ok=True)
        (fresh / source.inside).mkdir(parents=True)
        for url, archive in archives.items():
            if not archive.exists():
                download(url, archive, source.title)
        try:
            for archive in archives.values():
                unpack(archive, fresh / source.inside, source.keep)
            found = matching(source, _read(source, survey, fresh), fresh, any_edition=mirror() is not None)
        except DataError:
            _discard(parcels, archives.values())  # or the next run would find the same fault
            raise
        checksums = {url: f"sha256:{pooch.file_hash(archive)}" for url, archive in archives.items()}
        write_receipt(fresh, found.name, checksums)
        _place(fresh, folder, source.title)
        _discard(parcels, archives.values())
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _place(fresh: Path, folder: Path, title: str) -> None:
    """Move a checked data set to its folder. What somebody else put there stays as it is."""
    if not os.path.lexists(folder):
        os.replace(fresh, folder)
        return
    new = [path.relative_to(fresh) for path in every_file(fresh)]
    if other := _in_the_way(new, folder):
        raise DataError(
            f"{other} is in the way: {title} goes there, and this course did not make what is there now. Expected "
            f"nothing of that name: move it, or set {CACHE_VARIABLE} to another folder, and run again."
        )
    for path in listed(folder) - set(new):
        (folder / path).unlink(missing_ok=True)  # of an edition that this one replaces
    for path in [*new, Path(RECEIPT)]:  # the receipt last: until then the data set counts as not there
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        os.replace(fresh / path, folder / path)


def _in_the_way(new: Sequence[Path], folder: Path) -> Path | None:
    """What somebody else has where a file of ours goes, or a folder that leads to one; None if nothing."""
    ours = (folder / RECEIPT).exists()
    for path in new:
        for parent in (folder / each for each in path.parents):
            if os.path.lexists(parent) and not parent.is_dir():
                return parent
        there = folder / path
        if there.is_dir() or (there.exists() and not ours):
            return there
    return None


def _discard(parcels: Path, archives: Iterable[Path]) -> None:
    """Delete downloaded archives, and the folder that they came to unless somebody put something else there."""
    for archive in archives:
        for left in (archive, *partial(archive)):
            left.unlink(missing_ok=True)
    with suppress(OSError):
        parcels.rmdir()


def matching(source: Source, facts: Mapping[str, object], folder: Path, any_edition: bool) -> Edition:
    """The edition whose facts and checksums all hold; of the official one, the first, unless any will do.

    Raises:
        DataError: none does; the message lists what differs from the nearest one.
    """
    differences = {}
    for candidate in source.editions if any_edition else source.editions[:1]:
        wrong = [
            f"{fact} is {facts.get(fact)}, expected {expected}"
            for fact, expected in candidate.facts.items()
            if facts.get(fact) != expected
        ]
        for path, expected in candidate.checksums.items():
            kind = expected.partition(":")[0]
            actual = f"{kind}:{pooch.file_hash(folder / path, alg=kind)}"
            if actual != expected:
                wrong.append(f"the checksum of {path} is {actual}, expected {expected}")
        if not wrong:
            return candidate
        differences[candidate.name] = wrong
    nearest = min(differences, key=lambda name: len(differences[name]))
    raise DataError(
        f"{source.title} from {addresses(source)[0]} is not the {nearest} edition: "
        f"{'; '.join(differences[nearest])}. Nothing of it was kept: run again to fetch it anew; if it stays "
        "so, the file at that address has changed."
    )


def _read(source: Source, survey: Survey, folder: Path) -> Mapping[str, object]:
    try:
        return survey(folder)
    # Pillow has the last three for a picture that is none.
    except (ContradictionError, OSError, ValueError, SyntaxError) as error:
        raise DataError(
            f"{source.title} contradicts itself, or has a file that cannot be read: {error}. Expected neither: "
            "nothing was kept, run again to fetch it anew."
        ) from error


def _locked(source: Source) -> AbstractContextManager:
    """Keep other notebooks from fetching the same data set; whoever waits finds it in the cache."""
    lock = FileLock(cache_folder() / f".{source.name}.lock")
    try:
        return lock.acquire(timeout=0)
    except Timeout:
        print(f"Another notebook is fetching {source.title}; waiting until it is done.")
        return lock.acquire()


@contextmanager
def _disk_errors_explained(source: Source) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in FULL + LOCKED:
            raise
        wrong = "is full" if error.errno in FULL else f"cannot be written to ({error.strerror})"
        raise DataError(
            f"{source.title} was not kept: the disk of {home(source).parent} {wrong}. Expected room for "
            f"about {3 * source.megabytes} MB: make room, or set {CACHE_VARIABLE} to a folder on another "
            "disk, and run again."
        ) from error


@cache  # once in a process
def _notice(title: str, licence: str, citation: str) -> None:
    print(f"{title}. Licence: {licence}. Please cite: {citation}.")
