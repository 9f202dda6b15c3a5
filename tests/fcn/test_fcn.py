"""Fully convolutional networks: dense scores against a loop over patches, skips against the network before."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.testing import assert_close

from helpers.data.scenes import make_scenes
from helpers.fcn import experiment
from helpers.fcn.data import crop_to, own_scene
from helpers.fcn.model import (
    FCN,
    STRIDES,
    PatchClassifier,
    finer,
    fully_convolutional,
    upsample,
)
from helpers.metrics import segmentation_metrics
from helpers.ops import patches, receptive_field
from helpers.probe import record

SIZE, STRIDE = PatchClassifier.SIZE, PatchClassifier.STRIDE


def lively(model: nn.Module, side: int, seed: int = 0) -> nn.Module:
    """Give batch norm statistics of its own and every parameter something to say, then stand still."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 0.1 * torch.randn(parameter.shape, generator=generator)
    model.train()
    for _ in range(3):
        model(torch.randn(4, 3, side, side, generator=generator))
    return model.eval()


def small_fcn(stride: int = 32, seed: int = 0) -> FCN:
    torch.manual_seed(seed)
    return lively(FCN(5, stride, widths=(4, 5, 6, 7, 8), head=9), 64)


def small_classifier(padding: int = 0) -> PatchClassifier:
    torch.manual_seed(0)
    return lively(PatchClassifier(5, padding), SIZE)


@torch.no_grad()
def loop_over_patches(classifier, images, stride):
    """What the classifier says of each patch, one row of patches after another: (B, classes, rows, columns)."""
    cut = patches(images, SIZE, stride)
    rows = [torch.stack([classifier(patch) for patch in row.unbind(1)], dim=-1) for row in cut.unbind(1)]
    return torch.stack(rows, dim=2)


@pytest.mark.parametrize("dtype, tolerance", [(torch.double, 1e-10), (torch.float, 1e-4)])
def test_dense_scores_are_the_patch_loops(dtype, tolerance):
    classifier = small_classifier().to(dtype)
    images = torch.randn(2, 3, SIZE + 2 * STRIDE + 3, SIZE + 3 * STRIDE, dtype=dtype)
    with torch.no_grad():
        dense = fully_convolutional(classifier)(images)
    looped = loop_over_patches(classifier, images, STRIDE)
    assert dense.shape == (2, 5, 3, 4) and dense.std() > 0.05
    assert_close(dense, looped, rtol=0, atol=tolerance)


def test_with_padding_inside_dense_scores_differ():
    """Beyond a patch's border a padded network sees zeros, in the whole image real pixels.

    Only the patch in the image's own corner has zeros above and to the left in both.
    """
    classifier = small_classifier(padding=1).double()
    images = torch.randn(1, 3, SIZE + 2 * STRIDE, SIZE + 2 * STRIDE, dtype=torch.double)
    with torch.no_grad():
        dense = fully_convolutional(classifier)(images)[:, :, :3, :3]
    apart = (dense - loop_over_patches(classifier, images, STRIDE)).abs().amax(dim=1)
    assert apart[0, 0, 0] < 1e-10
    assert (apart.flatten()[1:] > 0.1).all()


def test_the_classifier_moves_and_sees_as_it_says():
    layers = [(3, 1, 0), (2, 2, 0)] * 3 + [(4, 1, 0)]
    field = receptive_field(layers)
    assert (field.size, field.stride, field.start) == (SIZE, STRIDE, 0)
    images = torch.randn(1, 3, SIZE, SIZE, requires_grad=True)
    (slope,) = torch.autograd.grad(small_classifier()(images).sum(), images)
    seen = slope[0].abs().sum(dim=0).nonzero()
    assert seen.min() == 0 and seen.max() == SIZE - 1


