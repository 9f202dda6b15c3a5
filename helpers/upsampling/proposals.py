"""DeconvNet a proposal at a time, as its paper runs it: crop round each thing, enlarge, label, paste back."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torchmetrics.functional.classification import multiclass_jaccard_index

from helpers import seeds
from helpers.data.batches import as_input
from helpers.data.scenes import Scenes
from helpers.fcn.experiment import CLASSES, label_all

CONTEXT = 1.4  # a window's side in longer sides of the box: the paper's 1.2, and more for our smallest digits
JITTER = 0.15  # how far a training window is moved or resized, as a share of its side
Window = tuple[int, int, int]  # row and column of the upper left corner, and the side


def window(box: Tensor, size: int, context: float = CONTEXT, shift: tuple[float, float] = (0, 0)) -> Window:
    """Put a square window round a box, wholly inside the image.

    Args:
        box: (4,) as x0, y0, x1, y1, exclusive. size: side of the image.
        context: side of the window in longer sides of the box.
        shift: of the window's centre to the right and down, in sides of the window.
    """
    x0, y0, x1, y1 = box.tolist()
    side = min(size, round(context * max(x1 - x0, y1 - y0)))
    column, row = (
        round((low + high) / 2 + moved * side - side / 2)
        for low, high, moved in ((x0, x1, shift[0]), (y0, y1, shift[1]))
    )
    return min(max(row, 0), size - side), min(max(column, 0), size - side), side


def cut(image: Tensor, where: Window, size: int) -> Tensor:
    """Cut a window out of (3, S, S) uint8 and enlarge it to (3, size, size) uint8."""
    row, column, side = where
    piece = image[None, :, row : row + side, column : column + side].float()
    return F.interpolate(piece, size=(size, size), mode="bilinear").round().to(torch.uint8)[0]


def cut_labels(labels: Tensor, where: Window, size: int) -> Tensor:
    """Cut a window out of labels (S, S) and enlarge it to (size, size), each pixel taking the nearest label."""
    row, column, side = where
    piece = labels[None, None, row : row + side, column : column + side].float()
    return F.interpolate(piece, size=(size, size), mode="nearest-exact").to(labels.dtype)[0, 0]


def training_crops(scenes: Scenes, seed: int) -> tuple[Tensor, Tensor]:
    """Cut one window a scene, round a sticker drawn at random, not quite centred: images and labels."""
    generator = seeds.generator(seed)
    size = scenes.labels.shape[-1]
    images, labels = [], []
    for image, label, boxes, digits in zip(
        scenes.images, scenes.labels, scenes.boxes, scenes.digits, strict=True
    ):
        chosen = int(torch.randint(int((digits >= 0).sum()), (), generator=generator))
        right, down, larger = (JITTER * (2 * torch.rand(3, generator=generator) - 1)).tolist()
        where = window(boxes[chosen], size, CONTEXT * (1 + larger), (right, down))
        images.append(cut(image, where, size))
        labels.append(cut_labels(label, where, size))
    return torch.stack(images), torch.stack(labels)


def proposals(scenes: Scenes, scene: int) -> list[Window]:
    """The windows round one scene's true boxes: what a perfect proposer would say."""
    return [window(box, scenes.labels.shape[-1]) for box in scenes.boxes[scene] if box.any()]


def whole(network: nn.Module, scenes: Scenes) -> Tensor:
    """Label scenes whole: (N, S, S)."""
    return label_all(network, scenes.images)


def boxes_known(network: nn.Module, scenes: Scenes) -> Tensor:
    """Label scenes whole, and call everything outside the proposals background."""
    inside = torch.zeros_like(scenes.labels, dtype=torch.bool)
    for scene in range(len(scenes)):
        for row, column, side in proposals(scenes, scene):
            inside[scene, row : row + side, column : column + side] = True
    return whole(network, scenes) * inside


@torch.no_grad()
def by_proposal(network: nn.Module, scenes: Scenes) -> Tensor:
    """Label scenes window by window; where windows overlap, each class keeps its greatest share, as in the paper."""
    size = scenes.labels.shape[-1]
    labels = torch.zeros(len(scenes), size, size, dtype=torch.long)
    for scene, image in enumerate(scenes.images):
        windows = proposals(scenes, scene)
        crops = as_input(torch.stack([cut(image, where, size) for where in windows]))
        shares = network(crops).softmax(dim=1)
        canvas = torch.zeros(CLASSES, size, size)
        for (row, column, side), share in zip(windows, shares, strict=True):
            smaller = F.interpolate(share[None], size=(side, side), mode="bilinear")[0]
            part = canvas[:, row : row + side, column : column + side]
            torch.maximum(part, smaller, out=part)
        labels[scene] = canvas.argmax(dim=0)  # all zero outside: background
    return labels


WAYS: dict[str, Callable[[nn.Module, Scenes], Tensor]] = {
    "whole image": whole,
    "boxes known": boxes_known,
    "by proposal": by_proposal,
}


def judge(run: Callable[[nn.Module, Scenes], Tensor], network: nn.Module, scenes: Scenes) -> float:
    """Mean IoU of the labels that a way of running a network gives."""
    return float(multiclass_jaccard_index(run(network.eval(), scenes), scenes.labels.long(), CLASSES))
