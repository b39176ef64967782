"""``--server`` for holds that outlive their points: shown point by point, moved, and what stayed."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from controller.cli.asked import Call
from controller.cli.exits import Exit
from controller.cli.server import Server
from controller.domain.inventory import PointId

_EVERY = 0.5
_NEXT_WITHIN = 20.0
"""Seconds within which the run of the next level begins once the one before is over."""

_AT_REST = ("stopped", "interrupted")


def transfer(call: Call, server: Server, given: Mapping[str, Any]) -> int:
    """Shows what the service read, asks, has exactly that carried out and follows it to its end."""
    from controller.cli.consent import agree, reason_for
    from controller.cli.hold import port_pairs
    from controller.cli.signing import credentials

    if given.get("as_person"):
        who = credentials(call, str(given["as_person"]))
        server.sign_in(who.name, who.password, who.code, recovery=who.recovery)
    asked = {
        "device": given["device"],
        "to": given["to"],
        "ports": [{"old": old, "new": new} for old, new in port_pairs(given.get("port") or ())],
        "as_found": bool(given.get("as_found")),
        "overrides": list(given.get("override") or ()),
    }
    shown = server.post("/holds/transfer/look", asked)
    if call.asked.dry_run or shown["refused"]:
        return _shown(call, shown)
    call.out.say(*_lines(call, shown))
    reason = reason_for(call, needed_by="hold transfer")
    agree(call, server.get("/situation")["site"])
    wanted = {**asked, "plans": shown["plans"], "reason": reason}
    begun = server.post("/holds/transfer", wanted, key=secrets.token_hex(16))
    call.out.say(call.text("remote.begun", run=begun["run"]))
    runs = _followed(server, begun["run"], shown["plans"])
    return _ended(call, server, shown, runs)


def _shown(call: Call, shown: Mapping[str, Any]) -> int:
    code = Exit.REFUSED if shown["refused"] else Exit.DONE
    if call.out.as_json:
        call.out.object({"command": call.command, "dry_run": True, **shown, "exit": int(code)})
    else:
        call.out.say(*_lines(call, shown), call.text("plan.nothing-sent"))
    return code


def _followed(server: Server, first: str, plans: Sequence[str]) -> list[str]:
    """The runs, one for each of ``plans`` at most: another level's begins once the one before is over."""
    begun = {plans[0]: first} if len(plans) == 1 else {}
    until = time.monotonic() + _NEXT_WITHIN
    while True:
        found = {
            each["run"]: each for each in server.get("/runs", limit=100)["items"] if each["run"] >= first
        }
        begun |= {each["plan"]: run for run, each in found.items() if each["plan"] in plans}
        acting = [run for run in begun.values() if not _rests(found.get(run) or server.get(f"/runs/{run}"))]
        if acting:
            until = time.monotonic() + _NEXT_WITHIN
        elif len(begun) == len(plans) or time.monotonic() > until:
            return sorted(begun.values())
        time.sleep(_EVERY)


def _rests(run: Mapping[str, Any]) -> bool:
    return bool(run["over"]) or run["state"] in _AT_REST


def _ended(call: Call, server: Server, shown: Mapping[str, Any], runs: Sequence[str]) -> int:
    held = {
        _point(each["point"]) for each in _held(server, {each["old"]["device"] for each in shown["points"]})
    }
    pairs = [(_point(each["old"]), _point(each["new"])) for each in shown["points"]]
    kept = [pair for pair in pairs if pair[0] in held]
    moved = [pair for pair in pairs if pair[0] not in held]
    errands = [each for run in runs for each in server.get(f"/runs/{run}/walk-list")]
    code = Exit.UNPROVEN if kept else Exit.DONE
    if call.out.as_json:
        about = {"runs": list(runs), "plans": shown["plans"], "walk_list": errands, "exit": int(code)}
        call.out.object({"command": call.command, "moved": _plain(moved), "kept": _plain(kept), **about})
        return code
    for old, new in moved:
        call.out.say(call.text("hold.moved", old=old, new=new))
    for old, new in kept:
        call.out.say(call.text("hold.kept", old=old, new=new))
    return code


def _held(server: Server, devices: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    for device in devices:
        cursor: dict[str, str] = {}
        while True:
            found = server.get("/holds", device=device, limit=500, **cursor)
            yield from found["items"]
            if found["next"] is None:
                break
            cursor = {"cursor": found["next"]}


# --- lines -------------------------------------------------------------------------------------------


def _lines(call: Call, shown: Mapping[str, Any]) -> Iterator[str]:
    for each in shown["hazards"]:
        yield f"{call.text('severity.' + str(each['severity']))} {each['text']}"
    if shown["points"]:
        yield call.text("hold.moves", count=len(shown["points"]))
    for each in shown["points"]:
        yield f"  {_point(each['old'])} → {_point(each['new'])}  ({', '.join(each['subjects'])})"
        now, back = each["now"], each["returns_to"]
        said = call.text("hold.unread", why=each["text"]) if now is None else _state(call, "hold.now", now)
        yield f"      {said}"
        again = call.text("hold.returns-as-found") if back is None else _state(call, "hold.returns-to", back)
        yield f"      {again}"
        if each["differs"]:
            yield "      " + call.text("hold.differs", fields=", ".join(each["differs"]))


def _state(call: Call, code: str, state: Mapping[str, str]) -> str:
    return call.text(code, state=", ".join(f"{name} {value}" for name, value in sorted(state.items())))


def _point(shown: Mapping[str, Any]) -> PointId:
    return PointId(str(shown["device"]), str(shown["object"]), shown["vlan"])


def _plain(pairs: Iterable[tuple[PointId, PointId]]) -> list[dict[str, Any]]:
    return [
        {
            which: {"device": each.device, "object": each.object, "vlan": each.vlan}
            for which, each in (("old", old), ("new", new))
        }
        for old, new in pairs
    ]
