"""Figures of lesson 10: arrays in, interactive figures out."""

from collections.abc import Mapping

import numpy as np

from helpers import figure as fig
from helpers.figure import taking

MOST_STEPS = 60


def watch_it_learn(
    inputs: np.ndarray,
    runs: Mapping[str, Mapping[int, np.ndarray]],
    *,
    low: float,
    high: float,
    numbers: Mapping[str, Mapping[int, float]] | None = None,
    number_name: str = "zoom",
    alt: str = "",
) -> fig.Figure:
    """Digits in a row, below them a row for each run with what it made of them; a slider goes through training.

    Args:
        inputs: (N, H, W) numbers, the digits as they come in.
        runs: name -> {step: (N, H, W) numbers}; all runs at the same steps, so that they can be compared.
        low, high: the values shown as black and as white.
        numbers: name -> {step: number}, something that the caption tells of each run, such as how far it zooms out.
        number_name: what these numbers are called.
        alt: what the digits are, in a few words, for a reader who hears the page.
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
    title = number_name[:1].upper() + number_name[1:]
    chart = [fig.Lines(series, x=steps, title=f"{title} of each run", mark=t)] if numbers else []
    told = ", ".join(f"{name} {{number_{i}:.2f}}" for i, name in enumerate(series))
    return fig.Figure(
        fig.Column(*rows),
        *chart,
        caption=f"Step {{Training step}} of {steps[-1]}." + (f" {title}: {told}." if told else ""),
        alt=alt or f"{len(first)} digits, and what {' and '.join(names)} made of them.",
        still={"Training step": len(steps) - 1},
        **{f"number_{i}": fig.array(values)[t] for i, values in enumerate(series.values())},
    )
