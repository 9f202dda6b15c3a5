"""The small spatial transformer network of a well-known tutorial, for upright MNIST digits."""

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
