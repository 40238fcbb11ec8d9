"""A certificate for the loopback addresses, for clients that insist on TLS."""

import ipaddress
import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from maemae.errors import ExchangeError
from maemae.i18n import _

_LIFE = timedelta(days=3650)
CERTIFICATE, KEY = "certificate.pem", "key.pem"


def tls_context(folder: Path) -> ssl.SSLContext:
    """Return a server's TLS context with the folder's certificate, made there when missing.

    A client trusts the exchange by trusting `certificate.pem`; `key.pem` is its owner's alone.

    Raises:
        ExchangeError: the folder cannot be written, or its files are no certificate and key.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / CERTIFICATE).exists():
            _make(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / CERTIFICATE, folder / KEY)
    except OSError as error:
        raise ExchangeError(
            _(
                "{folder}: no usable {certificate} and {key} ({error}); choose an empty folder"
            ).format(folder=folder, certificate=CERTIFICATE, key=KEY, error=error)
        ) from error
    return context


def _make(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "maemae exchange")])
    now = datetime.now(UTC)
    addresses = [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + _LIFE)
        .add_extension(x509.SubjectAlternativeName(addresses), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    descriptor = os.open(folder / KEY, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret)
    (folder / CERTIFICATE).write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
