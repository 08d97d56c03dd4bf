"""How the aXcelerate of the tests answers: what nobody documents is a style, so that a client has to bear each."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from tests.servers.axcelerate_state import Enrolment


@dataclass(frozen=True)
class ReportField:
    """A column of the report on module enrolments. attribute: what it shows, see Reading."""

    attribute: str
    name: str
    display: str


_OWN = "learningmoduleenrolments"
# Their names are on record; what they are called in rows is made up.
REPORT_FIELDS = (
    ReportField("contact_id", "contacts.contactid", "Contact ID"),
    ReportField("full_name", "contacts.fullname", "Full Name"),
    ReportField("id", f"{_OWN}.moduleenrolmentid", "Module Enrolment ID"),
    ReportField("name", f"{_OWN}.modulename", "Module Name"),
    ReportField("status", f"{_OWN}.status", "Module Status"),
    ReportField("starts", f"{_OWN}.startdate", "Module Start Date"),
    ReportField("ends", f"{_OWN}.enddate", "Module End Date"),
    ReportField("none", f"{_OWN}.commencementdate", "Commencement Date"),
    ReportField("none", f"{_OWN}.completiondate", "Completion Date"),
    ReportField("class_id", "classes.classid", "Class ID"),
    ReportField("class_name", "classes.classdescriptor", "Class"),
    ReportField("enrol_id", "enrolments.enrolid", "Enrol ID"),
    ReportField("none", "enrolments.dateenrolled", "Date Enrolled"),
    ReportField("plan", "enrolments.learningplanname", "Learning Plan"),
)
# Names by which nobody would know them: only what /report/fields says tells which is which.
ODD_DISPLAYS = {
    "id": "Enrolment ID",
    "enrol_id": "Enrol",
    "contact_id": "Student",
    "class_id": "Group",
}


def called(**displays: str) -> tuple[ReportField, ...]:
    """The report's fields, some of them (by attribute) with other displays."""
    return tuple(replace(one, display=displays.get(one.attribute, one.display)) for one in REPORT_FIELDS)


@dataclass(frozen=True)
class Style:
    """What is not on record, or is so in more than one way.

    error_keys, error_status: of an error's body, and whether it comes with its own status or inside of HTTP 200.
    unknown: the code for a contact, class, unit or module that is not there. bad_token: that for a wrong key.
    empty: a list without records, a report without rows. blank: how a missing outcome or date is shown.
    ids: how IDs are shown. names: whether the names of fields count with their case.
    ignored_body: what a PUT without any form field is answered with. Nothing is written.
    blank_field: what an empty outcome or date in a PUT does.
    contact_key, code_key: under which key an enrolment shows its contact, a unit its national code; None: it does not.
    needs_contact: whether a list is given for one contact only. limit_most: the longest page, however long is asked.
    view_fields: how the fields of a report are listed; other_views: what another list of them is answered with.
    helpers: whether this user may see the two addresses that tell of a report's fields. in_most: most values of one
    filter. report_fields: the columns that there are. report_keys: what rows are keyed by. report_dates: how days are
    written. report_errors: whether a refused report is an error as others are, or a report without success.
    rows_most: a report has no more rows, whatever its COUNT says. module_answer: what a PUT for a module is answered
    with.
    """

    error_keys: Literal["lower", "upper"] = "lower"
    error_status: Literal["own", "200"] = "own"
    unknown: Literal[412, 404] = 412
    bad_token: Literal[401, 403] = 401
    empty: Literal["array", "204"] = "array"
    blank: Literal[""] | None = ""
    ids: Literal["number", "string"] = "number"
    names: Literal["exact", "any_case"] = "exact"
    ignored_body: Literal["refused", "success"] = "refused"
    blank_field: Literal["refused", "clears", "ignored"] = "refused"
    contact_key: str | None = None
    code_key: str | None = None
    needs_contact: bool = False
    limit_most: int | None = None
    view_fields: Literal["json", "comma", "either"] = "comma"
    other_views: Literal["refused", "500", "empty", "no columns"] = "refused"
    helpers: Literal["given", "forbidden", "absent"] = "given"
    in_most: int | None = None
    report_fields: tuple[ReportField, ...] = REPORT_FIELDS
    report_keys: Literal["display", "name", "upper"] = "display"
    report_dates: str = "%Y-%m-%d %H:%M"
    report_errors: Literal["own", "inside"] = "own"
    rows_most: int | None = None
    module_answer: Literal["record", "array", "status", "204"] = "record"


class Refused(Exception):
    """An error instead of an answer; nothing was written. code: the HTTP status, and what the body says."""

    def __init__(self, code: int, message: str, details: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.details = code, message, details


@dataclass(frozen=True)
class Answer:
    """A status and its body."""

    status: int
    body: bytes = b""


NO_CONTENT = Answer(204)


def shown(content: Any, status: int = 200) -> Answer:
    """Content as JSON."""
    return Answer(status, json.dumps(content, ensure_ascii=False).encode())


def refusal(refused: Refused, style: Style) -> Answer:
    """An error's body; its code is text."""
    body = {"error": True, "code": str(refused.code), "messages": refused.message, "details": refused.details}
    if style.error_keys == "upper":
        body = {key.upper(): value for key, value in body.items()}
    return shown(body, 200 if style.error_status == "200" else refused.code)


def enrolment_shown(enrolment: Enrolment, style: Style) -> dict[str, Any]:
    """An enrolment with its activities inside."""
    told: dict[str, Any] = {
        "ID": number(enrolment.id, style),
        "INSTANCEID": number(enrolment.instance_id, style),
        "TYPE": enrolment.type,
        "STATUS": enrolment.status,
        "OUTCOMECODE": enrolment.outcome or style.blank,
        "STARTDATE": moment(enrolment.starts, style),
        "FINISHDATE": moment(enrolment.ends, style),
        "DELIVERY": enrolment.delivery,
        "ACTIVITIES": [enrolment_shown(activity, style) for activity in enrolment.activities],
    }
    if style.contact_key:
        told[style.contact_key] = number(enrolment.contact_id, style)
    if style.code_key and enrolment.code:
        told[style.code_key] = enrolment.code
    return told


def number(value: int, style: Style) -> int | str:
    """An ID."""
    return str(value) if style.ids == "string" else value


def moment(when: datetime | None, style: Style, pattern: str = "%Y-%m-%d %H:%M") -> str | None:
    """A date as lists show it: 2023-05-04 09:00."""
    return f"{when:{pattern}}" if when else style.blank
