"""Batches: every image once an epoch, scaled, from a seed."""

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from helpers.data.batches import as_input, endless, in_order


def numbered(number: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Images whose pixels all hold their own number, which is their label too."""
    labels = torch.arange(number, dtype=torch.uint8)
    return labels[:, None, None, None].expand(-1, 3, 2, 2).contiguous(), labels


def test_input_is_scaled_about_mid_grey():
    images = torch.tensor([0, 51, 255], dtype=torch.uint8).reshape(1, 3, 1, 1)
    assert_close(as_input(images).flatten(), torch.tensor([-2.0, -1.2, 2.0]))
    with pytest.raises(ValueError, match="Expected images in uint8, got float32 from 0 to 255"):
        as_input(images.float())


def test_numpy_arrays_and_integers_make_the_same_batches():
    images, labels = numbered(6)
    plain = [next(endless(images, labels, 2, 3)), next(in_order(images, labels, 4))]
    arrays = images.numpy(), labels.numpy()
    others = [next(endless(*arrays, np.int64(2), np.int64(3))), next(in_order(*arrays, np.int64(4)))]
    assert_close(others, plain, rtol=0, atol=0)


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
            ValueError, match=f"A batch of {size} cannot be drawn from 4 examples: choose 1 to 4"
        ):
            next(endless(images, labels, size, 0))
    for source in (endless(images, labels[:3], 2, 0), in_order(images, labels[:3], 100)):
        with pytest.raises(ValueError, match="There are 4 images and 3 labels; expected one each"):
            next(source)
