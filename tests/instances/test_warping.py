"""The warp against a loop, torchvision and numerical gradients; shifts of boxes against torchvision's coder."""

import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close
from torchvision.models.detection._utils import BoxCoder
from torchvision.ops import roi_align

from helpers.instances.cascades.exercises import box_targets
from helpers.instances.cascades.warping import bin_weights, box_shifts, roi_warp, shifted

MAPS = torch.randn(2, 3, 9, 12, generator=torch.Generator().manual_seed(0))
BOXES = torch.tensor([[[2.0, 3, 11.5, 8], [1, 1, 11, 8.5]], [[4, 5, 6, 7], [0.7, 2, 9, 8]]])


def test_the_warp_is_grid_sample_with_zeros_outside():
    boxes = BOXES + torch.tensor([-3.0, -2, 4, 1])  # beyond the maps
    for size in ((4, 4), (7, 5)):
        mine = roi_warp(MAPS, boxes, size)
        for b in range(2):
            for r in range(2):
                x0, y0, x1, y1 = boxes[b, r]
                x = (x0 + (torch.arange(size[1]) + 0.5) / size[1] * (x1 - x0)) / 12 * 2 - 1
                y = (y0 + (torch.arange(size[0]) + 0.5) / size[0] * (y1 - y0)) / 9 * 2 - 1
                grid = torch.stack([x.expand(size), y[:, None].expand(size)], dim=-1)
                assert_close(mine[b, r], F.grid_sample(MAPS[[b]], grid[None], align_corners=False)[0])


def test_the_warp_is_roi_align_inside_the_maps_but_only_the_warp_moves_boxes():
    aligned = roi_align(MAPS, list(BOXES), (7, 5), sampling_ratio=1, aligned=True).unflatten(0, (2, 2))
    assert_close(roi_warp(MAPS, BOXES, (7, 5)), aligned, atol=1e-5, rtol=1e-5)
    rows = torch.cat([torch.zeros(2, 1), BOXES[0]], dim=1).requires_grad_()
    (none,) = torch.autograd.grad(
        roi_align(MAPS, rows, 4, sampling_ratio=1, aligned=True).sum(), rows, allow_unused=True
    )
    boxes = BOXES.clone().requires_grad_()
    (slopes,) = torch.autograd.grad(roi_warp(MAPS, boxes).square().sum(), boxes)
    assert none is None and (slopes != 0).all()


def test_the_gradient_is_that_of_small_differences():
    maps, boxes = (each.double().requires_grad_() for each in (MAPS, BOXES + 0.013))
    assert torch.autograd.gradcheck(lambda *both: roi_warp(*both, (3, 4)), (maps, boxes))


@given(low=st.floats(1, 4), side=st.floats(0.5, 6), bins=st.integers(1, 9))
def test_a_bins_weights_sum_to_one_and_are_centred_on_it(low, side, bins):
    weights = bin_weights(torch.tensor(low), torch.tensor(low + side), bins, 12)
    assert_close(weights.sum(dim=-1), torch.ones(bins))
    centres = low + side * (torch.arange(bins) + 0.5) / bins
    assert_close(weights @ (torch.arange(12) + 0.5), centres, atol=1e-4, rtol=1e-4)


def test_shifts_are_those_of_torchvision_and_bring_anchors_back():
    generator = torch.Generator().manual_seed(1)
    anchors, boxes = (torch.rand(8, 4, generator=generator) * 20 for _ in range(2))
    anchors, boxes = (
        torch.cat([each[:, :2], each[:, :2] + each[:, 2:] + 5], dim=1) for each in (anchors, boxes)
    )
    shifts = box_shifts(boxes, anchors)
    coder = BoxCoder((1.0, 1.0, 1.0, 1.0))
    assert_close(shifts, coder.encode_single(boxes, anchors))
    assert_close(shifts, box_targets.solution(anchors, boxes))
    assert_close(shifted(anchors, shifts), boxes, atol=1e-4, rtol=1e-4)
    assert_close(shifted(anchors, shifts), coder.decode_single(shifts, anchors), atol=1e-4, rtol=1e-4)


def test_no_shift_makes_a_box_explode():
    grown = shifted(torch.tensor([0.0, 0, 10, 10]), torch.tensor([0.0, 0, 80, 80]))
    assert 10 < float(grown[2] - grown[0]) < 50
