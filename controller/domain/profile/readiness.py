"""What ``cordon check --live`` reads beside the points. Nothing of it changes anything."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from controller.domain.template import Template


class Look(StrEnum):
    """What a readiness check looks at on the device itself: whether the session has the privileges a cut
    needs, how log-ins are authorised, and what acts on the device by itself."""

    PRIVILEGE = "privilege"
    AAA = "aaa"
    AUTOMATION = "automation"


@dataclass(frozen=True, slots=True)
class LookSpec:
    """A command that changes nothing and what its answer means. With ``good``, an answer it does not match is
    a finding; with ``bad``, each match is one, and ``whole`` tells that the answer is not cut short."""

    about: Look
    send: Template
    good: re.Pattern[str] | None = None
    bad: re.Pattern[str] | None = None
    whole: re.Pattern[str] | None = None


class RevertKind(StrEnum):
    """What would undo a cut: a restart, a timer that brings the former configuration back, or the loss of
    whoever manages the device."""

    RELOAD = "reload"
    TIMER = "timer"
    CONNECTION = "connection"


@dataclass(frozen=True, slots=True)
class RevertSpec:
    """``pending`` says that something will undo the cut; its groups ``days``, ``hours``, ``minutes`` and
    ``seconds`` add up to the time left, ``until`` is the moment in seconds since 1970. ``none`` says that
    nothing will. ``undo`` are the lines that take it away: a change, sent only when a person asks for it."""

    kind: RevertKind
    send: Template
    pending: re.Pattern[str]
    none: re.Pattern[str]
    undo: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GrantSpec:
    """How to ask a device, without doing it, whether a line may be sent: ``send`` with ``${command}``, that
    group of ``line`` where it matches. ``granted`` is what a permission looks like."""

    line: re.Pattern[str]
    send: Template
    granted: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class ReadinessSpec:
    """What ``cordon check --live`` reads beside the points. Nothing of it changes anything, save
    ``RevertSpec.undo``, which it only tells."""

    looks: tuple[LookSpec, ...] = ()
    reverts: tuple[RevertSpec, ...] = ()
    grant: GrantSpec | None = None
