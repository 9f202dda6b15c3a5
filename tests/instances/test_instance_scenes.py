"""The lesson's scenes hold what they promise; windows are cut out and put back."""

import torch
from torch.testing import assert_close

from helpers.data.stickers import COLOUR_NAMES
from helpers.instances.boxes import cut, cut_own, paste, windows_round
from helpers.instances.data import draw_scenes, held_out, training_scenes, true_instances
from helpers.instances.scoring import boxes_round, mask_iou


def test_every_true_instance_is_a_mask_of_its_own_in_its_box():
    scenes = draw_scenes(4, 0, "val")
    for number, each in enumerate(true_instances(scenes)):
        boxes = scenes.boxes[number]
        assert each.image == number and torch.equal(each.boxes, boxes[boxes.any(dim=1)])
        assert torch.equal(each.masks.any(dim=0), scenes.labels[number] > 0)
        assert (each.masks.sum(dim=0) <= 1).all() and (mask_iou(each.masks, each.masks).triu(1) == 0).all()
        for mask, digit in zip(each.masks, each.classes, strict=True):
            assert (scenes.labels[number][mask] == digit + 1).all()


def test_half_of_the_training_scenes_are_white_and_half_overlap():
    scenes = training_scenes(8, 1)
    shown = [[scenes.colour_names(n) for n in part] for part in (range(4), range(4, 8))]
    assert {name for each in shown[1] for name in each} == {"white"}
    assert len({name for each in shown[0] for name in each}) > 2 and set(shown[0][0]) <= set(COLOUR_NAMES)
    covered = [(scenes.visible[n][scenes.digits[n] >= 0] < 0.95).any().item() for n in range(8)]
    assert covered == [False, False, True, True] * 2


def test_touching_pairs_are_two_of_one_class_with_no_gap():
    scenes = held_out("touching pairs", "white", "val", 6)
    for each in true_instances(scenes):
        assert len(each) == 2 and each.classes[0] == each.classes[1]
        grown = torch.nn.functional.max_pool2d(each.masks[:1].float(), 5, 1, 2) > 0
        assert (grown[0] & each.masks[1]).any()


def test_a_mask_cut_out_and_pasted_back_is_nearly_itself():
    masks = torch.zeros(2, 40, 50, dtype=torch.bool)
    masks[0, 10:30, 5:29], masks[1, 0:18, 30:50] = True, True
    windows = windows_round(boxes_round(masks))
    assert windows[0].tolist() == [2, 7.5, 32, 32.5]  # 24 x 20, a quarter wider about the middle
    back = paste(cut_own(masks, windows, 50), windows, 40, 50) >= 0.5
    assert mask_iou(back, masks).diagonal().min() > 0.95
    for k in range(2):
        assert_close(
            cut_own(masks, windows, 9)[k], cut(masks[k][None], windows[[k]], 9)[0, 0], atol=1e-4, rtol=0
        )
    assert (paste(torch.ones(1, 5, 5), windows[:1], 40, 50)[0, :, 36:] == 0).all()
