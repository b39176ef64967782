"""The two command lines of SNS: the system's own shell, and the client of Serverd in it.

CLI Console / SSH Commands Reference Guide, "NSRPC" (the shell's prompt is the serial number; the client asks
``Enter password:`` and tells who it connected as), "CLI" (the same, at the firewall itself); CLI Serverd
Commands Reference Guide, changelogs (the client's prompt, ``SRPClient>``), "CONFIG SSH UPDATE" (``CLIShell``:
whether administrators land in the client), "MODIFY", "QUIT". Words are not told apart by case.
"""

from __future__ import annotations

import re

from controller.simulator.grammar import CommandError
from controller.simulator.shell import Ask, Reply
from controller.simulator.shell import Shell as NeutralShell
from controller.simulator.stormshield_sns.answers import HELP, OK, begun, refused, unprivileged
from controller.simulator.stormshield_sns.arguments import Arguments
from controller.simulator.stormshield_sns.commands import COMMANDS
from controller.simulator.stormshield_sns.device import SnsFirewall

LEVELS = "base,contentfilter,log,filter,vpn,log_read,object,user,admin,network,route,vpn_read,filter_read"
_CLIENT = re.compile(r"(?:cli|nsrpc (?P<user>[\w.-]+)@(?:127\.0\.0\.1|localhost))")
_WORD = re.compile(r'(?P<key>[\w-]+)=(?:"(?P<quoted>[^"]*)"|(?P<plain>\S*))|"(?P<text>[^"]*)"|(?P<word>\S+)')


class Shell(NeutralShell[SnsFirewall]):
    """``inside``: whether the client runs."""

    def __init__(self, device: SnsFirewall, user: str = "", line: int = 0, source: str = "127.0.0.1") -> None:
        super().__init__(device, user, line, source)
        self.screen.length = 0
        self.inside = False
        self.lands = device.running.settings.get("CLIShell") == "1" and user != "admin"
        if self.lands:
            self.begin()

    @property
    def prompt(self) -> str:
        return "SRPClient> " if self.inside else f"{self.device.serial}>"

    @property
    def shown_mode(self) -> str:
        if not self.inside:
            return "shell"
        return "modify" if self.modifies else "base"

    @property
    def modifies(self) -> bool:
        return self.device.modifier is self

    def begin(self) -> None:
        """Whoever comes first has the right to change."""
        self.inside = True
        self.device.modifier = self.device.modifier or self

    def ended(self) -> None:
        if self.modifies:
            self.device.modifier = None

    def execute(self, line: str) -> Reply:
        if not line.strip():
            return Reply()
        return self._serverd(line) if self.inside else self._system(line.strip())

    # --- the system's own ----------------------------------------------------------------------------------

    def _system(self, line: str) -> Reply:
        if line in ("exit", "logout"):
            return Reply(close=True)
        found = _CLIENT.fullmatch(line)
        if found is None:
            return Reply(f"{line.split(maxsplit=1)[0]}: Command not found.", result="invalid")
        user = found["user"] or self.user
        greeting = "Welcome to Cipher/SRP client"
        return Reply(
            greeting, ask=Ask("Enter password:", lambda said: self._connect(user, said), secret=True)
        )

    def _connect(self, user: str, secret: str) -> Reply:
        connecting = "Connecting to 127.0.0.1...\nUsing SRP authentication only."
        if not self.device.knows(user, secret):
            return Reply(f"{connecting}\nAuthentication failed", result="rejected")
        self.begin()
        level = f"modify,mon_write,{LEVELS}"
        held = level if self.modifies else LEVELS
        return Reply(f'{connecting}\nUser={user}\nLevel="{level}"\nSessionLevel="{held}"')

    # --- the client ----------------------------------------------------------------------------------------

    def _serverd(self, line: str) -> Reply:
        words, values = _split(line)
        upper = [each.upper() for each in words]
        try:
            match upper:
                case ["QUIT"]:
                    return self._quit()
                case ["MODIFY", *rest]:
                    return Reply(self._modify(rest))
                case ["HELP"]:
                    return Reply(begun("raw", HELP))
            for length in range(len(upper), 0, -1):
                command = COMMANDS.get(" ".join(upper[:length]))
                if command is not None:
                    if command.changes and not self.modifies:
                        raise unprivileged()
                    return Reply(command.act(self.device, Arguments(upper[length:], values)))
            raise refused("Unknown command", code="00100200")
        except CommandError as error:
            return Reply(error.text, result=error.kind)

    def _modify(self, words: list[str]) -> str:
        forced = "FORCE" in words
        match [each for each in words if each != "FORCE"]:
            case ["ON"]:
                if self.modifies:
                    return '110 code=00a00200 msg="Session already have this level"'
                if self.device.modifier is not None and not forced:
                    raise refused("Another session has this level", 205, "00300600")
                self.device.modifier = self
            case ["OFF"]:
                self.ended()
            case _:
                raise refused("Error in format")
        return OK

    def _quit(self) -> Reply:
        self.ended()
        self.inside = False
        said = '103 code=00102700 msg="disconnecting..."\nLeaving client...'
        return Reply(said, close=self.lands)


def _split(line: str) -> tuple[list[str], dict[str, str]]:
    """The words of the command, and its parameters by their names in lower case."""
    words: list[str] = []
    values: dict[str, str] = {}
    for found in _WORD.finditer(line):
        if found["key"]:
            values[found["key"].lower()] = found["quoted"] if found["quoted"] is not None else found["plain"]
        else:
            words.append(found["text"] if found["text"] is not None else found["word"])
    return words, values
