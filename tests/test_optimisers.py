"""Muon for kernels: against torch's Muon on matrices, by singular values, and inside the training loop."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from torch import nn
from torch.nn import functional
from torch.testing import assert_close

from helpers import runtime
from helpers.optimisers import KERNEL_RATE, KernelMuon, muon, orthogonal
from helpers.training import fit


def network(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    layers = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, 12, 3, padding=1, bias=False),
        nn.BatchNorm2d(12),
        nn.ReLU(),
        nn.Conv2d(12, 6, 1),
        nn.ReLU(),
        nn.Conv2d(6, 2, 1),
    )
    return layers.to(memory_format=torch.channels_last)


def batches(number: int, seed: int = 0) -> list:
    generator = torch.Generator().manual_seed(seed)
    images = torch.randn(number, 4, 3, 8, 8, generator=generator)
    return [(some, (some[:, 0] > some[:, 1]).long()) for some in images]


def backward(model: nn.Module, seed: int = 0) -> None:
    (images, labels), *_ = batches(1, seed)
    functional.cross_entropy(model(images), labels).backward()


def test_every_parameter_has_one_optimiser_and_the_ends_have_adamw():
    model = network()
    kernels, rest = muon(model, lr=0.01, weight_decay=0.1)
    assert [*map(id, kernels.param_groups[0]["params"])] == [id(model[3].weight), id(model[6].weight)]
    places = [each.data_ptr() for part in (kernels, rest) for each in part.param_groups[0]["params"]]
    assert sorted(places) == sorted(parameter.data_ptr() for parameter in model.parameters())
    assert (kernels.param_groups[0]["lr"], rest.param_groups[0]["lr"]) == (KERNEL_RATE, 0.01)
    assert {part.param_groups[0]["weight_decay"] for part in (kernels, rest)} == {0.1}


@pytest.mark.parametrize(("precision", "off"), [(torch.bfloat16, 0.002), (torch.float32, 0.02)])
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_a_kernel_moves_as_its_matrix_would(precision, off, layout):
    """Several steps, so that momentum counts too. torch's Muon rounds to bfloat16, so in float32 ours is near it."""
    model = network().to(memory_format=layout)
    kernel = model[3].weight
    start = kernel.detach().clone()
    matrix = nn.Parameter(start.flatten(1).clone())
    ours, torchs = KernelMuon([kernel], lr=0.1, precision=precision), torch.optim.Muon([matrix], lr=0.1)
    for seed in range(3):
        ours.zero_grad()
        backward(model, seed)
        matrix.grad = kernel.grad.flatten(1).clone()
        ours.step()
        torchs.step()
    moved = (kernel - start).norm()
    assert moved > 0.3
    assert (kernel.flatten(1) - matrix).norm() < off * moved


@given(arrays(np.float64, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.floats(-3, 3)))
def test_orthogonal_keeps_directions_and_levels_their_lengths(matrix):
    """Against the singular value decomposition: the same vectors, with values that the polynomial gives."""
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    values = values / max(np.linalg.norm(matrix), 1e-7)
    for _ in range(5):
        values = 3.4445 * values - 4.7750 * values**3 + 2.0315 * values**5
    found = orthogonal(torch.from_numpy(matrix))
    assert_close(found, torch.from_numpy((left * values) @ right), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(("has", "precision"), [(True, torch.bfloat16), (False, torch.float32)])
def test_a_processor_without_bfloat16_is_spared_it(monkeypatch, has, precision):
    monkeypatch.setattr(runtime, "has_bfloat16", lambda: has)
    assert muon(network(), lr=0.01, weight_decay=0.1)[0].precision == precision


def test_a_step_goes_in_all_directions_alike():
    """The gradient has one direction far ahead of the others; Muon's step has none."""
    model = network()
    kernel = model[3].weight
    before = kernel.detach().clone()
    optimiser = KernelMuon([kernel], lr=0.1, weight_decay=0.0)
    backward(model)
    gradient = torch.linalg.svdvals(kernel.grad.flatten(1))
    optimiser.step()
    moved = torch.linalg.svdvals((kernel.detach() - before).flatten(1)) / 0.1
    assert gradient.max() / gradient.median() > 3
    assert moved.max() / moved.median() < 1.6
    assert 0.5 < moved.median() < 1.3


def test_a_model_without_a_convolution_between_two_others_is_refused():
    with pytest.raises(ValueError, match="no kernel for Muon to change.*train with AdamW"):
        muon(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 2, 1)), lr=0.01, weight_decay=0.1)


def test_zero_grad_forgets_and_a_kernel_without_gradient_stays():
    model = network()
    kernel = model[3].weight
    optimiser = KernelMuon([kernel], lr=0.1)
    backward(model)
    optimiser.step()
    optimiser.zero_grad()
    before = kernel.detach().clone()
    optimiser.step()
    assert kernel.grad is None
    assert torch.equal(kernel, before)


def test_frozen_kernels_stay():
    model = network()
    model[3].weight.requires_grad_(False)
    before = copy.deepcopy(model.state_dict())
    fit(model, batches(3), functional.cross_entropy, steps=3, lr=0.01, optimisers=muon)
    assert torch.equal(model[3].weight, before["3.weight"])
    assert not torch.equal(model[6].weight, before["6.weight"])


def test_each_optimiser_goes_through_its_own_cycle():
    """The rates after each step: both rise to what they were given, and end near nothing."""
    seen = {}

    def watched(model, lr, weight_decay):
        chosen = muon(model, lr, weight_decay)
        for optimiser in chosen:
            rates = seen.setdefault(type(optimiser), [])
            optimiser.register_step_post_hook(
                lambda it, *_, rates=rates: rates.append(it.param_groups[0]["lr"])
            )
        return chosen

    fit(network(), batches(8), functional.cross_entropy, steps=8, lr=0.01, optimisers=watched)
    kernels, rest = seen[KernelMuon], seen[torch.optim.AdamW]
    assert max(kernels) == pytest.approx(KERNEL_RATE)
    assert max(rest) == pytest.approx(0.01)
    assert kernels[-1] < KERNEL_RATE / 1000 and rest[-1] < 0.01 / 1000
