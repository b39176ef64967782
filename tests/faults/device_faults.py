"""What a device can do to a cut and to a restore, and how each ends: the table that the tests hold true and
docs/faults.md is written from. A fault strikes one switch with two ports to cut; all others are well."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from controller.domain.proof import Outcome, Proof

CONNECT, OPERATION = 3, 4
"""Seconds the tests give a session and an operation, instead of 10 and 30."""


class Port(StrEnum):
    """How a port is left, by the simulator."""

    OPEN = "open"
    SHUT = "shut"
    QUARANTINED = "in the quarantine VLAN"


@dataclass(frozen=True)
class Step:
    """How a port is left, and what is on record of its step. ``cause`` is a code of the catalogues; "" where
    nothing lacks."""

    port: Port
    outcome: Outcome
    proof: Proof
    cause: str = ""


@dataclass(frozen=True)
class Ending:
    """``steps``: of the first port and of the second. Where a restore stops at the first, the second is of a
    wave that never began: it has no step, and is left as ``second`` says."""

    exit: int
    steps: tuple[Step, ...]
    second: Port = Port.SHUT

    def apart_from_how_far(self) -> Ending:
        """For a cut through a session held open: sent and not heard, or taken, it ends with the same ports,
        proofs and causes."""
        steps = (replace(step, outcome=Outcome.SENT) for step in self.steps)
        return replace(self, steps=tuple(steps))


@dataclass(frozen=True)
class DeviceFault:
    """``faults``: names and parameters of controller.simulator.faults, set before the run. ``afterwards``: an
    event of the simulator's log that is waited for after the run, before the ports are judged. ``note``: what
    the table's reader has to know beside it."""

    name: str
    faults: tuple[tuple[str, Mapping[str, Any]], ...]
    cut: Ending
    restore: Ending
    afterwards: str = ""
    note: str = ""
    operation: int = OPERATION
    fired: Ending | None = None
    """How a cut through a session held open ends, where that is something else."""

    @property
    def armed(self) -> Ending:
        """Of a cut through sessions that were open before the fault: what keeps others from logging in keeps
        it from nothing."""
        if self.fired is not None:
            return self.fired
        unreached = all(step.outcome is Outcome.NOT_SENT for step in self.cut.steps)
        return _CUT if unreached else self.cut

    def ending(self, action: str) -> Ending:
        return self.cut if action == "isolate" else self.restore


CHANGES = "^(no )?shutdown$"
"""The lines that shut and open a port."""
TO_PORTS = "^(no )?(shutdown|switchport|ip access-group|ipv6 traffic-filter)"
"""Every line by which one of the methods changes a port."""


def _alike(exit_code: int, step: Step) -> Ending:
    return Ending(exit_code, (step, step))


def _stopped(step: Step) -> Ending:
    return Ending(6, (step,))


_NO_LINK = " + upstream-no-link"
"""The site's inventory knows no link, so that no fault of one device is made up for at another."""


def _never_ready(cause: str) -> tuple[Ending, Ending]:
    """No session: nothing was sent, everything is as it was."""
    return (
        _alike(6, Step(Port.OPEN, Outcome.NOT_SENT, Proof.UNKNOWN, cause + _NO_LINK)),
        _stopped(Step(Port.SHUT, Outcome.NOT_SENT, Proof.UNKNOWN, cause)),
    )


_CUT = _alike(0, Step(Port.SHUT, Outcome.ACCEPTED, Proof.CONFIRMED))
_BACK = _alike(0, Step(Port.OPEN, Outcome.ACCEPTED, Proof.CONFIRMED))


def _read_again(port: Port) -> Ending:
    """The first line was not answered and is not sent again: a new session reads that it took effect."""
    return Ending(
        0, (Step(port, Outcome.SENT, Proof.CONFIRMED), Step(port, Outcome.ACCEPTED, Proof.CONFIRMED))
    )


_UNANSWERED = (_read_again(Port.SHUT), _read_again(Port.OPEN))
_NEVER_ANSWERED = Ending(
    6,
    (
        Step(Port.OPEN, Outcome.SENT, Proof.UNKNOWN, "hung-up" + _NO_LINK),
        Step(Port.OPEN, Outcome.NOT_SENT, Proof.UNKNOWN, "hung-up" + _NO_LINK),
    ),
)
_SENT_ONCE = _stopped(Step(Port.SHUT, Outcome.SENT, Proof.CONTRADICTED, "hung-up"))
_UNSEEN = "Not seen yet: the proof stands until it expires after 15 min; the same cut again reads, and cuts."


