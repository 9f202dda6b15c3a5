"""Build one HTML page a notebook, with its figures alive, that opens from a file and asks no host for anything.

    python tools/build_site.py [--notebooks notebooks] [--out site]

Notebooks must be stored executed, with their widget state. Each figure of ours becomes a <figure> that holds its
poster; the page inlines its data and its JavaScript module once, with a stand-in for the kernel's model. Equations
become MathML. Any other widget (a progress bar, `interact`) is shown as what it last printed or drew.
"""

import argparse
import html
import json
import re
import sys
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

import nbformat
from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # this file is started as a script, and its neighbours are imported by `tools.`

from tools.equations import equation  # noqa: E402
from tools.tidy import WIDGET_VIEW, widget_states  # noqa: E402

SLIDERS = "Sliders stand here when the notebook runs: each of their moves asks Python."
EXPORT = "export default { render };"

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the lesson</a>
{navigation}
<main id="main">
{body}
</main>
{navigation}
{scripts}
</body>
</html>
"""


class PageRenderer(IPythonRenderer):
    """Markdown as nbconvert writes it, but with equations in MathML and links that lead to pages."""

    def inline_math(self, body: str) -> str:
        return equation(body, "inline")

    def block_math(self, body: str) -> str:
        return equation(body, "block")

    def latex_environment(self, name: str, body: str) -> str:
        if name in ("equation", "equation*"):
            return equation(body, "block")
        return equation(f"\\begin{{{name}}}{body}\\end{{{name}}}", "block")

    def link(self, text: str, url: str, title: str | None = None) -> str:
        if "://" not in url:
            url = re.sub(r"\.ipynb(?=$|#)", ".html", url)
        return super().link(text, url, title)

    def _html_embed_images(self, markup: str) -> str:
        """Inline a notebook's own pictures; nbconvert's way would also close a <details> before what it folds."""

        def inlined(found: re.Match) -> str:
            return f'{found[1]}"{self._src_to_base64(found[2]) or found[2]}"'

        return re.sub(r"""(<img\b[^>]*?\bsrc=)["']([^"']+)["']""", inlined, markup)

    def heading(self, text: str, level: int, **attributes: object) -> str:
        """A heading that links can lead to by the id that JupyterLab gives it, without nbconvert's pilcrow."""
        anchor = html.escape(re.sub(r"<[^>]+>", "", text).strip().replace(" ", "-"))
        return f'<h{level} id="{anchor}">{text}</h{level}>\n'


class PageExporter(HTMLExporter):
    """A notebook's body as HTML, by nbconvert's own template, without its page around it."""

    @pass_context
    def markdown2html(self, context: object, source: str) -> str:
        cell = context.get("cell", {})
        folder = context.get("resources", {}).get("metadata", {}).get("path", "")
        renderer = PageRenderer(
            escape=False, attachments=cell.get("attachments", {}), embed_images=True, path=str(folder)
        )
        return MarkdownWithMath(renderer=renderer).render(source)


def beside(name: str) -> str:
    """The text of a file that stands beside this one."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def is_figure(widget: dict | None) -> bool:
    """Whether a stored widget is a figure that our stand-in can mount."""
    return bool(widget) and EXPORT in widget["state"].get("_esm", "")


def digest(text: str) -> str:
    """A short name for a module's text."""
    return sha256(text.encode()).hexdigest()[:12]


def figure_output(model_id: str, widget: dict, output: NotebookNode) -> NotebookNode:
    """The output that stands for a live figure: its poster, until the page's script mounts the figure in its place."""
    alt = html.escape(output.metadata.get("image/png", {}).get("alt", widget["state"].get("alt", "")))
    poster = output.data.get("image/png", "").replace("\n", "")
    text = (
        f'<figure class="live" data-model="{model_id}" data-script="{digest(widget["state"]["_esm"])}">'
        f'<img src="data:image/png;base64,{poster}" alt="{alt}"></figure>'
    )
    return nbformat.v4.new_output("display_data", {"text/html": text})


def drawn_by(model_id: str, states: dict[str, dict]) -> Iterable[NotebookNode]:
    """What a foreign widget, such as the one that `interact` makes, has printed or drawn inside itself."""
    widget = states.get(model_id, {"state": {}})
    yield from widget["state"].get("outputs", [])
    for child in widget["state"].get("children", []):
        yield from drawn_by(child.removeprefix("IPY_MODEL_"), states)


def still_outputs(output: NotebookNode, states: dict[str, dict]) -> list[NotebookNode]:
    """The outputs that replace one output on a page without a kernel; the figures' models are left for the script."""
    data = output.get("data", {})
    if "text/latex" in data and "text/html" not in data:
        latex = data["text/latex"].strip().strip("$")
        return [nbformat.v4.new_output("display_data", {"text/html": equation(latex, "block")})]
    if WIDGET_VIEW not in data:
        return [output]
    model_id = data[WIDGET_VIEW]["model_id"]
    if is_figure(states.get(model_id)):
        return [figure_output(model_id, states[model_id], output)]
    del data[WIDGET_VIEW]
    if data.get("text/plain", "").startswith("interactive("):
        data["text/plain"] = SLIDERS  # and not how ipywidgets writes them in Python
    return [nbformat.from_dict(drawn) for drawn in drawn_by(model_id, states)] or [output]


