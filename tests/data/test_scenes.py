"""Scenes: what is drawn against what the tensors say, one option at a time, and requests that cannot be met."""

import math
import re
from dataclasses import FrozenInstanceError, replace
from functools import cache
from itertools import combinations
from zlib import crc32

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import distance_transform_edt
from scipy.stats import chi2_contingency, kstest
from skimage.measure import label as connected
from torch import Generator
from torch.testing import assert_close

from helpers.data.digits import sticker_textures
from helpers.data.placing import correlate, plan_stickers
from helpers.data.scene_options import SceneOptions
from helpers.data.scene_plan import _same_class, draft_plan, drift
from helpers.data.scenes import make_scenes, paint_stickers
from helpers.data.splits import SPLITS
from helpers.data.stickers import COLOUR_NAMES, STICKER_COLOURS, sample_sticker, sampling_grid

# The test split has 500 digits: their stickers are cut in a moment, those of the 4,000 of train are not.
SPLIT = "test"
scenes = cache(lambda number=24, seed=0, split=SPLIT, **options: make_scenes(number, seed, split, **options))
SMALL = {"count": 5, "height": (20, 40)}
LAYOUTS = {
    "default": {},
    "crowd": SMALL,
    "large": {"size": 200, "count": 9, "height": (12, 110), "height_distribution": "log-uniform"},
    "free": SMALL | {"overlap": "free", "colours": ("white",)},
    "touching": SMALL | {"overlap": "touching", "count": (1, 4)},
    "covering": SMALL | {"overlap": "covering", "covered": (0.3, 0.5), "same_class": 0.5},
    "chain": {"overlap": "chain", "count": (4, 6), "height": (16, 24), "colouring": "free"},
    "clip": {"frames": 3},
    "event": {"frames": 3, "event": True},
}


def seeded(seed=0) -> Generator:
    return Generator().manual_seed(seed)


@cache
def whole_stickers(number: int, seed: int, options: SceneOptions):
    """The plan of scenes, and each sticker drawn whole on a canvas three scenes wide: (N, K, 3 S, 3 S) bool."""
    plan = plan_stickers(number, SPLIT, options, seeded(seed * 3 + SPLITS.index(SPLIT)))
    textures, _ = sticker_textures(SPLIT)
    size = options.size
    covers = [
        sample_sticker(textures[texture], sampling_grid(places + size, heights, angles, 3 * size), heights)[0]
        for texture, places, heights, angles in zip(
            *(each.unbind(1) for each in (plan.texture, plan.places, plan.heights, plan.angles)), strict=True
        )
    ]
    return plan, (torch.stack(covers, dim=1) >= 0.5) & plan.present[:, :, None, None]


def gap(first, second) -> float:
    """The distance between two masks in pixels; 1 where they touch along an edge."""
    return distance_transform_edt(~np.asarray(first))[np.asarray(second)].min()


def same(first, second) -> bool:
    return all(torch.equal(value, getattr(second, name)) for name, value in vars(first).items())


# Seeds and options


# Drawn before the options became a class: a checksum of what is drawn by chance; sums of places and heights; pixels
# on stickers; mean brightness.
STORED = [
    ({}, 1113811889, 2304.32, 1267.22, 32394, 101.82),
    (SMALL, 3141532925, 5052.9, 1189.79, 27980, 97.28),
    ({"size": 64, "count": 1, "height": (32, 44)}, 1065585704, 553.28, 286.18, 8785, 94.31),
    (
        SMALL | {"count": (1, 4), "overlap": "touching", "same_class": 1},
        3354408778,
        2051.0,
        910.09,
        10645,
        99.53,
    ),
    (SMALL | {"overlap": "free"}, 3141532925, 4812.9, 1189.79, 24476, 96.78),
]


