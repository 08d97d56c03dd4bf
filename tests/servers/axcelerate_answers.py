"""How the aXcelerate of the tests answers: what nobody documents is a style, so that a client has to bear each."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from tests.servers.axcelerate_state import Enrolment


@dataclass(frozen=True)
class ReportField:
    """A column of the report on module enrolments. attribute: of a Module."""

    attribute: str
    name: str
    display: str


# Only the names of the contact, the class and the status are on record; the others are made up.
REPORT_FIELDS = (
    ReportField("contact_id", "contacts.contactid", "Contact ID"),
    ReportField("class_id", "classes.classid", "Class ID"),
    ReportField("status", "learningmoduleenrolments.statusid", "Module Status"),
    ReportField("id", "learningmoduleenrolments.moduleenrolmentid", "Module Enrolment ID"),
    ReportField("enrol_id", "learningmoduleenrolments.enrolid", "Enrol ID"),
    ReportField("starts", "learningmoduleenrolments.startdate", "Module Start Date"),
    ReportField("ends", "learningmoduleenrolments.enddate", "Module End Date"),
)
# Whether an override can be read back is not on record: a style adds it.
OVERRIDE = ReportField("override", "learningmoduleenrolments.accessoverride", "Access Override")


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
    view_fields: how the fields of a report are listed. in_most: most values of one filter.
    report_fields: the columns that there are. report_keys: what rows are keyed by. report_dates: how days are written.
    report_status: the status as its ID or its word. report_errors: whether a refused report is an error as others are,
    or a report without success. rows_most: a report has no more rows, whatever its COUNT says.
    module_answer: what a PUT for a module is answered with.
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
    view_fields: Literal["json", "comma", "either"] = "either"
    in_most: int | None = None
    report_fields: tuple[ReportField, ...] = REPORT_FIELDS
    report_keys: Literal["display", "name", "upper"] = "display"
    report_dates: str = "%Y-%m-%d %H:%M"
    report_status: Literal["id", "word"] = "id"
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
