"""The training loop and the batches that feed it: against plain torch, and broken off in every way."""

import copy
import math
from typing import NamedTuple

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.testing import assert_close
from torchmetrics import MeanSquaredError
from torchmetrics.classification import MulticlassAccuracy, MulticlassJaccardIndex

from helpers.data.batches import as_input, endless, in_order
from helpers.metrics import segmentation_metrics
from helpers.optimisers import adamw, muon
from helpers.training import History, evaluate, fit, parameter_count, timeline


def small_network(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU(), nn.Conv2d(4, 2, 1)
    )


def batches(number: int, seed: int = 0, size: int = 4) -> list:
    """Pictures with more red than green or the other way round, pixel by pixel."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.randn(number, size, 3, 6, 6, generator=generator)
    return [(some, (some[:, 0] > some[:, 1]).long()) for some in images]


def weights(model: nn.Module) -> dict:
    return {name: value.clone() for name, value in model.state_dict().items()}


def same(first: dict, second: dict) -> bool:
    return all(torch.equal(first[name], second[name]) for name in first)


def train(model, source, loss=functional.cross_entropy, steps=6, **options) -> History:
    return fit(model, source, loss, steps=steps, lr=0.05, **options)


def test_fit_equals_adamw_and_one_cycle_written_out():
    """The rates are those of a cosine up over a quarter of the steps and down over the rest, written out here."""
    steps, lr, model = 9, 0.05, small_network()
    other = copy.deepcopy(model)
    history = fit(
        model, batches(steps), functional.cross_entropy, steps=steps, lr=lr, weight_decay=0.1, clip=0.5
    )

    def rate(step: int) -> float:
        top, last = 0.25 * steps - 1, steps - 1
        low, high, share = (
            (lr / 25, lr, step / top) if step <= top else (lr / 25 / 1e4, lr, 1 - (step - top) / (last - top))
        )
        return low + (high - low) * (1 - math.cos(math.pi * share)) / 2

    optimiser = torch.optim.AdamW(other.parameters(), weight_decay=0.1)
    losses = []
    for step, (images, labels) in enumerate(batches(steps)):
        beta = 0.95 - 0.1 * (rate(step) - rate_low(lr, step, steps)) / (lr - rate_low(lr, step, steps))
        optimiser.param_groups[0].update(lr=rate(step), betas=(beta, 0.999))
        optimiser.zero_grad()
        value = functional.cross_entropy(other(images), labels)
        value.backward()
        norm = math.sqrt(sum(float((each.grad**2).sum()) for each in other.parameters()))
        for each in other.parameters():
            each.grad *= min(1.0, 0.5 / norm)
        optimiser.step()
        losses.append(value.item())
    assert history.loss == pytest.approx(losses, rel=1e-4)
    for name, value in model.state_dict().items():
        assert_close(value, other.state_dict()[name], rtol=1e-3, atol=1e-5, msg=name)


def rate_low(lr: float, step: int, steps: int) -> float:
    """The rate that the cycle comes from, or goes to: momentum runs the other way between the same ends."""
    return lr / 25 if step <= 0.25 * steps - 1 else lr / 25 / 1e4


def test_fit_learns_and_leaves_eval_mode():
    model = small_network()
    before = evaluate(model, batches(3, seed=9), {"right": MulticlassAccuracy(2, average="micro")})
    history = train(model, batches(40), steps=40)
    after = evaluate(model, batches(3, seed=9), {"right": MulticlassAccuracy(2, average="micro")})
    assert after["right"] > 0.9 > before["right"]
    assert not model.training and not history.interrupted
    assert history.steps == 40 and history.seconds > 0


def test_same_seed_same_numbers():
    runs = []
    for _ in range(2):
        model = small_network(3)
        images = torch.randint(
            0, 256, (20, 3, 6, 6), dtype=torch.uint8, generator=torch.Generator().manual_seed(1)
        )
        labels = (images[:, 0] > 127).to(torch.uint8)
        runs.append((train(model, endless(images, labels, 5, seed=2)).loss, weights(model)))
    assert runs[0][0] == runs[1][0]
    assert same(runs[0][1], runs[1][1])


def interrupted(source, after: int):
    for number, batch in enumerate(source):
        if number == after:
            raise KeyboardInterrupt
        yield batch


def test_interrupting_the_batches_leaves_the_last_whole_step(capsys):
    model, other = small_network(), small_network()
    history = train(model, interrupted(batches(9), after=3))
    # The same three steps of the same schedule, ended from the loss instead.
    calls = []

    def loss(scores, labels):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return functional.cross_entropy(scores, labels)

    second = train(other, batches(9), loss)
    for each, trained in ((history, model), (second, other)):
        assert each.interrupted and each.steps == 3 and not trained.training
        assert trained(batches(1)[0][0]).isfinite().all()
    assert history.loss == second.loss
    for (name, value), theirs in zip(model.named_parameters(), other.parameters(), strict=True):
        assert torch.equal(value, theirs), name
    assert "Stopped after 3 of 6 steps" in capsys.readouterr().out


def test_interrupting_the_watch_keeps_what_was_seen():
    def watch(model):
        if len(seen) == 1:
            raise KeyboardInterrupt
        seen.append(1)
        return 0.5

    seen, model = [], small_network()
    history = train(model, batches(6), watch=watch, watch_at=(0, 2))
    assert history.interrupted and history.watched == {0: 0.5} and history.steps == 2 and not model.training


@pytest.mark.parametrize("where", ["image", "loss", "gradient"])
def test_nan_stops_with_the_weights_of_the_step_before(where):
    """Batch norm's running statistics too: they take in a batch before its loss is known."""
    source, model, reference = batches(6), small_network(), small_network()
    train(reference, interrupted(batches(6), after=2))
    if where == "image":
        source[2][0][0, 0, 0, 0] = float("nan")
    calls = []

    def loss(scores, labels):
        calls.append(1)
        value = functional.cross_entropy(scores, labels)
        if len(calls) == 3 and where == "loss":
            return value / 0.0
        if len(calls) == 3 and where == "gradient":
            return value + (scores.sum() * 0).abs().sqrt()  # the slope of a square root at 0 is infinite
        return value

    with pytest.raises(
        FloatingPointError, match="left the finite numbers.*weights are still those of the step"
    ) as error:
        train(model, source, loss)
    assert "lower the learning rate, now 0.0" in str(error.value)
    assert ("gradient's norm" in str(error.value)) == (where == "gradient")
    assert same(weights(model), weights(reference))
    assert not model.training and model(batches(1)[0][0]).isfinite().all()


