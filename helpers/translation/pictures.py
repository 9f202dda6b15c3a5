"""Static pictures of lesson 07: alignments, and a curve a system."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from helpers.translation.phrasebook import Entry

COLOURS = {"attention": "#a24fd6", "no attention": "#2f8fae"}  # one a system, in the interactive figures, too
LINKS = "#e66633"  # known links


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
