"""The leader's side of requests: a socket, and an inbox for what came while it did not answer."""

from __future__ import annotations

import json
import logging
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from controller.domain.errors import CordonError
from controller.store.places import Places
from controller.store.wire import Message, receive, send, short

Handler = Callable[[Message], Iterator[Mapping[str, Any]]]
"""Carries a request out and yields what to tell whoever asked. It is followed to its end also when nobody
listens any more. A message from the inbox has ``dropped_at``, the time it was left there."""

_INBOX_EVERY = 0.5
"""Seconds between two looks into the inbox."""

_log = logging.getLogger(__name__)


class Reception:
    """The leader's side. It answers pings from the start, requests once :meth:`serve` was given a handler."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._handler: Handler | None = None
        self._leaving = threading.Event()
        self._stopped = threading.Event()
        self._listener: socket.socket | None = None
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Without a socket (a disk that takes no new name) there is still the inbox."""
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            with suppress(FileNotFoundError):
                self._places.socket.unlink()
            with short(self._places.socket) as name:
                listener.bind(name)
            self._places.socket.chmod(0o600)
            listener.listen(64)
        except OSError as error:
            _log.warning("no socket for requests: %s", error)
            listener.close()
            return
        self._listener = listener
        self._run(self._accept, "requests", listener)

    def serve(self, handler: Handler) -> None:
        self._handler = handler
        self._run(self._watch_inbox, "inbox", handler)

    def leave(self) -> None:
        """Takes no more requests, but answers pings: a leader that is closing its journal is not silent."""
        self._handler = None
        self._leaving.set()

    def stop(self) -> None:
        self.leave()
        self._stopped.set()
        if self._listener:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            with suppress(OSError):
                self._places.socket.unlink()
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(1.0)

    def _run(self, work: Callable[[Any], None], name: str, argument: object) -> None:
        thread = threading.Thread(target=work, args=(argument,), name=f"cordon-{name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = listener.accept()
            except OSError as error:
                if self._stopped.is_set():
                    return
                _log.warning("a request could not be received: %s", error)
                self._stopped.wait(0.1)
                continue
            # Not among the threads that stop() waits for: what is being carried out is the journal's to end.
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with suppress(OSError, ValueError), connection, connection.makefile("rwb") as stream:
            if _peer(connection) not in {0, os.geteuid()}:
                return
            message = receive(stream)
            send(stream, {"accepted": os.getpid()})
            if not message or "message" not in message or not receive(stream):
                return
            handler = self._handler
            if handler is None:
                send(stream, {"error": {"code": "leader-not-serving", "data": {}}})
                return
            _carry_out(handler, message["message"], lambda frame: send(stream, frame))

    def _watch_inbox(self, handler: Handler) -> None:
        under_way: set[str] = set()
        while not self._leaving.is_set():
            try:
                found = sorted(self._places.inbox.glob("[!.]*.json"))
            except OSError as error:  # out of file descriptors, for one: there may be some again
                _log.debug("the inbox cannot be read: %s", error)
                found = []
            for path in found:
                if path.name not in under_way:
                    under_way.add(path.name)
                    threading.Thread(target=_take, args=(path, handler), daemon=True).start()
            self._leaving.wait(_INBOX_EVERY)


def _take(path: Path, handler: Handler) -> None:
    try:
        message = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        _log.warning("%s in the inbox cannot be read: %s", path.name, error)
        with suppress(OSError):
            path.rename(path.with_suffix(".refused"))
        return
    gone = False

    def told(frame: Mapping[str, Any]) -> None:
        # It is on record with the first thing the handler has to say, and only then leaves the inbox.
        nonlocal gone
        if not gone:
            gone = True
            if "error" in frame:
                path.rename(path.with_suffix(".refused"))
            else:
                path.unlink(missing_ok=True)

    _carry_out(handler, message, told)


def _carry_out(handler: Handler, message: Message, tell: Callable[[Mapping[str, Any]], None]) -> None:
    listening = True

    def say(frame: Mapping[str, Any]) -> None:
        nonlocal listening
        if listening:
            try:
                tell(frame)
            except OSError:
                listening = False

    try:
        for line in handler(message):
            say({"line": line})
    except CordonError as error:
        plain = {name: str(value) for name, value in error.data.items()}
        say({"error": {"code": error.code, "data": plain}})
    except Exception:  # noqa: BLE001 - the leader outlives what is wrong with one request
        _log.exception("a request failed")
        say({"error": {"code": "internal", "data": {}}})
    else:
        say({"end": True})


def _peer(connection: socket.socket) -> int:
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _pid, uid, _gid = struct.unpack("3i", credentials)
    return int(uid)
