"""``cordon audit erase``: texts and files erased from the home, by two persons or by their age."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.cli.signing import AsPerson
from controller.domain.errors import InvalidRequest
from controller.domain.retention import PayloadKind, Selection, ranges
from controller.text.times import moment

if TYPE_CHECKING:
    from controller.text import Catalogue
    from controller.workers.erasable import Erasable, ErasureRequest
    from controller.workers.erasing import Erasing


def erase(
    call: Call,
    entries: Annotated[list[str] | None, typer.Argument(help="help.erase-entries")] = None,
    before: Annotated[str | None, typer.Option("--before", help="help.erase-before")] = None,
    kinds: Annotated[list[str] | None, typer.Option("--kind", help="help.erase-kind")] = None,
    approve: Annotated[str | None, typer.Option("--approve", help="help.erase-approve")] = None,
    deny: Annotated[str | None, typer.Option("--deny", help="help.erase-deny")] = None,
    expired: Annotated[bool, typer.Option("--expired", help="help.erase-expired")] = False,
    as_person: AsPerson = None,
) -> int:
    """The first person asks, the second is shown what it comes to and consents."""
    selects = bool(entries or before or kinds)
    if selects + bool(approve) + bool(deny) + expired > 1:
        raise InvalidRequest("choose-one", options="ENTRIES/--before/--kind, --approve, --deny, --expired")
    office = call.office.erasing()
    if expired:
        return _expire(call, office)
    if approve or deny:
        return _answer(call, office, approve or deny or "", as_person, consents=bool(approve))
    if selects:
        return _ask(call, office, _selection(entries or (), before, kinds or ()), as_person)
    return _waiting(call, office)


def _selection(entries: Sequence[str], before: str | None, kinds: Sequence[str]) -> Selection:
    from controller.cli.logbook import bound

    wrong = [each for each in entries if not each.isascii() or not each.isdigit()]
    if wrong:
        raise InvalidRequest("not-a-number", option="ENTRIES", value=wrong[0])
    unknown = [each for each in kinds if each not in set(PayloadKind)]
    if unknown:
        raise InvalidRequest("erase-kind", kind=unknown[0], kinds=", ".join(PayloadKind))
    until = bound(before)
    if isinstance(until, int):
        raise InvalidRequest("erase-before", said=before)
    if not entries and until is None:
        raise InvalidRequest("erase-unbounded")
    return Selection(tuple(sorted(set(map(int, entries)))), until, tuple(map(PayloadKind, kinds)))


def _ask(call: Call, office: Erasing, selection: Selection, as_person: str | None) -> int:
    from controller.cli.consent import reason_for
    from controller.cli.signing import credentials
    from controller.cli.watching import actor

    found = office.preview(selection)
    if call.asked.dry_run:
        return _shown(call, found)
    if not found.entries:
        raise InvalidRequest("erase-nothing")
    if not as_person:
        raise InvalidRequest("who-consents")
    reason = reason_for(call, needed_by="audit erase")
    if not call.out.as_json:
        call.out.say(*_lines(found, call.words))
    seq = office.ask(selection, reason, actor(), credentials(call, as_person))
    short = found.digest[:12]
    if call.out.as_json:
        shown = {"request": found.digest, "entry": seq, **_plain(found)}
        call.out.object({"command": call.command, **shown, "exit": int(Exit.WAITING)})
    else:
        call.out.say(call.text("erase.asked", request=short))
    return Exit.WAITING


def _answer(call: Call, office: Erasing, request: str, as_person: str | None, *, consents: bool) -> int:
    from controller.cli.signing import credentials
    from controller.cli.watching import actor

    if not as_person:
        raise InvalidRequest("who-consents")
    asked = [each for each in office.waiting() if each.digest.startswith(request)]
    if not call.out.as_json:
        for each in asked:
            found = office.preview(each.selection, each.through)
            call.out.say(*_request_lines(each, call.words), *_lines(found, call.words))
    if call.asked.dry_run:
        return Exit.DONE
    shown = credentials(call, as_person)
    answered = office.approve if consents else office.deny
    seq = answered(request, actor(), shown)
    if call.out.as_json:
        call.out.object({"command": call.command, "request": request, "entry": seq, "exit": 0})
    else:
        call.out.say(call.text("erase.done" if consents else "erase.denied", entry=seq))
    return Exit.DONE


def _expire(call: Call, office: Erasing) -> int:
    from controller.cli.watching import actor

    retention = office.retention()
    if not retention:
        raise InvalidRequest("retention-none")
    found = office.expired()
    if call.asked.dry_run or not found.entries:
        return _shown(call, found)
    if not call.out.as_json:
        call.out.say(*_lines(found, call.words))
    seq = office.expire(actor())
    if call.out.as_json:
        call.out.object({"command": call.command, "entry": seq, **_plain(found), "exit": 0})
    else:
        call.out.say(call.text("erase.done", entry=seq))
    return Exit.DONE


def _waiting(call: Call, office: Erasing) -> int:
    waiting = office.waiting()
    if call.out.as_json:
        requests = [
            {
                "request": each.digest,
                "requester": each.requester,
                "at": each.at.isoformat(),
                "reason": each.reason,
                "texts": each.texts,
                "files": each.files,
            }
            for each in waiting
        ]
        call.out.object({"command": call.command, "requests": requests, "exit": 0})
        return Exit.DONE
    if not waiting:
        call.out.say(call.text("erase.none"))
    for each in waiting:
        call.out.say(*_request_lines(each, call.words))
    return Exit.DONE


def _shown(call: Call, found: Erasable) -> int:
    if call.out.as_json:
        call.out.object({"command": call.command, "entry": None, **_plain(found), "exit": 0})
    else:
        call.out.say(*_lines(found, call.words), call.text("erase.nothing-erased"))
    return Exit.DONE


def _request_lines(each: ErasureRequest, words: Catalogue) -> Iterator[str]:
    yield words.text(
        "erase.request",
        request=each.digest[:12],
        requester=each.requester,
        at=moment(each.at.astimezone()),
        texts=each.texts,
        files=each.files,
    )
    yield f"  « {each.reason} »"


def _lines(found: Erasable, words: Catalogue) -> Iterator[str]:
    if not found.entries:
        yield words.text("erase.nothing")
        return
    kinds = ", ".join(f"{words.text(f'payload.{kind}')} {count}" for kind, count in _counts(found).items())
    yield words.text("erase.comes-to", count=len(found.entries), entries=ranges(found.entries), kinds=kinds)
    times: list[datetime] = [each.at for each in found.payloads if not each.gone]
    yield words.text(
        "erase.times", first=moment(min(times).astimezone()), last=moment(max(times).astimezone())
    )


def _plain(found: Erasable) -> dict[str, Any]:
    return {"entries": list(found.entries), "kinds": _counts(found)}


def _counts(found: Erasable) -> Mapping[str, int]:
    return {kind.value: found.counts[kind] for kind in PayloadKind if found.counts.get(kind)}
