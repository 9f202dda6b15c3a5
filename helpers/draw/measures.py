"""What a drawing is worth: its bound, a tighter estimate of log p, and which digit each stroke went to."""

import math

import torch
from torch import Tensor

from helpers import seeds
from helpers.draw import filters
from helpers.draw.data import DIGIT, Pictures
from helpers.draw.model import Draw, divergence, log_likelihood


@torch.no_grad()
def nats(model: Draw, images: Tensor) -> dict[str, float]:
    """The bound in nats a picture (lower is better), its two parts, and how many steps carry a nat or more.

    Args:
        images: (N, H, W) uint8 of 0 and 1.
    """
    generator = seeds.generator(0)
    parts = []
    for some in images.float().split(250):
        drawing = model(some, torch.randn(len(some), model.steps, model.code, generator=generator))
        parts.append((-log_likelihood(drawing.canvases[-1], some), divergence(drawing)))
    reconstruction, kl = (torch.cat(part) for part in zip(*parts, strict=True))
    return {
        "nats": float(reconstruction.mean() + kl.sum(dim=1).mean()),
        "reconstruction": float(reconstruction.mean()),
        "kl": float(kl.sum(dim=1).mean()),
        "busy_steps": float((kl.mean(dim=0) >= 1).sum()),
    }


@torch.no_grad()
def importance(model: Draw, images: Tensor, samples: int) -> Tensor:
    """log p(x, z) - log q(z | x) of sampled codes z: (N, samples), in nats (Burda et al. 2016).

    The mean of a row is the bound; the logarithm of the mean of its exponentials comes nearer to log p(x).
    """
    generator, rows = seeds.generator(0), []
    for image in images.float():
        noise = torch.randn(samples, model.steps, model.code, generator=generator)
        drawing = model(image.expand(samples, -1, -1), noise)
        # Both normals' constants cancel.
        log_prior = -drawing.codes.square().sum(dim=(1, 2)) / 2
        log_posterior = -(noise.square() / 2 + drawing.log_deviation).sum(dim=(1, 2))
        rows.append(log_likelihood(drawing.canvases[-1], image) + log_prior - log_posterior)
    return torch.stack(rows)


def tightened(weights: Tensor, k: int) -> float:
    """The bound in nats from groups of k samples, of log weights (N, samples): minus log p or a little more."""
    groups = weights[:, : weights.shape[1] // k * k].unflatten(1, (-1, k))
    return -float((groups.logsumexp(dim=-1) - math.log(k)).mean())


def coverage(numbers: Tensor, corners: Tensor, n: int, side: int) -> Tensor:
    """How much of each digit's box a step's square covers: (B, T, 2), of windows (B, T, 5) and corners (B, 2, 2)."""
    squares = filters.boxes(numbers, (side, side), n)[:, :, None]  # (B, T, 1, 4)
    left, top, width, height = squares.unbind(dim=-1)
    row, column = (each[:, None] for each in corners.unbind(dim=-1))  # (B, 1, 2)
    across = (torch.minimum(left + width, column + DIGIT) - torch.maximum(left, column)).clamp(min=0)
    down = (torch.minimum(top + height, row + DIGIT) - torch.maximum(top, row)).clamp(min=0)
    return across * down / DIGIT**2


def ink(canvases: list[Tensor], blank: Tensor, corners: Tensor) -> Tensor:
    """How much each step changed the canvas in either digit's box, and outside both: (B, T, 3) shares of its change."""
    changes = torch.stack([blank, *canvases], dim=1).diff(dim=1).abs()  # (B, T, H, W)
    rows = torch.arange(changes.shape[2])[:, None] - corners[..., 0, None, None]
    columns = torch.arange(changes.shape[3]) - corners[..., 1, None, None]
    inside = (rows >= 0) & (rows < DIGIT) & (columns >= 0) & (columns < DIGIT)  # (B, 2, H, W)
    parts = torch.einsum("bthw,bdhw->btd", changes, inside.to(changes.dtype))
    total = changes.sum(dim=(2, 3)).clamp(min=1e-12)
    return torch.cat([parts, (total - parts.sum(dim=-1))[..., None]], dim=-1) / total[..., None]


@torch.no_grad()
def one_then_the_other(model: Draw, pictures: Pictures) -> dict[str, float]:
    """Whether strokes go to one digit, then to the other.

    Returns:
        one_digit: the share of what a step changes in a digit's box that lies in the one it changes most.
        changes: how often the digit changes that a step changes most, from step to step.
        by_chance: how often it would, were the same steps in random order.
    """
    images = pictures.images.float()
    drawing = model(images, torch.randn(len(images), model.steps, model.code, generator=seeds.generator(0)))
    shares = ink(drawing.canvases, model.blank.expand_as(images), pictures.corners)[..., :2]
    B, T, _ = shares.shape
    first = shares.argmax(dim=-1)  # (B, T), the digit of each step
    ones = first.sum(dim=1)
    figures = {
        "one_digit": float((shares.amax(dim=-1) / shares.sum(dim=-1).clamp(min=1e-9)).mean()),
        "changes": float((first[:, 1:] != first[:, :-1]).sum(dim=1).float().mean()),
        "by_chance": float((2 * ones * (T - ones) / T).float().mean()),
    }
    if drawing.written is not None:
        covered = coverage(drawing.written, pictures.corners, model.writer.n, images.shape[-1])
        figures["covers_most"] = float(covered.amax(dim=-1).mean())
        figures["covers_other"] = float(covered.amin(dim=-1).mean())
    return figures
