"""``cordon audit``: the log, read and checked."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.domain.retention import ranges

if TYPE_CHECKING:
    from controller.text import Catalogue
    from controller.workers.office import LogLine


def show(
    call: Call,
    since: Annotated[int, typer.Option("--since", help="help.since")] = 0,
    tag: Annotated[str | None, typer.Option("--tag", help="help.tag")] = None,
    run: Annotated[str | None, typer.Option("--run", help="help.run-id")] = None,
    limit: Annotated[int | None, typer.Option("--limit", help="help.limit")] = None,
) -> int:
    lines = islice(call.office.log(since=since, tag=tag, run=run), limit)
    if call.out.as_json:
        entries = [
            {
                "seq": line.seq,
                "at": line.at,
                "tag": line.tag,
                "actor": line.actor,
                "run": line.run,
                "data": dict(line.data),
                "text": line.text,
            }
            for line in lines
        ]
        call.out.object({"command": call.command, "entries": entries, "exit": 0})
        return Exit.DONE
    for line in lines:
        call.out.say(*entry_lines(line, call.words))
    return Exit.DONE


def entry_lines(line: LogLine, words: Catalogue) -> list[str]:
    what = words.text(f"tag.{line.tag.replace(':', '.')}")
    data = " ".join(f"{name}={value}" for name, value in line.data.items())
    parts = [f"{line.seq:>6}", line.at, line.actor, what, line.run or "", data]
    first = "  ".join(part for part in parts if part)
    return [first, *(f"        {said}" for said in line.text.splitlines())]


def verify(
    call: Call,
    witnesses: Annotated[list[Path] | None, typer.Option("--witness", help="help.witness-file")] = None,
    checkpoints: Annotated[list[str] | None, typer.Option("--checkpoint", help="help.witness-text")] = None,
) -> int:
    from controller.workers.auditing import witness_file, witnesses_in

    kept = [each for path in witnesses or () for each in witness_file(path)]
    kept += [each for text in checkpoints or () for each in witnesses_in(text)]
    verdict = call.office.verify(kept)
    whole = not verdict.problem
    code = Exit.DONE if whole else Exit.UNPROVEN
    if call.out.as_json:
        call.out.object(
            {
                "command": call.command,
                "whole": whole,
                "entries": verdict.entries,
                "head": verdict.head,
                "first_bad": verdict.first_bad,
                "problem": verdict.problem,
                "detail": verdict.detail,
                "degraded": [list(span) for span in verdict.degraded],
                "erased": verdict.erased,
                "erased_in": list(verdict.erased_in),
                "erased_files": list(verdict.erased_files),
                "erasures": list(verdict.erasures),
                "origin": verdict.origin,
                "root": verdict.root,
                "signed": verdict.signed,
                "checkpoints": verdict.checkpoints,
                "keys": list(verdict.keys),
                "keys_replaced": list(verdict.replaced),
                "witnesses": len(kept),
                "exit": int(code),
            }
        )
        return code
    if whole:
        call.out.say(call.text("audit.whole", count=verdict.entries, head=verdict.head))
        if kept:
            call.out.say(call.text("audit.witnesses", count=len(kept)))
    elif verdict.first_bad is None:
        call.out.say(
            call.text(f"verify.{verdict.problem}", detail=verdict.detail), call.text("audit.what-now")
        )
    else:
        call.out.say(
            call.text("audit.broken", entry=verdict.first_bad, entries=verdict.entries),
            call.text(f"verify.{verdict.problem}", entry=verdict.first_bad, detail=verdict.detail),
            call.text("audit.what-now"),
        )
    if verdict.keys:
        call.out.say(
            call.text("audit.signed", size=verdict.signed, count=verdict.checkpoints, key=verdict.keys[-1])
        )
    else:
        call.out.say(call.text("audit.unsigned"))
    for entry in verdict.replaced:
        call.out.say(call.text("audit.key-replaced", entry=entry))
    for first, last in verdict.degraded:
        call.out.say(call.text("audit.degraded", first=first, last=last))
    erasures = ranges(verdict.erasures)
    if verdict.erased:
        where = ranges(verdict.erased_in)
        call.out.say(call.text("audit.erased", count=verdict.erased, where=where, erasures=erasures))
    if verdict.erased_files:
        files = ", ".join(verdict.erased_files)
        call.out.say(
            call.text("audit.erased-files", count=len(verdict.erased_files), files=files, erasures=erasures)
        )
    return code
