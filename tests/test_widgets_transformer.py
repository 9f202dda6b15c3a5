"""The figures of the spatial transformer's lesson, without a browser."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from helpers.widgets import pictures
from helpers.widgets.sampler import Box, reading
from helpers.widgets.sampling_grid import SamplingGrid
from helpers.widgets.watch_it_learn import BETWEEN, WatchItLearn

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


@pytest.fixture(scope="module")
def grid() -> SamplingGrid:
    """A figure of 9 by 9 output pixels; what a test asks of it, it asks with a box of its own."""
    return SamplingGrid(photograph(), side=9)


def grey(pixels: torch.Tensor) -> torch.Tensor:
    """(..., H, W, 3) -> (..., H, W)."""
    return pixels @ torch.tensor([0.299, 0.587, 0.114], dtype=pixels.dtype)


@given(box=BOXES)
def test_the_output_is_that_of_torch(grid, box):
    theta = torch.from_numpy(box.theta() / 1000)[None]
    places = F.affine_grid(theta, (1, 3, 9, 9), align_corners=False)
    pixels = torch.from_numpy(photograph()).double().permute(2, 0, 1)[None]
    theirs = F.grid_sample(pixels, places, padding_mode="zeros", align_corners=False)[0].permute(1, 2, 0)
    _, ours, _ = grid.panels(**box._asdict())
    # Half a grey level is lost to rounding, and next to nothing to the way that the places are reckoned.
    np.testing.assert_allclose(ours, theirs.numpy(), atol=0.5 + 1e-6)


@given(box=BOXES, row=st.integers(0, 8), column=st.integers(0, 8))
def test_place_value_and_gradient_are_those_of_torch(box, row, column):
    image = photograph()
    read = reading(image, box.theta(), 9, row, column)
    if min(read.x % 1, read.y % 1, 1 - read.x % 1, 1 - read.y % 1) < 1e-6:
        return  # on a pixel's centre the slope has a kink, and each library takes the side that it likes
    theta = torch.from_numpy(box.theta() / 1000)[None]
    places = F.affine_grid(theta, (1, 1, 9, 9), align_corners=False)
    place = places[:, row : row + 1, column : column + 1].clone().requires_grad_()
    value = F.grid_sample(grey(torch.from_numpy(image).double())[None, None], place, align_corners=False)
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


def test_python_reads_the_map_back():
    figure = SamplingGrid(photograph(), theta=np.array([[0.4, -0.3, 0.1], [0.3, 0.4, -0.2]]))
    np.testing.assert_allclose(figure.theta, [[0.4, -0.3, 0.1], [0.3, 0.4, -0.2]], atol=2e-3)
    figure.x, figure.scale, figure.angle = 25, 80, 0
    assert figure.theta.tolist() == [[0.8, 0, 0.25], [0, 0.8, -0.2]]


def test_the_caption_by_hand():
    """Two by two grey pixels; the output's only reading lies a quarter of the way right and half way down."""
    image = np.array([[0, 40], [80, 200]], np.uint8)
    theta = [[0.5, 0, -0.0], [0, 0.5, 0.25]]
    figure = SamplingGrid(image, theta=np.array(theta), side=2, row=0, column=0)
    # x = -0.5 * 0.5 = -0.25 and y = -0.25 + 0.25 = 0, which are 0.25 and 0.5 in pixels.
    # Upper row 10, lower row 110: 60 half way between. Right: half of 40 and half of 120. Down: 110 - 10.
    assert figure.caption() == (
        "theta = [0.500, 0.000, 0.000; 0.000, 0.500, 0.250]. Output row 0, column 0 reads at row 0.50, column 0.25: "
        "0.38 and 0.13 of the two pixels above, 0.38 and 0.13 of those below, in all 60.0 of 255. "
        "Gradient: +80.0 for each pixel to the right, +100.0 for each pixel down."
    )


def test_beyond_the_photograph_everything_is_nothing():
    figure = SamplingGrid(
        np.full((8, 8), 255, np.uint8), theta=IDENTITY * [[1], [1]] + [[0, 0, 1]] * 2, side=8
    )
    scene, output, close = figure.panels(row=7, column=7)
    assert (output[:4, :4] == 255).all() and not output[4:].any() and not output[:, 4:].any()
    assert not close.any()
    assert scene.shape == (12, 12, 3) and not scene[:2].any() and scene[2:10, 2:10].all()
    assert figure.caption(row=7, column=7).endswith(
        "in all 0.0 of 255. Gradient: 0.0 for each pixel to the right, 0.0 for each pixel down."
    )


