"""What people say of an upload's columns, header row and whole file, as lines of the profile that reads it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import tomlkit

from reports.text import listed
from rollbook.errors import CannotBegin
from rollbook.profile import parse_profile
from rollbook.rows.statuses import STATUSES

# In the place of a field: the column is neither read nor kept beside the record.
LEAVE_OUT = "ignore"
NOT_USED = ""
# What joins the fields of a column that feeds several.
AND = "+"
# Columns that are joined where several are chosen: a name in parts.
_JOINED = frozenset({"learner_name"})
# What may be said for all rows of a file, where no column says it.
FOR_ALL_ROWS = ("status", "session_id", "session_date", "course_name")


def with_columns(text: str, shown: Mapping[str, str], chosen: Mapping[str, str], preset: str | None = None) -> str:
    """A profile's text under which columns feed what was chosen for them.

    shown, chosen: column (its header, or `@D`) -> the field that it feeds (`session_date+session_start` of one that
    feeds two), NOT_USED or LEAVE_OUT, as the page showed it and as it came back; in the order of the sheet. preset: the
    one that the file is read by, which a profile with columns has to name.

    Raises CannotBegin where two columns were chosen for one field.
    """
    changed = {name: wanted for name, wanted in chosen.items() if wanted != shown.get(name, NOT_USED)}
    if not changed:
        return text
    document = tomlkit.parse(text)
    if preset is not None and "preset" not in document:
        document["preset"] = preset
    columns = document.setdefault("columns", tomlkit.table())
    for field in _touched(shown, changed):
        columns[field] = _feeding(field, chosen)
    _leave_out(columns, [name for name, wanted in chosen.items() if wanted == LEAVE_OUT], set(changed))
    return _checked(document, text)


def _touched(shown: Mapping[str, str], changed: Mapping[str, str]) -> list[str]:
    """The fields that a changed column fed or is to feed."""
    fields = [
        field for name, wanted in changed.items() for told in (shown.get(name, ""), wanted) for field in _of(told)
    ]
    return list(dict.fromkeys(fields))


def _of(told: str) -> list[str]:
    return [] if told in (NOT_USED, LEAVE_OUT) else told.split(AND)


def _feeding(field: str, chosen: Mapping[str, str]) -> Any:
    names = [name for name, wanted in chosen.items() if field in _of(wanted)]
    if len(names) > 1 and field not in _JOINED:
        told = listed([f"“{name}”" for name in names])
        raise CannotBegin(
            f"The columns {told} are both set to {field}. Go back and choose one of them. If they are in different "
            "sheets, give them the same header, or upload each sheet as a file of its own."
        )
    return names[0] if len(names) == 1 else names


def _leave_out(columns: Any, left_out: Sequence[str], changed: set[str]) -> None:
    """`ignore` as it is now: what it held of columns that nobody changed stays."""
    before = columns.get("ignore", [])
    kept = [name for name in ([before] if isinstance(before, str) else list(before)) if name not in changed]
    now = list(dict.fromkeys([*kept, *left_out]))
    if now:
        columns["ignore"] = now
    elif "ignore" in columns:
        del columns["ignore"]


def with_header_row(text: str, row: int | None) -> str:
    """A profile's text that says in which row the header is; None: it is found."""
    document = tomlkit.parse(text)
    if row is not None:
        document.setdefault("sheet", tomlkit.table())["header_row"] = row
    elif "header_row" in document.get("sheet", {}):
        del document["sheet"]["header_row"]
    return _checked(document, text)


def with_defaults(text: str, said: Mapping[str, str]) -> str:
    """A profile's text with what holds for all rows. said: field of FOR_ALL_ROWS -> value; blank: nothing is said."""
    if (status := said.get("status")) and status not in STATUSES:
        raise CannotBegin(f"“{status}” is not a status. Use one of: {', '.join(STATUSES)}.")
    document = tomlkit.parse(text)
    defaults = document.setdefault("defaults", tomlkit.table())
    for field, value in said.items():
        if value:
            defaults[field] = value
        elif field in defaults:
            del defaults[field]
    if not defaults:
        del document["defaults"]
    return _checked(document, text)


def with_files(text: str, pattern: str | Sequence[str]) -> str:
    """A profile's text that is for files of these names."""
    document = tomlkit.parse(text)
    body = tomlkit.document()
    body["applies"] = {"files": pattern if isinstance(pattern, str) else list(pattern)}
    for name, value in document.items():
        if name != "applies":
            body[name] = value
    return _checked(body, text)


def _checked(document: Any, text: str) -> str:
    """The document as text; the former text where it says the same."""
    made = tomlkit.dumps(document)
    return text if parse_profile(made, "profile") == parse_profile(text, "profile") else made
