"""The figures of learnable upsampling, without a browser: sums against torch, words by hand, bad input refused."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch.nn import functional as F

from helpers.widgets import cells
from helpers.widgets.checkerboard import RESIZED, Checkerboard
from helpers.widgets.stage_by_stage import Stage, StageByStage
from helpers.widgets.stamp_stepper import StampStepper

VALUES = [[1, 2], [3, -4]]
KERNEL = [[1, 2, 0], [0, 1, 0], [0, 0, 5]]
STEPPER = StampStepper(VALUES, KERNEL)  # asked for other states: far faster than a new figure for each


def transposed(values, kernel, **options) -> np.ndarray:
    """torch's transposed convolution of one channel, (H, W)."""
    values, kernel = (torch.as_tensor(np.asarray(grid, float))[None, None] for grid in (values, kernel))
    return F.conv_transpose2d(values, kernel, **options)[0, 0].numpy()


@st.composite
def stamp_settings(draw) -> dict:
    """Settings of a StampStepper, possible or not."""
    numbers = st.integers(-36, 36).map(lambda quarters: quarters / 4)
    rows, columns, size = draw(st.integers(1, 4)), draw(st.integers(1, 4)), draw(st.integers(1, 5))
    return {
        "values": draw(arrays(float, (rows, columns), elements=numbers)),
        "kernel": draw(arrays(float, (size, size), elements=numbers)),
        "stride": draw(st.integers(1, 3)),
        "padding": draw(st.integers(0, 2)),
        "output_padding": draw(st.integers(0, 2)),
    }


@settings(deadline=None, max_examples=100)
@given(stamp_settings())
def test_stamps_and_matrix_give_the_transposed_convolution_of_torch(given):
    laid = {**given, "values": given["values"].tolist(), "kernel": given["kernel"].tolist(), "step": 16}
    try:
        theirs = transposed(**given)
    except RuntimeError:  # the settings that torch refuses, the figure refuses
        with pytest.raises(ValueError, match="it must be less than the stride|cuts everything off"):
            STEPPER.output(**laid)
        return
    np.testing.assert_allclose(STEPPER.output(**laid), theirs, atol=1e-12)
    np.testing.assert_allclose(STEPPER.matrix(**laid) @ given["values"].ravel(), theirs.ravel(), atol=1e-12)


def test_the_matrix_is_the_transpose_of_the_matching_convolutions():
    figure = StampStepper(np.ones((3, 4)), KERNEL, padding=1)
    height, width = figure.output().shape
    one = torch.eye(height * width, dtype=torch.float64).reshape(-1, 1, height, width)
    kernel = torch.tensor(KERNEL, dtype=torch.float64)[None, None]
    convolution = F.conv2d(one, kernel, stride=2, padding=1)  # row by row what each of its inputs adds
    np.testing.assert_array_equal(figure.matrix(), convolution.flatten(1).numpy())


def test_stamps_are_laid_one_by_one():
    figure = StampStepper(VALUES, KERNEL)
    assert not figure.output(step=0).any()
    one = figure.output(step=1)
    np.testing.assert_array_equal(one[:3, :3], KERNEL)
    assert one.shape == (5, 5) and one.sum() == np.sum(KERNEL)
    for step in range(4):
        laid = np.zeros(4)
        laid[:step] = np.ravel(VALUES)[:step]
        np.testing.assert_array_equal(
            figure.output(step=step), transposed(laid.reshape(2, 2), KERNEL, stride=2)
        )


