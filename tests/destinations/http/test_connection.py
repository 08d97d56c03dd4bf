"""What a connection trusts."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from destinations.http.connection import Failure, Line, Watch, certificates, refusal
from tests.destinations.answering import Server, answer, served


def self_signed(folder: Path, name: str = "127.0.0.1") -> tuple[Path, Path]:
    """A certificate that vouches for itself, and its key, as files."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(name))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    secret.write_bytes(key.private_bytes(*plain))
    return certificate, secret


@contextmanager
def behind_tls(folder: Path, name: str = "127.0.0.1") -> Iterator[tuple[Server, Path]]:
    """A server on the loopback with a certificate of its own."""
    certificate, key = self_signed(folder, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with served(answer(b"{}")) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        yield server, certificate


def sent(server: Server) -> int | Failure:
    """The status that comes back over a new connection."""
    url = server.url.replace("http:", "https:")
    line = Line(url, Watch(5.0))
    try:
        return line.send("GET", url, lambda response: response.status_code)
    finally:
        line.close()


def test_only_what_asks_for_certificates_loads_them() -> None:
    """An address without TLS trusts nobody; one with it trusts whom the machine trusts."""
    plain, secure = certificates("http://moon.example.com"), certificates("https://moon.example.com")
    assert (len(plain.get_ca_certs()), bool(secure.get_ca_certs())) == (0, True)
    assert plain.verify_mode == secure.verify_mode == ssl.CERT_REQUIRED
    assert plain.check_hostname
    assert secure.check_hostname


def test_the_loopback_trusts_whom_the_environment_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with behind_tls(tmp_path) as (server, certificate):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
        assert sent(server) == 200


def test_a_certificate_that_fails_is_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who issued it is unknown: the message names the setting. It is of another host: no setting helps."""
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    with behind_tls(tmp_path) as (server, _):
        told = sent(server)
    assert isinstance(told, Failure)
    assert (told.again, told.doubtful) == (False, False)
    assert told.what.startswith("its certificate is not trusted (self-signed certificate); ")
    assert "SSL_CERT_FILE" in told.what
    with behind_tls(tmp_path, "127.0.0.9") as (server, certificate):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        told = sent(server)
    assert isinstance(told, Failure)
    assert (told.again, "SSL_CERT_FILE" in told.what) == (False, False)
    assert "IP address mismatch" in told.what


def test_a_request_that_is_too_large_names_the_setting_that_makes_it_smaller() -> None:
    told = refusal(413)
    assert (told.again, "batch_size" in told.what) == (False, True)
