"""Playbooks: ``playbooks/<name>.yaml`` into :class:`Playbook`; the file's name is the playbook's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from controller.catalog.bundle import bundled, unbundled, yaml_files
from controller.catalog.document import Document, Loc, parse, read_source
from controller.catalog.findings import Findings, listed, shorten, suggest
from controller.catalog.playbook_shape import EvidenceShape, PlaybookShape, StageShape
from controller.catalog.shape import validate
from controller.domain.errors import InvalidInput, NotFound, Problem
from controller.domain.inventory import Inventory
from controller.domain.playbook import (
    Action,
    CounterLimit,
    Evidence,
    Gate,
    OnFailure,
    Order,
    Playbook,
    Scope,
    Selector,
    Stage,
)

KIND = "playbook"


class _File(NamedTuple):
    document: Document
    shape: PlaybookShape


class Playbooks(Mapping[str, Playbook]):
    """Playbooks by name, each with the text that stores it together with those it includes."""

    def __init__(self, files: Mapping[str, _File]) -> None:
        sources = {name: file.document.text for name, file in files.items()}
        playbooks = {name: _playbook(name, file.shape) for name, file in sorted(files.items())}
        self._texts: dict[str, str] = {}
        self._playbooks: dict[str, Playbook] = {}
        for name, playbook in playbooks.items():
            included = {each.name: sources[each.name] for each in _cumulative(playbook, playbooks)}
            text = bundled(KIND, included, name=name)
            self._texts[name] = text
            self._playbooks[name] = replace(playbook, digest=hashlib.sha256(text.encode()).hexdigest())
        self._files = dict(files)

    def __getitem__(self, name: str) -> Playbook:
        return self._playbooks[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._playbooks)

    def __len__(self) -> int:
        return len(self._playbooks)

    def text(self, name: str) -> str:
        """The revision to store: its SHA-256 is the playbook's ``digest``."""
        return self._texts[name]

    def at_level(self, level: int) -> Playbook | None:
        return next((playbook for playbook in self.values() if playbook.level == level), None)

    def unmatched(self, inventory: Inventory, names: Collection[str] | None = None) -> tuple[Problem, ...]:
        """Where the playbooks (all, or those called ``names``) name what the inventory does not have."""
        findings = Findings()
        known: dict[Scope, Collection[str]] = {
            Scope.SEGMENTS: inventory.segments,
            Scope.CONDUITS: inventory.conduits,
            Scope.DEVICES: inventory.devices,
        }
        for name, (document, shape) in self._files.items():
            if names is not None and name not in names:
                continue
            for index, stage in enumerate(shape.stages):
                for selector in stage.select.given():
                    loc: Loc = ("stages", index, "select", selector.scope.value)
                    for number, subject in enumerate(selector.name):
                        if subject not in known[selector.scope]:
                            near = suggest(subject, known[selector.scope])
                            findings.add(
                                document.file,
                                document.at(_name_at(document, loc, number)),
                                f"unknown-{selector.scope.value.removesuffix('s')}",
                                name=shorten(subject),
                                known=listed(known[selector.scope]),
                                suggestion=near,
                            )
                _unmatched_partial(document, stage, index, inventory, findings)
            chosen = shape.evidence.devices if shape.evidence else None
            for number, device in enumerate(chosen.name if chosen else ()):
                if device not in inventory.devices:
                    findings.add(
                        document.file,
                        document.at(_name_at(document, ("evidence", "devices"), number)),
                        "unknown-device",
                        name=shorten(device),
                        known=listed(inventory.devices),
                        suggestion=suggest(device, inventory.devices),
                    )
        return tuple(sorted(findings))


def _unmatched_partial(
    document: Document, stage: StageShape, index: int, inventory: Inventory, findings: Findings
) -> None:
    """What a stage returns towards must be a segment or an address, and each point on a device."""
    for number, name in enumerate(stage.towards):
        if name not in inventory.segments and not _is_network(name):
            at = _name_at(document, ("stages", index, "towards"), number)
            near = suggest(name, inventory.segments)
            known = listed(inventory.segments)
            findings.add(
                document.file,
                document.at(at),
                "unknown-towards",
                name=shorten(name),
                known=known,
                suggestion=near,
            )
    for number, name in enumerate(stage.points):
        device = name.split()[0] if name.split() else ""
        if device not in inventory.devices:
            findings.add(
                document.file,
                document.at(_name_at(document, ("stages", index, "points"), number)),
                "unknown-device",
                name=shorten(device),
                known=listed(inventory.devices),
                suggestion=suggest(device, inventory.devices),
            )


def _is_network(name: str) -> bool:
    try:
        ip_network(name)
    except ValueError:
        return False
    return True


def load_playbooks(directories: Sequence[Path]) -> Playbooks:
    """Every ``*.yaml`` of the directories; a name found in an earlier one replaces a later one's.

    Raises InvalidInput with every mistake of every file that counts."""
    findings = Findings()
    playbooks = examine_playbooks(directories, findings)
    findings.raise_if_any()
    return playbooks


