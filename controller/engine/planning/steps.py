"""The steps of an isolation: which method is taken at a point, and which may not be. Pure.

A method that would take a segment kept alive along is never taken; where none is left, the point goes to a
person, and the plan is refused if it is a segment kept alive that stands in the way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from controller.domain.inventory import (
    MANUAL,
    METHODS_OF,
    WHOLE_PORT,
    Inventory,
    LinkKind,
    Point,
    PointId,
    Port,
    Segment,
    Subject,
)
from controller.domain.path import PathKind
from controller.domain.plan import Rendering, Severity, Step
from controller.domain.playbook import Stage
from controller.domain.profile import DeviceProfile
from controller.engine.findings import Findings, some
from controller.engine.network.vlans import PORTS, takes_port
from controller.engine.planning.company import Companies, Company
from controller.engine.planning.selection import selected
from controller.engine.points.renderer import NONE, PointContext, isolations, point_context, read_commands


class Steps:
    """The steps of the stages of one plan; a point has the step of the first stage that cuts it.

    ``points``: by stage those it may use, where they are not all. ``planned``: every step so far; ``reads``:
    the commands that read its point; ``wanted``: the subjects that were to be cut; ``without_method``: points
    no profile offers a method of the stage for, with the subject.
    """

    def __init__(
        self,
        inventory: Inventory,
        profiles: Mapping[str, DeviceProfile],
        overrides: Collection[str],
        findings: Findings,
        points: Mapping[str, Collection[PointId]] | None = None,
    ) -> None:
        self.planned: dict[PointId, Step] = {}
        self.reads: dict[PointId, tuple[str, ...]] = {}
        self.wanted: set[str] = set()
        self.without_method: dict[PointId, str] = {}
        self._inventory = inventory
        self._profiles = profiles
        self._overrides = overrides
        self._findings = findings
        self._points = points
        self._companies = Companies(inventory, overrides)
        self._own_ports = _own_ports(inventory)
        self._never = {
            end: link.kind for link in inventory.links for end in link.ends if link.kind is not LinkKind.DATA
        }

    def of(self, stage: Stage) -> list[Step]:
        """Those the stage adds."""
        added: dict[PointId, Step] = {}
        for subject, points in selected(stage, self._inventory):
            if isinstance(subject, Segment) and subject.keep_alive:
                overridden = subject.name in self._overrides
                self._findings.hazard(
                    "keep-alive-overridden" if overridden else "keep-alive-selected",
                    Severity.WARN if overridden else Severity.REFUSE,
                    subject.name,
                    stage=stage.name,
                )
            self.wanted.add(subject.name)
            for point in self._wanted_of(stage, points):
                if point.id not in self.planned and point.id not in added:
                    step = self._step(stage, point, subject)
                    if step is not None:
                        added[point.id] = step
        self.planned.update(added)
        return list(added.values())

    def _wanted_of(self, stage: Stage, points: Iterable[Point]) -> Iterable[Point]:
        if self._points is None:
            return points
        return [point for point in points if point.id in self._points.get(stage.name, ())]

    def _step(self, stage: Stage, point: Point, subject: Subject) -> Step | None:
        """None where the stage's methods do not apply to the point or none may be used."""
        company = self._companies.at(point.id)
        device = self._inventory.devices[point.id.device]
        if point.kind in PORTS and (kind := self._never.get(point.port)) is not None:
            self._warn("never-cut", str(point.id), subject=subject.name, kind=kind.value)
            return None
        if device.platform == MANUAL:
            self._warn("manual-device", device.name)
            method = next((method for method in stage.method if method in METHODS_OF[point.kind]), None)
            return _step(point, company, Rendering(method, (), {})) if method else None
        profile = self._profiles[device.platform]
        context = point_context(point, company.names, company.prefixes, device, profile)
        if context is None:
            return None
        self.reads[point.id] = read_commands(context)
        offered = self._offered(stage, context, company)
        if not offered:
            if any(method in METHODS_OF[point.kind] for method in stage.method):
                self.without_method.setdefault(point.id, subject.name)
            return None
        others = self._companies.others(point.port, company)
        allowed = [each for each in offered if _spares(context, company, others, each)]
        if not allowed:
            return self._left_to_hand(point, subject, company, others, offered[0])
        if device.host_key is None and device.ssh_paths:
            self._warn("host-key-unpinned", device.name)
        if any(path.kind is PathKind.TELNET for path in device.paths):
            self._warn("telnet-path", device.name)
        # No second choice takes a port that was found harmless without it.
        risky, first = point.port in self._own_ports, allowed[0].method
        return _step(
            point,
            company,
            allowed[0],
            [
                each
                for each in allowed[1:]
                if each.method is first or not (risky and takes_port(point, each.method))
            ],
        )

    def _offered(self, stage: Stage, context: PointContext, company: Company) -> list[Rendering]:
        """What the profile offers of the stage's methods. Lines repeated per prefix vanish where there are
        none: then the method does not cut this point."""
        offered = [
            found for method in stage.method for found in isolations(context, method) if found.commands
        ]
        per_network = context.spec.per_ipv6_network if company.more_ipv6 else ()
        return [_wanting_ipv6(each, per_network) for each in offered] if per_network else offered

    def _left_to_hand(
        self, point: Point, subject: Subject, company: Company, others: frozenset[str], wanted: Rendering
    ) -> Step | None:
        """No method spares what else is on the point. Refused for what is kept alive; for anything else
        nothing blocks the cut: this point is for a person."""
        also = others | company.through | company.kept
        names, few = ", ".join(sorted(also)), some(sorted(also))
        if company.kept or self._companies.keeps_alive(also):
            self._findings.hazard(
                "keep-alive-on-point",
                Severity.REFUSE,
                str(point.id),
                subject=subject.name,
                also=names,
                some=few,
            )
            return None
        self._warn("port-shared", str(point.id), subject=subject.name, also=names, some=few)
        return _step(point, company, Rendering(wanted.method, (), {}))

    def _warn(self, code: str, culprit: str, **data: str) -> None:
        self._findings.hazard(code, Severity.WARN, culprit, **data)


def _step(point: Point, company: Company, rendering: Rendering, fallbacks: Iterable[Rendering] = ()) -> Step:
    return Step(point, company.names, company.prefixes, rendering, tuple(fallbacks))


def _spares(context: PointContext, company: Company, others: frozenset[str], rendering: Rendering) -> bool:
    """Whether the method leaves alone what is kept alive, the ``others`` with a point of their own on the
    same port, whose VLAN would go and come with it, and what must go on through the point."""
    if company.kept or (others and rendering.method in WHOLE_PORT):
        return False
    return not company.through or context.spec.methods[rendering.method].spares_keep_alive


def _wanting_ipv6(rendering: Rendering, per_network: Collection[str]) -> Rendering:
    """Not confirmed by having no IPv6 network to cut: what nobody wrote down stays open."""
    expect = {
        name: tuple(value for value in wanted if value != NONE) if name in per_network else wanted
        for name, wanted in rendering.expect.items()
    }
    return replace(rendering, expect=expect)


def _own_ports(inventory: Inventory) -> frozenset[Port]:
    """The controller's, the responders' and those of all links."""
    site = inventory.controller
    ends = (end for link in inventory.links for end in link.ends)
    return frozenset((*site.consoles, *ends, *([site.attached_to] if site.attached_to else [])))
