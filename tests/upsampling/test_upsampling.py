"""Learnable upsampling: each way round against the library's, switches there and back, DeconvNet against its parts."""

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.nn import functional
from torch.testing import assert_close

from helpers.fcn.model import FCN, stage, upsample
from helpers.probe import record
from helpers.upsampling import exercises, transposed
from helpers.upsampling.model import DeconvNet, FCNLearnedUpsampling, Unpool, mirrored

SETTINGS = {
    "kernel": st.integers(1, 5),
    "stride": st.integers(1, 4),
    "padding": st.integers(0, 3),
    "output_padding": st.integers(0, 3),
}
SIDE = st.integers(1, 5)
OUTPUT_SIZE, PHASE_SUMS = exercises.output_size.solution, exercises.phase_sums.solution


def possible(h, w, kernel, stride, padding, output_padding) -> bool:
    """Whether the library has an output for these settings."""
    sizes = ((side - 1) * stride - 2 * padding + kernel + output_padding for side in (h, w))
    return output_padding < stride and min(sizes) >= 1


# --- the transposed convolution ---------------------------------------------------------------------------------


@settings(deadline=None)
@given(size=st.integers(1, 12), kernel=st.integers(1, 5), stride=st.integers(1, 4), padding=st.integers(0, 2))
def test_output_padding_tells_apart_what_the_stride_rounded_to_one(size, kernel, stride, padding):
    """A convolution of that size gives back the input's size, for exactly `stride` sizes in a row."""
    assume((size - 1) * stride - 2 * padding + kernel >= 1)
    for extra in range(stride):
        larger = OUTPUT_SIZE(size, kernel, stride, padding, extra)
        assert (larger + 2 * padding - kernel) // stride + 1 == size
    assert (larger + 1 + 2 * padding - kernel) // stride + 1 == size + 1


@settings(deadline=None, max_examples=200)
@given(h=SIDE, w=SIDE, **SETTINGS)
def test_the_matrix_transposed_is_the_librarys(h, w, kernel, stride, padding, output_padding):
    options = {"stride": stride, "padding": padding}
    assume(possible(h, w, kernel, output_padding=output_padding, **options))
    weight = torch.randn(kernel, kernel, dtype=torch.double)
    size = tuple(OUTPUT_SIZE(side, kernel, stride, padding, output_padding) for side in (h, w))
    matrix = transposed.convolution_matrix(weight, size, **options)
    small, large = torch.randn(h, w, dtype=torch.double), torch.randn(size, dtype=torch.double)
    convolved = functional.conv2d(large[None, None], weight[None, None], **options)
    enlarged = functional.conv_transpose2d(
        small[None, None], weight[None, None], output_padding=output_padding, **options
    )
    assert_close((matrix @ large.flatten()).view(h, w), convolved[0, 0])
    assert_close((matrix.T @ small.flatten()).view(size), enlarged[0, 0])


def test_zeros_are_stuffed_between_and_not_around():
    values = torch.tensor([[1.0, 2, 3], [4, 5, 6]])
    assert transposed.stuffed(values, 2).tolist() == [[1, 0, 2, 0, 3], [0, 0, 0, 0, 0], [4, 0, 5, 0, 6]]
    assert torch.equal(transposed.stuffed(values, 1), values)


@pytest.mark.parametrize("factor", range(1, 9))
def test_bilinear_stamps_add_up_to_bilinear_interpolation_away_from_the_border(factor):
    values = torch.randn(2, 1, 5, 6)
    weight = transposed.bilinear_kernel(factor)[None, None]
    padding = factor // 2
    mine = functional.conv_transpose2d(values, weight, stride=factor, padding=padding)
    wanted = upsample(values, factor)
    assert mine.shape == wanted.shape
    inside = slice(padding, -padding or None)
    assert_close(mine[..., inside, inside], wanted[..., inside, inside])
    if factor > 1:
        # At the border stamps of neighbours are missing, which are not there.
        assert (mine - wanted)[..., 0, :].abs().min() > 0
    repeated = functional.pad(values, (1, 1, 1, 1), mode="replicate")
    mended = functional.conv_transpose2d(repeated, weight, stride=factor, padding=padding + factor)
    assert_close(mended, wanted)


@settings(deadline=None)
@given(kernel=st.integers(1, 6), stride=st.integers(1, 4))
def test_phase_sums_are_the_output_of_a_constant_input(kernel, stride):
    weight = torch.randn(kernel, kernel, dtype=torch.double)
    out = functional.conv_transpose2d(
        torch.ones(1, 1, 12, 12, dtype=torch.double), weight[None, None], stride=stride
    )[0, 0]
    start = 6 * stride  # a whole number of strides from the start, and far from every border
    sums = PHASE_SUMS(weight, stride)
    assert_close(out[start : start + stride, start : start + stride], sums)
    assert_close(sums.sum(), weight.sum())


def test_a_spectral_peak_is_the_share_of_what_repeats():
    rows, columns = torch.meshgrid(torch.arange(24), torch.arange(24), indexing="ij")
    board = ((rows + columns) % 2).double()
    wave = torch.cos(2 * torch.pi * columns / 24).double()
    assert transposed.spectral_peak(board, 2) == pytest.approx(1)
    assert transposed.spectral_peak(wave, 2) == pytest.approx(0)
    assert transposed.spectral_peak(torch.full((24, 24), 7.0), 2) == 0
    # Variances 1/4 and 1/2 are told apart.
    assert transposed.spectral_peak(board + wave, 2) == pytest.approx(1 / 3)
    assert transposed.spectral_peak((columns % 3).double(), 3) == pytest.approx(1)
    with pytest.raises(ValueError, match="24 x 23: cut it to multiples of the stride, 2"):
        transposed.spectral_peak(board[:, :23], 2)


# --- a last layer that learns ------------------------------------------------------------------------------------


@torch.no_grad()
def test_fcn_with_a_learned_last_layer_starts_as_interpolation_away_from_the_border():
    torch.manual_seed(0)
    fixed, learned = FCN(5, stride=8).eval(), FCNLearnedUpsampling(5).eval()
    missing, unexpected = learned.load_state_dict(fixed.state_dict(), strict=False)
    assert (missing, unexpected) == (["last.weight"], [])
    images = torch.randn(2, 3, 64, 96)
    assert_close(learned(images)[..., 4:-4, 4:-4], fixed(images)[..., 4:-4, 4:-4], atol=1e-5, rtol=1e-4)
    # Each class has its own stamp: a change of one leaves the others' scores.
    learned.last.weight[3] *= 2
    changed = (learned(images)[..., 4:-4, 4:-4] - fixed(images)[..., 4:-4, 4:-4]).abs().amax(dim=(0, 2, 3))
    assert changed[3] > 1e-3 and changed[[0, 1, 2, 4]].max() < 1e-4


def test_a_random_start_differs_in_the_last_layer_alone():
    networks = []
    for start in ("bilinear", "random"):
        torch.manual_seed(0)
        networks.append(FCNLearnedUpsampling(5, start).state_dict())
    differ = [name for name in networks[0] if not torch.equal(networks[0][name], networks[1][name])]
    assert differ == ["last.weight"]
    with pytest.raises(ValueError, match="no start 'zero'. Expected bilinear or random"):
        FCNLearnedUpsampling(5, "zero")


# --- unpooling --------------------------------------------------------------------------------------------------


def pooled(side: int = 8) -> tuple[torch.Tensor, ...]:
    """Features, their pooling and its switches."""
    features = torch.randn(2, 3, side, side + 4)
    return (features, *functional.max_pool2d(features, 2, return_indices=True))


def test_unpooling_puts_each_maximum_back_where_it_was():
    features, values, switches = pooled()
    out = Unpool()(values, switches)
    kept = out != 0
    assert torch.equal(out[kept], features[kept]) and kept.sum() == values.numel()
    assert torch.equal(functional.max_pool2d(out.abs(), 2), values.abs())


def test_nails_stand_in_every_upper_left_corner():
    _, values, switches = pooled()
    out = Unpool("nails")(values, switches)
    assert torch.equal(out[..., ::2, ::2], values)
    assert out.count_nonzero() == values.numel()


