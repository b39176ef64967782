"""A very large hospital in the middle of a crisis, as a home on record: the cut of everything is over, some
of it came back and is watched, the rest waits for statements and for persons, and people keep the logbook.

Nothing is sent to any device: what a run, a return and the watch over held points write down is written here,
entry by entry, with plans that Cordon compiled.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from controller.bootstrap import Composition
from controller.domain.codec import to_plain
from controller.domain.facts import (
    SYSTEM,
    Actor,
    BaselineTaken,
    Fact,
    HoldEnded,
    HoldOpened,
    IntentRecorded,
    Noted,
    OutcomeRecorded,
    PointRead,
    RevisionStored,
    RunMoved,
    RunOpened,
    Text,
    WaveMoved,
)
from controller.domain.hold import Attribution, Ending
from controller.domain.lifecycle import RunState, WaveState
from controller.domain.logbook import FactStatus, LogDetails, logbook_facts
from controller.domain.plan import Operation, Plan, Step, Wave
from controller.domain.playbook import Action
from controller.domain.probation import Probation
from controller.domain.proof import Outcome, Proof
from controller.domain.readiness import DeviceReadiness, LevelReadiness, Obstacle, Readiness
from controller.domain.tags import Tag
from controller.engine.planning.plans import Documents, Return
from controller.store import sealing
from controller.store.database import writing
from controller.store.draft import draft
from controller.store.home import Home, open_home
from controller.workers.front import HomeOffice, office_of
from controller.workers.office import Cut

DEVICES, SEGMENTS, ENTRIES = 2_000, 500, 20_000
PORTS = 10
"""Of one access switch that are points of some segment."""

CUT, BACK = "20260302-030000-aaaa", "20260302-050000-bbbb"
RETURNED = 40
"""Segments that are back."""

SILENT = 12
"""Devices that did not answer the cut."""

KEPT = "segment-049"
"""One of the segments that are kept alive."""

WATCHED = 2
"""Segments back and still watched."""

ON_CALL = Actor("os:0", Text("Astreinte RSSI"))

_TOGETHER = 200
_CORES, _DISTS = 2, 58
_WHEN_OPEN: Mapping[str, str] = {
    "admin": "up",
    "link": "up",
    "mode": "access",
    "vlan": "110",
    "operational": "110",
    **{f"bound{version}{way}": "no" for version in (4, 6) for way in ("", "_in", "_out")},
    **{f"acl{version}{way}": "none" for version in (4, 6) for way in ("", "_in", "_out")},
}
"""Of a port and of a gateway."""

WHEN_CUT: Mapping[str, str] = {**_WHEN_OPEN, "admin": "down", "link": "down"}

_GATED = """format: 1
title: {fr: Rétablir par priorité, en: Bring back by priority}
stages:
  - name: segments
    action: restore
    select: {segments: all}
    order: priority
    on_failure: stop
    verify: confirmed
    gate: {approvals: 1, attest: [edr-clean, patched]}
