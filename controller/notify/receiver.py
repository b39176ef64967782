"""Who gets the log elsewhere, and how it goes there: over TLS, to whom the certificate says it is.

Syslog has no answer that a message has arrived, and what was written to a connection may lie in a buffer of
this machine or the other when that one dies. So a batch has a connection of its own, ended in order: the
sender says that it has ended, and only when the receiver ends its side in turn, without a reset, has it read
everything. Anything else, and the batch counts as not sent.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
import socket
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from controller.domain.errors import InvalidRequest
from controller.notify.secured import Secured

PORT = 6514
"""Syslog over TLS (RFC 5425)."""

PATIENCE = 20.0
"""Seconds a receiver may be without a sign of progress."""

_TOGETHER = 64 * 1024
"""Octets handed to the connection at once."""


class Cause(StrEnum):
    """Why a batch is not there; the text is ``forward.<cause>``."""

    UNREACHABLE = "unreachable"
    SILENT = "silent"
    CERTIFICATE = "certificate"
    TLS = "tls"
    BROKEN = "broken"
    FILES = "files"
    OTHER_LOG = "other-log"
    UNREADABLE = "unreadable"


class Undelivered(Exception):
    """Nothing of the batch counts as sent. ``detail`` is what the system or the library says."""

    def __init__(self, cause: Cause, detail: str = "") -> None:
        self.cause = cause
        self.detail = detail
        super().__init__(f"{cause}: {detail}")


@dataclass(frozen=True, slots=True)
class Receiver:
    """``authorities``: a file of certificates (PEM) one of which vouches for the receiver's, which then is
    for ``name`` ("": for its address); ``pin``: the SHA-256 of its certificate, 64 hexadecimal digits. At
    least one of the two is there; where both are, both hold. ``certificate`` and ``key`` show who sends."""

    address: str
    port: int
    authorities: Path | None = None
    pin: str = ""
    name: str = ""
    certificate: Path | None = None
    key: Path | None = None

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


def receiver_from(
    where: str,
    *,
    authorities: Path | None = None,
    pin: str = "",
    name: str = "",
    certificate: Path | None = None,
    key: Path | None = None,
) -> Receiver:
    """``where``: ``10.0.0.9``, ``10.0.0.9:6514``, ``[2001:db8::9]:6514``; addresses, never names. Raises
    InvalidRequest."""
    address, port = _place(where)
    digits = re.sub(r"[:\s]", "", pin).lower()
    if digits and not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise InvalidRequest("forward-pin", pin=pin)
    if not digits and authorities is None:
        raise InvalidRequest("forward-untrusted", address=where)
    if (certificate is None) != (key is None):
        raise InvalidRequest("forward-half")
    return Receiver(address, port, authorities, digits, name, certificate, key)


def _place(where: str) -> tuple[str, int]:
    """Raises InvalidRequest."""
    found = re.fullmatch(r"(?:\[(?P<six>[^\]]+)\]|(?P<four>[^:\[\]]+))(?::(?P<port>\d{1,5}))?", where.strip())
    try:
        address = str(ipaddress.ip_address((found["six"] or found["four"]) if found else ""))
    except ValueError:
        raise InvalidRequest("forward-address", address=where) from None
    port = int(found["port"] or PORT) if found else 0
    if not 0 < port < 65536:
        raise InvalidRequest("forward-address", address=where)
    return address, port


def deliver(receiver: Receiver, frames: Iterable[bytes], patience: float = PATIENCE) -> None:
    """Returns once the receiver has read all ``frames``. Raises Undelivered."""
    context = _context(receiver)
    try:
        plain = socket.create_connection((receiver.address, receiver.port), timeout=patience)
    except OSError as error:
        raise Undelivered(Cause.UNREACHABLE, _said(error)) from error
    with plain:
        secured = Secured(plain, context, receiver.name or receiver.address)
        try:
            secured.shake_hands()
        except ssl.SSLCertVerificationError as error:
            raise Undelivered(Cause.CERTIFICATE, error.verify_message) from error
        except TimeoutError as error:
            raise Undelivered(Cause.SILENT) from error
        except OSError as error:
            raise Undelivered(Cause.TLS, _said(error)) from error
        _check_pin(receiver, secured)
        try:
            _send(secured, frames)
            secured.end()
        except TimeoutError as error:
            raise Undelivered(Cause.SILENT) from error
        except OSError as error:
            # A certificate of ours that the receiver does not take is told only now (TLS 1.3).
            raise Undelivered(Cause.BROKEN, _said(error)) from error


def _context(receiver: Receiver) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        if receiver.authorities is None:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE  # the pin decides, before anything is said
        else:
            context.load_verify_locations(receiver.authorities)
        if receiver.certificate is not None:
            # A key under a passphrase would have it asked for on a terminal that is not there.
            context.load_cert_chain(receiver.certificate, receiver.key, password="")
    except OSError as error:
        raise Undelivered(Cause.FILES, _said(error)) from error
    return context


def _check_pin(receiver: Receiver, secured: Secured) -> None:
    if not receiver.pin:
        return
    shown = hashlib.sha256(secured.certificate()).hexdigest()
    if not hmac.compare_digest(shown, receiver.pin):
        raise Undelivered(Cause.CERTIFICATE, f"SHA-256 {shown}")


def _send(secured: Secured, frames: Iterable[bytes]) -> None:
    block = bytearray()
    for each in frames:
        block += each
        if len(block) >= _TOGETHER:
            secured.send(bytes(block))
            block.clear()
    secured.send(bytes(block))


def _said(error: OSError) -> str:
    reason = getattr(error, "reason", None)
    return str(reason or error.strerror or error)
