"""Layers of a stage, from below to above: those that change its pixels. Those that lay shapes over them: shapes.py.

Each says here, in NumPy, what layers.js draws on the page. Every argument may be a symbol; every layer takes `when`,
a number (picked, or a toggle) that hides it where it is 0.
"""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from types import SimpleNamespace

import numpy as np
import PIL.Image
from matplotlib import colormaps

from helpers.figure import taking
from helpers.figure.computing import Lab
from helpers.figure.controls import Legend
from helpers.figure.pointing import Pointer
from helpers.figure.raster import coloured, edges, mixed, nearest, upsampled_labels, visible
from helpers.figure.symbols import Look, Piece, Stored, Symbol, picked_from, stored

# (kind, numbers, text) in the stage's pixels: ("rect", [left, top, width, height], ""), ("circle", [x, y, radius], ""),
# ("arrow", [x0, y0, x1, y1], ""), ("line", [x0, y0, x1, y1], ""), ("text", [x, y], "words")
Shape = tuple[str, list[float], str]
ACCENT = (255, 150, 0)  # the one colour that no class has
DIM = 45  # percent of its brightness that a dimmed scene keeps
OUTSIDE = 128  # the grey of what lies beyond a picture


@dataclass(eq=False)
class Layer(Piece):
    """One layer; `now` holds the values of its fields in a state."""

    _: KW_ONLY
    when: object = 1

    def now(self, look: Look) -> SimpleNamespace | None:
        """The values of the fields in this state, or None where the layer is hidden."""
        return super().now(look) if look(self.args["when"]) else None

    def size(self, now: SimpleNamespace) -> tuple[int, int] | None:
        """(H, W) of a stage that this layer would be the first of; None if it can be none."""
        sized = ("picture", "values", "labels", "segments")
        return next((np.shape(getattr(now, name))[:2] for name in sized if hasattr(now, name)), None)

    def paint(self, below: np.ndarray, now: SimpleNamespace) -> np.ndarray:
        """What the layer makes of the pixels below it, (H, W, 3) uint8."""
        return below

    def shapes(self, now: SimpleNamespace) -> list[Shape]:
        """What the layer lays over the pixels."""
        return []


@dataclass(eq=False)
class Image(Layer):
    """A picture, (H, W, 3) or (H, W) in grey, also as a pick from several: fig.array(pictures)[t].

    Where `dim` is true it is grey and dark, so that the colours over it stand out.
    """

    picture: object
    _: KW_ONLY
    dim: object = 0

    def __post_init__(self) -> None:
        if not isinstance(self.picture, Symbol):
            self.picture = taking.image(self.picture)
        elif getattr(getattr(picked_from(self.picture), "tree", None), "dtype", None) in (
            np.float32,
            np.float64,
        ):
            raise ValueError(
                "The pictures to pick from hold floats; expected uint8. Turn each into bytes first, "
                "taking.image(picture), or show numbers with fig.Heat."
            )
        super().__post_init__()

    def paint(self, below: np.ndarray, now: SimpleNamespace) -> np.ndarray:
        pixels = coloured(nearest(now.picture, below.shape[:2]))
        grey = pixels.astype(int) @ [299, 587, 114] * DIM // 100_000
        return grey[..., None].repeat(3, -1).astype(np.uint8) if now.dim else pixels


@dataclass(eq=False)
class Crop(Image):
    """The part of a picture inside a box (left, top, width, height); grey where it reaches beyond the picture."""

    box: object

    def size(self, now: SimpleNamespace) -> tuple[int, int]:
        return int(now.box[3]), int(now.box[2])

    def paint(self, below: np.ndarray, now: SimpleNamespace) -> np.ndarray:
        left, top, width, height = map(int, now.box)
        out = PIL.Image.new("RGB", (width, height), (OUTSIDE,) * 3)
        out.paste(PIL.Image.fromarray(coloured(now.picture)), (-left, -top))
        return np.array(out)


@dataclass(eq=False)
class Heat(Layer):
    """Numbers as colours, (h, w), enlarged to the stage; NaN leaves what lies below.

    Args:
        low, high: the values that the first and the last colour show.
        colours: (256, 3) uint8, or the name of one of matplotlib's colour maps.
        blend: percent of the colour over what lies below.
    """

    values: object
    low: object = 0
    high: object = 1
    colours: object = "viridis"
    blend: object = 100

    def __post_init__(self) -> None:
        self.colours = table(self.colours)
        super().__post_init__()

    def paint(self, below: np.ndarray, now: SimpleNamespace) -> np.ndarray:
        values = nearest(np.asarray(now.values, float), below.shape[:2])
        share = np.clip((values - now.low) / ((now.high - now.low) or 1), 0, 1)
        levels = np.floor(np.nan_to_num(share) * 255 + 0.5).astype(int)
        return mixed(below, now.colours[levels], np.where(np.isnan(share), 0, now.blend / 100))


