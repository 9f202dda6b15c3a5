"""What the figures of lesson 02 compute, against torch; what they refuse, in words."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch.nn import functional as F

from helpers.upsampling import figures, labs

SETTINGS = {"size": 0, "stride": 2, "padding": 0, "added": 0}


def grids(rows: st.SearchStrategy, columns: st.SearchStrategy | None = None) -> st.SearchStrategy:
    """Grids of quarters: (rows, columns), square where no columns are given."""
    sides = st.tuples(rows, columns) if columns is not None else rows.map(lambda k: (k, k))
    quarter = st.integers(-36, 36).map(lambda n: n / 4)
    return sides.flatmap(
        lambda s: st.lists(st.lists(quarter, min_size=s[1], max_size=s[1]), min_size=s[0], max_size=s[0])
    )


def typed(grid) -> str:
    return "; ".join(" ".join(map(str, row)) for row in grid)


def enlarged(values, kernel, **options) -> np.ndarray:
    """torch's transposed convolution of one channel, (H, W)."""
    values, kernel = (torch.as_tensor(np.asarray(grid, float))[None, None] for grid in (values, kernel))
    return F.conv_transpose2d(values, kernel, **options)[0, 0].numpy()


@given(
    grids(st.integers(1, 4), st.integers(1, 4)),
    grids(st.integers(1, 5)),
    st.integers(1, 3),
    st.integers(0, 2),
    st.integers(0, 2),
)
def test_all_stamps_and_the_matrix_are_torchs_transposed_convolution(values, kernel, stride, padding, added):
    values, kernel = np.array(values), np.array(kernel)
    sides = [(side - 1) * stride + len(kernel) - 2 * padding + added for side in values.shape]
    assume(added < stride and min(sides) >= 1)
    told = labs.stamps(
        step=values.size - 1, counts=0, cell=[0, 0], input=typed(values), kernel=typed(kernel), size=0,
        shape=list(values.shape), stride=stride, padding=padding, added=added,
    )  # fmt: skip
    expected = enlarged(values, kernel, stride=stride, padding=padding, output_padding=added)
    kept = np.isnan(told["cut"])
    assert np.allclose(told["output"][kept], expected.ravel())
    assert told["window"][2:] == [expected.shape[1], expected.shape[0]]
    matrix = told["columns"][:, :: labs.ENTRY[0], 0].T
    assert np.allclose(matrix @ values.ravel(), expected.ravel())
    assert np.isnan(told["waiting"]).all()  # every stamp is laid


def test_stamps_so_far_are_those_of_the_first_values():
    values = np.array([[1.0, 2], [3, -4]])
    for step in range(4):
        first = np.where(np.arange(4).reshape(2, 2) <= step, values, 0)
        told = labs.stamps(
            step=step, counts=0, cell=[2, 2], input=typed(values), kernel="1 2 0; 0 1 0; 0 0 5", shape=[2, 2],
            **SETTINGS,
        )  # fmt: skip
        assert np.allclose(told["output"], enlarged(first, [[1, 2, 0], [0, 1, 0], [0, 0, 5]], stride=2))
    assert told["told"].endswith("its cell (2, 2) = 1 so far: 1 x 5 + 2 x 0 + 3 x 0 + −4 x 1.")


@given(grids(st.integers(1, 6)), st.integers(1, 4))
def test_the_pattern_is_torchs_away_from_the_border(kernel, stride):
    kernel = np.array(kernel)
    told = labs.checkerboard(kernel, stride, resized=0, cells=4, place=[0, 0])
    whole = enlarged(np.ones((4 + 12, 4 + 12)), kernel, stride=stride)
    start = 6 * stride
    assert np.allclose(told["output"], whole[start : start + 4 * stride, start : start + 4 * stride])
    spread = np.abs(np.fft.fft2(told["output"] - told["output"].mean())).max()
    assert (told["spectrum"].max() > labs.FAINTEST) >= (spread > 0.01 * told["output"].size * told["limit"])
    assert np.allclose(
        labs.checkerboard(kernel, stride, resized=1, cells=2, place=[0, 0])["output"], kernel.sum()
    )


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: figures.stamp_stepper(np.ones((2, 3, 3)), np.ones((3, 3))), "Take one channel"),
        (lambda: figures.stamp_stepper(np.ones((5, 5)), np.ones((3, 3))), "25 values; expected at most 16"),
        (lambda: figures.stamp_stepper([[1, 100]], np.ones((3, 3))), "from -99 to 99"),
        (lambda: figures.checkerboard({"wide": np.ones((2, 3))}), r"'wide' has shape \(2, 3\)"),
        (lambda: figures.checkerboard({}), "kernels need names"),
        (
            lambda: figures.stage_by_stage(
                np.zeros((4, 4, 3)), [("only", np.zeros((4, 4)), None)], np.zeros((4, 4), int)
            ),
            "give the map before the first unpooling",
        ),
        (
            lambda: figures.stage_by_stage(
                np.zeros((4, 4, 3)),
                [
                    ("a", np.ones((2, 2)), None),
                    ("b", np.zeros((4, 4)), np.zeros((2, 2, 2), int)),
                    ("c", np.zeros((4, 4), int), None),
                ],
                np.zeros((4, 4), int),
            ),
            "'b' does not hold what its switches send there",
        ),
    ],
)
def test_what_a_figure_cannot_show_is_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_the_poster_follows_the_brightest_cell_beside_the_truth():
    """It followed a cell of value 0 and named a class that it showed nowhere."""
    values, switches = np.array([[0.0, 1], [0, 2]]), np.array([[[0, 0], [1, 3]], [[2, 0], [3, 2]]])
    unpooled = np.zeros((4, 4))
    unpooled[1, 3], unpooled[3, 2] = 1, 2
    truth = np.zeros((4, 4), int)
    truth[1:3, 1:3] = 4
    stages = [("coarse", values, None), ("fine", unpooled, switches), ("labels", truth, None)]
    figure = figures.stage_by_stage(np.full((4, 4, 3), 120, np.uint8), stages, truth)
    _, metadata = figure._repr_mimebundle_()
    assert "fine: the value 2.00 of row 1, column 1 goes to (3, 2)" in metadata["image/png"]["alt"]
    (_, _, plain), _ = figure.shown()
    (_, _, tinted), _ = figure.shown(**figure._still)
    changed = (plain.pixels != tinted.pixels).any(axis=-1)
    assert changed[1:3, 1:3].all() and changed.sum() == 4
