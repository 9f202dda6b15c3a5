"""The learner's own photograph and digit: what comes out, and what is refused in words."""

import io
import math
import re
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image
from skimage.data import coffee

from helpers.data.digits import handwritten_digits
from helpers.data.own import _as_rgb, paste_digit, read_photograph

INK = handwritten_digits("test")[0][0]


def saved(picture: Image.Image, kind: str = "PNG", **options) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def test_bytes_file_and_pixels_give_the_same_middle_square(tmp_path):
    upload, path = saved(Image.fromarray(coffee())), tmp_path / "cup.png"
    path.write_bytes(upload)
    read = [read_photograph(each, 64) for each in (upload, memoryview(upload), path, str(path), coffee())]
    assert all(torch.equal(read[0], other) for other in read[1:])
    square = Image.fromarray(coffee()[:, 100:500]).resize((64, 64), Image.Resampling.LANCZOS)
    difference = np.abs(read[0].permute(1, 2, 0).numpy().astype(int) - np.asarray(square).astype(int))
    # Cut within the resizing or before it: only the outermost pixels may differ, by what the filter sees beyond.
    assert difference[2:-2, 2:-2].max() <= 1 and difference.mean() < 0.2


def test_a_photograph_held_upright_is_read_upright():
    picture = Image.new("RGB", (60, 40))
    picture.paste((255, 0, 0), (0, 0, 60, 20))  # red above, as the sensor saw it
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: right side up after a quarter turn clockwise
    red = read_photograph(saved(picture, exif=exif), 40)[0]
    assert red[:, 30:].float().mean() > 200 > 50 > red[:, :10].float().mean()


GREY = Image.fromarray(np.tile(np.arange(0, 256, 4, dtype=np.uint8), (64, 1)))
SCAN = np.asarray(GREY).astype(np.uint16) * 257  # the same picture with 16 bits a pixel


def in_mode(picture: Image.Image, mode: str) -> Image.Image:
    if mode.startswith("I;16"):
        return Image.frombytes(mode, SCAN.shape, (SCAN.byteswap() if mode == "I;16B" else SCAN).tobytes())
    return picture.convert({"La": "LA", "RGBa": "RGBA", "LAB": "RGB"}.get(mode, mode)).convert(mode)


@pytest.mark.parametrize("mode", Image.MODES)
def test_a_picture_of_any_mode_keeps_its_greys_or_is_refused(mode):
    """A scan of 16 bits once came out white."""
    if mode in ("I", "F"):
        with pytest.raises(ValueError, match="do not say which value is white"):
            _as_rgb(in_mode(GREY, mode))
    else:
        found = np.asarray(_as_rgb(in_mode(GREY, mode))).reshape(64, 8, 8, 3).mean(axis=(0, 2))
        assert np.abs(found - (np.arange(8) * 32 + 14)[:, None]).max() < 4, "averages, for mode 1 is dithered"


SCANS = {
    "PNG": saved(Image.fromarray(SCAN)),
    "TIFF": saved(Image.fromarray(SCAN), "TIFF"),
    "PGM": b"P5 64 64 65535\n" + SCAN.byteswap().tobytes(),
    "array": SCAN,
}


@pytest.mark.parametrize("scan", SCANS.values(), ids=SCANS)
def test_a_scan_of_16_bits_is_the_picture_of_8(scan):
    assert (read_photograph(scan, 64).int() - read_photograph(saved(GREY), 64).int()).abs().max() <= 1


@pytest.mark.parametrize("mode", ["RGBA", "RGBa", "LA", "La", "PA", "P", "L", "RGB"])
def test_what_is_transparent_becomes_white(mode):
    picture = in_mode(Image.new("RGBA", (8, 8), (0, 0, 0, 0)), mode)
    if mode in ("P", "L", "RGB"):
        picture.info["transparency"] = (0, 0, 0) if mode == "RGB" else picture.getpixel((0, 0))
    elif mode == "PA":
        picture.putalpha(0)
    assert np.asarray(_as_rgb(picture)).min() == 255
    half = in_mode(Image.new("RGBA", (8, 8), (0, 0, 0, 127)), "RGBA")
    assert np.abs(np.asarray(_as_rgb(half)).astype(int) - 128).max() <= 1


def test_the_sticker_is_where_it_was_put_and_nothing_else_changes():
    photograph = read_photograph(coffee())
    pasted, mask = paste_digit(photograph, INK, (40, 90), 30, "white", turn=15)
    rows, columns = mask.nonzero(as_tuple=True)
    assert abs(float(columns.float().mean()) - 40) < 4 and abs(float(rows.float().mean()) - 90) < 4
    assert 30 <= rows.max() - rows.min() + 1 <= 45
    changed = (pasted != photograph).any(dim=0)
    grown = torch.nn.functional.max_pool2d(mask[None].float(), 3, 1, 1)[0] > 0
    assert not (changed & ~grown).any() and (changed | ~mask).float().mean() > 0.99


PHOTOGRAPH = torch.zeros(3, 128, 128, dtype=torch.uint8)
WHOLE = saved(Image.fromarray(coffee()))
paste = partial(paste_digit, PHOTOGRAPH, INK)
REFUSED = {
    "There is no file holiday.jpg. Give the path": lambda: read_photograph("holiday.jpg"),
    "cannot be read as a picture (cannot identify": lambda: read_photograph(b"no picture at all"),
    "Expected a whole JPEG, PNG or WebP": lambda: read_photograph(WHOLE[: len(WHOLE) // 2]),
    "cannot be read as a picture (broken": lambda: read_photograph(WHOLE[:60] + b"\0" * 9 + WHOLE[69:]),
    "cannot be read as a picture (Cannot handle": lambda: read_photograph(np.zeros((8, 8, 3))),
    "it has no pixels": lambda: read_photograph(np.zeros((0, 8, 3), np.uint8)),
    "This file cannot be read": lambda: read_photograph(None),
    "size is 0: give the side in pixels": lambda: read_photograph(coffee(), 0),
    "shape (3, S, S) in uint8, got (3, 128, 128) in torch.float32": lambda: paste_digit(
        PHOTOGRAPH.float(), INK, (64, 64), 40
    ),
    "shape (3, S, S) in uint8, got (3, 100, 128)": lambda: paste_digit(
        PHOTOGRAPH[:, :100], INK, (64, 64), 40
    ),
    "holds no ink": lambda: paste_digit(PHOTOGRAPH, INK * 0, (64, 64), 40),
    "shape (N, 28, 28), got (1, 20, 28)": lambda: paste_digit(PHOTOGRAPH, INK[:20], (64, 64), 40),
    "120 pixels tall does not fit into a photograph of 128": lambda: paste((64, 64), 120),
    "nan pixels tall": lambda: paste((64, 64), math.nan),
    "no colour 'mauve': choose from white": lambda: paste((64, 64), 40, "mauve"),
    "place is (64, 129): give x and y on the photograph, 0 to 128": lambda: paste((64, 129), 40),
    "place is (nan, 0)": lambda: paste((math.nan, 0), 40),
    "place is (1, 2, 3)": lambda: paste((1, 2, 3), 40),
    "turn is nan: give degrees": lambda: paste((64, 64), 40, turn=math.nan),
}


@pytest.mark.parametrize("words, call", REFUSED.items())
def test_what_does_not_fit_is_refused_in_words(words, call):
    with pytest.raises((ValueError, FileNotFoundError), match=re.escape(words)):
        call()
