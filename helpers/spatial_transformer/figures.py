"""Figures of lesson 10: arrays in, interactive figures out."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from helpers import figure as fig
from helpers.figure import taking
from helpers.figure.symbols import decimal
from helpers.spatial_transformer import labs
from helpers.spatial_transformer.grip import Grip

MOST_STEPS = 60
FIRST = labs.Box(x=0, y=0, scale=50, angle=20, stretch=100, shear=0)
WHOLE = labs.Box(x=0, y=0, scale=100, angle=0, stretch=100, shear=0)
HUNDREDTHS = [decimal(value / 100, 2) for value in range(-100, 101)]
SLIDERS = {  # name -> values, what they are called, keys
    "Right": (range(-100, 101), HUNDREDTHS, ""),
    "Down": (range(-100, 101), HUNDREDTHS, ""),
    "Scale": (range(5, 201), "{}%", "-+"),
    "Turn": (range(-180, 181), "{}°", "[]"),
    "Stretch": (range(25, 401), "{}%", ""),
    "Shear": (range(-100, 101), HUNDREDTHS, ""),
}
SIDES = (2, 64)  # of the output, in pixels: more sampling places could not be told apart
CORNERS = ((1.3, 1.3), (2.2, 1.3), (1.3, 2.5), (2.2, 2.5))  # where the four weights are written
SCENE = 384  # pixels, about, along the longer side of a photograph with its margin


def sampling_grid(
    image: np.ndarray, theta: np.ndarray | None = None, side: int = 24, alt: str = ""
) -> fig.Figure:
    """A box on a photograph, the output that is read there, and one output pixel's place, four weights and gradient.

    Args:
        image: (H, W) grey or (H, W, 3) colours.
        theta: (2, 3), the first map, as `affine_grid` wants it; the box that comes nearest is shown.
        side: pixels along a side of the output.
        alt: what the photograph shows, in a few words, for a reader who hears the page.

    Raises:
        ValueError: something does not fit; the message says what to do.
    """
    image, box = taking.image(image), FIRST if theta is None else labs.Box.of(theta)
    if not SIDES[0] <= side <= SIDES[1]:
        raise ValueError(f"side = {side}; expected {SIDES[0]} to {SIDES[1]}.")
    height, width = image.shape[:2]
    margin = -(-max(height, width) // 6)  # there the sampler reads 0
    fine = max(1, round(SCENE / (max(height, width) + 2 * margin)))
    read = fig.Choice("Read", ["the box", "the whole photograph"])
    sliders = [
        fig.Slider(name, span, first, labels, keys=keys, leap=2, resets=(read,))
        for (name, (span, labels, keys)), first in zip(SLIDERS.items(), box, strict=True)
    ]
    pixel = fig.Cell("Output pixel", (side, side), (side // 3, side // 3))
    shown = [fig.choose(read, own, whole) for own, whole in zip(sliders, WHOLE, strict=True)]
    scene = np.pad(image, [(margin, margin)] * 2 + [(0, 0)]).repeat(fine, 0).repeat(fine, 1)
    lab = fig.Lab(
        Path(__file__).with_name("sampling.js"),
        "grid_lab",
        labs.grid_lab,
        **dict(zip(labs.Box._fields, shown, strict=True)),
        image=image,
        scene=scene,
        row=pixel.row,
        column=pixel.column,
        side=side,
        margin=margin,
        fine=fine,
    )
    units = 200 / (width * fine), 200 / (height * fine)
    grip = Grip(sliders[:4], lab["handles"], units, pixel, lab["places"])
    weights = [fig.Note(x, y, fig.text("{w:.2f}", w=lab["weights"][i])) for i, (x, y) in enumerate(CORNERS)]
    edge = [margin * fine, margin * fine, width * fine, height * fine]
    return fig.Figure(
        fig.Stage(
            *(fig.Image(lab["scene"]), fig.Box(edge), fig.Arrows(lab["frame"], heads=False)),
            *(fig.Dots(lab["handles"], radius=4), fig.Arrows(lab["slope"])),
            title="Photograph; beyond its edge, 0",
            pointer=grip,
        ),
        fig.Column(
            fig.Stage(
                fig.Image(lab["output"]),
                fig.Box([pixel.column, pixel.row, 1, 1]),
                title=f"Output, {side} x {side}",
                pointer=pixel,
                side=180,
            ),
            fig.Stage(
                *(fig.Image(lab["close"]), fig.Box([1, 1, 2, 2]), *weights, fig.Arrows(lab["slope_close"])),
                title="The four pixels it reads",
                side=180,
            ),
        ),
        caption="theta = [{a:.3f}, {b:.3f}, {c:.3f}; {d:.3f}, {e:.3f}, {f:.3f}]. Output {Output pixel} reads at row "
        "{y:.2f}, column {x:.2f}. The four pixels weigh {w0:.2f} and {w1:.2f} above, {w2:.2f} and {w3:.2f} "
        "below; together {value:.1f} of 255. Gradient: {right:+.1f} for each pixel to the right, "
        "{down:+.1f} for each pixel down.",
        alt=alt or f"A photograph of {width} by {height} pixels, and the box that is read of it.",
        also=(read, *sliders),
        lines=5,
        **{f"w{i}": lab["weights"][i] for i in range(4)},
        **dict(zip("abcdef", (lab["theta"][i] for i in range(6)), strict=True)),
        **{name: lab[name] for name in ("x", "y", "value", "right", "down")},
    )


def theta_of(figure: fig.Figure) -> np.ndarray:
    """The map of a sampling grid's box as a hand left it, (2, 3) floats: `affine_grid` takes it as it is."""
    own = labs.Box(*(figure[name] for name in SLIDERS))
    return (own if figure["Read"] == 0 else WHOLE).theta() / labs.UNIT


