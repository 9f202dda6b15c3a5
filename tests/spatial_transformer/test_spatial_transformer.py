"""Spatial transformers against the library and against loops."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.testing import assert_close

from helpers.probe import record
from helpers.spatial_transformer import model as stn
from helpers.spatial_transformer.tutorial import tutorial
from helpers.training import parameter_count
from tools.bench_race import swift


def sample_by_loop(images, grid):
    """The definition, a pixel at a time."""
    B, C, H, W = images.shape
    out = images.new_zeros(B, C, *grid.shape[1:3])
    for b in range(B):
        for i in range(grid.shape[1]):
            for j in range(grid.shape[2]):
                x, y = grid[b, i, j].tolist()
                x, y = ((x + 1) * W - 1) / 2, ((y + 1) * H - 1) / 2
                for m in range(math.floor(y), math.floor(y) + 2):
                    for n in range(math.floor(x), math.floor(x) + 2):
                        weight = max(0, 1 - abs(x - n)) * max(0, 1 - abs(y - m))
                        if 0 <= m < H and 0 <= n < W:
                            out[b, :, i, j] += weight * images[b, :, m, n]
    return out


@given(seed=st.integers(0, 10_000), sides=st.tuples(*[st.integers(1, 7)] * 4))
@settings(max_examples=30, deadline=None)
def test_grid_and_sampler_equal_the_library_s(seed, sides):
    torch.manual_seed(seed)
    H, W, h, w = sides
    images, theta = torch.randn(3, 2, H, W, dtype=torch.float64), torch.randn(3, 2, 3, dtype=torch.float64)
    grid = stn.affine_grid(theta, h, w)
    assert_close(grid, F.affine_grid(theta, [3, 1, h, w], align_corners=False))
    assert_close(stn.sample(images, grid), F.grid_sample(images, grid, align_corners=False))


def test_the_sampler_equals_its_definition_also_beyond_the_edge():
    torch.manual_seed(0)
    images, grid = torch.randn(2, 3, 4, 5).double(), torch.randn(2, 6, 7, 2).double() * 1.5
    assert_close(stn.sample(images, grid), sample_by_loop(images, grid))


def test_hand_computed_places():
    image = torch.tensor([[[[4.0, 1.0], [2.0, 3.0]]]])
    middle = torch.zeros(1, 1, 1, 2)
    assert stn.sample(image, middle).item() == 2.5
    corner = torch.full((1, 1, 1, 2), -1.0)
    # -1 is the outer corner of the first pixel here: three quarters of what is read lie outside.
    assert stn.sample(image, corner).item() == 1.0
    assert stn.affine_grid(torch.eye(2, 3)[None], 2, 2)[0, 0, 0].tolist() == [-0.5, -0.5]


def test_gradients_of_the_sampler_hold_between_pixels():
    torch.manual_seed(1)
    images = torch.randn(2, 2, 5, 4, dtype=torch.float64, requires_grad=True)
    pixel = torch.randint(-1, 5, (2, 3, 3, 2)) + torch.empty(2, 3, 3, 2).uniform_(0.1, 0.9)
    grid = ((2 * pixel + 1) / torch.tensor([4.0, 5.0]) - 1).double().requires_grad_()
    assert torch.autograd.gradcheck(stn.sample, (images, grid))
    slope = stn.place_gradient(images, grid)
    upstream = torch.randn(2, 2, 3, 3, dtype=torch.float64)
    (wanted,) = torch.autograd.grad((stn.sample(images, grid) * upstream).sum(), grid)
    assert_close((slope * upstream[..., None]).sum(dim=1), wanted)


def test_the_gradient_of_theta_holds_through_grid_and_sampler():
    torch.manual_seed(2)
    images = torch.randn(1, 1, 6, 6, dtype=torch.float64)
    theta = (torch.eye(2, 3) + 0.1 * torch.randn(1, 2, 3)).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda t: stn.sample(images, stn.affine_grid(t, 5, 5)), theta)


def test_a_thin_plate_whose_points_an_affine_map_moves_reads_where_that_map_does():
    torch.manual_seed(5)
    bending, flat = stn.ThinPlate(9), torch.randn(3, 2, 3)
    points = bending.start.view(-1, 2)
    told = points @ flat[:, :, :2].transpose(1, 2) + flat[:, None, :, 2]
    assert_close(bending(told.flatten(1)), stn.affine_grid(flat, 9, 9), atol=1e-5, rtol=0)


@pytest.mark.parametrize("make", [stn.Affine, stn.ThinPlate])
def test_a_new_transformer_returns_its_input(make):
    torch.manual_seed(3)
    network = stn.SpatialTransformer(make(28), nn.Flatten(), 28**2, outside=-0.4)
    images = torch.randn(4, 1, 28, 28)
    with record(network, "theta", "rectified") as kept:
        out = network(images)
    assert_close(out, images, atol=1e-4, rtol=0)
    assert_close(kept["theta"], network.grid.start.expand(4, -1))
    assert kept["rectified"] is out


def test_a_batch_is_its_images_one_by_one():
    torch.manual_seed(4)
    network = stn.SpatialTransformer(stn.Affine(20), nn.Flatten(), 42**2)
    torch.nn.init.normal_(network.localise[-1].weight, std=0.1)
    images = torch.rand(3, 1, 42, 42)
    assert_close(network(images), torch.cat([network(image[None]) for image in images]))
    assert network(images).shape == (3, 1, 20, 20)


def test_beyond_the_edge_lies_what_the_transformer_was_told():
    network = stn.SpatialTransformer(stn.Affine(28), nn.Flatten(), 28**2, outside=-0.4)
    network.localise[-1].bias.data.mul_(3)
    out = network(torch.full((1, 1, 28, 28), -0.4))
    assert_close(out, torch.full((1, 1, 28, 28), -0.4))


def test_both_grids_learn_to_find_a_moved_spot():
    """Gradient descent on where to look alone brings a spot to the centre."""
    at = torch.linspace(-1, 1, 28)
    spot = torch.exp(-((at[:, None] - 0.3) ** 2 + (at + 0.2) ** 2) / 0.1)[None, None]
    wanted = torch.exp(-(at[:, None] ** 2 + at**2) / 0.1)[None, None]
    for grid in (stn.Affine(28), stn.ThinPlate(28)):
        theta = grid.start.clone()[None].requires_grad_()
        optimiser = torch.optim.Adam([theta], lr=0.02)
        for _ in range(150):
            optimiser.zero_grad()
            loss = (F.grid_sample(spot, grid(theta), align_corners=False) - wanted).square().mean()
            loss.backward()
            optimiser.step()
        assert loss < 1e-3


@pytest.mark.parametrize(
    "network", [stn.cnn(42), stn.st_cnn(42), stn.st_cnn(42, bend=True), stn.st_cnn(42, out=20)]
)
def test_networks_score_each_image_and_all_of_them_learn(network):
    scores = network(torch.rand(2, 1, 42, 42))
    assert scores.shape == (2, 10)
    scores.square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in network.parameters())


def test_the_tutorial_s_network_has_its_weights():
    """27,360 of them: 5,520 say where to look, 21,840 what is there."""
    network = tutorial()
    assert parameter_count(network) == 27_360
    assert parameter_count(network.transformer) == 5_520
    assert parameter_count(swift()) <= 27_360
    assert swift()(torch.zeros(2, 1, 28, 28)).shape == (2, 10)


@pytest.mark.parametrize(
    "images", [torch.zeros(28, 28), torch.zeros(2, 3, 28, 28), torch.zeros(0, 1, 28, 28)]
)
def test_wrong_images_are_answered_in_words(images):
    with pytest.raises(ValueError, match=r"Expected images of shape \(B, 1, H, W\)"):
        stn.SpatialTransformer(stn.Affine(28), nn.Flatten(), 28**2)(images)
