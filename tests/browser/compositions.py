"""Composed figures that the browser tests open: each function builds one, in a test or in a notebook's kernel."""

import time
from pathlib import Path

import numpy as np
import torch
from figures import MAPS, SIDE, blocky, photograph, scores, truth, watch_it_learn_data

from helpers import figure as fig
from helpers import ops
from helpers.asking import figures as asking_figures
from helpers.data.morse import Keying
from helpers.data.readings import Candidate, Reading
from helpers.draw import figures as draw
from helpers.fcn.fields import Field
from helpers.fcn.fields import receptive_field as compose_fields
from helpers.fcn.figures import masks_over_images, patch_and_map, upsampled_masks
from helpers.figure.pad import DigitPad
from helpers.instances import figures as instances
from helpers.instances.cascades import figures as cascades
from helpers.instances.cascades.handle import BoxHandle
from helpers.instances.hypercolumns import mixing
from helpers.listening import figures as listening
from helpers.listening.data import Heard
from helpers.multi_scale import figures as multi_scale
from helpers.multi_scale import trees as segmentation_trees
from helpers.plotting import DIGIT_CLASSES
from helpers.refinement import figures as refinement
from helpers.refinement.planting import Explored
from helpers.spatial_transformer import figures as transformer_figures
from helpers.translation import figures as translation
from helpers.upsampling import figures as upsampling

HERE = Path(__file__).resolve().parent


def masks() -> fig.Figure:
    maps = {name: blocky(cell) for name, cell in MAPS.items()}
    return masks_over_images(photograph(), maps, truth=truth(), alt="A portrait under three discs.")


def upsampled() -> fig.Figure:
    networks = scores()
    networks["FCN-8s"] = networks["FCN-8s"][1:]  # trained for fewer steps than the others
    steps = {"FCN-32s": [0, 50, 400], "FCN-16s": [0, 50, 400], "FCN-8s": [50, 400]}
    return upsampled_masks(photograph(), networks, truth(), steps=steps, alt="A portrait under three discs.")


def patch_map() -> fig.Figure:
    """Patches of 24 pixels every 8 pixels, the first of them partly outside the scene."""
    centres = truth()[4::8, 4::8]
    noise = np.random.default_rng(1).normal(size=(11, *centres.shape))
    score_map = 3 * np.eye(11)[centres].transpose(2, 0, 1) + noise
    patches = ops.Field(24, 8, -8)
    return patch_and_map(photograph(), score_map, patches, truth=truth(), alt="A portrait, and its patches.")


FIELDS = (
    Field("conv1", 2, 5, 0, (46, 46)),
    Field("pool2", 8, 26, 0, (9, 9)),
    Field("score", 32, 120, -44, (3, 3)),  # it sees beyond the scene
)


def bells(name: str, row: int, column: int) -> np.ndarray:
    """A gradient like a bell over what a unit sees, speckled."""
    field = next(each for each in FIELDS if each.name == name)
    y, x = (np.arange(SIDE) - field.first(unit) for unit in (row, column))
    down, across = (np.exp(-(((place - (field.size - 1) / 2) / (field.size / 5)) ** 2)) for place in (y, x))
    inside = [(place >= 0) & (place < field.size) for place in (y, x)]
    speckle = np.random.default_rng(row + 100 * column).random((SIDE, SIDE))
    return np.outer(down * inside[0], across * inside[1]) * speckle


def receptive_field() -> fig.Figure:
    return compose_fields(photograph(), FIELDS, bells, alt="A portrait, and what a unit sees of it.")


def watch_it_learn() -> fig.Figure:
    inputs, runs, numbers = watch_it_learn_data()
    return transformer_figures.watch_it_learn(
        inputs, runs, low=0, high=1, numbers=numbers, alt="Four leaning bars."
    )


def sampling_grid() -> fig.Figure:
    """A leaning box on a photograph that is wider than high, its lower right corner out of it."""
    theta = np.array([[0.45, -0.3, 0.3], [0.25, 0.5, 0.35]])
    return transformer_figures.sampling_grid(
        photograph()[:72], theta=theta, side=20, alt="A portrait under a sampling grid."
    )


