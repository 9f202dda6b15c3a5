"""Distorted digits: fresh and repeatable, undone by the transform that they come with, in the sizes of the paper."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close

from helpers.data import distorted
from helpers.data.digits import handwritten_digits
from helpers.data.distorted import KINDS, SIDES, distort, distorted_batches, distorted_set, placement


@pytest.fixture(scope="module")
def digits():
    images, labels = handwritten_digits("val")
    return images[::10], labels[::10]


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def undone(images, theta):
    """Undo a distortion: (B, 1, S, S) -> (B, 1, 28, 28), reading through the inverse of theta."""
    square = torch.cat([theta, torch.tensor([[[0.0, 0, 1]]]).expand(len(theta), 1, 3)], dim=1)
    inverse = torch.linalg.inv(square)[:, :2]
    grid = F.affine_grid(inverse, [len(images), 1, 28, 28], align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)


@pytest.mark.parametrize("kind", KINDS)
def test_images_are_ink_on_black_in_the_paper_s_size_and_repeatable(digits, kind):
    one, two, other = (distort(digits[0], kind, seeded(seed)) for seed in (1, 1, 2))
    assert one.images.shape == (50, 1, SIDES[kind], SIDES[kind])
    assert one.images.dtype == torch.float32
    assert one.images.min() >= 0 and 0.9 < one.images.max() <= 1
    assert_close(one, two, rtol=0, atol=0)
    assert kind == "plain" or not torch.equal(one.images, other.images)


def test_plain_digits_stay_as_they_are(digits):
    assert_close(distort(digits[0], "plain", seeded()).images[:, 0], digits[0] / 255)


@pytest.mark.parametrize("kind", ["R", "RTS"])
def test_theta_leads_back_to_the_upright_digit(digits, kind):
    images, theta = distort(digits[0], kind, seeded())
    upright = digits[0][:, None] / 255
    assert (undone(images, theta) - upright).square().mean() < 0.25 * upright.square().mean()
    # The wrong way round does not.
    assert (undone(images, theta.flip(0)) - upright).square().mean() > 0.5 * upright.square().mean()


@pytest.mark.parametrize(("kind", "degrees"), [("R", 90), ("RTS", 45)])
def test_angles_scales_and_places_fill_the_paper_s_ranges(digits, kind, degrees):
    theta = distort(digits[0].repeat(40, 1, 1), kind, seeded()).theta
    angle = torch.rad2deg(torch.atan2(theta[:, 0, 1], theta[:, 0, 0]))
    assert 0.95 * degrees < angle.max() <= degrees and -degrees <= angle.min() < -0.95 * degrees
    scale = SIDES[kind] / 28 / theta[:, :, :2].det().sqrt()
    low, high = (0.7, 1.2) if kind == "RTS" else (1, 1)
    assert low - 1e-5 <= scale.min() < low + 0.02 and high - 0.02 < scale.max() <= high + 1e-5
    shift = -torch.linalg.solve(theta[:, :, :2], theta[:, :, 2]) * SIDES[kind] / 2
    room = (SIDES[kind] - 28 * scale)[:, None] / 2
    assert (shift.abs() <= room + 1e-3).all()
    assert kind == "R" or shift.abs().max() > 9


def test_a_hand_computed_placement():
    # A quarter turn clockwise carries the ink at the right to the bottom: the bottom's ink came from the right.
    theta = placement(torch.tensor([math.pi / 2]), torch.tensor([0.5]), torch.tensor([[7.0, 0.0]]), side=56)
    # Digit of 14 pixels in 56, its centre 7 right of the middle: its lowest point is at x 7, y 7 pixels.
    bottom = torch.tensor([7 / 28, 7 / 28, 1.0])
    assert_close(theta[0] @ bottom, torch.tensor([1.0, 0.0]), atol=1e-6, rtol=0)


def test_warped_digits_are_warped_a_little(digits):
    warped = distort(digits[0], "E", seeded()).images
    upright = digits[0][:, None] / 255
    off = (warped - upright).square().mean() / upright.square().mean()
    assert 0.05 < off < 0.9
    assert warped.mean().item() == pytest.approx(upright.mean().item(), rel=0.2)


def test_clutter_is_six_pieces_of_others_and_leaves_the_digit_whole(digits, monkeypatch):
    white = torch.full((5, 28, 28), 255, dtype=torch.uint8)
    pieces = distorted.clutter(white[:, None].float() / 255, 60, seeded())
    assert pieces.shape == (5, 1, 60, 60)
    assert (pieces.sum(dim=(1, 2, 3)) <= 6 * 36).all() and (pieces.sum(dim=(1, 2, 3)) > 3 * 36).all()
    # One white digit among black ones: its pieces are everywhere but on itself.
    lone = white.clone()
    lone[1:] = 0
    lit = distorted.clutter(lone[:, None].float() / 255, 60, seeded()).sum(dim=(1, 2, 3))
    assert lit[0] == 0 and lit[1:].sum() > 0
    images, theta = distort(digits[0], "cluttered", seeded())
    assert (undone(images, theta) >= undone(images * 0, theta)).all()
    monkeypatch.setattr(
        distorted, "clutter", lambda ink, side, generator: torch.zeros(len(ink), 1, side, side)
    )
    bare = distort(digits[0], "cluttered", seeded())
    assert_close(theta, bare.theta)
    assert (images >= bare.images).all()


def test_batches_are_fresh_each_epoch_and_alike_for_a_seed(digits):
    def epochs(seed):
        batches = distorted_batches(*digits, "R", 25, seed)
        return [next(batches) for _ in range(4)]

    mine, again = epochs(0), epochs(0)
    for (images, labels), (same, alike) in zip(mine, again, strict=True):
        assert_close(images, same, rtol=0, atol=0)
        assert labels.tolist() == alike.tolist() and labels.dtype == torch.int64
    assert sorted(torch.cat([labels for _, labels in mine[:2]]).tolist()) == sorted(digits[1].tolist())
    first, second = (torch.cat([images for images, _ in part]) for part in (mine[:2], mine[2:]))
    nearest = torch.cdist(first.flatten(1), second.flatten(1)).min(dim=1).values
    assert nearest.min() > 0.1, "an image came back unchanged in the next epoch"


@pytest.mark.parametrize("kind", ["R", "RTS", "E"])
def test_without_reach_a_digit_stays_upright_and_in_the_middle(digits, kind):
    rim = (SIDES[kind] - 28) // 2
    upright = F.pad(digits[0][:, None] / 255, (rim, rim, rim, rim))
    assert_close(distort(digits[0], kind, seeded(), reach=0).images, upright, atol=1e-5, rtol=0)


def test_half_the_reach_is_half_of_each_turn_scaling_and_warp(digits):
    full, half = (distort(digits[0], "RTS", seeded(), reach).theta[:, :, :2] for reach in (1.0, 0.5))
    angle, halved = (torch.atan2(turn[:, 0, 1], turn[:, 0, 0]) for turn in (full, half))
    assert_close(halved, angle / 2, atol=1e-5, rtol=1e-4)
    scale, nearer = (42 / 28 / turn.det().sqrt() for turn in (full, half))
    assert_close(nearer - 1, (scale - 1) / 2, atol=1e-5, rtol=1e-4)


def test_growing_distortions_begin_with_none_and_end_in_full(digits):
    growing = distorted_batches(*digits, "R", 25, 0, growing=4)
    given = [next(growing)[0] for _ in range(5)]
    full = distorted_batches(*digits, "R", 25, 0)
    in_full = [next(full)[0] for _ in range(5)]
    off = [float((mine - whole).abs().mean()) for mine, whole in zip(given, in_full, strict=True)]
    assert off[0] > off[3] > off[4] == 0
    known = digits[0][:, None] / 255
    nearest = torch.cdist(given[0].flatten(1), known.flatten(1)).min(dim=1).values
    assert nearest.max() < 0.1  # another digit is some ten times further off, and cdist rounds


def test_a_set_holds_every_digit_several_times(digits):
    some, labels = distorted_set(*digits, "RTS", seed=3, times=3)
    again, _ = distorted_set(*digits, "RTS", seed=3, times=3)
    assert len(some.images) == 150 and labels.tolist() == digits[1].tolist() * 3
    assert_close(some, again, rtol=0, atol=0)
    assert not torch.equal(some.images[:50], some.images[50:100])


def test_numpy_arrays_and_integers_are_distorted_alike(digits):
    plain = distorted_set(*digits, "RTS", seed=3, times=2)
    assert_close(
        distorted_set(*(each.numpy() for each in digits), "RTS", np.int64(3), 2), plain, rtol=0, atol=0
    )


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda d, y: distort(d, "Q", seeded()), "no distortion 'Q'"),
        (
            lambda d, y: distort(d.float(), "R", seeded()),
            "Expected digits in uint8, got float32 from 0 to 255",
        ),
        (lambda d, y: distort(d[:, None], "R", seeded()), r"\(N, 28, 28\), got \(50, 1, 28, 28\)"),
        (lambda d, y: distort(d[0], "R", seeded()), r"One alone needs digits\[None\]"),
        (lambda d, y: distort(d[:0], "R", seeded()), "There are 0 digits. Give at least one"),
        (lambda d, y: distort(d[:1], "cluttered", seeded()), "at least two"),
        (lambda d, y: distort(d, "R", seeded(), reach=1.2), "reach is 1.2"),
        (lambda d, y: next(distorted_batches(d, y[1:], "R", 5, 0)), "50 digits and 49 labels"),
        (lambda d, y: next(distorted_batches(d, y, "R", 51, 0)), "batch of 51"),
    ],
)
def test_wrong_input_is_answered_in_words(digits, call, said):
    with pytest.raises(ValueError, match=said):
        call(*digits)


def test_p_moves_the_corners_of_the_digit_s_box():
    """The four corners of a box that was scaled by 0.8 and stretched read the four corners of the digit."""
    scale, stretch = torch.tensor([0.8]), torch.tensor([[[3.0, -2], [-1, 4], [0, 0], [5, 1]]])
    grid = distorted.projective_grid(scale, stretch, 84)
    corners = torch.tensor([(-1.0, -1), (1, -1), (-1, 1), (1, 1)])
    places = (corners * 14 * 0.8 + stretch[0]) * 2 / 84
    read = F.grid_sample(grid.movedim(-1, 1), places[None, None], align_corners=False)[0, :, 0].T
    assert_close(read, corners, atol=1e-2, rtol=0)


def test_an_unmoved_box_is_an_affine_placement():
    scale = torch.tensor([0.75, 1.0])
    grid = distorted.projective_grid(scale, torch.zeros(2, 4, 2), 42)
    theta = placement(torch.zeros(2), scale, torch.zeros(2, 2), 42)
    assert_close(grid, F.affine_grid(theta, [2, 1, 42, 42], align_corners=False), atol=1e-5, rtol=0)
