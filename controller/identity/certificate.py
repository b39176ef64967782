"""The service's own TLS certificate: made once in the home, recognised by its fingerprint."""

from __future__ import annotations

import hashlib
import ipaddress
import logging
import os
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from controller.domain.errors import InvalidRequest

CERTIFICATE, KEY = "tls-certificate.pem", "tls-key.pem"

_VALID_FOR = timedelta(days=825)
"""What browsers accept at most of a certificate that a person trusts by hand."""

_RENEW_BEFORE = timedelta(days=60)

_log = logging.getLogger(__name__)

_ALWAYS = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Certificate:
    """``fingerprint``: SHA-256 of the certificate, pairs of hexadecimal digits with colons."""

    certificate: Path
    key: Path
    fingerprint: str
    expires_at: datetime


def own_certificate(home: Path, names: Iterable[str] = (), now: datetime | None = None) -> Certificate:
    """The certificate in ``home``, made where there is none, it ends soon or lacks one of ``names`` (hosts or
    addresses; the loopback's and this machine's name are always in it). Key and certificate are 0600."""
    at = now or datetime.now(UTC)
    wanted = tuple(dict.fromkeys((*_ALWAYS, *_this_machine(), *names)))
    certificate, key = home / CERTIFICATE, home / KEY
    if certificate.exists() and key.exists():
        try:
            known = _pair(certificate, key)
        except InvalidRequest as damaged:  # or its maker ended between the two
            _log.warning("the certificate is made anew: %s", damaged)
        else:
            if known.not_valid_after_utc - at > _RENEW_BEFORE and _names(known) >= set(wanted):
                return _described(certificate, key, known)
    private = ec.generate_private_key(ec.SECP256R1())
    made = _signed(private, wanted, at)
    _write(key, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    _write(certificate, made.public_bytes(Encoding.PEM))
    return _described(certificate, key, made)


def given_certificate(certificate: Path, key: Path) -> Certificate:
    """One the site made. Raises InvalidRequest where it cannot be read, the key is another one's or wants a
    passphrase."""
    return _described(certificate, key, _pair(certificate, key))


def fingerprint_of(der: bytes) -> str:
    return ":".join(f"{byte:02X}" for byte in hashlib.sha256(der).digest())


def kept_fingerprint(home: Path) -> str:
    """That of the certificate in ``home``, made nowhere; "" where there is none that can be read."""
    try:
        return fingerprint_of(_read(home / CERTIFICATE).public_bytes(Encoding.DER))
    except InvalidRequest:
        return ""


def _this_machine() -> tuple[str, ...]:
    name = socket.gethostname()
    return (name,) if name and name.isascii() else ()


def _read(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        raise InvalidRequest("certificate-unreadable", file=str(path)) from None


def _pair(certificate: Path, key: Path) -> x509.Certificate:
    found = _read(certificate)
    try:
        private = load_pem_private_key(key.read_bytes(), None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm):
        raise InvalidRequest("certificate-unreadable", file=str(key)) from None
    if private.public_key() != found.public_key():
        raise InvalidRequest("certificate-unreadable", file=str(key))
    return found


def _described(certificate: Path, key: Path, found: x509.Certificate) -> Certificate:
    fingerprint = fingerprint_of(found.public_bytes(Encoding.DER))
    return Certificate(certificate, key, fingerprint, found.not_valid_after_utc)


def _names(certificate: x509.Certificate) -> set[str]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return set()
    return {
        *found.get_values_for_type(x509.DNSName),
        *(str(address) for address in found.get_values_for_type(x509.IPAddress)),
    }


def _signed(private: ec.EllipticCurvePrivateKey, names: Iterable[str], at: datetime) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Cordon")])
    public = private.public_key()
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (
        (x509.SubjectAlternativeName([_general_name(name) for name in names]), False),
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (x509.KeyUsage(True, *(False,) * 8), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.SubjectKeyIdentifier.from_public_key(public), False),
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))  # a client's clock may be behind
        .not_valid_after(at + _VALID_FOR)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(private, hashes.SHA256())


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
