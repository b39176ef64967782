"""A front office written by hand: one small site, plans as given, runs that end as their script says."""

from __future__ import annotations

import fcntl
import json
import os
import termios
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event as Flag
from typing import Any

from controller.bootstrap import Composition
from controller.cli.main import main
from controller.domain.armed import ArmedDevice
from controller.domain.drift import Drift
from controller.domain.errors import (
    AwaitingApproval,
    InvalidInput,
    InvalidRequest,
    JournalUnavailable,
    LeaderElsewhere,
    NotFound,
    OpenCause,
    OpenFailed,
    Problem,
)
from controller.domain.facts import Actor
from controller.domain.inventory import (
    Bilingual,
    Conduit,
    ConduitKind,
    ControllerSite,
    Device,
    DeviceRole,
    Inventory,
    Link,
    Location,
    Method,
    Need,
    Point,
    PointId,
    PointKind,
    Port,
    Segment,
)
from controller.domain.lifecycle import RunState
from controller.domain.logbook import NO_DETAILS, Attachment, LogDetails, Rhythm
from controller.domain.plan import Basis, Hazard, Operation, Plan, Rendering, Severity, Step, Wave
from controller.domain.playbook import Action, OnFailure, OnUnreachable, Playbook, Stage
from controller.domain.proof import Outcome, Proof, worst
from controller.domain.readiness import DeviceReadiness, Readiness
from controller.domain.rehearsal import Rehearsals, Rehearsed, Software
from controller.drivers.clock import SystemClock
from controller.engine.events import (
    JournalDegraded,
    RehearsalEnded,
    RunEnded,
    RunStarted,
    StepResult,
    StepsSettled,
    Watcher,
    WaveStarted,
)
from controller.engine.execution.handwork import HandWork, Located
from controller.engine.execution.marks import Marks
from controller.engine.execution.neutralising import Neutralised
from controller.engine.execution.walklist import Errand, step_code, walklist
from controller.engine.holding.situation import Situation, SubjectSituation, SubjectState
from controller.engine.holding.waiting import Waiting
from controller.engine.people.access import Access, access
from controller.engine.people.accounts import Credentials
from controller.engine.people.accounts import Limits as AccountLimits
from controller.engine.planning.kept import KeptPlan
from controller.engine.planning.plans import Documents, Lapse, Return
from controller.engine.ports import History, RunRecord
from controller.engine.readiness.discovery import Comparison, LoosePort, Neighbour
from controller.identity.passwords import Argon2Passwords
from controller.identity.totp import AppCodes
from controller.store.accounts import HomeAccounts
from controller.vault.access import Unattended, VaultAccess
from controller.vault.vault import Vault
from controller.workers.accounting import NotLeading
from controller.workers.auditing import LogSeal, Witness
from controller.workers.erasing import Erasing
from controller.workers.exporting import Extract, Handed
from controller.workers.forwarding import LogForwarding
from controller.workers.moving import HoldTransfers
from controller.workers.office import (
    Cut,
    Discovery,
    Execution,
    Keeping,
    LiveCheck,
    LogLine,
    Rehearsal,
    Verdict,
)
from controller.workers.reporting.handing import ReportHanded
from controller.workers.vaulting import HomeVault

NOW = datetime(2026, 3, 1, 3, 0, tzinfo=UTC)
RUN = "20260301-030000-beef"
NEW_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHNew"
OLD_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOld0"


def _port(device: str, number: int) -> Point:
    return Point(PointId(device, f"Gi1/0/{number}"), PointKind.INTERFACE)


