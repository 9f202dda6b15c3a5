"""What the drawing pad makes of strokes, and what it refuses."""

import numpy as np
import pytest
from skimage.draw import line

from helpers.widgets.digit_pad import DigitPad, drawn


def test_ink_lies_along_the_strokes_as_wide_as_the_pen():
    ink = drawn([[[45, 105], [225, 105]]])  # along the middles of row 10
    rows, columns = line(10, 4, 10, 22)
    assert (ink[rows, columns] == 255).all()
    # The pen's radius is 12 tenths, and its edge one pixel soft: a row further out 7 tenths of the ink are left.
    assert (ink[[9, 11], 5:22] == round(0.7 * 255 + 0.01)).all()
    assert ink[:9].max() == ink[12:].max() == 0


def test_a_single_place_is_a_dot_and_nothing_is_nothing():
    dot = drawn([[[145, 145]]])
    assert dot[14, 14] == 255 and dot.sum() == dot[12:17, 12:17].sum()
    assert np.array_equal(dot, dot.T)
    assert not DigitPad().ink.any()


def test_a_place_outside_the_pad_is_refused():
    with pytest.raises(ValueError, match=r"goes through \[300, 5\]; places lie within 0\.\.280"):
        DigitPad(strokes=[[[300, 5]]])
    with pytest.raises(ValueError, match="no control size"):
        DigitPad(size=3)
