"""Device profiles: ``device_profiles/<platform>.yaml`` into :class:`DeviceProfile`."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from controller.catalog.bundle import bundled, unbundled, yaml_files
from controller.catalog.document import parse, read_source
from controller.catalog.findings import Findings
from controller.catalog.listing_checks import ListingCheck
from controller.catalog.profile_checks import ProfileCheck
from controller.catalog.profile_shape import (
    SECTIONS,
    AtOnceShape,
    ClientShape,
    CommitShape,
    LimitShape,
    LineShape,
    ListReadShape,
    MethodShape,
    ParseShape,
    PointSectionShape,
    ProfileShape,
    ReadinessShape,
    RestoreShape,
    SaveShape,
    SentProbeShape,
    SessionShape,
    TimerShape,
    VersionShape,
)
from controller.catalog.readiness_checks import ReadinessCheck
from controller.catalog.shape import validate
from controller.catalog.shipped import shipped_profiles
from controller.catalog.timer_checks import TimerCheck
from controller.domain.errors import InvalidInput, Problem
from controller.domain.inventory import Inventory, PointKind
from controller.domain.probe import ProbeKind
from controller.domain.profile import DeviceProfile
from controller.domain.profile.points import LimitSpec, Line, MethodSpec, PointSpec, RestoreClause
from controller.domain.profile.readiness import GrantSpec, LookSpec, ReadinessSpec, RevertSpec
from controller.domain.profile.reading import Condition, CounterSpec, Parse, Read, RegexParse, TableParse
from controller.domain.profile.returns import NapalmSpec, NeedSpec, TimerSpec
from controller.domain.profile.session import (
    AtOnceSpec,
    ClientSpec,
    CommitSpec,
    InsistSpec,
    Question,
    SaveSpec,
    SessionSpec,
)
from controller.domain.profile.surroundings import ListRead, ProbeSpec, TableRead, VersionSpec
from controller.domain.template import Template

KIND = "profiles"

_AT_HAND = 128
"""Profiles kept as they were read last: those that are shipped, and as many revisions of a site's own."""


class Profiles(Mapping[str, DeviceProfile]):
    """Profiles by platform, with the one text that stores them all and its SHA-256."""

    def __init__(self, profiles: Mapping[str, DeviceProfile], sources: Mapping[str, str]) -> None:
        self._profiles = dict(sorted(profiles.items()))
        self._sources = {platform: sources[platform] for platform in self._profiles}
        self.text = bundled(KIND, self._sources)
        self.digest = hashlib.sha256(self.text.encode()).hexdigest()

    def __getitem__(self, platform: str) -> DeviceProfile:
        return self._profiles[platform]

    def __iter__(self) -> Iterator[str]:
        return iter(self._profiles)

    def __len__(self) -> int:
        return len(self._profiles)

    def used_by(self, inventory: Inventory) -> Profiles:
        """Those of the inventory's platforms: a plan rests on no other."""
        return self.only(device.platform for device in inventory.devices.values())

    def only(self, platforms: Iterable[str]) -> Profiles:
        wanted = set(platforms)
        return Profiles({name: self[name] for name in self if name in wanted}, self._sources)


def load_profiles(directories: Sequence[Path]) -> Profiles:
    """Every ``*.yaml`` of the directories; a platform found in an earlier one replaces a later one's.

    Raises InvalidInput with every mistake of every file that counts."""
    findings = Findings()
    profiles, _ = examine_profiles(directories, findings)
    findings.raise_if_any()
    return profiles


def profiles_from_text(text: str, name: str = KIND) -> Profiles:
    """The profiles that :attr:`Profiles.text` stored. Raises InvalidInput."""
    findings = Findings()
    profiles: dict[str, DeviceProfile] = {}
    sources = unbundled(KIND, text, name, findings)
    for platform, source in sources.items():
        profile = _examine(source, f"{name}:{platform}", findings)[1]
        if profile:
            profiles[platform] = profile
    findings.raise_if_any()
    return Profiles(profiles, sources)


