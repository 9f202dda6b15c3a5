"""Real streets without the real streets: what is held out, ignored, padded, weighed and drawn anew."""

import socket

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional
from torch.testing import assert_close
from torchvision.models.segmentation import fcn_resnet50

from helpers import films as frames
from helpers import optimisers
from helpers.data import public
from helpers.data.batches import in_order
from helpers.fcn import pretrained
from helpers.fcn.model import FCN
from helpers.metrics import segmentation_metrics
from helpers.streets import experiment as streets
from helpers.streets import inference as asking
from helpers.streets import mixing
from helpers.streets.model import EncoderDecoder, Merge
from helpers.training import evaluate

VOID, CLASSES = streets.VOID, streets.CLASSES
FILMS = ("0001TP", "0006R0", "0016E5")


def some_streets(number: int = 6, seed: int = 0) -> public.CamVid:
    """Scenes of noise from three films in turn, labelled in blocks of six pixels, void among them."""
    rng = np.random.default_rng(seed)
    blocks = torch.from_numpy(rng.integers(0, VOID + 1, (number, 30, 40), dtype=np.uint8))
    images = torch.from_numpy(rng.integers(0, 256, (number, 3, 180, 240), dtype=np.uint8))
    names = tuple(f"{FILMS[i % 3]}_{i:03}" for i in range(number))
    return public.CamVid(images, blocks.repeat_interleave(6, 1).repeat_interleave(6, 2), names)


class ByColour(nn.Module):
    """Score a class by how close the red channel is to 20 times its number: no place, no neighbours."""

    def forward(self, images):
        red = (images[:, :1] * 0.25 + 0.5) * 255
        return -(red - 20 * torch.arange(CLASSES).view(1, -1, 1, 1)).abs()


# --- the protocol -----------------------------------------------------------------------------------------------


def test_the_film_tested_on_is_held_out_wholly(monkeypatch):
    scenes = some_streets(9)
    monkeypatch.setattr(public, "camvid", lambda split: scenes)
    streets.streets.cache_clear()
    rest, held, val = streets.streets()
    streets.streets.cache_clear()
    assert set(held.sequences) == {"0006R0"} and "0006R0" not in rest.sequences
    assert sorted(rest.names + held.names) == sorted(scenes.names)
    assert val is scenes


def test_without_the_data_the_runner_is_told_in_its_own_terms(monkeypatch):
    def refuse(split):
        raise public.OfflineError("no network is wanted")

    monkeypatch.setattr(public, "camvid", refuse)
    streets.streets.cache_clear()
    with pytest.raises(ConnectionError, match="no network is wanted"):
        streets.streets()
    with pytest.raises(ConnectionError, match="no network is wanted"):
        list(streets.small_crops("0001TP"))


def test_a_run_learns_from_the_rest_and_is_judged_on_the_film_and_on_val(monkeypatch):
    """Three steps in all: the rows have what the notebook reads, and the arms share one start."""
    scenes = some_streets(6)
    rest, held = scenes.hold_out(streets.TEST_FILM)
    learned_from, transforms = [], []

    def watched_learn(network, given, steps, seed, name="streets", transform=mixing.augment, batch=8):
        learned_from.append(given.sequences)
        if isinstance(transform, mixing.Mixing):
            learned_from.append(transform.scenes.sequences)
        transforms.append(transform)
        return streets.History(loss=[1.0] * steps, seconds=1.0)

    monkeypatch.setattr(streets, "streets", lambda film=streets.TEST_FILM: (rest, held, scenes.take([2, 5])))
    monkeypatch.setattr(streets, "learn", watched_learn)
    monkeypatch.setattr(public, "edition", lambda name: "noise")
    rows = [*streets.skips(first=2, more=1), *streets.changed(steps=3), *streets.mixed(steps=3)]
    names = ["", ", long", ", mixed", ", mixed and averaged"]
    assert [row["system"] for row in rows[:3]] == ["FCN-32s", "FCN-16s", "FCN-8s"]
    assert [row["system"] for row in rows[3:]] == [f"encoder-decoder{name}" for name in names]
    assert transforms[-3:-1] == [mixing.augment] * 2
    assert isinstance(transforms[-1], mixing.Mixing)
    assert len(learned_from) == len(transforms) + 1
    assert all("0006R0" not in films for films in learned_from)
    for row in rows:
        assert row["trained_on"] == ["0001TP", "0016E5"] and row["tested_on"] == ["0006R0"]
        assert row["edition"] == "noise" and row["parameters"] > 0
        assert {"mean_iou", "boundary_iou", "class_accuracy", "val_mean_iou"} <= row["figures"].keys()
        assert all(np.isfinite(number) for number in row["figures"].values())
    assert [row["steps"] for row in rows[:3]] == [4, 4, 4]
    # Nothing was learned, so that a finer network still says what the coarser one said.
    assert rows[0]["figures"]["mean_iou"] == pytest.approx(rows[2]["figures"]["mean_iou"], abs=1e-3)
    assert rows[2]["figures"]["ahead_low"] <= rows[2]["figures"]["ahead_high"]
    # Nor from mixed scenes: with an equal seed that is the control's network, so that neither is ahead.
    assert rows[5]["figures"]["step_low"] == rows[5]["figures"]["step_high"] == 0
    assert rows[6]["figures"]["mean_iou"] != rows[5]["figures"]["mean_iou"]


