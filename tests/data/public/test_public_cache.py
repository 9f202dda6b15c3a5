"""Full and closed disks, killed processes, two notebooks at once: a whole data set or none, and nothing else lost."""

import errno
import io
import json
import multiprocessing
import os
import tarfile
import threading
from pathlib import Path

import pytest
from filelock import FileLock
from public_archives import SMALL, small_penn_fudan
from public_site import LOAD, expect, refused, serve

from helpers import runtime
from helpers.data import public
from helpers.data.public import fetch, sources, transfer, unpack
from helpers.data.public.cached import RECEIPT, home
from helpers.data.public.sources import Edition

PAIRS = [("Ein\x85 Hund.", "A dog."), ("Zwei Katzen.", "Two cats.")]


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def read_only(*_: object, **__: object) -> None:
    raise OSError(errno.EROFS, "Read-only file system")


class FullFile(io.FileIO):
    """A file that takes twenty bytes."""

    def __init__(self, path: Path, mode: str) -> None:
        super().__init__(path, mode.replace("b", ""))

    def write(self, data: bytes) -> int:
        if self.tell() + len(data) > 20:
            full()
        return super().write(data)


def closed_at_the_end(start: Path, end: Path, replace=os.replace) -> None:
    if Path(end) == home(sources.TATOEBA):
        read_only()
    replace(start, end)


DISKS = {
    "full during the transfer": (transfer, "open", FullFile, "is full"),
    "full while unpacking": (unpack.shutil, "copyfileobj", full, "is full"),
    "closed at the receipt": (
        fetch,
        "write_receipt",
        read_only,
        r"cannot be written to \(Read-only file system\)",
    ),
    "closed at the last step": (
        os,
        "replace",
        closed_at_the_end,
        r"cannot be written to \(Read-only file system\)",
    ),
}


@pytest.mark.parametrize("disk", DISKS)
def test_the_disk_is_full_or_closed(site, monkeypatch, disk):
    *place, function, message = DISKS[disk]
    with monkeypatch.context() as patch:
        patch.setattr(*place, function, raising=False)
        refused("tatoeba", f"not kept: the disk of .* {message}. Expected room .*COURSE_DATA")
    site.asked.clear()
    assert len(public.tatoeba()) == 3
    assert bool(site.asked) == (disk == "full during the transfer")  # else the archive was kept for this


