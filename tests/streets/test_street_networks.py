"""The encoder-decoder, and two ways to run it: averaged over sizes, and in bfloat16."""

import pytest
import torch
from torch import Generator, nn
from torch.nn import functional
from torch.testing import assert_close

from helpers.frame_scores import CLASSES
from helpers.streets import inference
from helpers.streets.inference import Averaged, Bfloat16
from helpers.streets.model import EncoderDecoder, Merge


@pytest.fixture(scope="module")
def network() -> EncoderDecoder:
    """With statistics and block weights that are not the initial ones, so that every part takes part."""
    torch.manual_seed(0)
    network = EncoderDecoder()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.running_mean, std=0.1)
    return network.eval()


@pytest.mark.parametrize("size", [(180, 240), (32, 32), (33, 71)])
def test_a_batch_equals_its_images_one_by_one(network, size):
    images = torch.randn(3, 3, *size)
    with torch.no_grad():
        together = network(images)
        alone = torch.cat([network(image[None]) for image in images])
    assert together.shape == (3, CLASSES, *size)
    assert_close(together, alone, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("whole", [True, False])
def test_every_part_of_the_network_learns(whole):
    network = EncoderDecoder(whole=whole).train()
    for module in network.modules():  # a block that starts as its shortcut passes no gradient on yet
        if isinstance(module, nn.BatchNorm2d):
            nn.init.ones_(module.weight)
    network(torch.randn(2, 3, 64, 64)).square().sum().backward()
    silent = [name for name, each in network.named_parameters() if each.grad is None or not each.grad.any()]
    assert not silent


@pytest.mark.parametrize("whole", [True, False])
def test_only_the_image_as_a_whole_leads_from_end_to_end(whole):
    """The far half is put in order, pixel by pixel, which leaves every mean and spread as it was."""
    torch.manual_seed(0)
    network = EncoderDecoder(whole=whole)
    images = torch.randn(1, 3, 32, 2048)
    other = images.clone()
    other[..., -1024:] = images[..., -1024:].sort(dim=3).values
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # statistics of the one batch that follows, so that no stage fades out
    with torch.no_grad():
        network.train()(images)
        difference = (network.eval()(images) - network(other)).abs().amax(dim=(0, 1, 2))
    assert difference[-512:].max() > 1
    assert (difference[:512].max() > 0.01) == whole


def test_narrowing_first_gives_the_same_sum():
    """Interpolation and a 1x1 convolution commute, which is why the cheaper order is allowed."""
    merge = Merge(8, 4, 6).eval()
    coarse, fine = torch.randn(1, 8, 5, 7), torch.randn(1, 4, 10, 14)
    larger = functional.interpolate(coarse, size=(10, 14), mode="bilinear", align_corners=False)
    expected = merge.mix((merge.narrow(larger) + merge.skip(fine)).relu())
    assert_close(merge(coarse, fine), expected, atol=1e-5, rtol=1e-5)


def test_what_the_network_cannot_take_is_refused(network):
    for wrong in (torch.randn(3, 64, 64), torch.randn(1, 3, 31, 64), torch.zeros(1, 3, 64, 64).byte()):
        with pytest.raises(ValueError, match="Expected"):
            network(wrong)


def test_averaged_predictions_are_the_mean_over_copies(network):
    images = torch.rand(2, 3, 64, 96, generator=Generator().manual_seed(0))
    with torch.no_grad():
        plain = Averaged(network, scales=(1.0,))(images)
        expected = (network(images).softmax(1) + network(images.flip(3)).flip(3).softmax(1)) / 2
        assert_close(plain, expected)
        whole = Averaged(network)(images)
        parts = [Averaged(network, scales=(scale,))(images) for scale in inference.SCALES]
        assert_close(whole, torch.stack(parts).mean(dim=0))
        # A mirror image gets the mirrored prediction: no side is preferred.
        assert_close(Averaged(network)(images.flip(3)), whole.flip(3), atol=1e-5, rtol=1e-5)
    assert_close(whole.sum(dim=1), torch.ones(2, 64, 96))


def test_bfloat16_is_used_where_the_machine_has_it(monkeypatch, network):
    """On any machine, as each is made to say that it has it, and that it has not."""
    images, scores = torch.rand(1, 3, 40, 40), {}
    with torch.no_grad():
        for has in (False, True):
            monkeypatch.setattr(inference.runtime, "has_bfloat16", lambda has=has: has)
            scores[has] = Bfloat16(network)(images)
            assert scores[has].dtype == torch.float32
        plain = network(images)
    assert torch.equal(scores[False], plain)
    assert 0 < (scores[True] - plain).abs().max() < 0.1 * plain.std()
    Bfloat16(network)(images).sum().backward()
    assert all(each.dtype == each.grad.dtype == torch.float32 for each in network.parameters())
