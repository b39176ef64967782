"""SSH as Cordon wants it: one accepted host key, checked before anything is offered; SHA-1 only where a
device is marked for it; no agent, no files of the user, no compression.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import io
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from controller.drivers.guard import GuardedSocket
from controller.engine.ports import Login

NEVER = 1e6
"""Seconds for the time-outs of Paramiko and Netmiko, which are on the wall clock: the guarded socket must
always be the first to end something, also when that clock jumps."""

# Paramiko compares checksums byte by byte in Python, for every packet: with a device that echoes what it is
# sent in small ones that is a tenth of a cut's processor time. This compares as the standard library does.
paramiko.util.constant_time_bytes_eq = hmac.compare_digest

_RSA = ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa")

_LEGACY = {
    "kex": [
        "diffie-hellman-group-exchange-sha1",
        "diffie-hellman-group14-sha1",
        "diffie-hellman-group1-sha1",
    ],
    "keys": ["ssh-rsa"],
    "pubkeys": ["ssh-rsa"],
    "macs": ["hmac-sha1", "hmac-sha1-96", "hmac-md5", "hmac-md5-96"],
    "ciphers": ["aes128-cbc", "aes192-cbc", "aes256-cbc", "3des-cbc"],
}
"""Signatures, exchanges and checksums resting on SHA-1 or MD5, and the ciphers of their time."""


_CHEAP = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com")
"""Asked for first: they check what they decipher; for the others Python takes a checksum of every packet."""


class Phase(StrEnum):
    HANDSHAKE = "handshake"
    LOGIN = "login"
    PREPARATION = "preparation"


class HostKeyDiffers(Exception):
    def __init__(self, presented: HostKey) -> None:
        super().__init__("host key differs")
        self.presented = presented


@dataclass(frozen=True, slots=True)
class HostKey:
    """A public key in OpenSSH's form without comment: ``ssh-ed25519 AAAA…``."""

    kind: str
    blob: bytes = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> HostKey:
        """Raises ValueError when it is none."""
        kind, encoded = text.split()[:2]
        try:
            blob = base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise ValueError(text) from error
        length = int.from_bytes(blob[:4], "big")
        if blob[4 : 4 + length] != kind.encode():
            raise ValueError(text)
        return cls(kind, blob)

    @classmethod
    def of(cls, key: paramiko.PKey) -> HostKey:
        return cls(key.get_name(), key.asbytes())

    def __str__(self) -> str:
        return f"{self.kind} {base64.b64encode(self.blob).decode()}"

    @property
    def fingerprint(self) -> str:
        """As ``ssh-keygen -l`` prints it: ``SHA256:…``."""
        digest = hashlib.sha256(self.blob).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Line:
    """A terminal without SSH of the device's own. ``open`` gives what reads and writes as a channel does.
    ``stays``: a console, whose session outlives the connection to it."""

    open: Callable[[int, int], Any]
    enter: str
    stays: bool


@dataclass
class Attempt:
    """One login on one connection, and how far it came: the library's errors tell little of either."""

    sock: GuardedSocket
    login: Login
    host_key: HostKey | None
    legacy: bool
    share: float
    """How much of the time left, once the host key is accepted, the device may take to judge the login:
    the rest is for the logins after it."""

    line: Line | None = None
    """Where the device itself asks for name and password: how to come there."""

    phase: Phase = Phase.HANDSHAKE
    banner_seen: bool = False
    failure: BaseException | None = None

    def begin_login(self) -> float:
        """To be called before anything of the login is sent; gives the deadline of before."""
        before = self.sock.deadline
        now = time.monotonic()
        self.phase = Phase.LOGIN
        self.sock.deadline = now + (before - now) * self.share
        return before

    def end_login(self, deadline: float) -> None:
        self.sock.deadline = deadline
        self.phase = Phase.PREPARATION


class _UntimedPacketizer(paramiko.packet.Packetizer):  # type: ignore[misc] # Paramiko ships no types
    def start_handshake(self, timeout: float) -> None:
        """No timer: it is a thread that outlives a failed handshake by its full time."""


class _Channels(paramiko.transport.ChannelMap):  # type: ignore[misc] # Paramiko ships no types
    """Paramiko lets a channel be found before it is told its transport. One that ends in between fails on it,
    and whoever opens the channel waits for ever."""

    def __init__(self, owner: paramiko.Transport) -> None:
        super().__init__()
        self._owner = weakref.ref(owner)

    def put(self, number: int, channel: paramiko.Channel) -> None:
        channel._set_transport(self._owner())  # noqa: SLF001 - what Paramiko does a line later
        super().put(number, channel)