def test_the_caption_by_hand():
    figure = StampStepper(VALUES, KERNEL)
    assert figure.caption(step=0) == (
        "No stamp of 4 is laid yet. Output cell (2, 2) = 0: no stamp lies on it yet."
    )
    assert figure.caption(step=3) == (
        "Stamp 3 of 4: input (1, 0) = 3 lays 3 x the kernel on rows 2 to 4, columns 0 to 2. "
        "Output cell (2, 2) = 5 so far: 1 x 5 + 2 x 0 + 3 x 0."
    )
    assert figure.caption(step=16).endswith("Output cell (2, 2) = 1: 1 x 5 + 2 x 0 + 3 x 0 + -4 x 1.")
    assert figure.caption(step=1, padding=2, row=0, column=0) == (
        "Stamp 1 of 4: input (0, 0) = 1 lays 1 x the kernel on row 0, column 0; padding cuts off the rest. "
        "Output cell (0, 0) = 5 so far: 1 x 5."
    )
    assert "lays 1 x the kernel where padding cuts it off." in figure.caption(
        step=1, padding=1, kernel=[[1.0]], stride=3
    )
    assert figure.caption(stride=3, output_padding=2, row=99, column=0, step=16).endswith(
        "Output cell (7, 0) = 0: no stamp lies on it."
    )
    flat = StampStepper(np.ones((4, 4)), np.ones((5, 5)), stride=1, row=3, column=3)
    assert flat.caption(step=16).endswith("= 16: 1 x 1 + 1 x 1 + 1 x 1 + 1 x 1 + 12 more.")


def test_what_is_cut_off_and_not_yet_laid_is_grey():
    figure = StampStepper(VALUES, KERNEL, padding=1, output_padding=1)
    values, kernel, output, matrix = figure.panels(step=4)
    full = transposed(VALUES, KERNEL, stride=2)
    colours = cells.coloured(full, np.abs(full).max())
    np.testing.assert_array_equal(
        output[1:, 1:], colours[1:, 1:]
    )  # output padding keeps the last row and column
    np.testing.assert_array_equal(output[0], (colours[0].astype(int) + 320) // 3)
    assert (values.shape, kernel.shape, matrix.shape) == ((2, 2, 3), (3, 3, 3), (16, 4, 3))
    laid = figure.panels(step=1)[3]
    np.testing.assert_array_equal(laid[:, 0], matrix[:, 0])
    np.testing.assert_array_equal(laid[:, 1:], (matrix[:, 1:].astype(int) + 320) // 3)


def test_output_padding_beyond_the_stamps_adds_empty_cells():
    figure = StampStepper([[1]], [[2]], stride=3, output_padding=2)
    np.testing.assert_array_equal(figure.output(), [[2, 0, 0], [0, 0, 0], [0, 0, 0]])
    np.testing.assert_array_equal(figure.panels()[2][0, 0], cells.colours()[-1])


def test_how_many_stamps_lie_on_each_cell():
    figure = StampStepper(VALUES, KERNEL, view="stamps on each cell")
    counts = transposed(np.ones((2, 2)), np.ones((3, 3)), stride=2)
    np.testing.assert_array_equal(figure.panels(step=4)[2], cells.coloured(counts, 4))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"values": np.ones((5, 2))}, r"The input has shape \(5, 2\); expected \(h, w\), each from 1 to 4"),
        ({"values": np.ones((1, 1, 2, 2))}, r"shape \(1, 1, 2, 2\).*Take one channel"),
        ({"values": [["a"]]}, "no number from -99 to 99"),
        ({"values": [[np.nan]]}, "expected finite numbers"),
        (
            {"kernel": np.ones((2, 3))},
            r"The kernel has shape \(2, 3\); expected \(k, k\).*with zeros to a square",
        ),
        ({"kernel": np.ones((6, 6))}, "k from 1 to 5"),
        ({"stride": 4}, "should not be greater than 3"),
        ({"stride": 1, "output_padding": 1}, "Output padding 1 does not go with stride 1"),
        (
            {"values": [[1]], "kernel": [[1]], "padding": 1},
            "the output would be -1 x -1. Lower the padding",
        ),
        ({"view": "product"}, "any of"),
        ({"speed": 3}, "no control speed"),
    ],
)
def test_bad_stamps_are_refused_in_words(change, message):
    with pytest.raises(ValueError, match=message):
        StampStepper(**{"values": VALUES, "kernel": KERNEL, **change})