def digit_pad() -> DigitPad:
    """A pad with one stroke on it."""
    return DigitPad(strokes=[[[6, 6], [20, 8]]])


def stamp_stepper() -> fig.Figure:
    """An input with a zero and a negative value, under a kernel that is not symmetric."""
    kernel = [[0.25, 0.5, 0], [0.5, 1, 0.5], [0.25, -0.5, 0.0625]]
    return upsampling.stamp_stepper([[1, 2, 0], [0.5, -1, 3]], kernel)


def checkerboard() -> fig.Figure:
    """Kernels of three sizes; the drawn one has weights of both signs."""
    drawn = np.random.default_rng(3).normal(size=(4, 4)).round(2)
    hat = np.outer([0.5, 1, 0.5], [0.5, 1, 0.5])
    kernels = {"ones": np.ones((3, 3)), "bilinear": hat, "drawn": drawn, "cancelling": [[1, -1], [-1, 1]]}
    return upsampling.checkerboard(kernels, cells=6)


def stages() -> list[tuple]:
    """A map of 6 x 6 cells unpooled twice, smoothed after each time, and the truth seen through cells of 6 pixels."""
    rng = np.random.default_rng(2)
    found = [("conv5", rng.random((6, 6)) * 4 - 0.5, None)]
    for name in ("1", "2"):
        values = found[-1][1]
        corners = np.stack(np.indices(values.shape), -1) * 2
        switches = corners + rng.integers(0, 2, corners.shape)
        unpooled = np.zeros([2 * side for side in values.shape])
        unpooled[switches[..., 0], switches[..., 1]] = values
        smooth = sum(np.roll(unpooled, shift, (0, 1)) for shift in ((0, 0), (0, 1), (1, 0), (1, 1)))
        found += [(f"unpool{name}", unpooled, switches), (f"deconv{name}", smooth, None)]
    return [*found, ("labels", blocky(6), None)]


def stage_by_stage() -> fig.Figure:
    return upsampling.stage_by_stage(photograph(), stages(), truth(), alt="A portrait under three discs.")


def pass_by_pass(relabel=None) -> fig.Figure:
    """Three passes over a portrait with ever finer labels; two false labels that shrink, at 2 x 3 places."""
    maps = np.stack([blocky(cell) for cell in (24, 12, 6)])
    corners = np.stack(np.meshgrid([12, 42, 72], [20, 60]), axis=-1)
    boxes = np.concatenate([corners, np.full_like(corners, 12)], axis=-1)
    planted = np.broadcast_to(maps, (2, 2, 3, *maps.shape)).copy()
    for row, column in np.ndindex(2, 3):
        left, top = corners[row, column]
        for number, side in enumerate((24, 16, 8)):
            for planted_maps, label in zip(planted, (1, 8), strict=True):
                planted_maps[row, column, number, top : top + side, left : left + side] = label
    grown = np.array([[-6, -6, 12, 12]]) * np.arange(1, 4)[:, None]
    views = boxes + grown[:, None, None]
    gradients = np.random.default_rng(4).random((3, 2, 3, 24, 24)) ** 3
    found = Explored([1, 8], maps, planted, boxes, views, gradients)
    return refinement.pass_by_pass(photograph(), truth(), found, relabel, alt="A portrait, labelled.")


def repainted(ink: np.ndarray, label: int) -> np.ndarray:
    """Stands for the network of `pass_by_pass`: what a hand paints is all there after the first pass, then gone."""
    maps = np.stack([blocky(cell) for cell in (24, 12, 6)])
    maps[0][np.asarray(ink) > 127] = label
    return maps