WAYS = {
    "small crops": {"by": mixing.SMALL_CROPS, "light": None},
    "Muon": {
        "by": mixing.UNLIT_CROPS,
        "light": mixing.relight,
        "bfloat16": True,
        "optimisers": optimisers.muon,
        "weight_decay": 0.1,
    },
}


@pytest.mark.parametrize("film", [streets.TEST_FILM, *streets.OTHER_FILMS])
@pytest.mark.parametrize("way", WAYS)
def test_small_crops_are_judged_on_the_film_held_out(monkeypatch, way, film):
    """With either optimiser, and with each film in turn; one pass and averaged."""
    scenes = some_streets(3)
    taught = []

    def watched_learn(network, given, steps, seed, name, transform, batch, **rest):
        taught.append((network, set(given.sequences) | set(transform.scenes.sequences)))
        assert network.whole is None and batch == streets.CROPS
        assert {"by": transform.by, "light": transform.light, **rest} == WAYS[way]
        return streets.History(loss=[1.0] * steps, seconds=1.0)

    monkeypatch.setattr(public, "camvid", lambda split: scenes)
    monkeypatch.setattr(public, "edition", lambda name: "noise")
    monkeypatch.setattr(streets, "learn", watched_learn)
    streets.streets.cache_clear()
    piece = way if film == streets.TEST_FILM else f"{way} without {film}"
    one, averaged = streets.PIECES[piece](steps=2)
    streets.streets.cache_clear()
    ((network, films),) = taught
    assert films == set(FILMS) - {film}
    assert averaged["system"] == f"{one['system']}, averaged"
    assert averaged["figures"]["step_low"] <= averaged["figures"]["step_high"]
    for row, asked in ((one, network), (averaged, asking.Averaged(network))):
        assert row["tested_on"] == [film] and set(row["trained_on"]) == films
        there = frames.score(frames.total(frames.count(asked, scenes.hold_out(film)[1])))
        assert row["figures"]["mean_iou"] == pytest.approx(there["mean_iou"].item())


def test_no_two_pieces_record_one_system(monkeypatch):
    """Of the pieces that share `small_crops`, each gives its rows names of their own."""
    names = []

    def named(name, *_, **__):
        names.append(name)
        raise StopIteration

    monkeypatch.setattr(streets, "streets", lambda film: (some_streets(3),) * 3)
    monkeypatch.setattr(streets, "encoder_decoder", named)
    pieces = [piece for name, piece in streets.PIECES.items() if name.startswith(("small", "Muon"))]
    for piece in pieces:
        with pytest.raises(RuntimeError):
            list(piece())
    assert len(set(names)) == len(pieces) == 6


# --- void and padding -------------------------------------------------------------------------------------------


def test_what_stands_under_void_changes_neither_loss_nor_score(monkeypatch):
    scenes = some_streets(2)
    changed = scenes.images.clone()
    changed.movedim(1, -1)[scenes.labels == VOID] = 77
    other = public.CamVid(changed, scenes.labels, scenes.names)
    network = ByColour()
    again = frames.score(frames.total(frames.count(network, other)))
    for name, value in frames.score(frames.total(frames.count(network, scenes))).items():
        assert_close(value, again[name], equal_nan=True)
    losses = []

    def keep(model, batches, loss, **settings):
        for some in (scenes, other):
            inputs, targets = next(in_order(some.images, some.labels))
            losses.append(loss(model(inputs), targets))
        return streets.History()

    monkeypatch.setattr(streets, "fit", keep)
    streets.learn(network, scenes, steps=1, seed=0)
    assert losses[0].isfinite() and losses[0] > 0
    assert_close(*losses)