INVENTORY = Inventory(
    site="Hôpital Test",
    controller=ControllerSite(),
    credentials={},
    devices={
        "acc-1": Device(
            "acc-1", "cisco_ios", DeviceRole.ACCESS, host_key=OLD_KEY, location=Location("A", "R2")
        ),
        "acc-2": Device(
            "acc-2", "cisco_ios", DeviceRole.ACCESS, location=Location("B", "R9"), managed_by="dna-center"
        ),
        "fw-1": Device("fw-1", "fortinet", DeviceRole.FIREWALL, host_key=NEW_KEY),
    },
    links=(),
    segments={
        "emergency": Segment(
            "emergency",
            Bilingual("Urgences", "Emergency room"),
            1,
            impact=Bilingual("14 moniteurs → 14 soignants", "14 monitors → 14 carers"),
            depends_on=("laboratory",),
            points=(_port("acc-1", 1), _port("acc-2", 1)),
        ),
        "laboratory": Segment("laboratory", Bilingual("Labo", "Laboratory"), 2, points=(_port("acc-1", 2),)),
        "samu": Segment(
            "samu",
            Bilingual("SAMU", "Emergency calls"),
            1,
            keep_alive=True,
            needs=(Need("laboratory", 8 * 3600),),
            points=(_port("acc-1", 9),),
        ),
    },
    conduits={
        "internet": Conduit(
            "internet",
            Bilingual("Internet", "Internet"),
            ConduitKind.INTERNET,
            9,
            keep_alive=("samu",),
            points=(_port("fw-1", 1),),
        )
    },
    digest="d" * 64,
)
SUBJECTS = {point.id: (point, subject.name) for subject in INVENTORY.subjects() for point in subject.points}


def make_plan(action: Action, names: tuple[str, ...], hazards: tuple[Hazard, ...] = ()) -> Plan:
    by_device: dict[str, list[Step]] = {}
    for point, name in SUBJECTS.values():
        if name in names:
            verb = "shutdown" if action is Action.ISOLATE else "no shutdown"
            rendering = Rendering(Method.SHUTDOWN, (f"interface {point.id.object}", verb), {})
            by_device.setdefault(point.id.device, []).append(Step(point, (name,), (), rendering))
    operations = tuple(
        Operation(
            device, INVENTORY.devices[device].platform, (), ("configure terminal",), ("end",), tuple(steps)
        )
        for device, steps in sorted(by_device.items())
    )
    wave = Wave(0, "access", operations, OnFailure.CONTINUE, OnUnreachable.REPORT, Proof.CONFIRMED)
    ends = tuple((RUN, name, point.id) for point, name in SUBJECTS.values() if name in names)
    return Plan(
        playbook="level-5",
        action=action,
        site=INVENTORY.site,
        level=5,
        basis=Basis("d", "p", "b", "r"),
        waves=(wave,) if operations else (),
        hazards=hazards,
        ends=ends if action is Action.RESTORE else (),
    )


def _no_history() -> History:
    raise NotFound(kind="home", name="/nonexistent")


