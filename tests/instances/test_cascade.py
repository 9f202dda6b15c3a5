"""The cascade's stages, losses, votes and training; figures say what their arrays hold."""

import copy
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close
from torchvision.ops import box_iou

from helpers.data.batches import as_input
from helpers.instances import learning
from helpers.instances.cascades import experiment, showing
from helpers.instances.cascades.figures import framed, stage_by_stage, summary
from helpers.instances.cascades.losses import by_stage, mask_targets, proposal_loss, round_losses
from helpers.instances.cascades.network import CHANNELS, PROPOSALS, RATIOS, SIZES, Cascade
from helpers.instances.cascades.summary import LearnedUpsampling
from helpers.instances.cascades.warping import box_shifts, shifted
from helpers.instances.data import SETS, draw_scenes
from helpers.instances.model import Trunk
from helpers.training import History

ANCHORS = len(SIZES) * len(RATIOS)  # at each place


@pytest.fixture(scope="module")
def scenes():
    return draw_scenes(4, 0)


@pytest.fixture
def cascade():
    torch.manual_seed(0)
    return Cascade(Trunk(), stages=5).eval()


def test_anchors_stand_in_the_order_of_their_scores(cascade, scenes):
    image = as_input(scenes.images[:1])
    proposed, _ = cascade(image)
    assert proposed.anchors.shape == (144 * ANCHORS, 4) and proposed.scores.shape == (1, 144 * ANCHORS)
    scores, shifts = cascade.proposer.head([cascade.trunk(image)[3]])
    row, column, kind = 3, 7, 4
    number = (row * 12 + column) * ANCHORS + kind
    assert_close(proposed.scores[0, number], scores[0][0, kind, row, column])
    assert_close(proposed.shifts[0, number], shifts[0][0, 4 * kind : 4 * kind + 4, row, column])
    x0, y0, x1, y1 = proposed.anchors[number]
    assert ((x0 + x1) / 2, (y0 + y1) / 2) == (column * 8, row * 8)


def test_the_boxes_that_go_on_are_the_best_and_little_alike(cascade, scenes):
    proposed, rounds = cascade(as_input(scenes.images[:2]))
    boxes = rounds[0].boxes
    assert boxes.shape == (2, PROPOSALS, 4)
    every = shifted(proposed.anchors, proposed.shifts).clamp(0, 96)
    best = every[0, proposed.scores[0].argmax()]
    assert_close(boxes[0, 0], best)
    overlaps = box_iou(boxes[0], boxes[0]).fill_diagonal_(0)
    assert overlaps.max() <= 0.7 + 1e-6


