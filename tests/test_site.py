"""The pages without a kernel: what they hold, and that they ask nobody for anything."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from PIL import Image

from tools import build_site, tidy
from tools.equations import equation

ROOT = Path(__file__).resolve().parent.parent

TEXT = r"""# Looking through a *lens* at $x^2$

The score is

$$\begin{aligned} s &= \mathbf{q}^\top k \\ a &= \mathrm{softmax}(s) \end{aligned}$$

and $a < b$. Go on to [the next](01_next.ipynb#Part-one), or [read the paper](https://arxiv.org/abs/1411.4038).

## A part of its own

<details>
<summary>Solution</summary>

```python
answer = 42
```

</details>

<img src="dot.png" alt="A dot">
"""
FIGURE = """
import sys
sys.path.insert(0, {browser_tests!r})
import compositions

figure = compositions.masks()
figure
"""
FOREIGN = """
import ipywidgets
from tqdm.notebook import tqdm

for _ in tqdm(range(3)):
    pass

@ipywidgets.interact(n=(0, 9))
def double(n=4):
    print("twice", n, "is", 2 * n)
"""


@pytest.fixture(scope="module")
def notebook() -> nbformat.NotebookNode:
    """A small lesson, executed: prose with equations, the same figure twice, a progress bar, an `interact`."""
    v4 = nbformat.v4
    figure = FIGURE.format(browser_tests=str(ROOT / "tests" / "browser"))
    sources = [figure, "figure", FOREIGN]
    lesson = v4.new_notebook(cells=[v4.new_markdown_cell(TEXT), *map(v4.new_code_cell, sources)])
    return NotebookClient(lesson, kernel_name="python3", timeout=120).execute()


@pytest.fixture(scope="module")
def page(notebook, tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("notebooks")
    nbformat.write(notebook, folder / "00_lens.ipynb")
    nbformat.write(nbformat.v4.new_notebook(), folder / "01_next.ipynb")
    Image.new("RGB", (1, 1)).save(folder / "dot.png")
    written = build_site.build(folder, folder / "site")
    assert [path.name for path in written] == ["index.html", "00_lens.html", "01_next.html"]
    index = written[0].read_text(encoding="utf-8")
    assert '<a href="00_lens.html">Looking through a lens at x^2</a>' in index
    return written[1].read_text(encoding="utf-8")


def test_nothing_is_loaded_from_a_host(page):
    markup = re.sub(r"(?s)<script.*?</script>|<style.*?</style>", "", page)
    for tag in re.findall(r"<(?!a\b)[a-z][^>]*>", markup):
        assert not re.search(r"""(?:src|href|srcset|data|poster)\s*=\s*["']?\s*(?:https?:)?//""", tag), tag
    for script in re.findall(r"<(?:script|link)[^>]*>", page):
        assert "src=" not in script
        assert "<link" not in script
    assert "@import" not in page
    assert "url(" not in page
    assert 'href="https://arxiv.org/abs/1411.4038"' in page  # a link that a reader may follow


def test_equations_are_mathml(page):
    body = page.split("<main", 1)[1].split("<script", 1)[0]
    assert body.count("<math") == 3
    assert "$" not in re.sub(r"(?s)<(pre|figure).*?</\1>", "", body)


def test_headings_can_be_linked_and_links_lead_to_pages(page):
    assert '<h2 id="A-part-of-its-own">A part of its own</h2>' in page
    assert 'href="01_next.html#Part-one"' in page
    assert "¶" not in page
    assert '<a class="skip" href="#main">' in page


def test_folded_solutions_stay_folded(page):
    folded = page.split("<summary>Solution</summary>")[1].split("</details>")[0]
    assert "answer" in folded


def test_the_notebooks_own_pictures_are_inlined(page):
    dot = re.search(r'<img[^>]*alt="A dot"[^>]*>', page)[0]
    assert 'src="data:image/png;base64,' in dot


def test_a_figure_shown_twice_is_inlined_once(page):
    assert page.count('<figure class="live"') == 2
    assert page.count("// The figure: builds its parts") == 1
    assert page.count('"payload":') == 1
    assert page.count('alt="A portrait under three discs.') == 2


def test_other_widgets_leave_what_they_printed(page):
    assert "twice 4 is 8" in page
    assert "3/3" in page
    assert "interactive(children" not in page
    assert "widget-view" not in page


def test_sliders_that_drew_nothing_are_named_plainly():
    view = {
        tidy.WIDGET_VIEW: {"model_id": "gone"},
        "text/plain": "interactive(children=(IntSlider(value=1), …",
    }
    cell = nbformat.v4.new_code_cell("interact(f)", outputs=[nbformat.v4.new_output("display_data", view)])
    page = build_site.page_of(nbformat.v4.new_notebook(cells=[cell]), "lesson")
    assert build_site.SLIDERS in page
    assert "IntSlider" not in page


def test_a_picture_from_a_host_is_refused():
    lesson = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("![a](https://example.org/a.png)")]
    )
    with pytest.raises(ValueError, match=r"lesson\.ipynb would load something from a host: .*example\.org"):
        build_site.page_of(lesson, "lesson.ipynb")


def test_a_folder_without_notebooks_is_refused(tmp_path):
    with pytest.raises(ValueError, match="No notebook lies in"):
        build_site.build(tmp_path, tmp_path / "site")


@pytest.mark.parametrize("latex", [r"\frac{", r"\unheardof{x}", r"\begin{gather} a & b \end{gather}"])
def test_an_equation_beyond_mathml_is_named(latex):
    with pytest.raises(ValueError, match="equation"):
        equation(latex, "inline")


def test_bold_letters_become_unicode_letters():
    assert "𝛉" in equation(r"\boldsymbol{\theta}", "inline")