def test_shuffled_switches_keep_to_their_cells_and_are_dealt_out_anew():
    _, values, switches = pooled(32)
    torch.manual_seed(0)
    unpool = Unpool("shuffled")
    with record(unpool, "places") as kept:
        out = unpool(values, switches)
    assert torch.equal(functional.max_pool2d(out.abs(), 2), values.abs())
    h, w = values.shape[-2:]
    corners = 2 * torch.arange(h)[:, None] * 2 * w + 2 * torch.arange(w)
    before, after = switches - corners, kept["places"] - corners
    assert set(after.unique().tolist()) == {0, 1, 2 * w, 2 * w + 1}
    # As many of each place in every channel, and right only as often as chance has it.
    assert torch.equal(before.flatten(2).sort().values, after.flatten(2).sort().values)
    assert 0.15 < (before == after).double().mean() < 0.35
    assert not torch.equal(out, unpool(values, switches))


def test_what_is_no_kind_of_switch_is_refused():
    with pytest.raises(ValueError, match="no 'random' switches. Expected own, shuffled or nails"):
        Unpool("random")


# --- DeconvNet --------------------------------------------------------------------------------------------------


def small(switches: str = "own") -> DeconvNet:
    """A narrow network with batch statistics of its own, standing still."""
    torch.manual_seed(0)
    network = DeconvNet(5, widths=(4, 5, 6, 7, 8), head=9, switches=switches)
    for layer in network.modules():
        if isinstance(layer, torch.nn.BatchNorm2d):
            layer.momentum = 1.0
    network(torch.randn(4, 3, 64, 64))
    return network.eval()


def test_a_mirrored_stage_walks_the_channels_back():
    layers = [layer for layer in mirrored(stage(8, 12, depth=3)) if hasattr(layer, "in_channels")]
    assert [(layer.in_channels, layer.out_channels) for layer in layers] == [(12, 12), (12, 12), (12, 8)]
    first = mirrored(stage(3, 16))
    assert (first[0].in_channels, first[0].out_channels) == (16, 16)


def test_its_encoder_is_fcns():
    """The same parts in the same order, so that a comparison compares what comes after."""
    mine, theirs = DeconvNet().encoder.state_dict(), FCN(stride=8).encoder.state_dict()
    assert {name: value.shape for name, value in mine.items()} == {
        name: value.shape for name, value in theirs.items()
    }


@torch.no_grad()
def test_forward_equals_the_paper_written_out():
    """Encode with the library's pooling, then unpool and convolve with the library's calls, coarsest first."""
    network, features, switches = small(), torch.randn(2, 3, 64, 96), []
    images = features
    for part in network.encoder.stages:
        features, chosen = functional.max_pool2d(part[:-1](features), 2, return_indices=True)
        switches.append(chosen)
    features = network.middle(features)
    for part in network.stages:
        features = functional.max_unpool2d(features, switches.pop(), 2)
        for layer in part:
            features = layer(features)
    assert_close(network(images), network.score(features))
    assert network(images).shape == (2, 5, 64, 96)


@torch.no_grad()
def test_a_batch_is_its_pictures_one_by_one():
    # In double precision: a maximum that two kernels of the library round differently would move a switch.
    network, images = small().double(), torch.randn(3, 3, 64, 96, dtype=torch.float64)
    alone = torch.cat([network(image[None]) for image in images])
    assert_close(network(images), alone)


@torch.no_grad()
def test_only_what_it_goes_by_differs_between_kinds_of_switches():
    own, images = small(), torch.randn(2, 3, 64, 64)
    for kind in ("nails", "shuffled"):
        other = small(kind)
        other.load_state_dict(own.state_dict())
        assert (other(images) - own(images)).abs().max() > 0.01


@pytest.mark.parametrize("kind", ["own", "shuffled", "nails"])
def test_every_part_learns(kind):
    network = small(kind).train()
    functional.cross_entropy(network(torch.randn(2, 3, 64, 64)), torch.zeros(2, 64, 64).long()).backward()
    assert all(each.grad is not None and each.grad.isfinite().all() for each in network.parameters())
    assert all(each.grad.abs().sum() > 0 for each in network.parameters())


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (torch.zeros(1, 3, 64, 60), r"must be multiples of 32, got \(64, 60\): pad the image"),
        (torch.zeros(3, 64, 64), r"A single image needs images\[None\]"),
        (torch.zeros(0, 3, 64, 64), "an empty batch"),
        (torch.zeros(1, 3, 64, 64).to(torch.uint8), "got torch.uint8"),
    ],
)
def test_what_deconvnet_cannot_take_is_refused(images, words):
    with pytest.raises(ValueError, match=words):
        small()(images)