def profile_from_text(text: str, name: str) -> DeviceProfile:
    """One profile as written; ``name`` stands for its file. Raises InvalidInput."""
    findings = Findings()
    profile = _examine(text, name, findings)[1]
    if profile is None:
        raise InvalidInput(tuple(findings))
    return profile


def examine_profiles(
    directories: Sequence[Path], findings: Findings, asked: Collection[str] | None = None
) -> tuple[Profiles, frozenset[str]]:
    """The sound profiles, and the platforms whose profile is not, or was not read; mistakes go to
    ``findings``. ``asked``: of the profiles that come with Cordon, only those of these platforms are read;
    None: all. Those of a site's own are read in any case: their mistakes are told whoever uses them."""
    profiles: dict[str, DeviceProfile] = {}
    sources: dict[str, str] = {}
    others: set[str] = set()
    shipped = shipped_profiles() if asked is not None else None
    for directory in directories:
        here: dict[str, str] = {}
        for path in yaml_files(directory, findings):
            if asked is not None and directory == shipped and path.stem not in asked:
                others.add(path.stem)
                continue
            problems = Findings()
            text = read_source(path, problems)
            platform, profile = _examine(text, str(path), problems) if text is not None else (None, None)
            platform = platform or path.stem
            if platform in here:
                problems.add(str(path), (1, 1), "platform-duplicate", name=platform, other=here[platform])
            elif platform in profiles or platform in others:
                continue
            here[platform] = str(path)
            findings.extend(problems)
            if profile and text is not None and platform not in profiles:
                profiles[platform], sources[platform] = profile, text
            elif profile is None:
                others.add(platform)
    return Profiles(profiles, sources), frozenset(others)


def _examine(text: str, name: str, findings: Findings) -> tuple[str | None, DeviceProfile | None]:
    """The platform as far as it can be told, and the profile where there is no mistake."""
    platform, profile, problems = _examined(text, name)
    findings.extend(problems)
    return platform, profile


@lru_cache(maxsize=_AT_HAND)
def _examined(text: str, name: str) -> tuple[str | None, DeviceProfile | None, tuple[Problem, ...]]:
    """With every mistake. Kept by the whole text: a service reads its documents again at every change of one,
    and their patterns are more than Python keeps compiled."""
    findings = Findings()
    platform, profile = _read(text, name, findings)
    return platform, profile, tuple(findings)


def _read(text: str, name: str, findings: Findings) -> tuple[str | None, DeviceProfile | None]:
    document = parse(text, name, findings)
    if document is None:
        return None, None
    written = document.find(("platform",))
    platform = written.value if written and isinstance(written.value, str) else None
    shape = validate(ProfileShape, document, findings)
    if shape is None:
        return platform, None
    ProfileCheck(document, shape, findings).run()
    ReadinessCheck(document, shape, findings).run()
    ListingCheck(document, shape, findings).run()
    TimerCheck(document, shape, findings).run()
    if len(findings):
        return platform, None
    return shape.platform, _profile(shape, hashlib.sha256(text.encode()).hexdigest())


def _profile(shape: ProfileShape, digest: str) -> DeviceProfile:
    probes = {ProbeKind.ICMP: shape.probes.icmp, ProbeKind.TCP: shape.probes.tcp}
    return DeviceProfile(
        platform=shape.platform,
        session=_session(shape.session),
        points=MappingProxyType(
            {
                SECTIONS[key]: _section(*SECTIONS[key], section)
                for key, section in shape.points.given().items()
            }
        ),
        save=_save(shape.save) if shape.save else None,
        probes=MappingProxyType({kind: _probe(probe) for kind, probe in probes.items() if probe}),
        tables=MappingProxyType(
            {
                kind: tuple(TableRead(Template.parse(read.send)) for read in reads)
                for kind, reads in shape.tables.given().items()
            }
        ),
        names=MappingProxyType({long: tuple(short) for long, short in shape.names.items()}),
        settings=MappingProxyType(dict(shape.settings)),
        readiness=_readiness(shape.readiness),
        sources=tuple(shape.sources),
        digest=digest,
        version=_version(shape.version) if shape.version else None,
        tested=shape.tested,
        discover=MappingProxyType(
            {
                kind: tuple(_list_read(read) for read in reads)
                for kind, reads in shape.discover.given().items()
            }
        ),
        timer=_timer(shape.timer) if shape.timer else None,
        napalm=NapalmSpec(back.napalm, back.within) if (back := shape.drivers.restore) else None,
    )


