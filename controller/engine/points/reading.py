"""What a device printed, understood as the state of a point: complete, or not at all. Pure.

Whatever does not match is unknown. An absence (no such flow, not in the set) counts only where the profile
recognises the answer as one (``given``), so that an empty or foreign answer never looks like proof.
"""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path

import textfsm

from controller.domain.plan import Expected
from controller.domain.profile.reading import SOURCE, Parse, RegexParse, State, TableParse
from controller.domain.proof import Proof
from controller.domain.template import Template
from controller.engine.points.renderer import LISTED_BY, NONE, PointContext, satisfies

_NUMBERED = re.compile(r"[\d/.:]+")
_GROUP = re.compile(r"\(\?P<(\w+)>")
_COUNTED = re.compile(r"(?:\d+/)*\d+")
"""What a list of numbers or of ports can be asked for."""

_MOST_KEPT = 8192
_kept: dict[
    tuple[tuple[str, ...], tuple[str | None, ...]], tuple[Mapping[str, tuple[str, ...]], re.Pattern[str]]
] = {}
"""With the names of ports each was made for: two platforms' profiles may share a pattern and not these."""

PARTIAL = "partial"
"""The value of a per-prefix field on which its prefixes differ."""


def read_state(context: PointContext, answers: Mapping[str, str]) -> State | None:
    """The state of the point from ``answers`` (command → complete answer); None unless every field was
    read."""
    state: dict[str, str] = {}
    for read in context.spec.reads:
        answer = answers.get(read.send.fill(context.values))
        if answer is None or context.profile.error_in(answer):
            return None
        text = answer.replace("\r\n", "\n").replace("\r", "\n")
        for parse in read.parse:
            state.update(_fields(parse, context, text))
    return state if all(name in state for name in context.spec.fields) else None


def read_partly(context: PointContext, answers: Mapping[str, str]) -> State:
    """The fields that ``answers`` tell of, whichever these are."""
    state: dict[str, str] = {}
    for read in context.spec.reads:
        answer = answers.get(read.send.fill(context.values))
        if answer is not None and not context.profile.error_in(answer):
            text = answer.replace("\r\n", "\n").replace("\r", "\n")
            for parse in read.parse:
                state.update(_fields(parse, context, text))
    return state


def reads_telling(context: PointContext, fields: Collection[str]) -> tuple[str, ...]:
    """The commands whose answers may tell of any of ``fields``."""
    return tuple(
        read.send.fill(context.values)
        for read in context.spec.reads
        if any(not _names(parse).isdisjoint(fields) for parse in read.parse)
    )


def _names(parse: Parse) -> frozenset[str]:
    if isinstance(parse, TableParse):
        return frozenset((*parse.fields, *parse.otherwise))
    return frozenset((*_groups(parse.pattern.parts), *parse.matched, *parse.otherwise))


@lru_cache(maxsize=1024)
def _groups(parts: tuple[str, ...]) -> frozenset[str]:
    """The names that a pattern gives, whatever its placeholders stand for."""
    return frozenset(_GROUP.findall("".join(parts[::2])))


def misread(context: PointContext, answers: Mapping[str, str]) -> tuple[str, str]:
    """Why :func:`read_state` gives nothing: the first command to blame, and ``no-answer``, ``refused`` or
    ``unreadable``."""
    known: dict[str, str] = {}
    unread = ""
    for read in context.spec.reads:
        command = read.send.fill(context.values)
        answer = answers.get(command)
        if answer is None:
            return command, "no-answer"
        if context.profile.error_in(answer):
            return command, "refused"
        text = answer.replace("\r\n", "\n").replace("\r", "\n")
        for parse in read.parse:
            found = _fields(parse, context, text)
            known.update(found)
            if not found:
                unread = unread or command
    return unread, "unreadable"


def judge(expect: Expected, state: State | None) -> Proof:
    """``confirmed`` where the state is as wanted, ``contradicted`` where it is not, ``unknown`` unread; where
    nothing is wanted nothing is confirmed."""
    if state is None or not expect:
        return Proof.UNKNOWN
    return Proof.CONFIRMED if satisfies(state, expect) else Proof.CONTRADICTED


def configured(context: PointContext, state: State) -> State:
    """The configured fields alone: what a baseline restores and drift is judged on. A state on record may be
    older than a field."""
    return {name: state[name] for name in context.spec.config if name in state}


def _fields(parse: Parse, context: PointContext, text: str) -> State:
    if isinstance(parse, TableParse):
        return _table(parse, context, text)
    if parse.each is None:
        return _regex(parse, context, context.values, text)
    prefixes = context.prefixes[parse.each]
    if not prefixes:
        names = re.compile(_pattern(parse.pattern, context, {**context.values, "prefix": ""})).groupindex
        return dict.fromkeys({*names, *parse.matched, *parse.otherwise} - {SOURCE}, NONE)
    merged: dict[str, str] = {}
    for prefix in prefixes:
        found = _regex(parse, context, {**context.values, "prefix": prefix}, text)
        if not found:
            return {}
        for name, value in found.items():
            merged[name] = value if merged.get(name, value) == value else PARTIAL
    return merged