def test_the_disk_fills_while_a_tar_is_unpacked(site, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(tarfile, "copyfileobj", full)
        refused("multi30k", "is full")
    assert public.multi30k() == PAIRS


def test_a_shared_cache_that_may_only_be_read(site, monkeypatch):
    public.tatoeba()
    monkeypatch.setattr(runtime.Path, "touch", read_only)  # what cache_folder() tries
    with pytest.raises(PermissionError):
        runtime.cache_folder()
    assert public.available("tatoeba") and len(public.tatoeba()) == 3


STRAY = [".DS_Store", "._spa.txt", "Thumbs.db", "notes/mine.txt", ".ipynb_checkpoints/a.ipynb", "test.txt"]
LIKE_OURS = ["stray.png", "0_stray.wav", "train-images-idx3-ubyte.gz", "train.txt.bak"]


def put(folder: Path, *paths: str) -> dict[Path, bytes]:
    """Files that are not of a data set, and what is in them."""
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(b"mine: " + path.encode())
    return {folder / path: b"mine: " + path.encode() for path in paths}


def untouched(mine: dict[Path, bytes]) -> bool:
    return {path: path.read_bytes() for path in mine} == mine


def listed(name: str) -> list[Path]:
    """The files that the receipt of a data set holds."""
    folder = home(sources.named(name))
    return [folder / path for path in json.loads((folder / RECEIPT).read_text())["sizes"]]


@pytest.mark.parametrize("name", SMALL)
def test_files_that_are_not_ours_are_neither_counted_nor_read_nor_deleted(site, name):
    before = repr(LOAD[name]())
    mine = put(home(sources.named(name)), *STRAY)
    for folder in {path.parent for path in listed(name)}:
        mine |= put(folder, *STRAY, *LIKE_OURS)
    site.asked.clear()
    assert public.available(name) and repr(LOAD[name]()) == before and not site.asked
    listed(name)[0].unlink()  # now it is no longer whole, and fetched again
    assert not public.available(name) and repr(LOAD[name]()) == before and site.asked
    assert untouched(mine)


def test_what_lies_in_the_folder_before_the_data_set_comes_stays(site):
    mine = put(home(sources.TATOEBA), *STRAY, "spa-eng/notes.txt")
    assert len(public.tatoeba()) == 3 and public.available("tatoeba")
    assert untouched(mine)


@pytest.mark.parametrize("other", ["spa-eng/spa.txt", "spa-eng", "", "spa-eng/spa.txt/mine"])
def test_a_file_of_somebody_else_where_ours_goes_is_left_alone(site, other):
    folder = home(sources.TATOEBA)
    mine = put(folder, other)
    with pytest.raises(
        public.DataError, match="is in the way: Tatoeba.*move it, or set COURSE_DATA"
    ) as caught:
        public.tatoeba()
    assert untouched(mine)
    Path(str(caught.value).partition(" is in the way")[0]).rename(
        folder.parent / "moved"
    )  # as the message says
    assert len(public.tatoeba()) == 3


def test_a_smaller_edition_takes_the_place_of_a_larger_and_of_nothing_else(site, monkeypatch):
    public.penn_fudan()
    picture, mask = (path for path in listed("pennfudan") if "00001" in path.name)
    mine = put(picture.parent, "._mine.png")
    picture.write_bytes(b"damaged")
    members = small_penn_fudan()["PennFudanPed.zip"]
    kept = {path: content for path, content in members.items() if "00001" not in path}
    serve(site, "pennfudan", {"PennFudanPed.zip": kept})
    expect(monkeypatch, "pennfudan", Edition("smaller", {"images": 1}))
    assert public.penn_fudan().names == ("FudanPed00002",) and public.edition("pennfudan") == "smaller"
    assert not picture.exists() and not mask.exists() and untouched(mine)


DAMAGE = {
    "file gone": lambda folder: (folder / "spa-eng" / "spa.txt").unlink(),
    "file shorter": lambda folder: (folder / "spa-eng" / "spa.txt").write_bytes(b"Go.\tVe.\n"),
    "receipt torn": lambda folder: (folder / RECEIPT).write_text((folder / RECEIPT).read_text()[:20]),
    "receipt of another kind": lambda folder: (folder / RECEIPT).write_text('{"files": 2, "bytes": 40}'),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_data_set_that_is_no_longer_whole_is_fetched_again(site, damage):
    public.tatoeba()
    DAMAGE[damage](home(sources.TATOEBA))
    assert not public.available("tatoeba")
    assert len(public.tatoeba()) == 3 and public.available("tatoeba")


def test_what_a_killed_process_left_is_in_nobodys_way(site):
    left = home(sources.MULTI30K).with_name(".multi30k-unpacking")
    put(left, "train.de")
    assert not public.available("multi30k") and public.multi30k() == PAIRS and not left.exists()


def _load(start, answers) -> None:
    start.wait(10)
    answers.put(public.multi30k())


@pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="needs to fork a patched process"
)
def test_two_processes_fetch_once(site):
    context = multiprocessing.get_context("fork")
    start, answers = context.Barrier(2), context.Queue()
    site.pause.clear()  # nobody gets an answer until both have asked, or wait for each other
    processes = [context.Process(target=_load, args=(start, answers)) for _ in range(2)]
    for process in processes:
        process.start()
    threading.Timer(0.5, site.pause.set).start()
    assert [answers.get(timeout=20) for _ in processes] == [PAIRS, PAIRS]
    for process in processes:
        process.join(10)
    assert [process.exitcode for process in processes] == [0, 0]
    assert len(site.asked) == 2  # one request for each archive, by one of the two


def test_whoever_waits_is_told_and_finds_it_in_the_cache(site, capsys):
    loaded = []
    with FileLock(runtime.cache_folder() / ".multi30k.lock"):
        waiting = threading.Thread(target=lambda: loaded.append(public.multi30k()))
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive() and not site.asked
        assert "Another notebook is fetching Multi30k" in capsys.readouterr().out
        # what the other notebook does meanwhile
        fetch._install(sources.MULTI30K, lambda _: {"train": 2, "val": 1}, home(sources.MULTI30K))
    waiting.join(10)
    assert loaded == [PAIRS] and len(site.asked) == 2
