"""Lesson 08b's networks against loops, and how they are judged."""

import pytest
import torch
from torch.testing import assert_close

from helpers import results
from helpers.asking import data, experiment, learning, showing, watching
from helpers.asking.model import Asked, Asker, Encoder, Watcher

D, L = 10, 9
WORDS, ANSWERS = len(data.WORDS), len(data.ANSWERS)


@pytest.fixture
def asked():
    torch.manual_seed(1)
    words = torch.stack(
        [
            data.encode(["which", "digit", "is", "left", "of", "the", "red", "sticker", "?"]),
            data.encode(["blue", "?"]),
        ]
    )
    truth = torch.zeros(2, 2, L, dtype=torch.bool)
    truth[0, 0, 3] = truth[0, 1, 5:7] = truth[1, :, 0] = True
    return Asked(torch.randn(2, L, D), words, truth)


def by_loop(asker, asked, number):
    """The answer's scores and the weights of one question, place by place."""
    words = [n for n in asked.words[number].tolist() if n]
    query = sum(asker.guide.weight[n] for n in words)
    known = sum(asker.embed.weight[n] for n in words) / 3
    places, maps, looked = asked.annotations[number], [], None
    for hop in asker.hops:
        scores = []
        for place in places:
            hidden = hop.query(query) + hop.key(place)
            if looked is not None:
                hidden = hidden + hop.offset((place[-2:] - looked) * 1.5)
            scores.append((hop.v.weight[0] * hidden.tanh()).sum())
        odds = [(each - max(scores)).exp() for each in scores]
        weights = [each / sum(odds) for each in odds]
        known = known + sum(w * hop.value(place) for w, place in zip(weights, places, strict=True))
        query, looked = known, sum(w * place[-2:] for w, place in zip(weights, places, strict=True))
        maps.append(torch.stack(weights))
    return asker.answer(known), torch.stack(maps)


