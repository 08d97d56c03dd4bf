"""What a case is found by: the codes of its failures and the headers of the blamed cells, as it was last met."""

from typing import Any

from sqlalchemy import BigInteger, Column, Connection, String, Table, and_, delete, func, insert, literal, select, union
from sqlalchemy.sql.elements import ColumnElement

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
    connection.execute(insert(rollbook_case_labels).from_select(_NAMES, _labels_met(failed, run_id)))


def renew(connection: Connection, failed: Table, run_id: str) -> None:
    """Tell anew by what the cases of a run's failed rows are found; what is as it was is not written.

    failed: part_id, row_no, col_no, fingerprint of the rows, whose cases and failures stand in the ledger.
    """
    labels = rollbook_case_labels.c
    # The key is what keeps the comparisons below from being quadratic.
    columns = (
        Column("case_id", BigInteger, primary_key=True, autoincrement=False),
        Column("label", key(8), primary_key=True),
        Column("name", key(255), primary_key=True),
    )
    with temporary(connection, "rollbook_labels_met", *columns) as met:
        connection.execute(insert(met).from_select(_NAMES, _labels_met(failed, run_id)))
        same = and_(*(met.c[name] == labels[name] for name in _NAMES))
        for gone in _gone(connection, failed, met, same):
            here = and_(*(labels[name] == value for name, value in gone.items()))
            connection.execute(delete(rollbook_case_labels).where(here))
        new = select(met).outerjoin(rollbook_case_labels, same).where(labels.case_id.is_(None))
        connection.execute(insert(rollbook_case_labels).from_select(_NAMES, new))


def _gone(connection: Connection, failed: Table, met: Table, same: ColumnElement[bool]) -> list[dict[str, Any]]:
    """What the cases met are no longer found by; few, for problems seldom change by themselves."""
    labels, cases = rollbook_case_labels, rollbook_cases.c
    told = failed.join(rollbook_cases, cases.fingerprint == failed.c.fingerprint)
    told = told.join(labels, labels.c.case_id == cases.case_id).outerjoin(met, same)
    query = select(labels.c.case_id, labels.c.label, labels.c.name).select_from(told).where(met.c.case_id.is_(None))
    return [dict(line) for line in connection.execute(query.distinct()).mappings()]


def _labels_met(failed: Table, run_id: str) -> Any:
    cases, failures = rollbook_cases.c, rollbook_failures.c
    same_place = and_(failures.run_id == run_id, *(failures[name] == failed.c[name] for name in PLACE[1:]))
    told = failed.join(rollbook_cases, cases.fingerprint == failed.c.fingerprint).join(rollbook_failures, same_place)
    return union(
        *(
            select(cases.case_id, literal(label), failures[label]).select_from(told).where(failures[label] != "")
            for label in (CODE, HEADER)
        )
    )