@pytest.mark.parametrize("options, choices, places, heights, on_stickers, brightness", STORED)
def test_scenes_stay_those_of_the_stored_results(options, choices, places, heights, on_stickers, brightness):
    drawn = make_scenes(8, 3, "val", **options)
    assert crc32(torch.cat([drawn.texture, drawn.digits, drawn.colours]).numpy().tobytes()) == choices
    found = drawn.places.sum(), drawn.heights.sum(), drawn.images.float().mean()
    assert_close(torch.stack(found), torch.tensor([places, heights, brightness]), rtol=0, atol=0.05)
    assert abs(drawn.labels.count_nonzero() - on_stickers) <= 10, "up to rounding"


def test_options_are_given_by_name_or_as_one_object():
    options = SceneOptions(size=64, count=1, height=(20, 30))
    named = make_scenes(4, 0, SPLIT, size=64, count=1, height=(20, 30))
    assert same(named, make_scenes(4, 0, SPLIT, options))
    assert same(named, make_scenes(4, 0, SPLIT, replace(options, size=90), size=64))
    assert same(named, make_scenes(np.int64(4), np.uint8(0), SPLIT, options, count=np.int32(1)))
    assert hash(options) == hash(replace(options)), "so that drawn scenes can be cached by their options"
    with pytest.raises(FrozenInstanceError):
        options.size = 32
    with pytest.raises(TypeError, match="'tall'"):
        make_scenes(4, 0, SPLIT, tall=(20, 30))


def test_same_seed_same_scenes_and_chunks_are_strung_together():
    drawn = make_scenes(20, 0, SPLIT, chunk=8)
    assert same(drawn, make_scenes(20, 0, SPLIT, chunk=8)) and len(drawn) == 20
    assert same(drawn[:8], make_scenes(8, 0, SPLIT))
    for other in (drawn[8:12], make_scenes(4, 1, SPLIT), make_scenes(4, 0, "val")):
        assert not torch.equal(drawn.images[:4], other.images)


# What the tensors say, whatever the options


@pytest.mark.parametrize("layout", LAYOUTS)
def test_masks_boxes_digits_order_and_visible_shares_agree(layout):
    drawn, (_, classes) = scenes(8, **LAYOUTS[layout]), sticker_textures(SPLIT)
    frames = drawn.images.shape[1] if drawn.images.ndim == 5 else 1
    N, K, S = *drawn.digits.shape, drawn.images.shape[-1]
    labels, instances, blank = (
        each.view(N, frames, S, S).numpy() for each in (drawn.labels, drawn.instances, drawn.blank)
    )
    visible, order, x = (v.view(N, frames, K) for v in (drawn.visible, drawn.order, drawn.places[..., 0]))
    boxes = drawn.boxes.view(N, frames, K, 4)
    for n in range(N):
        digits = drawn.digits[n].tolist()
        count = sum(digit >= 0 for digit in digits)
        assert digits[count:] == [-1] * (K - count)
        leaders = [k - k % 3 if layout == "chain" else k for k in range(count)]
        assert digits[:count] == classes[drawn.texture[n, leaders]].tolist()
        for t in range(frames):
            present = range(count - (drawn.event[n] not in (-1, t)))
            expected = np.zeros((S, S), np.uint8)
            for k in range(K):
                mask = instances[n, t] == k + 1
                expected[mask] = digits[k] + 1
                assert k in present or not mask.any()
                assert 0 <= visible[n, t, k] <= 1 and (visible[n, t, k] > 0) == mask.any()
                rows, columns = mask.any(1).nonzero()[0], mask.any(0).nonzero()[0]
                outer = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1] if mask.any() else [0] * 4
                assert boxes[n, t, k].tolist() == outer
            assert np.array_equal(labels[n, t], expected) and instances[n, t].max() <= count
            assert not (blank[n, t] & (expected == 0)).any()
            by_column = sorted(present, key=lambda k: float(x[n, t, k]))  # noqa: B023
            assert order[n, t].tolist() == by_column + [-1] * (K - len(by_column))


