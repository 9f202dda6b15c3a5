"""Layers of a stage, from below to above. Raster layers change its pixels, vector layers lay shapes over them.

Each says here, in NumPy, what layers.js draws on the page. Every argument may be a symbol; every layer takes `when`,
a number (picked, or a toggle) that hides it where it is 0. Shapes are (kind, numbers, text) in the stage's pixels:
("rect", [left, top, width, height], ""), ("circle", [x, y, radius], ""), ("arrow", [x0, y0, x1, y1], ""),
("line", ...), ("text", [x, y], "words").
"""

from collections.abc import Sequence

import numpy as np

from helpers.figure import taking
from helpers.figure.controls import Legend, Pointer
from helpers.figure.symbols import Lab, Look, Stored, Symbol, stored, written

Shape = tuple[str, list[float], str]
ACCENT = (255, 150, 0)  # the one colour that no class has
DIM = 45  # percent of its brightness that a scene keeps outside a spot
OUTSIDE = 128  # the grey of what lies beyond a picture


class Layer:
    """One layer; `args` as a symbol's."""

    kind = ""

    def __init__(self, when: object = 1, **args: object) -> None:
        self.args = {"when": stored(when), **{name: stored(value) for name, value in args.items()}}

    def inputs(self, look: Look) -> dict:
        """The values of the arguments in this state, or nothing where the layer is hidden."""
        found = {name: look(value) for name, value in self.args.items()}
        return found if found.pop("when") else {}

    def size(self, **inputs: object) -> tuple[int, int] | None:
        """(H, W) of a stage that this layer would be the first of; None if it can be none."""
        return None

    def paint(self, pixels: np.ndarray, **inputs: object) -> np.ndarray:
        """What the layer makes of the pixels below it, (H, W, 3) uint8."""
        return pixels

    def shapes(self, **inputs: object) -> list[Shape]:
        """What the layer lays over the pixels."""
        return []


class Image(Layer):
    """A picture, (H, W, 3) or (H, W) in grey, also as a pick from several: fig.array(pictures)[t]."""

    kind = "image"

    def __init__(self, picture: object, when: object = 1) -> None:
        super().__init__(when, picture=picture if isinstance(picture, Symbol) else taking.image(picture))

    def size(self, picture: np.ndarray) -> tuple[int, int]:
        return picture.shape[:2]

    def paint(self, pixels: np.ndarray, picture: np.ndarray) -> np.ndarray:
        fitted = nearest(picture, pixels.shape[:2])
        return fitted.copy() if fitted.ndim == 3 else fitted[..., None].repeat(3, -1)


class Crop(Layer):
    """The part of a picture inside a box (left, top, width, height); grey where it reaches beyond the picture."""

    kind = "crop"

    def __init__(self, picture: object, box: object, when: object = 1) -> None:
        picture = picture if isinstance(picture, Symbol) else taking.image(picture)
        super().__init__(when, picture=picture, box=box)

    def size(self, picture: np.ndarray, box: np.ndarray) -> tuple[int, int]:
        return int(box[3]), int(box[2])

    def paint(self, pixels: np.ndarray, picture: np.ndarray, box: np.ndarray) -> np.ndarray:
        left, top, width, height = (int(each) for each in box)
        out = np.full((height, width, 3), OUTSIDE, np.uint8)
        rows, columns = np.arange(top, top + height), np.arange(left, left + width)
        down = (rows >= 0) & (rows < picture.shape[0])
        across = (columns >= 0) & (columns < picture.shape[1])
        out[np.ix_(down, across)] = picture[np.ix_(rows[down], columns[across])]
        return out


class Heat(Layer):
    """Numbers as colours, (h, w), enlarged to the stage; NaN leaves what lies below.

    Args:
        values: (h, w), or a pick of it.
        low, high: the values that the first and the last colour show.
        colours: (256, 3) uint8, or the name of one of matplotlib's colour maps.
        blend: percent of the colour over what lies below.
        smooth: bilinear where this is true, else each cell in one colour.
    """

    kind = "heat"

    def __init__(
        self,
        values: object,
        low: object = 0,
        high: object = 1,
        colours: object = "viridis",
        blend: object = 100,
        smooth: object = 0,
        when: object = 1,
    ) -> None:
        super().__init__(
            when, values=values, low=low, high=high, colours=table(colours), blend=blend, smooth=smooth
        )

    def size(self, values: np.ndarray, **rest: object) -> tuple[int, int]:
        return values.shape[:2]

    def paint(
        self,
        pixels: np.ndarray,
        values: np.ndarray,
        low: float,
        high: float,
        colours: np.ndarray,
        blend: float,
        smooth: int,
    ) -> np.ndarray:
        values = np.asarray(values, float)
        values = bilinear(values, pixels.shape[:2]) if smooth else nearest(values, pixels.shape[:2])
        share = np.clip((values - low) / ((high - low) or 1), 0, 1)
        levels = np.floor(np.nan_to_num(share) * 255 + 0.5).astype(int)
        return mixed(pixels, colours[levels], np.where(np.isnan(share), 0, blend / 100))


