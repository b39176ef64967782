"""One device looked at: log-ins, privileges, read-backs, what would undo a cut. Only readings are sent."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from controller.domain import napalm
from controller.domain.inventory import Device, Inventory, Method, PointId
from controller.domain.napalm import by_napalm
from controller.domain.plan import Severity
from controller.domain.profile import DeviceProfile
from controller.domain.profile.points import Line
from controller.domain.profile.readiness import Look, LookSpec
from controller.domain.readiness import DeviceReadiness, Obstacle
from controller.domain.startup import StartupState
from controller.engine.execution.credentials import CredentialRecord
from controller.engine.findings import Findings
from controller.engine.points.blocks import complete_answers
from controller.engine.points.reading import misread, read_state
from controller.engine.points.renderer import PointContext, isolations, read_commands, satisfies
from controller.engine.points.reverts import find_reverts
from controller.engine.points.startup import compared
from controller.engine.ports import Answer, Block, Command, Purpose, Session
from controller.engine.readiness.logins import Eyes, LogIns

_SOME = 3
"""Lines of a device's answer that a finding quotes."""

_FINDINGS = {Look.AAA: "aaa-no-local", Look.AUTOMATION: "acts-by-itself"}


@dataclass(frozen=True, slots=True)
class Target:
    """A point of the device and the methods that plans cut it with first."""

    context: PointContext
    methods: tuple[Method, ...]


@dataclass
class Examination(Findings):
    """Looks at one device. ``record`` is shared by all that are looked at: a credential that several reject
    is offered to no other."""

    device: Device
    profile: DeviceProfile
    targets: Sequence[Target]
    inventory: Inventory
    eyes: Eyes
    record: CredentialRecord
    _obstacles: list[Obstacle] = field(default_factory=list)

    def result(self) -> DeviceReadiness:
        """Never raises for what a device does; over at the latest after the time for a log-in with each
        credential and that for an operation."""
        clock, device = self.eyes.clock, self.device
        points = tuple(target.context.point.id for target in self.targets)
        began = clock.monotonic()
        logins = LogIns(self.device, self.profile, self.inventory, self.eyes, self.record)
        opened = logins.open()
        ready_at = clock.monotonic()
        answers: tuple[Answer, ...] = ()
        if opened is not None:
            answers = self._ask(opened.session)
        ended = clock.monotonic()
        if opened is not None:
            self._knock(opened.session)
            opened.session.close()
            logins.try_fallbacks(opened.credential)
        self._obstacles += logins.obstacles
        self.hazards |= logins.hazards
        if device.managed_by:
            self.hazard("pushed-back", Severity.WARN, device.name, manager=device.managed_by)
        already = self._judge(answers) if opened is not None else ()
        complete = sum(answer.complete for answer in answers)
        return DeviceReadiness(
            device=device.name,
            path=opened.path if opened else "",
            credential=opened.credential if opened else "",
            opened=_milliseconds(ready_at - began) if opened else 0,
            read=_milliseconds(ended - ready_at) if opened else 0,
            lines=complete,
            points=points,
            already=already,
            obstacles=_together(self._obstacles),
            hazards=tuple(sorted(self.hazards.values())),
        )

    # --- questions ---------------------------------------------------------------------------------------

    def _ask(self, session: Session) -> tuple[Answer, ...]:
        block = Block(tuple(Command(text, Purpose.READ) for text in self.questions()))
        session.write(block)
        return session.collect(self.eyes.clock.monotonic() + self.eyes.limits.operation)

    def _knock(self, session: Session) -> None:
        """Whether the way by which returns go there is open: it is entered, and left at once."""
        if not session.is_open or not by_napalm(self.profile, self.device):
            return
        session.write(Block((Command(f"{napalm.OPEN} check", Purpose.MODE),)))
        (answer,) = session.collect(self.eyes.clock.monotonic() + self.eyes.limits.operation)
        if not answer.complete or answer.text:
            said = answer.text.removeprefix(napalm.SAID) or "…"
            self.hazard("napalm-unready", Severity.WARN, self.device.name, said=said)

    def questions(self) -> tuple[str, ...]:
        """Every line that is sent, each once: what the points need comes first."""
        values = self._values
        readiness = self.profile.readiness
        lines: list[str] = [line for target in self.targets for line in read_commands(target.context)]
        lines += [look.send.fill(values) for look in readiness.looks]
        lines += [revert.send.fill(values) for revert in readiness.reverts]
        lines += self._grants
        save = self.profile.save
        if save is not None and save.running is not None and save.startup is not None:
            lines += [save.running, save.startup]
        return tuple(dict.fromkeys(lines))

    @property
    def _values(self) -> Mapping[str, str]:
        return {**self.profile.settings, **self.device.settings}

    @property
    def _grants(self) -> Mapping[str, tuple[PointId, ...]]:
        """Questions whether a line of a cut is allowed: one a line of the profile, with the points it is for.
        A line that the device's shell would take apart is not asked about."""
        grant = self.profile.readiness.grant
        if grant is None:
            return {}
        asked: dict[object, str] = {}
        points: dict[str, list[PointId]] = {}
        for target in self.targets:
            context = target.context
            for method in target.methods:
                ways = zip(context.spec.methods[method].ways, isolations(context, method), strict=True)
                sent = (pair for way, each in ways for pair in _sent(way.send, each.commands))
                for template, line in sent:
                    found = grant.line.search(line)
                    if found is None or not _one_command(line):
                        continue
                    filled = {**self._values, "command": found["command"]}
                    question = asked.setdefault(template, grant.send.fill(filled))
                    points.setdefault(question, []).append(context.point.id)
        return {question: tuple(dict.fromkeys(found)) for question, found in points.items()}

    # --- what the answers mean ---------------------------------------------------------------------------

    def _judge(self, answers: Sequence[Answer]) -> tuple[PointId, ...]:
        said = complete_answers(answers)
        if answers and not said:
            self._obstacles.append(Obstacle("no-answer", (("command", answers[0].command.text),)))
        if any(answer.paged for answer in answers):
            self.hazard("paged", Severity.WARN, self.device.name)
        already = []
        for target in self.targets:
            context = target.context
            state = read_state(context, said)
            if state is None:
                command, why = misread(context, said)
                self._obstacles.append(Obstacle(why, (("command", command),), (context.point.id,)))
                continue
            cuts = (cut for method in target.methods for cut in isolations(context, method))
            if any(satisfies(state, cut.expect) for cut in cuts):
                already.append(context.point.id)
        for look in self.profile.readiness.looks:
            self._look(look, said)
        now = self.eyes.clock.now()
        for hazard in find_reverts(self.device, self.profile, self.inventory, said, now):
            self.hazards.setdefault((hazard.code, hazard.culprit), hazard)
        self._granted(said)
        if compared(self.profile, said) is StartupState.DIFFERENT:
            self.hazard("startup-differs", Severity.WARN, self.device.name)
        return tuple(already)

    def _look(self, look: LookSpec, said: Mapping[str, str]) -> None:
        command = look.send.fill(self._values)
        answer = said.get(command)
        if answer is None or self.profile.error_in(answer) or (look.whole and not look.whole.search(answer)):
            self.hazard("not-seen", Severity.WARN, f"{self.device.name} {look.about}", command=command)
        elif found := _against(look, answer):
            if look.about is Look.PRIVILEGE:
                self._obstacles.append(Obstacle("no-privilege", (("command", command), ("said", found))))
            else:
                self.hazard(_FINDINGS[look.about], Severity.WARN, self.device.name, found=found)

    def _granted(self, said: Mapping[str, str]) -> None:
        grant = self.profile.readiness.grant
        for question, points in self._grants.items() if grant else ():
            answer = said.get(question)
            if answer is None:
                self.hazard("not-seen", Severity.WARN, f"{self.device.name} grant", command=question)
            elif grant is not None and not grant.granted.search(answer):
                self._obstacles.append(Obstacle("not-allowed", (("command", question),), points))