@torch.no_grad()
def test_two_hops_are_those_of_a_loop(asked):
    torch.manual_seed(0)
    asker = Asker(WORDS, ANSWERS, D, size=6)
    told = asker(asked)
    for number in range(2):
        scores, maps = by_loop(asker, asked, number)
        assert_close(told.scores[number], scores, atol=1e-5, rtol=1e-4)
        assert_close(told.weights[number], maps, atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_each_way_of_looking_looks_so(asked):
    weights = {
        look: Asker(WORDS, ANSWERS, D, look=look)(asked).weights
        for look in ("mean", "nothing", "truth", "gates")
    }
    assert_close(weights["mean"], torch.full((2, 2, L), 1 / L))
    assert (weights["nothing"] == 0).all()
    assert_close(weights["truth"], asked.truth / asked.truth.sum(dim=-1, keepdim=True))
    assert (weights["gates"] < 1).all() and (weights["gates"].sum(dim=-1) > 1).all()
    assert_close(Asker(WORDS, ANSWERS, D, hops=1, look="truth")(asked).weights[:, 0], weights["truth"][:, 1])


@torch.no_grad()
def test_without_tanh_a_first_look_is_the_same_whatever_is_asked(asked):
    other = Asked(asked.annotations, asked.words.flip(0), asked.truth)
    for linear, same in ((True, True), (False, False)):
        torch.manual_seed(0)
        asker = Asker(WORDS, ANSWERS, D, linear=linear)
        asker.guide.weight *= 20
        first, second = (asker(each).weights[:, 0] for each in (asked, other))
        assert torch.allclose(first, second, atol=1e-5) == same


@torch.no_grad()
def test_an_unread_question_changes_nothing(asked):
    asker = Asker(WORDS, ANSWERS, D, look="mean", reads=False)
    other = Asked(asked.annotations, asked.words.flip(0), asked.truth)
    assert_close(asker(asked).scores, asker(other).scores)


def test_the_first_look_stays_while_the_rest_learns(asked):
    torch.manual_seed(0)
    asker = Asker(WORDS, ANSWERS, D)
    asker.keep_first_look()
    before = {name: value.clone() for name, value in asker.state_dict().items()}
    step = torch.optim.SGD([each for each in asker.parameters() if each.requires_grad], 0.1)
    learning.answer_loss(asker(asked), torch.tensor([1, 2])).backward()
    step.step()
    changed = {name for name, value in asker.state_dict().items() if not torch.equal(value, before[name])}
    assert not changed & {"guide.weight", "hops.0.key.weight", "hops.0.query.weight", "hops.0.v.weight"}
    assert {"embed.weight", "hops.0.value.weight", "hops.1.key.weight", "hops.1.offset.weight"} <= changed


@torch.no_grad()
def test_a_watcher_knows_no_order_and_pools_as_it_says():
    torch.manual_seed(0)
    frames, order = torch.rand(3, 5, 4), torch.tensor([4, 2, 0, 1, 3])
    for pool in ("attention", "mean", "max"):
        watcher = Watcher(4, pool=pool)
        told, moved = watcher(frames), watcher(frames[:, order])
        assert_close(told.scores, moved.scores)
        assert_close(told.weights[:, :, order], moved.weights)
        pooled = {"attention": told.weights[:, 0, :, None] * frames, "mean": frames / 5}.get(pool)
        pooled = frames.max(dim=1).values if pooled is None else pooled.sum(dim=1)
        assert_close(told.scores, watcher.answer(torch.cat([pooled, frames.mean(dim=1)], dim=1)))


@torch.no_grad()
def test_a_frame_is_the_greatest_probability_of_each_name_in_any_cell():
    torch.manual_seed(0)
    encoder, images = Encoder(6).eval(), torch.randn(2, 3, 48, 48)
    digits, colours = encoder(images)
    names = encoder.frame_names(images)
    assert names.shape == (2, 20) and digits.shape == (2, 11, 4, 4)
    cells = torch.cat([digits.softmax(1), colours.softmax(1)], dim=1).flatten(2)
    assert_close(names, torch.stack([cells[..., cell] for cell in range(16)]).max(dim=0).values)


ASKED = {"annotations": torch.zeros(2, L, D), "words": torch.ones(2, 3, dtype=torch.int64)}
ASKED["truth"] = torch.zeros(2, 2, L, dtype=torch.bool)
BAD = [
    ({"annotations": torch.zeros(L, D)}, "(9, 10)"),
    ({"annotations": torch.zeros(0, L, D)}, "none of them 0"),
    ({"annotations": torch.full((2, L, D), torch.nan)}, "NaN"),
    ({"annotations": torch.zeros(2, L, D, dtype=torch.int64)}, "floating point"),
    ({"annotations": [[0.0]]}, "torch tensor"),
    ({"words": torch.ones(3, 3, dtype=torch.int64)}, "(3, 3)"),
    ({"words": torch.ones(2, 3)}, "int64"),
    ({"truth": torch.zeros(2, 2, L)}, "bool"),
    ({"truth": torch.zeros(2, L, dtype=torch.bool)}, "(2, 9)"),
]


@pytest.mark.parametrize(("changed", "said"), BAD)
def test_what_cannot_be_asked_is_refused_in_words(changed, said):
    with pytest.raises(ValueError) as refusal:
        Asker(WORDS, ANSWERS, D)(Asked(**ASKED | changed))
    assert said in str(refusal.value)


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        (torch.zeros(5, 4), "frames[None]"),
        (torch.zeros(0, 5, 4), "none of them 0"),
        (torch.zeros(1, 5, 4, dtype=torch.uint8), "frame_names"),
        (torch.full((1, 5, 4), torch.inf), "infinity"),
        ("clip", "torch tensor"),
    ],
)
def test_what_cannot_be_watched_is_refused_in_words(frames, said):
    with pytest.raises(ValueError) as refusal:
        Watcher(4)(frames)
    assert said in str(refusal.value)


TINY = experiment.Budget(scenes=150, naming=3, first=3, steps=4, clips=40, watching=3, tested=150)


def test_stopped_in_the_first_lesson_it_does_not_begin_the_second(monkeypatch):
    _, train, *_ = experiment.school(0, TINY)
    batches, begun = learning.batches, []

    def stopped(*wanted):
        begun.append(wanted)
        yield next(batches(*wanted))
        raise KeyboardInterrupt

    monkeypatch.setattr(learning, "batches", stopped)
    asker = experiment.new_asker(experiment.TWO, train.annotations.shape[2], 0)
    history = learning.learn(asker, train, 0, TINY.first, TINY.steps)
    assert history.interrupted and history.steps == len(begun) == 1
    assert asker.taken == 2  # whole again: it answers with both hops


def test_rows_judge_answers_and_maps_as_a_loop_does():
    encoder, train, test, twins = experiment.school(0, TINY)
    asker = experiment.new_asker(experiment.TWO, train.annotations.shape[2], 0)
    assert learning.learn(asker, train, 0, TINY.first, TINY.steps).steps == TINY.first + TINY.steps
    judged, (scores, weights) = learning.judge(asker, test), learning.answers(asker, test)
    right, pointed = [], []
    for n, each in enumerate(test.questions):
        if each.kind == "beside":
            right.append(data.ANSWERS[scores[n].argmax()] == each.answer)
            pointed.append(test.owners[each.scene, weights[n, 1].argmax()] == each.about)
    assert judged["beside"] == pytest.approx(sum(right) / len(right))
    assert judged["beside_pointing"] == pytest.approx(sum(map(int, pointed)) / len(pointed))
    pairs = learning.twins_right(asker, encoder, twins)
    assert 0 <= pairs["direct_pairs"] <= judged["direct"] + 0.2


