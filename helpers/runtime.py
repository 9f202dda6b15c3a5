"""Where things are and what this machine may do: folders, seed, device, network."""

import operator
import os
import random
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parent.parent
CACHE_VARIABLE = "COURSE_DATA"
OFFLINE_VARIABLE = "COURSE_OFFLINE"


def cache_folder() -> Path:
    """The folder that downloads land in: `data/cache`, or the one that `COURSE_DATA` names.

    Raises:
        PermissionError: the folder cannot be made or written to; the message names it and says what to set.
    """
    folder = Path(os.environ.get(CACHE_VARIABLE) or ROOT / "data" / "cache").expanduser()
    probe = folder / f".writable-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise PermissionError(
            f"The data folder {folder} cannot be written to ({error.strerror}). "
            f"Expected a folder that you may write in: set the variable {CACHE_VARIABLE} to one and run again."
        ) from error
    return folder


def offline() -> bool:
    """Whether the learner asked for no network, by setting `COURSE_OFFLINE` to anything but 0."""
    return os.environ.get(OFFLINE_VARIABLE, "0") not in ("", "0")


def generator(seed: int) -> torch.Generator:
    """A source of chance of its own, from an integer of Python's, NumPy's or torch's.

    Raises:
        ValueError: the seed is no integer.
    """
    return torch.Generator().manual_seed(_integer(seed))


def seed_everything(seed: int) -> None:
    """Seed every source of chance that a lesson uses: Python, NumPy and torch."""
    seed = _integer(seed)
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - libraries that draw from NumPy's global state
    torch.manual_seed(seed)


def _integer(seed: int) -> int:
    try:
        return operator.index(seed)
    except TypeError:
        raise ValueError(f"seed is {seed!r}, a {type(seed).__name__}: give an integer.") from None


def device() -> torch.device:
    """The GPU when there is one, else the CPU that every figure of this course was measured on."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def has_bfloat16() -> bool:
    """Whether this machine has instructions for bfloat16, without which it would be slower than float32."""
    if device().type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    known = getattr(torch.cpu, "get_capabilities", dict)()  # an older torch does not tell
    return any(known.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))