def test_a_state_that_python_is_asked_for_is_checked_as_well():
    figure = StampStepper(VALUES, KERNEL)
    with pytest.raises(ValueError, match="The kernel has shape"):
        figure.caption(kernel=[[1.0, 2.0]])
    with pytest.raises(ValueError, match="it must be less than the stride"):
        figure.output(output_padding=2)
    assert figure.caption(output_padding=2).startswith("Output padding 2 does not go with stride 2")


ONES = np.ones((3, 3))
BILINEAR = np.outer([0.5, 1, 0.5], [0.5, 1, 0.5])
DRAWN = np.random.default_rng(0).normal(size=(5, 5))
BOARD = Checkerboard({"ones": ONES, "bilinear": BILINEAR, "drawn": DRAWN}, cells=4)


@pytest.mark.parametrize("stride", [1, 2, 3, 4])
@pytest.mark.parametrize(("name", "kernel"), [("ones", ONES), ("drawn", DRAWN)])
def test_the_pattern_is_the_inside_of_torchs_output(name, kernel, stride):
    size, margin = len(kernel), 6
    ones = np.ones((4 + 2 * margin,) * 2)
    shown = slice(margin * stride, (margin + 4) * stride)
    theirs = transposed(ones, kernel, stride=stride)[shown, shown]
    np.testing.assert_allclose(BOARD.output(kernel=name, stride=stride), theirs, atol=1e-12)
    tiles = np.tile(BOARD.phase_sums(kernel=name, stride=stride), (4, 4))
    np.testing.assert_allclose(tiles, theirs, atol=1e-12)

    enlarged = F.interpolate(torch.from_numpy(ones)[None, None], scale_factor=stride)
    theirs = F.conv2d(enlarged, torch.from_numpy(kernel)[None, None], padding=size // 2)[0, 0, shown, shown]
    ours = BOARD.output(kernel=name, stride=stride, method=RESIZED)
    np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-12)
    assert BOARD.strength(kernel=name, stride=stride, method=RESIZED) < 1e-12


def test_the_spectrum_of_ones_by_hand():
    waves = BOARD.spectrum(kernel="ones", stride=2)  # phase sums 4, 2, 2, 1: their mean is 2.25
    assert waves.shape == (9, 9)
    across, diagonal = (4 + 2 - 2 - 1) / 4 / 2.25, (4 - 2 - 2 + 1) / 4 / 2.25
    expected = np.full((9, 9), -180.0)
    expected[[4, 4, 0, 8], [0, 8, 4, 4]] = 20 * np.log10(across)
    expected[[0, 0, 8, 8], [0, 8, 0, 8]] = 20 * np.log10(diagonal)
    np.testing.assert_allclose(np.maximum(waves, -180), expected, atol=1e-9)
    assert BOARD.spectrum(kernel="ones", stride=2, method=RESIZED).max() == -180


def test_the_phases_in_words():
    assert BOARD.caption(kernel="ones", stride=2) == (
        "ones, 3 x 3, transposed convolution at stride 2: phase sums from 1 to 4, artefact 0.48 "
        "(deviation over mean size). Stride 2 does not divide kernel size 3. Phase (0, 0) gets 4 of 9 weights: 4."
    )
    assert BOARD.caption(kernel="bilinear", stride=2, row=1, column=3) == (
        "bilinear, 3 x 3, transposed convolution at stride 2: phase sums from 1 to 1, artefact 0 "
        "(deviation over mean size). Stride 2 does not divide kernel size 3. Phase (1, 1) gets 1 of 9 weights: 1."
    )
    assert BOARD.caption(kernel="ones", stride=3, method=RESIZED, row=2).endswith(
        "phase sums from 9 to 9, artefact 0 (deviation over mean size). Every phase gets the whole kernel. "
        "Phase (2, 0) gets 9 of 9 weights: 9."
    )
    assert "Phase (3, 3) gets 0 of 9 weights: 0." in BOARD.caption(kernel="ones", stride=4, row=3, column=3)


