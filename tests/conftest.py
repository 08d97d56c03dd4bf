"""Servers, databases and Hypothesis settings that all tests share."""

import itertools
import os
import signal
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine, event
from sqlalchemy.engine import URL
from xdist.scheduler import LoadScopeScheduling

from ledger.sql.mariadb import connect
from tests.servers import (
    MARIADB_MISSING,
    fresh_database,
    in_memory,
    mariadb_is_installed,
    mariadb_server,
    postgresql_server,
    server_folder,
)
from tests.servers.prepared import Prepared
from tests.servers.sshd import SSHD_MISSING, Sshd, sshd, sshd_path
from tests.servers.statements import compile_once

# `ci` is the same at every run; `hypothesis-profile=thorough` looks further.
settings.register_profile(
    "ci",
    derandomize=True,
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
settings.register_profile("thorough", settings.get_profile("ci"), derandomize=False, max_examples=300)
settings.load_profile("ci")
compile_once()
event.listen(Engine, "do_connect", connect)  # what tests open themselves shares it too

_NUMBERS = itertools.count(1)
# Tests that share a server or a browser, by what their ID holds: its start is paid once.
_TOGETHER = {
    "a Prefect server": (
        "test_deployments",
        "test_leases",
        "test_nightly_flow",
        "test_notifying",
        "test_secrets",
        "test_under_prefect",
    ),
    "a Prefect server of its own": ("flows/test_serve",),
    "a browser": ("tests/browser/",),
    "a Dask cluster": ("test_migrate_dask",),
    "an older database": ("pipeline/test_upgrade",),
}


def pytest_configure() -> None:
    """Files of tests are in memory, unless somebody says where: half of a small import is waiting for the disk.

    Ctrl-C ends children of the tests also where it was to be ignored, as under `nohup`: they would inherit that.
    """
    folder = in_memory()
    if "TMPDIR" not in os.environ and folder is not None:
        os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line for each reason to skip tests, however many they are."""
    reasons = Counter(report.longrepr[2] for report in terminalreporter.getreports("skipped"))
    for reason, tests in reasons.items():
        terminalreporter.write_line(f"SKIPPED {tests}: {reason.removeprefix('Skipped: ')}")


class _Grouped(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """Hands out tests one by one, but those that belong together to one process (marks of pytest-xdist do not hold)."""

    def _split_scope(self, nodeid: str) -> str:
        named = (scope for scope, words in _TOGETHER.items() if any(word in nodeid for word in words))
        return next(named, nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Which process does which test."""
    return _Grouped(config, log)


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own database must never be met by a test."""
    monkeypatch.delenv("ROLLBOOK_DATABASE_URL", raising=False)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[URL]:
    """A real PostgreSQL server, one a test process."""
    with postgresql_server() as url:
        yield url


@pytest.fixture(scope="session")
def mariadb() -> Iterator[URL]:
    """A real MariaDB server, one a test process; tests are skipped where it is not installed."""
    if not mariadb_is_installed():
        pytest.skip(MARIADB_MISSING)
    with mariadb_server() as url:
        yield url


@pytest.fixture
def postgresql_url(postgresql: URL) -> Iterator[str]:
    """A new, empty PostgreSQL database."""
    with fresh_database(postgresql, f"test_{next(_NUMBERS)}") as url:
        yield url


@pytest.fixture
def mariadb_url(mariadb: URL) -> Iterator[str]:
    """A new, empty MariaDB database."""
    with fresh_database(mariadb, f"test_{next(_NUMBERS)}") as url:
        yield url


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """A SQLite database that does not exist yet."""
    return f"sqlite:///{tmp_path / 'test.db'}"


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A new, empty database: the test runs once on each of the three."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=["postgresql", "mariadb"])
def server_database_url(request: pytest.FixtureRequest) -> str:
    """A new, empty database on a server: the test runs once on each of the two."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(scope="session")
def prepared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Databases with Rollbook's schema, which is made once a test process."""
    return Prepared(tmp_path_factory.mktemp("prepared"), request.getfixturevalue)


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def prepared_url(request: pytest.FixtureRequest, prepared: Prepared, tmp_path: Path) -> Iterator[str]:
    """A database with Rollbook's schema and no row: the test runs once on each of the three."""
    with prepared.one(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def prepared_sqlite_url(prepared: Prepared, tmp_path: Path) -> Iterator[str]:
    """A SQLite database with Rollbook's schema and no row."""
    with prepared.one("sqlite", tmp_path) as url:
        yield url


@pytest.fixture
def sftp_server() -> Iterator[Sshd]:
    """OpenSSH's server, whose host key is known; tests are skipped where it is not installed."""
    if sshd_path() is None:
        pytest.skip(SSHD_MISSING)
    with server_folder() as folder, sshd(folder) as server:
        yield server


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with an empty `.ssh`, and no agent."""
    (tmp_path / "home" / ".ssh").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return tmp_path / "home"
