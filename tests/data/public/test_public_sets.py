"""Every public data set, read back from small archives in its published layout."""

import io
import socket

import numpy as np
import pytest
import torch
from PIL import Image
from public_archives import CAMVID, FACTS, SMALL, small_camvid
from public_site import LOAD, expect, serve
from torch.nn import functional

from helpers.data import public
from helpers.data.public import fetch, sources
from helpers.data.public.cached import home
from helpers.data.public.sources import Edition


def image(content: bytes) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(content)))


@pytest.mark.parametrize("name", SMALL)
def test_first_use_downloads_and_the_second_needs_no_network(site, monkeypatch, capfd, name):
    assert not public.available(name)
    LOAD[name]()
    assert sorted(path for path, _ in site.asked) == sorted(f"/{name}/{archive}" for archive in SMALL[name]())
    assert public.edition(name) == "small"
    printed, source = capfd.readouterr(), sources.named(name)
    assert source.licence in printed.out and source.citation in printed.out
    assert source.title in printed.err  # the progress bar
    assert not {path.name for path in home(source).rglob("*")} & {"README.md", "readme.txt"}
    # Neither archives nor an unpacking folder are left.
    assert {path.name for path in home(source).parent.iterdir()} == {f".{name}.lock", name}
    site.asked.clear()
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    assert public.available(name)
    LOAD[name]()
    assert not site.asked and capfd.readouterr() == ("", "")


def test_mnist(site):
    archives = SMALL["mnist"]()
    for split, prefix, count in (("train", "train", 30), ("test", "t10k", 20)):
        images, labels = public.mnist(split)
        assert images.dtype == torch.uint8 and images.shape == (count, 28, 28)
        assert images.numpy().tobytes() == archives[f"{prefix}-images-idx3-ubyte.gz"][""][16:]
        assert labels.tolist() == [i % 10 for i in range(count)]


def test_camvid(site):
    (members,) = SMALL["camvid"]().values()
    scenes = public.camvid("val")
    assert scenes.names == ("0001TP_101", "0006R0_f102", "0006R0_f103") and len(scenes) == 3
    assert scenes.sequences == ("0001TP", "0006R0", "0006R0")
    for name, picture, labels in zip(scenes.names, scenes.images, scenes.labels, strict=True):
        np.testing.assert_array_equal(picture.permute(1, 2, 0), image(members[f"{CAMVID}/val/{name}.png"]))
        np.testing.assert_array_equal(labels, image(members[f"{CAMVID}/valannot/{name}.png"]))
    assert len(scenes.classes) == scenes.VOID == 11


def test_a_film_held_out_leaves_none_of_its_scenes_behind(site):
    scenes = public.camvid("train")
    rest, held = scenes.hold_out("0006R0")
    assert set(rest.sequences) == {"0001TP"} and set(held.sequences) == {"0006R0"}
    assert torch.equal(torch.cat([rest.images, held.images]), scenes.images)
    assert torch.equal(held.labels, scenes.labels[1:])
    with pytest.raises(ValueError, match="no film 'Seq05VD'.*0001TP"):
        scenes.hold_out("Seq05VD")


def test_full_size_camvid_is_halved(site, monkeypatch):
    archives = small_camvid(size=(480, 360), splits=("train", "val", "test"))
    (members,) = archives.values()
    serve(site, "camvid", archives)
    facts = {"train": 3, "val": 3, "test": 3, "size": (480, 360)}
    expect(monkeypatch, "camvid", Edition("official", facts), Edition("half size", FACTS["camvid"]))
    scenes = public.camvid("test")
    assert public.edition("camvid") == "official"
    for name, picture, labels in zip(scenes.names, scenes.images, scenes.labels, strict=True):
        label = image(members[f"{CAMVID}/testannot/{name}.png"])
        np.testing.assert_array_equal(labels, label[1::2, 1::2])  # no class between two others
        full = torch.from_numpy(image(members[f"{CAMVID}/test/{name}.png"])).permute(2, 0, 1).float()
        smooth = functional.interpolate(full[None], scale_factor=0.5, mode="bilinear", antialias=True)[0]
        assert (picture - smooth).abs().max() <= 1


