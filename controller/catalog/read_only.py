"""Whether a line that a profile calls a reading could change a device.

A reading is sent on any night, by anybody who may look, and is asked for again when its answer was in doubt:
it must be one for certain. What is judged is the line as written, word by word, whoever understands it: the
command of a network device, or the programs a shell starts.
"""

from __future__ import annotations

import re
import shlex

_VERBS = """
activate apply clear close commit conf config configure copy debug default delete disable discard edit
erase execute factory-reset format install interface kill load merge monitor no reboot redundancy release
reload remove rename replace request reset restart restore revert rollback save set shutdown start stop
switchto system-view tclsh test undebug undo unset upgrade write
"""
"""First words that make a network device do something; ``configure`` as far down as IOS lets it be cut."""

_LOOKS = re.compile(
    r"(?:CONFIG(?: [A-Z]+)+ (?:EXPLICIT|LIST|SHOW|STATE)"
    r"|MONITOR (?:CONNECTION|GETIKESA|GETSA|INTERFACE|POLICY))"
    r"(?: [a-z]+=(?:[\w.:/${}-]+|\"[\w .:/${}-]+\"))*"
)
"""Commands of Stormshield's Serverd that only look, though their first word does not say so."""

_FILTERS_THAT_WRITE = frozenset({"append", "redirect", "save", "tee"})

_SHELLS = frozenset({"bash", "dash", "env", "eval", "exec", "sh", "su", "xargs", "zsh"})
"""Programs that start others: what they would do cannot be seen."""

_CHANGERS = """
chmod chown cp crontab dd halt ifconfig insmod install kill killall ln mkdir mkfs mknod modprobe mount mv
nsenter passwd pkill poweroff reboot rm rmdir rmmod route service shutdown sysrq tee touch truncate umount
useradd userdel usermod
"""

_CHANGING_WORDS = {
    "at": frozenset(),
    "conntrack": frozenset({"-D", "-F", "-I", "-U", "--delete", "--flush", "--create", "--update"}),
    "ip": frozenset(
        {"add", "append", "change", "del", "delete", "exec", "flush", "replace", "restore", "set"}
    ),
    "iptables": frozenset({"-A", "-D", "-F", "-I", "-N", "-P", "-R", "-X", "-Z"}),
    "nft": frozenset(
        {"-f", "add", "create", "delete", "destroy", "flush", "insert", "rename", "replace", "reset"}
    ),
    "ovs-appctl": frozenset({"exit", "fdb/add", "fdb/del", "fdb/flush", "vlog/set"}),
    "ovs-ofctl": frozenset(
        {"add-flow", "add-flows", "add-group", "bundle", "del-flows", "del-groups", "mod-flows", "mod-group"}
        | {"mod-port", "mod-table", "replace-flows", "set-frags"}
    ),
    "ovs-vsctl": frozenset(
        {"add", "add-br", "add-port", "clear", "create", "del-br", "del-controller", "del-port", "destroy"}
        | {"emer-reset", "init", "remove", "set", "set-controller", "set-fail-mode"}
    ),
    "sed": frozenset({"-i", "--in-place"}),
    "sysctl": frozenset({"-p", "-w", "--load", "--system", "--write"}),
    "systemctl": frozenset(
        {"daemon-reload", "disable", "enable", "isolate", "kill", "mask", "reload", "restart", "set-property"}
        | {"start", "stop", "unmask"}
    ),
    "vtysh": frozenset({"-b", "configure", "clear", "write"}),
}
"""What makes a program change something that otherwise looks."""

_PARTS = frozenset({";", "&", "&&", "|", "||", "(", ")", "\n"})
_NOWHERE = re.compile(r"(?:(?<=\s)|^)(?:[12&]?>\s*/dev/null|2>&1)(?=\s|$)")


def change_in(line: str) -> str:
    """The part of ``line`` that may change a device, "" where there is none."""
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in line):
        return "a control character"
    words = line.split()
    if not words:
        return "an empty line"
    if _LOOKS.fullmatch(line):
        return ""
    first = words[0].lower()
    if first in _VERBS.split() or (
        len(first) > 1 and "configure".startswith(first) and first.startswith("con")
    ):
        return words[0]
    if first == "show" or "show".startswith(first):
        return _filter_that_writes(line)
    return _by_shell(line)


def _filter_that_writes(line: str) -> str:
    """``show … | redirect flash:x`` writes a file; a filter may be abbreviated."""
    for part in line.split("|")[1:]:
        first = next(iter(part.split()), "").lower()
        if first and any(word.startswith(first) for word in _FILTERS_THAT_WRITE) and len(first) > 1:
            return part.strip()
    return ""


def _by_shell(line: str) -> str:
    if "`" in line or "$(" in line:
        return "a command within the command"
    try:
        lexer = shlex.shlex(_NOWHERE.sub(" ", line), posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        tokens = list(lexer)
    except ValueError:
        return line
    programs: list[list[str]] = [[]]
    for token in tokens:
        if token in _PARTS:
            programs.append([])
        elif set(token) <= {">", "<", "&", "|"} and ">" in token:
            return token
        else:
            programs[-1].append(token)
    return next((found for words in programs if (found := _by_program(words))), "")


def _by_program(words: list[str]) -> str:
    while words and (words[0] in ("sudo", "timeout", "-n") or words[0].isdigit()):
        if words[0] == "sudo" and "-l" in words[1:3]:
            return ""  # lists what is allowed, whatever stands behind it
        words = words[1:]
    if not words:
        return ""
    program, arguments = words[0].rsplit("/", 1)[-1], words[1:]
    if program in _SHELLS or program in _CHANGERS.split():
        return program
    changing = _CHANGING_WORDS.get(program)
    if changing is None:
        return ""
    if not changing:
        return program
    # What a quoted argument holds is read by the program too.
    said = [part for argument in arguments for part in argument.split()]
    found = next((word for word in said if word in changing), "")
    if not found and program == "sysctl":
        found = next((word for word in said if "=" in word), "")
    return f"{program} … {found}" if found else ""
