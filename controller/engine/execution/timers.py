"""The timer behind one operation of a restore: begun with it, confirmed through another log-in, or left to
strike. And what a cut does with one that would undo it.

The device holds it where it can and says so before anything is sent; else the controller does: what was not
confirmed then stays held, and the watch over held points cuts it again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from controller.domain.facts import Fact
from controller.domain.napalm import untimed
from controller.domain.plan import Operation, TimerLines, Wave
from controller.domain.playbook import Action
from controller.domain.profile import DeviceProfile
from controller.domain.proof import Outcome
from controller.domain.timer import HELD_FOR, Holder, Timer, TimerState
from controller.engine.execution.running import Running
from controller.engine.points.blocks import complete_answers, interrupted
from controller.engine.ports import Answer, Block, Command, Purpose, Session

RUNS, FOREIGN, UNREADABLE, UNCONFIRMED = (
    "timer-runs",
    "timer-foreign",
    "timer-unreadable",
    "timer-unconfirmed",
)
"""Why nothing is sent to a device, or what was sent there is not known to stay; the text is
``cause.<value>``."""


class OperationTimer:
    """Of ``operation``, in ``wave`` of a run. Nothing of it raises but what commits; where it tells of what
    is to go on record, whoever calls puts it there with what it belongs to."""

    def __init__(self, running: Running, wave: Wave, operation: Operation, profile: DeviceProfile) -> None:
        self._running = running
        self._key = (running.run, wave.index, operation.device)
        self._device = operation.device
        self._lines = operation.timer if running.action is Action.RESTORE else None
        self._spec = profile.timer
        self._profile = profile
        self._by_device = False
        self._name = ""
        self._facts: list[Fact] = []

    # --- a restore -----------------------------------------------------------------------------------

    @property
    def lines(self) -> TimerLines | None:
        """What is sent in place of the operation's own lines: once :meth:`begin` said the device holds it, or
        where that is another way without a timer."""
        if self._lines is not None and not self._lines.read:
            return self._lines
        return self._lines.named(self._name) if self._lines and self._by_device else None

    @property
    def profile(self) -> DeviceProfile:
        """The device's, with the timer's words in place of the session's own where the device holds it."""
        spec, lines, profile = self._spec, self.lines, self._profile
        if lines is not None and not lines.read:
            return untimed(profile)
        if spec is None or lines is None:
            return profile
        session = profile.session
        commit = replace(spec.commit, discard=lines.discard) if spec.commit else session.commit
        leave = session.leave if spec.leave is None else tuple(map(str, spec.leave))
        return replace(profile, session=replace(session, commit=commit, leave=leave))

    @property
    def commits_within(self) -> int:
        """The seconds the device may take to commit, by itself or under its timer."""
        timed = self._spec.commit if self._spec and self._lines else None
        return max((each.within for each in (self.profile.session.commit, timed) if each), default=0)

    @property
    def may_have_left(self) -> bool:
        """Whether a candidate of this operation's may be on the device that outlives its session."""
        mine, lines = self._mine, self._lines
        return mine is not None and mine.holder is Holder.DEVICE and bool(lines and lines.abandoned)

    def look(self, session: Session, deadline: float, *, wanted: bool) -> str | None:
        """Before anything is sent, and after it by another log-in. ``wanted``: everything reads as it should.

        Confirms what this operation began where it does. Returns why nothing may be sent, and nothing is
        known to stay as it is: "" where all is well, None where the session or the time ended."""
        mine = self._mine
        if self._lines is None or self._spec is None:
            return ""
        said = self._ask(session, deadline)
        if said is None:
            return None
        runs = self._runs(said)
        can = not self._lines.needs or self._can(said)
        self._by_device = can and runs is False
        if mine is None or mine.holder is Holder.CONTROLLER:
            return self._others() if runs else ""
        if runs is None:
            return UNREADABLE
        if not runs:
            if not thrown_away(session, deadline, self._lines.named(mine.name)):
                return None
            self._close(mine, TimerState.OVER)
            return ""
        if not wanted:
            return RUNS
        return self._confirm(session, deadline, mine)

    def read_anew(self, *, known: bool, wanted: bool) -> None:
        """Another log-in than the one that sent read the points. What the controller holds ends there."""
        mine = self._mine
        if mine is not None and mine.holder is Holder.CONTROLLER and known:
            self._close(mine, TimerState.CONFIRMED if wanted else TimerState.OVER)

    def begin(self) -> list[Fact]:
        """That a restore's runs, with the intent: before the first byte."""
        run, wave, device = self._key
        if self._running.action is Action.ISOLATE:
            return []
        if self._by_device and self._lines is not None:
            self._name = named(run, wave, device, self._running.attempts.get(device, 0) + 1)
            return [Timer(run, wave, device, Holder.DEVICE, self._lines.after, name=self._name).fact()]
        return [Timer(run, wave, device, Holder.CONTROLLER, HELD_FOR).fact()]

    def facts(self) -> list[Fact]:
        """What became of it, to go on record; told once."""
        found, self._facts = self._facts, []
        return found

    @property
    def _mine(self) -> Timer | None:
        found = self._running.book.timers(self._device)
        return next((timer for timer in found if timer.key == self._key), None)

    def _others(self) -> str:
        """Whose the timer is that runs on the device: another step's of ours, or nobody's we know."""
        ours = any(timer.holder is Holder.DEVICE for timer in self._running.book.timers(self._device))
        return RUNS if ours else FOREIGN

    def _confirm(self, session: Session, deadline: float, mine: Timer) -> str | None:
        lines = self._lines
        if lines is None:
            return UNCONFIRMED
        confirm = lines.named(mine.name).confirm
        block = Block((*_changes(confirm), Command(lines.read, Purpose.READ)))
        if session.write(block) is Outcome.NOT_SENT:
            return None
        answers = session.collect(deadline)
        if interrupted(answers):
            return None
        if self._runs(complete_answers(answers)) is not False:
            return UNCONFIRMED
        self._close(mine, TimerState.CONFIRMED)
        return ""

    def _ask(self, session: Session, deadline: float) -> Mapping[str, str] | None:
        if self._lines is None:
            return {}
        texts = dict.fromkeys(text for text in (self._lines.needs, self._lines.read) if text)
        if session.write(Block(tuple(Command(text, Purpose.READ) for text in texts))) is Outcome.NOT_SENT:
            return None
        answers = session.collect(deadline)
        return None if interrupted(answers) else complete_answers(answers)

    def _can(self, said: Mapping[str, str]) -> bool:
        needs = self._spec.needs if self._spec else None
        answer = said.get(self._lines.needs, "") if self._lines else ""
        return needs is not None and needs.good.search(answer) is not None

    def _runs(self, said: Mapping[str, str]) -> bool | None:
        if self._spec is None or self._lines is None:
            return None
        answer = said.get(self._lines.read, "")
        if self._spec.pending.search(answer):
            return True
        return False if self._spec.none.search(answer) else None

    def _close(self, timer: Timer, state: TimerState) -> None:
        self._facts.append(replace(timer, state=state).fact())


