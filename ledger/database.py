"""Open the database that a URL names: SQLite, PostgreSQL or MariaDB, ours or empty, with the schema of this program.

Neither pandas nor pyarrow is imported here, and Alembic only when a migration is really due: a repeated import must end
in a fraction of a second.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, create_engine, event, insert, inspect, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, InvalidRequestError, OperationalError
from sqlalchemy.pool import NullPool, StaticPool

from ledger.lock import hold
from rollbook.errors import CannotBegin, DatabaseAway, RunIsLive

# Every revision of the schema, oldest first; the last is the one that this program works with.
REVISIONS = tuple(f"{number:04}" for number in range(1, 18))
VERSION_TABLE = "rollbook_version"
# Where the table's answer says so, it is not the table that lacks.
_TELLING = ("not a database", "permission denied", "command denied")
BUSY_SECONDS = 60
_DRIVERS = {
    "sqlite": "sqlite+pysqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mariadb": "mariadb+pymysql",
    "mysql": "mariadb+pymysql",
}
_FORMS = "sqlite:///FILE, postgresql://USER:PASSWORD@HOST/DATABASE or mariadb://USER:PASSWORD@HOST/DATABASE"
_UNREADABLE = f"The database URL cannot be read. Write {_FORMS} (in the password %40 for @, %3A for :, %2F for /)."


def open_database(url: str, *, create: bool, migrate: bool = True) -> Engine:
    """An engine on the database, its schema brought up to date.

    create: an empty or missing database is made ours; else that is CannotBegin.
    migrate: an older schema is brought up to date; else that is CannotBegin (`check` never migrates).
    Raises CannotBegin, in one line that never holds the password, when the URL is not one of ours, the server or the
    file cannot be used, the database is not Rollbook's, or its schema is newer than this program.
    The execution option `rollbook_created` of the engine is true when the database was made just now.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        _check_file(parsed, create=create)
    engine = _engine(parsed)
    with _plain_errors(parsed):
        version = _version(engine)
        _check_version(version, parsed, create=create, migrate=migrate)
        if version == REVISIONS[-1]:
            return engine
        made = _migrate(engine)
    return engine.execution_options(rollbook_created=made)


def database_exists(url: str) -> bool:
    """Whether the URL leads to a database of Rollbook's; raises CannotBegin as `open_database` does."""
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite" and not _sqlite_path(parsed).exists():
        return False
    engine = _engine(parsed)
    try:
        with _plain_errors(parsed):
            return bool(_version(engine))
    finally:
        engine.dispose()


def memory_database() -> Engine:
    """A SQLite database in memory, with the whole schema: what `check` uses where there is no database yet."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    _prepare_sqlite(engine)
    with engine.begin() as connection:
        _create_schema(connection)
    return engine


def is_in_memory(engine: Engine) -> bool:
    """Whether it is a `memory_database`: it has one connection, and no other run."""
    return isinstance(engine.pool, StaticPool)


def is_away(error: Exception) -> bool:
    """Whether a database went, does not answer or is busy, rather than refuses what it was told."""
    gone = isinstance(error, DBAPIError) and error.connection_invalidated
    return gone or isinstance(error, OperationalError | InterfaceError)


@contextmanager
def transaction(connection: Connection) -> Iterator[Connection]:
    """One transaction on a connection, or the one that is open already."""
    if connection.in_transaction():
        yield connection
        return
    with connection.begin():
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """A connection that only reads: on SQLite it neither waits for a writer nor holds one up."""
    with engine.connect().execution_options(rollbook_reads=True) as connection:
        yield connection


def spare_memory(connection: Connection) -> None:
    """On SQLite, keep little of the file in memory: for what reads much of it once."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA cache_size=-8192")


def mask_url(url: str | URL) -> str:
    """The URL as people may see it: without the password."""
    parsed = parse_url(url) if isinstance(url, str) else url
    plain = parsed.set(drivername=parsed.get_backend_name(), query={})
    return plain.render_as_string(hide_password=True)


def address(url: str | URL) -> str:
    """The URL as a workbook bears it and a command can name it from any folder: absolute, without the password."""
    return mask_url(absolute(parse_url(url) if isinstance(url, str) else url))


def absolute(url: URL) -> URL:
    """The URL with the whole path of a SQLite file."""
    if url.get_backend_name() != "sqlite" or not url.database:
        return url
    return url.set(database=str(_sqlite_path(url).absolute()))


