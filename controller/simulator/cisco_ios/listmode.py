"""Commands that make and edit access lists.

Cisco IOS Security Command Reference: "ip access-list", "access-list (IP standard)", "permit (IP)", "deny
(IP)"; IPv6 Command Reference: "ipv6 access-list"; Security Configuration Guide, "IP Access List Entry
Sequence Numbering": "% Duplicate sequence number".
"""

from __future__ import annotations

from controller.simulator.cisco_ios.accesslists import AccessList, numbered_kind, parse_entry
from controller.simulator.cisco_ios.configmode import leave_submode
from controller.simulator.cisco_ios.shell import Handler, Mode, Shell
from controller.simulator.filters import BadEntry
from controller.simulator.grammar import Arguments, Grammar, incomplete, invalid

_MODES = {"standard": Mode.STANDARD, "extended": Mode.EXTENDED, "ipv6": Mode.IPV6}
_KINDS = {mode: kind for kind, mode in _MODES.items()}


def _list(kind: str) -> Handler:
    family = "ipv6" if kind == "ipv6" else "ip"

    def handler(shell: Shell, arguments: Arguments) -> str | None:
        name = arguments.text()
        if family == "ip" and name.isdigit() and numbered_kind(name) != kind:
            return "% Invalid access list name."
        lists = shell.device.running.lists
        if (family, name) in lists and lists[family, name].kind != kind:
            return "% A named access list with this name already exists"
        lists.setdefault((family, name), AccessList(kind, name))
        shell.enter(_MODES[kind], family, name)
        return None

    return handler


def _no_list(family: str) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        shell.device.running.lists.pop((family, arguments.text()), None)

    return handler


def _entry(remove: bool, numbered: bool) -> Handler:
    """An entry in a list's submode: all words after ``no`` and the sequence number."""

    def handler(shell: Shell, arguments: Arguments) -> str | None:
        family, name = shell.selected
        # The list may be gone by now, taken away in another session or never made: an entry makes it anew.
        lists = shell.device.running.lists
        current = lists.get((family, name)) or AccessList(_KINDS[Mode(shell.mode)], name)
        tokens = arguments.tokens[1 if remove else 0 :]
        sequence = None
        if numbered:
            sequence = arguments.number()
            tokens = tokens[2 if tokens[0].text.lower().startswith("se") else 1 :]
        if remove and not tokens:
            lists[family, name] = current.without(sequence)
            return None
        texts = [token.text for token in tokens]
        if family == "ipv6" and "sequence" in texts[:-1] and not numbered and texts[-1].isdigit():
            sequence, texts = int(texts[-1]), texts[:-2]
        try:
            action, what = parse_entry(current.kind, texts)
        except BadEntry as bad:
            raise invalid(tokens[bad.index].start) if bad.index < len(texts) else incomplete() from None
        if remove:
            lists[family, name] = current.without(sequence, action, what)
            return None
        changed = current.with_entry(sequence, action, what)
        if changed is None:
            return "% Duplicate sequence number"
        lists[family, name] = changed
        return None

    return handler


def _numbered_entry(shell: Shell, arguments: Arguments) -> str | None:
    kind = numbered_kind(arguments.text())
    if kind is None:
        raise invalid(arguments.starts[0])
    tokens = arguments.tokens[2:]
    try:
        action, what = parse_entry(kind, [token.text for token in tokens])
    except BadEntry as bad:
        raise invalid(tokens[bad.index].start) if bad.index < len(tokens) else incomplete() from None
    lists = shell.device.running.lists
    key = ("ip", arguments.text())
    changed = lists.get(key, AccessList(kind, arguments.text())).with_entry(None, action, what)
    if changed is not None:
        lists[key] = changed
    return None


def add_lists(config: Grammar[Handler], acl: Grammar[Handler]) -> None:
    """To global configuration the commands that enter and remove a list; to ``acl`` those of its entries."""
    for kind in ("standard", "extended"):
        config.add(f"ip access-list {kind} <word>", _list(kind))
        config.add(f"no ip access-list {kind} <word>", _no_list("ip"))
    config.add("ipv6 access-list <word>", _list("ipv6"))
    config.add("no ipv6 access-list <word>", _no_list("ipv6"))
    config.add("access-list <word> <line>", _numbered_entry)
    config.add("no access-list <word>", _no_list("ip"))
    acl.add("exit", leave_submode)
    for action in ("permit", "deny", "remark"):
        acl.add(f"{action} <line>", _entry(remove=False, numbered=False))
        acl.add(f"no {action} <line>", _entry(remove=True, numbered=False))
        for prefix in ("", "sequence "):
            acl.add(f"{prefix}<number:1-2147483647> {action} <line>", _entry(remove=False, numbered=True))
    acl.add("no <number:1-2147483647>", _entry(remove=True, numbered=True))
    acl.add("no sequence <number:1-2147483647>", _entry(remove=True, numbered=True))