DEVICE_FAULTS = (
    DeviceFault(
        "accepts connections, says nothing", (("hang", {"at": "tcp"}),), *_never_ready("open.timeout")
    ),
    DeviceFault("never answers the log-in", (("hang", {"at": "auth"}),), *_never_ready("open.timeout")),
    DeviceFault(
        "gives no prompt after the log-in", (("hang", {"at": "shell"}),), *_never_ready("open.not-ready")
    ),
    DeviceFault("refuses connections", (("refuse", {}),), *_never_ready("open.unreachable")),
    DeviceFault(
        "rejects the password",
        (("wrong_password", {}),),
        *_never_ready("open.login-rejected"),
        note="One attempt, so that nobody is locked out.",
    ),
    DeviceFault(
        "rejects the password and blocks after two failures",
        (("wrong_password", {}), ("auth_block", {"attempts": 2})),
        *_never_ready("open.login-rejected"),
        note="The one attempt does not set off the block.",
    ),
    DeviceFault("has no VTY line left", (("one_line_left", {"free": 0}),), *_never_ready("open.no-line")),
    DeviceFault("has one VTY line left", (("one_line_left", {}),), _CUT, _BACK),
    DeviceFault(
        "shows another host key", (("changed_host_key", {}),), *_never_ready("open.host-key-changed")
    ),
    DeviceFault("takes a second over each log-in", (("slow_login", {"seconds": 1}),), _CUT, _BACK),
    DeviceFault("is slow with every prompt", (("slow_prompt", {"seconds": 0.03}),), _CUT, _BACK),
    DeviceFault("pages its output although told not to", (("more", {}),), _CUT, _BACK),
    DeviceFault("loses what is typed ahead", (("overrun", {}),), _CUT, _BACK),
    DeviceFault("renegotiates the session's keys all the time", (("rekey", {}),), _CUT, _BACK),
    DeviceFault("writes log messages into echoes and output", (("syslog_noise", {}),), _CUT, _BACK),
    DeviceFault(
        "changes its name, and so its prompt, at a line",
        (("changing_prompt", {"nth": 1, "name": "elsewhere"}),),
        _CUT,
        _BACK,
    ),
    DeviceFault("answers a second late", (("late", {"nth": 1, "seconds": 1}),), _CUT, _BACK),
    DeviceFault("hangs at a reading", (("hang", {"on": "^show", "times": 1}),), _CUT, _BACK),
    DeviceFault(
        "answers 40 s late",
        (("late", {"nth": 1, "seconds": 40}),),
        *_UNANSWERED,
        note="After half of the operation's time a new session reads what became of the line.",
    ),
    DeviceFault("hangs at a line that took effect", (("hang", {"nth": 1, "applied": True}),), *_UNANSWERED),
    DeviceFault("stops reading after a line", (("stop_reading", {"nth": 1}),), *_UNANSWERED),
    DeviceFault(
        "drops the session after a change, before its answer",
        (("drop_after_change", {"nth": 1}),),
        *_UNANSWERED,
        note="The line is not sent again: a new session reads it back.",
    ),
    DeviceFault(
        "hangs at a line that takes no effect",
        (("hang", {"nth": 1}),),
        _CUT,
        _SENT_ONCE,
        note="A cut reads again in a new session and sends what is missing; a restore sends once.",
    ),
    DeviceFault("hangs at every change", (("hang", {"on": CHANGES}),), _NEVER_ANSWERED, _SENT_ONCE),
    DeviceFault(
        "drops the session before a line takes effect", (("drop_mid_command", {"nth": 1}),), _CUT, _SENT_ONCE
    ),
    DeviceFault(
        "drops the session at every change",
        (("drop_mid_command", {"on": CHANGES}),),
        _NEVER_ANSWERED,
        _SENT_ONCE,
    ),
    DeviceFault(
        "authorises neither `shutdown` nor `no shutdown`",
        (("reject", {"on": CHANGES}),),
        _alike(0, Step(Port.QUARANTINED, Outcome.ACCEPTED, Proof.CONFIRMED)),
        _stopped(Step(Port.SHUT, Outcome.REJECTED, Proof.CONTRADICTED, "device-refused")),
        note="A cut goes on to the next method of its stage; a restore never does.",
    ),
    DeviceFault(
        "accepts everything said to a port and ignores it",
        (("ignore", {"on": TO_PORTS}),),
        _alike(6, Step(Port.OPEN, Outcome.ACCEPTED, Proof.CONTRADICTED, "read-back-differs")),
        _stopped(Step(Port.SHUT, Outcome.ACCEPTED, Proof.CONTRADICTED, "read-back-differs")),
        operation=30,
    ),
    DeviceFault(
        "reloads at a line",
        (("reload_by_itself", {"nth": 1}),),
        _alike(0, Step(Port.SHUT, Outcome.ACCEPTED, Proof.CONFIRMED)),
        Ending(
            6,
            (
                Step(Port.OPEN, Outcome.SENT, Proof.CONFIRMED),
                Step(Port.OPEN, Outcome.NOT_ATTEMPTED, Proof.CONTRADICTED, "drift"),
            ),
        ),
        afterwards="booted",
        note="It comes back with its startup configuration, in which nothing was cut.",
    ),
    DeviceFault(
        "reloads after the run",
        (("reload_by_itself", {"nth": 1, "seconds": 5}),),
        _alike(0, Step(Port.OPEN, Outcome.ACCEPTED, Proof.CONFIRMED)),
        _BACK,
        afterwards="booted",
        note=_UNSEEN,
    ),
    DeviceFault(
        "cannot write its startup configuration",
        (("nvram_full", {}),),
        _alike(0, Step(Port.SHUT, Outcome.ACCEPTED, Proof.CONFIRMED)),
        _BACK,
        note="Where the playbook saves, it says that a reboot undoes the cut; no proof is the worse for it.",
    ),
    DeviceFault(
        "takes a change back at once",
        (("revert_by_itself", {"nth": 1}),),
        Ending(
            0,
            (
                Step(Port.QUARANTINED, Outcome.ACCEPTED, Proof.CONFIRMED),
                Step(Port.SHUT, Outcome.ACCEPTED, Proof.CONFIRMED),
            ),
        ),
        _stopped(Step(Port.SHUT, Outcome.ACCEPTED, Proof.CONTRADICTED, "read-back-differs")),
        operation=30,
        fired=_CUT,  # the same method has a second try
    ),
    DeviceFault(
        "takes a change back after the run",
        (("revert_by_itself", {"nth": 1, "seconds": 5}),),
        _alike(0, Step(Port.OPEN, Outcome.ACCEPTED, Proof.CONFIRMED)),
        _alike(0, Step(Port.SHUT, Outcome.ACCEPTED, Proof.CONFIRMED)),
        afterwards="revert",
        note=_UNSEEN,
    ),
)