@pytest.mark.parametrize("layout", ["default", "crowd", "free", "covering", "touching", "chain"])
def test_what_is_seen_are_the_planned_stickers_the_last_on_top(layout):
    options = SceneOptions(**LAYOUTS[layout])
    S, (plan, whole) = options.size, whole_stickers(8, 3, options)
    drawn = make_scenes(8, 3, SPLIT, options)
    inside = whole[..., S : 2 * S, S : 2 * S]
    top = (inside * torch.arange(1, inside.shape[1] + 1)[:, None, None]).amax(dim=1)
    assert torch.equal(plan.places, drawn.places) and (drawn.instances != top).float().mean() < 1e-3
    shares = [(top == k + 1).sum(dim=(1, 2)) for k in range(inside.shape[1])]
    expected = torch.stack(shares, dim=1) / inside.sum(dim=(2, 3)).clamp(min=1)
    assert_close(drawn.visible, expected, rtol=0, atol=0.02)
    outside = (1 - inside.sum(dim=(2, 3)) / whole.sum(dim=(2, 3)))[plan.present]
    # Where a sticker lies half a pixel elsewhere, its area is a few pixels another.
    assert outside.max() <= 0.003
    if layout == "free":
        assert drawn.visible[plan.present].min() < 0.7, "some are partly covered"


@pytest.mark.parametrize("size", [97, 150])
def test_counts_heights_and_turns_keep_to_their_ranges(size):
    plan, whole = whole_stickers(40, 0, SceneOptions(size=size, rotation=30))
    assert set(plan.present.sum(dim=1).tolist()) == {1, 2, 3}
    heights, turns = plan.heights[plan.present], torch.rad2deg(plan.angles)
    assert 32 <= heights.min() < 40 and 60 < heights.max() <= 72
    assert 20 < turns.max() <= 30 and -30 <= turns.min() < -20
    assert torch.equal(whole[..., size : 2 * size, size : 2 * size].sum(), whole.sum()), "nothing is cut off"


# One option at a time


def test_log_uniform_heights_are_as_many_in_every_octave():
    options = SceneOptions(size=256, height=(12, 110), height_distribution="log-uniform")
    heights = draft_plan(1000, SPLIT, options, seeded()).heights.flatten().double().numpy()
    assert kstest(np.log(heights / 12) / np.log(110 / 12), "uniform").pvalue > 0.01
    assert heights.min() >= 12 and heights.max() <= 110


def test_stickers_larger_than_the_scene_are_made_smaller():
    """Drawn at the centre they once lost what the scene could not hold, and what was left counted as whole."""
    plan, whole = whole_stickers(12, 0, SceneOptions(size=64, height=(16, 300), rotation=180))
    assert not whole[..., :64, :].any() and not whole[..., 128:, :].any()
    assert plan.heights.max() > 30 and plan.heights[plan.present].max() < 64


def test_stickers_are_painted_in_the_colours_that_they_are_said_to_have():
    drawn = scenes(12, **SMALL)
    for number in range(len(drawn)):
        for k, name in enumerate(drawn.colour_names(number)):
            _, backing, ink = STICKER_COLOURS[COLOUR_NAMES.index(name)]
            pixels = drawn.images[number][:, drawn.instances[number] == k + 1].T
            for colour, share in ((backing, 0.2), (ink, 0.03)):
                near = (pixels - torch.tensor(colour)).abs().amax(dim=1) <= 2
                assert near.float().mean() > share, name


def test_colours_are_one_for_each_or_free():
    names = COLOUR_NAMES[:6]
    for colouring, numbers in (("each", {6}), ("free", {2, 3, 4, 5, 6})):
        options = SceneOptions(count=6, colours=names, colouring=colouring)
        colours = draft_plan(400, SPLIT, options, seeded()).colours
        assert colours.unique().tolist() == [0, 1, 2, 3, 4, 5]
        assert {len(set(row)) for row in colours.tolist()} == numbers
    two = draft_plan(50, SPLIT, SceneOptions(count=4, colours=names[:2]), seeded()).colours
    assert {tuple(sorted(row)) for row in two.tolist()} == {(0, 0, 1, 1)}, "few are used equally often"


