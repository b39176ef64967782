"""A made-up device with ports, trunks and prefix sets, and the driver to it: the oracle of engine tests.

It understands only its own few words, refuses everything else, and keeps a log of every line that reached it.
Faults strike lines by pattern; ``gate`` lets a test stand between two lines with real threads.
"""

from __future__ import annotations

import copy
import re
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from types import MappingProxyType

from controller.domain.inventory import Device, Method, PointKind
from controller.domain.probe import ProbeKind
from controller.domain.profile import DeviceProfile
from controller.domain.profile.points import LimitSpec, Line, MethodSpec, PointSpec, RestoreClause
from controller.domain.profile.reading import CounterSpec, Each, Read, RegexParse
from controller.domain.profile.returns import NeedSpec, TimerSpec
from controller.domain.profile.session import SessionSpec
from controller.domain.profile.surroundings import ProbeSpec, VersionSpec
from controller.domain.proof import Outcome
from controller.domain.template import Template
from controller.engine.points.blocks import Course
from controller.engine.ports import Answer, Block, Command, Login, OpenCause, OpenFailed, Purpose, Session

PLATFORM = "board"
QUARANTINE = "999"


class Fault(Enum):
    """What happens to a line: ``LOSE`` and ``HANG`` before it takes effect, ``DROP`` and ``STALL`` after."""

    REFUSE = auto()
    IGNORE = auto()
    LOSE = auto()
    DROP = auto()
    HANG = auto()
    STALL = auto()
    GARBLE = auto()


@dataclass
class Strike:
    fault: Fault
    line: str = "."
    times: int | None = None


@dataclass
class Port:
    admin: str = "up"
    pvid: str = "10"
    vlans: set[str] = field(default_factory=set)


@dataclass
class Board:
    """``startup`` holds what was saved last. ``received``: every line with the number of the session that
    brought it. ``changes``: those of them that were meant to change something."""

    name: str
    ports: dict[str, Port] = field(default_factory=dict)
    sets: dict[str, set[str]] = field(default_factory=dict)
    strikes: list[Strike] = field(default_factory=list)
    closed: OpenCause | None = None
    version: str = "1.0"
    startup: str = ""
    received: list[str] = field(default_factory=list)
    archive: bool = True
    counts: dict[str, int] = field(default_factory=dict)
    """What came in at a port."""
    kept: tuple[dict[str, Port], dict[str, set[str]]] | None = None
    """What a timer returns to while one runs; :meth:`strike` is the end of its time."""
    lock: threading.RLock = field(default_factory=threading.RLock, repr=False)

    def keep(self) -> None:
        self.kept = copy.deepcopy((self.ports, self.sets))

    def strike(self) -> None:
        if self.kept is not None:
            (self.ports, self.sets), self.kept = self.kept, None

    def configuration(self) -> tuple[object, ...]:
        return (
            {name: (port.admin, port.pvid, tuple(sorted(port.vlans))) for name, port in self.ports.items()},
            {name: tuple(sorted(found)) for name, found in self.sets.items()},
        )

    @property
    def changes(self) -> list[str]:
        return [line for line in self.received if is_change(line)]

    def struck(self, line: str) -> Fault | None:
        for strike in self.strikes:
            if strike.times != 0 and re.search(strike.line, line):
                if strike.times is not None:
                    strike.times -= 1
                return strike.fault
        return None


def is_change(line: str) -> bool:
    return line.split(maxsplit=1)[0] in {"port", "trunk", "set"}


class _Silence(Exception):
    pass


class _HungUp(Exception):
    pass


