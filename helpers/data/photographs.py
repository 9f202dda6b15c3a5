"""Real photographs from scikit-image and scikit-learn, each cut into regions that no two splits share."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from skimage import data
from skimage.color import gray2rgb
from torch import Generator, Tensor

from helpers.data.splits import Split, check_split
from helpers.runtime import in_single_precision

# A scene's background is a square of this many photograph pixels, whatever the scene's own size.
CROP_SIDES = (100, 150)


@cache
def _photographs() -> dict[str, np.ndarray]:
    # Read as files: to import scikit-learn for two pictures takes seconds, and 45 MB.
    folder = Path(find_spec("sklearn").origin).parent / "datasets" / "images"
    china, flower = (np.array(Image.open(folder / f"{name}.jpg")) for name in ("china", "flower"))
    textures = {name: gray2rgb(getattr(data, name)()) for name in ("brick", "grass", "gravel")}
    return {
        "astronaut": data.astronaut(),
        "cat": data.cat(),
        "coffee": data.coffee(),
        "rocket": data.rocket(),
        "hubble": data.hubble_deep_field(),
        "tissue": data.immunohistochemistry(),
        "motorcycle": data.stereo_motorcycle()[0],
        "china": china,
        "flower": flower,
        **textures,
    }


def region(photograph: np.ndarray, split: Split) -> np.ndarray:
    """Cut the part of a photograph (H, W, 3) that belongs to a split, as a view.

    Train takes one half along the longer side; validation and test take the two quarters of the other half. The
    regions have no pixel in common.
    """
    check_split(split)
    H, W = photograph.shape[:2]
    if H > W:
        return region(photograph.swapaxes(0, 1), split).swapaxes(0, 1)
    if split == "train":
        return photograph[:, : W // 2]
    return photograph[: H // 2, W // 2 :] if split == "val" else photograph[H // 2 :, W // 2 :]


def photographs(split: Split) -> dict[str, np.ndarray]:
    """Return each photograph's region for a split, by name: (H, W, 3) uint8, every side at least 150 pixels."""
    return {name: region(photograph, split) for name, photograph in _photographs().items()}


@in_single_precision
def random_crops(count: int, size: int, split: Split, generator: Generator) -> Tensor:
    """Cut random squares out of the photographs of a split, some mirrored, resized to the scene.

    Returns:
        (count, 3, size, size) float32 in 0..1.
    """
    regions = list(photographs(split).values())
    which = torch.randint(len(regions), (count,), generator=generator)
    side = torch.empty(count).uniform_(*CROP_SIDES, generator=generator)
    place = torch.rand(count, 2, generator=generator)
    mirror = torch.randint(0, 2, (count,), generator=generator) * 2.0 - 1
    crops = torch.empty(count, 3, size, size)
    for number, photograph in enumerate(regions):
        chosen = which == number
        if not chosen.any():
            continue
        H, W = photograph.shape[:2]
        theta = torch.zeros(int(chosen.sum()), 2, 3)
        theta[:, 0, 0] = mirror[chosen] * side[chosen] / W
        theta[:, 1, 1] = side[chosen] / H
        theta[:, 0, 2] = (1 - side[chosen] / W) * (2 * place[chosen, 0] - 1)
        theta[:, 1, 2] = (1 - side[chosen] / H) * (2 * place[chosen, 1] - 1)
        grid = F.affine_grid(theta, [len(theta), 3, size, size], align_corners=False)
        picture = torch.from_numpy(np.ascontiguousarray(photograph)).permute(2, 0, 1)[None].float() / 255
        # One picture, many crops: the crops' rows are stacked into one tall output, so nothing is copied.
        tall = F.grid_sample(
            picture, grid.reshape(1, -1, size, 2), padding_mode="border", align_corners=False
        )
        crops[chosen] = tall[0].reshape(3, -1, size, size).transpose(0, 1)
    return crops
