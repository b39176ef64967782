"""How much the service works for each page of the console, of a very large hospital in mid-crisis.

The application is the one that ``cordon serve`` serves, over a home with 2,000 devices, 500 segments and
20,000 entries: see :mod:`bench.crisis`. Who asks is signed in and may do everything. Each page of the router
is asked for first after the start of the service, once what it prepares is ready, then again and again while
the crisis goes on: before each of those a device is read and somebody writes a line. The board of return is
asked for besides right after each change of what a return rests on.

The limit is on the first look and on the median of the later ones, in the processor's work, in all threads of
the process: what else a shared machine does is not counted, and what the service does at the same time is.
What a page begins and does not wait for is awaited before the next, and stands beside it, as does the time
that passed.
"""

from __future__ import annotations

import os
import platform
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pyotp
from httpx2 import Response
from starlette.testclient import TestClient

from bench.crisis import BACK, CUT, KEPT, ON_CALL, WHEN_CUT, crisis
from controller.api.access import COOKIE
from controller.api.service import Service
from controller.bootstrap import Composition
from controller.domain.errors import AwaitingApproval
from controller.domain.facts import Actor, GateDecided, HoldEnded, PointRead, Text
from controller.domain.hold import Ending
from controller.domain.playbook import Action
from controller.domain.proof import Outcome, Proof
from controller.domain.tags import Tag
from controller.engine.people.accounts import Grant
from controller.engine.people.roles import Role
from controller.web.application import at_hand, built, opened
from controller.workers.office import Cut
from controller.workers.resident import Resident, reside
from tests.e2e.pages import addresses

LIMIT = 300.0
"""Milliseconds of work."""

BOARD = "/restore"
"""Also asked for right after each change of what it rests on."""

AGAIN = 5
"""Times each page is asked for after the first."""

BESIDE = ("verifying", "examining", "counting")
"""What is done beside the page that began it: the page says so, and comes again."""

ANSWERS = (200, 303, 404, 409)
"""Moving and ending holds have their pages also where nothing can be moved or ended, and say so."""

_LEVEL = "level-5"
BASE = "https://testserver"

QUERIES: Mapping[str, tuple[str, ...]] = {
    "/isolate": ("?level=5", "?subjects=segment-100"),
    "/runs/{run}": ("?show=all", "?show=lacking"),
    "/plans/{plan}": ("?part=7",),
    "/restore/ask": ("?subjects=segment-100",),
    "/restore/holds/retire": ("?subjects=segment-100",),
    "/map": ("?part=5", "?subject=segment-100"),
    "/logbook": (
        "?show=everything&search=ward+1000",
        "?show=people",
        "?show=everything",
        "?search=ward+1000",
        "?before=9000",
    ),
    "/inventory": ("?part=2",),
    "/inventory/revisions/{revision}": ("?level=3",),
}
"""With which a page shows something else."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Milliseconds: of work, and that passed."""

    worked: float
    passed: float


def main() -> int:
    """1 where a page misses the limit."""
    with tempfile.TemporaryDirectory(prefix="cordon-bench-") as folder:
        return measured(crisis(Path(folder)))


def measured(composition: Composition) -> int:
    print(f"{datetime.now(UTC):%Y-%m-%d}  {_machine()}")
    app = built("bench")
    with reside(composition, partial(at_hand, app)) as office:
        office.watch.stop()  # no device of this site answers, and looking at them is no page's work
        for each in threading.enumerate():
            if each.name in ("preparing", "keeping"):
                each.join()
        documents = office.documents_in_force()
        points = sum(len(each.points) for each in documents.inventory.subjects())
        head = office.log_head()
        print(
            f"{len(documents.inventory.devices):,} devices, {len(documents.inventory.segments)} segments, "
            f"{points:,} points, {office.held():,} held, {head[0] if head else 0:,} entries"
        )
        service = Service(office, app.version, "", rate=1e6, clock=composition.clock().now)
        session = _signed_in(office, "Astreinte RSSI", *Role)
        _signed_in(office, "Direction de garde", Role.APPROVER)
        known = _known(office)
        with TestClient(opened(app, service), BASE, headers={"Accept-Language": "fr"}) as client:
            client.cookies.set(COOKIE, session, domain="testserver.local", path="/")
            return _each_page(client, office, known)


def _each_page(client: TestClient, office: Resident, known: Mapping[str, str]) -> int:
    named = "".join(f"{each:>7}" for each in ("first", "min", "median", "max"))
    print(f"{'milliseconds of work':46}{named}   passed: median    max")
    happens = _crisis(office)
    above = [
        shown
        for shown, address in addresses(known, QUERIES).items()
        if _late(client, shown, address, happens, fresh=True)
    ]
    above += [
        shown
        for what, changes in _changes(office).items()
        if _late(client, shown := f"{BOARD} when {what}", BOARD, changes, fresh=False)
    ]
    print(f"limit {LIMIT:.0f} ms of work: " + (f"EXCEEDED by {', '.join(above)}" if above else "kept"))
    return int(bool(above))


