"""Transfers that break and networks that are not there: a clear message, and nothing half."""

import contextlib
import gzip
import os
import zlib

import pytest
import requests
from public_archives import SMALL
from public_site import LOAD, Site, refused, serve

from helpers.data import public

TRAINING = "/multi30k/training.tar.gz"
PAIRS = [("Ein\x85 Hund.", "A dog."), ("Zwei Katzen.", "Two cats.")]


def test_a_cut_transfer_goes_on_where_it_broke(site):
    whole = len(site.files[TRAINING])
    site.cuts = [50, 40]
    assert public.multi30k() == PAIRS
    assert site.asked[:3] == [(TRAINING, None), (TRAINING, "bytes=50-"), (TRAINING, "bytes=90-")]
    assert site.sent == whole + len(site.files["/multi30k/validation.tar.gz"])  # no byte came twice


@pytest.mark.parametrize(
    ("change", "ranges"),
    [
        ({"ranges": False}, [None, "bytes=50-"]),
        ({"version": 'W/"1"'}, [None, None]),  # may stand for files that differ in bytes
        ({"lying": True}, [None, "bytes=50-", None]),
    ],
)
def test_a_cut_transfer_starts_again_where_pieces_do_not_fit(site, change, ranges):
    vars(site).update(change)
    site.cuts = [50]
    assert public.multi30k() == PAIRS
    assert [wanted for path, wanted in site.asked if path == TRAINING] == ranges


def test_a_part_that_ends_before_the_file_does_is_not_the_rest_of_it(site):
    site.cuts, site.short = [50], 10
    assert public.multi30k() == PAIRS
    rest = f"bytes={len(site.files[TRAINING]) - 10}-"
    assert site.asked[:3] == [(TRAINING, None), (TRAINING, "bytes=50-"), (TRAINING, rest)]


def test_pieces_of_two_versions_are_not_joined(site):
    class Changing(list):
        def pop(self, *_: object) -> int:
            site.version = '"2"'  # the file is replaced while the first answer breaks
            members = {"train.de": b"Eins.\nZwei.\n", "train.en": b"One.\nTwo.\n"}
            serve(site, "multi30k", {"training.tar.gz": members})
            return super().pop(*_)

    site.cuts = Changing([50])
    assert public.multi30k() == [("Eins.", "One."), ("Zwei.", "Two.")]


def test_a_stop_by_hand_between_the_last_byte_and_the_rename(site, monkeypatch):
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", stop)
        with pytest.raises(KeyboardInterrupt):
            public.multi30k()
    whole = len(site.files[TRAINING])
    site.asked.clear()
    assert public.multi30k() == PAIRS
    assert site.asked[:2] == [
        (TRAINING, f"bytes={whole}-"),
        (TRAINING, None),
    ]  # there is no rest: from the start


def test_a_transfer_that_keeps_breaking_is_taken_up_by_the_next_run_from_the_same_address(site, monkeypatch):
    site.cuts = [50, 10, 10]
    refused("multi30k", r"broke 3 times.*after 70 bytes.*run again")
    site.asked.clear()
    with Site(site.files) as other, monkeypatch.context() as patch:
        patch.setenv("COURSE_MIRROR", other.address)
        other.cuts = [20, 20, 20]
        refused("multi30k", "broke 3 times")
        assert other.asked[0] == (TRAINING, None)
    assert public.multi30k() == PAIRS
    assert site.asked[0] == (TRAINING, "bytes=70-")


def test_a_cut_that_nobody_betrays(site, monkeypatch):
    """urllib3 before 2.0 took the end of the connection for the end of the file, and so does all without a length."""
    pieces = requests.Response.iter_content

    def lenient(*args: object, **options: object):
        with contextlib.suppress(requests.exceptions.ChunkedEncodingError):
            yield from pieces(*args, **options)

    with monkeypatch.context() as patch:
        patch.setattr(requests.Response, "iter_content", lenient)
        site.cuts = [50, 10, 10]
        refused("multi30k", f"70 of {len(site.files[TRAINING])} bytes came")
    assert public.multi30k() == PAIRS
    site.length, site.cuts = False, [100]
    refused("tatoeba", "spa-eng.zip is damaged or truncated .* 100 bytes")
    assert len(public.tatoeba()) == 3


def test_a_short_pause_of_the_server_is_waited_out(site):
    site.status = [503, 429]
    assert public.multi30k() == PAIRS
    site.status = [500, 500, 500]
    refused("tatoeba", "broke 3 times; at the last, it answers 500")


