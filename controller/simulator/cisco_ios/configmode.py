"""Commands of global configuration mode and of its VLAN and line submodes.

Cisco IOS LAN Switching Command Reference: "vlan (global)", "name"; Security Command Reference:
"username", "enable secret"; Login Enhancements, "login block-for"; Configuration Fundamentals Command
Reference: "banner login", "banner motd", "hostname"; Terminal Services Command Reference: "exec-timeout",
"length", "line".
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial

from controller.simulator.cisco_ios.configuration import Settings, User, hashed, made
from controller.simulator.cisco_ios.names import RESERVED_VLANS, interface_range, is_physical
from controller.simulator.cisco_ios.shell import Handler, Mode, Shell
from controller.simulator.cisco_ios.vocabulary import CONFIGURATION, LOGGING
from controller.simulator.grammar import Arguments, Grammar, Rejected, invalid
from controller.simulator.shell import Ask, Reply


def _set(shell: Shell, **values: object) -> None:
    running = shell.device.running
    running.settings = replace(running.settings, **values)  # type: ignore[arg-type]  # callers name its fields


def _setting(name: str, value: object) -> Handler:
    return lambda shell, _arguments: _set(shell, **{name: value})


def _hostname(shell: Shell, arguments: Arguments) -> str | None:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,62}", arguments.text()):
        return "% Hostname contains one or more illegal characters.\n"
    _set(shell, hostname=arguments.text())
    return None


def _enable_secret(stored: bool) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        _set(shell, enable_secret=arguments.text() if stored else hashed(arguments.text()))

    return handler


def _username(stored: bool) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> None:
        name, privilege, secret = arguments.text(0), arguments.number(1), arguments.text(2)
        shell.device.running.users[name] = User(privilege, secret if stored else hashed(secret))

    return handler


def _no_username(shell: Shell, arguments: Arguments) -> None:
    shell.device.running.users.pop(arguments.text(), None)


def _banner(which: str) -> Handler:
    def handler(shell: Shell, arguments: Arguments) -> Reply | None:
        text = arguments.text()
        delimiter = "^C" if text.startswith("^C") else text[0]
        body = text[len(delimiter) :]
        if delimiter in body:
            _set(shell, **{which: body.partition(delimiter)[0].replace("\\n", "\n")})
            return None
        ask = Ask("", partial(_banner_line, shell, which, delimiter, body))
        return Reply(f"Enter TEXT message.  End with the character '{delimiter}'.", ask=ask)

    return handler


def _banner_line(shell: Shell, which: str, delimiter: str, so_far: str, given: str) -> Reply:
    body, end, _rest = given.partition(delimiter)
    text = f"{so_far}\n{body}" if so_far else body
    if end:
        _set(shell, **{which: text})
        return Reply()
    return Reply(ask=Ask("", partial(_banner_line, shell, which, delimiter, text)))


def _block_for(shell: Shell, arguments: Arguments) -> None:
    _set(shell, block_for=(arguments.number(0), arguments.number(1), arguments.number(2)))


# --- VLANs ---------------------------------------------------------------------------------------------


def _vlan(shell: Shell, arguments: Arguments) -> str | None:
    vlans = sorted(arguments.vlans())
    if RESERVED_VLANS & set(vlans):
        return f"Default VLAN {min(RESERVED_VLANS & set(vlans))} may not have its name changed."
    for vlan in vlans:
        shell.device.running.vlans.setdefault(vlan, f"VLAN{vlan:04}")
    shell.enter(Mode.VLAN, *(str(vlan) for vlan in vlans))
    return None


def _no_vlan(shell: Shell, arguments: Arguments) -> str | None:
    for vlan in sorted(arguments.vlans()):
        if vlan == 1 or vlan in RESERVED_VLANS:
            return f"%Default VLAN {vlan} may not be deleted."
        shell.device.running.vlans.pop(vlan, None)
    return None


def _vlan_name(shell: Shell, arguments: Arguments) -> str | None:
    vlan, name = int(shell.selected[0]), arguments.text()
    if len(shell.selected) > 1:
        return "%Name can be set for a single VLAN only."
    if any(other == name and each != vlan for each, other in shell.device.running.vlans.items()):
        return f"%VLAN #{vlan} and another have the same name: {name}"
    shell.device.running.vlans[vlan] = name
    return None


def _no_vlan_name(shell: Shell, _arguments: Arguments) -> None:
    for vlan in shell.selected:
        shell.device.running.vlans[int(vlan)] = f"VLAN{int(vlan):04}"


# --- interfaces: entering, creating, removing ----------------------------------------------------------


def _interface(shell: Shell, arguments: Arguments) -> None:
    _select(shell, [arguments.text()], arguments, Mode.INTERFACE)


def _range(shell: Shell, arguments: Arguments) -> None:
    names = interface_range(arguments.text())
    if names is None:
        raise invalid(arguments.starts[0])
    _select(shell, names, arguments, Mode.RANGE)


_MADE = ("Vlan", "Port-channel", "Tunnel")
"""Interfaces that are there once they are configured."""


def _select(shell: Shell, names: list[str], arguments: Arguments, mode: Mode) -> None:
    interfaces = shell.device.running.interfaces
    for name in names:
        if name not in interfaces and (is_physical(name) or not name.startswith(_MADE)):
            raise invalid(arguments.starts[0])
    for name in names:
        interfaces.setdefault(name, made(name))
    shell.enter(mode, *names)


def _no_interface(shell: Shell, arguments: Arguments) -> str | None:
    interface = shell.interface(arguments)
    if interface.is_physical:
        return "% Removal of physical interfaces is not permitted"
    if interface.is_aggregate:
        for member in shell.device.members(interface.number):
            shell.device.running.interfaces[member.name] = replace(
                member, channel_group=None, channel_mode="", shutdown=True
            )
    del shell.device.running.interfaces[interface.name]
    return None


def _default_interface(shell: Shell, arguments: Arguments) -> str:
    interface = shell.interface(arguments)
    shell.device.running.interfaces[interface.name] = made(interface.name)
    return f"Interface {interface.name} set to default configuration"


# --- lines -------------------------------------------------------------------------------------------------


def _line(shell: Shell, _arguments: Arguments) -> None:
    shell.enter(Mode.LINE)


def _line_vty(shell: Shell, arguments: Arguments) -> str | None:
    if arguments.number(1) < arguments.number(0):
        return "% Bad line range"
    _set(shell, vty_lines=max(arguments.number(1) + 1, shell.device.running.settings.vty_lines))
    shell.enter(Mode.LINE, "vty")
    return None


def _no_line_vty(shell: Shell, arguments: Arguments) -> str | None:
    if arguments.number() < 5:
        return "% Can't delete last 5 VTY lines"
    _set(shell, vty_lines=min(arguments.number(), shell.device.running.settings.vty_lines))
    return None


def _exec_timeout(shell: Shell, arguments: Arguments) -> None:
    seconds = arguments.number(1) if len(arguments.values) > 1 else 0
    if "vty" in shell.selected:
        _set(shell, exec_timeout=arguments.number(0) * 60 + seconds)


def _line_length(shell: Shell, arguments: Arguments) -> None:
    if "vty" in shell.selected:
        _set(shell, length=arguments.number())


def _nothing(_shell: Shell, _arguments: Arguments) -> None:
    """A line whose effect is already the device's only behaviour."""


