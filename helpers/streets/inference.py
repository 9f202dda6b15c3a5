"""Two ways to run a network: averaged over several sizes, or in shorter numbers."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers import runtime

SCALES = (0.75, 1.0, 1.5)  # at which the best network on real streets looks at an image


class Averaged(nn.Module):
    """Ask a network about an image at several sizes and mirrored, and average the shares that it gives each class.

    What a network says of a facade changes with the size at which it meets it; what it says at every size is more
    often right. Costs as many passes as there are copies. `forward` returns (B, classes, H, W) shares, not scores.
    """

    def __init__(self, network: nn.Module, scales: Sequence[float] = SCALES):
        super().__init__()
        self.network, self.scales = network, scales

    def forward(self, images: Tensor) -> Tensor:
        shares = []
        for scale in self.scales:
            sized = F.interpolate(
                images, scale_factor=scale, mode="bilinear", align_corners=False, antialias=True
            )
            for scores in (self.network(sized), self.network(sized.flip(3)).flip(3)):
                fitted = F.interpolate(scores, size=images.shape[2:], mode="bilinear", align_corners=False)
                shares.append(fitted.softmax(dim=1))
        return torch.stack(shares).mean(dim=0)


class Bfloat16(nn.Module):
    """Run a network in bfloat16 where this machine computes in it, and otherwise in float32, which takes longer.

    A bfloat16 has the exponent of a float32 and a third of its digits (Kalamkar et al. 2019). Weights, their gradients
    and the scores stay float32.
    """

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        with torch.autocast(images.device.type, torch.bfloat16, enabled=runtime.has_bfloat16()):
            scores = self.network(images)
        return scores.float()
