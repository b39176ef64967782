"""What must hold of a profile's readings: none changes a device, and each check can be understood."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator

from controller.catalog.document import Document, Loc
from controller.catalog.findings import Findings, listed, suggest
from controller.catalog.profile_shape import LookShape, ProfileShape
from controller.catalog.read_only import change_in
from controller.domain.template import Template

_TIMES = frozenset({"days", "hours", "minutes", "seconds", "until"})
_COMMAND = "command"


class ReadinessCheck:
    def __init__(self, document: Document, profile: ProfileShape, findings: Findings) -> None:
        self._document = document
        self._profile = profile
        self._findings = findings

    def run(self) -> None:
        self._readings()
        readiness = self._profile.readiness
        for index, look in enumerate(readiness.looks):
            self._look(("readiness", "looks", index), look)
        for index, revert in enumerate(readiness.reverts):
            at: Loc = ("readiness", "reverts", index)
            self._template((*at, "send"), revert.send, ())
            pending = self._regex((*at, "pending"), revert.pending)
            for name in sorted(set(pending.groupindex) - _TIMES) if pending else ():
                known = sorted(_TIMES)
                self._add((*at, "pending"), "revert-group", name=name, known=listed(known))
            self._regex((*at, "none"), revert.none)
        if grant := readiness.grant:
            self._template(("readiness", "grant", "send"), grant.send, {_COMMAND})
            line = self._regex(("readiness", "grant", "line"), grant.line)
            if line and _COMMAND not in line.groupindex:
                self._add(("readiness", "grant", "line"), "grant-group")
            self._regex(("readiness", "grant", "granted"), grant.granted)

    def _look(self, at: Loc, look: LookShape) -> None:
        self._template((*at, "send"), look.send, ())
        for key in ("good", "bad", "whole"):
            pattern = getattr(look, key)
            if pattern is not None:
                self._regex((*at, key), pattern)
        # What is bad can only be missing from an answer that is known to be whole.
        if (look.good is None) == (look.bad is None) or (look.bad is None) != (look.whole is None):
            self._add(at, "look-kind")

    # --- no reading changes anything -------------------------------------------------------------------

    def _readings(self) -> None:
        changes = set(self._changes())
        for at, text in self._sent_to_read():
            found = text if text in changes else change_in(text)
            if found:
                self._add(at, "read-changes", found=found)

    def _sent_to_read(self) -> Iterator[tuple[Loc, str]]:
        profile = self._profile
        for key, section in profile.points.given().items():
            for index, read in enumerate(section.read):
                yield ("points", key, "read", index, "send"), read.send
        for kind, reads in profile.tables.given().items():
            for index, table in enumerate(reads):
                yield ("tables", kind.value, index, "send"), table.send
        if profile.version:
            yield ("version", "send"), profile.version.send
        for key in ("running", "startup"):
            text = getattr(profile.save, key) if profile.save else None
            if text is not None:
                yield ("save", key), text
        for index, look in enumerate(profile.readiness.looks):
            yield ("readiness", "looks", index, "send"), look.send
        for index, revert in enumerate(profile.readiness.reverts):
            yield ("readiness", "reverts", index, "send"), revert.send
        if profile.readiness.grant:
            yield ("readiness", "grant", "send"), profile.readiness.grant.send

    def _changes(self) -> Iterator[str]:
        profile = self._profile
        yield from profile.session.enter
        yield from profile.save.send if profile.save else ()
        for revert in profile.readiness.reverts:
            yield from revert.undo
        for section in profile.points.given().values():
            for method in section.methods.given().values():
                yield from (line.send for cut in method.isolate for line in cut.send)
                yield from (line.send for clause in method.restore for line in clause.send)

    # --- parts -----------------------------------------------------------------------------------------

    def _template(self, loc: Loc, text: str, values: Iterable[str]) -> None:
        known = sorted({*values, *self._document.keys("settings")})
        for name in sorted(Template.parse(text).names):
            if name not in known and not self._document.pruned("settings"):
                near = suggest(name, known)
                self._add(loc, "unknown-placeholder", name=name, known=listed(known), suggestion=near)

    def _regex(self, loc: Loc, pattern: str) -> re.Pattern[str] | None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                return re.compile(pattern, re.MULTILINE)
        except (re.error, OverflowError, RecursionError, Warning) as error:
            self._add(loc, "regex-invalid", detail=str(error))
            return None

    def _add(self, loc: Loc, code: str, **data: object) -> None:
        self._findings.add(self._document.file, self._document.at(loc), code, **data)
