"""The experiments of notebook 02, in small: what is cut, enlarged, pasted back, followed up and written down."""

from functools import cache

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.testing import assert_close

from helpers.data.scenes import make_scenes
from helpers.fcn.model import FCN, upsample
from helpers.results import twins
from helpers.training import History
from helpers.upsampling import enlarging, exercises, experiment, learning
from helpers.upsampling import proposals as per_proposal
from helpers.upsampling.model import Classifier, DeconvNet

CLASSES = learning.CLASSES
FEW = learning.Budget(scenes=32, classifying=1, steps=7, height=(32, 44))


class Oracle(nn.Module):
    """Score a pixel by its red channel, which holds 20 times its class: right at any scale, needs no neighbours."""

    def forward(self, images):
        red = (images[:, :1] * 0.25 + 0.5) * 255
        return -(red - 20 * torch.arange(CLASSES).view(1, -1, 1, 1)).abs()


def painted(number: int = 4):
    """Scenes whose red channel gives their labels away."""
    scenes = make_scenes(number, 0, "val")
    images = scenes.images.clone()
    images[:, 0] = scenes.labels * 20
    return type(scenes)(**{**vars(scenes), "images": images})


# --- proposals --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((40, 50, 60, 80), (44, 29, 42)),  # 1.4 times 30, centred on (50, 65)
        ((0, 0, 20, 20), (0, 0, 28)),  # pushed back inside at the upper left
        ((108, 108, 128, 128), (100, 100, 28)),  # and at the lower right
        ((5, 5, 120, 100), (0, 0, 128)),  # never larger than the image
    ],
)
def test_a_window_holds_its_box_and_stays_inside(box, expected):
    row, column, side = where = per_proposal.window(torch.tensor(box), 128)
    assert where == expected
    assert column <= box[0] and row <= box[1] and column + side >= box[2] and row + side >= box[3]


def test_a_window_of_the_whole_image_changes_nothing():
    scenes = make_scenes(1, 0, "val")
    where = (0, 0, 128)
    assert torch.equal(per_proposal.cut(scenes.images[0], where, 128), scenes.images[0])
    assert torch.equal(per_proposal.cut_labels(scenes.labels[0], where, 128), scenes.labels[0])


def test_image_and_labels_of_a_crop_stay_together():
    """Inside a sticker the enlarged colour is the enlarged label's."""
    images, labels = per_proposal.training_crops(painted(6), seed=0)
    assert images.shape == (6, 3, 128, 128) and labels.shape == (6, 128, 128)
    agree = images[:, 0] == labels * 20
    assert agree.float().mean() > 0.95
    assert ((labels > 0).float().mean(dim=(1, 2)) > 0.15).all()  # each holds a sticker, and enlarged
    again, _ = per_proposal.training_crops(painted(6), seed=0)
    assert torch.equal(images, again)


def test_a_network_that_is_right_everywhere_is_right_by_proposal_too():
    """But for edges, where enlarging mixes two colours into a third."""
    scenes = painted()
    for run in (per_proposal.whole, per_proposal.boxes_known):
        assert torch.equal(run(Oracle(), scenes), scenes.labels.long())
    pasted = per_proposal.by_proposal(Oracle(), scenes)
    assert (pasted == scenes.labels).float().mean() > 0.97
    assert per_proposal.judge(per_proposal.whole, Oracle(), scenes) == 1


def test_knowing_the_boxes_takes_away_only_what_lies_outside():
    class Wrong(nn.Module):
        """Call every pixel a 0."""

        def forward(self, images):
            return functional.one_hot(torch.ones_like(images[:, 0]).long(), CLASSES).movedim(-1, 1).float()

    scenes = painted(2)
    told = per_proposal.boxes_known(Wrong(), scenes)
    inside = torch.zeros_like(told, dtype=torch.bool)
    for scene in range(2):
        for row, column, side in per_proposal.proposals(scenes, scene):
            inside[scene, row : row + side, column : column + side] = True
    assert torch.equal(told == 1, inside) and 0 < inside.float().mean() < 1
    assert torch.equal(per_proposal.by_proposal(Wrong(), scenes) == 1, inside)


def test_where_windows_overlap_the_greater_share_wins(monkeypatch):
    class Unsure(nn.Module):
        """The first of two crops is sure of class 3, the second leans to class 5."""

        def forward(self, images):
            scores = torch.zeros(len(images), CLASSES, *images.shape[2:])
            scores[0, 3], scores[1, 5] = 9.0, 1.0
            return scores

    monkeypatch.setattr(per_proposal, "proposals", lambda scenes, scene: [(0, 0, 64), (0, 32, 64)])
    labels = per_proposal.by_proposal(Unsure(), painted(1))[0]
    assert (labels[:64, :64] == 3).all() and (labels[:64, 64:96] == 5).all()
    assert (labels[64:] == 0).all() and (labels[:, 96:] == 0).all()


