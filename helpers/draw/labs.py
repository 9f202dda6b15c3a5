"""What the filter bank's figure computes as the hand moves, by the lesson's own filters; bank.js is its twin."""

from typing import Any

import numpy as np
import torch

from helpers.draw import filters


def filter_bank(picture: np.ndarray, n: int, row: int, column: int, **numbers: float) -> dict[str, Any]:
    """What n x n filters read of a picture, and what they write back.

    Args:
        picture: (H, W) from 0 to 1. row, column: of one filter, which is shown by itself.
        numbers: those of `filters.NUMBERS`, in whole hundredths.
    """
    image = torch.as_tensor(np.asarray(picture, float))
    five = torch.tensor([[numbers[name] / 100 for name in filters.NUMBERS]], dtype=torch.float64)
    at = filters.window(five, image.shape, n)
    rows, columns = (each[0] for each in filters.bank(at, n, image.shape))
    patch = filters.read(image[None, None], at, n)[0, 0]
    written = filters.write(patch[None], at, image.shape)[0]
    one = rows[row][:, None] * columns[column]
    steps = (torch.arange(n) - (n - 1) / 2) * at.stride + 0.5
    down, across = torch.meshgrid(steps + at.y, steps + at.x, indexing="ij")
    return {
        "patch": patch.numpy(),
        "written": written.numpy(),
        "one": one.numpy(),
        "patch_most": max(float(patch.max()), 1.0),
        "written_most": max(float(written.max()), 1e-9),
        "one_most": max(float(one.max()), 1e-9),
        "dots": torch.stack([across, down], dim=-1).flatten(0, 1).numpy(),
        "chosen": row * n + column,
        "box": filters.boxes(five[0], image.shape, n).numpy(),
        **{name: float(part) for name, part in at._asdict().items()},
        "deviation": float(at.variance.sqrt()),
        "value": float(patch[row, column]),
    }