def test_a_dividing_stride_does_not_cure_a_drawn_kernel():
    board = Checkerboard({"drawn": [[1, 2], [3, 6]]})
    assert "Stride 2 divides kernel size 2." in board.caption()
    assert board.strength() == pytest.approx(np.std([1, 2, 3, 6]) / 3)
    signed = Checkerboard({"signed": [[3, -1], [-1, 3]]})  # deviation 2, mean size 2, though the mean is 1
    assert signed.strength() == pytest.approx(1)
    assert Checkerboard({"nothing": [[0]]}).strength() == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kernels": {}}, "No kernels were given"),
        ({"kernels": {"long": np.ones((1, 3))}}, r"The kernel 'long' has shape \(1, 3\)"),
        ({"kernels": {"large": np.ones((7, 7))}}, "k from 1 to 6"),
        ({"kernel": "hat"}, "no kernel 'hat'; choose from ones"),
        ({"stride": 5}, "should not be greater than 4"),
        ({"cells": 1}, "should not be less than 2"),
        ({"method": "unpooling"}, "any of"),
    ],
)
def test_bad_kernels_are_refused_in_words(change, message):
    with pytest.raises(ValueError, match=message):
        Checkerboard(**{"kernels": {"ones": ONES}, **change})


@pytest.fixture
def network() -> dict:
    """Keyword arguments of StageByStage: torch pools, remembers where the maxima were, unpools, and decides."""
    torch.manual_seed(0)
    fine = torch.rand(1, 1, 4, 6)
    pooled, indices = F.max_pool2d(fine, 2, return_indices=True)
    unpooled = F.max_unpool2d(pooled, indices, 2)
    switches = np.stack(np.unravel_index(indices[0, 0].numpy(), (4, 6)), -1)
    labels = (fine[0, 0] > 0.5).int().numpy() * 2
    return {
        "image": np.zeros((4, 6, 3), np.uint8),
        "stages": [
            Stage("pool", pooled[0, 0].numpy()),
            Stage("unpool", unpooled[0, 0].numpy(), switches),
            Stage("smooth", F.avg_pool2d(unpooled, 3, 1, 1)[0, 0].numpy()),
            Stage("labels", labels),
        ],
        "truth": labels,
        "class_names": ["background", "cat", "dog"],
    }


def test_the_caption_names_where_a_maximum_was(network):
    figure = StageByStage(**network)
    pooled, unpooled = (stage.values for stage in network["stages"][:2])
    for row in range(2):
        for column in range(3):
            block = np.zeros((4, 6))
            block[2 * row : 2 * row + 2, 2 * column : 2 * column + 2] = 1
            goal = np.unravel_index((unpooled * block).argmax(), (4, 6))
            value = cells.number(np.float16(pooled[row, column]))
            assert figure.caption(row=row, column=column) == (
                f"Stage 2 of 4, unpool, 4 x 6: the value {value} of cell ({row}, {column}) "
                f"goes to ({goal[0]}, {goal[1]}), where the maximum was."
            )


def test_the_caption_of_other_stages(network):
    network["stages"][2].values[1, 5] = -0.25
    network["truth"] = network["truth"].copy()
    figure = StageByStage(**network)
    before = cells.number(np.float16(network["stages"][1].values[1, 5]))
    assert figure.caption(stage=2, row=1, column=9) == (
        f"Stage 3 of 4, smooth, 4 x 6: cell (1, 5) of unpool holds {before}; at its place, (1, 5), is -0.25."
    )
    name = network["class_names"][network["truth"][1, 5]]
    assert figure.caption(stage=3, row=1, column=5) == (
        "Stage 4 of 4, labels, 4 x 6: cell (1, 5) of smooth holds -0.25; "
        f"at its place, (1, 5), is {name}. Mean IoU 1.00 on this scene."
    )
    without = StageByStage(**{**network, "truth": None})
    assert without.caption(stage=3, row=1, column=5).endswith(f"is {name}.")


