"""The command line of FortiOS: its prompts, its configuration shells, its words for what it does not take.

FortiOS Administration Guide, "CLI basics" (abbreviations while unique, ``--More--``, ``grep`` and its
options), "Subcommands" (``edit``, ``set``, ``unset``, ``append``, ``unselect``, ``delete``, ``move``,
``next``, ``end``, ``abort``: an entry is taken over by ``next`` and ``end``, and thrown away by ``abort``;
the prompt names the table or the entry; a table within an object is opened there, and taken over with it).
``edit`` of what is not there begins a new entry, and says so.
"""

from __future__ import annotations

import re
from dataclasses import replace

from controller.simulator.fortinet.commands import COMMANDS
from controller.simulator.fortinet.configuration import TABLES, Configuration, Entry
from controller.simulator.fortinet.device import FortiGate
from controller.simulator.grammar import CommandError, Rejected, incomplete
from controller.simulator.modal import replied
from controller.simulator.shell import Reply
from controller.simulator.shell import Shell as NeutralShell

_SUBCOMMANDS = ("abort", "append", "delete", "edit", "end", "get", "move", "next", "set", "show", "unselect")
_UNKNOWN = "Unknown action 0"


class Shell(NeutralShell[FortiGate]):
    """``table`` is the one that ``config`` opened, ``entry`` the one that ``edit`` did; a single object is
    opened with its table."""

    more = "--More-- "

    def __init__(self, device: FortiGate, user: str = "", line: int = 0, source: str = "127.0.0.1") -> None:
        super().__init__(device, user, line, source)
        self.table: str | None = None
        self.entry: str | None = None
        self.new = False

    @property
    def prompt(self) -> str:
        shown = self.entry or (self.table or "").rpartition(" ")[2]
        return f"{self.device.hostname} ({shown}) # " if shown else f"{self.device.hostname} # "

    @property
    def shown_mode(self) -> str:
        return " ".join(part for part in (self.table, self.entry) if part) or "root"

    @property
    def _whose(self) -> str:
        return f"line {self.line}"

    def ended(self) -> None:
        self.device.drafts.pop(self._whose, None)
        for family in (4, 6):
            self.device.filters.pop((family, self.line), None)

    # --- a line ------------------------------------------------------------------------------------------

    def execute(self, line: str) -> Reply:
        words = split(line)
        if not words:
            return Reply()
        try:
            if self.table is None:
                self.device.drafts.pop(self._whose, None)
                return self._at_root(line, words)
            return replied(self._configuring(self.table, words))
        except CommandError as error:
            return Reply(_explained(error, words), result=error.kind)

    def _at_root(self, line: str, words: list[str]) -> Reply:
        if words[0] == "config" or (len(words[0]) > 2 and "config".startswith(words[0])):
            return Reply(self._open(words[1:]))
        command, bar, piped = line.partition("|")
        try:
            handler, arguments = COMMANDS.parse(command.replace('"', " "))
        except CommandError as error:
            if error.kind == "invalid" and error.column is not None:
                raise _unparsed(_word_at(line, error.column)) from None
            raise
        reply = replied(handler(self, arguments))
        return replace(reply, text=grepped(reply.text, split(piped)), after=reply.after) if bar else reply

    def _open(self, words: list[str]) -> str:
        name = " ".join(words)
        if name not in TABLES:
            raise _unparsed(words[0]) if words else incomplete()
        self.table, self.entry = name, None
        return ""

    # --- in a table --------------------------------------------------------------------------------------

    def _configuring(self, table: str, words: list[str]) -> str:
        fits = [each for each in _SUBCOMMANDS if each.startswith(words[0])]
        word = words[0] if words[0] in _SUBCOMMANDS else fits[0] if len(fits) == 1 else ""
        inside = self.entry is not None or TABLES[table].single
        match word, words[1:]:
            case "abort", []:
                self.device.drafts.pop(self._whose, None)
                self._leave()
            case "end", []:
                said = self._taken_over(table) if inside else ""
                self._leave(TABLES[table].inside)
                return said
            case _, [part] if words[0] == "config" and f"{table} {part}" in TABLES:
                self.table, self.entry = f"{table} {part}", None
            case "show", []:
                return "\n".join(self._draft.written(table, self.entry))
            case "next", [] if self.entry is not None:
                said = self._taken_over(table)
                self.entry = None
                return said
            case "edit", [key] if not inside:
                return self._edit(table, key)
            case "delete", [key] if not inside:
                self._delete(table, key)
            case "move", [key, ("before" | "after") as where, other] if TABLES[table].numbered and not inside:
                self._move(table, key, where, other)
            case (("set" | "unset" | "append" | "unselect"), [name, *values]) if inside:
                self._set(table, word, name, values)
            case (("set" | "edit" | "delete" | "move"), []):
                raise incomplete()
            case _:
                raise _unparsed(words[0])
        return ""

    def _leave(self, outside: str = "") -> None:
        self.table, self.entry = outside or None, None

    def _edit(self, table: str, key: str) -> str:
        if TABLES[table].numbered and not key.isdigit():
            raise _unparsed(key, -651)
        self.new = key not in self._draft.tables[table]
        self.entry = key
        if not self.new:
            return ""
        self._pending(table, Entry())
        return f"new entry '{key}' added"

    @property
    def _draft(self) -> Configuration:
        return self.device.drafts.get(self._whose, self.device.running)

    def _present(self, table: str) -> Entry:
        return self._draft.tables[table].get(self.entry or "", Entry())

    def _pending(self, table: str, entry: Entry) -> None:
        draft = self._draft.copy()
        draft.tables[table][self.entry or ""] = entry
        self.device.drafts[self._whose] = draft

    def _set(self, table: str, word: str, given: str, values: list[str]) -> None:
        name = _option(table, given)
        option, entry = TABLES[table].options[name], self._present(table)
        kept = entry.get(name)
        if word == "unset":
            self._pending(table, entry.having(name, ()))
            return
        taken = self.device.running.taken(option, values)
        if word in ("append", "unselect") and not option.many and option.kind != "names":
            raise _unparsed(word)
        match word:
            case "append":
                taken = tuple(dict.fromkeys((*kept, *taken)))
            case "unselect":
                taken = tuple(each for each in kept if each not in taken)
        self._pending(table, entry.having(name, () if taken == (option.default,) else taken))

    def _taken_over(self, table: str) -> str:
        """What ``next`` and ``end`` do to the entry that is open."""
        draft = self.device.drafts.get(self._whose)
        key = self.entry or ""
        if draft is None or (not TABLES[table].single and key not in draft.tables[table]):
            return ""
        entry = draft.tables[table].get(key, Entry())
        for name in TABLES[table].needed:
            if not entry.get(name):
                del self.device.drafts[self._whose]
                return (
                    f"node_check_object fail! for {name}\n\nAttribute '{name}' MUST be set.\n"
                    "Command fail. Return code 1"
                )
        if TABLES[table].inside:
            return ""
        del self.device.drafts[self._whose]
        for part, spec in TABLES.items():
            if spec.inside == table:
                self.device.running.tables[part] = dict(draft.tables[part])
        self._change(table, {**self.device.running.tables[table], key: entry})
        return ""

    def _change(self, table: str, entries: dict[str, Entry]) -> None:
        """At once in force, and on the flash disk unless ``cfg-save`` says otherwise."""
        self.device.talk()
        self.device.running.tables[table] = entries
        if table == "vpn ipsec phase1-interface":
            # Each is an interface too.
            interfaces = self.device.running.tables["system interface"]
            for name in entries:
                interfaces.setdefault(name, Entry.of(vdom=["root"], type=["tunnel"]))
        if self.device.running.one("system global", "cfg-save") == "automatic":
            self.device.save()

    def _delete(self, table: str, key: str) -> None:
        entries = dict(self.device.running.tables[table])
        if entries.pop(key, None) is None:
            raise Rejected("entry is not found in table\nCommand fail. Return code -3")
        self._change(table, entries)

    def _move(self, table: str, key: str, where: str, other: str) -> None:
        entries = dict(self.device.running.tables[table])
        if key not in entries or other not in entries:
            raise Rejected("entry is not found in table\nCommand fail. Return code -3")
        keys = [each for each in entries if each != key]
        keys.insert(keys.index(other) + (where == "after"), key)
        self._change(table, {each: entries[each] for each in keys})


