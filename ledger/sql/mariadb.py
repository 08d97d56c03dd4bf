"""Connections to MariaDB: those of a process share what TLS needs.

Where a URL does not speak of TLS, PyMySQL uses it if the server offers it, and asks for no certificate. Yet for each
connection it reads all certificates that the machine trusts, which takes many times as long as to connect.
"""

import ssl
from functools import cache
from typing import Any

from pymysql.connections import Connection
from sqlalchemy.engine import Dialect


class _Connection(Connection):
    def _create_ssl_ctx(self, asked: dict[str, Any]) -> ssl.SSLContext:
        """What TLS needs. asked: what the URL says of it, mostly nothing."""
        made: ssl.SSLContext = super()._create_ssl_ctx(asked) if asked else _usual()  # type: ignore[misc]
        return made


@cache
def _usual() -> ssl.SSLContext:
    usual: ssl.SSLContext = Connection(defer_connect=True).ctx  # type: ignore[attr-defined]
    return usual


def connect(dialect: Dialect, _record: Any, arguments: Any, named: Any) -> Any:
    """A connection, where the database is MariaDB; listens to SQLAlchemy's event `do_connect`."""
    return _Connection(*arguments, **named) if dialect.driver == "pymysql" else None
