"""What devices do to a cut at their worst: on which platforms each of it is tried, and how it ends. Held true
by ``test_at_their_worst.py``; docs/platforms.md is written from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from controller.domain.profile import DeviceProfile
from tests.profiles.hospital import LOCAL
from tests.profiles.meeting import PROFILES, SITES

Faults = Mapping[str, Mapping[str, Any]]
"""Of controller.simulator.faults, with their parameters."""


class Ending(StrEnum):
    CUT = "cut"
    """Every point, confirmed by the same run."""
    TOLD = "told"
    """Every point is as it was and on the walk-list, with the cause; asking again cuts them."""


def _everywhere(_profile: DeviceProfile) -> bool:
    return True


_BY_ROLE = frozenset(
    {"fortinet", "fortinet_vdom", "juniper_junos", "paloalto_panos", "paloalto_panos_vsys", "stormshield_sns"}
)
"""What an account may do there is told at its log-in: nobody is asked line by line."""


def _commits(profile: DeviceProfile) -> bool:
    return profile.session.commit is not None


@dataclass(frozen=True)
class Adversity:
    """``faults`` of a platform; ``meets`` tells whether such a thing exists there. ``locks``: somebody else
    takes the configuration; ``named``: ports have names that no ASCII has. ``lasts``: it is still so when
    what was cut comes back; ``returns``: it strikes again then, and what does not come back stays cut.
    ``operation``: seconds an operation may take, where the default would only be waited for. ``causes`` are
    codes of the catalogues."""

    name: str
    title: Mapping[str, str]
    faults: Callable[[DeviceProfile], Faults]
    ending: Ending = Ending.CUT
    causes: frozenset[str] = frozenset()
    meets: Callable[[DeviceProfile], bool] = _everywhere
    lasts: bool = False
    returns: bool = False
    locks: bool = False
    named: bool = False
    operation: int = 30
    platforms: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        met = tuple(name for name in SITES if self.meets(PROFILES[name]))
        object.__setattr__(self, "platforms", met)


def _always(**faults: Mapping[str, Any]) -> Callable[[DeviceProfile], Faults]:
    return lambda _profile: faults


def _at_commit(profile: DeviceProfile) -> str:
    assert profile.session.commit is not None
    return "^" + profile.session.commit.send[-1].split(" ")[0]


ELSEWHERE = "elsewhere"
BANNER = "*** Reserved # use > only $ ] ***\nswitch-0# \n<switch-0> \nContinue? [Y/N]\n--More-- \nPassword: "
ACCENTS = "Hôpital général : accès réservé"
ADVERSITIES = (
    Adversity(
        "banner",
        {
            "en": "greets with prompts, questions and page breaks before and after the log-in",
            "fr": "accueille par des invites, des questions et des sauts de page avant et après la connexion",
        },
        _always(banner={"text": BANNER}),
        lasts=True,
    ),
    Adversity(
        "renamed",
        {
            "en": "gets another host name at a line, and so another prompt",
            "fr": "change de nom à une ligne, et donc d’invite",
        },
        _always(changing_prompt={"nth": 1, "name": ELSEWHERE}),
        operation=10,
    ),
    Adversity(
        "paging",
        {
            "en": "pages its output again from the middle of the session on",
            "fr": "pagine de nouveau ses réponses à partir du milieu de la session",
        },
        _always(more={"nth": 1, "lines": 5}),
        lasts=True,
    ),
    Adversity(
        "locked",
        {
            "en": "has its configuration locked by somebody else",
            "fr": "a sa configuration verrouillée par autrui",
        },
        _always(),
        Ending.TOLD,
        frozenset({"config-locked"}),
        meets=lambda profile: bool(profile.session.locked),
        locks=True,
    ),
    Adversity(
        "commit-fails",
        {"en": "fails to commit", "fr": "échoue à valider (commit)"},
        _always(commit_fails={}),
        Ending.TOLD,
        frozenset({"commit-failed"}),
        meets=_commits,
    ),
    Adversity(
        "slow-commit",
        {"en": "takes its time to commit", "fr": "met longtemps à valider (commit)"},
        lambda profile: {"late": {"on": _at_commit(profile), "seconds": 1.5}},
        meets=_commits,
        lasts=True,
    ),
    Adversity(
        "asks",
        {
            "en": "asks `Save the configuration? [Y/N]` instead of doing what a line says",
            "fr": "demande `Save the configuration? [Y/N]` au lieu d’exécuter une ligne",
        },
        _always(asks={"nth": 1, "times": 1, "text": "Save the configuration? [Y/N]:"}),
        operation=10,
    ),
    Adversity(
        "one-line",
        {"en": "has room for one session", "fr": "n’a de place que pour une session"},
        _always(one_line_left={}),
        lasts=True,
    ),
    Adversity(
        "no-line",
        {"en": "has no room for a session", "fr": "n’a plus de place pour une session"},
        _always(one_line_left={"free": 0}),
        Ending.TOLD,
        frozenset({"open.no-line"}),
        operation=4,
    ),
    Adversity(
        "latin-1",
        {
            "en": "writes names and greeting in Latin-1",
            "fr": "écrit ses noms et son accueil en Latin-1",
        },
        _always(latin_1={}, banner={"text": ACCENTS}),
        named=True,
        lasts=True,
    ),
    Adversity(
        "failover",
        {
            "en": "fails over between two lines: another member, which has none of them, answers",
            "fr": "bascule entre deux lignes : un autre membre, qui n’en a aucune, répond",
        },
        _always(failover={"nth": 2}),
        returns=True,
    ),
    Adversity(
        "tacacs",
        {
            "en": "loses its TACACS+ server between two lines: nothing more is authorised, and only a local "
            "account logs in",
            "fr": "perd son serveur TACACS+ entre deux lignes : plus rien n’est autorisé, et seul un compte "
            "local se connecte",
        },
        _always(aaa_dies={"nth": 2, "local": LOCAL}),
        meets=lambda profile: profile.platform not in _BY_ROLE,
        returns=True,
    ),
    Adversity(
        "log-in-server",
        {
            "en": "loses its log-in server between two lines, and the session with it: only a local account "
            "logs in",
            "fr": "perd son serveur de connexion entre deux lignes, et la session avec lui : seul un compte "
            "local se connecte",
        },
        _always(aaa_dies={"nth": 2, "local": LOCAL, "breaks": True}),
        meets=lambda profile: profile.platform in _BY_ROLE,
        returns=True,
    ),
)
