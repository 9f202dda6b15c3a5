"""Every figure can be reached, read and worked without a mouse, and fits its place."""

import pytest
from figure_page import FigurePage

NAMES = [
    *("masks", "upsampled", "patch_map", "receptive_field", "watch_it_learn", "sampling_grid", "digit_pad"),
    *(
        "stamp_stepper",
        "checkerboard",
        "stage_by_stage",
        "pass_by_pass",
        "playhead",
        "alignment_explorer",
        "by_length",
        "question",
        "anatomy",
        "leaf_to_root",
        "scales",
        "hypercolumn",
        "cascade",
        "first_summary",
        "suppression",
        "ask_the_scene",
        "which_frame",
        "filter_bank",
        "stroke_by_stroke",
        "sliding_window",
    ),
]


@pytest.fixture(params=NAMES)
def page(request, plain) -> FigurePage:
    return plain.open(request.param)


def test_every_control_has_a_name(page):
    unnamed = page.root.locator("input, button, [tabindex]").evaluate_all(
        """controls => controls
          .filter(control => !(control.ariaLabel || control.labels?.length || control.textContent.trim()))
          .map(control => control.outerHTML)"""
    )
    assert unnamed == []


def test_the_picture_is_an_image_whose_label_lives(page):
    canvas = page.root.get_by_role("img").first
    spoken = {canvas.get_attribute("aria-label")}
    for key in ["Shift+ArrowRight"] * 3 + [
        "ArrowUp"
    ] * 9:  # far enough to come to another class, cell or unit
        canvas.press(key)
        spoken.add(canvas.get_attribute("aria-label"))
    assert len(spoken) > 1
    assert page.root.locator(".caption").get_attribute("aria-live") == "polite"
    for picture in page.root.locator("canvas").all():
        assert picture.get_attribute("role") == "img"
        assert picture.get_attribute("aria-label").strip()


def test_the_tab_key_reaches_every_control_and_leaves_again(page):
    page.page.evaluate("document.activeElement.blur()")
    reached = set()
    for _ in range(60):
        page.page.keyboard.press("Tab")
        reached.add(
            page.page.evaluate("document.activeElement.ariaLabel || document.activeElement.name || ''")
        )
    wanted = page.root.locator("canvas[tabindex], svg[tabindex], input[type=range]").evaluate_all(
        "all => all.map(e => e.ariaLabel)"
    )
    groups = page.root.locator("input[type=radio]").evaluate_all("all => [...new Set(all.map(e => e.name))]")
    assert set(wanted) | set(groups) <= reached  # a group of choices is one stop: arrow keys move inside it


def test_no_notebook_shortcut_takes_a_key_from_a_control(page):
    open_to_shortcuts = page.root.locator("input, button, [tabindex]").evaluate_all(
        "all => all.filter(control => !control.hasAttribute('data-lm-suppress-shortcuts')).length"
    )
    assert open_to_shortcuts == 0


@pytest.mark.parametrize("width", [320, 700, 1400])
def test_it_is_never_wider_than_its_place(page, width):
    page.page.set_viewport_size({"width": width, "height": 900})
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width
    box = page.root.get_by_role("img").first.bounding_box()
    assert box["width"] > 120
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width


@pytest.mark.parametrize(("scheme", "theme"), [("light", "light"), ("dark", "dark")])
def test_it_follows_the_theme_and_stays_legible(page, scheme, theme):
    page.page.emulate_media(color_scheme=scheme)
    page.page.wait_for_function(
        "theme => document.querySelector('.composed').dataset.theme === theme", arg=theme
    )
    ratios = page.root.locator("p, legend, span, output, button").evaluate_all(CONTRAST)
    assert min(ratios) >= 4.5  # WCAG 2, level AA


@pytest.mark.parametrize(
    ("scheme", "ground", "theme"), [("light", "#111111", "dark"), ("dark", "#ffffff", "light")]
)
def test_the_ground_behind_it_decides_not_the_system(plain, scheme, ground, theme):
    """JupyterLab's dark theme on a light system, and the reverse."""
    page = plain.open("masks")
    page.page.emulate_media(color_scheme=scheme)
    page.root.evaluate("(root, ground) => (root.parentElement.style.background = ground)", ground)
    page.page.evaluate("document.body.dataset.jpThemeName = 'other'")  # as JupyterLab tells of it
    page.page.wait_for_function(
        "theme => document.querySelector('.composed').dataset.theme === theme", arg=theme
    )
    assert min(page.root.locator("p, legend, span, output, button").evaluate_all(CONTRAST)) >= 4.5


CONTRAST = """nodes => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = numbers(colour).slice(0, 3).map((v) => v / 255)
      .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    for (; node; node = node.parentElement) {
      const colour = getComputedStyle(node).backgroundColor;
      if ((numbers(colour)[3] ?? 1) > 0.5) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  return nodes.filter((node) => node.textContent.trim() && node.offsetParent).map((node) => {
    const [a, b] = [luminance(getComputedStyle(node).color), luminance(behind(node))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  });
}"""
