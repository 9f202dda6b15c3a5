"""What the tests of the public sets share: all six as small archives on a web site, and an empty cache."""

import pytest
from public_site import small_site

from helpers.data.public import transfer


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, tmp_path):
    monkeypatch.setattr(transfer, "CHUNK", 10)  # bytes; what came of a broken chunk is lost
    with small_site(monkeypatch, tmp_path) as site:
        yield site
