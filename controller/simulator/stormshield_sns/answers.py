"""How Serverd answers: a code of three digits, and what it means in words.

CLI Serverd Commands Reference Guide, "CONFIG SLOT LIST" (``101 code=00a01000 msg="Begin"``, the sections,
``100 code=00a00100 msg="Ok"``); the client Stormshield publishes (python-SNS-API) names the codes: 100 done,
101 what follows, 103 disconnecting, 110 done with a warning, 200 and above refused, 205 too few privileges.
ansible-sns-collection, sns_command: what ``HELP`` answers; terraform-SNS: what making a cluster does.
"""

from __future__ import annotations

from collections.abc import Iterable

from controller.simulator.grammar import Rejected

OK = '100 code=00a00100 msg="Ok"'
CREATED = '100 code=00101e00 msg="Success"'

HELP = (
    "AUTH       : User authentication",
    "CHPWD      : Return if it's necessary to update password or not",
    "CONFIG     : Firewall configuration functions",
    "GLOBALADMIN : Global administration",
    "HA         : HA functions",
    "HELP       : Display available commands",
    (
        "LIST       : Display the list of connected users, show user rights (Level) and rights for current "
        "session (SessionLevel)."
    ),
    (
        "LOG        : Log related functions.Everywhere a timezone is needed, if not specified the command is "
        "treated with firewall timezone setting."
    ),
    "MODIFY     : Get / lose the modify or the mon_write right",
    "MONITOR    : Monitor related functions",
    "NOP        : Do nothing but avoid disconnection from server.",
    "PKI        : show or update the pki",
    "QUIT       : Log off",
    "REPORT     : Handling of reports",
    "SYSTEM     : System commands",
    "USER       : User related functions",
    "VERSION    : Display server version",
)
"""What a firewall's own has; this one has less."""


def begun(form: str, lines: Iterable[str]) -> str:
    """What follows in a form: ``section``, ``section_line``, ``list`` or ``xml``."""
    return "\n".join((f'101 code=00a01000 msg="Begin" format="{form}"', *lines, OK))


def refused(text: str, number: int = 200, code: str = "00100800") -> Rejected:
    return Rejected(f'{number} code={code} msg="{text}"')


def format_error() -> Rejected:
    return refused("Error in format")


def unprivileged() -> Rejected:
    return refused("Not enough privilege", 205, "00300500")
