"""An API over HTTPS, as a device offers it beside its command line: one certificate of its own making, a
log-in with every request, one request a connection.

RFC 9112 as far as a ``POST`` with a length needs it; RFC 7617, "Basic".
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import ssl
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_LARGEST = 1 << 20

Answer = Callable[[str, bytes], Awaitable[bytes]]
"""What a user's request is answered. Raises ConnectionError where the connection breaks instead."""


class HttpsApi:
    """Listens on any free port of the loopback. ``fingerprint``: SHA-256 of the certificate, in
    hexadecimal."""

    def __init__(
        self, name: str, path: str, admits: Callable[[str, str], Awaitable[bool]], answer: Answer
    ) -> None:
        self._path, self._admits, self._answer = path, admits, answer
        self._context, self.fingerprint = _certified(name)
        self._server: asyncio.Server | None = None
        self.port = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(
            self._serve, "127.0.0.1", self.port, ssl=self._context, reuse_address=True
        )
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._exchange(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            writer.transport.abort()
        finally:
            writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _version = head[0].split(" ")
        fields = {
            name.strip().lower(): value.strip() for name, _, value in (f.partition(":") for f in head[1:])
        }
        size = int(fields.get("content-length", "0"))
        body = await reader.readexactly(min(size, _LARGEST))
        status, said = await self._judged(method, path, fields.get("authorization", ""), body)
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(said)}\r\n"
            "Connection: close\r\n\r\n".encode()
            + said
        )
        await writer.drain()

    async def _judged(self, method: str, path: str, authorization: str, body: bytes) -> tuple[str, bytes]:
        if path != self._path:
            return "404 Not Found", b""
        if method != "POST":
            return "405 Method Not Allowed", b""
        scheme, _, encoded = authorization.partition(" ")
        user, _, password = base64.b64decode(encoded).decode().partition(":")
        if scheme != "Basic" or not await self._admits(user, password):
            return "401 Unauthorized", b"Unable to authenticate user: Bad username/password combination"
        return "200 OK", await self._answer(user, body)


def _certified(name: str) -> tuple[ssl.SSLContext, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "certified.pem"
        file.write_bytes(pem + made.public_bytes(serialization.Encoding.PEM))
        context.load_cert_chain(file)
    return context, hashlib.sha256(made.public_bytes(serialization.Encoding.DER)).hexdigest()