def _timer(shape: TimerShape) -> TimerSpec:
    def templates(lines: Sequence[str] | None) -> tuple[Template, ...] | None:
        return None if lines is None else tuple(Template.parse(line) for line in lines)

    needs = shape.needs
    return TimerSpec(
        after=shape.after,
        send=Template.parse(shape.send),
        pending=_regex(shape.pending),
        none=_regex(shape.none),
        confirm=templates(shape.confirm) or (),
        enter=templates(shape.enter),
        leave=templates(shape.leave),
        commit=_commit(shape.commit) if shape.commit else None,
        cancel=templates(shape.cancel),
        needs=NeedSpec(Template.parse(needs.send), _regex(needs.good)) if needs else None,
    )


def _list_read(shape: ListReadShape) -> ListRead:
    return ListRead(
        Template.parse(shape.send),
        _regex(shape.rows) if shape.rows is not None else None,
        shape.textfsm or "",
        MappingProxyType(dict(shape.fields)),
    )


def _version(shape: VersionShape) -> VersionSpec:
    return VersionSpec(shape.send, _regex(shape.version), _regex(shape.model) if shape.model else None)


def _session(shape: SessionShape) -> SessionSpec:
    return SessionSpec(
        netmiko=shape.netmiko,
        enable=shape.enable,
        prepare=tuple(shape.prepare),
        enter=tuple(shape.enter),
        leave=tuple(shape.leave),
        errors=tuple(_regex(pattern) for pattern in shape.errors),
        type_ahead=shape.type_ahead,
        settle=shape.settle,
        noise=tuple(_regex(pattern) for pattern in shape.noise),
        echo=shape.echo,
        locked=tuple(_regex(pattern) for pattern in shape.locked),
        commit=_commit(shape.commit) if shape.commit else None,
        insist=tuple(InsistSpec(_regex(each.line), _regex(each.answered)) for each in shape.insist),
        escape=tuple(shape.escape),
        abandoned=tuple(shape.abandoned),
        at_once=_at_once(shape.at_once) if shape.at_once else None,
        client=_client(shape.client) if shape.client else None,
        greeting=Question(_regex(shape.greeting.asked), shape.greeting.reply) if shape.greeting else None,
    )


def _at_once(shape: AtOnceShape) -> AtOnceSpec:
    return AtOnceSpec(shape.bytes, _regex(shape.context) if shape.context else None, shape.shell_line)


def _client(shape: ClientShape) -> ClientSpec:
    return ClientSpec(shape.start, _regex(shape.asked), _regex(shape.prompt), shape.leave)


def _commit(shape: CommitShape) -> CommitSpec:
    return CommitSpec(
        send=tuple(shape.send),
        discard=tuple(shape.discard),
        within=shape.within,
        errors=tuple(_regex(pattern) for pattern in shape.errors),
        done=_regex(shape.done) if shape.done else None,
        abandoned=tuple(shape.abandoned),
        behind=tuple(_regex(pattern) for pattern in shape.behind),
        by_hand=tuple(shape.by_hand),
        accounts=shape.accounts or "",
    )


def _save(shape: SaveShape) -> SaveSpec:
    ignore = tuple(_regex(pattern) for pattern in shape.ignore)
    return SaveSpec(
        send=tuple(shape.send),
        running=shape.running,
        startup=shape.startup,
        ignore=ignore,
        answers=tuple(Question(_regex(each.asked), each.reply) for each in shape.answers),
        lasting=frozenset(shape.lasting),
    )