class Classes(Layer):
    """A label map over what lies below: every class that the legend shows tints its pixels; label 0 never does.

    Args:
        labels: (H, W) integers, or a pick of them; of scores, `fig.upsampled(scores, shape)`.
        legend: colours and switches; a figure with classes shows one.
        blend: percent of the colour.
        against: (H, W) labels; given, the pixels where both differ are drawn instead, in one colour.
    """

    kind = "classes"

    def __init__(
        self,
        labels: object,
        legend: Legend,
        blend: object = 60,
        against: object = None,
        when: object = 1,
    ) -> None:
        super().__init__(
            when,
            labels=labels,
            shown=legend,
            colours=legend.args["colours"],
            blend=blend,
            against=against,
        )

    def size(self, labels: np.ndarray, **rest: object) -> tuple[int, int]:
        return labels.shape

    def paint(
        self,
        pixels: np.ndarray,
        labels: np.ndarray,
        shown: list,
        colours: np.ndarray,
        blend: float,
        against: np.ndarray | None,
    ) -> np.ndarray:
        labels = visible(nearest(labels, pixels.shape[:2]), shown)
        if against is not None:
            wrong = labels != visible(nearest(against, pixels.shape[:2]), shown)
            return mixed(pixels, np.array(ACCENT), wrong * blend / 100)
        return mixed(pixels, colours[labels], (labels > 0) * blend / 100)


class Outline(Layer):
    """The rims of the regions of a label map, in the plain colours of its classes."""

    kind = "outline"

    def __init__(self, labels: object, legend: Legend, when: object = 1) -> None:
        super().__init__(when, labels=labels, shown=legend, colours=legend.args["colours"])

    def size(self, labels: np.ndarray, **rest: object) -> tuple[int, int]:
        return labels.shape

    def paint(self, pixels: np.ndarray, labels: np.ndarray, shown: list, colours: np.ndarray) -> np.ndarray:
        labels = visible(nearest(labels, pixels.shape[:2]), shown)
        return mixed(pixels, colours[labels], edges(labels) & (labels > 0))


class Regions(Layer):
    """Some of a picture's segments: one by its number, or those of an interval [first, end) of leaves."""

    kind = "regions"

    def __init__(
        self,
        segments: object,
        chosen: object,
        colour: Sequence[int] = ACCENT,
        blend: object = 60,
        when: object = 1,
    ) -> None:
        super().__init__(when, segments=segments, chosen=chosen, colour=list(colour), blend=blend)

    def size(self, segments: np.ndarray, **rest: object) -> tuple[int, int]:
        return segments.shape

    def paint(
        self, pixels: np.ndarray, segments: np.ndarray, chosen: object, colour: list, blend: float
    ) -> np.ndarray:
        first, end = (chosen, chosen + 1) if np.ndim(chosen) == 0 else chosen
        segments = nearest(segments, pixels.shape[:2])
        inside = (segments >= first) & (segments < end)
        return mixed(pixels, np.array(colour), np.where(edges(inside) & inside, 1, inside * blend / 100))


class Spot(Layer):
    """Everything outside a box (left, top, width, height) is dimmed."""

    kind = "spot"

    def __init__(self, box: object, when: object = 1) -> None:
        super().__init__(when, box=box)

    def paint(self, pixels: np.ndarray, box: np.ndarray) -> np.ndarray:
        left, top, width, height = box
        rows, columns = np.ogrid[: pixels.shape[0], : pixels.shape[1]]
        inside = (columns >= left) & (columns < left + width) & (rows >= top) & (rows < top + height)
        return mixed(pixels, np.zeros(3), np.where(inside, 0, 1 - DIM / 100))


class Lens(Layer):
    """A round window at a pointer; inside it other layers are drawn over what lies below.

    Args:
        at: the pointer, or (x, y).
        radius: in pixels.
        layers: what it shows.
    """

    kind = "lens"

    def __init__(self, at: Pointer | Sequence, radius: object, *layers: Layer, when: object = 1) -> None:
        super().__init__(when, at=at if isinstance(at, Symbol) else list(at), radius=radius)
        self.args["layers"] = list(layers)

    def inputs(self, look: Look) -> dict:
        found = super().inputs(look)
        return found and {**found, "layers": [(each, each.inputs(look)) for each in self.args["layers"]]}

    def paint(self, pixels: np.ndarray, at: list, radius: float, layers: list) -> np.ndarray:
        inner = pixels
        for layer, inputs in layers:
            inner = layer.paint(inner, **inputs) if inputs else inner
        rows, columns = np.ogrid[: pixels.shape[0], : pixels.shape[1]]
        inside = (columns - at[0]) ** 2 + (rows - at[1]) ** 2 <= radius**2
        return np.where(inside[..., None], inner, pixels)

    def shapes(self, at: list, radius: float, layers: list) -> list[Shape]:
        return [("circle", [at[0] + 0.5, at[1] + 0.5, radius + 0.5], "")]


