"""Netmiko's platform classes, guarded. Each is the stock class with our connection, channel and end.

Leaner classes for single platforms register here too, beside the stock ones.
"""

from __future__ import annotations

import importlib
import logging
import threading
from typing import Any

import netmiko
from netmiko.channel import Channel, SSHChannel

from controller.drivers.channel import GuardedChannel
from controller.drivers.ssh import NEVER, Attempt, PinnedClient, private_key

_PREFIX = "guarded_"
_registering = threading.Lock()


class _Guarded:
    """Mixed in before the stock class."""

    def __init__(self, *, attempt: Attempt, device_type: str, **options: Any) -> None:
        self._attempt = attempt
        super().__init__(device_type=device_type.removeprefix(_PREFIX), **options)  # type: ignore[call-arg] # the stock class's

    def _build_ssh_client(self) -> PinnedClient:
        return PinnedClient(self._attempt)

    @property
    def channel(self) -> GuardedChannel:
        return self._channel

    @channel.setter
    def channel(self, stock: Channel) -> None:
        if not isinstance(stock, SSHChannel):
            raise TypeError("SSH only")
        self._channel = GuardedChannel(stock.remote_conn, stock.encoding, self._attempt.sock)

    def disconnect(self) -> None:
        """At once: the stock one holds a farewell dialogue, which blocks on a dead connection."""
        self._attempt.sock.end()
        # Netmiko keeps a filter per session on its one logger, with the secrets in it.
        logging.getLogger("netmiko").removeFilter(self._secrets_filter)  # type: ignore[attr-defined] # the stock class's


def _guarded(device_type: str) -> str:
    """The name under which ConnectHandler finds the guarded class of ``device_type``. Raises KeyError."""
    dispatcher = importlib.import_module("netmiko.ssh_dispatcher")
    name = _PREFIX + device_type
    with _registering:
        if name not in dispatcher.CLASS_MAPPER:
            stock = dispatcher.CLASS_MAPPER[device_type]
            dispatcher.CLASS_MAPPER[name] = type(f"Guarded{stock.__name__}", (_Guarded, stock), {})
            dispatcher.platforms.append(name)
    return name


def connect(device_type: str, address: str, port: int, attempt: Attempt) -> netmiko.BaseConnection:
    """A Netmiko session over ``attempt.sock``, after Netmiko's own preparation.

    Raises KeyError for an unknown type, ValueError for an unreadable private key, and whatever Netmiko,
    Paramiko or the guard raise; ``attempt`` then tells where it failed."""
    name = _guarded(device_type)
    key, password = private_key(attempt.login)
    return netmiko.ConnectHandler(
        device_type=name,
        attempt=attempt,
        host=address,
        port=port,
        username=attempt.login.username,
        password=password,
        pkey=key,
        secret=attempt.login.enable or "",
        sock=attempt.sock,
        conn_timeout=NEVER,
        banner_timeout=NEVER,
        auth_timeout=NEVER,
        read_timeout_override=NEVER,
    )
