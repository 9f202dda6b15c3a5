"""Steps of a system, for `anatomy`: what probe recorded of one example, and how it is drawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, Self

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import Normalize

from helpers.figure import taking
from helpers.figure.raster import tiled
from helpers.plotting import CLASS_COLOURS

Kind = Literal["image", "maps", "scores", "labels", "matrix", "vector", "words"]
TILE, GAP = 32, 2  # pixels of a channel at least, and between two
SAID = {
    "Conv2d": "conv",
    "ConvTranspose2d": "transposed conv",
    "MaxPool2d": "max pool",
    "AvgPool2d": "mean pool",
}
SAID |= {"Linear": "linear", "Embedding": "embedding", "GRU": "GRU", "GRUCell": "GRU", "LSTM": "LSTM"}


@dataclass(eq=False)
class Step:
    """One tensor of a system, and the operation that makes it.

    Args:
        name: what the picture calls it; two steps are never called the same.
        value: of one example, without the batch's axis; words as a list of texts.
        operation: what makes it of the step before.
        parameters: how many the operation has; they stand on the first arrow that leads here.
        note: a sentence or two that `walk` adds.
        after: the steps that it is made of -> the operation on the arrow from each, where that is not the step
            before; {} for a second input.
        place: (column, row) in the picture; of all steps or of none.
        kind: how `value` is drawn. Left out: uint8 is an image, whole numbers (H, W) are labels, floats (C, H, W) maps,
            (H, W) a matrix. "scores" (C, H, W) show the class of the highest.
        unit: what one of the words is called.
    """

    name: str
    value: object
    operation: str = ""
    parameters: int = 0
    note: str = ""
    after: Mapping[str, str] | None = None
    place: tuple[int, int] | None = None
    kind: Kind | None = None
    unit: str = "word"

    def __post_init__(self) -> None:
        words = isinstance(self.value, list) and self.value and isinstance(self.value[0], str)
        self.value = self.value if words else taking.numbers(self.value, self.name)
        self.kind = self.kind or ("words" if words else _kind(self.value, self.name))

    @classmethod
    def recorded(cls, kept: Mapping, model: object, module: str, name: str = "", **rest: object) -> Self:
        """A step from what `probe.record` kept of a module, with the module's own operation and parameters."""
        made_by = model.get_submodule(module)
        value = kept[module]
        packed = False  # a packed sentence has no batch's axis
        while isinstance(value, tuple):  # a recurrent network puts out its states and the last of them
            packed |= hasattr(value, "batch_sizes")
            value = value[0]
        if not packed and len(value) != 1:
            raise ValueError(f"{module!r} put out {tuple(value.shape)}: record one example, images[:1].")
        rest.setdefault("operation", described(made_by))
        rest.setdefault("parameters", sum(each.numel() for each in made_by.parameters()))
        return cls(name or module, value if packed else value[0], **rest)

    @property
    def labels(self) -> np.ndarray | None:
        """(H, W), of steps that are drawn in class colours."""
        if self.kind == "scores":
            return self.value.argmax(0)
        return self.value.astype(int) if self.kind == "labels" else None

    @property
    def shape(self) -> str:
        if self.kind == "words":
            return f"{len(self.value)} {self.unit}{'' if len(self.value) == 1 else 's'}"
        shape = self.value.shape
        if self.kind == "image" and len(shape) == 3:
            shape = shape[2], *shape[:2]  # the colours lie last to be drawn, but first in the network
        return " × ".join(map(str, shape))


def _kind(value: np.ndarray, name: str) -> Kind:
    if value.ndim == 3:
        return "image" if value.shape[2] == 3 and value.shape[0] != 3 else "maps"
    if value.ndim not in (1, 2):
        raise ValueError(
            f"{name!r} has shape {value.shape}; expected one example, without the batch's axis: x[0]."
        )
    return "vector" if value.ndim == 1 else "matrix" if value.dtype.kind == "f" else "labels"


def described(module: object) -> str:
    """What a module does, by the layers in it that have a kernel or weights to tell: "2 × conv 3 × 3, max pool"."""
    told = []
    for layer in module.modules():
        size = getattr(layer, "kernel_size", ())
        if name := SAID.get(type(layer).__name__):
            told.append(f"{name} {size[0]} × {size[1]}" if isinstance(size, tuple) and size else name)
    runs = [(text, len(list(same))) for text, same in groupby(told)]
    return ", ".join(text if count == 1 else f"{count} × {text}" for text, count in runs)


def pixels(step: Step, channels: int) -> np.ndarray:
    """A step's value as a picture, (H, W, 3) uint8; of maps so many channels, those that vary most."""
    value = step.value
    if step.kind == "words":
        return np.full((1, 1, 3), 255, np.uint8)
    if step.kind == "image":
        return taking.image(value, step.name)
    if step.labels is not None:
        return CLASS_COLOURS[step.labels]
    value = value.astype(float)
    if step.kind == "vector":
        return _coloured(value[None].repeat(max(1, len(value) // 8), 0))
    if step.kind == "matrix":
        return _coloured(value)
    most = np.sort(np.argsort(-value.var((1, 2)), kind="stable")[:channels])  # in the network's own order
    by = -(-TILE // max(value.shape[1:]))
    tiles = [_coloured(value[channel]).repeat(by, 0).repeat(by, 1) for channel in most]
    return tiled(tiles, int(np.ceil(np.sqrt(len(most)))), GAP, between=255)[0]


def _coloured(values: np.ndarray) -> np.ndarray:
    """Numbers (h, w), from their least to their greatest, as colours (h, w, 3) uint8."""
    return colormaps["viridis"](Normalize()(values), bytes=True)[..., :3]