def watch_it_learn(
    inputs: np.ndarray,
    runs: Mapping[str, Mapping[int, np.ndarray]],
    *,
    low: float,
    high: float,
    numbers: Mapping[str, Mapping[int, float]] | None = None,
    alt: str = "",
) -> fig.Figure:
    """Digits in a row, below them a row for each run with what it made of them; a slider goes through training.

    Args:
        inputs: (N, H, W) numbers, the digits as they come in.
        runs: name -> {step: (N, H, W) numbers}; all runs at the same steps, so that they can be compared.
        low, high: the values shown as black and as white.
        numbers: name -> {step: number}, how far each run zooms out, for a chart and the caption.
        alt: what the digits are, in a few words, for a reader who hears the page.

    Raises:
        ValueError: something does not fit; the message says what to do.
    """
    names = taking.distinct(list(runs), "runs")
    first = taking.levels(inputs, low, high, "inputs", 3)
    steps = sorted(runs[names[0]])
    if not 1 <= len(steps) <= MOST_STEPS:
        raise ValueError(
            f"{names[0]!r} was recorded at {len(steps)} steps; expected 1 to {MOST_STEPS}. Keep every so many."
        )
    for name in names:
        if sorted(runs[name]) != steps or (numbers and sorted(numbers.get(name, {})) != steps):
            raise ValueError(
                f"{name!r} was not recorded, or has no number, at just the steps of {names[0]!r}: {steps}. "
                "Keep the steps that all runs have: only equal steps can be compared."
            )

    t = fig.Slider("Training step", len(steps), labels=steps, play=True, every=350)
    each = fig.Each(len(first))
    rows = [fig.Row(each, fig.Image(fig.array(first)[each]), title="What comes in")]
    for name in names:
        made = np.stack([taking.levels(runs[name][step], low, high, name, first.shape) for step in steps])
        rows.append(fig.Row(each, fig.Image(fig.array(made)[t, each]), title=name))
    series = {name: [float(numbers[name][step]) for step in steps] for name in names} if numbers else {}
    chart = [fig.Lines(series, x=steps, title="Zoom of each run", mark=t)] if numbers else []
    told = ", ".join(f"{name} {{number_{i}:.2f}}" for i, name in enumerate(series))
    return fig.Figure(
        fig.Column(*rows),
        *chart,
        caption=f"Step {{Training step}} of {steps[-1]}." + (f" Zoom: {told}." if told else ""),
        alt=alt or f"{len(first)} digits, and what {' and '.join(names)} made of them.",
        still={"Training step": len(steps) - 1},
        **{f"number_{i}": fig.array(values)[t] for i, values in enumerate(series.values())},
    )
