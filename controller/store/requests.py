"""How other processes reach the leader of a home. What goes over the wire: :mod:`controller.store.wire`."""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Generator, Mapping
from contextlib import ExitStack, suppress
from typing import Any, ClassVar

from controller.disk import sync_directory
from controller.domain.errors import CordonError, LeaderElsewhere, LeaderLost
from controller.store.locks import read_holder
from controller.store.moments import now, utc
from controller.store.places import Places
from controller.store.wire import Message, Stream, encode, receive, send, short

SILENCE = 1.0
"""Seconds without an answer after which a leader counts as silent."""


class LeaderRefused(CordonError):
    """The leader did not carry the request out. Data: ``reason``, the code of its error, and that error's."""

    code: ClassVar[str] = "leader-refused"


def request(places: Places, message: Message) -> Generator[Mapping[str, Any]]:
    """Hands ``message`` to the leader; what it answers, line by line, without limit of time. Whoever does not
    hear it out closes it.

    Raises LeaderElsewhere when it is silent for :data:`SILENCE` (nothing was begun then); while iterating,
    LeaderRefused or LeaderLost."""
    try:
        connection = _connect(places)
    except TimeoutError as error:
        raise _silent(places) from error
    with ExitStack() as ending:
        # Both: the connection lives on while its stream does.
        ending.enter_context(connection)
        stream = connection.makefile("rwb")
        ending.callback(_close, stream)
        try:
            send(stream, {"message": message})
            if not receive(stream):
                raise ConnectionError("closed")
            send(stream, {"go": True})
            connection.settimeout(None)
        except (OSError, ValueError) as error:
            raise _silent(places) from error
        return _lines(places, stream, ending.pop_all())


def ping(places: Places, seconds: float = SILENCE) -> bool:
    """Whether the leader answers within ``seconds``; one just starting is given that time to begin."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        try:
            with _connect(places, left) as connection, connection.makefile("rwb") as stream:
                send(stream, {"ping": True})
                return bool(receive(stream))
        except TimeoutError:
            return False
        except (OSError, ValueError, LeaderElsewhere):
            time.sleep(min(0.05, left))
    return False


def drop(places: Places, message: Message) -> str:
    """Leaves ``message`` in the inbox, on disk when this returns; gives its name there.

    The leader carries it out at least once: again if it dies between doing so and taking it out."""
    places.inbox.mkdir(mode=0o700, exist_ok=True)
    name = f"{time.time_ns():020d}-{secrets.token_hex(4)}.json"
    fresh = places.inbox / f".{name}"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(encode(message | {"dropped_at": utc(now())}))
        file.flush()
        os.fsync(file.fileno())
    fresh.rename(places.inbox / name)
    sync_directory(places.inbox)
    return name


def _lines(places: Places, stream: Stream, ending: ExitStack) -> Generator[Mapping[str, Any]]:
    with ending:
        while True:
            try:
                frame = receive(stream)
            except (OSError, ValueError):
                frame = None
            match frame:
                case {"line": line}:
                    yield line
                case {"end": _}:
                    return
                case {"error": {"code": "leader-not-serving"}}:
                    # It is just coming or going: nothing was begun.
                    raise _silent(places)
                case {"error": {"code": code, "data": data}}:
                    raise LeaderRefused(**{**data, "reason": code})
                case _:
                    raise LeaderLost(home=str(places.home))


def _close(stream: Stream) -> None:
    with suppress(OSError):  # what could not be sent is not sent now either
        stream.close()


def _connect(places: Places, seconds: float = SILENCE) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    connection.settimeout(seconds)
    try:
        with short(places.socket) as name:
            connection.connect(name)
    except TimeoutError:
        connection.close()
        raise
    except OSError as error:
        connection.close()
        raise _silent(places) from error
    return connection


def _silent(places: Places) -> LeaderElsewhere:
    holder = read_holder(places.leader_lock)
    return LeaderElsewhere(home=str(places.home), pid=holder.pid if holder else None)
