"""Growing delays in place of a lock-out: who guesses waits, and only who guesses.

A delay belongs to an account *and* the place the attempts came from, so nobody can shut somebody else out by
typing wrong passwords elsewhere. A place that tries many accounts is slowed down as well, but for those it
has signed in before. Where not all can be served at once, a place stands behind those with fewer attempts in
vain: also those still waiting, or turned away because too many waited.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from controller.engine.people.accounts import KNOWN, Turn
from controller.engine.ports import Clock

FREE = 3
"""Wrong attempts of an account at a place without any delay."""

LONGEST = 60.0

FREE_AT_PLACE = 20
"""Wrong attempts at a place, whatever the accounts, without any delay."""

LONGEST_AT_PLACE = 1.0

FORGET_AFTER = 3600.0

ROOM = 4096
"""How many are remembered; who has waited goes first, the oldest of them."""


@dataclass(slots=True)
class _Attempts:
    tried: int = 0
    failed: int = 0
    until: float = 0.0
    last: float = 0.0


class Delays:
    """In memory only: a restart forgives. Safe to call from many threads."""

    def __init__(self, clock: Clock, room: int = ROOM) -> None:
        self._clock = clock
        self._room = room
        self._attempts: OrderedDict[tuple[str, str], _Attempts] = OrderedDict()
        self._welcome: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._lock = Lock()

    def wait(self, account: str, source: str) -> float:
        """Seconds until an attempt counts; 0: now."""
        place = place_of(source)
        now = self._clock.monotonic()
        with self._lock:
            keys = [(account, place)]
            if (account, place) not in self._welcome:
                keys.append(("", place))
            until = [self._attempts[key].until for key in keys if key in self._attempts]
        return max([0.0, *(each - now for each in until)])

    def turn(self, account: str, source: str) -> Turn:
        """Of an attempt that begins now."""
        place = place_of(source)
        with self._lock:
            found = self._remembered(("", place))
            found.tried += 1
            return KNOWN if (account, place) in self._welcome else Turn(place, found.tried)

    def behind(self, place: str) -> int:
        """How far ``place`` stands behind others: the attempts from there that led to nothing lately."""
        now = self._clock.monotonic()
        with self._lock:
            found = self._attempts.get(("", place))
            return 0 if found is None or now - found.last > FORGET_AFTER else found.tried

    def failed(self, account: str, source: str) -> int:
        """How many attempts of that account have failed there."""
        place = place_of(source)
        with self._lock:
            self._fail(("", place), FREE_AT_PLACE, LONGEST_AT_PLACE)
            return self._fail((account, place), FREE, LONGEST)

    def succeeded(self, account: str, source: str) -> None:
        key = (account, place_of(source))
        with self._lock:
            self._attempts.pop(key, None)
            at_place = self._attempts.get(("", key[1]))
            if at_place is not None:
                at_place.tried = max(0, at_place.tried - 1)
            self._welcome[key] = None
            self._welcome.move_to_end(key)
            while len(self._welcome) > self._room:
                self._welcome.popitem(last=False)

    def _fail(self, key: tuple[str, str], free: int, longest: float) -> int:
        found = self._remembered(key)
        found.failed += 1
        beyond = found.failed - free
        found.until = found.last + (min(2.0 ** min(beyond, 10), longest) if beyond >= 0 else 0.0)
        return found.failed

    def _remembered(self, key: tuple[str, str]) -> _Attempts:
        """What is known of the attempts there, the present one being the last."""
        now = self._clock.monotonic()
        found = self._attempts.get(key)
        if found is None or now - found.last > FORGET_AFTER:
            found = self._attempts[key] = _Attempts()
        self._attempts.move_to_end(key)
        found.last = now
        while len(self._attempts) > self._room:
            served = (each for each, one in self._attempts.items() if one.until <= now and each != key)
            del self._attempts[next(served, next(iter(self._attempts)))]
        return found


def place_of(source: str) -> str:
    """One IPv6 customer has a whole /64 to come from."""
    try:
        address = ipaddress.ip_address(source.partition("%")[0])
    except ValueError:
        return source
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
