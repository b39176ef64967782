"""``cordon audit forward``: the log, sent on by hand; and how far it came, for ``cordon status``."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.domain.errors import CordonError, InvalidRequest
from controller.domain.inventory import Segment

if TYPE_CHECKING:
    from controller.engine.holding.situation import SubjectSituation
    from controller.text import Catalogue
    from controller.workers.forwarding import ForwardingState


def forward(
    call: Call, begin: Annotated[int | None, typer.Option("--from", help="help.forward-from")] = None
) -> int:
    from controller.notify.receiver import Undelivered

    office = call.office.forwarding()
    if not office.states():
        raise InvalidRequest("forward-nowhere")
    sent = 0

    def told(total: int) -> None:
        nonlocal sent
        sent = total

    arrived = True
    if not call.asked.dry_run:
        try:
            office.send(begin, told)
        except Undelivered:
            arrived = False  # the state says why
    states = office.states()
    code = Exit.DONE if arrived else Exit.UNPROVEN
    if call.out.as_json:
        shown = [plain_state(each) for each in states]
        call.out.object({"command": call.command, "sent": sent, "receivers": shown, "exit": int(code)})
        return code
    if not call.asked.dry_run:
        call.out.say(call.text("forward.sent", count=sent))
    call.out.say(*(line for each in states for line in state_lines(each, call.words)))
    return code


def forwarding(
    call: Call, subjects: Sequence[SubjectSituation]
) -> tuple[list[str], list[dict[str, Any]] | None]:
    """What status says of it, as lines and plain; None where that cannot be read. It keeps nobody from seeing
    what is cut."""
    from controller.text.sentences import sentence

    try:
        states = call.office.forwarding().states()
    except CordonError as error:
        return [call.text("forward.unknown", why=sentence(error, call.words))], None
    lines: list[str] = []
    for each in states:
        lines += state_lines(each, call.words)
        if each.trouble and (cut := cut_around(each.receiver, subjects)):
            lines.append(call.text("forward.behind-cut", subject=cut))
    return lines, [plain_state(each) for each in states]


def cut_around(receiver: str, subjects: Sequence[SubjectSituation]) -> str:
    """The segment the receiver is in, if it is held cut; "" where none is known to be."""
    address = ipaddress.ip_address(receiver.rpartition(":")[0].strip("[]"))
    for each in subjects:
        prefixes = each.subject.prefixes if isinstance(each.subject, Segment) and each.held else ()
        if any(address in ipaddress.ip_network(prefix, strict=False) for prefix in prefixes):
            return each.subject.name
    return ""


def state_lines(state: ForwardingState, words: Catalogue) -> list[str]:
    said = [
        words.text("forward.state", receiver=state.receiver, sent=state.sent, entries=state.entries)
        if state.behind
        else words.text("forward.whole", receiver=state.receiver, entries=state.entries)
    ]
    if state.trouble:
        why = words.text(f"forward.{state.trouble}", detail=state.detail or "—")
        said.append(words.text("forward.trouble", since=state.since, why=why))
    return said


def plain_state(state: ForwardingState) -> dict[str, Any]:
    return {
        "receiver": state.receiver,
        "sent": state.sent,
        "entries": state.entries,
        "behind": state.behind,
        "at": state.at or None,
        "trouble": state.trouble,
        "detail": state.detail,
        "since": state.since or None,
    }
