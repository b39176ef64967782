"""Configuration mode.

PAN-OS CLI Quick Start, "Modify the Configuration" (``set`` of what is there already adds to a list and
replaces a value; ``delete``; ``move``), "Commit Configuration Changes" (``commit``, ``commit partial admin``,
its progress), "Revert Firewall Configuration Changes" (of one administrator or several: in the XML API they
are members of a list); PAN-OS Administrator's Guide, "Manage Locks".
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import cast

from controller.simulator.grammar import Arguments, Grammar, Rejected
from controller.simulator.paloalto_panos.configuration import LISTS, Configuration, Entry, key_of
from controller.simulator.paloalto_panos.shell import OPERATIONAL, Handler, Shell
from controller.simulator.shell import EMPTY_LINE, Reply

_PROGRESS = "...99%.......100%"

_CHOICES = {"action": ("allow", "deny", "drop"), "disabled": ("yes", "no")}


def changes(act: Callable[[Configuration, Arguments], None]) -> Handler:
    """Does it to the candidate. Raises Rejected while somebody else holds the config lock."""

    def change(shell: Shell, arguments: Arguments) -> str:
        _unlocked(shell, "config")
        candidate = shell.device.candidate.copy()
        act(candidate, arguments)
        shell.device.change(shell.user, candidate)
        return EMPTY_LINE

    return change


def _unlocked(shell: Shell, kind: str) -> None:
    holder = shell.device.locks.get(kind)
    if holder is None or holder == shell.user:
        return
    if kind == "commit":
        raise Rejected("Server error : Other administrators are holding device wide commit locks.")
    raise Rejected(f"Server error : Config for scope shared is currently locked by {holder}")


# --- what is set -----------------------------------------------------------------------------------------


def _setting(key: str) -> Handler:
    def act(candidate: Configuration, arguments: Arguments) -> None:
        candidate.settings[key] = arguments.text()

    return changes(act)


def _named_port(candidate: Configuration, arguments: Arguments) -> str:
    name = arguments.text()
    if name not in candidate.ports:
        raise Rejected("Invalid syntax.")
    return name


def _link_state(candidate: Configuration, arguments: Arguments) -> None:
    name = _named_port(candidate, arguments)
    if arguments.text(1) not in ("auto", "up", "down"):
        raise Rejected("Invalid syntax.")
    candidate.ports[name] = replace(candidate.ports[name], link_state=arguments.text(1))


def _default_link_state(candidate: Configuration, arguments: Arguments) -> None:
    name = _named_port(candidate, arguments)
    candidate.ports[name] = replace(candidate.ports[name], link_state="")


def _comment(candidate: Configuration, arguments: Arguments) -> None:
    name = _named_port(candidate, arguments)
    candidate.ports[name] = replace(candidate.ports[name], comment=arguments.text(1))


def _address_of_port(candidate: Configuration, arguments: Arguments) -> None:
    name = _named_port(candidate, arguments)
    addresses = dict.fromkeys((*candidate.ports[name].addresses, _network(arguments.text(1))))
    candidate.ports[name] = replace(candidate.ports[name], addresses=tuple(addresses))


def _zone(candidate: Configuration, arguments: Arguments) -> None:
    members = dict.fromkeys((*candidate.zones.get(arguments.text(), ()), *_values(arguments, 1)))
    candidate.zones[arguments.text()] = tuple(members)


def _address(candidate: Configuration, arguments: Arguments) -> None:
    candidate.addresses[arguments.text()] = _network(arguments.text(1))


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_interface(text))
    except ValueError:
        raise Rejected(f"Server error : '{text}' is invalid. Invalid ip address") from None


def _values(arguments: Arguments, index: int) -> tuple[str, ...]:
    return cast("tuple[str, ...]", arguments.values[index])


def _rule(key: str) -> Handler:
    def act(candidate: Configuration, arguments: Arguments) -> None:
        rule = candidate.rules.get(arguments.text(), Entry())
        values = _values(arguments, 1) if key in LISTS else (arguments.text(1),)
        if key in _CHOICES and values[0] not in _CHOICES[key]:
            raise Rejected("Invalid syntax.")
        kept = rule.get(key) if key in LISTS else ()
        candidate.rules[arguments.text()] = rule.having(key, dict.fromkeys((*kept, *values)))

    return changes(act)


def _without(key: str) -> Handler:
    def act(candidate: Configuration, arguments: Arguments) -> None:
        name = arguments.text()
        if not candidate.rules.get(name, Entry()).get(key):
            raise Rejected("Object doesn't exist")
        candidate.rules[name] = candidate.rules[name].having(key, ())

    return changes(act)


def _no_rule(candidate: Configuration, arguments: Arguments) -> None:
    if candidate.rules.pop(arguments.text(), None) is None:
        raise Rejected("Object doesn't exist")


def _move(where: str) -> Handler:
    def act(candidate: Configuration, arguments: Arguments) -> None:
        name = arguments.text()
        if name not in candidate.rules:
            raise Rejected("Object doesn't exist")
        rest = [each for each in candidate.rules if each != name]
        at = {"top": 0, "bottom": len(rest)}.get(where)
        if at is None:
            other = arguments.text(1)
            if other not in rest:
                raise Rejected("Object doesn't exist")
            at = rest.index(other) + (where == "after")
        rest.insert(at, name)
        candidate.rules = {each: candidate.rules[each] for each in rest}

    return changes(act)


# --- commit and revert -----------------------------------------------------------------------------------


def _commit(shell: Shell, users: Collection[str] = ()) -> Reply:
    device = shell.device
    _unlocked(shell, "commit")
    names = device.of(users)
    if not names:
        return Reply("There are no changes to commit.")
    missing = device.incomplete(names)
    if missing:
        return Reply(f"Validation Error:\n{missing}\nConfiguration is invalid", result="rejected")
    device.jobs += 1
    begun = f"\nCommit job {device.jobs} is in progress. Use Ctrl+C to return to command prompt\n"
    if device.faults.get("commit_fails"):
        return Reply(
            f"{begun}{_PROGRESS}\nError: Failed to parse security policy\n(Module: device)\nCommit failed\n",
            result="rejected",
        )
    device.put_in_force(users)
    if device.locks.get("commit") == shell.user:
        del device.locks["commit"]
    return Reply(f"{begun}{_PROGRESS}\nConfiguration committed successfully\n")


def _commit_all(shell: Shell, _arguments: Arguments) -> Reply:
    return _commit(shell)


def _commit_of(shell: Shell, arguments: Arguments) -> Reply:
    return _commit(shell, _values(arguments, 0))


def _revert(shell: Shell, _arguments: Arguments) -> None:
    _unlocked(shell, "config")
    shell.device.revert()


def _revert_of(shell: Shell, arguments: Arguments) -> None:
    _unlocked(shell, "config")
    shell.device.revert(_values(arguments, 0))


def _exit(shell: Shell, _arguments: Arguments) -> str:
    shell.enter(OPERATIONAL)
    return "Exiting configuration mode"


def _within(handler: Handler) -> Handler:
    """With the virtual system and the name in it as one key."""

    def act(shell: Shell, arguments: Arguments) -> Reply | str | None:
        system, name, *rest = arguments.values
        return handler(shell, Arguments(arguments.tokens, [key_of(str(system), str(name)), *rest]))

    return act


def add_configuring(grammar: Grammar[Handler], *, several: bool = False) -> None:
    """``several`` virtual systems: what is theirs is set below ``vsys``."""
    port = "network interface ethernet <name>"
    rules = "rulebase security rules <name>"

    def add(line: str, handler: Handler) -> None:
        verb, _, rest = line.partition(" ")
        grammar.add(
            f"{verb} vsys <name> {rest}" if several else line, _within(handler) if several else handler
        )

    grammar.add("set deviceconfig system hostname <word>", _setting("hostname"))
    grammar.add("set deviceconfig setting config rematch <word>", _setting("rematch"))
    grammar.add(f"set {port} link-state <word>", changes(_link_state))
    grammar.add(f"delete {port} link-state", changes(_default_link_state))
    grammar.add(f"set {port} comment <name>", changes(_comment))
    grammar.add(f"set {port} layer3 ip <word>", changes(_address_of_port))
    add("set zone <name> network layer3 <names>", changes(_zone))
    add("set address <name> ip-netmask <word>", changes(_address))
    for key in LISTS:
        add(f"set {rules} {key} <names>", _rule(key))
    for key in ("action", "disabled", "description"):
        add(f"set {rules} {key} <name>", _rule(key))
    for key in (*LISTS, "action", "disabled", "description"):
        add(f"delete {rules} {key}", _without(key))
    add(f"delete {rules}", changes(_no_rule))
    for where in ("top", "bottom"):
        add(f"move {rules} {where}", _move(where))
    for where in () if several else ("before", "after"):
        grammar.add(f"move {rules} {where} <name>", _move(where))
    grammar.add("commit", _commit_all)
    grammar.add("commit partial admin <names>", _commit_of)
    grammar.add("revert config", _revert)
    grammar.add("revert config partial admin <names>", _revert_of)
    grammar.add("exit", _exit)
    grammar.add("quit", _exit)
