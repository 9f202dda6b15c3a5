"""Notebook 01 on real streets: the skip ablation and one larger network on CamVid, with a film held out."""

from collections.abc import Iterator
from functools import cache, partial

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn
from torchvision import tv_tensors
from torchvision.transforms import v2

from helpers import runtime
from helpers.data import public
from helpers.data.batches import endless
from helpers.models.encoder_decoder import EncoderDecoder
from helpers.models.fcn import FCN, STRIDES, finer
from helpers.recipes._frames import CLASSES, VOID, bootstrap, count, score, total
from helpers.training import History, fit, parameter_count

TEST_FILM = "0006R0"
CROP = (160, 224)  # height and width of what is trained on: multiples of 32
BATCH = 8
RATE = 4e-3  # the highest learning rate of every cycle, for every network
FIRST, MORE = 1800, 450  # steps of FCN-32s from scratch, and of each of the two continuations of an arm
BEST = 2000  # steps of the encoder-decoder


def protocol(train: public.CamVid) -> tuple[public.CamVid, public.CamVid]:
    """Split CamVid's training scenes into those to learn from and the film that is only ever tested on."""
    return train.hold_out(TEST_FILM)


@cache
def streets() -> tuple[public.CamVid, public.CamVid, public.CamVid]:
    """Load the scenes to learn from, those of the film held out, and the official, flattering val.

    Raises:
        ConnectionError: CamVid cannot be had; the message says why and what to do.
    """
    try:
        return *protocol(public.camvid("train")), public.camvid("val")
    except public.DataError as error:
        raise ConnectionError(str(error)) from error


def median_frequency(labels: Tensor) -> Tensor:
    """Weigh classes so that rare ones count more (Eigen, Fergus 2015, as used for SegNet).

    The frequency of a class is its share of the pixels of those images in which it occurs at all, void left out;
    its weight is the median of all frequencies, divided by its own.

    Args:
        labels: (N, H, W) integers, with `VOID` for what is ignored.

    Returns:
        (CLASSES,) float32; 0 for a class that does not occur.
    """
    counts = torch.stack(
        [torch.bincount(each.flatten().long(), minlength=VOID + 1)[:CLASSES] for each in labels]
    )
    pixels = counts.sum(dim=1, keepdim=True) * (counts > 0)
    frequency = counts.sum(dim=0) / pixels.sum(dim=0).clamp(min=1)
    occurs = frequency > 0
    weights = frequency[occurs].median() / frequency.where(occurs, torch.ones(()))
    return weights * occurs


CHANGES = v2.Compose(
    [
        v2.ScaleJitter(CROP, scale_range=(0.5, 2.0)),
        v2.RandomCrop(CROP, pad_if_needed=True, fill={tv_tensors.Image: 128, tv_tensors.Mask: VOID}),
        v2.RandomHorizontalFlip(),
        v2.ColorJitter(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.05),
    ]
)


def augment(images: Tensor, labels: Tensor, generator: Generator) -> tuple[Tensor, Tensor]:
    """Change each scene at random: scale, crop, mirror, light. Labels move along, and are never interpolated.

    Args:
        images: (B, 3, H, W) uint8. labels: (B, H, W) int64.
        generator: the one source of chance.

    Returns:
        (B, 3, *CROP) uint8 and (B, *CROP) int64; `VOID` where a crop reaches beyond the scene.
    """
    changed = []
    with torch.random.fork_rng(devices=[]):  # torchvision draws from the global generator
        torch.manual_seed(int(torch.randint(2**31, (), generator=generator)))
        for image, label in zip(images, labels, strict=True):
            changed.append(CHANGES(tv_tensors.Image(image), tv_tensors.Mask(label)))
    images, labels = (
        torch.stack([part.as_subclass(Tensor) for part in parts]) for parts in zip(*changed, strict=True)
    )
    return images, labels


class Padded(nn.Module):
    """Run a network that wants multiples of 32 on images of any size: pad by repeating the rim, cut scores back."""

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        H, W = images.shape[2:]
        top, left = (-H % 32) // 2, (-W % 32) // 2
        sides = (left, -W % 32 - left, top, -H % 32 - top)
        return self.network(F.pad(images, sides, mode="replicate"))[:, :, top : top + H, left : left + W]


