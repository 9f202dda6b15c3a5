"""The figures that the browser tests open: each function builds one, in the test and in the notebook's kernel alike."""

import numpy as np
from skimage import data, transform

from helpers.widgets.checkerboard import Checkerboard
from helpers.widgets.digit_pad import DigitPad
from helpers.widgets.masks import MasksOverImages
from helpers.widgets.stage_by_stage import Stage, StageByStage
from helpers.widgets.stamp_stepper import StampStepper

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


def masks() -> MasksOverImages:
    maps = {name: blocky(cell) for name, cell in MAPS.items()}
    return MasksOverImages(photograph(), maps, truth=truth(), alt="A portrait under three discs.", blend=60)


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


def digit_pad() -> DigitPad:
    """A pad with one stroke on it."""
    return DigitPad(strokes=[[[60, 60], [200, 80]]])


def stamp_stepper() -> StampStepper:
    """An input with a zero and a negative value, under a kernel that is not symmetric."""
    values = [[1, 2, 0], [0.5, -1, 3]]
    kernel = [[0.25, 0.5, 0], [0.5, 1, 0.5], [0.25, -0.5, 0.0625]]
    return StampStepper(values, kernel, alt="A transposed convolution of 2 x 3 values.")


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


def checkerboard() -> Checkerboard:
    """Kernels of three sizes; the drawn one has weights of both signs."""
    drawn = np.random.default_rng(3).normal(size=(4, 4)).round(2)
    hat = np.outer([0.5, 1, 0.5], [0.5, 1, 0.5])
    kernels = {"ones": np.ones((3, 3)), "bilinear": hat, "drawn": drawn, "cancelling": [[1, -1], [-1, 1]]}
    return Checkerboard(kernels, cells=6, alt="The pattern of a kernel on a constant input.")


def stage_by_stage() -> StageByStage:
    """A map of 6 x 6 cells unpooled twice, smoothed after each time, and the truth seen through cells of 6 pixels."""
    rng = np.random.default_rng(2)
    stages = [Stage("conv5", rng.random((6, 6)) * 4 - 0.5)]
    for name in ("1", "2"):
        values = stages[-1].values
        corners = np.stack(np.indices(values.shape), -1) * 2
        switches = corners + rng.integers(0, 2, corners.shape)
        unpooled = np.zeros([2 * side for side in values.shape])
        unpooled[switches[..., 0], switches[..., 1]] = values
        smooth = sum(np.roll(unpooled, shift, (0, 1)) for shift in ((0, 0), (0, 1), (1, 0), (1, 1)))
        stages += [Stage(f"unpool{name}", unpooled, switches), Stage(f"deconv{name}", smooth)]
    stages.append(Stage("labels", blocky(6)))
    return StageByStage(photograph(), stages, truth(), alt="A portrait under three discs.")
