"""The learner's own photograph and digit: what comes out, and what is refused in words."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from skimage.data import coffee

from helpers.data.digits import handwritten_digits
from helpers.data.own import paste_digit, read_photograph


@pytest.fixture
def upload() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(coffee()).save(buffer, "PNG")
    return buffer.getvalue()


def test_bytes_file_and_pixels_give_the_same_middle_square(upload, tmp_path):
    path = tmp_path / "cup.png"
    path.write_bytes(upload)
    read = [read_photograph(source, 64) for source in (upload, path, str(path), coffee())]
    assert all(torch.equal(read[0], other) for other in read[1:])
    square = Image.fromarray(coffee()[:, 100:500]).resize((64, 64), Image.Resampling.LANCZOS)
    difference = np.abs(read[0].permute(1, 2, 0).numpy().astype(int) - np.asarray(square).astype(int))
    # Cut within the resizing or before it: only the outermost pixels may differ, by what the filter sees beyond.
    assert difference[2:-2, 2:-2].max() <= 1 and difference.mean() < 0.2


def test_a_photograph_held_upright_is_read_upright(tmp_path):
    picture = Image.new("RGB", (60, 40))
    picture.paste((255, 0, 0), (0, 0, 60, 20))  # red above, as the sensor saw it
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: right side up after a quarter turn clockwise
    picture.save(tmp_path / "turned.png", exif=exif)
    red = read_photograph(tmp_path / "turned.png", 40)[0]
    assert red[:, 30:].float().mean() > 200 > 50 > red[:, :10].float().mean()


def test_what_is_no_picture_is_refused(tmp_path, upload):
    with pytest.raises(FileNotFoundError, match="no file holiday.jpg. Give the path"):
        read_photograph("holiday.jpg")
    for broken in (b"no picture at all", upload[: len(upload) // 2]):
        with pytest.raises(ValueError, match="cannot be read as a picture.*Expected a whole JPEG"):
            read_photograph(broken)


def test_the_sticker_is_where_it_was_put_and_nothing_else_changes():
    photograph = read_photograph(coffee())
    pasted, mask = paste_digit(photograph, handwritten_digits("test")[0][0], (40, 90), 30, "white", turn=15)
    rows, columns = mask.nonzero(as_tuple=True)
    assert abs(float(columns.float().mean()) - 40) < 4 and abs(float(rows.float().mean()) - 90) < 4
    assert 30 <= rows.max() - rows.min() + 1 <= 45
    changed = (pasted != photograph).any(dim=0)
    grown = torch.nn.functional.max_pool2d(mask[None].float(), 3, 1, 1)[0] > 0
    assert not (changed & ~grown).any() and (changed | ~mask).float().mean() > 0.99


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"photograph": torch.zeros(128, 128)},
            r"shape \(3, S, S\) in uint8, got \(128, 128\) in torch.float32",
        ),
        ({"ink": torch.zeros(28, 28, dtype=torch.uint8)}, "holds no ink"),
        ({"ink": torch.zeros(20, 20, dtype=torch.uint8)}, r"shape \(N, 28, 28\), got \(1, 20, 20\)"),
        ({"height": 120}, "120 pixels tall does not fit into a photograph of 128"),
        ({"colour": "mauve"}, "no colour 'mauve': choose from white"),
    ],
)
def test_what_does_not_fit_is_refused(change, message):
    fitting = {
        "photograph": read_photograph(coffee()),
        "ink": handwritten_digits("test")[0][0],
        "place": (64, 64),
        "height": 40,
    }
    with pytest.raises(ValueError, match=message):
        paste_digit(**fitting | change)
