"""Captions: grammar against loops over scenes, decoders against loops over places, REINFORCE against every path."""

import itertools
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch.testing import assert_close

from helpers import results
from helpers.captioning import data, experiment, maps, systems
from helpers.captioning import model as decoders
from helpers.captioning.data import COLOURS, COVERED, DIGITS, apart, by_slot, captions, draw_scenes, parse
from helpers.captioning.model import Captioner, HardLoss, NamingEncoder, SeesOnce, Told
from helpers.data.batches import as_input
from helpers.data.scenes import COLOUR_NAMES, make_scenes
from helpers.data.tokens import PAD, TeacherForced, Vocabulary
from helpers.decoding import greedy
from helpers.probe import gradient
from tools.record import checked

WORDS, L, D = 9, 16, 6


@pytest.fixture(scope="module")
def scenes():
    return draw_scenes(12, 0)


def decoder(**options) -> Captioner:
    torch.manual_seed(0)
    return Captioner(WORDS, D, 8, **options).eval()


def shown(B: int = 3, T: int = 5) -> TeacherForced:
    draw = torch.Generator().manual_seed(1)
    return TeacherForced(
        torch.randn(B, L, D, generator=draw), torch.randint(4, WORDS, (B, T), generator=draw)
    )


@pytest.mark.parametrize("language", ["English", "Korean"])
def test_captions_name_stickers_from_left_to_right(scenes, language):
    for n, caption in enumerate(captions(scenes, language)):
        there = [k for k in range(6) if scenes.digits[n, k] >= 0]
        there.sort(key=lambda k: float(scenes.places[n, k, 0]))
        names = [
            (COLOURS[language][COLOUR_NAMES[scenes.colours[n, k]]], DIGITS[language][scenes.digits[n, k]])
            for k in there
        ]
        assert parse(caption.words) == names
        # Two words are about each sticker, and no other word is about any.
        assert [k for k in caption.about if k >= 0] == [k for k in there for _ in range(2)]
        for word, k in zip(caption.words, caption.about, strict=True):
            assert (k >= 0) == any(word in pair for pair in names)


def test_an_article_fits_its_colour(scenes):
    pairs = {pair for caption in captions(scenes) for pair in itertools.pairwise(caption.words)}
    articles = {pair for pair in pairs if pair[0] in ("a", "an")}
    assert ("an", "orange") in articles and len(articles) == len(COLOURS["English"])
    assert all((article == "an") == (colour == "orange") for article, colour in articles)


def test_captions_by_colour_follow_the_list_of_colours(scenes):
    for caption in captions(scenes, order="by colour"):
        places = [COLOUR_NAMES.index(colour) for colour, _ in parse(caption.words)]
        assert places == sorted(places)
    assert captions(scenes)[0].words.count(",") == int((scenes.digits[0] >= 0).sum()) - 1


def test_neighbours_are_apart_by_their_distance_across(scenes):
    for n, far in enumerate(apart(scenes).tolist()):
        across = scenes.places[n, scenes.digits[n] >= 0, 0].tolist()
        least = min(abs(a - b) for a, b in itertools.combinations(across, 2))
        assert far == (least >= 4)


@pytest.mark.parametrize("size", [96, 72])  # notebook 08b has smaller scenes
def test_a_cell_belongs_to_the_sticker_that_covers_most_of_it(size):
    scenes = make_scenes(3, 0, size=size, count=(2, 4), height=(14, 20))
    found, names, side = data.owners(scenes), data.cell_names(scenes), size // 12
    for n, row, column in itertools.product(range(3), range(side), range(side)):
        cell = scenes.instances[n, row * 12 : row * 12 + 12, column * 12 : column * 12 + 12]
        counts = [int((cell == k + 1).sum()) for k in range(4)]
        k = counts.index(max(counts)) if max(counts) >= COVERED * 144 else -1
        assert found[n, row * side + column] == k
        wanted = [int(scenes.digits[n, k]) + 1, int(scenes.colours[n, k]) + 1] if k >= 0 else [0, 0]
        assert names[n, :, row, column].tolist() == wanted


