"""Archives that are damaged or lead out of their folder: a clear message, and nothing half."""

import gzip
import io
import os
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest
from public_archives import Members, pack, small_tatoeba
from public_site import nothing_kept, serve, small_site

from helpers.data import public
from helpers.data.public import sources, unpack
from helpers.data.public.cached import home


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    with small_site(monkeypatch, tmp_path) as site:
        yield site


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
    members = small_tatoeba()["spa-eng.zip"] | {"../../escaped.txt": b"outside"}
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


def test_members_are_packed_as_their_names_say(tmp_path):
    """The tests' own archives are what they pretend to be, or the tests of damage would show nothing."""
    members: Members = {"a/b.txt": b"text"}
    with zipfile.ZipFile(io.BytesIO(pack("x.zip", members))) as file:
        assert file.read("a/b.txt") == b"text"
    with tarfile.open(fileobj=io.BytesIO(pack("x.tar.gz", members))) as file:
        assert file.getnames() == ["a/b.txt"]
    assert gzip.decompress(pack("x.gz", members)) == b"text"
