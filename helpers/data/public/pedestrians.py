"""Penn-Fudan: photographs of streets, with a mask for every pedestrian."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from helpers.data.public import sources
from helpers.data.public.cached import files
from helpers.data.public.fetch import fetch
from helpers.data.public.surveys import annotated, span

CROWD = 50  # more people than any photograph shows: a larger number in a mask is not one of them
PHOTOGRAPHS = "*/PNGImages/*.png"


@dataclass(frozen=True)
class PennFudan:
    """Photographs of many sizes: `images` (3, H, W) uint8 RGB, `masks` (H, W) uint8, `names` of the N files.

    A mask holds 0 for background and 1, 2, ... for the first, second, ... pedestrian.
    """

    images: tuple[Tensor, ...]
    masks: tuple[Tensor, ...]
    names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.names)


def penn_fudan() -> PennFudan:
    """The photographs of the Penn-Fudan database at their own sizes, downloaded at first use.

    The official edition has 170 photographs in full size; a mirror's half-size edition has 120 of them.

    Wang, Shi, Song, Shen: Object detection combining recognition and segmentation, 2007.

    Raises:
        DataError, OfflineError: the data set cannot be had; the message says what to do.
    """
    images, masks, names = [], [], []
    for path in files(fetch(sources.PENN_FUDAN, survey), PHOTOGRAPHS):
        with Image.open(path) as image, Image.open(_mask(path)) as mask:
            images.append(torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1).contiguous())
            masks.append(torch.from_numpy(np.array(mask)))
        names.append(path.stem)
    return PennFudan(tuple(images), tuple(masks), tuple(names))


def survey(folder: Path) -> dict[str, object]:
    """Counts and sizes of the unpacked files; every photograph has a mask of its size, with people.

    Raises:
        ContradictionError: the files contradict one another.
    """
    sizes, ranges = annotated(folder, PHOTOGRAPHS, "*/PedMasks/*.png", _mask, least=1, most=CROWD)
    people = sum(high for _, high in ranges)
    widths, heights = ([size[axis] for size in sizes] for axis in (0, 1))
    return {"images": len(sizes), "people": people, "widths": span(widths), "heights": span(heights)}


def _mask(photograph: Path) -> Path:
    return photograph.parent.parent / "PedMasks" / f"{photograph.stem}_mask.png"
