"""The figures of patches and receptive fields, without a browser."""

import numpy as np
import pytest
import torch

from helpers.widgets import fields
from helpers.widgets.patch_map import OUTSIDE, PatchAndMap
from helpers.widgets.receptive_field import Layer, ReceptiveField

NAMES = ["background", "cat", "dog"]


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def image(rng) -> np.ndarray:
    return rng.integers(0, 256, (20, 24, 3), dtype=np.uint8)


@pytest.fixture
def patches(rng, image) -> dict:
    """Keyword arguments of PatchAndMap: patches of 8 pixels every 4, the first beginning at -2."""
    scores = rng.normal(size=(3, 5, 6))
    return {
        "image": image,
        "score_map": scores,
        "stride": 4,
        "offset": -2,
        "patch_size": 8,
        "class_names": NAMES,
    }


def test_a_patch_is_cut_where_its_cell_looks(patches, image):
    figure = PatchAndMap(**patches)
    _, _, patch = figure.panels(row=2, column=3)
    np.testing.assert_array_equal(patch, image[6:14, 10:18])
    _, _, corner = figure.panels(row=0, column=0)
    np.testing.assert_array_equal(corner[2:, 2:], image[:6, :6])
    assert (corner[:2] == OUTSIDE).all()
    assert (corner[:, :2] == OUTSIDE).all()
    _, _, last = figure.panels(row=4, column=5)
    np.testing.assert_array_equal(last[:6, :6], image[14:, 18:])


def test_the_caption_states_the_softmax(patches):
    patches["score_map"][:, 1, 2] = np.log([0.125, 0.5, 0.375])
    figure = PatchAndMap(**patches, truth=np.full((20, 24), 2))
    expected = "Patch at row 1, column 2 of 5 x 6: cat 50%, then dog 38%. Truth at its centre: dog."
    assert figure.caption(row=1, column=2) == expected


def test_a_cell_is_darker_the_smaller_its_share(patches):
    patches["score_map"][:, 0, 0] = [0, 100, 0]
    patches["score_map"][:, 0, 1] = [0, 0, 0]
    _, score_map, _ = PatchAndMap(**patches).panels()
    assert tuple(score_map[0, 0]) == (102, 0, 255)  # sure of the first class: its plain colour
    assert tuple(score_map[0, 1]) == (24, 24, 28)  # of equal shares the background wins


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"score_map": np.zeros((5, 6))}, r"shape \(5, 6\); expected \(C, h, w\)"),
        ({"score_map": np.zeros((4, 5, 6))}, "of 4 classes; expected 3"),
        ({"score_map": np.full((3, 5, 6), np.inf)}, "NaN or infinity"),
        ({"stride": 0}, "expected 1 or more"),
        ({"stride": 9}, "wholly outside the height of 20 pixels"),
        ({"offset": -8}, "wholly outside the height"),
        ({"column": 6}, "outside the map; expected 0 to 5"),
        ({"truth": np.zeros((3, 3), int)}, r"expected \(20, 24\)"),
    ],
)
def test_bad_patches_are_refused_in_words(patches, change, message):
    with pytest.raises(ValueError, match=message):
        PatchAndMap(**{**patches, **change})


LAYERS = [
    Layer("conv1", 1, 3, 0, (18, 22)),
    Layer("pool1", 2, 4, 0, (9, 11)),
    Layer("conv2", 2, 8, 0, (7, 9)),
]


@pytest.fixture
def gradient(image):
    """The gradient of a small network's units by the image, as a notebook takes it."""
    torch.manual_seed(0)
    conv1, pool, conv2 = torch.nn.Conv2d(3, 4, 3), torch.nn.AvgPool2d(2), torch.nn.Conv2d(4, 1, 3)
    stages = {"conv1": conv1, "pool1": pool, "conv2": conv2}

    def of(name: str, row: int, column: int) -> np.ndarray:
        pixels = torch.from_numpy(image.transpose(2, 0, 1) / 255).float()[None].requires_grad_()
        value = pixels
        for stage, module in stages.items():
            value = module(value)
            if stage == name:
                break
        value[0, :, row, column].sum().backward()
        return pixels.grad[0].abs().sum(0).numpy()

    return of


