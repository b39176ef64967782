"""``--server`` for those who bring back: what returns wait for, words of persons, what is watched."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.cli.server import Server
from controller.domain.errors import InvalidRequest
from controller.text.sentences import cause_text
from controller.text.times import duration, moment

Command = Callable[[Call, Server, Mapping[str, Any]], int]


def approvals(call: Call, server: Server, given: Mapping[str, Any]) -> int:
    request = given.get("request")
    found = [server.get(f"/approvals/{request}")] if request else _requests(server, given)
    unsigned = [] if request else server.get("/countersignatures")
    if call.out.as_json:
        about = {"requests": found, "to_countersign": unsigned}
        call.out.object({"command": call.command, **about, "exit": 0})
        return Exit.DONE
    if not found and not unsigned:
        call.out.say(call.text("approvals.none"))
    for each in found:
        call.out.say(*_request_lines(call, each))
    if request:
        call.out.say(*_what(call, server, found[0]))
    for each in unsigned:
        said = {"run": each["run"], "actor": each["actor"], "at": _at(each["opened_at"])}
        call.out.say(call.text("approvals.to-countersign", **said))
    return Exit.DONE


def approve(call: Call, server: Server, given: Mapping[str, Any]) -> int:
    """Shows what would be done, then takes the word of the person named by ``--as``."""
    from controller.cli.consent import agree

    deny, cancel = bool(given.get("deny")), bool(given.get("cancel"))
    if deny and cancel:
        raise InvalidRequest("choose-one", options="--deny, --cancel")
    person = _person(given)
    names = list(dict.fromkeys(given["request"]))
    if len(names) > 1 and (deny or cancel):
        raise InvalidRequest("one-at-a-time", option="--deny" if deny else "--cancel")
    _sign_in(call, server, person)
    asked = [server.get(f"/approvals/{each}") for each in names]
    for each in asked:
        call.out.say(*_request_lines(call, each), *_what(call, server, each))
    if call.asked.dry_run:
        return Exit.DONE
    use = "deny" if deny else "cancel" if cancel else "approve"
    if use == "approve":
        agree(call, asked[0]["site"])
    bodies = {"deny": {"reason": call.asked.reason or ""}, "cancel": {}}
    done = [
        server.post(f"/approvals/{each['id']}/{use}", bodies.get(use, {"plan": each["plan"]}), key=_key())
        for each in asked
    ]
    if call.out.as_json:
        each_of = {"requests": done} if len(done) > 1 else {}
        call.out.object({"command": call.command, "request": done[0], **each_of, "exit": 0})
        return Exit.DONE
    for each in done:
        said = "approvals.ready" if each["ready"] else f"approvals.{use}"
        left = each["needed"] - len(each["given"])
        call.out.say(call.text(said, request=each["id"], requester=each["requester_name"], left=left))
    return Exit.DONE


def countersign(call: Call, server: Server, given: Mapping[str, Any]) -> int:
    person = _person(given)
    if not call.asked.dry_run:
        _sign_in(call, server, person)
        server.post(f"/runs/{given['run']}/countersign", {}, key=_key())
    if call.out.as_json:
        call.out.object({"command": call.command, "run": given["run"], "by": person, "exit": 0})
    elif not call.asked.dry_run:
        call.out.say(call.text("approvals.countersigned", run=given["run"], name=person))
    return Exit.DONE


def gates(call: Call, server: Server, given: Mapping[str, Any]) -> int:
    if given.get("playbook"):
        raise InvalidRequest("not-over-server", command="gates --playbook", known="gates [SEGMENT]")
    return _tell_gates(call, _gates_of(server, given.get("segment")))


def attest(call: Call, server: Server, given: Mapping[str, Any]) -> int:
    statement, segment = given.get("statement"), str(given["segment"])
    go, no_go, withdraw = (bool(given.get(name)) for name in ("go", "no_go", "withdraw"))
    if sum((statement is not None, go, no_go)) != 1:
        raise InvalidRequest("choose-one", options="STATEMENT, --go, --no-go")
    attach: Path | None = given.get("attach")
    content = None if attach is None else content_of(attach)
    person, text = _person(given), (call.asked.reason or "").strip()
    word = "go" if go else "no-go" if no_go else "withdrawn" if withdraw else "stated"
    if not call.asked.dry_run:
        _sign_in(call, server, person)
        stated = {"statement": statement, "text": text, "dated": given.get("dated") or ""}
        if attach is not None and content is not None and word == "stated":
            kept = server.send("/logbook/attachments", content, name=attach.name)
            stated["attachment"] = {"sha256": kept["sha256"], "name": kept["name"]}
        path, body = {
            "stated": ("attestations", stated),
            "withdrawn": ("attestations/withdraw", {"statement": statement, "reason": text}),
        }.get(word, ("decision", {"go": go, "reason": text}))
        server.post(f"/gates/{segment}/{path}", body, key=_key())
    about = {"segment": segment, "statement": statement, "word": word, "by": person}
    if not call.out.as_json and not call.asked.dry_run:
        call.out.say(call.text(f"gates.{word}", statement=statement or "", subject=segment, name=person))
    return _tell_gates(call, _gates_of(server, segment), **about, recorded=not call.asked.dry_run)


def probation(call: Call, server: Server, _given: Mapping[str, Any]) -> int:
    found = server.get("/probations")
    if call.out.as_json:
        call.out.object({"command": call.command, "probations": found, "exit": 0})
        return Exit.DONE
    for each in found:
        said = {"subject": each["subject"], "run": each["run"]}
        if each["state"] == "tripped":
            why = cause_text(call.words, each["cause"])
            call.out.say(call.text("probation.tripped-line", why=why, **said))
            continue
        times = {name: duration(call.words, each[name]) for name in ("watch", "observed")}
        call.out.say(call.text("probation.line", **said, **times))
    if not found:
        call.out.say(call.text("probation.none"))
    return Exit.DONE


def let_pass(call: Call, server: Server, given: Mapping[str, Any]) -> int:
    from controller.cli.consent import reason_for

    subject, asked = given["subject"], not call.asked.dry_run
    if asked:
        reason = reason_for(call, needed_by="probation pass")
        if given.get("as_person"):
            _sign_in(call, server, str(given["as_person"]))
        server.post(f"/probations/{subject}/pass", {"reason": reason}, key=_key())
    if call.out.as_json:
        call.out.object({"command": call.command, "subject": subject, "passed": asked, "exit": 0})
    else:
        said = call.text("probation.let-pass", subject=subject) if asked else call.text("plan.nothing-sent")
        call.out.say(said)
    return Exit.DONE


COMMANDS: Mapping[str, Command] = {
    "approvals": approvals,
    "approve": approve,
    "countersign": countersign,
    "gates": gates,
    "attest": attest,
    "probation show": probation,
    "probation pass": let_pass,
}


# --- parts -----------------------------------------------------------------------------------------


def _requests(server: Server, given: Mapping[str, Any]) -> list[Any]:
    return list(server.get("/approvals", every="true" if given.get("every") else "false"))


def _gates_of(server: Server, segment: Any) -> list[Any]:
    return [each for each in server.get("/gates") if segment in (None, each["subject"])]


def _tell_gates(call: Call, found: Iterable[Mapping[str, Any]], **about: Any) -> int:
    shown = list(found)
    if call.out.as_json:
        call.out.object({"command": call.command, **about, "gates": shown, "exit": 0})
        return Exit.DONE
    if not shown and not about:
        call.out.say(call.text("gates.none"))
    for each in shown:
        call.out.say(*_gate_lines(call, each))
    return Exit.DONE


def _gate_lines(call: Call, each: Mapping[str, Any]) -> Iterator[str]:
    subject = each["subject"]
    yield call.text("gates.of", subject=subject)
    for code, facts in (("attested", each["attested"]), ("unheard", each["unheard"])):
        for fact in facts:
            more = ", ".join(part for part in (fact["dated"], fact["attachment"][:16]) if part)
            said = call.text(f"gates.{code}", statement=fact["statement"], name=fact["by"])
            yield f"  {said}" + (f" ({more})" if more else "")
    for person in each["go"]:
        yield "  " + call.text("gates.said-go", name=person)
    for want in each["wants"]:
        yield f"  {want['text']}"
    if not each["wants"]:
        probes = any(gate["probes"] for gate in each["gates"])
        yield "  " + call.text("gates.probes-then" if probes else "gates.open", subject=subject)


def _request_lines(call: Call, each: Mapping[str, Any]) -> Iterator[str]:
    yield call.text(
        "approvals.request",
        request=each["id"],
        cause=call.text(f"request-cause.{each['cause']}"),
        playbook=each["playbook"],
        site=each["site"],
        requester=each["requester_name"] or each["requester"],
        at=_at(each["opened_at"]),
        state=call.text(f"request.{each['state']}"),
    )
    names = ", ".join(each["given"]) or "—"
    yield "  " + call.text("approvals.given", names=names, given=len(each["given"]), needed=each["needed"])
    if each["roles"]:
        yield "  " + call.text("approvals.roles", roles=", ".join(each["roles"]))
    if each["reason"]:
        yield f"  « {each['reason']} »"
    if each["accept_drift"]:
        yield "  " + call.text("approvals.drift", devices=", ".join(each["accept_drift"]))


def _what(call: Call, server: Server, each: Mapping[str, Any]) -> Iterator[str]:
    """What is signed, from the plan on record there."""
    from controller.cli.remote import plan_lines

    yield from plan_lines(call, server.get(f"/plans/{each['revision']}"))
    yield call.text("approvals.signs", hash=each["plan"])


def content_of(path: Path) -> bytes:
    """Raises InvalidRequest where there is no file, or it cannot be read."""
    if not path.is_file():
        raise InvalidRequest("attachment-no-file", file=str(path))
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidRequest(
            "attachment-unreadable", file=str(path), detail=error.strerror or str(error)
        ) from None


def _person(given: Mapping[str, Any]) -> str:
    if not given.get("as_person"):
        raise InvalidRequest("who-consents")
    return str(given["as_person"])


def _sign_in(call: Call, server: Server, person: str) -> None:
    from controller.cli.signing import credentials

    shown = credentials(call, person)
    server.sign_in(shown.name, shown.password, shown.code, recovery=shown.recovery)


def _key() -> str:
    return secrets.token_hex(16)


def _at(told: str) -> str:
    return moment(datetime.fromisoformat(told).astimezone())
