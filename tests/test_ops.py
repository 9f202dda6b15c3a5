"""Stateless tensor functions against loops, against gradients and against scikit-image."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import xlogy
from skimage.morphology import erosion
from torch import nn
from torch.testing import assert_close

from helpers.ops import (
    Field,
    attend,
    boundaries,
    check_bytes,
    check_images,
    check_numbers,
    patches,
    receptive_field,
    thin_plate,
)

layer = st.tuples(st.integers(1, 4), st.integers(1, 3), st.integers(0, 2))


@settings(deadline=None, max_examples=40)
@given(
    st.integers(1, 2), st.integers(1, 3), st.integers(1, 4), st.integers(0, 4), st.integers(0, 4), st.integers(1, 3)
)  # fmt: skip
def test_patches_equal_a_loop(batch, channels, size, extra_rows, extra_columns, stride):
    images = torch.randn(batch, channels, size + extra_rows, size + extra_columns)
    cut = patches(images, size, stride)
    rows, columns = extra_rows // stride + 1, extra_columns // stride + 1
    assert cut.shape == (batch, rows, columns, channels, size, size)
    for row in range(rows):
        for column in range(columns):
            top, left = row * stride, column * stride
            assert torch.equal(cut[:, row, column], images[:, :, top : top + size, left : left + size])


def test_patches_are_views():
    images = torch.zeros(1, 1, 4, 4)
    patches(images, 2)[0, 1, 1] = 1
    assert images.sum() == 4 and images[0, 0, 1:3, 1:3].sum() == 4


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 9), st.integers(1, 9), st.integers(0, 4), st.floats(0.5, 0.95))
def test_boundaries_equal_erosion_in_scikit_image(seed, height, width, distance, share):
    mask = np.random.default_rng(seed).random((height, width)) < share
    eroded = np.pad(mask, 1)  # beyond the frame there is no mask, so the frame is an edge
    for _ in range(distance):
        eroded = erosion(eroded, np.ones((3, 3)))
    expected = mask & ~eroded[1:-1, 1:-1]
    found = boundaries(torch.from_numpy(mask), distance)
    assert np.array_equal(found.numpy(), expected)


@settings(deadline=None, max_examples=60)
@given(st.lists(layer, max_size=4), st.integers(0, 3))
def test_receptive_field_equals_following_the_pixels(layers, unit):
    """Follow one unit back to the input: the set of positions that each layer reads."""
    seen = {unit}
    for kernel, stride, padding in reversed(layers):
        seen = {place * stride - padding + tap for place in seen for tap in range(kernel)}
    field = receptive_field(layers)
    start = field.start + unit * field.stride
    # Where a stride is wider than its kernel, some pixels between the first and the last go unread.
    assert (min(seen), max(seen)) == (start, start + field.size - 1)


def test_receptive_field_of_a_known_network():
    """VGG-16's conv5_3 sees 196 pixels and pool5 212, with strides 16 and 32, as commonly tabulated."""
    conv, pool = (3, 1, 1), (2, 2, 0)
    stages = [[conv] * depth + [pool] for depth in (2, 2, 3, 3, 3)]
    assert receptive_field([each for stage in stages for each in stage][:-1])[:2] == (196, 16)
    assert receptive_field([each for stage in stages for each in stage])[:2] == (212, 32)
    assert receptive_field([]) == Field(1, 1, 0)


@pytest.mark.parametrize(
    "images",
    [
        torch.tensor([0.0, 0.5, 1.0]),
        torch.tensor([0.2, 3.4, 254.6]),
        torch.tensor([0, 3, 255]),
        torch.tensor([True, False, False]),
        torch.tensor([0.25, 1.0, 0.0], dtype=torch.bfloat16),
    ],
)
def test_the_advice_to_make_bytes_of_images_makes_them(images):
    with pytest.raises(ValueError, match="Expected images in uint8, got") as caught:
        check_bytes(images, "images")
    advice = re.search(r"\. (.+) makes them so", str(caught.value))[1]
    made = eval(advice, {"images": images, "torch": torch})
    assert check_bytes(made, "images") is None
    scale = 255 if images.max() <= 1 else 1
    assert_close(made.double(), images.double() * scale, rtol=0, atol=0.5)


def test_patches_and_dot_products_are_a_convolution():
    images, weight = torch.randn(2, 3, 9, 8, dtype=torch.double), torch.randn(4, 3, 3, 3, dtype=torch.double)
    dense = torch.einsum("brcijk,oijk->borc", patches(images, 3, 2), weight)
    assert_close(dense, nn.functional.conv2d(images, weight, stride=2))


def test_attend_equals_a_loop_over_places():
    scores, value = torch.randn(2, 3, 5).double(), torch.randn(2, 5, 4).double()
    mask = torch.rand(2, 3, 5) < 0.7
    mask[..., 1] = True
    mixed, weights = attend(scores, value, mask)
    for b, q in np.ndindex(2, 3):
        places = [k for k in range(5) if mask[b, q, k]]
        whole = sum(scores[b, q, k].exp() for k in places)
        expected = sum(scores[b, q, k].exp() / whole * value[b, k] for k in places)
        assert_close(mixed[b, q], expected)
        assert (weights[b, q][~mask[b, q]] == 0).all()
    assert_close(weights.sum(dim=-1), torch.ones(2, 3).double())


