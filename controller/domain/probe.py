"""Probes: what answers while a segment lives, and from where it is asked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ProbeKind(StrEnum):
    TCP = "tcp"
    ICMP = "icmp"


@dataclass(frozen=True, slots=True)
class ProbeTarget:
    kind: ProbeKind
    address: str
    port: int | None = None

    def __str__(self) -> str:
        if self.port is None:
            return f"{self.kind} {self.address}"
        host = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.kind} {host}:{self.port}"


CONTROLLER = "controller"


@dataclass(frozen=True, slots=True)
class Probe:
    """Something that answers while a segment lives. ``source`` is ``controller`` or a device's name;
    ``control`` is asked from the same source and must go on answering when the segment is cut."""

    target: ProbeTarget
    source: str
    control: ProbeTarget
