"""Faults of a device, switched while it runs.

Each has a name and parameters. ``on`` (a regular expression searched in the line) and ``nth`` (the n-th
line, counted from when the fault was set, that would change the configuration) say at which line it
strikes; without either, at every occasion. ``times`` limits how often.

====================  =====================================================================================
hang                  ``at``: ``tcp`` (accepts, never speaks), ``auth`` (never answers the log-in), ``shell``
                      (no prompt after it), ``line`` (default: the line is taken, never answered; with
                      ``applied: true`` it took effect)
refuse                the port is closed
wrong_password        every password is wrong
auth_block            after ``attempts`` failures (3) connections are dropped, as ``login block-for`` does
slow_login            the log-in takes ``seconds`` (30), as with a dead AAA server
one_line_left         all VTY lines but one are taken (``free``: how many are left)
changed_host_key      another host key from the next connection on
rekey                 keys are renegotiated every ``bytes`` (1000) from the next connection on
slow_prompt           each prompt comes ``seconds`` (1) late
changing_prompt       at the line the host name becomes ``name``
syslog_noise          log messages in ``where``: ``echo``, ``output`` or ``both`` (default), whatever the
                      terminal's settings; ``times`` counts echoes and outputs
more                  output is paged at ``lines`` (10), although paging was switched off; from the line on,
                      where one is named
ignore                the line is accepted and changes nothing
reject                "Command authorization failed.", nothing changes
drop_mid_command      the connection breaks before the line takes effect
drop_after_change     the line takes effect, then the connection breaks before the answer
overrun               of what nobody has read yet ``bytes`` (100) are kept, what comes beyond is lost
late                  the answer comes ``seconds`` (40) late
stop_reading          nothing more is read from this session
nvram_full            the startup configuration cannot be written, and says so
reload_by_itself      at the line, or at once, reloads after ``seconds`` (0)
revert_by_itself      at the line, or at once, returns after ``seconds`` (0) to the configuration it had
banner                ``text`` before and after the log-in, instead of its own
latin_1               what it sends from the next connection on is written in ISO 8859-1
asks                  at the line it asks ``text``; without a yes nothing changes
failover              at the line another member takes its place, with the configuration of when the fault
                      was set and the same address and host key: every session and candidate is gone
aaa_dies              from the line on nobody but ``local`` is authorised to anything or let in: the servers
                      behind all other accounts are gone; with ``breaks`` the session goes with them
====================  =====================================================================================
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NAMES = frozenset(
    [
        "hang",
        "refuse",
        "wrong_password",
        "auth_block",
        "slow_login",
        "one_line_left",
        "changed_host_key",
        "rekey",
        "slow_prompt",
        "changing_prompt",
        "syslog_noise",
        "more",
        "overrun",
        "ignore",
        "reject",
        "drop_mid_command",
        "drop_after_change",
        "late",
        "stop_reading",
        "nvram_full",
        "reload_by_itself",
        "revert_by_itself",
        "banner",
        "latin_1",
        "asks",
        "failover",
        "aaa_dies",
    ]
)


class UnknownFault(ValueError):
    """No such fault, or a parameter that does not fit."""


@dataclass(slots=True)
class Fault:
    name: str
    params: Mapping[str, object] = field(default_factory=dict)
    seen: int = 0
    fired: int = 0
    kept: Any = None
    """The device's configurations when the fault was set."""

    released: asyncio.Event = field(default_factory=asyncio.Event)

    def number(self, name: str, default: float) -> float:
        value = self.params.get(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise UnknownFault(f"{self.name}: {name} must be a number")
        return float(value)

    def strikes(self, line: str, changes: bool) -> bool:
        """Counts the line and says whether the fault strikes at it."""
        self.seen += changes
        on, nth, times = self.params.get("on"), self.params.get("nth"), self.params.get("times")
        if isinstance(on, str) and not re.search(on, line):
            return False
        if nth is not None and not (changes and self.seen == nth):
            return False
        if isinstance(times, int) and self.fired >= times:
            return False
        self.fired += 1
        return True

    @property
    def begun(self) -> bool:
        """Whether the line from which on it lasts has been; at once where none is named."""
        return self.fired > 0 or not {"on", "nth"} & self.params.keys()

    async def wait(self, seconds: float | None) -> None:
        """Until the fault is cleared, at most ``seconds``."""
        try:
            await asyncio.wait_for(self.released.wait(), seconds)
        except TimeoutError:
            return


class Faults:
    """``known``: those of every platform, and those of the device's own."""

    def __init__(self, known: frozenset[str] = NAMES) -> None:
        self._known = known
        self._active: dict[str, Fault] = {}

    def set(self, name: str, params: Mapping[str, object]) -> Fault:
        if name not in self._known:
            raise UnknownFault(f"no fault {name!r}")
        if isinstance(params.get("on"), str):
            re.compile(str(params["on"]))
        self.clear(name)
        self._active[name] = Fault(name, dict(params))
        return self._active[name]

    def clear(self, name: str | None = None) -> None:
        """One fault, or all. What hangs in one goes on."""
        for each in [name] if name else list(self._active):
            fault = self._active.pop(each, None)
            if fault:
                fault.released.set()

    def get(self, name: str) -> Fault | None:
        return self._active.get(name)

    def told(self, name: str, parameter: str) -> bool:
        """Whether the fault is set with this parameter true."""
        fault = self._active.get(name)
        return fault is not None and fault.params.get(parameter) is True

    def at(self, name: str, place: str) -> Fault | None:
        """The fault where it is set for this place of a session, which defaults to ``line``."""
        fault = self._active.get(name)
        return fault if fault and fault.params.get("at", "line") == place else None

    def at_line(self, name: str, line: str, changes: bool) -> Fault | None:
        fault = self.at(name, "line")
        return fault if fault and fault.strikes(line, changes) else None

    def shown(self) -> dict[str, dict[str, object]]:
        return {name: {**fault.params, "fired": fault.fired} for name, fault in self._active.items()}