def test_too_few_or_empty_batches_are_refused():
    with pytest.raises(
        ValueError, match="batches ended after 2 of 6 steps.*at least as many batches.*or lower steps"
    ):
        train(small_network(), batches(2))
    with pytest.raises(ValueError, match="A batch is empty. Every batch needs at least one example"):
        train(small_network(), [(torch.zeros(0, 3, 6, 6), torch.zeros(0, 6, 6).long())])
    with pytest.raises(ValueError, match="steps is 0: training needs at least one"):
        train(small_network(), batches(2), steps=0)


@pytest.fixture(params=["float64", "deterministic"])
def learners_settings(request):
    """What a learner may have asked torch for; both stay in force for the whole session."""
    if request.param == "float64":
        torch.set_default_dtype(torch.float64)
    torch.use_deterministic_algorithms(request.param == "deterministic")
    yield request.param
    torch.set_default_dtype(torch.float32)
    torch.use_deterministic_algorithms(False)


@pytest.mark.parametrize("optimisers", [adamw, muon])
def test_it_trains_under_the_learners_settings(learners_settings, optimisers):
    images = torch.randint(0, 256, (20, 3, 6, 6), generator=torch.Generator().manual_seed(1)).to(torch.uint8)
    labels = (images[:, 0] > 127).to(torch.uint8)
    model = nn.Sequential(
        nn.Conv2d(3, 4, 1), nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1), nn.ReLU(), nn.Conv2d(4, 2, 1)
    )
    history = train(model, endless(images, labels, 5, seed=2), steps=40, optimisers=optimisers)
    assert history.loss[-1] < history.loss[0]
    found = evaluate(model, in_order(images, labels), {"right": MulticlassAccuracy(2, average="micro")})
    assert 0.5 < found["right"] <= 1


@pytest.mark.parametrize(("weights", "data"), [("float32", "float64"), ("float64", "float32")])
def test_batches_come_in_the_models_precision(weights, data):
    """As where the learner changed the default between making one and the other."""
    model = nn.Linear(3, 1).to(getattr(torch, weights))
    inputs, targets = (
        torch.rand(2, 5, 3).to(getattr(torch, data)),
        torch.rand(2, 5, 1).to(getattr(torch, data)),
    )
    history = train(model, zip(inputs, targets, strict=True), functional.mse_loss, steps=2)
    assert history.steps == 2 and model.weight.dtype == getattr(torch, weights)
    assert evaluate(
        model, [(inputs[0], targets[0])], {"off": MeanSquaredError()}, predict=lambda found: found
    )