@dataclass
class ScriptedOffice:
    """Implements Office. ``sick`` devices do not answer; ``script`` names what goes wrong; ``calls`` is a
    file that gets one line for everything asked that acts or writes."""

    calls: Path
    script: str = ""
    sick: frozenset[str] = frozenset()
    held: set[str] = field(default_factory=set)
    settings: Mapping[str, object] = field(default_factory=dict)
    generations: int = 0
    readiness: Readiness | None = None
    held_open: tuple[ArmedDevice, ...] | None = None
    unrecorded: str = ""
    file: Path = Path("inventory.yaml")
    _abort: Flag = field(default_factory=Flag)

    def note(self, *what: object) -> None:
        with self.calls.open("a") as stream:
            stream.write(json.dumps([str(each) for each in what]) + "\n")

    def documents_in_force(self) -> Documents:
        """``lapsed``: the files have mistakes, and something was valid before."""
        if self.script != "lapsed":
            return self.documents()
        problems = tuple(Problem("inventory.yaml", line, 3, "file-empty") for line in range(7, 14))
        return replace(self.documents(), lapse=Lapse(NOW, "inventory.yaml", problems))

    def keep(self, *, make_home: bool = True) -> Keeping:
        basis = Basis("d", "p", "b", "r")
        plans = tuple(
            KeptPlan(f"level-{level}", level, basis, "h", "c", refused=level == 4) for level in (4, 5)
        )
        unkept = self.script == "unkept"
        return Keeping(plans, compiled=2, damaged=1, problem="Read-only file system" if unkept else "")

    def documents(self, *, anew: bool = False) -> Documents:
        del anew
        if self.script == "mistakes":
            raise InvalidInput(
                [
                    Problem(
                        "inventory.yaml", 7, 3, "unknown-key", (("key", "prioritty"), ("known", "priority"))
                    ),
                    Problem("inventory.yaml", 2, 1, "file-empty"),
                ]
            )
        title = Bilingual("Tout", "All")
        cut, back = (
            Stage(name, action, ()) for name, action in (("a", Action.ISOLATE), ("b", Action.RESTORE))
        )
        playbooks = {
            "level-5": Playbook("level-5", title, (cut,), 5),
            "by-priority": Playbook("by-priority", title, (back,)),
        }
        stages = {name: playbook.stages for name, playbook in playbooks.items()}
        return Documents(INVENTORY, {}, "p", playbooks, stages, {})

    def vault(self) -> HomeVault:
        """A real one, beside the file of calls."""
        key = self.calls.with_name("key")
        access = VaultAccess(
            Vault(self.calls.with_name("vault")), Unattended(key if self.script == "key-file" else None)
        )
        return HomeVault(access, lambda done: self.note("vault", done.act, done.name), lambda: False)

    def plan_cut(self, cut: Cut) -> Plan:
        if self.script == "crash":
            raise RuntimeError("parser fell over")
        if cut.level not in (None, 5):
            raise NotFound(kind="level", name=str(cut.level))
        names = cut.subjects or ("emergency", "laboratory", "internet")
        hazards: list[Hazard] = [Hazard("manual-device", Severity.WARN, "box-4g")]
        if "samu" in names:
            overridden = "samu" in cut.overrides
            hazards.append(
                Hazard(
                    "keep-alive-overridden" if overridden else "keep-alive-selected",
                    Severity.WARN if overridden else Severity.REFUSE,
                    "samu",
                    (("stage", "access"),),
                )
            )
        return make_plan(Action.ISOLATE, names, tuple(hazards))

    def plan_return(self, wanted: Return) -> Plan:
        names = wanted.subjects or (self._next() if wanted.next_wave else tuple(sorted(self.held)))
        if not set(names) & self.held:
            raise InvalidRequest("nothing-held")
        return make_plan(Action.RESTORE, tuple(names))

    def isolate(
        self,
        cut: Cut,
        plan: Plan,
        reason: str,
        actor: Actor,
        watcher: Watcher,
        *,
        without_journal: bool = False,
        credentials: Credentials | None = None,
        code: str = "",
    ) -> Execution:
        self.note("isolate", *sorted(cut.overrides), reason, actor.id, without_journal)
        if self.script == "journal" and not without_journal:
            raise JournalUnavailable(home="/home/x", cause="disk full")
        if self.script == "leader":
            raise LeaderElsewhere(home="/home/x", pid=42)
        if self.script == "approval":
            raise AwaitingApproval(request="0a1b2c3d", plan="f" * 64, given=0, needed=1)
        execution = self._carry_out(plan, watcher)
        self.held |= {name for _, _, step in plan.steps() for name in step.subjects}
        return execution

    def restore(
        self,
        wanted: Return,
        plan: Plan,
        reason: str,
        actor: Actor,
        watcher: Watcher,
        *,
        credentials: Credentials | None = None,
    ) -> Execution:
        self.note("restore", *sorted(wanted.accept_drift), reason)
        execution = self._carry_out(plan, watcher)
        self.held -= {name for _, name, _ in plan.ends}
        return execution

    def resume(
        self,
        run: str,
        actor: Actor,
        watcher: Watcher,
        accept_drift: frozenset[str] = frozenset(),
        *,
        credentials: Credentials | None = None,
    ) -> Execution:
        self.note("resume", run)
        return self._carry_out(make_plan(Action.ISOLATE, ("emergency",)), watcher)

    def _carry_out(self, plan: Plan, watcher: Watcher) -> Execution:
        watcher(RunStarted(RUN, plan, NOW, joined=self.script == "joined"))
        watcher(WaveStarted(RUN, 0))
        results: list[StepResult] = []
        state, cause = RunState.FINISHED, ""
        for operation in plan.waves[0].operations if plan.waves else ():
            if self.script in ("slow", "joined") and results:
                self.note("waiting")
                stopped = self._abort.wait(20)
                state, cause = (RunState.ABORTED, "aborted") if stopped else (state, cause)
            told = tuple(self.result(operation.device, step, cause) for step in operation.steps)
            results.extend(told)
            watcher(StepsSettled(RUN, operation.device, told))
            if self.script == "watched":
                time.sleep(0.3)
        if self.script == "degraded":
            watcher(JournalDegraded(RUN))
        if self.script == "dies":
            raise JournalUnavailable(home="/home/x", cause="disk full")
        ended = RunEnded(RUN, state, tuple(results), cause)
        watcher(ended)
        errands = walklist(RUN, plan, INVENTORY, results)
        self.note("ended", state)
        return Execution(RUN, plan, INVENTORY, ended, False, self.script == "degraded", errands, 1.44)

    def result(self, device: str, step: Step, cause: str) -> StepResult:
        def result(outcome: Outcome, proof: Proof, why: str = "") -> StepResult:
            read_at = NOW if proof is Proof.CONFIRMED else None
            return StepResult(step, 0, Method.SHUTDOWN, outcome, proof, None, read_at, why, Proof.CONFIRMED)

        if cause:
            return result(Outcome.NOT_ATTEMPTED, Proof.UNKNOWN, cause)
        if device in self.sick:
            return result(Outcome.NOT_SENT, Proof.UNKNOWN, "open.unreachable")
        return result(Outcome.ACCEPTED, Proof.CONFIRMED)

    def plan_rehearsal(self, devices: Sequence[str] = ()) -> tuple[Plan, ...]:
        if "acc-2" in devices:
            raise InvalidRequest("no-canary")
        refusal = Hazard("own-console", Severity.REFUSE, "acc-1 Gi1/0/1")
        hazards = (refusal,) if self.script == "refused" else ()
        return (make_plan(Action.ISOLATE, ("laboratory",), hazards),)

    def rehearse(
        self, plans: Sequence[Plan], devices: Sequence[str], reason: str, actor: Actor, watcher: Watcher
    ) -> Rehearsal:
        self.note("rehearse", *devices, reason)
        self._carry_out(plans[0], watcher)
        software = Software("cisco_ios", "C9300", "17.9.4")
        failed = self.script == "failed"
        rehearsed = Rehearsed(
            "acc-1",
            software,
            PointKind.INTERFACE,
            Method.SHUTDOWN,
            not failed,
            "device-refused" if failed else "",
            RUN,
            RUN,
        )
        left = (PointId("acc-1", "Gi1/0/2"),) if failed else ()
        skipped = (("fw-1", "open.unreachable"),) if self.script == "skipped" else ()
        return Rehearsal(RehearsalEnded((rehearsed,), skipped, left), (RUN,), ())

    def discover(self, devices: Sequence[str], actor: Actor) -> Discovery:
        self.note("discover", *devices)
        links = (Link((Port("acc-1", "Gi1/0/49"), Port("acc-2", "Gi1/0/49"))),)
        stranger = Neighbour(Port("acc-1", "Gi1/0/7"), "sw-new", "Gi1/0/1", "10.0.0.9", "cisco C9200L")
        loose = LoosePort(Port("acc-1", "Gi1/0/8"), 2, (110,), ("emergency",))
        same = self.script == "same"
        found = Comparison(
            links=() if same else links,
            wrong=(),
            strangers=() if same else (stranger,),
            loose=() if same else (loose,),
            silent=(("emergency", Port("acc-1", "Gi1/0/1")),),
            unreached=() if same else (("acc-2", "open.unreachable"),),
        )
        return Discovery(found, "" if same else "--- a/inventory.yaml\n+++ b/inventory.yaml\n", self.file, 2)

    def rehearsals(self) -> Rehearsals:
        return Rehearsals(())

    def abort(self, run: str, actor: Actor, reason: str) -> None:
        self.note("abort", run)
        if run != RUN:
            raise InvalidRequest("run-not-under-way", run=run)
        self._abort.set()

    def _next(self) -> tuple[str, ...]:
        for name in ("laboratory", "emergency", "internet"):
            if name in self.held:
                return (name,)
        return ()

    def access(self) -> Access:
        """Of a home without accounts."""
        nowhere = Path("/nonexistent")
        store = HomeAccounts(nowhere, nowhere / "accounts.db")
        passwords, journal = Argon2Passwords(1, 8, 1), NotLeading("/nonexistent")
        return access(store, passwords, AppCodes(), journal, SystemClock(), _no_history, AccountLimits())

    def stored_plan(self, digest: str) -> Plan:
        raise NotFound(kind="plan", name=digest)

    def ask_accounts(self, call: str, **given: object) -> Any:
        raise InvalidRequest("request-not-understood")

    def gates(self, playbook: str | None = None) -> tuple[Waiting, ...]:
        return ()

    def situation(self) -> Situation:
        order = [name for name in ("laboratory", "emergency", "internet") if name in self.held]
        subjects = []
        for subject in INVENTORY.subjects():
            points = [point.id for point in subject.points if subject.name in self.held]
            proofs = [Proof.UNKNOWN if point.device in self.sick else Proof.CONFIRMED for point in points]
            sound = sum(1 for proof in proofs if proof is Proof.CONFIRMED)
            kept = isinstance(subject, Segment) and subject.keep_alive
            state = SubjectState.KEPT_ALIVE if kept else SubjectState.CONNECTED
            if points:
                whole = SubjectState.ISOLATED if sound == len(points) else SubjectState.PARTIAL
                state = whole if sound else SubjectState.UNKNOWN
            subjects.append(
                SubjectSituation(
                    subject,
                    state,
                    worst(proofs),
                    Counter(proofs),
                    len(points),
                    NOW - timedelta(minutes=4) if sound else None,
                    NOW - timedelta(hours=2) if points else None,
                    order.index(subject.name) + 1 if subject.name in order else None,
                    ("laboratory",) if subject.name == "emergency" and "laboratory" in order else (),
                )
            )
        subjects.sort(key=lambda each: each.wave or 0)
        since = NOW - timedelta(hours=2) if self.held else None
        level = 5 if self.held else None
        runs = (self._record(RunState.INTERRUPTED),) if self.script == "interrupted" else ()
        return Situation(INVENTORY.site, NOW, level, since, tuple(subjects), Counter(), runs, False)

    def _record(self, state: RunState) -> RunRecord:
        return RunRecord(
            run=RUN,
            action=Action.ISOLATE,
            plan=make_plan(Action.ISOLATE, ("emergency",)).hash,
            playbook="level-5",
            level=5,
            inventory="d",
            profiles="p",
            state=state,
            opened_at=NOW,
            moved_at=NOW,
            actor="os:0",
            joins=None,
            steps=(),
            waves_done=frozenset(),
            pending=(),
        )

    def runs(self) -> tuple[RunRecord, ...]:
        return (self._record(RunState.FINISHED),)

    def run(self, run: str) -> tuple[RunRecord, Plan, tuple[Errand, ...]]:
        if not RUN.startswith(run):
            raise NotFound(kind="run", name=run)
        return self._record(RunState.INTERRUPTED), make_plan(Action.ISOLATE, ("emergency",)), ()

    def reboots(self, run: str, plan: Plan) -> tuple[Hazard, ...]:
        return ()

    def locate(self, code: str, run: str = "") -> Located:
        plan = make_plan(Action.ISOLATE, ("emergency",))
        for _, _, step in plan.steps():
            if step_code(RUN, step.point.id) == code.upper():
                result = self.result(step.point.id.device, step, "")
                return Located(code.upper(), self._record(RunState.FINISHED), plan, result)
        raise InvalidRequest("code-unknown", code=code)

    def confirm(self, work: HandWork, actor: Actor) -> int | None:
        at = work.at.isoformat() if work.at else ""
        self.note("confirm", work.code, work.by, at, work.reason, work.withdraw, actor.id)
        return None if self.script == "degraded" else 18

    def inventory_of(self, plan: Plan) -> Inventory:
        return INVENTORY

    def write_log(
        self, text: str, actor: Actor, details: LogDetails = NO_DETAILS, marks: Marks = ()
    ) -> int | None:
        self.note("log", text)
        return None if self.script == "degraded" else 17

    def agree_rhythm(self, minutes: int, actor: Actor, marks: Marks = ()) -> int | None:
        raise AssertionError("no rhythm is agreed here")

    def rhythm(self) -> Rhythm | None:
        return None

    def attach(self, path: Path) -> Attachment:
        raise AssertionError("nothing is attached here")

    def attach_content(self, name: str, content: bytes) -> Attachment:
        raise AssertionError("nothing is attached here")

    def attachment(self, digest: str, name: str) -> Attachment:
        raise AssertionError("nothing is attached here")

    def log(
        self, *, since: int = 0, tag: str | None = None, run: str | None = None, device: str | None = None
    ) -> Iterator[LogLine]:
        nasty = "\x1b[31mred\x1b[0m\nsecond line"
        yield LogLine(1, NOW.isoformat(), "engine:run:opened", "alice", RUN, {"level": "5"}, nasty)
        if self.generations:
            data = {"generation": str(self.generations)}
            yield LogLine(3, NOW.isoformat(), "person:secret:changed", "bob", None, data, "")
        yield LogLine(2, NOW.isoformat(), "person:log:written", "bob", None, {}, "rien à signaler")

    def verify(self, witnesses: Sequence[Witness] = ()) -> Verdict:
        if self.script == "tampered":
            return Verdict(8, "ab", 9, "leaf", "", (), 0)
        return Verdict(9, "cd", None, "", "", (), 0)

    def seal(self) -> LogSeal:
        def nowhere(*_: object) -> Any:
            raise NotFound(kind="home", name="/nonexistent")

        return LogSeal(nowhere, nowhere)

    def export(self, path: Path, extract: Extract, actor: Actor | None = None) -> Handed:
        raise AssertionError("nothing is exported here")

    def report(self, extract: Extract, lang: str, actor: Actor | None = None) -> ReportHanded:
        raise AssertionError("nothing is reported here")

    def drift(self, devices: Sequence[str], actor: Actor) -> Drift:
        raise AssertionError("no device is read here")

    def let_pass(
        self, subject: str, reason: str, actor: Actor, *, credentials: Credentials | None = None
    ) -> int | None:
        raise AssertionError("nothing is watched here")

    def transfers(self) -> HoldTransfers:
        raise AssertionError("nothing moves here")

    def erasing(self) -> Erasing:
        raise AssertionError("nothing is erased here")

    def forwarding(self) -> LogForwarding:
        def nowhere() -> Any:
            raise NotFound(kind="home", name="/nonexistent")

        return LogForwarding(Composition(), nowhere)

    def log_head(self) -> tuple[int, str] | None:
        return 9, "cd" * 32

    def service_fingerprint(self) -> str:
        return "AB:" * 31 + "CD"

    def check_live(
        self, names: Sequence[str], actor: Actor, told: Callable[[DeviceReadiness], None]
    ) -> LiveCheck:
        self.note("check-live", *names)
        if self.readiness is None:
            raise AssertionError("no live check is scripted")
        return LiveCheck(self.readiness, self.unrecorded)

    def neutralise(self, device: str, reason: str, actor: Actor) -> tuple[Neutralised, ...]:
        self.note("neutralise", device, reason)
        return ()

    def armed(self) -> tuple[ArmedDevice, ...] | None:
        return self.held_open

    def arm(self, devices: Sequence[str], on: bool, actor: Actor) -> int | None:
        self.note("arm", tuple(devices), on)
        return 7

    def last_readiness(self) -> Readiness | None:
        return self.readiness

    def trust(self, device: str) -> tuple[str, str]:
        if device in self.sick:
            raise OpenFailed("192.0.2.7", OpenCause.UNREACHABLE, "no route")
        return NEW_KEY, "SHA256:new"


def scripted(calls: Path, script: str = "", sick: str = "", held: str = "") -> ScriptedOffice:
    names = set(held.split(",")) if held else set()
    return ScriptedOffice(calls, script, frozenset(sick.split(",")) if sick else frozenset(), names)


def program() -> int:
    """``cordon`` in a process of its own, its office scripted by the environment."""
    if os.environ.get("TEST_TERMINAL"):
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)  # so that its Ctrl-C and hang-up are signals to us
    office = scripted(
        Path(os.environ["TEST_CALLS"]),
        os.environ.get("TEST_SCRIPT", ""),
        os.environ.get("TEST_SICK", ""),
        os.environ.get("TEST_HELD", ""),
    )
    return main(make_office=lambda **settings: replace(office, settings=settings))


if __name__ == "__main__":
    raise SystemExit(program())
