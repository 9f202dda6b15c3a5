"""Two small spatial transformer networks for upright MNIST digits: a well-known tutorial's, and a swifter one."""

from collections import OrderedDict

from torch import nn

from helpers.spatial_transformer.model import Affine, SpatialTransformer


def tutorial(outside: float = 0.0, side: int = 28) -> nn.Sequential:
    """The network of PyTorch's tutorial on spatial transformers, for MNIST: (B, 1, side, side) -> (B, 10).

    For another side than the tutorial's 28, its two dense layers take in what its convolutions leave.

    The tutorial scales the digits to zero mean, which makes black -0.42, and leaves `outside` at 0.
    Hamrouni 2017, https://pytorch.org/tutorials/intermediate/spatial_transformer_tutorial.html; the fault is issue
    1117 of github.com/pytorch/tutorials.
    """
    features = nn.Sequential(
        *(nn.Conv2d(1, 8, 7), nn.MaxPool2d(2), nn.ReLU()),
        *(nn.Conv2d(8, 10, 5), nn.MaxPool2d(2), nn.ReLU()),
        nn.Flatten(),
    )
    cells = _halved(_halved(side, 7), 5) ** 2
    left = _halved(_halved(side, 5), 5) ** 2
    classifier = nn.Sequential(
        *(nn.Conv2d(1, 10, 5), nn.MaxPool2d(2), nn.ReLU()),
        *(nn.Conv2d(10, 20, 5), nn.Dropout2d(), nn.MaxPool2d(2), nn.ReLU()),
        *(nn.Flatten(), nn.Linear(20 * left, 50), nn.ReLU(), nn.Dropout(), nn.Linear(50, 10)),
    )
    transformer = SpatialTransformer(Affine(side), features, 10 * cells, outside)
    return nn.Sequential(OrderedDict(transformer=transformer, classifier=classifier))


def _halved(side: int, kernel: int) -> int:
    """The side of a map after a convolution without padding, and pooling by two."""
    return (side - kernel + 1) // 2


def swift(outside: float = 0.0) -> nn.Sequential:
    """A network in the tutorial's parameter budget that learns in far less time: (B, 1, 28, 28) -> (B, 10).

    The localisation net looks at half the resolution, where a 5 x 5 kernel sees what a 10 x 10 one would; the
    classifier has small kernels, batch normalisation (Ioffe and Szegedy 2015), and its one dense layer at the end.
    """
    features = nn.Sequential(
        nn.AvgPool2d(2),
        *(nn.Conv2d(1, 8, 5, padding=2), nn.MaxPool2d(2), nn.ReLU()),
        *(nn.Conv2d(8, 8, 5, padding=2), nn.MaxPool2d(2), nn.ReLU()),
        nn.Flatten(),
    )
    classifier = nn.Sequential(
        *_normalised(1, 16), *_normalised(16, 32), *_normalised(32, 44), nn.Flatten(), nn.Linear(44 * 9, 10)
    )
    transformer = SpatialTransformer(Affine(28), features, 72, outside)
    return nn.Sequential(OrderedDict(transformer=transformer, classifier=classifier))


def _normalised(inputs: int, outputs: int) -> tuple[nn.Module, ...]:
    # Pooling first leaves a quarter of the values to normalise and to rectify.
    return (
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.MaxPool2d(2),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )
