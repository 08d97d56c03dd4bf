"""What Moon ERP knows: its employees, training sessions and enrollments, read page by page.

All functions raise Stopped where Moon ERP does not show a list, or not as it is known. Lists may change while they are
read: a row comes once, and where pages shifted, the list is read once more (at most three times in all) for the rows
that were passed over; their pages go on counting.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import pandas as pd

from destinations.http.json_client import JsonApi
from destinations.moon.answers import (
    EMPLOYEES,
    ENROLLMENTS,
    MOST_READINGS,
    SESSIONS,
    SYSTEM,
    ListPage,
    Record,
    RequestRefused,
    Shifts,
    read_pages,
    row_id,
)
from destinations.moon.employees import EMAIL, NUMBER, Name
from destinations.moon.records import id_of, score_text
from destinations.moon.sessions import whole
from destinations.reference_page import Page
from rollbook.errors import Stopped
from transforms.values.dates.dates import clean_dates, clean_times, infer_order
from transforms.values.normalize import address, trim
from validators.context import empty_reference

# The columns of the enrollments' frames, as `ledger.remote.outbox.hold` wants them; all `str` but the dates
# (datetime64[s]).
HELD_COLUMNS = (
    "learner_email",
    "learner_employee_id",
    "session_id",
    "status",
    "grade",
    "enrolled_on",
    "completed_on",
)
# Where a name may stand: no page documents one.
_PERSON = ("name", "full_name", "name_en")
_COURSE = ("course_name", "title", "training_program_name", "program_name", "name")
_NESTED_COURSE = ("training_program", "program")


def employees(api: JsonApi, page_size: int) -> Iterator[Page]:
    """All employees, as frames of `learners`; who has neither e-mail nor number is left out."""
    owners: dict[Name, str] = {}
    row = 1
    for page in _pages(api, EMPLOYEES, page_size):
        lines: list[tuple[object, ...]] = []
        ids: dict[Name, str] = {}
        gone: set[Name] = set()
        for record in page.rows:
            number, email = _text(record, "employee_number"), _email(record)
            if number or email:
                lines.append((email, number, _text(record, *_PERSON) or _full_name(record)))
            for name in _names(number, email):
                ids[name] = json.dumps(id_of(record))
                if owners.setdefault(name, ids[name]) != ids[name]:
                    gone.add(name)
        own = {name: owner for name, owner in ids.items() if name not in gone}
        yield Page(_reference("learners", lines, row), page.number, page.of, own, frozenset(gone))
        row += len(lines)


def sessions(api: JsonApi, page_size: int) -> Iterator[Page]:
    """All training sessions, as frames of `sessions`, named by Moon ERP's own IDs; a start at midnight is none."""
    row = 1
    for page in _pages(api, SESSIONS, page_size):
        dates = pd.Series([_text(record, "session_date") for record in page.rows], dtype="str")
        times = clean_times(pd.Series([_text(record, "start_time") for record in page.rows], dtype="str")).values
        lines = [
            (
                str(record["id"]),
                _id_text(record, "training_program_id"),
                _course(record),
                None,
                None if pd.isna(time) or time == "00:00" else time,
                None,
                None,
                _text(record, "status"),
            )
            for record, time in zip(page.rows, times, strict=True)
        ]
        seats = pd.array([whole(record.get("max_participants")) for record in page.rows], dtype="Int64")
        frame = _reference("sessions", lines, row).assign(session_date=_days(dates), max_participants=seats)
        yield Page(frame, page.number, page.of)
        row += len(lines)


