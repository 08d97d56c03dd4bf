"""What a case is found by: the codes of its failures and the headers of the blamed cells, as it was last met."""

from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Select,
    String,
    Table,
    and_,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.sql.elements import ColumnElement

from ledger.sql.keys import delete_chosen, insert_once
from ledger.sql.temporary_tables import temporary
from ledger.tables import (
    PLACE,
    key,
    rollbook_case_labels,
    rollbook_cases,
    rollbook_failures,
)

CODE, HEADER = "code", "header"
_NAMES = ["case_id", "label", "name"]


def source_key(source_file: ColumnElement[Any], source_sheet: ColumnElement[Any]) -> ColumnElement[str]:
    """The beginnings of a file's and a sheet's name, in the order of which cases are browsed."""
    file = func.substr(source_file, 1, 190, type_=String())
    return file + literal("\n") + func.substr(source_sheet, 1, 60, type_=String())


def add(connection: Connection, failed: Table, run_id: str) -> None:
    """Tell by what the cases of a run's failed rows are found, all of which are new."""
    _add(connection, rollbook_case_labels, failed, run_id)


def renew(connection: Connection, failed: Table, run_id: str) -> None:
    """Tell anew by what the cases of a run's failed rows are found; what is as it was is not written.

    failed: part_id, row_no, col_no, fingerprint of the rows, whose cases and failures stand in the ledger.
    """
    with _apart(connection, "rollbook_labels_met") as met, _apart(connection, "rollbook_labels_gone") as gone:
        _add(connection, met, failed, run_id)
        delete_chosen(connection, rollbook_case_labels, gone, _gone(failed, met))
        new = select(met).outerjoin(rollbook_case_labels, and_(*(here == there for here, there in _same(met))))
        new = new.where(rollbook_case_labels.c.case_id.is_(None))
        connection.execute(insert(rollbook_case_labels).from_select(_NAMES, new))


def _apart(connection: Connection, name: str) -> AbstractContextManager[Table]:
    """Labels set apart. The key is what keeps comparisons from being quadratic."""
    columns = (
        Column("case_id", BigInteger, primary_key=True, autoincrement=False),
        Column("label", key(8), primary_key=True),
        Column("name", key(255), primary_key=True),
    )
    return temporary(connection, name, *columns)


def _same(apart: Table) -> list[tuple[ColumnElement[Any], ColumnElement[Any]]]:
    return [(rollbook_case_labels.c[name], apart.c[name]) for name in _NAMES]


def _gone(failed: Table, met: Table) -> Select[Any]:
    """What the cases met are no longer found by."""
    labels, cases = rollbook_case_labels, rollbook_cases.c
    told = failed.join(rollbook_cases, cases.fingerprint == failed.c.fingerprint)
    told = told.join(labels, labels.c.case_id == cases.case_id)
    told = told.outerjoin(met, and_(*(here == there for here, there in _same(met))))
    query = select(*(labels.c[name] for name in _NAMES)).select_from(told)
    return query.where(met.c.case_id.is_(None))


def _add(connection: Connection, labels: Table, failed: Table, run_id: str) -> None:
    """Insert the labels one kind after the other: MariaDB does a union of long texts on disk, in twice the time."""
    for label in (CODE, HEADER):
        insert_once(connection, labels, _NAMES, _met(failed, run_id, label))


def _met(failed: Table, run_id: str, label: str) -> Select[Any]:
    cases, failures = rollbook_cases.c, rollbook_failures.c
    same_place = and_(failures.run_id == run_id, *(failures[name] == failed.c[name] for name in PLACE[1:]))
    told = failed.join(rollbook_cases, cases.fingerprint == failed.c.fingerprint).join(rollbook_failures, same_place)
    query = select(cases.case_id, literal(label), failures[label]).select_from(told)
    return query.where(failures[label] != "")
