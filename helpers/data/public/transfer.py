"""One file over the network: with a progress bar, resumed after a break, and whole or not there.

It uses requests itself: pooch fetches a file in one go, and cannot resume it.
"""

import gzip
import os
import re
import shutil
import time
import zlib
from pathlib import Path
from urllib.parse import urlsplit

import requests
from requests.utils import get_environ_proxies, select_proxy
from tqdm import tqdm

from helpers.data.public.faults import DataError, OfflineError

ATTEMPTS = 3
PAUSE = 1.0  # seconds before another attempt
TIMEOUT = (10, 60)  # seconds to connect, and between two pieces of the file
CHUNK = 1 << 16
GZIP = b"\x1f\x8b"  # how such a file begins


def partial(target: Path) -> tuple[Path, Path]:
    """Where a file waits until it is whole, and which version of it that is."""
    return target.with_name(target.name + ".part"), target.with_name(target.name + ".tag")


def download(url: str, target: Path, title: str) -> None:
    """Fetch a file to `target`, which appears only when it is whole.

    What has come before a break stays beside it as `<name>.part`: the next attempt, or the next run, asks for
    the rest when the server can send a part of a file, and starts again when it cannot.

    Raises:
        OfflineError: nothing answers at the address.
        DataError: the server refuses, or the transfer broke `ATTEMPTS` times.
        OSError: the disk would not take it.
    """
    part, tag = partial(target)
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE)
        reason = _attempt(url, target, title)
        if not reason:
            os.replace(part, target)
            tag.unlink(missing_ok=True)
            return
    raise DataError(
        f"The transfer of {title} from {url} broke {ATTEMPTS} times; at the last, {reason}. Expected the "
        "whole file: run again to go on from where it broke."
    )


def _attempt(url: str, target: Path, title: str) -> str:
    """Try once; the answer is what went wrong, empty when the file is whole."""
    part, tag = partial(target)
    have = part.stat().st_size if part.exists() and tag.exists() else 0
    headers = {"Accept-Encoding": "identity"}  # the file's own bytes, so that lengths and ranges mean them
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": tag.read_text()}
    try:
        response = requests.get(url, headers=headers, timeout=TIMEOUT, stream=True)
    except requests.exceptions.SSLError as error:
        raise DataError(
            f"{title} cannot be fetched: the certificate of {urlsplit(url).netloc} is not trusted here "
            f"({error}). Expected one that is: look at the clock of this machine and at what stands "
            "between it and the network, and run again."
        ) from error
    except requests.RequestException as error:
        return _no_answer(error, url, title)
    with response:
        if response.status_code in (200, 206, 416):
            return _receive(response, target, title, have)
        return _refused(response, url, target, title)


def _receive(response: requests.Response, target: Path, title: str, have: int) -> str:
    """Write what a server sends behind what there is already, or instead of it; the answer is as of `_attempt`."""
    part, tag = partial(target)
    sent, anew = response.headers, response.status_code == 200
    if anew:  # no resuming here, or the file has changed: from the start
        have = 0
    elif not sent.get("Content-Range", "").startswith(f"bytes {have}-"):
        tag.unlink(missing_ok=True)  # so that the next attempt starts again
        return "it sent another part of the file than the missing one"
    gzipped = sent.get("Content-Encoding", "").lower() in ("gzip", "x-gzip")
    if gzipped:
        # Take the bytes as they come, so that lengths and ranges mean them; `_unwrap` looks at them later.
        response.raw.headers.pop("Content-Encoding")
    as_sent = gzipped or "Content-Encoding" not in sent
    # A part may end before the file does: only Content-Range says how long the whole is.
    total = sent.get("Content-Length", "") if anew else sent["Content-Range"].rpartition("/")[-1]
    whole = int(total) if as_sent and total.isdecimal() else None
    bar = tqdm(desc=title, total=whole, initial=have, unit="B", unit_scale=True, leave=False)
    try:
        with bar, open(part, "ab" if have else "wb") as file:
            if anew:
                _remember(tag, (sent.get("ETag") or sent.get("Last-Modified") or "") if as_sent else "")
            for piece in response.iter_content(CHUNK):
                file.write(piece)
                bar.update(len(piece))
    except requests.RequestException:
        return f"it was cut off after {part.stat().st_size} bytes"
    size = part.stat().st_size
    if whole is not None and size != whole:
        return f"{size} of {whole} bytes came"
    if gzipped:
        _unwrap(target)
    return ""


