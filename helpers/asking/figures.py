"""Figures of lesson 08b: arrays in, interactive figures out."""

from collections.abc import Mapping, Sequence

import numpy as np

from helpers import figure as fig
from helpers.captioning.figures import FAINT, in_percent
from helpers.figure import taking


def table(judged: Mapping[str, Mapping[str, float]], figures: Sequence[str] = ()) -> str:
    """Lay shares out as those of the record are: a row a system, all its figures or some; a dash for what it lacks."""
    figures, longest = figures or list(next(iter(judged.values()))), max(map(len, judged))
    wide = {name: max(len(name) + 2, 8) for name in figures}
    lines = [" " * longest + "".join(f"{name.replace('_', ' '):>{w}}" for name, w in wide.items())]
    for system, shares in judged.items():
        cells = {name: f"{shares[name]:.2f}" if name in shares else "–" for name in figures}
        lines.append(f"{system:{longest}}" + "".join(f"{cells[name]:>{w}}" for name, w in wide.items()))
    return "\n".join(lines)


def ask_the_scene(
    images: np.ndarray,
    questions: Mapping[str, Mapping[str, Sequence[str]]],
    weights: Mapping[str, np.ndarray],
    shares: Mapping[str, np.ndarray],
    truths: Sequence[Sequence[Sequence[str]]],
    answers: Sequence[str],
) -> fig.Figure:
    """Build a question, step through the looks of a network, and see its maps and the shares of its answers.

    Args:
        images: (N, 3, H, W), bytes or floats in 0..1.
        questions: form of Q questions -> which of C colours it asks for -> its words.
        weights: model -> (N, Q, C, hops, L), maps of L cells, row by row in a square.
        shares: model -> (N, Q, C, A), a share for each of A answers.
        truths: N lists of Q lists of C right answers, in words.
        answers: A names.
    """
    models, forms = taking.distinct(list(weights), "models"), taking.distinct(list(questions), "questions")
    colours = taking.distinct(list(questions[forms[0]]), "colours")
    scenes = taking.pictures(images)
    maps = np.stack([taking.numbers(weights[model], "weights").astype(float) for model in models])
    told = np.stack([taking.numbers(shares[model], "shares").astype(float) for model in models])
    wanted = (len(models), len(scenes), len(forms), len(colours))
    if maps.ndim != 6 or (maps.shape[:4], told.shape, np.shape(truths)) != (
        wanted, (*wanted, len(answers)), wanted[1:],
    ):  # fmt: skip
        raise ValueError(
            f"Expected weights, shares and truths for {wanted} models, scenes, questions and colours, and shares of "
            f"{len(answers)} answers; got {maps.shape}, {told.shape} and {np.shape(truths)}."
        )
    percent, hops = in_percent(maps), maps.shape[4]
    words = [[questions[form][colour] for colour in colours] for form in forms]

    scene = fig.Slider("Scene", len(scenes), labels=[str(n + 1) for n in range(len(scenes))], keys="-+")
    # It begins with a question that has an answer in the first scene, of the last form that has one.
    askable = [each for each in np.ndindex(wanted[2:]) if truths[0][each[0]][each[1]] in answers] or [(0, 0)]
    first = min(askable, key=lambda each: (-each[0], each[1]))
    form, colour = fig.Choice("Question", forms, first[0]), fig.Choice("Colour", colours, first[1])
    model = fig.Choice("Network", models, keys="[]")
    look = fig.Slider("Look", hops, labels=[str(n + 1) for n in range(hops)])
    blend = fig.Slider("Blend", 101, 60, labels="{}%")
    at = fig.Pointer(scenes.shape[1:3], grid=percent.shape[5:], name="cell")
    asked = model, scene, form, colour
    visible = fig.array(np.where(percent < FAINT, np.nan, percent))[asked]
    return fig.Figure(
        fig.Tokens(fig.names(words)[form, colour], title="Question"),
        fig.Stage(
            fig.Image(fig.array(scenes)[scene]),
            fig.Heat(visible[look], 0, 100, "viridis", blend),
            title=fig.text("Look {n}", n=look),
            pointer=at,
            side=320,
        ),
        fig.Bars(answers, fig.array(told)[asked], title="Shares of the answers"),
        also=(form, colour, scene, model, look, blend),
        still={"Look": hops - 1},
        caption="{Network}, scene {Scene}: the answer is “{said}” ({share:.0%}); right is “{truth}”. "
        "Look {Look}: {weight:.0%} of the weight lies on the cell in {cell}.",
        alt=f"{len(scenes)} scenes under the maps of {' and '.join(models)}, a question, and shares of answers.",
        said=fig.names(np.asarray(answers)[told.argmax(axis=-1)])[asked],
        share=fig.array(told.max(axis=-1))[asked],
        truth=fig.names(truths)[scene, form, colour],
        weight=fig.array(maps.reshape(percent.shape))[asked][look, at.y, at.x],
    )


