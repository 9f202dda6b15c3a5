"""The learner's own pictures: a photograph from a file, a digit drawn by hand."""

import io
import math
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor
from torchvision.transforms.functional import pil_to_tensor

from helpers.data.digits import MARGIN, textures_of
from helpers.data.scene_options import is_whole
from helpers.data.stickers import COLOUR_NAMES, paint, sample_sticker, sampling_grid

SIXTEEN_BITS = 65535  # white in a scan of 16 bits a pixel


def read_photograph(source: str | Path | bytes | memoryview | np.ndarray, size: int = 128) -> Tensor:
    """Read a photograph, cut its middle square and resize it. What is transparent becomes white.

    Args:
        source: a file's path, the bytes of an upload, or pixels as (H, W, 3) uint8.
        size: side of the result in pixels.

    Returns:
        (3, size, size) uint8.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: the file is no picture that can be read, or the size is no number of pixels.
    """
    if not is_whole(size, 1):
        raise ValueError(f"size is {size!r}: give the side in pixels, an integer of at least 1.")
    if isinstance(source, str | Path) and not Path(source).is_file():
        raise FileNotFoundError(
            f"There is no file {source}. Give the path of a photograph, such as a JPEG or PNG."
        )
    try:
        if isinstance(source, np.ndarray):
            picture = Image.fromarray(source)
        else:
            picture = Image.open(source if isinstance(source, str | Path) else io.BytesIO(source))
        square = ImageOps.fit(_as_rgb(picture), (size, size), Image.Resampling.LANCZOS)
    except Exception as error:  # a broken file makes Pillow raise almost anything
        raise ValueError(
            f"This file cannot be read as a picture ({error}). Expected a whole JPEG, PNG or WebP with 8 bits a "
            "channel: open it in an image viewer and save it as one of these."
        ) from error
    return pil_to_tensor(square)


def _as_rgb(picture: Image.Image) -> Image.Image:
    """Turn a picture upright and into RGB, whatever its mode.

    Raises:
        ValueError: it has no pixels, its mode does not say which value is white, or Pillow cannot convert it.
    """
    if 0 in picture.size:
        raise ValueError("it has no pixels")
    file_format = picture.format
    picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I;16") or (picture.mode == "I" and file_format in ("PNG", "PPM")):
        # Pillow's own conversion clips at 255.
        scaled = np.asarray(picture, dtype=np.float64) * (255 / SIXTEEN_BITS)
        picture = Image.fromarray(scaled.round().astype(np.uint8))
    elif picture.mode in ("I", "F"):
        raise ValueError(f"pixels of mode {picture.mode} do not say which value is white")
    elif picture.mode == "La":
        picture = picture.convert("LA")  # the only conversion that there is
    if picture.has_transparency_data or picture.mode == "RGBa":
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    return picture.convert("RGB")


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
        place: the sticker's centre as x, y in pixels, on the photograph.
        height: of the digit, in pixels; the sticker is 24% taller.
        colour: of the backing, one of `COLOUR_NAMES`.
        turn: in degrees.

    Returns:
        The photograph with the sticker, (3, S, S) uint8, and the sticker's mask, (S, S) bool.

    Raises:
        ValueError: an argument does not fit; the message says which, and what was expected.
    """
    shape = tuple(photograph.shape)
    if len(shape) != 3 or shape[0] != 3 or shape[1] != shape[2] or photograph.dtype != torch.uint8:
        raise ValueError(
            f"Expected a photograph of shape (3, S, S) in uint8, got {shape} in {photograph.dtype}. "
            "read_photograph gives one."
        )
    size = shape[-1]
    if colour not in COLOUR_NAMES:
        raise ValueError(f"There is no colour {colour!r}: choose from {', '.join(COLOUR_NAMES)}.")
    if not 8 <= height * (1 + 2 * MARGIN) <= size:
        raise ValueError(
            f"A digit {height} pixels tall does not fit into a photograph of {size}: its sticker has "
            f"8 to {size} pixels."
        )
    if len(place) != 2 or not all(0 <= each <= size for each in place):
        raise ValueError(f"place is {place}: give x and y on the photograph, 0 to {size}.")
    if not math.isfinite(turn):
        raise ValueError(f"turn is {turn}: give degrees.")
    tall = torch.tensor([float(height)])
    grid = sampling_grid(
        torch.tensor([place], dtype=torch.float32), tall, torch.deg2rad(torch.tensor([float(turn)])), size
    )
    cover, strokes = sample_sticker(textures_of(ink[None]), grid, tall)
    sticker = paint(torch.tensor([COLOUR_NAMES.index(colour)]), strokes)[0] * 255
    return torch.lerp(photograph.float(), sticker, cover).round().to(torch.uint8), cover[0] >= 0.5
