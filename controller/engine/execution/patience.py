"""How long a device that gives no session is asked again."""

from __future__ import annotations

from controller.domain.errors import OpenCause, OpenFailed
from controller.domain.inventory import Device, Management
from controller.domain.plan import Wave
from controller.domain.playbook import Action
from controller.engine.execution.running import Running
from controller.engine.ports import Session

_ASK_AGAIN_EVERY = 0.5
"""Seconds between attempts at a device that was lost in mid-work."""

_MAY_PASS = frozenset({OpenCause.UNREACHABLE.value, OpenCause.TIMEOUT.value})
"""What a device that starts again looks like; no log-in was tried."""

_MAY_PASS_ON_THE_WAY = _MAY_PASS | {OpenCause.NOT_READY.value, OpenCause.WAY_FAILED.value}
"""What a way that spanning tree has not settled yet looks like: a connection may stop in its middle, and a
jump host be as far."""


def await_session(
    running: Running, wave: Wave, device: Device, deadline: float, *, was_there: bool
) -> Session:
    """An open session. A device that was there a moment ago may be starting again, and the way to one
    that a restore has just opened may be waiting for spanning tree: it is asked until the deadline.
    Raises OpenFailed."""
    clock, opened = running.services.clock, _way_opened(running, wave, device)
    while True:
        try:
            return running.sessions.get(device)
        except OpenFailed as failure:
            late = clock.monotonic() + _ASK_AGAIN_EVERY >= deadline
            may_pass = _MAY_PASS_ON_THE_WAY if opened else _MAY_PASS
            expected = was_there or opened
            if not expected or late or running.stopping.is_set() or failure.cause not in may_pass:
                raise
        clock.pause(_ASK_AGAIN_EVERY)


def _way_opened(running: Running, wave: Wave, device: Device) -> bool:
    """Whether an earlier wave of this restore may have brought back a link the device is managed over."""
    return running.action is Action.RESTORE and device.management is Management.INBAND and wave.index > 0
