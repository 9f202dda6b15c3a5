"""DRAW's bound, its measures and its pictures against torch.distributions, loops and hand-made numbers."""

import math
import re

import pytest
import torch
from torch.distributions import Normal, kl_divergence
from torch.testing import assert_close

from helpers import seeds
from helpers.draw import anatomy, data, experiment, figures, filters, measures
from helpers.draw.glimpses import GlimpseReader, Shrunk, glimpse_loss
from helpers.draw.model import Draw, Drawing, WarmedLoss, bound_loss, divergence, log_likelihood

SHAPE = (32, 34)


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


def small(**changes) -> Draw:
    return Draw(SHAPE, **{"steps": 3, "code": 4, "size": 16} | changes)


def drawing(B=3, T=4, z=5) -> Drawing:
    mean, log_deviation = torch.randn(B, T, z), 0.5 * torch.randn(B, T, z)
    return Drawing([torch.zeros(B, 2, 2)] * T, mean, log_deviation, mean, None, None)


def test_the_divergence_is_the_librarys():
    """A divergence that is short by a factor fails here: -T / 2 in place of -T z / 2."""
    made = drawing()
    each = kl_divergence(Normal(made.mean, made.log_deviation.exp()), Normal(0.0, 1.0))
    assert_close(divergence(made), each.sum(dim=-1))
    T, z = made.mean.shape[1:]
    terms = made.mean.square() + (2 * made.log_deviation).exp() - 2 * made.log_deviation
    short = terms.sum(dim=(1, 2)) / 2 - T / 2
    assert_close(short - divergence(made).sum(dim=1), torch.full((3,), T * (z - 1) / 2))


def test_the_likelihood_is_that_of_independent_coins():
    canvas, picture = torch.randn(2, 3, 3), torch.randint(2, (2, 3, 3)).float()
    coins = torch.distributions.Bernoulli(logits=canvas).log_prob(picture).sum(dim=(1, 2))
    assert_close(log_likelihood(canvas, picture), coins)


@pytest.mark.parametrize("changes", [{}, {"windows": None, "whole": 6}])
def test_what_is_drawn_is_what_the_codes_say(changes):
    """The picture reaches the canvas through z alone: decoding the sampled codes gives the same canvases."""
    model, pictures = small(**changes), torch.randint(2, (2, *SHAPE)).float()
    made = model(pictures)
    canvases, written = model.decode(made.codes)
    for mine, theirs in zip(canvases, made.canvases, strict=True):
        assert_close(mine, theirs)
    assert ((written is None) and (made.written is None)) == bool(changes)
    alone, both = (model(some, noise=torch.zeros(len(some), 3, 4)) for some in (pictures[:1], pictures))
    assert_close(alone.canvases[-1], both.canvases[-1][:1], atol=1e-5, rtol=1e-4)
    assert_close(alone.codes, alone.mean)


def test_every_step_has_noise_of_its_own():
    """One draw of noise for all steps fails here."""
    model, pictures = small(), torch.zeros(4, *SHAPE)
    made = model(pictures)
    noise = (made.codes - made.mean) / made.log_deviation.exp()
    assert all((noise[:, s] - noise[:, t]).abs().max() > 0.1 for s in range(3) for t in range(s))
    shared = torch.randn(4, 1, 4).expand(4, 3, 4)
    found = model(pictures, shared)
    noise = (found.codes - found.mean) / found.log_deviation.exp()
    assert_close(noise[:, 0], noise[:, 2], atol=1e-4, rtol=1e-4)


def test_the_pictured_second_step_is_one_of_the_models():
    model, picture = small(), torch.randint(2, SHAPE).float()
    shown = {step.name: torch.as_tensor(step.value).float() for step in anatomy.steps(model, picture)}
    with torch.no_grad():
        made = model(picture[None], torch.zeros(1, 3, 4))
    read, written = (
        filters.window(each[:, 1], SHAPE, n)
        for each, n in zip((made.read, made.written), model.windows, strict=True)
    )
    both = torch.stack([shown["picture"], shown["still wrong"]])[None]
    assert_close(shown["still wrong"], shown["picture"] - shown["canvas"])
    assert_close(filters.read(both, read, 12)[0], shown["read"])
    assert_close(shown["z"], made.mean[0, 1])
    stroke = filters.write(shown["patch"][None], written, SHAPE)[0]
    assert_close(shown["canvas after"], (shown["canvas"].logit() + stroke).sigmoid())
    assert_close(shown["at last"], made.canvases[2][0].sigmoid())


