"""How the platforms of the second tier are spoken to, as far as their documents show it: prompts, and their
words for no. Nothing of what they are told takes effect: that is what a simulated device is for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.fakes.switch import CommandLine, Switch

NONSENSE = "cordon-was-never-here"
"""A line every platform refuses."""


@dataclass(frozen=True)
class Speech:
    """``prompts`` by the pattern of the line that leads to each, ``""`` the first one; ``{n}`` counts lines.
    ``refusals``: what it says to a line it does not take, the first to one that makes no sense; ``locked``:
    what it says while somebody else has the configuration; ``committed`` and ``uncommitted``: what a commit
    that was done says, and one that was not. ``below`` stands before the prompt in every mode but the first.
    ``user`` is what Netmiko makes of a user's name."""

    prompts: Mapping[str, str]
    refusals: tuple[str, ...]
    locked: tuple[str, ...] = ()
    committed: tuple[str, ...] = ()
    uncommitted: tuple[str, ...] = ()
    below: str = ""
    line_end: bytes = b"\n"
    user: str = "{}"
    enable: bool = False


_CISCO = (
    "% Invalid input detected at '^' marker.\n",
    "% Authorization failed.\n",
    "% Command authorization failed\n",
    "Command authorization failed\n",
    "Permission denied\n",
)


def _cisco(name: str, *refusals: str) -> Speech:
    modes = {"": f"{name}#", "configure terminal": f"{name}(config)#", "interface .*": f"{name}(config-if)#"}
    return Speech(modes | {"end": f"{name}#"}, (*_CISCO, *refusals), enable=True)


SPEECH: Mapping[str, Speech] = {
    "allied_telesis_awplus": _cisco("acc-n2"),
    "cisco_asa": _cisco("fw-a1", "ERROR: % Invalid input detected at '^' marker.\n"),
    "cisco_s300": _cisco("acc-s1", "% Unrecognized command\n", "VLAN 999 was not created\n"),
    "dell_os10": _cisco("acc-d1", "% Error: Unrecognized command.\n", "% Error: Permission denied.\n"),
    "cisco_xr": Speech(
        {
            "": "RP/0/RP0/CPU0:pe-x1#",
            "configure exclusive": "RP/0/RP0/CPU0:pe-x1(config)#",
            "interface .*": "RP/0/RP0/CPU0:pe-x1(config-if)#",
            "end": "RP/0/RP0/CPU0:pe-x1#",
        },
        (
            "% Invalid input detected at '^' marker.\n",
            "% This command is not authorized\n",
            "% Failed to commit one or more configuration items during a pseudo-atomic operation.\n",
        ),
        locked=("Cannot enter exclusive mode. The Configuration Namespace is locked by another agent.\n",),
        committed=("Fri Nov 20 03:12:44.001 CET\n",),
        uncommitted=(
            "Fri Nov 20 03:12:44.001 CET\n\n% Failed to commit one or more configuration items during a …\n",
        ),
    ),
    "cisco_wlc": Speech(
        {"": "(Cisco Controller) >"},
        (
            "Incorrect usage.  Use the '?' or <TAB> key to list commands.\n",
            "Authorization Failed. No sufficient privileges\n",
            "Request failed - Static WEP key is not valid\n",
        ),
    ),
    "extreme_exos": Speech(
        {"": "acc-x1.{n} # ", "disable ports .*": "* acc-x1.{n} # ", "configure .*": "* acc-x1.{n} # "},
        (
            "%% Invalid input detected at '^' marker.\n",
            "Error: Port 7 is unsupported\n",
            "Error: Permission denied\n",
        ),
    ),
    "checkpoint_gaia": Speech(
        {"": "gw-k1> "},
        (
            "CLINFR0329  Invalid command:'cordon-was-never-here'.\n",
            "NMSIFC0013  Interface eth1-07 does not exist\n",
            "-bash: show: command not found\n",
        ),
        locked=(
            "CLINFR0771  Config lock is owned by admin. Use the command 'lock database override' to…\n",
            "CLINFR0519  Configuration lock present. Can not execute this command.\n",
        ),
    ),
    "vyos": Speech(
        {"": "cordon@gw-v1:~$ ", "configure": "[edit]\r\ncordon@gw-v1# ", "exit": "cordon@gw-v1:~$ "},
        (
            "Invalid command: [cordon-was-never-here]\n",
            "Configuration path: [interfaces ethernet eth9] is not valid\nSet failed\n",
            "[[interfaces ethernet eth1]] failed\nCommit failed\n",
            "-vbash: configure: command not found\n",
        ),
        locked=("Configuration system temporarily locked due to another commit in progress\n",),
        committed=("[edit]\n", ""),
        uncommitted=(
            "[[interfaces ethernet eth1]] failed\nCommit failed\n[edit]\n",
            "Configuration system temporarily locked due to another commit in progress\n",
        ),
    ),
    "mikrotik_routeros": Speech(
        {"": "[cordon@edge-m1] > "},
        (
            "bad command name cordon-was-never-here (line 1 column 1)\n",
            "no such item\n",
            "not enough permissions (9)\n",
            "failure: can not disable\n",
            "syntax error (line 1 column 12)\n",
            "expected end of command (line 1 column 15)\n",
            "input does not match any value of disabled\n",
        ),
        line_end=b"\r\n",
        user="{}+ct511w4098h",
    ),
    "alcatel_aos_r6": Speech(
        {"": "-> "},
        (
            '^\nERROR: Invalid entry: "cordon-was-never-here"\n',
            "ERROR: Authorization failed. No functional privileges for this command\n",
            "ERROR: VLAN 4093 does not exist. First create the VLAN\n",
        ),
    ),
    "aruba_os": Speech(
        {
            "": "(mc-1) [mynode] #",
            "configure terminal": "(mc-1) [mynode] (config) #",
            "wlan virtual-ap .*": '(mc-1) ^[mynode] (Virtual AP profile "soins") #',
            "end": "(mc-1) ^[mynode] #",
            "write memory": "(mc-1) [mynode] #",
        },
        (
            "                ^\n% Invalid input detected at '^' marker.\n",
            "Error: Command not allowed in this mode\n",
            "Permission denied\n",
        ),
        committed=(
            "Saving Configuration...\n\nConfiguration Saved.\n",
            "Saving Configuration...\nSaved Configuration\n",
        ),
        uncommitted=("", "Saving Configuration...\n", "Error: module Configuration Manager is busy\n"),
        line_end=b"\r",
    ),
}


@dataclass
class Spoken(CommandLine):
    """One session of ``speech``: prompts that change, and nothing printed but its word for no."""

    switch: Switch
    speech: Speech
    _prompt: str = field(init=False)
    _lines: int = field(default=1, init=False)

    def __post_init__(self) -> None:
        super().__init__(self.switch)
        self._prompt = self.speech.prompts[""]

    @property
    def prompt(self) -> str:
        return self._prompt.replace("{n}", str(self._lines))

    def run(self, line: str) -> str:
        if not line:
            return ""
        self.switch.received.append(line)
        self._lines += 1
        if line == NONSENSE:
            return self.speech.refusals[0]
        for pattern, prompt in self.speech.prompts.items():
            if pattern and re.fullmatch(pattern, line):
                self._prompt = prompt
        return self.speech.below if self._prompt != self.speech.prompts[""] else ""