def test_a_guess_under_void_moves_no_boundary():
    truth = some_streets(1).labels.long()
    guess = truth.where(truth != VOID, 0)
    other = truth.where(truth != VOID, 5)
    metric = frames.BoundaryIoU(CLASSES, ignore_index=VOID)
    for some in (guess, other):
        metric.reset()
        metric.update(some, truth)
        assert metric.compute() == 1.0


@settings(max_examples=15, deadline=None)
@given(height=st.integers(32, 70), width=st.integers(32, 70))
def test_padding_is_cut_off_again(height, width):
    images = torch.randn(2, 3, height, width)
    seen = []

    class Spy(ByColour):
        def forward(self, padded):
            seen.append(padded.shape)
            return super().forward(padded)

    assert_close(asking.Padded(Spy())(images), ByColour()(images))
    H, W = seen[0][2:]
    assert H % 32 == W % 32 == 0 and H - height < 32 and W - width < 32


def test_fcn_takes_streets_only_when_padded():
    images = torch.randn(1, 3, 180, 240)
    with pytest.raises(ValueError, match="multiples of 32"):
        FCN(stride=8)(images)
    assert asking.Padded(FCN(stride=8))(images).shape == (1, CLASSES, 180, 240)


# --- scores -----------------------------------------------------------------------------------------------------


def test_counted_scores_equal_the_course_s_metrics():
    scenes = some_streets(3, seed=3)
    scenes.images[:, 0] = (scenes.labels * 20 + (scenes.images[:, 1] > 200) * 20).clamp(
        max=255
    )  # often right
    counted = frames.score(frames.total(frames.count(ByColour(), scenes)))
    expected = evaluate(
        ByColour(), in_order(scenes.images, scenes.labels), segmentation_metrics(CLASSES, ignore_index=VOID)
    )
    for name, value in expected.items():
        assert counted[name].item() == pytest.approx(value, abs=1e-6), name
    assert 0.2 < expected["mean_iou"] < 0.95


def test_scores_by_hand():
    """Truth 0 0 0 1 against 0 0 1 1, and a third class that nobody has seen or said."""
    confusion = torch.tensor([[2, 1, 0], [0, 1, 0], [0, 0, 0]])
    bands = {"intersection": torch.tensor([1, 2, 0]), "union": torch.tensor([2, 2, 0])}
    scores = frames.score({"confusion": confusion, **bands})
    assert scores["iou"][:2].tolist() == pytest.approx([2 / 3, 1 / 2])
    assert scores["recall"][:2].tolist() == pytest.approx([2 / 3, 1])
    assert scores["iou"][2].isnan() and scores["recall"][2].isnan()
    assert scores["mean_iou"].item() == pytest.approx(7 / 12)
    assert scores["class_accuracy"].item() == pytest.approx(5 / 6)
    assert scores["pixel_accuracy"].item() == pytest.approx(3 / 4)
    assert scores["boundary_iou"].item() == pytest.approx(3 / 4)


def counts_of(hits: list[int], pixels: int = 10) -> dict[str, torch.Tensor]:
    """Frames of two classes, half the pixels each, in which so many of each class are right."""
    confusion = torch.tensor([[[hit, pixels - hit], [pixels - hit, hit]] for hit in hits])
    return {
        "confusion": confusion,
        "intersection": confusion.diagonal(dim1=1, dim2=2),
        "union": torch.full((len(hits), 2), pixels),
    }


def test_an_interval_over_frames_holds_the_difference_and_is_paired():
    rng = np.random.default_rng(0)
    hits = rng.integers(3, 9, 60).tolist()
    mine, other = counts_of([hit + 1 for hit in hits]), counts_of(hits)
    low, high = frames.bootstrap(mine, other, "pixel_accuracy")
    assert low == pytest.approx(0.1) and high == pytest.approx(0.1)  # a pixel a frame ahead, on any draw
    assert frames.bootstrap(other, other, "mean_iou") == (0, 0)
    low, high = frames.bootstrap(counts_of(rng.permutation(hits).tolist()), other, "pixel_accuracy")
    assert low < 0 < high


