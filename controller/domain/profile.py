"""What a platform understands: per kind of point how its state is read and how it is cut and restored.

A profile is data. ``PointSpec`` reads one *state* for the whole kind: a mapping of field to value,
parted into ``config`` (what a person or Cordon sets; the baseline, compared and restored) and
``observed`` (what follows from it: link state, sessions). Each method then says which lines cut, what
the state looks like when cut, and which lines bring the baseline back.

Names a template may use, beside the device's ``settings``: ``interface`` (the point's object),
``vlan``, ``subject``, ``prefixes4`` and ``prefixes6`` (comma-separated), ``prefix`` within ``each``,
and in restore lines ``was.<field>``: the baseline. The lines of a limit also know ``target`` within ``each``,
and what it expects ``targets4`` and ``targets6``: all of a family, sorted, joined by commas, or ``none``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from controller.domain.inventory import Method, PointKind, ProbeKind
from controller.domain.template import Template

State = Mapping[str, str]
"""The state of a point as read: field to value, complete or not at all."""

Condition = Mapping[str, tuple[Template, ...]]
"""Field to the values that satisfy it; an empty mapping always holds."""


SOURCE = "source"
"""The group of a pattern that tells of which network a listed match speaks."""


class TableKind(StrEnum):
    """What a device knows of those connected to it."""

    MAC = "mac"
    ARP = "arp"
    SESSIONS = "sessions"


class Look(StrEnum):
    """What a readiness check looks at on the device itself: whether the session has the privileges a cut
    needs, how log-ins are authorised, and what acts on the device by itself."""

    PRIVILEGE = "privilege"
    AAA = "aaa"
    AUTOMATION = "automation"


class RevertKind(StrEnum):
    """What would undo a cut: a restart, a timer that brings the former configuration back, or the loss of
    whoever manages the device."""

    RELOAD = "reload"
    TIMER = "timer"
    CONNECTION = "connection"


class Each(StrEnum):
    """A line repeated, or a pattern required, once for each prefix of the subject; or, in a limit, a line
    repeated for each network let through, and for each that was let through before. Where such a line names
    ``prefix``, it is repeated for each pair of the two."""

    PREFIX4 = "prefixes4"
    PREFIX6 = "prefixes6"
    ALLOWED4 = "allowed4"
    ALLOWED6 = "allowed6"
    FORMER4 = "former4"
    FORMER6 = "former6"


@dataclass(frozen=True, slots=True)
class Line:
    """One command. With ``each`` it is repeated per prefix, and vanishes where there are none."""

    send: Template
    each: Each | None = None


@dataclass(frozen=True, slots=True)
class RegexParse:
    """Named groups of ``pattern`` are fields. Where it does not match but ``given`` does, the fields are
    ``otherwise``: an absence counts only in an answer recognised as one.

    With ``each``, the pattern is tried once per prefix: fields on which all agree keep their value, else
    ``partial``; with no prefix, each field of ``otherwise`` is ``none``. ``values`` renames raw values.
    ``within`` turns a field that is a list of numbers and ranges (``1,5-7``, over any number of lines) into
    ``yes`` or ``no``: whether the number it gives is in it, or the port (``1/1/4`` in ``1/1/1-8``); ``all``
    holds every number.
    ``listed``: fields that hold what every match gives, sorted, joined by commas. Where the pattern has a
    group ``source``, a network, only matches that touch the prefix count, and those of another network say
    so.
    """

    pattern: Template
    given: Template | None = None
    otherwise: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    matched: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    values: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    each: Each | None = None
    within: Mapping[str, Template] = field(default_factory=lambda: MappingProxyType({}))
    listed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class TableParse:
    """A TextFSM template of ntc-templates (``cisco_ios_show_vlan``), the row wanted and its columns."""

    template: str
    row: Mapping[str, Template]
    fields: Mapping[str, str]
    otherwise: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    values: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))


Parse = RegexParse | TableParse


@dataclass(frozen=True, slots=True)
class Read:
    """A command that changes nothing and how its answer is understood. Reads of several points that
    come out as the same text are sent once."""

    send: Template
    parse: tuple[Parse, ...]


@dataclass(frozen=True, slots=True)
class RestoreClause:
    """``send`` where the baseline satisfies ``when``."""

    send: tuple[Line, ...]
    when: Condition = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class LimitSpec:
    """How a cut point comes back for some networks alone. ``send`` writes what is let through and denies the
    rest, before the cut is taken away; ``limited`` is what that looks like, beside the baseline; ``lift``
    takes it away once nothing of it is wanted. A cut needs none of that: it comes first on the device."""

    send: tuple[Line, ...]
    limited: Condition
    lift: tuple[RestoreClause, ...]


@dataclass(frozen=True, slots=True)
class MethodSpec:
    """``isolated`` is what *confirmed* means. ``spares_keep_alive``: traffic of the conduit's kept
    segments goes on through the cut point. ``limit``: None where the method knows all or nothing.
    ``fixed``: ``isolated`` as values, where it names nothing of the point."""

    isolate: tuple[Line, ...]
    isolated: Condition
    restore: tuple[RestoreClause, ...]
    spares_keep_alive: bool = False
    limit: LimitSpec | None = None
    fixed: Mapping[str, tuple[str, ...]] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # The same at every point of a large plan: filled in once.
        alike = not any(wanted.names for options in self.isolated.values() for wanted in options)
        fixed = {name: tuple(map(str, options)) for name, options in self.isolated.items()}
        object.__setattr__(self, "fixed", fixed if alike else None)


@dataclass(frozen=True, slots=True)
class CounterSpec:
    """A reading of a point that only ever grows: the sum of what the group ``value`` of each match gives. An
    answer without a match says nothing."""

    send: Template
    value: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class PointSpec:
    """``counters``: what a tripwire may count there, by name."""

    kind: PointKind
    reads: tuple[Read, ...]
    config: tuple[str, ...]
    observed: tuple[str, ...]
    methods: Mapping[Method, MethodSpec]
    tagged: bool = False
    counters: Mapping[str, CounterSpec] = field(default_factory=lambda: MappingProxyType({}))
    per_ipv6_network: frozenset[str] = field(init=False, repr=False, compare=False)
    """The fields that tell of each IPv6 network cut there."""

    def __post_init__(self) -> None:
        parses = (parse for read in self.reads for parse in read.parse if isinstance(parse, RegexParse))
        fields = (
            name
            for parse in parses
            if parse.each is Each.PREFIX6
            for name in (*parse.matched, *parse.otherwise)
        )
        object.__setattr__(self, "per_ipv6_network", frozenset(fields))

    @property
    def fields(self) -> tuple[str, ...]:
        return self.config + self.observed

    @property
    def limiting(self) -> tuple[Method, LimitSpec] | None:
        """The method by which such a point comes back for some networks alone, if any does."""
        found = ((method, spec.limit) for method, spec in self.methods.items() if spec.limit is not None)
        return next(found, None)


@dataclass(frozen=True, slots=True)
class CommitSpec:
    """What makes the lines of a block a change, where they are a candidate until then. ``send`` may take
    ``within`` seconds a line; it failed where ``errors`` match, or ``done`` is given and does not. Then, and
    where nothing of the block was taken, ``discard`` throws the candidate away. ``abandoned`` are the lines
    that throw away, in a new session, what one that broke left behind: none where it goes with its
    session. Lines of a step that ``behind`` matches wait until the commit is done. ``by_hand``: what a person
    types for ``send``, where that is something else."""

    send: tuple[str, ...]
    discard: tuple[str, ...]
    within: int = 120
    errors: tuple[re.Pattern[str], ...] = ()
    done: re.Pattern[str] | None = None
    abandoned: tuple[str, ...] = ()
    behind: tuple[re.Pattern[str], ...] = ()
    by_hand: tuple[str, ...] = ()

    def failed(self, answer: str) -> bool:
        if any(pattern.search(answer) for pattern in self.errors):
            return True
        return self.done is not None and self.done.search(answer) is None


@dataclass(frozen=True, slots=True)
class InsistSpec:
    """A line that ``line`` matches must be answered so that ``answered`` is found in the line and, below it,
    its answer: anything else counts as refused, and what follows it is not sent."""

    line: re.Pattern[str]
    answered: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class ClientSpec:
    """A program of the device's own in which the lines are typed, where a log-in ends outside of it.

    ``start`` begins it; what it asks then, ``asked``, is answered by the log-in's password. ``prompt`` tells
    that the session is inside; ``leave`` is the line out of it."""

    start: str
    asked: re.Pattern[str]
    prompt: re.Pattern[str]
    leave: str


@dataclass(frozen=True, slots=True)
class AtOnceSpec:
    """What lets a cut go out in one write, unread: at most ``bytes`` of it, where each step's first line, and
    no other of it, matches ``context``: the one that opens where the others belong."""

    bytes: int
    context: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class SessionSpec:
    """``netmiko`` is the device type; ``type_ahead`` the bytes a line takes unread (0: one line at a time);
    ``settle`` the milliseconds a state may take to follow its command. ``noise`` is what a message looks like
    that the device prints unasked, from its first character to the end of its line; ``echo`` is False where
    it does not repeat what it is sent. ``locked`` is what it says while somebody else has the configuration
    to himself. ``insist`` are lines that must be answered as it says, ``escape`` those that lead out of where
    a refused line left the session, so that the next step begins where it expects to. ``at_once``: None where
    a change goes line by line whatever happens; ``client``: None where a log-in leads to the lines' own
    prompt."""

    netmiko: str
    enable: bool = False
    prepare: tuple[str, ...] = ()
    enter: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()
    errors: tuple[re.Pattern[str], ...] = ()
    type_ahead: int = 0
    settle: int = 2000
    noise: tuple[re.Pattern[str], ...] = ()
    echo: bool = True
    locked: tuple[re.Pattern[str], ...] = ()
    commit: CommitSpec | None = None
    insist: tuple[InsistSpec, ...] = ()
    escape: tuple[str, ...] = ()
    at_once: AtOnceSpec | None = None
    client: ClientSpec | None = None

    @property
    def closing(self) -> tuple[str, ...]:
        """The lines after a change, where nothing goes wrong."""
        return (*self.commit.send, *self.leave) if self.commit else self.leave


@dataclass(frozen=True, slots=True)
class Question:
    """What the device may ask after a line, and what it is told; any other question stays unanswered."""

    asked: re.Pattern[str]
    reply: str


@dataclass(frozen=True, slots=True)
class SaveSpec:
    """``running`` and ``startup`` print what is compared, lines matching ``ignore`` left out. ``lasting``:
    methods whose effect survives a reboot without being saved."""

    send: tuple[str, ...] = ()
    running: str | None = None
    startup: str | None = None
    ignore: tuple[re.Pattern[str], ...] = ()
    answers: tuple[Question, ...] = ()
    lasting: frozenset[Method] = frozenset()


@dataclass(frozen=True, slots=True)
class ProbeSpec:
    """A probe sent from the device itself: ``${address}`` and ``${port}``; ``answered`` marks success."""

    send: Template
    answered: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class TableRead:
    """A command that changes nothing and prints one table, or a part of it. It may name the platform's
    settings."""

    send: Template


@dataclass(frozen=True, slots=True)
class VersionSpec:
    """What a device says it is: the first group of ``version``, and of ``model`` where the answer has it."""

    send: str
    version: re.Pattern[str]
    model: re.Pattern[str] | None = None


class Listing(StrEnum):
    """What a device tells of its surroundings: devices at the other end of its cables, the addresses its
    switch has learned, those it resolved, and the names of ports it otherwise counts by number."""

    NEIGHBOURS = "neighbours"
    MACS = "macs"
    ADDRESSES = "addresses"
    PORTS = "ports"


LISTED: Mapping[Listing, frozenset[str]] = MappingProxyType(
    {
        Listing.NEIGHBOURS: frozenset({"port", "device", "far_port", "address", "description"}),
        Listing.MACS: frozenset({"port", "mac", "vlan"}),
        Listing.ADDRESSES: frozenset({"address", "mac"}),
        Listing.PORTS: frozenset({"number", "name"}),
    }
)
"""The fields of a row."""

NEEDED: Mapping[Listing, frozenset[str]] = MappingProxyType(
    {
        Listing.NEIGHBOURS: frozenset({"port", "device", "far_port"}),
        Listing.MACS: frozenset({"port", "mac"}),
        Listing.ADDRESSES: frozenset({"address", "mac"}),
        Listing.PORTS: frozenset({"number", "name"}),
    }
)
"""Those without which a row says nothing."""


@dataclass(frozen=True, slots=True)
class ListRead:
    """A command that changes nothing and prints rows: every match of ``rows``, whose named groups are the
    fields, or the rows of an ntc-templates ``textfsm`` template, with the column of each field."""

    send: Template
    rows: re.Pattern[str] | None = None
    textfsm: str = ""
    fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


class Tested(StrEnum):
    """What a profile was tried on before it came here: ``real`` devices or programs, ``simulated`` ones, the
    outputs of some as a ``transcript`` has them, or nothing."""

    REAL = "real"
    SIMULATED = "simulated"
    TRANSCRIPT = "transcript"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class LookSpec:
    """A command that changes nothing and what its answer means. With ``good``, an answer it does not match is
    a finding; with ``bad``, each match is one, and ``whole`` tells that the answer is not cut short."""

    about: Look
    send: Template
    good: re.Pattern[str] | None = None
    bad: re.Pattern[str] | None = None
    whole: re.Pattern[str] | None = None


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


@dataclass(frozen=True, slots=True)
class DeviceProfile:
    """``names`` maps a long port name to its abbreviations; ``sources`` are the documents it rests on."""

    platform: str
    session: SessionSpec
    points: Mapping[tuple[PointKind, bool], PointSpec]
    save: SaveSpec | None = None
    probes: Mapping[ProbeKind, ProbeSpec] = field(default_factory=lambda: MappingProxyType({}))
    tables: Mapping[TableKind, tuple[TableRead, ...]] = field(default_factory=lambda: MappingProxyType({}))
    names: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    readiness: ReadinessSpec = ReadinessSpec()
    sources: tuple[str, ...] = ()
    digest: str = ""
    version: VersionSpec | None = None
    tested: Tested = Tested.NOTHING
    discover: Mapping[Listing, tuple[ListRead, ...]] = field(default_factory=lambda: MappingProxyType({}))
    timer: TimerSpec | None = None
    napalm: NapalmSpec | None = None

    def spec(self, kind: PointKind, tagged: bool) -> PointSpec | None:
        return self.points.get((kind, tagged))

    def settled(self, settings: Mapping[str, str]) -> DeviceProfile:
        """The same with the values of a device in the lines that enter, leave, escape, commit and discard."""
        session, commit = self.session, self.session.commit
        values = {**self.settings, **settings}

        def filled(lines: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(Template.parse(line).fill(values) for line in lines)

        ours = commit and replace(
            commit,
            send=filled(commit.send),
            discard=filled(commit.discard),
            abandoned=filled(commit.abandoned),
        )
        enter, leave, escape = filled(session.enter), filled(session.leave), filled(session.escape)
        if (enter, leave, escape, ours) == (session.enter, session.leave, session.escape, commit):
            return self
        return replace(self, session=replace(session, enter=enter, leave=leave, escape=escape, commit=ours))

    def locked_in(self, answer: str) -> bool:
        """Whether the device refused because somebody else has the configuration."""
        return any(pattern.search(answer) for pattern in self.session.locked)

    def refusal_of(self, line: str, answer: str) -> str | None:
        """As :meth:`error_in`, and the last line of an answer that is not the one the profile insists on."""
        said = self.error_in(answer)
        for insisted in self.session.insist if said is None else ():
            if insisted.line.search(line) and not insisted.answered.search(f"{line}\n{answer}"):
                return answer.strip().rpartition("\n")[2].strip() or line
        return said

    def error_in(self, answer: str) -> str | None:
        """The line of ``answer`` that says the device refused, or None."""
        for pattern in self.session.errors:
            found = pattern.search(answer)
            if found:
                start = answer.rfind("\n", 0, found.start()) + 1
                end = answer.find("\n", found.end())
                return answer[start : end if end >= 0 else None].strip()
        return None
