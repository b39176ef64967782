"""From a playbook to a plan: stages, waves, operations by device, exact commands, hazards. Pure.

A hazard refuses only where the plan would cut a segment kept alive, its own path or a responder's own port;
everything else is shown and never blocks a cut.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from controller.domain.bulk import uncollected
from controller.domain.canonical import digest
from controller.domain.inventory import MANUAL, Inventory, Method, PointId
from controller.domain.plan import Basis, Escalation, Plan, PlannedEvidence, Severity, Wave
from controller.domain.playbook import Action, OnUnreachable, Playbook, Stage
from controller.domain.profile import DeviceProfile
from controller.engine.findings import Findings
from controller.engine.network.bypass import LAYER_3, find_bypasses, find_spread
from controller.engine.network.footing import check_footing, check_hypervisors, check_waypoints
from controller.engine.network.lifelines import check_lifelines
from controller.engine.network.objections import Objections
from controller.engine.network.ownpath import OwnPath
from controller.engine.network.reachability import Aftermath
from controller.engine.network.vlans import Cuts, Network
from controller.engine.planning.accounts import check_accounts, devices_in
from controller.engine.planning.escalation import Escalations
from controller.engine.planning.selection import devices_of
from controller.engine.planning.steps import Steps
from controller.engine.planning.timers import check_timers
from controller.engine.planning.waves import Waves
from controller.engine.points.renderer import RENDERER


@uncollected()
def plan_isolation(
    inventory: Inventory,
    profiles: Mapping[str, DeviceProfile],
    profiles_digest: str,
    playbook: Playbook,
    stages: Sequence[Stage],
    overrides: Collection[str] = frozenset(),
    at_neighbour: Collection[str] = frozenset(),
    points: Mapping[str, Collection[PointId]] | None = None,
) -> Plan:
    """Compiles ``stages`` (those of ``playbook`` and what it includes). ``points``: by stage those it may
    use, where they are not all.

    ``overrides`` names what a person lets go in spite of a refusal: segments kept alive, or ports as
    ``device interface``. ``at_neighbour``: devices that nothing is to be sent to; they are cut off at their
    neighbours' ports instead, or the plan is refused. The same inputs always give the same plan and hash.
    """
    findings = Findings()
    steps = Steps(inventory, profiles, overrides, findings, points)
    by_stage = [steps.of(stage) for stage in stages]
    network = Network(inventory)
    own_path = OwnPath(network, overrides)
    in_waves = Waves(inventory, profiles, own_path, steps.reads, findings)
    waves: list[Wave] = []
    layers = own_path.layers(by_stage)
    for layer in layers:
        for stage, some in zip(stages, layer, strict=True):
            waves.extend(in_waves.of(stage, some, len(waves), waits=len(layers) > 1))
    own_path.check(waves, findings)
    check_timers(inventory, profiles, waves, findings)
    check_accounts(inventory, profiles, devices_in(waves), findings)
    _check_coverage(inventory, steps, findings)
    # A port left to a person for what else is on it stays open; what is not managed is cut by hand.
    sent = [
        step
        for step in steps.planned.values()
        if step.rendering.commands or inventory.devices[step.point.id.device].platform == MANUAL
    ]
    before, after = Aftermath(network, Cuts()), Aftermath(network, Cuts.of(sent))
    find_spread(after, steps.planned, steps.wanted, findings)
    find_bypasses(after, steps.wanted, findings)
    check_lifelines(before, after, steps.wanted, overrides, findings)
    check_hypervisors(inventory.hypervisors, sent, findings)
    check_waypoints(network, steps.wanted, findings)
    check_footing(before, after, sent, steps.wanted, findings)
    escalations: tuple[Escalation, ...] = ()
    if at_neighbour or any(wave.on_unreachable is OnUnreachable.ESCALATE for wave in waves):
        # As a run will judge them: nobody answered for what a cut of a neighbour's port would take.
        unanswered = OwnPath(network, ()) if overrides else own_path
        objections = Objections(network, unanswered, waves, steps.planned.values())
        upstream = Escalations(network, profiles, objections, after, findings, at_neighbour)
        escalations = tuple(upstream.of(waves))
    return Plan(
        playbook=playbook.name,
        action=Action.ISOLATE,
        site=inventory.site,
        level=playbook.level,
        basis=Basis(inventory.digest, profiles_digest, playbook.digest, RENDERER),
        waves=tuple(waves),
        hazards=tuple(sorted(findings.hazards.values())),
        save=playbook.save,
        evidence=_evidence(inventory, playbook, waves),
        escalations=escalations,
    )


def _evidence(inventory: Inventory, playbook: Playbook, waves: Sequence[Wave]) -> PlannedEvidence | None:
    wanted = playbook.evidence
    if wanted is None:
        return None
    touched = {operation.device for wave in waves for operation in wave.operations}
    named = (
        touched
        if wanted.devices is None
        else {device.name for device in devices_of(wanted.devices, inventory)}
    )
    return PlannedEvidence(wanted.tables, tuple(sorted(named)), wanted.within)


def _check_coverage(inventory: Inventory, steps: Steps, findings: Findings) -> None:
    """Points no stage has a method for, and segments that stay connected over one family of addresses."""
    methods: dict[str, set[Method]] = defaultdict(set)
    for step in steps.planned.values():
        for name in step.subjects:
            methods[name].add(step.rendering.method)
    for point, name in steps.without_method.items():
        if name not in methods:
            findings.hazard("no-method", Severity.WARN, str(point), subject=name)
    for name, used in sorted(methods.items()):
        segment = inventory.segments.get(name)
        if segment is None:
            continue
        families = {":" in prefix for prefix in segment.prefixes}
        if Method.POLICY in used and used <= LAYER_3 and families == {False} and not segment.ipv6_none:
            findings.hazard("ipv6-left-open", Severity.WARN, name)


def selection_digest(playbook: Playbook) -> str:
    """The digest of a playbook made up on the spot (``isolate --segment``): of what it selects."""
    return digest(
        [
            [
                stage.action.value,
                [[s.scope.value, *s.names] for s in stage.select],
                [m.value for m in stage.method],
            ]
            for stage in playbook.stages
        ]
    )
