"""Locks that die with their process: an advisory lock on PostgreSQL, GET_LOCK on MariaDB, a locked file for SQLite."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import Connection, Engine, text

from rollbook.errors import CannotBegin, RunIsLive

_PAUSE = 0.1


@contextmanager
def hold(engine: Engine, name: str, wait: float = 0.0) -> Iterator[None]:
    """Hold the lock `name` of this database while inside; whoever dies inside lets go of it.

    name: `load` (from deciding to commit), `run:<id>` (somebody works on that run), `migrate`, `smarteru:<host>`
        (somebody sends there), `nightly:<folder>` (somebody imports from there), `serve`, `purge`, `notify`,
        `repair` (somebody imports cases from a page).
    wait: seconds to wait for another holder; RunIsLive when it still holds then.
    The lock is held on a connection of its own, so transactions inside are free to end.
    """
    if engine.dialect.name == "sqlite":
        with _locked_file(engine, name, wait):
            yield
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not _take(connection, name, wait):
            raise _live(name)
        try:
            yield
        finally:
            with suppress(Exception):  # a connection that is gone has let go already
                _let_go(connection, name)


def is_held(engine: Engine, name: str) -> bool:
    """Whether somebody holds the lock `name` of this database; it is not taken to find out."""
    if engine.dialect.name == "sqlite":
        return _is_locked(Path(f"{engine.url.database}.{_file_name(name)}.lock"))
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            return bool(connection.scalar(_HELD_ADVISORY, {"number": _number(name)}))
        return connection.scalar(text("SELECT IS_USED_LOCK(:name)"), {"name": _name(connection, name)}) is not None


# PostgreSQL shows the halves of the number apart, as unsigned ones.
_HELD_ADVISORY = text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND ((classid::bigint << 32) | objid::bigint) = :number"
)


def _is_locked(path: Path) -> bool:
    """Whether a lock file is held; where the system cannot say it is taken to be."""
    try:
        import fcntl

        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except (ImportError, OSError):
        return True
    return False


@contextmanager
def _locked_file(engine: Engine, name: str, wait: float) -> Iterator[None]:
    database = engine.url.database
    if not database or database == ":memory:":
        yield
        return
    from filelock import FileLock, Timeout

    path = Path(f"{database}.{_file_name(name)}.lock")
    lock = FileLock(path, timeout=wait, poll_interval=_PAUSE, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        raise _live(name) from None
    except OSError as error:
        raise CannotBegin(f"{path} cannot be locked ({error.strerror}). Look at the rights of its folder.") from None
    try:
        yield
    finally:
        # Removed while still held: who waits on the removed file notices and opens a new one (filelock looks).
        with suppress(OSError):
            path.unlink()
        lock.release()


def _file_name(name: str) -> str:
    """A name that may stand in a file's: that of a folder or a host is hashed."""
    kind, _, of = name.partition(":")
    if of and not of.replace("-", "").isalnum():
        of = hashlib.sha256(of.encode()).hexdigest()[:16]
    return f"{kind}-{of}" if of else kind


def _take(connection: Connection, name: str, wait: float) -> bool:
    if connection.dialect.name == "postgresql":
        return _take_advisory(connection, name, wait)
    query = text("SELECT GET_LOCK(:name, :wait)")
    return bool(connection.scalar(query, {"name": _name(connection, name), "wait": wait}))


def _take_advisory(connection: Connection, name: str, wait: float) -> bool:
    query = text("SELECT pg_try_advisory_lock(:number)")
    until = time.monotonic() + wait
    while not connection.scalar(query, {"number": _number(name)}):
        if time.monotonic() >= until:
            return False
        time.sleep(_PAUSE)
    return True


def _let_go(connection: Connection, name: str) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_unlock(:number)"), {"number": _number(name)})
    else:
        connection.execute(text("SELECT RELEASE_LOCK(:name)"), {"name": _name(connection, name)})


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"rollbook {name}".encode()).digest()[:8], "big", signed=True)


def _name(connection: Connection, name: str) -> str:
    """GET_LOCK's names are the server's, not the database's, and at most 64 characters long."""
    whole = f"{connection.engine.url.database} {name}"
    return f"rollbook:{hashlib.sha256(whole.encode()).hexdigest()[:40]}"


_SENDS = "Another process is sending to {}. Try again when it has ended."
# What whoever holds a lock does, by the lock's name up to its colon.
_DOES = {
    "run": "Run {} is being worked on by another process. Wait for it to end.",
    "smarteru": _SENDS,
    "moon": _SENDS,
    "axcelerate": _SENDS,
    "nightly": "Another process is importing from {}. Wait for it to end.",
    "serve": "Another `rollbook serve` is at work for this database. End it first.",
    "repair": "Another repair is being imported. Try again in a moment.",
    "notify": "Another process is sending messages. Try again when it has ended.",
    "purge": "Another `rollbook purge` is at work in this database. Wait for it to end.",
    "load": "Another process is loading into this database. Try again when it has ended.",
    "migrate": "Another process is bringing this database up to date. Try again when it has ended.",
}


def _live(name: str) -> RunIsLive:
    kind, _, of = name.partition(":")
    return RunIsLive(_DOES[kind].format(of))
