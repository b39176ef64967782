"""Netmiko's platform classes, guarded. Each is the stock class with our connection, channel and end, and
with our dialogue wherever it would use Netmiko's general one.

Leaner ones for single platforms are registered beside them.
"""

from __future__ import annotations

import contextlib
import importlib
import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import netmiko
from netmiko.channel import Channel, SSHChannel
from netmiko.cisco_base_connection import CiscoBaseConnection

from controller.domain.profile.session import SessionSpec
from controller.drivers.channel import GuardedChannel
from controller.drivers.dialogue import Dialogue
from controller.drivers.greeting import Greeting
from controller.drivers.guard import SessionEnded
from controller.drivers.ssh import NEVER, Attempt, Line, PinnedClient, private_key

_PREFIX = "guarded_"
_LEAN_PREFIX = "lean_"
_CLIENT_PREFIX = "client_"
_registering = threading.Lock()

_LONGEST_NAP = 0.5

_FAREWELL = 0.2
"""Seconds a console server may take to take in the line that ends a session."""

_LOGOUT = {"hp_comware": "quit", "huawei": "quit", "huawei_vrp": "quit", "huawei_vrpv8": "quit"}
"""Where it is not ``exit``."""

_LEAN = {
    "cisco_ios": ("terminal width 511", "terminal length 0"),
    "cisco_xe": ("terminal width 511", "terminal length 0"),
    # Netmiko's would write the configuration: FortiOS turns paging off for everybody or for nobody.
    "fortinet": (),
    # Netmiko's sends the second without looking for the prompt, and waits for two seconds of silence.
    "extreme_exos": ("disable clipaging", "disable cli prompting"),
    # As above, after each of the two.
    "vyos": ("set terminal width 512", "set terminal length 0"),
    "paloalto_panos": ("set cli scripting-mode on", "set cli terminal width 500", "set cli pager off"),
}
"""Device types with a preparation of our own, and the lines of it: those of Netmiko's, which sleeps 0.1 s
before, and asks for the prompt again after."""


class GuardedConnection:
    """Mixed in before the stock class. ``dialogue`` is there once the channel is."""

    dialogue: Dialogue
    enables_like_cisco = False
    RETURN: str

    def __init__(self, *, attempt: Attempt, spec: SessionSpec, device_type: str, **options: Any) -> None:
        self._attempt = attempt
        self._spec = spec
        for prefix in (_PREFIX, _LEAN_PREFIX, _CLIENT_PREFIX):
            device_type = device_type.removeprefix(prefix)
        super().__init__(device_type=device_type, **options)  # type: ignore[call-arg] # the stock class's

    def _build_ssh_client(self) -> PinnedClient | _OpenLine:
        line = self._attempt.line
        return PinnedClient(self._attempt) if line is None else _OpenLine(line)

    def establish_connection(self, *args: Any, **options: Any) -> None:
        super().establish_connection(*args, **options)  # type: ignore[misc] # the stock class's
        line, attempt = self._attempt.line, self._attempt
        if line is None:
            return
        before = attempt.sock.deadline
        greeting = Greeting(
            self._channel, attempt.sock, line.enter, logout=self._logout if line.stays else ""
        )
        greeting.log_in(attempt.login, attempt.begin_login)
        attempt.end_login(before)

    @property
    def _logout(self) -> str:
        return _LOGOUT.get(self._spec.netmiko, "exit")

    def log_out(self, before: Sequence[str] = ()) -> None:
        """A session on a console stays open when the connection to it ends: types what ends it, and waits
        for nothing. ``before``: the lines that leave what is under way."""
        if self._attempt.line is None or not self._attempt.line.stays:
            return
        enter = self._attempt.line.enter
        self._attempt.sock.deadline = time.monotonic() + _FAREWELL
        with contextlib.suppress(SessionEnded):
            self._channel.send("".join(f"{each}{enter}" for each in (*before, self._logout)).encode())

    @property
    def channel(self) -> GuardedChannel:
        return self._channel

    @channel.setter
    def channel(self, stock: Channel) -> None:
        if not isinstance(stock, SSHChannel):
            raise TypeError("SSH only")
        self._channel = GuardedChannel(stock.remote_conn, stock.encoding, self._attempt.sock)
        self.dialogue = Dialogue(self._channel, self._spec, self.RETURN)

    def gain_privileges(self) -> None:
        """Raises EnableRefused, or ValueError where the platform has a way of its own."""
        deadline = self._attempt.sock.deadline
        if self.enables_like_cisco:
            self.dialogue.enable(self._attempt.login.enable, deadline)
            return
        if self.dialogue.prompt:
            self.base_prompt = self.dialogue.prompt.base or self.dialogue.prompt.shown
        self._channel.watch_enabling(True)
        self.enable()  # type: ignore[attr-defined] # the stock class's
        self._channel.watch_enabling(False)
        self.dialogue.find_prompt(deadline)

    def clear_buffer(self, *_: object, **__: object) -> str:
        """What comes until it is quiet. The stock one sleeps for seconds, past any deadline."""
        read, nap = "", 0.1
        for _attempt in range(10):
            time.sleep(max(0.0, min(nap, self._attempt.sock.deadline - time.monotonic())))
            came = self.read_channel()  # type: ignore[attr-defined] # the stock class's
            if not came:
                break
            read += came
            nap = min(2 * nap, _LONGEST_NAP)
        return read

    def disconnect(self) -> None:
        """At once: the stock one holds a farewell dialogue, which blocks on a dead connection."""
        self._attempt.sock.end()
        # Netmiko keeps a filter per session on its one logger, with the secrets in it.
        logging.getLogger("netmiko").removeFilter(self._secrets_filter)  # type: ignore[attr-defined] # the stock class's


