"""One isolation level printed beforehand, for the night in which the controller itself is dead."""

from __future__ import annotations

from dataclasses import dataclass

from controller.paper.sheet import Frame, Sheet
from controller.paper.walk import Seal, print_seal


@dataclass(frozen=True, slots=True)
class Stop:
    """One object on the device: its name, what it carries, its own lines; ``instead`` where there are
    none."""

    name: str
    what: str
    commands: tuple[str, ...]
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Station:
    """One device, walked to once: everything to do on its console, ``enter`` first and ``leave`` last."""

    where: str
    device: str
    enter: tuple[str, ...]
    stops: tuple[Stop, ...]
    leave: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A titled list of the first pages: whom to call, what it costs, what stays alive."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Level:
    """``continued`` stands beside a device whose steps go on on another page: it may be torn off."""

    title: str
    facts: tuple[str, ...]
    plan: str
    before: tuple[str, ...]
    parts: tuple[Part, ...]
    stations_title: str
    how: str
    stations: tuple[Station, ...]
    signed: str
    seal: Seal | None = None
    continued: str = ""


def print_level(frame: Frame, level: Level) -> bytes:
    """The PDF: what to know on the first pages, then one station after the other in the order to walk."""
    sheet = Sheet(frame)
    sheet.title(level.title)
    for fact in level.facts:
        sheet.line(fact)
    print_seal(sheet, level.plan, level.seal)
    for text in level.before:
        sheet.space(2)
        sheet.line(text, size=14, bold=True)
    for part in level.parts:
        sheet.heading(part.title)
        for text in part.lines:
            sheet.bullet(text)
    sheet.page()
    sheet.title(level.stations_title)
    sheet.line(level.how, bold=True)
    sheet.space(2)
    for number, station in enumerate(level.stations, start=1):
        _print_station(sheet, number, station, level)
    return sheet.content()


def _print_station(sheet: Sheet, number: int, station: Station, level: Level) -> None:
    lines = len(station.enter) + len(station.leave) + sum(2 + len(stop.commands) for stop in station.stops)
    sheet.need(min(40 + 6.5 * lines, sheet.whole_page / 2))
    sheet.rule()
    sheet.line(f"{number}. {station.where}", size=16, bold=True)
    sheet.line(station.device, size=14, bold=True)
    sheet.space(2)
    sheet.commands(station.enter)
    for stop in station.stops:
        # The last stop is never parted from what ends the session and from the signature.
        end = 20 + 6.5 * len(station.leave) if stop is station.stops[-1] else 0
        if sheet.need(14 + 6.5 * min(len(stop.commands), 8) + end):
            sheet.line(f"{number}. {station.where} — {level.continued}", size=14, bold=True)
            sheet.line(station.device, size=12, bold=True)
        sheet.space(2)
        sheet.box(size=5)
        sheet.beside(stop.name, size=13)
        sheet.end_line(7)
        sheet.line(stop.what, size=11)
        if stop.instead:
            sheet.line(stop.instead, bold=True)
        sheet.commands(stop.commands)
    if station.leave:
        sheet.space(3)
    sheet.commands(station.leave)
    sheet.space(5)
    sheet.line(level.signed)
    sheet.space(3)