def test_accuracy_by_slot_is_counted_by_hand():
    truth = ["a red three , a blue five", "a pink one , a red two"]
    said = ["a red three , a blue four", "a red two , a pink one , a green"]
    truth, said = [text.split() for text in truth], [text.split() for text in said]
    # The first: colours 2 of 2, digits 1 of 2, its one step in order. The second: none, and no step in order.
    assert by_slot(said, truth) == {"colour": 0.5, "digit": 0.25, "order": 1 / 3, "count": 0.5, "exact": 0.0}
    assert set(by_slot(truth, truth).values()) == {1.0}
    assert parse(["a", "green", ",", "seven"]) == [("green", ""), ("", "seven")]
    assert by_slot([[]], truth[:1])["order"] == 0


def test_batches_keep_captions_beside_their_annotations(scenes):
    said = [caption.words for caption in captions(scenes)]
    vocabulary = Vocabulary(said)
    marks = torch.arange(12.0)[:, None, None].expand(12, 2, 3)
    batches = data.caption_batches(marks, said, vocabulary, 4, seed=0)
    seen = []
    for _ in range(3):
        inputs, targets = next(batches)
        for mark, row in zip(inputs.source[:, 0, 0].int().tolist(), targets, strict=True):
            assert vocabulary.decode(row) == said[mark]
            seen.append(mark)
    assert sorted(seen) == list(range(12))
    with pytest.raises(ValueError, match="A batch of 13 cannot be drawn from 12 captions"):
        next(data.caption_batches(marks, said, vocabulary, 13, 0))


def test_a_unit_of_the_encoder_sees_about_one_sticker_and_knows_its_place(scenes):
    encoder = NamingEncoder().eval()
    images = as_input(scenes.images[:2])
    slope = gradient(encoder, "features", images[:1], 4, 4)
    rows = slope.sum(dim=1).nonzero()[:, 0]
    assert 24 <= rows.max() - rows.min() + 1 <= 35
    found = encoder.annotate(images)
    assert_close(found[:, :, :64].mT.reshape(2, 64, 8, 8), encoder.features(images))
    assert_close(found[0, [0, 7, 63], -2:], torch.tensor([[-7, -7], [7, -7], [7, 7]]) / 8)


def test_soft_attention_is_a_loop_over_places():
    model, inputs = decoder(), shown()
    memory, state = model.begin(inputs.source)
    words = inputs.so_far[:, 0]
    embedded = model.embed(words)
    for b in range(3):
        query = model.query(torch.cat([state[b], embedded[b]]))
        scores = torch.stack([model.v((query + model.key(place)).tanh())[0] for place in inputs.source[b]])
        weights = scores.exp() / scores.exp().sum()
        context = sum(weight * place for weight, place in zip(weights, inputs.source[b], strict=True))
        after = model.cell(torch.cat([embedded[b], context])[None], state[b][None])[0]
        hidden = (model.said(torch.cat([after, embedded[b]])) + model.seen(context)).tanh()
        step = model.advance(words, state, memory)
        assert_close(step.weights[b], weights)
        assert_close(step.scores[b], model.words(hidden))


@pytest.mark.parametrize(
    "model",
    [decoder(), decoder(look="hard"), decoder(first="mean", wide=True), SeesOnce(WORDS, D, L, 8).eval()],
    ids=["soft", "hard", "wide", "sees once"],
)
def test_a_batch_equals_one_by_one_and_a_caption_equals_its_steps(model):
    inputs = shown()
    told = model(inputs)
    for b in range(3):
        alone = model(TeacherForced(inputs.source[b : b + 1], inputs.so_far[b : b + 1]))
        assert_close(alone.scores[0], told.scores[b])
    said = greedy(model, inputs.source, most=6)
    again = model(TeacherForced(inputs.source[:1], torch.tensor([[1, *said[0].words][:6]])))
    assert again.scores[0].argmax(dim=-1).tolist()[: len(said[0].words)] == said[0].words


def test_hard_attention_reads_the_likeliest_place_or_samples_by_weight():
    model, inputs = decoder(look="hard"), shown(B=1, T=1)
    with torch.no_grad():
        model.v.weight *= 20  # weights that differ
        told = model(inputs)
        assert told.picked[0, 0] == told.weights[0, 0].argmax()
        many = TeacherForced(inputs.source.expand(20_000, -1, -1), inputs.so_far.expand(20_000, -1))
        drawn = model.train()(many).picked[:, 0].bincount(minlength=L) / 20_000
    assert_close(drawn, told.weights[0, 0], atol=0.015, rtol=0)


