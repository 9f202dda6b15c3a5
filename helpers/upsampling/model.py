"""FCN-8s with a last layer that learns, and DeconvNet (Noh, Hong, Han 2015), small enough for two CPU cores."""

from collections.abc import Sequence
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers.fcn.model import FCN, WIDTHS, Encoder, dense
from helpers.ops import check_images
from helpers.upsampling.transposed import Start, learned_upsampling

Switches = Literal["own", "shuffled", "nails"]


class FCNLearnedUpsampling(FCN):
    """FCN-8s whose last factor of 8 is learned: a transposed convolution with a 16 x 16 stamp for each class.

    Args:
        classes: how many scores a pixel gets.
        start: "bilinear", the stamps of interpolation (Long, Shelhamer, Darrell 2015), or "random", torch's own.

    `forward` is FCN's; the layer is the submodule `last`.
    """

    def __init__(self, classes: int = 11, start: Start = "bilinear"):
        super().__init__(classes, stride=8)
        self.last = learned_upsampling(classes, 8, start)

    def forward(self, images: Tensor) -> Tensor:
        return self.last(self.coarse_scores(images))


class Unpool(nn.Module):
    """Put each value where its pooling once found it, and zeros elsewhere: (B, C, h, w) to (B, C, 2 h, 2 w).

    Args:
        switches: "own"; "nails", always the cell's upper left corner, a bed of nails; or "shuffled", the places
            in their cells dealt out anew among all cells of the map, drawn from torch's global generator.
    """

    def __init__(self, switches: Switches = "own"):
        super().__init__()
        if switches not in ("own", "shuffled", "nails"):
            raise ValueError(f"There are no {switches!r} switches. Expected own, shuffled or nails.")
        self.mode = switches
        self.places = nn.Identity()

    def forward(self, values: Tensor, switches: Tensor) -> Tensor:
        """Unpool values by switches, both (B, C, h, w); a switch counts the larger map's places row by row."""
        B, C, h, w = values.shape
        rows, columns = (torch.arange(side, device=values.device) for side in (h, w))
        corners = rows[:, None] * 4 * w + columns * 2
        if self.mode == "nails":
            switches = corners.expand(B, C, h, w)
        elif self.mode == "shuffled":
            order = torch.randperm(h * w, device=values.device)
            switches = (switches - corners).flatten(2)[..., order].view(B, C, h, w) + corners
        return F.max_unpool2d(values, self.places(switches).contiguous(), 2)


def block(inputs: int, outputs: int) -> list[nn.Module]:
    """One of DeconvNet's "deconvolutions": stride 1, so it enlarges nothing, and a convolution could do the same."""
    return [
        nn.ConvTranspose2d(inputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    ]


def mirrored(stage: nn.Sequential) -> nn.Sequential:
    """Turn a stage of the encoder upside down: the same channels, backwards. Towards the image, channels stay."""
    layers: list[nn.Module] = []
    for layer in reversed(stage):
        if isinstance(layer, nn.Conv2d):
            image = layer.in_channels == 3
            layers += block(layer.out_channels, layer.out_channels if image else layer.in_channels)
    return nn.Sequential(*layers)


class DeconvNet(nn.Module):
    """Score every pixel: FCN's encoder, then the same encoder upside down, unpooling where it pooled.

    What each pooling chose, its switches, is handed across; nothing else is. (Noh, Hong, Han 2015: there the
    encoder is VGG-16.)

    Args:
        classes: how many scores a pixel gets.
        widths: channels of the five stages.
        head: channels in the middle, the place of the paper's dense layers.
        switches: what the unpooling goes by: "own", "shuffled" or "nails" (see `Unpool`).

    `forward` takes (B, 3, H, W) float with H and W multiples of 32 and returns (B, classes, H, W) scores. The
    submodules `unpools.0` to `unpools.4`, coarsest first, put out the unpooled maps, `stages.0` to `stages.4` what
    the convolutions make of them, and `unpools.0.places` the switches in use.
    """

    def __init__(
        self, classes: int = 11, widths: Sequence[int] = WIDTHS, head: int = 192, switches: Switches = "own"
    ):
        super().__init__()
        self.encoder = Encoder(widths)
        for stage in self.encoder.stages:
            stage[-1].return_indices = True
        self.middle = nn.Sequential(*dense(widths[-1], head), *block(head, widths[-1]))
        self.unpools = nn.ModuleList(Unpool(switches) for _ in widths)
        self.stages = nn.ModuleList(mirrored(stage) for stage in reversed(self.encoder.stages))
        self.score = nn.Conv2d(widths[0], classes, 1)

    def forward(self, images: Tensor) -> Tensor:
        check_images(images, least=32, multiple=32)
        features, switches = images, []
        for stage in self.encoder.stages:
            features, chosen = stage(features)
            switches.append(chosen)
        features = self.middle(features)
        for unpool, stage, chosen in zip(self.unpools, self.stages, reversed(switches), strict=True):
            features = stage(unpool(features, chosen))
        return self.score(features)


class Classifier(nn.Module):
    """Classify what an image holds: FCN's encoder and head, the mean over all places, one score a class.

    FCN and DeconvNet start from its weights, as in the papers from those of VGG-16, which had learned to classify.

    `forward` takes (B, 3, H, W) float, 32 pixels or more a side, and returns (B, classes) scores.
    """

    def __init__(self, classes: int = 10, widths: Sequence[int] = WIDTHS, head: int = 192):
        super().__init__()
        self.encoder = Encoder(widths)
        self.head = dense(widths[-1], head)
        self.score = nn.Linear(head, classes)

    def forward(self, images: Tensor) -> Tensor:
        check_images(images, least=32)
        return self.score(self.head(self.encoder(images)[-1]).mean(dim=(2, 3)))


def start_from(network: FCN | DeconvNet, classifier: Classifier) -> FCN | DeconvNet:
    """Give a network the encoder and the dense layers of a trained classifier; returns it."""
    network.encoder.load_state_dict(classifier.encoder.state_dict())
    head = network.head if isinstance(network, FCN) else network.middle[: len(classifier.head)]
    head.load_state_dict(classifier.head.state_dict())
    return network
