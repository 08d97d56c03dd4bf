"""Queries of real databases: what is read, what is refused, and that nothing is written."""

import stat
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from rollbook.errors import CannotBegin, SourceAway
from sources.process.reader import read_file
from sources.queries.database import Query, recorded_as, run_query
from sources.queries.query_file import read_query_file
from sources.raw_sheets import ReadingLimits
from sources.remote.storage import ANONYMOUS, Access

TABLE = "CREATE TABLE history (id INTEGER PRIMARY KEY, email VARCHAR(80), held_on DATE, score DECIMAL(6,2), note TEXT)"
ROWS = (
    "INSERT INTO history VALUES (7, 'ann@example.com', '2023-02-01', 85.00, '50% of :all'), "
    "(9, NULL, NULL, NULL, ' '), (12, 'ben@example.com', '2023-02-02', 92.50, 'two\nlines')"
)


class Legacy:
    """A database with a table, and what asks it. address: without its password."""

    def __init__(self, url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.url, self.folder = url, folder
        parsed = make_url(url)
        self.address = parsed._replace(password=None, drivername=parsed.get_backend_name()).render_as_string()
        if parsed.password:
            monkeypatch.setenv("ROLLBOOK_SOURCE_PASSWORD", parsed.password)
        self.do(TABLE, ROWS)

    def do(self, *statements: str) -> None:
        """Write to it."""
        engine = create_engine(self.url)
        with engine.begin() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement.replace("%", "%%") if "sqlite" not in self.url else statement)
        engine.dispose()

    def count(self) -> int:
        """The rows of the table."""
        engine = create_engine(self.url)
        with engine.connect() as connection:
            found = connection.scalar(text("SELECT count(*) FROM history"))
        engine.dispose()
        assert found is not None
        return int(found)

    def query(self, sql: str, *key: str) -> Query:
        """A query."""
        return Query(self.address, sql, "history.sql", key or ("id",))

    def ask(self, sql: str, *key: str, access: Access = ANONYMOUS) -> list[dict[str, Any]]:
        """The rows as they are read."""
        copy = self.folder / "private" / "history.sql"
        run_query(self.query(sql, *key), access, copy)
        described = read_query_file(copy, self.folder)
        with pa.OSFile(str(self.folder / "0.arrow")) as source:
            rows: list[dict[str, Any]] = pa.ipc.open_file(source).read_all().to_pylist()
        assert described["rows"] == len(rows)
        return rows

    def refusal(self, sql: str, *key: str, access: Access = ANONYMOUS) -> str:
        """Why nothing is read."""
        with pytest.raises(CannotBegin) as caught:
            self.ask(sql, *key, access=access)
        assert not list(self.folder.rglob("*history.sql*"))
        return str(caught.value)


@pytest.fixture
def legacy(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Legacy:
    """One on each of the three databases."""
    return Legacy(database_url, tmp_path, monkeypatch)


@pytest.fixture
def small(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Legacy:
    """One in a file."""
    return Legacy(sqlite_url, tmp_path, monkeypatch)


def test_rows_are_cells_under_the_names_of_the_columns(legacy: Legacy) -> None:
    """Percent signs and colons are as they stand; a NULL and a blank text are blank cells."""
    rows = legacy.ask("SELECT id, email, held_on, score, note FROM history WHERE note LIKE '%' ORDER BY id;")
    whole = "sqlite" in legacy.url  # it has no type for decimals
    assert rows == [
        {"row": 1, "A": "id", "B": "email", "C": "held_on", "D": "score", "E": "note"},
        {"row": 2, "A": "7", "B": "ann@example.com", "C": "2023-02-01", "D": "85", "E": "50% of :all"},
        {"row": 3, "A": "9", "B": None, "C": None, "D": None, "E": None},
        {"row": 4, "A": "12", "B": "ben@example.com", "C": "2023-02-02", "D": "92.5", "E": "two\nlines"},
    ], whole


def test_a_query_without_rows_has_its_header(legacy: Legacy) -> None:
    assert legacy.ask("SELECT id, email FROM history WHERE id < 0") == [{"row": 1, "A": "id", "B": "email"}]


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM history",
        "UPDATE history SET id = 1",
        "INSERT INTO history (id) VALUES (1)",
        "DROP TABLE history",
        "CREATE TABLE other (id INTEGER)",
        "SELECT id FROM history; DELETE FROM history",
        "SELECT id FROM history; COMMIT; DELETE FROM history",
        "WITH gone AS (DELETE FROM history RETURNING id) SELECT id FROM gone",
        "",
    ],
)
def test_a_query_that_writes_is_refused_and_nothing_is_written(legacy: Legacy, sql: str) -> None:
    assert "history.sql f" in legacy.refusal(sql)
    assert legacy.count() == 3


