"""What must hold within a device profile: fields are read, patterns compile, placeholders exist."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from controller.catalog.document import Document, Loc
from controller.catalog.findings import Findings, listed, shorten, suggest
from controller.catalog.profile_shape import (
    SECTIONS,
    CommitShape,
    CutShape,
    LimitShape,
    LineShape,
    MethodShape,
    ParseShape,
    PointSectionShape,
    ProfileShape,
    RestoreShape,
    SaveShape,
    SessionShape,
    TablesShape,
    VersionShape,
)
from controller.domain.inventory import MANUAL, METHODS_OF, PointKind
from controller.domain.profile.reading import SOURCE, Each, Family
from controller.domain.template import Template
from controller.domain.vlans import OTHERS, VLANS

POINT_VALUES = frozenset({"interface", "vlan", "subject", "prefixes4", "prefixes6"})
"""What every line about a point may name, beside the platform's settings."""
_PREFIX = "prefix"
_TARGET = "target"
_TARGETS = frozenset({"targets4", "targets6"})
_OF_LIMITS = frozenset({Each.ALLOWED4, Each.ALLOWED6, Each.FORMER4, Each.FORMER6})
_WAS = "was."
_RESERVED = POINT_VALUES | {OTHERS, _PREFIX, _TARGET, *_TARGETS, "address", "port"}
_BESIDE = {
    "regex": frozenset({"given", "matched", "each", "otherwise", "values", "within", "listed"}),
    "textfsm": frozenset({"row", "fields", "otherwise", "values"}),
}


