"""SDS and hypercolumns against loops, hand-made images and library calls."""

from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.testing import assert_close
from torchvision.ops import box_iou, nms

from helpers import results
from helpers.data.batches import as_input
from helpers.instances import baseline, experiment, reporting, sds, showing, systems
from helpers.instances.data import draw_scenes, true_instances
from helpers.instances.hypercolumns import HypercolumnHead, masked
from helpers.instances.learning import TrunkBudget, region_examples
from helpers.instances.model import ClassMap, Trunk, enlarged
from helpers.instances.scoring import Detections, mask_iou
from helpers.ops import receptive_field


@pytest.fixture(scope="module")
def trunk():
    torch.manual_seed(0)
    return Trunk().eval()


def squares():
    """Two flat squares side by side on black, one of them with a hole of another colour."""
    image = torch.zeros(3, 48, 48, dtype=torch.uint8)
    image[0, 10:26, 6:22] = 200
    image[1, 10:26, 22:38] = 220
    image[2, 14:20, 26:32] = 250
    return image


def test_the_trunk_gives_four_maps_and_the_coarsest_sees_62_pixels(trunk):
    images = torch.randn(2, 3, 32, 48)
    assert [tuple(each.shape) for each in trunk(images)] == [
        (2, 12, 32, 48), (2, 24, 16, 24), (2, 48, 8, 12), (2, 96, 4, 6),
    ]  # fmt: skip
    convolution, pool = (3, 1, 1), (2, 2, 0)
    layers = [convolution, pool, convolution, pool, *[convolution] * 2, pool, *[convolution] * 2]
    assert receptive_field(layers)[:2] == (62, 8)
    network = ClassMap(trunk).eval()
    with torch.no_grad():
        assert_close(network(images)[:1], network(images[:1]), atol=1e-4, rtol=1e-4)


def test_proposals_hold_flat_squares_and_their_union():
    image = squares()
    masks = sds.propose(image)
    left, right = (image[0] > 0), (image[1] > 0)
    best = mask_iou(torch.stack([left, right, left | right]), masks).max(dim=1).values
    assert (best > 0.99).all() and len(masks) <= sds.NODES + sds.UNIONS
    areas = masks.sum(dim=(1, 2))
    assert (areas >= sds.AREA[0]).all() and (areas <= sds.AREA[1]).all()
    assert len(sds.propose(torch.full((3, 32, 32), 90, dtype=torch.uint8))) == 0  # nothing to part


def test_the_second_crop_is_the_first_without_its_outside():
    image, mask = squares(), squares()[0] > 0
    box, region = sds.two_crops(image, mask[None])[0]
    inside = (region != 0).any(dim=0)
    assert_close(region, box * inside)
    assert 0.55 < inside.float().mean() < 0.75  # it fills its window but for the margin: 1 / 1.25 squared
    assert (box[1, 10:22, -1] > box[1, 10:22, 10]).all() and not region[:, :, -1].any()  # its neighbour


@pytest.mark.parametrize("seed", range(4))
def test_suppression_keeps_what_the_library_keeps(seed):
    generator = torch.Generator().manual_seed(seed)
    first = torch.rand(30, 2, generator=generator) * 20
    boxes = torch.cat([first, first + 5 + 10 * torch.rand(30, 2, generator=generator)], dim=1)
    scores = torch.rand(30, generator=generator)
    kept = sds.suppress(box_iou(boxes, boxes), scores, 0.4)
    assert torch.equal(kept, nms(boxes, scores, 0.4)) and 1 < len(kept) < 30


def test_doubles_are_dropped_class_by_class_and_by_boxes_only_if_asked():
    masks = torch.zeros(4, 20, 20, dtype=torch.bool)
    masks[:2] = torch.ones(20, 20).tril(-1).bool()  # two triangles that share their box with a third
    masks[2] = torch.ones(20, 20).triu(1).bool()
    masks[3] = masks[0]
    found = Detections(0, masks, torch.tensor([1, 1, 1, 2]), torch.tensor([0.9, 0.8, 0.7, 0.6]))
    assert sds.staying(found).tolist() == [0, 2, 3]  # the best first
    assert sds.staying(found, boxes=True).tolist() == [0, 3]
    weak = replace(found, scores=torch.full((4,), 0.01))
    assert len(sds.staying(weak)) == 0