# --- enlarging --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [4, 6, 8])
def test_an_enlarger_starts_out_bilinear(size):
    small, _ = enlarging.pairs(3, "val", seed=0)
    with torch.no_grad():
        assert_close(enlarging.inside(enlarging.enlarger(size)(small)), enlarging.inside(upsample(small, 2)))


@pytest.mark.parametrize("size", [2, 5])
def test_a_kernel_that_cannot_start_as_bilinear_is_refused(size):
    with pytest.raises(ValueError, match=f"A kernel of {size} cannot start as bilinear's of 4"):
        enlarging.enlarger(size)


def test_learning_beats_bilinear_on_photographs_not_learned_from_and_keeps_its_phases_level():
    small, large = enlarging.pairs(20, "val", seed=0)
    layer = enlarging.enlarger(4)
    before = enlarging.decibels(layer(small).detach(), large)
    enlarging.learn(layer, seed=0, steps=80)
    assert enlarging.decibels(layer(small).detach(), large) > before + 0.1
    assert exercises.phase_sums.solution(layer.weight[0, 0].detach(), 2).std() < 0.05


def test_decibels_worked_out_by_hand():
    truth = torch.zeros(1, 1, 32, 32)
    assert enlarging.decibels(truth + 0.1, truth) == pytest.approx(20)


# --- rows and steps ---------------------------------------------------------------------------------------------


def test_every_step_of_the_decoder_is_the_networks_own():
    """Each unpooled map holds the map before it, every value where its switch says, and zeros elsewhere."""
    torch.manual_seed(0)
    network = DeconvNet().eval()
    steps = experiment.decoder_steps(network, make_scenes(1, 0, "val").images[0])
    assert [step.values.shape[-1] for step in steps] == [4, 8, 8, 16, 16, 32, 32, 64, 64, 128]
    for before, after in zip(steps[::2], steps[1::2], strict=True):
        rows, columns = after.switches.unbind(dim=-1)
        assert_close(after.values[rows, columns], before.values)
        assert after.values.count_nonzero() == before.values.count_nonzero()
        assert torch.equal(rows // 2, torch.arange(len(rows))[:, None].expand_as(rows))


def test_rows_hold_what_the_notebook_reads(monkeypatch):
    for module in (learning, experiment):
        monkeypatch.setattr(module, "fit", lambda network, *given, steps, **options: History([1.0] * steps))
    monkeypatch.setattr(experiment, "test_scenes", lambda budget: make_scenes(2, 0, "test"))
    monkeypatch.setattr(experiment, "scenes_of_size", lambda name: make_scenes(2, 0, "test"))
    tiny = learning.Budget(scenes=4, classifying=2, steps=3, height=(32, 44))
    rows = [
        row for system in experiment.COMPARED for row in experiment.compare(system, seed=1, budget=tiny)
    ] + list(experiment.proposals(1, tiny))
    assert [(row["model"], row.get("switches")) for row in rows[:4]] == [
        ("FCN-8s", None),
        ("DeconvNet", "own"),
        ("DeconvNet", "shuffled"),
        ("DeconvNet", "nails"),
    ]
    assert [row["run"] for row in rows[4:]] == [*per_proposal.WAYS]
    assert twins(rows) is None
    for row in rows:
        assert row["steps"] == 3 and row["parameters"] > 0 and row["seed"] == 1
        assert {"mean_iou", "mean_iou_tiny", "mean_iou_small", "mean_iou_large"} <= row["figures"].keys()
    assert {"boundary_iou"} <= rows[0]["figures"].keys()


def test_rows_of_last_layers_differ_in_the_last_layer_alone(monkeypatch):
    def watched(network, *given, steps, watch, watch_at, **options):
        network.eval()
        return History([1.0] * steps, watched={step: step / 10 for step in watch_at})

    monkeypatch.setattr(learning, "trained_classifier", lambda seed, budget: Classifier())
    monkeypatch.setattr(learning, "fit", watched)
    monkeypatch.setattr(experiment, "test_scenes", lambda budget: make_scenes(3, 0, "test", size=64, count=1))
    tiny = learning.Budget(scenes=4, classifying=1, steps=50, height=(32, 44))
    rows = list(experiment.last_layers(1, tiny))
    assert [row["last_layer"] for row in rows] == ["interpolation", "from bilinear", "from random"]
    assert twins(rows) is None and all(row["model"] == "FCN-8s" for row in rows)
    assert {row["figures"]["steps_to_level"] for row in rows} == {25}
    assert rows[1]["parameters"] - rows[0]["parameters"] == CLASSES * 16 * 16
    # A random stamp prints its phases over every scene's scores; interpolation prints none.
    assert rows[2]["figures"]["checkerboard"] > 0.1 > rows[0]["figures"]["checkerboard"]


def test_mean_losses_are_means_over_equal_parts():
    history = History([4.0, 2.0, 1.0, 3.0, 5.0, 1.0])
    assert experiment.mean_losses(history, 3) == [(2, 3.0), (4, 2.0), (6, 3.0)]
    assert experiment.mean_losses(History([4.0, 2.0]), 3) == [(1, 4.0), (2, 2.0)]  # fewer steps than parts


def test_a_classifier_that_was_stopped_is_not_kept(monkeypatch):
    """Every network of the seed starts from it: a part of a training must not pass for a whole one."""
    monkeypatch.setattr(learning, "fit", lambda *given, **options: History([1.0], interrupted=True))
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt, match="run the cell again"):
            learning.trained_classifier(7, FEW)