def test_the_coin_reads_the_mean_in_its_share_of_batches():
    model, inputs = decoder(look="hard", coin=0.5).train(), shown()
    soft = sum(model(inputs).picked is None for _ in range(200))
    assert 60 < soft < 140
    assert all(model.eval()(inputs).picked is not None for _ in range(10))


def test_the_marginal_sums_what_every_place_would_say():
    model, inputs = decoder(look="marginal", feeds="output"), shown()
    told = model(inputs)
    assert_close(told.scores.exp().sum(dim=-1), torch.ones(3, 5))
    memory, state = model.begin(inputs.source)
    embedded = model.embed(inputs.so_far[:, 0])
    state = model.cell(embedded, state)
    by_place = [model.speak(state, embedded, inputs.source[:, i]).softmax(dim=-1) for i in range(L)]
    mixed = sum(told.weights[:, 0, i, None] * by_place[i] for i in range(L))
    assert_close(told.scores[:, 0].exp(), mixed)


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize("baseline", [True, False])
def test_reinforce_averaged_over_every_path_is_the_gradient_of_the_bound(own, baseline):
    draw = torch.Generator().manual_seed(0)
    logits = torch.randn(
        2, 3, generator=draw, dtype=torch.float64, requires_grad=True
    )  # two words, three places
    # What is said of the second word depends on both places, unless places enter only the output.
    table = torch.randn(3, 3, 2, WORDS, generator=draw, dtype=torch.float64)
    if own:
        table[:, :, 0], table[:, :, 1] = table[:, :1, 0], table[:1, :, 1]
    else:
        table[:, :, 0] = table[:, :1, 0]
    targets, bound, mean = torch.tensor([[4, 5]]), 0.0, torch.zeros_like(logits)
    for path in itertools.product(range(3), repeat=2):
        weights = logits.softmax(dim=-1)
        chance = weights[0, path[0]] * weights[1, path[1]]
        scores = table[path][None]
        bound = bound - chance * F.cross_entropy(scores[0], targets[0])
        loss = HardLoss(own, baseline)
        loss.average = torch.tensor([-3.0, -1.5]).double()
        told = Told(scores, None, weights[None], torch.tensor([path]))
        mean += chance.detach() * torch.autograd.grad(loss(told, targets), logits, retain_graph=True)[0]
    assert_close(-mean, torch.autograd.grad(bound, logits)[0])


def test_the_baseline_is_made_of_past_rewards_alone():
    loss = HardLoss(own=True, baseline=True)
    weights = torch.full((1, 1, 2), 0.5, requires_grad=True)
    told = Told(torch.zeros(1, 1, WORDS), None, weights, torch.tensor([[0]]))
    reward = -torch.tensor(float(WORDS)).log()
    for past in (0.0, 0.1 * reward, 0.19 * reward):
        (slope,) = torch.autograd.grad(loss(told, torch.tensor([[4]])), weights)
        assert_close(slope[0, 0, 0], -(reward - past) / 0.5)


def test_coverage_leaves_padding_out_and_can_be_met_by_words_over_places_alone():
    even = torch.full((1, 3, 4), 0.25)
    targets = torch.tensor([[5, 6, 0]])  # two words, and padding
    told = Told(torch.zeros(1, 3, WORDS), None, even)
    assert_close(decoders.coverage(told, targets, torch.tensor([[2 / 4]])), torch.tensor(0.0))
    assert_close(decoders.coverage(told, targets, 1.0), torch.tensor(4 * 0.5**2))
    bare = systems.penalised(told, targets, 0.0, "1")
    assert_close(systems.penalised(told, targets, 2.0, "1") - bare, torch.tensor(2.0))
    assert_close(bare, decoders.caption_loss(told, targets))


def test_what_is_erased_is_neither_looked_at_nor_read():
    model, inputs = decoder(first="mean"), shown()
    mask = torch.ones(3, L, dtype=torch.bool)
    mask[:, 5] = False
    memory, state = model.begin(inputs.source, mask)
    told = model.tell(inputs.so_far, state, memory)
    assert (told.weights[:, :, 5] == 0).all()
    other = inputs.source.clone()
    other[:, 5] = 1e3
    memory, state = model.begin(other, mask)
    assert_close(model.tell(inputs.so_far, state, memory).scores, told.scores)


