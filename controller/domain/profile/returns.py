"""How a return is held on the device: its timer, and who brings back where NAPALM does."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from controller.domain.profile.session import CommitSpec
from controller.domain.template import Template


@dataclass(frozen=True, slots=True)
class NeedSpec:
    """A reading, and what its answer looks like where the device can have a timer."""

    send: Template
    good: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class TimerSpec:
    """A timer on the device that takes a return back, ``after`` seconds, unless ``confirm`` is sent.
    ``enter``, ``commit`` and ``leave`` stand for the session's own, None where they are the same; ``cancel``
    is how a cut takes it away, None where that is ``confirm``. ``pending`` and ``none`` are what ``send`` is
    answered while one runs and while none does. Its lines may name ``minutes``, ``seconds`` and ``time``
    (``00:02:00``), and those that are sent ``operation``: a name no other operation has on the device."""

    after: int
    send: Template
    pending: re.Pattern[str]
    none: re.Pattern[str]
    confirm: tuple[Template, ...]
    enter: tuple[Template, ...] | None = None
    leave: tuple[Template, ...] | None = None
    needs: NeedSpec | None = None
    commit: CommitSpec | None = None
    cancel: tuple[Template, ...] | None = None


class NapalmName(StrEnum):
    """NAPALM's drivers that are known here."""

    EOS = "eos"
    IOS = "ios"
    JUNOS = "junos"
    NXOS_SSH = "nxos_ssh"

    @property
    def over_tls(self) -> bool:
        """Reached by HTTPS, where the device shows a certificate and no host key."""
        return self is NapalmName.EOS

    @property
    def types(self) -> bool:
        """Goes the way of every other session, and types what it does there."""
        return self in (NapalmName.IOS, NapalmName.NXOS_SSH)

    @property
    def timed(self) -> bool:
        """Commits under a timer of the device's; the others where the device has none."""
        return self is not NapalmName.NXOS_SSH

    @property
    def port(self) -> int | None:
        """Where it is usually asked; None: where its session came by."""
        return {NapalmName.EOS: 443, NapalmName.JUNOS: 830}.get(self)

    @property
    def leaves(self) -> tuple[str, ...]:
        """The lines that remove what it leaves on a device, by the name of the operation."""
        return ("delete /force ${operation}.cfg",) if self is NapalmName.IOS else ()


@dataclass(frozen=True, slots=True)
class NapalmSpec:
    """Which of NAPALM's drivers can bring back on a platform, at devices of which the inventory says so;
    ``within``: seconds each of its steps may take."""

    driver: NapalmName
    within: int = 60