def test_without_overlap_there_is_background_between_stickers():
    """In a crowd, where nudges of neighbours towards each other are common."""
    _, whole = whole_stickers(60, 0, SceneOptions(size=64, count=6, height=(8, 14)))
    wide = torch.nn.functional.max_pool2d(whole.flatten(0, 1).float()[:, None], 3, 1, 1).view_as(whole)
    assert (wide.sum(dim=1) * whole.any(dim=1)).max() == 1, "the pixels of a sticker are next to no other"


@pytest.mark.parametrize("layout", ["touching", "covering", "chain"])
def test_linked_stickers_touch_or_cover_the_one_before_and_no_other(layout):
    options = SceneOptions(**LAYOUTS[layout] | {"size": 72, "height": (10, 20)})
    plan, whole = whole_stickers(30, 3, options)
    linked = 0
    for masks, count in zip(whole.numpy(), plan.present.sum(dim=1).tolist(), strict=True):
        for j, k in combinations(range(count), 2):
            both = (masks[j] & masks[k]).sum()
            if k % options.linked and j == k - 1:
                linked += 1
                if layout == "covering":
                    assert 0.28 <= both / masks[j].sum() <= 0.52
                else:
                    assert both <= 2 and gap(masks[j], masks[k]) <= 2
                    apart = connected(masks[j]).max() + connected(masks[k]).max()
                    assert connected(masks[j] | masks[k]).max() < apart, "one blob"
            else:
                assert both <= 2
                if layout == "chain" and j // 3 != k // 3:
                    assert gap(masks[j], masks[k]) > 1.5, "chains lie apart"
    assert linked >= 20


def test_a_partner_is_another_digit_of_the_class_as_often_as_asked():
    classes = torch.tensor([4, 7, 4, 7])
    for chosen, other in enumerate((2, 3, 0, 1)):
        assert set(_same_class(classes, torch.full((20,), chosen), seeded()).tolist()) == {other}
    for chance, least, most in ((0, 80, 160), (0.5, 600, 720), (1, 1200, 1200)):
        digits = draft_plan(600, SPLIT, SceneOptions(count=5, same_class=chance), seeded()).digits
        assert least <= (digits[:, [0, 2]] == digits[:, [1, 3]]).sum() <= most


@pytest.mark.parametrize("overlap, least", [("none", 14), ("touching", 6)])
def test_a_column_gap_keeps_centres_apart(overlap, least):
    drawn = scenes(16, overlap=overlap, count=4, height=(16, 24), column_gap=least)
    assert least <= drawn.places[..., 0].sort(dim=1).values.diff(dim=1).min() < least + 3


def test_hidden_ink_leaves_the_backing_and_the_labels():
    """Against the same plan without its cuts."""
    options = SceneOptions(hidden=(0.3, 0.7), colours=("white",))
    plan = plan_stickers(12, SPLIT, options, seeded())
    bare = torch.full((12, 3, 128, 128), 0.98)
    cut = paint_stickers(plan, bare, SPLIT)
    full = paint_stickers(plan._replace(cuts=torch.tensor([0, -math.inf]).expand(12, 3, 2)), bare, SPLIT)
    assert torch.equal(cut.labels, full.labels) and not full.blank.any()
    dark, was_dark = cut.images[:, 0] < 137, full.images[:, 0] < 137
    assert not (dark & cut.blank).any() and not (dark & ~was_dark).any()
    assert (was_dark & ~cut.blank & ~dark).float().mean() < 1e-3, "beyond the cut all is printed"
    for n, k in plan.present.nonzero().tolist():
        ink = was_dark[n] & (full.instances[n] == k + 1)
        assert abs((ink & cut.blank[n]).sum() / ink.sum() - plan.hidden[n, k]) < 0.06
    assert 0.3 <= plan.hidden.min() < 0.35 and 0.65 < plan.hidden.max() <= 0.7


