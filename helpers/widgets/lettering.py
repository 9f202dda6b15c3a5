"""Words on posters: pictures with text in the font that comes with Matplotlib, which every machine has."""

from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

INK, SOFT = (28, 27, 34), (92, 90, 102)


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"), size)


def width(text: str, size: int) -> int:
    """Pixels that a line of text takes."""
    return int(np.ceil(font(size).getlength(text)))


def fitting(text: str, room: int, size: int) -> str:
    """As much of a text as has room, with an ellipsis where something was left out."""
    if width(text, size) <= room:
        return text
    while text and width(f"{text}…", size) > room:
        text = text[:-1]
    return f"{text}…"


def line(text: str, size: int, colour: tuple[int, int, int] = INK) -> Image.Image:
    """A line of text on white; rotate it to let it stand."""
    picture = Image.new("RGB", (max(1, width(text, size)), round(1.4 * size)), "white")
    ImageDraw.Draw(picture).text((0, 0.1 * size), text, colour, font(size))
    return picture
