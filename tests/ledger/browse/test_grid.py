"""A group's rows as a grid: in the senders' columns, however these differ from file to file."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from ledger.browse.grid import FEWEST_ROWS, GridColumn, grid
from ledger.database import open_database, reading
from ledger.tables import rollbook_case_groups
from tests.pipeline.desk import Desk

HEADERS = ("Email", "Session ID", "Status", "Enrolled on")
MOVED = ("Status", "Note", "Email", "Session ID", "Enrolled on", "Note")


@pytest.fixture
def desk(tmp_path: Path, prepared_url: str) -> Desk:
    """Two files of a sender in which statuses are unknown; the columns of the second are in another order."""
    desk = Desk(tmp_path, prepared_url)
    first = [(f"p{at}@example.com", "S-7", "Excused", "2021-04-12") for at in range(3)]
    moved = [("Excused", "late", f"q{at}@example.com", "S-7", "2021-04-12", "") for at in range(2)]
    desk.do("import", desk.sheet(*first, name="hr_2026-01-07.csv", headers=HEADERS))
    desk.do("import", desk.sheet(*moved, name="hr_2026-01-08.csv", headers=MOVED))
    return desk


@pytest.fixture
def connection(desk: Desk) -> Iterator[Connection]:
    """A look at its database."""
    with reading(open_database(desk.url, create=False)) as connection, connection.begin():
        yield connection


def _group(connection: Connection, code: str) -> int:
    found = connection.scalar(select(rollbook_case_groups.c.group_id).where(rollbook_case_groups.c.code == code))
    assert found is not None
    return int(found)


def test_columns_are_found_by_their_headers(connection: Connection) -> None:
    """A header that a sheet has twice is two columns; what a sheet does not have, its rows do not have."""
    found = grid(connection, _group(connection, "status.unknown"))
    email, status = GridColumn("Email"), GridColumn("Status")
    assert found.columns == (*map(GridColumn, HEADERS), GridColumn("Note"), GridColumn("Note", 1))
    assert [row.letters[status] for row in found.rows] == ["C", "C", "C", "A", "A"]
    assert [row.text(row.letters[email])[:2] for row in found.rows] == ["p0", "p1", "p2", "q0", "q1"]
    assert [GridColumn("Note") in row.letters for row in found.rows] == [False] * 3 + [True] * 2
    assert found.destinations == ("database",)
    assert [problem.code for problem in found.rows[0].line.problems] == ["status.unknown"]


def test_pages_follow_each_other(connection: Connection) -> None:
    group_id = _group(connection, "status.unknown")
    first = grid(connection, group_id, size=3)
    assert len(first.rows) == FEWEST_ROWS
    assert first.after is None
    one = grid(connection, group_id, text="q1@")
    assert [row.text("C") for row in one.rows] == ["q1@example.com"]


def test_rows_of_wide_sheets_have_their_own_session(tmp_path: Path, prepared_sqlite_url: str) -> None:
    """Sessions are columns there: a row shows its own only."""
    desk = Desk(tmp_path, prepared_sqlite_url)
    headers = ("Email", "2021-04-12", "2021-04-13")
    rows = [(f"p{at}@example.com", "Attended", "perhaps") for at in range(3)]
    profile = desk.text("wide.toml", '[sheet]\nlayout = "wide"\n[defaults]\ncourse_id = "C-1"\n')
    desk.do("import", desk.sheet(*rows, headers=headers), "--profile", profile)
    with reading(open_database(desk.url, create=False)) as connection, connection.begin():
        found = grid(connection, _group(connection, "status.unknown"))
    assert [column.name for column in found.columns] == ["Email", ""]
    assert [(row.session, row.text(row.letters[found.columns[1]])) for row in found.rows] == [
        ("2021-04-13", "perhaps")
    ] * 3
