"""The kit: the page shows what NumPy says, for compositions and states drawn at random."""

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from reading import assert_same, load

from helpers import figure as fig

CLASSES = ["background", *(f"class {number}" for number in range(1, 6))]
SIZES = st.tuples(st.integers(3, 24), st.integers(3, 24))


@pytest.fixture(scope="module")
def page(browser):
    page = browser.new_page()
    load(page, fig.Figure(fig.Words("ready"), caption="", alt="Nothing yet."))
    yield page
    page.close()


def floats(shape, low=-2, high=2):
    return hnp.arrays(np.float32, shape, elements=st.floats(low, high, width=16))


@st.composite
def stages(draw, controls: dict, turn: fig.Symbol | None = None) -> fig.Stage | list:
    """A stage over random data, its layers hanging on random controls; with `turn`, layers alone, for a row."""
    size = draw(SIZES)
    count = turn.args["count"] if turn else draw(st.integers(1, 3))
    which = turn or fig.Slider("Map", count)
    at = fig.Pointer(size, grid=draw(st.none() | SIZES), name="tile" if turn else "place")
    bytes_of = hnp.arrays(np.uint8, (count, *size, *draw(st.sampled_from([(), (3,)]))))
    maps = draw(hnp.arrays(np.uint8, (count, *size), elements=st.integers(0, 5)))
    labels = fig.array(maps)[which]
    if draw(st.booleans()):
        cells = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
        scores = draw(floats((count, draw(st.integers(1, len(CLASSES))), *cells)))
        labels = fig.upsampled(fig.array(scores)[which], size, controls["switch"])
    legend, blend = controls["legend"], controls["blend"]
    box = [float(draw(st.integers(-4, 20))) for _ in range(2)] + [
        float(draw(st.integers(1, 20))) for _ in range(2)
    ]
    spots = draw(floats((count, 2, 2), 0, 20))
    layers = {
        "heat": fig.Heat(
            fig.array(draw(floats((count, *draw(SIZES)))))[which],
            -1,
            1,
            "coolwarm",
            blend,
        ),
        "classes": fig.Classes(labels, legend, blend),
        "wrong": fig.Classes(labels, legend, blend, against=maps[0]),
        "outline": fig.Outline(labels, legend),
        "segment": fig.Regions(maps[0], labels[at.y, at.x] if not turn else 1),
        "interval": fig.Regions(maps[0], [1, 4], blend=blend, when=controls["switch"]),
        "spot": fig.Spot(box),
        "lens": fig.Lens(
            at, controls["radius"], fig.Heat(maps[0], 0, 5, blend=40), fig.Outline(labels, legend)
        ),
        "box": fig.Box(box, fig.text("at {x}", x=which)),
        "boxes": fig.Box(draw(floats((4, 4), 1, 9)), CLASSES[: draw(st.integers(1, 4))]),
        "dots": fig.Dots(fig.array(spots)[which], chosen=draw(st.none() | st.just(1))),
        "arrows": fig.Arrows(fig.array(spots.reshape(count, 4))[which], heads=draw(st.booleans())),
        "note": fig.Note(at.x, at.y, fig.names(CLASSES)[labels[at.y, at.x]], when=controls["switch"]),
    }
    names = draw(st.lists(st.sampled_from(sorted(layers)), unique=True, max_size=6))
    first = fig.Image(fig.array(draw(bytes_of))[which], dim=controls["switch"])
    if draw(st.booleans()):
        first = fig.Crop(fig.array(draw(bytes_of))[which], box)
    chosen = [first, *(layers[name] for name in names)]
    return chosen if turn else fig.Stage(*chosen, title="A stage", pointer=at)