def test_the_close_view_holds_the_four_pixels_that_are_read():
    image = photograph(6, 6)
    figure = SamplingGrid(image, theta=IDENTITY * 0.5, side=2, row=1, column=0)
    # x = -0.25 lies at column 1.75, y = 0.25 at row 3.25: columns 1 and 2, rows 3 and 4.
    _, _, close = figure.panels()
    np.testing.assert_array_equal(close[1:3, 1:3], image[3:5, 1:3])
    np.testing.assert_array_equal(close[0], image[2, :4].astype(int) * 45 // 100)


def test_the_nearest_reading_is_under_the_hand():
    figure = SamplingGrid(photograph(48, 48), theta=IDENTITY * 0.5, side=12)
    assert figure.nearest(12, 12) == {"row": 0, "column": 0}
    assert figure.nearest(35, 14) == {"row": 1, "column": 11}
    assert figure.nearest(11, 20) == figure.nearest(20, 36) == {}


def test_the_poster_shows_where_is_read():
    figure = SamplingGrid(np.zeros((20, 20), np.uint8), theta=IDENTITY, side=4)
    picture = figure.render()
    assert (picture == 255).all(-1).sum() == 16


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"image": np.zeros((3, 8, 8), np.uint8)}, r"shape \(3, 8, 8\); expected \(H, W, 3\)"),
        ({"image": np.zeros((8, 8))}, "float64; expected uint8"),
        ({"theta": np.eye(3)}, r"shape \(3, 3\); expected two rows of three finite numbers"),
        ({"theta": IDENTITY * np.nan}, "three finite numbers"),
        ({"theta": IDENTITY * [[-1], [1]]}, "determinant -1; expected more than 0.*mirrored"),
        ({"theta": IDENTITY * 3}, "should not be greater than 200|not be greater than 200"),
        ({"side": 1}, "side = 1; expected 2 to 64"),
        ({"row": 24}, "row = 24 lies outside the output; expected 0 to 23"),
        ({"zoom": 2}, "no control zoom: choose from x, y, scale"),
    ],
)
def test_bad_grids_are_refused_in_words(change, message):
    with pytest.raises(ValueError, match=message):
        SamplingGrid(**{"image": photograph(), **change})


@pytest.mark.parametrize(
    ("value", "places", "plus", "text"),
    [
        (0.125, 2, False, "0.13"),
        (-0.125, 2, False, "−0.13"),
        (-0.004, 2, True, "0.00"),
        (12.25, 1, True, "+12.3"),
        (3.0004, 3, False, "3.000"),
    ],
)
def test_decimals_round_half_away_from_zero(value, places, plus, text):
    assert pictures.decimal(value, places, plus) == text


@pytest.fixture
def learning() -> dict:
    """Arguments of WatchItLearn: two digits, two runs at three steps, values from -0.5 (black) to 1.5 (white)."""
    steps = {0: 0.0, 50: 0.5, 100: 1.0}
    flat = {step: np.full((2, 28, 28), value) for step, value in steps.items()}
    return {
        "inputs": np.stack([np.full((28, 28), -2.0), np.full((28, 28), 1.5)]),
        "runs": {"faulty": flat, "mended": {step: -values for step, values in flat.items()}},
        "low": -0.5,
        "high": 1.5,
        "numbers": {"faulty": {0: 1, 50: 1.375, 100: 1.5}, "mended": dict.fromkeys(steps, 1.0)},
    }


def test_values_become_greys_between_low_and_high(learning):
    figure = WatchItLearn(**learning)
    first, faulty, mended = figure.panels(frame=1)
    assert first.shape == (28, 57, 3)
    assert (first[:, :28] == 0).all() and (first[:, 28] == BETWEEN).all() and (first[:, 29:] == 255).all()
    assert (faulty[:, :28] == 128).all()  # (0.5 + 0.5) / 2 * 255 = 127.5, rounded up
    assert (mended[:, 29:] == 0).all()
    assert (figure.panels(frame=2)[1][:, :28] == 191).all()  # 0.75 * 255 = 191.25
    np.testing.assert_array_equal(
        figure.render(frame=1),
        np.concatenate([first, np.full((1, 57, 3), BETWEEN), faulty, np.full((1, 57, 3), BETWEEN), mended]),
    )


def test_the_caption_tells_step_and_numbers(learning):
    figure = WatchItLearn(**learning)
    assert figure.caption() == "Step 0 of 100. Zoom: faulty 1.00, mended 1.00."
    assert figure.caption(frame=1) == "Step 50 of 100. Zoom: faulty 1.38, mended 1.00."
    assert WatchItLearn(**{**learning, "numbers": None}).caption(frame=2) == "Step 100 of 100."


def test_the_poster_shows_the_end_of_training(learning):
    figure = WatchItLearn(**learning)
    bundle, metadata = figure._repr_mimebundle_()
    assert bundle["image/png"] == figure.poster(frame=2) != figure.poster()
    assert metadata["image/png"]["alt"].endswith("Step 100 of 100. Zoom: faulty 1.50, mended 1.00.")


def digits(count: int = 2, side: int = 28) -> np.ndarray:
    return np.zeros((count, side, side))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"low": 2}, "low = 2 is black and high = 1.5 white; expected low below high"),
        ({"inputs": digits(side=32)}, r"'inputs' have shape \(2, 32, 32\); expected \(N, 28, 28\)"),
        ({"inputs": digits(11)}, "at most 10 digits"),
        ({"inputs": digits()[0]}, r"expected \(N, 28, 28\)"),
        ({"inputs": digits().astype(np.uint8)}, "uint8; expected floats"),
        ({"runs": {}}, "No runs were given"),
        ({"runs": {"a": {}}}, "'a' was recorded at 0 steps; expected 1 to 60"),
        ({"runs": {"a": {0: digits(3)}}}, r"'a at step 0' have shape \(3, 28, 28\); expected \(2, 28, 28\)"),
        ({"runs": {"a": {0: digits() * np.nan}}}, "NaN or infinity"),
        (
            {"runs": {"a": {0: digits()}, "b": {5: digits()}}},
            r"'b' .* the steps \[5\]; expected those of 'a', \[0\]",
        ),
        ({"numbers": {"faulty": {0: 1}}}, "none for 'faulty' at step 50; expected one for each run and step"),
        ({"numbers": {name: dict.fromkeys((0, 50, 100), np.inf) for name in ("faulty", "mended")}}, "finite"),
        ({"frame": 3}, "outside the recorded steps; expected 0 to 2"),
    ],
)
def test_bad_runs_are_refused_in_words(learning, change, message):
    with pytest.raises(ValueError, match=message):
        WatchItLearn(**{**learning, **change})
