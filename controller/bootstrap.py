"""The composition root: which implementation stands behind each port. Nothing happens at import."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from controller.domain.codec import to_plain
from controller.domain.errors import InvalidInput, InvalidRequest, Problem
from controller.settings import Settings

if TYPE_CHECKING:
    from controller.domain.facts import Fact
    from controller.domain.inventory import Inventory
    from controller.domain.profile import DeviceProfile
    from controller.domain.tags import Tag
    from controller.engine.plans import Documents
    from controller.engine.ports import Clock, Journal
    from controller.engine.running import Services
    from controller.store.home import Home as Home


class Composition:
    """One configuration of Cordon: the environment's settings, overridden by ``overrides`` (those not None).

    Raises InvalidInput for settings that make no sense."""

    def __init__(self, **overrides: Any) -> None:
        from pydantic import ValidationError

        chosen = {name: value for name, value in overrides.items() if value is not None}
        try:
            self.settings = Settings(**chosen)
        except ValidationError as error:
            raise InvalidInput(
                [
                    Problem(
                        "CORDON_" + str(found["loc"][0]).upper(), 0, 0, "setting", (("detail", found["msg"]),)
                    )
                    for found in error.errors()
                ]
            ) from None

    def documents(self) -> Documents:
        """Inventory, profiles and playbooks, read and validated now. Raises InvalidInput."""
        from controller.catalog.playbooks import resolve
        from controller.catalog.site import load_site
        from controller.engine.plans import Documents

        site = load_site(self.inventory_path(), self.profile_directories(), self.playbook_directories())
        texts = {playbook.digest: site.playbooks.text(name) for name, playbook in site.playbooks.items()}
        return Documents(
            inventory=site.inventory,
            profiles=site.profiles,
            profiles_digest=site.profiles.digest,
            playbooks=site.playbooks,
            stages={name: resolve(playbook, site.playbooks) for name, playbook in site.playbooks.items()},
            sources={
                **texts,
                site.inventory.digest: site.inventory_text,
                site.profiles.digest: site.profiles.text,
            },
        )

    def inventory_path(self) -> Path:
        """Raises InvalidRequest when none was named."""
        if self.settings.inventory is None:
            raise InvalidRequest("no-inventory")
        return self.settings.inventory

    def profile_directories(self) -> Sequence[Path]:
        from controller.catalog.shipped import shipped_profiles

        return (*self.settings.profiles, shipped_profiles())

    def playbook_directories(self) -> Sequence[Path]:
        from controller.catalog.shipped import shipped_playbooks

        return (*self.settings.playbooks, shipped_playbooks())

    def home(self, *, create: bool = True, guarded: bool = False) -> Home:
        """``guarded``: refuse a database whose protection against rewriting is gone. A cut does not: its log
        says so when it is verified.

        Raises HomeFromTheFuture, JournalUnavailable, NotFound, LogUnprotected."""
        from controller.store.home import open_home
        from controller.store.writer import Patience

        patience = Patience(database=self.settings.spool_after_ms / 1000)
        return open_home(self.settings.home, create=create, guarded=guarded, patience=patience)

    def clock(self) -> Clock:
        from controller.drivers.clock import SystemClock

        return SystemClock()

    def services(self, journal: Journal) -> Services:
        """Real devices, real secrets, real probes."""
        from controller.drivers.netmiko_driver import NetmikoDriver
        from controller.drivers.prober import ControllerProber
        from controller.engine.running import Limits, Services
        from controller.vault.secrets import SecretResolver

        _log_to_standard_error()
        _as_many_files_as_allowed()
        _no_core_dumps()
        settings = self.settings
        return Services(
            clock=self.clock(),
            driver=NetmikoDriver(),
            secrets=SecretResolver(),
            prober=ControllerProber(),
            journal=journal,
            limits=Limits(
                connect=settings.connect_timeout,
                operation=settings.operation_timeout,
                threads=settings.threads,
            ),
        )

    def host_key(self, address: str, port: int) -> tuple[str, str]:
        """The key presented there, and its fingerprint. Raises OpenFailed."""
        from controller.domain.inventory import Path as DevicePath
        from controller.drivers.host_keys import fetch_host_key, fingerprint

        deadline = self.clock().monotonic() + self.settings.connect_timeout
        key = fetch_host_key(DevicePath(address, port), deadline)
        return key, fingerprint(key)


def _as_many_files_as_allowed() -> None:
    """Every device takes some: the usual soft limit would do for a few hundred."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _no_core_dumps() -> None:
    """From now on there are device secrets in memory."""
    import resource

    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class StoredDocuments:
    """Reads the sources a run cites again."""

    def inventory(self, text: str, profiles: Mapping[str, DeviceProfile]) -> Inventory:
        from controller.catalog.inventory import inventory_from_text

        return inventory_from_text(text, "inventory", profiles)

    def profiles(self, text: str) -> Mapping[str, DeviceProfile]:
        from controller.catalog.profiles import profiles_from_text

        return profiles_from_text(text)


def _log_to_standard_error() -> None:
    """Plain lines. By default structlog writes to standard output, where ``--json`` has its one object, and
    prints the values of local variables, where secrets are."""
    import structlog

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.LogfmtRenderer(key_order=("timestamp", "level", "event")),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def tell_unrecorded(tag: Tag, facts: Sequence[Fact]) -> None:
    """What no disk took goes to standard error, one JSON object a fact: a terminal or a service's log may
    still keep it. Where nobody reads that either, the cut goes on."""
    for fact in facts:
        line = {"unrecorded": tag.value, "fact": type(fact).__name__, **to_plain(fact)}
        with suppress(OSError, ValueError):
            sys.stderr.write(json.dumps(line, ensure_ascii=False) + "\n")
            sys.stderr.flush()
