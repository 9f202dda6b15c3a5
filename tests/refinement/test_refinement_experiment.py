"""The experiments of lesson 03: what is judged, what is planted, and rows that can be recorded."""

from itertools import product

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from helpers import films, results
from helpers.data.batches import as_input
from helpers.ops import receptive_field
from helpers.refinement import exercises, experiment, planting
from helpers.refinement.model import Refiner, enlarged, no_labels, view
from tools.record import checked

TINY = experiment.Budget(scenes=16, steps=1, tested=4)


@pytest.fixture(scope="module")
def scenes():
    return experiment.held_out("chain", 4)


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return Refiner(passes=2).eval()


def test_passes_are_judged_pixel_by_pixel(scenes):
    truth = scenes.labels
    blank = scenes.blank & (truth > 0)
    without = truth.masked_fill(blank, 0)  # wrong on blank stickers only
    none = torch.zeros_like(truth)
    first, second, third = experiment.judge(torch.stack([none, without, truth], dim=1), scenes)
    assert (first["printed"], first["blank"]) == (0, 0) and "mended" not in first
    assert (second["printed"], second["blank"]) == (1, 0)
    assert second["mended"] == pytest.approx(float(((truth > 0) & ~blank).float().mean()))
    assert second["broken"] == 0
    assert (third["mean_iou"], third["boundary_iou"], third["pixel_accuracy"]) == (1, 1, 1)
    back = experiment.judge(torch.stack([truth, none], dim=1), scenes)[1]
    assert back["mended"] == 0 and back["broken"] == pytest.approx(float((truth > 0).float().mean()))


@pytest.mark.parametrize(("kind", "length"), [("chain", 2), ("long chain", 3)])
def test_in_a_chain_the_first_sticker_decides(kind, length):
    scenes = experiment.held_out(kind, 4)
    digits = scenes.digits.unflatten(1, (-1, length))
    assert (digits == digits[..., :1]).all()
    later = (scenes.instances - 1) % length > 0
    assert torch.equal(scenes.blank & (scenes.labels > 0), (scenes.instances > 0) & later)


def test_scenes_are_labelled_in_parts_as_at_once(network, scenes):
    with torch.no_grad():
        scores = network(as_input(scenes.images), passes=3)
    expected = torch.stack([enlarged(each).argmax(dim=1) for each in scores.unbind(dim=1)], dim=1)
    assert torch.equal(experiment.label_passes(network, scenes.images, 3).long(), expected)


