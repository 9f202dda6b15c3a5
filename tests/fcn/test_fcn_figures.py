"""The figures of lesson 01 without a browser: what they show, and what they refuse in words."""

import numpy as np
import pytest
import torch
from torchmetrics.functional.classification import multiclass_jaccard_index

from helpers import ops
from helpers.fcn import fields, figures
from helpers.fcn.fields import Field

NAMES = ["background", "cat", "dog"]
SCENE = np.random.default_rng(0).integers(0, 256, (20, 24, 3), dtype=np.uint8)
TRUTH = np.random.default_rng(1).integers(0, 3, (20, 24))
SCORES = np.random.default_rng(2).normal(size=(3, 3, 5, 6))
RUNS = {"32s": SCORES[..., :2, :3], "8s": SCORES[1:]}


def upsampled(**changes: object):
    given = {"image": SCENE, "scores": RUNS, "truth": TRUTH, "class_names": NAMES}
    return figures.upsampled_masks(**{**given, "steps": {"32s": [0, 5, 9], "8s": [2, 9]}, **changes})


def patches(scores: np.ndarray = SCORES[0], **changes: int):
    """Patches of 8 pixels every 4, the first beginning at -2."""
    where = ops.Field(**{"size": 8, "stride": 4, "start": -2, **changes})
    return figures.patch_and_map(SCENE, scores, where, NAMES, TRUTH)


def by_ones(name: str, row: int, column: int) -> np.ndarray:
    return np.ones((20, 24))


def test_scores_are_upsampled_and_judged_as_torch_does():
    figure = upsampled()
    for name, run in RUNS.items():
        coarse = torch.from_numpy(run[-1])[None]
        labels = torch.nn.functional.interpolate(coarse, (20, 24), mode="bilinear").argmax(1)[0]
        expected = multiclass_jaccard_index(labels, torch.from_numpy(TRUTH), num_classes=3)
        wrong = (labels != torch.from_numpy(TRUTH)).double().mean()
        _, caption = figure.shown(Map=name)  # the last step: "8s" has fewer
        assert caption.startswith(f"{name}, step 9,")
        assert f"mean IoU {expected:.2f} on this scene, {wrong:.0%} of the pixels wrong" in caption


def test_the_truth_has_no_errors():
    (stage,), caption = upsampled().shown(
        Map="truth", Colour="errors", Blend=100, **{"The lens shows": "off"}
    )
    assert "mean IoU 1.00 on this scene, 0% of the pixels wrong" in caption
    assert (stage.pixels == stage.pixels[..., :1]).all()  # grey everywhere


def test_a_patch_is_cut_where_its_cell_looks():
    (scene, patch, dense_map, bars), caption = patches().shown(patch=[14, 10])  # row 2, column 3
    assert caption.startswith("Patch at row 2, column 3 of 5 x 6: ")
    np.testing.assert_array_equal(patch.pixels, SCENE[6:14, 10:18])
    np.testing.assert_array_equal(scene.pixels[6:14, 10:18], SCENE[6:14, 10:18])
    assert dense_map.pixels.shape == (5, 6, 3) and ("rect", [3, 2, 1, 1], "") in dense_map.shapes
    shares = torch.from_numpy(SCORES[0, :, 2, 3]).softmax(0).tolist()
    assert bars.texts[1::2] == [f"{share:.0%}" for share in shares]
    assert f"Truth at its centre: {NAMES[TRUTH[10, 14]]}." in caption


def gradient(name: str, row: int, column: int) -> np.ndarray:
    """The gradient of a unit of two convolutions with a pooling between, by a scene."""
    torch.manual_seed(0)
    layers = [torch.nn.Conv2d(3, 4, 3), torch.nn.AvgPool2d(2), torch.nn.Conv2d(4, 1, 3)]
    depth = ["conv1", "pool1", "conv2"].index(name) + 1
    pixels = torch.from_numpy(SCENE.transpose(2, 0, 1) / 255).float()[None].requires_grad_()
    torch.nn.Sequential(*layers[:depth])(pixels)[0, :, row, column].sum().backward()
    return pixels.grad[0].abs().sum(0).numpy()


def test_the_stated_field_holds_the_gradient_of_a_network():
    given = [
        Field("conv1", 1, 3, 0, (18, 22)),
        Field("pool1", 2, 4, 0, (9, 11)),
        Field("conv2", 2, 8, 0, (7, 9)),
    ]
    figure = fields.receptive_field(SCENE, given, gradient)
    (stage,), caption = figure.shown(Layer="conv2", unit=[11, 9], Gradient=0)
    assert caption.startswith("conv2, unit at row 3, column 4 of 7 x 9: it can see 8 x 8 pixels.")
    np.testing.assert_array_equal(stage.pixels[6:14, 8:16], SCENE[6:14, 8:16])
    assert (stage.pixels[:6] < 128).all()  # dim outside


@pytest.mark.parametrize("wrong", [{"size": 7}, {"start": 1}, {"stride": 1}])
def test_a_wrong_field_is_caught_by_the_gradient(wrong):
    field = Field(**{"name": "conv2", "stride": 2, "size": 8, "start": 0, "grid": (7, 9), **wrong})
    with pytest.raises(ValueError, match="reaches outside rows .* Look at its stride, size and start"):
        fields.receptive_field(SCENE, [field], gradient)


@pytest.mark.parametrize(("middle", "reach"), [(4, 5), (6, 1), (0, 0)])
def test_the_middle_that_holds_half_by_hand(middle, reach):
    """Weights on rings 0, 2 and 4 about the centre of a field of 9 x 9; where there are none, nothing holds half."""
    values = np.zeros((9, 9))
    values[4, 4], values[4, 6], values[0, 0] = (middle, 3, 3) if middle else (0, 0, 0)
    _, found, _ = fields.measure(Field("all", 1, 9, 0, (1, 1)), lambda *_: values, (9, 9))
    assert found.tolist() == [[reach]]


def test_units_are_spread_evenly_about_the_middle():
    assert Field("a", 1, 1, 0, (9, 64)).units(0) == [0, 2, 4, 6, 8]
    assert Field("a", 1, 1, 0, (9, 64)).units(1) == [3, 11, 19, 27, 35, 43, 51, 59]
    assert Field("a", 1, 1, 0, (4, 4)).units(0) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: upsampled(scores={}), "steps|names|empty|scores"),
        (lambda: upsampled(scores={"a": SCORES[0, 0]}), "the coarse scores, before they are upsampled"),
        (lambda: upsampled(scores={"a": SCORES[:, :2]}), "a class name a class"),
        (lambda: upsampled(scores={"a": np.full((1, 3, 2, 2), np.nan)}), "expected finite"),
        (lambda: upsampled(steps={"32s": [1], "8s": [1, 2]}), "3 scores and 1 steps; expected one a step"),
        (lambda: patches(SCORES[0, :2]), r"expected finite \(3, h, w\)"),
        (lambda: patches(start=-9), "do not lie on the height"),
        (lambda: patches(stride=0), "Look at their size, stride and start"),
        (
            lambda: fields.receptive_field(SCENE, [Field("a", 0, 4, 0, (2, 2))], by_ones),
            "must each be 1 or more",
        ),
        (
            lambda: fields.receptive_field(SCENE[:9], [Field("a", 4, 30, 0, (1, 1))], by_ones),
            "the scene's size",
        ),
        (
            lambda: fields.receptive_field(SCENE, [Field("a", 4, 4, 40, (1, 1))], by_ones),
            "sees nothing of a scene",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_words(make, message):
    with pytest.raises(ValueError, match=message):
        make()
