"""The learner's own pictures: a photograph from a file, a digit drawn by hand."""

import io
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor
from torchvision.transforms.functional import pil_to_tensor

from helpers.data import placing
from helpers.data.digits import MARGIN, textures_of
from helpers.data.scenes import COLOUR_NAMES, POSTERS


def read_photograph(source: str | Path | bytes | np.ndarray, size: int = 128) -> Tensor:
    """Read a photograph, cut its middle square and resize it.

    Args:
        source: a file's path, the bytes of an upload, or pixels as (H, W, 3) uint8.
        size: side of the result in pixels.

    Returns:
        (3, size, size) uint8.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is no picture that can be read.
    """
    if isinstance(source, str | Path) and not Path(source).is_file():
        raise FileNotFoundError(
            f"There is no file {source}. Give the path of a photograph, such as a JPEG or PNG."
        )
    try:
        if isinstance(source, np.ndarray):
            picture = Image.fromarray(source)
        else:
            picture = Image.open(io.BytesIO(source) if isinstance(source, bytes) else source)
        upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (UnidentifiedImageError, OSError, TypeError) as error:
        raise ValueError(
            f"This file cannot be read as a picture ({error}). Expected a whole JPEG, PNG or WebP: "
            "open it in an image viewer and save it as one of these."
        ) from None
    return pil_to_tensor(ImageOps.fit(upright, (size, size), Image.Resampling.LANCZOS))


def paste_digit(
    photograph: Tensor,
    ink: Tensor,
    place: tuple[float, float],
    height: float,
    colour: str = "yellow",
    turn: float = 0,
) -> tuple[Tensor, Tensor]:
    """Print a drawn digit as a sticker and paste it on a photograph.

    Args:
        photograph: (3, S, S) uint8.
        ink: (28, 28) uint8, bright strokes on black.
        place: the sticker's centre as x, y in pixels.
        height: of the digit, in pixels; the sticker is 24% taller.
        colour: of the backing, one of `COLOUR_NAMES`.
        turn: in degrees.

    Returns:
        The photograph with the sticker, (3, S, S) uint8, and the sticker's mask, (S, S) bool.

    Raises:
        ValueError: shapes, colour or height do not fit, or there is no ink.
    """
    if photograph.ndim != 3 or photograph.shape[0] != 3 or photograph.dtype != torch.uint8:
        raise ValueError(
            f"Expected a photograph of shape (3, S, S) in uint8, got {tuple(photograph.shape)} in {photograph.dtype}. "
            "read_photograph gives one."
        )
    size = photograph.shape[-1]
    if colour not in COLOUR_NAMES:
        raise ValueError(f"There is no colour {colour!r}: choose from {', '.join(COLOUR_NAMES)}.")
    if not 8 <= height * (1 + 2 * MARGIN) <= size:
        raise ValueError(
            f"A digit {height} pixels tall does not fit into a photograph of {size}: make it smaller."
        )
    cover, strokes = placing.stamp(
        textures_of(ink[None]),
        torch.tensor([place], dtype=torch.float32),
        torch.tensor([float(height)]),
        torch.deg2rad(torch.tensor([float(turn)])),
        size,
    )
    _, backing, printed = POSTERS[COLOUR_NAMES.index(colour)]
    backing, printed = (torch.tensor(each, dtype=torch.float32)[:, None, None] for each in (backing, printed))
    sticker = torch.lerp(backing, printed, strokes)
    return torch.lerp(photograph.float(), sticker, cover).round().to(torch.uint8), cover[0] >= 0.5