class _OpenLine:
    """What Netmiko takes for the client of a line that is there already."""

    def __init__(self, line: Line) -> None:
        self._line = line

    def connect(self, **_: Any) -> None:
        """Nothing is left to do."""

    def invoke_shell(self, term: str, width: int, height: int) -> Any:
        del term
        return self._line.open(width, height)

    def close(self) -> None:
        """The guarded socket is ended."""


class LeanConnection(GuardedConnection):
    """Prepares a session without Netmiko's sleep and without asking twice for what is known."""

    preparation: tuple[str, ...] = ()

    def _try_session_preparation(self, force_data: bool = True) -> None:
        del force_data
        deadline = self._attempt.sock.deadline
        if self._spec.greeting is not None:
            self.dialogue.greet(self._spec.greeting, deadline)
        if self._spec.client is None:
            self.dialogue.find_prompt(deadline)
        else:
            self.dialogue.enter(self._spec.client, self._attempt.login.password, deadline)
        for line in self.preparation:
            self.dialogue.say(line, deadline)


def _find_prompt(self: GuardedConnection, *_: object, **__: object) -> str:
    return self.dialogue.find_prompt(self._attempt.sock.deadline)


def _say(self: GuardedConnection, command: str = "", *_: object, **__: object) -> str:
    """The line, and the prompt after it. Netmiko's waits for an echo that a log message may have cut in
    two, or for what a device says to it."""
    if not command:
        return ""
    deadline = self._attempt.sock.deadline
    if self.dialogue.prompt is None:
        self.dialogue.find_prompt(deadline)
    return self.dialogue.say(command.strip(), deadline).text()


def _disable_paging(
    self: GuardedConnection, command: str = "terminal length 0", *_: object, **__: object
) -> str:
    return _say(self, command)


_GENERAL: dict[str, Callable[..., str]] = {
    "find_prompt": _find_prompt,
    "set_terminal_width": _say,
    "disable_paging": _disable_paging,
}
"""Replaced where a platform has no way of its own."""


def _made(name: str, stock: type[netmiko.BaseConnection], lean: tuple[str, ...] | None) -> type:
    members: dict[str, object] = {
        method: ours
        for method, ours in _GENERAL.items()
        if getattr(stock, method) is getattr(netmiko.BaseConnection, method)
    }
    members["enables_like_cisco"] = stock.enable is CiscoBaseConnection.enable
    if lean is None:
        return type(name, (GuardedConnection, stock), members)
    return type(name, (LeanConnection, stock), {**members, "preparation": lean})


def _guarded(device_type: str, *, stock_class: bool, client: bool = False) -> str:
    """The name under which ConnectHandler finds the guarded class of ``device_type``; Netmiko's own
    preparation knows of no ``client``. Raises KeyError."""
    dispatcher = importlib.import_module("netmiko.ssh_dispatcher")
    lean = () if client else None if stock_class else _LEAN.get(device_type)
    prefix = _CLIENT_PREFIX if client else _PREFIX if lean is None else _LEAN_PREFIX
    name = prefix + device_type
    with _registering:
        if name not in dispatcher.CLASS_MAPPER:
            stock = dispatcher.CLASS_MAPPER[device_type]
            dispatcher.CLASS_MAPPER[name] = _made(f"Guarded{stock.__name__}", stock, lean)
            dispatcher.platforms.append(name)
    return name


def connect(
    spec: SessionSpec, address: str, port: int, attempt: Attempt, *, stock: bool = False
) -> GuardedConnection:
    """A Netmiko session over ``attempt.sock``, prepared; ``stock``: in Netmiko's own way also where there is
    a leaner one.

    Raises KeyError for an unknown type, ValueError for an unreadable private key, and whatever Netmiko,
    Paramiko or the guard raise; ``attempt`` then tells where it failed."""
    name = _guarded(spec.netmiko, stock_class=stock, client=spec.client is not None)
    key, password = (None, None) if attempt.line else private_key(attempt.login)
    lines = {"default_enter": attempt.line.enter} if attempt.line else {}
    made: Any = netmiko.ConnectHandler(
        device_type=name,
        attempt=attempt,
        spec=spec,
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
        **lines,
    )
    guarded: GuardedConnection = made
    return guarded
