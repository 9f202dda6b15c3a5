"""Where things are and what this machine may do: folders, seed, device, network."""

import os
import random
import warnings
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import Any

import numpy as np
import torch

from helpers import seeds

ROOT = Path(__file__).resolve().parent.parent
CACHE_VARIABLE = "COURSE_DATA"
OFFLINE_VARIABLE = "COURSE_OFFLINE"


def cache_path() -> Path:
    """Where downloads are to lie: `data/cache`, or the folder that `COURSE_DATA` names. Nothing is made.

    A path that does not begin at the root begins at the course's folder, wherever a notebook is run.

    Raises:
        PermissionError: `COURSE_DATA` begins with a tilde, and this machine knows no such home.
    """
    named = Path(os.environ.get(CACHE_VARIABLE, "").strip() or "data/cache")
    try:
        return ROOT / named.expanduser()
    except RuntimeError as error:
        raise PermissionError(_unusable(named, "there is no such home")) from error


def cache_folder() -> Path:
    """The folder that downloads land in, made if it is not there.

    Raises:
        PermissionError: the folder cannot be made or written to; the message names it and says what to set.
    """
    folder = cache_path()
    probe = folder / f".writable-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink(missing_ok=True)  # another thread may have taken it away
    except OSError as error:
        raise PermissionError(_unusable(folder, error.strerror)) from error
    return folder


def _unusable(folder: Path, why: str | None) -> str:
    return (
        f"The data folder {folder} cannot be written to ({why}). "
        f"Expected a folder that you may write in: set the variable {CACHE_VARIABLE} to one and run again."
    )


def offline() -> bool:
    """Whether the learner asked for no network, by setting `COURSE_OFFLINE` to anything but 0."""
    return os.environ.get(OFFLINE_VARIABLE, "0") not in ("", "0")


def seed_everything(seed: int) -> None:
    """Seed every source of chance that a lesson uses: Python, NumPy and torch."""
    seed = seeds.whole(seed)
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - libraries that draw from NumPy's global state
    torch.manual_seed(seed)


def in_single_precision(make: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function make its tensors in float32 whatever default the learner has set: data come from a seed alone."""

    @wraps(make)
    def made(*arguments, **options):
        chosen = torch.get_default_dtype()
        torch.set_default_dtype(torch.float32)
        try:
            return make(*arguments, **options)
        finally:
            torch.set_default_dtype(chosen)

    return made


@cache
def device() -> torch.device:
    """The GPU when there is one that works, else the CPU that every figure of this course was measured on.

    A GPU may be seen and yet be of no use: too old for this torch, full, or kept by another program. It is tried once,
    and a warning says why it is left alone.
    """
    if torch.cuda.is_available():
        try:
            _try(torch.device("cuda"))
            return torch.device("cuda")
        except (RuntimeError, AssertionError) as error:
            reason = str(error).strip().partition("\n")[0]
            warnings.warn(
                f"There is a GPU, but it cannot be used ({reason}). The CPU does the work.", stacklevel=2
            )
    return torch.device("cpu")


def _try(place: torch.device) -> None:
    """Do a little of what training does."""
    image = torch.ones(1, 1, 4, 4, device=place, requires_grad=True)
    torch.nn.functional.conv2d(image, torch.ones(1, 1, 3, 3, device=place)).sum().backward()
    image.grad.sum().item()


def has_bfloat16() -> bool:
    """Whether this machine has instructions for bfloat16, without which it would be slower than float32."""
    if device().type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    known = getattr(torch.cpu, "get_capabilities", dict)()  # an older torch does not tell
    return any(known.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))
