"""``cordon audit checkpoint|prove|witness|key|rotate-key``: what others can check this log by."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.domain.errors import InvalidRequest

if TYPE_CHECKING:
    from controller.workers.auditing import LogKeys, SignedHead


def checkpoint(call: Call, now: Annotated[bool, typer.Option("--now", help="help.sign-now")] = False) -> int:
    from controller.cli.watching import actor

    head = call.office.seal().checkpoint(actor(), now=now and not call.asked.dry_run)
    if call.out.as_json:
        call.out.object({"command": call.command, **_head(head), "exit": 0})
        return Exit.DONE
    call.out.say(
        call.text(
            "seal.signed", count=head.checkpoint.size, at=head.at, left=head.entries - head.checkpoint.size
        ),
        "",
        *head.note.splitlines(),
        "",
        *_qr(head.note),
        "",
        call.text("seal.read-out"),
        f"    {head.spoken}",
    )
    return Exit.DONE


def prove(
    call: Call,
    entry: Annotated[int | None, typer.Argument(help="help.prove-entry")] = None,
    since: Annotated[int | None, typer.Option("--from", help="help.prove-from")] = None,
    until: Annotated[int | None, typer.Option("--to", help="help.prove-to")] = None,
) -> int:
    seal = call.office.seal()
    if (entry is None) == (since is None) or (since is None) != (until is None):
        raise InvalidRequest("prove-what")
    if entry is not None:
        found = seal.entry(entry)
        plain: dict[str, object] = {
            "origin": found.origin,
            "entry": found.seq,
            "leaf": _base64(found.leaf),
            "size": found.size,
            "root": _base64(found.root),
            "proof": [_base64(each) for each in found.proof],
            "checkpoint": found.note,
        }
        said = call.text(
            "seal.entry" if found.note else "seal.entry-unsigned", entry=found.seq, size=found.size
        )
    else:
        grown = seal.growth(since or 0, until or 0)
        plain = {
            "origin": grown.origin,
            "from": grown.old,
            "from_root": _base64(grown.old_root),
            "to": grown.new,
            "to_root": _base64(grown.new_root),
            "proof": [_base64(each) for each in grown.proof],
        }
        said = call.text("seal.growth", old=grown.old, new=grown.new)
    if call.out.as_json:
        call.out.object({"command": call.command, **plain, "exit": 0})
        return Exit.DONE
    call.out.say(said)
    for name, value in plain.items():
        lines = value if isinstance(value, list) else str(value).splitlines()
        call.out.say(f"{name}:", *(f"    {line}" for line in lines))
    return Exit.DONE


def witness(
    call: Call,
    said: Annotated[list[str] | None, typer.Argument(help="help.witness-said")] = None,
    by: Annotated[str | None, typer.Option("--by", help="help.witness-by")] = None,
    to: Annotated[Path | None, typer.Option("--to", help="help.witness-to")] = None,
) -> int:
    from controller.cli.watching import actor

    seal = call.office.seal()
    if to is not None:
        return _witness_file(call, to)
    if not said:
        return _dictate(call, seal.checkpoint(actor()))
    if not (by or "").strip():
        raise InvalidRequest("witness-nameless")
    name = str(by).strip()
    if call.asked.dry_run:
        call.out.say(call.text("plan.nothing-sent"))
        return Exit.DONE
    size, seq = seal.witnessed(" ".join(said), name, actor())
    if call.out.as_json:
        call.out.object({"command": call.command, "size": size, "by": name, "seq": seq, "exit": 0})
    else:
        call.out.say(call.text("seal.witnessed", count=size, name=name))
    return Exit.DONE


def _dictate(call: Call, head: SignedHead) -> int:
    if call.out.as_json:
        call.out.object({"command": call.command, **_head(head), "exit": 0})
    else:
        call.out.say(
            call.text("seal.dictate"), f"    {head.spoken}", call.text("seal.then", said=head.spoken)
        )
    return Exit.DONE


def _witness_file(call: Call, directory: Path) -> int:
    from controller.cli.watching import actor

    if call.asked.dry_run:
        call.out.say(call.text("plan.nothing-sent"))
        return Exit.DONE
    path, seq = call.office.seal().witness_to(directory, actor())
    if call.out.as_json:
        call.out.object({"command": call.command, "file": str(path), "seq": seq, "exit": 0})
    else:
        call.out.say(call.text("seal.kept", file=path))
    return Exit.DONE


def key(call: Call) -> int:
    return _keys(call, call.office.seal().keys())


def rotate_key(
    call: Call, lost: Annotated[bool, typer.Option("--lost", help="help.key-lost")] = False
) -> int:
    from controller.cli.consent import reason_for
    from controller.cli.watching import actor

    reason = reason_for(call, needed_by="--lost" if lost else "")
    if call.asked.dry_run:
        call.out.say(call.text("plan.nothing-sent"))
        return Exit.DONE
    return _keys(call, call.office.seal().rotate(reason, actor(), lost=lost))


def _keys(call: Call, found: LogKeys) -> int:
    code = Exit.UNPROVEN if found.trouble else Exit.DONE
    if call.out.as_json:
        call.out.object(
            {
                "command": call.command,
                "key": found.keys[-1],
                "keys": list(found.keys),
                "file": str(found.file),
                "trouble": found.trouble,
                "exit": int(code),
            }
        )
        return code
    call.out.say(call.text("seal.key"), f"    {found.keys[-1]}")
    if found.keys[:-1]:
        call.out.say(call.text("seal.keys-before"), *(f"    {each}" for each in found.keys[:-1]))
    if found.trouble:
        call.out.say(call.text("seal.key-trouble", file=found.file, cause=found.trouble))
    return code


def _head(head: SignedHead) -> dict[str, object]:
    return {
        "origin": head.checkpoint.origin,
        "size": head.checkpoint.size,
        "root": _base64(head.checkpoint.root),
        "at": head.at,
        "entries": head.entries,
        "checkpoint": head.note,
        "spoken": head.spoken,
    }


def _qr(content: str) -> list[str]:
    """Two rows of the code in one line of text; the light cells are drawn, as terminals are dark."""
    import segno

    rows = [[bool(cell) for cell in row] for row in segno.make_qr(content, error="l").matrix_iter(border=2)]
    rows += [[False] * len(rows[0])] * (len(rows) % 2)
    shapes = {(False, False): "█", (False, True): "▀", (True, False): "▄", (True, True): " "}
    return [
        "".join(shapes[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in zip(rows[::2], rows[1::2], strict=True)
    ]


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