def test_boxes_cross_pair_by_pair_of_one_class():
    masks = torch.zeros(4, 20, 20, dtype=torch.bool)
    masks[0, :10, :10], masks[1, :10, 5:15], masks[2, :10, :10], masks[3, 15:, 15:] = True, True, True, True
    true = Detections(0, masks, torch.tensor([1, 1, 2, 1]), torch.ones(4))
    assert_close(showing.crossing(true), torch.tensor([1 / 3, 0, 0]))  # 0 and 1, 0 and 3, 1 and 3
    assert len(showing.crossing(true[:1])) == 0


def test_a_refiner_is_a_logistic_model_a_cell_and_superpixels_decide(trunk):
    looked = sds.look(trunk, squares()[None])[0]
    refiner = sds.Refiner()
    repeats = torch.cat([torch.zeros(100, 2 * sds.FEATURES), 20 * torch.eye(100)], dim=1)  # the coarse mask
    refiner.load_state_dict({"weight": repeats, "bias": torch.full((100,), -10.0)})
    best = mask_iou(looked.masks, (squares()[0] > 0)[None])[:, 0].argmax()
    again = sds.refined(refiner, looked, best[None])
    assert mask_iou(again, looked.masks[best][None]).item() > 0.9
    nn.init.constant_(refiner.bias, -100)
    assert not sds.refined(refiner, looked, best[None]).any()


def test_an_image_without_proposals_has_no_detections(trunk):
    looked = sds.look(trunk, torch.zeros(1, 3, 32, 32, dtype=torch.uint8))
    found = sds.detect(looked, sds.RegionClassifier(), sds.Refiner())
    drawn = masked(HypercolumnHead(), trunk, torch.zeros(1, 3, 32, 32).byte(), found)
    assert len(found[0]) == len(drawn[0]) == 0


def test_regions_are_named_after_the_instance_that_they_overlap_most(trunk):
    scenes = draw_scenes(2, 0, "val")
    looked = sds.look(trunk, scenes.images)
    regions = region_examples(looked, scenes, 0)
    wanted = []
    for each, truth in zip(looked, true_instances(scenes), strict=True):
        for mask in each.masks:
            fits = [float((mask & t).sum() / (mask | t).sum()) for t in truth.masks]
            if max(fits) >= 0.5:
                wanted.append(int(truth.classes[fits.index(max(fits))]) + 1)
    assert regions.labels[regions.labels > 0].tolist() == wanted
    assert len(regions.described) == len(regions.inside) == len(wanted)
    assert (regions.labels == 0).sum() <= 2 * 30


def test_a_column_classified_whole_is_the_sum_of_its_layers(trunk):
    maps = trunk(torch.randn(1, 3, 32, 32))
    head = HypercolumnHead(grid=2)
    weight = torch.cat([layer.weight[:, :, 0, 0] for layer in head.classifiers], dim=1)
    bias = sum(layer.bias for layer in head.classifiers)
    columns = torch.cat([enlarged(*each) for each in zip(maps, (1, 2, 4, 8), strict=True)], dim=1)
    whole = torch.einsum("kc,bcyx->bkyx", weight, columns) + bias[:, None, None]
    assert_close(head.score_maps(maps), whole, atol=1e-4, rtol=1e-4)


def test_a_place_of_a_box_asks_the_classifiers_near_it(trunk):
    maps = trunk(torch.randn(1, 3, 64, 64))
    head = HypercolumnHead(grid=3)
    windows = torch.tensor([[0.0, 4, 6, 54, 56]])  # 50 pixels wide: places are pixels
    said = head.score_maps(maps)[0, :, 6:56, 4:54]
    scores = head(maps, windows)[0]
    assert_close(scores[0, 0], said[0, 0, 0], atol=1e-4, rtol=1e-4)  # in the corner one classifier
    assert_close(head.mixing.sum(dim=0), torch.ones(50, 50))
    down, across = ((place + 0.5) / 50 * 3 - 0.5 for place in (20, 30))  # in cells
    near = {
        (i, j): max(0, 1 - abs(down - i)) * max(0, 1 - abs(across - j)) for i in range(3) for j in range(3)
    }
    wanted = sum(weight * said[3 * i + j, 20, 30] for (i, j), weight in near.items())
    assert_close(scores[20, 30], wanted, atol=1e-4, rtol=1e-4)
    assert_close(head.shares(maps, windows).sum(dim=1), head(maps, windows), atol=1e-3, rtol=1e-3)


def test_new_masks_keep_class_score_and_place(trunk):
    head = HypercolumnHead(grid=1)
    for weight in head.parameters():
        nn.init.constant_(weight, 1)  # everything in the window is inside
    mask = torch.zeros(1, 32, 32, dtype=torch.bool)
    mask[0, 8:16, 8:24] = True
    found = Detections(0, mask, torch.tensor([7]), torch.tensor([0.4]))
    (again,) = masked(head, trunk, torch.zeros(1, 3, 32, 32).byte(), [found], 1.0)
    assert torch.equal(again.boxes, found.boxes) and again.classes == 7 and again.scores == found.scores