def test_stretches_of_a_film_give_a_wider_interval_than_single_frames():
    """Twenty frames of street where one network is ahead, then twenty where the other is, and again."""
    ahead = ([1] * 20 + [-1] * 20) * 3
    mine, other = counts_of([5 + step for step in ahead]), counts_of([5] * 120)
    widths = []
    for stretch in (1, 10):
        low, high = frames.bootstrap(mine, other, "pixel_accuracy", stretch=stretch)
        widths.append(high - low)
    assert widths[1] > 2 * widths[0]


# --- weights and augmentation -----------------------------------------------------------------------------------


def test_median_frequency_by_hand():
    """The median of the three frequencies is 2/4; void counts for nothing, and so does an image without the class."""
    labels = torch.tensor([[[0, 0, 0], [0, 2, VOID]], [[0, 0, 1], [1, VOID, VOID]]])
    weights = streets.median_frequency(labels)
    frequency = torch.tensor([6 / 9, 2 / 4, 1 / 5])
    assert_close(weights[:3], 0.5 / frequency)
    assert (weights[3:] == 0).all()


def test_augmented_labels_stay_on_their_pixels():
    """Every class has a grey of its own in the image, which light may change but never order."""
    labels = some_streets(6).labels.long() % 2
    labels = functional.max_pool2d(labels[:, None].float(), 13, stride=1, padding=6)[
        :, 0
    ].long()  # large blobs
    images = (labels * 200 + 25)[:, None].expand(-1, 3, -1, -1).to(torch.uint8)
    generator = torch.Generator().manual_seed(0)
    before = torch.random.get_rng_state()
    changed, moved = mixing.augment(images, labels, generator)
    assert torch.equal(torch.random.get_rng_state(), before)  # the learner's own chance is left alone
    assert changed.shape == (6, 3, *mixing.CROP) and moved.shape == (6, *mixing.CROP)
    assert changed.dtype == torch.uint8 and moved.dtype == torch.int64
    assert set(moved.unique().tolist()) <= {0, 1, VOID}
    for image, label in zip(changed.float().mean(dim=1), moved, strict=True):
        dark, light = image[label == 0], image[label == 1]
        if len(dark) and len(light):
            threshold = (dark.median() + light.median()) / 2
            right = torch.cat([dark < threshold, light > threshold]).float().mean()
            assert right > 0.97  # the rest: where scaling blurs an edge of the image, never of the labels
    assert (moved == VOID).any() and (moved != VOID).any()


def test_a_network_learns_with_the_optimiser_asked_for(monkeypatch):
    """Equal scenes and an equal seed: the first step is the same, and what follows depends on the optimiser."""
    scenes = some_streets()

    def losses(**settings):
        torch.manual_seed(0)
        network = EncoderDecoder(streets.CLASSES)
        return streets.learn(network, scenes, 3, seed=0, transform=None, batch=3, **settings).loss

    plain, with_muon = losses(), losses(optimisers=optimisers.muon)
    assert plain[0] == with_muon[0] and plain[2] != with_muon[2]


def test_a_network_learns_in_bfloat16_if_asked(monkeypatch):
    """Nearly the same loss, and not the same: the numbers inside are shorter. On any machine, as it is said to be one
    that has them."""
    monkeypatch.setattr(asking.runtime, "has_bfloat16", lambda: True)
    scenes, losses, networks = some_streets(), [], []
    for bfloat16 in (False, True):
        torch.manual_seed(0)
        networks.append(EncoderDecoder(streets.CLASSES))
        history = streets.learn(networks[-1], scenes, 1, seed=0, transform=None, batch=3, bfloat16=bfloat16)
        losses.append(history.loss[0])
    assert losses[0] == pytest.approx(losses[1], rel=0.02) and losses[0] != losses[1]
    assert all(each.dtype == torch.float32 for each in networks[1].parameters())


def test_bfloat16_where_there_is_none_is_float32(monkeypatch, network):
    images = torch.rand(1, 3, 40, 40)
    answers = {}
    for has in (False, True):
        monkeypatch.setattr(asking.runtime, "has_bfloat16", lambda has=has: has)
        with torch.no_grad():
            answers[has] = asking.Bfloat16(network)(images)
        assert answers[has].dtype == torch.float32
    with torch.no_grad():
        plain = network(images)
    assert torch.equal(answers[False], plain)
    assert not torch.equal(answers[True], plain)
    assert (answers[True] - plain).abs().max() < 0.1 * plain.std()


