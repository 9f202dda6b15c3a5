"""Arrays -> Axes: the palette, the style and the few static pictures that several lessons draw."""

import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import Image, display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import ArrayLike
from PIL import Image as Pillow

STYLE = Path(__file__).with_name("course.mplstyle")

# One colour a class through the whole course, entry 11 for data with an eleventh: light hues, 3 : 1 and more from the
# dark grey of entry 0, the background. The closest two digits stay 22 CIELAB units apart, in normal vision and under
# simulated protanopia, deuteranopia and tritanopia (Machado et al. 2009).
CLASS_COLOURS = np.array(
    [
        (56, 56, 60),
        (179, 102, 255),
        (255, 204, 26),
        (0, 153, 128),
        (230, 128, 26),
        (153, 255, 255),
        (179, 128, 77),
        (128, 128, 179),
        (204, 179, 255),
        (153, 204, 153),
        (230, 255, 128),
        (150, 150, 150),
    ],
    dtype=np.uint8,
)

PNG_COLOURS = 200  # on photographs hardly told apart from all sixteen million, at a third of the size
TINT = 0.6  # how much of a class's colour `overlay` lays over a picture
DIGIT_CLASSES = ("background", *(f"digit {digit}" for digit in range(10)))


def use_style() -> None:
    """Give every matplotlib figure made from here on the look of the course."""
    plt.style.use(STYLE)


