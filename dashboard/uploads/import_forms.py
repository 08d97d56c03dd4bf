"""What the page of an upload shows of a check, and what its form says."""

import json
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

from dashboard.forms import Form, number_of
from dashboard.wording import say
from pipeline.uploads.importing import Importing, groups_of
from pipeline.uploads.mapping import (
    AND,
    FOR_ALL_ROWS,
    LEAVE_OUT,
    NOT_USED,
    with_columns,
    with_defaults,
    with_header_row,
)
from pipeline.uploads.store import OUT, Group, Upload
from rollbook.errors import CannotBegin
from rollbook.profile import parse_profile
from rollbook.rows.fields import FIELDS
from rollbook.systems import SYSTEM_NAMES

_OF_AXCELERATE = "aXcelerate:"
# More columns than these are told, and are mapped in a profile.
_MOST_COLUMNS = 80
_LAST_ROW = 1_048_576


def key_of(kind: str, *of: object) -> str:
    """The name of a field of the page's form that is about a column or text of a sheet, whatever characters it has."""
    return f"{kind}-{blake2b(json.dumps(of).encode(), digest_size=8).hexdigest()}"


def field_label(name: str) -> str:
    """A field as the page names it, or several that a column feeds.

    >>> field_label("learner_employee_id"), field_label("session_date+session_start")
    ('Learner employee ID', 'Session date, session start')
    """
    first, *others = name.split(AND)
    told = say(english_label(first))
    for other in others:
        label = say(english_label(other))
        told = say("{field}, {other}", field=told, other=label[:1].lower() + label[1:])
    return told


def english_label(name: str) -> str:
    """A field's name as words.

    >>> english_label("contact_id")
    'Contact ID'
    """
    told = " ".join({"id": "ID"}.get(word, word) for word in name.split("_"))
    return told[:1].upper() + told[1:]


def fields_for(destination: str) -> list[str]:
    """The fields that rows for a destination have."""
    return [
        name
        for name, field in FIELDS.items()
        if destination == "axcelerate" or not field.meaning.startswith(_OF_AXCELERATE)
    ]


def system_name(destination: str) -> str:
    """A destination as people call it."""
    return SYSTEM_NAMES.get(destination) or say("the database")


def facts_of(importing: Importing, upload: Upload, findings: Mapping[str, Any]) -> dict[str, Any]:
    """What the page shows of a check."""
    groups = groups_of(findings)
    said = [number for number, group in enumerate(groups) if importing.is_said(group)]
    rows = findings["summary"]["rows"]
    folder = importing.uploads.place(upload) / OUT / findings["summary"]["run"]
    return {
        "groups": [_group(told) for told in findings["groups"]],
        "rows": rows,
        "failing": rows["rejected"] + rows["failed"],
        "good": rows["loaded"] + rows["updated"] + rows["unchanged"] + rows["duplicate"] + rows["pending"],
        "destinations": {name: system_name(name) for name in importing.destinations()},
        "system": system_name(upload.destination),
        "fields": {name: field_label(name) for name in fields_for(upload.destination)},
        "label": field_label,
        "key": key_of,
        "said": said,
        "meanings": [{"group": number, **one} for number, group in enumerate(groups) for one in meanings_of(group)],
        "can_remember": bool(said) and all(importing.can_remember(groups[number]) for number in said),
        "workbooks": [path.name for path in sorted(folder.glob("failed-rows*.xlsx"))],
        "leave_out": LEAVE_OUT,
    }


def meanings_of(group: Group) -> list[dict[str, str]]:
    """The meanings that were chosen for texts of a group: field, text and value, beside those of its former profile."""
    before = parse_profile(group.before).values
    return [
        {"field": field, "text": text, "value": value}
        for field, table in parse_profile(group.profile).values.items()
        for text, value in table.items()
        if before.get(field, {}).get(text) != value
    ]