def test_a_network_learns_from_as_many_scenes_at_a_time_as_asked(monkeypatch):
    scenes, sizes = some_streets(6), []
    monkeypatch.setattr(streets, "fit", lambda model, batches, *_, **__: sizes.append(next(batches)[0].shape))
    for by, size in ((mixing.WIDER_CHANGES, 4), (mixing.SMALL_CROPS, 5)):
        streets.learn(ByColour(), scenes, 1, 0, transform=mixing.Mixing(scenes, by=by), batch=size)
    assert sizes == [(4, 3, *mixing.CROP), (5, 3, *mixing.SMALL)]


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**20))
def test_augmentation_depends_on_its_generator_alone(seed):
    scenes = some_streets(2)
    first = mixing.augment(scenes.images, scenes.labels.long(), torch.Generator().manual_seed(seed))
    torch.manual_seed(seed + 1)
    second = mixing.augment(scenes.images, scenes.labels.long(), torch.Generator().manual_seed(seed))
    assert torch.equal(first[0], second[0]) and torch.equal(first[1], second[1])


def test_padding_of_a_crop_is_void():
    images = torch.full((8, 3, 180, 240), 255, dtype=torch.uint8)
    changed, moved = mixing.augment(images, torch.zeros(8, 180, 240).long(), torch.Generator().manual_seed(1))
    small = [image for image, label in zip(changed, moved, strict=True) if (label == VOID).any()]
    assert small  # some scenes were shrunk below the crop
    assert set(moved.unique().tolist()) == {0, VOID}


def test_a_small_crop_is_cut_from_scenes_as_large_as_a_wide_one_s():
    scenes = some_streets(2)
    images, labels = mixing.augment(
        scenes.images, scenes.labels.long(), torch.Generator().manual_seed(0), mixing.SMALL_CROPS
    )
    assert images.shape == (2, 3, *mixing.SMALL) and labels.shape == (2, *mixing.SMALL)
    heights = []
    for by in (mixing.WIDER_CHANGES, mixing.SMALL_CROPS):
        jitter = by.transforms[0]
        fits = min(jitter.target_size[0] / 180, jitter.target_size[1] / 240)
        heights.append([180 * fits * scale for scale in jitter.scale_range])
    assert heights[1] == pytest.approx(heights[0], rel=0.01)


# --- light -------------------------------------------------------------------------------------------------------

UNCHANGED = {"brightness": 0.0, "contrast": 0.0, "saturation": 0.0, "hue": 0.0}


def relit(monkeypatch, images: torch.Tensor, **drawn: float) -> torch.Tensor:
    """Relight with what would be drawn at random handed in: shares of the greatest change, from -1 to 1."""
    brightness, contrast, saturation, hue = (UNCHANGED | drawn).values()
    draws = iter(
        [torch.tensor([[brightness], [contrast], [saturation]]).repeat(1, len(images)), torch.tensor([hue])]
    )
    monkeypatch.setattr(mixing, "_either_way", lambda *_: next(draws))
    return mixing.relight(images, torch.Generator())


@pytest.fixture
def middling() -> torch.Tensor:
    """Colours that no change takes beyond black or white, where torchvision cuts off between changes."""
    generator = torch.Generator().manual_seed(0)
    return torch.randint(100, 140, (1, 3, 20, 30), dtype=torch.uint8, generator=generator)


def test_without_a_change_light_stays(monkeypatch, middling):
    assert torch.equal(relit(monkeypatch, middling), middling)


@pytest.mark.parametrize("share", [-1.0, 0.5, 1.0])
@pytest.mark.parametrize("what", ["brightness", "contrast", "saturation"])
def test_light_changes_as_torchvision_s(monkeypatch, middling, what, share):
    changed = relit(monkeypatch, middling, **{what: share})
    theirs = getattr(mixing.v2.functional, f"adjust_{what}")(middling, 1 + mixing.LIGHT * share)
    assert (changed.int() - theirs.int()).abs().max() <= 1


def test_hue_turns_colours_and_leaves_lightness(monkeypatch, middling):
    changed = relit(monkeypatch, middling, hue=1.0)
    before, after = (torch.einsum("ij,njhw->nihw", mixing.YIQ, each.float()) for each in (middling, changed))
    assert (after[:, 0] - before[:, 0]).abs().max() < 1
    before, after = (torch.complex(each[:, 1], each[:, 2]) for each in (before, after))
    strong = before.abs() > 8
    turned = (after / before)[strong]
    assert turned.abs().mean() == pytest.approx(1, abs=0.02)
    assert turned.angle().mean() == pytest.approx(2 * np.pi * mixing.HUE, abs=0.02)


