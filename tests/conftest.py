"""Fixtures that tests in several folders share."""

import pytest
from street_noise import noise_streets

from helpers import films
from helpers.data import public
from helpers.training import History


@pytest.fixture
def noise_camvid(monkeypatch):
    """CamVid of noise, where no network learns anything; gives the calls of `films.learn` as they come."""
    calls = []

    def learn(network, scenes, steps, *rest, **_):
        calls.append((network, scenes, *rest))
        return History(loss=[1.0] * steps, seconds=1.0)

    monkeypatch.setattr(public, "camvid", lambda split: noise_streets(3))
    monkeypatch.setattr(public, "edition", lambda name: "half size")
    monkeypatch.setattr(films, "learn", learn)
    films.held_out.cache_clear()
    films.fourth_film.cache_clear()
    yield calls
    films.held_out.cache_clear()
    films.fourth_film.cache_clear()
