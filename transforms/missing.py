"""What a sheet lacks to be read, and which keys of a profile supply it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from transforms.columns import ColumnPlan
from transforms.headers import AXCELERATE
from transforms.tables import LEARNER, Found, has_session
from transforms.wide import SessionColumn


@dataclass(frozen=True)
class Missing:
    """What is missing. skip: no learners at all, so that the sheet is of another kind and passed over."""

    message: str
    skip: bool = False


def missing_columns(
    columns: Sequence[ColumnPlan],
    sessions: Sequence[SessionColumn],
    constants: Mapping[str, str],
    header: Found,
    headers: Mapping[str, str],
    destination: str,
) -> Missing | None:
    """What the columns and defaults lack of learner, session and status; None where nothing is missing.

    For aXcelerate: of the contact, of what the row is about, and of what it says of it.
    """
    mapped = {column.field for column in columns}
    have = mapped | constants.keys()
    if destination == AXCELERATE:
        return _missing_for_axcelerate(have, header, headers)
    of_cells = {"session_id"} if any(s.session_id for s in sessions) else set()
    of_cells |= {"session_date"} if any(s.session_date or s.problem for s in sessions) else set()
    no_session = not has_session(have | of_cells)
    no_status = "status" not in have and not sessions
    if not have & LEARNER or _names_of_other_things(columns, have, no_session, no_status):
        return Missing(no_learners(headers.values()), skip=True)
    told = [*_session_keys(have | of_cells, columns) * no_session, *_STATUS_KEYS * no_status]
    if not told:
        return None
    lacking = " and ".join(["session"] * no_session + ["status"] * no_status)
    where = f"its headers (row {header.row}) are {_shown(headers.values())}"
    return Missing(f"It has learners but no {lacking}: {where}. Set in a profile: {'; '.join(told)}.")


def _missing_for_axcelerate(have: set[str], header: Found, headers: Mapping[str, str]) -> Missing | None:
    if not have & LEARNER:
        return Missing(no_learners(headers.values()), skip=True)
    lacking = [(name, key) for name, key, fields in _OF_AXCELERATE if not have & fields]
    if not lacking:
        return None
    names, keys = zip(*lacking, strict=True)
    where = f"its headers (row {header.row}) are {_shown(headers.values())}"
    return Missing(f"It has learners but no {' and no '.join(names)}: {where}. Set in a profile: {'; '.join(keys)}.")


# What is lacking, the keys that supply it, the fields of which one is enough: rows without a class may be workshops.
_OF_AXCELERATE = (
    ("contact", "[columns] contact_id", {"contact_id"}),
    (
        "class, unit or module",
        "[columns] class_id and unit_id, there or in [defaults], or module_enrolment_id",
        {"class_id", "unit_id", "module_enrolment_id"},
    ),
    (
        "outcome, date or override",
        "[columns] outcome_code, started_on, ended_on or access_override",
        {"outcome_code", "started_on", "ended_on", "access_override"},
    ),
)


def no_learners(headers: Iterable[str]) -> str:
    """What is said of a sheet without learners."""
    return f"It has no column of learners; its headers are {_shown(headers)}."


_STATUS_KEYS = ['for the status [columns] status, or [defaults] status = "completed" where all rows are so']


def _session_keys(have: set[str], columns: Sequence[ColumnPlan]) -> list[str]:
    course = {"course_id", "course_name"} & have
    if not course and "session_date" not in have:
        return ["for the session [columns] session_id, or course_name and session_date, there or in [defaults]"]
    if not course:
        return ['the course of the session, [columns] or [defaults] course_name = "…", or session_id']
    completed = next((column.headers[0] for column in columns if column.field == "completed_on"), None)
    again = f' (session_date = "{completed}" where each learner has a day of their own)' if completed else ""
    return [f"the day of the session, [columns] or [defaults] session_date{again}, or session_id"]


def _names_of_other_things(columns: Sequence[ColumnPlan], have: set[str], no_session: bool, no_status: bool) -> bool:
    """A column `Name` alone may be of courses or rooms: only beside a session or a status it is of learners."""
    usual_name = any(column.field == "learner_name" and not column.by_profile for column in columns)
    return have & LEARNER == {"learner_name"} and usual_name and no_session and no_status


def _shown(headers: Iterable[str]) -> str:
    texts = [" ".join(header.split()) for header in headers if header]
    return ", ".join(texts[:12]) + (", …" if len(texts) > 12 else "")