def test_none_is_judged_by_itself_where_none_is_right():
    _, test = experiment.other_lessons(TINY, "hard")
    asker = experiment.new_asker(experiment.ONE, test.annotations.shape[2], 0)
    for said in ("three", "none"):  # one that always says so
        with torch.no_grad():
            asker.answer[-1].weight.zero_()
            asker.answer[-1].bias.copy_(torch.eye(ANSWERS)[data.ANSWERS.index(said)])
        judged = learning.judge(asker, test)
        # Eleven answers are equally often right, so a share of all says little about "none".
        assert judged["none"] == pytest.approx(1 / 11) and judged["said_none"] == (said == "none")
        assert judged["count"] == pytest.approx(0.25 if said == "three" else 0.0)


@pytest.mark.parametrize("name", ["questions, seed 0", "clips, seed 0", "faults", "hard"])
def test_pieces_of_the_record_run(name):
    rows = list(experiment.pieces(TINY)[name]())
    assert len(
        {str({k: v for k, v in each.items() if k not in ("figures", "curve")}) for each in rows}
    ) == len(rows)
    assert all(0 <= share <= 1 for each in rows for share in each["figures"].values())


def test_watchers_are_judged_by_digit_and_frame():
    train, test = experiment.cinema(0, TINY)
    watcher, history = watching.watch("attention", train, 0, 3)
    judged = watching.judge_watcher(watcher, test)
    with torch.no_grad():
        scores, weights = watcher(test.frames)
    hits = [int(weights[n, 0].argmax() == test.event[n]) for n in range(len(test.event))]
    assert judged["frame"] == pytest.approx(sum(hits) / len(hits)) and history.steps == 3
    assert judged["digit"] == pytest.approx(
        float((scores.argmax(1) == test.clips.digits[:, 2]).float().mean())
    )


def test_every_question_that_can_be_built_is_asked_and_answered():
    encoder, train, _, _ = experiment.school(0, TINY)
    asker, scenes = (
        experiment.new_asker(experiment.TWO, train.annotations.shape[2], 0),
        data.draw_scenes(2, 8),
    )
    shown, asked = (
        showing.every_question({"two hops": asker}, encoder, scenes),
        list(data.all_questions(scenes)),
    )
    scores, weights = learning.answers(asker, learning.read(encoder, scenes, asked))
    words = [list(form.values()) for form in shown["questions"].values()]
    assert sum(said in data.ANSWERS for scene in shown["truths"] for row in scene for said in row) == len(
        asked
    )
    for n, each in enumerate(asked):
        form = ["", "left", "right"].index(data.side_of(each.words))
        place = each.scene, form, words[form].index(each.words)
        assert shown["truths"][each.scene][form][place[2]] == each.answer
        assert_close(shown["shares"]["two hops"][place], scores[n].softmax(dim=0))
        assert_close(shown["weights"]["two hops"][place], weights[n])


def test_a_clip_is_shown_with_the_weights_of_both_orders():
    _, test = experiment.cinema(0, TINY)
    watchers = {pool: Watcher(20, pool=pool) for pool in ("attention", "max")}
    order = torch.stack([torch.arange(12).flip(0), torch.arange(12)])
    shown = showing.watched(watchers, test, order)
    assert_close(shown["weights"][1, 0], shown["weights"][0, 0].flip(0))
    told = watchers["max"](test.frames[:2]).scores.softmax(dim=1)
    assert_close(shown["shares"]["max"], torch.stack([told, told]).detach())
    assert shown["events"].equal(test.event[:2]) and shown["clips"].shape[:2] == (2, 12)


def test_the_record_holds_every_row_that_the_notebook_asks_for():
    systems = [*experiment.LADDER.values(), *experiment.FAULTS.values(), *experiment.SWEEP.values()]
    systems += [*experiment.COUNTERS.values(), *experiment.at_each_rate("two hops", "mean pool").values()]
    assert all(results.rows("asking", "record", **fields) for fields in systems)
    (row,) = results.rows("asking", "record", **experiment.FAULTS["no tanh"])
    expected = 1 - row["curve"][19] / row["curve"][14]
    assert experiment.quarter_change(experiment.FAULTS["no tanh"]) == pytest.approx(expected, rel=1e-4)
