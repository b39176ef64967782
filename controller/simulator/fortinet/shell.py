"""The command line of FortiOS: its prompts, its configuration shells, its words for what it does not take.

FortiOS Administration Guide, "CLI basics" (abbreviations while unique, ``--More--``, ``grep`` and its
options), "Subcommands" (``edit``, ``set``, ``unset``, ``append``, ``unselect``, ``delete``, ``move``,
``next``, ``end``, ``abort``: an entry is taken over by ``next`` and ``end``, and thrown away by ``abort``;
the prompt, behind an empty line, names the table or the entry; a table within an object is opened there, and
taken over with it).
``edit`` of what is not there begins a new entry, and says so. "Virtual Domains", "Logging in to VDOMs":
where they are enabled, everything but the way in stands below ``config global`` or, of each, below
``config vdom``, whose ``edit`` names it with its index, and makes one of a name that is misspelt. ``sudo``
with ``global`` or a domain's name carries out one ``diagnose``, ``get`` or ``show`` there. CLI Reference,
"config system global": ``post-login-banner``, a disclaimer after the log-in that a session accepts by the
key ``a``, and ends without.
"""

from __future__ import annotations

import re
from dataclasses import replace

from controller.simulator.fortinet.commands import COMMANDS, Scope
from controller.simulator.fortinet.configuration import ROOT, Configuration, Entry
from controller.simulator.fortinet.device import FortiGate
from controller.simulator.fortinet.tables import TABLES
from controller.simulator.fortinet.words import explained, grepped, option_named, split, unparsed, word_at
from controller.simulator.grammar import CommandError, Rejected, incomplete
from controller.simulator.modal import replied
from controller.simulator.shell import Reply
from controller.simulator.shell import Shell as NeutralShell

_SUBCOMMANDS = ("abort", "append", "delete", "edit", "end", "get", "move", "next", "set", "show", "unselect")
_DISCLAIMER = "This is a private system.\n(Press 'a' to accept):"
_ENTER = {"global": Scope.GLOBAL, "vdom": Scope.VDOMS}


