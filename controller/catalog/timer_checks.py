"""What must hold of a profile's timer, and of every other line: only a return may have one."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator

from controller.catalog.document import Document, Loc
from controller.catalog.findings import Findings, listed, suggest
from controller.catalog.profile_checks import POINT_VALUES, object_names
from controller.catalog.profile_shape import ProfileShape, TimerShape
from controller.catalog.read_only import change_in
from controller.domain.profile.returns import NapalmName
from controller.domain.template import Template
from controller.domain.timer import OPERATION, arms_timer

_TIMES = frozenset({"minutes", "seconds", "time"})
_SENT = _TIMES | {OPERATION}
_MINUTE = 60
_MOST_MINUTES = 120
"""Of a timer of IOS that NAPALM begins; it rounds down to minutes."""


class TimerCheck:
    def __init__(self, document: Document, profile: ProfileShape, findings: Findings) -> None:
        self._document = document
        self._profile = profile
        self._findings = findings

    def run(self) -> None:
        for at, line in self._elsewhere():
            if arms_timer(line):
                self._add(at, "timer-elsewhere", line=line)
        if timer := self._profile.timer:
            self._timer(timer)
        if (back := self._profile.drivers.restore) and not self._document.pruned(
            "drivers", "restore", "napalm"
        ):
            self._driver(back.napalm)
        for key, section in self._profile.points.given().items():
            for name, counter in section.counters.items():
                loc: Loc = ("points", key, "counters", name)
                value = self._regex((*loc, "value"), counter.value)
                if value and "value" not in value.groupindex:
                    self._add((*loc, "value"), "counter-group")
                self._reading((*loc, "send"), counter.send)
                self._template((*loc, "send"), counter.send, POINT_VALUES | object_names(section))

    def _driver(self, driver: NapalmName) -> None:
        timer = self._profile.timer
        if timer is None and driver.timed and not self._document.pruned("timer"):
            self._add_at_key(("drivers", "restore"), "driver-needs-timer")
        elif timer is not None and not driver.timed:
            self._add_at_key(("drivers", "restore"), "driver-without-timer", driver=driver.value)
        elif timer is not None and driver is NapalmName.IOS:
            fits = timer.after % _MINUTE == 0 and timer.after <= _MOST_MINUTES * _MINUTE
            if not fits and not self._document.pruned("timer", "after"):
                self._add(("timer", "after"), "driver-minutes", most=_MOST_MINUTES)

    def _timer(self, timer: TimerShape) -> None:
        for key in ("pending", "none"):
            self._regex(("timer", key), getattr(timer, key))
        self._reading(("timer", "send"), timer.send)
        self._template(("timer", "send"), timer.send)
        if timer.needs:
            self._reading(("timer", "needs", "send"), timer.needs.send)
            self._regex(("timer", "needs", "good"), timer.needs.good)
        named: set[str] = set()
        for keys, lines in timer.lines().items():
            for index, line in enumerate(lines):
                named |= self._template(("timer", *keys, index), line, _SENT)
        if not timer.confirm and not self._document.pruned("timer", "confirm"):
            self._add_at_key(("timer", "confirm"), "timer-confirm-empty")
        pruned = any(self._document.pruned("timer", key) for key in ("enter", "commit", "leave"))
        if not timer.enter and not timer.commit and not timer.leave and not pruned:
            self._add_at_key(("timer",), "timer-not-armed")
        of_one = any(OPERATION in Template.parse(line).names for line in timer.confirm)
        if of_one and not timer.cancel and not self._document.pruned("timer", "cancel"):
            self._add_at_key(("timer", "confirm"), "timer-cancel-missing")
        if not self._document.pruned("timer", "after") and (
            timer.after < _MINUTE or ("minutes" in named and timer.after % _MINUTE)
        ):
            self._add(("timer", "after"), "timer-after")

    def _elsewhere(self) -> Iterator[tuple[Loc, str]]:
        """Every line that is sent but for the timer's own."""
        profile = self._profile
        for key in ("prepare", "enter", "leave"):
            for index, line in enumerate(getattr(profile.session, key)):
                yield ("session", key, index), line
        for index, line in enumerate(profile.session.commit.send if profile.session.commit else ()):
            yield ("session", "commit", "send", index), line
        for index, line in enumerate(profile.save.send if profile.save else ()):
            yield ("save", "send", index), line
        for key, section in profile.points.given().items():
            for method, shape in section.methods.given().items():
                at: Loc = ("points", key, "methods", method.value)
                for number, cut in enumerate(shape.isolate):
                    for index, sent in enumerate(cut.send):
                        yield (*at, "isolate", number, "send", index), sent.send
                for number, clause in enumerate(shape.restore):
                    for index, sent in enumerate(clause.send):
                        yield (*at, "restore", number, "send", index), sent.send

    # --- parts -----------------------------------------------------------------------------------------

    def _reading(self, loc: Loc, text: str) -> None:
        found = change_in(text)
        if found:
            self._add(loc, "read-changes", found=found)

    def _template(self, loc: Loc, text: str, values: Iterable[str] = _TIMES) -> frozenset[str]:
        known = sorted({*values, *self._document.keys("settings")})
        names = Template.parse(text).names
        for name in sorted(names):
            if name not in known and not self._document.pruned("settings"):
                near = suggest(name, known)
                self._add(loc, "unknown-placeholder", name=name, known=listed(known), suggestion=near)
        return frozenset(names)

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

    def _add_at_key(self, loc: Loc, code: str, **data: object) -> None:
        self._findings.add(self._document.file, self._document.at_key(loc), code, **data)