@torch.no_grad()
def test_what_is_explored_is_what_the_network_says(network, scenes):
    image = scenes.images[0]
    found = planting.explore(network, image, [2, 7], passes=3)
    plain = experiment.label_passes(network, image[None], 3)[0]
    assert torch.equal(found.maps, plain)
    # The label at row 1, column 3 of the places, planted by hand.
    left, top, width, height = found.planted_boxes[1, 3].tolist()
    first = no_labels(as_input(image[None]))
    first[0, 7, top // 4 : (top + height) // 4, left // 4 : (left + width) // 4] = 1
    lied = enlarged(network(as_input(image[None]), first=first, passes=3)[0]).argmax(dim=1)
    assert (width, height) == (12, 12)
    assert torch.equal(found.planted[1, 1, 3].long(), lied)
    assert not torch.equal(found.planted[1, 1, 3], plain)
    # The ink of a hand in the same cells says the same.
    ink = np.zeros(image.shape[1:], np.uint8)
    ink[top : top + height, left : left + width] = 255
    assert torch.equal(planting.painted(network, image, 3)(ink, 7).long(), lied)


def test_views_and_gradients_of_places_are_those_of_their_cells(network, scenes):
    image = scenes.images[0]
    found = planting.explore(network, image, [1], passes=2)
    left, top, width, _ = found.planted_boxes[2, 1].tolist()
    row, column = top // 4 + 1, left // 4 + 1
    for number in (1, 2):
        field = view(number)
        box = [field.start + 4 * column, field.start + 4 * row, field.size, field.size]
        assert found.views[number - 1, 2, 1].tolist() == box
    scene = as_input(image[None]).requires_grad_()
    network(scene, passes=2)[0, 1, :, row, column].max().backward()
    expected = torch.nn.functional.avg_pool2d(scene.grad.abs().sum(dim=1), 4)[0]
    assert_close(found.gradients[1, 2, 1], expected)


@pytest.mark.parametrize(
    ("label", "box"), [(11, (0, 0, 3, 3)), (-1, (0, 0, 3, 3)), (1, (3, 0, 3, 3)), (1, (0, 14, 3, 17))]
)
def test_what_cannot_be_planted_is_refused(scenes, label, box):
    said = "does not lie in 16 x 16 cells" if label == 1 else "0 to 10"
    with pytest.raises(ValueError, match=said):
        planting.planted_labels(scenes.images[0], label, box)


def test_every_network_that_is_recorded_gives_rows_that_can_be_found_again():
    systems = [experiment.FEEDBACK, experiment.WIDE_VIEW, experiment.NARROW_VIEW]
    rows = [checked(row, "chain") for row in experiment.compare("chain", 0, systems, TINY)]
    rows += experiment.compare("chain", 0, [{**each, "steps": 1} for each in experiment.ABLATIONS[:6]], TINY)
    assert results.twins(rows) is None
    counts = {row["model"]: row["parameters"] for row in rows if row.get("weights", "tied") == "tied"}
    few, many = min(counts.values()), max(counts.values())
    assert many / few < 1.02, counts
    narrow = [row["parameters"] for row in rows if row.get("weights") == "untied, as many in all"]
    assert 0.9 < narrow[0] / counts["feedback"] < 1.1
    assert [row["after"] for row in rows[:10]] == [*range(1, 9), 1, 1]


def test_the_pieces_hold_the_headline_and_its_controls_for_three_seeds(monkeypatch):
    asked = []
    monkeypatch.setattr(
        experiment, "compare", lambda *kind_seed_systems: asked.append(kind_seed_systems) or []
    )
    for name, piece in experiment.PIECES["record"].items():
        if name.startswith("narrow"):
            list(piece())
        elif "seed" in name:
            asked.append(piece.args)
    trained = [(kind, seed, system["model"]) for kind, seed, systems in asked for system in systems]
    kinds, models = ("plain", "hidden", "chain"), ("feedback", "one pass, wide view", "one pass, narrow view")
    assert set(product(kinds, range(3), models)) | {("long chain", 0, models[2])} == set(trained)
    assert len(trained) == 28  # none is trained twice


def test_on_streets_each_pass_is_judged_as_a_network_of_its_own(noise_camvid):
    rows = experiment.streets(steps={"FCN-8s": 3, "feedback": 2}, passes=2)
    other, *passes = (checked(row, "streets") for row in rows)
    (_, rest, _), (network, learned_from, _) = noise_camvid
    assert learned_from is rest
    assert (other["model"], other["steps"]) == ("FCN-8s", 3)
    assert [(row["model"], row["steps"], row["after"]) for row in passes] == [
        ("feedback", 2, n) for n in (1, 2)
    ]
    held = films.held_out()[1]
    for row in passes:
        found = experiment.label_passes(network, held.images, row["after"])[:, -1]
        seen = held.labels != films.VOID
        right = (found == held.labels)[seen].double().mean().item()
        assert row["figures"]["pixel_accuracy"] == pytest.approx(right, abs=1e-6)
        assert row["figures"]["ahead_low"] <= row["figures"]["ahead_high"]
    assert "gain_low" in passes[1]["figures"] and "gain_low" not in passes[0]["figures"]


# The exercises' solutions; tests/test_exercises.py tries checks, stubs and hints.


@pytest.fixture(params=range(3))
def drawn(request):
    return lambda exercise: exercise.make_input(np.random.default_rng(request.param))


def test_a_stack_holds_each_cell_sixteen_times(drawn):
    labels, images = drawn(exercises.stack_planes)
    stack = exercises.stack_planes.solution(labels, images)
    assert torch.equal(stack[:, 4:], images)
    for row, column in np.ndindex(12, 20):
        assert torch.equal(stack[:, :4, row, column], labels[:, :, row // 4, column // 4])


def test_the_loss_over_passes_is_the_sum_of_log_probabilities(drawn):
    scores, targets = drawn(exercises.loss_over_passes)
    log_p = scores.log_softmax(dim=2).gather(2, targets[:, None, None].expand(-1, 3, 1, -1, -1))
    assert_close(exercises.loss_over_passes.solution(scores, targets), -log_p.sum() / targets.numel())


def test_the_view_after_passes_is_that_of_a_stack_of_kernels(drawn):
    size, stride, cells, passes = drawn(exercises.seen_after)
    layers = [(size, stride, 0), *[(cells, 1, 0)] * (passes - 1)]
    assert exercises.seen_after.solution(size, stride, cells, passes) == receptive_field(layers).size


def test_mended_less_broken_is_the_gain(drawn):
    before, after, truth = drawn(exercises.mended_and_broken)
    mended, broken = exercises.mended_and_broken.solution(before, after, truth)
    pixels = list(zip(before.flatten(), after.flatten(), truth.flatten(), strict=True))
    assert mended * 80 == pytest.approx(
        sum(bool(was != known and now == known) for was, now, known in pixels)
    )
    assert broken * 80 == pytest.approx(
        sum(bool(was == known and now != known) for was, now, known in pixels)
    )