class Box(Layer):
    """A frame round (left, top, width, height), or frames round (N, 4) of them, each with a text if given."""

    kind = "box"

    def __init__(self, box: object, text: object = "", when: object = 1) -> None:
        super().__init__(when, box=box, text=text)

    def shapes(self, box: np.ndarray, text: object) -> list[Shape]:
        boxes = np.asarray(box, float).reshape(-1, 4).tolist()
        texts = text if isinstance(text, list) else [text]
        frames = [("rect", each, "") for each in boxes]
        words = [("text", each[:2], written(t)) for each, t in zip(boxes, texts, strict=False) if t != ""]
        return frames + words


class Dots(Layer):
    """Places (N, 2) as x, y in pixels (the middle of pixel 0 is 0.5), the chosen one in a ring."""

    kind = "dots"

    def __init__(self, places: object, chosen: object = None, radius: object = 0.4, when: object = 1) -> None:
        super().__init__(when, places=places, chosen=chosen, radius=radius)

    def shapes(self, places: np.ndarray, chosen: int | None, radius: float) -> list[Shape]:
        dots = np.asarray(places, float).reshape(-1, 2).tolist()
        ring = [] if chosen is None else [("circle", [*dots[int(chosen)], 3 * radius], "")]
        return [("circle", [*dot, radius], "") for dot in dots] + ring


class Arrows(Layer):
    """Arrows (N, 4) or one, from x0, y0 to x1, y1; without heads they are lines."""

    kind = "arrows"

    def __init__(self, ends: object, heads: bool = True, when: object = 1) -> None:
        super().__init__(when, ends=ends, heads=heads)

    def shapes(self, ends: np.ndarray, heads: bool) -> list[Shape]:
        return [
            ("arrow" if heads else "line", each, "")
            for each in np.asarray(ends, float).reshape(-1, 4).tolist()
        ]


class Note(Layer):
    """Words at a place of the picture."""

    kind = "note"

    def __init__(self, x: object, y: object, text: object, when: object = 1) -> None:
        super().__init__(when, x=x, y=y, text=text)

    def shapes(self, x: float, y: float, text: object) -> list[Shape]:
        return [("text", [x, y], written(text))]


def table(colours: object) -> Stored:
    """256 colours as a symbol, from an array or from the name of one of matplotlib's maps."""
    if isinstance(colours, str):
        from matplotlib import colormaps

        colours = np.floor(colormaps[colours](np.arange(256) / 255)[:, :3] * 255 + 0.5).astype(np.uint8)
    return Stored(colours, "colours")


def upsampled(scores: object, shape: Sequence[int], smooth: object = 1) -> Lab:
    """The class with the highest score at each pixel, coarse (C, h, w) scores enlarged to (H, W).

    As torch.nn.functional.interpolate with align_corners=False: bilinearly, or where `smooth` is 0 cell by cell.
    """
    return Lab(None, "upsampled", upsampled_labels, scores=scores, shape=list(shape[:2]), smooth=smooth)


def upsampled_labels(scores: np.ndarray, shape: list, smooth: int) -> np.ndarray:
    """`upsampled` in NumPy, (H, W) uint8; of equal scores the first class wins."""
    enlarge = bilinear if smooth else nearest
    return np.stack([enlarge(np.asarray(each, float), shape) for each in scores]).argmax(0).astype(np.uint8)


def bilinear(values: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """(h, w) enlarged to (H, W) by the four nearest cells."""
    for axis, size in enumerate(shape):
        cells = values.shape[axis]
        place = np.maximum((np.arange(size) + 0.5) * (cells / size) - 0.5, 0)
        low = place.astype(int)
        weight = (place - low).reshape((-1, 1) if axis == 0 else -1)
        values = (
            values.take(low, axis) * (1 - weight) + values.take(np.minimum(low + 1, cells - 1), axis) * weight
        )
    return values


def nearest(values: np.ndarray, shape: Sequence[int]) -> np.ndarray:
    """(h, w, ...) enlarged or shrunk to (H, W, ...), each pixel from its own cell."""
    if values.shape[:2] == tuple(shape):
        return values
    rows, columns = (
        np.arange(size) * cells // size for size, cells in zip(shape, values.shape, strict=False)
    )
    return values[rows[:, None], columns]


def visible(labels: np.ndarray, shown: list) -> np.ndarray:
    """A label map in which classes that are switched off have become background."""
    return np.where(np.asarray([*shown, *[1] * 256])[labels], labels, 0)


def edges(labels: np.ndarray) -> np.ndarray:
    """Where one of the four neighbours has another label: (H, W) bool."""
    differs = np.zeros(labels.shape, bool)
    below, right = labels[1:] != labels[:-1], labels[:, 1:] != labels[:, :-1]
    differs[1:] |= below
    differs[:-1] |= below
    differs[:, 1:] |= right
    differs[:, :-1] |= right
    return differs


def mixed(pixels: np.ndarray, colours: np.ndarray, weight: object) -> np.ndarray:
    """Pixels with so much of the colours over them, rounded half up: (H, W, 3) uint8."""
    weight = np.asarray(weight, float)[..., None]
    return np.floor(pixels * (1 - weight) + colours * weight + 0.5).astype(np.uint8)