def playbooks_from_sources(sources: Mapping[str, str], prefix: str = "") -> Playbooks:
    """Playbooks from name → YAML; ``prefix`` goes before the name in problems. Raises InvalidInput."""
    findings = Findings()
    files = {name: _examine(text, f"{prefix}{name}", findings) for name, text in sources.items()}
    playbooks = _together(files, frozenset(), findings)
    findings.raise_if_any()
    return playbooks


def playbook_from_text(text: str, name: str = KIND) -> tuple[Playbook, Playbooks]:
    """The playbook that :meth:`Playbooks.text` stored, and with it those it includes. Raises InvalidInput."""
    findings = Findings()
    sources = unbundled(KIND, text, name, findings)
    findings.raise_if_any()
    playbooks = playbooks_from_sources(sources, f"{name}:")
    wanted = json.loads(text).get("name")
    if wanted not in playbooks:
        raise InvalidInput([Problem(name, 0, 0, "bundle-invalid")])
    return playbooks[wanted], playbooks


def resolve(playbook: Playbook, playbooks: Mapping[str, Playbook]) -> tuple[Stage, ...]:
    """Its stages after those of the playbooks it includes, each playbook once, in order of inclusion.

    Raises NotFound for an included playbook that ``playbooks`` lacks, InvalidInput for a loop."""
    return tuple(stage for each in _cumulative(playbook, playbooks) for stage in each.stages)


def examine_playbooks(
    directories: Sequence[Path], findings: Findings, instead: Mapping[str, str] = MappingProxyType({})
) -> Playbooks:
    """The sound playbooks; mistakes go to ``findings``. ``instead``: texts by name, to be examined in the
    place of files."""
    files: dict[str, _File | None] = {
        name: _examine(text, f"{name}.yaml", findings) for name, text in instead.items()
    }
    for directory in directories:
        here: dict[str, Path] = {}
        for path in yaml_files(directory, findings):
            name = path.stem
            if name in here:
                findings.add(str(path), (0, 0), "playbook-duplicate", name=name, other=here[name])
            elif name not in files:
                text = read_source(path, findings)
                files[name] = _examine(text, str(path), findings) if text is not None else None
            here.setdefault(name, path)
    broken = frozenset(name for name, file in files.items() if file is None)
    return _together(files, broken, findings)


def _examine(text: str, file: str, findings: Findings) -> _File | None:
    document = parse(text, file, findings)
    if document is None:
        return None
    shape = validate(PlaybookShape, document, findings)
    if shape is None:
        return None
    _check(document, shape, findings)
    return _File(document, shape)


def _check(document: Document, shape: PlaybookShape, findings: Findings) -> None:
    names: dict[str, int] = {}
    refused = document.pruned("stages") or document.pruned("include")
    if not (shape.stages or shape.include or refused):
        findings.add(document.file, document.root.at, "stages-missing")
    restores = all(stage.action is Action.RESTORE for stage in shape.stages)
    if shape.evidence and shape.stages and restores:
        findings.add(document.file, document.at_key(("evidence",)), "evidence-in-restore")
    if shape.evidence and not shape.evidence.tables and not document.pruned("evidence", "tables"):
        findings.add(document.file, document.at_key(("evidence", "tables")), "evidence-empty")
    for index, stage in enumerate(shape.stages):
        loc: Loc = ("stages", index)
        line = document.at(loc)[0]
        if stage.name in names and not document.pruned(*loc, "name"):
            findings.add(
                document.file,
                document.at((*loc, "name")),
                "stage-duplicate",
                name=stage.name,
                line=names[stage.name],
            )
        names.setdefault(stage.name, line)
        _check_counters(document, loc, stage, findings)
        if not stage.select.given() and not document.pruned(*loc, "select"):
            findings.add(document.file, document.at_key((*loc, "select")), "select-empty")
        if document.pruned(*loc, "action"):
            continue
        if stage.action is Action.RESTORE and stage.method:
            findings.add(document.file, document.at_key((*loc, "method")), "method-in-restore")
        _check_partial(document, stage, loc, findings)
        if stage.action is Action.ISOLATE and not stage.method and not document.pruned(*loc, "method"):
            findings.add(document.file, document.at(loc), "method-missing")
        for number, method in enumerate(stage.method):
            if method in stage.method[:number]:
                findings.add(
                    document.file, document.at((*loc, "method", number)), "method-twice", method=method
                )


def _check_counters(document: Document, loc: Loc, stage: StageShape, findings: Findings) -> None:
    if stage.gate.counters and not (stage.gate.watch or document.pruned(*loc, "gate", "watch")):
        findings.add(document.file, document.at_key((*loc, "gate", "counters")), "counters-unwatched")