def which_frame(
    clips: np.ndarray,
    order: np.ndarray,
    weights: np.ndarray,
    shares: Mapping[str, np.ndarray],
    events: Sequence[int],
    digits: Sequence[int],
) -> fig.Figure:
    """Play a clip, see which frame gets the weight, and what each network answers; with the frames shuffled, too.

    Args:
        clips: (N, T, 3, H, W), bytes or floats in 0..1.
        order: (N, T), the frames of each clip in another order.
        weights: (2, N, T), the weights of the frames as they are and in that order, as they then stand.
        shares: model -> (2, N, 10), its answers' shares for both orders.
        events, digits: (N,), the frame and the digit of each clip's event.
    """
    frames = np.stack([taking.pictures(clip) for clip in clips])
    N, T = frames.shape[:2]
    models = taking.distinct(list(shares), "models")
    told = np.stack([taking.numbers(shares[model], "shares").astype(float) for model in models])
    weights, order = taking.numbers(weights, "weights").astype(float), np.asarray(order)
    if weights.shape != (2, N, T) or told.shape != (len(models), 2, N, 10) or order.shape != (N, T):
        raise ValueError(
            f"Expected weights (2, {N}, {T}), shares (2, {N}, 10) and an order ({N}, {T}); got {weights.shape}, "
            f"{told.shape[1:]} and {order.shape}."
        )
    orders = np.stack([np.broadcast_to(np.arange(T), (N, T)), order])
    found = np.argmax(orders == np.asarray(events)[:, None], axis=-1)  # (2, N): where the event then stands

    clip = fig.Slider("Clip", N, labels=[str(n + 1) for n in range(N)], keys="-+")
    frame = fig.Slider("Frame", T, labels=[str(n + 1) for n in range(T)], play=True, every=400)
    shuffle = fig.Toggle("Shuffle the frames")
    model = fig.Choice("Network", models)
    shown = fig.array(orders)[shuffle, clip, frame]
    here = fig.array(weights)[shuffle, clip]
    return fig.Figure(
        fig.Stage(fig.Image(fig.array(frames)[clip, shown]), title=fig.text("Frame {n}", n=frame), side=300),
        fig.Lines({"weight": here}, range(1, T + 1), frame, low=0, high=1, title="Weights of the frames"),
        fig.Bars(
            [str(n) for n in range(10)], fig.array(told)[model, shuffle, clip], title="Shares of the digits"
        ),
        also=(clip, frame, shuffle, model),
        still={"Frame": int(found[0, 0])},
        caption="Clip {Clip}: digit {digit} is seen in frame {event} only; the greatest weight lies on frame {most}. "
        "{Network} answers {said} ({share:.0%}). Frame {Frame} has {weight:.0%} of the weight.",
        alt=f"{N} clips of {T} frames, the weight of each frame, and shares of answers of {', '.join(models)}.",
        digit=fig.array(digits)[clip],
        event=fig.array(found + 1)[shuffle, clip],
        most=fig.array(weights.argmax(axis=-1) + 1)[shuffle, clip],
        said=fig.array(told.argmax(axis=-1))[model, shuffle, clip],
        share=fig.array(told.max(axis=-1))[model, shuffle, clip],
        weight=here[frame],
    )


def steps(
    image: np.ndarray, annotations: np.ndarray, words: Sequence[str], weights: np.ndarray, scores: np.ndarray,
    answers: Sequence[str],
) -> list[fig.Step]:  # fmt: skip
    """Every tensor between a scene, a question and its answer, for `fig.anatomy` or `fig.walk`.

    Args:
        image: (3, H, W). annotations: (L, D). weights: (2, L), of two hops. scores: (A,). answers: A names.
    """
    annotations, weights, scores = (np.asarray(each) for each in (annotations, weights, scores))
    side = round(len(annotations) ** 0.5)
    first, second = (each.reshape(side, side) for each in weights)
    contexts = weights @ annotations
    return [
        fig.Step("scene", np.moveaxis(np.asarray(image), 0, -1), place=(0, 0)),
        fig.Step("annotations", annotations.T.reshape(-1, side, side), "encoder", place=(1, 0)),
        fig.Step("question", list(words), after={}, place=(0, 1)),
        fig.Step("look 1", first, after={"annotations": "keys", "question": "query, softmax"}, place=(2, 0)),
        fig.Step("context 1", contexts[0], after={"look 1": "weighted mean"}, place=(3, 0)),
        fig.Step(
            "look 2", second, after={"context 1": "query; keys, softmax"}, place=(3, 1),
            note="The query is now the question and what was read; the keys are the annotations' again.",
        ),
        fig.Step("context 2", contexts[1], after={"look 2": "weighted mean"}, place=(3, 2)),
        fig.Step(
            "scores", scores, "two layers", place=(2, 2),
            note="The two layers get the question, and what both looks read.",
        ),
        fig.Step("answer", [answers[int(scores.argmax())]], "argmax", place=(1, 2)),
    ]  # fmt: skip
