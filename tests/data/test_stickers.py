"""Stickers: their shape, turns, cuts and colours."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt
from sights import SIGHTS, contrast, nearest
from skimage.transform import resize
from torch.testing import assert_close

from helpers.data.digits import handwritten_digits, sticker_textures, textures_of
from helpers.data.stickers import STICKER_COLOURS, cut_offset, sample_sticker, sampling_grid


def sticker(textures, places, heights, angles, size):
    return sample_sticker(textures, sampling_grid(places, heights, angles, size), heights)


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    return (first & second).sum() / (first | second).sum()


def test_a_sticker_is_the_digits_ink_widened_by_an_eighth_of_its_height():
    """Drawn large and compared with scikit-image's enlargement and SciPy's exact distances."""
    chosen = handwritten_digits("test")[0][::50]
    height, size, n = 300, 460, len(chosen)
    middle, tall = torch.full((n, 2), size / 2), torch.full((n,), float(height))
    cover, ink = sticker(textures_of(chosen), middle, tall, torch.zeros(n), size)
    for digit, covered, inked in zip(
        chosen.numpy(), (cover >= 0.5).numpy(), (ink >= 0.5).numpy(), strict=True
    ):
        rows, columns = np.flatnonzero((digit > 127).any(1)), np.flatnonzero((digit > 127).any(0))
        scale = height / max(np.ptp(rows) + 1, np.ptp(columns) + 1)
        large = resize(digit / 255.0, (round(28 * scale),) * 2, order=1) >= 0.5
        top, left = (round(1.5 * size - (ends[0] + ends[-1] + 1) / 2 * scale) for ends in (rows, columns))
        canvas = np.zeros((3 * size, 3 * size), bool)
        canvas[top : top + len(large), left : left + len(large)] = large
        assert overlap(inked, canvas[size : 2 * size, size : 2 * size]) > 0.8
        away = distance_transform_edt(~inked) / height
        # The texture counts from the centres of its pixels, which are a fortieth of the height wide.
        assert overlap(covered, away <= 0.12) > 0.93
        assert overlap(covered, away <= 0.08) < 0.9 and overlap(covered, away <= 0.16) < 0.9
        assert abs(max(np.ptp(each) + 1 for each in np.nonzero(inked)) - height) < 0.08 * height


def test_a_turn_is_clockwise_and_a_sticker_keeps_its_shape_wherever_it_lies():
    textures = textures_of(handwritten_digits("test")[0][:8])
    middle, tall, upright = torch.full((8, 2), 32.0), torch.full((8,), 30.0), torch.zeros(8)
    cover, _ = sticker(textures, middle, tall, upright, 64)
    turned, _ = sticker(textures, middle, tall, upright + torch.pi / 2, 64)
    assert_close(turned, cover.rot90(-1, dims=(1, 2)), rtol=0, atol=1e-3)
    moved, _ = sticker(textures, middle + torch.tensor([5.0, -7.0]), tall, upright, 64)
    assert_close(moved, cover.roll((-7, 5), dims=(1, 2)), rtol=0, atol=1e-4)


@settings(deadline=None, max_examples=25)
@given(st.floats(-7, 7), st.floats(0, 0.95), st.integers(0, 499))
def test_a_cut_hides_the_share_of_ink_that_it_is_asked_for(direction, share, digit):
    textures = sticker_textures("test")[0][digit : digit + 1]
    offset = cut_offset(textures, torch.tensor([direction]), torch.tensor([share])).item()
    row, column = np.nonzero(textures[0, 0].numpy() >= 0.5)
    along = ((column + 0.5) * math.cos(direction) + (row + 0.5) * math.sin(direction)) / 32
    along -= math.cos(direction) + math.sin(direction)
    wanted = share * len(along)
    assert (along < offset - 1e-5).sum() <= wanted + 1e-3 and (along <= offset + 1e-5).sum() >= wanted - 1e-3


def test_ink_is_readable_on_every_backing():
    """The contrast ratio of WCAG 2.2 for text: at least 4.5."""
    for name, backing, ink in STICKER_COLOURS:
        assert contrast(np.array([backing]), np.array(ink), "normal").item() >= 4.5, name


@pytest.mark.parametrize("sight", SIGHTS)
def test_backings_are_told_apart_by_all_eyes(sight):
    """Fifteen units of CIELAB are several times what is just told apart side by side."""
    assert nearest(np.array([backing for _, backing, _ in STICKER_COLOURS]), sight) >= 15