def playhead() -> fig.Figure:
    """Two sounds of noise, of 3 and 6 letters; one score looks at each in turn, the other at random places."""
    generator, places = np.random.default_rng(8), (14, 30)
    rows = [np.repeat(np.eye(n), k // n + 1, axis=1)[:, :k] for n, k in zip((3, 6), places, strict=True)]
    keyings = [
        Keying(text, np.arange(len(text))[:, None] * 0.5 + [0, 0.3], np.arange(len(text)), 3.0)
        for text in ("SOS", "LISTEN")
    ]
    return listening.playhead(
        ["3 letters", "6 letters"],
        Heard(keyings, [generator.normal(size=(4 * k - 1, 8)) for k in places]),
        {
            "in order": rows,
            "at random": [generator.dirichlet(np.ones(k), n) for n, k in zip((3, 6), places, strict=True)],
        },
        {"in order": ["SOS", "LISTEN"], "at random": ["S", "LIST"]},
    )


def morse_key() -> fig.Figure:
    """A key whose reader counts strokes: a letter each, and where it looks."""

    def read(strokes: list) -> dict:
        eye = np.eye(len(strokes))
        return {"read": 1, "letters": ["E"] * len(strokes), "heard": eye, "weights": eye, "note": "Read."}

    return listening.key_it_yourself(read)


def question() -> fig.Figure:
    """The trial: a question over a scene with two maps, tokens that can be chosen, and shares as bars."""
    scene, tokens = photograph(), ["how", "many", "discs", "are", "there", "?"]
    rng = np.random.default_rng(4)
    attention = rng.dirichlet(np.ones(36), (2, len(tokens))).reshape(2, len(tokens), 6, 6)
    shares = rng.dirichlet(np.ones(4), (2, len(tokens)))
    answers = ["one", "two", "three", "four"]
    names = [answers[best] for best in shares.mean(1).argmax(1)]

    system = fig.Choice("System", ["one glimpse", "two glimpses"], keys="[]")
    token = fig.Choice("Token", tokens)
    blend = fig.Slider("Blend", 101, 70, labels="{}%")
    at = fig.Pointer(scene.shape, grid=(6, 6))
    here = fig.array(attention)[system, token]
    answer = fig.array(shares)[system, token]

    def looks(which: int) -> fig.Stage:
        weights = fig.array(attention[which])[token]
        title = fig.text("{name}: “{word}”", name=["one glimpse", "two glimpses"][which], word=token)
        layers = fig.Image(scene, dim=True), fig.Heat(weights, 0, 0.12, "inferno", blend)
        return fig.Stage(*layers, title=title, pointer=at, side=260)

    return fig.Figure(
        fig.Tokens(
            token.options,
            token,
            weights=fig.array(attention.max((2, 3)))[system],
            title="Question",
        ),
        looks(0),
        looks(1),
        fig.Bars(answers, answer, title="Shares of the answers"),
        caption="“{Token}”, {System}: {weight:.1%} of the attention at {place}; the answer is “{said}” ({best:.0%}).",
        alt="A portrait, where two systems look at it, and what they answer.",
        weight=here[at.y, at.x],
        said=fig.names(names)[system],
        best=fig.array(shares.max(2))[system, token],
    )


def aligned() -> fig.Figure:
    """Words of two sentences, and where each of the second looks; a word of the first may be switched off."""
    spanish, english = ["mi", "gato", "duerme"], ["my", "cat", "is", "sleeping"]
    weights = np.array([[0.9, 0.05, 0.05], [0.1, 0.9, 0], [0, 0.3, 0.7], [0, 0.1, 0.9]])
    word, off = fig.Choice("Word", english), fig.Switches("Switched off", spanish, off="Off: {}.")
    here = fig.array(weights)[word]
    source = fig.Tokens(spanish, title="Spanish", off=off, weights=here)
    return fig.Figure(
        fig.Ribbons(source, fig.Tokens(english, title="English", choose=word), weights),
        fig.Matrix(weights, english, spanish, title="Weights", choose=word),
        caption="“{Word}” looks at “mi” {share:.0%}. {Switched off}",
        alt="A sentence and its translation.",
        share=here[0],
    )


def asking() -> fig.Figure:
    """A figure that asks Python for what it does not store, and waits for it."""

    def slowly(text: str) -> str:
        time.sleep(1.5)
        if not text.isalpha():
            raise ValueError("A word has letters only; take another.")
        return text.upper()

    field = fig.Field("A word", "quiet")
    said = fig.Ask("A word of your own", slowly, fig.names(["QUIET"])[0], when=fig.array([1])[0], text=field)
    return fig.Figure(
        fig.Words(said), also=(field,), caption="It says {said}.", alt="A word in capitals.", said=said
    )


def layers() -> dict[str, fig.Figure]:
    """For each layer and part a figure that draws it anew with every value of a slider; scenes of 240 by 320 pixels."""
    scene = np.tile(photograph(), (3, 4, 1))[:240, :320]
    maps = np.stack([np.roll(np.tile(blocky(6), (3, 4))[:240, :320], 9 * i, 1) for i in range(10)])
    rng = np.random.default_rng(0)
    t = fig.Slider("Step", 10)
    labels, on = fig.array(maps)[t], fig.Legend(DIGIT_CLASSES)
    heats = fig.array(rng.random((10, 12, 16)))[t]
    places = fig.array(rng.uniform(0, 240, (10, 40, 2)))[t]
    at = fig.array([[30 + 20 * i, 100] for i in range(10)])[t]
    words = [f"word{i}" for i in range(10)]
    picture = fig.Image(scene)
    stages = {
        "Image": [fig.Image(fig.array(np.stack([np.roll(scene, 9 * i, 1) for i in range(5)]))[t])],
        "Heat": [picture, fig.Heat(heats, blend=60)],
        "Classes": [picture, fig.Classes(labels, on)],
        "Classes of scores": [
            picture,
            fig.Classes(fig.upsampled(fig.array(rng.random((10, 11, 12, 16)))[t], (240, 320)), on),
        ],
        "Outline": [picture, fig.Outline(labels, on)],
        "Regions": [picture, fig.Regions(maps[0], t)],
        "Spot": [picture, fig.Spot(fig.array([[9 * i, 40, 90, 90] for i in range(10)])[t])],
        "Lens": [picture, fig.Classes(maps[0], on), fig.Outline(maps[0], on), fig.Lens(at, 40, picture)],
        "Box": [picture, fig.Box(fig.array([[9 * i, 40, 90, 90] for i in range(10)])[t])],
        "Dots": [picture, fig.Dots(places, radius=2)],
        "Arrows": [picture, fig.Arrows(fig.array(rng.uniform(0, 240, (10, 40, 4)))[t])],
    }
    turn = fig.Each(10)
    parts = {
        "Row": fig.Row(turn, fig.Heat(fig.array(rng.random((10, 10, 28, 28)))[t, turn])),
        "Matrix": fig.Matrix(heats, words + ["a", "b"], numbers=".1f"),
        "Tokens": fig.Tokens(words, weights=fig.array(rng.random((10, 10)))[t]),
        "Lines": fig.Lines({name: rng.random(10) for name in ("one", "two", "three")}, mark=t),
        "Bars": fig.Bars(words, fig.array(rng.random((10, 10)))[t]),
    }
    parts = {name: fig.Stage(*each) for name, each in stages.items()} | parts
    return {name: fig.Figure(part, also=(t,), caption="{Step}", alt=name) for name, part in parts.items()}


def hands() -> fig.Figure:
    """A pad, a box that snaps, a matrix, tiles, and a lab that adds up."""
    ink = fig.Paint((28, 28))
    boxes = [
        [10 * column, 10 * row, side, side] for row in range(6) for column in range(6) for side in (20, 30)
    ]
    handle = BoxHandle(boxes, first=28)
    cell, tile, step = fig.Cell("Cell", (3, 4)), fig.Choice("Tile", ["a", "b", "c"]), fig.Slider("Step", 5)
    each = fig.Each(3)
    lab = fig.Lab(HERE / "lab_sums.js", "sums", sums, values=np.arange(5) / 4, step=step)
    values = np.arange(12).reshape(3, 4) / 11
    return fig.Figure(
        fig.Stage(fig.Heat(ink.ink, 0, 255, "gray"), title="Pad", pointer=ink, side=280),
        fig.Stage(
            fig.Image(photograph()), fig.Spot(handle.box), fig.Box(handle.box), title="Scene", pointer=handle
        ),
        fig.Matrix(values, list("xyz"), list("abcd"), title="Matrix", numbers=".1f", choose=cell),
        fig.Row(
            each, fig.Image(fig.array(np.stack([blocky(c) * 20 for c in MAPS.values()]))[each]), choose=tile
        ),
        fig.Lines({"sum": lab["all"]}, low=0, high=3, title="Sums", mark=step),
        caption="{strokes} strokes, box {b}, {Cell}, {Tile}; the sum is {total:.2f}.",
        alt="Things to move.",
        also=(tile, step),
        b=handle.box,
        total=lab["total"],
    )


def sums(values: np.ndarray, step: int) -> dict:
    """What lab_sums.js computes, in NumPy."""
    return {"total": float(values[: step + 1].sum()), "all": np.cumsum(values)}


ENGLISH = {
    "mi": "my",
    "gato": "cat",
    "perro": "dog",
    "es": "is",
    "el": "the",
    "mejor": "best",
    "ayer": "yesterday",
}


def word_by_word(text: str, masked: frozenset[int] = frozenset()) -> Reading | str:
    """A translator of a dictionary: a masked word becomes "something", and "ayer" comes last.

    "?" is refused. The second candidate lacks the last word, the third has none.
    """
    source = text.lower().replace("?", " ?").split()
    if "?" in source:
        return "This translator takes no questions. Type a statement."
    order = sorted(range(len(source)), key=lambda place: source[place] == "ayer")
    words = ["something" if place in masked else ENGLISH.get(source[place], source[place]) for place in order]
    weights = np.full((len(source), len(source)), 0.0625)
    weights[np.arange(len(source)), order] = 0.875
    weights[:, sorted(masked)] = 0
    candidates = [
        Candidate(words, -0.125, weights),
        Candidate(words[:-1], -0.75, weights[:-1]),
        Candidate([], -3.0, weights[:0]),
    ]
    unknown = tuple(word for word in source if word not in ENGLISH)
    return Reading(source, tuple(sorted(masked)), unknown, candidates)


def alignment_explorer(translate=word_by_word) -> fig.Figure:
    """Three sentences of a dictionary; one changes the order of words."""
    readings = [
        [word_by_word(text, frozenset(places)) for places in ([], *([i] for i in range(len(text.split()))))]
        for text in ("mi gato es el mejor", "ayer mi perro es mejor", "el gato")
    ]
    return translation.alignment_explorer(readings, translate, alt="Three sentences of a small dictionary.")


def by_length() -> fig.Figure:
    """Three bins for two systems; one bin has no score for one of them, and one has a single example."""
    curves = {"attention": [90.25, 88, 85], "no attention": [60.125, float("nan"), 20.06]}
    first = translation.Example(
        "mi gato es el mejor",
        "My cat is the best.",
        {"attention": "my cat is the best", "no attention": "My dog is."},
    )
    second = translation.Example(
        "ayer", "yesterday", {"attention": "yesterday yesterday", "no attention": ""}
    )
    return translation.by_length(
        ["1-5", "6-10", "over 10"],
        curves,
        [40, 30, 1],
        [[first, second], [second], [first]],
        alt="Two translators.",
    )


def anatomy() -> fig.Figure:
    """A system with a skip over a step, a second branch, words, a strip and a map of classes."""
    random = np.random.default_rng(2)
    maps = random.normal(size=(6, 8, 8)).astype("float32")
    after = {"image": "add", "features": "conv 1 × 1"}
    steps = [
        fig.Step("words", ["two", "discs"], place=(0, 1)),
        fig.Step("query", random.normal(size=12), "embedding", 24, "A strip.", place=(1, 1)),
        fig.Step("image", photograph(), after={}, place=(0, 0)),
        fig.Step("features", maps, "conv 3 × 3", 162, place=(1, 0)),
        fig.Step("scores", maps[:, :4], kind="scores", after=after, place=(2, 0)),
        fig.Step("chosen", truth(), after={"query": "compare", "scores": "argmax"}, place=(2, 1)),
    ]
    return fig.walk(steps, alt="A system that looks for what words name.")


def quarters() -> tuple[torch.Tensor, segmentation_trees.Tree]:
    """A portrait cut into 16 squares, as (1, 3, H, W), and the tree that merges them."""
    image = torch.from_numpy(photograph()).permute(2, 0, 1)
    rows, columns = (torch.arange(side) * 4 // side for side in image.shape[1:])
    return image[None], segmentation_trees.merge(image, 4 * rows[:, None] + columns)


def leaf_to_root() -> fig.Figure:
    image, tree = quarters()
    labels = torch.from_numpy(truth().astype(np.int64))
    shares = segmentation_trees.histograms(tree, labels) * 0.9 + 0.1 / 11
    twice = ([each] * 2 for each in (tree, shares))
    alt = "A portrait's squares from leaf to root."
    return multi_scale.leaf_to_root(
        image.repeat(2, 1, 1, 1), *twice, labels.expand(2, -1, -1), (16, 4, 1), alt
    )


def scales() -> fig.Figure:
    image, _ = quarters()
    known = torch.from_numpy(truth().astype(np.int64))
    labels = torch.zeros(2, 2, 2, 2, *known.shape, dtype=torch.long)
    for n, *on in np.ndindex(2, 2, 2, 2):
        labels[n][tuple(on)] = known * (
            torch.arange(known.shape[1]) < known.shape[1] * (1 + n + sum(on)) // 5
        )
    both = known.expand(2, -1, -1)
    return multi_scale.scales(
        image.repeat(2, 1, 1, 1), labels, both, both, "A portrait with scales switched off."
    )


def hypercolumn() -> fig.Figure:
    random, image = np.random.default_rng(3), quarters()[0][0]
    H, W = image.shape[1:]
    maps = [
        random.random((c, -(-H // s), -(-W // s)))
        for c, s in zip((12, 24, 48, 96), (1, 2, 4, 8), strict=True)
    ]
    windows = np.array([[2.5, 3, W / 2, H / 2], [W / 3, -4.25, W - 1, H / 2]])
    crops = random.integers(255, size=(2, 3, 12, 12)).astype(np.uint8)
    truth = random.integers(2, size=(2, 12, 12))
    by_layer = random.normal(size=(2, 4, 12, 12)) * 2
    return instances.hypercolumn(
        image, windows, crops, maps, by_layer, mixing(5, 12), truth, "Two boxes of a portrait."
    )


def cascade() -> fig.Figure:
    """Three boxes that are stored, and an answer for every other one."""
    random = np.random.default_rng(4)
    H, W = photograph().shape[:2]
    boxes = np.array([[4, 4, 30, 30], [10, 4, 40, 30], [20, 20, 50, 60]])

    def look(free: np.ndarray) -> dict:
        n = len(free)
        return {
            "crops": random.integers(255, size=(n, 14, 14, 3)).astype(np.uint8),
            "masks": random.random((n, 28, 28)),
            "strengths": random.random((n, 14, 14)),
            "masked": random.random((n, 14, 14)) / 2,
            "labels": random.integers(3, size=(n, H, W)),
            "chances": random.dirichlet(np.ones(11), size=n),
            "told": random.integers(11, size=n),
            "arrows": random.random((n, 4, 4)) * 40,
            "named": random.integers(1, 11, size=n),
            "overlaps": np.round(random.random(n), 4),
            "losses": np.round(3 * random.random(n), 4),
        }

    return cascades.stage_by_stage(photograph(), boxes, look(boxes), look, alt="A portrait under a box.")


def first_summary() -> fig.Figure:
    picture = photograph()
    pictures, maps = np.stack([picture, picture[::-1]]), np.stack([truth(), truth()[::-1]])
    return cascades.summary(
        pictures,
        {"one": maps, "other": (maps > 0) * 4},
        {"all": 255 - pictures},
        alt="Portraits and their maps.",
    )


def suppression() -> fig.Figure:
    image, _ = quarters()
    boxes = np.array([[4, 4, 30, 30], [10, 4, 36, 30], [40, 40, 60, 50]])
    kept = [[[0], [0, 2], [0, 1, 2]], [[0, 2], [0, 2], []]]
    hits = np.array([[1, 2, 2], [2, 2, 0]])
    return instances.suppression(
        image.repeat(2, 1, 1, 1), [boxes, boxes[:2]], [[7, 7, 1], [4, 4]], [[0.9, 0.8, 0.7], [0.6, 0.5]],
        [kept, [[[0], [0], [0, 1]]] * 2],
        [boxes[[0, 2]], boxes[:1]], np.stack([hits, hits // 2]), [0.1, 0.5, 0.9], "A portrait with detections.",
    )  # fmt: skip


def ask_the_scene() -> fig.Figure:
    """Two scenes and two networks: two forms of question, two colours, maps of 3 x 3 cells, three answers."""
    rng = np.random.default_rng(5)
    questions = {
        form: {colour: [*start, colour, "?"] for colour in ("red", "blue")}
        for form, start in (("which", ("which", "digit", "is")), ("left of", ("left", "of")))
    }
    weights = {"two hops": rng.dirichlet(np.ones(9), (2, 2, 2, 2)), "mean": np.full((2, 2, 2, 2, 9), 1 / 9)}
    shares = {name: rng.dirichlet(np.ones(3), (2, 2, 2)) for name in weights}
    truths = [[["zero", "one"], ["one", "no such sticker"]], [["one", "one"], ["zero", "zero"]]]
    scenes = np.stack([np.moveaxis(photograph()[:72, :72], -1, 0)] * 2)
    scenes[1] = scenes[1, :, ::-1]
    return asking_figures.ask_the_scene(scenes, questions, weights, shares, truths, ["zero", "one", "none"])


def which_frame() -> fig.Figure:
    """Two clips of four frames; the event is in the second frame of one and in the last of the other."""
    rng = np.random.default_rng(6)
    frames = np.moveaxis(photograph()[:48, :48], -1, 0)
    clips = np.stack([[np.roll(frames, 7 * t + 3 * n, axis=2) for t in range(4)] for n in range(2)])
    shares = {name: rng.dirichlet(np.ones(10), (2, 2)) for name in ("attention", "mean")}
    order = np.array([[3, 1, 0, 2], [2, 3, 1, 0]])
    return asking_figures.which_frame(clips, order, rng.dirichlet(np.ones(4), (2, 2)), shares, [1, 3], [4, 7])


def filter_bank() -> fig.Figure:
    """A picture that is wider than high, bright in one corner, under three by three filters."""
    picture = np.add.outer(np.linspace(0, 0.5, 18), np.linspace(0, 0.5, 24))
    return draw.filter_bank(picture, n=3, alt="A picture that grows brighter towards its lower right corner.")


def stroke_by_stroke() -> fig.Figure:
    """Three strokes on 20 x 20 pixels; every canvas is of one grey, so that each state is told from all others."""
    T = 3
    greys = np.arange(T * draw.DRAWS * T, dtype=np.uint8).reshape(T, draw.DRAWS, T) * 9
    canvases = np.broadcast_to(greys[..., None, None], (*greys.shape, 20, 20)).copy()
    written = np.stack([greys % 7, greys % 5, greys % 3 + 4, greys % 3 + 4], axis=-1).astype(float)
    read = np.array([[1, 2, 9, 9], [3.5, 0, 6, 6], [-2, -2, 24, 24]], float)
    return draw.stroke_by_stroke(
        photograph()[:20, :20].mean(2).astype(np.uint8), canvases, read, written, [3.0, 1.5, 0.25]
    )


def sliding_window() -> fig.Figure:
    """Two keyers of one text; the second makes one stroke more, and its weights pass 1."""
    first = np.array([[0.9, 0.1, 0], [0.2, 0.8, 0], [0, 0.3, 0.4]])
    second = np.array([[1.5, 0, 0], [0.5, 0.5, 0], [0, 1, 0], [0, 0, 0]])
    return draw.sliding_window(
        ["E", "N", "end"], [[".", "-", "."], ["-", "-", ".", "."]], [first, second], ["window", "softmax"]
    )
