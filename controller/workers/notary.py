"""Signs the log of a home while it is led: at every run's end, and every so many entries or minutes.

It works beside everything else, in a thread of its own, on what is committed already: no act waits for it,
and where it cannot sign, the log goes on unsigned and says so when it is looked at.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING

from controller.domain.checkpoint import (
    LOG_KEY,
    Checkpoint,
    VerifierKey,
    note,
    origin_of,
    succession,
    verifier_key_from,
)
from controller.domain.errors import CordonError, InvalidRequest
from controller.domain.facts import SYSTEM, Actor, CheckpointSigned, Noted, Text
from controller.domain.tags import Tag

if TYPE_CHECKING:
    from pathlib import Path

    from controller.bootstrap import Composition, Home, Lead
    from controller.engine.ports import Clock, Journal
    from controller.evidence.keys import SigningKey

_LOOK_EVERY = 1.0
"""Seconds between two looks at how far the log has grown."""

_CLOSING = 2.0
"""Seconds the end of a lead waits for the last signature."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """A checkpoint at the latest after so many entries, or so many minutes if there was any entry."""

    entries: int = 256
    minutes: int = 10


class Notary:
    """For one leader. ``sign`` and ``rotate`` may be called from any thread."""

    def __init__(self, home: Home, journal: Journal, clock: Clock, rhythm: Rhythm) -> None:
        self._home = home
        self._journal = journal
        self._clock = clock
        self._rhythm = rhythm
        self._tree = home.tree()
        self._signing = Lock()
        self._closing = Event()
        self._told = ""
        self._thread = Thread(target=self._follow, name="notary", daemon=True)

    @contextmanager
    def at_work(self) -> Iterator[Notary]:
        """Until the block ends; then what has become due is signed, if that takes no time to speak of."""
        self._thread.start()
        try:
            yield self
        finally:
            self._closing.set()
            self._thread.join(_CLOSING)

    def sign(self) -> bool:
        """Signs the log as it is now. False where nothing new is there to sign, or the journal is degraded.
        Raises CordonError."""
        with self._signing:
            _, growth = self._home.growth()
            if not growth.entries or self._journal.degraded:
                return False
            with _usable():
                key = self._key()
            return key is not None and self._sign(key)

    def rotate(self, reason: str, actor: Actor, *, lost: bool) -> None:
        """A new key from now on, by the word of the old one; ``lost``: without it, since it is gone. Raises
        InvalidRequest, JournalUnavailable."""
        from controller.evidence.keys import KeyUnusable, new_key  # noqa: PLC0415 - see _key

        with self._signing, _usable():
            recorded = self._on_record()
            try:
                old = self._key()
            except KeyUnusable:
                if not lost or recorded is None:
                    raise
                old = None
            if lost and old is not None:
                raise InvalidRequest("log-key-there")
            name = old.name if old else self._origin()
            key = new_key(name)
            data = [("verifier", str(key.verifier))]
            if old is not None:
                word = old.sign(succession(name, key.verifier)).value
                data += [("after", str(old.verifier)), ("signature", base64.b64encode(word).decode())]
            # Beside the old one until the log goes by it: a crash in between leaves both.
            key.write(self._next_key)
            tag = Tag.LOG_KEY_ROTATED if old else Tag.LOG_KEY_REPLACED
            self._journal.commit(tag, [Noted(LOG_KEY, tuple(data), Text(reason))], actor)
            if self._on_record() == key.verifier:
                self._next_key.replace(self._home.log_key)
                self._sign(key)

    # --- parts ---------------------------------------------------------------------------------------

    def _follow(self) -> None:
        closing = False
        while not closing:
            closing = self._closing.wait(_LOOK_EVERY)
            try:
                if self._due():
                    self.sign()
                self._told = ""
            except (CordonError, OSError) as error:
                self._tell(error)
            except Exception:  # noqa: BLE001 - nothing depends on the notary, so nothing falls with it
                _log.exception("signing the log failed")

    def _tell(self, error: Exception) -> None:
        """Once for each cause, not every second."""
        if str(error) != self._told:
            self._told = str(error)
            _log.warning("the log is not signed", extra={"why": str(error)})

    def _due(self) -> bool:
        signed, growth = self._home.growth()
        if not growth.entries:
            return False
        if signed is None or growth.run_ended or growth.entries >= self._rhythm.entries:
            return True
        age = self._clock.now() - datetime.fromisoformat(signed.at)
        # A clock that was set back says nothing of the age.
        return not timedelta() <= age < timedelta(minutes=self._rhythm.minutes)

    def _sign(self, key: SigningKey) -> bool:
        head = self._tree.head()
        if head is None:
            return False
        checkpoint = Checkpoint(key.name, head.size, head.root)
        text = checkpoint.text()
        fact = CheckpointSigned(checkpoint.size, note(text, [key.sign(text)]))
        self._journal.commit(Tag.CHECKPOINT_SIGNED, [fact], SYSTEM)
        return True

    def _key(self) -> SigningKey | None:
        """The key the log goes by, made if it goes by none; None while that is not in the database yet.
        Raises KeyUnusable, CordonError, OSError."""
        # cryptography takes a while to import: only who signs pays for it.
        from controller.evidence.keys import KeyUnusable, new_key, read_key  # noqa: PLC0415 - see above

        path, recorded = self._home.log_key, self._on_record()
        if recorded is None:
            if path.exists():  # made, but never recorded: a crash in between
                found = read_key(path)
                if found.name != self._origin():
                    raise KeyUnusable("unknown")
            else:
                found = new_key(self._origin())
                found.write(path)
            data = (("verifier", str(found.verifier)),)
            committed = self._journal.commit(Tag.LOG_KEY_MADE, [Noted(LOG_KEY, data)], SYSTEM)
            return found if committed.seq is not None else None
        if self._next_key.exists() and read_key(self._next_key).verifier == recorded:
            self._next_key.replace(path)
        found = read_key(path)
        if found.verifier != recorded:
            raise KeyUnusable("unknown")
        return found

    @property
    def _next_key(self) -> Path:
        return self._home.log_key.with_suffix(".key.next")

    def _origin(self) -> str:
        with self._home.proving() as proofs:
            return origin_of(proofs.leaf(1))

    def _on_record(self) -> VerifierKey | None:
        noted = self._home.history().noted(LOG_KEY)
        return verifier_key_from(dict(noted[-1][1].data)["verifier"]) if noted else None


def notary_of(composition: Composition, home: Home, lead: Lead) -> Notary:
    """In the rhythm of the settings; not at work yet."""
    settings = composition.settings
    rhythm = Rhythm(settings.checkpoint_entries, settings.checkpoint_minutes)
    return Notary(home, lead.journal, composition.clock(), rhythm)


@contextmanager
def _usable() -> Iterator[None]:
    """Raises InvalidRequest for a key that is not."""
    from controller.evidence.keys import KeyUnusable  # noqa: PLC0415 - as in _key

    try:
        yield
    except KeyUnusable as unusable:
        raise InvalidRequest("log-key-unusable", cause=unusable.reason) from unusable