def test_attend_is_scaled_dot_product_attention_with_its_scores():
    query, key, value = (torch.randn(2, n, 8) for n in (3, 5, 5))
    mask = torch.tensor([True, True, False, True, False]).expand(2, 1, 5)
    mixed, _ = attend(query @ key.mT / 8**0.5, value, mask)
    library = nn.functional.scaled_dot_product_attention(query, key, value, attn_mask=mask.expand(2, 3, 5))
    assert_close(mixed, library)


def test_attend_gives_zeros_where_there_is_nowhere_to_look_and_passes_no_gradient_on():
    scores = torch.randn(1, 2, 3, requires_grad=True)
    value = torch.randn(1, 3, 4, requires_grad=True)
    mask = torch.tensor([[[True, False, True], [False, False, False]]])
    mixed, weights = attend(scores, value, mask)
    assert (mixed[0, 1] == 0).all() and (weights[0, 1] == 0).all()
    mixed.square().sum().backward()
    assert torch.isfinite(scores.grad).all() and torch.isfinite(value.grad).all()
    assert (scores.grad[0, 1] == 0).all() and (value.grad[0, 1] == 0).all()


GOOD, EVEN = torch.zeros(2, 3, 32, 40), torch.ones(2, 1, 5, dtype=torch.bool)
SCORES, VALUE = torch.zeros(2, 3, 5), torch.zeros(2, 5, 4)
REFUSED = [
    (patches, (GOOD[0], 8), "needs images of shape (B, C, H, W), got (3, 32, 40)"),
    (patches, (GOOD, 33), "A patch of 33 does not fit into images of (32, 40): pad them first"),
    (
        boundaries,
        (torch.ones(4, 4).long(), 1),
        "needs masks in bool, got torch.int64: compare labels with a class",
    ),
    (attend, (SCORES, VALUE, EVEN.float()), "a mask in bool, True where it may look; got torch.float32"),
    (
        attend,
        (SCORES, VALUE[:, :4], EVEN),
        "scores (B, Q, K) and value (B, K, D), got (2, 3, 5) and (2, 4, 4)",
    ),
    (attend, (SCORES[:, 0], VALUE, EVEN), "got (2, 5) and"),
    (
        check_bytes,
        (torch.tensor([-2.0, 2.0]), "images"),
        "got float32 from -2 to 2. They seem to be scaled already",
    ),
    (check_images, (GOOD.numpy(), 3, 32), "got a ndarray: torch.as_tensor(images) makes one"),
    (check_images, (GOOD[0], 3, 32), "got (3, 32, 40). A single image needs images[None]"),
    (check_images, (GOOD[:, :1], 3, 32), "shape (B, 3, H, W) in floating point"),
    (check_images, (GOOD[:, :, :31], 3, 32), "H and W at least 32, got (2, 3, 31, 40)"),
    (check_images, (GOOD.byte(), 3, 32), "got torch.uint8. `as_input`"),
    (check_images, (GOOD[:0], 3, 32), "got an empty batch"),
    (check_images, (GOOD / 0, 3, 32), "NaN or infinity. Look at where"),
    (check_images, (GOOD - float("inf"), 3, 32), "NaN or infinity"),
    (
        check_numbers,
        (GOOD, "keys", "B, L, D", "Flatten."),
        "(B, L, D), none of them 0, in floating point, got (2, 3",
    ),
    (check_numbers, (VALUE[:0], "keys", "B, L, D", "Flatten."), "got (0, 5, 4) in torch.float32. Flatten."),
    (check_numbers, (VALUE / 0, "keys", "B, L, D", "Flatten."), "The keys hold NaN or infinity. Flatten."),
]


@pytest.mark.parametrize(("function", "arguments", "words"), REFUSED)
def test_what_does_not_fit_is_refused_in_words(function, arguments, words):
    assert check_images(GOOD, least=32) is None
    with pytest.raises(ValueError, match=re.escape(words)):
        function(*arguments)


def test_a_thin_plate_keeps_straight_what_is_moved_alike():
    basis = thin_plate(28, 4)
    assert_close(basis.sum(dim=1), torch.ones(28**2), atol=1e-4, rtol=0)
    at = torch.linspace(-1, 1, 4)
    control = torch.cartesian_prod(at, at).flip(1)
    centres = (2 * torch.arange(28) + 1) / 28 - 1
    assert_close(basis @ control, torch.cartesian_prod(centres, centres).flip(1), atol=1e-4, rtol=0)


def test_a_thin_plate_bends_as_bookstein_says():
    side, points = 5, 3
    at, centres = np.linspace(-1, 1, points), (2 * np.arange(side) + 1) / side - 1
    control, pixels = (np.array([(x, y) for y in each for x in each]) for each in (at, centres))

    def terms(places):
        squared = ((places[:, None] - control) ** 2).sum(-1)
        return np.column_stack(
            [xlogy(squared, squared) / 2, np.ones(len(places)), places]
        )  # r^2 log r, and flat

    below = np.column_stack([np.ones(len(control)), control]).T
    system = np.vstack([terms(control), np.hstack([below, np.zeros((3, 3))])])
    wanted = terms(pixels) @ np.linalg.inv(system)[:, : len(control)]
    assert_close(thin_plate(side, points), torch.from_numpy(wanted).float(), atol=1e-5, rtol=0)