def _readiness(shape: ReadinessShape) -> ReadinessSpec:
    grant = shape.grant
    return ReadinessSpec(
        looks=tuple(
            LookSpec(
                look.about,
                Template.parse(look.send),
                *(None if each is None else _regex(each) for each in (look.good, look.bad, look.whole)),
            )
            for look in shape.looks
        ),
        reverts=tuple(
            RevertSpec(
                revert.kind,
                Template.parse(revert.send),
                _regex(revert.pending),
                _regex(revert.none),
                tuple(revert.undo),
            )
            for revert in shape.reverts
        ),
        grant=GrantSpec(_regex(grant.line), Template.parse(grant.send), _regex(grant.granted))
        if grant
        else None,
    )


def _probe(shape: SentProbeShape) -> ProbeSpec:
    return ProbeSpec(Template.parse(shape.send), _regex(shape.answered))


def _section(kind: PointKind, tagged: bool, shape: PointSectionShape) -> PointSpec:
    return PointSpec(
        kind=kind,
        reads=tuple(
            Read(Template.parse(read.send), tuple(_parse(parse) for parse in read.parse), read.family)
            for read in shape.read
        ),
        config=tuple(shape.config),
        observed=tuple(shape.observed),
        methods=MappingProxyType({method: _method(item) for method, item in shape.methods.given().items()}),
        tagged=tagged,
        object=_regex(shape.object) if shape.object is not None else None,
        counters=MappingProxyType(
            {
                name: CounterSpec(Template.parse(each.send), _regex(each.value))
                for name, each in shape.counters.items()
            }
        ),
    )


def _parse(shape: ParseShape) -> Parse:
    otherwise = MappingProxyType(dict(shape.otherwise))
    values = MappingProxyType({name: MappingProxyType(dict(items)) for name, items in shape.values.items()})
    if shape.regex is not None:
        return RegexParse(
            pattern=Template.parse(shape.regex),
            given=None if shape.given is None else Template.parse(shape.given),
            otherwise=otherwise,
            matched=MappingProxyType(dict(shape.matched)),
            values=values,
            each=shape.each,
            within=MappingProxyType({name: Template.parse(text) for name, text in shape.within.items()}),
            listed=frozenset(shape.listed),
        )
    return TableParse(
        template=str(shape.textfsm),
        row=MappingProxyType({column: Template.parse(text) for column, text in shape.row.items()}),
        fields=MappingProxyType(dict(shape.fields)),
        otherwise=otherwise,
        values=values,
    )


def _method(shape: MethodShape) -> MethodSpec:
    plain = [cut for cut in shape.isolate if not cut.when]
    return MethodSpec(
        isolate=tuple(Line(line.send, cut.each or line.each) for cut in plain for line in _lines(cut.send)),
        cases=tuple(
            RestoreClause(_lines(cut.send), _condition(cut.when)) for cut in shape.isolate if cut.when
        ),
        isolated=_condition(shape.isolated),
        restore=_clauses(shape.restore),
        spares_keep_alive=shape.spares_keep_alive,
        limit=_limit(shape.limit) if shape.limit else None,
    )


def _limit(shape: LimitShape) -> LimitSpec:
    return LimitSpec(_lines(shape.send), _condition(shape.limited), _clauses(shape.lift))


def _clauses(shapes: Sequence[RestoreShape]) -> tuple[RestoreClause, ...]:
    return tuple(RestoreClause(_lines(clause.send), _condition(clause.when)) for clause in shapes)


def _lines(shapes: Sequence[LineShape]) -> tuple[Line, ...]:
    return tuple(Line(Template.parse(shape.send), shape.each) for shape in shapes)


def _condition(shape: Mapping[str, Sequence[str]]) -> Condition:
    return MappingProxyType(
        {name: tuple(Template.parse(value) for value in values) for name, values in shape.items()}
    )


def _regex(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.MULTILINE)