def leave_submode(shell: Shell, _arguments: Arguments) -> None:
    shell.enter(Mode.CONFIG)


def _end(shell: Shell, _arguments: Arguments) -> None:
    shell.leave_configuration()


def _refuse(text: str) -> Handler:
    def handler(_shell: Shell, _arguments: Arguments) -> None:
        raise Rejected(text)

    return handler


def add_config(grammars: dict[str, Grammar[Handler]]) -> None:
    """Fills ``config``, ``config-vlan`` and ``config-line``."""
    config = grammars["config"]
    for word in CONFIGURATION.split():
        config.add(word, None)
        config.add(f"no {word}", None)
    for word in LOGGING.split():
        config.add(f"logging {word}", None)
    default = Settings()
    for pattern, handler in {
        "hostname <word>": _hostname,
        "no hostname": _setting("hostname", default.hostname),
        "enable secret <word>": _enable_secret(False),
        "enable secret 0 <word>": _enable_secret(False),
        "enable secret 9 <word>": _enable_secret(True),
        "no enable secret": _setting("enable_secret", ""),
        "username <word> privilege <number:0-15> secret <word>": _username(False),
        "username <word> privilege <number:0-15> secret 0 <word>": _username(False),
        "username <word> privilege <number:0-15> secret 9 <word>": _username(True),
        "no username <word>": _no_username,
        "banner login <line>": _banner("banner_login"),
        "banner motd <line>": _banner("banner_motd"),
        "no banner login": _setting("banner_login", ""),
        "no banner motd": _setting("banner_motd", ""),
        "login block-for <number:1-65535> attempts <number:1-65535> within <number:1-65535>": _block_for,
        "no login block-for": _setting("block_for", None),
        "ip domain lookup": _setting("domain_lookup", True),
        "no ip domain lookup": _setting("domain_lookup", False),
        "no ip domain-lookup": _setting("domain_lookup", False),
        "configuration mode exclusive auto": _setting("exclusive", "auto"),
        "configuration mode exclusive manual": _setting("exclusive", "manual"),
        "no configuration mode exclusive": _setting("exclusive", ""),
        "vtp mode transparent": _nothing,
        "vlan <vlans>": _vlan,
        "no vlan <vlans>": _no_vlan,
        "interface <interface>": _interface,
        "interface range <line>": _range,
        "no interface <interface>": _no_interface,
        "default interface <interface>": _default_interface,
        "line con 0": _line,
        "line vty <number:0-98> <number:0-98>": _line_vty,
        "no line vty <number:0-98> <number:0-98>": _no_line_vty,
        "exit": _end,
        "end": _end,
    }.items():
        config.add(pattern, handler)
    for name in ("config-vlan", "config-line"):
        grammars[name].add("exit", leave_submode)
    grammars["config-vlan"].add("name <word>", _vlan_name)
    grammars["config-vlan"].add("no name", _no_vlan_name)
    line = grammars["config-line"]
    line.add("exec-timeout <number:0-35791>", _exec_timeout)
    line.add("exec-timeout <number:0-35791> <number:0-2147483>", _exec_timeout)
    line.add("length <number:0-512>", _line_length)
    line.add("login local", _nothing)
    line.add("transport input ssh", _nothing)
    line.add("transport input telnet", _refuse("% Only SSH is simulated"))
