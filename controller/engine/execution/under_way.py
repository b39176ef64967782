"""A run under way at its leader, with those who watch it."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field

from controller.domain.facts import Actor
from controller.domain.inventory import Inventory
from controller.domain.plan import Plan
from controller.domain.playbook import Action
from controller.domain.profile import DeviceProfile
from controller.engine.events import RunEnded, Watcher
from controller.engine.execution.broadcast import Broadcast, Listener
from controller.engine.execution.running import Running, Services
from controller.engine.execution.sessions import DeviceSlots, Sessions
from controller.engine.points.holds import HoldBook
from controller.engine.ports import RunRecord


@dataclass(eq=False, slots=True)
class Active:
    """A run under way, those who watch it, and its end when it comes."""

    running: Running
    broadcast: Broadcast
    listener: Listener
    ended: Future[RunEnded] = field(default_factory=Future)

    def does(self, plan: Plan) -> bool:
        """Whether who wants ``plan`` carried out can rely on this run: not if it is being stopped."""
        return self.running.plan.hash == plan.hash and not self.running.stopping.is_set()


@dataclass(frozen=True, slots=True)
class Runs:
    """The runs of one home, as they begin: what all of them share."""

    services: Services
    book: HoldBook
    slots: DeviceSlots

    def begin(
        self,
        plan: Plan,
        actor: Actor,
        watcher: Watcher,
        inventory: Inventory,
        profiles: Mapping[str, DeviceProfile],
        accept_drift: Collection[str] = frozenset(),
        earlier: RunRecord | None = None,
    ) -> Active:
        """Nothing is on record or sent yet. ``earlier``: the record it goes on from; any other run gets a new
        id."""
        services = self.services
        broadcast = Broadcast()
        listener = broadcast.join(watcher)
        sessions = Sessions(
            inventory,
            profiles,
            services.driver,
            services.secrets,
            services.clock,
            services.limits.connect,
            armed=services.armed,
        )
        sessions.takes = plan.action is Action.ISOLATE
        running = Running(
            run=earlier.run if earlier else f"{services.clock.now():%Y%m%d-%H%M%S}-{secrets.token_hex(2)}",
            plan=plan,
            inventory=inventory,
            profiles=profiles,
            services=services,
            actor=actor,
            book=self.book,
            slots=self.slots,
            sessions=sessions,
            probe_sessions=sessions.apart(),
            watcher=broadcast,
            accept_drift=frozenset(accept_drift),
        )
        if earlier is not None:
            _go_on_from(running, earlier)
        return Active(running, broadcast, listener)


def _go_on_from(running: Running, earlier: RunRecord) -> None:
    running.attempts.update(earlier.attempts)
    for intent in earlier.pending:
        running.unsettled[intent.device] = (*running.unsettled.get(intent.device, ()), intent.attempt)
        running.attempts[intent.device] = max(running.attempts[intent.device], intent.attempt)
    running.compared = {
        name: record.compared for name, record in earlier.startups.items() if record.compared is not None
    }