def test_one_image_is_seen_as_it_is_in_a_batch(cascade, scenes):
    images = as_input(scenes.images)
    together, alone = cascade(images)[1][-1], cascade(images[2:3])[1][-1]
    for part, other in zip(together, alone, strict=True):
        assert_close(part[2:3], other, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("detached", [False, True])
def test_the_gradient_of_later_stages_reaches_the_boxes_unless_it_is_detached(cascade, scenes, detached):
    batch, cascade.detached = experiment.batch_of(scenes), detached
    each = by_stage(cascade.train()(batch.images, batch.boxes), batch)
    # stages two to five alone, so that only boxes lead to the proposer
    sum(value for name, value in each.items() if not name.startswith("1")).backward()
    reached = cascade.proposer.head.bbox_pred.weight.grad
    assert (reached is None or not reached.any()) == detached


def test_the_proposal_loss_is_that_of_a_loop(cascade, scenes):
    batch = experiment.batch_of(scenes[:2])
    proposed, _ = cascade(batch.images)
    named, moved, things = 0.0, 0.0, 0
    for b in range(2):
        overlaps = box_iou(proposed.anchors, batch.boxes[b])
        highest = overlaps.amax(dim=0)
        for a, each in enumerate(overlaps):
            thing = float(each.max()) >= 0.5 or bool(((each == highest) & (each > 0)).any())
            if thing or float(each.max()) < 0.35:
                named += F.binary_cross_entropy_with_logits(proposed.scores[b, a], torch.tensor(float(thing)))
            if thing:
                wanted = box_shifts(batch.boxes[b, int(each.argmax())], proposed.anchors[a])
                moved += F.smooth_l1_loss(proposed.shifts[b, a], wanted, reduction="sum", beta=0.1)
                things += 1
    assert_close(proposal_loss(proposed, batch), (named + moved) / things, atol=1e-3, rtol=1e-3)


def test_a_mask_target_is_the_true_mask_inside_the_box():
    instances = torch.zeros(1, 96, 96, dtype=torch.uint8)
    instances[0, 20:48, 10:24] = 2  # left half of the box below
    boxes = torch.tensor([[[10.0, 20, 38, 48]]])
    target = mask_targets(boxes, torch.tensor([[1]]), torch.tensor([[True]]), instances)
    assert target.shape == (1, 28, 28) and target[0, :, :14].all() and not target[0, :, 14:].any()


def test_a_round_without_a_thing_teaches_ground_only(cascade, scenes):
    batch = experiment.batch_of(scenes[:1])
    said = cascade(batch.images)[1][0]
    masks, classes, shifts = round_losses(said._replace(boxes=torch.zeros_like(said.boxes)), batch)
    assert masks == 0 and shifts == 0
    assert_close(classes, -said.classes.log_softmax(dim=-1)[..., 0].mean())


def test_votes_are_those_of_a_loop():
    generator = torch.Generator().manual_seed(2)
    centres = torch.tensor([8.0, 8.6, 9.0, 20, 20.5, 8.3])
    places = torch.arange(28.0)
    inside = (1.5 - ((places - centres[:, None]) / 4).abs()).clamp(0, 1)[:, None] * torch.ones(6, 10, 1)
    chances = torch.rand(6, 3, generator=generator) * 0.2
    chances[:, 0] += torch.tensor([0.7, 0.5, 0.3, 0.6, 0.4, 0.0])
    chances[5, 1] += 0.55
    masks, classes, scores = experiment.voted(inside, chances)
    assert classes.tolist() == [0, 0] and scores.tolist() == chances[[0, 3], 0].tolist()
    for mask, members in zip(masks, ([0, 1, 2], [3, 4]), strict=True):
        mean = sum(chances[m, 0] * inside[m] for m in members) / chances[members, 0].sum()
        assert torch.equal(mask, mean >= 0.5)
    unsure = experiment.voted(torch.ones(3, 8, 8), torch.full((3, 10), 0.01))
    assert [len(each) for each in unsure] == [0, 0, 0]


@pytest.mark.parametrize("fields", experiment.SYSTEMS.values(), ids=experiment.SYSTEMS)
def test_every_system_of_the_record_learns(fields, scenes):
    network = experiment.new_cascade(fields, 0, Trunk())
    before = copy.deepcopy(network.state_dict())
    whole = fields["training"] == "end to end"
    history = (experiment.learn if whole else experiment.learn_stage_by_stage)(network, scenes, 3, 0)
    after = network.state_dict()
    assert history.steps == 3
    for part in ("trunk.blocks.0.0.weight", "proposer.head.cls_logits.weight", "mask_head.mask.weight"):
        assert not torch.equal(before[part], after[part])
    found = experiment.find(network, scenes.images)
    assert [each.image for each in found] == [0, 1, 2, 3]


@pytest.mark.parametrize("fields", [experiment.THREE, experiment.SEPARATE])
def test_each_weight_belongs_to_one_stage_and_separate_networks_read_thrice(fields, scenes):
    network = experiment.new_cascade(fields, 0, Trunk()).eval()
    stages = [{id(w) for part in parts for w in part.parameters()} for parts in network.parts()]
    assert sum(map(len, stages)) == len(set().union(*stages)) == len(list(network.parameters()))
    images = as_input(scenes.images[:1])
    features = network.read(images, network.trunk(images))
    before = features.clone()
    with torch.no_grad():
        for weight in network.parts()[2][0].parameters():
            weight.zero_()  # what stage three reads with, if it has a trunk of its own
    after = network.read(images, network.trunk(images))
    assert_close(after[:, :CHANNELS], before[:, :CHANNELS])
    assert torch.equal(after, before) == (fields is experiment.THREE)


@pytest.mark.parametrize("detached", [False, True])
def test_arrows_lead_downhill(cascade, scenes, detached):
    cascade.detached = detached  # which stops what later stages teach earlier ones, not the arrows
    truth = experiment.batch_of(scenes[:1])
    box = truth.boxes[0, :1] + torch.tensor([2.0, -1, 3, 2])
    seen = showing.looked_at(cascade, scenes.images[:1], truth, box)
    along = (seen["arrows"][0, :, 2:] - seen["arrows"][0, :, :2]).sum(dim=1)
    for side in range(4):
        nudged = box.clone()
        nudged[0, side] += 0.02 * torch.sign(along[side])
        there = showing.looked_at(cascade, scenes.images[:1], truth, nudged)["losses"]
        assert there <= seen["losses"] + 1e-4


def test_the_system_is_walked_through_stage_by_stage(cascade, scenes):
    drawn = showing.system(cascade, scenes.images[0])
    captions = [drawn.shown(Step=step)[1] for step in range(8)]
    assert captions[4].startswith("warped, 48 × 14 × 14") and captions[5].startswith(
        "mask, 28 × 28: stage 2: mask"
    )


@pytest.fixture
def seen(cascade, scenes):
    boxes = showing.places_to_snap(scenes.boxes[0, :2], 96, steps=2)
    truth = experiment.batch_of(scenes[:1])
    return boxes, showing.looked_at(cascade, scenes.images[:1], truth, boxes)


def test_the_figure_tells_of_the_box_that_is_chosen_and_asks_for_others(seen, scenes):
    boxes, known = seen
    asked = []

    def look(box):
        asked.append(box.tolist())
        return {name: values[:1] for name, values in known.items()}

    figure = stage_by_stage(scenes.images[0].permute(1, 2, 0), boxes, known, look)
    for number in (0, len(boxes) - 1):
        _, caption = figure.shown(box=number)
        assert f"IoU of {float(known['overlaps'][number]) + 1e-9:.2f}" in caption
        assert f"{float(known['losses'][number]):.1f}" in caption
    figure.shown(Box=1, Left=10, Top=20, Width=90, Height=30)
    assert asked[-1] == [[10, 20, 96, 50]]  # no further than the edge


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda boxes, known: (boxes[:, [2, 3, 0, 1]], known), "x0 < x1"),
        (lambda boxes, known: (boxes[0], known), "expected"),
        (lambda boxes, known: (boxes, {"crops": known["crops"]}), "lacks 'masks'"),
        (lambda boxes, known: (boxes, known | {"chances": known["chances"][:, :5]}), "chances has shape"),
        (lambda boxes, known: (boxes[:2], known), "an entry a box"),
    ],
)
def test_a_figure_of_boxes_refuses_what_does_not_fit(seen, scenes, change, said):
    with pytest.raises(ValueError, match=said):
        stage_by_stage(scenes.images[0].permute(1, 2, 0), *change(*seen))