def _sent(templates: Sequence[Line], lines: Sequence[str]) -> Iterator[tuple[Line, str]]:
    """Each line with where it comes from; none where some vanish for want of a network."""
    return zip(templates, lines, strict=False) if len(lines) >= len(templates) else iter(())


def _against(look: LookSpec, answer: str) -> str:
    """What of the answer speaks against the device, "" where nothing does."""
    if look.good is not None:
        return "" if look.good.search(answer) else answer.strip()[:200]
    found = [each[0].strip() for each in look.bad.finditer(answer)] if look.bad is not None else []
    return "; ".join(found[:_SOME]) + (" …" if len(found) > _SOME else "")


def _together(obstacles: Iterable[Obstacle]) -> tuple[Obstacle, ...]:
    """Those of one cause as one, with all their points."""
    points: dict[tuple[str, tuple[tuple[str, str], ...]], dict[PointId, None]] = {}
    for each in obstacles:
        points.setdefault((each.code, each.data), {}).update(dict.fromkeys(each.points))
    return tuple(Obstacle(code, data, tuple(found)) for (code, data), found in points.items())


def _one_command(line: str) -> bool:
    """Whether a shell takes the line for one command, whatever is in its quotes."""
    if any(character in line for character in "`\n\r") or "$(" in line:
        return False
    try:
        lexer = shlex.shlex(line, posix=False, punctuation_chars=True)
        lexer.whitespace_split = True
        return not any(set(token) <= set("();<>|&") for token in lexer)
    except ValueError:
        return False


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