def test_dense_layers_read_as_convolutions_share_their_weights():
    classifier = small_classifier()
    network, images = fully_convolutional(classifier), torch.randn(1, 3, SIZE, SIZE)
    with torch.no_grad():
        classifier.hidden.weight += 0.01
        classifier.score.bias -= 1
        assert_close(network(images)[:, :, 0, 0], classifier(images), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("stride", STRIDES)
def test_going_on_at_the_same_stride_changes_nothing(stride):
    network, images = small_fcn(stride), torch.randn(2, 3, 64, 96)
    with torch.no_grad():
        assert torch.equal(finer(network, stride)(images), network(images))


@pytest.mark.parametrize("coarse_stride, fine_stride", [(32, 16), (16, 8), (32, 8)])
def test_a_finer_network_starts_from_the_coarser_ones_scores(coarse_stride, fine_stride):
    """Its skips add nothing yet: its scores are the coarser ones, doubled as often as it is finer."""
    coarser = small_fcn(coarse_stride)
    network, images = finer(coarser, fine_stride), torch.randn(2, 3, 64, 96)
    with torch.no_grad(), record(network, "coarse") as ours, record(coarser, "coarse") as theirs:
        scores, before = network(images), coarser(images)
    expected, factor = theirs["coarse"], coarse_stride
    while factor > fine_stride:
        expected, factor = upsample(expected, 2), factor // 2
    assert_close(ours["coarse"], expected)
    assert_close(scores, upsample(expected, fine_stride))
    # Bilinear steps of two do not add up to one of thirty-two, so outputs are near and not the same.
    assert (scores - before).abs().mean() < 0.15 * before.std()


@pytest.mark.parametrize("coarse_stride, fine_stride", [(32, 16), (16, 8), (32, 8)])
def test_a_finer_network_is_a_copy_and_its_skips_learn(coarse_stride, fine_stride):
    coarser = small_fcn(coarse_stride)
    before = {name: value.clone() for name, value in coarser.state_dict().items()}
    network = finer(coarser, fine_stride).train()
    functional.cross_entropy(network(torch.randn(2, 3, 64, 64)), torch.zeros(2, 64, 64).long()).backward()
    assert all(skip.weight.grad.abs().sum() > 0 for skip in network.skips)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 1
    assert all(torch.equal(value, before[name]) for name, value in coarser.state_dict().items())


def test_forward_equals_the_paper_written_out():
    """FCN-8s in one expression: score, double, add pool4's score, double, add pool3's score, interpolate by 8."""
    network, images = small_fcn(8), torch.randn(2, 3, 64, 32)

    def double(scores, factor=2):
        return functional.interpolate(scores, scale_factor=factor, mode="bilinear", align_corners=False)

    with torch.no_grad():
        pool3 = network.encoder.stages[2](network.encoder.stages[1](network.encoder.stages[0](images)))
        pool4 = network.encoder.stages[3](pool3)
        deep = network.score(network.head(network.encoder.stages[4](pool4)))
        sixteen = double(deep) + network.skips[0](pool4)
        expected = double(double(sixteen) + network.skips[1](pool3), factor=8)
        with record(network, "sums.0", "sums.1", "coarse") as kept:
            assert_close(network(images), expected)
        assert_close(kept["sums.0"], sixteen)
        assert kept["sums.1"] is kept["coarse"]


@pytest.mark.parametrize("stride", STRIDES)
def test_a_batch_is_its_pictures_one_by_one(stride):
    network, images = small_fcn(stride), torch.randn(3, 3, 64, 96)
    with torch.no_grad():
        together = network(images)
        alone = torch.cat([network(image[None]) for image in images])
    assert together.shape == (3, 5, 64, 96)
    assert_close(together, alone, rtol=1e-4, atol=1e-5)
    classifier, cut = small_classifier(), torch.randn(3, 3, SIZE, SIZE)
    with torch.no_grad():
        assert_close(
            classifier(cut), torch.cat([classifier(each[None]) for each in cut]), rtol=1e-4, atol=1e-5
        )


@pytest.mark.parametrize("stride", STRIDES)
def test_coarse_scores_stand_one_a_stride(stride):
    network, images = small_fcn(stride), torch.randn(1, 3, 64, 96)
    with torch.no_grad():
        coarse = network.coarse_scores(images)
        assert_close(upsample(coarse, stride), network(images))
    assert coarse.shape == (1, 5, 64 // stride, 96 // stride)


def test_upsampling_is_bilinear_between_cell_centres():
    """Two cells of width 4 in a row, 0 and 8: pixel centres lie 1/8, 3/8 ... of the way between the cells' centres."""
    scores = torch.tensor([[[[0.0, 8.0]]]])
    assert upsample(scores, 4)[0, 0, 0].tolist() == [0, 0, 1, 3, 5, 7, 8, 8]


def test_what_an_fcn_cannot_take_is_refused():
    with pytest.raises(ValueError, match="There is no FCN-4s. Expected a stride of 32, 16 or 8"):
        FCN(stride=4)
    network, good = small_fcn(), torch.zeros(1, 3, 64, 64)
    for images, words in [
        (good[..., :60], r"must be multiples of 32, got \(64, 60\): pad the image"),
        (good[..., :16], r"H and W at least 32, got \(1, 3, 64, 16\)"),
        (good[0], r"got \(3, 64, 64\). A single image needs images\[None\]"),
        (good[:, :1], r"shape \(B, 3, H, W\)"),
        (good.to(torch.uint8), "got torch.uint8. `as_input`"),
        (good[:0], "got an empty batch"),
        (good / 0, "NaN or infinity"),
    ]:
        with pytest.raises(ValueError, match=words):
            network(images)
    with pytest.raises(ValueError, match=r"H and W at least 46, got \(1, 3, 45, 46\)"):
        small_classifier()(torch.zeros(1, 3, 45, 46))


def test_truth_through_a_stride_worked_out_by_hand():
    """Averages over cells, interpolated: an edge between cells comes back in place, a lone corner pixel is lost."""
    labels = torch.zeros(1, 8, 8, dtype=torch.long)
    labels[:, :, 4:] = 3
    assert torch.equal(experiment.through_stride(labels, 4), labels)
    labels[:, 0, 0] = 7
    labels[:, :, 4:] = 0
    assert not experiment.through_stride(labels, 4).any()


def test_truth_survives_better_the_smaller_the_stride():
    labels = make_scenes(6, 0, "val").labels
    found = {stride: experiment.score_through_stride(labels, stride)["mean_iou"] for stride in (*STRIDES, 1)}
    assert found[32] < found[16] < found[8] < found[1] == 1


def test_fitted_scores_beat_averaged_ones():
    labels = make_scenes(6, 0, "val").labels.long()
    averaged = (experiment.through_stride(labels, 16) == labels).double().mean()
    assert (experiment.fit_to_truth(labels, 16, steps=15) == labels).double().mean() > averaged


def test_a_crop_is_one_place_of_every_scene_and_of_its_labels():
    images = torch.arange(6 * 8).view(1, 1, 6, 8).repeat(2, 3, 1, 1)
    places = set()
    for seed in range(40):
        cut, labels = crop_to(4)(images, images[:, 0], torch.Generator().manual_seed(seed))
        assert cut.shape == (2, 3, 4, 4) and torch.equal(cut[:, 0], labels)
        top, left = divmod(int(labels[0, 0, 0]), 8)
        assert torch.equal(labels[0], images[0, 0, top : top + 4, left : left + 4])
        places.add((top, left))
    assert {top for top, _ in places} == {0, 1, 2} and {left for _, left in places} == {0, 1, 2, 3, 4}


def test_a_scene_of_ones_own_shows_the_digit_that_was_drawn():
    ink = np.zeros((28, 28), np.uint8)
    given, drawn = own_scene(ink), own_scene(np.pad(np.full((20, 8), 255, np.uint8), ((4, 4), (10, 10))))
    assert given.shape == drawn.shape == (3, 128, 128) and given.dtype == torch.uint8
    assert torch.equal(given, own_scene())
    changed = (given != drawn).any(dim=0).nonzero()
    assert changed.min() > 20 and changed.max() < 108  # only about the sticker


def test_a_score_is_that_of_the_labels_in_any_precision():
    network, scenes = lively(FCN(11, 8, widths=(4, 5, 6, 7, 8), head=9), 64), make_scenes(3, 0, "val")
    metrics = segmentation_metrics(11)
    metrics.update(experiment.label_all(network, scenes.images), scenes.labels.long())
    expected = {name: float(value) for name, value in metrics.compute().items()}
    assert experiment.score(network.double().train(), scenes) == pytest.approx(expected, abs=1e-3)