class BoardDriver:
    """``at_line`` is called with board and line before anything happens to it, outside all locks;
    ``at_open`` before a session is had. Either may raise, or wait."""

    def __init__(self, boards: Iterable[Board], clock: FakeClock) -> None:
        self.boards = {board.name: board for board in boards}
        self.clock = clock
        self.at_line: Callable[[Board, str], None] = lambda _board, _line: None
        self.at_open: Callable[[str], None] = lambda _name: None
        self.session: type[BoardSession] = BoardSession
        self.blocking = False
        self.sessions: list[BoardSession] = []
        self.opened: list[str] = []
        self.volleys: list[list[str]] = []
        self.refuses: set[str] = set()
        """Devices whose sessions take no whole block."""

    def open(
        self, device: Device, profile: DeviceProfile, logins: Sequence[Login], deadline: float
    ) -> BoardSession:
        self.at_open(device.name)
        board = self.boards.get(device.name)
        if board is None:
            raise OpenFailed(device.name, OpenCause.UNREACHABLE)
        if board.closed is not None:
            raise OpenFailed(device.name, board.closed, "refused by the test")
        session = self.session(self, board, profile)
        self.sessions.append(session)
        self.opened.append(device.name)
        return session

    def fire(self, volley: Sequence[tuple[Session, Block]]) -> tuple[Outcome, ...]:
        self.volleys.append(
            [session.board.name for session, _ in volley if isinstance(session, BoardSession)]
        )
        return tuple(
            session.fire(block) if isinstance(session, BoardSession) else Outcome.NOT_SENT
            for session, block in volley
        )

    @property
    def still_open(self) -> list[BoardSession]:
        return [session for session in self.sessions if session.is_open]


class BoardSession:
    """Lines reach the board while they are collected, the first already when it is written. A hanging line
    answers at once as if the deadline had passed; with ``driver.blocking`` it waits to be closed."""

    def __init__(self, driver: BoardDriver, board: Board, profile: DeviceProfile) -> None:
        self.board = board
        self._driver = driver
        self._profile = profile
        self._closed = threading.Event()
        self._pending: Block | None = None
        self._configuring = False
        self._silent = False
        self._fired: tuple[Answer, ...] | None = None

    @property
    def is_open(self) -> bool:
        return not self._closed.is_set()

    def fire(self, block: Block) -> Outcome:
        """The board takes all of it before anybody hears what it says; of an answer that is not whole, none
        counts."""
        if not self.is_open or self.board.name in self._driver.refuses:
            return Outcome.NOT_SENT
        answers = []
        for command in block.commands:
            if self._silent or not self.is_open:
                answers.append(Answer(command, "", complete=False))
                continue
            self._driver.at_line(self.board, command.text)
            try:
                answers.append(Answer(command, self._run(command.text), complete=True))
            except _HungUp:
                self.close()
                answers.append(Answer(command, "", complete=False))
            except _Silence:
                self._silent = True
                answers.append(Answer(command, "", complete=False))
        self._fired = tuple(answers)
        return Outcome.SENT

    def _heard(self, answers: tuple[Answer, ...], deadline: float) -> tuple[Answer, ...]:
        if self._silent:
            self._driver.clock.reach(deadline)
        if all(answer.complete for answer in answers):
            return answers
        self.close()
        return tuple(replace(answer, text="", complete=False) for answer in answers)

    def write(self, block: Block) -> Outcome:
        if not self.is_open:
            return Outcome.NOT_SENT
        self._pending = block
        return Outcome.SENT

    def collect(self, deadline: float) -> tuple[Answer, ...]:
        if self._fired is not None:
            fired, self._fired = self._fired, None
            return self._heard(fired, deadline)
        block, self._pending = self._pending, None
        answers: list[Answer] = []
        course = Course(self._profile, block.commit if block else None)
        for command in block.commands if block else ():
            if self._silent or not self.is_open or not course.sends(command):
                answers.append(Answer(command, "", complete=False, sent=False))
                continue
            answer = self._exchange(command, deadline)
            answers.append(answer)
            if answer.complete:
                course.told(command, answer.text)
        return tuple(answers)

    def close(self) -> None:
        self._closed.set()

    def _exchange(self, command: Command, deadline: float) -> Answer:
        self._driver.at_line(self.board, command.text)
        if not self.is_open:
            return Answer(command, "", complete=False, sent=False)
        try:
            return Answer(command, self._run(command.text), complete=True)
        except _HungUp:
            self.close()
        except _Silence:
            self._silent = True
            if self._driver.blocking:
                self._closed.wait()
            else:
                self._driver.clock.reach(deadline)
        return Answer(command, "", complete=False)

    def _run(self, line: str) -> str:
        board = self.board
        with board.lock:
            board.received.append(line)
            fault = board.struck(line)
            if fault is Fault.REFUSE:
                return "% refused"
            if fault is Fault.LOSE:
                raise _HungUp
            if fault is Fault.HANG:
                raise _Silence
            said = "ok" if fault is Fault.IGNORE and is_change(line) else self._execute(line)
            if fault is Fault.DROP:
                raise _HungUp
            if fault is Fault.STALL:
                raise _Silence
            return "#!?~" if fault is Fault.GARBLE else said

    def _execute(self, line: str) -> str:  # noqa: C901, PLR0911, PLR0912 - one case per word
        board = self.board
        match line.split():
            case ["configure"]:
                self._configuring = True
            case ["configure", "revert", _] if board.archive and board.kept is None:
                board.keep()
                self._configuring = True
            case ["confirm"] if board.kept is not None:
                board.kept = None
            case ["show", "count", name] if name in board.ports:
                return f"count {board.counts.get(name, 0)}"
            case ["show", "timer"]:
                return "no timer" if board.kept is None else "timer runs"
            case ["show", "archive"]:
                return "archive on" if board.archive else "archive off"
            case ["end"]:
                self._configuring = False
            case ["show", "port", name] if name in board.ports:
                port = board.ports[name]
                return f"port {name} admin {port.admin} link {port.admin} pvid {port.pvid} end"
            case ["show", "trunk", name] if name in board.ports:
                return f"trunk {name} vlans {' '.join(sorted(board.ports[name].vlans))} end"
            case ["show", "set", name] if name in board.sets:
                return "\n".join([f"set {name} begin", *sorted(board.sets[name]), f"set {name} end"])
            case ["show", "running"]:
                return _printed(board)
            case ["show", "startup"]:
                return board.startup
            case ["save"]:
                board.startup = _printed(board)
            case ["show", "version"]:
                return f"board version {board.version}"
            case ["ping", address, _]:
                return f"{address} is alive"
            case ["port", name, "up" | "down" as admin] if self._configuring and name in board.ports:
                board.ports[name].admin = admin
            case ["port", name, "pvid", vlan] if self._configuring and name in board.ports:
                board.ports[name].pvid = vlan
            case ["trunk", name, "carry", vlan] if self._configuring and name in board.ports:
                board.ports[name].vlans.add(vlan)
            case ["trunk", name, "drop", vlan] if self._configuring and name in board.ports:
                board.ports[name].vlans.discard(vlan)
            case ["set", name, "add", prefix] if self._configuring and name in board.sets:
                board.sets[name].add(prefix)
            case ["set", name, "del", prefix] if self._configuring and name in board.sets:
                board.sets[name].discard(prefix)
            case _:
                return "% what?"
        return ""


