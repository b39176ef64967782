"""The composition root: which implementation stands behind each port. Nothing happens at import."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from controller.domain.errors import InvalidInput, InvalidRequest, NotFound, Problem

if TYPE_CHECKING:
    from controller.domain.logbook import Attachment
    from controller.domain.path import Path as DevicePath
    from controller.drivers.shards.driver import ShardedDriver
    from controller.drivers.shards.nursery import Nursery
    from controller.engine.execution.running import Services
    from controller.engine.people.access import Access
    from controller.engine.planning.plans import Documents
    from controller.engine.ports import Clock, Driver, Journal, Secrets
    from controller.identity.signals import Signals
    from controller.notify.receiver import Receiver
    from controller.store.home import Home as Home
    from controller.store.kept import KeptFiles as KeptFiles
    from controller.store.leader import Lead as Lead
    from controller.telemetry.observer import Observer
    from controller.text import Catalogue
    from controller.vault.access import VaultAccess


def handed_to_leader(home: Path, message: Mapping[str, Any]) -> Generator[Mapping[str, Any]]:
    """As :func:`controller.store.requests.request`, of whoever leads ``home``; nothing else is loaded."""
    from controller.store.places import Places
    from controller.store.requests import request

    return request(Places(home), dict(message))


class Composition:
    """One configuration of Cordon: the environment's settings, overridden by ``overrides`` (those not None).

    Raises InvalidInput for settings that make no sense."""

    def __init__(self, **overrides: Any) -> None:
        from pydantic import ValidationError

        from controller.settings import Settings

        self._leads = False
        self._sharded: ShardedDriver | None = None
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

    def documents(
        self,
        inventory: str | None = None,
        playbooks: Mapping[str, str] = MappingProxyType({}),
        *,
        whole: bool = False,
    ) -> Documents:
        """Inventory, profiles and playbooks, read and validated now; ``inventory``: the text of another one
        in the place of the file's; ``playbooks``: texts by name, likewise; ``whole``: every profile that
        comes with Cordon is read, used or not. Raises InvalidInput."""
        from controller.bootstrap.documents import documents_of
        from controller.catalog.site import load_site

        return documents_of(
            load_site(
                self.inventory_path(),
                self.profile_directories(),
                self.playbook_directories(),
                inventory,
                playbooks,
                whole=whole,
            )
        )

    def files_digest(self) -> str | None:
        """Of everything :meth:`documents` would read; None where it cannot be read."""
        from controller.catalog.site_files import files_digest

        return files_digest(self.inventory_path(), self.profile_directories(), self.playbook_directories())

    def program_digest(self) -> str:
        """Of the part of Cordon that reads documents and compiles plans."""
        from controller.bootstrap.documents import program_digest

        return program_digest()

    def kept(self) -> KeptFiles:
        """What the home keeps compiled; nothing is opened."""
        from controller.store.kept import KeptFiles
        from controller.store.places import Places

        return KeptFiles(Places(self.settings.home.absolute()))

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
        # Found out before the database's library is imported: a home that is not there needs none.
        if not create and not self.settings.home.exists():
            raise NotFound(kind="home", name=str(self.settings.home))
        from controller.store.home import open_home
        from controller.store.writer import Patience

        patience = Patience(database=self.settings.spool_after_ms / 1000)
        return open_home(self.settings.home, create=create, guarded=guarded, patience=patience)

    def clock(self) -> Clock:
        from controller.drivers.clock import SystemClock

        return SystemClock()

    @cached_property
    def nursery(self) -> Nursery:
        """Where worker processes come from; nothing is started yet."""
        from controller.drivers.shards.nursery import Nursery
        from controller.store.places import Places

        wanted, processors = self.settings.workers, len(os.sched_getaffinity(0))
        number = (processors if processors > 1 else 0) if wanted == "auto" else wanted
        lock = Places(self.settings.home.absolute()).acting_lock
        return Nursery(_NURSE, number, lock, always=wanted != "auto")

    @contextmanager
    def leading(self) -> Iterator[None]:
        """For who leads the home: until the block ends, the devices are spoken to by worker processes
        wherever that pays."""
        self._leads = True
        try:
            yield
        finally:
            self._leads = False
            driver, self._sharded = self._sharded, None
            if driver is not None:
                driver.close()
            self.nursery.close()

    def _driver(self, secrets: Secrets) -> Driver:
        from controller.bootstrap.process import devices

        if not self._leads or not self.nursery.workers:
            return devices(secrets)
        if self._sharded is None:
            from controller.drivers.shards.driver import ShardedDriver

            self._sharded = ShardedDriver(self.nursery, lambda: devices(secrets), secrets)
        return self._sharded

    def services(self, journal: Journal) -> Services:
        """Real devices, real secrets, real probes."""
        from controller.bootstrap.process import as_many_files_as_allowed, no_core_dumps
        from controller.drivers.prober import ControllerProber
        from controller.engine.execution.running import Limits, Services
        from controller.store.evidence import EvidenceDirectory
        from controller.store.places import Places
        from controller.vault.secrets import SecretResolver

        self.configure_logs()
        as_many_files_as_allowed()
        no_core_dumps()
        settings = self.settings
        secrets = SecretResolver(vault=_noted_reads(self.vault, journal))
        return Services(
            clock=self.clock(),
            driver=self._driver(secrets),
            secrets=secrets,
            prober=ControllerProber(),
            journal=journal,
            limits=Limits(
                connect=settings.connect_timeout,
                operation=settings.operation_timeout,
                save=settings.save_timeout,
                threads=settings.threads,
            ),
            evidence=EvidenceDirectory(Places(settings.home.absolute())),
        )

    def attach(self, path: Path) -> Attachment:
        """Keeps a copy of the file in the home, which is there. Raises InvalidRequest."""
        from controller.store.evidence import attach
        from controller.store.places import Places

        return attach(Places(self.settings.home.absolute()), path)

    def attach_content(self, name: str, content: bytes) -> Attachment:
        """As :meth:`attach`, for what came over a wire."""
        from controller.store.evidence import attach_content
        from controller.store.places import Places

        return attach_content(Places(self.settings.home.absolute()), name, content)

    def attachment(self, digest: str, name: str) -> Attachment:
        """One that is kept already. Raises InvalidRequest."""
        from controller.store.evidence import attachment
        from controller.store.places import Places

        return attachment(Places(self.settings.home.absolute()), digest, name)

    def configure_logs(self) -> None:
        """Raises InvalidRequest where the log file cannot be written."""
        from controller.telemetry.logs import LogForm, configure

        settings = self.settings
        try:
            configure(LogForm(settings.log_format), settings.log_level, settings.log_file)
        except OSError as error:
            raise InvalidRequest("not-writable", file=settings.log_file, detail=error.strerror) from None

    @cached_property
    def observer(self) -> Observer:
        """What tells of this process's runs in its log, and counts them."""
        from controller.telemetry.observer import Observer

        return Observer()

    @cached_property
    def signals(self) -> Signals:
        """Who may signal by the API that something went wrong."""
        from controller.identity.signals import Signals

        return Signals(self.settings.signal_keys)

    @cached_property
    def vault(self) -> VaultAccess:
        """The vault of the home; nothing is opened yet."""
        from controller.vault.access import Unattended, VaultAccess
        from controller.vault.vault import Vault

        settings = self.settings
        unattended = Unattended(
            settings.vault_key_file, settings.vault_passphrase_file, settings.vault_passphrase_fd
        )
        return VaultAccess(Vault(settings.home.absolute() / "vault"), unattended)

    def access(self, home: Home, journal: Journal, acts: Callable[[], bool] = lambda: False) -> Access:
        """The accounts of ``home``, with what needs two persons. Nothing is opened before it is asked.
        ``acts``: whether a run does, to which passwords give way."""
        from controller.engine.people.access import access
        from controller.engine.people.accounts import Limits
        from controller.identity.passwords import Argon2Passwords
        from controller.identity.totp import AppCodes

        settings = self.settings
        return access(
            home.accounts(),
            Argon2Passwords(
                settings.argon2_passes, settings.argon2_memory_kib, settings.argon2_threads, acts=acts
            ),
            AppCodes(),
            journal,
            self.clock(),
            home.history,
            Limits(idle=60 * settings.session_idle_minutes, session=3600 * settings.session_hours),
        )

    def words(self) -> Catalogue:
        """The texts in the language of the settings."""
        from controller.text import Catalogue, language

        return Catalogue(language(self.settings.lang, os.environ))

    def receiver(self) -> Receiver | None:
        """Who gets the log elsewhere; None where nobody was named. Raises InvalidRequest."""
        from controller.notify.receiver import receiver_from

        settings = self.settings
        if not settings.forward:
            return None
        return receiver_from(
            settings.forward,
            authorities=settings.forward_ca,
            pin=settings.forward_pin,
            name=settings.forward_name,
            certificate=settings.forward_certificate,
            key=settings.forward_key,
        )

    def service_fingerprint(self) -> str:
        """Of the certificate the service keeps in the home; "" where there is none."""
        from controller.domain.errors import CordonError
        from controller.identity.certificate import kept_fingerprint

        try:
            return kept_fingerprint(self.home(create=False).path)
        except CordonError:
            return ""

    def host_key(self, path: DevicePath) -> tuple[str, str]:
        """The key presented there, and its fingerprint. Raises OpenFailed."""
        from controller.drivers.host_keys import fetch_host_key, fingerprint
        from controller.drivers.waypoints import Waypoints
        from controller.vault.secrets import SecretResolver

        deadline = self.clock().monotonic() + self.settings.connect_timeout
        waypoints = Waypoints(SecretResolver(vault=self.vault.reveal))
        key = fetch_host_key(path, deadline, waypoints)
        return key, fingerprint(key)


_NURSE = (sys.executable, "-P", "-m", "controller.workers.devices")


def _noted_reads(vault: VaultAccess, journal: Journal) -> Callable[[str], str]:
    """Gives out secrets of the vault; the first time each is, the log says so, by name."""
    from controller.domain.errors import CordonError
    from controller.domain.facts import SYSTEM, Noted
    from controller.domain.tags import Tag

    noted: set[str] = set()

    def reveal(name: str) -> str:
        secret = vault.reveal(name)
        if name not in noted:
            noted.add(name)
            with suppress(CordonError):  # a log that does not answer holds up no log-in
                journal.commit(Tag.SECRET_READ, [Noted("vault", (("name", name),))], SYSTEM)
        return secret

    return reveal
