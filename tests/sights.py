"""How colours look to normal and to three kinds of colour-blind eyes, and how far apart they are."""

import numpy as np
from skimage.color import rgb2lab

# Machado, Oliveira, Fernandes 2009, table 1 at severity 1.0; they act on linear light.
SIGHTS = {
    "normal": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}  # fmt: skip


def light(colours: np.ndarray, sight: str) -> np.ndarray:
    """Colours (N, 3) in 0..255 as linear light in 0..1, as a sight sees them."""
    share = np.asarray(colours, float) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return np.clip(linear @ np.array(SIGHTS[sight]).T, 0, 1)


def contrast(colours: np.ndarray, ground: np.ndarray, sight: str) -> np.ndarray:
    """WCAG's contrast of colours (N, 3) with one ground (3,): (N,), from 1."""
    ours, theirs = (light(each, sight) @ [0.2126, 0.7152, 0.0722] for each in (colours, np.asarray(ground)))
    return (np.maximum(ours, theirs) + 0.05) / (np.minimum(ours, theirs) + 0.05)


def nearest(colours: np.ndarray, sight: str) -> float:
    """The least distance in CIELAB between two of some colours (N, 3) in 0..255, as a sight sees them."""
    linear = light(colours, sight)
    seen = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    lab = rgb2lab(seen[None])[0]
    apart = np.linalg.norm(lab[:, None] - lab, axis=-1)
    return apart[~np.eye(len(lab), dtype=bool)].min()