def _printed(board: Board) -> str:
    return "\n".join(repr(part) for part in board.configuration())


class FakeClock:
    """Time moves only by pauses and by deadlines run out; every reading of the wall clock is later than the
    one before."""

    def __init__(self) -> None:
        self._seconds = 0.0
        self._readings = 0
        self._lock = threading.Lock()
        self.start = datetime(2026, 1, 5, 3, 0, tzinfo=UTC)

    def now(self) -> datetime:
        with self._lock:
            self._readings += 1
            return self.start + timedelta(seconds=self._seconds, microseconds=self._readings)

    def monotonic(self) -> float:
        return self._seconds

    def pause(self, seconds: float) -> None:
        with self._lock:
            self._seconds += seconds

    def reach(self, deadline: float) -> None:
        with self._lock:
            self._seconds = max(self._seconds, deadline)


# --- the board as a platform ----------------------------------------------------------------------------


def lines(*texts: str, each: Each | None = None) -> tuple[Line, ...]:
    return tuple(Line(Template.parse(text), each) for text in texts)


def values(**fields: str | tuple[str, ...]) -> Mapping[str, tuple[Template, ...]]:
    return {
        name: tuple(Template.parse(one) for one in ((wanted,) if isinstance(wanted, str) else wanted))
        for name, wanted in fields.items()
    }


