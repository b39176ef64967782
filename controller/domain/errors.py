"""Every error Cordon raises on purpose.

::

    CordonError
    ├── InvalidInput          a file or an argument is wrong; carries every Problem found
    ├── Refused               a safety rule stands in the way; carries the hazards
    ├── AwaitingApproval      somebody else must consent first
    ├── SignInFailed          name, password or code is wrong; which of them is not said
    ├── SignInDelayed         too many wrong attempts from there: how long to wait
    ├── SignInBusy            too many people are signing in at this moment
    ├── NotPermitted          this person's roles do not include the act
    ├── LeaderElsewhere       another process leads this home
    ├── LeaderLost            the leader ended in the middle of its answer
    ├── HomeFromTheFuture     a newer Cordon wrote this home
    ├── JournalUnavailable    nothing can be put on disk: neither database nor spool
    │   └── JournalUnreadable what is on record cannot be read
    ├── StaleEpoch            another process took the lead; this one's records are refused
    ├── NotFound              no such run, playbook, segment …
    └── OpenFailed            no session with a device could be had

An error carries a stable ``code`` and the ``data`` its text is filled with; the text itself
is looked up in the message catalogues (``controller.text``) under ``error.<code>``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from controller.domain.plan import Hazard


class CordonError(Exception):
    """Base of all. ``data`` fills the placeholders of the catalogue's text; it never holds a secret."""

    code: ClassVar[str] = "internal"

    def __init__(self, **data: object) -> None:
        self.data: Mapping[str, object] = data
        super().__init__(f"{self.code}: " + ", ".join(f"{key}={value}" for key, value in data.items()))


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One mistake in one file. ``line`` and ``column`` count from 1; 0 means the whole file.

    ``code`` and ``data`` select and fill the text ``problem.<code>``, which says what to write instead.
    """

    file: str
    line: int
    column: int
    code: str
    data: tuple[tuple[str, str], ...] = ()


class InvalidInput(CordonError):
    """Input was refused whole: nothing was applied. ``problems`` is every mistake found in one pass."""

    code = "invalid-input"

    def __init__(self, problems: Sequence[Problem], **data: object) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__(count=len(self.problems), **data)


class InvalidRequest(InvalidInput):
    """An argument, rather than a file, is wrong; ``reason`` is the code of its text ``error.<reason>``."""

    code = "invalid-request"

    def __init__(self, reason: str, **data: object) -> None:
        super().__init__((), reason=reason, **data)
        self.reason = reason


class Refused(CordonError):
    """A safety rule refuses the plan. ``hazards`` are those that refuse, each with its culprit."""

    code = "refused"

    def __init__(self, hazards: Sequence[Hazard], **data: object) -> None:
        self.hazards = tuple(hazards)
        super().__init__(count=len(self.hazards), **data)


class AwaitingApproval(CordonError):
    """The plan waits for a person; nothing was sent. Data: ``request``, ``plan`` (hash), ``given``,
    ``needed``."""

    code = "awaiting-approval"


class SignInFailed(CordonError):
    """The same for every cause. Data: ``clock``, the server's time, since codes depend on it."""

    code = "sign-in-failed"


class SignInDelayed(CordonError):
    """Nothing was checked. Data: ``seconds`` until the next attempt counts."""

    code = "sign-in-delayed"


class SignInBusy(CordonError):
    """Nothing was checked; the next attempt may be made at once."""

    code = "sign-in-busy"


class NotPermitted(CordonError):
    """Data: ``permission``, ``site``."""

    code = "not-permitted"


class LeaderElsewhere(CordonError):
    """Another process leads this home and could not take the request over. Data: ``home``, ``pid``."""

    code = "leader-elsewhere"


class LeaderLost(CordonError):
    """The leader ended in the middle of its answer; what it was doing is in its journal. Data: ``home``."""

    code = "leader-lost"


class HomeFromTheFuture(CordonError):
    """The home was written by a newer Cordon. Data: ``home``, ``found``, ``known`` (revisions)."""

    code = "home-from-the-future"


class JournalUnavailable(CordonError):
    """Neither the database nor the spool took the record in time. Data: ``home``, ``cause``."""

    code = "journal-unavailable"


class JournalUnreadable(JournalUnavailable):
    """The database does not answer: nobody can tell what is held. Data: ``home``, ``cause``."""

    code = "journal-unreadable"


class StaleEpoch(CordonError):
    """This process lost the lead: its writes are refused. Data: ``epoch``, ``current``."""

    code = "stale-epoch"


class NotFound(CordonError):
    """Data: ``kind``, ``name`` and, where one is close, ``suggestion``."""

    code = "not-found"


class OpenCause(StrEnum):
    """Why no session with a device could be had; the text is ``open.<cause>``."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    HOST_KEY_UNKNOWN = "host-key-unknown"
    HOST_KEY_CHANGED = "host-key-changed"
    LOGIN_REJECTED = "login-rejected"
    CREDENTIAL_DROPPED = "credential-dropped"
    SECRET_MISSING = "secret-missing"  # noqa: S105 - the name of a cause, not a secret
    NO_LINE = "no-line"
    NOT_READY = "not-ready"
    STARVED = "starved"
    ALGORITHMS = "algorithms"
    WAY_FAILED = "way-failed"
    MANUAL = "manual"


class OpenFailed(CordonError):
    """No session: nothing was sent to the device. Data: ``device``, ``cause``, ``detail`` (redacted)."""

    code = "open-failed"

    def __init__(self, device: str, cause: OpenCause, detail: str = "") -> None:
        self.device = device
        self.cause = cause
        super().__init__(device=device, cause=cause.value, detail=detail)
