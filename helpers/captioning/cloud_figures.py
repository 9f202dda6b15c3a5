"""The gradient cloud of lesson 06: estimates of a gradient around the exact ones."""

from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image, ImageDraw

from helpers import figure as fig
from helpers.figure import taking

CLOUD = (420, 540)  # height and width of the plane on which gradients are drawn
ORIGIN, UNIT = (200.0, 230.0), 130.0  # where it starts, and pixels for the length of the bound's gradient
ARROWS, DOTS = 6, 80  # estimates drawn as arrows, and as dots; more would be one blot
EXACT = {"bound": (102, 0, 255), "marginal": (0, 77, 77)}  # as in the static pictures of section 4


def gradient_cloud(
    estimates: Mapping[str, np.ndarray | Mapping[float, np.ndarray]],
    sizes: Sequence[int],
    bound: np.ndarray,
    marginal: np.ndarray,
) -> fig.Figure:
    """Estimates of a gradient as arrows and dots, in the plane of the two exact gradients.

    Args:
        estimates: name -> (S, M, P), M estimates of P numbers for each of S sizes; of an estimator with a temperature
            temperature -> (S, M, P).
        sizes: S, glimpses that go into one estimate.
        bound, marginal: (P,), the exact gradients. The plane's first direction is the bound's; lengths count in
            units of its length. Everything outside the plane is left out, and so is the noise there.
    """
    names = taking.distinct(list(estimates), "estimators")
    bound, marginal = (taking.numbers(each, "gradient").astype(float).ravel() for each in (bound, marginal))
    first = bound / np.linalg.norm(bound)
    second = marginal - (marginal @ first) * first
    plane = np.stack([first, second / np.linalg.norm(second)]) / np.linalg.norm(bound)

    # Each estimator's rows by temperature. One without any has one row: a pick beyond the end takes the last.
    rows, row_of, temperatures = {}, [], ["none"]
    for name, each in estimates.items():
        heated = isinstance(each, Mapping)
        added = {f"{name} at {heat:g}": some for heat, some in each.items()} if heated else {name: each}
        row_of.append(list(range(len(rows), len(rows) + len(added))))
        rows |= added
        temperatures = [str(heat) for heat in each] if heated else temperatures
    drawn = np.stack([taking.numbers(each, name) for name, each in rows.items()]).astype(float)
    if drawn.shape[1] != len(sizes) or drawn.shape[3] != len(bound):
        raise ValueError(
            f"The estimates have shape {drawn.shape[1:]}; expected ({len(sizes)} sizes, any number, {len(bound)})."
        )
    cosines = (drawn @ first / np.linalg.norm(drawn, axis=-1).clip(1e-12)).mean(axis=-1)
    mean = drawn.mean(axis=2) @ plane.T
    ends = _inside(drawn[:, :, :DOTS] @ plane.T)  # (rows, S, DOTS, 2)
    tips = ends[:, :, :ARROWS]
    # The poster shows an estimator with bias, the last: an unbiased cloud lies on the bound's arrow and hides it.
    still = {"Estimator": len(names) - 1, "Temperature": len(temperatures) // 2, "Glimpses": len(sizes) // 2}

    estimator = fig.Choice("Estimator", names, keys="[]")
    size = fig.Slider("Glimpses", len(sizes), labels=[str(each) for each in sizes])
    heat = fig.Slider("Temperature", len(temperatures), labels=temperatures, keys="-+")
    row = fig.array(row_of)[estimator, heat]
    exact = {"bound": np.array([1.0, 0.0]), "marginal": plane @ marginal}
    return fig.Figure(
        fig.Stage(
            fig.Image(_exact_arrows(exact)),
            fig.Dots(fig.array(ends)[row, size], radius=2),
            fig.Arrows(
                fig.array(np.concatenate([np.broadcast_to(ORIGIN, tips.shape), tips], axis=-1))[row, size]
            ),
            fig.Dots(fig.array(_inside(mean))[row, size], chosen=0, radius=3),
            *(fig.Note(*(_inside(end) + 5).tolist(), name) for name, end in exact.items()),
            title="Estimates, and in a ring their mean",
            side=480,
        ),
        fig.Lines(
            {"chosen": fig.array(np.moveaxis(cosines, 1, -1))[row], names[0]: cosines[0]},
            x=[str(each) for each in sizes],
            title="Cosine with the bound's gradient",
            mark=size,
            low=min(0.0, float(cosines.min())),
            high=1.0,
        ),
        also=(estimator, size, heat),
        still=still,
        caption="{label}: {Glimpses} glimpses an estimate, cosine {cosine:.2f}. In lengths of the bound's gradient, "
        "the mean lies {along:.2f} along it and {aside:+.2f} aside from it, towards the marginal's.",
        alt="Arrows and dots of estimated gradients around the exact gradients of the bound and of the marginal.",
        label=fig.names(list(rows))[row],
        cosine=fig.array(cosines)[row, size],
        along=fig.array(mean[..., 0])[row, size],
        aside=fig.array(mean[..., 1])[row, size],
    )


def _inside(vectors: np.ndarray) -> np.ndarray:
    """Vectors (..., 2) as pixels x, y; what would leave the picture is shortened to its rim."""
    room = np.where(vectors > 0, [CLOUD[1] - ORIGIN[0], ORIGIN[1]], [ORIGIN[0], CLOUD[0] - ORIGIN[1]]) - 4
    share = (room / (np.abs(vectors) * UNIT).clip(1e-9)).min(axis=-1, keepdims=True).clip(max=1.0)
    return np.asarray(ORIGIN) + vectors * share * UNIT * [1, -1]


def _exact_arrows(exact: Mapping[str, np.ndarray]) -> np.ndarray:
    """The ground of the cloud: the exact gradients as thick arrows, (H, W, 3) uint8."""
    fine = 4  # drawn larger and averaged, for smooth edges
    ground = Image.new("RGB", (CLOUD[1] * fine, CLOUD[0] * fine), "white")
    for name, end in exact.items():
        start, tip = np.array(ORIGIN), _inside(end)
        along = (tip - start) / np.linalg.norm(tip - start)
        neck, across = tip - 14 * along, np.array([-along[1], along[0]])
        wide, thin = 7 * across, 2.5 * across
        outline = [tip, neck + wide, neck + thin, start + thin, start - thin, neck - thin, neck - wide]
        ImageDraw.Draw(ground).polygon([tuple(corner * fine) for corner in outline], EXACT[name])
    return np.asarray(ground.resize(CLOUD[::-1], Image.Resampling.BOX))