def _port(*, tagged: bool) -> PointSpec:
    port = Read(
        Template.parse("show port ${interface}"),
        (
            RegexParse(
                Template.parse(
                    r"^port ${interface} admin (?P<admin>up|down) link (?P<link>up|down) "
                    r"pvid (?P<pvid>\d+) end$"
                )
            ),
        ),
    )
    trunk = Read(
        Template.parse("show trunk ${interface}"),
        (
            RegexParse(
                Template.parse(r"^trunk ${interface} vlans (?:\d+ )*${vlan} (?:\d+ )*end$"),
                given=Template.parse(r"^trunk ${interface} vlans (?:\d+ )* ?end$"),
                matched={"carried": "yes"},
                otherwise={"carried": "no"},
            ),
        ),
    )
    shutdown = MethodSpec(
        isolate=lines("port ${interface} down"),
        isolated=values(admin="down", link="down"),
        restore=(RestoreClause(lines("port ${interface} up"), values(admin="up")),),
    )
    vlan = MethodSpec(
        isolate=lines("port ${interface} pvid ${quarantine_vlan}"),
        isolated=values(pvid="${quarantine_vlan}"),
        restore=(RestoreClause(lines("port ${interface} pvid ${was.pvid}")),),
    )
    tagged_vlan = MethodSpec(
        isolate=lines("trunk ${interface} drop ${vlan}"),
        isolated=values(carried="no"),
        restore=(RestoreClause(lines("trunk ${interface} carry ${vlan}"), values(carried="yes")),),
    )
    return PointSpec(
        kind=PointKind.INTERFACE,
        reads=(port, trunk) if tagged else (port,),
        config=("admin", "carried") if tagged else ("admin", "pvid"),
        observed=("link",),
        methods={Method.SHUTDOWN: shutdown, Method.VLAN: tagged_vlan if tagged else vlan},
        tagged=tagged,
        counters={
            "packets": CounterSpec(
                Template.parse("show count ${interface}"), re.compile(r"^count (?P<value>\d+)$")
            )
        },
    )


_PAIR = "set ${{interface}} {} ${{prefix}}>${{target}}"


def _policy() -> PointSpec:
    """A set of the prefixes that are cut; of those under ``only:``, all but what is named with ``>`` is."""
    whole = Template.parse(r"\Aset ${interface} begin$(?:\n.*)*?^set ${interface} end\Z")

    def parse(each: Each, name: str, pattern: str = "^${prefix}$") -> RegexParse:
        return RegexParse(
            Template.parse(pattern),
            given=whole,
            matched={name: "yes"},
            otherwise={name: "no"},
            each=each,
        )

    def through(each: Each, name: str) -> RegexParse:
        return RegexParse(
            Template.parse(rf"^(?P<source>[^>\s]+)>(?P<{name}>\S+)$"),
            given=whole,
            otherwise={name: "none"},
            each=each,
            listed=frozenset({name}),
        )

    read = Read(
        Template.parse("show set ${interface}"),
        (
            RegexParse(
                Template.parse(r"\Aset ${interface} begin$(?:\n.*)*?^set ${interface} end\Z"),
                matched={"listed": "yes"},
            ),
            parse(Each.PREFIX4, "in4"),
            parse(Each.PREFIX6, "in6"),
            parse(Each.PREFIX4, "only4", "^only:${prefix}$"),
            parse(Each.PREFIX6, "only6", "^only:${prefix}$"),
            through(Each.PREFIX4, "to4"),
            through(Each.PREFIX6, "to6"),
        ),
    )
    both = ((Each.ALLOWED4, Each.FORMER4), (Each.ALLOWED6, Each.FORMER6))
    limit = LimitSpec(
        send=(
            *lines("set ${interface} add only:${prefix}", each=Each.PREFIX4),
            *lines("set ${interface} add only:${prefix}", each=Each.PREFIX6),
            *(line for _, each in both for line in lines(f"{_PAIR.format('del')}", each=each)),
            *(line for each, _ in both for line in lines(f"{_PAIR.format('add')}", each=each)),
        ),
        limited=values(only4=("yes", "none"), only6=("yes", "none"), to4="${targets4}", to6="${targets6}"),
        lift=(
            RestoreClause(
                lines("set ${interface} del only:${prefix}", each=Each.PREFIX4), values(only4="no")
            ),
            RestoreClause(
                lines("set ${interface} del only:${prefix}", each=Each.PREFIX6), values(only6="no")
            ),
            *(RestoreClause(lines(_PAIR.format("del"), each=each)) for _, each in both),
        ),
    )
    method = MethodSpec(
        isolate=(
            *lines("set ${interface} add ${prefix}", each=Each.PREFIX4),
            *lines("set ${interface} add ${prefix}", each=Each.PREFIX6),
        ),
        isolated=values(in4=("yes", "none"), in6=("yes", "none")),
        restore=(
            RestoreClause(lines("set ${interface} del ${prefix}", each=Each.PREFIX4), values(in4="no")),
            RestoreClause(lines("set ${interface} del ${prefix}", each=Each.PREFIX6), values(in6="no")),
        ),
        spares_keep_alive=True,
        limit=limit,
    )
    return PointSpec(
        kind=PointKind.POLICY,
        reads=(read,),
        config=("in4", "in6", "only4", "only6", "to4", "to6"),
        observed=("listed",),
        methods={Method.POLICY: method},
    )


