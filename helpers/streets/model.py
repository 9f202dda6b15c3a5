"""A residual encoder and a decoder that walks back up along skip connections, for street scenes."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from helpers.ops import check_images

WIDTHS = (24, 48, 96, 128, 192)
LEAST_SPREAD = 0.02  # so that the noise of an even image is not blown up: as much as 5 of 255 levels


def convolve(inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> nn.Sequential:
    """Convolution and batch normalisation; the caller decides on the ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False), nn.BatchNorm2d(outputs)
    )


class Residual(nn.Module):
    """Two convolutions that learn what to add to their input (He, Zhang, Ren, Sun 2016)."""

    def __init__(self, inputs: int, outputs: int, stride: int = 1):
        super().__init__()
        self.change = nn.Sequential(
            convolve(inputs, outputs, stride=stride), nn.ReLU(inplace=True), convolve(outputs, outputs)
        )
        same = stride == 1 and inputs == outputs
        self.keep = nn.Identity() if same else convolve(inputs, outputs, kernel=1, stride=stride)
        # A block starts out as its shortcut, so that a deep network starts out shallow.
        nn.init.zeros_(self.change[-1][-1].weight)

    def forward(self, features: Tensor) -> Tensor:
        return (self.keep(features) + self.change(features)).relu()


class Merge(nn.Module):
    """One step up: enlarge coarse features, add the encoder's finer ones, and convolve both together."""

    def __init__(self, coarse: int, fine: int, outputs: int):
        super().__init__()
        self.narrow = convolve(coarse, outputs, kernel=1)
        self.skip = convolve(fine, outputs, kernel=1)
        self.mix = nn.Sequential(convolve(outputs, outputs), nn.ReLU(inplace=True))

    def forward(self, coarse: Tensor, fine: Tensor) -> Tensor:
        # Narrowed before it is enlarged: the same numbers as the other way round, at a quarter of the price.
        larger = F.interpolate(self.narrow(coarse), size=fine.shape[2:], mode="bilinear", align_corners=False)
        return self.mix((larger + self.skip(fine)).relu())


def standardised(images: Tensor) -> Tensor:
    """Bring each channel of each image to zero mean and unit spread, so that dusk and noon look more alike.

    Args:
        images: (B, C, H, W) float.
    """
    spread = images.std(dim=(2, 3), keepdim=True)
    return (images - images.mean(dim=(2, 3), keepdim=True)) / (spread + LEAST_SPREAD)


class EncoderDecoder(nn.Module):
    """Score every pixel: down to 1/32 of the resolution, then step by step up to 1/2, with a skip at each step.

    FCN-8s adds the *scores* of three stages. Here whole *features* are added, at every stage down to a stride of 2,
    and convolved after each addition: a U-Net (Ronneberger, Fischer, Brox 2015) whose skips are added as in LinkNet
    (Chaurasia, Culurciello 2017) instead of stacked, which costs half as much. Images are standardised one by one,
    because a network that learns from few films meets another light in the next.

    Args:
        classes: how many scores a pixel gets.
        widths: channels at 1/2, 1/4, 1/8, 1/16 and 1/32 of the resolution.
        depth: residual blocks at each of the last four.
        whole: whether the coarsest features also learn what is in the image as a whole (ParseNet: Liu, Rabinovich,
            Berg 2016). Leave it out where a network learns from small crops and is asked about whole images: what it
            was taught there is not what it meets.

    `forward` takes (B, 3, H, W) float of any size from 32 pixels up and returns (B, classes, H, W) scores.
    """

    def __init__(self, classes: int = 11, widths: Sequence[int] = WIDTHS, depth: int = 2, whole: bool = True):
        super().__init__()
        self.stem = nn.Sequential(
            convolve(3, widths[0], stride=2),
            nn.ReLU(inplace=True),
            convolve(widths[0], widths[0]),
            nn.ReLU(inplace=True),
        )
        self.down = nn.ModuleList(
            nn.Sequential(
                Residual(inputs, outputs, stride=2), *(Residual(outputs, outputs) for _ in range(depth - 1))
            )
            for inputs, outputs in zip(widths, widths[1:], strict=False)
        )
        # No batch normalisation here: one number a channel and image is too few to take statistics of.
        self.whole = nn.Conv2d(widths[-1], widths[-1], 1) if whole else None
        up = [widths[0], *(min(width, 2 * widths[0]) for width in widths[1:-1]), widths[-1]]
        self.up = nn.ModuleList(Merge(up[k + 1], widths[k], up[k]) for k in reversed(range(len(widths) - 1)))
        self.score = nn.Conv2d(up[0], classes, 1)

    def forward(self, images: Tensor) -> Tensor:
        check_images(images, least=32)
        features = [self.stem(standardised(images))]
        for down in self.down:
            features.append(down(features[-1]))
        merged = features[-1]
        if self.whole is not None:
            merged = merged + self.whole(merged.mean(dim=(2, 3), keepdim=True)).relu()
        for up, fine in zip(self.up, reversed(features[:-1]), strict=True):
            merged = up(merged, fine)
        return F.interpolate(self.score(merged), size=images.shape[2:], mode="bilinear", align_corners=False)
