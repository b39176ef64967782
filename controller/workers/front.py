"""The front office of a home: every face asks here, whoever leads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from controller.bootstrap import Composition
from controller.domain.drift import Drift
from controller.domain.errors import NotFound, OpenCause, OpenFailed
from controller.domain.facts import Actor
from controller.domain.readiness import DeviceReadiness
from controller.workers import exporting
from controller.workers.acting import Acting
from controller.workers.armed import ask_leader
from controller.workers.auditing import LogSeal
from controller.workers.discovering import discover
from controller.workers.documents import CurrentDocuments
from controller.workers.drifting import drift
from controller.workers.erasing import Erasing
from controller.workers.leading import AnyLeader, Leading, lend_vault_key, opens_vault
from controller.workers.livechecks import LiveChecks
from controller.workers.moving import HoldTransfers
from controller.workers.office import Discovery, LiveCheck
from controller.workers.planning import Planning
from controller.workers.records import Records
from controller.workers.reporting.handing import ReportHanded, hand_report
from controller.workers.vaulting import HomeVault

if TYPE_CHECKING:
    from pathlib import Path

    from controller.domain.armed import ArmedDevice
    from controller.workers.exporting import Extract, Handed
    from controller.workers.forwarding import LogForwarding


def cordon_office(**overrides: Any) -> HomeOffice:
    """The office of one configuration; ``overrides`` as the settings are named. Nothing is opened yet."""
    return office_of(Composition(**overrides))


def office_of(composition: Composition) -> HomeOffice:
    """That of a process which leads only while it acts itself."""
    documents = CurrentDocuments(composition)
    leader = AnyLeader(composition, documents.known)
    return HomeOffice(composition, documents, leader)


class HomeOffice:
    """Implements Office: every part behind one counter."""

    def __init__(self, composition: Composition, documents: CurrentDocuments, leader: Leading) -> None:
        self._composition = composition
        self._documents = documents
        self._leader = leader
        self._live_checks = LiveChecks(composition, leader.record)

        self.documents = documents.present
        self.documents_in_force = documents.in_force
        self.keep = documents.keep

        planning = Planning(composition, documents, leader, self.vault)
        self.plan_cut = planning.cut
        self.plan_return = planning.back
        self.gates = planning.gates
        self._gates_at_hand = planning.gates_at_hand
        self.plan_rehearsal = planning.rehearsal
        self.rehearsals = planning.rehearsals
        self._book = planning.book

        records = Records(composition, documents, leader)
        self.situation = records.situation
        self.runs = records.runs
        self.run = records.run
        self.results = records.results
        self.confirmed = records.confirmed
        self.remember = records.remember
        self.reboots = records.reboots
        self.locate = records.locate
        self.stored_plan = records.stored_plan
        self.inventory_of = records.inventory_of
        self.log = records.log
        self.leaf = records.leaf
        self.rhythm = records.rhythm
        self.log_head = records.log_head
        self.verify = records.verify

        self._acting = Acting(composition, documents, leader, records)
        self.isolate = self._acting.isolate
        self.follow = self._acting.follow
        self.restore = self._acting.restore
        self.resume = self._acting.resume
        self.abort = self._acting.abort
        self.rehearse = self._acting.rehearse
        self.neutralise = self._acting.neutralise
        self.confirm = self._acting.confirm
        self.let_pass = self._acting.let_pass
        self.arm = self._acting.arm
        self.write_log = self._acting.write_log
        self.agree_rhythm = self._acting.agree_rhythm
        self.attach = self._acting.attach
        self.attach_content = self._acting.attach_content
        self.attachment = self._acting.attachment

        self.access = leader.access
        self.last_readiness = self._live_checks.last
        self.service_fingerprint = composition.service_fingerprint

    def ask_accounts(self, call: str, **given: object) -> Any:
        return self._leader.ask_accounts(call, given)

    def armed(self) -> tuple[ArmedDevice, ...] | None:
        home = self._composition.settings.home
        return ask_leader(self._leader.found_home()) if home.is_dir() else None

    def vault(self) -> HomeVault:
        composition, leader = self._composition, self._leader
        return HomeVault(
            composition.vault,
            lambda request: leader.ask(request, lambda _: None),
            lambda: opens_vault(leader.home()),
            lambda: lend_vault_key(composition, leader.home()),
        )

    def seal(self) -> LogSeal:
        return LogSeal(
            lambda: self._composition.home(create=False),
            lambda request: self._leader.ask(request, lambda _: None),
        )

    def transfers(self) -> HoldTransfers:
        return HoldTransfers(self._composition, self._documents, self._leader, self._book)

    def erasing(self) -> Erasing:
        leader = self._leader
        return Erasing(
            self._composition, leader.found_home, lambda request: leader.ask(request, lambda _: None)
        )

    def forwarding(self) -> LogForwarding:
        # Only who asks pays for what speaks TLS.
        from controller.workers.forwarding import LogForwarding  # noqa: PLC0415 - see above

        return LogForwarding(self._composition, self._leader.found_home)

    def export(self, path: Path, extract: Extract, actor: Actor | None = None) -> Handed:
        return exporting.export(self._composition, path, extract, self._leader.record, actor)

    def report(self, extract: Extract, lang: str, actor: Actor | None = None) -> ReportHanded:
        return hand_report(self._composition, extract, lang, self._leader.record, actor)

    def check_live(
        self, names: Sequence[str], actor: Actor, told: Callable[[DeviceReadiness], None]
    ) -> LiveCheck:
        return self._live_checks.check(self._documents.present(), names, actor, told)

    def drift(self, devices: Sequence[str], actor: Actor) -> Drift:
        current = self.documents_in_force().inventory
        return drift(self._composition, self._leader.history(), current, devices, actor, self._leader.record)

    def discover(self, devices: Sequence[str], actor: Actor) -> Discovery:
        return discover(self._composition, devices, actor, self._leader.record)

    def trust(self, device: str) -> tuple[str, str]:
        try:
            paths = self._documents.present().inventory.devices[device].ssh_paths
        except KeyError:
            raise NotFound(kind="device", name=device) from None
        failed: list[OpenFailed] = []
        for path in paths:
            try:
                return self._composition.host_key(path)
            except OpenFailed as failure:
                failed.append(failure)
        cause = failed[0].cause if failed else OpenCause.UNREACHABLE
        tried = "; ".join(str(each.data.get("detail", "")) for each in failed)
        raise OpenFailed(device, cause, tried or "no ssh path")