def parse_url(url: str) -> URL:
    """The URL with the driver that we use; raises CannotBegin."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise CannotBegin(_UNREADABLE) from None
    if "@" in f"{parsed.host}{parsed.database}" and parsed.get_backend_name() != "sqlite":
        raise CannotBegin(_UNREADABLE)
    scheme = parsed.drivername.split("+")[0]
    if scheme not in _DRIVERS:
        raise CannotBegin(f"Rollbook does not know the database '{scheme}'. Write {_FORMS}.")
    if not parsed.database or parsed.database == ":memory:":
        raise CannotBegin(f"The database URL names no database. Write {_FORMS}.")
    return parsed.set(drivername=_DRIVERS[scheme])


def _sqlite_path(url: URL) -> Path:
    return Path(url.database or "").expanduser()


def _check_file(url: URL, *, create: bool) -> None:
    path = _sqlite_path(url)
    if path.is_dir():
        raise CannotBegin(f"{path} is a folder. Name a file in it: sqlite:///{path}/rollbook.db")
    if not path.parent.is_dir():
        raise CannotBegin(f"The folder {path.parent} does not exist. Create it, or name another database.")
    if not path.exists():
        if not create:
            made = "`rollbook import` makes it, and so does --create where a command has it"
            raise CannotBegin(f"There is no database {path}. {made}; --database names another.")
        if not os.access(path.parent, os.W_OK):
            raise CannotBegin(f"The folder {path.parent} may not be written. Change its rights or name another.")
        return
    with _plain_errors(url), path.open("rb") as file:
        start = file.read(16)
    if start and start != b"SQLite format 3\0":
        raise CannotBegin(f"{path} is not a SQLite database. Name another file with --database.")
    if create and not os.access(path, os.W_OK):
        raise CannotBegin(f"The database {path} may only be read. Change its rights or name another.")


def _engine(url: URL) -> Engine:
    """Without a pool: a command needs one connection, another for its lock, and leaves none behind."""
    backend = url.get_backend_name()
    if backend == "sqlite":
        file = url.set(database=str(_sqlite_path(url)))
        engine = create_engine(file, poolclass=NullPool, connect_args={"timeout": BUSY_SECONDS})
        _prepare_sqlite(engine)
        return engine
    if backend == "postgresql":
        named = {"connect_timeout": 10, "application_name": "rollbook", "client_encoding": "utf8"}
        engine = create_engine(url, poolclass=NullPool, connect_args=named)
        _refuse_other_encodings(engine, url)
        return engine
    arguments = {"local_infile": 1, "connect_timeout": 10, "charset": "utf8mb4"}
    engine = create_engine(url, poolclass=NullPool, isolation_level="READ COMMITTED", connect_args=arguments)
    _prepare_mariadb(engine)
    return engine


def _refuse_other_encodings(engine: Engine, url: URL) -> None:
    """A PostgreSQL database that cannot hold every letter would lose names, or refuse them row by row."""

    @event.listens_for(engine, "connect", insert=True)
    def _connect(connection: Any, _record: Any) -> None:
        encoding = connection.info.parameter_status("server_encoding")
        if encoding != "UTF8":
            how = "CREATE DATABASE rollbook ENCODING 'UTF8' TEMPLATE template0"
            raise CannotBegin(
                f"The database {mask_url(url)} stores texts as {encoding}, which lacks letters of many names. "
                f"Create another one: {how}"
            )


def _prepare_mariadb(engine: Engine) -> None:
    """Nothing is cut or bent to fit, and an idle connection (it may hold a lock) lives for a week."""
    from ledger.sql.mariadb import connect

    modes = "STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION"
    event.listen(engine, "do_connect", connect)

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            # Literals and parameters take the connection's collation: it must not pad, as the columns do not.
            cursor.execute("SET NAMES utf8mb4 COLLATE utf8mb4_nopad_bin")
            # Without join buffers: with them the planner holds comparing each row with each for cheaper than an index.
            cursor.execute(f"SET SESSION sql_mode='{modes}', wait_timeout=604800, join_cache_level=0")


def _prepare_sqlite(engine: Engine) -> None:
    """Transactions begin when SQLAlchemy says so, and as writers: none fails on its way from reader to writer."""

    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA cache_size=-65536")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reads = connection.get_execution_options().get("rollbook_reads")
        connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _version(engine: Engine) -> str | None:
    """The schema's revision; '' when its making was broken off; None when the database is empty."""
    with reading(engine) as connection:
        version = _stored_version(connection)
        if version is not None:
            return version
        names = inspect(connection).get_table_names() + inspect(connection).get_view_names()
        # Asked again: somebody else may have made the database between the two questions.
        version = _stored_version(connection) if names else None
    if names and version is None:
        some = ", ".join(sorted(names)[:3])
        raise CannotBegin(
            f"The database {mask_url(engine.url)} holds tables that are not Rollbook's ({some}). "
            "Name an empty database or one of Rollbook's with --database."
        )
    return version