def test_what_is_at_the_address_is_not_the_file(site):
    site.files["/tatoeba/spa-eng.zip"] = b"<html>Please log in to this network</html>"
    refused("tatoeba", "spa-eng.zip is damaged.*starts with b'<html>")
    del site.files[TRAINING]
    site.asked.clear()
    refused("multi30k", "training.tar.gz answers 404 .*Expected the file.*COURSE_MIRROR")
    assert len(site.asked) == 1


ENCODED = {
    "on the way": ("gzip", gzip.compress),
    "which is the file's own": ("gzip", bytes),
    "by an old name": ("x-gzip", gzip.compress),
    "of another kind": ("deflate", zlib.compress),
}


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("encoding", ENCODED)
def test_a_mirror_that_says_that_it_packed_the_file(site, name, encoding):
    """Some pack every answer, and some call a .gz file packed, or any file, that they send as it is."""
    site.encoding, packed = ENCODED[encoding]
    site.files |= {
        path: packed(content) for path, content in site.files.items() if path.startswith(f"/{name}/")
    }
    site.cuts = [30]
    LOAD[name]()
    resumed = [wanted for _, wanted in site.asked if wanted]
    assert resumed == ([] if site.encoding == "deflate" else ["bytes=30-"])


def test_offline_by_wish(site, monkeypatch):
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    refused("multi30k", "not in the cache.*unset COURSE_OFFLINE.*about 2 MB", public.OfflineError)
    assert not site.asked


PROXIES = {
    "http://127.0.0.1:9": "'http://127.0.0.1:9', set in ALL_PROXY, and nothing answers there",
    "http://me:secret@127.0.0.1:9": "'127.0.0.1:9', set in ALL_PROXY",
    "nonsense.invalid": "'nonsense.invalid', set in ALL_PROXY, and nothing answers there",
    "socks5://127.0.0.1:9": "Missing dependencies for SOCKS support",
    "ftp://127.0.0.1": "that is no address of a proxy",
    "http://:3128": "that is no address of a proxy",
    "http://[bad": "that is no address of a proxy",
}


@pytest.mark.parametrize("proxy", PROXIES)
@pytest.mark.parametrize("official", [True, False])
def test_a_wrong_proxy_is_named_with_its_variable(site, monkeypatch, proxy, official):
    for variable in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(variable)
    if official:
        monkeypatch.delenv("COURSE_MIRROR")
    monkeypatch.setenv("ALL_PROXY", proxy)
    refused("multi30k", f"leads through the proxy .*{PROXIES[proxy]}.*correct ALL_PROXY", public.OfflineError)
    monkeypatch.setenv("COURSE_MIRROR", site.address)
    monkeypatch.delenv("ALL_PROXY")  # as the message says
    assert public.multi30k() == PAIRS


def test_a_proxy_that_wants_a_password(site, monkeypatch):
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("HTTP_PROXY", site.address)
    site.status = [407]
    refused("multi30k", "set in HTTP_PROXY, and it wants a name and a password", public.OfflineError)
    monkeypatch.delenv("COURSE_MIRROR")
    monkeypatch.setenv("HTTPS_PROXY", site.address)
    refused("multi30k", "set in HTTPS_PROXY, and Tunnel connection failed: 501", public.OfflineError)


@pytest.mark.parametrize(
    "address", ["http://localhost:80a", "http://a b", "http://[x", "http:///", "../mirror"]
)
def test_a_mirror_whose_address_is_none(site, monkeypatch, address):
    monkeypatch.setenv("COURSE_MIRROR", address)
    refused("multi30k", "correct (COURSE_MIRROR|the variable)")


def test_nothing_answers(site, monkeypatch):
    with Site({}) as gone:
        address = gone.address
    monkeypatch.setenv("COURSE_MIRROR", address)
    refused("multi30k", f"nothing answers at {address[7:]}.*COURSE_OFFLINE=1", public.OfflineError)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            requests.exceptions.SSLError("certificate has expired"),
            "githubusercontent.com is not trusted.*expired.*clock",
        ),
        (
            requests.ConnectionError("Name or service not known"),
            "nothing answers at raw.githubusercontent.com",
        ),
        (
            requests.ReadTimeout("read timed out"),
            "broke 3 times; at the last, no answer came within 60 seconds",
        ),
        (requests.TooManyRedirects("30 redirects"), "cannot be fetched.*30 redirects"),
    ],
)
def test_no_network_to_the_official_address(site, monkeypatch, error, message):
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.delenv("COURSE_MIRROR")
    monkeypatch.setattr(requests.Session, "send", fail)
    refused("multi30k", message)