def test_a_grey_image_has_no_hue_to_turn(monkeypatch):
    grey = torch.full((1, 3, 4, 4), 90, dtype=torch.uint8)
    assert torch.equal(relit(monkeypatch, grey, hue=1.0, saturation=1.0), grey)


def test_each_image_gets_a_light_of_its_own():
    images = torch.full((50, 3, 2, 2), 100, dtype=torch.uint8)
    first, again = (mixing.relight(images, torch.Generator().manual_seed(0)) for _ in range(2))
    assert torch.equal(first, again)
    lights = first[:, 0, 0, 0].float()
    assert lights.min() < 70 and lights.max() > 130 and len(lights.unique()) > 25
    assert lights.min() >= 60 and lights.max() <= 140


def test_unlit_crops_move_as_small_crops_do_and_leave_light():
    """An even scene stays as it is but for the padding, and is still mirrored."""
    scenes = torch.full((12, 3, 180, 240), 90, dtype=torch.uint8)
    images, _ = mixing.augment(
        scenes, torch.zeros(12, 180, 240).long(), torch.Generator().manual_seed(0), mixing.UNLIT_CROPS
    )
    assert {90} <= set(images.unique().tolist()) <= {90, 128}
    kinds = [type(each) for each in mixing.SMALL_CROPS.transforms]
    assert [type(each) for each in mixing.UNLIT_CROPS.transforms] == kinds[:3]


def test_both_scenes_of_a_mixed_one_are_relit():
    """With every light put out, nothing of either scene is left to see; their labels stay."""
    scenes = some_streets(6)
    mix = mixing.Mixing(scenes, by=mixing.SMALL_CROPS, light=lambda images, _: torch.zeros_like(images))
    images, labels = mix(scenes.images, scenes.labels.long(), torch.Generator().manual_seed(0))
    assert not images.any() and len(labels.unique()) > 5


# --- mixed scenes ------------------------------------------------------------------------------------------------


# They leave the light alone and never shrink a scene, so that a pixel tells where it came from.
ONLY_MOVED = mixing.v2.Compose([mixing.v2.RandomCrop(mixing.CROP), mixing.v2.RandomHorizontalFlip()])


def test_image_and_label_are_laid_over_together():
    """The lower scenes are dark and of class 0 alone, the upper ones light and of every other class and void."""
    upper = some_streets(6)
    upper = public.CamVid(torch.full_like(upper.images, 200), upper.labels.clamp(min=1), upper.names)
    dark, road = torch.full((8, 3, 180, 240), 40, dtype=torch.uint8), torch.zeros(8, 180, 240).long()
    mix = mixing.Mixing(upper, share=1.0, by=ONLY_MOVED)
    images, labels = mix(dark, road, torch.Generator().manual_seed(0))
    assert (
        images.dtype == torch.uint8 and images.shape == (8, 3, *mixing.CROP) and labels.dtype == torch.int64
    )
    assert torch.equal(images[:, 0] == 200, labels != 0)
    assert set(images.unique().tolist()) == {40, 200}
    for label in labels:
        laid = label.unique().tolist()
        assert VOID not in laid  # void covers nothing
        assert len(laid) - 1 == 5  # half of the ten classes that every upper scene has


def test_the_share_of_mixed_scenes_is_kept():
    upper = some_streets(6)
    upper = public.CamVid(upper.images, upper.labels.clamp(min=1), upper.names)
    dark, road = torch.zeros(60, 3, 180, 240, dtype=torch.uint8), torch.zeros(60, 180, 240).long()
    for share in (0.0, 0.5, 1.0):
        _, labels = mixing.Mixing(upper, share, ONLY_MOVED)(dark, road, torch.Generator().manual_seed(0))
        mixed = (labels != 0).flatten(1).any(dim=1).float().mean().item()
        assert mixed == pytest.approx(share, abs=0.2 if share == 0.5 else 0)