def _remember(tag: Path, version: str) -> None:
    # Pieces are joined only when they are of one version, which a weak tag (W/) does not promise.
    if version and not version.startswith("W/"):
        tag.write_text(version)
    else:
        tag.unlink(missing_ok=True)


def _unwrap(target: Path) -> None:
    """Undo the gzip that a server put round a file; what it calls so may also be the .gz file itself."""
    part, tag = partial(target)
    plain = part.with_name(part.name + ".plain")
    try:
        with gzip.open(part) as packed, open(plain, "wb") as file:
            if target.suffix == ".gz" and packed.peek(2)[:2] != GZIP:
                return
            shutil.copyfileobj(packed, file)
        tag.unlink(missing_ok=True)  # nothing more is joined to this
        os.replace(plain, part)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        return  # not gzip at all, or damaged: unpacking tells
    finally:
        plain.unlink(missing_ok=True)


def _refused(response: requests.Response, url: str, target: Path, title: str) -> str:
    """What a server answers in the file's stead, where another attempt may help.

    Raises:
        OfflineError: a proxy answers.
        DataError: the server has no such file, or does not give it.
    """
    answer = f"{response.status_code} {response.reason}"
    if response.status_code == 407:
        raise _proxy_failed(url, title, "it wants a name and a password")
    if response.status_code >= 500 or response.status_code == 429:
        return f"it answers {answer}"
    raise DataError(
        f"{title} cannot be fetched: {url} answers {answer}. Expected the file {target.name} there: try in a "
        "browser; if it has moved, set COURSE_MIRROR to an address that has it, and run again."
    )


def _no_answer(error: requests.RequestException, url: str, title: str) -> str:
    """Why nothing was heard, where another attempt may help.

    Raises:
        OfflineError: nothing answers, there or at the proxy.
        DataError: the address is none.
    """
    if isinstance(error, requests.ReadTimeout):
        return f"no answer came within {TIMEOUT[1]} seconds"
    if select_proxy(url, get_environ_proxies(url)):
        if isinstance(error, requests.exceptions.InvalidSchema):
            raise _proxy_failed(url, title, str(error)) from error
        if isinstance(error, requests.exceptions.InvalidURL):
            raise _proxy_failed(url, title, "that is no address of a proxy") from error
        tunnel = re.search(r"Tunnel connection failed: [\w ]+", str(error))
        raise _proxy_failed(url, title, tunnel[0] if tunnel else "nothing answers there") from error
    if isinstance(error, requests.ConnectionError):
        raise OfflineError(
            f"{title} cannot be fetched: nothing answers at {urlsplit(url).netloc}. Expected a network that reaches "
            f"{url}: connect and run again, or set COURSE_OFFLINE=1 to go on without it."
        ) from error
    raise DataError(
        f"{title} cannot be fetched: {url} is no address ({error}). Expected one such as http://localhost:8000: "
        "correct COURSE_MIRROR, or unset it, and run again."
    ) from error


def _proxy_failed(url: str, title: str, why: str) -> OfflineError:
    """The error for a proxy that does not work, and the variable that names it; a password in it is not shown."""
    proxy = select_proxy(url, get_environ_proxies(url)) or ""
    wanted = (f"{urlsplit(url).scheme}_proxy", "all_proxy")
    named = [name for name, value in os.environ.items() if name.lower() in wanted and value]
    where = " and ".join(sorted(named)) or "the proxy in this system's settings"
    return OfflineError(
        f"{title} cannot be fetched: the way to {urlsplit(url).netloc} leads through the proxy "
        f"{proxy.rpartition('@')[-1]!r}, set in {where}, and {why}. Expected a proxy that lets it through: correct "
        f"{where}, or unset it if this network needs no proxy, and run again."
    )
