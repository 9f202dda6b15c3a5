"""What the lesson's figures compute, without a browser: the sampling grid's lab against torch, and refusals."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from helpers.figure.pad import DigitPad
from helpers.spatial_transformer.figures import sampling_grid, theta_of
from helpers.spatial_transformer.labs import Box, reading, sampled

IDENTITY = np.array([[1, 0, 0], [0, 1, 0]], float)
BOXES = st.builds(
    Box,
    x=st.integers(-100, 100),
    y=st.integers(-100, 100),
    scale=st.integers(5, 200),
    angle=st.integers(-180, 180),
    stretch=st.integers(25, 400),
    shear=st.integers(-100, 100),
)


def photograph(height: int = 10, width: int = 14) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


@given(box=BOXES)
def test_the_output_is_that_of_torch(box):
    theta = torch.from_numpy(box.theta() / 1000)[None]
    places = F.affine_grid(theta, (1, 3, 9, 9), align_corners=False)
    pixels = torch.from_numpy(photograph()).double().permute(2, 0, 1)[None]
    theirs = F.grid_sample(pixels, places, padding_mode="zeros", align_corners=False)[0].permute(1, 2, 0)
    # Half a grey level is lost to rounding, and next to nothing to the way in which the places are computed.
    np.testing.assert_allclose(
        sampled(photograph(), box.theta(), 9).astype(float), theirs.numpy(), atol=0.5 + 1e-6
    )


@given(box=BOXES, row=st.integers(0, 8), column=st.integers(0, 8))
def test_place_value_and_gradient_are_those_of_torch(box, row, column):
    image = photograph()
    read = reading(image, box.theta(), 9, row, column)
    if min(read.x % 1, read.y % 1, 1 - read.x % 1, 1 - read.y % 1) < 1e-6:
        return  # on a pixel's centre the slope has a kink, and each library takes the side that it likes
    theta = torch.from_numpy(box.theta() / 1000)[None]
    places = F.affine_grid(theta, (1, 1, 9, 9), align_corners=False)
    place = places[:, row : row + 1, column : column + 1].clone().requires_grad_()
    grey = torch.from_numpy(image).double() @ torch.tensor([0.299, 0.587, 0.114], dtype=torch.float64)
    value = F.grid_sample(grey[None, None], place, align_corners=False)
    value.sum().backward()
    height, width = image.shape[:2]
    x, y = place.detach().flatten().tolist()
    assert (read.x, read.y) == pytest.approx((((x + 1) * width - 1) / 2, ((y + 1) * height - 1) / 2))
    assert read.value == pytest.approx(value.item())
    assert float((read.weights * read.greys).sum()) == pytest.approx(value.item())
    # A pixel to the right is 2 / W of the grid's coordinates.
    slope = place.grad.flatten() * torch.tensor([2 / width, 2 / height], dtype=torch.float64)
    assert read.slope == pytest.approx(slope.tolist(), abs=1e-6)


@given(box=BOXES)
def test_a_box_is_found_again_in_its_theta(box):
    theta = box.theta() / 1000
    found = Box.of(theta).theta() / 1000
    # The parts are whole percents and degrees, so a large box's corner may move by a percent or two of its size.
    assert np.abs(found - theta).max() < 0.05 * max(1, np.abs(theta).max())


def test_theta_by_hand():
    assert Box(30, -20, 50, 0, 100, 0).theta().tolist() == [[500, 0, 300], [0, 500, -200]]
    assert Box(0, 0, 100, 90, 100, 0).theta().tolist() == [[0, -1000, 0], [1000, 0, 0]]
    assert Box(0, 0, 50, 0, 400, 0).theta().tolist() == [[1000, 0, 0], [0, 250, 0]]
    assert Box(0, 0, 100, 0, 100, 50).theta().tolist() == [[1000, 500, 0], [0, 1000, 0]]
    turned = Box(0, 0, 80, 30, 100, 0).theta() / 1000
    assert math.sqrt(np.linalg.det(turned[:, :2])) == pytest.approx(0.8, abs=1e-3)
    assert Box.of([[0.4, -0.3, 0.1], [0.3, 0.4, -0.2]]) == (10, -20, 50, 37, 100, 0)


def test_the_caption_by_hand_and_the_map_read_back():
    """Two by two grey pixels; the output's first pixel reads a quarter of the way right and half way down."""
    figure = sampling_grid(
        np.array([[0, 40], [80, 200]], np.uint8), theta=np.array([[0.5, 0, 0], [0, 0.5, 0.25]]), side=2
    )
    # x = -0.5 * 0.5 = -0.25 and y = -0.25 + 0.25 = 0, which are 0.25 and 0.5 in pixels.
    # Upper row 10, lower row 110: 60 half way between. Right: half of 40 and half of 120. Down: 110 - 10.
    assert figure.shown()[1] == (
        "theta = [0.500, 0.000, 0.000; 0.000, 0.500, 0.250]. Output row 0, column 0 reads at row 0.50, column 0.25. "
        "The four pixels weigh 0.38 and 0.13 above, 0.38 and 0.13 below; together 60.0 of 255. "
        "Gradient: +80.0 for each pixel to the right, +100.0 for each pixel down."
    )
    assert theta_of(figure).tolist() == [[0.5, 0, 0], [0, 0.5, 0.25]]


def test_beyond_the_photograph_everything_is_nothing():
    theta = IDENTITY + [[0, 0, 1]] * 2  # the box's upper left quarter covers the lower right one
    figure = sampling_grid(np.full((8, 8), 255, np.uint8), theta=theta, side=8)
    (scene, output, close), caption = figure.shown(**{"Output pixel": [7, 7]})
    assert (output.pixels[:4, :4] == 255).all() and not output.pixels[4:].any()
    assert not close.pixels.any() and not scene.pixels[0].any()
    assert caption.endswith("0.0 of 255. Gradient: 0.0 for each pixel to the right, 0.0 for each pixel down.")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image": np.zeros((3, 8, 8), np.uint8)}, r"shape \(3, 8, 8\); expected \(H, W, 3\)"),
        ({"theta": np.eye(3)}, r"shape \(3, 3\); expected two rows of three finite numbers"),
        ({"theta": IDENTITY * np.nan}, "three finite numbers"),
        ({"theta": IDENTITY * [[-1], [1]]}, "determinant -1; expected more than 0.*mirrored"),
        ({"theta": IDENTITY * 3}, "'Scale' cannot be 300; expected a whole number, 5 to 200"),
        ({"side": 1}, "side = 1; expected 2 to 64"),
    ],
)
def test_bad_grids_are_refused_in_words(change, message):
    with pytest.raises(ValueError, match=message):
        sampling_grid(**{"image": photograph(), **change})


def test_ink_lies_along_the_strokes_as_wide_as_the_pen():
    ink = DigitPad(strokes=[[[4.5, 10.5], [22.5, 10.5]]]).ink  # along the middles of row 10
    assert (ink[10, 4:23] == 255).all()
    # The pen's radius is 1.2 pixels, and its edge one pixel soft: a row further out 0.7 of the ink is left.
    assert (ink[[9, 11], 5:22] == round(0.7 * 255 + 0.01)).all()
    assert ink[:9].max() == ink[12:].max() == 0 == DigitPad().ink.max()
    with pytest.raises(ValueError, match=r"'strokes' cannot be \[30, 5\]"):
        DigitPad(strokes=[[[30, 5]]])