@dataclass(eq=False)
class Classes(Layer):
    """A label map over what lies below: every class that the legend shows tints its pixels; label 0 never does.

    Args:
        labels: (H, W) integers; of scores, `fig.upsampled(scores, shape)`.
        legend: colours and switches; a figure with classes shows one.
        blend: percent of the colour.
        against: (H, W) labels; given, the pixels where both differ are drawn instead, in one colour.
    """

    labels: object
    legend: Legend
    blend: object = 60
    against: object = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.args["colours"] = self.legend.args["colours"]

    def paint(self, below: np.ndarray, now: SimpleNamespace) -> np.ndarray:
        labels = visible(nearest(now.labels, below.shape[:2]), now.legend)
        if now.against is None:
            return mixed(below, now.colours[labels], (labels > 0) * now.blend / 100)
        wrong = labels != visible(nearest(now.against, below.shape[:2]), now.legend)
        return mixed(below, np.array(ACCENT), wrong * now.blend / 100)


@dataclass(eq=False)
class Outline(Classes):
    """The rims of the regions of a label map, in the plain colours of its classes."""

    def paint(self, below: np.ndarray, now: SimpleNamespace) -> np.ndarray:
        labels = visible(nearest(now.labels, below.shape[:2]), now.legend)
        return mixed(below, now.colours[labels], edges(labels) & (labels > 0))


@dataclass(eq=False)
class Regions(Layer):
    """Some of a picture's segments (H, W): one by its number, or those of an interval [first, end) of leaves."""

    segments: object
    chosen: object
    colour: Sequence[int] = ACCENT
    blend: object = 60

    def paint(self, below: np.ndarray, now: SimpleNamespace) -> np.ndarray:
        first, end = (now.chosen, now.chosen + 1) if np.ndim(now.chosen) == 0 else now.chosen
        segments = nearest(now.segments, below.shape[:2])
        inside = (segments >= first) & (segments < end)
        weight = np.where(edges(inside) & inside, 1, inside * now.blend / 100)
        return mixed(below, np.array(now.colour), weight)


@dataclass(eq=False)
class Spot(Layer):
    """Everything outside a box (left, top, width, height) is dimmed."""

    box: object

    def paint(self, below: np.ndarray, now: SimpleNamespace) -> np.ndarray:
        left, top, width, height = now.box
        rows, columns = np.ogrid[: below.shape[0], : below.shape[1]]
        inside = (columns >= left) & (columns < left + width) & (rows >= top) & (rows < top + height)
        return mixed(below, np.zeros(3), np.where(inside, 0, 1 - DIM / 100))


class Lens(Layer):
    """A round window at a pointer, or at (x, y); inside it other layers are drawn over what lies below."""

    def __init__(self, at: Pointer | Sequence, radius: object, *layers: Layer, **rest: object) -> None:
        super().__init__(**rest)
        self.args |= {"at": stored(at), "radius": radius, "layers": list(layers)}

    def now(self, look: Look) -> SimpleNamespace | None:
        found = super().now(look)
        if found:
            found.layers = [(layer, layer.now(look)) for layer in found.layers]
        return found

    def paint(self, below: np.ndarray, now: SimpleNamespace) -> np.ndarray:
        inner = below
        for layer, inside in now.layers:
            inner = layer.paint(inner, inside) if inside else inner
        rows, columns = np.ogrid[: below.shape[0], : below.shape[1]]
        within = (columns - now.at[0]) ** 2 + (rows - now.at[1]) ** 2 <= now.radius**2
        return np.where(within[..., None], inner, below)

    def shapes(self, now: SimpleNamespace) -> list[Shape]:
        return [("circle", [now.at[0] + 0.5, now.at[1] + 0.5, now.radius + 0.5], "")]


def table(colours: object) -> Stored:
    """256 colours as a symbol, from an array or from the name of one of matplotlib's maps."""
    if isinstance(colours, str):
        colours = np.floor(colormaps[colours](np.arange(256) / 255)[:, :3] * 255 + 0.5).astype(np.uint8)
    return Stored(colours, "colours")


def upsampled(scores: object, shape: Sequence[int], smooth: object = 1) -> Lab:
    """The class with the highest score at each pixel, coarse (C, h, w) scores enlarged to (H, W).

    As torch.nn.functional.interpolate with align_corners=False: bilinearly, or where `smooth` is 0 cell by cell.
    """
    return Lab(None, "upsampled", upsampled_labels, scores=scores, shape=list(shape[:2]), smooth=smooth)
