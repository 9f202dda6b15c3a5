"""Lesson 04's pyramid and network against loops, copies and hand-made numbers."""

import re

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.testing import assert_close

from helpers.multi_scale.model import MultiScale, pyramid, rebuilt, view, with_two_layers
from helpers.probe import gradient
from helpers.training import parameter_count


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


@settings(max_examples=20, deadline=None)
@given(scales=st.integers(1, 4), height=st.integers(1, 4), width=st.integers(1, 4), seed=st.integers(0, 99))
def test_a_pyramid_sums_to_its_image(scales, height, width, seed):
    generator = torch.Generator().manual_seed(seed)
    image = torch.randn(2, 3, 8 * height, 8 * width, generator=generator)
    levels = pyramid(image, scales)
    assert [level.shape[2] for level in levels] == [8 * height // 2**k for k in range(scales)]
    assert_close(rebuilt(levels), image)


def test_a_level_is_what_halving_loses():
    image = torch.tensor([[[[1.0, 3.0], [5.0, 7.0]]]])
    level, smallest = pyramid(image, 2)
    assert smallest.item() == 4.0
    assert level.tolist() == [[[[-3.0, -1.0], [1.0, 3.0]]]]


@pytest.mark.parametrize("dilations", [(1, 1, 1), (1, 3, 6)])
def test_the_view_is_as_wide_as_the_gradient(dilations):
    network = MultiScale(scales=1, dilations=dilations).eval()
    for convolution in network.trunks[0].convolutions:
        convolution.weight.data.abs_()  # so that no path cancels another
    side = 192
    reach = gradient(network, "stacked", torch.ones(1, 3, side, side), side // 8, side // 8) > 0
    columns = reach.any(dim=0).nonzero()
    # Pooling passes on one of two, 2 pixels apart.
    assert view(dilations) - 2 <= columns.max() - columns.min() + 1 <= view(dilations)


def test_shared_kernels_read_every_level_alike():
    shared, own = MultiScale(), MultiScale(shared=False)
    level = torch.randn(2, 3, 32, 32)
    assert len(shared.trunks) == 1
    for network, expected in ((shared, True), (own, False)):
        first = network.trunks[0](level, 0)
        third = network.trunks[0](level, 2) if network is shared else network.trunks[2](level, 0)
        assert torch.allclose(first, third) == expected
    kernels = sum(each.weight.numel() for each in shared.trunks[0].convolutions)
    assert parameter_count(own) - parameter_count(shared) == 2 * kernels


def test_features_of_a_level_stand_where_they_were_seen():
    network = MultiScale().eval()
    image = torch.randn(1, 3, 64, 32)
    features = network.features(image)
    assert features.shape == (1, 96, 16, 8)
    for k, level in enumerate(pyramid(image, 3)):
        expected = F.interpolate(network.trunks[0](level, k), (16, 8), mode="bilinear")
        assert_close(features[:, 32 * k : 32 * (k + 1)], expected)
    batch = torch.cat([image, torch.randn(2, 3, 64, 32)])
    assert_close(network(batch)[:1], network(image))
    assert (features >= 0).all()


def test_the_second_classifier_leaves_the_first_network_as_it_is():
    network = MultiScale()
    before = {name: each.clone() for name, each in network.state_dict().items()}
    deeper = with_two_layers(network)
    trainable = {name for name, each in deeper.named_parameters() if each.requires_grad}
    assert trainable == {"head.0.weight", "head.0.bias", "head.2.weight", "head.2.bias"}
    assert all(each.requires_grad for each in network.parameters())
    assert all(torch.equal(each, before[name]) for name, each in network.state_dict().items())
    flat = torch.ones(1, 3, 32, 32)
    assert_close(deeper.eval().features(flat), network.eval().features(flat))


@pytest.mark.parametrize(
    "images, message",
    [
        (torch.zeros(3, 32, 32), "images[None]"),
        (torch.zeros(1, 4, 32, 32), "shape (B, 3, H, W)"),
        (torch.zeros(1, 3, 32, 32, dtype=torch.uint8), "as_input"),
        (torch.zeros(0, 3, 32, 32), "empty batch"),
        (torch.full((1, 3, 32, 32), torch.nan), "NaN"),
        (torch.zeros(1, 3, 8, 32), "at least 16"),
        (torch.zeros(1, 3, 36, 32), "multiples of 16"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(images, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        MultiScale()(images)