def _stored_version(connection: Connection) -> str | None:
    try:
        found = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))
    except DBAPIError as error:
        if error.connection_invalidated or any(sign in str(error.orig) for sign in _TELLING):
            raise
        return None
    else:
        return str(found or "")
    finally:
        connection.rollback()


def _check_version(version: str | None, url: URL, *, create: bool, migrate: bool) -> None:
    if not version and not create:
        raise CannotBegin(f"The database {mask_url(url)} is empty. `rollbook import` prepares it.")
    if version and version not in REVISIONS:
        raise CannotBegin(
            f"The database {mask_url(url)} was made by a newer Rollbook (schema {version}). Update Rollbook."
        )
    if version and version != REVISIONS[-1] and not migrate:
        raise CannotBegin(
            f"The database {mask_url(url)} is of an older Rollbook. `rollbook import` brings it up to date."
        )


def _migrate(engine: Engine) -> bool:
    """Bring the schema up to date under a lock: who comes second finds nothing left to do. Whether it was made anew."""
    with hold(engine, "migrate", wait=BUSY_SECONDS):
        version = _version(engine)
        if version == REVISIONS[-1]:
            return False
        if engine.dialect.name == "sqlite":
            _write_ahead(engine)
        with engine.begin() as connection:
            if version:
                _upgrade(connection)
            else:
                _create(connection, is_half=version == "")
    return not version


def _write_ahead(engine: Engine) -> None:
    """Readers and a writer side by side; it is a mark in the file, and no transaction may be open meanwhile."""
    raw = engine.raw_connection()
    try:
        raw.cursor().execute("PRAGMA journal_mode=WAL")
    finally:
        raw.close()


def _create(connection: Connection, *, is_half: bool) -> None:
    """The schema as it is today, in one go, and its revision last.

    is_half: MariaDB commits each CREATE TABLE by itself, and a crash broke the making off: the version table, which
        comes first, is there and empty. What was made is empty too, and goes.
    """
    from ledger.identity import name_ledger

    version = Table(VERSION_TABLE, MetaData(), Column("version_num", String(32), primary_key=True))
    if is_half:
        _drop_half(connection)
    else:
        version.create(connection)
    _create_schema(connection)
    name_ledger(connection)
    connection.execute(insert(version).values(version_num=REVISIONS[-1]))


def _drop_half(connection: Connection) -> None:
    from ledger.tables import metadata
    from ledger.views import drop_statements

    for statement in drop_statements():
        connection.execute(text(statement))
    metadata.drop_all(connection)


def _create_schema(connection: Connection) -> None:
    from ledger.tables import metadata
    from ledger.views import VIEWS, create_statements

    metadata.create_all(connection, checkfirst=False)
    for statement in create_statements(connection.dialect.name, VIEWS):
        connection.execute(text(statement))


def _upgrade(connection: Connection, revision: str = "head") -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


@contextmanager
def _plain_errors(url: URL) -> Iterator[None]:
    """Errors of the driver become one line that says what to do."""
    try:
        yield
    except RunIsLive:
        raise CannotBegin(
            f"Another process is preparing the database {mask_url(url)}. Try again in a moment."
        ) from None
    except (DBAPIError, InvalidRequestError, OSError, ImportError) as error:
        kind = DatabaseAway if is_away(error) else CannotBegin
        raise kind(_plain(error, url)) from None


_REMEDIES = (
    (("password authentication", "no password supplied", "(1045,"), "refused the user or the password."),
    (("resolve host", "translate host", "name or service", "name resolution"), "is not there: no such host."),
    (("refused", "timed out", "timeout", "(2003,", "no such file"), "does not answer: is the server running there?"),
    (("does not exist", "(1049,"), "does not exist on that server: create it first."),
    (("permission denied", "denied", "(1044,", "(1142,"), "may not be used by this user: grant the rights."),
    (("readonly", "read-only"), "may only be read: change its rights or name another."),
    (("locked",), "is locked by another program: close it and try again."),
    (("not a database", "malformed"), "is not a SQLite database: name another with --database."),
    (("unable to open", "is a directory"), "cannot be opened: look at its path and rights."),
    (("not a mariadb",), "is a MySQL server: Rollbook needs MariaDB 10.6 or newer there."),
)


def _plain(error: Exception, url: URL) -> str:
    raw = str(getattr(error, "orig", None) or error)
    for signs, remedy in _REMEDIES:
        if any(sign in raw.casefold() for sign in signs):
            return f"The database {mask_url(url)} {remedy}"
    first = raw.strip().splitlines()[0] if raw.strip() else type(error).__name__
    if url.password:
        first = first.replace(str(url.password), "***")
    return f"The database {mask_url(url)} cannot be used: {first}"
