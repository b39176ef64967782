"""Sends the log of a home on to a receiver elsewhere, in order, as far as the receiver has not got it yet.

It reads what is committed and writes nothing but how far it came, so no act waits for it; while the receiver
is out of reach, for days if need be, the log itself keeps what is to be sent. Each entry goes at least once.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from itertools import islice
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, get_type_hints

from controller.domain.errors import CordonError, InvalidRequest, NotFound
from controller.domain.facts import Fact, OutcomeRecorded, StartupMoved, Text
from controller.notify.receiver import PATIENCE, Cause, Undelivered, deliver
from controller.notify.syslog import Told, frame
from controller.text import Catalogue
from controller.workers.loglines import log_line

if TYPE_CHECKING:
    from controller.bootstrap import Composition, Home
    from controller.engine.ports import Clock
    from controller.notify.receiver import Receiver

BATCH = 500
"""Entries over one connection."""

GENTLE = 50
"""While something acts: what it needs of this machine comes first."""

LOOK_EVERY = 1.0
"""Seconds between two looks at how far the log has grown; the first pause after a failure."""

LONGEST_PAUSE = 15.0
"""Seconds between two attempts at a receiver that has been out of reach for a while."""

_CLOSING = 2.0
_LOCK = 5.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ForwardingState:
    """How far ``receiver`` is: it has every entry up to ``sent`` of ``entries``, the last of them since
    ``at``. ``trouble``: why the next could not be sent (its text is ``forward.<trouble>``), with ``detail``,
    since ``since``. Times in ISO 8601, "" for never."""

    receiver: str
    sent: int
    entries: int
    at: str
    trouble: str
    detail: str
    since: str

    @property
    def behind(self) -> int:
        return max(0, self.entries - self.sent)


class Forwarding:
    """The sending of one home's log to one receiver. One thread at a time."""

    def __init__(
        self,
        home: Home,
        receiver: Receiver,
        clock: Clock,
        words: Catalogue,
        *,
        without_names: bool = False,
        patience: float = PATIENCE,
    ) -> None:
        self._home = home
        self._receiver = receiver
        self._clock = clock
        self._words = words
        self._without_names = without_names
        self._patience = patience
        self._file = home.forwarded()
        self._host = socket.gethostname()

    def send(self, most: int = BATCH, seconds: float = 0.0) -> int:
        """The next entries, ``most`` at a time; how many went. Raises Undelivered, which is on file then;
        InvalidRequest (forward-busy) where another process sends and did not leave off for ``seconds``;
        OSError where the place reached cannot be kept."""
        with self._file.sending(seconds) as mine:
            if not mine:
                raise InvalidRequest("forward-busy")
            reached = self._file.of(str(self._receiver))
            try:
                found = self._next(reached.seq, reached.leaf, most)
                if found:
                    deliver(self._receiver, (frame(each, self._host) for each in found), self._patience)
            except Undelivered as undelivered:
                cause, detail = undelivered.cause.value, undelivered.detail
                if (reached.trouble, reached.detail) != (cause, detail):
                    since = reached.since if reached.trouble else self._now()
                    self._file.keep(replace(reached, trouble=cause, detail=detail, since=since))
                raise
            if found:
                last = found[-1]
                at = self._now()
                kept = replace(reached, seq=last.seq, leaf=last.leaf.hex(), at=at)
                self._file.keep(replace(kept, trouble="", detail="", since=""))
            return len(found)

    def again_from(self, seq: int) -> None:
        """The receiver gets entry ``seq`` and all after it once more. Raises InvalidRequest."""
        with self._file.sending(_LOCK) as mine:
            if not mine:
                raise InvalidRequest("forward-busy")
            leaf = ""
            if seq > 1:
                before = next(iter(self._home.entries(after=seq - 2)), None)
                if before is None:
                    raise InvalidRequest("no-such-entry", entry=seq, size=self._home.head()[0])
                leaf = before.entry.leaf.hex()
            reached = self._file.of(str(self._receiver))
            self._file.keep(replace(reached, seq=max(0, seq - 1), leaf=leaf, trouble="", detail="", since=""))

    def _next(self, seq: int, leaf: str, most: int) -> list[Told]:
        """The entries after ``seq``, if that one is still what was sent: a receiver is a witness, too."""
        records = iter(self._home.entries(after=max(0, seq - 1)))
        if seq:
            last = next(records, None)
            if last is None or last.entry.seq != seq or last.entry.leaf.hex() != leaf:
                raise Undelivered(Cause.OTHER_LOG, str(seq))
        return [self._told(record) for record in islice(records, most)]

    def _told(self, record: Any) -> Told:
        line = log_line(
            record.entry.seq,
            record.at,
            record.tag,
            record.actor,
            record.degraded,
            _sayable(record.facts, without_names=self._without_names),
        )
        return Told(
            seq=record.entry.seq,
            epoch=record.epoch,
            at=record.at,
            tag=record.tag,
            actor=record.actor.id,
            name="" if self._without_names else record.actor.name,
            run=line.run,
            degraded=record.degraded,
            leaf=record.entry.leaf,
            what=self._words.text(f"tag.{record.tag.replace(':', '.')}"),
            data={name: value for name, value in line.data.items() if value},
            text=line.text,
        )

    def _now(self) -> str:
        return self._clock.now().isoformat(timespec="seconds")