def test_a_rare_thing_comes_as_often_as_a_common_one():
    """Ninety-nine scenes with a car and one with a bicyclist: the latter is drawn half of the time."""
    labels = torch.full((100, 180, 240), public.CamVid.classes.index("Car"), dtype=torch.uint8)
    labels[7] = public.CamVid.classes.index("Bicyclist")
    scenes = public.CamVid(
        torch.zeros(100, 3, 180, 240, dtype=torch.uint8), labels, tuple(f"a_{i}" for i in range(100))
    )
    mix, generator = mixing.Mixing(scenes), torch.Generator().manual_seed(0)
    drawn = [mix._draw(generator) for _ in range(400)]
    assert drawn.count(7) / 400 == pytest.approx(0.5, abs=0.1)
    assert len(set(drawn)) > 50


@pytest.mark.parametrize("seed", [0, 1])
def test_mixing_depends_on_its_generator_alone(seed):
    scenes = some_streets(4)
    mix = mixing.Mixing(scenes)
    first = mix(scenes.images, scenes.labels.long(), torch.Generator().manual_seed(seed))
    torch.manual_seed(seed + 1)
    second = mix(scenes.images, scenes.labels.long(), torch.Generator().manual_seed(seed))
    other = mix(scenes.images, scenes.labels.long(), torch.Generator().manual_seed(seed + 2))
    assert torch.equal(first[0], second[0]) and torch.equal(first[1], second[1])
    assert not torch.equal(first[0], other[0])


def test_scenes_of_void_alone_lay_nothing_over_others():
    scenes = some_streets(2)
    scenes.labels[:, :90] = public.CamVid.classes.index("Car")
    scenes.labels[:, 90:] = VOID
    mix = mixing.Mixing(scenes, share=1.0, by=ONLY_MOVED)
    nothing = mixing._half_of_the_classes(torch.full((4, 4), VOID), torch.Generator().manual_seed(0))
    assert not nothing.any()
    _, labels = mix(scenes.images, scenes.labels.long(), torch.Generator().manual_seed(0))
    assert set(labels.unique().tolist()) <= {public.CamVid.classes.index("Car"), VOID}


def test_without_things_there_is_nothing_to_lay_over():
    scenes = some_streets(2)
    scenes.labels.zero_()
    with pytest.raises(ValueError, match="No scene holds any of Pole"):
        mixing.Mixing(scenes)


def test_averaged_answers_are_the_mean_over_copies(network):
    images = torch.rand(2, 3, 64, 96, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        plain = asking.Averaged(network, scales=(1.0,))(images)
        expected = (network(images).softmax(1) + network(images.flip(3)).flip(3).softmax(1)) / 2
        assert_close(plain, expected)
        whole = asking.Averaged(network)(images)
        parts = [asking.Averaged(network, scales=(scale,))(images) for scale in asking.SCALES]
        assert_close(whole, torch.stack(parts).mean(dim=0))
        # A mirror image gets the mirrored answer: no side is preferred.
        assert_close(asking.Averaged(network)(images.flip(3)), whole.flip(3), atol=1e-5, rtol=1e-5)
    assert_close(whole.sum(dim=1), torch.ones(2, 64, 96))


# --- the network ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def network() -> EncoderDecoder:
    """With statistics and block weights that are not the initial ones, so that every part takes part."""
    torch.manual_seed(0)
    network = EncoderDecoder()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.running_mean, std=0.1)
    return network.eval()


@pytest.mark.parametrize("size", [(180, 240), (32, 32), (33, 71)])
def test_a_batch_equals_its_images_one_by_one(network, size):
    images = torch.randn(3, 3, *size)
    with torch.no_grad():
        together = network(images)
        alone = torch.cat([network(image[None]) for image in images])
    assert together.shape == (3, CLASSES, *size)
    assert_close(together, alone, atol=1e-4, rtol=1e-4)


def test_the_encoder_decoder_sees_through_light_and_contrast(network):
    images = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0)) - 0.5
    gain, lift = torch.tensor([0.5, 0.7, 1.3]).view(3, 1, 1), torch.tensor([0.2, -0.1, 0.0]).view(3, 1, 1)
    with torch.no_grad():
        dusk, noon = network(gain * images + lift), network(images)
    assert (dusk.argmax(dim=1) == noon.argmax(dim=1)).float().mean() > 0.95


@pytest.mark.parametrize("whole", [True, False])
def test_every_part_of_the_network_learns(whole):
    network = EncoderDecoder(whole=whole).train()
    for module in network.modules():  # a block that starts as its shortcut passes no gradient on yet
        if isinstance(module, nn.BatchNorm2d):
            nn.init.ones_(module.weight)
    network(torch.randn(2, 3, 64, 64)).square().sum().backward()
    silent = [name for name, each in network.named_parameters() if each.grad is None or not each.grad.any()]
    assert not silent