def test_windows_stay_within_their_bounds_whatever_the_state():
    model = small()
    with torch.no_grad():
        model.writer.numbers.dense.weight.mul_(1e4)
    made = model(torch.randint(2, (8, *SHAPE)).float())
    assert all(part.isfinite().all() for part in made.canvases)
    numbers, kept = made.written.flatten(0, 1), model.writer.numbers
    assert (numbers >= kept.low - 1e-4).all() and (numbers <= kept.high + 1e-4).all()
    # So few filters would be wider at first than they may be: they begin within the bounds, too.
    assert small(windows=(3, 3))(torch.zeros(1, *SHAPE)).written.isfinite().all()


def test_a_warmed_loss_shows_the_bound_and_lowers_the_divergences_slope():
    pictures, grown = torch.randint(2, (2, *SHAPE)).float(), {}
    loss, model = WarmedLoss(calls=4), small()
    for call in (1, 4):
        while loss.called < call:
            model.zero_grad()
            made = model(pictures, torch.zeros(2, 3, 4))
            value = loss(made, pictures)
            value.backward()
        assert_close(value, bound_loss(made, pictures))
        grown[call] = model.posterior.weight.grad.clone()
    model.zero_grad()
    bound_loss(model(pictures, torch.zeros(2, 3, 4)), pictures).backward()
    assert_close(grown[4], model.posterior.weight.grad)
    assert not torch.allclose(grown[1], grown[4])


def test_importance_weights_bound_log_p_ever_tighter():
    model, images = small(code=2), torch.randint(2, (3, *SHAPE)).to(torch.uint8)
    weights = measures.importance(model, images, 64)
    with torch.no_grad():
        noise = torch.randn(64, 3, 2, generator=torch.Generator().manual_seed(0))
        made = model(images[0].float().expand(64, -1, -1), noise)
        prior, posterior = Normal(0.0, 1.0), Normal(made.mean, made.log_deviation.exp())
        slow = log_likelihood(made.canvases[-1], images[0].float())
        slow = slow + (prior.log_prob(made.codes) - posterior.log_prob(made.codes)).sum(dim=(1, 2))
    assert_close(weights[0], slow, atol=1e-3, rtol=1e-4)
    found = [measures.tightened(weights, k) for k in (1, 4, 64)]
    assert found == sorted(found, reverse=True)
    assert found[0] == pytest.approx(-float(weights.mean()), rel=1e-6)


def test_nats_are_their_two_parts():
    model, images = small(), torch.randint(2, (5, *SHAPE)).to(torch.uint8)
    found = measures.nats(model, images)
    assert found["nats"] == pytest.approx(found["reconstruction"] + found["kl"], rel=1e-5)
    assert found == measures.nats(model, images)


def test_ink_and_coverage_tell_which_digit_a_stroke_goes_to():
    side, corners = 40, torch.tensor([[[0, 0], [20, 24]]])
    blank, first = torch.zeros(1, side, side), torch.zeros(1, side, side)
    first[0, 2:4, 2:4] = 1.0  # in the first digit's box
    second = first.clone()
    second[0, 22, 25:28] = 2.0  # 6 in the second's
    second[0, 18, 0] = -2.0  # and 2 in neither
    shares = measures.ink([first, second], blank, corners)
    assert_close(shares[0], torch.tensor([[1.0, 0, 0], [0, 0.75, 0.25]]))
    # A window of 2 x 2 filters 8 pixels apart covers 16 pixels a side; its centre that of the first box.
    x = y = (7.5 + 1) / ((side + 1) / 2) - 1
    numbers = torch.tensor([[[x, y, 0.0, math.log(8 / 39), 0.0]]])
    covered = measures.coverage(numbers, corners, 2, side)[0, 0]
    assert covered.tolist() == pytest.approx([1, 0], abs=1e-4)