def test_the_summarys_learned_upsampling_starts_as_interpolation():
    class_map, images = learning.new_class_map(0).eval(), torch.rand(1, 3, 32, 32)
    told, wanted = LearnedUpsampling(class_map).eval()(images), class_map(images)
    inner = (..., slice(4, -4), slice(4, -4))  # at the edge it fades to 0
    assert_close(told[inner], wanted[inner], atol=1e-5, rtol=1e-4)


def test_the_summary_shows_each_method_of_the_chosen_scene():
    images = np.zeros((2, 8, 8, 3), np.uint8)
    maps = {"one": np.zeros((2, 8, 8), int), "other": np.full((2, 8, 8), 3)}
    drawn = {"all": np.stack([images[0] + 50, images[1] + 90])}
    figure = summary(images, maps, drawn)
    parts, caption = figure.shown(Scene=1, Blend=100)
    assert "Scene 2 of 2" in caption and (parts[1].pixels == 90).any()
    with pytest.raises(ValueError, match="2 scenes"):
        summary(images, {"one": maps["one"][:1]}, drawn)


def test_a_frame_is_drawn_where_the_box_is():
    picture = framed(np.zeros((20, 20, 3), np.uint8), torch.tensor([[2, 3, 10, 12]]))
    lit = picture.any(axis=-1)
    assert lit[3, 2:9].all() and lit[3:11, 2].all() and lit[11, 2:9].all() and not lit[4:10, 3:9].any()


def test_known_truth_has_no_box_where_nothing_is(scenes):
    batch, none = experiment.batch_of(scenes), scenes.digits < 0
    assert none.any() and (batch.classes[none] == 0).all() and (batch.boxes[none] == 0).all()


def test_a_cascade_has_a_row_for_each_of_the_four_sets(monkeypatch, scenes):
    monkeypatch.setattr(experiment, "material", lambda seed, budget: (Trunk(), scenes))
    monkeypatch.setattr(experiment, "held_out", lambda *_: scenes)
    monkeypatch.setattr(experiment, "RECORD", replace(experiment.RECORD, steps=3))
    rows = list(experiment.compare(0, [experiment.THREE]))
    assert [{name: row[name] for name in SETS[0]} for row in rows] == list(SETS)
    assert all(row["figures"]["seconds_a_scene"] > 0 and row["parameters"] > 0 for row in rows)


def test_stopped_in_one_stage_the_next_does_not_begin(monkeypatch, cascade, scenes):
    begun = []

    def stopped(*given, stage, **options):
        begun.append(stage)
        return History([1.0], interrupted=True)

    monkeypatch.setattr(experiment, "learn", stopped)
    assert experiment.learn_stage_by_stage(cascade, scenes, 9, 0).interrupted and begun == ["1 boxes"]
    assert all(each.requires_grad for each in cascade.parameters())