def enrollments(api: JsonApi, ids: Mapping[Name, str], page_size: int) -> Iterator[Page]:
    """All enrollments, as frames of HELD_COLUMNS; those of employees whom `ids` does not name are left out.

    ids: of the employees, as their pages gave them. The dates are those on which somebody entered or completed it
    in Moon ERP, which keeps no others.
    """
    people: dict[str, dict[str, str]] = {}
    for (kind, code), owner in ids.items():
        people.setdefault(str(json.loads(owner)), {})[kind] = code
    row = 1
    for page in _pages(api, ENROLLMENTS, page_size):
        known = [(record, people.get(str(record.get("employee_id")), {})) for record in page.rows]
        lines = [_enrollment(record, person) for record, person in known if person]
        frame = _frame(dict.fromkeys(HELD_COLUMNS, "str"), lines, row)
        days = {name: _days(frame[name]) for name in ("enrolled_on", "completed_on")}
        yield Page(frame.assign(**days), page.number, page.of)
        row += len(lines)


def _pages(api: JsonApi, path: str, page_size: int) -> Iterator[ListPage]:
    """Pages with the rows that did not come before."""
    met: set[str] = set()
    number = 0
    for reading in range(MOST_READINGS):
        shifts = Shifts()
        for page in _read(api, path, page_size):
            fresh = {row_id(row): row for row in shifts.seen(page) if row_id(row) not in met}
            met.update(fresh)
            number += 1
            if reading == 0 or fresh:
                yield page._replace(rows=list(fresh.values()), number=number, of=None if reading else page.of)
        if shifts.are_none():
            return


def _read(api: JsonApi, path: str, page_size: int) -> Iterator[ListPage]:
    try:
        yield from read_pages(api, path, {}, page_size)
    except RequestRefused as refused:
        raise Stopped(f"{SYSTEM} does not show {path} ({refused}). Fix this, then sync again.") from None


def _enrollment(record: Record, person: Mapping[str, str]) -> tuple[object, ...]:
    score = record.get("score")
    return (
        person.get(EMAIL),
        person.get(NUMBER),
        _id_text(record, "training_session_id"),
        _text(record, "status"),
        None if score in (None, "") else score_text(score),
        _text(record, "enrolled_at"),
        _text(record, "completed_at"),
    )


def _names(number: str | None, email: str | None) -> list[Name]:
    return [(kind, code) for kind, code in ((NUMBER, number), (EMAIL, email)) if code]


def _reference(kind: str, lines: Sequence[tuple[object, ...]], first_row: int) -> pd.DataFrame:
    dtypes = {str(name): str(dtype) for name, dtype in empty_reference(kind).dtypes.items()}
    return _frame(dtypes, lines, first_row)


def _frame(dtypes: Mapping[str, str], lines: Sequence[tuple[object, ...]], first_row: int) -> pd.DataFrame:
    columns = zip(*lines, strict=True) if lines else ((),) * len(dtypes)
    frame = {name: pd.Series(list(cells), dtype=dtypes[name]) for name, cells in zip(dtypes, columns, strict=True)}
    return pd.DataFrame({"row": pd.RangeIndex(first_row, first_row + len(lines)).to_numpy("int64"), **frame})


def _text(record: Record, *names: str) -> str | None:
    """The first of these fields that is a text or a number and not blank."""
    values = (record.get(name) for name in names)
    texts = (trim(str(value)) for value in values if isinstance(value, str | int) and not isinstance(value, bool))
    return next(filter(None, texts), None)


def _id_text(record: Record, name: str) -> str | None:
    found = id_of(record, name)
    return None if found is None else str(found)


def _email(record: Record) -> str | None:
    email = _text(record, "email")
    return email and address(email)


def _full_name(record: Record) -> str | None:
    return " ".join(filter(None, (_text(record, "first_name"), _text(record, "last_name")))) or None


def _course(record: Record) -> str | None:
    for name in _NESTED_COURSE:
        nested = record.get(name)
        if isinstance(nested, dict) and (found := _text(nested, *_COURSE)):
            return found
    return _text(record, *_COURSE)


def _days(texts: pd.Series) -> pd.Series:
    """The days (datetime64[s]) as written; of those that can be read in two ways, only what the page makes certain."""
    today = datetime.now(UTC).date()
    order = infer_order(texts, False, today).order
    return clean_dates(texts, order, None, False, today, False).values