def test_maps_are_coloured_from_their_least_to_their_greatest_value(network):
    figure = StageByStage(**network)
    photograph, pooled, unpooled = figure.panels()
    assert not photograph.any()
    for picture, stage in ((pooled, network["stages"][0]), (unpooled, network["stages"][1])):
        least, most = (
            np.argwhere(stage.values == end)[0] for end in (stage.values.min(), stage.values.max())
        )
        assert tuple(picture[tuple(least)]) == (0, 0, 3)  # the two ends of matplotlib's inferno
        assert tuple(picture[tuple(most)]) == (252, 254, 164)
    labels = figure.panels(stage=3)[2]
    np.testing.assert_array_equal(
        labels[network["truth"] == 2], [[255, 204, 0]] * (network["truth"] == 2).sum()
    )
    over = figure.panels(backdrop="truth")[0]
    assert over.any(-1).sum() == (network["truth"] > 0).sum()
    flat = StageByStage(
        np.zeros((2, 2, 3), np.uint8), [Stage("a", np.ones((1, 1))), Stage("b", np.ones((2, 2)))]
    )
    assert tuple(flat.panels()[2][0, 0]) == (0, 0, 3)


def test_windows_that_overlap_may_send_two_values_to_one_place():
    fine = torch.tensor([[0.0, 0, 0], [0, 5, 0], [0, 0, 0]])[None, None]
    pooled, indices = F.max_pool2d(fine, 2, 1, return_indices=True)
    switches = np.stack(np.unravel_index(indices[0, 0].numpy(), (3, 3)), -1)
    stages = [Stage("pool", pooled[0, 0].numpy()), Stage("unpool", fine[0, 0].numpy(), switches)]
    figure = StageByStage(np.zeros((3, 3, 3), np.uint8), stages)
    assert "cell (1, 1) goes to (1, 1)" in figure.caption(row=1, column=1)


COARSE, FINE = Stage("coarse", np.array([[1.0, 2.0]])), np.array([[1.0, 0, 2.0, 0]])
SENT = np.array([[[0, 0], [0, 2]]])


@pytest.mark.parametrize(
    ("stages", "message"),
    [
        ([COARSE], "1 stages, named coarse; expected at least two"),
        ([COARSE, COARSE], "each with a name of its own"),
        ([Stage("c", [[1]]), Stage("f", FINE)], "The scores 'c' are int64; expected floats"),
        ([COARSE, Stage("f", np.ones((1, 2, 2)))], r"shape \(1, 2, 2\); expected \(h, w\)"),
        ([COARSE, Stage("f", np.array([[3]]))], "labels from 3 to 3; expected 0 to 2"),
        ([COARSE, Stage("f", np.array([[1e9]]))], "reaches 1e\\+09"),
        ([COARSE._replace(switches=SENT), Stage("f", FINE)], "is the first stage and has switches"),
        ([COARSE, Stage("f", FINE, SENT[..., 0])], r"are \(1, 2\) int64; expected \(1, 2, 2\) integers"),
        ([COARSE, Stage("f", FINE, SENT + 2)], "Unravel the indices with the size of the finer map"),
        ([COARSE, Stage("f", FINE, SENT[:, ::-1])], "the same channel of both maps"),
    ],
)
def test_bad_stages_are_refused_in_words(stages, message):
    with pytest.raises(ValueError, match=message):
        StageByStage(np.zeros((4, 4, 3), np.uint8), stages, class_names=["background", "cat", "dog"])


def test_bad_controls_are_refused_in_words(network):
    figure = StageByStage(**{**network, "truth": None})
    with pytest.raises(ValueError, match="there is no stage 4; expected 1 to 3"):
        figure.caption(stage=4)
    with pytest.raises(ValueError, match="there is no truth to show; pass truth="):
        figure.render(backdrop="truth")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.125, "0.13"), (-0.125, "-0.13"), (-0.004, "0"), (10, "10"), (1.5, "1.5"), (-99, "-99")],
)
def test_numbers_are_short(value, text):
    assert cells.number(value) == text


def test_dark_ink_is_legible_on_every_colour():
    linear = cells.colours() / 255
    linear = np.where(linear <= 0.04045, linear / 12.92, ((linear + 0.055) / 1.055) ** 2.4)
    luminance = linear @ [0.2126, 0.7152, 0.0722]
    ink = 0.0097  # of #18181c
    assert ((luminance + 0.05) / (ink + 0.05)).min() >= 4.5  # WCAG 2, level AA
