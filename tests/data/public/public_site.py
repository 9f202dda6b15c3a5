"""A web site on loopback that fails to order, and a cache beside it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from public_archives import CHECKSUMS, FACTS, SMALL, Members, pack

from helpers.data import public
from helpers.data.public import fetch, sources, transfer
from helpers.data.public.cached import home
from helpers.data.public.sources import Edition

LOAD = {
    "mnist": public.mnist,
    "camvid": public.camvid,
    "pennfudan": public.penn_fudan,
    "multi30k": public.multi30k,
    "tatoeba": public.tatoeba,
    "fsdd": public.spoken_digits,
}


class Site:
    """A web site on loopback. `files` by address; `cuts`: after how many bytes each next answer breaks off."""

    def __init__(self, files: dict[str, bytes | Path]) -> None:
        self.files = files
        self.cuts: list[int] = []
        self.status: list[int] = []  # for each next answer, instead of 200
        self.ranges = True  # can send a part of a file
        self.lying = False  # sends another part than the one asked for
        self.short = 0  # bytes that a part, once, holds less than what is missing
        self.length = True  # says how long the file is
        self.encoding = ""  # what it says that it did to the file
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
        if start >= len(whole):
            request.send_error(416)
            return
        if start:
            start, end, self.short = start - self.lying, len(whole) - self.short, 0
            request.send_response(206)
            request.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(whole)}")
        else:
            end = len(whole)
            request.send_response(200)
        request.send_header("ETag", self.version)
        if self.encoding:
            request.send_header("Content-Encoding", self.encoding)
        if self.length:
            request.send_header("Content-Length", str(end - start))
        request.end_headers()
        body = whole[start:end][: self.cuts.pop(0) if self.cuts else None]
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


def expect(monkeypatch: pytest.MonkeyPatch, name: str, *editions: Edition) -> None:
    """Hold a data set to these editions instead of the published ones."""
    source = sources.named(name)
    constant = next(key for key, value in vars(sources).items() if value is source)
    monkeypatch.setattr(sources, constant, replace(source, editions=editions))


@contextmanager
def small_site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Site]:
    """All six data sets as small archives on a site, each with a manifest of its own."""
    with Site({}) as site:
        quickly(monkeypatch, tmp_path / "cache", site)
        for name, archives in SMALL.items():
            serve(site, name, archives())
            expect(monkeypatch, name, Edition("small", FACTS[name], CHECKSUMS.get(name, {})))
        yield site


def refused(name: str, message: str, error: type[Exception] = public.DataError) -> None:
    """Assert that a data set is not had, that the message says so with what to do, and that nothing half is kept."""
    with pytest.raises(error, match=message) as caught:
        LOAD[name]()
    assert "expected" in str(caught.value).lower() and "again" in str(caught.value)
    folder = home(sources.named(name))
    assert not public.available(name) and not folder.exists() and not list(folder.parent.glob("*unpacking"))
