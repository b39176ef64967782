"""Configuration mode: what enters and leaves it, what edits the candidate, and commit.

Junos OS CLI User Guide: "Forms of the configure Command", "Using the configure exclusive Command", "Using the
configure private Command" (neither is entered while the shared candidate has uncommitted changes; no `commit
confirmed` in private; both lose what is not committed when they end), "Exiting Configuration Mode", "Adding
and Deleting Statements", "Deactivating and Reactivating Statements", "Verifying a Configuration", "Rolling
Back", "Comparing Configuration Changes"; "commit": a later `commit` or `commit check` confirms.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from controller.simulator.grammar import Arguments, Grammar, Rejected, incomplete, invalid
from controller.simulator.juniper_junos.checking import problems
from controller.simulator.juniper_junos.configuration import Configuration, Found, NotUnderstood, located
from controller.simulator.juniper_junos.device import SHARED, Editor
from controller.simulator.juniper_junos.schema import Kind
from controller.simulator.juniper_junos.shell import (
    CONFIGURATION,
    OPERATIONAL,
    Handler,
    JunosShell,
    Output,
    tokens,
)
from controller.simulator.juniper_junos.writing import Element, braces, elements, inside, set_lines
from controller.simulator.shell import Ask, Reply

LOCKED = "error: configuration database locked by:"
_DISCARDS = "warning: uncommitted changes will be discarded on exit"
_UNUSED = ("annotate", "copy", "help", "insert", "load", "protect", "rename", "replace", "save", "update")
_MOST_MINUTES = 65535


# --- entering and leaving ----------------------------------------------------------------------------------


def _configure(how: str) -> Handler:
    def handler(shell: JunosShell, _arguments: Arguments) -> str:
        device = shell.device
        others = device.locked_for(shell.line)
        if how == "exclusive" and others:
            return f"{LOCKED}\n{others}"
        if how and device.changed(SHARED):
            return f"error: {'shared ' if how == 'private' else ''}configuration database modified"
        if not how and any(each.how == "private" for each in device.editors.values()):
            return "error: private edits in use. Try 'configure private' or 'configure exclusive'."
        shell.mode, shell.how = CONFIGURATION, how
        device.editors[shell.line] = Editor(shell.user, how, datetime.now(UTC))
        said = [_DISCARDS] if how else []
        said.append("Entering configuration mode")
        if others:
            said += ["Users currently editing the configuration:", others]
        return "\n".join(said)

    return handler


def _exit(shell: JunosShell, arguments: Arguments) -> Reply | str:
    if shell.level and len(arguments.tokens) == 1:
        shell.level = ()
        return ""
    if not shell.device.changed(shell.whose):
        shell.leave()
        return "Exiting configuration mode"
    said = "The configuration has been changed but not committed"
    if shell.how == "exclusive":
        said += "\nwarning: Auto rollback on exiting 'configure exclusive'"
    elif shell.how:
        said += "\nwarning: private edits would be discarded"
    question = "Discard uncommitted changes?" if shell.how else "Exit with uncommitted changes?"

    def answered(text: str) -> Reply:
        if text.strip().lower() not in ("", "y", "yes"):
            return Reply("exit aborted")
        left = "warning: discarding uncommitted changes\nload complete\n" if shell.how else ""
        shell.leave()
        return Reply(f"{left}Exiting configuration mode")

    return Reply(said, ask=Ask(f"{question} [yes,no] (yes) ", answered))


# --- edits -------------------------------------------------------------------------------------------------


def _named(shell: JunosShell, arguments: Arguments, *, whole: bool) -> Found:
    given = tokens(arguments.text(), arguments.starts[0])
    try:
        return located([*shell.level, *(word.text for word in given)], whole=whole)
    except NotUnderstood as error:
        index = error.index - len(shell.level)
        raise invalid(given[index].start) if index < len(given) else incomplete() from None


def _candidate(shell: JunosShell) -> Configuration:
    others = shell.device.locked_for(shell.line)
    if others and shell.how != "private":
        raise Rejected(f"{LOCKED}\n{others}")
    return shell.device.candidate(shell.whose)


def _set(shell: JunosShell, arguments: Arguments) -> str:
    found = _named(shell, arguments, whole=True)
    _candidate(shell).set(found)
    return ""


def _delete(shell: JunosShell, arguments: Arguments) -> str:
    found = _named(shell, arguments, whole=False)
    return "" if _candidate(shell).delete(found) else "warning: statement not found"


def _deactivate(*, again: bool) -> Handler:
    def handler(shell: JunosShell, arguments: Arguments) -> str:
        path = _named(shell, arguments, whole=False).path
        found = _candidate(shell).deactivate(path, again=again)
        return "" if found else "warning: statement not found"

    return handler


def _edit(shell: JunosShell, arguments: Arguments) -> str:
    shell.level = _named(shell, arguments, whole=False).path
    return ""


def _up(shell: JunosShell, _arguments: Arguments) -> str:
    """To the level above: with an object, or a family, goes the word before it."""
    level = shell.level[:-1]
    found = located(list(level), whole=False)
    named = found.statement.kind is Kind.OBJECT and level not in found.objects
    shell.level = level[:-1] if named or found.statement.inline else level
    return ""


def _top(shell: JunosShell, _arguments: Arguments) -> str:
    shell.level = ()
    return ""


def _rollback(shell: JunosShell, arguments: Arguments) -> str:
    number = arguments.number() if arguments.values else 0
    device = shell.device
    if number > len(device.earlier):
        return f"error: rollback {number}: no such configuration"
    _candidate(shell)
    if number == 0:
        device.drop(shell.whose)
    else:
        device.drafts[shell.whose] = device.earlier[number - 1].copy()
    return "load complete"


def _show(shell: JunosShell, arguments: Arguments) -> Output:
    device = shell.device
    path = _named(shell, arguments, whole=False).path if arguments.values else shell.level
    draft = device.drafts.get(shell.whose, device.running)
    found = elements(draft.statements, draft.inactive)
    shown = inside(found, path) if path else found
    before = elements(device.running.statements, device.running.inactive)
    return Output(
        list(braces(shown)),
        sets=lambda: list(set_lines(shown)),
        compared=lambda: list(_compared(before, found)),
    )


def _compared(
    old: Sequence[Element], new: Sequence[Element], level: tuple[str, ...] = (), depth: int = 0
) -> Iterator[str]:
    """As ``show | compare`` has it: under each level, what went and what came, further in for each level."""
    were, are = ({(each.path, each.values): each for each in side} for side in (old, new))
    gone = [each for key, each in were.items() if key not in are]
    came = [each for key, each in are.items() if key not in were]
    changed = [each for key, each in are.items() if key in were and were[key].inactive != each.inactive]
    if gone or came or changed:
        yield f"[{' '.join(('edit', *level))}]"
        for mark, side in (("-", gone), ("+", came)):
            yield from (f"{mark}  {' ' * depth}{line}" for line in braces(side))
        yield from (
            f"!  {' ' * depth}{'inactive' if each.inactive else 'active'}: {each.words} {{ ... }}"
            for each in changed
        )
    for key, each in are.items():
        if key in were:
            yield from _compared(were[key].children, each.children, each.path, depth + 1)


# --- commit ------------------------------------------------------------------------------------------------


def _commit(shell: JunosShell, arguments: Arguments) -> Reply | str:
    words = [word.text for word in tokens(arguments.text(), arguments.starts[0])] if arguments.values else []
    minutes, check, leaves = 0, False, False
    while words:
        match words.pop(0):
            case "check":
                check = True
            case "confirmed":
                minutes = 10
                if words and words[0].isdigit():
                    minutes = int(words.pop(0))
            case "and-quit":
                leaves = True
            case "comment" if words:
                words.pop(0)
            case _:
                raise invalid(arguments.starts[0])
    if not (0 <= minutes <= _MOST_MINUTES) or (check and (minutes or leaves)):
        raise invalid(arguments.starts[0])
    refused = _refused(shell, confirmed=bool(minutes))
    if refused:
        return refused
    device = shell.device
    if check:
        device.confirm()
        return "configuration check succeeds"
    device.commit(shell.whose, shell.user, minutes)
    said = ["configuration check succeeds", "commit complete"]
    if minutes:
        said[1:1] = [
            f"commit confirmed will be automatically rolled back in {minutes} minutes unless confirmed"
        ]
    if leaves:
        shell.leave()
        said.append("Exiting configuration mode")
    return "\n".join(said)


def _refused(shell: JunosShell, *, confirmed: bool) -> str:
    """Why there is no commit; "" where nothing is in its way."""
    device = shell.device
    others = device.locked_for(shell.line)
    if others:
        return f"{LOCKED}\n{others}"
    if shell.how == "private":
        if confirmed:
            return "error: commit confirmed is not supported in private mode"
        if device.changed(SHARED):
            return "error: shared configuration database modified"
    if device.faults.get("commit_fails"):
        return "error: configuration check-out failed: (statements constraint check failed)"
    return "\n".join(problems(device.merged(shell.whose)))


def _run(shell: JunosShell, arguments: Arguments) -> Reply:
    kept = arguments.starts[0]
    return shell.run(" " * kept + arguments.text(), OPERATIONAL)


def add_editing(grammars: dict[str, Grammar[Handler]]) -> None:
    outside, inside_it = grammars[OPERATIONAL], grammars[CONFIGURATION]
    for how in ("", "exclusive", "private"):
        outside.add(f"configure {how}".strip(), _configure(how))
    outside.add("edit", _configure(""))
    for word in ("exit", "quit"):
        outside.add(word, lambda _shell, _arguments: Reply(close=True))
        inside_it.add(word, _exit)
        inside_it.add(f"{word} configuration-mode", _exit)
    inside_it.add("set <line>", _set)
    inside_it.add("delete <line>", _delete)
    inside_it.add("activate <line>", _deactivate(again=True))
    inside_it.add("deactivate <line>", _deactivate(again=False))
    inside_it.add("edit <line>", _edit)
    inside_it.add("top", _top)
    inside_it.add("up", _up)
    inside_it.add("rollback", _rollback)
    inside_it.add("rollback <number:0-49>", _rollback)
    inside_it.add("show", _show)
    inside_it.add("show <line>", _show)
    inside_it.add("commit", _commit)
    inside_it.add("commit <line>", _commit)
    inside_it.add("run <line>", _run)
    for word in _UNUSED:
        inside_it.add(word, None)
