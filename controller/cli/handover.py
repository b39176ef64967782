"""``cordon isolate … --yes`` where a leader runs: the request is handed over before the rest of the program
is loaded, which takes longer than many a cut.

Only what needs no question and no override is recognised; everything else, and whatever the leader does not
carry out, goes the ordinary way.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from controller.cli.person import account
from controller.workers.handover import Lines, begun, files_of, handed_over

if TYPE_CHECKING:
    from controller.cli.asked import Call

_FLAGS = {"--yes": "yes", "-y": "yes", "--json": "json"}
_ONCE = {
    "--level": "level",
    "-l": "level",
    "--playbook": "playbook",
    "--reason": "reason",
    "--home": "home",
    "--inventory": "inventory",
    "--lang": "lang",
}
_OFTEN = {
    "--segment": "subjects",
    "-s": "subjects",
    "--conduit": "conduits",
    "-c": "conduits",
    "--profiles": "profiles",
    "--playbooks": "playbooks",
}


_SHOWING = 10
"""How nice this process becomes to whoever cuts: what it loads to show a run takes as much of a processor as
cutting a few dozen switches."""


@dataclass
class _Given:
    flags: set[str] = field(default_factory=set)
    once: dict[str, str] = field(default_factory=dict)
    often: dict[str, list[str]] = field(default_factory=dict)

    def paths(self, name: str) -> list[Path]:
        said = self.often.get(name) or os.environ.get(f"CORDON_{name.upper()}", "").split(os.pathsep)
        return [Path(each) for each in said if each]

    def path(self, name: str) -> Path | None:
        said = self.once.get(name) or os.environ.get(f"CORDON_{name.upper()}")
        return Path(said) if said else None

    @property
    def subjects(self) -> list[str]:
        return [*self.often.get("subjects", ()), *self.often.get("conduits", ())]


def handed(arguments: Sequence[str], *, steps_back: bool = False) -> int | None:
    """The exit code; None where nothing was begun and the ordinary way is to be gone. ``steps_back``: this
    process has nothing else to do, and leaves the processor to the leader from then on."""
    given = _read(arguments)
    if given is None:
        return None
    home, inventory = given.path("home"), given.path("inventory")
    if home is None or inventory is None:
        return None
    number, name = account()
    request = {
        "request": "IsolateByLeader",
        "files": files_of(inventory, given.paths("profiles"), given.paths("playbooks")),
        "playbook": given.once.get("playbook"),
        "level": int(given.once["level"]) if "level" in given.once else None,
        "subjects": given.subjects,
        "reason": given.once.get("reason", "").strip(),
        "actor": {"id": number, "name": name},
    }
    lines = handed_over(home.absolute(), request)
    if lines is None:
        return None
    if steps_back:
        os.nice(_SHOWING)
    # Until the run is watched: who presses Ctrl-C while the program loads is asked to press it again.
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with closing(lines):
            shown = _Shown(given)
            first = begun(lines)
            return None if first is None else shown.to_the_end(first, lines)
    finally:
        signal.signal(signal.SIGINT, before)


def _read(arguments: Sequence[str]) -> _Given | None:
    given, words, left = _Given(), [], iter(arguments)
    for argument in left:
        option, equals, value = argument.partition("=")
        if argument in _FLAGS:
            given.flags.add(_FLAGS[argument])
        elif option in _ONCE or option in _OFTEN:
            said = value if equals else next(left, None)
            if said is None or _ONCE.get(option) in given.once or (equals and not option.startswith("--")):
                return None
            if option in _ONCE:
                given.once[_ONCE[option]] = said
            else:
                given.often.setdefault(_OFTEN[option], []).append(said)
        else:
            words.append(argument)
    chosen = ("level" in given.once, "playbook" in given.once, bool(given.subjects))
    plain = words == ["isolate"] and "yes" in given.flags and sum(chosen) == 1
    return given if plain and given.once.get("level", "0").isdecimal() else None


class _Shown:
    """What the ordinary way shows of a cut, of one that was begun already. Making it loads what that takes,
    while the leader cuts."""

    def __init__(self, given: _Given) -> None:
        from controller.cli.asked import Asked, Call
        from controller.cli.output import Output
        from controller.text import Catalogue, language
        from controller.workers.front import cordon_office

        asked = Asked(
            inventory=given.path("inventory"),
            home=given.path("home"),
            profiles=given.paths("profiles") or None,
            playbooks=given.paths("playbooks") or None,
            json="json" in given.flags,
            yes=True,
            reason=given.once.get("reason"),
            lang=given.once.get("lang"),
        )
        words = Catalogue(language(asked.lang, os.environ))
        self._office = cordon_office
        self._call = Call(asked, words, Output(as_json=asked.json), cordon_office, "isolate")

    def to_the_end(self, first: Mapping[str, Any], lines: Lines) -> int:
        from controller.cli.errors import tell

        call = self._call
        try:
            code = _told(call, first, chain([first], lines))
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - every end has a text and an exit code
            code = tell(error, call.words, call.out, call.run)
            if isinstance(error, KeyboardInterrupt):
                return code
        call.settle()
        return code


def _told(call: Call, first: Mapping[str, Any], lines: Iterator[Mapping[str, Any]]) -> int:
    from controller.cli.cost import cost_lines
    from controller.cli.lapsed import plain_lapse, tell_lapse
    from controller.cli.readiness import plan_lines
    from controller.cli.verdict import report
    from controller.cli.watching import actor, carry_out
    from controller.engine.events import RunStarted
    from controller.workers.front import HomeOffice
    from controller.workers.wire import event_from_line

    started, office = event_from_line(dict(first)), call.office
    if not isinstance(started, RunStarted) or not isinstance(office, HomeOffice):
        raise TypeError("a run that has begun, and the office of its home")
    documents = office.documents_in_force()
    call.out.say(*cost_lines(started.plan, documents.inventory, call.words), *plan_lines(call, started.plan))
    tell_lapse(call, documents)
    carried = carry_out(call, lambda watcher: office.follow(lines, actor(), watcher))
    return report(call, carried, **plain_lapse(call, documents))
