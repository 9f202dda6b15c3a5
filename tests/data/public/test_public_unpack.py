"""Archives that are damaged or lead out of their folder: a clear message, and nothing half."""

import io
import os
import stat
import tarfile
import zipfile

import pytest
from public_archives import SMALL, pack, small_tatoeba
from public_site import LOAD, refused, serve

from helpers.data import public
from helpers.data.public import sources, unpack
from helpers.data.public.cached import every_file, home


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
    serve(
        site, "tatoeba", {"spa-eng.zip": small_tatoeba()["spa-eng.zip"] | {"../../escaped.txt": b"outside"}}
    )
    refused("tatoeba", "leads out of its folder")
    assert not list(home(sources.TATOEBA).parents[1].rglob("escaped.txt"))


def linked(kind: bytes | None, target: str, behind: bool = False) -> tuple[str, bytes]:
    """An archive, by name, whose member is a link: a tar's of some kind, or (None) a zip's; a file behind it or not."""
    file, name = io.BytesIO(), "data" if behind else "data/train.de"
    if kind is None:
        with zipfile.ZipFile(file, "w") as packed:
            member = zipfile.ZipInfo(name)
            member.external_attr = (stat.S_IFLNK | 0o777) << 16
            packed.writestr(member, target)
        return "a.zip", file.getvalue()
    with tarfile.open(fileobj=file, mode="w:gz") as packed:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, target
        packed.addfile(member)
        if behind:
            packed.addfile(tarfile.TarInfo("data/train.de"), io.BytesIO())
    return "a.tar.gz", file.getvalue()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, None])
@pytest.mark.parametrize("behind", [False, True])
def test_a_link_in_an_archive(tmp_path, kind, behind):
    """A link alone, and one that a file would be written through."""
    name, content = linked(kind, str(tmp_path / "elsewhere"), behind)
    (tmp_path / name).write_bytes(content)
    for folder in ("elsewhere", "out"):
        (tmp_path / folder).mkdir()
    with pytest.raises(public.DataError, match="a link or a device, 'data"):
        unpack.unpack(tmp_path / name, tmp_path / "out", "data*")
    assert not list((tmp_path / "elsewhere").iterdir()) and not list((tmp_path / "out").rglob("train.de"))


@pytest.mark.parametrize("name", [name for name in SMALL if name != "mnist"])  # whose .gz have no members
def test_an_archive_that_was_packed_on_a_mac(site, name):
    """Beside each file lie hidden ones, and a copy in a folder of their own; a tar's paths start with ./."""
    archives = SMALL[name]()
    for archive, members in archives.items():
        for path in list(members):
            folder, _, file = path.rpartition("/")
            extra = {f"{folder}/._{file}".lstrip("/"), f"{folder}/.DS_Store".lstrip("/"), f"__MACOSX/{path}"}
            members |= dict.fromkeys(extra, b"\x00\x05\x16\x07")
        dot = "./" if archive.endswith(".tar.gz") else ""
        archives[archive] = {dot + path: content for path, content in members.items()}
    serve(site, name, archives)
    LOAD[name]()
    assert not [path for path in every_file(home(sources.named(name))) if path.name.startswith(".")]