def test_a_query_that_fails_says_what_the_database_said(legacy: Legacy) -> None:
    told = legacy.refusal("SELECT id FROM nowhere WHERE note = 's3cret cell'")
    assert "history.sql failed: " in told
    assert "nowhere" in told
    assert told.endswith("Correct the query; it may only read.")


@pytest.mark.parametrize(
    ("sql", "key", "told"),
    [
        ("SELECT id, email FROM history", "number", "finds no column named number, the key. It finds: id, email."),
        ("SELECT id, id FROM history", "id", "finds several columns named id, the key"),
        ("SELECT email FROM history ORDER BY id", "email", "row 2 has no email, the key"),
        ("SELECT 1 AS id FROM history", "id", "rows 1 and 2 have the same id, the key. Choose one that differs"),
    ],
)
def test_a_key_must_tell_the_rows_apart(legacy: Legacy, sql: str, key: str, told: str) -> None:
    assert told in legacy.refusal(sql, key)


def test_a_key_of_several_columns(small: Legacy) -> None:
    """`a` + `bc` is not `ab` + `c`."""
    assert "the same x, y, the key" in small.refusal("SELECT 'a' AS x, 'b' AS y UNION ALL SELECT 'a', 'b'", "x", "y")
    rows = small.ask("SELECT 'a' AS x, 'bc' AS y UNION ALL SELECT 'ab', 'c'", "x", "y")
    assert len(rows) == 3


def test_a_column_that_no_cell_can_hold_is_named(small: Legacy) -> None:
    told = small.refusal("SELECT id, x'ffd8' AS photo FROM history")
    assert "the column photo holds bytes that are no text. Leave it out of the query, or CAST it to text there." in told


def test_the_copy_is_for_this_user_alone(small: Legacy) -> None:
    small.ask("SELECT id FROM history")
    copy = small.folder / "private" / "history.sql"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700


def test_the_same_rows_are_the_same_content(small: Legacy) -> None:
    """So that the same answer again is known as such."""
    contents = []
    for _ in range(2):
        small.ask("SELECT * FROM history ORDER BY id")
        contents.append((small.folder / "private" / "history.sql").read_bytes())
    assert contents[0] == contents[1]


MANY = (
    "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n WHERE id < {}) SELECT id, 'x' || id AS t FROM n"
)


def test_more_than_the_limit_is_not_kept(small: Legacy) -> None:
    limited = replace(ANONYMOUS, most_mib=1)
    assert "What history.sql finds is larger than 1 MiB" in small.refusal(MANY.format(200_000), access=limited)


SLOW = {
    "postgresql": "SELECT 1 AS id FROM pg_sleep(60)",
    "mariadb": "SELECT SLEEP(60) AS id",
    "sqlite": "WITH RECURSIVE n(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) SELECT count(*) AS id FROM n",
}


def test_what_takes_too_long_is_not_waited_for(legacy: Legacy) -> None:
    """Neither for its first row nor for all of them."""
    sql = SLOW[make_url(legacy.address).get_backend_name()]
    assert "takes over 1 s. Narrow it" in legacy.refusal(sql, access=replace(ANONYMOUS, seconds=1))
    assert "takes over 0 s" in legacy.refusal(MANY.format(200_000), access=replace(ANONYMOUS, seconds=0))