def test_systems_of_one_seed_start_alike_and_differ_in_what_they_are_called_for():
    first, again = (learning.new_network("DeconvNet", 3), learning.new_network("DeconvNet, bed of nails", 3))
    assert all(map(torch.equal, first.state_dict().values(), again.state_dict().values()))
    assert (first.unpools[0].mode, again.unpools[0].mode) == ("own", "nails")
    assert isinstance(learning.new_network("FCN-8s", 3), FCN)


def test_every_network_of_a_seed_starts_from_the_classifiers_encoder(monkeypatch):
    monkeypatch.setattr(learning, "fit", lambda network, *given, **options: History())
    monkeypatch.setattr(learning, "trained_classifier", cache(learning.trained_classifier.__wrapped__))
    classifier = learning.trained_classifier(2, FEW)
    with torch.no_grad():
        for number in classifier.parameters():
            number.add_(0.1)
    image = torch.randn(1, 3, 64, 64)
    for system in learning.NETWORKS:
        network, _ = learning.learn(system, 2, FEW)
        network.eval(), classifier.eval()
        for stage in network.encoder.stages:
            stage[-1].return_indices = False  # the switches of a DeconvNet are not asked for here
        deepest = network.encoder(image)[-1]
        assert torch.equal(deepest, classifier.encoder(image)[-1])
        head = network.head if isinstance(network, FCN) else network.middle[:3]
        assert torch.equal(head(deepest), classifier.head(deepest))


def test_a_classifier_learns_which_digit_is_on_the_sticker(monkeypatch):
    seen = []
    monkeypatch.setattr(
        learning, "fit", lambda network, batches, *given, **options: seen.append(next(batches)) or History()
    )
    learning.trained_classifier.__wrapped__(0, FEW)  # without the cache
    assert sorted(seen[0][1].tolist()) == sorted(learning.training_scenes(0, FEW).digits[:, 0].tolist())


def test_every_network_of_a_seed_sees_the_same_batches_for_as_many_steps(monkeypatch):
    seen = {}

    def watched_fit(network, batches, loss, *, steps, lr, name, **watching):
        seen[name] = next(batches)[0], steps, lr
        return History()

    monkeypatch.setattr(learning, "fit", watched_fit)
    monkeypatch.setattr(learning, "trained_classifier", lambda seed, budget: Classifier())
    for system in learning.NETWORKS:
        learning.learn(system, 2, FEW)
    first, *others = seen.values()
    assert all(torch.equal(first[0], batch) and steps == 7 for batch, steps, _ in others)
    rates = {name.partition(",")[0]: lr for name, (_, _, lr) in seen.items()}
    assert all(seen[name][2] == rates[name.partition(",")[0]] for name in seen)  # a model, a rate


def test_live_digits_are_large_and_recorded_ones_of_all_sizes(monkeypatch):
    monkeypatch.setattr(learning, "TEST_SCENES", 12)
    drawn = learning.test_scenes.__wrapped__  # without the cache, which others share
    live, recorded = drawn(learning.QUICK), drawn(learning.RECORD)
    assert live.images.shape == recorded.images.shape == (12, 3, 64, 64)
    assert live.heights.min() >= 32 > recorded.heights.min() >= 16
    assert learning.SIZES["tiny"][1] < learning.RECORD.height[0] == learning.SIZES["small"][0]
    assert learning.SIZES["large"][1] == learning.RECORD.height[1]