def transport(
    sock: GuardedSocket, disabled_algorithms: dict[str, list[str]] | None = None, **_: Any
) -> paramiko.Transport:
    made = paramiko.Transport(
        sock, disabled_algorithms=disabled_algorithms, packetizer_class=_UntimedPacketizer
    )
    security = made.get_security_options()
    security.ciphers = [*_CHEAP, *(each for each in security.ciphers if each not in _CHEAP)]
    made.banner_timeout = made.auth_timeout = made.channel_timeout = NEVER
    made._channels = _Channels(made)  # noqa: SLF001 - see there
    return made


class PinnedClient(paramiko.SSHClient):  # type: ignore[misc] # Paramiko ships no types
    """Logs in only where the one pinned key is presented."""

    def __init__(self, attempt: Attempt) -> None:
        super().__init__()
        self._attempt = attempt
        self.set_missing_host_key_policy(_OnlyThis(attempt.host_key))

    def connect(self, hostname: str, **options: Any) -> None:
        options |= {
            "allow_agent": False,
            "look_for_keys": False,
            "compress": False,
            "disabled_algorithms": None if self._attempt.legacy else _LEGACY,
            "transport_factory": self._transport_for,
        }
        try:
            super().connect(hostname, **options)
        except BaseException as error:
            # Netmiko turns all but a few into one time-out.
            self._attempt.failure = error
            raise
        finally:
            made = self.get_transport()
            self._attempt.banner_seen = made is not None and bool(made.remote_version)

    def _transport_for(self, sock: GuardedSocket, **options: Any) -> paramiko.Transport:
        made = transport(sock, options["disabled_algorithms"])
        # A server with several keys presents the kind asked for first; were it another than the pinned
        # one, a good device would look like a changed one.
        kind = self._attempt.host_key.kind if self._attempt.host_key else ""
        pinned = _RSA if kind == "ssh-rsa" else (kind,)
        security = made.get_security_options()
        known = security.key_types
        security.key_types = [kind for kind in pinned if kind in known] + [
            kind for kind in known if kind not in pinned
        ]
        return made

    def _auth(self, *args: Any) -> None:
        """Paramiko calls this once the host key is accepted, and before anything of the login is sent."""
        path_deadline = self._attempt.begin_login()
        super()._auth(*args)
        self._attempt.end_login(path_deadline)


class _OnlyThis(paramiko.MissingHostKeyPolicy):  # type: ignore[misc] # Paramiko ships no types
    """The client knows no key of any file, so Paramiko asks for every server."""

    def __init__(self, accepted: HostKey | None) -> None:
        self._accepted = accepted

    def missing_host_key(self, client: object, hostname: str, key: paramiko.PKey) -> None:  # noqa: ARG002 - Paramiko's signature
        presented = HostKey.of(key)
        if presented != self._accepted:
            raise HostKeyDiffers(presented)


def private_key(login: Login) -> tuple[paramiko.PKey | None, str | None]:
    """The key to log in with and the password to offer. A password that unlocks the key is not offered.

    Raises ValueError when the text is no key that can be read."""
    if not login.key:
        return None, login.password
    text = (login.key.strip() + "\n").encode()
    try:
        return _paramiko_key(_load(text, None)), login.password
    except (TypeError, ValueError, UnsupportedAlgorithm):
        pass
    if login.password is None:
        raise ValueError("unreadable")
    try:
        return _paramiko_key(_load(text, login.password.encode())), None
    except (TypeError, ValueError, UnsupportedAlgorithm):
        raise ValueError("unreadable") from None


def _load(text: bytes, passphrase: bytes | None) -> object:
    if b"OPENSSH PRIVATE KEY" in text:
        return serialization.load_ssh_private_key(text, passphrase)
    return serialization.load_pem_private_key(text, passphrase)


def _paramiko_key(key: object) -> paramiko.PKey:
    """Paramiko's own reader does not know every form OpenSSH writes; what it holds is the same object."""
    match key:
        case rsa.RSAPrivateKey():
            return paramiko.RSAKey(key=key)
        case ec.EllipticCurvePrivateKey():
            return paramiko.ECDSAKey(vals=(key, key.public_key()))
        case ed25519.Ed25519PrivateKey():
            plain = key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
            )
            return paramiko.Ed25519Key.from_private_key(io.StringIO(plain.decode()))
        case _:
            raise ValueError("unreadable")
