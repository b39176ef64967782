"""``--server``: the same commands, carried out by a service elsewhere."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from controller.cli.arm import arm_over_server
from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.cli.remote_holds import transfer
from controller.cli.remote_return import COMMANDS
from controller.cli.server import Server, Told, token
from controller.cli.status import summary
from controller.domain.errors import InvalidRequest
from controller.domain.proof import Proof

_EVERY = 0.5
_KNOWN = (Proof.CONFIRMED.value, Proof.PROVEN.value)


def remote(call: Call, given: Mapping[str, Any]) -> int:
    """Carries ``call`` out on its server. Raises InvalidRequest for a command that only works at home."""
    command = _COMMANDS.get(call.command)
    if command is None:
        known = ", ".join(sorted(_COMMANDS))
        raise InvalidRequest("not-over-server", command=call.command, known=known)
    said = token()
    headers = {"Authorization": f"Bearer {said}"} if said else {}
    server = Server(str(call.asked.server), call.asked.pin, call.words.lang, headers)
    try:
        return command(call, server, given)
    except Told as error:
        return _told(call, error)
    finally:
        server.sign_out()


def _told(call: Call, error: Told) -> int:
    problem, code = error.problem, error.exit
    if call.out.as_json:
        call.out.object({"command": call.command, "error": problem.get("code"), **problem, "exit": int(code)})
        return code
    call.out.warn(*_hazard_lines(call, problem.get("hazards") or ()))
    for each in problem.get("problems") or ():
        call.out.warn(f"{each['file']}:{each['line']}: {each['text']}")
    call.out.warn(
        str(problem.get("detail") or call.text("error.server-strange", url=call.asked.server, status=""))
    )
    if problem.get("code") == "unauthorized":
        call.out.warn(call.text("remote.who"))
    return code


def _status(call: Call, server: Server, _given: Mapping[str, Any]) -> int:
    found = server.get("/situation")
    if call.out.as_json:
        call.out.object({"command": call.command, **found, "exit": 0})
        return Exit.DONE
    at = datetime.fromisoformat(found["at"])
    since = datetime.fromisoformat(found["since"]) if found["since"] else None
    states = Counter(each["state"] for each in found["subjects"])
    call.out.say(summary(states, found["site"], at, since, found["level"], call.words))
    for each in found["subjects"]:
        proofs = ", ".join(
            call.text(f"proofs.{proof}", count=number) for proof, number in each["proofs"].items() if number
        )
        state = call.text(f"subject-state.{each['state']}")
        title = each["title"].get(call.words.lang, "")
        call.out.say(f"  {state:14}  {each['name']:16}  {title}  {proofs}".rstrip())
    call.out.say(*(_run_line(call, each) for each in found["under_way"]))
    return Exit.DONE


def _plan(call: Call, server: Server, given: Mapping[str, Any]) -> int:
    asked = {"action": "isolate", **_chosen(given, "playbook", "level")}
    return _shown(call, server.post("/plans", {**asked, **_exceptions(given)}))


def _exceptions(given: Mapping[str, Any]) -> dict[str, list[str]]:
    return {
        "overrides": list(given.get("override") or ()),
        "at_neighbour": list(given.get("at_neighbour") or ()),
    }


def _shown(call: Call, plan: Mapping[str, Any]) -> int:
    code = Exit.REFUSED if plan["refused"] else Exit.DONE
    if call.out.as_json:
        call.out.object({"command": call.command, "dry_run": True, **plan, "exit": int(code)})
    else:
        call.out.say(*plan_lines(call, plan), call.text("plan.nothing-sent"))
    return code


def _isolate(call: Call, server: Server, given: Mapping[str, Any]) -> int:
    if given.get("without_journal") or given.get("break_glass"):
        raise InvalidRequest(
            "not-over-server", command=f"{call.command} --without-journal/--break-glass", known=""
        )
    subjects = [*(given.get("segment") or ()), *(given.get("conduit") or ())]
    asked = {
        "action": "isolate",
        **_chosen(given, "playbook", "level", "wave", "of"),
        "subjects": subjects,
        **_exceptions(given),
    }
    return _carry_out(call, server, asked, as_person=given.get("as_person"))


def _restore(call: Call, server: Server, given: Mapping[str, Any]) -> int:
    asked = {
        "action": "restore",
        **_chosen(given, "playbook", "level"),
        "next_wave": bool(given.get("next_wave")),
        "everything": bool(given.get("everything")),
        "subjects": [*(given.get("segment") or ()), *(given.get("conduit") or ())],
        "accept_drift": list(given.get("accept_drift") or ()),
        "keep_theirs": list(given.get("keep_theirs") or ()),
        "towards": list(given.get("towards") or ()),
        "points": list(given.get("points") or ()),
    }
    return _carry_out(call, server, asked, as_person=given.get("as_person"))


def _retire(call: Call, server: Server, given: Mapping[str, Any]) -> int:
    if not given.get("as_person"):
        raise InvalidRequest("who-consents")
    held = {"subjects": list(given["segment"]), "devices": list(given.get("device") or ())}
    asked = {"action": "restore", "retire": True, **held}
    return _carry_out(call, server, asked, as_person=given["as_person"])


def _carry_out(call: Call, server: Server, asked: dict[str, Any], *, as_person: str | None = None) -> int:
    """Shows what the service planned, asks, has exactly that carried out and follows it to its end."""
    from controller.cli.consent import agree, reason_for
    from controller.cli.signing import credentials

    if as_person:
        shown = credentials(call, as_person)
        server.sign_in(shown.name, shown.password, shown.code, recovery=shown.recovery)
    plan = server.post("/plans", asked)
    if call.asked.dry_run or plan["refused"]:
        return _shown(call, plan)
    call.out.say(*plan_lines(call, plan))
    reason = reason_for(call)
    agree(call, plan["site"])
    wanted = {**asked, "plan": plan["plan"], "reason": reason}
    begun = server.post("/runs", wanted, key=secrets.token_hex(16))
    call.run.update({"id": begun["run"], "known": 0, "total": plan["points"]})
    call.out.say(call.text("remote.begun", run=begun["run"]))
    return _follow(call, server, begun["run"], plan["points"])


def _follow(call: Call, server: Server, run: str, points: int) -> int:
    before = -1
    while True:
        found = server.get(f"/runs/{run}")
        known = sum(found["proofs"][proof] for proof in _KNOWN)
        if known != before:
            call.out.say(call.text("remote.known", known=known, total=points))
            before = known
        if found["over"] or found["state"] in ("stopped", "interrupted"):
            break
        time.sleep(_EVERY)
    return _ended(call, server, found)


def _ended(call: Call, server: Server, found: Mapping[str, Any]) -> int:
    errands = server.get(f"/runs/{found['run']}/walk-list")
    done = found["state"] == "finished" and not errands
    code = Exit.DONE if done else Exit.UNPROVEN
    if call.out.as_json:
        call.out.object({"command": call.command, **found, "walk_list": errands, "exit": int(code)})
        return code
    call.out.say(_run_line(call, found), *_errand_lines(call, errands))
    return code


def _runs(call: Call, server: Server, _given: Mapping[str, Any]) -> int:
    found = server.get("/runs", limit=500)["items"]
    if call.out.as_json:
        call.out.object({"command": call.command, "runs": found, "exit": 0})
    else:
        call.out.say(*(_run_line(call, each) for each in reversed(found)))
    return Exit.DONE


def _show(call: Call, server: Server, given: Mapping[str, Any]) -> int:
    found = server.get(f"/runs/{given['run']}")
    errands = server.get(f"/runs/{found['run']}/walk-list")
    if call.out.as_json:
        call.out.object({"command": call.command, **found, "walk_list": errands, "exit": 0})
    else:
        call.out.say(_run_line(call, found), *_errand_lines(call, errands))
    return Exit.DONE


def _abort(call: Call, server: Server, given: Mapping[str, Any]) -> int:
    from controller.cli.consent import reason_for

    found = server.post(
        f"/runs/{given['run']}/abort", {"reason": reason_for(call)}, key=secrets.token_hex(16)
    )
    if call.out.as_json:
        call.out.object({"command": call.command, **found, "exit": 0})
    else:
        call.out.say(call.text("abort.asked", run=found["run"]))
    return Exit.DONE


_COMMANDS: Mapping[str, Callable[[Call, Server, Mapping[str, Any]], int]] = {
    "status": _status,
    "plan": _plan,
    "isolate": _isolate,
    "restore": _restore,
    "hold retire": _retire,
    "hold transfer": transfer,
    "runs": _runs,
    "show": _show,
    "abort": _abort,
    "arm": arm_over_server,
    **COMMANDS,
}


# --- lines -------------------------------------------------------------------------------------------


def _chosen(given: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: given[name] for name in names if given.get(name) is not None}


def plan_lines(call: Call, plan: Mapping[str, Any]) -> Iterator[str]:
    yield call.text(
        f"remote.{plan['action']}",
        site=plan["site"],
        subjects=", ".join(plan["subjects"]),
        points=plan["points"],
        devices=len(plan["devices"]),
    )
    yield from _hazard_lines(call, plan["hazards"])
    yield call.text("cost.plan", hash=plan["plan"][:12], playbook=plan["playbook"])


def _hazard_lines(call: Call, hazards: Any) -> list[str]:
    return [f"{call.text('severity.' + str(each['severity']))} {each['text']}" for each in hazards]


def _run_line(call: Call, run: Mapping[str, Any]) -> str:
    what = call.text(f"action.{run['action']}", playbook=run["playbook"])
    return f"{run['run']}  {run['opened_at']}  {what}  {call.text('state.' + str(run['state']))}"


def _errand_lines(call: Call, errands: Any) -> Iterator[str]:
    if errands:
        yield call.text("walk.title")
    for each in errands:
        point = each["point"]
        vlan = f" vlan {point['vlan']}" if point["vlan"] is not None else ""
        place = ", ".join(part for part in (each["building"], each["rack"]) if part)
        yield f"  {each['code']}  {place}  {point['device']} {point['object']}{vlan}  {each['text']}".rstrip()
        yield from (f"          > {line}" for line in each["commands"])
