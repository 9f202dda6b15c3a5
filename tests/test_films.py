"""CamVid with a film held out: what is learned from, what is ignored, how classes are weighed, what is padded."""

import dataclasses

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from street_noise import RedClassifier, noise_streets
from torch import nn
from torch.testing import assert_close

from helpers import films, frame_scores
from helpers.data import public
from helpers.data.batches import in_order
from helpers.training import History


@pytest.fixture
def splits(noise_camvid, monkeypatch):
    """The official edition, of noise; its test split holds two scenes of a film known already, then the fourth."""
    splits = {"train": noise_streets(9), "val": noise_streets(3, seed=1), "test": noise_streets(5, seed=2)}
    names = tuple(f"{film}_{i}" for i, film in enumerate(["0001TP"] * 2 + [films.FOURTH_FILM] * 3))
    splits["test"] = dataclasses.replace(splits["test"], names=names)
    monkeypatch.setattr(public, "camvid", splits.__getitem__)
    monkeypatch.setattr(public, "edition", lambda _: "official")
    return splits


def test_the_film_tested_on_is_held_out_wholly(splits):
    rest, held, val = films.held_out()
    assert set(held.sequences) == {films.TEST_FILM} and films.TEST_FILM not in rest.sequences
    assert sorted(rest.names + held.names) == sorted(splits["train"].names)
    assert val is splits["val"]


def test_the_fourth_film_is_judged_where_the_cache_holds_it(splits):
    network, fourth = RedClassifier(), splits["test"].take([2, 3, 4])
    assert films.fourth_film().names == fourth.names
    figures, _ = films.judge(network)
    there = frame_scores.score(frame_scores.total(frame_scores.count(network, fourth)))
    assert figures["fourth_mean_iou"] == pytest.approx(there["mean_iou"].item())
    assert figures["mean_iou"] != figures["fourth_mean_iou"] != figures["val_mean_iou"]


def test_the_half_size_edition_has_no_fourth_film(noise_camvid):
    assert films.fourth_film() is None
    assert not [name for name in films.judge(RedClassifier())[0] if name.startswith("fourth_")]


def test_without_the_data_it_is_said_what_is_missing(noise_camvid, monkeypatch):
    def refuse(split):
        raise public.OfflineError("no network is wanted")

    monkeypatch.setattr(public, "camvid", refuse)
    for ask in (films.held_out, films.fourth_film):
        with pytest.raises(public.OfflineError, match="no network is wanted"):
            ask()


def test_it_is_said_whether_camvid_is_at_hand(monkeypatch, capsys):
    monkeypatch.setattr(public.cached, "available", {"camvid": True}.get)
    assert films.at_hand() and "CamVid is here" in capsys.readouterr().out


def test_what_stands_under_void_changes_neither_loss_nor_score(monkeypatch):
    network, scenes = RedClassifier(), noise_streets(2)
    images = scenes.images.clone()
    images.movedim(1, -1)[scenes.labels == public.CamVid.VOID] = 77
    other = public.CamVid(images, scenes.labels, scenes.names)
    counts = [frame_scores.total(frame_scores.count(network, each)) for each in (scenes, other)]
    for name, value in frame_scores.score(counts[0]).items():
        assert_close(value, frame_scores.score(counts[1])[name], equal_nan=True)
    losses = []

    def keep(model, batches, loss, **_):
        for each in (scenes, other):
            inputs, targets = next(in_order(each.images, each.labels))
            losses.append(loss(model(inputs), targets))
        return History()

    monkeypatch.setattr(films, "fit", keep)
    films.learn(network, scenes, steps=1, seed=0)
    assert losses[0].isfinite() and losses[0] > 0
    assert_close(*losses)


def test_median_frequency_by_hand():
    """The median of the three frequencies is 2/4; void counts for nothing, and so does an image without the class."""
    void = public.CamVid.VOID
    labels = torch.tensor([[[0, 0, 0], [0, 2, void]], [[0, 0, 1], [1, void, void]]])
    weights = films.median_frequency(labels)
    assert_close(weights[:3], 0.5 / torch.tensor([6 / 9, 2 / 4, 1 / 5]))
    assert (weights[3:] == 0).all()


@settings(max_examples=15, deadline=None)
@given(height=st.integers(32, 70), width=st.integers(32, 70))
def test_padding_is_cut_off_again(height, width):
    seen = []

    class PixelByPixel(nn.Module):
        def forward(self, padded):
            seen.append(padded.shape)
            return 2 * padded + 1

    images = torch.randn(2, 3, height, width)
    assert_close(films.Padded(PixelByPixel())(images), 2 * images + 1)
    H, W = seen[0][2:]
    assert H % 32 == W % 32 == 0 and H - height < 32 and W - width < 32
