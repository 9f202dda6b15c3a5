"""Full and read-only disks, killed processes, two notebooks at once: a whole data set or none."""

import errno
import io
import multiprocessing
import os
import tarfile
import threading
from pathlib import Path

import pytest
from filelock import FileLock
from public_site import nothing_kept, small_site

from helpers import runtime
from helpers.data import public
from helpers.data.public import fetch, sources, transfer, unpack
from helpers.data.public.cached import RECEIPT, home

TRAINING = "/multi30k/training.tar.gz"
PAIRS = [("Ein\x85 Hund.", "A dog."), ("Zwei Katzen.", "Two cats.")]


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(transfer, "CHUNK", 10)  # bytes; what came of a broken chunk is lost
    with small_site(monkeypatch, tmp_path) as site:
        yield site


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def read_only(*_: object, **__: object) -> None:
    raise OSError(errno.EROFS, "Read-only file system")


class FullFile(io.FileIO):
    """A file that takes twenty bytes."""

    def write(self, data: bytes) -> int:
        if self.tell() + len(data) > 20:
            full()
        return super().write(data)


@pytest.mark.parametrize("name", ["multi30k", "tatoeba"])
def test_the_disk_fills_during_the_transfer(site, monkeypatch, name):
    load = getattr(public, name)
    with monkeypatch.context() as patch:
        patch.setattr(
            transfer, "open", lambda path, mode: FullFile(path, mode.replace("b", "")), raising=False
        )
        with pytest.raises(
            public.DataError, match=r"not kept: the disk of .* is full. Expected room .*COURSE_DATA"
        ):
            load()
    assert nothing_kept(name)
    assert load()


@pytest.mark.parametrize(
    ("name", "function"), [("multi30k", tarfile.copyfileobj), ("tatoeba", unpack.shutil.copyfileobj)]
)
def test_the_disk_fills_while_unpacking(site, monkeypatch, name, function):
    load = getattr(public, name)
    with monkeypatch.context() as patch:
        patch.setattr(unpack.tarfile if name == "multi30k" else unpack.shutil, function.__name__, full)
        with pytest.raises(public.DataError, match="is full"):
            load()
    assert nothing_kept(name)
    site.asked.clear()
    assert load() and not site.asked  # the archives had come whole, and were kept for this


@pytest.mark.parametrize("step", ["write_receipt", "place"])
def test_the_disk_turns_read_only_at_the_end(site, monkeypatch, step):
    replace = os.replace

    def place(start: Path, end: Path) -> None:
        if Path(end) == home(sources.TATOEBA):
            read_only()
        replace(start, end)

    with monkeypatch.context() as patch:
        if step == "place":
            patch.setattr(os, "replace", place)
        else:
            patch.setattr(fetch, "write_receipt", read_only)
        with pytest.raises(public.DataError, match=r"cannot be written to \(Read-only file system\)"):
            public.tatoeba()
    assert nothing_kept("tatoeba")
    assert len(public.tatoeba()) == 3


def test_a_cache_folder_that_cannot_be(site, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "file" / "cache"))
    with pytest.raises(PermissionError, match="cannot be written to.*set the variable COURSE_DATA"):
        public.tatoeba()
    assert not public.available("tatoeba") and not site.asked


def test_a_shared_cache_that_may_only_be_read(site, monkeypatch):
    public.tatoeba()
    monkeypatch.setattr(runtime.Path, "touch", read_only)  # what cache_folder() tries
    with pytest.raises(PermissionError):
        runtime.cache_folder()
    assert public.available("tatoeba") and len(public.tatoeba()) == 3


def test_a_folder_that_is_not_ours_is_left_alone(site):
    mine = home(sources.TATOEBA)
    mine.mkdir(parents=True)
    (mine / "notes.txt").write_text("mine")
    with pytest.raises(public.DataError, match="is in the way.*move it, or set COURSE_DATA"):
        public.tatoeba()
    assert (mine / "notes.txt").read_text() == "mine" and not site.asked


@pytest.mark.parametrize("damage", ["file gone", "file shorter", "receipt torn"])
def test_a_data_set_that_is_no_longer_whole_is_fetched_again(site, damage):
    public.tatoeba()
    folder = home(sources.TATOEBA)
    if damage == "file gone":
        (folder / "spa-eng" / "spa.txt").unlink()
    elif damage == "file shorter":
        (folder / "spa-eng" / "spa.txt").write_bytes(b"Go.\tVe.\n")
    else:
        (folder / RECEIPT).write_text((folder / RECEIPT).read_text()[:20])
    assert not public.available("tatoeba")
    assert len(public.tatoeba()) == 3 and public.available("tatoeba")


def test_what_a_killed_process_left_is_in_nobodys_way(site):
    folder = home(sources.MULTI30K)
    left = folder.with_name(".multi30k-unpacking")
    left.mkdir(parents=True)
    (left / "train.de").write_text("half a li")
    assert not public.available("multi30k")
    assert public.multi30k() == PAIRS
    assert not left.exists()


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
    lock = FileLock(runtime.cache_folder() / ".multi30k.lock")
    loaded = []
    with lock:
        waiting = threading.Thread(target=lambda: loaded.append(public.multi30k()))
        waiting.start()
        waiting.join(0.3)
        assert waiting.is_alive() and not site.asked
        assert "Another notebook is fetching Multi30k" in capsys.readouterr().out
        # what the other notebook does meanwhile
        fetch._install(sources.MULTI30K, lambda _: {"train": 2, "val": 1}, home(sources.MULTI30K))
    waiting.join(10)
    assert loaded == [PAIRS] and len(site.asked) == 2