@pytest.mark.parametrize("whole", [True, False])
def test_only_the_image_as_a_whole_leads_from_end_to_end(whole):
    """The far half is put in order, pixel by pixel, which leaves every mean and spread as it was."""
    torch.manual_seed(0)
    network = EncoderDecoder(whole=whole)
    images = torch.randn(1, 3, 32, 2048)
    other = images.clone()
    other[..., -1024:] = images[..., -1024:].sort(dim=3).values
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # statistics of the one batch that follows, so that no stage fades out
    with torch.no_grad():
        network.train()(images)
        difference = (network.eval()(images) - network(other)).abs().amax(dim=(0, 1, 2))
    assert difference[-512:].max() > 1
    assert (difference[:512].max() > 0.01) == whole


def test_narrowing_first_gives_the_same_sum():
    """Interpolation and a 1x1 convolution commute, which is why the cheaper order is allowed."""
    merge = Merge(8, 4, 6).eval()
    coarse, fine = torch.randn(1, 8, 5, 7), torch.randn(1, 4, 10, 14)
    larger = functional.interpolate(coarse, size=(10, 14), mode="bilinear", align_corners=False)
    expected = merge.mix((merge.narrow(larger) + merge.skip(fine)).relu())
    assert_close(merge(coarse, fine), expected, atol=1e-5, rtol=1e-5)


def test_the_network_says_what_it_cannot_take(network):
    for wrong in (torch.randn(3, 64, 64), torch.randn(1, 3, 31, 64), torch.zeros(1, 3, 64, 64).byte()):
        with pytest.raises(ValueError, match="Expected"):
            network(wrong)


# --- torchvision's pretrained network ---------------------------------------------------------------------------


@pytest.fixture
def empty_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    monkeypatch.delenv("COURSE_OFFLINE", raising=False)


def test_offline_the_network_is_not_even_tried(empty_cache, monkeypatch):
    def never(*arguments, **settings):
        raise AssertionError("the network was tried")

    monkeypatch.setattr(socket, "getaddrinfo", never)
    monkeypatch.setattr(torch.hub, "download_url_to_file", never)
    monkeypatch.setenv("COURSE_OFFLINE", "1")
    with pytest.raises(ConnectionError, match="COURSE_OFFLINE"):
        pretrained.pretrained_fcn()


def test_without_a_network_it_fails_in_words_and_at_once(empty_cache, monkeypatch):
    def unreachable(*arguments, **settings):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unreachable)
    with pytest.raises(ConnectionError, match="Name or service not known"):
        pretrained.pretrained_fcn()
    assert socket.getdefaulttimeout() is None


def test_a_host_that_never_answers_is_given_up(empty_cache, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts, and says nothing
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/weights-00000000.pth"
        monkeypatch.setattr(pretrained, "PATIENCE", 0.3)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        original = torch.hub.download_url_to_file
        monkeypatch.setattr(
            torch.hub, "download_url_to_file", lambda url, *rest, **more: original(address, *rest, **more)
        )
        with pytest.raises(ConnectionError, match="timed out"):
            pretrained.pretrained_fcn()


def test_with_weights_it_labels_a_photograph(empty_cache, monkeypatch):
    torch.manual_seed(0)
    state = fcn_resnet50(weights=None, weights_backbone=None, num_classes=21, aux_loss=True).state_dict()
    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", lambda *rest, **more: state)
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", lambda *rest, **more: state)
    small = pretrained.WEIGHTS.transforms(resize_size=64)
    monkeypatch.setattr(type(pretrained.WEIGHTS), "transforms", lambda self: small, raising=False)
    network = pretrained.pretrained_fcn()
    labels, shares = pretrained.label(network, torch.randint(0, 256, (3, 60, 90), dtype=torch.uint8))
    assert labels.shape == (60, 90) and sum(shares.values()) == pytest.approx(1)
    assert list(shares)[0] == "__background__" and list(shares.values())[1:] == sorted(
        list(shares.values())[1:], reverse=True
    )
    for rank, (name, share) in enumerate(shares.items()):
        assert name in pretrained.NAMES
        assert share == pytest.approx((labels == rank).float().mean().item())
