"""A receiver of syslog over TLS as its RFCs have it, written from them alone: RFC 5425 frames and RFC 5424
messages, both read strictly. It can be slow, hang, break off or be gone."""

from __future__ import annotations

import re
import socket
import ssl
import struct
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

_HEADER = re.compile(
    r"<(?P<pri>[1-9]\d{0,2}|0)>1 "
    r"(?P<time>\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|[+-]\d{2}:\d{2})) "
    r"(?P<host>[!-~]{1,255}) (?P<app>[!-~]{1,48}) (?P<proc>[!-~]{1,128}) (?P<id>[!-~]{1,32}) "
)
_NAME = r"[!#-<>-\\^-~]{1,32}"  # printable, without = ] " and space
_PARAM = re.compile(rf' ({_NAME})="((?:[^"\\\]]|\\["\\\]])*)"')


@dataclass(frozen=True)
class Message:
    facility: int
    severity: int
    at: datetime
    host: str
    app: str
    proc: str
    msgid: str
    elements: dict[str, dict[str, str]]
    text: str
    octets: int

    @property
    def seq(self) -> int:
        return int(next(iter(self.elements.values()))["seq"])


def message(content: bytes) -> Message:
    """Raises AssertionError for what is no message of RFC 5424."""
    head, bom, said = content.partition(b"\xef\xbb\xbf")
    assert bom, "no byte order mark"
    header = head.decode("utf-8")
    found = _HEADER.match(header)
    assert found, header
    elements: dict[str, dict[str, str]] = {}
    at = found.end()
    while header[at] == "[":
        begun = re.compile(rf"\[({_NAME}@\d+)").match(header, at)
        assert begun, header[at:]
        assert begun[1] not in elements
        at = begun.end()
        parameters = elements[begun[1]] = {}
        while param := _PARAM.match(header, at):
            parameters[param[1]] = re.sub(r"\\(.)", r"\1", param[2])
            at = param.end()
        assert header[at] == "]", header[at:]
        at += 1
    assert elements
    assert header[at:] == " ", header[at:]
    text = said.decode("utf-8")
    assert not any(ord(each) < 32 or ord(each) == 127 for each in text)
    priority = int(found["pri"])
    assert priority <= 191
    return Message(
        facility=priority // 8,
        severity=priority % 8,
        at=datetime.fromisoformat(found["time"]),
        host=found["host"],
        app=found["app"],
        proc=found["proc"],
        msgid=found["id"],
        elements=elements,
        text=text,
        octets=len(content),
    )


def frames(stream: bytes) -> tuple[list[bytes], bytes]:
    """Whole frames, and what is left of one that was broken off."""
    found = []
    while stream:
        length, space, rest = stream.partition(b" ")
        if not space:
            assert re.fullmatch(rb"[1-9]\d{0,4}", stream), stream
            break
        assert re.fullmatch(rb"[1-9]\d{0,4}", length), length
        if len(rest) < int(length):
            break
        found.append(rest[: int(length)])
        stream = rest[int(length) :]
    return found, stream


