"""One open figure, as a hand and an eye meet it."""

import base64

import numpy as np
from playwright.sync_api import Locator, Page

PATIENCE = 30  # seconds; a busy machine is slow, not wrong
READ_BACK = """canvas => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let text = "";
  for (const byte of data) text += String.fromCharCode(byte);
  return [canvas.width, canvas.height, btoa(text)];
}"""


class FigurePage:
    """A page with one figure on it: move its controls, read its pixels and its words."""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.set_default_timeout(PATIENCE * 1000)
        self.state: dict[str, object] = {}  # what the tests have changed so far
        self.root = page.locator(".composed").first
        self.root.locator(".caption:not(:empty)").wait_for(timeout=90_000)

    def canvas(self, number: int = 0) -> Locator:
        return self.root.locator("canvas").nth(number)

    def pixels(self, number: int = 0) -> np.ndarray:
        """The canvas at its own resolution, (H, W, 3) uint8, not as enlarged on the screen."""
        width, height, text = self.canvas(number).evaluate(READ_BACK)
        return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4)[..., :3]

    def caption(self) -> str:
        return self.root.locator(".caption").text_content()

    def press(self, *keys: str, number: int = 0) -> None:
        """Press keys with the focus on a canvas."""
        for key in keys:
            self.canvas(number).press(key)

    def pointer(self, x: int, y: int, number: int = 0) -> None:
        """Move the mouse to a pixel of the scene."""
        self.canvas(number).hover(position=self.on_screen(x, y, number))

    def click(self, x: int, y: int, number: int = 0) -> None:
        """Click a pixel of the scene."""
        self.canvas(number).click(position=self.on_screen(x, y, number))

    def tap(self, x: int, y: int, number: int = 0) -> None:
        """Touch a pixel of the scene with a finger."""
        self.canvas(number).tap(position=self.on_screen(x, y, number))

    def swipe(self, start: tuple[int, int], end: tuple[int, int], number: int = 0) -> None:
        """Put a finger on one pixel of the scene, draw it to another, rest, and lift it."""
        canvas = self.canvas(number)
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        touch = self.page.context.new_cdp_session(self.page)
        for kind, place in (
            ("touchStart", start),
            ("touchMove", end),
            ("touchMove", end),
            ("touchEnd", None),
        ):
            offset = self.on_screen(*place, number) if place else None
            points = [{"x": box["x"] + offset["x"], "y": box["y"] + offset["y"]}] if offset else []
            touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
            self.page.wait_for_timeout(150)  # lifted in flight, a finger flings: Chromium drops the next tap
        touch.detach()

    def on_screen(self, x: int, y: int, number: int = 0) -> dict[str, float]:
        """The middle of a pixel of the scene, in CSS pixels from the canvas's corner."""
        box = self.canvas(number).bounding_box()
        width, height = self.canvas(number).evaluate("canvas => [canvas.width, canvas.height]")
        return {"x": (x + 0.5) * box["width"] / width, "y": (y + 0.5) * box["height"] / height}

    def slider(self, label: str) -> Locator:
        return self.root.get_by_role("slider", name=label, exact=True)

    def set_range(self, label: str, value: int) -> None:
        """Set a slider: the mouse clicks near the value, arrow keys go the rest of the way."""
        slider = self.slider(label)
        low, high = (float(slider.get_attribute(end)) for end in ("min", "max"))
        box = slider.bounding_box()
        along = 8 + (value - low) / (high - low) * (
            box["width"] - 16
        )  # the thumb's middle stays inside the track
        slider.click(position={"x": along, "y": box["height"] / 2})
        for _ in range(100):
            distance = value - float(slider.input_value())
            if distance == 0:
                return
            slider.press("ArrowRight" if distance > 0 else "ArrowLeft")
        raise AssertionError(f"The slider {label!r} never came to {value}.")

    def choice(self, group: str, option: str) -> Locator:
        return self.root.get_by_role("group", name=group, exact=True).get_by_role(
            "radio", name=option, exact=True
        )

    def choose(self, group: str, option: str) -> None:
        """Pick one of a row of choices with the mouse."""
        self.choice(group, option).click()

    def switch(self, label: str) -> None:
        """Turn a switch with the mouse."""
        self.root.get_by_role("checkbox", name=label, exact=True).click()
