"""torchvision's pretrained FCN, for the learner's own photograph; its weights are 130 MB and come from its makers."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException

import torch
from torch import Tensor, nn
from torchvision.models.segmentation import FCN_ResNet50_Weights, fcn_resnet50

from helpers import runtime

WEIGHTS = FCN_ResNet50_Weights.COCO_WITH_VOC_LABELS_V1
NAMES = tuple(WEIGHTS.meta["categories"])
TIMEOUT = 10.0  # seconds without an answer


def pretrained_fcn() -> nn.Module:
    """Build FCN on ResNet-50, trained on those images of COCO that show the 20 classes of PASCAL VOC.

    The weights are downloaded at first use, into the course's cache folder.

    Raises:
        ConnectionError: they are not in the cache and cannot be had; the message says why.
    """
    folder = runtime.cache_folder() / "checkpoints"
    if runtime.offline() and not (folder / WEIGHTS.url.rpartition("/")[-1]).exists():
        raise ConnectionError(
            f"The pretrained weights are not in {folder.name}, and {runtime.OFFLINE_VARIABLE} asks for no network."
        )
    try:
        with _with_timeout():
            state = WEIGHTS.get_state_dict(model_dir=str(folder), progress=True, check_hash=True)
    # URLError is an OSError; a wrong hash a RuntimeError.
    except (OSError, HTTPException, RuntimeError) as error:
        raise ConnectionError(
            f"The pretrained weights cannot be had from {WEIGHTS.url}: {error}. Try again with a network."
        ) from error
    # Without weights_backbone=None torchvision would fetch ImageNet's as well, only to overwrite them.
    network = fcn_resnet50(weights=None, weights_backbone=None, num_classes=len(NAMES), aux_loss=True)
    network.load_state_dict(state)
    return network.eval()


@torch.no_grad()
def label(network: nn.Module, photograph: Tensor) -> tuple[Tensor, dict[str, float]]:
    """Label every pixel of a photograph with the pretrained network.

    Args:
        photograph: (3, H, W) uint8.

    Returns:
        The share of the pixels of each class that was found, background first, then the largest first; and before it
        (H, W) int64, which numbers the pixels in that order, so that few classes need few colours.
    """
    scores = network(WEIGHTS.transforms()(photograph)[None])["out"]
    scores = nn.functional.interpolate(
        scores, size=photograph.shape[1:], mode="bilinear", align_corners=False
    )
    labels = scores.argmax(dim=1)[0]
    pixels = torch.bincount(labels.flatten(), minlength=len(NAMES))
    order = [0, *(k for k in pixels.argsort(descending=True).tolist() if k and pixels[k])]
    ranks = torch.zeros(len(NAMES), dtype=torch.long)
    ranks[order] = torch.arange(len(order))
    return ranks[labels], {NAMES[k]: pixels[k].item() / labels.numel() for k in order}


@contextmanager
def _with_timeout() -> Iterator[None]:
    """Give up on a network that does not answer; torch would wait for ever."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
