"""Copies of the public data sets that contradict themselves or what is known of them are refused."""

from hashlib import md5
from pathlib import Path

import numpy as np
import pytest
from public_archives import CAMVID, FACTS, FSDD, SMALL, idx, png, wav
from public_site import LOAD, expect, serve, small_site

from helpers.data import public
from helpers.data.public import sources
from helpers.data.public.cached import home
from helpers.data.public.sources import Edition

CONTRADICTIONS = {
    "camvid": {
        "an image without annotation": (
            {f"{CAMVID}/trainannot/0001TP_001.png": None},
            "no trainannot/0001TP_001.png",
        ),
        "a listed image that is missing": ({f"{CAMVID}/val/0001TP_101.png": None}, "no val/0001TP_101.png"),
        "images without a list": ({f"{CAMVID}/val.txt": None}, "no val.txt"),
        "another size": (
            {f"{CAMVID}/train/0001TP_001.png": png(np.zeros((90, 120, 3), np.uint8))},
            "its annotation",
        ),
        "a label above void": (
            {f"{CAMVID}/trainannot/0001TP_001.png": png(np.full((180, 240), 12, np.uint8))},
            "label 12",
        ),
        "colours for labels": (
            {f"{CAMVID}/trainannot/0001TP_001.png": png(np.zeros((180, 240, 3), np.uint8))},
            "colours",
        ),
        "no picture": ({f"{CAMVID}/train/0001TP_001.png": b"<html>"}, "cannot be read"),
    },
    "pennfudan": {
        "a photograph without mask": (
            {"PennFudanPed/PedMasks/FudanPed00001_mask.png": None},
            "00001_mask.png",
        ),
        "a mask without photograph": ({"PennFudanPed/PNGImages/FudanPed00002.png": None}, "00002_mask.png"),
        "nobody in a mask": (
            {"PennFudanPed/PedMasks/FudanPed00001_mask.png": png(np.zeros((20, 30), np.uint8))},
            "no pedestrians",
        ),
        "a number that is nobody": (
            {"PennFudanPed/PedMasks/FudanPed00001_mask.png": png(np.full((20, 30), 255, np.uint8))},
            "no pedestrians",
        ),
        "another size": (
            {"PennFudanPed/PedMasks/FudanPed00001_mask.png": png(np.ones((30, 20), np.uint8))},
            "its mask",
        ),
    },
    "multi30k": {
        "a line too few": ({"train.en": b"A dog.\n"}, "2 German and 1 English"),
        "an empty line": ({"train.en": b"A dog.\n\nTwo cats.\n"}, "line 2 of train.en is empty"),
        "another encoding": ({"train.de": "Zwei Vögel.\nEins.".encode("latin1")}, "not UTF-8"),
        "a language missing": ({"train.de": None}, "train.de is not there"),
    },
    "tatoeba": {
        "three columns": ({"spa-eng/spa.txt": b"Go.\tVe.\tCC-BY\n"}, "line 1"),
        "an empty side": ({"spa-eng/spa.txt": b"Go.\tVe.\nGo.\t \n"}, "line 2"),
    },
    "fsdd": {
        "a recording missing": ({f"{FSDD}/3_bo_2.wav": None}, r"\(3, 'bo', 2\)"),
        "two channels": ({f"{FSDD}/3_bo_2.wav": wav(np.arange(100), channels=2)}, "3_bo_2.wav is not mono"),
        "an early end": ({f"{FSDD}/3_bo_2.wav": wav(np.arange(100))[:-20]}, "3_bo_2.wav ends early"),
        "no sound": ({f"{FSDD}/3_bo_2.wav": b"<html>"}, "3_bo_2.wav is no sound"),
        "another name": ({f"{FSDD}/three_bo.wav": wav(np.arange(100))}, "not named"),
        "another rate": (
            {f"{FSDD}/3_bo_2.wav": wav(np.arange(100), rate=16_000)},
            "rate is .*16000.*expected 8000",
        ),
    },
}


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    with small_site(monkeypatch, tmp_path) as site:
        yield site


@pytest.mark.parametrize(
    ("name", "fault"), [(name, fault) for name, faults in CONTRADICTIONS.items() for fault in faults]
)
def test_a_copy_that_contradicts_itself_is_refused(site, name, fault):
    changes, message = CONTRADICTIONS[name][fault]
    archives = SMALL[name]()
    members = next(iter(archives.values()))
    members |= changes
    for path in [path for path, content in members.items() if content is None]:
        del members[path]
    serve(site, name, archives)
    with pytest.raises(public.DataError, match=message) as error:
        LOAD[name]()
    assert "expected" in str(error.value).lower() and "run again" in str(error.value)
    assert not public.available(name) and not home(sources.named(name)).exists()
    serve(site, name, SMALL[name]())  # the address is mended: nothing of the wrong copy is in the way
    LOAD[name]()


def test_mnist_with_a_label_too_few(site):
    archives = SMALL["mnist"]()
    archives["t10k-labels-idx1-ubyte.gz"] = {"": idx(np.zeros(19, np.uint8))}
    serve(site, "mnist", archives)
    with pytest.raises(public.DataError, match="20 images and 19 labels in its test"):
        public.mnist()


@pytest.mark.parametrize("content", [b"", b"<html>", idx(np.zeros((20, 28, 28), np.uint8))[:-1]])
def test_mnist_that_is_no_idx_file(site, content):
    archives = SMALL["mnist"]()
    archives["t10k-images-idx3-ubyte.gz"] = {"": content}
    serve(site, "mnist", archives)
    with pytest.raises(public.DataError, match="t10k-images-idx3-ubyte is no idx file of rank 3"):
        public.mnist()


def test_one_wrong_bit_in_mnist_fails_the_published_checksum(site, monkeypatch):
    archives = SMALL["mnist"]()
    good = "md5:" + md5(archives["train-images-idx3-ubyte.gz"][""]).hexdigest()
    checksums = {"MNIST/raw/train-images-idx3-ubyte": good}
    expect(monkeypatch, "MNIST", Edition("small", FACTS["mnist"], checksums))
    raw = bytearray(archives["train-images-idx3-ubyte.gz"][""])
    raw[1000] ^= 1
    archives["train-images-idx3-ubyte.gz"] = {"": bytes(raw)}
    serve(site, "mnist", archives)
    with pytest.raises(
        public.DataError, match=f"the checksum of .*train-images.* is md5:.*, expected {good}"
    ):
        public.mnist()
    assert not public.available("mnist")
    serve(site, "mnist", SMALL["mnist"]())
    assert len(public.mnist().images) == 30