def overlay(image: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Lay a label map over an image: each class but background tints its pixels with its colour, by `TINT`.

    Args:
        image: (H, W, 3) uint8.
        labels: (H, W) integers in 0..11; 0, the background, is never tinted.

    Returns:
        (H, W, 3) uint8, rounded.

    Raises:
        ValueError: shapes, dtypes or labels are not as above.
    """
    image, labels = np.asarray(image), np.asarray(labels)
    if image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(
            f"overlay needs an image of shape (H, W, 3), got {image.shape}: channels last, image.permute(1, 2, 0)."
        )
    if image.dtype != np.uint8:
        raise ValueError(f"overlay needs an image in uint8, whole numbers from 0 to 255; got {image.dtype}.")
    if labels.shape != image.shape[:2]:
        raise ValueError(f"Label map {labels.shape}, image {image.shape[:2]}: give both the same size.")
    if labels.dtype.kind not in "iu":
        raise ValueError(f"Labels must hold integers, got {labels.dtype}: take the argmax of scores first.")
    if labels.min(initial=0) < 0 or labels.max(initial=0) >= len(CLASS_COLOURS):
        raise ValueError(
            f"Labels must lie in 0..{len(CLASS_COLOURS) - 1}, got {labels.min()}..{labels.max()}. "
            "Map void or ignored pixels to 0 first."
        )
    weight = (TINT * (labels > 0))[..., None]
    return np.floor(image * (1 - weight) + CLASS_COLOURS[labels] * weight + 0.5).astype(np.uint8)


def images(
    pictures: Sequence[ArrayLike], titles: Sequence[str] = (), columns: int | None = None, size: float = 1.6
) -> Figure:
    """Show pictures in a grid, without axes: (H, W) in grey or (H, W, 3) in colour, `size` inches each.

    A value looks the same in every picture. In uint8 and in colour, black is 0 and white 255, or 1 in floats. Other
    grey values: black is 0, or the least of all these pictures if that is less; white is 1, or the largest if more.

    Raises:
        ValueError: there is no picture, or one has another shape or colours that no screen has.
    """
    pictures = [_drawable(picture) for picture in pictures]
    if not pictures:
        raise ValueError("There is no picture to show: give at least one.")
    low, high = _common_range(each for each in pictures if each.dtype != np.uint8 and each.ndim == 2)
    columns = columns or len(pictures)
    rows = -(-len(pictures) // columns)
    # Inches for the titles.
    headroom = max((0.3 + 0.17 * title.count("\n") for title in titles), default=0.0)
    figsize = columns * size, rows * (size + headroom)
    figure, axes = plt.subplots(rows, columns, figsize=figsize, squeeze=False)
    for axis in axes.flat:
        axis.set_axis_off()
    for axis, picture in zip(axes.flat, pictures, strict=False):
        limits = (0, 255) if picture.dtype == np.uint8 else (low, high)
        axis.imshow(picture, cmap="gray", vmin=limits[0], vmax=limits[1])
    for axis, title in zip(axes.flat, titles, strict=False):
        axis.set_title(title, fontsize=10, fontweight="normal", loc="center")
        axis.set_anchor("S")  # the room that a picture leaves is its title's
    return figure


def signed(
    pictures: Sequence[ArrayLike], titles: Sequence[str] = (), limit: float | None = None, size: float = 1.8
) -> Figure:
    """Show pictures (H, W) of numbers about 0 side by side: white is 0, violet above it, orange below.

    Args:
        limit: the size that has the fullest colour; if left out, each picture's own largest.
    """
    figure = images(pictures, titles, size=size)
    for axis in figure.axes:
        drawn = axis.images[0]
        most = limit or float(np.abs(drawn.get_array()).max()) or 1.0
        drawn.set(cmap="PuOr", clim=(-most, most))
    return figure


def label_maps(
    rows: Mapping[str, Sequence[ArrayLike]],
    alt: str,
    titles: Sequence[str] = (),
    names: Sequence[str] = DIGIT_CLASSES,
    size: float = 1.5,
) -> None:
    """Show rows of photographs (H, W, 3) and of label maps (h, w), with the names of the classes that occur.

    Args:
        rows: a row's name -> its pictures, in each row as many. A single row may be called "".
        alt: alternative text. titles: one a column. names: one a class.
    """
    pictures = [np.asarray(picture) for row in rows.values() for picture in row]
    coloured = [CLASS_COLOURS[each] if each.ndim == 2 else each for each in pictures]
    figure = images(coloured, titles, len(pictures) // len(rows), size)
    name_rows(figure, list(rows))
    class_legend(figure, np.concatenate([each.ravel() for each in pictures if each.ndim == 2]), names)
    show(figure, alt)


def learning_curves(
    runs: Mapping[str, Mapping[int, float] | Sequence[float]],
    ylabel: str,
    title: str,
    width: int = 1,
    scale: str = "linear",
) -> Figure:
    """Draw a curve for each run, name -> {step: value} or a value a step; a point is the mean of `width` steps.

    A run that was stopped before it took as many steps is one point.
    """
    figure, axis = plt.subplots()
    for name, values in runs.items():
        values = values if isinstance(values, Mapping) else dict(enumerate(values))
        wide = max(1, min(width, len(values)))
        means = np.convolve(list(values.values()), np.full(wide, 1 / wide), mode="valid")
        axis.plot(list(values)[wide // 2 :][: len(means)], means, label=name)
    axis.set(xlabel="training steps", ylabel=ylabel, title=title, yscale=scale)
    axis.legend()
    return figure


def _drawable(picture: ArrayLike) -> np.ndarray:
    """A picture as an array that means what `images` says, from an array, a list or a tensor of any kind."""
    if hasattr(picture, "detach"):
        picture = picture.detach().cpu()
        if picture.is_floating_point():
            picture = picture.double()  # NumPy has no bfloat16
    picture = np.asarray(picture)
    if picture.ndim == 3 and picture.shape[2] == 1:
        picture = picture[..., 0]
    if picture.ndim not in (2, 3) or picture.shape[2:] not in ((), (3,)) or not picture.size:
        first = picture.shape[:1] in ((1,), (3,))
        advice = " Put the channels last: picture.permute(1, 2, 0)." if first else ""
        raise ValueError(f"A picture is (H, W) or (H, W, 3) and not empty; got {picture.shape}.{advice}")
    if picture.dtype.kind not in "buif":
        raise ValueError(f"A picture holds numbers, got {picture.dtype}.")
    if picture.ndim == 3 and picture.dtype != np.uint8:
        most = 255 if picture.dtype.kind in "ui" else 1
        if not (picture.min() >= -1e-3 and picture.max() <= most + 1e-3):  # nor is it where there is NaN
            raise ValueError(
                f"Colours in {picture.dtype} go from 0 to {most}, got {picture.min():g} to {picture.max():g}: scale "
                f"them first, or cut off what is beyond, with np.clip(picture, 0, {most})."
            )
        return (np.clip(picture, 0, most) * (255 / most)).round().astype(np.uint8)
    return picture


def _common_range(pictures: Iterable[np.ndarray]) -> tuple[float, float]:
    finite = [picture[np.isfinite(picture)] for picture in pictures]
    low = min([0.0, *(each.min(initial=0) for each in finite)])
    return low, max([1.0, *(each.max(initial=1) for each in finite)])


def name_rows(figure: Figure, names: Sequence[str]) -> None:
    """Write a name beside each row of a grid of `images`."""
    columns = len(figure.axes) // len(names)
    for axis, name in zip(figure.axes[::columns], names, strict=True):
        where = {"ha": "right", "va": "center", "transform": axis.transAxes}
        axis.text(-0.06, 0.5, name, rotation=90, fontsize=10, **where)


def class_legend(figure: Figure, labels: ArrayLike, names: Sequence[str] = DIGIT_CLASSES) -> None:
    """Say below a figure which colour stands for which class, of those that occur in some label maps."""
    colours = CLASS_COLOURS / 255
    present = [int(label) for label in np.unique(np.asarray(labels))]
    patches = [Patch(facecolor=colours[label], edgecolor="#6e6e72", label=names[label]) for label in present]
    columns = max(1, min(len(patches), int(figure.get_figwidth() / 1.2)))
    figure.legend(handles=patches, loc="outside lower center", ncols=columns, fontsize=9, handlelength=1)


def error_bars(
    axis: Axes, groups: Mapping[str, Sequence[float]], ceilings: Mapping[str, float] | None = None
) -> None:
    """Draw each group's values as dots with mean and standard deviation, and a ceiling as a line above."""
    for place, (name, values) in enumerate(groups.items()):
        values = np.asarray(values, float)
        axis.plot(np.full(len(values), place), values, "o", color="#3399b3", alpha=0.7, markersize=5)
        spread = values.std(ddof=1) if len(values) > 1 else 0.0
        axis.errorbar(place, values.mean(), spread, fmt="_", color="#18181c", capsize=6, markersize=18)
        if ceilings and name in ceilings:
            axis.plot([place - 0.3, place + 0.3], [ceilings[name]] * 2, color="#801a00", linestyle=":")
    axis.set_xticks(range(len(groups)), list(groups))


def png(figure: Figure, palette: Pillow.Quantize = Pillow.Quantize.MEDIANCUT) -> bytes:
    """Draw a figure to PNG bytes, in a palette of its own so that the file stays small, and close it."""
    drawn, packed = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi="figure")
    plt.close(figure)
    with Pillow.open(drawn) as picture:
        picture.convert("RGB").quantize(PNG_COLOURS, palette).save(packed, "png", optimize=True)
    return packed.getvalue()


def show(figure: Figure, alt: str) -> None:
    """Display a figure with alternative text for readers who hear the page; a ValueError without it."""
    if not alt.strip():
        raise ValueError("Every figure needs alternative text: say in one sentence what it shows.")
    display(Image(data=png(figure), format="png", alt=alt))
