"""Static pictures of lesson 10: arrays and numbers in, matplotlib figures out."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

RED, BLUE, GREY = "#801a00", "#3399b3", "#6e6e72"
COLOURS = {"zero": RED, "black": BLUE}  # by what lies outside


def angle_scatter(known: np.ndarray, found: Mapping[str, np.ndarray]) -> Figure:
    """Angles by which digits were turned against those by which each transformer turns them back, in degrees."""
    figure, axes = plt.subplots(1, len(found), figsize=(3.5 * len(found), 3.4), sharey=True, squeeze=False)
    for axis, (name, angles) in zip(axes[0], found.items(), strict=True):
        axis.scatter(known, angles, s=3, alpha=0.4, color=BLUE)
        axis.plot([-45, 45], [-45, 45], color=RED, linestyle=":")
        axis.set(xlabel="turned by, degrees", title=name)
    axes[0, 0].set_ylabel("turned back by, degrees")
    return figure


def zoom_curves(curves: Mapping[str, Mapping[str, Sequence[Sequence[float]]]]) -> Figure:
    """The zoom after each epoch: data -> padding -> a curve a seed; data that has none is left out."""
    recorded = {data: by_padding for data, by_padding in curves.items() if any(by_padding.values())}
    figure, axes = plt.subplots(1, len(recorded), figsize=(3.75 * len(recorded), 2.8), squeeze=False)
    for axis, (data, by_padding) in zip(axes[0], recorded.items(), strict=True):
        for padding, seeds in by_padding.items():
            for seed, zooms in enumerate(seeds):
                label = None if seed else f"{padding} padding"
                axis.plot(range(1, len(zooms) + 1), zooms, "o-", ms=3, color=COLOURS[padding], label=label)
        axis.axhline(1, color=GREY, linewidth=0.8)
        axis.set(xlabel="epoch", ylabel="zoom", title=f"{data} digits")
        axis.legend()
    return figure


def pull_curves(zooms: Sequence[float], pulls: Mapping[str, Sequence[tuple[float, float]]]) -> Figure:
    """The pull outwards at each zoom, name -> (from places at the edge, from all others)."""
    figure, axes = plt.subplots(1, len(pulls), figsize=(3.75 * len(pulls), 2.8), squeeze=False)
    for axis, (name, pairs) in zip(axes[0], pulls.items(), strict=True):
        edge, others = zip(*pairs, strict=True)
        axis.plot(zooms, edge, "o-", color=RED, label="places at the edge")
        axis.plot(zooms, others, "s-", color=BLUE, label="all others")
        axis.axhline(0, color=GREY, linewidth=0.8)
        axis.set(xlabel="zoom", ylabel="pull outwards", title=name)
    axes[0, 0].legend()
    return figure
