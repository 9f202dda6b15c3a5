"""The figure kit: an interactive figure is composed from layers and controls, in Python alone.

A control is a symbol. An array indexed by symbols is a pick: its value follows the hand. Layers lie over one another
on a stage; stages, rows, charts and words make a figure, and a caption tells its state. The page draws it in the
browser, with a kernel or without.

    from helpers import figure as fig

    def watch(scene, maps, scores, classes):
        t = fig.Slider("Pass", len(maps), play=True)
        at = fig.Pointer(scene.shape)
        labels = fig.array(maps)[t]
        on = fig.Legend(classes, present=labels)
        blend = fig.Slider("Blend", 101, first=60, labels="{}%")
        return fig.Figure(
            fig.Stage(fig.Image(scene), fig.Classes(labels, on, blend), fig.Outline(labels, on), pointer=at),
            fig.Lines({"mean IoU": scores}, title="Mean IoU", mark=t),
            caption="Pass {t}: mean IoU {iou:.2f}; here {name}. {on}",
            alt="A scene under the masks of a network in training.",
            t=t,
            on=on,
            iou=fig.array(scores)[t],
            name=fig.names(classes)[labels[at.y, at.x]],
        )

Controls: `Slider`, `Choice`, `Toggle`, `Pointer`, `Cell`, `Legend`, `Switches`, `Field`, `Paint`; and a
lesson's own, a `Control` with a script.
Picks: `array`, `names`, and then `[...]`; `choose(which, a, b, ...)`; `text("... {x:.2f}", x=...)`; `upsampled`.
Layers: `Image`, `Crop`, `Heat`, `Classes`, `Outline`, `Regions`, `Spot`, `Lens`, `Box`, `Dots`, `Arrows`, `Note`.
Parts: `Stage`, `Row` (with `Each`), `Matrix`, `Tokens`, `Lines`, `Bars`, `Words`, `Column`,
`Ribbons` between two rows of tokens.
A system from its real tensors: `Step`, `anatomy` (still), `walk` (step by step).
What picks cannot say: `Lab`, a pure function in both languages, and `Ask`, which only Python answers.
"""

# ruff: noqa: F401  (what a lesson composes with stands here to be imported)
from helpers.figure.anatomy import anatomy, walk
from helpers.figure.charts import Bars, Lines
from helpers.figure.composed import Figure
from helpers.figure.computing import Ask, Lab
from helpers.figure.controls import Choice, Control, Field, Legend, Slider, Switches, Toggle
from helpers.figure.layers import Classes, Crop, Heat, Image, Lens, Outline, Regions, Spot, upsampled
from helpers.figure.parts import Column, Matrix, Part, Row, Stage
from helpers.figure.pointing import Cell, Paint, Pointer
from helpers.figure.shapes import Arrows, Box, Dots, Note
from helpers.figure.steps import Step
from helpers.figure.symbols import Each, Names, Stored, Symbol, Text, choose
from helpers.figure.words import Ribbons, Tokens, Words

# A composition reads as what it does: fig.array(maps)[t], fig.names(classes)[label], fig.text("Pass {t}", t=t).
array, names, text = Stored, Names, Text
