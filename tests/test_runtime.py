"""Folders, seed, device and network, as a lesson asks for them."""

import os
import random
import warnings

import numpy as np
import pytest
import torch
from torch import Generator
from torch.testing import assert_close

from helpers import runtime, seeds
from helpers.data.digits import handwritten_digits, textures_of
from helpers.data.distorted import KINDS, distort
from helpers.data.photographs import random_crops
from helpers.data.scenes import make_scenes


@pytest.mark.parametrize(
    ("named", "folder"),
    [
        (None, "course/data/cache"),
        ("", "course/data/cache"),
        (" ", "course/data/cache"),
        ("~/deep/folder", "home/deep/folder"),
        (
            "own/cache",
            "course/own/cache",
        ),  # the same for a notebook in notebooks/ and a script in the course's folder
    ],
)
def test_downloads_land_in_the_course_or_where_the_learner_says(tmp_path, monkeypatch, named, folder):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(runtime, "ROOT", tmp_path / "course")
    monkeypatch.delenv(runtime.CACHE_VARIABLE, raising=False)
    if named is not None:
        monkeypatch.setenv(runtime.CACHE_VARIABLE, named)
    assert runtime.cache_path() == tmp_path / folder and not runtime.cache_path().exists()
    assert runtime.cache_folder() == tmp_path / folder
    assert list(runtime.cache_folder().iterdir()) == []
    monkeypatch.setenv(runtime.CACHE_VARIABLE, str(tmp_path / "elsewhere"))
    assert runtime.cache_folder() == tmp_path / "elsewhere"


def test_without_a_home_a_tilde_is_explained_and_anything_else_works(tmp_path, monkeypatch):
    """As in a container that runs under a number without a name."""
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    monkeypatch.setenv(runtime.CACHE_VARIABLE, "~/course")
    with pytest.raises(PermissionError, match="~/course.*no such home.*set the variable COURSE_DATA"):
        runtime.cache_folder()
    monkeypatch.setenv(runtime.CACHE_VARIABLE, str(tmp_path))
    assert runtime.cache_folder() == tmp_path


def test_a_folder_that_cannot_be_written_to_is_named_with_the_way_out(tmp_path, monkeypatch):
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    monkeypatch.setenv(runtime.CACHE_VARIABLE, str(blocked))
    with pytest.raises(
        PermissionError, match=f"{blocked} cannot be written to .*set the variable COURSE_DATA"
    ):
        runtime.cache_folder()


@pytest.mark.parametrize(
    ("value", "expected"), [(None, False), ("", False), ("0", False), ("1", True), ("yes", True)]
)
def test_offline_is_what_the_variable_says(monkeypatch, value, expected):
    monkeypatch.delenv(runtime.OFFLINE_VARIABLE, raising=False)
    if value is not None:
        monkeypatch.setenv(runtime.OFFLINE_VARIABLE, value)
    assert runtime.offline() is expected


def test_a_seed_rules_every_source_of_chance():
    def draw(seed):
        runtime.seed_everything(seed)
        return random.random(), np.random.random(), torch.rand(3).tolist()  # noqa: NPY002

    assert draw(3) == draw(3)
    assert all(a != b for a, b in zip(draw(3), draw(4), strict=True))
    assert draw(2**32 + 1)[1] == draw(1)[1], "NumPy's seed ends at 32 bits"


def test_integers_of_all_kinds_are_seeds_and_nothing_else_is():
    draws = [torch.rand(3, generator=seeds.generator(seed)) for seed in (3, np.int64(3), torch.tensor(3))]
    assert torch.equal(draws[0], draws[1]) and torch.equal(draws[0], draws[2])
    assert not torch.equal(draws[0], torch.rand(3, generator=seeds.generator(4)))
    runtime.seed_everything(np.int64(3))
    for wrong in (np.float64(3), "3", None):
        with pytest.raises(ValueError, match=f"a {type(wrong).__name__}: give an integer"):
            runtime.seed_everything(wrong)


def test_the_device_can_hold_a_tensor():
    assert torch.ones(2, device=runtime.device()).sum() == 2
    assert runtime.device().type in ("cpu", "cuda")


@pytest.fixture
def anew():
    """Look for a GPU as if for the first time, and forget what was found."""
    runtime.device.cache_clear()
    yield
    runtime.device.cache_clear()


def test_a_gpu_that_is_seen_but_unusable_is_left_alone_and_said_so_once(monkeypatch, anew):
    def full(place):
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 MiB.\nSee the documentation.")

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(runtime, "_try", full)
    with pytest.warns(
        UserWarning, match=r"cannot be used \(CUDA out of memory. Tried to allocate 2 MiB.\)\. The"
    ):
        assert runtime.device().type == "cpu"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert runtime.device().type == "cpu"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, False),
        ({"avx512_bf16": False, "avx2": True}, False),
        ({"avx512_bf16": True}, True),
        ({"bf16": True}, True),
        (None, False),  # an older torch, which cannot tell
    ],
)
def test_bfloat16_is_there_if_the_processor_says_so(monkeypatch, told, expected):
    monkeypatch.setattr(runtime, "device", lambda: torch.device("cpu"))
    if told is None:
        monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    else:
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: told, raising=False)
    assert runtime.has_bfloat16() is expected


def test_data_come_from_their_seed_whatever_precision_the_learner_chose():
    def draw() -> list[torch.Tensor]:
        digits, _ = handwritten_digits("test")
        kinds = [distort(digits[:4], kind, Generator().manual_seed(1)).images for kind in KINDS]
        crops = random_crops(2, 64, "train", Generator().manual_seed(1))
        scenes = make_scenes(2, 0, "train")
        return [textures_of(digits[:4]), *kinds, crops, scenes.images, scenes.labels]

    before = draw()
    torch.set_default_dtype(torch.float64)
    try:
        after = draw()
        assert torch.get_default_dtype() == torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
    for one, other in zip(before, after, strict=True):
        assert_close(other, one, rtol=0, atol=0)