class Forwarder:
    """Has the log sent on in a thread of its own. ``busy``: whether something acts just now."""

    def __init__(self, forwarding: Forwarding, busy: Callable[[], bool]) -> None:
        self._forwarding = forwarding
        self._busy = busy
        self._closing = Event()
        self._told = ""
        self._thread = Thread(target=self._follow, name="forwarding", daemon=True)

    @contextmanager
    def at_work(self) -> Iterator[Forwarder]:
        """Until the block ends. What was not sent by then is sent by the next."""
        self._thread.start()
        try:
            yield self
        finally:
            self._closing.set()
            # One that waits for a receiver is left behind: the place it came to is on file.
            self._thread.join(_CLOSING)

    def _follow(self) -> None:
        pause = LOOK_EVERY
        while not self._closing.wait(pause):
            try:
                busy = self._busy()
                sent = self._forwarding.send(GENTLE if busy else BATCH)
                pause = 0.0 if sent == BATCH else LOOK_EVERY
                self._told = ""
            except (Undelivered, CordonError, OSError) as error:
                pause = min(LONGEST_PAUSE, max(LOOK_EVERY, 2 * pause))
                self._tell(error)
            except Exception:  # noqa: BLE001 - nothing depends on it, so nothing falls with it
                pause = LONGEST_PAUSE
                _log.exception("forwarding failed")

    def _tell(self, error: Exception) -> None:
        """Once for each cause, not at every attempt."""
        if str(error) != self._told:
            self._told = str(error)
            _log.warning("the log is not forwarded: %s", error)


class LogForwarding:
    """The same as a face works with it, whoever leads. ``home`` opens the home without making one."""

    def __init__(self, composition: Composition, home: Callable[[], Home]) -> None:
        self._composition = composition
        self._home = home

    def states(self) -> tuple[ForwardingState, ...]:
        """Of the receiver the settings name; where they name none, of all that ever had anything: a service
        may have settings of its own. Raises CordonError."""
        receiver = self._composition.receiver()
        try:
            home = self._home()
        except NotFound:
            return ()
        entries, _ = home.head()
        known = home.forwarded()
        wanted = known.every() if receiver is None else (known.of(str(receiver)),)
        return tuple(
            ForwardingState(each.receiver, each.seq, entries, each.at, each.trouble, each.detail, each.since)
            for each in wanted
        )

    def send(self, again_from: int | None, told: Callable[[int], None]) -> int:
        """Sends what is not there yet; ``again_from`` that entry: from there on once more. ``told`` hears
        after each batch how many went. Raises Undelivered, InvalidRequest."""
        forwarding = forwarding_of(self._composition, self._home())
        if forwarding is None:
            raise InvalidRequest("forward-nowhere")
        if again_from is not None:
            forwarding.again_from(again_from)
        total = 0
        while sent := forwarding.send(seconds=_LOCK):
            total += sent
            told(total)
        return total


def forwarding_of(composition: Composition, home: Home) -> Forwarding | None:
    """As the settings say; None where they name no receiver. Raises InvalidRequest."""
    receiver = composition.receiver()
    if receiver is None:
        return None
    without_names = composition.settings.forward_without_names
    return Forwarding(home, receiver, composition.clock(), composition.words(), without_names=without_names)


@contextmanager
def forwarded(composition: Composition, home: Home, busy: Callable[[], bool]) -> Iterator[None]:
    """Has the log sent on while the block lasts, if the settings name a receiver. Settings that make no sense
    are told, and keep nothing else from going on."""
    try:
        forwarding = forwarding_of(composition, home)
    except InvalidRequest as error:
        _log.warning("the log is not forwarded: %s", error)
        forwarding = None
    if forwarding is None:
        yield
        return
    with Forwarder(forwarding, busy).at_work():
        yield


def _sayable(facts: Iterable[Fact], *, without_names: bool) -> Iterator[Fact]:
    """Never what devices answered; ``without_names``: nothing a person wrote, nor anybody's name."""
    for fact in facts:
        if without_names:
            mute: dict[str, Any] = {name: Text("") for name in _texts_of(type(fact))}
            yield replace(fact, **mute)
        elif isinstance(fact, OutcomeRecorded | StartupMoved):
            yield replace(fact, transcript=Text(""))
        else:
            yield fact


def _texts_of(kind: Any) -> list[str]:
    hints = get_type_hints(kind)
    return [each.name for each in fields(kind) if hints[each.name] is Text]
