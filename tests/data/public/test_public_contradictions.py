"""Copies of the public data sets that contradict themselves or what is known of them are refused."""

import numpy as np
import pytest
from public_archives import CAMVID, FSDD, SMALL, png, wav
from public_site import LOAD, refused, serve

LABELS, MASK = f"{CAMVID}/trainannot/0001TP_001.png", "PennFudanPed/PedMasks/FudanPed00001_mask.png"
PICTURE, SOUND = f"{CAMVID}/train/0001TP_001.png", f"{FSDD}/3_bo_2.wav"
IMAGES = "train-images-idx3-ubyte.gz"
WRONG_BIT = bytearray(SMALL["mnist"]()[IMAGES][""])
WRONG_BIT[1000] ^= 1


def flat(value: int, *shape: int) -> bytes:
    """A picture of one value."""
    return png(np.full(shape, value, np.uint8))


# The data set, the member of its first archive (of MNIST: the archive), what is there instead, and the message.
CONTRADICTIONS = [
    ("mnist", IMAGES, bytes(WRONG_BIT), "checksum of .*train-images.* is md5:.*, expected md5:"),
    ("mnist", IMAGES, b"", "checksum of .*train-images.* is md5:"),
    ("camvid", LABELS, None, "no counterpart for .*trainannot/0001TP_001.png"),
    ("camvid", f"{CAMVID}/val/0001TP_101.png", None, "no counterpart for .*valannot/0001TP_101.png"),
    ("camvid", PICTURE, flat(0, 90, 120, 3), r"is \(120, 90\), its annotation \(240, 180\)"),
    ("camvid", LABELS, flat(12, 180, 240), "largest number in trainannot/0001TP_001.png is 12.*0 to 11"),
    ("camvid", LABELS, flat(0, 180, 240, 3), "colours"),
    ("camvid", PICTURE, b"<html>", "cannot be read: cannot identify"),
    ("pennfudan", MASK, None, "no counterpart for .*00001_mask.png"),
    ("pennfudan", "PennFudanPed/PNGImages/FudanPed00002.png", None, "no counterpart for .*00002_mask.png"),
    ("pennfudan", MASK, flat(0, 20, 30), "00001_mask.png is 0, and should be 1 to 50"),
    ("pennfudan", MASK, flat(255, 20, 30), "00001_mask.png is 255, and should be 1 to 50"),
    ("pennfudan", MASK, flat(1, 30, 20), r"is \(30, 20\), its annotation \(20, 30\)"),
    ("multi30k", "train.en", b"A dog.\n", "2 German and 1 English"),
    ("multi30k", "train.en", b"A dog.\n\nTwo cats.\n", "line 2 of train.en is empty"),
    ("multi30k", "train.de", "Zwei Vögel.\nEins.".encode("latin1"), "train.de is not there or not UTF-8"),
    ("multi30k", "train.de", None, "train.de is not there"),
    ("tatoeba", "spa-eng/spa.txt", b"Go.\tVe.\tCC-BY\n", "line 1"),
    ("tatoeba", "spa-eng/spa.txt", b"Go.\tVe.\nGo.\t \n", "line 2"),
    ("fsdd", SOUND, None, r"\(3, 'bo', 2\)"),
    ("fsdd", SOUND, wav(np.arange(100), channels=2), "3_bo_2.wav is not mono"),
    ("fsdd", SOUND, wav(np.arange(100))[:-20], "3_bo_2.wav ends early"),
    ("fsdd", SOUND, b"<html>", "3_bo_2.wav is no sound"),
    ("fsdd", f"{FSDD}/three_bo.wav", wav(np.arange(100)), "not named"),
    ("fsdd", SOUND, wav(np.arange(100), rate=16_000), "rate is .*16000.*expected 8000"),
]


@pytest.mark.parametrize(("name", "member", "content", "message"), CONTRADICTIONS)
def test_a_copy_that_contradicts_itself_is_refused(site, name, member, content, message):
    archives = SMALL[name]()
    members = archives[member] if name == "mnist" else next(iter(archives.values()))
    if content is None:
        del members[member]
    else:
        members["" if name == "mnist" else member] = content
    serve(site, name, archives)
    refused(name, message)
    serve(site, name, SMALL[name]())  # the address is mended: nothing of the wrong copy is in the way
    LOAD[name]()