class Shell(NeutralShell[FortiGate]):
    """``table`` is the one that ``config`` opened, ``entry`` the one that ``edit`` did; a single object is
    opened with its table. ``vdom``: the virtual domain the session is in, of which its lines speak."""

    more = "--More-- "

    def __init__(self, device: FortiGate, user: str = "", line: int = 0, source: str = "127.0.0.1") -> None:
        super().__init__(device, user, line, source)
        self.table: str | None = None
        self.entry: str | None = None
        self.new = False
        self.accepted = device.running.one("system global", "post-login-banner") == "disable"
        self.scope = Scope.TOP if device.running.divided else Scope.WHOLE
        self.vdom = ROOT

    @property
    def _place(self) -> str:
        return {Scope.GLOBAL: "global", Scope.VDOMS: "vdom", Scope.VDOM: self.vdom}.get(self.scope, "")

    @property
    def prompt(self) -> str:
        if not self.accepted:
            return _DISCLAIMER
        shown = self.entry or (self.table or "").rpartition(" ")[2] or self._place
        return f"\n{self.device.hostname} ({shown}) # " if shown else f"\n{self.device.hostname} # "

    @property
    def shown_mode(self) -> str:
        return " ".join(part for part in (self._place, self.table, self.entry) if part) or "root"

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
        if not self.accepted:
            self.accepted = words == ["a"]
            return Reply(close=not self.accepted)
        if not words:
            return Reply()
        divided = self.device.running.divided
        try:
            if self.table is None:
                self.device.drafts.pop(self._whose, None)
                return self._at_root(line, words)
            reply = replied(self._configuring(self.table, words))
        except CommandError as error:
            return Reply(explained(error, words), result=error.kind)
        # Whoever enables virtual domains is logged out.
        return replace(reply, close=True) if self.device.running.divided is not divided else reply

    def _at_root(self, line: str, words: list[str]) -> Reply:
        if self.scope is Scope.VDOMS:
            return Reply(self._choosing(words))
        if self.scope in (Scope.GLOBAL, Scope.VDOM) and words in (["end"], ["abort"], ["next"]):
            if words == ["next"] and self.scope is Scope.GLOBAL:
                raise unparsed("next")
            self.scope = Scope.VDOMS if words == ["next"] else Scope.TOP
            return Reply()
        if words[0] == "sudo" and self.device.running.divided:
            return self._elsewhere(line, words)
        if words[0] == "config" or (len(words[0]) > 2 and "config".startswith(words[0])):
            return Reply(self._open(words[1:]))
        return self._asked(line)

    def _asked(self, line: str) -> Reply:
        command, bar, piped = line.partition("|")
        try:
            handler, arguments = COMMANDS[self.scope].parse(command.replace('"', " "))
        except CommandError as error:
            if error.kind == "invalid" and error.column is not None:
                raise unparsed(word_at(line, error.column)) from None
            raise
        reply = replied(handler(self, arguments))
        return replace(reply, text=grepped(reply.text, split(piped)), after=reply.after) if bar else reply

    def _choosing(self, words: list[str]) -> str:
        """Below ``config vdom``: a name that there is none of becomes one."""
        vdoms = self.device.running.vdoms
        match words:
            case ["end"] | ["abort"]:
                self.scope = Scope.TOP
                return ""
            case ["edit", name]:
                if not re.fullmatch(r"[\w-]{1,31}", name):
                    raise unparsed(name, -651)
                if name not in vdoms:
                    self.device.running.add_vdom(name)
                    self._saved()
                self.scope, self.vdom = Scope.VDOM, name
                return f"current vf={name}:{list(self.device.running.vdoms).index(name)}"
            case ["edit"]:
                raise incomplete()
        raise unparsed(words[0])

    def _elsewhere(self, line: str, words: list[str]) -> Reply:
        """One line in another place, after which the session is where it was."""
        if len(words) < 3:
            raise incomplete()
        if words[1] != "global" and words[1] not in self.device.running.vdoms:
            raise unparsed(words[1])
        if not any(each.startswith(words[2]) for each in ("diagnose", "get", "show")):
            raise unparsed(words[2])
        here = self.scope, self.vdom
        self.scope, self.vdom = (Scope.GLOBAL, ROOT) if words[1] == "global" else (Scope.VDOM, words[1])
        try:
            return self._asked(line.split(maxsplit=2)[2])
        finally:
            self.scope, self.vdom = here

    def _open(self, words: list[str]) -> str:
        name = " ".join(words)
        if self.scope is Scope.TOP and name in _ENTER:
            self.scope = _ENTER[name]
            return ""
        if name not in TABLES or not self.scope.holds(shared=TABLES[name].shared):
            raise unparsed(words[0]) if words else incomplete()
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
                return "\n".join(self._draft.written(table, self.entry, self.vdom))
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
                raise unparsed(words[0])
        return ""

    def _leave(self, outside: str = "") -> None:
        self.table, self.entry = outside or None, None

    def _edit(self, table: str, key: str) -> str:
        if TABLES[table].numbered and not key.isdigit():
            raise unparsed(key, -651)
        self.new = key not in self._draft.table(table, self.vdom)
        self.entry = key
        if not self.new:
            return ""
        self._pending(table, Entry())
        return f"new entry '{key}' added"

    @property
    def _draft(self) -> Configuration:
        return self.device.drafts.get(self._whose, self.device.running)

    def _present(self, table: str) -> Entry:
        return self._draft.table(table, self.vdom).get(self.entry or "", Entry())

    def _pending(self, table: str, entry: Entry) -> None:
        draft = self._draft.copy()
        draft.table(table, self.vdom)[self.entry or ""] = entry
        self.device.drafts[self._whose] = draft

    def _set(self, table: str, word: str, given: str, values: list[str]) -> None:
        name = option_named(table, given)
        option, entry = TABLES[table].options[name], self._present(table)
        kept = entry.get(name)
        if word == "unset":
            self._pending(table, entry.having(name, ()))
            return
        taken = self.device.running.taken(option, values, "" if TABLES[table].shared else self.vdom)
        if word in ("append", "unselect") and not option.many and option.kind != "names":
            raise unparsed(word)
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
        if draft is None or (not TABLES[table].single and key not in draft.table(table, self.vdom)):
            return ""
        entry = draft.table(table, self.vdom).get(key, Entry())
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
                self.device.running.put(part, dict(draft.table(part, self.vdom)), self.vdom)
        self._change(table, {**self.device.running.table(table, self.vdom), key: entry})
        return ""

    def _change(self, table: str, entries: dict[str, Entry]) -> None:
        """At once in force, and on the flash disk unless ``cfg-save`` says otherwise."""
        self.device.talk()
        self.device.running.put(table, entries, self.vdom)
        if table == "vpn ipsec phase1-interface":
            # Each is an interface too.
            interfaces = self.device.running.table("system interface")
            for name in entries:
                interfaces.setdefault(name, Entry.of(vdom=[self.vdom], type=["tunnel"]))
        self._saved()

    def _saved(self) -> None:
        if self.device.running.one("system global", "cfg-save") == "automatic":
            self.device.save()

    def _delete(self, table: str, key: str) -> None:
        entries = dict(self.device.running.table(table, self.vdom))
        if entries.pop(key, None) is None:
            raise Rejected("entry is not found in table\nCommand fail. Return code -3")
        self._change(table, entries)

    def _move(self, table: str, key: str, where: str, other: str) -> None:
        entries = dict(self.device.running.table(table, self.vdom))
        if key not in entries or other not in entries:
            raise Rejected("entry is not found in table\nCommand fail. Return code -3")
        keys = [each for each in entries if each != key]
        keys.insert(keys.index(other) + (where == "after"), key)
        self._change(table, {each: entries[each] for each in keys})
