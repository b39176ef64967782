"""The walk-list of one run: each step with its code, where it is, what to type and why a person has to."""

from __future__ import annotations

from dataclasses import dataclass

from controller.paper.sheet import Frame, Sheet


@dataclass(frozen=True, slots=True)
class Task:
    """One step in words. ``instead`` stands where there is nothing to type."""

    code: str
    where: str
    target: str
    what: str
    why: str
    commands: tuple[str, ...]
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Seal:
    """The log's head: its text, and what its QR code holds. A signed one has the lines of its ``note``, and
    ``spoken``, what is read out of it."""

    text: str
    digest: str
    qr: str
    note: tuple[str, ...] = ()
    spoken: str = ""


@dataclass(frozen=True, slots=True)
class Walk:
    """``facts`` and ``plan`` tell what this is of, ``first`` what comes before every step; ``signed`` is the
    line to fill in by hand; ``done`` names what somebody has declared done, under ``done_title``."""

    title: str
    facts: tuple[str, ...]
    plan: str
    how: str
    first: tuple[str, ...]
    tasks: tuple[Task, ...]
    signed: str
    done_title: str = ""
    done: tuple[str, ...] = ()
    seal: Seal | None = None


def print_walk(frame: Frame, walk: Walk) -> bytes:
    """The PDF."""
    sheet = Sheet(frame)
    sheet.title(walk.title)
    for fact in walk.facts:
        sheet.line(fact)
    print_seal(sheet, walk.plan, walk.seal)
    if walk.tasks:
        sheet.line(walk.how, bold=True)
    for text in walk.first:
        sheet.space(2)
        sheet.line(text, size=14, bold=True)
    sheet.space(2)
    for task in walk.tasks:
        _print_task(sheet, task, walk.signed)
    if walk.done:
        sheet.heading(walk.done_title)
        for text in walk.done:
            sheet.bullet(text)
    return sheet.content()


def print_seal(sheet: Sheet, plan: str, seal: Seal | None) -> None:
    """The plan's hash and the log's head: what ties the sheet to what is on record."""
    sheet.line(plan, size=9)
    if seal is None:
        return
    if seal.note:
        _print_note(sheet, seal)
        return
    sheet.qr(seal.qr, 28)
    with sheet.narrow(32):
        sheet.space(6)
        sheet.line(seal.text, size=10)
        digest = seal.digest
        for start in range(0, len(digest), 32):
            quads = " ".join(digest[at : at + 8] for at in range(start, min(start + 32, len(digest)), 8))
            sheet.line(quads, size=10, console=True)
    sheet.space(10)


def _print_note(sheet: Sheet, seal: Seal) -> None:
    """Whoever keeps this page can show years later what the log was that day."""
    sheet.need(48)
    sheet.qr(seal.qr, 42)
    with sheet.narrow(46):
        sheet.space(4)
        sheet.line(seal.text, size=10)
        sheet.line(seal.spoken, size=9.5, bold=True, console=True)
        sheet.space(1)
        for line in seal.note:
            sheet.line(line, size=7, console=True)
    sheet.space(14)


def _print_task(sheet: Sheet, task: Task, signed: str) -> None:
    """In one piece where a page holds it: who walks with a page torn off has all of a step, or none."""
    sheet.need(min(70 + 6.5 * len(task.commands), sheet.whole_page))
    sheet.rule()
    sheet.qr(task.code)
    with sheet.narrow(28):
        sheet.box()
        sheet.beside(task.code, size=22, console=True)
        sheet.end_line(10)
        sheet.line(task.where, size=16, bold=True)
        sheet.line(task.target, size=14, bold=True)
        sheet.line(task.what)
    if task.why:
        sheet.line(task.why, size=11)
    sheet.space(2)
    if task.instead:
        sheet.line(task.instead, bold=True)
    sheet.commands(task.commands)
    sheet.space(5)
    sheet.line(signed)
    sheet.space(3)