"""


def crisis(folder: Path) -> Composition:
    """Writes the inventory, the playbook of return and the home into ``folder``."""
    folder.joinpath("playbooks").mkdir()
    folder.joinpath("playbooks", "restore-by-priority.yaml").write_text(_GATED, "utf-8")
    folder.joinpath("inventory.yaml").write_text(inventory(), "utf-8")
    composition = Composition(
        home=folder / "home",
        inventory=folder / "inventory.yaml",
        playbooks=(folder / "playbooks",),
        spool_after_ms=10_000,  # what is measured is not the disk
    )
    home, office = open_home(folder / "home"), office_of(composition)
    office.documents()
    office.keep()
    _night(home, office)
    return composition


# --- the site ----------------------------------------------------------------------------------------


def inventory() -> str:
    """Two cores, distribution switches at both, access switches at two of those, managed in-band; a router
    for each way out. Its access ports are dealt out to the segments by turns."""
    cores = [f"core-{number}" for number in range(1, _CORES + 1)]
    dists = [f"dist-{number:02}" for number in range(1, _DISTS + 1)]
    ways = ["wan-1", "wan-2", "vpn-1", "vpn-2"]
    accesses = [f"acc-{number:04}" for number in range(1, DEVICES - len(cores) - len(dists) - len(ways) + 1)]
    lines = [
        "format: 1",
        "site: chu-exemple",
        "controller:",
        "  attached_to: [core-1, GigabitEthernet1/0/48]",
    ]
    lines += ["credentials:", "  net: {username: cordon, password: {env: CORDON_BENCH_PASSWORD}}", "devices:"]
    roles = [
        ("core", cores),
        ("distribution", dists),
        ("access", accesses),
        ("wan", ways[:2]),
        ("vpn", ways[2:]),
    ]
    for role, names in roles:
        for name in names:
            number = len(lines)
            address = f"127.{20 + number // 60_000}.{number // 250 % 250}.{number % 250 + 1}"
            place = f"{{building: {'ABCDEFGH'[number % 8]}, rack: R{number % 40 + 1}}}"
            lines.append(
                f"  {name}: {{platform: cisco_ios, role: {role}, paths: [{{ssh: {address}, port: 9}}], "
                f"credentials: net, management: inband, location: {place}}}"
            )
    lines.append("links:")
    ends = [(way, cores[at % 2]) for at, way in enumerate(ways)]
    ends += [(core, dist) for core in cores for dist in dists]
    ends += [(dists[(at + more) % _DISTS], name) for at, name in enumerate(accesses) for more in (0, 1)]
    lines += [
        f"  - {{ends: [[{one}, TenGigabitEthernet1/1/{at}], [{other}, TenGigabitEthernet1/2/{at}]]}}"
        for at, (one, other) in enumerate(ends)
    ]
    lines += ["segments:", *_segments(accesses)]
    lines.append("conduits:")
    for at, (name, kind) in enumerate(
        (("internet", "internet"), ("remote-access", "vpn"), ("inter-site", "wan"))
    ):
        lines.append(
            f"  {name}: {{kind: {kind}, priority: 5, "
            f"points: [{{device: {ways[at]}, interface: GigabitEthernet1/0/24}}]}}"
        )
    return "\n".join(lines) + "\n"


def _segments(accesses: Sequence[str]) -> Iterator[str]:
    ports: list[list[str]] = [[] for _ in range(SEGMENTS)]
    for number, name in enumerate(accesses):
        for port in range(1, PORTS + 1):
            vlan = (number * PORTS + port) % SEGMENTS
            ports[vlan].append(
                f"{{device: {name}, interface: GigabitEthernet1/0/{port}, vlan: {100 + vlan}}}"
            )
    for at, points in enumerate(ports):
        kept = at % 50 == 49
        role = {0: "core", 1: "aaa", 2: "backup"}.get(at, "clinical" if at % 3 else "general")
        yield f"  segment-{at:03}:"
        yield f"    title: {{fr: Service {at:03}, en: Service {at:03}}}"
        yield f"    impact: {{fr: '{at % 30 + 2} moniteurs → {at % 9 + 1} soignants', "
        yield f"      en: '{at % 30 + 2} monitors → {at % 9 + 1} carers'}}"
        yield f"    priority: {1 + at % 5}"
        yield f"    role: {role}"
        if kept:
            yield "    keep_alive: true"
        if at > 2:
            yield "    depends_on: [segment-000]"
            yield "    needs: [{segment: segment-001, dies_after: 8h}]"
        yield f"    vlans: [{100 + at}]"
        yield f"    prefixes: [10.{at // 250}.{at % 250}.0/24, '2001:db8:{100 + at}::/64']"
        yield f"    gateways: [[core-1, Vlan{100 + at}], [core-2, Vlan{100 + at}]]"
        yield "    points:"
        yield from (f"      - {point}" for point in points)


# --- the night ---------------------------------------------------------------------------------------

Entry = tuple[Tag, Sequence[Fact], Actor]


def _night(home: Home, office: HomeOffice) -> None:
    documents, plan = office.documents(), office.plan_cut(Cut(level=5))
    _write(home, _checked(documents, plan))
    silent = frozenset(list(dict.fromkeys(each.device for _, each, _ in plan.steps()))[-SILENT:])
    _write(home, _cut(documents, plan, silent))
    names = [step.subjects[0] for _, _, step in plan.steps()]
    returning = tuple(sorted(set(names)))[:RETURNED]
    _write(home, _return(office.plan_return(Return(subjects=returning)), returning))
    held = [
        step
        for _, operation, step in plan.steps()
        if operation.device not in silent and not set(step.subjects) & set(returning)
    ]
    so_far = home.head()[0]
    _write(home, islice(_hours(held), ENTRIES - so_far))


def _write(home: Home, entries: Iterator[Entry]) -> None:
    with writing(home.path / "cordon.db").connect() as connection:
        while together := list(islice(entries, _TOGETHER)):
            with connection.begin():
                sealing.write(connection, [draft(tag, facts, actor, 1) for tag, facts, actor in together])


def _checked(documents: Documents, plan: Plan) -> Iterator[Entry]:
    """A live check of all devices: one in a hundred is not ready."""
    points: dict[str, list[Step]] = {}
    for _, operation, step in plan.steps():
        points.setdefault(operation.device, []).append(step)
    devices = tuple(
        DeviceReadiness(
            name,
            path="127.0.0.1:9",
            credential="net",
            opened=120,
            read=80,
            lines=6,
            points=tuple(step.point.id for step in points.get(name, ())),
            obstacles=() if at % 100 else (Obstacle("open.unreachable"),),
        )
        for at, name in enumerate(documents.inventory.devices)
    )
    levels = (LevelReadiness(5, plan.playbook, sum(map(len, points.values())), (), 0, 6000),)
    basis = plan.basis
    found = Readiness(
        plan.site, datetime.now(UTC), 60_000, basis.inventory, basis.profiles, True, devices, levels
    )
    content = json.dumps(to_plain(found), ensure_ascii=False, separators=(",", ":"))
    digest = hashlib.sha256(content.encode()).hexdigest()
    note = Noted("readiness", (("digest", digest), ("whole", "yes")))
    yield Tag.READINESS_CHECKED, [RevisionStored("readiness", digest, content), note], ON_CALL


def _cut(documents: Documents, plan: Plan, silent: frozenset[str]) -> Iterator[Entry]:
    basis, sources = plan.basis, documents.sources
    cited = [("inventory", basis.inventory), ("profiles", basis.profiles), ("playbook", basis.playbook)]
    revisions = [RevisionStored(kind, digest, sources[digest]) for kind, digest in cited if digest in sources]
    yield Tag.RUN_OPENED, [*revisions, *_opened(CUT, plan, "ransom notes on the printers")], ON_CALL
    for wave in plan.waves:
        yield Tag.WAVE_MOVED, [WaveMoved(CUT, wave.index, WaveState.RUNNING)], ON_CALL
        for operation in wave.operations:
            yield from _operated(wave, operation, answered=operation.device not in silent)
        yield Tag.WAVE_MOVED, [WaveMoved(CUT, wave.index, WaveState.DONE)], ON_CALL
    yield Tag.RUN_MOVED, [RunMoved(CUT, RunState.FINISHED)], ON_CALL


def _operated(wave: Wave, operation: Operation, *, answered: bool) -> Iterator[Entry]:
    at, facts = datetime.now(UTC), list[Fact]()
    for step in operation.steps:
        facts.append(BaselineTaken(CUT, step.point, _WHEN_OPEN, at))
        facts += [
            HoldOpened(CUT, name, step.point, step.rendering.method, Attribution.OURS)
            for name in step.subjects
        ]
    steps = tuple((step.point.id, step.rendering.method) for step in operation.steps)
    intent = IntentRecorded(CUT, wave.index, operation.device, 1, Action.ISOLATE, steps)
    yield Tag.OPERATION_INTENDED, [*facts, intent], ON_CALL
    outcome = Outcome.ACCEPTED if answered else Outcome.NOT_SENT
    cause = "" if answered else "open.unreachable"
    said = Text("\n".join(f"{operation.device}(config-if)#{line}" for line in operation.enter))
    reads = [_read(CUT, step, Action.ISOLATE, outcome, cause) for step in operation.steps]
    told = OutcomeRecorded(CUT, operation.device, 1, outcome, cause, said)
    yield Tag.OPERATION_SETTLED, [*reads, told], ON_CALL


def _return(plan: Plan, names: Sequence[str]) -> Iterator[Entry]:
    yield Tag.RUN_OPENED, _opened(BACK, plan, "scanned and clean"), ON_CALL
    for _, operation, step in plan.steps():
        ends = [
            HoldEnded(run, subject, point, Ending.RESTORE, BACK)
            for run, subject, point in plan.ends
            if point == step.point.id
        ]
        outcome = OutcomeRecorded(BACK, operation.device, 1, Outcome.ACCEPTED, "", Text(""))
        read = _read(BACK, step, Action.RESTORE, Outcome.ACCEPTED, "")
        yield Tag.OPERATION_SETTLED, [read, *ends, outcome], ON_CALL
    yield Tag.RUN_MOVED, [RunMoved(BACK, RunState.FINISHED)], ON_CALL
    for name in names[:WATCHED]:
        yield Tag.PROBATION_MOVED, [Probation(BACK, 0, name, 1800, 240).fact()], SYSTEM


def _hours(held: Sequence[Step]) -> Iterator[Entry]:
    """What the watch reads, and what people write, over and over."""
    by_device: dict[str, list[Step]] = {}
    for step in held:
        by_device.setdefault(step.point.id.device, []).append(step)
    while True:
        for number, steps in enumerate(by_device.values()):
            reads = [_read("watch", step, Action.ISOLATE, Outcome.NOT_ATTEMPTED, "") for step in steps]
            yield Tag.POINT_WATCHED, reads, SYSTEM
            if number % 10 == 0:
                details = LogDetails(FactStatus.UNCONFIRMED, by="Mme Martin")
                yield (
                    Tag.LOG_WRITTEN,
                    logbook_facts(f"Printers of ward {number} are on again", details),
                    ON_CALL,
                )


def _opened(run: str, plan: Plan, reason: str) -> list[Fact]:
    basis = plan.basis
    return [
        RevisionStored("plan", plan.hash, json.dumps(to_plain(plan))),
        RunOpened(
            run,
            plan.action,
            plan.hash,
            plan.playbook,
            plan.level,
            basis.inventory,
            basis.profiles,
            Text(reason),
        ),
        RunMoved(run, RunState.RUNNING),
    ]


def _read(run: str, step: Step, wanted: Action, outcome: Outcome, cause: str) -> PointRead:
    known = not cause
    state = (WHEN_CUT if wanted is Action.ISOLATE else _WHEN_OPEN) if known else None
    return PointRead(
        run,
        step.point.id,
        wanted,
        step.rendering.method,
        outcome,
        Proof.CONFIRMED if known else Proof.UNKNOWN,
        state,
        datetime.now(UTC) if known else None,
        cause,
    )
