"""Every value arrives exactly as it left, on all three databases."""

import datetime as dt
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Connection, Engine, Integer, delete, select
from sqlalchemy.exc import DBAPIError

from ledger.database import open_database
from ledger.sql.bulk import insert_frame
from ledger.sql.temporary_tables import temporary
from ledger.tables import employees, long_text, rollbook_changes, rollbook_rows

TEXTS = [
    *("", " ", "a", "a ", " a", "NULL", "null", "\\N", "\\", "a\\", '\\"', 'say "hi"', '"', '""', "'", "a,b", ",", ";"),
    *("line\nline", "cr\r\nlf", "\r", "\n", "tab\tx", "🎉 emoji", "مرحبا", "e\u0301", "NaN", "nan", "true", "007"),
    *("'); DROP TABLE employees; --", "%s", ":name", "\x01", "\x1a", "\ufeffbom", None),
]


def staged(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(run_id="r", part_id=1, row_no=range(len(frame)), col_no=0, outcome="accepted")


def arrived(connection: Connection, name: str) -> list[Any]:
    query = select(rollbook_rows.c[name]).order_by(rollbook_rows.c.row_no)
    return list(connection.scalars(query))


@pytest.mark.parametrize("dtype", ["str", "object"])
def test_odd_texts_and_missing_ones_arrive_as_they_are(connection: Connection, dtype: str) -> None:
    texts = pd.Series(TEXTS, dtype=dtype)
    assert insert_frame(connection, rollbook_rows, staged(pd.DataFrame({"feedback": texts}))) == len(TEXTS)
    assert arrived(connection, "feedback") == TEXTS


def test_dates_booleans_and_numbers_arrive_in_their_types(connection: Connection) -> None:
    frame = pd.DataFrame(
        {
            "session_date": pd.Series(["1900-01-01", None, "2999-12-31"], dtype="datetime64[s]"),
            "attendance_confirmed": pd.array([True, None, False], dtype="boolean"),
            "score": [0.1, None, 1e-300],
        }
    )
    insert_frame(connection, rollbook_rows, staged(frame))
    assert arrived(connection, "session_date") == [dt.date(1900, 1, 1), None, dt.date(2999, 12, 31)]
    assert arrived(connection, "attendance_confirmed") == [True, None, False]
    assert arrived(connection, "score") == [0.1, None, 1e-300]


def test_moments_arrive_to_the_microsecond(connection: Connection) -> None:
    moment = dt.datetime(2026, 11, 21, 9, 30, 15, 123456)  # noqa: DTZ001 - moments are UTC without zone
    frame = pd.DataFrame(
        {
            "run_id": ["r"],
            "changed_at": pd.Series([pd.Timestamp(moment)]),
            "changed_through": ["retry"],
            "enrollment_id": pd.array([2**63 - 1], dtype="Int64"),
        }
    )
    insert_frame(connection, rollbook_changes, frame)
    assert list(connection.scalars(select(rollbook_changes.c.changed_at))) == [moment]
    assert list(connection.scalars(select(rollbook_changes.c.enrollment_id))) == [2**63 - 1]


def test_columns_left_out_take_their_default(connection: Connection) -> None:
    insert_frame(connection, rollbook_rows, staged(pd.DataFrame({"learner_name": ["Ann"]})))
    assert arrived(connection, "learner_email") == [""]
    assert arrived(connection, "grade") == [None]


def test_a_key_without_number_is_numbered_by_the_database(connection: Connection) -> None:
    insert_frame(connection, employees, pd.DataFrame({"email": ["a@b.c", "d@e.f"], "origin": "reference"}))
    assert len(set(connection.scalars(select(employees.c.id)))) == 2


def test_an_empty_frame_inserts_nothing(connection: Connection) -> None:
    assert insert_frame(connection, rollbook_rows, staged(pd.DataFrame({"learner_name": []}, dtype="str"))) == 0
    assert arrived(connection, "learner_name") == []


def test_what_a_failed_transaction_inserted_is_gone(engine: Engine) -> None:
    with engine.connect() as connection:
        insert_frame(connection, rollbook_rows, staged(pd.DataFrame({"learner_name": ["Ann"]})))
        connection.rollback()
        assert arrived(connection, "learner_name") == []


@pytest.mark.parametrize(
    "refused",
    [
        {"employee_number": ["1", "1"], "origin": "reference"},
        {"employee_number": ["1", "2"], "origin": pd.Series(["reference", None], dtype="str")},
    ],
    ids=["a double key", "a missing value"],
)
def test_what_the_database_refuses_is_an_error(engine: Engine, refused: dict[str, Any]) -> None:
    """MariaDB would take the other row, or '' for the missing value, with a warning that nobody reads."""
    with engine.connect() as connection:
        with pytest.raises(DBAPIError):
            insert_frame(connection, employees, pd.DataFrame(refused))
        connection.rollback()
        assert list(connection.scalars(select(employees.c.id))) == []


def test_mariadb_cuts_no_text_to_fit(mariadb_url: str) -> None:
    engine = open_database(mariadb_url, create=True)
    with engine.connect() as connection, pytest.raises(DBAPIError, match="1 of 1 rows taken, 1 with warnings"):
        insert_frame(connection, employees, pd.DataFrame({"employee_number": ["1" * 65], "origin": ["reference"]}))
    engine.dispose()


def test_texts_of_any_kind_arrive(connection: Connection) -> None:
    """Whatever Unicode text comes (but for NUL, which no database takes), it comes back."""
    texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8)
    columns = (Column("row_no", Integer), Column("cell", long_text()))
    with temporary(connection, "odd_texts", *columns) as table:

        @given(st.lists(st.none() | texts, max_size=20))
        def arrive(cells: list[str | None]) -> None:
            connection.execute(delete(table))
            insert_frame(
                connection, table, pd.DataFrame({"row_no": range(len(cells)), "cell": pd.Series(cells, dtype="str")})
            )
            assert list(connection.scalars(select(table.c.cell).order_by(table.c.row_no))) == cells

        arrive()
