"""LaTeX -> MathML, as browsers read it without a script."""

import html
import re

from latex2mathml.converter import convert as to_mathml

# latex2mathml knows align* alone of this family; JupyterLab numbers none of them either.
ALIGNED = re.compile(r"(\\(?:begin|end)){(?:align|aligned|split|eqnarray\*?)}")
WORD = re.compile(r"<mo>(\w\w+)</mo>")  # the name of a function is no operator, and takes no room as one
BOLD = re.compile(r'<m([in]) mathvariant="bold(?:-italic)?">(\w|&#x[0-9A-F]+;)</m[in]>')


def equation(latex: str, display: str) -> str:
    """LaTeX as MathML; `display` is "inline" or "block".

    Raises:
        ValueError: latex2mathml does not know what the equation uses.
    """
    aligned = ALIGNED.sub(r"\1{align*}", html.unescape(latex).strip())
    try:
        mathml = to_mathml(aligned, display=display)
    except Exception as error:
        raise ValueError(f"This equation does not become MathML, write it more simply: {latex}") from error
    if unknown := re.search(r">(\\\w*|&)<", mathml):  # what it does not know it passes on as a letter
        raise ValueError(f"This equation uses {unknown[1]}, which MathML has no word for here: {latex}")
    mathml = WORD.sub(r"<mi>\1</mi>", mathml)
    return BOLD.sub(lambda found: f"<m{found[1]}>{bold(html.unescape(found[2]))}</m{found[1]}>", mathml)


def bold(letter: str) -> str:
    """The bold letter of Unicode's mathematical alphabet: browsers no longer read mathvariant="bold"."""
    for first, last, start in (
        ("A", "Z", 0x1D400),
        ("a", "z", 0x1D41A),
        ("α", "ω", 0x1D6C2),
        ("0", "9", 0x1D7CE),
    ):
        if first <= letter <= last:
            return chr(start + ord(letter) - ord(first))
    return letter
