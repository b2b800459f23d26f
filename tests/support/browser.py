"""A real browser on the pages of a server: what it complains about, what axe finds, and how wide a page is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from playwright.sync_api import Browser, BrowserContext, Dialog, Page, expect, sync_playwright

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
PATIENCE = 20_000
"""Milliseconds that a test waits for a page before it fails."""
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
CONTRAST = ("color-contrast", "link-in-text-block")
"""The rules about colours."""
SIZES = ("target-size", "scrollable-region-focusable", "meta-viewport")
"""The rules about sizes and places."""


class Look(NamedTuple):
    """How somebody looks at the pages."""

    width: int = 1280
    dark: bool = False
    language: str = "en"
    script: bool = True


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's browser, or whatever is called chromium here."""
    path = shutil.which("chromium")
    assert path is not None, "chromium is not installed: .ci/run says how"
    expect.set_options(timeout=PATIENCE)  # a busy machine must not fail a test
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


class Opened:
    """A page that is open, and all that the browser complained about."""

    def __init__(self, context: BrowserContext, base: str) -> None:
        self.context = context
        self.page: Page = context.new_page()
        self.base = base
        self.complaints: list[str] = []
        self.page.on("console", lambda said: self._note(said.text) if said.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self._note(str(error)))
        self.page.on("dialog", self._dismiss)

    def _note(self, text: str) -> None:
        self.complaints.append(text)

    def _dismiss(self, dialog: Dialog) -> None:
        self._note(f"dialog {dialog.message}")
        dialog.dismiss()

    def go(self, path: str = "/__admin/", **query: str) -> Page:
        """Opens an address of the server."""
        self.page.goto(self.base + path + (f"?{urlencode(query)}" if query else ""))
        return self.page

    def findings(self, axe: Path, rules: Sequence[str] | None = None) -> list[str]:
        """What axe-core finds wrong with the page by these of its rules, else by all that this project keeps."""
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(axe.read_text("utf-8"))
        only = {"type": "tag", "values": list(RULES)} if rules is None else {"type": "rule", "values": list(rules)}
        found: Mapping[str, Any] = self.page.evaluate(
            "only => axe.run({runOnly: only, resultTypes: ['violations']})", only
        )
        return [f"{each['id']}: {node['html'][:200]}" for each in found["violations"] for node in each["nodes"]]

    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - innerWidth"))


@contextmanager
def opened(browser: Browser, base: str, look: Look | None = None) -> Iterator[Opened]:
    """A fresh visitor's page."""
    look = look or Look()
    context = browser.new_context(
        viewport={"width": look.width, "height": 800},
        color_scheme="dark" if look.dark else "light",
        locale={"en": "en-US", "zh": "zh-CN"}[look.language],
        java_script_enabled=look.script,
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE)
    try:
        yield Opened(context, base)
    finally:
        context.close()