class ProfileCheck:
    def __init__(self, document: Document, profile: ProfileShape, findings: Findings) -> None:
        self._document = document
        self._profile = profile
        self._findings = findings
        self._settings = frozenset(document.keys("settings"))
        self._known: frozenset[str] = frozenset()
        """What the lines of the section at hand may name."""

    def run(self) -> None:
        profile = self._profile
        if profile.platform == MANUAL:
            self._add(("platform",), "platform-reserved", name=MANUAL)
        for name in profile.settings:
            if name in _RESERVED:
                self._add_at_key(("settings", name), "setting-reserved", name=name)
        self._session(profile.session)
        if profile.save:
            self._save(profile.save)
        for kind, probe in (("icmp", profile.probes.icmp), ("tcp", profile.probes.tcp)):
            if probe:
                values = {"address"} if kind == "icmp" else {"address", "port"}
                self._template(("probes", kind, "send"), probe.send, values | self._settings)
                self._regex(("probes", kind, "answered"), probe.answered)
        self._tables(profile.tables)
        if profile.version:
            self._version(profile.version)
        for key, section in profile.points.given().items():
            self._section(("points", key), SECTIONS[key][0], section)

    def _tables(self, tables: TablesShape) -> None:
        for kind, reads in tables.given().items():
            for index, read in enumerate(reads):
                self._template(("tables", kind.value, index, "send"), read.send, self._settings)

    def _version(self, shape: VersionShape) -> None:
        self._template(("version", "send"), shape.send, ())
        for key, pattern in (("version", shape.version), ("model", shape.model)):
            compiled = self._regex(("version", key), pattern) if pattern is not None else None
            if compiled and not compiled.groups:
                self._add(("version", key), "regex-without-group")

    def _session(self, session: SessionShape) -> None:
        given = {"errors": session.errors, "noise": session.noise, "locked": session.locked}
        for key, patterns in given.items():
            for index, pattern in enumerate(patterns):
                self._regex(("session", key, index), pattern)
        for index, insist in enumerate(session.insist):
            self._regex(("session", "insist", index, "line"), insist.line)
            self._regex(("session", "insist", index, "answered"), insist.answered)
        if session.at_once and session.at_once.context is not None:
            self._regex(("session", "at_once", "context"), session.at_once.context)
        elif session.at_once and not session.at_once.shell_line:
            self._add(("session", "at_once"), "parse-key-missing", key="context", kind="bytes")
        self._asked(session)
        for key in ("enter", "leave", "escape", "abandoned"):
            self._named(("session", key), getattr(session, key))
        if session.commit:
            self._commit(("session", "commit"), session.commit)
            sent = (session.commit.send, session.commit.discard, session.commit.abandoned)
            for key, lines in zip(("send", "discard", "abandoned"), sent, strict=True):
                self._named(("session", "commit", key), lines)
            if session.commit.accounts is not None:
                self._template(("session", "commit", "accounts"), session.commit.accounts, self._settings)
        if self._profile.timer and self._profile.timer.commit:
            self._commit(("timer", "commit"), self._profile.timer.commit)

    def _asked(self, session: SessionShape) -> None:
        """What a log-in may wait for."""
        if session.greeting:
            self._regex(("session", "greeting", "asked"), session.greeting.asked)
        if session.client:
            self._regex(("session", "client", "asked"), session.client.asked)
            self._regex(("session", "client", "prompt"), session.client.prompt)

    def _named(self, loc: Loc, lines: list[str]) -> None:
        """Lines of a session may name the settings."""
        for index, line in enumerate(lines):
            self._template((*loc, index), line, self._settings)

    def _commit(self, loc: Loc, commit: CommitShape) -> None:
        """A candidate that can only be committed would be left behind by whatever goes wrong."""
        for key, lines in (("send", commit.send), ("discard", commit.discard)):
            if not lines and not self._document.pruned(*loc, key):
                self._add_at_key((*loc, key), "commit-empty", key=key)
        for key, patterns in (("errors", commit.errors), ("behind", commit.behind)):
            for index, pattern in enumerate(patterns):
                self._regex((*loc, key, index), pattern)
        if commit.done is not None:
            self._regex((*loc, "done"), commit.done)

    def _save(self, save: SaveShape) -> None:
        """What is sent is proven by reading both configurations, or not at all."""
        for index, pattern in enumerate(save.ignore):
            self._regex(("save", "ignore", index), pattern)
        for index, question in enumerate(save.answers):
            self._regex(("save", "answers", index, "asked"), question.asked)
        for key, text in (("running", save.running), ("startup", save.startup)):
            if save.send and text is None and not self._document.pruned("save", key):
                self._add(("save",), "save-unread", key=key)

    def _section(self, loc: Loc, kind: PointKind, section: PointSectionShape) -> None:
        self._known = POINT_VALUES | self._settings | object_names(section)
        if section.object is not None:
            self._regex((*loc, "object"), section.object)
        produced = self._reads(loc, kind, section)
        if not self._document.pruned(*loc, "read"):
            for side, names in (("config", section.config), ("observed", section.observed)):
                for index, name in enumerate(names):
                    if name not in produced:
                        self._add((*loc, side, index), "field-unread", name=name)
        methods = section.methods.given()
        if not methods and not self._document.pruned(*loc, "methods"):
            self._add_at_key((*loc, "methods"), "methods-missing")
        for method, shape in methods.items():
            at: Loc = (*loc, "methods", method.value)
            if method not in METHODS_OF[kind]:
                known = listed(sorted(METHODS_OF[kind]))
                self._add_at_key(at, "method-not-for-kind", method=method, kind=kind, known=known)
            self._method(at, shape, section)

    def _reads(self, loc: Loc, kind: PointKind, section: PointSectionShape) -> set[str]:
        """The fields that are read at every point of the kind."""
        declared = (*section.config, *section.observed)
        for index, name in enumerate(declared):
            if name in declared[:index]:
                here = index - len(section.config)
                at: Loc = (*loc, "config", index) if here < 0 else (*loc, "observed", here)
                self._add(at, "field-twice", name=name)
        by_family: dict[Family, set[str]] = {family: set() for family in Family}
        for index, read in enumerate(section.read):
            at = (*loc, "read", index)
            self._template((*at, "send"), read.send, self._known)
            if read.family is not None and kind is not PointKind.BGP_PEER:
                self._add_at_key((*at, "family"), "family-not-for-kind", kind=kind)
            for number, parse in enumerate(read.parse):
                fields = self._parse((*at, "parse", number), parse, declared)
                for family in [read.family] if read.family else Family:
                    by_family[family] |= fields
        return by_family[Family.IPV4] & by_family[Family.IPV6]

    def _method(self, loc: Loc, method: MethodShape, section: PointSectionShape) -> None:
        fields = (*section.config, *section.observed)
        values = self._known
        for key, empty in (
            ("isolate", not method.isolate),
            ("isolated", not method.isolated),
            ("restore", not method.restore),
        ):
            if empty and not self._document.pruned(*loc, key):
                self._add_at_key((*loc, key), f"{key}-empty")
        self._cuts((*loc, "isolate"), method.isolate, section)
        for name, wanted in method.isolated.items():
            self._field((*loc, "isolated", name), name, fields)
            self._values((*loc, "isolated", name), wanted, values)
        self._clauses((*loc, "restore"), method.restore, section)
        if method.limit is not None:
            self._limit((*loc, "limit"), method.limit, section)

    def _cuts(self, loc: Loc, cuts: list[CutShape], section: PointSectionShape) -> None:
        values = self._known | ({OTHERS} if VLANS in self._settings else frozenset())
        for index, cut in enumerate(cuts):
            at: Loc = (*loc, index)
            if bool(cut.when) != bool(cuts[0].when) or (cut.when and cut.each):
                self._add(at, "isolate-mixed")
            for name, wanted in cut.when.items():
                self._field((*at, "when", name), name, (*section.config, *section.observed))
                self._values((*at, "when", name), wanted, values)
            if not cut.send and not self._document.pruned(*at, "send"):
                self._add((*at, "send"), "isolate-empty")
            known = {*values} | self._prefix(at, cut.each)
            self._lines((*at, "send"), cut.send, known)

    def _limit(self, loc: Loc, limit: LimitShape, section: PointSectionShape) -> None:
        values = self._known
        for key, given in (("send", limit.send), ("limited", limit.limited), ("lift", limit.lift)):
            if not given and not self._document.pruned(*loc, key):
                self._add_at_key((*loc, key), "limit-empty", key=key)
        self._lines((*loc, "send"), limit.send, values, of_limit=True)
        for name, wanted in limit.limited.items():
            self._field((*loc, "limited", name), name, (*section.config, *section.observed))
            self._values((*loc, "limited", name), wanted, values | _TARGETS)
        self._clauses((*loc, "lift"), limit.lift, section, of_limit=True)

    def _clauses(
        self, loc: Loc, clauses: list[RestoreShape], section: PointSectionShape, *, of_limit: bool = False
    ) -> None:
        values = self._known
        was = {_WAS + name for name in section.config}
        for index, clause in enumerate(clauses):
            at: Loc = (*loc, index)
            for name, wanted in clause.when.items():
                if name in section.observed and name not in section.config:
                    self._add_at_key((*at, "when", name), "field-not-config", name=name)
                else:
                    self._field((*at, "when", name), name, section.config)
                self._values((*at, "when", name), wanted, values)
            self._lines((*at, "send"), clause.send, values | was, of_limit=of_limit)

    def _parse(self, loc: Loc, parse: ParseShape, declared: tuple[str, ...]) -> set[str]:
        """Checks one parse; the fields it gives."""
        given = [kind for kind, value in (("regex", parse.regex), ("textfsm", parse.textfsm)) if value]
        if len(given) != 1:
            if not self._document.pruned(*loc):
                self._add(loc, "parse-kind")
            return set(declared)
        kind = given[0]
        for key in self._document.keys(*loc):
            if key != kind and key not in _BESIDE[kind]:
                self._add_at_key((*loc, key), "parse-key-foreign", key=key, kind=kind)
        names = self._by_regex(loc, parse) if kind == "regex" else self._by_table(loc, parse)
        for name in names:
            key = next(
                (part for part in ("matched", "otherwise", "fields") if name in getattr(parse, part)), ""
            )
            at: Loc = (*loc, key, name) if key else (*loc, kind)
            self._field(at, name, declared)
        for name in parse.values:
            self._field((*loc, "values", name), name, names)
        for index, name in enumerate(parse.listed):
            if name not in names:
                known = listed(sorted(names))
                self._add((*loc, "listed", index), "unknown-field", name=name, known=known, suggestion="")
        for name, number in parse.within.items():
            self._field((*loc, "within", name), name, names)
            self._template((*loc, "within", name), number, self._known)
        return names

    def _by_regex(self, loc: Loc, parse: ParseShape) -> set[str]:
        values = self._known | self._prefix(loc, parse.each)
        names: set[str] = {*parse.matched, *parse.otherwise}
        for key, pattern in (("regex", parse.regex), ("given", parse.given)):
            if pattern is not None:
                self._template((*loc, key), pattern, values)
                compiled = self._regex((*loc, key), pattern)
                groups = set(compiled.groupindex) if compiled and key == "regex" else set[str]()
                names |= groups - ({SOURCE} if parse.listed else set())
        pruned = self._document.pruned(*loc, "given") or self._document.pruned(*loc, "otherwise")
        if parse.given is None and parse.otherwise and not parse.each and not pruned:
            self._add_at_key((*loc, "otherwise"), "parse-otherwise-without-given")
        if parse.given is not None and not parse.otherwise and not pruned:
            self._add_at_key((*loc, "given"), "parse-given-without-otherwise")
        return names

    def _by_table(self, loc: Loc, parse: ParseShape) -> set[str]:
        for key in ("row", "fields"):
            if not getattr(parse, key) and not self._document.pruned(*loc, key):
                self._add(loc, "parse-key-missing", key=key, kind="textfsm")
        for column, template in parse.row.items():
            self._template((*loc, "row", column), template, self._known)
        name = str(parse.textfsm)
        columns = template_columns(name)
        if columns is None:
            self._add(
                (*loc, "textfsm"), "textfsm-unknown", name=shorten(name), suggestion=near_template(name)
            )
            return {*parse.fields, *parse.otherwise}
        wanted: list[tuple[Loc, str]] = [((*loc, "row", column), column) for column in parse.row]
        wanted += [((*loc, "fields", field), column) for field, column in parse.fields.items()]
        for at, column in wanted:
            if column not in columns:
                near = suggest(column, columns)
                known = listed(columns)
                self._add(
                    at, "textfsm-column-unknown", name=column, template=name, known=known, suggestion=near
                )
        return {*parse.fields, *parse.otherwise}

    def _lines(
        self, loc: Loc, lines: list[LineShape], values: Iterable[str], *, of_limit: bool = False
    ) -> None:
        for index, line in enumerate(lines):
            known = {*values} | self._prefix((*loc, index), line.each, of_limit=of_limit)
            self._template((*loc, index, "send"), line.send, known)

    def _prefix(self, loc: Loc, each: Each | None, *, of_limit: bool = False) -> frozenset[str]:
        """``prefix`` where a line or pattern is repeated for each, and ``target`` in a limit's."""
        if each in _OF_LIMITS:
            if not of_limit:
                self._add((*loc, "each"), "each-outside-limit", each=each)
            return frozenset({_PREFIX, _TARGET})
        return frozenset({_PREFIX} if each or self._document.pruned(*loc, "each") else ())

    def _values(self, loc: Loc, wanted: list[str], values: Iterable[str]) -> None:
        for index, text in enumerate(wanted):
            self._template((*loc, index), text, values)

    def _template(self, loc: Loc, text: str, values: Iterable[str]) -> None:
        known = sorted(values)
        for name in sorted(Template.parse(text).names):
            if name not in known and not self._document.pruned("settings"):
                near = suggest(name, known)
                self._add(loc, "unknown-placeholder", name=name, known=listed(known), suggestion=near)

    def _field(self, loc: Loc, name: str, known: Iterable[str]) -> None:
        known = sorted(known)
        if name not in known:
            self._add_at_key(
                loc, "unknown-field", name=name, known=listed(known), suggestion=suggest(name, known)
            )

    def _regex(self, loc: Loc, pattern: str) -> re.Pattern[str] | None:
        template = Template.parse(pattern)
        try:
            with warnings.catch_warnings():
                # What Python warns of ("possible nested set") it may read otherwise one day.
                warnings.simplefilter("error")
                return re.compile(template.fill(dict.fromkeys(template.names, "x")), re.MULTILINE)
        except (re.error, OverflowError, RecursionError, Warning) as error:
            self._add(loc, "regex-invalid", detail=str(error))
            return None

    def _add(self, loc: Loc, code: str, **data: object) -> None:
        self._findings.add(self._document.file, self._document.at(loc), code, **data)

    def _add_at_key(self, loc: Loc, code: str, **data: object) -> None:
        self._findings.add(self._document.file, self._document.at_key(loc), code, **data)


def object_names(section: PointSectionShape) -> frozenset[str]:
    """What the object of such a point says beside being one, as far as its pattern is one."""
    try:
        return frozenset(re.compile(section.object or "").groupindex)
    except (re.error, OverflowError, RecursionError):
        return frozenset()


@lru_cache(maxsize=256)
def template_columns(template: str) -> tuple[str, ...] | None:
    """The columns of a TextFSM template, None where ntc-templates has no such template."""
    directory = _templates()
    if directory is None or not re.fullmatch(r"[a-z0-9_-]+", template):
        return None
    path = directory / f"{template}.textfsm"
    if not path.is_file():
        return None
    found = re.findall(r"^Value\s+(?:[A-Z][A-Za-z,]*\s+)?(\w+)\s+\(", path.read_text("utf-8"), re.MULTILINE)
    return tuple(found)


def near_template(name: str) -> str:
    directory = _templates()
    return suggest(name, (path.stem for path in directory.glob("*.textfsm"))) if directory else ""


@lru_cache(maxsize=1)
def _templates() -> Path | None:
    """Found without importing it: the package takes longer to import than all profiles to check."""
    spec = find_spec("ntc_templates")
    return Path(spec.origin).parent / "templates" if spec and spec.origin else None
