"""Everything that can break a download, ordered on purpose: a clear message, and a whole data set or none."""

import errno
import gzip
import io
import multiprocessing
import os
import stat
import tarfile
import threading
import zipfile
from pathlib import Path

import public_support as support
import pytest
import requests
from filelock import FileLock
from public_support import Members, Site, expect, pack, serve

from helpers import runtime
from helpers.data import public
from helpers.data.public import fetch, sources, transfer, unpack
from helpers.data.public.cached import RECEIPT, home
from helpers.data.public.sources import Edition

TRAINING = "/multi30k/training.tar.gz"
PAIRS = [("Ein\x85 Hund.", "A dog."), ("Zwei Katzen.", "Two cats.")]


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Multi30k (two .tar.gz) and Tatoeba (one .zip) as small archives."""
    with Site({}) as site:
        support.quickly(monkeypatch, tmp_path / "cache", site)
        monkeypatch.setattr(transfer, "CHUNK", 10)  # bytes; what came of a broken chunk is lost
        serve(site, "multi30k", support.small_multi30k())
        serve(site, "tatoeba", support.small_tatoeba())
        expect(monkeypatch, "MULTI30K", Edition("small", {"train": 2, "val": 1}))
        expect(monkeypatch, "TATOEBA", Edition("small", {"pairs": 3}))
        yield site


def nothing_kept(name: str = "multi30k") -> bool:
    folder = home(sources.named(name))
    return not public.available(name) and not folder.exists() and not list(folder.parent.glob("*unpacking"))


# --- a transfer that breaks
# ---------------------------------------------------------------------------------------


def test_a_cut_transfer_goes_on_where_it_broke(site):
    whole = len(site.files[TRAINING])
    site.cuts = [50, 40]
    assert public.multi30k() == PAIRS
    assert site.asked[:3] == [(TRAINING, None), (TRAINING, "bytes=50-"), (TRAINING, "bytes=90-")]
    assert site.sent == whole + len(site.files["/multi30k/validation.tar.gz"])  # no byte came twice


def test_without_ranges_a_cut_transfer_starts_again(site):
    site.ranges = False
    site.cuts = [50]
    assert public.multi30k() == PAIRS
    assert site.asked[:2] == [(TRAINING, None), (TRAINING, "bytes=50-")]


def test_without_a_version_a_cut_transfer_starts_again(site):
    site.version = 'W/"1"'  # may stand for files that differ in bytes
    site.cuts = [50]
    assert public.multi30k() == PAIRS
    assert site.asked[:2] == [(TRAINING, None), (TRAINING, None)]


def test_pieces_of_two_versions_are_not_joined(site):
    class Changing(list):
        def pop(self, *_: object) -> int:
            site.version = '"2"'  # the file is replaced while the first answer breaks
            serve(
                site,
                "multi30k",
                {"training.tar.gz": {"train.de": b"Eins.\nZwei.\n", "train.en": b"One.\nTwo.\n"}},
            )
            return super().pop(*_)

    site.cuts = Changing([50])
    assert public.multi30k() == [("Eins.", "One."), ("Zwei.", "Two.")]


def test_a_server_that_sends_the_wrong_part(site):
    site.lying = True
    site.cuts = [50]
    assert public.multi30k() == PAIRS
    assert [wanted for path, wanted in site.asked if path == TRAINING] == [None, "bytes=50-", None]


def test_a_transfer_that_keeps_breaking_is_taken_up_by_the_next_run(site):
    site.cuts = [50, 10, 10]
    with pytest.raises(public.DataError, match=r"broke 3 times.*after 70 bytes.*run again"):
        public.multi30k()
    assert nothing_kept()
    site.asked.clear()
    assert public.multi30k() == PAIRS
    assert site.asked[0] == (TRAINING, "bytes=70-")


def test_pieces_are_not_joined_across_addresses(site, monkeypatch):
    site.cuts = [50, 10, 10]
    with pytest.raises(public.DataError):
        public.multi30k()
    with Site(site.files) as other:
        monkeypatch.setenv("COURSE_MIRROR", other.address)
        assert public.multi30k() == PAIRS
        assert other.asked[0] == (TRAINING, None)


def test_a_cut_that_no_length_betrays_is_seen_in_the_archive(site):
    site.length = False  # the answer ends when the connection does: a cut looks like the end
    site.cuts = [100]
    with pytest.raises(
        public.DataError, match=r"training.tar.gz is damaged or truncated .* 100 bytes.*run again"
    ):
        public.multi30k()
    assert nothing_kept()
    assert public.multi30k() == PAIRS


def test_a_short_pause_of_the_server_is_waited_out(site):
    site.status = [503, 429]
    assert public.multi30k() == PAIRS
    site.status = [500, 500, 500]
    with pytest.raises(public.DataError, match="broke 3 times; at the last, it answers 500"):
        public.tatoeba()


def test_an_address_without_the_file(site):
    del site.files[TRAINING]
    with pytest.raises(
        public.DataError, match="training.tar.gz answers 404 .*Expected the file.*COURSE_MIRROR"
    ):
        public.multi30k()
    assert len(site.asked) == 1 and nothing_kept()


def test_a_page_in_place_of_the_file(site):
    site.files["/tatoeba/spa-eng.zip"] = b"<html>Please log in to this network</html>"
    with pytest.raises(public.DataError, match="spa-eng.zip is damaged.*starts with b'<html>"):
        public.tatoeba()
    assert nothing_kept("tatoeba")


# --- no network
# ---------------------------------------------------------------------------------------------------


def test_offline_by_wish(site, monkeypatch):
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    with pytest.raises(public.OfflineError, match="not in the cache.*unset COURSE_OFFLINE.*about 2 MB"):
        public.multi30k()
    assert not site.asked and nothing_kept()


def test_nothing_answers(site, monkeypatch):
    with Site({}) as gone:
        address = gone.address
    monkeypatch.setenv("COURSE_MIRROR", address)
    with pytest.raises(public.OfflineError, match=f"nothing answers at {address[7:]}.*COURSE_OFFLINE=1"):
        public.multi30k()
    assert nothing_kept()


def test_no_network_to_the_official_address(site, monkeypatch):
    def unreachable(*_: object, **__: object) -> None:
        raise requests.ConnectionError("Name or service not known")

    monkeypatch.delenv("COURSE_MIRROR")
    monkeypatch.setattr(requests.Session, "send", unreachable)
    with pytest.raises(public.OfflineError, match="nothing answers at raw.githubusercontent.com"):
        public.multi30k()


# --- archives
# -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.gz"])
@pytest.mark.parametrize("damage", ["empty", "first half", "last byte missing", "checksum wrong"])
def test_a_damaged_archive(tmp_path, name, damage):
    whole = pack(name, {"text.txt": os.urandom(5_000)})
    flipped = bytearray(whole)
    flipped[-6 if name.endswith("gz") else 2_000] ^= 1  # gzip's own checksum, or a byte that zip's is of
    content = {
        "empty": b"",
        "first half": whole[: len(whole) // 2],
        "last byte missing": whole[:-1],
        "checksum wrong": bytes(flipped),
    }[damage]
    (tmp_path / name).write_bytes(content)
    (tmp_path / "out").mkdir()
    with pytest.raises(public.DataError, match=f"{name} is damaged or truncated.*Expected a whole archive"):
        unpack.unpack(tmp_path / name, tmp_path / "out", "*")
    (tmp_path / name).write_bytes(whole)
    unpack.unpack(tmp_path / name, tmp_path / "out", "*")


CLIMBING = ["../out.txt", "spa-eng/../../out.txt", "/tmp/out.txt", "..\\out.txt", "C:/out.txt", "spa-eng/.."]


@pytest.mark.parametrize("name", ["spa-eng.zip", "spa-eng.tar.gz"])
@pytest.mark.parametrize("path", CLIMBING)
def test_a_path_that_leaves_the_archive(tmp_path, name, path):
    (tmp_path / name).write_bytes(pack(name, {"spa-eng/spa.txt": b"Go.\tVe.\n", path: b"outside"}))
    folder = tmp_path / "cache" / "in"
    folder.mkdir(parents=True)
    with pytest.raises(public.DataError, match="leads out of its folder.*Expected only paths inside"):
        unpack.unpack(tmp_path / name, folder, "spa-eng/*")
    assert {file.name for file in tmp_path.rglob("*")} == {name, "cache", "in"}


def test_a_climbing_archive_leaves_no_data_set(site):
    members = support.small_tatoeba()["spa-eng.zip"] | {"../../escaped.txt": b"outside"}
    serve(site, "tatoeba", {"spa-eng.zip": members})
    with pytest.raises(public.DataError, match="leads out of its folder"):
        public.tatoeba()
    assert nothing_kept("tatoeba") and not list(home(sources.TATOEBA).parents[1].rglob("escaped.txt"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_a_link_in_a_tar(tmp_path, kind):
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as file:
        member = tarfile.TarInfo("data/train.de")
        member.type, member.linkname = kind, "/etc/hostname"
        file.addfile(member)
    (tmp_path / "out").mkdir()
    with pytest.raises(public.DataError, match="a link or a device, 'data/train.de'"):
        unpack.unpack(tmp_path / "a.tar.gz", tmp_path / "out", "data/*")
    assert not list((tmp_path / "out").rglob("train.de"))


def test_a_link_in_a_zip(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        member = zipfile.ZipInfo("data/train.de")
        member.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(member, "/etc/hostname")
    with pytest.raises(public.DataError, match="a link or a device, 'data/train.de'"):
        unpack.unpack(tmp_path / "a.zip", tmp_path, "data/*")


def test_a_file_may_not_be_written_through_a_link(tmp_path):
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as file:
        link = tarfile.TarInfo("data")
        link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path / "elsewhere")
        file.addfile(link)
        member = tarfile.TarInfo("data/train.de")
        member.size = 3
        file.addfile(member, io.BytesIO(b"Ja."))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    with pytest.raises(public.DataError, match="a link or a device"):
        unpack.unpack(tmp_path / "a.tar.gz", tmp_path / "out", "*")
    assert not list((tmp_path / "elsewhere").iterdir())


# --- disks
# --------------------------------------------------------------------------------------------------------


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


# --- two at once
# --------------------------------------------------------------------------------------------------


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


def test_members_are_packed_as_their_names_say(tmp_path):
    """The tests' own archives are what they pretend to be, or the tests of damage would show nothing."""
    members: Members = {"a/b.txt": b"text"}
    with zipfile.ZipFile(io.BytesIO(pack("x.zip", members))) as file:
        assert file.read("a/b.txt") == b"text"
    with tarfile.open(fileobj=io.BytesIO(pack("x.tar.gz", members))) as file:
        assert file.getnames() == ["a/b.txt"]
    assert gzip.decompress(pack("x.gz", members)) == b"text"
