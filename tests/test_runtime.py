"""Folders, seed, device and network, as a lesson asks for them."""

import random

import numpy as np
import pytest
import torch

from helpers import runtime


def test_downloads_land_in_the_course_or_where_the_learner_says(tmp_path, monkeypatch):
    monkeypatch.setenv(runtime.CACHE_VARIABLE, str(tmp_path / "deep" / "folder"))
    assert runtime.cache_folder() == tmp_path / "deep" / "folder"
    assert list(runtime.cache_folder().iterdir()) == []
    monkeypatch.setattr(runtime, "ROOT", tmp_path)
    for unset in ("", None):
        monkeypatch.setenv(runtime.CACHE_VARIABLE, unset) if unset is not None else monkeypatch.delenv(
            runtime.CACHE_VARIABLE
        )
        assert runtime.cache_folder() == tmp_path / "data" / "cache"


def test_a_tilde_is_the_learners_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv(runtime.CACHE_VARIABLE, "~/course")
    assert runtime.cache_folder() == tmp_path / "course"


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
    draws = [torch.rand(3, generator=runtime.generator(seed)) for seed in (3, np.int64(3), torch.tensor(3))]
    assert torch.equal(draws[0], draws[1]) and torch.equal(draws[0], draws[2])
    assert not torch.equal(draws[0], torch.rand(3, generator=runtime.generator(4)))
    runtime.seed_everything(np.int64(3))
    for wrong in (np.float64(3), "3", None):
        with pytest.raises(ValueError, match=f"a {type(wrong).__name__}: give an integer"):
            runtime.seed_everything(wrong)


def test_the_device_can_hold_a_tensor():
    assert torch.ones(2, device=runtime.device()).sum() == 2
    assert runtime.device().type in ("cpu", "cuda")


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, False),
        ({"avx512_bf16": False, "avx2": True}, False),
        ({"avx512_bf16": True}, True),
        ({"bf16": True}, True),
    ],
)
def test_bfloat16_is_there_if_the_processor_says_so(monkeypatch, told, expected):
    monkeypatch.setattr(runtime, "device", lambda: torch.device("cpu"))
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: told, raising=False)
    assert runtime.has_bfloat16() is expected


def test_an_older_torch_that_cannot_tell_has_no_bfloat16(monkeypatch):
    monkeypatch.setattr(runtime, "device", lambda: torch.device("cpu"))
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert runtime.has_bfloat16() is False