def test_the_pixels_of_a_chains_later_stickers_say_nothing_about_their_label():
    options = SceneOptions(**LAYOUTS["chain"])
    plan, (_, classes) = draft_plan(2000, SPLIT, options, seeded()), sticker_textures(SPLIT)
    later = torch.tensor([1, 2, 4, 5])
    table = torch.zeros(10, 10)
    pairs = plan.digits[:, later].flatten(), classes[plan.texture[:, later]].flatten()
    table.index_put_(pairs, torch.ones(()), accumulate=True)
    assert chi2_contingency(table.numpy()).pvalue > 0.01, "labels and outlines are independent"
    drawn = scenes(8, **LAYOUTS["chain"])
    for n, k in (drawn.digits >= 0).nonzero().tolist():
        ink = torch.tensor(STICKER_COLOURS[drawn.colours[n, k]][2])
        mask = drawn.instances[n] == k + 1
        inked = (drawn.images[n][:, mask].T - ink).abs().amax(dim=1) <= 2
        assert drawn.blank[n][mask].all() == (k % 3 > 0)
        assert inked.any() == (k % 3 == 0)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 7))
def test_correlate_equals_a_loop_over_shifts(seed, s):
    mask, field = torch.rand(2, 2, s, s, generator=seeded(seed)).round()
    found = correlate(mask, field)
    padded = torch.nn.functional.pad(field, (s, s, s, s))
    for down in range(s + 1):
        for right in range(s + 1):
            top, left = s + down - s // 2, s + right - s // 2
            expected = (mask * padded[:, top : top + s, left : left + s]).sum(dim=(1, 2))
            assert_close(found[:, down, right], expected, rtol=0, atol=1e-4)
    assert found.shape == (2, s + 1, s + 1)


# Clips


def test_a_clip_begins_as_the_still():
    still, clip = scenes(6), scenes(6, frames=3)
    for name, value in vars(still).items():
        moving = getattr(clip, name).ndim > value.ndim
        assert torch.equal(getattr(clip, name)[:, 0] if moving else getattr(clip, name), value), name


def test_boxes_move_as_the_centres_do():
    clip = scenes(12, frames=3)
    absent = (clip.digits < 0)[:, None].expand(-1, 3, -1)
    assert not clip.places[absent].any(), "what is not there does not move"
    centre = (clip.boxes[..., :2] + clip.boxes[..., 2:]) / 2
    seen = (clip.visible == 1) & (clip.boxes.amin(dim=-1) > 0) & (clip.boxes.amax(dim=-1) < 128)
    apart = (centre.diff(dim=1) - clip.places.diff(dim=1)).abs().amax(dim=-1)[seen[:, 1:] & seen[:, :-1]]
    assert len(apart) > 10 and apart.max() <= 1.5, "up to the rounding to whole pixels"


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.floats(0, 4), st.floats(0, 4))
def test_drift_equals_a_ball_between_walls(seed, slow, faster):
    """Velocity from the first step, which no wall is near enough to bend; then step by step."""
    size, frames, speed, generator = 60, 50, (slow, slow + faster), seeded(seed)
    start = 10 + 40 * torch.rand(2, 3, 2, generator=generator)
    paths = drift(start, frames, speed, size, generator).double()
    at, velocity = paths[:, 0], paths[:, 1] - paths[:, 0]
    pace = velocity.norm(dim=-1)
    assert torch.equal(at, start.double())
    assert (pace >= speed[0] - 1e-4).all() and (pace <= speed[1] + 1e-4).all()
    for frame in range(1, frames):
        at = at + velocity
        low, high = at < 0, at > size
        at = torch.where(low, -at, torch.where(high, 2 * size - at, at))
        velocity = torch.where(low | high, -velocity, velocity)
        assert_close(paths[:, frame], at, rtol=0, atol=0.01)