@st.composite
def charts(draw, controls: dict) -> list:
    """Charts, words and matrices over random data."""
    count, bars = draw(st.integers(1, 12)), draw(st.integers(1, 5))
    t = fig.Slider("Pass", count)
    numbers = st.floats(-1000, 1000) | st.just(float("nan"))
    curves = {name: draw(st.lists(numbers, min_size=1, max_size=count)) for name in ("one", "two")}
    curves["three"] = [draw(st.floats(-5, 5)) for _ in range(count)]
    steps = np.cumsum([draw(st.integers(1, 50)) for _ in range(count)])
    ragged = [[f"word {i}.{k}" for k in range(draw(st.integers(0, 4)))] for i in range(count)]
    word = fig.Choice("Word", fig.names(ragged)[t])
    off = fig.Switches("Off", fig.names(ragged)[t])
    cell = fig.Cell("Cell", (3, bars))
    table = fig.array(draw(floats((count, 3, bars))))[t]
    return [
        fig.Column(
            fig.Lines(
                curves,
                x=draw(st.sampled_from([None, steps])),
                mark=t,
                numbers=draw(st.sampled_from([".0f", "+.2f"])),
            ),
            fig.Bars([f"bar {i}" for i in range(bars)], table[0], when=controls["switch"], numbers=".1%"),
        ),
        fig.Tokens(word.args["options"], choose=word, notes=["", "a note"]),
        fig.Tokens(off.args["names"], off=off, weights=draw(floats(5, 0, 1))),
        fig.Matrix(table, list("abc"), [f"c{i}" for i in range(bars)], low=-1, numbers=".1f", choose=cell),
        fig.Words(
            fig.text("{w}; {c}; {x}", w=word, c=cell, x=table[cell.row, cell.column]),
            fig.choose(controls["switch"], "no", t),
        ),
    ]


@st.composite
def figures(draw) -> tuple[fig.Figure, list[dict]]:
    """A composition, and three states of it."""
    controls = {
        "switch": fig.Toggle("Switch"),
        "blend": fig.Slider("Blend", 101, 60, labels="{}%"),
        "legend": fig.Legend(CLASSES),
        "radius": fig.Slider("Radius", range(2, 9), 4),
    }
    turn = fig.Each(draw(st.integers(1, 4)))
    chosen = fig.Choice("Tile", [f"tile {i}" for i in range(turn.args["count"])])
    parts = [
        draw(stages(controls)),
        fig.Row(
            turn,
            *draw(stages(controls, turn)),
            columns=draw(st.integers(1, 4)),
            choose=chosen,
            titles=["first"],
        ),
        *draw(charts(controls)),
    ]
    figure = fig.Figure(
        *draw(st.permutations(parts))[:4],
        also=tuple(controls.values()),
        caption="{Switch}, {Blend}, {number:.2f} and {number:+.1f} of {number}; {share:.0%}. {Classes} {lost}",
        alt="Something random.",
        number=fig.array([draw(st.floats(-1e6, 1e6)) for _ in range(2)])[controls["switch"]],
        share=draw(st.sampled_from([0.125, 0.005, 0.995, 1e-9, 2.675, 0.5])),
        lost=fig.array([[1.5, 2], []])[controls["switch"], 0],
    )
    states = []
    for _ in range(3):
        state = {}
        for name, control in figure._controls.items():
            state[name] = draw(values_of(control))
        states.append(state)
    return figure, states


def values_of(control: fig.Symbol) -> st.SearchStrategy:
    """What a hand can make of a control."""
    if isinstance(control, fig.Slider):
        return st.sampled_from(list(control.span))
    if isinstance(control, fig.Toggle):
        return st.booleans()
    if isinstance(control, fig.Pointer):
        return st.tuples(st.integers(0, control.width - 1), st.integers(0, control.height - 1)).map(list)
    if isinstance(control, fig.Cell):
        return st.tuples(st.integers(0, 6), st.integers(0, 6)).map(list)
    if isinstance(control, fig.Switches):
        return st.lists(st.booleans(), min_size=control.count or 0, max_size=control.count or 4)
    return st.integers(0, len(control.known or range(5)) - 1)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
@given(figures())
def test_the_page_shows_what_numpy_says(page, drawn):
    figure, states = drawn
    assert_same(page, figure, states)