def test_the_stated_field_holds_the_gradient_of_a_network(image, gradient):
    """The constructor compares each gradient with the field that its layer states: for these it does not complain."""
    figure = ReceptiveField(image, LAYERS, gradient)
    bare = figure.render(layer="conv2", row=1, column=1, blend=0)  # row 1, column 2 of the layer's own grid
    np.testing.assert_array_equal(bare[2:10, 4:12], image[2:10, 4:12])
    np.testing.assert_array_equal(bare[:2], image[:2].astype(int) * 45 // 100)
    assert figure.caption(layer="conv2").startswith(
        "conv2, unit at row 3, column 4 of 7 x 9: it can see 8 x 8 pixels."
    )


@pytest.mark.parametrize("wrong", [{"size": 7}, {"start": 1}, {"stride": 1}])
def test_a_wrong_field_is_caught_by_the_gradient(image, gradient, wrong):
    layer = Layer(**{"name": "conv2", "stride": 2, "size": 8, "start": 0, "grid": (7, 9), **wrong})
    with pytest.raises(ValueError, match="reaches outside rows .* Look at its stride, size and start"):
        ReceptiveField(image, [layer], gradient)


def test_the_middle_that_holds_half_by_hand():
    values = np.zeros((9, 9))
    values[4, 4], values[4, 6], values[0, 0] = 4, 3, 3  # rings 0, 2 and 4 about the centre of a 9 x 9 field
    layer = Layer("all", 1, 9, 0, (1, 1))
    assert fields.inside(values, layer, 0, 0, (9, 9))[1] == 5
    values[4, 4] = 6
    assert fields.inside(values, layer, 0, 0, (9, 9))[1] == 1
    assert fields.inside(np.zeros((9, 9)), layer, 0, 0, (9, 9))[1] == 0


def test_units_are_spread_evenly_about_the_middle():
    assert fields.spread(9, 8) == [0, 2, 4, 6, 8]
    assert fields.spread(64, 8) == [3, 11, 19, 27, 35, 43, 51, 59]
    assert fields.spread(4, 8) == [0, 1, 2, 3]


def test_large_fields_are_stored_in_cells(rng):
    gradient = rng.random((128, 128))
    cells = fields.pooled(gradient, 4)
    assert cells.shape == (32, 32)
    peak = gradient.reshape(32, 4, 32, 4).mean((1, 3))
    np.testing.assert_array_equal(cells, np.floor(np.sqrt(peak / peak.max()) * 255 + 0.5))


def test_a_dead_unit_says_so(image):
    figure = ReceptiveField(
        image, [Layer("dead", 4, 4, 0, (5, 6))], lambda name, row, column: np.zeros((20, 24))
    )
    assert figure.caption().endswith("No gradient reaches the scene.")
    figure.render()


@pytest.mark.parametrize(
    ("layer", "gradient", "message"),
    [
        (None, np.ones((20, 24)), "No layers were given"),
        (Layer("a", 0, 4, 0, (2, 2)), np.ones((20, 24)), "must each be 1 or more"),
        (Layer("a", 4, 30, 0, (1, 1)), np.ones((24, 20)), r"expected \(20, 24\), the scene's size"),
        (Layer("a", 4, 30, 0, (1, 1)), np.full((20, 24), np.nan), "NaN or infinity"),
        (Layer("a", 4, 4, 40, (1, 1)), np.ones((20, 24)), "sees nothing of a scene"),
    ],
)
def test_bad_layers_are_refused_in_words(image, layer, gradient, message):
    with pytest.raises(ValueError, match=message):
        ReceptiveField(image, [layer] if layer else [], lambda name, row, column: gradient)


def test_a_layer_that_there_is_not_is_refused(image):
    figure = ReceptiveField(
        image, [Layer("only", 4, 4, 0, (5, 6))], lambda name, row, column: np.zeros((20, 24))
    )
    with pytest.raises(ValueError, match="no layer 'other'; choose from only"):
        figure.caption(layer="other")
