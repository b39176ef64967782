"""A service over simulated switches, a browser, and people with their accounts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.e2e.browser import chromium
from tests.e2e.service import Served, Someone, first_administrator, hired, served
from tests.faults.site import ENABLE, PASSWORD, Site, running_site

SECRETS = {"CORDON_TEST_PASSWORD": PASSWORD, "CORDON_TEST_ENABLE": ENABLE, "CORDON_OPERATION_TIMEOUT": "8"}

expect.set_options(timeout=25_000)


@dataclass
class Night:
    service: Served
    site: Site
    browser: Browser
    boss: Someone
    people: dict[str, Someone]


@contextmanager
def a_night(
    folder: Path,
    people: Mapping[str, tuple[str, ...]],
    environ: Mapping[str, str] | None = None,
    *,
    by_recovery: bool = False,
) -> Iterator[Night]:
    """``people``: names with their roles; ``by_recovery`` as they are hired."""
    (folder / "site").mkdir()
    with (
        running_site(folder / "site") as site,
        chromium() as browser,
        served(folder, site.inventory, {**SECRETS, **(environ or {})}) as service,
    ):
        boss = first_administrator(service)
        hands = {
            name: hired(service, boss, name, roles, by_recovery=by_recovery) for name, roles in people.items()
        }
        yield Night(service, site, browser, boss, hands)


def cut_by_page(page: Page) -> str:
    """Three actions from the page of levels: a level, the site's name, the button. Gives the run."""
    page.goto("/isolate")
    page.locator("a.level").last.click()
    page.locator("input[name=typed]").fill("Faults ")
    page.locator("button.kill").click()
    page.wait_for_url("**/runs/*")
    return page.url.rpartition("/")[2]
