"""How long a large site's plan takes, all that follows simulated, and kept: 2,000 devices, 5,000 links."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path as FilePath

from bench.planning import profile
from controller.domain.inventory import (
    Bilingual,
    ControllerSite,
    Device,
    DeviceRole,
    Inventory,
    Link,
    LinkKind,
    Management,
    Method,
    Need,
    Point,
    PointId,
    PointKind,
    Port,
    Segment,
)
from controller.domain.path import Path
from controller.domain.playbook import Action, OnUnreachable, Playbook, Scope, Selector, Stage
from controller.engine.planning.kept import plan_from_tables, plan_to_tables
from controller.engine.planning.planner import plan_isolation
from controller.store.kept import KeptFiles
from controller.store.places import Places

DEVICES, LINKS, SEGMENTS, PORTS = 2_000, 5_000, 200, 4
LIMIT = 10.0
"""Seconds of processor time."""


def site() -> Inventory:
    """A pair of cores, distribution switches at both, access switches at two of them, in-band; further links
    run between neighbours. Every fourth access switch also has a trunk among its points."""
    cores, dists = ["core-1", "core-2"], [f"dist-{at}" for at in range(98)]
    accesses = [f"acc-{at}" for at in range(DEVICES - len(cores) - len(dists))]
    pairs = [(core, dist) for core in cores for dist in dists]
    pairs += [(dists[(at + more) % len(dists)], name) for at, name in enumerate(accesses) for more in (0, 1)]
    at = 0
    while len(pairs) < LINKS - 1:
        pairs.append((accesses[at % len(accesses)], accesses[(at * 7 + 1) % len(accesses)]))
        at += 1
    links = [
        Link((Port(one, f"l{at}"), Port(other, f"l{at}")))
        for at, (one, other) in enumerate(pairs)
        if one != other
    ]
    links.append(Link((Port("core-1", "peer"), Port("core-2", "peer")), LinkKind.PEER_LINK))
    role = {"c": DeviceRole.CORE, "d": DeviceRole.DISTRIBUTION, "a": DeviceRole.ACCESS}
    devices = {
        name: Device(
            name, "bench", role[name[0]], (Path("192.0.2.1"),), "net", "ssh-ed25519 AAAA", Management.INBAND
        )
        for name in (*cores, *dists, *accesses)
    }
    points: dict[int, list[Point]] = {at: [] for at in range(SEGMENTS)}
    for at, name in enumerate(accesses):
        for number in range(PORTS):
            vlan = (at * PORTS + number) % SEGMENTS
            points[vlan].append(Point(PointId(name, f"p{number}", 100 + vlan), PointKind.INTERFACE))
    for at, link in enumerate(links[200:4000:4]):
        vlan = at % SEGMENTS
        points[vlan].append(Point(PointId(*link.ends[1], 100 + vlan), PointKind.INTERFACE, tagged=True))
    segments = {
        f"s{at}": Segment(
            f"s{at}",
            Bilingual(f"s{at}", f"s{at}"),
            1 + at % 5,
            keep_alive=at % 20 == 0,
            needs=(Need(f"s{(at + 1) % SEGMENTS}", 3600),),
            vlans=(100 + at,),
            prefixes=(f"10.{at}.0.0/16", f"2001:db8:{at:x}::/48"),
            gateways=tuple(Port(core, f"Vlan{100 + at}") for core in cores),
            points=tuple(points[at]),
        )
        for at in range(SEGMENTS)
    }
    return Inventory(
        "bench", ControllerSite(Port("core-1", "noc")), {}, devices, tuple(links), segments, {}, "bench"
    )


def stages(*methods: Method) -> tuple[Stage, ...]:
    every = Selector(Scope.SEGMENTS, attributes={"keep_alive": ("false",)})
    return (Stage("access", Action.ISOLATE, (every,), methods, on_unreachable=OnUnreachable.ESCALATE),)


def main() -> int:
    known = site()
    title = Bilingual("bench", "bench")
    print(
        f"{len(known.devices):,} devices, {len(known.links):,} links, {len(known.segments)} segments, in-band"
    )
    worst = 0.0
    for methods in ((Method.SHUTDOWN,), (Method.VLAN,)):
        every = stages(*methods)
        started = time.process_time()
        plan = plan_isolation(known, {"bench": profile()}, "profiles", Playbook("bench", title, every), every)
        planned = time.process_time() - started
        with tempfile.TemporaryDirectory() as home:
            store = KeptFiles(Places(FilePath(home)))
            name, content = store.packed(plan_to_tables(plan))
            store.keep("bench", {"hash": plan.hash, "content": name}, {name: content})
            worst = max(worst, took := time.process_time() - started)
            reading = time.process_time()
            again = plan_from_tables(store.content(name) or [])
            reading = time.process_time() - reading
        if again != plan:
            print("what is kept is another plan")
            return 1
        counted = f"{len(plan.waves)} waves, {len(plan.hazards)} hazards"
        print(f"  by {methods[0]}: {took:.2f} s, {took - planned:.2f} of it hashed and kept; {counted}")
        print(f"    read again from what is kept: {reading:.2f} s")
    print(f"limit {LIMIT} s: {'kept' if worst < LIMIT else 'EXCEEDED'}")
    return int(worst >= LIMIT)


if __name__ == "__main__":
    raise SystemExit(main())