def _late(client: TestClient, shown: str, address: str, happens: Iterator[None], *, fresh: bool) -> bool:
    """Asks for the page again and again, prints what that took, and tells whether it was too long. ``fresh``:
    what it is looked at first is apart from what happens."""
    looks, beside = [], []
    for number in range(AGAIN + 1):
        if number or not fresh:
            next(happens)
        looks.append(_asked(client, address))
        beside.append(_beside())
    first, later = looks[0], looks[1:]
    worked, passed = ([getattr(each, name) for each in later] for name in ("worked", "passed"))
    usual = statistics.median(worked)
    late: bool = max(first.worked, usual) > LIMIT
    print(
        f"{shown:46}{first.worked:7.0f}{min(worked):7.0f}{usual:7.0f}{max(worked):7.0f}"
        f"           {statistics.median(passed):7.0f}{max(passed):7.0f}",
        "ABOVE" * late,
        f"and {max(beside):.0f} ms of work beside it" if any(beside) else "",
        flush=True,
    )
    return late


def _beside() -> float:
    """Milliseconds of work of what a page began and did not wait for, once it is over; 0 where it began
    nothing."""
    worked = time.process_time()
    began = [each for each in threading.enumerate() if each.name in BESIDE]
    for each in began:
        each.join()
    return (time.process_time() - worked) * 1000 if began else 0.0


def _asked(client: TestClient, address: str) -> Taken:
    worked, began = time.process_time(), time.perf_counter()
    answer: Response = client.get(address, follow_redirects=False)
    taken = Taken((time.process_time() - worked) * 1000, (time.perf_counter() - began) * 1000)
    if answer.status_code not in ANSWERS:
        raise AssertionError(f"{address}: {answer.status_code} {answer.text[:2000]}")
    return taken


def _crisis(office: Resident) -> Iterator[None]:
    """What happens between two looks at a page: the watch reads a device, a person writes."""
    while True:
        for hold in office.open_holds():
            point = hold.key.point
            read = PointRead(
                "watch",
                point,
                Action.ISOLATE,
                hold.method,
                Outcome.NOT_ATTEMPTED,
                Proof.CONFIRMED,
                WHEN_CUT,
                datetime.now(UTC),
            )
            office.journal.commit(Tag.POINT_WATCHED, [read], ON_CALL)
            office.write_log("the printers again", ON_CALL)
            yield


def _changes(office: Resident) -> Mapping[str, Iterator[None]]:
    """What changes what a return would do, each time at another point or segment."""
    holds = iter(office.open_holds())

    def ended() -> None:
        key = next(holds).key
        office.journal.commit(
            Tag.HOLD_ENDED, [HoldEnded(key.run, key.subject, key.point, Ending.RESTORE, BACK)], ON_CALL
        )

    def read() -> None:
        hold = next(holds)
        found = PointRead(
            "watch",
            hold.key.point,
            Action.ISOLATE,
            hold.method,
            Outcome.NOT_ATTEMPTED,
            Proof.CONTRADICTED,
            {**WHEN_CUT, "admin": "up"},
            datetime.now(UTC),
        )
        office.journal.commit(Tag.POINT_WATCHED, [found], ON_CALL)

    def decided() -> None:
        said = GateDecided(next(holds).key.subject, "user:1", True, Text("it is clean"))
        office.journal.commit(Tag.GATE_DECIDED, [said], ON_CALL)

    def again(change: Callable[[], None]) -> Iterator[None]:
        while True:
            change()
            yield

    return {
        "a hold has ended": again(ended),
        "a reading differs": again(read),
        "somebody has decided": again(decided),
    }


# --- who asks, and for what ----------------------------------------------------------------------------


def _signed_in(office: Resident, name: str, *roles: Role) -> str:
    """A session of theirs."""
    users, password = office.access().users, "correct horse battery staple"
    made = users.create(name, tuple(Grant(role) for role in roles), ON_CALL)
    factor = users.invited(made.token)
    assert factor is not None
    app, now = pyotp.TOTP(factor.secret), datetime.now(UTC)
    users.enrol(made.token, password, app.at(now, counter_offset=-1))
    return office.access().sign_in.authenticate(factor.name, password, app.at(now), "bench").token


def _known(office: Resident) -> dict[str, str]:
    """A value for each parameter of a page: of what is biggest."""
    users = office.access().users
    invitation = users.create("Cellule de crise", (Grant(Role.VIEWER),), ON_CALL).token
    plan = office.run(CUT)[1]
    device = next(operation.device for _, operation, _ in plan.steps() if operation.device.startswith("acc"))
    override = Cut(subjects=(KEPT,), overrides=frozenset({KEPT}))
    with suppress(AwaitingApproval):
        office.begin_cut(office.plan_cut(override), "the worm is in it", Actor("user:1"))
    request = office.access().approvals.requests()[0].id
    text = office.playbooks.in_force(_LEVEL)
    playbook = office.playbooks.keep(_LEVEL, text.replace("farthest-first", "choke-points-first"), ON_CALL)
    edited = f"/inventory/playbooks/{_LEVEL}/revisions/{playbook}"
    return {
        "run": CUT,
        "device": device,
        "plan": plan.hash,
        "/map/devices/{name}": f"/map/devices/{device}",
        "/restore/segments/{name}": "/restore/segments/segment-100",
        "/inventory/playbooks/{name}/revisions/{revision}": edited,
        "/enrol": f"/enrol?token={invitation}",
        "request": request,
        "user": "user:1",
        "revision": _candidate(office),
    }


def _candidate(office: Resident) -> str:
    """A revision that is kept and not in force: one segment comes back later."""
    text = office.revisions.text(office.revisions.active())
    changed = text.replace("priority: 1", "priority: 2", 1)
    return office.revisions.keep(changed, ON_CALL).digest


def _machine() -> str:
    cores = os.cpu_count()
    load = os.getloadavg()[0]
    return f"Python {platform.python_version()}, {cores} processors shared with others, load {load:.1f}"
