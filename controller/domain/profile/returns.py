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
    """NAPALM's drivers that can take a commit back by themselves and are known here."""

    EOS = "eos"
    JUNOS = "junos"

    @property
    def over_tls(self) -> bool:
        """Reached by HTTPS, where the device shows a certificate and no host key."""
        return self is NapalmName.EOS

    @property
    def port(self) -> int:
        return 443 if self.over_tls else 830


@dataclass(frozen=True, slots=True)
class NapalmSpec:
    """Which of NAPALM's drivers can bring back on a platform, at devices of which the inventory says so;
    ``within``: seconds each of its steps may take."""

    driver: NapalmName
    within: int = 60
