"""Archives, unpacked without trust: nothing lands outside its folder, and a damaged one is refused."""

import gzip
import shutil
import stat
import tarfile
import zipfile
import zlib
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from helpers.data.public.faults import DataError

# Python knows filters from 3.11.4 on. Paths that climb and links are refused here in any case.
SAFELY = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
DAMAGE = (zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, EOFError, zlib.error, NotImplementedError)


def unpack(archive: Path, folder: Path, keep: str) -> None:
    """Unpack the members of a .zip, .tar.gz or .gz file whose path matches `keep` into a folder, but hidden ones.

    Raises:
        DataError: the archive is damaged or truncated, or one of its members, wanted or not, leads out of the
        folder. OSError: the disk would not take it.
    """
    try:
        if not archive.stat().st_size:
            raise EOFError("empty")  # which gzip would take for a file that holds nothing
        if archive.name.endswith(".zip"):
            _unzip(archive, folder, keep)
        elif archive.name.endswith(".tar.gz"):
            _untar(archive, folder, keep)
        else:
            with gzip.open(archive) as packed, open(folder / archive.stem, "wb") as plain:
                shutil.copyfileobj(packed, plain)
    except DAMAGE as error:
        with open(archive, "rb") as file:
            start = file.read(16)
        raise DataError(
            f"{archive.name} is damaged or truncated ({error or type(error).__name__}); it has "
            f"{archive.stat().st_size} bytes and starts with {start!r}. Expected a whole archive: nothing of "
            "it was kept, run again to fetch it anew."
        ) from error


def _unzip(archive: Path, folder: Path, keep: str) -> None:
    with zipfile.ZipFile(archive) as file:
        for member in file.infolist():
            _refuse_climbing(member.filename, archive)
        for member in file.infolist():
            if member.is_dir() or not _is_wanted(member.filename, keep):
                continue
            _refuse_link(stat.S_ISLNK(member.external_attr >> 16), member.filename, archive)
            file.extract(member, folder)  # compares each member with its checksum


def _untar(archive: Path, folder: Path, keep: str) -> None:
    # tarfile stops reading at the end mark of the tar and never reaches the gzip's own checksum behind it.
    with gzip.open(archive) as packed:
        while packed.read(1 << 20):
            pass
    with tarfile.open(archive, "r:gz") as file:
        members = file.getmembers()
        for member in members:
            _refuse_climbing(member.name, archive)
        for member in members:
            if member.isdir() or not _is_wanted(member.name, keep):
                continue
            _refuse_link(not member.isfile(), member.name, archive)
            file.extract(member, folder, **SAFELY)


def _is_wanted(name: str, keep: str) -> bool:
    """Whether a member is to be unpacked. Hidden files, such as the ._ that a Mac packs beside each, never are."""
    path = PurePosixPath(name)  # which drops a leading "./"
    return fnmatchcase(str(path), keep) and not path.name.startswith(".")


def _refuse_climbing(name: str, archive: Path) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or (path.parts and path.parts[0].endswith(":")):
        raise DataError(
            f"{archive.name} has a member {name!r} that leads out of its folder. Expected only paths inside: "
            "the file is not the one that this course knows and nothing of it was kept. Look at where it "
            "came from before you run this again."
        )


def _refuse_link(link: bool, name: str, archive: Path) -> None:
    if link:
        raise DataError(
            f"{archive.name} has a link or a device, {name!r}, where a file should be. Expected plain files: "
            "the file is not the one that this course knows and nothing of it was kept. Look at where it "
            "came from before you run this again."
        )
