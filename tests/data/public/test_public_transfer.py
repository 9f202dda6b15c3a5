"""Transfers that break and networks that are not there: a clear message, and nothing half."""

import contextlib
import os
from pathlib import Path

import pytest
import requests
from public_site import Site, nothing_kept, serve, small_site

from helpers.data import public
from helpers.data.public import transfer

TRAINING = "/multi30k/training.tar.gz"
PAIRS = [("Ein\x85 Hund.", "A dog."), ("Zwei Katzen.", "Two cats.")]


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(transfer, "CHUNK", 10)  # bytes; what came of a broken chunk is lost
    with small_site(monkeypatch, tmp_path) as site:
        yield site


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


def test_a_stop_by_hand_between_the_last_byte_and_the_rename(site, monkeypatch):
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", stop)
        with pytest.raises(KeyboardInterrupt):
            public.multi30k()
    assert nothing_kept()
    whole = len(site.files[TRAINING])
    site.asked.clear()
    assert public.multi30k() == PAIRS
    assert site.asked[:2] == [
        (TRAINING, f"bytes={whole}-"),
        (TRAINING, None),
    ]  # there is no rest: from the start


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


def test_a_cut_that_the_http_library_overlooks(site, monkeypatch):
    """urllib3 before 2.0 took the end of the connection for the end of the file."""
    pieces = requests.Response.iter_content

    def lenient(*args: object, **options: object):
        with contextlib.suppress(requests.exceptions.ChunkedEncodingError):
            yield from pieces(*args, **options)

    monkeypatch.setattr(requests.Response, "iter_content", lenient)
    site.cuts = [50, 10, 10]
    with pytest.raises(public.DataError, match=f"70 of {len(site.files[TRAINING])} bytes came"):
        public.multi30k()
    assert nothing_kept()
    assert public.multi30k() == PAIRS


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


def test_a_certificate_that_is_not_trusted(site, monkeypatch):
    def distrust(*_: object, **__: object) -> None:
        raise requests.exceptions.SSLError("certificate has expired")

    monkeypatch.delenv("COURSE_MIRROR")
    monkeypatch.setattr(requests.Session, "send", distrust)
    with pytest.raises(public.DataError, match="raw.githubusercontent.com is not trusted.*expired.*clock"):
        public.multi30k()


def test_no_network_to_the_official_address(site, monkeypatch):
    def unreachable(*_: object, **__: object) -> None:
        raise requests.ConnectionError("Name or service not known")

    monkeypatch.delenv("COURSE_MIRROR")
    monkeypatch.setattr(requests.Session, "send", unreachable)
    with pytest.raises(public.OfflineError, match="nothing answers at raw.githubusercontent.com"):
        public.multi30k()
