"""What notebook 10 measures: poses and their spread, likeness, the zoom and what pulls on it."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close

from helpers.data.digits import handwritten_digits
from helpers.data.distorted import distort, placement
from helpers.spatial_transformer import experiment, measures, zoom
from helpers.training import parameter_count


def random_poses(n=20, seed=0):
    generator = torch.Generator().manual_seed(seed)
    angle = (torch.rand(n, generator=generator) - 0.5) * 3
    scale = torch.rand(n, generator=generator) + 0.5
    return angle, scale, torch.randn(n, 2, generator=generator) * 3


def perfect(theta, side):
    """The theta (B, 6) that undoes distortions, up to one turn that all share."""
    last = torch.tensor([[[0.0, 0, 1]]]).expand(len(theta), 1, 3)
    turn = placement(torch.tensor([0.3]), torch.tensor([1.0]), torch.zeros(1, 2), 28)
    both = torch.linalg.inv(torch.cat([theta, last], dim=1)) @ torch.cat([turn, last[:1]], dim=1)
    return both[:, :2].flatten(1)


def test_a_pose_is_what_a_digit_was_placed_with():
    angle, scale, shift = random_poses()
    found = measures.pose(placement(angle, scale, shift, 42), 42)
    assert_close(found.angle, torch.rad2deg(angle))
    assert_close(found.size, scale)
    assert_close(found.shift, shift)


def test_a_perfect_transformer_leaves_no_spread_of_the_pose_and_one_that_does_nothing_leaves_all():
    labels = torch.arange(20) % 2
    theta = placement(*random_poses(), 42)
    spread = measures.within_class_std(
        measures.pose(measures.composed(theta, perfect(theta, 42)), 28), labels
    )
    assert all(part < 1e-4 for part in spread.values())
    idle = torch.tensor([1.0, 0, 0, 0, 1, 0]).expand(20, 6)
    assert_close(measures.composed(theta, idle), theta)


def test_the_standard_deviation_is_taken_within_a_class():
    found = measures.Pose(torch.tensor([1.0, 3, 11, 13]), torch.tensor([1.0, 1, 2, 2]), torch.zeros(4, 2))
    spread = measures.within_class_std(found, torch.tensor([0, 0, 1, 1]))
    assert spread["angle"] == pytest.approx(math.sqrt(2))
    assert spread["size"] == spread["shift"] == 0


def test_the_matched_control_has_the_transformer_s_weights():
    for kind in ("R", "RTS", "cluttered"):
        mine, control = (
            parameter_count(experiment.new_network(s, kind, 0)) for s in ("ST-CNN", "CNN, matched")
        )
        assert control == pytest.approx(mine, rel=0.03)


def test_a_network_of_a_seed_is_always_the_same():
    one, two, other = (experiment.new_network("ST-CNN", "R", seed) for seed in (3, 3, 4))
    mine, same, different = (torch.cat([p.flatten() for p in n.parameters()]) for n in (one, two, other))
    assert torch.equal(mine, same) and not torch.equal(mine, different)


def test_rectifying_gives_the_theta_and_the_picture_of_the_network_s_own_pass():
    network = experiment.new_network("ST-CNN", "RTS", 0)
    torch.nn.init.normal_(network.transformer.localise[-1].weight, std=0.1)
    images = distort(handwritten_digits("val")[0][:6], "RTS", torch.Generator().manual_seed(0)).images
    rectified = experiment.rectify(network, images)
    grid = F.affine_grid(rectified.theta.view(-1, 2, 3), [6, 1, 28, 28], align_corners=False)
    assert_close(F.grid_sample(images, grid, align_corners=False), rectified.images)
    assert_close(network.classifier(rectified.images), network(images))


@pytest.fixture(scope="module")
def digits():
    images, labels = handwritten_digits("val")
    return zoom.scaled(images[::25]), labels[::25]


def test_black_is_what_the_tutorial_makes_of_it(digits):
    assert digits[0].min().item() == pytest.approx(zoom.BLACK)


def test_zoom_is_how_much_is_read(digits):
    network = zoom.new(0.0, seed=0)
    assert zoom.zoom(network, digits[0]) == pytest.approx(1, abs=1e-6)
    network.transformer.localise[-1].bias.data.mul_(1.5)
    assert zoom.zoom(network, digits[0]) == pytest.approx(1.5, abs=1e-5)


@pytest.mark.parametrize("outside", [0.0, zoom.BLACK])
def test_the_pull_is_the_loss_s_slope_along_the_zoom(digits, outside):
    """By finite differences, in double precision, off the kinks that whole pixels make."""
    inner, labels = digits[0][:, :, 3:-3, 3:-3].double(), digits[1]
    images = F.pad(inner, (3, 3, 3, 3), value=zoom.BLACK)  # so that no ink lies on the edge
    network = zoom.new(outside, seed=0).double()
    bias = network.transformer.localise[-1].bias.data
    bias.copy_(torch.tensor([1.13, 0.07, 0.011, -0.05, 1.09, 0.023]))
    network.eval()

    def loss(log_zoom):
        bias[[0, 1, 3, 4]] *= math.exp(log_zoom)
        with torch.no_grad():
            found = F.cross_entropy(network(images), labels).item()
        bias[[0, 1, 3, 4]] /= math.exp(log_zoom)
        return found

    found = zoom.pull(network, images, labels)
    assert sum(found) == pytest.approx(-(loss(1e-6) - loss(-1e-6)) / 2e-6, rel=1e-4)
    wider = zoom.pull(network, images, labels, widen=1.2)
    bias[[0, 1, 3, 4]] *= 1.2
    assert wider == pytest.approx(zoom.pull(network, images, labels), rel=1e-6)
    # Where black goes on beyond the edge, the edge cannot be felt.
    assert (abs(found.edge) > 1e-6) == (outside == 0.0)


def test_descent_is_repeatable_and_a_localiser_at_rate_zero_stays(digits, monkeypatch):
    monkeypatch.setattr(zoom, "WATCH_EVERY", 1)

    def run(faster):
        network = zoom.new(0.0, seed=1)
        history = zoom.descend(network, *digits, 3, 0, faster, zoom.watcher(digits[0]))
        return torch.cat([p.detach().flatten() for p in network.transformer.parameters()]), history.watched

    (mine, watched), (same, _), (still, seen) = run(1.0), run(1.0), run(0.0)
    assert torch.equal(mine, same) and not torch.equal(mine, still)
    assert list(watched) == [0, 1, 2, 3] and watched[3]["read"].shape == (20, 28, 28)
    assert seen[3]["zoom"] == pytest.approx(1, abs=1e-6)


def test_what_is_not_recorded_is_said_and_not_judged():
    assert (
        experiment.recorded("real", "error", model="ST-CNN", distortion="upside down") == "not recorded yet"
    )
    assert experiment.fewer_errors("upside down", "CNN") == experiment.fewer_errors("R", "ST-CNN") == ""
    assert experiment.recorded("record", "error", model="CNN", training="at once").count("%") == 3
