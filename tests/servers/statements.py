"""SQL that is compiled once a test process: each command has an engine of its own, which would compile it anew."""

from typing import Any

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import Dialect
from sqlalchemy.util import LRUCache

_MOST = 3000
_COMPILED: dict[tuple[Any, ...], "LRUCache[Any, Any]"] = {}


class _OfOneServer:
    """What SQLAlchemy compiled, whichever engine on a server of that kind and version it was for."""

    def __init__(self, dialect: Dialect) -> None:
        self._found = _COMPILED.setdefault((type(dialect), dialect.server_version_info), LRUCache(_MOST))

    def get(self, key: tuple[Any, ...]) -> Any:
        """The first of a key is the engine's own dialect."""
        return self._found.get(key[1:])

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        self._found[key[1:]] = compiled


def compile_once() -> None:
    """Let all engines of this process share what is compiled."""
    event.listen(Engine, "engine_connect", _share)


def _share(connection: Connection) -> None:
    connection.execution_options(compiled_cache=_OfOneServer(connection.dialect))
