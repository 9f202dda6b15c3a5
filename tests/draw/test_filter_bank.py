"""The filter bank of lesson 09 against loops, hand-made numbers and its own symmetries."""

import math
import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from helpers.draw import figures, filters, labs
from helpers.draw.filters import Window


def numbers(x=0.0, y=0.0, variance=1.0, stride=1.0, intensity=1.0):
    """One window's five numbers, in double precision."""
    return torch.tensor([[x, y, *map(math.log, (variance, stride, intensity))]], dtype=torch.float64)


def slow_row(centre, stride, variance, n, size):
    """The paper's own formula, filters and pixels counted from 1."""
    rows = []
    for i in range(1, n + 1):
        mean = centre + 1 + (i - n / 2 - 0.5) * stride
        heights = [math.exp(-((a - mean) ** 2) / (2 * variance)) for a in range(1, size + 1)]
        rows.append([height / sum(heights) for height in heights])
    return torch.tensor(rows, dtype=torch.float64)


@settings(max_examples=25, deadline=None)
@given(
    centre=st.floats(2, 9), stride=st.floats(0.2, 3), variance=st.floats(0.3, 6),
    n=st.integers(2, 6), size=st.integers(10, 14),
)  # fmt: skip
def test_filters_are_the_papers(centre, stride, variance, n, size):
    parts = (torch.tensor([each], dtype=torch.float64) for each in (centre, stride, variance))
    assert_close(filters.filters(*parts, n, size)[0], slow_row(centre, stride, variance, n, size))


def test_five_zeros_span_the_longer_side_about_the_middle():
    at = filters.window(numbers(), (20, 31), n=4)
    found = [float(part) for part in at]
    assert found == pytest.approx([15.0, 9.5, 10.0, 1.0, 1.0])
    left, top, width, height = filters.boxes(numbers()[0], (20, 31), 4).tolist()
    assert (left + width / 2, top + height / 2) == pytest.approx((15.5, 10.0)) and width == height == 40


def test_narrow_filters_a_pixel_apart_read_the_pixels_themselves():
    image = torch.rand(1, 2, 7, 7, dtype=torch.float64)
    at = filters.window(numbers(variance=0.01), (7, 7), n=7)
    assert_close(filters.read(image, at, 7), image)
    assert_close(filters.write(image[:, 0], at, (7, 7)), image[:, 0])


@pytest.mark.parametrize("n", [3, 4])
def test_a_mirrored_window_reads_the_mirrored_picture(n):
    """Filters off by one fail here: their window is shifted, and a mirror shifts it the other way."""
    image = torch.rand(1, 1, 12, 15, dtype=torch.float64)
    here, there = numbers(x=0.3, y=-0.2, stride=0.3), numbers(x=-0.3, y=0.2, stride=0.3)
    seen, turned = (
        filters.read(each, filters.window(five, (12, 15), n), n)
        for each, five in ((image, here), (image.flip(2, 3), there))
    )
    assert_close(turned.flip(2, 3), seen)

    def off_by_one(centre, stride, variance):
        return filters.filters(centre - stride, stride, variance, n, 15)

    one, zero = torch.ones(1, dtype=torch.float64), torch.full((1,), 7.0, dtype=torch.float64)
    assert_close(filters.filters(zero, one, one, n, 15).flip(1, 2), filters.filters(zero, one, one, n, 15))
    assert not torch.allclose(off_by_one(zero, one, one).flip(1, 2), off_by_one(zero, one, one))


def test_writing_is_the_transpose_of_reading_but_for_the_intensity():
    """<read(image), patch> = <image, write(patch)> where the intensity is 1."""
    image, patch = torch.rand(1, 1, 9, 11, dtype=torch.float64), torch.rand(1, 4, 4, dtype=torch.float64)
    at = filters.window(numbers(x=0.2, variance=2, stride=0.4), (9, 11), 4)
    inner = (filters.read(image, at, 4)[0, 0] * patch[0]).sum()
    assert_close((image[0, 0] * filters.write(patch, at, (9, 11))[0]).sum(), inner)
    strong = at._replace(intensity=torch.tensor([3.0], dtype=torch.float64))
    assert_close(filters.read(image, strong, 4), 3 * filters.read(image, at, 4))
    assert_close(filters.write(patch, strong, (9, 11)), filters.write(patch, at, (9, 11)) / 3)


def test_gradients_reach_all_five_numbers():
    image = torch.rand(2, 1, 6, 7, dtype=torch.float64)
    five = torch.cat([numbers(0.1, -0.2, 1.5, 0.5, 1.2), numbers(-0.3, 0.4, 0.8, 0.7, 0.9)]).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda each: filters.read(image, filters.window(each, (6, 7), 3), 3), five
    )


def test_a_filter_far_outside_stays_finite():
    at = Window(*(torch.tensor([value]) for value in (500.0, -500.0, 1.0, 0.05, 1.0)))
    seen = filters.read(torch.ones(1, 1, 5, 5), at, 2)
    assert_close(seen, torch.ones_like(seen))


def test_the_lab_shows_what_the_filters_do():
    picture = np.random.default_rng(0).random((9, 12))
    shown = labs.filter_bank(picture, 3, 0, 2, x=20, y=-10, log_variance=50, log_stride=-60, log_intensity=30)
    rows = slow_row(shown["y"], shown["stride"], shown["deviation"] ** 2, 3, 9)
    columns = slow_row(shown["x"], shown["stride"], shown["deviation"] ** 2, 3, 12)
    patch = shown["intensity"] * rows @ torch.from_numpy(picture) @ columns.T
    assert_close(torch.from_numpy(shown["patch"]), patch)
    assert_close(torch.from_numpy(shown["written"]), rows.T @ patch @ columns / shown["intensity"])
    assert shown["value"] == pytest.approx(float(patch[0, 2])) and shown["chosen"] == 2
    corner = [shown[name] - shown["stride"] + 0.5 for name in ("x", "y")]
    assert shown["dots"][0].tolist() == pytest.approx(corner)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: filters.window(torch.zeros(5), (4, 4), 3), "Expected five numbers for each window, (B, 5)"),
        (lambda: filters.window([[0.0] * 5], (4, 4), 3), "torch.as_tensor(numbers)"),
        (lambda: filters.window(torch.zeros(1, 5), (4, 4), 1), "at least two filters"),
        (lambda: filters.read(torch.zeros(1, 4, 4), None, 3), "images of shape (B, C, H, W)"),
        (lambda: filters.read(torch.zeros(1, 1, 4, 4, dtype=torch.uint8), None, 3), "in floating point"),
        (lambda: figures.filter_bank(torch.full((3, 3), 2.0), 4, "grey"), "numbers from 0 to 1"),
        (lambda: figures.filter_bank(torch.zeros(3, 3), 1, "black"), "expected 2 to 12 filters"),
    ],
)
def test_bad_input_is_refused_in_words(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()
