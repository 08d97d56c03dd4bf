"""Connections to MariaDB."""

import ssl
from typing import Any

import pymysql
import pytest
from sqlalchemy import Connection, text

from ledger.database import open_database
from rollbook.errors import CannotBegin


def _tls(connection: Connection) -> ssl.SSLContext:
    driver: Any = connection.connection.driver_connection
    context: ssl.SSLContext = driver.ctx
    return context


def test_connections_share_what_tls_needs(mariadb_url: str) -> None:
    """It is what PyMySQL would make for each, which takes longer than all else: no certificate is asked for."""
    engine = open_database(mariadb_url, create=True)
    with engine.connect() as one, engine.connect() as other:
        assert one.scalar(text("SELECT 1")) == other.scalar(text("SELECT 1")) == 1
        shared = _tls(one)
        assert shared is _tls(other)
    driver: Any = pymysql.Connection
    usual = driver(defer_connect=True).ctx
    assert (shared.verify_mode, shared.check_hostname) == (usual.verify_mode, usual.check_hostname)
    assert shared.verify_mode == ssl.CERT_NONE


def test_what_a_url_says_of_tls_holds(mariadb_url: str) -> None:
    """The test's server has no certificate that anybody vouches for."""
    open_database(mariadb_url, create=True)
    with pytest.raises(CannotBegin, match="SSL"):
        open_database(f"{mariadb_url}?ssl_verify_cert=true", create=False)