def test_a_split_that_this_edition_lacks(site):
    with pytest.raises(public.DataError, match="small edition, which has no test split.*unset COURSE_MIRROR"):
        public.camvid("test")


def test_penn_fudan(site):
    people = public.penn_fudan()
    (members,) = SMALL["pennfudan"]().values()
    assert people.names == ("FudanPed00001", "FudanPed00002") and len(people) == 2
    for name, photograph, mask in zip(people.names, people.images, people.masks, strict=True):
        expected = image(members[f"PennFudanPed/PNGImages/{name}.png"])
        np.testing.assert_array_equal(photograph.permute(1, 2, 0), expected)
        np.testing.assert_array_equal(mask, image(members[f"PennFudanPed/PedMasks/{name}_mask.png"]))


def test_sentences(site):
    assert public.multi30k("train") == [("Ein\x85 Hund.", "A dog."), ("Zwei Katzen.", "Two cats.")]
    assert public.multi30k("val") == [("Drei Vögel.", "Three birds.")]
    assert public.tatoeba() == [("Ve.", "Go."), ("Vaya.", "Go."), ("¿Quién?", "Who?")]


def test_spoken_digits(site):
    train, test = public.spoken_digits("train"), public.spoken_digits("test")
    assert (len(train), len(test)) == (40, 100)
    assert set(test.indices.tolist()) == {0, 1, 2, 3, 4} and set(train.indices.tolist()) == {5, 6}
    assert train.rate == 8_000 and test.digits.bincount().tolist() == [10] * 10
    i = next(i for i in range(40) if (train.digits[i], train.speakers[i], train.indices[i]) == (7, "bo", 6))
    assert torch.equal(train.waveforms[i], torch.arange(106) * 70 / 32768)


def test_an_official_address_is_held_to_the_official_edition(tmp_path):
    official, half = (edition.facts for edition in sources.CAMVID.editions)

    def match(facts: dict, any_edition: bool) -> str:
        return fetch.matching(sources.CAMVID, facts, tmp_path, any_edition).name

    assert (match(official, False), match(half, True)) == ("official", "half size")
    with pytest.raises(
        public.DataError, match=r"official edition: test is 0, expected 233; size is \(240, 180\)"
    ):
        match(half, False)
    with pytest.raises(public.DataError, match="not the half size edition: train is 366, expected 367"):
        match(half | {"train": 366}, True)


def test_addresses_are_the_official_ones_or_the_mirrors(monkeypatch):
    monkeypatch.delenv("COURSE_MIRROR", raising=False)
    for source in map(sources.named, SMALL):
        assert source.editions[0].name == "official"
        assert len({url.rpartition("/")[-1] for url in source.urls}) == len(source.urls)
        assert sources.addresses(source) == source.urls and all(
            url.startswith("https://") for url in source.urls
        )
    monkeypatch.setenv("COURSE_MIRROR", "http://localhost:8000/")
    assert sources.addresses(sources.FSDD) == ("http://localhost:8000/fsdd/v1.0.9.tar.gz",)


def test_available_touches_no_network_and_no_disk(monkeypatch, tmp_path):
    monkeypatch.setattr(socket, "socket", None)
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "not" / "there"))
    assert not any(public.available(name) for name in SMALL) and not (tmp_path / "not").exists()


NAMES = {
    "MNIST has no split 'val'. Expected": lambda: public.mnist("val"),
    "CamVid has no split 'all'. Expected": lambda: public.camvid("all"),
    "Multi30k has no split 'test' here. Expected": lambda: public.multi30k("test"),
    "The spoken digits have no split 0. Expected": lambda: public.spoken_digits(0),
    "no data set 'imagenet'. Expected one of mnist, camvid": lambda: public.available("imagenet"),
    "CamVid is not in the cache": lambda: public.edition("camvid"),
}


@pytest.mark.parametrize("message", NAMES)
def test_names_that_are_none(site, message):
    with pytest.raises((ValueError, public.DataError), match=message):
        NAMES[message]()
