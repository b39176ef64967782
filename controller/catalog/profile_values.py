"""Values of the domain from the shape of a profile in which nothing is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

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
from controller.domain.inventory import PointKind
from controller.domain.probe import ProbeKind
from controller.domain.profile import DeviceProfile
from controller.domain.profile.points import LimitSpec, Line, MethodSpec, PointSpec, RestoreClause
from controller.domain.profile.readiness import GrantSpec, LookSpec, ReadinessSpec, RevertSpec
from controller.domain.profile.reading import (
    Condition,
    CounterSpec,
    Parse,
    Read,
    RegexParse,
    TableParse,
)
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


def profile_of(shape: ProfileShape, digest: str) -> DeviceProfile:
    """``digest``: the SHA-256 of its text."""
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
