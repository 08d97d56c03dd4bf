"""What a connection trusts."""

import ssl

from destinations.http.connection import certificates


def test_only_what_asks_for_certificates_loads_them() -> None:
    """An address without TLS trusts nobody; one with it trusts whom the machine trusts."""
    plain, secure = certificates("http://moon.example.com"), certificates("https://moon.example.com")
    assert (len(plain.get_ca_certs()), bool(secure.get_ca_certs())) == (0, True)
    assert plain.verify_mode == secure.verify_mode == ssl.CERT_REQUIRED
    assert plain.check_hostname
    assert secure.check_hostname
