"""Anatomy: steps hold what the network computed, and the picture joins and names them as they are made."""

import numpy as np
import pytest
import torch
from torch import nn

from helpers import figure as fig
from helpers import plotting, probe
from helpers.data.batches import as_input
from helpers.data.tokens import teacher_forced
from helpers.fcn.model import FCN
from helpers.figure.steps import described, pixels
from helpers.plotting import CLASS_COLOURS
from helpers.spatial_transformer import anatomy as transformer
from helpers.spatial_transformer.model import affine_grid, sample, st_cnn
from helpers.training import parameter_count
from helpers.translation.anatomy import draw
from helpers.translation.model import Translator
from helpers.translation.translators import corpus, new_translator
from helpers.upsampling import anatomy as upsampling
from helpers.upsampling.model import DeconvNet, FCNLearnedUpsampling

IMAGE = np.zeros((32, 64, 3), np.uint8)


def chain(count: int) -> list[fig.Step]:
    return [fig.Step(f"step {k}", np.full((2, 4, 4), k), "conv", parameters=10 * k) for k in range(count)]


def words_in(drawing) -> list[str]:
    return [text.get_text() for axes in drawing.axes for text in axes.texts]


def test_a_recorded_step_is_what_the_module_put_out_with_its_operation_and_parameters():
    torch.manual_seed(0)
    network, image = FCN(11, 32).eval(), torch.rand(1, 3, 64, 32)
    with probe.record(network, "encoder.stages.2", "score") as kept:
        network(image)
    step = fig.Step.recorded(kept, network, "encoder.stages.2", "stage 3")
    expected = network.encoder.stages[2](network.encoder.stages[1](network.encoder.stages[0](image)))
    np.testing.assert_allclose(step.value, expected[0].detach(), rtol=1e-4, atol=1e-5)
    assert (step.operation, step.shape) == ("2 × conv 3 × 3, max pool", "64 × 8 × 4")
    assert step.parameters == 9 * (32 * 64 + 64 * 64) + 2 * 2 * 64  # two kernels, two batch normalisations
    scores = fig.Step.recorded(kept, network, "score", kind="scores")
    assert (pixels(scores, 4) == CLASS_COLOURS[kept["score"][0].argmax(0)]).all()


def test_a_recurrent_network_s_packed_states_are_one_matrix():
    translator = Translator(9, 9, size=8).eval()
    with probe.record(translator, "encoder") as kept:
        memory, _ = translator.begin(torch.tensor([[4, 5, 6]]))
    step = fig.Step.recorded(kept, translator, "encoder", "annotations")
    np.testing.assert_allclose(step.value, memory.annotations[0].detach())
    assert step.kind == "matrix"


def test_a_batch_of_several_is_refused():
    layer = nn.Linear(2, 3)
    with pytest.raises(ValueError, match=r"images\[:1\]"):
        fig.Step.recorded({"0": layer(torch.ones(2, 2))}, nn.Sequential(layer), "0")


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ([nn.Conv2d(1, 2, (3, 5)), nn.ReLU(), nn.Conv2d(2, 2, 1)], "conv 3 × 5, conv 1 × 1"),
        ([nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 2), nn.MaxPool2d(2)], "2 × linear, max pool"),
        ([nn.Identity()], ""),
    ],
)
def test_a_module_is_told_by_its_layers(layers, said):
    assert described(nn.Sequential(*layers)) == said


def test_maps_show_the_channels_that_vary_most():
    maps = np.zeros((5, 2, 2))
    maps[3, 0, 0], maps[1, 1, 1] = 9, 5
    sheet = pixels(fig.Step("maps", maps), 1)
    assert (sheet[0, 0] == (253, 231, 36)).all()  # viridis' last colour, where channel 3 is greatest
    assert (sheet[-1, -1] == (68, 1, 84)).all()


def test_the_channels_that_are_drawn_keep_the_network_s_order():
    maps = np.stack([np.eye(32), np.zeros((32, 32)), 9 * np.tri(32)])
    shown = pixels(fig.Step("maps", maps), 2)[:, :32]  # of the two that vary, the first varies less
    assert (shown == pixels(fig.Step("maps", maps[:1]), 1)).all()


def test_a_picture_s_shape_is_told_as_the_network_has_it_and_words_by_their_own_name():
    assert fig.Step("image", np.zeros((4, 6, 3), np.uint8)).shape == "3 × 4 × 6"
    assert fig.Step("grey", np.zeros((4, 6)), kind="image").shape == "4 × 6"
    assert fig.Step("text", ["A", "B"], unit="letter").shape == "2 letters"


def test_every_arrow_bears_its_operation_and_its_parameters_once():
    steps = [
        fig.Step("image", IMAGE, place=(0, 0)),
        fig.Step("deep", np.ones((2, 4, 4)), "conv", parameters=12_345, place=(1, 0)),
        fig.Step(
            "sum", np.ones((2, 4, 4)), place=(2, 0), parameters=7, after={"deep": "upsample", "image": "add"}
        ),
    ]
    drawing = fig.anatomy(steps)
    told = words_in(drawing)
    assert [told.count(text) for text in ("conv", "12k params", "upsample", "7 params", "add")] == [1] * 5
    assert len(drawing.axes[0].patches) == 3
    assert "4 × 4" in " ".join(told) and {"image", "deep", "sum"} <= set(told)


