"""Penn-Fudan: photographs of streets, with a mask for every pedestrian."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from helpers.data.public import sources
from helpers.data.public.faults import DataError
from helpers.data.public.fetch import fetch

CROWD = 50  # more people than any photograph shows: a larger number in a mask is not one of them


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
    folder = fetch(sources.PENN_FUDAN, survey) / "PennFudanPed"
    images, masks, names = [], [], []
    for path in sorted((folder / "PNGImages").glob("*.png")):
        with Image.open(path) as image, Image.open(_mask(path)) as mask:
            images.append(torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1).contiguous())
            masks.append(torch.from_numpy(np.array(mask)))
        names.append(path.stem)
    return PennFudan(tuple(images), tuple(masks), tuple(names))


def survey(folder: Path) -> dict[str, object]:
    """Counts and sizes of the unpacked files; every photograph has a mask of its size, with people."""
    photographs = sorted((folder / "PennFudanPed" / "PNGImages").glob("*.png"))
    masks = {path.name for path in (folder / "PennFudanPed" / "PedMasks").glob("*.png")}
    lonely = masks ^ {_mask(path).name for path in photographs}
    if lonely or not photographs:
        raise _contradiction(f"of {len(photographs)} photographs, no counterpart for {sorted(lonely)[:3]}")
    people, sizes = 0, []
    for path in photographs:
        with Image.open(path) as image, Image.open(_mask(path)) as mask:
            if image.size != mask.size:
                raise _contradiction(f"{path.name} is {image.size}, its mask {mask.size}")
            sizes.append(image.size)
            values = np.asarray(mask)
        if values.ndim != 2 or not 1 <= values.max() <= CROWD:
            raise _contradiction(f"the mask of {path.name} holds no pedestrians' numbers (1-{CROWD})")
        people += int(values.max())
    widths, heights = zip(*sizes, strict=True)
    return {
        "images": len(photographs),
        "people": people,
        "widths": (min(widths), max(widths)),
        "heights": (min(heights), max(heights)),
    }


def _mask(photograph: Path) -> Path:
    return photograph.parent.parent / "PedMasks" / f"{photograph.stem}_mask.png"


def _contradiction(wrong: str) -> DataError:
    return DataError(
        f"Penn-Fudan contradicts itself: {wrong}. Expected a mask for every photograph, of its size, with "
        "pedestrians in it: nothing was kept, run again to fetch it anew."
    )
