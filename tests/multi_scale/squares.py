"""The image that tests of lesson 04 share: four flat squares."""

import torch
from torch import Tensor


def four_squares() -> tuple[Tensor, Tensor]:
    """Four flat squares of 12 x 12 pixels, two of them nearly of one colour, and the number of each pixel's square."""
    image = torch.zeros(3, 24, 24, dtype=torch.uint8)
    image[:, :, 12:] = 200
    image[:, 12:, 12:] = 240
    image[0, 12:, :12] = 120
    return image, 2 * (torch.arange(24)[:, None] // 12) + torch.arange(24)[None] // 12
