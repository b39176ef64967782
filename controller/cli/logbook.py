"""``cordon log``: the logbook of those who decide, written and read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.domain.errors import InvalidRequest
from controller.domain.logbook import ATTACHED, FactStatus, LogDetails
from controller.domain.tags import Tag

if TYPE_CHECKING:
    from controller.domain.logbook import Rhythm
    from controller.text import Catalogue
    from controller.workers.office import LogLine

By = Annotated[str | None, typer.Option("--by", help="help.log-by")]
At = Annotated[str | None, typer.Option("--at", help="help.log-at")]

_COMMANDS = ("write", "nothing", "show", "every")
_OPEN = (FactStatus.UNCONFIRMED, FactStatus.HYPOTHESIS)


def write(
    call: Call,
    text: Annotated[str, typer.Argument(help="help.log-text")],
    status: Annotated[str | None, typer.Option("--status", help="help.log-status")] = None,
    by: By = None,
    at: At = None,
    corrects: Annotated[int | None, typer.Option("--corrects", help="help.log-corrects")] = None,
    attach: Annotated[list[Path] | None, typer.Option("--attach", help="help.log-attach")] = None,
    handed_to: Annotated[str | None, typer.Option("--hand-over-to", help="help.log-hand-over")] = None,
) -> int:
    said = text.strip()
    if not said:
        raise InvalidRequest("nothing-written")
    if said in _COMMANDS:  # an option before the command makes a text of it
        raise InvalidRequest("log-word", word=said)
    details = LogDetails(
        status=_status(status),
        by=(by or "").strip(),
        at=_moment(at),
        corrects=corrects,
        handed_to=(handed_to or "").strip(),
    )
    return _written(call, said, details, attach or ())


def nothing(call: Call, by: By = None, at: At = None) -> int:
    return _written(call, "", LogDetails(by=(by or "").strip(), at=_moment(at), nothing=True), ())


def every(call: Call, interval: Annotated[str, typer.Argument(help="help.log-interval")]) -> int:
    from controller.cli.watching import actor

    minutes = _minutes(interval)
    seq = None if call.asked.dry_run else call.office.agree_rhythm(minutes, actor())
    if call.out.as_json:
        call.out.object(
            {
                "command": call.command,
                "minutes": minutes,
                "dry_run": call.asked.dry_run,
                "seq": seq,
                "exit": 0,
            }
        )
        return Exit.DONE
    call.out.say(call.text("log.rhythm" if minutes else "log.no-rhythm", minutes=minutes))
    if call.asked.dry_run:
        call.out.say(call.text("log.not-written"))
    return Exit.DONE


def show(
    call: Call,
    begin: Annotated[str | None, typer.Option("--since", help="help.log-since")] = None,
    search: Annotated[str | None, typer.Option("--search", help="help.log-search")] = None,
    undecided: Annotated[bool, typer.Option("--open", help="help.log-open")] = False,
    everything: Annotated[bool, typer.Option("--all", help="help.log-all")] = False,
) -> int:
    lines = list(call.office.log(tag=None if everything else Tag.LOG_WRITTEN.value))
    corrected = _corrected(lines)
    shown = [
        line
        for line in _since(lines, begin)
        if _found(line, search) and (not undecided or _is_open(line, corrected))
    ]
    if call.out.as_json:
        entries = [_plain(line, corrected) for line in shown]
        due = plain_rhythm(call.office.rhythm())
        call.out.object({"command": call.command, "entries": entries, "rhythm": due, "exit": 0})
        return Exit.DONE
    for line in shown:
        call.out.say(*_entry(line, corrected, call.words))
    if not shown:
        call.out.say(call.text("log.none"))
    call.out.say(*rhythm_lines(call.office.rhythm(), call.words))
    return Exit.DONE


# --- the rhythm --------------------------------------------------------------------------------------


def rhythm_lines(rhythm: Rhythm | None, words: Catalogue) -> Iterable[str]:
    """Where a rhythm was agreed: when something is to be written, or that it is overdue."""
    from controller.text.times import age, moment

    if rhythm is None:
        return
    now = datetime.now().astimezone()
    if rhythm.is_due(now):
        yield words.text("log.overdue", minutes=rhythm.minutes, age=age(words, rhythm.last, now))
    else:
        yield words.text("log.due", minutes=rhythm.minutes, at=moment(rhythm.due))


def plain_rhythm(rhythm: Rhythm | None) -> dict[str, Any] | None:
    if rhythm is None:
        return None
    return {
        "minutes": rhythm.minutes,
        "last": rhythm.last.isoformat(),
        "due_at": rhythm.due.isoformat(),
        "due": rhythm.is_due(datetime.now().astimezone()),
    }


def _minutes(said: str) -> int:
    found = re.fullmatch(r"([0-9]{1,4})(m|min|h)?", said)
    if said == "off":
        return 0
    if found is None or not int(found[1]):
        raise InvalidRequest("rhythm-invalid", value=said)
    return int(found[1]) * (60 if found[2] == "h" else 1)


# --- writing -----------------------------------------------------------------------------------------


def _written(call: Call, text: str, details: LogDetails, files: Sequence[Path]) -> int:
    from dataclasses import replace

    from controller.cli.watching import actor

    seq = None
    if not call.asked.dry_run:
        attached = tuple(call.office.attach(path) for path in files)
        details = replace(details, attachments=attached)
        seq = call.office.write_log(text, actor(), details)
    if call.out.as_json:
        kept = [{"name": each.name, "file": each.file, "sha256": each.digest} for each in details.attachments]
        call.out.object(
            {
                "command": call.command,
                "dry_run": call.asked.dry_run,
                "seq": seq,
                "attachments": kept,
                "exit": 0,
            }
        )
        return Exit.DONE
    if call.asked.dry_run:
        call.out.say(call.text("log.not-written"))
        return Exit.DONE
    call.out.say(call.text("log.spooled" if seq is None else "log.written", seq=seq))
    for each in details.attachments:
        call.out.say(call.text("log.attached", name=each.name, digest=each.digest, file=each.file))
    if details.handed_to:
        call.out.say(*_handed_over(call, details.handed_to))
    return Exit.DONE


def _handed_over(call: Call, to: str) -> Iterable[str]:
    lines = list(call.office.log(tag=Tag.LOG_WRITTEN.value))
    corrected = _corrected(lines)
    left = sum(1 for line in lines if _is_open(line, corrected))
    yield call.text("log.handed-over", to=to)
    yield call.text("log.left-open", count=left)


def _status(said: str | None) -> FactStatus | None:
    if said is None:
        return None
    try:
        return FactStatus(said)
    except ValueError:
        raise InvalidRequest("fact-status", value=said, known=", ".join(FactStatus)) from None


def _moment(said: str | None) -> datetime | None:
    if said is None:
        return None
    from controller.cli.confirm import moment_of

    now = datetime.now().astimezone()
    found = moment_of(said, now)
    if found > now:
        raise InvalidRequest("time-to-come", value=said)
    return found


# --- reading -----------------------------------------------------------------------------------------


def _corrected(lines: Iterable[LogLine]) -> Mapping[int, int]:
    """Entry to the last that corrects it."""
    return {
        int(line.data["corrects"]): line.seq
        for line in lines
        if line.tag == Tag.LOG_WRITTEN and "corrects" in line.data
    }


def bound(said: str | None) -> int | datetime | None:
    """The number of an entry, or a time that has come. Raises InvalidRequest."""
    return int(said) if said and said.isascii() and said.isdigit() else _moment(said)


def _since(lines: Iterable[LogLine], begin: str | None) -> Iterable[LogLine]:
    """After the entry of that number, or from that time on."""
    first = bound(begin)
    if isinstance(first, int):
        return (line for line in lines if line.seq > first)
    return (line for line in lines if first is None or datetime.fromisoformat(line.at) >= first)


def _found(line: LogLine, search: str | None) -> bool:
    if not search:
        return True
    said = (line.text, line.actor, *(line.data.get(name, "") for name in ("by", "handed_to")))
    return any(search.casefold() in each.casefold() for each in said)


def _is_open(line: LogLine, corrected: Mapping[int, int]) -> bool:
    return line.data.get("status") in _OPEN and line.seq not in corrected


def _plain(line: LogLine, corrected: Mapping[int, int]) -> dict[str, Any]:
    return {
        "seq": line.seq,
        "at": line.at,
        "tag": line.tag,
        "actor": line.actor,
        "data": dict(line.data),
        "corrected_by": corrected.get(line.seq),
        "text": line.text,
    }


def _entry(line: LogLine, corrected: Mapping[int, int], words: Catalogue) -> Iterable[str]:
    if line.tag != Tag.LOG_WRITTEN:
        from controller.cli.audit import entry_lines

        return entry_lines(line, words)
    return _note(line, corrected, words)


def _note(line: LogLine, corrected: Mapping[int, int], words: Catalogue) -> Iterable[str]:
    from controller.text.times import moment

    data = line.data
    parts = [f"{line.seq:>6}", moment(datetime.fromisoformat(line.at).astimezone())]
    if "happened" in data:
        then = datetime.fromisoformat(data["happened"]).astimezone()
        parts.append(words.text("log.happened", at=moment(then)))
    parts.append(words.text("log.by", actor=line.actor, by=data["by"]) if "by" in data else line.actor)
    if "status" in data:
        parts.append(words.text(f"fact-status.{data['status']}").upper())
    if "corrects" in data:
        parts.append(words.text("log.corrects", seq=data["corrects"]))
    if "handed_to" in data:
        parts.append(words.text("log.handed-over", to=data["handed_to"]))
    if line.seq in corrected:
        parts.append(words.text("log.corrected", seq=corrected[line.seq]))
    yield "  ".join(parts)
    for said in (words.text("log.nothing") if "nothing" in data else line.text).splitlines():
        yield f"        {said}"
    for kept, name in data.items():
        if kept.startswith(f"{ATTACHED} "):
            yield "        " + words.text("log.file", name=name, file=kept.removeprefix(f"{ATTACHED} "))