def test_a_moment_whose_day_hangs_on_the_zone_is_refused(
    postgresql_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The zone of the connection would choose the day; a query that names one is read."""
    legacy = Legacy(postgresql_url, tmp_path, monkeypatch)
    legacy.do("CREATE TABLE held (id INTEGER, at TIMESTAMPTZ)", "INSERT INTO held VALUES (1, '2023-03-01 00:30+13')")
    told = legacy.refusal("SELECT id, at AS ended FROM held")
    assert "the column ended holds times with a time zone" in told
    assert told.endswith("""as in: ended AT TIME ZONE 'Europe/Paris' AS "ended\"""")
    rows = legacy.ask("SELECT id, at AT TIME ZONE 'Pacific/Auckland' AS ended FROM held")
    assert rows[1]["B"] == "2023-03-01 00:30:00"


def test_rows_are_never_all_in_memory(small: Legacy) -> None:
    copy = small.folder / "private" / "history.sql"
    tracemalloc.start()
    try:
        run_query(small.query(MANY.format(200_000)), ANONYMOUS, copy)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 12 * 2**20  # all of them would be over 40


def test_the_child_reads_the_copy_and_no_other_arrow_file(small: Legacy) -> None:
    small.ask("SELECT id, email FROM history ORDER BY id")
    copy, limits = small.folder / "private" / "history.sql", ReadingLimits()
    found = read_file(copy, small.folder / "read", limits)
    (sheet,) = found.sheets
    assert (sheet.name, sheet.rows, sheet.key, sheet.from_workbook) == ("history.sql", 4, ("A",), True)
    foreign = small.folder / "foreign.arrow"
    with pa.ipc.new_file(str(foreign), pa.schema([("a", pa.int64())])):
        pass
    refused = read_file(foreign, small.folder / "read", limits)
    assert (refused.code, "an Arrow file, not a spreadsheet" in (refused.message or "")) == ("file.unreadable", True)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://ann:s3cret@db.example.com/legacy",
        "postgresql://ann@db.example.com/legacy?password=s3cret",
        "mariadb://ann:s3cret@db.example.com/legacy",
    ],
)
def test_a_password_in_the_address_is_refused_and_not_repeated(tmp_path: Path, address: str) -> None:
    query = Query(address, "SELECT 1 AS id", "a.sql", ("id",))
    with pytest.raises(CannotBegin, match="put it into ROLLBOOK_SOURCE_PASSWORD") as caught:
        run_query(query, ANONYMOUS, tmp_path / "a")
    assert "s3cret" not in str(caught.value)


def test_how_it_is_recorded() -> None:
    """Without driver and options: they tell nobody where the rows came from."""
    query = Query("postgresql://ann@db.example.com:5433/legacy?sslmode=require", "", "history.sql", ("id",))
    assert recorded_as(query) == "postgresql://ann@db.example.com:5433/legacy/history.sql"


def test_a_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    query = Query(f"sqlite:///{tmp_path}/nowhere.db", "SELECT 1 AS id", "a.sql", ("id",))
    with pytest.raises(CannotBegin, match="There is no database file"):
        run_query(query, ANONYMOUS, tmp_path / "copies" / "a")
    assert not (tmp_path / "nowhere.db").exists()


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_server_that_does_not_answer(tmp_path: Path, kind: str) -> None:
    query = Query(f"{kind}://ann@127.0.0.1:1/legacy", "SELECT 1 AS id", "a.sql", ("id",))
    with pytest.raises(SourceAway, match=r"does not answer.*the password in ROLLBOOK_SOURCE_HR_PASSWORD"):
        run_query(query, Access("hr"), tmp_path / "copies" / "a")


def test_a_dialect_that_is_not_installed(tmp_path: Path) -> None:
    query = Query("oracle://ann@db.example.com/legacy", "SELECT 1 AS id FROM dual", "a.sql", ("id",))
    with pytest.raises(CannotBegin, match=r"needs a package that is not installed .*Install it"):
        run_query(query, ANONYMOUS, tmp_path / "copies" / "a")


@pytest.fixture
def _quiet(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    yield
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("_quiet")
def test_breaking_off_in_the_midst_prints_nothing(legacy: Legacy) -> None:
    """Drivers complain of results that were not read to their end."""
    legacy.refusal("SELECT id FROM history", "number")
    assert legacy.count() == 3
