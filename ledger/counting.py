"""How many open cases there are of each rule, header and file: all of them, however many."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from ledger.cases.case_labels import CODE, HEADER
from ledger.tables import FIXED, IGNORED, rollbook_case_labels, rollbook_cases


def open_by_label(connection: Connection) -> dict[str, dict[str, int]]:
    """Label (CODE, HEADER) -> name -> how many open cases have it; names of closed cases alone are not there.

    The fewer are looked up: the open ones, or the closed ones, which are taken from what the index of all holds.
    """
    cases = rollbook_cases.c
    by_state = dict(connection.execute(select(cases.state, func.count()).group_by(cases.state)).tuples().all())
    is_mostly_open = by_state.get("open", 0) * 2 > sum(by_state.values())
    found: dict[str, dict[str, int]] = {CODE: {}, HEADER: {}}
    if is_mostly_open:
        _add(connection, found, None, 1)
        # Their names, not another than `open`: by these they are found in an index.
        _add(connection, found, cases.state.in_((FIXED, IGNORED)), -1)
    else:
        _add(connection, found, cases.state == "open", 1)
    return {label: {name: number for name, number in names.items() if number} for label, names in found.items()}


def _add(
    connection: Connection, found: dict[str, dict[str, int]], which: ColumnElement[bool] | None, sign: int
) -> None:
    labels = rollbook_case_labels.c
    query = select(labels.label, labels.name, func.count()).group_by(labels.label, labels.name)
    if which is not None:
        query = query.join(rollbook_cases, rollbook_cases.c.case_id == labels.case_id).where(which)
    for label, name, number in connection.execute(query):
        found[label][name] = found[label].get(name, 0) + sign * number


def open_by_file(connection: Connection, most: int) -> dict[str, int]:
    """File -> how many open cases it has, of the files with the newest; at most `most` sheets of files."""
    cases = rollbook_cases.c
    newest = func.max(cases.case_id)
    query = select(newest, func.count()).where(cases.state == "open").group_by(cases.source_key)
    numbers = dict(connection.execute(query.order_by(newest.desc()).limit(most)).tuples().all())
    return _named(connection, rollbook_cases.c.source_file, numbers)


def open_by_sheet(connection: Connection, keys: list[str]) -> dict[str, int]:
    """Sheet -> how many open cases it has, of the sheets with these source keys."""
    cases = rollbook_cases.c
    query = select(func.max(cases.case_id), func.count()).where(cases.state == "open", cases.source_key.in_(keys))
    numbers = dict(connection.execute(query.group_by(cases.source_key)).tuples().all())
    return _named(connection, rollbook_cases.c.source_sheet, numbers)


def _named(connection: Connection, name: Any, numbers: dict[int, int]) -> dict[str, int]:
    """The numbers by name; names that begin alike share a key and are told apart by one case of each."""
    cases = rollbook_cases.c
    found: dict[str, int] = {}
    for case_id, called in connection.execute(select(cases.case_id, name).where(cases.case_id.in_(list(numbers)))):
        found[called] = found.get(called, 0) + numbers[case_id]
    return found