def split(line: str) -> list[str]:
    """The words; those in quotation marks are one."""
    found = re.findall(r'"([^"]*)"|(\S+)', line)
    return [quoted or plain for quoted, plain in found]


def _word_at(line: str, column: int) -> str:
    return next((each[0] for each in re.finditer(r"\S+", line) if each.end() > column), "")


def _option(table: str, given: str) -> str:
    options = TABLES[table].options
    fits = [each for each in options if each.startswith(given)]
    if given in options:
        return given
    if len(fits) != 1:
        raise _unparsed(given)
    return fits[0]


def _unparsed(word: str, code: int = -61) -> Rejected:
    return Rejected(f"command parse error before '{word}'\nCommand fail. Return code {code}")


def _explained(error: CommandError, words: list[str]) -> str:
    match error.kind:
        case "rejected":
            first = words[0] if words else ""
            return _UNKNOWN if f"before '{first}'" in error.text and "command" in error.text else error.text
        case "ambiguous":
            return f"ambiguous command before '{words[-1]}'\nCommand fail. Return code -61"
        case _:
            return "incomplete command in the end\nCommand fail. Return code -160"


def grepped(text: str, words: list[str]) -> str:
    """What ``grep`` lets through: ``-c`` counts, ``-i`` and ``-v`` as in other systems."""
    if not words or words[0] != "grep":
        raise _unparsed(words[0] if words else "|")
    flags = "".join(each[1:] for each in words[1:-1])
    if len(words) < 2 or any(not each.startswith("-") for each in words[1:-1]) or set(flags) - set("civ"):
        raise _unparsed("grep")
    wanted = re.compile(words[-1], re.IGNORECASE if "i" in flags else 0)
    kept = [each for each in text.split("\n") if bool(wanted.search(each)) is not ("v" in flags)]
    return str(len(kept)) if "c" in flags else "\n".join(kept)
