"""A kernel that learns to enlarge photographs, against bilinear interpolation, which is where it starts."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers import runtime, seeds
from helpers.data.photographs import random_crops
from helpers.data.splits import Split
from helpers.fcn.model import upsample
from helpers.training import History, fit, recorded
from helpers.upsampling.transposed import bilinear_kernel

FACTOR = 2
SIDE = 96  # of the large photographs, about as the camera took them
BATCH = 32
STEPS = 300
RATE = 1e-2
RIM = 8  # pixels left out at the border, where stamps are missing


def enlarger(kernel_size: int = 4) -> nn.ConvTranspose2d:
    """Make a transposed convolution of one channel that enlarges by FACTOR, bilinearly before it learns.

    Args:
        kernel_size: at least bilinear's 4, and even; the more it has beyond that, the more it may learn.

    Raises:
        ValueError: the kernel is smaller, or odd.
    """
    start = bilinear_kernel(FACTOR)
    wider = kernel_size - len(start)
    if wider < 0 or wider % 2:
        raise ValueError(
            f"A kernel of {kernel_size} cannot start as bilinear's of {len(start)}: add an even number to that."
        )
    layer = nn.ConvTranspose2d(1, 1, kernel_size, stride=FACTOR, padding=FACTOR // 2 + wider // 2, bias=False)
    with torch.no_grad():
        layer.weight.copy_(F.pad(start, [wider // 2] * 4))
    return layer


def pairs(number: int, split: Split, seed: int) -> tuple[Tensor, Tensor]:
    """Pieces of photographs averaged over cells of FACTOR, and as they were: (number, 1, h, w) each, 0 is mid grey."""
    colours = random_crops(number, SIDE, split, seeds.generator(seed))
    large = colours.mean(dim=1, keepdim=True) - 0.5
    return F.avg_pool2d(large, FACTOR), large


def inside(images: Tensor) -> Tensor:
    """Leave out the rim of images (..., H, W)."""
    return images[..., RIM:-RIM, RIM:-RIM]


def squared_error(guess: Tensor, truth: Tensor) -> Tensor:
    """The mean squared error of images (N, 1, H, W) away from the border."""
    return F.mse_loss(inside(guess), inside(truth))


def learn(layer: nn.Module, seed: int, steps: int = STEPS) -> History:
    """Train an enlarger on photographs."""
    runtime.seed_everything(seed)
    small, large = pairs(600, "train", seed)

    def batches() -> Iterator[tuple[Tensor, Tensor]]:
        generator = seeds.generator(seed)
        while True:
            chosen = torch.randint(len(small), (BATCH,), generator=generator)
            yield small[chosen], large[chosen]

    return fit(layer, batches(), squared_error, steps=steps, lr=RATE, weight_decay=0.0, name="enlarging")


def decibels(guess: Tensor, truth: Tensor) -> float:
    """The peak signal-to-noise ratio away from the border, for a range of 1; ten decibels are a tenth of the error."""
    return float(-10 * squared_error(guess, truth).log10())


def compare() -> Iterator[dict]:
    """Enlarge test photographs in five ways, with three seeds where there is something to learn; yield a row each."""
    small, large = pairs(200, "test", 0)
    fixed = {
        "nearest": small.repeat_interleave(FACTOR, 2).repeat_interleave(FACTOR, 3),
        "bilinear": upsample(small, FACTOR),
        "bicubic": F.interpolate(small, scale_factor=FACTOR, mode="bicubic"),
    }
    for seed in range(3):
        # Nothing to learn, so nothing varies; a row a seed lets the learned ones be compared seed by seed.
        for name, guess in fixed.items():
            yield {"model": name, "seed": seed, "figures": {"decibels": decibels(guess, large)}}
        for size in (4, 8):
            layer = enlarger(size)
            history = learn(layer, seed)
            with torch.no_grad():
                figures = {"decibels": decibels(layer(small), large)}
            fields = {"model": "transposed convolution", "kernel": size}
            yield recorded(fields, seed, figures, history, layer)