def _check_partial(document: Document, stage: StageShape, loc: Loc, findings: Findings) -> None:
    for key, given in (("towards", stage.towards), ("points", stage.points)):
        if given and stage.action is Action.ISOLATE:
            findings.add(document.file, document.at_key((*loc, key)), "partial-in-isolate", key=key)


def _together(files: Mapping[str, _File | None], broken: Collection[str], findings: Findings) -> Playbooks:
    """Checks what playbooks say of each other; those that stand come back."""
    sound = {name: file for name, file in files.items() if file is not None}
    levels: dict[int, str] = {}
    for name, (document, shape) in sorted(sound.items()):
        if shape.level is not None:
            other = levels.setdefault(shape.level, name)
            if other != name:
                findings.add(
                    document.file, document.at(("level",)), "level-duplicate", level=shape.level, other=other
                )
        for index, included in enumerate(shape.include):
            if included not in sound and included not in broken:
                near = suggest(included, sound)
                findings.add(
                    document.file,
                    document.at(("include", index)),
                    "unknown-playbook",
                    name=shorten(included),
                    known=listed(sound),
                    suggestion=near,
                )
    complete = {name: file for name, file in sound.items() if _closed(name, sound, findings)}
    return Playbooks(complete)


def _closed(name: str, files: Mapping[str, _File], findings: Findings) -> bool:
    """Whether everything the playbook includes is there and no inclusion comes back; a loop is noted once."""
    done: set[str] = set()

    def visit(current: str, path: tuple[str, ...]) -> bool:
        if current in path:
            loop = path[path.index(current) :]
            # Every member of the loop finds it; the first by name reports it.
            if min(loop) == name == loop[0]:
                document = files[path[-1]].document
                at = document.at(("include", files[path[-1]].shape.include.index(current)))
                findings.add(document.file, at, "include-loop", loop=" → ".join((*loop, current)))
            return False
        if current in done:
            return True
        if current not in files:
            return False
        results = [visit(included, (*path, current)) for included in files[current].shape.include]
        done.add(current)
        return all(results)

    return visit(name, ())


def _cumulative(playbook: Playbook, playbooks: Mapping[str, Playbook]) -> list[Playbook]:
    """The playbook last, each included one once before it."""
    found: dict[str, Playbook] = {}

    def visit(current: Playbook, path: tuple[str, ...]) -> None:
        if current.name in path:
            loop = " → ".join((*path[path.index(current.name) :], current.name))
            raise InvalidInput([Problem(current.name, 0, 0, "include-loop", (("loop", loop),))])
        for name in current.include:
            if name in found:
                continue
            if name not in playbooks:
                raise NotFound(kind="playbook", name=name, suggestion=suggest(name, playbooks))
            visit(playbooks[name], (*path, current.name))
        found[current.name] = current

    visit(playbook, ())
    return list(found.values())


def _playbook(name: str, shape: PlaybookShape) -> Playbook:
    return Playbook(
        name=name,
        title=shape.title.value(),
        stages=tuple(_stage(stage) for stage in shape.stages),
        level=shape.level,
        include=tuple(shape.include),
        save=shape.save,
        evidence=_evidence(shape.evidence) if shape.evidence else None,
    )


def _evidence(shape: EvidenceShape) -> Evidence:
    devices = _frozen(shape.devices.value()) if shape.devices else None
    return Evidence(tuple(dict.fromkeys(shape.tables)), devices, shape.within)


def _stage(shape: StageShape) -> Stage:
    """What is not written follows the action: a cut goes on past failures, a restore stops at the first."""
    restoring = shape.action is Action.RESTORE
    gate = shape.gate
    return Stage(
        name=shape.name,
        action=shape.action,
        select=tuple(_frozen(selector.value()) for selector in shape.select.given()),
        method=tuple(shape.method),
        order=shape.order or (Order.PRIORITY if restoring else Order.FARTHEST_FIRST),
        on_failure=shape.on_failure or (OnFailure.STOP if restoring else OnFailure.CONTINUE),
        on_unreachable=shape.on_unreachable,
        verify=shape.verify,
        gate=Gate(
            approvals=gate.approvals,
            roles=tuple(gate.roles),
            attest=tuple(gate.attest),
            probes=gate.probes,
            hold=gate.hold,
            watch=gate.watch,
            go=gate.go,
            counters=tuple(CounterLimit(each.counter, each.over, each.within) for each in gate.counters),
        ),
        wave_size=shape.wave_size,
        pause=shape.pause,
        towards=tuple(shape.towards),
        points=tuple(shape.points),
    )


def _frozen(selector: Selector) -> Selector:
    return replace(selector, attributes=MappingProxyType(dict(selector.attributes)))


def _name_at(document: Document, loc: Loc, number: int) -> Loc:
    """The place of a name in a selector, whether written bare, in a list or under ``name``."""
    for candidate in ((*loc, "name", number), (*loc, "name"), (*loc, number)):
        if document.find(candidate):
            return candidate
    return loc