class Identity:
    """A certificate for ``address`` and ``name``, signed by an authority of its own."""

    def __init__(self, folder: Path, label: str = "siem", address: str = "127.0.0.1", name: str = "") -> None:
        folder.mkdir(exist_ok=True)
        root = ec.generate_private_key(ec.SECP256R1())
        own = ec.generate_private_key(ec.SECP256R1())
        issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{label} authority")])
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, label)])
        names: list[x509.GeneralName] = (
            [x509.DNSName(name)] if name else [x509.IPAddress(ip_address(address))]
        )
        now = datetime.now(UTC)

        def made(who: x509.Name, key: ec.EllipticCurvePrivateKey, *, authority: bool) -> x509.Certificate:
            builder = (
                x509.CertificateBuilder()
                .subject_name(who)
                .issuer_name(issuer)
                .public_key(key.public_key())
                .serial_number(x509.random_serial_number())
                .not_valid_before(now - timedelta(days=1))
                .not_valid_after(now + timedelta(days=1))
                .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
                .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
                .add_extension(
                    x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key()), critical=False
                )
            )
            if not authority:
                builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
            return builder.sign(root, hashes.SHA256())

        self.authorities = folder / f"{label}-ca.pem"
        self.certificate = folder / f"{label}.pem"
        self.key = folder / f"{label}-key.pem"
        leaf = made(subject, own, authority=False)
        self.pin = leaf.fingerprint(hashes.SHA256()).hex()
        self.authorities.write_bytes(made(issuer, root, authority=True).public_bytes(Encoding.PEM))
        self.certificate.write_bytes(leaf.public_bytes(Encoding.PEM))
        self.key.write_bytes(own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


@dataclass
class Manners:
    """``break_after``: octets of one connection after which it is reset, once. ``hang``: takes connections
    and reads nothing. ``sip``: octets read at a time, with a moment between."""

    break_after: int | None = None
    hang: bool = False
    sip: int | None = None
    newest: ssl.TLSVersion | None = None
    clients: Path | None = None


@dataclass
class Siem:
    """Listens from :meth:`up` to :meth:`down`, always on one port. ``received``: every whole message, in the
    order it came; ``torn``: connections that ended in the middle of one."""

    identity: Identity
    manners: Manners = field(default_factory=Manners)
    received: list[Message] = field(default_factory=list)
    torn: int = 0
    connections: int = 0
    port: int = 0

    def __post_init__(self) -> None:
        self._listener: socket.socket | None = None
        self._threads: list[threading.Thread] = []
        self._over = threading.Event()
        self._held = socket.socket()  # bound and not listening: connections are refused, the port is ours
        self._held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self._held.bind(("127.0.0.1", 0))
        self.port = self._held.getsockname()[1]

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def seqs(self) -> list[int]:
        return [each.seq for each in self.received]

    def up(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(16)
        self._listener = listener
        self._context = self._made()
        self._over.clear()
        self._run(self._accept, listener)

    def _made(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.identity.certificate, self.identity.key)
        if self.manners.newest is not None:
            with warnings.catch_warnings():  # that old versions are deprecated is why they are tried
                warnings.simplefilter("ignore", DeprecationWarning)
                context.minimum_version = ssl.TLSVersion.TLSv1
                context.maximum_version = self.manners.newest
            context.set_ciphers("ALL:@SECLEVEL=0")
        if self.manners.clients is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.manners.clients)
        return context

    def down(self) -> None:
        self._over.set()
        if self._listener is not None:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        for each in self._threads:
            each.join(5)
        self._threads.clear()

    def close(self) -> None:
        self.down()
        self._held.close()

    def _run(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)  # type: ignore[arg-type]  # a method
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            self._run(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            if self.manners.hang:
                self._over.wait()
                return
            context = self._context
            connection.settimeout(20)
            with suppress(OSError), context.wrap_socket(connection, server_side=True) as secured:
                self._read(secured)

    def _read(self, secured: ssl.SSLSocket) -> None:
        left, octets = b"", 0
        while not self._over.is_set():
            part = secured.recv(self.manners.sip or 65536)
            if not part:
                with suppress(OSError):
                    secured.unwrap()
                break
            octets += len(part)
            limit = self.manners.break_after
            if limit is not None and octets >= limit:
                part = part[: len(part) - (octets - limit)]
            whole, left = frames(left + part)
            self.received += map(message, whole)
            if limit is not None and octets >= limit:
                self.manners.break_after = None
                # A reset, as from a machine whose program was killed.
                secured.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                break
            if self.manners.sip:
                time.sleep(0.001)
        self.torn += bool(left)


@contextmanager
def siem(identity: Identity, manners: Manners | None = None, *, up: bool = True) -> Iterator[Siem]:
    found = Siem(identity, manners or Manners())
    if up:
        found.up()
    try:
        yield found
    finally:
        found.close()
