"""The README's pictures of the console: ``python -m tests.e2e.console_pictures [FOLDER]`` cuts the demo's
hospital by page, one switch deaf and one mute, and takes what stood on the screen."""

from __future__ import annotations

import sys
import tempfile
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect

from controller.catalog.shipped import shipped_examples
from controller.cli.demo import HANGS, IGNORES
from controller.cli.hospital import cables, located, switches
from controller.simulator.process import simulate
from controller.text import Catalogue
from controller.workers.front import cordon_office
from tests.e2e.browser import chromium, opened
from tests.e2e.service import first_administrator, hired, served

VIEW = {"width": 1280, "height": 900}
SIZE = (1000, 703)
COLOURS = 256
PASSWORD, ENABLE = "demo-password", "demo-enable"
LIMITS = {"CORDON_CONNECT_TIMEOUT": "5", "CORDON_OPERATION_TIMEOUT": "8"}
NAMES = ("console-situation", "console-isolate", "console-run")


def taken(page: Page, target: Path) -> None:
    """Small enough for a page that many look at."""
    expect(page.locator("html")).to_have_class("is-live")
    with Image.open(BytesIO(page.screenshot())) as shot:
        small = shot.convert("RGB").resize(SIZE, Image.Resampling.LANCZOS)
    small.quantize(COLOURS).save(target, optimize=True)
    print(target)


def main(folder: Path) -> int:
    source, words = shipped_examples() / "demo" / "inventory.yaml", Catalogue("en")
    with tempfile.TemporaryDirectory() as made:
        work = Path(made)
        inventory = cordon_office(inventory=source, home=work / "none").documents().inventory
        with simulate(switches(inventory, PASSWORD, ENABLE), cables(inventory)) as simulation:
            (work / "inventory.yaml").write_text(located(source.read_text("utf-8"), inventory, simulation))
            simulation.fault(HANGS, "hang", on="^shutdown")
            simulation.fault(IGNORES, "ignore")
            secrets = {"CORDON_DEMO_PASSWORD": PASSWORD, "CORDON_DEMO_ENABLE": ENABLE}
            with served(work, work / "inventory.yaml", secrets | LIMITS) as service, chromium() as browser:
                boss = first_administrator(service)
                who = hired(service, boss, "CISO on call", ["responder", "restorer"])
                context = opened(browser, service, who, viewport=VIEW)
                page = context.new_page()
                situation, isolate, run = (folder / f"{name}.png" for name in NAMES)
                page.goto("/isolate?level=5")
                taken(page, isolate)
                page.locator("input[name=typed]").fill(inventory.site)
                page.locator("input[name=reason]").fill("ransom note on the printers")
                page.locator("button.kill").click()
                expect(page.locator("#truth .st")).to_have_text(words.text("state.finished"), timeout=90_000)
                page.emulate_media(color_scheme="dark")
                expect(page.locator("#byhand")).to_be_visible()
                taken(page, run)
                page.emulate_media(color_scheme="light")
                page.goto("/situation")
                taken(page, situation)
                context.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs")))