@pytest.mark.parametrize("steps", range(1, 6))
def test_the_fewest_steps_train(steps):
    """Four steps once divided by zero: a quarter of them is one, and the rise has no length."""
    assert train(small_network(), batches(steps), steps=steps).steps == steps


def test_watch_sees_the_model_in_eval_mode_without_gradients():
    seen = []

    def watch(model):
        seen.append((model.training, torch.is_grad_enabled()))
        return {"bias": model[3].bias.detach().clone()}

    model = small_network()
    start = model[3].bias.detach().clone()
    history = train(model, batches(6), watch=watch, watch_at=(0, 4, 6, 50))
    assert list(history.watched) == [0, 4, 6]
    assert seen == [(False, False)] * 3
    assert torch.equal(history.watched[0]["bias"], start)
    assert torch.equal(history.watched[6]["bias"], model[3].bias)
    # Watching changes nothing about the training.
    assert train(small_network(), batches(6)).loss == history.loss


def test_frozen_parameters_stay():
    model = small_network()
    model[0].requires_grad_(False)
    before = weights(model)
    train(model, batches(6))
    assert torch.equal(model[0].weight, before["0.weight"])
    assert not torch.equal(model[3].weight, before["3.weight"])
    assert parameter_count(model) == 4 + 4 + 4 * 2 + 2
    assert parameter_count(small_network()) == 3 * 4 * 9 + parameter_count(model)


class Pair(NamedTuple):
    """Inputs of two parts, as a translator's lesson has them: known to `fit` by `len` and `to` only."""

    left: torch.Tensor
    right: torch.Tensor

    def __len__(self):
        return len(self.left)

    def to(self, device):
        return Pair(self.left.to(device), self.right.to(device))


def test_inputs_may_have_several_parts():
    class Sum(nn.Linear):
        def forward(self, pair):
            return super().forward(pair.left + pair.right)

    images = torch.randn(6, 4, 3)
    source = [(Pair(each, each), each.sum(dim=1, keepdim=True)) for each in images]
    whole = [(2 * each, each.sum(dim=1, keepdim=True)) for each in images]
    torch.manual_seed(0)
    two = Sum(3, 1)
    one = nn.Linear(3, 1)
    one.load_state_dict(two.state_dict())
    assert train(two, source, functional.mse_loss).loss == pytest.approx(
        train(one, whole, functional.mse_loss).loss
    )


def test_timelines_lie_end_to_end():
    first = History(loss=[1.0] * 4, watched={0: "a", 4: "b"})
    second = History(loss=[1.0] * 3, watched={2: "c"})
    assert timeline(first, second, start=10) == {10: "a", 14: "b", 16: "c"}


class Fixed(nn.Module):
    """Scores that are the input itself, so that predictions are known; it notes the mode that it ran in."""

    def __init__(self):
        super().__init__()
        self.modes = []

    def forward(self, scores):
        self.modes.append(self.training)
        return scores


def scores_for(labels: torch.Tensor, classes: int = 2) -> torch.Tensor:
    return functional.one_hot(labels, classes).movedim(-1, 1).float()


def test_evaluate_pools_over_the_set():
    truth = torch.tensor([[[1] + [0] * 9], [[1] * 9 + [0]]])
    guess = torch.tensor([[[0] * 10], [[1] * 9 + [0]]])
    model = Fixed()
    source = [(scores_for(guess[:1]), truth[:1]), (scores_for(guess[1:]), truth[1:])]
    metrics = {"mean_iou": MulticlassJaccardIndex(2)}
    for _ in range(2):  # the second time starts from nothing again
        assert evaluate(model, source, metrics) == {"mean_iou": pytest.approx((10 / 11 + 9 / 10) / 2)}
    flipped = evaluate(model, source, metrics, predict=lambda scores: scores.argmin(dim=1))
    assert flipped["mean_iou"] == pytest.approx((0 + 1 / 20) / 2, abs=0.05)
    assert model.modes == [False] * 6


