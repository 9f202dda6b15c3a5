"""The baseline that knows no instances: the connected pieces of a class map."""

import torch
from skimage.measure import label
from torch import Tensor

from helpers.data.batches import as_input
from helpers.instances.model import ClassMap
from helpers.instances.scoring import Detections

SMALLEST = 30  # pixels of a piece that counts as a thing


def pieces(number: int, labels: Tensor, chances: Tensor) -> Detections:
    """Call each connected piece of one class in a class map an instance, unless it is tiny.

    Args:
        number: of the image. labels: (H, W), 0 the ground, d + 1 digit d.
        chances: (H, W), of each pixel's label; a piece's score is their mean.
    """
    numbered = torch.from_numpy(label(labels.numpy(), connectivity=1))
    masks = numbered == torch.arange(1, int(numbered.max()) + 1)[:, None, None]
    masks = masks[masks.sum(dim=(1, 2)) >= SMALLEST]
    classes = (masks * labels).amax(dim=(1, 2)).long() - 1
    order = classes.argsort(stable=True)
    scores = torch.tensor([float(chances[mask].mean()) for mask in masks])
    return Detections(number, masks, classes, scores)[order]


@torch.no_grad()
def components(network: ClassMap, images: Tensor) -> list[Detections]:
    """The baseline: label every pixel, and take the class map's pieces."""
    found = []
    for number, image in enumerate(images):
        chances, labels = network.eval()(as_input(image[None]))[0].softmax(dim=0).max(dim=0)
        found.append(pieces(number, labels, chances))
    return found
