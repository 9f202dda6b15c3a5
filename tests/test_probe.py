"""Recording submodules: what they really put out, and nothing left behind."""

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from helpers.ops import receptive_field
from helpers.probe import gradient, operations, record, shape_table


def network(inplace: bool = False) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(inplace=inplace), nn.Conv2d(4, 2, 1)
    ).eval()


def test_record_keeps_what_each_part_puts_out():
    model, images = network(), torch.randn(2, 3, 5, 5)
    with record(model, "0", "2", "3") as kept:
        out = model(images)
    assert_close(kept["0"], model[0](images))
    assert_close(kept["2"], model[1](model[0](images)).relu())
    assert kept["3"] is out and list(kept) == ["0", "2", "3"]


def test_record_keeps_the_last_pass_and_nothing_after_the_block():
    model, images = network(), torch.randn(2, 3, 5, 5)
    with record(model, "0") as kept:
        model(images)
        model(images + 1)
    model(images + 2)
    assert_close(kept["0"], model[0](images + 1))
    assert not any(part._forward_hooks for part in model.modules())


def test_record_removes_its_hooks_after_an_error():
    model = network()
    with pytest.raises(ZeroDivisionError), record(model, "0"):
        raise ZeroDivisionError
    assert not any(part._forward_hooks for part in model.modules())


def test_record_leaves_the_graph_alone():
    model, images = network(), torch.randn(1, 3, 5, 5, requires_grad=True)
    with record(model, "0") as kept:
        model(images)
    (slope,) = torch.autograd.grad(kept["0"][0, 1, 2, 2], images)
    assert_close(slope[0, :, 1:4, 1:4], model[0].weight[1])


def test_record_names_what_there_is():
    with pytest.raises(KeyError, match=r"The model has no part named 'head'. It has: 0, 1, 2, 3\."):
        record(network(), "0", "head").__enter__()


@pytest.mark.parametrize("mode", [torch.no_grad, torch.enable_grad])
def test_record_says_when_a_later_layer_overwrote_it(mode):
    """A batch norm before an in-place ReLU once came out as if it never were negative."""
    model, images = network(inplace=True), torch.randn(2, 3, 5, 5)
    with (
        mode(),
        pytest.raises(RuntimeError, match="'1' put out was overwritten by a layer.*inplace=False"),
        record(model, "1"),
    ):
        model(images)
    with mode(), record(model, "0", "2") as kept:
        model(images)
    assert_close(kept["2"], model[1](model[0](images)).relu())


def test_record_works_in_inference_mode_and_with_tuples():
    model, images = network(), torch.randn(2, 3, 5, 5)
    with torch.inference_mode(), record(model, "0") as kept:
        model(images)
    assert_close(kept["0"], model[0](images))
    recurrent = nn.GRU(3, 4)
    with record(recurrent, "") as kept:
        out = recurrent(torch.randn(2, 1, 3))
    assert kept[""] is out


def test_gradient_equals_finite_differences():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(3, 2, 3), nn.Tanh(), nn.Conv2d(2, 2, 3, 2)).double()
    images = torch.randn(1, 3, 8, 8, dtype=torch.double)
    found = gradient(model, "2", images, 1, 0)
    expected = torch.zeros(8, 8, dtype=torch.double)
    step = 1e-6
    for colour in range(3):
        for y in range(8):
            for x in range(8):
                ends = []
                for sign in (1, -1):
                    moved = images.clone()
                    moved[0, colour, y, x] += sign * step
                    ends.append(model(moved)[0, :, 1, 0].sum())
                expected[y, x] += ((ends[0] - ends[1]) / (2 * step)).abs()
    assert_close(found, expected.detach(), rtol=1e-5, atol=1e-7)
    field = receptive_field([(3, 1, 0), (3, 2, 0)])
    rows = found.sum(dim=1).nonzero()[:, 0]
    assert (rows.min(), rows.max()) == (
        field.start + field.stride,
        field.start + field.stride + field.size - 1,
    )


def test_the_shape_table_by_hand():
    lines = shape_table(network(), torch.zeros(2, 3, 5, 6), "0", "1", "3").splitlines()
    rows = [line.split() for line in lines[1:]]
    assert [row[0] for row in rows] == ["images", "0", "1", "3"]
    assert [" ".join(row[1:5]) for row in rows] == [
        "(2, 3, 5, 6)",
        "(2, 4, 5, 6)",
        "(2, 4, 5, 6)",
        "(2, 2, 5, 6)",
    ]
    assert [row[5] for row in rows[1:]] == ["112", "8", "10"]  # 3 * 4 * 9 + 4, scale and shift, 4 * 2 + 2


def test_operations_of_a_convolution_by_hand():
    """Each of 2 x 5 x 5 outputs takes 3 x 3 x 3 multiplications and as many additions."""
    layer = nn.Conv2d(3, 2, 3, padding=1, bias=False)
    assert operations(layer, torch.zeros(1, 3, 5, 5)) == 2 * 2 * 5 * 5 * 3 * 3 * 3