def test_steps_without_places_run_there_and_back_and_lie_apart():
    figure = fig.walk(chain(6), alt="Six.")
    boxes = np.array([figure.shown(Step=k)[0][0].shapes[0][1] for k in range(6)])
    assert boxes[4, 0] == boxes[3, 0] and boxes[4, 1] > boxes[3, 1] + boxes[3, 3]  # below the line's end
    assert boxes[5, 0] < boxes[4, 0]
    assert (boxes[:, 0] >= 0).all() and (boxes[:, 0] + boxes[:, 2] <= 640).all()


def test_label_maps_have_their_legend():
    drawing = fig.anatomy(
        [fig.Step("image", IMAGE), fig.Step("labels", np.array([[0, 3], [3, 0]]), "argmax")]
    )
    (legend,) = drawing.legends
    assert [text.get_text() for text in legend.get_texts()] == ["background", "digit 2"]


@pytest.mark.parametrize(
    ("steps", "advice"),
    [
        ([fig.Step("a", IMAGE), fig.Step("a", IMAGE)], "name of its own"),
        ([fig.Step("a", IMAGE), fig.Step("b", IMAGE, after={"c": ""})], "there are a, b"),
        ([fig.Step("a", IMAGE, place=(0, 0)), fig.Step("b", IMAGE)], "or none of them"),
    ],
)
def test_what_cannot_be_drawn_is_refused(steps, advice):
    with pytest.raises(ValueError, match=advice):
        fig.anatomy(steps)


def test_walking_tells_each_step_in_words():
    steps = [
        fig.Step("source", ["el", "gato"]),
        fig.Step("vectors", np.ones((2, 4)), "embedding", 1234, "One a word."),
    ]
    figure = fig.walk(steps, alt="Two steps.")
    shown, caption = figure.shown(Step=0)
    assert caption == "source, 2 words." and list(shown[1].texts) == ["el", "gato"]
    shown, caption = figure.shown(Step=1)
    assert caption == "vectors, 2 × 4: embedding from source, 1,234 parameters. One a word."
    assert shown[1].pixels.shape == (2, 4, 3)


def test_the_still_picture_is_small_and_640_wide():
    from io import BytesIO

    from PIL import Image

    picture = plotting.png(fig.anatomy(chain(6)))
    assert Image.open(BytesIO(picture)).width == 640 and len(picture) < 80_000


def test_the_learned_last_layer_is_drawn_with_its_labels_and_weights():
    torch.manual_seed(1)
    network, image = FCNLearnedUpsampling().eval(), torch.randint(0, 256, (3, 64, 64), dtype=torch.uint8)
    drawing = upsampling.draw_fcn(network, image)
    assert {"16 × 16 stamps, 8 apart\n2,816 params", "11 × 64 × 64"} <= set(words_in(drawing))
    labels = network(as_input(image[None]))[0].argmax(0)
    *_, prediction = drawing.axes[0].images
    assert (prediction.get_array() == CLASS_COLOURS[labels]).all()


def test_deconvnet_is_drawn_with_switches_where_fcn_has_skips():
    torch.manual_seed(1)
    network, image = DeconvNet().eval(), torch.randint(0, 256, (3, 64, 64), dtype=torch.uint8)
    drawing = upsampling.draw_deconvnet(network, image)
    assert words_in(drawing).count("switches") == 2
    labels = network(as_input(image[None]))[0].argmax(0)
    *_, prediction = drawing.axes[0].images
    assert (prediction.get_array() == CLASS_COLOURS[labels]).all()


def test_the_translator_is_drawn_at_the_word_that_it_predicts_next():
    words = corpus([["el", "gato"], ["mi", "gato", "duerme"]], [["the", "cat"], ["my", "cat", "sleeps"]])
    model = new_translator("attention", words, seed=0, size=8).eval()
    drawn = words_in(draw(model, words, ["mi", "gato", "duerme"], ["my", "cat"]))
    batch, _ = teacher_forced(
        [words.source.encode(["mi", "gato", "duerme"])], [words.target.encode(["my", "cat"])]
    )
    with torch.no_grad():
        best = model(batch)[0, -1].argmax()
    assert {"3 × 8", "3 words", words.target.words[best]} <= set(drawn) and drawn.count("1 word") == 2


def test_the_spatial_transformer_is_drawn_as_it_reads_and_with_all_its_weights():
    torch.manual_seed(1)
    network, image = st_cnn(42).eval(), torch.rand(1, 42, 42)
    nn.init.normal_(network.transformer.localise[-1].weight, std=0.1)  # so that it reads no whole image
    steps = {step.name: step for step in transformer.steps(network, image)}
    with torch.no_grad():
        theta = network.transformer.localise(image[None]).view(1, 2, 3)
        places = affine_grid(theta, 28, 28)
        read = sample(image[None], places)
        scores = network.classifier(read)
    for name, expected in {"theta": theta[0], "rectified": read[0, 0], "scores": scores[0]}.items():
        np.testing.assert_allclose(steps[name].value, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(steps["places"].value, places[0].permute(2, 0, 1), rtol=1e-4, atol=1e-5)
    assert sum(step.parameters for step in steps.values()) == parameter_count(network)
    assert f"The highest is that of {int(scores.argmax())}." in steps["scores"].note
    assert {"sampler", "where to read", "classifier"} <= set(words_in(fig.anatomy([*steps.values()])))