def learn(network: nn.Module, scenes: public.CamVid, steps: int, seed: int, name: str = "streets") -> History:
    """Train a network on augmented scenes; the same settings for every network."""
    weights = median_frequency(scenes.labels).sqrt()
    return fit(
        network,
        endless(scenes.images, scenes.labels, BATCH, seed, augment),
        partial(F.cross_entropy, weight=weights.to(runtime.device()), ignore_index=VOID),
        steps=steps,
        lr=RATE,
        name=name,
    )


def judge(network: nn.Module) -> tuple[dict[str, float], dict[str, Tensor]]:
    """Score a network on the film held out and on val.

    Returns:
        Figures of a row, those on val with `val_` before their names, and the counts on the film held out.
    """
    _, held, val = streets()
    figures: dict[str, float] = {}
    counts = {prefix: count(network, scenes) for prefix, scenes in (("", held), ("val_", val))}
    for prefix, each in counts.items():
        for name, value in score(total(each)).items():
            if value.ndim == 0:
                figures[f"{prefix}{name}"] = value.item()
                continue
            by_class = zip(public.CamVid.classes, value.tolist(), strict=True)
            figures |= {f"{prefix}{name} {title}": number for title, number in by_class if number == number}
    return figures, counts[""]


def row(name: str, network: nn.Module, histories: list[History], seed: int) -> dict:
    """Collect what is recorded of a network, apart from its figures."""
    rest, held, _ = streets()
    return {
        "system": name,
        "seed": seed,
        "parameters": parameter_count(network),
        "seconds": sum(history.seconds for history in histories),
        "steps": sum(history.steps for history in histories),
        "edition": public.edition("camvid"),
        "trained_on": sorted(set(rest.sequences)),
        "tested_on": sorted(set(held.sequences)),
    }


def skips(seed: int = 0, first: int = FIRST, more: int = MORE) -> Iterator[dict]:
    """Train FCN-32s, 16s and 8s from one FCN-32s with equal steps, as on the embedded data, and yield their rows.

    FCN-16s and FCN-8s share their first continuation: with equal settings and an equal seed it is the same.
    Figures `ahead_low` and `ahead_high` bound how far a network's mean IoU is ahead of FCN-32s' (see `bootstrap`),
    `boundary_ahead_...` the same for boundary IoU, `step_...` how far ahead of the next coarser network's.
    """
    rest, _, _ = streets()
    runtime.seed_everything(seed)
    start = FCN(CLASSES, stride=32)
    begun = learn(Padded(start), rest, first, seed * 10, name="FCN-32s")

    def go_on(network: FCN, stride: int, number: int) -> tuple[FCN, History]:
        network = finer(network, stride)
        return network, learn(Padded(network), rest, more, seed * 10 + number, name=f"FCN-{stride}s")

    halfway = {32: go_on(start, 32, 1), 16: go_on(start, 16, 1)}
    coarser: list[dict[str, Tensor]] = []
    for stride in STRIDES:
        middle, history = halfway[max(stride, 16)]
        network, last = go_on(middle, stride, 2)
        figures, counts = judge(Padded(network))
        if coarser:
            for name, figure, other in (
                ("ahead", "mean_iou", coarser[0]),
                ("boundary_ahead", "boundary_iou", coarser[0]),
                ("step", "mean_iou", coarser[-1]),
            ):
                figures[f"{name}_low"], figures[f"{name}_high"] = bootstrap(counts, other, figure)
        coarser.append(counts)
        yield {**row(f"FCN-{stride}s", network, [begun, history, last], seed), "figures": figures}


def best(seed: int = 0, steps: int = BEST) -> Iterator[dict]:
    """Train the encoder-decoder, and yield its row."""
    runtime.seed_everything(seed)
    network = EncoderDecoder(CLASSES)
    history = learn(network, streets()[0], steps, seed, name="encoder-decoder")
    figures, _ = judge(network)
    yield {**row("encoder-decoder", network, [history], seed), "figures": figures}


PIECES = {"skips": skips, "best": best}
