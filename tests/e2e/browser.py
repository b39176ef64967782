"""Debian's Chromium at the console."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.e2e.service import PASSWORD, Served, Someone

AXE = Path(__file__).parent / "axe" / "axe.min.js"
PHONE = {"width": 360, "height": 740}
SCREEN = {"width": 1360, "height": 1000}

_QUIET = ("--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync")


@contextmanager
def chromium() -> Iterator[Browser]:
    found = shutil.which("chromium")
    assert found, "the console's tests need Debian's chromium"
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium has none to offer to root
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=[*_QUIET, *sandbox])
        try:
            yield browser
        finally:
            browser.close()


def opened(browser: Browser, service: Served, who: Someone | None = None, **options: Any) -> BrowserContext:
    """A browser of somebody's own, signed in by their session; ``service`` signs its own certificate."""
    options.setdefault("viewport", SCREEN)
    options.setdefault("locale", "en-GB")
    context = browser.new_context(ignore_https_errors=True, base_url=service.url, **options)
    context.set_default_timeout(20_000)
    if who is not None:
        name, _, value = who.headers["Cookie"].partition("=")
        context.add_cookies([{"name": name, "value": value, "url": service.url, "secure": True}])
    return context


def sign_in(page: Page, who: Someone) -> None:
    """By the page they are on, with password and code, in whichever language it is."""
    page.locator("input[name=name]").fill(who.name)
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=code]").fill(who.code())
    page.locator("form[action='/sign-in'] button.go").click()


@cache
def _axe() -> str:
    return AXE.read_text("utf-8")


def violations(page: Page, *rules: str) -> list[str]:
    """What axe-core objects to, of all its rules or of ``rules`` alone."""
    page.evaluate(_axe())
    options = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
    found: list[str] = page.evaluate(
        """async (options) => (await axe.run(document, options)).violations.flatMap((each) =>
        each.nodes.map((node) => `${each.id}: ${node.html.slice(0, 160)} ${node.failureSummary}`))""",
        options,
    )
    return found
