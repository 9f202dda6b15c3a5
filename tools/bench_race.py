"""The tutorial's network and schedule against a swifter one, on plain MNIST, timed in the same run."""

from collections import OrderedDict
from collections.abc import Iterator

import torch.nn.functional as F
from torch import nn

from helpers import runtime, seeds
from helpers.data import public
from helpers.data.batches import shuffled
from helpers.spatial_transformer import zoom
from helpers.spatial_transformer.measures import error
from helpers.spatial_transformer.model import Affine, SpatialTransformer
from helpers.training import fit, parameter_count

GOAL = 0.988
TUTORIAL_EPOCHS = 20
EPOCHS, BATCH, RATE = 3, 128, 1e-2


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


def race(seed: int = 0) -> Iterator[dict]:
    """Train both on MNIST and yield a row for each: accuracy on the test digits, and seconds of training.

    The swift one has its last accuracy; the tutorial's has one an epoch, under `by_epoch`.
    """
    train, test = public.mnist("train"), public.mnist("test")
    images, labels, held_out = zoom.scaled(train.images), train.labels, zoom.scaled(test.images)
    runtime.seed_everything(seed)
    network = swift(zoom.BLACK)
    steps = EPOCHS * len(images) // BATCH
    chosen = shuffled(len(images), BATCH, seeds.generator(seed))
    batches = ((images[each], labels[each]) for each in chosen)
    history = fit(network, batches, F.cross_entropy, steps=steps, lr=RATE)
    yield _row("swift", seed, network, 1 - error(network, held_out, test.labels), history.seconds)

    network, seconds, by_epoch = zoom.new(0.0, seed), 0.0, []
    for epoch in range(TUTORIAL_EPOCHS):
        steps = len(images) // zoom.BATCH
        seconds += zoom.descend(network, images, labels, steps, 1000 * seed + epoch).seconds
        by_epoch.append(1 - error(network, held_out, test.labels))
        if by_epoch[-1] >= GOAL:
            break
    yield _row("tutorial", seed, network, by_epoch[-1], seconds) | {"by_epoch": by_epoch}


def _row(model: str, seed: int, network: nn.Module, right: float, seconds: float) -> dict:
    figures = {"accuracy": right, "training_seconds": seconds}
    return {"model": model, "seed": seed, "figures": figures, "parameters": parameter_count(network)}


def report_race() -> None:
    """Print how long two spatial transformers take to learn MNIST, one after the other, and their ratio."""
    try:
        swift, tutorial = list(race())
    except public.DataError as error:
        print(f"The race of the spatial transformers is not run. {error}")
        return
    print("Training on plain MNIST until the test digits are named right, in one run:")
    for row in (swift, tutorial):
        figures = row["figures"]
        print(
            f"{row['model']:24}{row['parameters']:8,} weights{figures['training_seconds']:8.0f} s"
            f"{100 * figures['accuracy']:8.2f} %"
        )
    took, theirs = (row["figures"]["training_seconds"] for row in (swift, tutorial))
    print(
        f"The tutorial's accuracy after each epoch: {' '.join(f'{each:.4f}' for each in tutorial['by_epoch'])}"
    )
    print(f"{'share of its time':24}{took / theirs:8.2f}")