def test_pictures_hold_two_digits_apart():
    pictures = data.two_digits(200, seeds.generator(0))
    bank = data.small_digits("train")
    assert set(pictures.images.unique().tolist()) == {0, 1}
    for image, corners in zip(pictures.images, pictures.corners, strict=True):
        assert (corners[0] - corners[1]).abs().max() >= data.DIGIT
        parts = [image[r : r + data.DIGIT, c : c + data.DIGIT] for r, c in corners.tolist()]
        assert all((bank == part).all(dim=(1, 2)).any() for part in parts)
        assert sum(int(part.sum()) for part in parts) == image.sum()
    again = data.two_digits(200, seeds.generator(0))
    assert torch.equal(again.images, pictures.images)


@pytest.mark.parametrize("places", ["learned", "random", "centre", "grid"])
def test_a_reader_is_the_same_alone_and_in_a_batch(places):
    model, images = GlimpseReader(places=places).eval(), torch.rand(3, 1, 60, 60)
    torch.manual_seed(5)
    together = model(images)
    if places != "random":
        assert_close(together.scores[1:2], model(images[1:2]).scores, atol=1e-5, rtol=1e-4)
    assert together.scores.shape == (3, 4, 10) and together.numbers.shape == (3, 4, 5)


def test_the_controls_have_as_many_parameters_and_pixels():
    count = {name: sum(p.numel() for p in make().parameters()) for name, make in experiment.READERS.items()}
    assert all(abs(each / count["learned"] - 1) < 0.03 for each in count.values()), count
    reader, shrunk = GlimpseReader(), Shrunk()
    assert reader.glimpses * reader.n**2 == shrunk.pixels**2
    sizes = [sum(p.numel() for p in make().parameters()) for make in experiment.SYSTEMS.values()]
    assert abs(sizes[0] / sizes[1] - 1) < 0.03, sizes


def test_the_glimpses_loss_is_the_mean_over_glimpses():
    seen, labels = GlimpseReader()(torch.rand(5, 1, 60, 60)), torch.arange(5)
    by_step = [torch.nn.functional.cross_entropy(each, labels) for each in seen.scores.unbind(dim=1)]
    assert_close(glimpse_loss(seen, labels), torch.stack(by_step).mean())


def test_shrinking_averages_what_lies_under_a_pixel():
    model = Shrunk(pixels=2)
    model.layers = torch.nn.Sequential(torch.nn.Identity())
    image = torch.arange(16.0).view(1, 1, 4, 4)
    seen = model(image).scores[0, 0]
    assert seen.tolist() == pytest.approx([10, 18, 42, 50])  # four times the means of 2 x 2 pixels


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: small()(torch.zeros(2, 5, 5)), f"pictures of shape (B, {SHAPE[0]}, {SHAPE[1]})"),
        (lambda: small()(torch.zeros(2, *SHAPE, dtype=torch.uint8)), "in floating point from 0 to 1"),
        (lambda: small()(torch.zeros(0, *SHAPE)), "the batch is empty"),
        (lambda: small()(torch.full((1, *SHAPE), math.nan)), "NaN"),
        (lambda: small()(torch.full((1, *SHAPE), 255.0)), "other numbers"),
        (lambda: GlimpseReader(places="everywhere"), "no places 'everywhere'"),
        (lambda: GlimpseReader(places="grid", glimpses=3), "in 4 glimpses, not 3"),
        (lambda: GlimpseReader()(torch.zeros(1, 60, 60)), "images[None]"),
        (lambda: experiment.held_out(5, "exam"), "exam"),
        (
            lambda: figures.stroke_by_stroke(torch.zeros(2, 2), [0], [0], [0], [1.0]),
            "1 steps of 2 x 2 pixels need",
        ),
    ],
)
def test_bad_input_is_refused_in_words(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()