@pytest.mark.parametrize("mode", [True, False])
def test_evaluate_gives_the_mode_back(mode):
    model = Fixed().train(mode)
    good = torch.zeros(1, 4, 4, dtype=torch.long)
    evaluate(model, [(scores_for(good), good)], segmentation_metrics(2))
    assert model.training == mode
    with pytest.raises(ValueError, match="label 7"):
        evaluate(model, [(scores_for(good), good + 7)], segmentation_metrics(2))
    assert model.training == mode, "an error must not change the mode"


def test_evaluate_refuses_nothing():
    empty = torch.zeros(0, 2, 4), torch.zeros(0, 4).long()
    for source, words in (([], "nothing to evaluate on: there is no batch"), ([empty], "A batch is empty")):
        with pytest.raises(ValueError, match=words):
            evaluate(Fixed(), source, {"right": MulticlassAccuracy(2)})


def test_evaluate_takes_no_gradients():
    model = small_network()
    evaluate(
        model, batches(1), {"right": MulticlassAccuracy(2)}, predict=lambda scores: check_graphless(scores)
    )


def check_graphless(scores: torch.Tensor) -> torch.Tensor:
    assert not scores.requires_grad
    return scores.argmax(dim=1)


def numbered(number: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Images whose pixels all hold their own number, which is their label too."""
    labels = torch.arange(number, dtype=torch.uint8)
    return labels[:, None, None, None].expand(-1, 3, 2, 2).contiguous(), labels


def test_input_is_scaled_about_mid_grey():
    images = torch.tensor([0, 51, 255], dtype=torch.uint8).reshape(1, 3, 1, 1)
    assert_close(as_input(images).flatten(), torch.tensor([-2.0, -1.2, 2.0]))
    with pytest.raises(
        ValueError, match="Expected images in uint8, got torch.float32: they may have been scaled"
    ):
        as_input(images.float())


def test_an_epoch_holds_every_image_once_in_a_fresh_order():
    source = endless(*numbered(12), size=4, seed=0)
    epochs = [[next(source) for _ in range(3)] for _ in range(3)]
    orders = [torch.cat([labels for _, labels in epoch]) for epoch in epochs]
    for order in orders:
        assert order.sort().values.tolist() == list(range(12))
    assert orders[0].tolist() != orders[1].tolist() != orders[2].tolist()
    for images, labels in epochs[0]:
        assert_close(images[:, 0, 0, 0], (labels / 255 - 0.5) / 0.25)
        assert images.is_contiguous(memory_format=torch.channels_last) and labels.dtype == torch.int64


def test_an_epoch_leaves_out_what_fills_no_batch():
    source = endless(*numbered(11), size=4, seed=0)
    seen = torch.cat([next(source)[1] for _ in range(2)])
    assert len(seen) == 8 == len(seen.unique())
    assert len(next(source)[1]) == 4


def test_batches_come_from_their_seed():
    def first(seed):
        return torch.cat(
            [labels for _, (_, labels) in zip(range(4), endless(*numbered(20), 5, seed), strict=False)]
        )

    assert torch.equal(first(1), first(1))
    assert not torch.equal(first(1), first(2))


def test_a_transform_changes_images_and_labels_from_the_same_seed():
    def brighten(images, labels, generator):
        more = torch.randint(0, 9, (len(images),), dtype=torch.uint8, generator=generator)
        return images + more[:, None, None, None], labels + more

    for _, (images, labels) in zip(range(5), endless(*numbered(20), 5, 0, brighten), strict=False):
        assert_close(images[:, 0, 0, 0], (labels / 255 - 0.5) / 0.25)
        assert labels.dtype == torch.int64
    runs = [next(endless(*numbered(20), 5, 0, brighten))[1].tolist() for _ in range(2)]
    assert runs[0] == runs[1]


def test_in_order_is_in_order():
    found = list(in_order(*numbered(7), size=3))
    assert [labels.tolist() for _, labels in found] == [[0, 1, 2], [3, 4, 5], [6]]
    assert_close(torch.cat([images for images, _ in found]), as_input(numbered(7)[0]))


def test_batches_that_cannot_be_cut_are_refused():
    images, labels = numbered(4)
    for size in (0, 5):
        with pytest.raises(
            ValueError, match=f"A batch of {size} cannot be drawn from 4 images: choose 1 to 4"
        ):
            next(endless(images, labels, size, 0))
    for source in (endless(images, labels[:3], 2, 0), in_order(images, labels[:3], 100)):
        with pytest.raises(ValueError, match="There are 4 images and 3 labels; expected one each"):
            next(source)