def models_of(notebook: NotebookNode) -> dict[str, dict]:
    """What the page inlines of each figure that is shown: state and buffers, without the module's text."""
    states = widget_states(notebook)
    views = [o.get("data", {}).get(WIDGET_VIEW, {}) for c in notebook.cells for o in c.get("outputs", [])]
    shown = {view["model_id"] for view in views if is_figure(states.get(view.get("model_id")))}
    return {
        model_id: {
            "state": {k: v for k, v in states[model_id]["state"].items() if not k.startswith("_")},
            "buffers": {buffer["path"][-1]: buffer["data"] for buffer in states[model_id].get("buffers", [])},
        }
        for model_id in sorted(shown)
    }


def scripts(notebook: NotebookNode, models: dict[str, dict]) -> str:
    """The page's scripts: the models, the stand-in, and each module once."""
    if not models:
        return ""
    modules = {widget_states(notebook)[model_id]["state"]["_esm"] for model_id in models}
    data = json.dumps(models).replace("</", r"<\/")  # no text in the data may end the script
    parts = [
        f'<script type="application/json" id="models">{data}</script>',
        f"<script>{beside('site.js')}</script>",
    ]
    for module in sorted(modules):
        if "</script" in module:
            raise ValueError("A figure's module holds the text </script, which would end it inside a page.")
        mounted = module.replace(EXPORT, f'mount("{digest(module)}", render);')
        parts.append(f'<script type="module">{mounted}</script>')
    return "\n".join(parts)


def styles(notebook: NotebookNode, models: dict[str, dict]) -> str:
    """The site's style sheet, and the figures' once."""
    figures = {widget_states(notebook)[model_id]["state"].get("_css", "") for model_id in models}
    return "\n".join([beside("site.css"), *sorted(figures)])


def title_of(notebook: NotebookNode, otherwise: str) -> str:
    """The text of the notebook's first heading."""
    texts = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    found = re.search(r"^#\s+(.+)$", texts, re.MULTILINE)
    return re.sub(r"[*_`$]", "", found[1]).strip() if found else otherwise


def refuse_loading(page: str, name: str) -> None:
    """Raise if a browser that opens the page would ask a host for something: an image, a script, a style, a frame."""
    markup = re.sub(r"(?s)<script.*?</script>|<style.*?</style>", "", page)
    loading = (
        r"<(?!a\b)[a-z]+\b[^>]*?\b(?:src|srcset|href|data|poster)\s*=\s*[\"']?\s*(?:https?:)?//[^\"'\s>]+"
    )
    if found := re.search(loading, markup, re.IGNORECASE):
        raise ValueError(
            f"{name} would load something from a host: {found[0]}. Store it in the notebook instead."
        )


def page_of(notebook: NotebookNode, name: str, navigation: str = "", folder: Path | None = None) -> str:
    """One notebook as one HTML page.

    Args:
        notebook: stored executed; it is changed.
        name: the title where the notebook has no heading, and what an error calls it.
        navigation: HTML of the links above and below the lesson.
        folder: where the notebook's own images lie.

    Raises:
        ValueError: the page would need a host, or an equation is beyond MathML.
    """
    models = models_of(notebook)
    page_scripts, style = scripts(notebook, models), styles(notebook, models)
    states = widget_states(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [still for output in cell.outputs for still in still_outputs(output, states)]
    notebook.metadata.pop("widgets", None)
    exporter = PageExporter(template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True)
    body, _ = exporter.from_notebook_node(notebook, {"metadata": {"path": str(folder or "")}})
    page = PAGE.format(
        title=html.escape(title_of(notebook, name)),
        style=style,
        navigation=navigation,
        body=body,
        scripts=page_scripts,
    )
    refuse_loading(page, name)
    return page


def build(notebooks: Path, out: Path) -> list[Path]:
    """Write a page for every notebook of a folder, and the index that leads to them; return what was written."""
    paths = sorted(notebooks.glob("*.ipynb"))
    if not paths:
        raise ValueError(
            f"No notebook lies in {notebooks}; give the folder that holds them with --notebooks."
        )
    out.mkdir(parents=True, exist_ok=True)
    stored = {path: nbformat.read(path, as_version=4) for path in paths}
    titles = {path: title_of(notebook, path.stem) for path, notebook in stored.items()}
    entries = "\n".join(
        f'<li><a href="{path.stem}.html">{html.escape(title)}</a></li>' for path, title in titles.items()
    )
    written = [out / "index.html"]
    body = f"<h1>Segmentation and Attention</h1>\n<ol>\n{entries}\n</ol>"
    style = beside("site.css")
    written[0].write_text(
        PAGE.format(title="Segmentation and Attention", style=style, navigation="", body=body, scripts=""),
        encoding="utf-8",
    )
    for place, (path, notebook) in enumerate(stored.items()):
        links = ['<a href="index.html">All lessons</a>']
        if place > 0:
            links.insert(
                0, f'<a href="{paths[place - 1].stem}.html">← {html.escape(titles[paths[place - 1]])}</a>'
            )
        if place + 1 < len(paths):
            links.append(
                f'<a href="{paths[place + 1].stem}.html">{html.escape(titles[paths[place + 1]])} →</a>'
            )
        navigation = f"<nav aria-label='Lessons'>{''.join(links)}</nav>"
        page = page_of(notebook, path.name, navigation, path.parent)
        written.append(out / f"{path.stem}.html")
        written[-1].write_text(page, encoding="utf-8")
    return written


def main() -> None:
    """Read the arguments, build, and say what was written."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--notebooks", type=Path, default=ROOT / "notebooks")
    parser.add_argument("--out", type=Path, default=ROOT / "site")
    arguments = parser.parse_args()
    for path in build(arguments.notebooks, arguments.out):
        print(f"{path}  {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
