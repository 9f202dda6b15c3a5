"""Fully convolutional networks (Long, Shelhamer, Darrell 2015), small enough for two CPU cores."""

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from helpers.ops import check_images

WIDTHS = (16, 32, 64, 96, 128)
STRIDES = (32, 16, 8)


def stage(inputs: int, outputs: int, depth: int = 1) -> nn.Sequential:
    """Convolve `depth` times at one resolution, then halve it by max pooling."""
    layers: list[nn.Module] = []
    for number in range(depth):
        layers += [
            nn.Conv2d(outputs if number else inputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(*layers, nn.MaxPool2d(2))


class Encoder(nn.Module):
    """Five stages, each halving the resolution, as VGG has them, narrower."""

    def __init__(self, widths: Sequence[int] = WIDTHS, depths: Sequence[int] = (1, 1, 2, 2, 2)):
        super().__init__()
        self.stages = nn.ModuleList(
            stage(inputs, outputs, depth)
            for inputs, outputs, depth in zip((3, *widths[:-1]), widths, depths, strict=True)
        )

    def forward(self, images: Tensor) -> list[Tensor]:
        """Return the output of each stage: (B, widths[k], H / 2**(k + 1), W / 2**(k + 1))."""
        features = []
        for stage in self.stages:
            images = stage(images)
            features.append(images)
        return features


def dense(inputs: int, outputs: int) -> nn.Sequential:
    """What stands in the place of VGG's dense layers, as a convolution."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


class FCN(nn.Module):
    """Score every pixel: encode, score each place coarsely, add finer stages' scores, interpolate.

    FCN-32s scores the last stage alone. FCN-16s doubles the resolution of those scores and adds scores of the fourth
    stage; FCN-8s doubles again and adds the third's. Interpolation to full resolution is bilinear and fixed, as in
    the paper's last layer.

    Args:
        classes: how many scores a pixel gets.
        stride: 32, 16 or 8.
        widths: channels of the five stages.
        head: channels between the encoder and the scores, the place of the paper's dense layers.

    `forward` takes (B, 3, H, W) float with H and W multiples of 32 and returns (B, classes, H, W) scores. The
    submodule `coarse` passes on the scores before interpolation, (B, classes, H / stride, W / stride); `sums.0` and
    `sums.1` those at a stride of 16 and 8.
    """

    def __init__(self, classes: int = 11, stride: int = 32, widths: Sequence[int] = WIDTHS, head: int = 192):
        super().__init__()
        if stride not in STRIDES:
            raise ValueError(f"There is no FCN-{stride}s. Expected a stride of 32, 16 or 8.")
        self.stride = stride
        self.encoder = Encoder(widths)
        self.head = dense(widths[-1], head)
        self.score = nn.Conv2d(head, classes, 1)
        skips = {16: widths[3:4], 8: (widths[3], widths[2])}.get(stride, ())
        self.skips = nn.ModuleList(nn.Conv2d(width, classes, 1) for width in skips)
        for skip in self.skips:
            # Zero, as in the paper: a finer network starts out with the coarser one's scores.
            nn.init.zeros_(skip.weight)
            nn.init.zeros_(skip.bias)
        self.sums = nn.ModuleList(nn.Identity() for _ in skips)
        self.coarse = nn.Identity()

    def forward(self, images: Tensor) -> Tensor:
        return upsample(self.coarse_scores(images), self.stride)

    def coarse_scores(self, images: Tensor) -> Tensor:
        """Score images without the last interpolation: (B, classes, H / stride, W / stride)."""
        check_images(images, least=32, multiple=32)
        features = self.encoder(images)
        scores = self.score(self.head(features[-1]))
        for skip, finer, add in zip(self.skips, (features[3], features[2]), self.sums, strict=False):
            scores = add(upsample(scores, 2) + skip(finer))
        return self.coarse(scores)


def upsample(scores: Tensor, factor: int) -> Tensor:
    """Interpolate scores (B, C, h, w) bilinearly to (B, C, factor * h, factor * w)."""
    return F.interpolate(scores, scale_factor=factor, mode="bilinear", align_corners=False)


def finer(coarser: FCN, stride: int) -> FCN:
    """Make the next finer network out of a trained one: same weights, new skip scores at zero.

    Until it is trained on, its coarse scores are the coarser network's, interpolated to its own stride.
    """
    classes, head = coarser.score.weight.shape[:2]
    widths = [stage[0].out_channels for stage in coarser.encoder.stages]
    network = FCN(classes, stride, widths, head)
    own = [name for name, _ in network.named_parameters() if name.startswith("skips.")]
    missing, _ = network.load_state_dict(coarser.state_dict(), strict=False)
    assert set(missing) <= set(own), missing
    return network.eval()


class PatchClassifier(nn.Module):
    """Predict the class of a patch's centre pixel (Ciresan et al. 2012), without padding anywhere inside.

    Three convolutions with pooling, then two dense layers. A patch is SIZE pixels wide, and shrinks
    46 -> 44 -> 22 -> 20 -> 10 -> 8 -> 4 -> one vector. Pooling makes the network move in steps of 8 pixels.

    Args:
        classes: how many scores a patch gets.
        padding: 1 pads every convolution, which the lesson uses to show what goes wrong; 0 is right.

    `forward` takes patches (B, 3, 46, 46) and returns (B, classes).
    """

    SIZE = 46
    STRIDE = 8
    BEFORE = 23  # the centre pixel has this many pixels of the patch to its left, and above it

    def __init__(self, classes: int = 11, padding: int = 0):
        super().__init__()
        layers: list[nn.Module] = []
        for inputs, outputs in ((3, 24), (24, 48), (48, 96)):
            layers += [nn.Conv2d(inputs, outputs, 3, padding=padding), nn.BatchNorm2d(outputs), nn.ReLU()]
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.hidden = nn.Linear(96 * 4 * 4, 128)
        self.score = nn.Linear(128, classes)

    def forward(self, patches: Tensor) -> Tensor:
        check_images(patches, least=self.SIZE)
        features = self.features(patches)[:, :, :4, :4]
        return self.score(self.hidden(features.flatten(1)).relu())


def as_convolution(dense: nn.Linear, channels: int, size: int) -> nn.Conv2d:
    """Read a dense layer over (channels, size, size) features as a convolution with a kernel of that size.

    The weights are the same numbers in the same memory, only read in another shape: what the dense layer learns, the
    convolution knows. (Moving the convolution to another device or memory format parts them.)
    """
    convolution = nn.Conv2d(channels, dense.out_features, size)
    convolution.weight = nn.Parameter(dense.weight.view(dense.out_features, channels, size, size))
    convolution.bias = dense.bias
    return convolution


def fully_convolutional(classifier: PatchClassifier) -> nn.Sequential:
    """Turn a patch classifier into a network over images of any size, with the same weights.

    It maps (B, 3, H, W) to (B, classes, (H - 46) // 8 + 1, (W - 46) // 8 + 1): entry [i, j] holds the
    classifier's scores of the patch whose corner is at row 8 i, column 8 j.
    """
    hidden = as_convolution(classifier.hidden, 96, 4)
    return nn.Sequential(
        classifier.features, hidden, nn.ReLU(), as_convolution(classifier.score, 128, 1)
    ).eval()