def test_a_sticker_that_starts_beyond_the_edge_drifts_from_there():
    """Folding it back at once would move the first frame away from its plan."""
    start = torch.tensor([[[-1.5, 62.0], [30.0, 10.0]]])
    paths = drift(start, 40, (2, 5), 60, seeded())
    assert torch.equal(paths[:, 0], start)
    assert paths.diff(dim=1).norm(dim=-1).max() <= 5.001


def test_an_event_shows_the_last_sticker_in_one_frame_only():
    """Against the clip of the same seed in which it is always there."""
    options = {"count": (1, 2), "size": 48, "height": (12, 20), "frames": 5}
    always, once = scenes(60, **options), scenes(60, **options, event=True)
    shown = torch.arange(5) == once.event[:, None]
    assert shown.sum(dim=1).tolist() == [1] * 60 and shown.sum(dim=0).min() >= 5, "all frames are as likely"
    last = (once.digits >= 0).sum(dim=1) - 1
    mask = always.instances == last[:, None, None, None] + 1
    assert torch.equal(once.images[shown], always.images[shown])
    share = once.visible.take_along_dim(last[:, None, None], dim=2)[..., 0]
    assert torch.equal(share, shown.float()), "on top, and only then"
    away = torch.nn.functional.max_pool2d(mask.float(), 7, 1, 3) == 0
    unchanged = (once.images == always.images).all(dim=2)
    assert unchanged[away].all(), "the other stickers and the photograph stay as they are"


# What cannot be drawn


REFUSED = {
    "number is 0: ask for at least one scene": {"number": 0},
    "seed is -1: give a non-negative integer": {"seed": -1},
    "There is no split 'dev'. Expected one of train, val, test": {"split": "dev"},
    "size is 8 pixels: a scene needs at least 16": {"size": 8},
    "size is 64.5 pixels": {"size": 64.5},
    "digits of 32 pixels are 40 pixels with their backing, and a scene of 32 cannot hold that": {"size": 32},
    "height is (7, 20): give at least 8 pixels, the least first": {"height": (7, 20)},
    "height is (nan, 40)": {"height": (math.nan, 40)},
    "height is 40: give": {"height": 40},
    "count is (0, 0): give 1 to 16 stickers": {"count": 0},
    "count is (3, 2): give 1 to 16 stickers, by integers, the least first": {"count": (3, 2)},
    "count is (1, 2, 3): give one number, or the least and the most": {"count": (1, 2, 3)},
    "rotation is -3: give 0 to 180 degrees": {"rotation": -3},
    "overlap is 'some': expected one of none, free, touching, covering, chain": {"overlap": "some"},
    "overlap='touching' needs at least two stickers: raise count": {"overlap": "touching", "count": 1},
    "chain is 1: give at least 2 stickers": {"chain": 1},
    "leave same_class at 0": {"overlap": "chain", "same_class": 0.5},
    "same_class is 2: give a chance, 0 to 1": {"same_class": 2},
    "hidden is (0.5, 1): give shares of the ink, 0 to 0.9": {"hidden": (0.5, 1)},
    "colours is 'red': give a tuple": {"colours": "red"},
    "there is no colour 'mauve': choose from white, yellow, orange": {"colours": ("red", "mauve")},
    "column_gap is 70: 3 stickers must find room in 128 pixels": {"column_gap": 70},
    "frames is 0: a still has 1": {"frames": 0},
    "an event needs a clip: raise frames": {"event": True},
    "chunk is 0: draw at least one scene at a time": {"chunk": 0},
    "2 of 2 found no room for their stickers. Lower the count": {"count": 6, "size": 64, "height": (40, 40)},
}


@pytest.mark.parametrize("words, change", REFUSED.items())
def test_what_cannot_be_drawn_is_refused_in_words(words, change):
    with pytest.raises(ValueError, match=re.escape(words)):
        make_scenes(**({"number": 2, "seed": 0, "split": SPLIT} | change))
