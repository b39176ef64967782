"""A person at a terminal: types into a device over SSH and reads what comes back."""

from __future__ import annotations

import base64
import re
import time
from typing import Self

import paramiko

from controller.simulator.process import Address

PROMPT = re.compile(r"(?:^|\n)[\w.-]+(?:\([\w-]+\))?[>#]$")
USER, PASSWORD, ENABLE = "cordon", "let-me-in", "more-please"


class Silence(AssertionError):
    """What was waited for did not come; the text is what came instead."""


class Console:
    """``enabled`` types the enable secret and turns paging off first."""

    def __init__(
        self, address: Address, user: str = USER, password: str = PASSWORD, enabled: bool = True
    ) -> None:
        self._client = paramiko.SSHClient()
        key = paramiko.PKey.from_type_string(*_key(address.host_key))
        self._client.get_host_keys().add(f"[127.0.0.1]:{address.port}", key.get_name(), key)
        self._client.connect(
            address.address,
            address.port,
            user,
            password,
            look_for_keys=False,
            allow_agent=False,
            timeout=10,
            auth_timeout=10,
            banner_timeout=10,
        )
        self._channel = self._client.invoke_shell()
        self._unread = ""
        self.greeting = ""
        if enabled:
            self.greeting = self.until(PROMPT)
            self.type("enable")
            self.until("Password: ")
            self.type(ENABLE)
            self.until(PROMPT)
            self.ask("terminal length 0")

    @property
    def exchange(self) -> bytes:
        """The hash of the last key exchange: another one after each renegotiation."""
        return bytes(self._client.get_transport().H)

    @property
    def transport(self) -> paramiko.Transport:
        return self._client.get_transport()

    def send(self, text: str) -> None:
        self._channel.sendall(text.encode())

    def type(self, line: str) -> None:
        self.send(line + "\n")

    def until(self, wanted: str | re.Pattern[str], seconds: float = 10) -> str:
        """All that comes up to and with ``wanted``, line ends as ``\\n``."""
        pattern = re.compile(re.escape(wanted)) if isinstance(wanted, str) else wanted
        deadline = time.monotonic() + seconds
        while True:
            text = self._unread.replace("\r\n", "\n")
            if found := pattern.search(text):
                self._unread = text[found.end() :]
                return text[: found.end()]
            self._channel.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                data = self._channel.recv(65536)
            except TimeoutError:
                raise Silence(repr(text)) from None
            if not data:
                raise Silence(f"closed after {text!r}")
            self._unread += data.decode()

    def ask(self, line: str) -> str:
        """The answer to a line, its echo and the prompt after it removed."""
        self.type(line)
        text = self.until(PROMPT)
        return PROMPT.sub("", text).removeprefix(line).removeprefix("\n")

    def configure(self, *lines: str) -> list[str]:
        """Types lines in configuration mode; their answers."""
        self.ask("configure terminal")
        answers = [self.ask(line) for line in lines]
        self.ask("end")
        return answers

    def closed(self, seconds: float = 10) -> bool:
        """Whether the device ends the connection within that time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._channel.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                if not self._channel.recv(65536):
                    return True
            except TimeoutError:
                return False
        return False

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_ended: object) -> None:
        self.close()


def _key(text: str) -> tuple[str, bytes]:
    name, body = text.split()
    return name, base64.b64decode(body)
