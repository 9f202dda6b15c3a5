"""Lesson 08b's questions, twins and clips: what they say of a scene is so."""

from collections import Counter
from dataclasses import replace

import pytest
import torch

from helpers.asking import data, learning
from helpers.asking.model import Encoder
from helpers.data.scenes import COLOUR_NAMES


@pytest.fixture(scope="module")
def scenes():
    return data.draw_scenes(60, seed=2)


def the(scenes, scene, colour):
    """The number of the sticker of a colour."""
    return scenes.colour_names(scene).index(colour)


def test_answers_are_those_of_a_loop_over_places(scenes):
    for each in data.all_questions(scenes):
        colour = next(word for word in each.words if word in COLOUR_NAMES)
        asked = the(scenes, each.scene, colour)
        x = scenes.places[each.scene, :, 0].tolist()
        side = data.side_of(each.words)
        about = asked
        if side == "left":
            about = max((k for k in range(4) if x[k] < x[asked]), key=lambda k: x[k])
        if side == "right":
            about = min((k for k in range(4) if x[k] > x[asked]), key=lambda k: x[k])
        assert (each.asked, each.about) == (asked, about)
        assert each.answer == data.NUMBERS[scenes.digits[each.scene, about]]


def test_all_that_can_be_asked_is_asked(scenes):
    found = Counter(each.kind for each in data.all_questions(scenes))
    assert found == {"direct": 4 * 60, "beside": 6 * 60}  # of four stickers three have a left neighbour


def test_hard_questions_count_and_know_absence():
    scenes = data.draw_scenes(30, 1, count=(2, 6), colouring="free")
    for each in data.all_questions(scenes, data.HARD):
        colour = next(word for word in each.words if word in COLOUR_NAMES)
        number = scenes.colour_names(each.scene).count(colour)
        if each.kind == "count":
            assert each.answer == data.NUMBERS[number] and number <= data.MOST
        else:
            assert number < 2 and (each.answer == "none") == (number == 0)


def test_balanced_questions_have_each_answer_equally_often(scenes):
    many = list(data.all_questions(data.draw_scenes(300, 4)))
    kept = data.balanced(many, seed=0)
    counts = Counter((each.kind, data.side_of(each.words), each.answer) for each in kept)
    assert len(counts) == 30 and len(set(counts.values())) == 1
    assert len(set(kept)) == len(kept) and set(kept) <= set(many)
    assert data.balanced(many, seed=0) == kept != data.balanced(many, seed=1)


def test_twins_differ_in_their_colours_alone():
    one, other = data.draw_twins(20, seed=1)
    assert (one.colours != other.colours).all()
    for part in ("digits", "places", "instances", "heights", "texture"):
        assert torch.equal(getattr(one, part), getattr(other, part))
    outside = (one.instances == 0)[:, None].expand_as(one.images)
    # A pixel just outside a sticker may hold a little of its soft edge.
    assert (one.images.int() - other.images.int()).abs()[outside].float().mean() < 3
    pairs = data.flipped(*(list(data.all_questions(each)) for each in (one, other)))
    assert pairs
    assert all(a.words == b.words and a.scene == b.scene and a.answer != b.answer for a, b in pairs)


def test_the_event_is_seen_in_its_frame_alone():
    clips = data.draw_clips(10, seed=0)
    seen = clips.visible[:, :, 2] > 0
    assert clips.images.shape[:2] == (10, data.FRAMES)
    for n in range(10):
        assert seen[n].nonzero()[:, 0].tolist() == [int(clips.event[n])]
    assert (clips.visible[:, :, :2].sum(dim=1) > 0).all()


def test_a_batch_holds_each_questions_own_scene_words_and_cells(scenes):
    torch.manual_seed(0)
    encoder = Encoder(8).eval()
    questions = list(data.all_questions(scenes))[::7]
    material = learning.read(encoder, scenes, questions)
    asked, answers = material.batch(torch.tensor([3, 0]))
    for row, each in enumerate((questions[3], questions[0])):
        assert torch.equal(asked.annotations[row], material.annotations[each.scene])
        assert [data.WORDS[n] for n in asked.words[row] if n] == list(each.words)
        for hop, sticker in enumerate((each.asked, each.about)):
            assert torch.equal(asked.truth[row, hop], material.owners[each.scene] == sticker)
        assert data.ANSWERS[answers[row]] == each.answer
    assert material.of("beside").tolist() == [n for n, q in enumerate(questions) if q.kind == "beside"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("which digit is red ?", ".split() makes one"),
        ([], "1 to"),
        (["red"] * 20, "got 20"),
        (["which", "digit", "is", "purple", "?"], "no word 'purple'"),
    ],
)
def test_questions_that_cannot_be_read_are_refused_in_words(words, said):
    with pytest.raises(ValueError) as refusal:
        data.encode(words)
    assert said in str(refusal.value)


def test_no_question_about_a_colour_that_two_stickers_wear(scenes):
    colours = scenes.colours.clone()
    colours[0, 1] = colours[0, 0]
    doubled = replace(scenes, colours=colours)
    name = COLOUR_NAMES[colours[0, 0]]
    assert all(name not in each.words for each in data.all_questions(doubled) if each.scene == 0)