def _group(told: Mapping[str, Any]) -> dict[str, Any]:
    profile = parse_profile(told["profile"])
    columns: dict[str, dict[str, Any]] = {}
    for sheet in told["sheets"]:
        for column in sheet["columns"]:
            columns.setdefault(column["name"], {**column, "sheet": sheet["name"]})
    shown = list(columns.values())
    fed = {field for column in shown for field in column["feeds"].split(AND)}
    fed |= {name for sheet in told["sheets"] for name in sheet["constants"] if name not in profile.defaults}
    tables = [sheet for sheet in told["sheets"] if sheet["state"] != "skipped"]
    defaults = {name: profile.defaults.get(name, "") for name in FOR_ALL_ROWS if name not in fed}
    return {
        **told,
        "names": [Path(path).name for path in told["files"]],
        "base_name": Path(told["base"]).stem if told["base"] else None,
        "columns": shown[:_MOST_COLUMNS],
        "of_sheets": len({column["sheet"] for column in shown}) > 1,
        "more_columns": max(len(shown) - _MOST_COLUMNS, 0),
        "header_row": profile.sheet.header_row if len(tables) == 1 else None,
        "found_row": tables[0]["header_row"] if len(tables) == 1 else None,
        "asks_row": len(tables) == 1,
        "for_all": {name: value for name, value in defaults.items() if isinstance(value, str)} if tables else {},
    }


def columns_shown(group: Mapping[str, Any]) -> dict[str, str]:
    """Column -> what it feeds, of all sheets of a group's finding, each name once, in their order."""
    found: dict[str, str] = {}
    for sheet in group["sheets"]:
        for column in sheet["columns"]:
            if not column["never"]:
                found.setdefault(column["name"], column["feeds"])
    return found


def decided(form: Form, findings: Mapping[str, Any]) -> tuple[Group, ...]:
    """The groups of a check with what the form says of each; raises CannotBegin where it cannot be so."""
    told = findings["groups"]
    return tuple(
        Group(tuple(group["files"]), _profile(form, findings, number), group["base"], group["before"])
        for number, group in enumerate(told)
    )


def _profile(form: Form, findings: Mapping[str, Any], number: int) -> str:
    """The profile's text of a group, with what the form says."""
    group = findings["groups"][number]
    shown = columns_shown(group)
    text = with_columns(group["profile"], shown, _chosen(form, number, shown), group["preset"])
    text = _with_meanings(_with_other_meanings(text, form, groups_of(findings)[number], number), form, findings, number)
    if (row := form.one(f"header-{number}", "absent").strip()) != "absent":
        text = with_header_row(text, _row(row))
    said = {name: form.one(f"all-{number}-{name}", "absent").strip() for name in FOR_ALL_ROWS}
    said = {name: value for name, value in said.items() if value != "absent"}
    return with_defaults(text, said) if said else text


def _chosen(form: Form, number: int, shown: Mapping[str, str]) -> dict[str, str]:
    """Column -> what it is to feed, of all columns of the group."""
    chosen = {name: form.one(key_of("column", number, name), feeds) for name, feeds in shown.items()}
    for name, value in chosen.items():
        if value not in (NOT_USED, LEAVE_OUT, shown[name], *FIELDS):
            raise CannotBegin(f"There is no field {value}. Go back, and choose one for “{name}”.")
    return chosen


def _with_other_meanings(text: str, form: Form, group: Group, number: int) -> str:
    """What was chosen for texts before, as the form says it now; blank: what the former profile says."""
    from pipeline.repairs.profile_edits import synonym, with_synonym, without_synonym

    before = parse_profile(group.before).values
    for one in meanings_of(group):
        field, word = one["field"], one["text"]
        value = form.one(key_of("means", number, field, word), one["value"]).strip()
        value = value or before.get(field, {}).get(word, "")
        text = with_synonym(text, synonym(field, word, value)) if value else without_synonym(text, field, word)
    return text


def _with_meanings(text: str, form: Form, findings: Mapping[str, Any], number: int) -> str:
    from pipeline.repairs.profile_edits import synonym, with_synonym

    for one in findings["unknown"]:
        value = form.one(key_of("means", number, one["field"], one["text"])).strip()
        if one["group"] == number and value:
            text = with_synonym(text, synonym(one["field"], one["text"], value))
    return text


def _row(text: str) -> int | None:
    row = number_of(text)
    if text and (row is None or not 1 <= row <= _LAST_ROW):
        raise CannotBegin(f"“{text}” is not the number of a row. Go back, and correct it.")
    return row
