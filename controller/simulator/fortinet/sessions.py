"""The session table of FortiOS, the filter each CLI session has for it, and what clears it.

"Technical Tip: Using filters to clear sessions on a FortiGate", "Technical Tip: How it is possible to use
filter with diagnose sys session list" (criteria and how they are printed; ``vd-name``: one of the virtual
domains, without which all match). How a domain is printed there is not shown by either: by its index, as in
the sessions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.simulator.fortinet.device import Session
from controller.simulator.fortinet.words import unparsed
from controller.simulator.grammar import Arguments, Rejected
from controller.simulator.shell import Reply

if TYPE_CHECKING:
    from controller.simulator.fortinet.commands import Handler
    from controller.simulator.fortinet.shell import Shell


def _paged(text: str) -> Reply:
    return Reply(text, paged=True)


_CRITERIA = {
    "vd": "vd",
    "sintf": "",
    "dintf": "",
    "proto": "",
    "proto-state": "",
    "source ip": "src",
    "NAT'd source ip": "",
    "dest ip": "",
    "source port": "",
    "NAT'd source port": "",
    "dest port": "",
    "policy id": "policy",
    "expire": "",
    "duration": "",
    "state1": "",
    "state2": "",
}
"""As the filter is printed, and the criteria one may set here."""


def filtering(family: int, criterion: str = "") -> Handler:
    def answer(shell: Shell, arguments: Arguments) -> Reply | None:
        at = (family, shell.line)
        held = dict(shell.device.filters.get(at, {}))
        if criterion:
            if len(arguments.values) > 1 and arguments.text() != arguments.text(1):
                raise Rejected("Only one policy at a time is simulated.\nCommand fail. Return code -8")
            shell.device.filters[at] = {**held, criterion: arguments.text()}
            return None
        shown = {name: held.get(key, "") for name, key in _CRITERIA.items()}
        values = {name: f"{value}-{value}" if value else "any" for name, value in shown.items()}
        if shown["vd"]:
            values["vd"] = str(list(shell.device.running.vdoms).index(shown["vd"]))
        lines = [f"        {name}: {value}" for name, value in values.items()]
        return _paged("\n".join([f"session{'' if family == 4 else '6'} filter:", *lines]))

    return answer


def of_vdom(family: int) -> Handler:
    """By the name of a virtual domain, or all of them by -1 or ``any``."""

    def answer(shell: Shell, arguments: Arguments) -> None:
        at, name = (family, shell.line), arguments.text()
        held = {key: value for key, value in shell.device.filters.get(at, {}).items() if key != "vd"}
        if name not in ("-1", "any", *shell.device.running.vdoms):
            raise unparsed(name)
        shell.device.filters[at] = held if name in ("-1", "any") else {**held, "vd": name}

    return answer


def unfiltering(family: int) -> Handler:
    def answer(shell: Shell, _arguments: Arguments) -> None:
        shell.device.filters[family, shell.line] = {}

    return answer


def clearing(family: int) -> Handler:
    def answer(shell: Shell, _arguments: Arguments) -> None:
        shell.device.talk()
        shell.device.clear(family, shell.device.filters.get((family, shell.line), {}))

    return answer


def listing(family: int) -> Handler:
    def answer(shell: Shell, _arguments: Arguments) -> Reply:
        device = shell.device
        filters = device.filters.get((family, shell.line), {})
        device.talk()
        found = sorted(
            (each for each in device.sessions if each.family == family and each.fits(filters)), key=str
        )
        others = device.others[family] if device.wide(filters) else 0
        device.printed = max(device.printed, len(found) + others)
        vdoms = list(device.running.vdoms)
        lines = [line for each in found for line in _session(each, vdoms.index(each.vdom))]
        return _paged("\n".join([*lines, f"total session {len(found) + others}"]))

    return answer


def _session(each: Session, vd: int) -> list[str]:
    server = "198.51.100.7" if each.family == 4 else "2001:db8:ffff::7"
    return [
        "session info: proto=6 proto_state=01 duration=741 expire=3590 timeout=3600 flags=00000000 use=4",
        "ha_id=0 policy_dir=0 tunnel=/ vlan_cos=0/255",
        "state=log may_dirty",
        "statistic(bytes/packets/allow_err): org=9380/61/1 reply=3930/32/1 tuples=2",
        f"hook=pre dir=org act=noop {each.source}:59375->{server}:443(0.0.0.0:0)",
        f"misc=0 policy_id={each.policy} auth_info=0 chk_client_info=0 vd={vd}",
        "serial=00007c33 tos=ff/ff app_list=0 app=0 url_cat=0",
    ]
