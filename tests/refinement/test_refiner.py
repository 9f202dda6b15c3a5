"""The recurrent labeller of lesson 03 against loops by hand, its views against gradients, and what it refuses."""

from itertools import product

import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close

from helpers.refinement.model import PassNorm, Refiner, enlarged, loss_of_passes, no_labels, view


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    network = Refiner(passes=3)
    with torch.no_grad():  # statistics that differ from pass to pass, as after training
        for norm in network.modules():
            if isinstance(norm, PassNorm):
                for number, kept in enumerate(norm.passes):
                    kept.running_mean -= 0.1 * number
    return network.eval()


@pytest.fixture(scope="module")
def images():
    return torch.randn(2, 3, 24, 16, generator=torch.Generator().manual_seed(1))


def by_hand(network, images, passes, labels=None, feed=lambda scores: scores.softmax(dim=1)):
    """The passes, one after the other, each with planes stacked cell by cell."""
    B, _, H, W = images.shape
    labels = torch.zeros(B, 11, H // 4, W // 4) if labels is None else labels
    every = []
    for number in range(passes):
        planes = torch.zeros(B, 14, H, W)
        for row, column in product(range(H), range(W)):
            planes[:, :11, row, column] = labels[:, :, row // 4, column // 4]
        planes[:, 11:] = images
        scores = network.networks[min(number, len(network.networks) - 1)](planes, number)
        every.append(scores)
        labels = feed(scores)
    return torch.stack(every, dim=1)


@torch.no_grad()
def test_each_pass_reads_the_labels_of_the_one_before(network, images):
    assert_close(network(images), by_hand(network, images, 3))
    assert_close(network(images, passes=5), by_hand(network, images, 5))
    assert_close(network(images, passes=1)[:, 0], network(images)[:, 0])
    planted = no_labels(images)
    planted[:, 3, 1:3, 0:2] = 1
    assert_close(network(images, first=planted), by_hand(network, images, 3, planted))


@torch.no_grad()
@pytest.mark.parametrize("options", [{"fed": "scores"}, {"tied": False}, {"detached": True}], ids=str)
def test_variants_differ_in_what_they_say_only(images, options):
    torch.manual_seed(0)
    network = Refiner(passes=3, **options).eval()
    feed = (lambda scores: scores) if options == {"fed": "scores"} else (lambda scores: scores.softmax(dim=1))
    assert_close(network(images), by_hand(network, images, 3, feed=feed))
    assert len(network.networks) == (3 if options == {"tied": False} else 1)


@torch.no_grad()
def test_a_batch_gives_what_single_scenes_give(network, images):
    assert_close(network(images), torch.cat([network(each[None]) for each in images]))


def test_the_gradient_runs_back_through_all_passes_unless_it_is_stopped(images):
    for detached in (False, True):
        torch.manual_seed(0)
        network = Refiner(passes=2, tied=False, detached=detached)
        network(images)[:, 1].square().sum().backward()
        reached = network.networks[0].layers[-1].weight.grad
        assert (float(reached.abs().sum()) == 0) == detached


def test_norms_keep_statistics_of_each_pass_and_share_scale_and_shift():
    norm = PassNorm(2, passes=2)
    maps = torch.randn(4, 2, 8, 8, generator=torch.Generator().manual_seed(0)) * 3 + 5
    with torch.no_grad():
        norm.weight.copy_(torch.tensor([2.0, 0.5]))
        norm.bias.copy_(torch.tensor([1.0, -1.0]))
    expected = F.batch_norm(maps, None, None, norm.weight, norm.bias, training=True)
    assert_close(norm(maps, 0), expected, atol=1e-5, rtol=1e-5)
    norm.eval()
    first, second = norm.passes
    assert (first.running_mean > 0.3).all() and (second.running_mean == 0).all()
    untouched = maps * norm.weight[:, None, None] / (1 + 1e-5) ** 0.5 + norm.bias[:, None, None]
    assert_close(norm(maps, 1), untouched)
    assert_close(norm(maps, 7), norm(maps, 1))  # beyond the last pass: its statistics


@pytest.mark.parametrize("passes", [1, 2, 3])
def test_a_cell_sees_exactly_its_view(network, passes):
    """By the gradient of a cell far from the frame: nothing outside, and something in the outermost rows."""
    scenes = torch.randn(1, 3, 112, 112, generator=torch.Generator().manual_seed(2)).requires_grad_()
    network(scenes, passes=passes)[0, -1, :, 14, 14].square().sum().backward()
    seen = scenes.grad[0].abs().sum(dim=0) > 0
    field = view(passes)
    first = field.start + field.stride * 14
    for touched in (seen.any(dim=1), seen.any(dim=0)):
        places = touched.nonzero()[:, 0]
        assert (int(places[0]), int(places[-1])) == (first, first + field.size - 1)


def test_the_wide_control_sees_in_one_pass_what_three_see():
    torch.manual_seed(0)
    control = Refiner(1, widths=(24, 48, 46), reach=13).eval()
    scenes = torch.randn(1, 3, 112, 112, generator=torch.Generator().manual_seed(2)).requires_grad_()
    control(scenes)[0, 0, :, 14, 14].square().sum().backward()
    rows = (scenes.grad[0].abs().sum(dim=(0, 2)) > 0).nonzero()[:, 0]
    assert int(rows[-1] - rows[0]) + 1 == view(3).size == 71


def test_the_loss_sums_the_weighted_cross_entropy_of_every_cell_and_pass():
    generator = torch.Generator().manual_seed(0)
    scores = torch.randn(2, 3, 11, 2, 2, generator=generator)
    labels = torch.randint(11, (2, 8, 8), generator=generator)
    total, last = 0.0, 0.0
    for number in range(3):
        loss, weights = 0.0, 0.0
        for scene, row, column in product(range(2), repeat=3):
            label = int(labels[scene, 4 * row + 2, 4 * column + 2])
            weight = 0.3 if label == 0 else 1.0
            loss -= weight * scores[scene, number, :, row, column].log_softmax(0)[label]
            weights += weight
        total, last = total + loss / weights, loss / weights
    assert_close(loss_of_passes(scores, labels), total)
    assert_close(loss_of_passes(scores, labels, last_only=True), last)


def test_the_loss_leaves_out_what_is_void_and_weighs_classes_as_told():
    generator = torch.Generator().manual_seed(0)
    scores, weight = torch.randn(1, 2, 3, 2, 2, generator=generator), torch.tensor([0.5, 1.0, 3.0])
    labels = torch.full((1, 8, 8), 3)  # void, but for the middles of two cells
    labels[0, 2, 2], labels[0, 2, 6] = 2, 0
    log_p = scores[0].log_softmax(dim=1)
    expected = -(3 * log_p[:, 2, 0, 0] + 0.5 * log_p[:, 0, 0, 1]).sum() / 3.5
    assert_close(loss_of_passes(scores, labels, weight=weight, ignore_index=3), expected)


def test_all_passes_are_judged_on_the_grid_of_the_image():
    scores = torch.randn(1, 11, 3, 5, generator=torch.Generator().manual_seed(0))
    expected = F.interpolate(scores, size=(12, 20), mode="bilinear", align_corners=False)
    assert_close(enlarged(scores), expected)


IMAGE = torch.zeros(1, 3, 16, 16)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: Refiner(passes=0), "at least 1"),
        (lambda: Refiner(passes=2.5), "give an integer"),
        (lambda: Refiner(fed="labels"), "expected one of probabilities, scores"),
        (lambda: view(0), "at least 1"),
        (lambda: Refiner(1)(IMAGE[..., :14]), "multiples of 4"),
        (lambda: Refiner(1)(IMAGE.byte()), "as_input"),
        (lambda: Refiner(1)(IMAGE[0]), "images[None]"),
        (lambda: Refiner(1)(IMAGE[:0]), "empty batch"),
        (lambda: Refiner(1)(IMAGE * torch.nan), "NaN"),
        (lambda: Refiner(2)(IMAGE, first=torch.zeros(1, 11, 16, 16)), "no_labels(images)"),
        (lambda: Refiner(2)(IMAGE, first=[[0.0]]), "torch tensor"),
        (lambda: Refiner(2)(IMAGE, first=torch.full((1, 11, 4, 4), torch.inf)), "NaN or inf"),
        (lambda: Refiner(2)(IMAGE, passes=-1), "at least 1"),
    ],
)
def test_what_cannot_be_is_refused_in_words(call, said):
    with pytest.raises(ValueError) as refusal:
        call()
    assert said in str(refusal.value)
