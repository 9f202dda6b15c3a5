"""Lesson 06's figures say what their arrays hold, in every state that a hand can reach."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from helpers.captioning import figures
from helpers.captioning.cloud_figures import CLOUD, ORIGIN, UNIT, gradient_cloud
from helpers.captioning.data import Annotated, Caption
from helpers.captioning.figures import word_by_word

BOUND, MARGINAL = np.array([2.0, 0.0, 0.0]), np.array([2.0, 2.0, 0.0])
EXACTLY = np.broadcast_to(BOUND, (2, 4, 3))
ASIDE = np.broadcast_to([0.0, 1.0, 5.0], (2, 4, 3))


def cloud(**changed):
    estimates = {"raw": EXACTLY, "heated": {0.5: ASIDE, 2.0: torch.full((2, 4, 3), 100.0)}}
    return gradient_cloud(
        **{"estimates": estimates, "sizes": (1, 4), "bound": BOUND, "marginal": MARGINAL} | changed
    )


def test_estimates_lie_where_the_plane_of_both_exact_gradients_puts_them():
    figure = cloud()
    (stage, chart), caption = figure.shown(Estimator=0)
    tip = [ORIGIN[0] + UNIT, ORIGIN[1]]
    arrows = [numbers for kind, numbers, _ in stage.shapes if kind == "arrow"]
    assert np.allclose(arrows, [[*ORIGIN, *tip]] * 4)
    assert caption.startswith("raw: 1 glimpses an estimate, cosine 1.00.")
    # (0, 1, 5): nothing along the bound, half its length towards the marginal, and the 5 is outside the plane.
    (stage, chart), caption = figure.shown(Estimator=1, Temperature=0)
    assert [numbers[:2] for kind, numbers, _ in stage.shapes if kind == "circle"][0] == pytest.approx(
        [ORIGIN[0], ORIGIN[1] - UNIT / 2]
    )
    assert "heated at 0.5" in caption and "lies 0.00 along it" in caption and "+0.50 aside" in caption
    assert "0.00" in chart.texts


def test_what_would_leave_the_picture_keeps_its_direction():
    (stage, _), caption = cloud().shown(Estimator=1, Temperature=1)
    x, y = np.array([numbers[2:] for kind, numbers, _ in stage.shapes if kind == "arrow"][0]) - ORIGIN
    assert x == pytest.approx(-y)
    assert 0 < ORIGIN[0] + x < CLOUD[1] and 0 < ORIGIN[1] + y < CLOUD[0]
    assert "lies 50.00 along it" in caption


def test_the_posters_cloud_has_a_bias_so_that_the_bounds_arrow_can_be_seen():
    _, metadata = cloud()._repr_mimebundle_()
    assert "heated at 2: 4 glimpses" in metadata["image/png"]["alt"]


def told(**changed):
    """Two scenes of one and two words over 2 x 2 cells, with and without attention."""
    weights = torch.tensor([[[0.5, 0.25, 0.25, 0.0], [9.0] * 4], [[0.25] * 4, [0.0, 0.0, 0.01, 0.99]]])
    changes = np.zeros((2, 4, 2))
    changes[1, 2] = (
        np.log(0.25),
        1.0,
    )  # scene 2, lower left: the first word loses most of it, the second gains
    said = [["red"], ["blue", "two"]]
    given = {
        "images": np.full((2, 3, 8, 8), 200, np.uint8),
        "said": said,
        "weights": {"soft": weights, "control": None},
        "changes": {"soft": changes, "control": np.zeros((2, 4, 2))},
    }
    return word_by_word(**given | changed)


def test_the_poster_shows_the_word_that_loses_most_where_it_looks_most():
    changes = np.zeros((2, 4, 2))
    changes[1, 3, 1] = np.log(0.5)  # scene 2, "two", the cell that it looks at
    changes[1, 2, 1] = np.log(0.1)  # more, but it looks elsewhere
    figure = told(changes={"soft": changes, "control": changes})
    _, metadata = figure._repr_mimebundle_()
    alt = metadata["image/png"]["alt"]
    assert "scene 2, “two”: without the cell in row 1, column 1 (counted from 0) it loses 50%" in alt


def test_a_words_map_and_its_losses_are_those_of_its_scene_and_cell():
    (scene, needs, words), caption = told().shown(Scene=1, Word=0, cell=[1, 6])
    assert words.texts == ["blue", "two"]
    assert [numbers[0] for _, numbers, _ in words.shapes] == pytest.approx([75.0, 0.0])
    assert ("rect", [0.0, 4.0, 4.0, 4.0], "") in scene.shapes
    assert (
        "“blue”: without the cell in row 1, column 0 (counted from 0) it loses 75% of its probability"
        in caption
    )
    assert "the cell's weight is 100% of the map's greatest" in caption  # a flat map: every cell has it
    assert not np.array_equal(needs.pixels[1, 0], needs.pixels[0, 0])
    assert np.array_equal(needs.pixels[0, 1], needs.pixels[0, 0])


def test_the_scene_shows_through_where_nobody_looks_and_an_erased_cell_is_grey():
    figure = told()
    (scene, *_), _ = figure.shown(Scene=1, Word=1)
    assert (scene.pixels[:, :4] == 200).all() and (scene.pixels[4:, 4:] != 200).any()
    (scene, *_), caption = figure.shown(Scene=0, Word=5, Model=1, cell=[1, 1], **{"Erase the cell": True})
    assert (scene.pixels[:4, :4] == 128).all() and (scene.pixels[4:] == 200).all()
    assert caption.startswith("control, scene 1, “red”") and "weight is –% of" in caption


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: cloud(sizes=(1, 2, 3)), "3 sizes"),
        (lambda: cloud(estimates={}), "estimators need names"),
        (lambda: told(said=[["red"]]), "1 captions"),
        (lambda: told(changes=dict.fromkeys(("soft", "control"), np.zeros((2, 4, 1)))), "up to 2 words"),
        (lambda: told(images=np.zeros((2, 8, 8, 1), np.uint8)), "image"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(call, said):
    with pytest.raises(ValueError) as refusal:
        call()
    assert said in str(refusal.value)


def test_a_scene_is_lit_where_the_map_of_a_word_about_a_sticker_is_large():
    scene = SimpleNamespace(images=torch.full((1, 3, 4, 4), 200, dtype=torch.uint8))
    shown = Annotated(scene, None, [Caption(["a", "red"], [-1, 2])], None)
    axis = figures.lit_for_each_word(shown, torch.tensor([[[1.0] * 4, [0.5, 0.25, 0.25, 0.0]]])).axes[0]
    assert axis.get_title() == "red"
    # The largest weight leaves the scene as it is, half of it takes away three eighths, none leaves a quarter.
    wanted = np.array([[200, 125], [125, 50]]).repeat(2, axis=0).repeat(2, axis=1)
    assert np.array_equal(axis.images[0].get_array(), wanted[..., None].repeat(3, axis=-1))
    lighter = figures.lit(scene.images[0], np.array([1.0, 0.5, 0.5, 0.0]), least=0.5)
    assert lighter[::2, ::2, 0].tolist() == [[200, 150], [150, 100]]


def test_square_tables_write_each_number_in_its_place():
    figure = figures.square_tables({"four": np.array([0.0, 0.25, 0.5, 1.0]), "one": torch.tensor([0.75])})
    written = [[(*text.get_position(), text.get_text()) for text in axis.texts] for axis in figure.axes]
    assert written == [[(0, 0, "0.00"), (1, 0, "0.25"), (0, 1, "0.50"), (1, 1, "1.00")], [(0, 0, "0.75")]]
    assert [axis.get_title() for axis in figure.axes] == ["four", "one"]


def test_the_steps_read_what_the_weights_say_and_end_in_the_word_of_highest_score():
    scenes = SimpleNamespace(images=torch.zeros(1, 3, 4, 4, dtype=torch.uint8))
    shown = Annotated(scenes, torch.arange(12.0).view(1, 4, 3), [Caption(["a", "red", "two"], [])], None)
    scores, weights = torch.zeros(1, 3, 3), torch.zeros(1, 3, 4)
    scores[0, 2], weights[0, 2] = torch.tensor([0.0, 2.0, 1.0]), torch.tensor([0.0, 0.5, 0.5, 0.0])
    steps = figures.steps(shown, scores, torch.zeros(1, 3, 5), weights, ["one", "red", "two"])
    found = {each.name: each.value for each in steps}
    assert found["words so far"] == ["a", "red"] and found["next word"] == ["red"]
    assert np.array_equal(found["weights"], [[0, 0.5], [0.5, 0]])
    assert np.array_equal(found["context"], [4.5, 5.5, 6.5])