def test_pieces_are_the_connected_ones_of_each_class():
    labels = torch.zeros(32, 32, dtype=torch.long)
    labels[2:10, 10:20], labels[2:10, 2:10], labels[20:30, 2:12] = 6, 4, 4
    labels[30, 30] = 4  # too small to be a thing
    chances = torch.linspace(0, 1, 32).expand(32, 32)
    found = baseline.pieces(5, labels, chances)
    assert found.image == 5 and found.classes.tolist() == [3, 3, 5]
    assert found.masks.sum(dim=(1, 2)).tolist() == [64, 100, 80]
    assert found.scores.tolist() == pytest.approx([5.5 / 31, 6.5 / 31, 14.5 / 31])
    assert len(baseline.pieces(0, labels * 0, chances)) == 0


def test_the_smallest_budget_gives_every_system_its_own_row_on_every_set():
    budget = systems.Budget(TrunkBudget(16, 1), scenes=8, looked=2, regions=1, cells=1, head=1, tested=2)
    rows = list(experiment.compare(0, budget))
    assert len(rows) == 4 * len(systems.SYSTEMS) and results.twins(rows) is None
    for name, fields in systems.SYSTEMS.items():
        assert sum(fields.items() <= row.items() for row in rows) == 4, name


def test_the_system_names_every_tensor_with_its_shape(trunk):
    parts = {"class map": ClassMap(trunk), "SDS": sds.RegionClassifier(), "hypercolumns": HypercolumnHead()}
    looked = sds.look(trunk, squares()[None])[0]
    drawn = showing.system(systems.Trained(trunk, sds.Refiner(), parts, {}), looked, 0)
    captions = [drawn.shown(Step=step)[1] for step in range(13)]
    assert captions[0].startswith("image, 3 × 48 × 48") and captions[-1].startswith("mask, 50 × 50")
    assert any("scores, 25 × 48 × 48" in each and "4,600 parameters" in each for each in captions)


def test_reasons_come_in_order():
    masks = torch.zeros(5, 20, 10, dtype=torch.bool)
    for k in range(5):
        masks[k, 4 * k : 4 * k + 4] = True
    truth = Detections(0, masks, torch.arange(5), torch.ones(5))
    poor = masks.clone()
    poor[:, :, 6:] = False  # an IoU of 0.6
    seen = torch.stack([masks[0], masks[1], poor[2], poor[3]])
    found = Detections(0, seen, torch.tensor([0, 9, 2, 3]), torch.ones(4))
    proposed = masks[[0, 1, 3, 4]]  # none for the third
    told = reporting.reasons(proposed, found, truth)
    assert told == ["found", "wrong digit", "no proposal fits", "poor mask", "not kept"]
    sources = {"mine": [found] * 2, "truth": [truth] * 2}
    images = torch.zeros(2, 3, 20, 10, dtype=torch.uint8)
    shown, titles, kinds = reporting.failures(images, [told[:2], told[1:]], sources)
    assert sorted(kinds) == sorted(told[1:])  # each once
    assert titles == ["mine, 4:\n0 2 3 9"] * 4 + ["truth, 5:\n0 1 2 3 4"] * 4 and all(
        each.shape == (20, 10, 3) for each in shown
    )


def test_recall_counts_what_some_proposal_fits():
    masks = torch.zeros(2, 8, 8, dtype=torch.bool)
    masks[0, :4], masks[1, 4:] = True, True
    near = masks[:1].clone()
    near[0, 3, :4] = False  # 28 of 32 pixels
    truth = Detections(0, masks, torch.tensor([1, 2]), torch.ones(2))
    assert systems.recall([near], [truth]) == {"recall_50": 0.5, "recall_70": 0.5, "proposals": 1.0}


def test_components_are_the_pieces_of_each_images_own_class_map(trunk):
    images, network = torch.stack([squares(), squares().flip(2)]), ClassMap(trunk).eval()
    for n, found in enumerate(baseline.components(network, images)):
        scores = network(as_input(images[[n]]))[0].detach()
        wanted = baseline.pieces(n, scores.argmax(dim=0), scores.softmax(dim=0).amax(dim=0))
        assert found.image == n and torch.equal(found.masks, wanted.masks)
        assert_close(found.scores, wanted.scores)