def test_wide_features_bring_every_sticker_to_the_bottom_row_and_local_ones_do_not():
    for wide in (False, True):
        model, inputs = decoder(wide=wide, bottom=True), shown()
        inputs.source.requires_grad_()
        told = model(inputs)
        assert (told.weights[:, :, :12] == 0).all() and (told.weights[:, :, 12:] > 0).all()
        slope = torch.autograd.grad(told.scores.square().sum(), inputs.source)[0].abs().sum(dim=(0, 2))
        assert (slope > 0).tolist() == [wide] * 12 + [True] * 4


def test_padding_is_what_the_tokens_say():
    assert decoders.PAD == PAD


def test_annotations_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"annotations of shape \(B, L, D\).*got \(3, 6\)"):
        decoder().begin(torch.zeros(3, 6))


@pytest.fixture(scope="module")
def test_set():
    scenes = experiment.held_out(20)
    assert len(scenes) == 20 and apart(scenes).all()
    return experiment.annotated(NamingEncoder(), scenes)


def test_pointing_is_perfect_where_maps_are_and_poor_where_they_are_of_other_scenes(test_set):
    words = maps.about(test_set, 24)
    perfect = (test_set.owners[:, None] == words[..., None]).float()
    found = maps.pointing(perfect, test_set)
    assert found["pointing"] == 1
    assert found["pointing_shuffled"] < 0.5
    one = [float((test_set.owners[n] == k).float().mean()) for n in range(20) for k in words[n] if k >= 0]
    assert found["pointing_uniform"] == pytest.approx(sum(one) / len(one))


def test_deletion_tells_the_attended_cell_from_others(test_set):
    words = maps.about(test_set, 24)
    own = (test_set.owners[:, None] == words[..., None]) & (words >= 0)[..., None]
    # Each cell of the word's own sticker costs 2 nats, any other none.
    found = maps.deletion(own.float(), own.mT * -2.0, test_set)
    assert found["erased_attended"] == found["erased_own_sticker"] == -2
    assert found["erased_other_sticker"] == 0 and -0.5 < found["erased_random"] < 0


def test_a_figure_by_seed_has_the_mean_that_a_table_gives():
    found = [float(share) for share in experiment.by_seed("exact", systems.SOFT).split()]
    mean = results.value("captioning", "record", "exact", captions="left to right", **systems.SOFT)
    assert len(found) == 3 and sum(found) / 3 == pytest.approx(mean, abs=0.005)


def test_every_piece_gives_rows_that_can_be_recorded():
    tiny = experiment.Budget(scenes=32, naming=1, steps=1, tested=4)
    found = experiment.pieces(tiny)
    names = "naming, seed 0", "captions, seed 0", "rates"
    rows = [checked(row, name) for name in names for row in found[name]()]
    assert results.twins(rows) is None
    # Hard attention learned at the rate that did best on validation scenes.
    tried, rows = rows[-len(experiment.RATES) :], rows[: -len(experiment.RATES)]
    best = min(tried, key=lambda row: row["figures"]["validation_nats_a_word"])
    assert [row["rate"] for row in tried] == [*experiment.RATES]
    assert [row["rate"] for row in rows[1:]] == [experiment.RATE] * 2 + [best["rate"]] * 2
    others = {
        "penalty": systems.PENALTIES["goal 1, strength 0.1"],
        "wide": systems.ABLATIONS["wide features"],
    }
    rows += experiment.compare(0, tiny, others)
    rows += experiment.compare(0, tiny, {"": systems.OUTPUT["exact marginal"]}, "by colour")
    models = [row["model"] for row in rows]
    assert models == ["naming encoder", "soft", "control", "hard", "hard", "soft", "soft", "marginal"]
    # The control has as many parameters as soft attention, and a few more.
    assert 1 <= rows[2]["parameters"] / rows[1]["parameters"] < 1.02
    assert replace(tiny, steps=2) != tiny and experiment.PIECES["record"].keys() == found.keys()