def _gate() -> PointSpec:
    """A prefix set that lets through what is excepted: all else is cut, whoever's it is."""
    return PointSpec(
        kind=PointKind.TUNNEL,
        reads=(
            Read(
                Template.parse("show set ${interface}"),
                (
                    RegexParse(
                        Template.parse(
                            r"\Aset ${interface} begin$(?:\n.*)*?^all$(?:\n.*)*?^set ${interface} end\Z"
                        ),
                        given=Template.parse(r"\Aset ${interface} begin$(?:\n.*)*?^set ${interface} end\Z"),
                        matched={"all": "yes"},
                        otherwise={"all": "no"},
                    ),
                ),
            ),
        ),
        config=("all",),
        observed=(),
        methods={
            Method.TUNNEL: MethodSpec(
                isolate=lines("set ${interface} add all"),
                isolated=values(all="yes"),
                restore=(RestoreClause(lines("set ${interface} del all"), values(all="no")),),
                spares_keep_alive=True,
            )
        },
    )


TIMER = TimerSpec(
    after=120,
    send=Template.parse("show timer"),
    pending=re.compile(r"^timer runs$"),
    none=re.compile(r"^no timer$"),
    confirm=(Template.parse("confirm"),),
    enter=(Template.parse("configure revert ${minutes}"),),
    needs=NeedSpec(Template.parse("show archive"), re.compile(r"^archive on$")),
)
"""The timer of a board that has one: :func:`board_profile` has none."""


def board_profile(settle: int = 0) -> DeviceProfile:
    return DeviceProfile(
        platform=PLATFORM,
        session=SessionSpec(
            netmiko="generic",
            enter=("configure",),
            leave=("end",),
            errors=(re.compile(r"(?m)^% .+"),),
            settle=settle,
        ),
        points=MappingProxyType(
            {
                (PointKind.INTERFACE, False): _port(tagged=False),
                (PointKind.INTERFACE, True): _port(tagged=True),
                (PointKind.POLICY, False): _policy(),
                (PointKind.TUNNEL, False): _gate(),
            }
        ),
        probes={
            ProbeKind.ICMP: ProbeSpec(Template.parse("ping ${address} ${port}"), re.compile("is alive")),
        },
        settings={"quarantine_vlan": QUARANTINE},
        digest="board",
        version=VersionSpec("show version", re.compile(r"^board version (\S+)$")),
    )


__all__ = [
    "PLATFORM",
    "QUARANTINE",
    "TIMER",
    "Board",
    "BoardDriver",
    "BoardSession",
    "FakeClock",
    "Fault",
    "Port",
    "Purpose",
    "Strike",
    "board_profile",
    "is_change",
    "lines",
    "values",
]
