"""What the figures of the browser tests show: a scene, its truth, scores and runs of training."""

import numpy as np
from skimage import data, transform

SIDE = 96
MAPS = {"FCN-32s": 24, "FCN-16s": 12, "FCN-8s": 6}


def photograph() -> np.ndarray:
    """A photograph's corner, (SIDE, SIDE, 3) uint8."""
    return np.ascontiguousarray(data.astronaut()[20 : 20 + 2 * SIDE : 2, 170 : 170 + 2 * SIDE : 2])


def truth() -> np.ndarray:
    """Three discs of three classes, two of them touching, (SIDE, SIDE) uint8."""
    rows, columns = np.mgrid[:SIDE, :SIDE]
    labels = np.zeros((SIDE, SIDE), np.uint8)
    for x, y, radius, label in ((28, 30, 17, 8), (56, 34, 15, 2), (62, 70, 19, 4)):
        labels[(columns - x) ** 2 + (rows - y) ** 2 <= radius**2] = label
    return labels


def blocky(cell: int) -> np.ndarray:
    """The truth as a network sees it whose cells are `cell` pixels wide."""
    return truth()[cell // 2 :: cell, cell // 2 :: cell].repeat(cell, 0).repeat(cell, 1)


def scores() -> dict[str, np.ndarray]:
    """Coarse class scores of three networks at three steps: the truth seen through cells, less noisy each step."""
    rng = np.random.default_rng(0)
    one_hot = np.eye(11)[truth()].transpose(2, 0, 1)
    found = {}
    for name, cell in MAPS.items():
        cells = SIDE // cell
        share = one_hot.reshape(11, cells, cell, cells, cell).mean((2, 4))
        noise = rng.normal(size=(3, *share.shape))
        found[name] = 4 * share + noise * np.array([2, 0.8, 0.2]).reshape(3, 1, 1, 1)
    return found


def watch_it_learn_data() -> tuple[np.ndarray, dict, dict]:
    """Four bars as digits: one run shrinks them more with every step, and the other turns them upright."""
    steps = [0, 100, 250, 400, 800, 1000, 1500]
    bar = np.zeros((28, 28))
    bar[5:23, 11:17] = np.linspace(0.4, 1, 18)[:, None]
    turned = np.stack([transform.rotate(bar, angle) for angle in (-50, -20, 25, 60)])
    zooms = [1 + step / 2000 for step in steps]

    def read(zoom: float, share: float) -> np.ndarray:
        about = [
            transform.rotate(digit, -share * angle)
            for digit, angle in zip(turned, (-50, -20, 25, 60), strict=True)
        ]
        grown = transform.AffineTransform(scale=zoom, translation=(14 - 14 * zoom, 14 - 14 * zoom))
        return np.stack([transform.warp(digit, grown, cval=0.3) for digit in about])

    runs = {
        "zero padding": {step: read(zoom, 0) for step, zoom in zip(steps, zooms, strict=True)},
        "mended": {step: read(1, step / 1500) for step in steps},
    }
    numbers = {
        "zero padding": dict(zip(steps, zooms, strict=True)),
        "mended": {step: 1 - step / 15_000 for step in steps},
    }
    return turned, runs, numbers