def _regex(parse: RegexParse, context: PointContext, values: Mapping[str, str], text: str) -> State:
    pattern = _searched(parse.pattern, context, values)
    found = pattern.search(text)
    if found is None or parse.listed:  # a list is whole only in an answer recognised as whole
        given = parse.given
        recognised = given is not None and _searched(given, context, values).search(text)
        if found is None or not recognised:
            return parse.otherwise if recognised else {}
    groups = {name: value for name, value in found.groupdict().items() if value is not None}
    if parse.listed:
        groups = _listed(pattern, values, text)
        if not groups:
            return parse.otherwise
    for name, number in parse.within.items():
        if name in groups:
            wanted = number.fill(values)
            if not _COUNTED.fullmatch(wanted):
                return {}
            groups[name] = _within(groups[name], wanted)
    named = {name: parse.values.get(name, {}).get(value, value) for name, value in groups.items()}
    return {**named, **parse.matched}


def _listed(pattern: re.Pattern[str], values: Mapping[str, str], text: str) -> dict[str, str]:
    """What every match gives, sorted; matches of a network that only touches the prefix name it too."""
    found: dict[str, set[str]] = {}
    for match in pattern.finditer(text):
        groups = {name: value for name, value in match.groupdict().items() if value is not None}
        source = groups.pop(SOURCE, None)
        if source is not None and not _touches(source, values["prefix"]):
            continue
        for name, value in groups.items():
            also = (
                "" if source is None or ip_network(source) == ip_network(values["prefix"]) else f"{source}:"
            )
            found.setdefault(name, set()).add(also + value)
    return {name: LISTED_BY.join(sorted(each)) for name, each in found.items()}


def _touches(source: str, prefix: str) -> bool:
    """What is no network touches everything: it cannot be told apart."""
    try:
        one, other = ip_network(source), ip_network(prefix)
    except ValueError:
        return True
    if one.version != other.version:
        return False
    return one.overlaps(other)


def _within(listed: str, wanted: str) -> str:
    """Whether a list of numbers and ranges (``5-7`` or ``5 to 7``) holds the number, or one of ports
    (``1/1/5-7``) the port; other words than ``all`` hold none."""
    if listed.strip().lower() == "all":
        return "yes"
    slot, slash, number = wanted.rpartition("/")
    own = rf"(?<![\d/]){re.escape(slot)}/" if slash else ""
    spans = re.findall(rf"{own}(\d+)(?:(?:-|\s+to\s+)(\d+))?", listed)
    return "yes" if any(int(low) <= int(number) <= int(high or low) for low, high in spans) else "no"


def _searched(template: Template, context: PointContext, values: Mapping[str, str]) -> re.Pattern[str]:
    """:func:`_pattern`, compiled. Kept by what it is made of: ports of many switches bear the same names, and
    each is read several times."""
    names = context.profile.names
    key = (template.parts, tuple([values.get(name) for name in template.parts[1::2]]))
    kept = _kept.get(key)
    if kept is None or kept[0] is not names:
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        kept = _kept[key] = (names, _compiled(_pattern(template, context, values)))
    return kept[1]


def _pattern(template: Template, context: PointContext, values: Mapping[str, str]) -> str:
    """The pattern with values escaped, and a port's name in any form the platform prints: never as a part of
    another's (``Gi1/0/1`` of ``Gi1/0/10``, of ``Gi1/0/1.100`` or of ``TwoGi1/0/1``)."""
    named = template.names
    if not named:
        return template.fill(values)
    escaped = {name: re.escape(values[name]) for name in named if name in values}
    if "interface" in named:
        forms = "|".join(map(re.escape, port_names(values["interface"], context.profile.names)))
        escaped["interface"] = rf"(?<!\w)(?:{forms})(?!\w|[/.:]\d)"
    return template.fill(escaped)


def port_names(name: str, names: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """``name`` and its other forms: ``GigabitEthernet1/0/1`` → also ``Gi1/0/1``, ``GigE1/0/1`` …"""
    forms = [name]
    for long, short in names.items():
        for known in (long, *short):
            if name.startswith(known) and _NUMBERED.fullmatch(name, len(known)):
                forms.extend(form + name[len(known) :] for form in (long, *short))
                return tuple(dict.fromkeys(forms))
    return tuple(forms)


def _table(parse: TableParse, context: PointContext, text: str) -> State:
    table = textfsm_template(parse.template)
    try:
        rows = textfsm.TextFSM(io.StringIO(table)).ParseTextToDicts(text)
    except textfsm.TextFSMError:
        return {}
    wanted = {
        column: set(port_names(value.fill(context.values), context.profile.names))
        for column, value in parse.row.items()
    }
    rows = [row for row in rows if all(str(row.get(column)) in names for column, names in wanted.items())]
    if len(rows) != 1:
        return {}
    raw = {name: rows[0].get(column) for name, column in parse.fields.items()}
    plain = {
        name: ",".join(value) if isinstance(value, list) else str(value)
        for name, value in raw.items()
        if value is not None
    }
    return {name: parse.values.get(name, {}).get(value, value) for name, value in plain.items()}


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.MULTILINE)


@lru_cache(maxsize=256)
def textfsm_template(name: str) -> str:
    """The text of a template of ntc-templates."""
    import ntc_templates  # noqa: PLC0415 - a question reads no device

    return (Path(ntc_templates.__file__).parent / "templates" / f"{name}.textfsm").read_text("utf-8")
