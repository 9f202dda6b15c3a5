"""The training loop: against plain torch, and broken off in every way."""

import copy
from typing import NamedTuple

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.testing import assert_close

from helpers.data.batches import endless, in_order
from helpers.optimisers import adamw, muon
from helpers.training import History, fit, loss_curve, parameter_count, recorded, timeline, whole


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


def red_or_not() -> tuple[torch.Tensor, torch.Tensor]:
    """20 pictures as data sets hold them, in bytes, and where they are red."""
    images = torch.randint(0, 256, (20, 3, 6, 6), generator=torch.Generator().manual_seed(1)).to(torch.uint8)
    return images, (images[:, 0] > 127).to(torch.uint8)


def weights(model: nn.Module) -> dict:
    return {name: value.clone() for name, value in model.state_dict().items()}


def same(first: dict, second: dict) -> bool:
    return all(torch.equal(first[name], second[name]) for name in first)


@torch.no_grad()
def share_right(model: nn.Module, source) -> float:
    """The share of pixels whose class of highest score is the true one."""
    weight = next(model.parameters())
    right = [(model(images.to(weight)).argmax(dim=1) == labels).double().mean() for images, labels in source]
    return float(torch.stack(right).mean())


def train(model, source, loss=functional.cross_entropy, steps=6, **options) -> History:
    return fit(model, source, loss, steps=steps, lr=0.05, **options)


def test_fit_equals_plain_torch():
    model = small_network()
    other = copy.deepcopy(model).train()
    history = train(model, batches(9), steps=9, weight_decay=0.1, clip=0.5)
    optimiser = torch.optim.AdamW(other.parameters(), weight_decay=0.1)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, max_lr=0.05, total_steps=9, pct_start=0.25)
    losses = []
    for images, labels in batches(9):
        optimiser.zero_grad()
        value = functional.cross_entropy(other(images), labels)
        value.backward()
        nn.utils.clip_grad_norm_(other.parameters(), 0.5)
        optimiser.step()
        cycle.step()
        losses.append(value.item())
    assert history.loss == pytest.approx(losses, rel=1e-4)
    for name, value in model.state_dict().items():
        assert_close(value, other.state_dict()[name], rtol=1e-3, atol=1e-5, msg=name)


def test_fit_learns_and_leaves_eval_mode():
    model = small_network()
    before = share_right(model, batches(3, seed=9))
    history = train(model, batches(40), steps=40)
    assert share_right(model, batches(3, seed=9)) > 0.9 > before
    assert not model.training and not history.interrupted
    assert history.steps == 40 and history.seconds > 0


def test_same_seed_same_numbers():
    runs = []
    for _ in range(2):
        model = small_network(3)
        runs.append((train(model, endless(*red_or_not(), 5, seed=2)).loss, weights(model)))
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


EMPTY = [(torch.zeros(0, 3, 6, 6), torch.zeros(0, 6, 6).long())]
REFUSED = {
    "ended after 2 of 6 steps.*as many batches.*or lower steps": lambda: train(small_network(), batches(2)),
    "A batch is empty. Every batch needs at least one": lambda: train(small_network(), EMPTY),
    "steps is 0: training needs at least one": lambda: train(small_network(), batches(2), steps=0),
}


@pytest.mark.parametrize("words, call", REFUSED.items())
def test_too_few_or_empty_batches_are_refused(words, call):
    with pytest.raises(ValueError, match=words):
        call()


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
    model = nn.Sequential(nn.Conv2d(3, 4, 1), small_network()[3], nn.ReLU(), nn.Conv2d(2, 2, 1))
    history = train(model, endless(*red_or_not(), 5, seed=2), steps=40, optimisers=optimisers)
    assert history.loss[-1] < history.loss[0]
    assert share_right(model, in_order(*red_or_not())) > 0.5


@pytest.mark.parametrize("weights, data", [(torch.float32, torch.float64), (torch.float64, torch.float32)])
def test_batches_come_in_the_models_precision(weights, data):
    """As where the learner changed the default between making one and the other."""
    model = nn.Linear(3, 2).to(weights)
    source = [(torch.rand(5, 3, dtype=data), torch.tensor([0, 1, 0, 1, 1]))] * 2
    assert train(model, source, steps=2).steps == 2
    assert model.weight.dtype == weights


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
    """Inputs of two parts, as a translator has them: known to `fit` by `len` and `to` only."""

    left: torch.Tensor
    right: torch.Tensor

    def __len__(self):
        return len(self.left)

    def to(self, device):
        return Pair(self.left.to(device), self.right.to(device))


def test_inputs_may_have_several_parts():
    class Joined(nn.Linear):
        def forward(self, pair):
            return super().forward(torch.cat([pair.left, pair.right], dim=1))

    torch.manual_seed(0)
    parts, whole, inputs = Joined(4, 1), nn.Linear(4, 1), torch.randn(6, 5, 4)
    whole.load_state_dict(parts.state_dict())
    targets = inputs.sum(dim=2, keepdim=True)
    pairs = [Pair(each[:, :2], each[:, 2:]) for each in inputs]
    history = train(parts, zip(pairs, targets, strict=True), functional.mse_loss)
    assert history.loss == train(whole, zip(inputs, targets, strict=True), functional.mse_loss).loss


def test_timelines_lie_end_to_end():
    first = History(loss=[1.0] * 4, watched={0: "a", 4: "b"})
    second = History(loss=[1.0] * 3, watched={2: "c"})
    assert timeline(first, second, start=10) == {10: "a", 14: "b", 16: "c"}


def test_a_loss_curve_is_the_means_of_equal_stretches():
    assert loss_curve([1.0, 3.0, 5.0, 7.0, 9.0], parts=2) == [2.0, 6.0]  # the rest, one step, is left out
    assert loss_curve([1.0, 3.0], parts=20) == [1.0, 3.0]


def test_a_row_of_the_record_says_what_was_varied_what_it_scores_and_what_it_took():
    history = History(loss=[3.0, 1.0] * 20, seconds=2.0)
    row = recorded({"model": "A"}, 1, {"error": 0.5}, history, nn.Linear(2, 1))
    assert row == {
        "model": "A", "seed": 1, "figures": {"error": 0.5},
        "steps": 40, "seconds": 2.0, "curve": [2.0] * 20, "parameters": 3,
    }  # fmt: skip
    assert "parameters" not in recorded({}, 0, {}, history)


def test_what_builds_on_a_training_stops_with_it():
    assert whole(done := History([1.0])) is done
    with pytest.raises(KeyboardInterrupt, match="run the cell again"):
        whole(History([1.0], interrupted=True))