def named(run: str, wave: int, device: str, attempt: int) -> str:
    """What one operation is called on its device: letters, digits and a hyphen, short enough for anybody."""
    of = hashlib.sha256(f"{run}\n{wave}\n{device}\n{attempt}".encode())
    return f"cordon-{of.hexdigest()[:8]}"


def thrown_away(session: Session, deadline: float, lines: TimerLines) -> bool:
    """Sends what throws away the candidate of an operation under a timer that runs no more: a session that
    broke before its commit may have left it. Where there is none, the device says so. False where the session
    or the time ended."""
    if not lines.abandoned:
        return True
    if session.write(Block(_changes(lines.abandoned))) is Outcome.NOT_SENT:
        return False
    return not interrupted(session.collect(deadline))


def _changes(lines: Sequence[str]) -> tuple[Command, ...]:
    """Of no group: that there is nothing to confirm is no reason to leave a cut out."""
    return tuple(Command(text, Purpose.CHANGE) for text in lines)


# --- a cut --------------------------------------------------------------------------------------------------


class TimersAtCut:
    """What a cut does with timers of returns that may run on its device. ``lines``: of the platform's."""

    def __init__(
        self, running: Running, device: str, profile: DeviceProfile, lines: TimerLines | None
    ) -> None:
        self._running = running
        self._device = device
        self._spec = profile.timer
        self._lines = lines if running.action is Action.ISOLATE else None

    @property
    def first(self) -> tuple[Command, ...]:
        """What is sent before the cut: the timer would bring the device back to how it was before the return,
        and this cut with it."""
        lines, mine = self._lines, self._on_device()
        if lines is None or not mine:
            return ()
        cancel = dict.fromkeys(line for timer in mine for line in lines.named(timer.name).cancel)
        return (*_changes(tuple(cancel)), Command(lines.read, Purpose.READ))

    def facts(self, answers: Sequence[Answer], state: TimerState = TimerState.TAKEN_AWAY) -> list[Fact]:
        """What ``answers`` to it say."""
        if self._lines is None or self._spec is None:
            return []
        if not self._spec.none.search(complete_answers(answers).get(self._lines.read, "")):
            return []
        return [replace(timer, state=state).fact() for timer in self._on_device()]

    def struck(self, session: Session, deadline: float) -> list[Fact]:
        """Where everything was cut already: whether a timer did it."""
        if self._lines is None or not self._on_device():
            return []
        if session.write(Block((Command(self._lines.read, Purpose.READ),))) is Outcome.NOT_SENT:
            return []
        return self.facts(session.collect(deadline), TimerState.OVER)

    def over(self) -> list[Fact]:
        """The controller's own end once nothing at the device is in doubt any more."""
        running = self._running
        found = running.book.timers(self._device) if running.action is Action.ISOLATE else ()
        mine = [timer for timer in found if timer.holder is Holder.CONTROLLER]
        if not mine or running.book.doubtful(self._device):
            return []
        return [replace(timer, state=TimerState.OVER).fact() for timer in mine]

    def _on_device(self) -> list[Timer]:
        found = self._running.book.timers(self._device)
        return [timer for timer in found if timer.holder is Holder.DEVICE]
