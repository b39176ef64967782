"""How long a plan takes for a very large site: compile, hash, write down and read again, plan the return."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path as FilePath
from typing import TypeVar

from controller.domain.codec import from_plain, to_plain
from controller.domain.inventory import (
    Bilingual,
    ControllerSite,
    Device,
    DeviceRole,
    Inventory,
    Link,
    Management,
    Method,
    Point,
    PointId,
    PointKind,
    Port,
    Segment,
)
from controller.domain.path import Path
from controller.domain.plan import Plan
from controller.domain.playbook import Action, Playbook, Scope, Selector, Stage
from controller.domain.profile import DeviceProfile
from controller.domain.profile.points import Line, MethodSpec, PointSpec, RestoreClause
from controller.domain.profile.reading import Read, RegexParse
from controller.domain.profile.session import SessionSpec
from controller.domain.template import Template
from controller.engine.planning.kept import plan_from_tables, plan_to_tables
from controller.engine.planning.planner import plan_isolation
from controller.store.kept import KeptFiles
from controller.store.places import Places

DEVICES, PORTS, SEGMENTS = 10_000, 10, 200
ROLES = ((DeviceRole.CORE, 0), (DeviceRole.DISTRIBUTION, 100), (DeviceRole.ACCESS, DEVICES))
"""Each role with the number of its last device."""
LIMIT = 5.0
"""Seconds of processor time for compiling and hashing together: what else the machine does is not counted."""

T = TypeVar("T")


def _lines(*texts: str) -> tuple[Line, ...]:
    return tuple(Line(Template.parse(text)) for text in texts)


def profile() -> DeviceProfile:
    """A switch with two methods at its ports, read one by one."""
    up, down = (Template.parse("up"),), (Template.parse("down"),)
    spec = PointSpec(
        kind=PointKind.INTERFACE,
        reads=(
            Read(
                Template.parse("show interfaces ${interface}"),
                (RegexParse(Template.parse(r"^${interface} is (?P<admin>\w+), protocol (?P<link>\w+)")),),
            ),
        ),
        config=("admin",),
        observed=("link",),
        methods={
            Method.SHUTDOWN: MethodSpec(
                _lines("interface ${interface}", "shutdown"),
                {"admin": down},
                (RestoreClause(_lines("interface ${interface}", "no shutdown"), {"admin": up}),),
            ),
            Method.VLAN: MethodSpec(
                _lines("interface ${interface}", "switchport access vlan ${quarantine_vlan}"), {}, ()
            ),
        },
    )
    return DeviceProfile(
        platform="bench",
        session=SessionSpec(netmiko="generic", enter=("configure terminal",), leave=("end",)),
        points={(PointKind.INTERFACE, False): spec},
        settings={"quarantine_vlan": "999"},
    )


def site() -> Inventory:
    """A core, a hundred distribution switches and the rest access, half of them managed in-band."""
    devices: dict[str, Device] = {}
    links: list[Link] = []
    for number in range(DEVICES):
        name = f"sw-{number:05}"
        role = (
            DeviceRole.CORE
            if number == 0
            else DeviceRole.DISTRIBUTION
            if number <= 100
            else DeviceRole.ACCESS
        )
        role = role if number else DeviceRole.CORE
        management = Management.INBAND if number % 2 else Management.OOB
        devices[name] = Device(name, "bench", role, (Path("10.0.0.1"),), None, "ssh-ed25519 AAAA", management)
        if number:
            above = 0 if number <= 100 else 1 + number % 100
            links.append(Link((Port(f"sw-{above:05}", f"Gi9/0/{number}"), Port(name, "Gi9/1/1"))))
    points: list[list[Point]] = [[] for _ in range(SEGMENTS)]
    for number, name in enumerate(devices):
        for port in range(PORTS):
            place = (number * PORTS + port) % SEGMENTS
            points[place].append(Point(PointId(name, f"GigabitEthernet1/0/{port}"), PointKind.INTERFACE))
    segments = {
        f"segment-{place:03}": Segment(
            f"segment-{place:03}", Bilingual("", ""), 1 + place % 5, points=tuple(own)
        )
        for place, own in enumerate(points)
    }
    return Inventory(
        "bench", ControllerSite(Port("sw-00000", "noc")), {}, devices, tuple(links), segments, {}, "0" * 64
    )


def measure(what: str, act: Callable[[], T]) -> tuple[T, float]:
    start = time.process_time()
    found = act()
    seconds = time.process_time() - start
    print(f"{what:<44}{seconds:8.2f} s")
    return found, seconds


def main() -> int:
    """1 where compiling and hashing take longer than the limit."""
    inventory, profiles = site(), {"bench": profile()}
    select = (Selector(Scope.SEGMENTS),)
    stage = Stage("all", Action.ISOLATE, select, (Method.SHUTDOWN, Method.VLAN))
    playbook = Playbook("level-5", Bilingual("", ""), (stage,), 5, digest="0" * 64)
    count = sum(len(segment.points) for segment in inventory.segments.values())
    print(f"{datetime.now(UTC):%Y-%m-%d}  {len(inventory.devices)} devices, {count} points")
    plan, compiling = measure(
        "compile", lambda: plan_isolation(inventory, profiles, "0" * 64, playbook, (stage,))
    )
    _, hashing = measure("hash", lambda: plan.hash)
    text, _ = measure("write down", lambda: json.dumps(to_plain(plan)))
    again, _ = measure("read again", lambda: from_plain(Plan, json.loads(text)))
    with tempfile.TemporaryDirectory() as home:
        store = KeptFiles(Places(FilePath(home)))
        (name, content), _ = measure("write down, to be kept", lambda: store.packed(plan_to_tables(plan)))
        store.keep("bench", {"content": name}, {name: content})
        kept, _ = measure("read what is kept", lambda: plan_from_tables(store.content(name) or []))
    if {again.hash, kept.hash} != {plan.hash}:
        print("what was read again is another plan")
        return 1
    print(f"{'kept in':<44}{len(content) / 1e6:8.2f} MB")
    total = compiling + hashing
    print(f"{'compile and hash (limit ' + str(LIMIT) + ' s)':<44}{total:8.2f} s")
    return 0 if total <= LIMIT else 1


if __name__ == "__main__":
    raise SystemExit(main())
