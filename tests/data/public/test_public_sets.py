"""Every public data set, read back from small archives in its published layout."""

import io
import socket

import numpy as np
import pytest
import torch
from PIL import Image
from public_archives import CAMVID, FACTS, SMALL, Members, png, small_camvid
from public_site import LOAD, expect, serve
from torch.nn import functional

from helpers.data import public
from helpers.data.public import fetch, sources, streets
from helpers.data.public.cached import home
from helpers.data.public.sources import Edition


def image(content: bytes) -> np.ndarray:
    return np.array(Image.open(io.BytesIO(content)))


@pytest.mark.parametrize("name", SMALL)
def test_first_use_downloads_and_the_second_needs_no_network(site, monkeypatch, capfd, name):
    assert not public.available(name)
    LOAD[name]()
    files = {path for path, _ in site.asked}
    assert files == {f"/{name}/{archive}" for archive in SMALL[name]()}
    assert len(site.asked) == len(files)
    assert public.edition(name) == "small"
    printed = capfd.readouterr()
    assert sources.named(name).licence in printed.out and sources.named(name).citation in printed.out
    assert sources.named(name).title in printed.err  # the progress bar
    site.asked.clear()
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    assert public.available(name)
    LOAD[name]()
    assert not site.asked and capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", SMALL)
def test_only_what_the_course_reads_is_unpacked(site, name):
    LOAD[name]()
    folder = home(sources.named(name))
    assert not {path.name for path in folder.rglob("*")} & {"README.md", "readme.txt"}
    left = {path.name for path in folder.parent.iterdir()} - {f".{name}.lock"}
    assert left == {name}  # neither archives nor unpacking folder


def test_mnist(site):
    archives = SMALL["mnist"]()
    for split, prefix, count in (("train", "train", 30), ("test", "t10k", 20)):
        images, labels = public.mnist(split)
        raw = archives[f"{prefix}-images-idx3-ubyte.gz"][""]
        assert images.dtype == torch.uint8 and images.shape == (count, 28, 28)
        assert images.numpy().tobytes() == raw[16:]
        assert labels.tolist() == [i % 10 for i in range(count)]


def test_camvid(site):
    members = next(iter(SMALL["camvid"]().values()))
    scenes = public.camvid("val")
    assert scenes.names == ("0001TP_101", "0006R0_f102", "0006R0_f103") and len(scenes) == 3
    assert scenes.sequences == ("0001TP", "0006R0", "0006R0")
    assert scenes.images.shape == (3, 3, 180, 240) and scenes.labels.shape == (3, 180, 240)
    for i, name in enumerate(scenes.names):
        np.testing.assert_array_equal(
            scenes.images[i].permute(1, 2, 0), image(members[f"{CAMVID}/val/{name}.png"])
        )
        np.testing.assert_array_equal(scenes.labels[i], image(members[f"{CAMVID}/valannot/{name}.png"]))
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
    members = next(iter(archives.values()))
    serve(site, "camvid", archives)
    facts = {"train": 3, "val": 3, "test": 3, "size": (480, 360)}
    expect(monkeypatch, "camvid", Edition("official", facts), Edition("half size", FACTS["camvid"]))
    scenes = public.camvid("test")
    assert public.edition("camvid") == "official"
    assert scenes.labels.shape == (3, 180, 240)
    for i, name in enumerate(scenes.names):
        label = image(members[f"{CAMVID}/testannot/{name}.png"])
        np.testing.assert_array_equal(scenes.labels[i], label[1::2, 1::2])  # no class between two others
        full = torch.from_numpy(image(members[f"{CAMVID}/test/{name}.png"])).permute(2, 0, 1).float()
        smooth = functional.interpolate(full[None], scale_factor=0.5, mode="bilinear", antialias=True)[0]
        assert (scenes.images[i] - smooth).abs().max() <= 1


def test_files_with_the_published_counts_are_the_official_camvid(tmp_path):
    picture = png(np.zeros((360, 480, 3), np.uint8))
    label = png((np.arange(360 * 480) % 12).reshape(360, 480).astype(np.uint8))
    members: Members = {}
    for split, count in (("train", 367), ("val", 101), ("test", 233)):
        names = [f"Seq_{split}{i}.png" for i in range(count)]
        members |= {f"{CAMVID}/{split}/{name}": picture for name in names}
        members |= {f"{CAMVID}/{split}annot/{name}": label for name in names}
        members[f"{CAMVID}/{split}.txt"] = "\n".join(f"/x/{name} /y/{name}" for name in names).encode()
    for path, content in members.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    facts = streets.survey(tmp_path)
    assert fetch.matching(sources.CAMVID, facts, tmp_path, any_edition=False).name == "official"


def test_a_split_that_this_edition_lacks(site):
    with pytest.raises(public.DataError, match="small edition, which has no test split.*unset COURSE_MIRROR"):
        public.camvid("test")


def test_penn_fudan(site):
    people = public.penn_fudan()
    members = SMALL["pennfudan"]()["PennFudanPed.zip"]
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


@pytest.mark.parametrize(
    ("load", "split"),
    [(public.mnist, "val"), (public.camvid, "all"), (public.multi30k, "test"), (public.spoken_digits, 0)],
)
def test_a_split_that_is_none(load, split):
    with pytest.raises(ValueError, match="no split.*Expected"):
        load(split)


def test_an_official_address_is_held_to_the_official_edition(tmp_path):
    half = sources.CAMVID.editions[1].facts
    assert fetch.matching(sources.CAMVID, half, tmp_path, any_edition=True).name == "half size"
    with pytest.raises(
        public.DataError, match=r"not the official edition: test is 0, expected 233; size is \(240, 180\)"
    ):
        fetch.matching(sources.CAMVID, half, tmp_path, any_edition=False)
    with pytest.raises(public.DataError, match="not the half size edition: train is 366, expected 367"):
        fetch.matching(sources.CAMVID, half | {"train": 366}, tmp_path, any_edition=True)


def test_addresses(monkeypatch):
    monkeypatch.delenv("COURSE_MIRROR", raising=False)
    assert sources.addresses(sources.FSDD) == sources.FSDD.urls
    assert all(url.startswith("https://") for name in SMALL for url in sources.named(name).urls)
    monkeypatch.setenv("COURSE_MIRROR", "http://localhost:8000/")
    assert sources.addresses(sources.FSDD) == ("http://localhost:8000/fsdd/v1.0.9.tar.gz",)
    monkeypatch.setenv("COURSE_MIRROR", "../shared/mirror")
    with pytest.raises(public.DataError, match="COURSE_MIRROR is '../shared/mirror'. Expected an address"):
        sources.addresses(sources.FSDD)


def test_available_touches_no_network_and_knows_its_names(monkeypatch, tmp_path):
    def refuse(*_: object) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "not" / "there"))
    assert not any(public.available(name) for name in SMALL)
    assert not (tmp_path / "not").exists()
    with pytest.raises(ValueError, match="no data set 'imagenet'. Expected one of mnist, camvid"):
        public.available("imagenet")
    with pytest.raises(public.DataError, match="CamVid is not in the cache"):
        public.edition("camvid")


def test_every_manifest_says_what_its_users_must_know():
    for name in SMALL:
        source = sources.named(name)
        assert (
            source.licence and source.citation and source.megabytes and source.editions[0].name == "official"
        )
        assert len({url.rpartition("/")[-1] for url in source.urls}) == len(source.urls)
