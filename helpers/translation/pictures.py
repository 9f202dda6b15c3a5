"""Static pictures of lesson 07: the system at one step, alignments, and a curve a system."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from helpers.translation.phrasebook import Entry

COLOURS = {"attention": "#a24fd6", "no attention": "#2f8fae"}  # one a system, in the interactive figures, too
LINKS = "#e66633"  # known links


def draw_system(
    axes: Axes, source: Sequence[str], target: Sequence[str], weights: np.ndarray, step: int, size: int
) -> None:
    """Draw the translator at one step: encoder, annotations, weights as lines, context, decoder, with shapes.

    Args:
        source, target: words. weights: (T, S). step: the target word that is predicted.
        size: of embeddings, annotations and states.
    """
    S, T = len(source), len(target)
    across = np.linspace(0.23, 0.98, max(S, T))
    box = {"boxstyle": "round,pad=0.35", "fc": "white", "ec": "#5c5a66"}
    write = partial(axes.text, ha="center", va="center", fontsize=11)
    arrow = partial(axes.annotate, "", arrowprops={"arrowstyle": "->", "color": "#5c5a66"})
    for k, word in enumerate(source):
        write(across[k], 0.04, word)
        arrow(xy=(across[k], 0.2), xytext=(across[k], 0.09))
        write(across[k], 0.26, f"$h_{k + 1}$", bbox=box)
        if k:
            axes.annotate(
                "", (across[k - 1] + 0.03, 0.26), (across[k] - 0.03, 0.26), arrowprops={"arrowstyle": "<->"}
            )
        share = float(weights[step, k])
        shown = {
            "color": COLOURS["attention"],
            "ls": "-",
            "lw": 0.6 + 5 * share,
            "alpha": 0.25 + 0.75 * share,
        }
        axes.plot([across[k], across[step]], [0.33, 0.5], **shown)
    for j, word in enumerate(target):
        faint = "#a5a3ad" if j > step else "black"
        write(across[j], 0.76, f"$s_{j + 1}$", bbox=box | {"ec": faint}, color=faint)
        write(across[j], 0.96, word, color=faint, weight="bold" if j == step else "normal")
        arrow(xy=(across[j], 0.91), xytext=(across[j], 0.82))
        if j:
            arrow(xy=(across[j] - 0.03, 0.76), xytext=(across[j - 1] + 0.03, 0.76))
    write(across[step], 0.54, "$c$", bbox=box | {"ec": COLOURS["attention"]})
    arrow(xy=(across[step], 0.7), xytext=(across[step], 0.6))
    names = (
        "source words",
        f"encoder: (S, {size})",
        "weights: (S)",
        f"context: ({size})",
        f"decoder: ({size})",
        "target words",
    )
    for height, name in zip((0.04, 0.26, 0.41, 0.54, 0.76, 0.96), names, strict=True):
        axes.text(0, height, name, va="center", fontsize=10, color="#5c5a66")
    axes.set(xlim=(0, 1.03), ylim=(0, 1.02))
    axes.set_axis_off()


def draw_alignment(axes: Axes, weights: np.ndarray, entry: Entry, title: str) -> None:
    """Draw weights (T, S) as a heat map, with the known links as dots: filled where sure, open where possible."""
    axes.imshow(weights, cmap="Purples", vmin=0, vmax=1)
    axes.set_xticks(range(len(entry.spanish)), entry.spanish, rotation=60, ha="right")
    axes.set_yticks(range(len(entry.english)), entry.english)
    for links, fill in ((entry.possible - entry.sure, "none"), (entry.sure, LINKS)):
        for place, word in links:
            axes.plot(place, word, "o", color=LINKS, markerfacecolor=fill, markersize=4)
    axes.grid(False)
    axes.set_title(title)


def curves(
    x: Sequence, systems: Mapping[str, Sequence[float]], title: str, xlabel: str, ylabel: str
) -> Figure:
    """A curve a system, each in its colour, from 0 upwards."""
    plot, axes = plt.subplots(figsize=(6.4, 3.1))
    for (name, values), style in zip(systems.items(), ("s-", "o-"), strict=False):
        axes.plot(x, values, style, color=COLOURS.get(name), markersize=5, label=name)
    axes.set(xlabel=xlabel, ylabel=ylabel, ylim=(0, None))
    axes.set_title(title)
    axes.legend()
    return plot
