"""Stateless tensor functions against loops, against gradients and against scikit-image."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.morphology import erosion
from torch import nn
from torch.testing import assert_close

from helpers.ops import Field, attend, boundaries, check_bytes, check_images, patches, receptive_field

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


def test_patches_refuse_what_they_cannot_cut():
    with pytest.raises(ValueError, match=r"needs images of shape \(B, C, H, W\), got \(3, 8, 8\)"):
        patches(torch.zeros(3, 8, 8), 2)
    with pytest.raises(
        ValueError, match=r"A patch of 9 does not fit into images of \(8, 20\): pad them first"
    ):
        patches(torch.zeros(1, 3, 8, 20), 9)


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


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.integers(1, 3))
def test_boundaries_equal_a_loop_over_neighbours(seed, distance):
    """A pixel is in the band when some pixel within `distance` rows and columns is outside."""
    masks = torch.rand(2, 3, 7, 6, generator=torch.Generator().manual_seed(seed)) < 0.9
    found = boundaries(masks, distance)
    for b, c, y, x in np.ndindex(*masks.shape):
        around = [
            bool(masks[b, c, v, u]) if 0 <= v < 7 and 0 <= u < 6 else False
            for v in range(y - distance, y + distance + 1)
            for u in range(x - distance, x + distance + 1)
        ]
        assert bool(found[b, c, y, x]) == (bool(masks[b, c, y, x]) and not all(around))


def test_boundaries_refuse_integers():
    """On integers `~` gives negative numbers, not the complement."""
    with pytest.raises(
        ValueError, match=r"needs masks in bool, got torch.int64: compare labels with a class"
    ):
        boundaries(torch.ones(4, 4, dtype=torch.long), 1)


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


common = st.integers(1, 4).flatmap(
    lambda kernel: st.tuples(st.just(kernel), st.integers(1, min(kernel, 2)), st.integers(0, kernel // 2))
)


@settings(deadline=None, max_examples=30)
@given(st.lists(common.filter(lambda each: each[2] < each[0]), min_size=1, max_size=4))
def test_receptive_field_is_where_the_gradient_is(layers):
    # The widest field here is 46 pixels: in a narrow image, padding between the layers would hide its far end.
    side = 160
    network = nn.Sequential(*(nn.Conv2d(1, 1, k, s, p, bias=False) for k, s, p in layers)).double()
    for each in network:
        nn.init.ones_(each.weight)  # positive weights cannot cancel
    image = torch.zeros(1, 1, side, side, dtype=torch.double, requires_grad=True)
    out = network(image)
    field = receptive_field(layers)
    for unit in {0, out.shape[-1] // 2}:
        (slope,) = torch.autograd.grad(out[0, 0, unit, unit], image, retain_graph=True)
        touched = slope[0, 0].abs().sum(dim=0).nonzero()[:, 0]
        start = field.start + unit * field.stride
        assert touched.min() == max(start, 0)
        assert touched.max() == min(start + field.size, side) - 1


def test_receptive_field_of_a_known_network():
    """VGG-16's conv5_3 sees 196 pixels and pool5 212, with strides 16 and 32, as commonly tabulated."""
    conv, pool = (3, 1, 1), (2, 2, 0)
    stages = [[conv] * depth + [pool] for depth in (2, 2, 3, 3, 3)]
    assert receptive_field([each for stage in stages for each in stage][:-1])[:2] == (196, 16)
    assert receptive_field([each for stage in stages for each in stage])[:2] == (212, 32)
    assert receptive_field([]) == Field(1, 1, 0)


def test_check_images_says_what_is_wrong():
    good = torch.zeros(2, 3, 32, 40)
    assert check_images(good, least=32) is None
    cases = [
        (good.numpy(), r"got a ndarray: torch.as_tensor\(images\) makes one"),
        (good[0], r"got \(3, 32, 40\).*images\[None\]"),
        (torch.zeros(2, 1, 32, 40), r"shape \(B, 3, H, W\).*got \(2, 1, 32, 40\)"),
        (torch.zeros(2, 3, 31, 40), r"H and W at least 32, got \(2, 3, 31, 40\)"),
        (good.to(torch.uint8), r"got torch.uint8. `as_input`"),
        (good[:0], "got an empty batch"),
        (good.clone().index_fill_(3, torch.tensor(0), float("nan")), "NaN or infinity. Look at where"),
        (good - float("inf"), "NaN or infinity"),
    ]
    for images, words in cases:
        with pytest.raises(ValueError, match=words):
            check_images(images, least=32)


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


def test_there_is_no_advice_to_make_bytes_of_what_is_scaled_about_zero():
    with pytest.raises(ValueError, match="got float32 from -2 to 2. They seem to be scaled already"):
        check_bytes(torch.tensor([-2.0, 2.0]), "images")


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


def test_attend_refuses_what_does_not_fit():
    scores, value = torch.zeros(2, 3, 5), torch.zeros(2, 5, 4)
    with pytest.raises(ValueError, match=r"a mask in bool, True where it may look; got torch.float32"):
        attend(scores, value, torch.ones(2, 1, 5))
    with pytest.raises(
        ValueError, match=r"scores \(B, Q, K\) and value \(B, K, D\), got \(2, 3, 5\) and \(2, 4, 4\)"
    ):
        attend(scores, value[:, :4], torch.ones(2, 1, 5, dtype=torch.bool))
    with pytest.raises(ValueError, match=r"got \(2, 5\) and"):
        attend(scores[:, 0], value, torch.ones(2, 5, dtype=torch.bool))
